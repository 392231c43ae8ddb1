"""The columns of a catalogue's sheets. Communes order and name them differently."""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from kpi_cms.interfaces.exchange.imports.columns import (
    BadValue,
    CodeColumn,
    Column,
    DecimalColumn,
    TextColumn,
    length_of,
    read_decimal,
)
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind
from kpi_cms.interfaces.exchange.workbooks.text import fold
from snippets.models import Product

FRAME_TEXT = re.compile(r"(?:từ\s*)?([0-9]{1,5})\s*(?:-|–|—|đến|~)\s*([0-9]{1,5})(?:\s*điểm)?", re.IGNORECASE)
GROUP_TEXT = re.compile(r"(?:nhom|n)?([1-5])")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupColumn(Column):
    """The group by complexity, N1…N5 ("N2", "Nhóm 2", "2")."""

    def parse(self, cell: Cell) -> str:
        match = GROUP_TEXT.fullmatch(fold(cell.display))
        if match is None:
            raise BadValue(
                "group",
                _("“%(value)s” is not a group. Write N1, N2, N3, N4 or N5.") % {"value": cell.display},
            )
        return f"N{match.group(1)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumn(Column):
    """The point frame of a group, "11-50" → (11, 50)."""

    def parse(self, cell: Cell) -> tuple[int, int]:
        if cell.kind is Kind.DATE:
            raise BadValue(
                "text_became_date",
                _(
                    "Excel has turned this text into the date %(value)s. Format the cell as Text and type "
                    "it again."
                )
                % {"value": cell.display},
            )
        match = FRAME_TEXT.fullmatch(cell.display.strip())
        if match is None or int(match.group(1)) > int(match.group(2)):
            raise BadValue(
                "frame",
                _(
                    "“%(value)s” is not a point frame. Write the lowest and the highest points, for "
                    "example 11-50."
                )
                % {"value": cell.display},
            )
        return int(match.group(1)), int(match.group(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoefficientColumn(Column):
    """The coefficient as the workbook states it: a number, or a formula, read as its text and its cached
    number.
    """

    accepts_formula: bool = True

    def parse(self, cell: Cell) -> Decimal | None:
        if cell.kind is not Kind.FORMULA:
            return read_decimal(cell)
        if cell.cached is None:
            return None
        if cell.cached.kind is Kind.ERROR:
            raise BadValue(
                "error_cell",
                _("The formula gives the Excel error “%(value)s”. Correct it, or delete the coefficient.")
                % {"value": cell.cached.display},
            )
        return read_decimal(cell.cached)


COLUMNS: tuple[Column, ...] = (
    CodeColumn(
        key="code",
        label=pgettext_lazy("workbook column", "Code"),
        aliases=(
            "Mã CV",
            "Mã",
            "Mã công việc",
            "Mã sản phẩm",
            "Mã SP",
            "Mã SP/CV",
            "Mã sản phẩm/công việc",
            "Code",
        ),
        max_length=length_of(Product, "code"),
    ),
    TextColumn(
        key="department",
        label=pgettext_lazy("workbook column", "Department"),
        aliases=(
            "Phòng, ban chuyên môn",
            "Phòng ban",
            "Phòng, ban",
            "Phòng",
            "Phòng, đơn vị",
            "Đơn vị",
            "Department",
        ),
        required=False,
        blank=True,
        max_length=length_of(Product, "department"),
    ),
    TextColumn(
        key="duty",
        label=pgettext_lazy("workbook column", "Duty"),
        aliases=("Nhiệm vụ", "Nhóm nhiệm vụ", "Tên nhiệm vụ", "Duty"),
        max_length=1000,
    ),
    TextColumn(
        key="work",
        label=pgettext_lazy("workbook column", "Work in detail"),
        aliases=(
            "Công việc chi tiết",
            "Công việc",
            "Nội dung công việc",
            "Mô tả công việc",
            "Work",
            "Work in detail",
        ),
        required=False,
        blank=True,
        max_length=4000,
        multiline=True,
    ),
    TextColumn(
        key="output",
        label=pgettext_lazy("workbook column", "Output"),
        aliases=("Sản phẩm đầu ra", "Sản phẩm", "Kết quả đầu ra", "Output"),
        max_length=1000,
    ),
    GroupColumn(
        key="group",
        label=pgettext_lazy("workbook column", "Group"),
        aliases=("Nhóm", "Nhóm công việc", "Nhóm phức tạp", "Group"),
    ),
    FrameColumn(
        key="frame",
        label=pgettext_lazy("workbook column", "Point frame"),
        aliases=("Khung điểm", "Khung", "Point frame"),
        required=False,
        blank=True,
    ),
    DecimalColumn(
        key="points",
        label=pgettext_lazy("workbook column", "Points"),
        aliases=("Điểm chấm", "Điểm", "Điểm số", "Điểm quy đổi", "Points"),
        minimum=Decimal("0.01"),
        maximum=Decimal(10_000),
    ),
    CoefficientColumn(
        key="coefficient",
        label=pgettext_lazy("workbook column", "Coefficient"),
        aliases=("Hệ số quy đổi", "Hệ số", "Coefficient"),
        required=False,
        blank=True,
    ),
    TextColumn(
        key="note",
        label=pgettext_lazy("workbook column", "Note"),
        aliases=("Ghi chú", "Note", "Notes"),
        # One sheet states the standard product in the header of its column of notes.
        prefixes=("Sản phẩm chuẩn", "Sản phẩm/công việc chuẩn"),
        required=False,
        blank=True,
        max_length=2000,
        multiline=True,
    ),
)
