"""One block for each scoring kind that people give one score, or that follows from the card's own tasks.

The kinds entered item by item are in `itemised.py`; those computed from tasks, other people and formulas in
`computed.py`.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from ..enums import ChoiceUnit
from .shared import GivenBlock, entries, example, layout, points


class NumberBlock(GivenBlock):
    """Points from a minimum, usually 0, to a maximum, in steps."""

    maximum = points(_("Maximum"))
    minimum = points(_("Minimum"), required=False, help_text=_("The fewest points that are given. Empty: 0."))
    step = points(
        _("Step"),
        help_text=_(
            "Points rise by it from the minimum. Equal to the maximum: met or not met, nothing between."
        ),
    )

    class Meta:
        icon = "order"
        label = _("Points")
        form_layout = layout("maximum", "minimum", "step", given=True)
        description = _("A number of points up to the maximum, in steps; or met and not met.")
        preview_value = example("I.1", _("Keeps discipline"), maximum="5", step="0.25")


class OptionBlock(blocks.StructBlock):
    value = points(_("Value"))
    label = blocks.TextBlock(label=_("When"), rows=2)
    grounds_required = blocks.BooleanBlock(label=_("Grounds must be given"), required=False)

    class Meta:
        icon = "list-ul"
        label = _("Value")
        label_format = "{value} · {label}"


class ChoiceCriterionBlock(GivenBlock):
    """One of several values, none preselected."""

    unit = blocks.ChoiceBlock(label=_("Values are"), choices=ChoiceUnit.choices, default=ChoiceUnit.PERCENT)
    options = blocks.ListBlock(OptionBlock(), label=_("Values"), default=[], help_text=_("Two or more."))
    maximum = points(
        _("Maximum"),
        required=False,
        help_text=_("For per cent values in a section that adds up its criteria."),
    )

    class Meta:
        icon = "radio-full"
        label = _("Choice")
        form_layout = layout("unit", "options", "maximum", given=True)
        description = _("One of two, three or more values, each with the case it stands for.")
        preview_value = example(
            "e",
            _("Cohesion"),
            unit="percent",
            options=[
                {"value": "100", "label": _("Unity is kept"), "grounds_required": False},
                {"value": "50", "label": _("Lasting complaints"), "grounds_required": True},
            ],
            maximum="10",
        )


class LevelBlock(blocks.StructBlock):
    """A described band of values; without an end it has one value only."""

    label = blocks.CharBlock(label=pgettext_lazy("scale", "Level"), max_length=255)
    start = points(pgettext_lazy("scale", "From"))
    end = points(
        pgettext_lazy("scale", "To"), required=False, help_text=_("Empty: the level has this one value.")
    )
    guidance = blocks.TextBlock(label=_("Described as"), required=False, rows=2)

    class Meta:
        icon = "list-ol"
        label = pgettext_lazy("scale", "Level")
        label_format = "{label} · {start}"


class LevelsBlock(GivenBlock):
    """A value within one of several described levels."""

    unit = blocks.ChoiceBlock(label=_("Values are"), choices=ChoiceUnit.choices, default=ChoiceUnit.POINTS)
    levels = entries(LevelBlock(), _("Levels"), _("Two or more that do not overlap."))
    step = points(
        _("Step"),
        required=False,
        help_text=_("How points within a level rise. Needed where a level has an end."),
    )
    maximum = points(
        _("Maximum"),
        required=False,
        help_text=_("For per cent values in a section that adds up its criteria."),
    )

    class Meta:
        icon = "list-ol"
        label = _("Levels")
        form_layout = layout("unit", "levels", "step", "maximum", given=True)
        description = _(
            "Described levels, such as good from 8 to 10 points; a value within one of them is given."
        )
        preview_value = example(
            "II.1",
            _("Quality of advice"),
            unit="points",
            levels=[
                {"label": _("Good"), "start": "8", "end": "10", "guidance": ""},
                {"label": _("Fair"), "start": "5", "end": "7.5", "guidance": ""},
                {"label": _("Weak"), "start": "0", "end": "4.5", "guidance": ""},
            ],
            step="0.5",
        )
