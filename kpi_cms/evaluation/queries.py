"""Reads of cards, results and tasks that more than one door uses.

Each starts from what its reader may see, and costs the same number of queries for one row and for thousands.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import (
    Exists,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.access.rules import Rule, in_card_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.access_log import notice, notice_list
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.engine import voice_of
from snippets.enums import Capability, PeriodState
from snippets.models import Period, Person, Product, Unit
from snippets.queries import containing, lineage

from . import rules
from .asked_queries import is_asked
from .enums import (
    DECIDED,
    AssessmentState,
    StageKey,
    TaskState,
)
from .models import Assessment, CardResult, CataloguePin, Scorecard, Task, VersionPin
from .models.scorecard import concerned_with, standing_in
from .rule_table import SEE_TASK

TASK_CAPABILITIES = SEE_TASK.capabilities
TO_DECIDE = (TaskState.REPORTED, TaskState.PROPOSED)


# --- One card ----------------------------------------------------------------------------------------------
def card_for(scope: Scope, pk: int) -> Scorecard:
    """The card with its context. Raises NotFound for a missing one and for one that is not the reader's to see."""
    try:  # not first(): it would order what has one row, and ordering so many columns takes longest
        card: Scorecard = Scorecard.objects.visible_to(scope).with_context().get(pk=pk)
    except Scorecard.DoesNotExist:
        raise NotFound from None
    notice_card(card)
    return card


def notice_card(card: Scorecard) -> None:
    """For the access log: this card is handed out. Its person and its unit are loaded."""
    notice(card, person=card.person, unit=card.unit, period_id=card.period_id)


def card_to_change(pk: int) -> Scorecard:
    """The card with its version, for a door that reads a form and makes one domain call, which asks who may.

    Nothing of it is shown before the domain has answered. Raises NotFound.
    """
    card: Scorecard | None = (
        Scorecard.objects.select_related("version", "person", "unit").filter(pk=pk).first()
    )
    if card is None:
        raise NotFound
    notice_card(card)
    return card


@dataclass(frozen=True)
class Given:
    """What was given for one criterion at one stage."""

    value: Decimal | None
    choice: str
    grounds: str


@dataclass
class StageRecord:
    """Everything one rater said at one stage of a card; `given` by the criterion's key, `rater` their name, `seat` the
    key of the set's rater for whom they sit, `delegate` the name of whoever confirmed it in the rater's place."""

    stage: str
    state: str
    submitted_at: datetime | None
    strengths: str
    weaknesses: str
    comment: str
    delegate: str = ""
    rater: str = ""
    rater_id: int | None = None
    seat: str = ""
    given: dict[str, Given] = field(default_factory=dict)

    @property
    def is_submitted(self) -> bool:
        return self.state == AssessmentState.SUBMITTED

    def unread(self) -> "StageRecord":
        """That it is there and was sent, and nothing of what it says."""
        return replace(self, strengths="", weaknesses="", comment="", delegate="", given={})


def stage_records(card: Scorecard, unseen: Collection[str] = ()) -> dict[str, StageRecord]:
    """Voice (a stage, or a seat there) → what its present rater gave there, comments and scores, in one query; of
    `unseen` stages the moment."""
    rows = (
        Assessment.objects.that_count()
        .filter(card=card)
        .order_by("pk")
        .values_list(
            "stage",
            "state",
            "submitted_at",
            "strengths",
            "weaknesses",
            "comment",
            "delegate__full_name",
            "rater__full_name",
            "rater_id",
            "seat",
            "scores__criterion__key",
            "scores__value",
            "scores__choice",
            "scores__grounds",
        )
    )
    records: dict[str, StageRecord] = {}
    for row in rows:
        stage, state, submitted_at, strengths, weaknesses, comment, delegate, rater, rater_id, seat = row[:10]
        key, value, choice, grounds = row[10:]
        record = records.setdefault(
            voice_of(stage, seat),
            StageRecord(
                stage,
                state,
                submitted_at,
                strengths,
                weaknesses,
                comment,
                delegate or "",
                rater,
                rater_id,
                seat,
            ),
        )
        if key is not None:
            record.given[key] = Given(value, choice, grounds)
    return {voice: each.unread() if each.stage in unseen else each for voice, each in records.items()}


