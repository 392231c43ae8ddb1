"""What a reader is told about a number that was typed and cannot be taken."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .errors import Sentence
from .numbers import TwoReadings


def of_typed(error: ValueError, otherwise: Sentence) -> str:
    """Both ways to write what can be read in two; `otherwise` for what is no number at all."""
    if not isinstance(error, TwoReadings):
        return str(otherwise)
    return _("“%(text)s” can be read in two ways. Write %(whole)s or %(decimal)s.") % {
        "text": error.text,
        "whole": error.whole,
        "decimal": error.decimal(get_language() or "vi"),
    }
