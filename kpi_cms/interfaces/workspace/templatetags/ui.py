"""What templates need to show numbers, days, fields and states. Built in: no {% load %} is needed."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.forms.widgets import (
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    PasswordInput,
    RadioSelect,
    Select,
    Textarea,
)
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from kpi_cms.foundation.core import numbers
from kpi_cms.foundation.core.sending import FIELD, key_of

register = template.Library()

# Words of state that more than one page shows, and the colour that repeats them. Any other state is grey.
COLOURS = {
    "current": "blue",
    "open": "blue",
    "self": "blue",
    "running": "blue",
    "sent": "blue",
    "assigned": "blue",
    "submitted": "blue",
    "evaluator": "purple",
    "endorsement": "purple",
    "evaluated": "purple",
    "proposed": "purple",
    "reported": "purple",
    "waiting": "yellow",
    "pending": "yellow",
    "returned": "yellow",
    "basis_changed": "yellow",
    "due": "yellow",
    "confirmed": "green",
    "notified": "green",
    "approved": "green",
    "accepted": "green",
    "published": "green",
    "done": "green",
    "overdue": "red",
    "failed": "red",
    "refused": "red",
    "missing": "red",
    "not_accepted": "red",
}


def _language() -> str:
    return get_language() or "vi"


@register.filter
def points(value: numbers.Number, bounds: Iterable[Any] | None = None) -> str:
    """{{ result.points|points }} → 92,63; with the bands' lower limits, more digits at a boundary."""
    return numbers.format_points(value, language=_language(), bounds=bounds or ())


@register.filter
def percent(value: numbers.Number) -> str:
    """A ratio, 1 being the whole: {{ ratio|percent }} → 93,75%."""
    return numbers.format_percent(value, language=_language())


@register.filter
def quantity(value: numbers.Number) -> str:
    """{{ task.quantity|quantity }} → 1,5."""
    return numbers.format_quantity(value, language=_language())


@register.filter
def count(value: int | None) -> str:
    """{{ people|count }} → 70.000."""
    return numbers.format_count(value, language=_language())


@register.filter
def day(value: date | datetime | None) -> str:
    """{{ period.ends|day }} → 31/07/2026."""
    return numbers.format_day(value)


@register.filter
def moment(value: datetime | None) -> str:
    """{{ card.notified_at|moment }} → 31/07/2026 17:05, the clock of Việt Nam."""
    return numbers.format_moment(value)


@register.filter
def plain(value: Any) -> Any:
    """A value of unknown kind: numbers, days and moments in the reader's form, the rest unchanged."""
    match value:
        case None | "":
            return numbers.NOTHING
        case bool():
            return value
        case Decimal() | Fraction() | int():
            return quantity(value)
        case datetime():
            return moment(value)
        case date():
            return day(value)
    return value


@register.filter
def colour(state: Any) -> str:
    """The tag colour of a machine name of state."""
    return COLOURS.get(str(state), "grey")


@register.filter
def bar_length(value: numbers.Number, maximum: numbers.Number = 100) -> str:
    """A bar's length from 0 to 100 as an SVG attribute: always a point, whatever the page's language."""
    if value in (None, "") or maximum in (None, "", 0):
        return "0"
    share = numbers.exact(value) * 100 / numbers.exact(maximum)
    return numbers.format_quantity(min(max(share, Fraction(0)), Fraction(100)), language="en", places=2)


@register.filter
def kind(field: BoundField) -> str:
    """How `includes/field.html` lays the field out."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple):
        return "checkboxes"
    if isinstance(widget, RadioSelect):
        return "radios"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    return "password" if isinstance(widget, PasswordInput) else "single"


@register.filter
def control(field: BoundField, classes: str = "") -> SafeString:
    """The field's own control with the classes of our face, and `classes`, as "govuk-input--width-5"."""
    widget = field.field.widget
    base = "govuk-input"
    if isinstance(widget, Select):
        base = "govuk-select"
    elif isinstance(widget, Textarea):
        base = "govuk-textarea"
    elif isinstance(widget, FileInput):
        base = "govuk-file-upload"
    names = [base, f"{base}--error" if field.errors else "", classes, widget.attrs.get("class", "")]
    attrs: dict[str, str | bool] = {"class": " ".join(name for name in names if name)}
    if isinstance(widget, PasswordInput):
        attrs["class"] = f"{attrs['class']} govuk-password-input__input govuk-js-password-input-input"
        attrs |= {"spellcheck": "false", "autocapitalize": "none"}
    return field.as_widget(attrs=attrs)


@register.filter
def checkbox(field: BoundField) -> SafeString:
    """The box of a single yes-or-no field."""
    return field.as_widget(attrs={"class": "govuk-checkboxes__input"})


@register.filter
def first_control(field: BoundField) -> str:
    """The id that a link to the field leads to: its first choice where it is a group of choices."""
    if kind(field) in {"radios", "checkboxes"}:
        return f"{field.auto_id}_0"
    return field.id_for_label or str(field.auto_id)


@register.filter
def problems(form: BaseForm | None) -> list[dict[str, str]]:
    """The errors of a form: [{"text", "href"}], of the whole form first, then field by field.

    Each begins with its field's label: a summary of five times "This field is required." would say nothing.
    """
    if form is None or not form.is_bound:
        return []
    found = [{"text": str(text), "href": ""} for text in form.non_field_errors()]
    for field in form:
        href = f"#{first_control(field)}"
        found += [{"text": f"{field.label}: {text}", "href": href} for text in field.errors]
    return found


@register.filter
def any_errors(forms: Iterable[BaseForm] | None) -> bool:
    """Whether one of the forms of a formset was refused."""
    return any(form.is_bound and form.errors for form in forms or ())


@register.filter
def as_rows(error: Any) -> list[dict[str, Any]]:
    """Two values of each field of a stale save: [{"label", "mine", "theirs", "differs"}].

    `error` carries `mine` and `theirs`, mappings of a field's label to its value. Rows already made pass.
    """
    if isinstance(error, list):
        return error
    mine: Mapping[str, Any] = getattr(error, "mine", None) or {}
    theirs: Mapping[str, Any] = getattr(error, "theirs", None) or {}
    labels = list(dict.fromkeys([*mine, *theirs]))
    return [
        {
            "label": label,
            "mine": mine.get(label),
            "theirs": theirs.get(label),
            "differs": mine.get(label) != theirs.get(label),
        }
        for label in labels
    ]


@register.filter
def pairs(columns: Iterable[Any], cells: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each column with its cell; a row that is too short or too long is a mistake of the page, and fails."""
    return list(zip(columns, cells, strict=True))


@register.filter
def entered(value: Any) -> str:
    """A field's value: text as the reader typed it, a number as it is read again, nothing as nothing."""
    return value if isinstance(value, str) else numbers.format_typed(value, language=_language())


@register.simple_tag(takes_context=True)
def sent_key(context: Mapping[str, Any]) -> SafeString:
    """The key by which a form acts once (`core.sending`); a form that was refused keeps its own.

    Never filled in by the browser: after a reload it would put back the key of a form that was sent.
    """
    request = context["request"]
    key = key_of(request) or uuid.uuid4()
    return format_html('<input type="hidden" name="{}" value="{}" autocomplete="off">', FIELD, key)
