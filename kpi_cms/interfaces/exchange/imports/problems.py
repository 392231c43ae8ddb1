"""What is wrong in a workbook, with the place it stands at and the sentence its author reads."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.interfaces.exchange.workbooks.cells import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProblem:
    """One problem. `row` and `column` are None when it concerns the whole sheet; `value` is the cell as
    displayed.
    """

    sheet: str
    row: int | None
    column: str | None
    header: str
    value: str
    code: str
    sentence: str

    @property
    def place(self) -> str:
        """For example: Sheet “Nhân sự”, row 12, column C."""
        if self.row is None:
            return _("Sheet “%(sheet)s”") % {"sheet": self.sheet}
        if self.column is None:
            return _("Sheet “%(sheet)s”, row %(row)s") % {"sheet": self.sheet, "row": self.row}
        return _("Sheet “%(sheet)s”, row %(row)s, column %(column)s") % {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
        }

    def as_json(self) -> dict[str, Any]:
        """The shell commands' form: place, code and sentence."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "header": self.header,
            "value": self.value,
            "code": self.code,
            "sentence": self.sentence,
        }


def at_cell(cell: Cell, *, header: str, code: str, sentence: str) -> ImportProblem:
    """A problem of one cell."""
    return ImportProblem(
        sheet=cell.sheet,
        row=cell.row,
        column=cell.column,
        header=header,
        value=cell.display,
        code=code,
        sentence=sentence,
    )


def at_row(sheet: str, row: int, *, code: str, sentence: str, value: str = "") -> ImportProblem:
    """A problem of a whole row."""
    return ImportProblem(
        sheet=sheet, row=row, column=None, header="", value=value, code=code, sentence=sentence
    )


def at_sheet(sheet: str, *, code: str, sentence: str, header: str = "") -> ImportProblem:
    """A problem of a whole sheet, such as a missing column."""
    return ImportProblem(
        sheet=sheet, row=None, column=None, header=header, value="", code=code, sentence=sentence
    )
