"""What a card takes from other people, in words: for screens, history and paper."""

from collections.abc import Container
from fractions import Fraction

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.numbers import format_percent

from .domain.others import NOTHING, PENDING, unit_waited_for
from .models import Scorecard


def what_is_waited_for(card: Scorecard, known: Container[str]) -> str:
    """Whose results a card waits for; `known`: the codes of the criteria that have a value."""
    of_unit = unit_waited_for(card, known)
    people = [
        each
        for each in card.version.compiled().from_others
        if each.code not in known and not (each.scope or each.is_of_unit)
    ]
    if of_unit and not people:
        return of_unit
    of_people = _("The results of the people managed are not all confirmed yet (d is pending).")
    return f"{of_people} {of_unit}".strip()


def basis_text(stored: str) -> str:
    """What a card takes from others, as it keeps it: "1" is 100%, "1/2" is 50%."""
    words = {PENDING: _("not known yet"), NOTHING: _("nothing assigned"), "": "–"}
    if stored in words:
        return words[stored]
    return format_percent(Fraction(stored), language=get_language() or "vi")
