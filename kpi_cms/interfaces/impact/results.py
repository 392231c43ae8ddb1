"""A finished run as its reader may read it: every number is judged here, for the page and the workbook alike."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from kpi_cms.evaluation.impact_numbers import Cell, Shown, Told, tally_of
from kpi_cms.evaluation.impact_queries import Past, cards_listed, rights_of
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.progress_queries import PeriodProgress
from kpi_cms.evaluation.rescored import Cause, Reason, Untold
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import Block
from snippets.models import Unit
from snippets.queries import lineage


@dataclass(frozen=True)
class Changed:
    """One person whose band is another, or whose result cannot be told (`reason`)."""

    card: Scorecard
    before: str
    before_band: str
    after: str
    after_band: str
    reason: Reason | None
    why: tuple[Cause, ...]


@dataclass(frozen=True)
class Line:
    """A unit with everything below it; or its own cards alone. `told` None: must not be told. `mine`: of a unit with
    everything below it, the cards that the reader reads one by one."""

    unit: Unit
    directly: bool
    told: Shown | None
    mine: Shown | None

    @property
    def shown(self) -> Shown | None:
        return self.mine if self.told is None else self.told


class Run:
    """`moment`: when it was asked for; `sha256`: of which draft; `is_theirs`: the reader reads the same cards as when
    it was computed, else nothing of it may be shown."""

    def __init__(
        self,
        past: Past,
        arguments: Mapping[str, Any],
        moment: datetime,
        scope: Scope,
        kept: Mapping[str, Any],
    ) -> None:
        self.past = past
        self.sha256: str = arguments["sha256"]
        self.moment = moment
        self._scope = scope
        self.bands: dict[str, str] = dict(kept["bands"])
        self.labels: dict[str, str] = kept["labels"]
        self.is_theirs = kept["rights"] == rights_of(scope)
        self._units: dict[str, int] = kept["units"]
        self._rows: list[list[Any]] = kept["rows"]
        self._published = PeriodProgress(past.period, arguments["frame"], scope)
        self.numbers = Told(
            {
                path: Cell(tally_of(cell["read"]), tally_of(cell["unread"]))
                for path, cell in kept["cells"].items()
            },
            closed=past.is_closed,
            blocks=kept["blocks"],
        )

    # --- Units --------------------------------------------------------------------------------------------
    def place(self, code: str) -> tuple[Unit, str]:
        """A unit with cards in the run and its path there; the top without a code. Raises NotFound."""
        if not code:
            path = self.numbers.tops[0]
            return Unit.objects.get(pk=self._units[path]), path
        unit = Unit.objects.filter(code=code).first()
        for path, pk in self._units.items():
            if unit is not None and pk == unit.pk:
                return unit, path
        raise NotFound

    def above(self, path: str) -> list[Unit]:
        """The units above one, from the top."""
        keys = [self._units[each] for each in lineage(path)[:-1]]
        units = Unit.objects.in_bulk(keys)
        return [units[key] for key in keys]

    def lines(self, path: str) -> list[Line]:
        """The unit's own cards, and each unit directly below it."""
        below = self.numbers.below(path)
        units = Unit.objects.in_bulk([self._units[each] for each in (path, *below)])
        own = [self._line(units[self._units[path]], path, directly=True)] if self.numbers.has(path) else []
        return own + [self._line(units[self._units[each]], each, directly=False) for each in below]

    def every_line(self) -> Iterator[Line]:
        """What `lines` says of one unit after the other, in the order of the tree."""
        units = Unit.objects.in_bulk(list(self._units.values()))
        for path in sorted(self._units):
            yield self._line(units[self._units[path]], path, directly=False)
            if self.numbers.has(path) and self.numbers.below(path):
                yield self._line(units[self._units[path]], path, directly=True)

    def whole(self, unit: Unit, path: str) -> Line:
        """The unit of a page, with everything below it."""
        return self._line(unit, path, directly=False)

    def blocks(self) -> list[tuple[str, Shown | None]]:
        """Each block's name and what is told of its cards in the whole run; nothing where there is one block alone."""
        found = self.numbers.by_block()
        return [(str(Block(block).label), told) for block, told in found.items()] if len(found) > 1 else []

    def reasons(self, shown: Shown) -> list[tuple[Reason, int | None]]:
        """Why cards cannot be told; how many for each reason only of cards that the reader reads one by one."""
        if not shown.mixed:
            return list(Counter(shown.reasons).most_common())
        few = self.numbers.few_reasons if self.numbers.few else ()
        return [(reason, None) for reason in sorted({*shown.reasons, *few})]

    def _line(self, unit: Unit, path: str, *, directly: bool) -> Line:
        published = self._published.told(unit.path, directly=directly)
        told = self.numbers.told(path, published, directly=directly)
        return Line(unit, directly, told, None if directly else self.numbers.read(path))

    # --- People -------------------------------------------------------------------------------------------
    def rows_below(self, path: str) -> list[list[Any]]:
        return [row for row in self._rows if row[1].startswith(path)]

    def people(self, rows: Sequence[list[Any]] | None = None) -> Iterator[Changed]:
        """Those whom the reader may read now, in the order of names."""
        wanted = self._rows if rows is None else rows
        cards = cards_listed(self._scope, [row[0] for row in wanted])
        for key, _path, before, after, reason, causes in wanted:
            if key in cards:
                yield Changed(
                    cards[key],
                    before[0],
                    self.bands[before[1]],
                    after[0] if after else "",
                    self.bands[after[1]] if after else "",
                    Reason(Untold(reason[0]), tuple(reason[1])) if reason else None,
                    tuple(_cause(cause) for cause in causes),
                )


def _cause(kept: Sequence[Any]) -> Cause:
    code, label, before, after, share = kept
    return Cause(code, label, _value(before), _value(after), share)


def _value(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)
