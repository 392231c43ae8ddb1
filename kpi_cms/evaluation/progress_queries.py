"""Progress and totals of a period by unit: counts of cards, and means and bands of stored results.

Everything is read in grouped rows (one for each unit and state, one for each unit and band), never card by card.
Means and bands of fewer than five people are suppressed, and so is whatever would let a reader work them out from
the totals beside them (security.md T08, T47). Counts of states say how the work stands, nothing about anybody's
points, and are always shown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum

from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import Capability, Frame, PeriodState
from snippets.models import Period, Unit
from snippets.queries import lineage

from . import rules
from .enums import DECIDED, StageKey
from .models import CardResult, Scorecard
from .rule_table import FOLLOW_PROGRESS

# Held on a unit, each of these lets its holder follow the unit's progress.
FOLLOWING_CAPABILITIES = FOLLOW_PROGRESS.capabilities
SMALLEST_GROUP = 5
# Behind the path of a unit: its own cards, without those of the units below it. Sorts behind every path.
DIRECTLY = "~"


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
@dataclass
class Totals:
    """Of one group of people: cards by state, and stored results of decided cards. `points` is their sum."""

    states: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    results: int = 0
    points: Decimal = Decimal(0)

    @property
    def cards(self) -> int:
        return self.states.total()

    @property
    def mean(self) -> Fraction | None:
        """Of the published points; None without a result."""
        return Fraction(self.points) / self.results if self.results else None

    def add(self, other: "Totals") -> None:
        self.states.update(other.states)
        self.bands.update(other.bands)
        self.results += other.results
        self.points += other.points


class PeriodProgress:
    """The numbers of one period and frame, by the path of each unit: two queries, whatever its size.

    `scope` decides what is suppressed: nothing within units whose cards the reader may see one by one.
    """

    def __init__(self, period: Period, frame: str, scope: Scope) -> None:
        self._open = scope.paths(Capability.VIEW)
        self._own: dict[str, Totals] = {}
        cards = Scorecard.objects.filter(period=period, frame=frame)
        for path, state, count in (
            cards.order_by().values_list("unit__path", "state").annotate(cards=Count("pk"))
        ):
            self._at(path).states[state] += count
        results = CardResult.objects.filter(
            period=period,
            stage=StageKey.EVALUATOR,
            card__frame=frame,
            card__state__in=DECIDED,
            rounded__isnull=False,
        )
        rows: Iterable[tuple[str, str, int, Any]] = (
            results.order_by()
            .values_list("unit__path", "band")
            .annotate(results=Count("pk"), points=Sum("rounded"))
        )
        for path, band, count, points in rows:
            totals = self._at(path)
            totals.bands[band] += count
            totals.results += count
            totals.points += Decimal(points).quantize(Decimal("0.01"))
        self._below = self._children()
        self._hidden: dict[str, frozenset[str]] = {}

    def _at(self, path: str) -> Totals:
        return self._own.setdefault(path, Totals())

    def _children(self) -> dict[str, set[str]]:
        """Path → the paths directly below it at or below which there are cards."""
        below: dict[str, set[str]] = {}
        for path in self._own:
            line = lineage(path)
            for upper, lower in pairwise(line):
                below.setdefault(upper, set()).add(lower)
        return below

    def below_and_at(self, path: str) -> Totals:
        """A unit with everything below it."""
        totals = Totals()
        for own, figures in self._own.items():
            if own.startswith(path):
                totals.add(figures)
        return totals

    def directly_at(self, path: str) -> Totals:
        """A unit without the units below it."""
        return self._own.get(path, Totals())

    # --- Suppression ----------------------------------------------------------------------------------------
    def shows(self, path: str, *, directly: bool = False) -> bool:
        """Whether means and bands of a unit (or of its own cards alone) may be shown to this reader."""
        if any(path.startswith(open_path) for open_path in self._open):
            return True
        line = lineage(path)
        if self.below_and_at(line[0]).results < SMALLEST_GROUP:
            return False
        for upper, lower in pairwise(line):
            if lower in self._hidden_below(upper):
                return False
        return not directly or path + DIRECTLY not in self._hidden_below(path)

    def _hidden_below(self, path: str) -> frozenset[str]:
        """The groups of a unit that stay hidden: small ones, and enough others that no difference shows a small one."""
        known = self._hidden.get(path)
        if known is None:
            known = self._hidden[path] = hidden_groups(self._sizes(path))
        return known

    def _sizes(self, path: str) -> dict[str, int]:
        sizes = {child: self.below_and_at(child).results for child in self._below.get(path, ())}
        sizes[path + DIRECTLY] = self.directly_at(path).results
        return sizes


def hidden_groups(sizes: Mapping[str, int]) -> frozenset[str]:
    """Of groups whose total is shown: those that must not be, so that no difference tells about fewer than five.

    Groups without a result tell nothing. A unit below a hidden one is hidden with it.
    """
    order = sorted((size, key) for key, size in sizes.items() if size)
    hidden: list[str] = []
    together = 0
    for size, key in order:
        if size >= SMALLEST_GROUP and (not hidden or together >= SMALLEST_GROUP):
            break
        hidden.append(key)
        together += size
    return frozenset(hidden)
