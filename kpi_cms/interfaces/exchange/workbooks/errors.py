"""Why a workbook is refused as a whole, in the sentence its sender reads."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.errors import Invalid

SENTENCES: dict[str, Promise] = {
    "empty_file": _("The file is empty. Choose the workbook again and check that it opens in Excel."),
    "file_too_large": _(
        "The file is larger than %(limit)s MB. Remove pictures and unused sheets, or split it into several "
        "files."
    ),
    "not_excel": _(
        "This is not an Excel file. In Excel choose “Save as”, “Excel Workbook (.xlsx)”, and send that file."
    ),
    "only_xlsx": _(
        "Only .xlsx files are accepted. Open the file in Excel, choose “Save as”, “Excel Workbook "
        "(.xlsx)”, and send that."
    ),
    "password": _(
        "The file is protected by a password. Remove the password in Excel, save, and send it again."
    ),
    "macros": _(
        "The file contains macros, which are not accepted. Save it as “Excel Workbook (.xlsx)” and send that."
    ),
    "damaged": _("The file is damaged. Open it in Excel, save it under a new name, and send that file."),
    "too_many_parts": _(
        "The file has too many components (%(count)s). Copy the data into a new workbook and send that."
    ),
    "unpacks_too_large": _(
        "The file becomes too large when it is unpacked. Copy only the data into a new workbook and send "
        "that."
    ),
    "unsafe_structure": _(
        "The file has an unsafe structure. Copy the data into a new workbook and send that."
    ),
    "dtd": _(
        "The file contains a document type definition (DTD), which is not accepted. Save it again from Excel."
    ),
    "encoding": _("The file uses a text encoding that is not accepted. Save it again from Excel as .xlsx."),
    "external_links": _(
        "The file contains links to other files or data connections. In Excel choose “Data”, “Edit links”, "
        "break the links, and send it again."
    ),
    "embedded_objects": _(
        "The file contains embedded objects (picture, chart, attached document or script). Delete them and "
        "send it again."
    ),
    "too_many_sheets": _("The file has more than %(limit)s sheets. Keep only the sheets to import."),
    "hidden_sheet": _("Sheet “%(sheet)s” is hidden. Unhide it or delete it, then send the file again."),
    "hidden_row": _(
        "Sheet “%(sheet)s”, row %(row)s is hidden but holds data. Unhide it (or clear the filter) or "
        "delete it, then send the file again."
    ),
    "hidden_column": _(
        "Sheet “%(sheet)s”, column %(column)s is hidden but holds data. Unhide it or delete it, then send "
        "the file again."
    ),
    "merged_too_large": _(
        "Sheet “%(sheet)s”: the merged range %(range)s is too large. Unmerge it and write a value in each "
        "row."
    ),
    "too_many_merged": _(
        "Sheet “%(sheet)s” has too many merged ranges. Unmerge them and write a value in each row."
    ),
    "too_many_rows": _(
        "Sheet “%(sheet)s” uses row %(row)s; at most %(limit)s rows are accepted. Delete the rows below "
        "the data (also empty ones with borders), or split the file."
    ),
    "too_many_columns": _(
        "Sheet “%(sheet)s” uses column %(column)s; columns up to IV are accepted. Delete the columns to "
        "the right of the data, also empty ones."
    ),
    "row_order": _(
        "Sheet “%(sheet)s”: the order of the rows is wrong at row %(row)s. Open the file in Excel, save "
        "it, and send it again."
    ),
    "too_heavy": _(
        "The file takes too long or too much memory to read. Copy only the data into a new workbook and "
        "send that."
    ),
}
"""Message by code. The codes are stable: tests, logs and the shell commands' JSON name them."""


class WorkbookRefused(Invalid):
    """The workbook cannot be read at all; nothing of it was used. `code` is a key of `SENTENCES`."""

    def __init__(self, code: str, sentence: str | Promise | None = None, **details: Any) -> None:
        template = SENTENCES[code] if sentence is None else sentence
        super().__init__(template % details if details else template, code=code, **details)
        self.code = code
