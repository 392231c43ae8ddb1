"""Before a period opens: who gets which version, who none or two, who has no evaluator, no catalogue.

Nothing is written here. Counts and names: nobody is dropped without a word.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Q

from criteria_pages.enums import Evaluated
from criteria_pages.models import CriteriaVersion
from criteria_pages.queries import in_force_for_people
from kpi_cms.evaluation.asked_queries import nothing_in_common, questions_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import CataloguePin, VersionPin
from kpi_cms.foundation.access.scope import paths_q, shortest
from snippets.enums import LEADING_ROLES, PostRole
from snippets.models import Appointment, Catalogue, Period, Person, Unit
from snippets.queries import lineage

from .direct_heads import stage_of_direct_head
from .evaluators import EvaluatorFound, Organisation


@dataclass(frozen=True)
class Context:
    """What a card freezes about a person: the main appointment on the period's last day in scope, and the others."""

    person_id: int
    staff_kind: str
    unit_id: int
    role: str
    is_leader: bool
    position_code: str
    position_title: str
    job_position_code: str
    faces_citizens: bool
    block: str
    seconded: bool
    others: tuple[dict[str, str], ...]
    units: tuple[str, ...] = ()
    """Codes of the unit and of every unit above it."""


@dataclass(frozen=True)
class PlannedCard:
    """One card that opening will make."""

    context: Context
    version_id: int
    frame: str
    evaluator: EvaluatorFound
    endorsed: bool
    direct_head: str = ""
    """What the set calls the stage of the direct head; "" where it has none."""


@dataclass(frozen=True)
class WithoutPost:
    """Somebody of a unit in scope who holds no post there on the period's last day, as far as is known why."""

    person_id: int
    left_on: date | None
    ended_on: date | None
    begins_on: date | None


@dataclass
class OpeningPlan:
    """Every person in scope, sorted into what opening will do. Ids of people, in name order."""

    cards: list[PlannedCard] = field(default_factory=list)
    without_appointment: list[WithoutPost] = field(default_factory=list)
    seconded_away: list[tuple[int, str]] = field(default_factory=list)
    """Seconded to a unit that takes no part, by its name: its head evaluates them, so nobody of the units here does."""
    without_version: list[int] = field(default_factory=list)
    two_versions: list[tuple[int, list[str]]] = field(default_factory=list)
    preceded: list[tuple[int, str, list[str]]] = field(default_factory=list)
    """People to whom several versions of a frame apply, of which one takes precedence: it, and the others."""
    nothing_in_common: list[tuple[int, list[str], list[str]]] = field(default_factory=list)
    """People with two cards whose sets need a value of every task and know none in common: versions, what is needed."""
    unmatched: dict[int, Context] = field(default_factory=dict)
    headed_besides: list[tuple[int, list[str]]] = field(default_factory=list)
    """People with a card who head units besides that of their card, by name: d counts nobody of these."""
    without_evaluator: list[int] = field(default_factory=list)
    without_direct_head: list[int] = field(default_factory=list)
    """People whose set has this stage and whose constituent unit has no head: it is left out on their cards."""
    without_catalogue: list[str] = field(default_factory=list)
    without_account: list[int] = field(default_factory=list)
    people: int = 0

    def by_version(self) -> dict[int, int]:
        """Number of cards for each version id."""
        counts: dict[int, int] = defaultdict(int)
        for card in self.cards:
            counts[card.version_id] += 1
        return dict(counts)


def scope_paths(period: Period) -> tuple[str, ...]:
    """Paths of the units that take part."""
    return shortest(period.units.values_list("path", flat=True))


def candidate_catalogues(period: Period) -> list[Catalogue]:
    """For every unit that has one, the approved catalogue in force on the period's first day or coming within it."""
    newest: dict[int, Catalogue] = {}
    for catalogue in Catalogue.objects.in_force(period.ends_on).select_related("unit"):
        newest.setdefault(catalogue.unit_id, catalogue)
    return list(newest.values())


