"""Draws that come out the same for a seed on every machine and every Python.

The standard library promises that for `random()` alone, not for its choices and samples; a digest promises it for
all that is built on it.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A sequence of draws that depends on the seed and on nothing else."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1. `limit` is small beside 2**64, so no value is favoured visibly."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}:{self._count}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def one(self, values: Sequence[T]) -> T:
        """One of the values, each as likely as the other."""
        return values[self.below(len(values))]

    def weighted(self, table: Sequence[tuple[T, int]]) -> T:
        """One of the values of (value, weight) pairs."""
        ticket = self.below(sum(weight for _value, weight in table))
        for value, weight in table:
            ticket -= weight
            if ticket < 0:
                return value
        raise AssertionError("A ticket lies below the sum of the weights.")

    def chance(self, percent: int) -> bool:
        """True in `percent` of a hundred draws."""
        return self.below(100) < percent
