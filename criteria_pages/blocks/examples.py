"""Examples of a set: what a card says, and the total and band its author expects. They are no part of the digest."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..enums import Attribute
from .rules import BAND_CODE
from .shared import CODE_LENGTH, LABEL_LENGTH, entries

_VALUES = _(
    "One value a line: code = number; of a criterion with items: code: item = number. A share is written as 90%, "
    "the points of several people as 60; 75,5; what another rater gave as rater | code = number. “Try it” fills this "
    "in."
)
_UNITS = _("The number of the unit, once for each time, for example 1; 1; 3.")


def quantity(label: Any, **options: Any) -> blocks.DecimalBlock:
    """A quantity or a coefficient of a task."""
    return blocks.DecimalBlock(label=label, min_value=0, max_digits=10, decimal_places=4, **options)


def word(label: Any, **options: Any) -> blocks.CharBlock:
    """A short text that may be left empty."""
    return blocks.CharBlock(label=label, required=False, max_length=LABEL_LENGTH, **options)


class ExampleTaskBlock(blocks.StructBlock):
    """A task behind the ratios of an example's card."""

    label = word(_("Name of the task"))
    coefficient = quantity(_("Coefficient"), default="1")
    assigned = quantity(_("Assigned"), required=False)
    completed = quantity(_("Completed"))
    accepted = quantity(_("Met quality"), required=False, help_text=_("Empty: all that are completed."))
    handed_over = quantity(_("Handed over"), required=False)
    extra = blocks.BooleanBlock(label=_("Extra, outside the assigned total"), required=False)
    faults = word(_("Major errors, by unit"), help_text=_UNITS)
    delays = word(_("Delays, by unit"), help_text=_UNITS)

    class Meta:
        icon = "tasks"
        label = _("Task with a quantity")
        label_format = "{label} · {coefficient} × {assigned}"


class ExampleWorkBlock(blocks.StructBlock):
    """A task that task points count."""

    label = word(_("Name of the task"))
    points = quantity(_("Points of one"))
    quantity = quantity(_("Quantity"), default="1")
    group = word(Attribute.GROUP.label)
    position = word(Attribute.POSITION.label)
    role = word(Attribute.ROLE.label)
    priority = word(Attribute.PRIORITY.label)
    difficulty = word(Attribute.DIFFICULTY.label)
    due = blocks.DateBlock(label=_("Due on"), required=False)
    done = blocks.DateBlock(label=_("Done on"), required=False, help_text=_("Empty: not done."))
    quality = word(_("Step of quality"))

    class Meta:
        icon = "tasks"
        label = _("Task with points")
        label_format = "{label} · {points}"


class ExampleBlock(blocks.StructBlock):
    """A card by hand and what it must come to."""

    name = blocks.CharBlock(label=_("Name"), max_length=LABEL_LENGTH)
    note = blocks.TextBlock(label=_("Note"), required=False, rows=2, help_text=_("What the example shows."))
    values = blocks.TextBlock(label=_("Values filled in"), required=False, rows=6, help_text=_VALUES)
    tasks = entries(ExampleTaskBlock(), _("Tasks"))
    work = entries(ExampleWorkBlock(), _("Tasks with points"))
    total = blocks.DecimalBlock(label=_("Expected total"), min_value=0, max_digits=16, decimal_places=10)
    band = blocks.CharBlock(label=_("Expected band"), max_length=CODE_LENGTH, help_text=BAND_CODE)

    class Meta:
        icon = "clipboard-list"
        label = _("Example")
        label_format = "{name} · {total}"


class ExamplesBlock(blocks.StreamBlock):
    example = ExampleBlock()

    class Meta:
        collapsed = True
