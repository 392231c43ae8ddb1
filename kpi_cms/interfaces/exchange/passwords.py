"""The workbook of first passwords: handed over on paper, cut into slips, then destroyed."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.workbooks import OutColumn, OutSheet, write_workbook

from .queries import people_by_code


def passwords_workbook(passwords: Mapping[str, str]) -> bytes:
    """Staff code → first password, as a workbook in name order."""
    rows = [
        (person.staff_code, person.full_name, person.unit.name, passwords[person.staff_code])
        for person in people_by_code(passwords)
    ]
    columns = [
        OutColumn(header=_("Account name"), width=18),
        OutColumn(header=_("Full name"), width=30),
        OutColumn(header=_("Unit"), width=40),
        OutColumn(header=_("First password"), width=26),
    ]
    headings = [
        _("First passwords"),
        _("Hand each over in person. The first sign-in asks for a new one. Delete this file afterwards."),
    ]
    return write_workbook(
        [OutSheet(title=_("First passwords"), columns=columns, rows=rows, headings=headings)]
    )
