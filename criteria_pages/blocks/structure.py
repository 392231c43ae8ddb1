"""Parts hold sections, sections hold criteria; each criterion is a block of its scoring kind."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..enums import Combination, PartCode
from .computed import PeopleManagedBlock, ResultOfBlock, RollUpBlock, TaskPointsBlock, TaskRatioBlock
from .itemised import (
    BonusBlock,
    ChecklistBlock,
    DeductionBlock,
    FormulaBlock,
    IndicatorBlock,
    PenaltyBlock,
)
from .kinds import ChoiceCriterionBlock, LevelsBlock, NumberBlock
from .shared import CODE_LENGTH, clause, formula, points

GIVEN, COUNTED, COMPUTED = _("Given as one score"), _("Counted item by item"), _("Computed")


class CriteriaBlock(blocks.StreamBlock):
    """The criteria of a section, in order."""

    number = NumberBlock(group=GIVEN)
    choice = ChoiceCriterionBlock(group=GIVEN)
    levels = LevelsBlock(group=GIVEN)
    checklist = ChecklistBlock(group=COUNTED)
    deduction = DeductionBlock(group=COUNTED)
    bonus = BonusBlock(group=COUNTED)
    penalty = PenaltyBlock(group=COUNTED)
    indicator = IndicatorBlock(group=COUNTED)
    formula = FormulaBlock(group=COMPUTED)
    task_ratio = TaskRatioBlock(group=COMPUTED)
    task_points = TaskPointsBlock(group=COMPUTED)
    roll_up = RollUpBlock(group=COMPUTED)
    people_managed = PeopleManagedBlock(group=COMPUTED)
    result_of = ResultOfBlock(group=COMPUTED)

    class Meta:
        collapsed = True


class SectionBlock(blocks.StructBlock):
    code = blocks.CharBlock(label=_("Code"), max_length=CODE_LENGTH)
    label = blocks.TextBlock(label=_("Section of criteria"), rows=2)
    maximum = points(_("Maximum"))
    combination = blocks.ChoiceBlock(
        label=_("Points of the section"), choices=Combination.choices, default=Combination.SUM
    )
    expression = formula(
        _("Formula"), help_text=_("Over the codes of the criteria, for example (a + b + c) / 3 * 70.")
    )
    cap = points(_("Cap"), required=False, help_text=_("The section never gives more. Empty: its maximum."))
    citation = clause()
    criteria = CriteriaBlock(label=_("Criteria"))

    class Meta:
        icon = "folder-open-inverse"
        label = _("Section of criteria")
        label_format = "{code} · {label}"
        form_layout = blocks.BlockGroup(
            children=["code", "label", "maximum", "combination", "expression", "criteria"],
            settings=["cap", "citation"],
        )


class SectionsBlock(blocks.StreamBlock):
    section = SectionBlock()

    class Meta:
        collapsed = True


class PartBlock(blocks.StructBlock):
    """A part of the total, with its sections."""

    code = blocks.ChoiceBlock(label=_("Part"), choices=PartCode.choices)
    label = blocks.CharBlock(label=_("Name"), max_length=255)
    maximum = points(_("Maximum"))
    sections = SectionsBlock(label=_("Sections"))

    class Meta:
        icon = "folder"
        label = _("Part")
        label_format = "{label} · {maximum}"


class PartsBlock(blocks.StreamBlock):
    part = PartBlock()
