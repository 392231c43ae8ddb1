"""Two workbooks to upload by hand: the next version of a commune's catalogue, and a list of new people."""

from collections.abc import Sequence
from decimal import Decimal

from kpi_cms.foundation.core.workbooks import Format, OutColumn, OutSheet, OutValue, write_workbook
from kpi_cms.interfaces.exchange.imports.catalogue import coefficient_of
from kpi_cms.interfaces.exchange.imports.columns import BooleanColumn, ChoiceColumn, DateColumn
from kpi_cms.interfaces.exchange.imports.people import COLUMNS, WIDTHS, PersonRow
from snippets.enums import ProductScope

from .catalogue import STANDARD_POINTS, TITLE, Item, additions, items_of, section_units
from .organisation import units
from .people import SHEET, newcomers

CATALOGUE_FILE = "danh-muc-hung-nguyen.xlsx"
PEOPLE_FILE = "nhan-su-moi-hung-nguyen.xlsx"
AGENCY = "HUNG-NGUYEN"


# --- Catalogue ---------------------------------------------------------------------------------------------
def catalogue_workbook(agency: str = AGENCY) -> bytes:
    """The next version of a pilot unit's catalogue, laid out as communes lay theirs out: three sheets."""
    listed = [*items_of(agency), *additions()]
    names = {plan.code: plan.name for plan in units()}
    departments = {section: names[code] for section, code in section_units(agency).items()}
    sheets = (
        ("PL I - Lãnh đạo, quản lý", "DANH MỤC DÙNG CHO LÃNH ĐẠO, QUẢN LÝ", ProductScope.LEADERSHIP),
        ("PL II - Dùng chung", "DANH MỤC DÙNG CHUNG CHO CÁC ĐƠN VỊ", ProductScope.SHARED),
        ("PL III - Riêng", "DANH MỤC RIÊNG THEO PHÒNG, ĐƠN VỊ", ProductScope.UNIT),
    )
    return write_workbook(
        [
            _catalogue_sheet(title, heading, [item for item in listed if item.scope == scope], departments)
            for title, heading, scope in sheets
        ]
    )


def _catalogue_sheet(
    title: str, heading: str, listed: Sequence[Item], departments: dict[str, str]
) -> OutSheet:
    by_department = any(item.section in departments for item in listed)
    columns = [
        OutColumn(header="STT", width=6, format=Format.NUMBER),
        OutColumn(header="Mã CV", width=10),
        *([OutColumn(header="Phòng, ban chuyên môn", width=30)] if by_department else []),
        OutColumn(header="Nhiệm vụ", width=40),
        OutColumn(header="Công việc chi tiết", width=50),
        OutColumn(header="Sản phẩm đầu ra", width=30),
        OutColumn(header="Nhóm", width=8),
        OutColumn(header="Khung điểm", width=12),
        OutColumn(header="Điểm chấm", width=11, format=Format.NUMBER),
        OutColumn(header="Hệ số quy đổi", width=11, format=Format.NUMBER),
        OutColumn(header="Ghi chú", width=30),
    ]
    rows = []
    for number, item in enumerate(listed, start=1):
        low, high = item.frame
        row: list[OutValue] = [number, item.code]
        if by_department:
            row.append(departments[item.section])
        points = Decimal(item.points)
        row += [
            item.duty, item.work, item.output, f"N{item.group}", f"{low}-{high}", points,
            coefficient_of(points, STANDARD_POINTS), "",
        ]  # fmt: skip
        rows.append(row)
    standard = f"Sản phẩm chuẩn = {STANDARD_POINTS} điểm = hệ số 1,00"
    return OutSheet(title=title, headings=[TITLE.upper(), heading, standard], columns=columns, rows=rows)


# --- People ------------------------------------------------------------------------------------------------
def people_workbook() -> bytes:
    """New people for the clerk to import: the columns of the template, with the headers officials use."""
    columns = [
        OutColumn(
            header=column.aliases[0],
            width=WIDTHS.get(column.key, 18.0),
            format=Format.DATE if isinstance(column, DateColumn) else Format.TEXT,
        )
        for column in COLUMNS
    ]
    rows = [[_shown(row, index) for index in range(len(COLUMNS))] for row in newcomers()]
    return write_workbook([OutSheet(title=SHEET, columns=columns, rows=rows)])


def _shown(row: PersonRow, index: int) -> OutValue:
    column = COLUMNS[index]
    value = getattr(row, column.key)
    if isinstance(column, BooleanColumn):
        return "có" if value else ""
    if isinstance(column, ChoiceColumn):
        return next((str(choice.labels[0]) for choice in column.choices if choice.value == value), "")
    return value or None
