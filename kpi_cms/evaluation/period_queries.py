"""Reads of periods for those who open and close them.

Each starts from what its reader may see. Opening lists carry names, because whoever opens a period has to solve what
they show (an evaluator, an account, a version); they carry no points.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from criteria_pages.enums import Evaluated
from criteria_pages.models import CriteriaVersion
from criteria_pages.queries import in_force
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.models import Job
from snippets.enums import DayKind
from snippets.models import ParticipatingUnit, Period, Person, Unit
from snippets.queries import Tree, containing

from .models import CalendarPin, Scorecard, VersionPin
from .rule_table import OPEN_PERIOD

_CHUNK = 5_000


def managed_periods(scope: Scope) -> QuerySet[Period]:
    """Periods whose units the reader keeps, all of them: nobody opens or closes half a period."""
    taking_part = ParticipatingUnit.objects.filter(period=OuterRef("pk"))
    elsewhere = taking_part.exclude(scope.q(*OPEN_PERIOD.capabilities))
    return Period.objects.filter(Exists(taking_part), ~Exists(elsewhere))


def period_to_manage(scope: Scope, pk: int) -> Period:
    """Raises NotFound for a missing period and for one that is not the reader's to keep."""
    period = managed_periods(scope).filter(pk=pk).first()
    if period is None:
        raise NotFound
    return period


def with_sizes(periods: QuerySet[Period]) -> QuerySet[Any]:
    """Add `units_count` and `cards_count`, in the periods' own query, the newest first.

    The order is said here: a query that counts drops the one of the model.
    """
    return periods.annotate(
        units_count=Count("units", distinct=True), cards_count=Count("cards", distinct=True)
    ).order_by("-starts_on", "kind", "pk")


def offered_versions(period: Period) -> QuerySet[CriteriaVersion]:
    """Every version that evaluates people and is in effect on the period's last day.

    The newest of a set is proposed, an older one may be chosen.
    """
    return (
        CriteriaVersion.objects.filter(effective_on__lte=period.ends_on)
        .exclude(effective_until__lt=period.ends_on)
        .filter(
            Q(specification__applicability__evaluates__isnull=True)
            | Q(specification__applicability__evaluates=Evaluated.PEOPLE.value)
        )
        .order_by("set_code", "-number")
    )


def pinned_versions(period: Period) -> list[CriteriaVersion]:
    """What the period is scored with, as far as that was chosen."""
    pins = VersionPin.objects.filter(period=period).select_related("version").order_by("version__set_code")
    return [pin.version for pin in pins]


def stages_of(period: Period) -> frozenset[str]:
    """Keys of the stages that cards of the period have: of its versions for its kind, chosen or proposed."""
    versions = pinned_versions(period) or in_force(period.ends_on)
    return frozenset(
        stage.key
        for version in versions
        if period.kind in (version.specification["applicability"].get("period_kinds") or [period.kind])
        for stage in version.compiled().stages
    )


def days_kept(period: Period, kind: DayKind) -> list[date]:
    """Of the calendar that an opened period keeps: its days of this kind from the first day to the last deadline."""
    last = timezone.localdate(period.last_due_at)
    pins = CalendarPin.objects.filter(period=period, kind=kind, day__range=(period.starts_on, last))
    return list(pins.order_by("day").values_list("day", flat=True))


@beyond_the_wall("whoever opens a period adds the cards that are missing, and reads none")
def cards_that_exist(period: Period) -> set[tuple[int, str]]:
    """(person, frame) of every card of the period."""
    return set(Scorecard.objects.filter(period=period).values_list("person_id", "frame"))


def people_in_order(keys: Sequence[int]) -> list[Person]:
    """The people of a few keys with their units, in the order of the keys."""
    found = Person.objects.select_related("unit").in_bulk(list(keys))
    return [found[key] for key in keys]


def found_among(keys: Sequence[int], *, text: str = "", path: str = "") -> list[int]:
    """Of people's keys those whose name or staff code contains every word, in or below a unit; in the order given."""
    if not text and not path:
        return list(keys)
    found: set[int] = set()
    for some in _chunks(keys):
        people = Person.objects.filter(containing(text), pk__in=some, unit__path__startswith=path)
        found.update(people.values_list("pk", flat=True))
    return [key for key in keys if key in found]


def agencies_of(keys: Sequence[int]) -> list[tuple[Unit, int]]:
    """The agencies that people belong to, in the order of the tree, each with how many of them."""
    tree = Tree()
    counts: Counter[int] = Counter()
    for some in _chunks(keys):
        for unit_id in Person.objects.filter(pk__in=some).values_list("unit_id", flat=True):
            counts[tree.using_agency(tree.units[unit_id]).pk] += 1
    return sorted(((tree.units[pk], number) for pk, number in counts.items()), key=lambda pair: pair[0].path)


def in_name_order(keys: Iterable[int]) -> list[int]:
    """Any number of people's keys in the order of names."""
    order: list[tuple[str, str, int]] = []
    for some in _chunks(sorted(set(keys))):
        order += Person.objects.filter(pk__in=some).values_list("sort_key", "staff_code", "pk")
    return [key for _name, _code, key in sorted(order)]


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def latest_job(name: str, key: str) -> Job | None:
    """The last job of a key, finished or not."""
    return Job.objects.filter(name=name, key=key).order_by("-created_at").first()
