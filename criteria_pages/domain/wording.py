"""Two wordings as one text: the words that stayed, those that went and those that came."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, REMOVED, ADDED = "same", "removed", "added"
MAX_WORDS = 3_000
"""Beyond it the whole wording is one change: comparing takes the square of the words."""
ALIKE = 0.3
"""Less in common than this is no longer one wording that was edited, but another one."""

_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A run of words that stayed, went or came."""

    kind: str
    text: str


def pieces(before: str, after: str) -> list[Piece]:
    """The wording `after` with what was taken out of `before` and what was put in, word by word."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if max(len(old), len(new)) > MAX_WORDS:
        return [Piece(REMOVED, before), Piece(ADDED, after)]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Piece(REMOVED, before), Piece(ADDED, after)]
    return list(_runs(matcher, old, new))


def _runs(matcher: SequenceMatcher[str], old: list[str], new: list[str]) -> Iterator[Piece]:
    """A space alone between two changes belongs to both: words that went together are struck through together."""
    gone = come = ""
    for tag, start, end, first, last in matcher.get_opcodes():
        removed, added = "".join(old[start:end]), "".join(new[first:last])
        if tag == "equal" and (added.strip() or not gone + come):
            yield from _changed(gone, come)
            gone = come = ""
            yield Piece(SAME, added)
        else:
            gone, come = gone + removed, come + added
    yield from _changed(gone, come)


def _changed(gone: str, come: str) -> Iterator[Piece]:
    if gone:
        yield Piece(REMOVED, gone)
    if come:
        yield Piece(ADDED, come)
