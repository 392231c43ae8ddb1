"""Phiếu theo dõi, đánh giá: one person, one frame, one period, one criteria version."""

from typing import Any

from django.db import models
from django.db.models import F, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import WITH_THE_PERSON, CardState, EvaluatorBasis, StageKey
from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.access.scope import Scope, paths_q
from kpi_cms.foundation.audit.history import tracked
from kpi_cms.foundation.engine import CompiledCriterion
from snippets.enums import Capability, Frame, PostRole, StaffKind
from snippets.models import Period, Person, Unit

# Held on a card's unit, each of these lets its holder read the card.
READING_CAPABILITIES = (Capability.VIEW, Capability.AUDIT)

# Whose scores count at a stage: the person a card names for it now, by the card's own field.
RATERS = {
    StageKey.SELF: "person",
    StageKey.COLLECTIVE: "secretary",
    StageKey.EVALUATOR: "evaluator",
    StageKey.ENDORSEMENT: "endorser",
}


def rater_in(stage: str, card: str = "") -> F | Coalesce:
    """The same in a query, from a row that reaches its card by `card`, such as "card__".

    What was decided stays whose it is, whoever is named since to decide it anew.
    """
    named = F(f"{card}{RATERS[StageKey(stage)]}")
    return Coalesce(F(f"{card}decided_by"), named) if stage == StageKey.EVALUATOR else named


def rater_id_on(card: Any, stage: str) -> int | None:
    """The same of a card that is loaded, or of a row of its history."""
    key: int | None = getattr(card, f"{RATERS[StageKey(stage)]}_id")
    return card.decided_by_id or key if stage == StageKey.EVALUATOR else key


def concerning(user_id: int) -> Q:
    """Cards of the account's own person, and those that this person evaluates, endorses or scores for a collective.

    The person is looked up once for the statement: joining three people to every card cost 70 ms at 70,000.
    """
    me = Subquery(Person.objects.filter(user_id=user_id).values("pk")[:1])
    return Q(person_id=me) | Q(evaluator_id=me) | Q(endorser_id=me) | Q(secretary_id=me)


def concerned_with(scope: Scope) -> Q:
    """Cards that concern a signed-in account by a relation, whatever it holds on their units."""
    assert scope.user_id is not None  # callers answer a visitor themselves
    return concerning(scope.user_id) | standing_in(scope)


def standing_in(scope: Scope) -> Q:
    """Cards whose evaluator delegated evaluating to the account, on the units delegated; none where nobody did."""
    cards = Q(pk__in=[])
    for giver_id, paths in scope.delegations(Capability.EVALUATE).items():
        giver = Subquery(Person.objects.filter(user_id=giver_id).values("pk")[:1])
        cards |= Q(evaluator_id=giver) & paths_q(paths, "unit__path")
    return cards


class ScorecardQuerySet(RestrictedQuerySet):
    def visible_to(self, scope: Scope) -> "ScorecardQuerySet":
        """Cards this account may read: their own, those they evaluate or endorse, also in the place of somebody
        absent, those of units they may read."""
        if scope.user_id is None:
            return self.none()
        return self.filter(concerned_with(scope) | scope.q(*READING_CAPABILITIES))

    def with_context(self) -> "ScorecardQuerySet":
        """Everything that rules and screens ask of a card, in the same query.

        The text of the version's specification is left behind: a process reads it once, to compile it.
        """
        return self.select_related(
            "period",
            "person",
            "unit",
            "agency",
            "version",
            "evaluator",
            "decided_by",
            "endorser",
            "secretary",
        ).defer("version__specification")