def catalogues_since(period: Period) -> list[Catalogue]:
    """The candidates that the period does not use: approved after it was opened."""
    used = set(CataloguePin.objects.filter(period=period).values_list("catalogue_id", flat=True))
    return [catalogue for catalogue in candidate_catalogues(period) if catalogue.pk not in used]


def applies(applicability: Mapping[str, Any], context: Context, period_kind: str) -> bool:
    """Does a set cover this person? An empty list in the applicability leaves that question open to all."""
    return next(_unmet(applicability, context, period_kind), None) is None


def unmet(applicability: Mapping[str, Any], context: Context, period_kind: str) -> tuple[str, ...]:
    """The fields of an applicability that leave this person out, () when the set covers them."""
    return tuple(_unmet(applicability, context, period_kind))


def _unmet(applicability: Mapping[str, Any], context: Context, period_kind: str) -> Iterator[str]:
    held: dict[str, tuple[str, ...]] = {
        "staff_kinds": (context.staff_kind,),
        "roles": (context.role,),
        "positions": (context.position_code,),
        "job_positions": (context.job_position_code,),
        "blocks": (context.block,),
        "units": context.units,
        "period_kinds": (period_kind,),
    }
    if applicability.get("evaluates", Evaluated.PEOPLE) != Evaluated.PEOPLE:
        yield "evaluates"
    leader = applicability.get("leader")
    if isinstance(leader, bool) and leader != context.is_leader:
        yield "leader"
    for name, values in held.items():
        allowed: Sequence[str] = applicability.get(name) or ()
        if allowed and not any(value in allowed for value in values):
            yield name


NAMING = ("positions", "job_positions", "units")


def before_others(found: Sequence[CriteriaVersion]) -> CriteriaVersion | None:
    """Of several sets that apply to somebody, the one that takes precedence; None where nothing says which.

    That a set names more is no rule by itself: it says that it takes precedence over those that name no position, job
    position or unit. Of several that say so the one counts that names more of these; as many are a tie, and so is a
    set that names one without saying so.
    """
    asked = [version.specification.get("applicability") or {} for version in found]
    named = [sum(bool(audience.get(name)) for name in NAMING) for audience in asked]
    claims = [bool(audience.get("precedence")) for audience in asked]
    most = max((number for number, claim in zip(named, claims, strict=True) if claim), default=0)
    rivals = [
        version
        for version, number, claim in zip(found, named, claims, strict=True)
        if (claim and number == most) or (number and not claim)
    ]
    return rivals[0] if most and len(rivals) == 1 else None


def has_endorsement(version: CriteriaVersion) -> bool:
    """The set lets the head of the agency endorse an evaluation (rules.md §7, open; default off)."""
    return any(stage.key == StageKey.ENDORSEMENT for stage in version.compiled().stages)


def has_collective(version: CriteriaVersion) -> bool:
    """A group or collective scores between the person and the competent person, or the direct head, in whose place a
    decision may name somebody as well."""
    return any(stage.key == StageKey.COLLECTIVE for stage in version.compiled().stages)


def contexts(period: Period, paths: Sequence[str], codes: Mapping[str, str]) -> Iterable[Context]:
    """Everybody with an appointment in scope on the period's last day, in the order of their ids.

    `codes` names every unit of the tree by its path.
    """
    rows = (
        Appointment.objects.on(period.ends_on)
        .filter(paths_q(paths, "unit__path"))
        .exclude(person__left_on__lte=period.ends_on)
        .order_by("person_id", "-seconded", "-is_main", "starts_on", "pk")
        .values(
            "person_id",
            "person__kind",
            "unit_id",
            "unit__code",
            "unit__path",
            "unit__block",
            "role",
            "seconded",
            "is_main",
            "position__code",
            "position__title",
            "job_position__code",
            "job_position__faces_citizens",
        )
    )
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["person_id"]].append(row)
    above: dict[str, tuple[str, ...]] = {}
    for person_id, own in grouped.items():
        main, *others = own
        path = main["unit__path"]
        if path not in above:
            above[path] = tuple(codes[upper] for upper in lineage(path))
        yield Context(
            person_id=person_id,
            staff_kind=main["person__kind"],
            unit_id=main["unit_id"],
            role=main["role"],
            is_leader=main["role"] in LEADING_ROLES,
            position_code=main["position__code"],
            position_title=main["position__title"],
            job_position_code=main["job_position__code"] or "",
            faces_citizens=bool(main["job_position__faces_citizens"]),
            block=main["unit__block"],
            seconded=main["seconded"],
            others=tuple(
                {"unit": other["unit__code"], "position": other["position__code"], "role": other["role"]}
                for other in others
            ),
            units=above[path],
        )


