"""What the blocks of a criteria set have in common: numbers, clauses, and the fields every criterion has."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from kpi_cms.foundation.core.numbers import DIGITS_OF_AMOUNT

from ..enums import Condition, StageName

CODE_LENGTH = 40
LABEL_LENGTH = 160
FORMULA_LENGTH = 1000


def points(label: Any, *, required: bool = True, help_text: Any = "", **options: Any) -> blocks.DecimalBlock:
    """A number that is not negative, with at most three decimals (what a score's column holds)."""
    return blocks.DecimalBlock(
        label=label,
        required=required,
        help_text=help_text,
        min_value=0,
        max_digits=8,
        decimal_places=3,
        **options,
    )


def amount(label: Any, *, required: bool = True, help_text: Any = "") -> blocks.DecimalBlock:
    """What is measured, such as a budget in million đồng: as many digits as the engine reads. No points, no score."""
    return blocks.DecimalBlock(
        label=label,
        required=required,
        help_text=help_text,
        min_value=0,
        max_digits=DIGITS_OF_AMOUNT + 3,
        decimal_places=3,
    )


def whole(label: Any, *, lowest: int = 0, required: bool = True, help_text: Any = "") -> blocks.IntegerBlock:
    """A whole number."""
    return blocks.IntegerBlock(label=label, required=required, help_text=help_text, min_value=lowest)


def formula(label: Any, *, required: bool = False, help_text: Any = "") -> blocks.CharBlock:
    """A formula as officials know it from Excel."""
    return blocks.CharBlock(label=label, required=required, max_length=FORMULA_LENGTH, help_text=help_text)


def entries(block: blocks.Block, label: Any, help_text: Any = "") -> blocks.ListBlock:
    """A list that starts empty: what is not wanted need not be removed."""
    return blocks.ListBlock(block, label=label, default=[], help_text=help_text)


def clause(**options: Any) -> blocks.CharBlock:
    """Where the law or the issuing document says so."""
    return blocks.CharBlock(
        label=_("Clause"),
        required=False,
        max_length=LABEL_LENGTH,
        help_text=_("For example: Annex I, 2.d."),
        **options,
    )


def maximum_in_a_sum() -> blocks.DecimalBlock:
    """Of a kind whose value is a share: a formula uses the share as it is."""
    return points(
        _("Maximum"),
        required=False,
        help_text=_("In a section that adds up its criteria. A formula uses the share itself, 1 is 100%."),
    )


class AlternativeBlock(blocks.StructBlock):
    """A wording for some posts only: the text that replaces nothing on the form and guides the one who scores."""

    condition = blocks.ChoiceBlock(label=_("For"), choices=Condition.choices)
    label = blocks.TextBlock(label=_("Wording"), rows=2)

    class Meta:
        icon = "group"
        label = _("Wording for some posts")


class CriterionBlock(blocks.StructBlock):
    """What every criterion has, however it is scored."""

    code = blocks.CharBlock(
        label=_("Code"),
        max_length=CODE_LENGTH,
        help_text=_("Unique in the set. Formulas name criteria by it."),
    )
    label = blocks.TextBlock(
        label=_("Criterion"), rows=2, help_text=_("The exact wording, as it is printed.")
    )
    guidance = blocks.ListBlock(
        blocks.TextBlock(label=_("Behaviour"), rows=2),
        label=_("Guidance"),
        default=[],
        help_text=_("What the one who scores looks at, one behaviour a line."),
    )
    alternatives = blocks.ListBlock(AlternativeBlock(), label=_("Wordings for some posts"), default=[])
    citation = clause()
    weight = blocks.DecimalBlock(
        label=_("Weight, per cent"),
        required=False,
        min_value=0,
        max_value=100,
        max_digits=8,
        decimal_places=3,
        help_text=_("Only in a section that takes the mean by weights."),
    )
    stages = blocks.MultipleChoiceBlock(
        label=_("Scored by"),
        required=False,
        choices=StageName.choices,
        help_text=_(
            "Leave empty when every stage scores it. “The person” alone: their score counts for the result, too."
        ),
    )

    class Meta:
        icon = "tick"
        label_format = "{code} · {label}"
        form_layout = blocks.BlockGroup(
            children=["code", "label", "guidance"], settings=["alternatives", "citation", "weight", "stages"]
        )
        preview_template = "criteria_pages/admin/criterion_preview.html"


class GivenBlock(CriterionBlock):
    """A criterion that somebody gives, and that may have nothing to be given for."""

    may_not_apply = blocks.BooleanBlock(
        label=_("May not arise"),
        required=False,
        help_text=_(
            "Whoever scores may say, with grounds, that it did not arise in the period. The other criteria of the "
            "section then count for it. A formula reads 0 and can ask APPLIES(code), which is 1 or 0."
        ),
    )


def layout(*own: str, given: bool = False) -> blocks.BlockGroup:
    """The fields of a kind between the wording and what is rarely touched; `given`: of a `GivenBlock`."""
    settings = ["alternatives", "citation", "weight", "stages"]
    return blocks.BlockGroup(
        children=["code", "label", *own, "guidance"],
        settings=[*settings, "may_not_apply"] if given else settings,
    )


def example(code: str, label: Any, **own: Any) -> Any:
    """The value a kind is previewed with; evaluated in the reader's language."""

    def value() -> dict[str, Any]:
        return {"code": code, "label": str(label), "guidance": [], "alternatives": [], "stages": [], **own}

    return staticmethod(value)  # a plain function of Meta would be bound to it
