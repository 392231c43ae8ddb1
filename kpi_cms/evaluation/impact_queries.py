"""What a draft can be tried on: opened periods with the sets they were scored with, and the decided cards of one set.

The pins answer which sets; nobody's card is looked at before it is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import PeriodState
from snippets.models import Period, Unit
from snippets.queries import lineage

from .enums import DECIDED, CardState
from .models import PublishedTotals, Scorecard, VersionPin
from .models.scorecard import READING_CAPABILITIES

OPENED = (PeriodState.OPEN, PeriodState.CLOSED)


@dataclass(frozen=True)
class Past:
    """The cards of one period that versions of one set scored. A run takes one set alone: of two choices that
    overlap, the difference would tell about the cards that are in one of them only."""

    period: Period
    set_code: str

    @property
    def key(self) -> str:
        """As a form sends it."""
        return f"{self.period.pk}/{self.set_code}"

    @property
    def cards(self) -> QuerySet[Scorecard]:
        """Those whose result is decided, in no order."""
        return Scorecard.objects.filter(
            period=self.period, version__set_code=self.set_code, state__in=DECIDED
        ).order_by()

    @property
    def is_closed(self) -> bool:
        return self.period.state == PeriodState.CLOSED


def pasts(frame: str, set_code: str) -> list[Past]:
    """What a draft of a frame can be tried on: the set's own cards first, the newest period first."""
    pins = (
        VersionPin.objects.filter(version__frame=frame, period__state__in=OPENED)
        .select_related("period")
        .annotate(set_code=F("version__set_code"))
        .order_by("-period__starts_on", "period_id", "set_code")
    )
    found = {(pin.period_id, pin.set_code): Past(pin.period, pin.set_code) for pin in pins}
    return sorted(found.values(), key=lambda past: past.set_code != set_code)


def past_of(key: str, frame: str) -> Past:
    """Raises NotFound for what no draft of the frame can be tried on."""
    for past in pasts(frame, ""):
        if past.key == key:
            return past
    raise NotFound


def versions_of(past: Past) -> dict[int, CriteriaVersion]:
    """Key → the versions of the set that the period is scored with."""
    return CriteriaVersion.objects.filter(pins__period=past.period, set_code=past.set_code).in_bulk()


def seen_by(scope: Scope, cards: QuerySet[Scorecard]) -> QuerySet[Scorecard]:
    """Of decided cards those whose results the reader reads one by one: not their own before it is notified."""
    own = Q(person__user_id=scope.user_id) & ~Q(state=CardState.NOTIFIED)
    seen: QuerySet[Scorecard] = cards.visible_to(scope).exclude(own)  # type: ignore[attr-defined]  # its queryset
    return seen


def rights_of(scope: Scope) -> list[str]:
    """The paths on which the reader reads cards: a run that was judged by others is computed anew."""
    return list(scope.paths(*READING_CAPABILITIES))


def places_of(past: Past, frame: str, unit_ids: Iterable[int]) -> dict[int, str]:
    """Unit → its path: in a closed period on the day of the closing, as its published totals are read."""
    if past.is_closed:
        rows = PublishedTotals.objects.filter(period=past.period, frame=frame).values_list("unit_id", "path")
    else:
        rows = Unit.objects.values_list("pk", "path")
    wanted = set(unit_ids)
    paths = dict(rows)
    above = {place for pk in wanted if pk in paths for place in lineage(paths[pk])}
    return {pk: path for pk, path in paths.items() if path in above}


def cards_listed(scope: Scope, keys: Iterable[int]) -> dict[int, Scorecard]:
    """Of these cards those that the reader may read now, with person and unit; in a few queries, however many."""
    wanted, found = list(keys), {}
    for first in range(0, len(wanted), 1_000):
        cards = Scorecard.objects.filter(pk__in=wanted[first : first + 1_000])
        for card in seen_by(scope, cards).select_related("person", "unit"):
            found[card.pk] = card
    return found
