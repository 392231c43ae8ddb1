"""Progress and totals of a period by unit: counts of cards, and means and bands of stored results.

Everything is read in grouped rows (one for each unit and state, one for each unit and band), never card by card.
Whoever reads every result behind a number one by one sees the number as it is now. To everybody else numbers are told
once, from what closing published: never about fewer than five people, nor so that fewer could be worked out from what
stands beside or came before (security.md T08, T47; docs/decisions/0008). Counts of states say how the work stands,
nothing about anybody's points, and are always shown.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import Frame, PeriodState
from snippets.models import Period, Unit
from snippets.queries import lineage

from . import rules
from .enums import DECIDED, CardState, StageKey
from .models import CardResult, PublishedTotals, Scorecard
from .rule_table import FOLLOW_PROGRESS
from .small_numbers import Figures, Published, PublishedRow, Totals

# Held on a unit, each of these lets its holder follow the unit's progress.
FOLLOWING_CAPABILITIES = FOLLOW_PROGRESS.capabilities


# --- What may be followed -----------------------------------------------------------------------------------
def followed_periods(scope: Scope) -> QuerySet[Period]:
    """Opened periods with cards in units that the reader follows, the newest first."""
    cards = Scorecard.objects.filter(scope.q(*FOLLOWING_CAPABILITIES), period=OuterRef("pk"))
    return Period.objects.filter(
        Exists(cards), state__in=(PeriodState.OPENING, PeriodState.OPEN, PeriodState.CLOSED)
    ).order_by("-starts_on", "pk")


def followed_unit(scope: Scope, code: str) -> Unit:
    """Raises NotFound for a missing unit and for one whose progress is not the reader's to follow."""
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None or not rules.may_in_unit(FOLLOW_PROGRESS, scope, unit):
        raise NotFound
    return unit


def units_above(scope: Scope, unit: Unit, *capabilities: str) -> QuerySet[Unit]:
    """The units above `unit` that carry the capabilities too, from the top, without the unit itself."""
    held = scope.paths(*capabilities)
    above = [path for path in lineage(unit.path)[:-1] if any(path.startswith(kept) for kept in held)]
    units: QuerySet[Unit] = Unit.objects.filter(path__in=above).order_by("path")
    return units


def frames_of(period: Period) -> list[str]:
    """The frames that the period has cards of, the State's first."""
    found = set(Scorecard.objects.filter(period=period).order_by().values_list("frame", flat=True).distinct())
    return [frame for frame in Frame.values if frame in found]


def bands_of(period: Period, frame: str) -> dict[str, str]:
    """Band code → its name, in the order of the bands, from the versions that the period pins."""
    versions = CriteriaVersion.objects.filter(pins__period=period, frame=frame).order_by("set_code", "number")
    return {band.code: band.label for version in versions for band in version.compiled().bands}


# --- Numbers ------------------------------------------------------------------------------------------------
class PeriodProgress:
    """The numbers of one period and frame for one reader, by the path of each unit.

    Two queries, three for a closed period, whatever its size. Published numbers keep the tree of the day of closing:
    a unit that moved since takes nothing into another's total.
    """

    @beyond_the_wall("what may not be told by a difference is judged from the totals of all units")
    def __init__(self, period: Period, frame: str, scope: Scope) -> None:
        self._own: dict[str, Figures] = {}
        seen = Scorecard.objects.visible_to(scope).filter(period=period).values("pk")
        cards = Scorecard.objects.filter(period=period, frame=frame).order_by()
        for path, state, count, unseen in cards.values_list("unit__path", "state").annotate(
            cards=Count("pk"), unseen=Count("pk", filter=~Q(pk__in=seen))
        ):
            figures = self._at(path)
            figures.states[state] += count
            figures.unread += unseen if state in DECIDED else 0
        for path, band, read, points in _read_one_by_one(period, frame, scope, seen):
            self._at(path).read.add(Totals(Counter({band: read}), read, in_points(points)))
        self._published = Published(_published(period, frame), self._own)

    def _at(self, path: str) -> Figures:
        return self._own.setdefault(path, Figures())

    def below_and_at(self, path: str) -> Figures:
        """A unit with everything below it."""
        figures = Figures()
        for own, each in self._own.items():
            if own.startswith(path):
                figures.add(each)
        return figures

    def directly_at(self, path: str) -> Figures:
        """A unit without the units below it."""
        return self._own.get(path, Figures())

    def told(self, path: str, *, directly: bool = False) -> Totals | None:
        """Means and bands of a unit (or of its own cards alone) as this reader may be told them; None: not at all."""
        figures = self.directly_at(path) if directly else self.below_and_at(path)
        return self._published.told(path, directly=directly) if figures.unread else figures.read


def _read_one_by_one(
    period: Period, frame: str, scope: Scope, seen: QuerySet[Any]
) -> Iterable[tuple[str, str, int, Any]]:
    """(path, band, number, sum of points) of the results that this reader reads card by card."""
    own = Q(person__user_id=scope.user_id) if scope.user_id is not None else Q(pk__in=[])
    rows: Iterable[tuple[str, str, int, Any]] = (
        decided_results(period)
        .filter(card__frame=frame, card__in=seen)
        .exclude(own & ~Q(card__state=CardState.NOTIFIED))
        .values_list("unit__path", "band")
        .annotate(read=Count("pk"), sum=Sum("rounded"))
    )
    return rows


def _published(period: Period, frame: str) -> Iterable[PublishedRow]:
    if period.state != PeriodState.CLOSED:
        return []
    rows = PublishedTotals.objects.filter(period=period, frame=frame).values_list(
        "path", "unit__path", "results", "points", "bands"
    )
    return [
        PublishedRow(path, present, Totals(Counter(bands), results, in_points(points)))
        for path, present, results, points, bands in rows
    ]


def decided_results(period: Period) -> QuerySet[CardResult]:
    """The results that count in a period's totals, in no order."""
    return CardResult.objects.filter(
        period=period, stage=StageKey.EVALUATOR, card__state__in=DECIDED, rounded__isnull=False
    ).order_by()


def in_points(value: Any) -> Decimal:
    """A sum as the database gives it, in the two places of the points."""
    return Decimal(value).quantize(Decimal("0.01"))
