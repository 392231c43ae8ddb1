"""The typed blocks a criteria set is written in. A block's id is the stable key of what it describes.

A new scoring kind is one more subclass of `CriterionBlock`, its place in `CRITERION_BLOCKS`, and its reading in
`domain/specification.py`. Required fields are asked for when the set is checked or issued, not while it is drafted.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .enums import ChoiceUnit, CitedStep, Combination, Condition, Measure, PartCode, StageName

CODE_LENGTH = 40


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


def clause(**options: Any) -> blocks.CharBlock:
    """Where the law or the issuing document says so."""
    return blocks.CharBlock(
        label=_("Clause"),
        required=False,
        max_length=160,
        help_text=_("For example: Annex I, 2.d."),
        **options,
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
        help_text=_("Leave empty when every stage scores it."),
    )

    class Meta:
        icon = "tick"
        label_format = "{code} · {label}"
        form_layout = blocks.BlockGroup(
            children=["code", "label", "guidance"], settings=["alternatives", "citation", "weight", "stages"]
        )


def layout(*own: str) -> blocks.BlockGroup:
    """The fields of a kind between the wording and what is rarely touched."""
    return blocks.BlockGroup(
        children=["code", "label", *own, "guidance"],
        settings=["alternatives", "citation", "weight", "stages"],
    )


class NumberBlock(CriterionBlock):
    """Points from 0 to a maximum, in steps."""

    maximum = points(_("Maximum"))
    step = points(
        _("Step"),
        help_text=_("Points are a multiple of it. Equal to the maximum: met or not met, nothing between."),
    )

    class Meta:
        icon = "order"
        label = _("Points")
        form_layout = layout("maximum", "step")


class OptionBlock(blocks.StructBlock):
    value = points(_("Value"))
    label = blocks.TextBlock(label=_("When"), rows=2)
    grounds_required = blocks.BooleanBlock(label=_("Grounds must be given"), required=False)

    class Meta:
        icon = "list-ul"
        label = _("Value")
        label_format = "{value} · {label}"


class ChoiceCriterionBlock(CriterionBlock):
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
        form_layout = layout("unit", "options", "maximum")


class TaskRatioBlock(CriterionBlock):
    """Computed from the period's tasks: nobody enters it."""

    measure = blocks.ChoiceBlock(label=_("Ratio"), choices=Measure.choices)
    maximum = points(_("Maximum"), required=False, help_text=_("In a section that adds up its criteria."))

    class Meta:
        icon = "tasks"
        label = _("Computed from tasks")
        form_layout = layout("measure", "maximum")


class PeopleManagedBlock(CriterionBlock):
    """Computed from the points of the people managed: nobody enters it."""

    threshold = points(_("Points that everybody must reach"), default="50")
    reached = points(_("Value when all reach them, per cent"), default="100")
    failed = points(_("Value when somebody does not, per cent"), default="50")
    maximum = points(_("Maximum"), required=False, help_text=_("In a section that adds up its criteria."))

    class Meta:
        icon = "group"
        label = _("Computed from the people managed")
        form_layout = layout("threshold", "reached", "failed", "maximum")


class CriteriaBlock(blocks.StreamBlock):
    """The criteria of a section, in order."""

    number = NumberBlock()
    choice = ChoiceCriterionBlock()
    task_ratio = TaskRatioBlock()
    people_managed = PeopleManagedBlock()

    class Meta:
        collapsed = True


class SectionBlock(blocks.StructBlock):
    code = blocks.CharBlock(label=_("Code"), max_length=CODE_LENGTH)
    label = blocks.TextBlock(label=_("Section of criteria"), rows=2)
    maximum = points(_("Maximum"))
    combination = blocks.ChoiceBlock(
        label=_("Points of the section"), choices=Combination.choices, default=Combination.SUM
    )
    expression = blocks.CharBlock(
        label=_("Formula"),
        required=False,
        max_length=500,
        help_text=_("Over the codes of the criteria, for example (a + b + c) / 3 * 70."),
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


class StageBlock(blocks.StructBlock):
    name = blocks.ChoiceBlock(label=_("Who"), choices=StageName.choices)
    label = blocks.CharBlock(label=_("Heading on the form"), max_length=160)
    decides = blocks.BooleanBlock(
        label=_("Decides the result"),
        required=False,
        help_text=_("Exactly one stage does, never the person's own."),
    )
    optional = blocks.BooleanBlock(label=_("May be left out"), required=False)

    class Meta:
        icon = "user"
        label = _("Stage")
        label_format = "{label}"


class StagesBlock(blocks.StreamBlock):
    stage = StageBlock()


class BandBlock(blocks.StructBlock):
    code = blocks.CharBlock(label=_("Code"), max_length=20)
    label = blocks.CharBlock(label=_("Name"), max_length=160)
    start = points(_("From, points"))

    class Meta:
        icon = "list-ol"
        label = _("Band")
        label_format = "{label} · {start}"


class BandsBlock(blocks.StreamBlock):
    band = BandBlock()


class DocumentBlock(blocks.StructBlock):
    """A document the set rests on."""

    number = blocks.CharBlock(label=_("Number"), max_length=80)
    title = blocks.CharBlock(label=_("Title"), max_length=400)
    issued_on = blocks.DateBlock(label=_("Issued on"), required=False)
    clauses = blocks.CharBlock(label=_("Clauses"), required=False, max_length=200)

    class Meta:
        icon = "doc-full"
        label = _("Document")
        label_format = "{number} · {title}"


class DocumentsBlock(blocks.StreamBlock):
    document = DocumentBlock()


class StepClauseBlock(blocks.StructBlock):
    """The clause a step of the calculation comes from, where the set does not follow the decree."""

    step = blocks.ChoiceBlock(label=_("Step"), choices=CitedStep.choices)
    clause = blocks.CharBlock(label=_("Clause"), max_length=160)

    class Meta:
        icon = "link"
        label = _("Clause of a step")
        label_format = "{step} · {clause}"


class StepClausesBlock(blocks.StreamBlock):
    step_clause = StepClauseBlock()