def without_appointment(period: Period, paths: Sequence[str]) -> list[WithoutPost]:
    """People of the units that take part who hold no post on the period's last day, in name order, in one query.

    Registered and not appointed yet, or their appointment ended before that day or begins after it, or they left the
    service within the period (`left_on` is the first day they no longer serve). Whoever holds a post elsewhere that
    day belongs there; whoever left before the period began is not missed.
    """
    day = period.ends_on
    elsewhere = Appointment.objects.on(day).filter(person=OuterRef("pk"))
    rows = (
        Person.objects.serving(period.starts_on)
        .filter(paths_q(paths, "unit__path"))
        .filter(Q(left_on__lte=day) | ~Exists(elsewhere))
        .annotate(
            ended_on=Max("appointments__ends_on", filter=Q(appointments__ends_on__lt=day)),
            begins_on=Min("appointments__starts_on", filter=Q(appointments__starts_on__gt=day)),
        )
        .order_by("sort_key", "pk")
        .values_list("pk", "left_on", "ended_on", "begins_on")
    )
    return [
        WithoutPost(pk, left_on if left_on is not None and left_on <= day else None, ended_on, begins_on)
        for pk, left_on, ended_on, begins_on in rows
    ]


def _seconded_away(period: Period, paths: Sequence[str]) -> dict[int, str]:
    """Who is seconded on the period's last day to a unit that takes no part, and its name: one query."""
    rows = Appointment.objects.on(period.ends_on).filter(seconded=True).exclude(paths_q(paths, "unit__path"))
    return dict(rows.order_by("starts_on", "pk").values_list("person_id", "unit__name"))


def _evaluated_here(
    plan: OpeningPlan, period: Period, paths: Sequence[str], codes: Mapping[str, str]
) -> Iterator[Context]:
    """Everybody with an appointment in scope, counted, but those whom a unit outside evaluates: they are listed."""
    away = _seconded_away(period, paths)
    for context in contexts(period, paths, codes):
        plan.people += 1
        if context.person_id in away and not context.seconded:
            plan.seconded_away.append((context.person_id, away[context.person_id]))
        else:
            yield context


def _headed_besides(context: Context, units: Mapping[str, Unit]) -> list[str]:
    """Names of the units that somebody heads and whose people their card's d does not count."""
    own = units[context.units[-1]]
    return [
        units[other["unit"]].name
        for other in context.others
        if other["role"] == PostRole.HEAD
        and not (context.role == PostRole.HEAD and units[other["unit"]].path.startswith(own.path))
    ]


