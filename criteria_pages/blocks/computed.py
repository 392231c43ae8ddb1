"""Kinds that nobody enters: computed from tasks, and from the results of other people."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..enums import Attribute, DayCount, Measure, Normalise, ResultsHow, ResultsOf, TaskScope
from .shared import CODE_LENGTH, CriterionBlock, entries, example, layout, maximum_in_a_sum, points, whole


class TaskRatioBlock(CriterionBlock):
    """Computed from the period's tasks: nobody enters it."""

    measure = blocks.ChoiceBlock(label=_("Ratio"), choices=Measure.choices)
    maximum = points(_("Maximum"), required=False, help_text=_("In a section that adds up its criteria."))

    class Meta:
        icon = "tasks"
        label = _("Computed from tasks")
        form_layout = layout("measure", "maximum")
        description = _("One of the ratios a, b and c of the person's own tasks in the period.")
        preview_value = example("a", _("Quantity"), measure="quantity")


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
        description = _(
            "One value when everybody managed reaches a number of points, another when somebody does not."
        )
        preview_value = example("d", _("Results of the unit"), threshold="50", reached="100", failed="50")


class CodedValueBlock(blocks.StructBlock):
    """A value by its code, as tasks name it."""

    code = blocks.CharBlock(label=_("Code"), max_length=CODE_LENGTH)
    label = blocks.CharBlock(label=_("Name"), max_length=255)
    value = points(_("Coefficient"))

    class Meta:
        icon = "list-ul"
        label = _("Value")
        label_format = "{label} · {value}"


class CoefficientBlock(blocks.StructBlock):
    """A coefficient of tasks by one of their attributes."""

    attribute = blocks.ChoiceBlock(label=_("Depends on"), choices=Attribute.choices)
    values = entries(CodedValueBlock(), _("Values"))
    default = points(
        _("Where a task does not say"), required=False, help_text=_("Empty: every task must say.")
    )

    class Meta:
        icon = "list-ul"
        label = _("Coefficient")
        label_format = "{attribute}"


class DaysBlock(blocks.StructBlock):
    """A step of days early or late."""

    days = whole(_("From, days"), lowest=1)
    value = points(_("Coefficient"))

    class Meta:
        icon = "calendar"
        label = _("Step")
        label_format = "{days} · {value}"


class TaskPointsBlock(CriterionBlock):
    """Points for each task: points × quantity × coefficients × time × quality."""

    maximum = points(_("Maximum"))
    coefficients = entries(CoefficientBlock(), _("Coefficients"))
    count = blocks.ChoiceBlock(label=_("Days are"), choices=DayCount.choices, default=DayCount.CALENDAR)
    calendar = blocks.CharBlock(
        label=_("Calendar of working days"),
        required=False,
        max_length=CODE_LENGTH,
        help_text=_("Its name, needed for working days. The calendar of the registers is called vn."),
    )
    early = entries(DaysBlock(), _("Done early"), _("In rising order of days. None: the same as on time, 1."))
    late = entries(DaysBlock(), _("Done late"), _("In rising order of days. None: the same as on time, 1."))
    unfinished = points(_("Coefficient when not done"), required=False, help_text=_("Empty: 0."))
    quality = entries(CodedValueBlock(), _("Steps of quality"), _("None: quality changes nothing."))
    normalise = blocks.ChoiceBlock(
        label=_("Points of the criterion"), choices=Normalise.choices, default=Normalise.CAP
    )
    full = points(
        _("Points of tasks that stand for the maximum"),
        required=False,
        help_text=_("Only where a number of points stands for the maximum."),
    )

    class Meta:
        icon = "tasks"
        label = _("Points of tasks")
        form_layout = layout(
            "maximum",
            "coefficients",
            "count",
            "calendar",
            "early",
            "late",
            "unfinished",
            "quality",
            "normalise",
            "full",
        )
        description = _(
            "The points of each task by its coefficients, its days early or late and its quality."
        )
        preview_value = example(
            "B",
            _("Points of tasks"),
            maximum="70",
            coefficients=[
                {
                    "attribute": "difficulty",
                    "values": [{"code": "hard", "label": _("Hard"), "value": "1.5"}],
                    "default": "1",
                }
            ],
            count="calendar",
            early=[],
            late=[{"days": 1, "value": "0.8"}, {"days": 5, "value": "0.5"}],
            quality=[],
            normalise="full",
            full="200",
        )


class RollUpBlock(CriterionBlock):
    """One of the ratios of tasks, over tasks of a scope."""

    scope = blocks.ChoiceBlock(label=_("Tasks counted"), choices=TaskScope.choices, default=TaskScope.OWN)
    measure = blocks.ChoiceBlock(label=_("Ratio"), choices=Measure.choices)
    maximum = maximum_in_a_sum()

    class Meta:
        icon = "collapse-up"
        label = _("Ratio over other people's tasks")
        form_layout = layout("scope", "measure", "maximum")
        description = _(
            "Quantity, quality or progress over the tasks that the person approved or is in charge of."
        )
        preview_value = example("đ", _("Tasks of the field"), scope="field", measure="progress", maximum="10")


OF_UNIT = _(
    "“The unit”: the one result recorded for the unit that the card was opened in, its head's card alike. The card "
    "waits as long as none is recorded for the period."
)


class ResultOfBlock(CriterionBlock):
    """The results of the people managed, or of the unit."""

    of = blocks.ChoiceBlock(label=_("Results of"), choices=ResultsOf.choices, help_text=OF_UNIT)
    how = blocks.ChoiceBlock(
        label=_("Counted as"),
        choices=ResultsHow.choices,
        default=ResultsHow.MEAN,
        help_text=_(
            "Of one or two people a mean, or the lowest, tells whoever reads the leader's card their points. How many "
            "reach a threshold tells less."
        ),
    )
    out_of = points(_("Their points are out of"), default="100")
    threshold = points(
        _("Threshold, points"), required=False, help_text=_("Only where those that reach it are counted.")
    )
    nobody = points(_("Value when there are none, per cent"), default="100")
    maximum = maximum_in_a_sum()

    class Meta:
        icon = "group"
        label = _("Results of others")
        form_layout = layout("of", "how", "out_of", "threshold", "nobody", "maximum")
        description = _(
            "The mean or the lowest of other results, or the share of them that reach a threshold."
        )
        preview_value = example(
            "d",
            _("Results of the unit"),
            of="subordinates",
            how="mean",
            out_of="100",
            nobody="100",
            maximum="20",
        )
