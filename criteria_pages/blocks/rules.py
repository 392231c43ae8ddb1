"""What holds for the whole set: stages, bands, gates, quotas, longer periods, raters, documents, clauses."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..enums import (
    Absence,
    CitedStep,
    FactAnswer,
    GateEffect,
    MeanOf,
    MissingPeriod,
    QuotaBase,
    QuotaScope,
    RatedPeriod,
    StageName,
    StageWho,
)
from .shared import CODE_LENGTH, LABEL_LENGTH, clause, formula, points, whole

BAND_CODE = _("Its code, as the bands have it.")


class StageBlock(blocks.StructBlock):
    name = blocks.ChoiceBlock(label=_("Who"), choices=StageName.choices)
    label = blocks.CharBlock(label=_("Heading on the form"), max_length=160)
    who = blocks.ChoiceBlock(
        label=_("Which person"),
        choices=StageWho.choices,
        default=StageWho.USUAL,
        help_text=_(
            "For “self, direct head, superior who decides” choose the direct head at the stage of the collective and "
            "the superior at the stage of the competent person. Whoever has no direct head beside the superior (heads, "
            "staff directly in the agency) is scored without that stage. Not for a set of Decree 335."
        ),
    )
    decides = blocks.BooleanBlock(
        label=_("Decides the result"),
        required=False,
        help_text=_("Exactly one stage does, never the person's own."),
    )
    optional = blocks.BooleanBlock(
        label=_("May be left out"),
        required=False,
        help_text=_(
            "Only a group or collective: the competent person may then confirm before its scores are sent. An "
            "endorsement that is not wanted is not written here at all."
        ),
    )
    blind_to = blocks.MultipleChoiceBlock(
        label=_("Does not see yet"),
        choices=[choice for choice in StageName.choices if choice[0] != StageName.ENDORSEMENT],
        required=False,
        default=[],
        help_text=_(
            "Whoever scores here does not see the scores and comments of these earlier stages until they have sent "
            "their own. Leave empty when they see everything. Whoever decides or endorses sees all points that count."
        ),
    )

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
    value = points(
        _("Value"),
        required=False,
        help_text=_("Only where the set names what a band stands for. It changes no points."),
    )

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


class FactBlock(blocks.StructBlock):
    """Something known about a person besides the points, recorded by whoever evaluates the card."""

    code = blocks.CharBlock(
        label=_("Code"), max_length=CODE_LENGTH, help_text=_("The conditions name it by this code.")
    )
    label = blocks.CharBlock(label=_("What is known"), max_length=LABEL_LENGTH)
    answer = blocks.ChoiceBlock(
        label=_("Answered with"),
        choices=FactAnswer.choices,
        default=FactAnswer.YES_NO,
        help_text=_("A condition reads yes as 1 and no as 0, a share such as 92,5% as 92.5%."),
    )

    class Meta:
        icon = "info-circle"
        label = _("Fact")
        label_format = "{code} · {label}"


class FactsBlock(blocks.StreamBlock):
    fact = FactBlock()

    class Meta:
        collapsed = True


class GateBlock(blocks.StructBlock):
    """A condition beyond the points, that forces a band or limits it."""

    label = blocks.CharBlock(label=_("Name"), max_length=LABEL_LENGTH)
    condition = formula(
        _("Condition"),
        required=True,
        help_text=_(
            "Over codes of criteria, sections, parts and facts, and total; for example disciplined = 1."
        ),
    )
    effect = blocks.ChoiceBlock(label=_("Then"), choices=GateEffect.choices, default=GateEffect.LIMIT)
    band = blocks.CharBlock(label=_("Band"), max_length=20, help_text=BAND_CODE)
    reason = blocks.TextBlock(label=_("Reason"), rows=2, help_text=_("What the person reads."))
    citation = clause()
    periods = blocks.MultipleChoiceBlock(
        label=_("In periods"),
        required=False,
        choices=RatedPeriod.choices,
        help_text=_("None chosen: in every kind of period."),
    )

    class Meta:
        icon = "lock"
        label = _("Gate")
        label_format = "{label}"


class GatesBlock(blocks.StreamBlock):
    gate = GateBlock()

    class Meta:
        collapsed = True


class QuotaBlock(blocks.StructBlock):
    """How many people may be in a band."""

    band = blocks.CharBlock(label=_("Band"), max_length=20, help_text=BAND_CODE)
    share = points(_("At most, per cent"))
    base = blocks.ChoiceBlock(label=_("Of"), choices=QuotaBase.choices, default=QuotaBase.GOOD)
    scopes = blocks.MultipleChoiceBlock(
        label=_("It holds"), choices=QuotaScope.choices, default=list(QuotaScope.values)
    )
    exception = points(
        _("By decision at most, per cent"),
        required=False,
        help_text=_("For an organisation with outstanding results. Empty: no exception."),
    )
    small_below = whole(
        _("A group of fewer than"),
        required=False,
        help_text=_("Empty or 0: small groups are like any other."),
    )
    small_allowed = whole(_("has instead"), required=False, help_text=_("People in the band."))
    citation = clause()

    class Meta:
        icon = "group"
        label = _("Quota")
        label_format = "{band} · {share}"


class QuotasBlock(blocks.StreamBlock):
    quota = QuotaBlock()

    class Meta:
        collapsed = True


class LongerPeriodBlock(blocks.StructBlock):
    """How shorter periods make a longer one."""

    period = blocks.ChoiceBlock(label=_("Period"), choices=RatedPeriod.choices[1:])
    of = blocks.ChoiceBlock(label=_("Made of"), choices=RatedPeriod.choices[:-1])
    count = whole(_("How many"), lowest=1)
    how = blocks.ChoiceBlock(label=_("As their"), choices=MeanOf.choices, default=MeanOf.MEAN)
    missing = blocks.ChoiceBlock(
        label=_("A period without points"), choices=MissingPeriod.choices, default=MissingPeriod.LEFT_OUT
    )
    minimum = whole(
        _("Needed at least"),
        required=False,
        help_text=_("With fewer there is no result. Empty: 1 is enough."),
    )
    exempt = blocks.MultipleChoiceBlock(label=_("Except for"), required=False, choices=Absence.choices)

    class Meta:
        icon = "calendar-alt"
        label = _("Longer period")
        label_format = "{period} · {of}"


class LongerPeriodsBlock(blocks.StreamBlock):
    rule = LongerPeriodBlock()

    class Meta:
        collapsed = True


class RaterBlock(blocks.StructBlock):
    """Somebody whose total counts with a weight."""

    label = blocks.CharBlock(label=_("Who"), max_length=LABEL_LENGTH)
    stage = blocks.ChoiceBlock(label=_("At stage"), choices=StageName.choices)
    weight = points(_("Weight, per cent"))

    class Meta:
        icon = "user"
        label = _("Rater")
        label_format = "{label} · {weight}"


class RatersBlock(blocks.StreamBlock):
    rater = RaterBlock()

    class Meta:
        collapsed = True
