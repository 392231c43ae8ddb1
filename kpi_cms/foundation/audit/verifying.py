"""The verifier: recomputes every hash from the rows as they are now, and says what does not hold. Plain Python.

It asks a `Source` for lines and compares; `source` reads them from the database by plain SELECTs, tests from memory.
Lines come in blocks: whole columns are compared, and only where they differ is one line looked at after the other.
Each finding names the link and the record. `live` compares the records themselves with their sealed history.
"""

from binascii import unhexlify
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from typing import Protocol

from .canonical import GENESIS, Form, time_text

# A request ends within two minutes (gunicorn's timeout): what says that it happened longer before an anchor and was
# sealed only after it did not come into being then.
LATE = timedelta(minutes=5)
TIME_COLUMNS = ("at", "history_date")


class Wrong(StrEnum):
    """What can be found. The words are what `verify_ledger` says."""

    ROW_CHANGED = "row changed since it was sealed"
    ROW_MISSING = "sealed row is gone"
    ROW_ADDED = "row was never sealed"
    ROW_LATE = "row says it is older than the anchor before its seal"
    LINK_CHANGED = "link does not follow from the one before"
    LINK_MISSING = "link is missing"
    LINK_TWICE = "link has the number of another"
    CHAIN_SHORTER = "chain is shorter than the anchor"
    CHAIN_DIFFERS = "chain is another than the anchored one"
    ANCHOR_CHANGED = "anchor is not what was signed"
    ANCHOR_MISSING = "anchor is missing in the database"
    ANCHOR_FILE_MISSING = "anchor has no file any more"
    TEXT_CHANGED = "text is not the one its key was made of"
    TEXT_BLANKED = "text was blanked without an act"
    TEXT_MISSING = "text is gone"
    RECORD_CHANGED = "record differs from its history"
    RECORD_MISSING = "record is gone, and its history does not say so"
    RECORD_ADDED = "record has no history"
    DIGEST_DIFFERS = "rows of an act are not those it was recorded with"
    COPY_DIFFERS = "text of a record differs from the one kept"
    RESULT_DIFFERS = "result does not follow from its rows"
    RESULT_MISSING = "result is gone"
    RESULT_ADDED = "result of a stage that the card does not have"
    PINS_DIFFER = "period is scored with something else than its opening recorded"


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: where in which chain (number 0: nowhere), and about which row."""

    wrong: Wrong
    chain: str = ""
    number: int = 0
    table: str = ""
    row_id: int | str = ""
    detail: str = ""

    def __str__(self) -> str:
        where = f"chain {self.chain} no. {self.number}: " if self.number else ""
        what = f"{self.table} {self.row_id}: " if self.table else ""
        return f"{where}{what}{self.wrong}{f' ({self.detail})' if self.detail else ''}"


@dataclass(frozen=True)
class ChainAnchor:
    """What an anchor says of one chain: its length and head then, and its links since the anchor before.

    `leaves` are (form, row, first 16 digits of the row's hash) from number `first` on; they only help to name.
    """

    number: int
    head: str
    first: int = 1
    leaves: Sequence[tuple[int, int, str]] = ()


@dataclass(frozen=True)
class AnchorPoint:
    """An anchor as far as verifying needs one. One that was `given_up` (`restores`) says only what was left of it."""

    number: int
    at: datetime
    chains: Mapping[str, ChainAnchor]
    given_up: bool = False


@dataclass(frozen=True)
class Links:
    """Some links, one behind the other: the line of each, and its head in hexadecimal."""

    lines: Sequence[bytes]
    heads: Sequence[bytes]


@dataclass(frozen=True)
class Rows:
    """Some rows that links name: chain and number of the link, hash in hexadecimal, key and line of the row."""

    chains: Sequence[bytes]
    numbers: Sequence[bytes]
    hashes: Sequence[bytes]
    keys: Sequence[bytes]
    lines: Sequence[bytes]


class Source(Protocol):
    """Lines of a ledger, wherever it is kept. Everything is in bytes, as `canonical` fixes it."""

    def forms(self) -> list[Form]: ...

    def links(self) -> Iterable[Links]:
        """Every link, chain after chain, by number."""
        ...

    def rows(self, form: Form) -> Iterable[Rows]:
        """Every row that a link of this form names."""
        ...

    def unsealed(self, table: str) -> Iterable[int]:
        """Rows that no link names and that do not wait for one."""
        ...

    def links_without_row(self, form: Form) -> Iterable[tuple[str, int, int]]:
        """(Chain, number, row) of every link of this form whose row is gone."""
        ...


@dataclass
class Report:
    """What was found, in the order of the chains, and how much was looked at."""

    findings: list[Finding] = field(default_factory=list)
    links: int = 0
    rows: int = 0
    lengths: dict[str, int] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return not self.findings


def verify(source: Source, anchors: Sequence[AnchorPoint] = (), *, only_chain: str = "") -> Report:
    """Everything that links, rows and anchors say of one another. `only_chain` leaves the other chains' anchors out."""
    report = Report()
    forms = {form.pk: form for form in source.forms()}
    anchors = sorted(anchors, key=lambda anchor: anchor.number)
    counted = _check_links(source, anchors, forms, report, only_chain)
    late = _Late([anchor for anchor in anchors if not anchor.given_up])
    for form in forms.values():
        seen = _check_rows(source, form, late, report)
        if seen != counted[form.pk]:
            report.findings += [
                Finding(Wrong.ROW_MISSING, chain, number, form.table, row)
                for chain, number, row in source.links_without_row(form)
            ]
    for table in sorted({form.table for form in forms.values()}):
        report.findings += [
            Finding(Wrong.ROW_ADDED, table=table, row_id=row) for row in source.unsealed(table)
        ]
    report.findings.sort(key=lambda found: (not found.number, found.chain, found.number))
    return report


# --- Links --------------------------------------------------------------------------------------------------
def _check_links(
    source: Source,
    anchors: Sequence[AnchorPoint],
    forms: Mapping[int, Form],
    report: Report,
    only_chain: str,
) -> Counter[int]:
    """Each chain from its first link on; how many links each form has."""
    wanted: dict[str, dict[int, str]] = {}
    for anchor in anchors:
        for name, said in anchor.chains.items():
            if said.number and only_chain in ("", name):
                wanted.setdefault(name, {})[said.number] = said.head
    of_form: Counter[bytes] = Counter()
    differing: set[str] = set()
    chain: _Chain | None = None
    for block in source.links():
        codes, numbers, kinds, _rests = zip(*[line.split(b"\t", 3) for line in block.lines], strict=True)
        of_form.update(kinds)
        end = 0
        for code, run in groupby(codes):
            if chain is None or code != chain.code:
                chain = _Chain(code)
            begin, end = end, end + len(list(run))
            places, heads = list(map(int, numbers[begin:end])), block.heads[begin:end]
            report.findings += [
                Finding(wrong, chain.name, place)
                if wrong != Wrong.LINK_CHANGED
                else _of_link(wrong, block.lines[begin + at], forms)
                for wrong, place, at in chain.go_on(places, block.lines[begin:end], heads)
            ]
            awaited = wanted.get(chain.name, {})
            if not awaited.keys().isdisjoint(places) and any(
                awaited.get(place, head.decode()) != head.decode()
                for place, head in zip(places, heads, strict=True)
            ):
                differing.add(chain.name)
            report.lengths[chain.name], report.heads[chain.name] = chain.place, chain.head.hex()
    report.links += of_form.total()
    counted = Counter({int(form): number for form, number in of_form.items()})
    report.findings += _against_anchors(source, anchors, forms, report, wanted, differing)
    return counted


class _Chain:
    """One chain while it is read: how far, and the head there."""

    def __init__(self, code: bytes) -> None:
        self.code, self.name = code, code.decode()
        self.place, self.head = 0, GENESIS

    def go_on(
        self, places: Sequence[int], lines: Sequence[bytes], heads: Sequence[bytes]
    ) -> Iterable[tuple[Wrong, int, int]]:
        """(What is wrong, at which number, at which of these links) of the links that come next.

        Each is computed from the head that is stored before it, so that one finding does not bring about the others.
        """
        stored = list(map(unhexlify, heads))
        before = [self.head, *stored[:-1]]
        computed = [sha256(head + line).digest() for head, line in zip(before, lines, strict=True)]
        first = self.place + 1
        self.head, last = stored[-1], places[-1]
        if computed == stored and places == list(range(first, first + len(places))):
            self.place = last
            return []
        found, expected = [], first
        for at, place in enumerate(places):
            if place != expected:
                wrong = Wrong.LINK_MISSING if place > expected else Wrong.LINK_TWICE
                found.append((wrong, min(place, expected), at))
            elif computed[at] != stored[at]:
                found.append((Wrong.LINK_CHANGED, place, at))
            expected = place + 1
        self.place = last
        return found


def _of_link(wrong: Wrong, line: bytes, forms: Mapping[int, Form], detail: str = "") -> Finding:
    chain, number, form, row, _rest = line.decode().split("\t", 4)
    known = forms.get(int(form))
    return Finding(wrong, chain, int(number), known.table if known else f"form {form}", int(row), detail)


def _against_anchors(
    source: Source,
    anchors: Sequence[AnchorPoint],
    forms: Mapping[int, Form],
    report: Report,
    wanted: Mapping[str, Mapping[int, str]],
    differing: set[str],
) -> Iterator[Finding]:
    """The first thing that each chain lost or changed since it was anchored, by the leaves of the anchors."""
    shorter = {chain for chain in wanted if report.lengths.get(chain, 0) < max(wanted[chain])}
    links: dict[str, dict[int, bytes]] = {chain: {} for chain in shorter | differing}
    if not links:
        return
    for block in source.links():
        for line in block.lines:
            code, number, _rest = line.split(b"\t", 2)
            if code.decode() in links:
                links[code.decode()][int(number)] = line
    for chain in sorted(links):
        yield _first_lost(chain, links[chain], anchors, forms, report, shorter=chain in shorter)


def _first_lost(
    chain: str,
    links: Mapping[int, bytes],
    anchors: Sequence[AnchorPoint],
    forms: Mapping[int, Form],
    report: Report,
    *,
    shorter: bool,
) -> Finding:
    for anchor in anchors:
        said = anchor.chains.get(chain)
        for offset, (form, row, printed) in enumerate(said.leaves if said else ()):
            number = said.first + offset if said else 0
            if _print_of(links.get(number)) != (form, row, printed):
                table = forms[form].table if form in forms else f"form {form}"
                wrong = Wrong.CHAIN_DIFFERS if number in links else Wrong.CHAIN_SHORTER
                detail = f"anchor {anchor.number} of {time_text(anchor.at)}"
                return Finding(wrong, chain, number, table, row, detail)
    length = report.lengths.get(chain, 0)
    for anchor in anchors:
        said = anchor.chains.get(chain)
        if said and shorter and said.number > length:
            detail = (
                f"anchor {anchor.number} of {time_text(anchor.at)} says {said.number}, there are {length}"
            )
            return Finding(Wrong.CHAIN_SHORTER, chain, length + 1, detail=detail)
    return Finding(Wrong.CHAIN_DIFFERS, chain, _first_interval(chain, links, anchors))


def _first_interval(chain: str, links: Mapping[int, bytes], anchors: Sequence[AnchorPoint]) -> int:
    """Without leaves: the number after the last anchor whose head is still reached."""
    head, reached, number = GENESIS, 0, 0
    heads = {
        anchor.chains[chain].number: anchor.chains[chain].head for anchor in anchors if chain in anchor.chains
    }
    for number in sorted(links):
        head = sha256(head + links[number]).digest()
        if number in heads:
            if heads[number] != head.hex():
                break
            reached = number
    return reached + 1


def _print_of(line: bytes | None) -> tuple[int, int, str] | None:
    """What a leaf says of a link."""
    if line is None:
        return None
    _chain, _number, form, row, _at, hashed = line.decode().split("\t")
    return int(form), int(row), hashed[:16]


# --- Rows ---------------------------------------------------------------------------------------------------
class _Late:
    """By chain: the numbers at which it was anchored, and the oldest moment a row after each may say."""

    def __init__(self, anchors: Sequence[AnchorPoint]) -> None:
        self.numbers: dict[bytes, list[int]] = {}
        self.moments: dict[bytes, list[bytes]] = {}
        chains = {chain for anchor in anchors for chain in anchor.chains}
        for anchor in anchors:
            moment = time_text(anchor.at - LATE).encode()
            for chain in chains:
                # A chain that begins after an anchor was as long as nothing then.
                said = anchor.chains.get(chain)
                self.numbers.setdefault(chain.encode(), []).append(said.number if said else 0)
                self.moments.setdefault(chain.encode(), []).append(moment)
        self.any = anchors[-1] if anchors else None

    def among(
        self, chains: Sequence[bytes], numbers: Sequence[bytes], moments: Sequence[bytes]
    ) -> Iterator[int]:
        """Which of these rows say that they are too old. One by one only where the oldest moment would be too old for
        the last number of its chain."""
        places = list(map(int, numbers))
        last: dict[bytes, int] = {}
        for chain, place in zip(chains, places, strict=True):
            if place > last.get(chain, 0):
                last[chain] = place
        if min(moments) >= max(self._oldest(chain, place) for chain, place in last.items()):
            return
        for at, moment in enumerate(moments):
            if moment < self._oldest(chains[at], places[at]):
                yield at

    def _oldest(self, chain: bytes, place: int) -> bytes:
        """The oldest moment that a row at this place may say; nothing is older than b""."""
        assert self.any is not None  # nobody asks without an anchor
        numbers = self.numbers.get(chain)
        if numbers is None:  # a chain that no anchor knows began after all of them
            return time_text(self.any.at - LATE).encode()
        before = bisect_left(numbers, place)
        return self.moments[chain][before - 1] if before else b""


def _check_rows(source: Source, form: Form, late: _Late, report: Report) -> int:
    digest, seen = form.digest, 0
    column = next((at for at in map(form.index, TIME_COLUMNS) if at is not None), None)
    for block in source.rows(form):
        seen += len(block.lines)
        stored = list(map(unhexlify, block.hashes))
        computed = [sha256(digest + line).digest() for line in block.lines]
        changed: set[int] = set()
        if computed != stored:
            changed = {at for at, hashed in enumerate(computed) if hashed != stored[at]}
            report.findings += [_of_row(Wrong.ROW_CHANGED, form, block, at) for at in sorted(changed)]
        if column is not None and late.any is not None:
            moments = [line.split(b"\t", column + 1)[column] for line in block.lines]
            report.findings += [
                _of_row(Wrong.ROW_LATE, form, block, at, moments[at].decode())
                for at in late.among(block.chains, block.numbers, moments)
                if at not in changed
            ]
    report.rows += seen
    return seen


def _of_row(wrong: Wrong, form: Form, block: Rows, at: int, detail: str = "") -> Finding:
    return Finding(
        wrong, block.chains[at].decode(), int(block.numbers[at]), form.table, int(block.keys[at]), detail
    )