class Scorecard(models.Model):
    """A card and the context it was opened in, frozen. Opened by `domain.opening`, moved on by `domain.stages` only.

    Who evaluates and endorses is named anew by `domain.naming` and `domain.naming_anew` only. `decided_by` decided the
    result that stands, where somebody else is named since to decide it anew; empty, the evaluator did. `evaluated_at`
    is the evaluator's own confirmation, `confirmed_at` the moment at which the result was decided: later where an
    endorsement follows. `version_number` counts saves: a save that names an older one is stale (409). `secretary`
    enters the scores of the collective that `collective` names ({name, decision, on}). `agency` is the using agency of
    the person, `appointments` the other appointments in the period's scope, as they stood.

    `confirmed_basis` is what a decided result took from other people: the code of d, of a roll-up or of others'
    results → its value as "n/d", or "nothing" where nothing was assigned. `proposed_basis` is what it would take now,
    "pending" where that has to be waited for, as long as it differs: then `basis_changed_at` says since when.
    """

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="cards"
    )
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="cards"
    )
    frame = models.CharField(_("frame"), max_length=6, choices=Frame)
    version = models.ForeignKey(
        CriteriaVersion, verbose_name=_("criteria version"), on_delete=models.PROTECT, related_name="cards"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="cards")
    agency = models.ForeignKey(
        Unit, verbose_name=_("using agency"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=CardState, default=CardState.OPENED)
    version_number = models.PositiveIntegerField(_("save number"), default=0)

    staff_kind = models.CharField(_("kind of staff"), max_length=12, choices=StaffKind)
    role = models.CharField(_("role in the unit"), max_length=8, choices=PostRole)
    is_leader = models.BooleanField(_("leader or manager"))
    position_code = models.CharField(_("code of the position"), max_length=40, blank=True)
    position_title = models.CharField(_("position"), max_length=160)
    unit_name = models.CharField(_("unit as it was named"), max_length=200)
    faces_citizens = models.BooleanField(_("faces citizens and businesses"), default=False)
    appointments = models.JSONField(_("other appointments"), default=list)

    evaluator = models.ForeignKey(
        Person,
        verbose_name=_("evaluator"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evaluates",
    )
    decided_by = models.ForeignKey(
        Person,
        verbose_name=_("decided the result that stands"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    evaluator_basis = models.CharField(_("why this evaluator"), max_length=16, choices=EvaluatorBasis)
    evaluator_details = models.JSONField(_("details of the reason"), default=dict)
    endorser = models.ForeignKey(
        Person,
        verbose_name=_("endorses"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="endorses",
    )

    secretary = models.ForeignKey(
        Person,
        verbose_name=_("enters the collective's scores"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="scores_for_collective",
    )
    collective = models.JSONField(_("collective and decision"), default=dict, blank=True)

    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    without_self = models.BooleanField(_("evaluated without a self-assessment"), default=False)
    returned_at = models.DateTimeField(_("returned at"), null=True, blank=True)
    return_reason_key = models.UUIDField(_("reason of the return"), null=True, blank=True)
    evaluated_at = models.DateTimeField(_("evaluated at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    notified_at = models.DateTimeField(_("notified at"), null=True, blank=True)
    result_final_at = models.DateTimeField(_("result final at"), null=True, blank=True)
    basis_changed_at = models.DateTimeField(_("basis changed at"), null=True, blank=True)
    confirmed_basis = models.JSONField(_("what it took from others when confirmed"), default=dict, blank=True)
    proposed_basis = models.JSONField(_("what it would take from others since"), default=dict, blank=True)

    history = tracked(
        excluded=["version_number", "position_code", "position_title", "unit_name", "appointments"]
    )
    objects = ScorecardQuerySet.as_manager()

    class Meta:
        verbose_name = _("scorecard")
        verbose_name_plural = _("scorecards")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "frame", "period"],
                name="evaluation_card_one_per_person_frame_period",
                violation_error_message=_("This person has a card of this frame in this period already."),
            ),
            models.CheckConstraint(
                condition=Q(evaluator__isnull=True) | ~Q(evaluator=F("person")),
                name="evaluation_card_evaluator_not_oneself",
                violation_error_message=_("Nobody evaluates themselves."),
            ),
            models.CheckConstraint(
                condition=Q(endorser__isnull=True) | ~Q(endorser=F("person")),
                name="evaluation_card_endorser_not_oneself",
                violation_error_message=_("Nobody endorses their own card."),
            ),
            models.CheckConstraint(
                condition=Q(endorser__isnull=True) | Q(evaluator__isnull=True) | ~Q(endorser=F("evaluator")),
                name="evaluation_card_endorser_not_evaluator",
                violation_error_message=_("Whoever evaluates a card does not endorse it as well."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(state__in=["confirmed", "notified"], evaluator__isnull=False)
                & ~Q(decided_by=F("evaluator"))
                & ~Q(decided_by=F("person")),
                name="evaluation_card_decided_by_somebody_before",
                violation_error_message=_(
                    "Whoever decided a result stays named while somebody else is to decide it anew."
                ),
            ),
            models.CheckConstraint(
                condition=Q(secretary__isnull=True)
                | ~Q(secretary=F("person"))
                & (
                    Q(state__in=["confirmed", "notified"])  # what was counted stays, whoever confirms it anew
                    | (Q(evaluator__isnull=True) | ~Q(secretary=F("evaluator")))
                    & (Q(endorser__isnull=True) | ~Q(secretary=F("endorser")))
                ),
                name="evaluation_card_secretary_is_somebody_else",
                violation_error_message=_(
                    "Whoever enters a collective's scores is neither the person nor the one who decides."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["evaluated", "confirmed", "notified"])
                | Q(evaluated_at__isnull=False),
                name="evaluation_card_evaluated_has_moment",
                violation_error_message=_("An evaluated card says when the evaluator confirmed it."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "notified"])
                | Q(confirmed_at__isnull=False, result_final_at__isnull=False),
                name="evaluation_card_confirmed_has_moment",
                violation_error_message=_("A confirmed card says when its result was confirmed and final."),
            ),
            models.CheckConstraint(
                condition=~Q(state="notified") | Q(notified_at__isnull=False),
                name="evaluation_card_notified_has_moment",
                violation_error_message=_("A notified card says when the person was notified."),
            ),
            models.CheckConstraint(
                condition=Q(basis_changed_at__isnull=True, proposed_basis={})
                | Q(basis_changed_at__isnull=False) & ~Q(proposed_basis={}),
                name="evaluation_card_new_basis_has_moment",
                violation_error_message=_(
                    "A card whose basis changed says since when, and what it would be now."
                ),
            ),
            models.CheckConstraint(
                condition=Q(without_self=False) | Q(submitted_at__isnull=True),
                name="evaluation_card_without_self_never_submitted",
                violation_error_message=_("A card whose self-assessment was submitted is not without one."),
            ),
        ]
        indexes = [
            models.Index(fields=["period", "unit", "state"], name="evaluation_card_period_unit"),
            models.Index(fields=["evaluator", "period", "state"], name="evaluation_card_evaluator"),
            models.Index(fields=["unit", "period"], name="evaluation_card_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.period_id}/{self.person_id}/{self.frame}"

    @property
    def code(self) -> str:
        """Printed on the form: unique, and tells nothing about the person."""
        return f"P{self.period_id}-{self.pk}"

    @property
    def self_is_submitted(self) -> bool:
        """What the person says of themselves is said: a draft, and what is edited after a return, is theirs alone."""
        return self.submitted_at is not None and self.state not in WITH_THE_PERSON

    def is_scored(self, criterion: CompiledCriterion, stage: str) -> bool:
        """Whether a stage scores the criterion by hand. What the person alone gives falls to the evaluator of a card
        that is evaluated without a self-assessment."""
        alone = self.without_self and criterion.persons_own and stage == StageKey.EVALUATOR
        return alone or stage in criterion.stages

    def rater_id(self, stage: str) -> int | None:
        """Key of the person whose scores count at a stage."""
        return rater_id_on(self, stage)

    @property
    def decider(self) -> Person | None:
        """Who evaluates the card; of a decided one, whose decision stands."""
        return self.decided_by or self.evaluator

    @property
    def decider_id(self) -> int | None:
        return rater_id_on(self, StageKey.EVALUATOR)
