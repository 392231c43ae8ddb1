"""What the scheduler has to do and when: daily work named in `settings.DAILY_WORK`, by the clock of settings.TIME_ZONE,
and what `settings.FREQUENT_WORK` names every few seconds.

Settings name the functions, because the scheduler stands below the rooms whose work it calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone
from django.utils.module_loading import import_string

DailyWork = Callable[..., Any]


@dataclass(frozen=True)
class Daily:
    """Work of each day from `at` (local time) on: `run(actor=…, moment=…)`. It must be safe to run twice."""

    name: str
    at: time
    path: str

    def run(self) -> DailyWork:
        work: DailyWork = import_string(self.path)
        return work


def daily_work(settings: Mapping[str, tuple[str, str]]) -> list[Daily]:
    """`{"name": ("00:05", "package.module.function")}` as work, in the order of the clock."""
    works = [Daily(name, time.fromisoformat(at), path) for name, (at, path) in settings.items()]
    return sorted(works, key=lambda work: (work.at, work.name))


@dataclass(frozen=True)
class Frequent:
    """Work of every few seconds: `run(moment=…)`. It must be safe to run twice, and at once in two processes."""

    name: str
    seconds: float
    path: str

    def run(self) -> DailyWork:
        work: DailyWork = import_string(self.path)
        return work


def frequent_work(settings: Mapping[str, tuple[float, str]]) -> list[Frequent]:
    """`{"name": (seconds, "package.module.function")}` as work."""
    return [Frequent(name, seconds, path) for name, (seconds, path) in settings.items()]


@dataclass
class Calendar:
    """Remembers what was done on which day. A scheduler that starts does everything once: it may have been down."""

    works: list[Daily]
    done: dict[str, date] = field(default_factory=dict)

    def due(self, moment: datetime) -> list[Daily]:
        """The work to do now."""
        local = timezone.localtime(moment)
        return [
            work
            for work in self.works
            if work.name not in self.done or (self.done[work.name] < local.date() and local.time() >= work.at)
        ]

    def mark(self, work: Daily, moment: datetime) -> None:
        """Done, or failed, today: tomorrow it is due again."""
        self.done[work.name] = timezone.localtime(moment).date()