def plan_opening(period: Period, versions: Sequence[CriteriaVersion] | None = None) -> OpeningPlan:
    """Sort everybody in scope. Without `versions` the period's pins count, or the candidates while it has none."""
    if versions is None:
        pinned = [pin.version for pin in VersionPin.objects.filter(period=period).select_related("version")]
        versions = pinned or in_force_for_people(period.ends_on)
    organisation = Organisation(period.ends_on)
    endorsed = {version.pk for version in versions if has_endorsement(version)}
    direct_heads = {version.pk: stage_of_direct_head(version) for version in versions}
    paths = scope_paths(period)
    plan = OpeningPlan(without_appointment=without_appointment(period, paths))
    plan.people = len(plan.without_appointment)
    codes = {unit.path: unit.code for unit in organisation.units.values()}
    by_code = {unit.code: unit for unit in organisation.units.values()}
    apart: dict[tuple[int, ...], list[str]] = {}
    for context in _evaluated_here(plan, period, paths, codes):
        matching = _matching(plan, context, versions, period)
        if not matching:
            plan.without_version.append(context.person_id)
            plan.unmatched[context.person_id] = context
        elif besides := _headed_besides(context, by_code):
            plan.headed_besides.append((context.person_id, besides))
        alone = [found[0] for found in matching.values() if len(found) == 1]
        key = tuple(version.pk for version in alone if version.asks_of_tasks)
        if key not in apart:
            apart[key] = nothing_in_common([questions_of([version.compiled()]) for version in alone])
        if apart[key]:
            plan.nothing_in_common.append(
                (context.person_id, [str(version) for version in alone], apart[key])
            )
        for frame, found in matching.items():
            if len(found) > 1:
                plan.two_versions.append((context.person_id, [str(version) for version in found]))
                continue
            evaluator = organisation.evaluator_of(
                person_id=context.person_id,
                unit=organisation.units[context.unit_id],
                role=context.role,
                seconded=context.seconded,
                who=found[0].compiled().who(StageKey.EVALUATOR),
            )
            if evaluator.person_id is None:
                plan.without_evaluator.append(context.person_id)
            direct_head = direct_heads[found[0].pk]
            if direct_head and _has_vacant_head(organisation, context, evaluator):
                plan.without_direct_head.append(context.person_id)
            card = PlannedCard(
                context, found[0].pk, frame, evaluator, found[0].pk in endorsed, direct_head=direct_head
            )
            plan.cards.append(card)
    _list_units_without_catalogue(plan, period, organisation)
    _sort_people(plan)
    return plan


def _matching(
    plan: OpeningPlan, context: Context, versions: Sequence[CriteriaVersion], period: Period
) -> dict[str, list[CriteriaVersion]]:
    """Frame → the versions that apply to somebody; of several the one that takes precedence, remembered with why."""
    matching: dict[str, list[CriteriaVersion]] = defaultdict(list)
    for version in versions:
        if applies(version.specification.get("applicability") or {}, context, period.kind):
            matching[version.frame].append(version)
    for frame, found in matching.items():
        if (first := before_others(found)) is not None:
            others = [str(version) for version in found if version is not first]
            plan.preceded.append((context.person_id, str(first), others))
            matching[frame] = [first]
    return matching


def _has_vacant_head(organisation: Organisation, context: Context, evaluator: EvaluatorFound) -> bool:
    unit = organisation.units[context.unit_id]
    deciding = (evaluator.person_id,)
    return organisation.direct_head_of(person_id=context.person_id, unit=unit, deciding=deciding).is_vacant


def _list_units_without_catalogue(plan: OpeningPlan, period: Period, organisation: Organisation) -> None:
    pinned = CataloguePin.objects.filter(period=period).values_list("catalogue__unit__path", flat=True)
    covered = list(pinned) or [catalogue.unit.path for catalogue in candidate_catalogues(period)]
    agencies: dict[int, Unit] = {}
    for card in plan.cards:
        agency = organisation.using_agency(organisation.units[card.context.unit_id])
        agencies[agency.pk] = agency
    plan.without_catalogue = sorted(
        agency.code
        for agency in agencies.values()
        if not any(agency.path.startswith(path) for path in covered)
    )


def _sort_people(plan: OpeningPlan) -> None:
    alone = (plan.without_version, plan.without_evaluator, plan.without_direct_head)
    explained: tuple[list[Any], ...] = (
        plan.two_versions, plan.preceded, plan.nothing_in_common, plan.seconded_away, plan.headed_besides,
    )  # fmt: skip
    listed = {*chain(*alone), *(entry[0] for entry in chain(*explained))}
    order = dict(Person.objects.filter(pk__in=listed).values_list("pk", "sort_key"))
    for people in alone:
        people.sort(key=order.__getitem__)
    for entries in explained:
        entries.sort(key=lambda entry: order[entry[0]])
    in_scope = {card.context.person_id for card in plan.cards}
    plan.without_account = list(
        Person.objects.filter(pk__in=in_scope, user__isnull=True)
        .order_by("sort_key")
        .values_list("pk", flat=True)
    )
