"""The cards whose evaluators are named, as they were on the screen, and the reason."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import text_area

# Card, evaluator and endorser that stood in the row: 12-5-7, or 12-5- where nobody endorses.
ROW = re.compile(r"^(\d{1,18})-(\d{1,18})-(\d{0,18})$", re.ASCII)


def row_value(card: int, pair: tuple[int | None, int | None]) -> str:
    """What the box of a row carries, so that nobody is named who was not on the screen."""
    evaluator, endorser = pair
    return f"{card}-{evaluator}-{endorser if endorser is not None else ''}"


class NamingForm(forms.Form):
    """Boxes that stand in the table itself, and the reason below it."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the history of each of these cards."),
        max_length=4000,
        widget=text_area(3),
        error_messages={"required": _("Give a reason.")},
    )

    def seen(self) -> dict[int, tuple[int | None, int | None]]:
        """Card → evaluator and endorser that were agreed to; a box that says anything else was made by nobody here."""
        rows = [ROW.match(value) for value in self.data.getlist("cards")]  # type: ignore[attr-defined]  # a QueryDict
        return {
            int(row[1]): (int(row[2]), int(row[3]) if row[3] else None) for row in rows if row is not None
        }
