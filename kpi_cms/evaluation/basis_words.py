"""What a card takes from other people, in words: for screens, history and paper."""

from fractions import Fraction

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.numbers import format_percent

from .domain.others import NOTHING, PENDING


def basis_text(stored: str) -> str:
    """What a card takes from others, as it keeps it: "1" is 100%, "1/2" is 50%."""
    words = {PENDING: _("not known yet"), NOTHING: _("nothing assigned"), "": "–"}
    if stored in words:
        return words[stored]
    return format_percent(Fraction(stored), language=get_language() or "vi")
