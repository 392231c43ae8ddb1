"""Kinds entered item by item, or as several numbers: checklist, deduction, bonus, indicator, formula with inputs."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..enums import Direction
from .shared import (
    CODE_LENGTH,
    CriterionBlock,
    GivenBlock,
    amount,
    entries,
    example,
    formula,
    layout,
    maximum_in_a_sum,
    points,
    whole,
)


def item_code() -> blocks.CharBlock:
    return blocks.CharBlock(
        label=_("Code"), max_length=CODE_LENGTH, help_text=_("Unique in the criterion, for example 1 or a.")
    )


class CheckItemBlock(blocks.StructBlock):
    """Something met or not met."""

    code = item_code()
    label = blocks.TextBlock(label=_("Item"), rows=2)
    value = points(_("Points"))

    class Meta:
        icon = "tick"
        label = _("Item")
        label_format = "{label} · {value}"


class ChecklistBlock(GivenBlock):
    """Items met or not; their points are added up."""

    items = entries(CheckItemBlock(), _("Items"))
    maximum = points(
        _("Maximum"),
        required=False,
        help_text=_("The sum of the items; write it to have it checked, or leave it empty."),
    )

    class Meta:
        icon = "list-ul"
        label = _("Checklist")
        form_layout = layout("items", "maximum", given=True)
        description = _(
            "Items that are met or not met, each with its points; the points of those met are added up."
        )
        preview_value = example(
            "I.2",
            _("Keeps to the rules of the office"),
            items=[
                {"code": "1", "label": _("On time every day"), "value": "2"},
                {"code": "2", "label": _("Reports on time"), "value": "3"},
            ],
        )


class CountedItemBlock(blocks.StructBlock):
    """Something counted: points each time."""

    code = item_code()
    label = blocks.TextBlock(label=_("Item"), rows=2)
    value = points(_("Points each time"))
    limit = whole(_("At most, times"), lowest=1, required=False, help_text=_("Empty: every time counts."))
    cap = points(
        _("At most, points"), required=False, help_text=_("Of this item in a period. Empty: no cap.")
    )

    class Meta:
        icon = "plus-inverse"
        label = _("Item")
        label_format = "{label} · {value}"


def _counted(code: str, label: Any, value: str, *, limit: int | None = None, cap: str | None = None) -> Any:
    return {"code": code, "label": label, "value": value, "limit": limit, "cap": cap}


class DeductionBlock(CriterionBlock):
    """The maximum, less points for each breach, never below the floor."""

    maximum = points(_("Maximum"))
    items = entries(CountedItemBlock(), _("Deductions"))
    floor = points(_("Never below, points"), required=False, help_text=_("Empty: 0 points are the least."))

    class Meta:
        icon = "minus"
        label = _("Deduction from the maximum")
        form_layout = layout("maximum", "items", "floor")
        description = _("Starts at the maximum; each recorded breach takes its points, down to the floor.")
        preview_value = example(
            "I.3",
            _("Discipline"),
            maximum="10",
            items=[
                _counted("1", _("Late to a meeting"), "0.5", limit=4),
                _counted("2", _("Reprimanded in writing"), "3"),
            ],
            floor="0",
        )


class BonusBlock(CriterionBlock):
    """Points for each achievement, up to a cap for the item and one for the period."""

    maximum = points(_("At most in the period"))
    items = entries(CountedItemBlock(), _("Achievements"))

    class Meta:
        icon = "plus"
        label = _("Bonus points")
        form_layout = layout("maximum", "items")
        description = _("Points for each achievement counted, with a cap for each and one for the period.")
        preview_value = example(
            "T.1",
            _("Bonus points"),
            maximum="5",
            items=[_counted("1", _("An initiative that was recognised"), "2", cap="4")],
        )


class PenaltyBlock(CriterionBlock):
    """Points taken off for each breach, up to a cap for the item and one for the period."""

    maximum = points(_("At most in the period"))
    items = entries(CountedItemBlock(), _("Breaches"))

    class Meta:
        icon = "cross"
        label = _("Points taken off")
        form_layout = layout("maximum", "items")
        description = _(
            "Points taken off for each breach counted, with a cap for each and one for the period. A section takes "
            "them off its other criteria, never below 0; in a part of their own the formula of the total does."
        )
        preview_value = example(
            "T.2",
            _("Points taken off"),
            maximum="5",
            items=[_counted("1", _("Reprimanded in writing"), "3", cap="3")],
        )


class IndicatorBlock(GivenBlock):
    """What was reached against a target."""

    direction = blocks.ChoiceBlock(label=_("Direction"), choices=Direction.choices, default=Direction.HIGHER)
    target = amount(
        _("Target"), required=False, help_text=_("Empty: it is entered on each card beside what was reached.")
    )
    cap = points(
        _("At most, per cent"),
        default="100",
        help_text=_("More than the target counts up to this share; 100 for no more than the target."),
    )
    maximum = maximum_in_a_sum()

    class Meta:
        icon = "history"
        label = _("Indicator")
        form_layout = layout("direction", "target", "cap", "maximum", given=True)
        description = _("A number that was reached against a target, as a share of the maximum.")
        preview_value = example(
            "III.1", _("Files settled"), direction="higher", target="120", cap="100", maximum="20"
        )


class FormulaInputBlock(blocks.StructBlock):
    """A number that the formula needs and nobody else gives."""

    code = blocks.CharBlock(
        label=_("Code"), max_length=CODE_LENGTH, help_text=_("The formula names it by this code.")
    )
    label = blocks.TextBlock(label=_("What is entered"), rows=2)
    maximum = amount(_("Maximum"), required=False)

    class Meta:
        icon = "edit"
        label = _("Number to enter")
        label_format = "{code} · {label}"


class FormulaBlock(CriterionBlock):
    """Points by a formula over other criteria, and over numbers of its own."""

    expression = formula(
        _("Formula"),
        required=True,
        help_text=_(
            "Over codes of other criteria and of the numbers below; a code such as 1.10 stands in brackets: [1.10]. "
            "SUM, MIN, MAX, AVERAGE, ROUND, IF, AND and OR work as in Excel. APPLIES(code) is 0 where a criterion did "
            "not arise, else 1."
        ),
    )
    maximum = points(_("Maximum"), help_text=_("The value is held between 0 and the maximum."))
    inputs = entries(FormulaInputBlock(), _("Numbers to enter"))

    class Meta:
        icon = "code"
        label = _("Formula")
        form_layout = layout("expression", "maximum", "inputs")
        description = _("Computed from other criteria by their codes, and from numbers entered for it alone.")
        preview_value = example(
            "IV.1",
            _("Share of petitions settled"),
            expression="IF(received = 0; 10; settled / received * 10)",
            maximum="10",
            inputs=[
                {"code": "settled", "label": _("Petitions settled"), "maximum": None},
                {"code": "received", "label": _("Petitions received"), "maximum": None},
            ],
        )
