"""Numbers and days as officials type them."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.number_words import of_typed
from kpi_cms.foundation.core.numbers import TwoReadings, format_typed, read_decimal
from snippets.models import Person


class QuantityField(forms.CharField):
    """A number with a decimal comma or point, up to `places` decimals; nothing typed is None."""

    def __init__(self, *, places: int = 3, **options: Any) -> None:
        self.places = places
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=14, **options)

    def prepare_value(self, value: Any) -> Any:
        """A stored number in the reader's form, which is read again; what was typed as it was typed."""
        return format_typed(value, language=get_language() or "vi") if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            number = read_decimal(text)
        except TwoReadings as error:  # three digits after a mark
            sentence = of_typed(error, "") if self.places > 2 else self._too_fine()
            raise ValidationError(sentence) from None
        except ValueError:
            raise ValidationError(_("Write a number such as 1,5.")) from None
        stored = round(number, self.places)
        if stored != number:
            raise ValidationError(self._too_fine())
        exponent = number.as_tuple().exponent
        return stored if isinstance(exponent, int) and -exponent > self.places else number

    def _too_fine(self) -> str:
        return gettext("Write at most %(places)s decimals.") % {"places": self.places}

    def validate(self, value: Decimal | None) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Decimal | None) -> None:
        """The length is the typed text's; a number has none."""


class DayField(forms.DateField):
    """A day as dd/mm/yyyy."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("For example 31/07/2026."))
        options.setdefault(
            "widget",
            forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "autocomplete": "off"}),
        )
        options.setdefault("error_messages", {"invalid": _("Write the day as 31/07/2026.")})
        super().__init__(input_formats=["%d/%m/%Y", "%d/%m/%y", "%Y-%m-%d"], **options)


def text_area(rows: int = 3) -> forms.Textarea:
    """Room for a sentence or a paragraph."""
    return forms.Textarea(attrs={"rows": rows})


def person_with(code: str) -> Person:
    """Whoever has the staff code that was typed. Raises ValidationError with a sentence where nobody has."""
    person = Person.objects.filter(staff_code=code.strip()).first()
    if person is None:
        raise ValidationError(_("There is nobody with this staff code. Correct it."))
    return person
