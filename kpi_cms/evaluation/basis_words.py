"""What a card takes from other people, in words: for screens, history and paper."""

from collections.abc import Container
from fractions import Fraction

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.numbers import format_percent

from .domain.others import NOTHING, PENDING, unit_waited_for
from .models import Scorecard
from .waiting_words import insufficient_tasks


def what_is_waited_for(card: Scorecard, known: Container[str]) -> str:
    """What a card waits for: words of its tasks, results of others; `known`: the codes of the criteria with a value."""
    compiled = card.version.compiled()
    waiting = [each for each in compiled.criteria if each.code not in known]
    of_tasks, of_unit = insufficient_tasks(waiting), unit_waited_for(card, known)
    people = [each for each in waiting if each.is_from_others and not (each.scope or each.is_of_unit)]
    of_people = ""
    if people or not (of_tasks or of_unit):
        of_people = _("The results of the people managed are not all confirmed yet (d is pending).")
    return " ".join(filter(None, (of_tasks, of_people, of_unit)))


def basis_text(stored: str) -> str:
    """What a card takes from others, as it keeps it: "1" is 100%, "1/2" is 50%."""
    words = {PENDING: _("not known yet"), NOTHING: _("nothing assigned"), "": "–"}
    if stored in words:
        return words[stored]
    return format_percent(Fraction(stored), language=get_language() or "vi")