def results_of(card: Scorecard, unseen: Collection[str] = ()) -> dict[str, CardResult]:
    """Voice (a stage, or a seat there) → stored result, without those of `unseen` stages."""
    results = CardResult.objects.filter(card=card)
    return {voice_of(each.stage, each.seat): each for each in results if each.stage not in unseen}


def seats_in_use() -> dict[str, tuple[str, str]]:
    """Rater's key → (its name, the sets' codes) of every collective with several raters on cards of open periods."""
    found: dict[str, tuple[str, str]] = {}
    pinned = CriteriaVersion.objects.filter(pins__period__state=PeriodState.OPEN).distinct()
    for version in pinned.order_by("set_code", "number"):
        for seat in version.compiled().seats(StageKey.COLLECTIVE):
            codes = {*filter(None, found.get(seat.key, ("", ""))[1].split(", ")), version.set_code}
            found[seat.key] = (seat.label, ", ".join(sorted(codes)))
    return found


def unit_names(codes: Iterable[str]) -> dict[str, str]:
    """Unit code → its name today."""
    return dict(Unit.objects.filter(code__in=set(codes)).values_list("code", "name"))


# --- Lists of cards ----------------------------------------------------------------------------------------
def with_results(cards: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """Add `self_shown`, `evaluator_shown`, `evaluator_band` and the like to each card, in the cards' own query."""
    return cards.annotate(
        of_self=FilteredRelation("results", condition=Q(results__stage=StageKey.SELF)),
        of_evaluator=FilteredRelation("results", condition=Q(results__stage=StageKey.EVALUATOR)),
    ).annotate(
        self_shown=F("of_self__shown"),
        self_band=F("of_self__band"),
        evaluator_shown=F("of_evaluator__shown"),
        evaluator_band=F("of_evaluator__band"),
    )


def cards_of_unit(scope: Scope, unit: Unit, period: Period) -> QuerySet[Scorecard]:
    """Cards of the unit and everything below it that the reader may see, in no order yet."""
    cards: QuerySet[Scorecard] = Scorecard.objects.visible_to(scope).filter(
        period=period, unit__path__startswith=unit.path
    )
    notice_list("cards", unit=unit, period_id=period.pk)
    return cards


def cards_in_hand(scope: Scope, person_id: int) -> QuerySet[Scorecard]:
    """Cards of open periods that are the account's person's own, or theirs to evaluate, endorse or score."""
    return Scorecard.objects.filter(period__state=PeriodState.OPEN).filter(
        Q(person_id=person_id)
        | evaluating(scope, person_id)
        | Q(endorser_id=person_id)
        | Q(secretary_id=person_id)
    )


def evaluated_or_endorsed(scope: Scope, person_id: int, period: Period) -> QuerySet[Scorecard]:
    """Cards of a period that the account's person evaluates, endorses or scores for a collective."""
    notice_list("evaluations", period_id=period.pk)
    theirs = evaluating(scope, person_id) | Q(endorser_id=person_id) | Q(secretary_id=person_id)
    return Scorecard.objects.filter(theirs, period=period)


def evaluating(scope: Scope, person: Any) -> Q:
    """Cards that are the account's to evaluate: `person` (a key or an outer reference) is their evaluator, or
    somebody absent is who delegated it.

    In somebody else's place nobody works on their own card, on one they endorse, or on that of whoever evaluates
    or endorses them in the period.
    """
    own = Q(evaluator=person)
    if scope.user_id is None or not stands_in(scope):
        return own
    me = Subquery(Person.objects.filter(user_id=scope.user_id).values("pk")[:1])
    mine = Scorecard.objects.filter(person_id=me, period=OuterRef("period"))
    above_me = mine.filter(Q(evaluator=OuterRef("person")) | Q(endorser=OuterRef("person")))
    not_twice = ~Q(person_id=me) & ~Q(endorser_id=me) & (Q(secretary__isnull=True) | ~Q(secretary_id=me))
    return own | (standing_in(scope) & not_twice & Q(~Exists(above_me)))


def stands_in(scope: Scope) -> bool:
    """Somebody absent delegated evaluating to the account."""
    return bool(scope.delegations(Capability.EVALUATE))


def worked_on_by(scope: Scope) -> Q:
    """Cards of others that concern the account: evaluated or endorsed, also in the place of somebody absent."""
    named = (Q(**{f"{role}__user_id": scope.user_id}) for role in ("evaluator", "endorser", "secretary"))
    return reduce(or_, named) | standing_in(scope)


def find_by_name(cards: QuerySet[Scorecard], text: str) -> QuerySet[Scorecard]:
    """Cards whose person's name or staff code has every word of `text`, without marks."""
    return cards.filter(containing(text, field="person__search_text"))


@dataclass(frozen=True)
class Slice:
    """One page of cards in the order of names, and the cards before and after it to go on from."""

    cards: list[Any]
    before: int | None
    after: int | None


def in_name_order(
    cards: QuerySet[Scorecard], *, size: int, after: int | None = None, before: int | None = None
) -> Slice:
    """`size` cards behind the card `after`, or ahead of the card `before`: paged by key, in one query.

    A card that is not among `cards` leads to the first page.
    """
    backwards = before is not None
    key = before if backwards else after
    ordered = cards.order_by("person__sort_key", "pk")
    if key is not None:
        name = Subquery(cards.filter(pk=key).order_by().values("person__sort_key")[:1])
        if backwards:
            beyond = Q(person__sort_key__lt=name) | Q(person__sort_key=name, pk__lt=key)
            ordered = cards.filter(beyond).order_by("-person__sort_key", "-pk")
        else:
            ordered = ordered.filter(Q(person__sort_key__gt=name) | Q(person__sort_key=name, pk__gt=key))
    found = list(ordered[: size + 1])
    if not found and key is not None:
        return in_name_order(cards, size=size)
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Slice([], None, None)
    first, last = found[0].pk, found[-1].pk
    has_before = more if backwards else key is not None
    has_after = True if backwards else more
    return Slice(found, first if has_before else None, last if has_after else None)


# --- Tasks -------------------------------------------------------------------------------------------------
def tasks_visible_to(scope: Scope) -> QuerySet[Task]:
    """Own tasks, those of people the reader evaluates or endorses in the period, those of units they may read."""
    if scope.user_id is None:
        return Task.objects.none()
    concerned = Scorecard.objects.filter(
        concerned_with(scope), period=OuterRef("period"), person=OuterRef("person")
    )
    return Task.objects.filter(
        Q(person__user_id=scope.user_id) | scope.q(*TASK_CAPABILITIES) | Exists(concerned)
    )


def task_for(scope: Scope, pk: int) -> Task:
    """The task with its context. Raises NotFound for a missing one and for one that is not the reader's to see."""
    visible = tasks_visible_to(scope).select_related("period", "person", "unit", "product", "source__person")
    try:
        task: Task = visible.annotate(is_asked=is_asked()).get(pk=pk)
    except Task.DoesNotExist:
        raise NotFound from None
    notice(task, person=task.person, unit=task.unit, period_id=task.period_id)
    return task


def cards_with_tasks_visible_to(scope: Scope) -> QuerySet[Scorecard]:
    """Cards whose person's tasks the reader may see: an assigning clerk sees tasks, and no scores."""
    if scope.user_id is None:
        return Scorecard.objects.none()
    cards: QuerySet[Scorecard] = Scorecard.objects.filter(concerned_with(scope) | scope.q(*TASK_CAPABILITIES))
    return cards


@dataclass(frozen=True)
class Standing:
    """How an account stands to a person's cards of a period: their evaluator, or in the place of the account
    `stands_in_for`; whether a result is decided, and where the cards stand."""

    evaluates: bool
    decided: bool
    stands_in_for: int | None = None
    states: frozenset[str] = frozenset()

    @property
    def relation(self) -> dict[str, Any]:
        """What rules about a person's tasks ask."""
        return {"evaluates": self.evaluates, "stands_in_for": self.stands_in_for}

    def is_time(self, rule: Rule) -> bool:
        """The cards let this be done to the tasks behind them; somebody without a card is not held up."""
        if self.decided:
            return False
        return not self.states or any(in_card_state(rule, state) for state in self.states)


def standing(scope: Scope, period_id: int, person_id: int) -> Standing:
    """In one query. What a decided result was computed from can no longer change."""
    cards = list(
        Scorecard.objects.filter(period_id=period_id, person_id=person_id)
        .select_related("person", "evaluator", "endorser", "secretary", "unit")
        .order_by("pk")
    )
    evaluates = any(rules.is_evaluator(scope.user_id, card) for card in cards)
    absent = () if evaluates else (rules.stands_in_for(scope, card) for card in cards)
    return Standing(
        evaluates=evaluates,
        decided=any(card.state in DECIDED for card in cards),
        stands_in_for=next((account for account in absent if account is not None), None),
        states=frozenset(card.state for card in cards),
    )


def with_task_counts(cards: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """Add `tasks_assigned`, `tasks_waiting` and `tasks_confirmed` of the card's person and period."""
    own = Task.objects.filter(period=OuterRef("period"), person=OuterRef("person"))
    return cards.annotate(
        tasks_assigned=number_of(own.exclude(state__in=(TaskState.DECLINED, TaskState.WITHDRAWN))),
        tasks_waiting=number_of(own.filter(state__in=TO_DECIDE)),
        tasks_confirmed=number_of(own.filter(state=TaskState.CONFIRMED)),
    )


def number_of(rows: QuerySet[Any]) -> Coalesce:
    """A count as a subquery. A plain function, because an aggregate would group by the row's key."""
    counted = rows.order_by().annotate(_number=Func(F("pk"), function="COUNT")).values("_number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def without_tasks(cards: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """Cards whose person has nothing to do in the period."""
    own = Task.objects.filter(period=OuterRef("period"), person=OuterRef("person"))
    return cards.filter(~Exists(own.exclude(state__in=(TaskState.DECLINED, TaskState.WITHDRAWN))))


def people_to_give_work_to(scope: Scope, period: Period, unit: Unit) -> QuerySet[Person]:
    """People with a card of the period in the unit and below it, or evaluated by the reader; never the reader."""
    cards = Scorecard.objects.filter(period=period).filter(
        Q(unit__path__startswith=unit.path) | Q(evaluator__user_id=scope.user_id) | standing_in(scope)
    )
    people: QuerySet[Person] = (
        Person.objects.filter(pk__in=cards.values("person_id"))
        .exclude(Q(user_id=scope.user_id))
        .order_by("sort_key", "staff_code")
    )
    return people


def products_for(period: Period, unit: Unit) -> QuerySet[Product]:
    """Products that a task of this unit may be taken from: of the period's catalogues at or above the unit, of each
    product the newest."""
    above = lineage(unit.path)
    pinned = CataloguePin.objects.filter(period=period, catalogue__unit__path__in=above)
    newer = pinned.filter(
        catalogue__unit=OuterRef("catalogue__unit"),
        catalogue__number__gt=OuterRef("catalogue__number"),
        catalogue__products__code=OuterRef("code"),
    )
    products: QuerySet[Product] = (
        Product.objects.filter(catalogue__in=pinned.values("catalogue_id"))
        .filter(Q(unit__isnull=True) | Q(unit__path__in=above))
        .exclude(Exists(newer))
        .select_related("catalogue")
        .order_by("scope", "code", "pk")
    )
    return products


def find_products(products: QuerySet[Product], text: str) -> QuerySet[Product]:
    """Products whose code, duty, work or output has every word of `text`, without marks."""
    return products.filter(containing(text))


# --- Criteria versions -------------------------------------------------------------------------------------
def periods_of_versions(version_ids: Collection[int]) -> dict[int, list[str]]:
    """Version id → names of the periods that use it, oldest first. Registered with `criteria_pages.domain.pins`."""
    found: dict[int, list[str]] = {}
    pins = VersionPin.objects.filter(version_id__in=version_ids).select_related("period")
    for pin in pins.order_by("period__starts_on", "pk"):
        found.setdefault(pin.version_id, []).append(str(pin.period))
    return found
