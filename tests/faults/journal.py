"""What clients were told: every request that wants to change something, and what became of it as far as they know."""

import itertools
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """UNDER_WAY until the answer comes; UNKNOWN where none came, or one that says the server failed."""

    UNDER_WAY = "under way"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass
class Attempt:
    """One request. `marker` stands in a text that it sends, the same when it is sent again; empty where it has none."""

    kind: str
    subject: int
    marker: str = ""
    sent: Mapping[str, str] = field(default_factory=dict)  # what should be found: code of a criterion → value
    outcome: Outcome = Outcome.UNDER_WAY
    request: str = ""


class Journal:
    """Shared by all clients."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.failures: list[str] = []
        self._counted: Counter[Outcome] = Counter()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def marker(self) -> str:
        with self._lock:
            return f"#{next(self._numbers):07}#"

    def begin(self, attempt: Attempt) -> Attempt:
        with self._lock:
            self.attempts.append(attempt)
            self._counted[attempt.outcome] += 1
        return attempt

    def settle(self, attempt: Attempt, outcome: Outcome) -> None:
        with self._lock:
            self._counted[attempt.outcome] -= 1
            self._counted[outcome] += 1
            attempt.outcome = outcome

    def count(self, outcome: Outcome) -> int:
        with self._lock:
            return self._counted[outcome]

    def fail(self, sentence: str) -> None:
        """Something that no killed process explains."""
        with self._lock:
            self.failures.append(sentence)
