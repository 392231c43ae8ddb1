"""A ledger in memory: rows, links and anchors as the sealer makes them, and everything a superuser can do to them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from kpi_cms.foundation.audit.canonical import GENESIS, Form, link_line, next_head, row_hash, time_text
from kpi_cms.foundation.audit.verifying import AnchorPoint, ChainAnchor, Finding, Links, Rows

BEGIN = datetime(2026, 8, 3, 1, 0, tzinfo=UTC)
ENTRY = Form(
    "audit_ledgerentry",
    (("id", "int"), ("act", "text"), ("at", "time"), ("unit_id", "int"), ("after", "json")),
    1,
)
HISTORY = Form(
    "evaluation_historicalscore",
    (
        ("id", "int"),
        ("unit_id", "int"),
        ("value", "decimal.3"),
        ("history_id", "int"),
        ("history_date", "time"),
    ),
    2,
)
CHAINS = ("@", "HN", "VINH")


@dataclass
class Link:
    chain: str
    number: int
    form: int
    row: int
    at: datetime
    hashed: bytes
    head: bytes = b""

    @property
    def line(self) -> bytes:
        return link_line(self.chain, self.number, self.form, self.row, time_text(self.at), self.hashed)


def in_blocks(every: list, size: int = 7) -> Iterator[list]:
    for first in range(0, len(every), size):
        yield every[first : first + size]


@dataclass
class Memory:
    """A `Source` whose rows are (form, row) → values, and whose links are a list for each chain."""

    rows_of: dict[tuple[int, int], list] = field(default_factory=dict)
    links_of: dict[str, list[Link]] = field(default_factory=dict)
    waiting: set[tuple[int, int]] = field(default_factory=set)

    # What the verifier asks.
    def forms(self) -> list[Form]:
        return [ENTRY, HISTORY]

    def links(self) -> Iterator[Links]:
        """In blocks that end anywhere: within a chain, and at its end."""
        every = [
            link
            for chain in sorted(self.links_of)
            for link in sorted(self.links_of[chain], key=lambda link: link.number)
        ]
        for some in in_blocks(every):
            yield Links([link.line for link in some], [link.head.hex().encode() for link in some])

    def _named(self) -> dict[tuple[int, int], Link]:
        return {(link.form, link.row): link for links in self.links_of.values() for link in links}

    def rows(self, form: Form) -> Iterator[Rows]:
        named = [
            (link, row) for (number, row), link in self._named().items()
            if number == form.pk and (number, row) in self.rows_of
        ]  # fmt: skip
        for some in in_blocks(named):
            yield Rows(
                [link.chain.encode() for link, _row in some],
                [b"%d" % link.number for link, _row in some],
                [link.hashed.hex().encode() for link, _row in some],
                [b"%d" % row for _link, row in some],
                [form.line(self.rows_of[form.pk, row]) for _link, row in some],
            )

    def unsealed(self, table):
        form = next(form for form in self.forms() if form.table == table)
        named = self._named()
        return [
            row for number, row in self.rows_of if number == form.pk
            if (number, row) not in named and (number, row) not in self.waiting
        ]  # fmt: skip

    def links_without_row(self, form):
        return [
            (link.chain, link.number, link.row)
            for key, link in self._named().items()
            if key[0] == form.pk and key not in self.rows_of
        ]

    # What the sealer and a superuser do.
    def append(self, form: Form, row: int, values: list, chain: str, at: datetime) -> None:
        self.rows_of[form.pk, row] = values
        links = self.links_of.setdefault(chain, [])
        link = Link(chain, len(links) + 1, form.pk, row, at, row_hash(form, form.line(values)))
        link.head = next_head(links[-1].head if links else GENESIS, link.line)
        links.append(link)

    def rebuild(self, chain: str) -> None:
        """Number and hash a chain anew from the rows as they are: what somebody does who knows how it is made."""
        head = GENESIS
        self.links_of[chain] = [
            link for link in self.links_of[chain] if (link.form, link.row) in self.rows_of
        ]
        for number, link in enumerate(self.links_of[chain], 1):
            form = ENTRY if link.form == ENTRY.pk else HISTORY
            link.chain, link.number = chain, number
            link.hashed = row_hash(form, form.line(self.rows_of[link.form, link.row]))
            link.head = head = sha256(head + link.line).digest()

    def anchor(self, number: int, at: datetime, before: AnchorPoint | None) -> AnchorPoint:
        chains = {}
        for chain, links in self.links_of.items():
            first = (before.chains[chain].number if before and chain in before.chains else 0) + 1
            leaves = [(link.form, link.row, link.hashed.hex()[:16]) for link in links[first - 1 :]]
            chains[chain] = ChainAnchor(len(links), links[-1].head.hex(), first, leaves)
        return AnchorPoint(number, at, chains)


def made(size: int, seed: int) -> tuple[Memory, list[AnchorPoint]]:
    """A ledger of `size` rows in three chains, anchored a few times, the last time at its end."""
    draw = random.Random(seed)
    ledger, anchors = Memory(), []
    cuts = sorted({size, *(draw.randint(1, size) for _each in range(draw.randint(0, 3)))})
    for number in range(1, size + 1):
        at = BEGIN + timedelta(seconds=20 * number)
        chain = draw.choice(CHAINS)
        unit = CHAINS.index(chain)
        if draw.random() < 0.5:
            values = [
                number,
                draw.choice(["score.changed", "card.returned"]),
                at,
                unit,
                {"II.4": str(number % 7)},
            ]
            ledger.append(ENTRY, number, values, chain, at)
        else:
            ledger.append(HISTORY, number, [number % 40, unit, number % 9, number, at], chain, at)
        if number in cuts:
            anchors.append(ledger.anchor(len(anchors) + 1, at, anchors[-1] if anchors else None))
    return ledger, anchors


# --- What is done to it -------------------------------------------------------------------------------------
# Each gives back what has to be named: (table, row) or (chain, number) pairs, one of which is enough.
Named = set[tuple[str, int]]
TABLES = {ENTRY.pk: ENTRY.table, HISTORY.pk: HISTORY.table}


def _a_chain(ledger: Memory, draw: random.Random) -> str:
    return draw.choice([chain for chain, links in ledger.links_of.items() if links])


def _a_link(ledger: Memory, draw: random.Random) -> Link:
    return draw.choice(ledger.links_of[_a_chain(ledger, draw)])


def _name(*links: Link) -> Named:
    return {(TABLES[link.form], link.row) for link in links}


def _change(ledger: Memory, link: Link, draw: random.Random) -> None:
    values = ledger.rows_of[link.form, link.row]
    if link.form == ENTRY.pk:
        column = draw.choice([1, 3, 4])
        values[column] = ["", "x", 0, 77, {"II.4": "10"}][column]
    else:
        column = draw.choice([0, 1, 2])
        values[column] += 1


def edit(ledger, draw):
    link = _a_link(ledger, draw)
    _change(ledger, link, draw)
    return _name(link)


def edit_and_rebuild(ledger, draw):
    link = _a_link(ledger, draw)
    _change(ledger, link, draw)
    ledger.rebuild(link.chain)
    return _name(link)


def edit_and_rehash(ledger, draw):
    """The hash of the row in its link is made anew, the chain is not."""
    link = _a_link(ledger, draw)
    _change(ledger, link, draw)
    form = ENTRY if link.form == ENTRY.pk else HISTORY
    link.hashed = row_hash(form, form.line(ledger.rows_of[link.form, link.row]))
    return _name(link)


def delete(ledger, draw):
    link = _a_link(ledger, draw)
    del ledger.rows_of[link.form, link.row]
    return _name(link)


def delete_with_link(ledger, draw):
    link = _a_link(ledger, draw)
    del ledger.rows_of[link.form, link.row]
    ledger.links_of[link.chain].remove(link)
    return {(link.chain, link.number)} | _name(link)


def delete_and_rebuild(ledger, draw):
    link = _a_link(ledger, draw)
    del ledger.rows_of[link.form, link.row]
    ledger.rebuild(link.chain)
    return _name(link)


def reorder(ledger, draw):
    chain = max(ledger.links_of, key=lambda chain: len(ledger.links_of[chain]))
    links = ledger.links_of[chain]
    if len(links) < 2:
        return edit(ledger, draw)
    one, other = draw.sample(links, 2)
    one.number, other.number = other.number, one.number
    return _name(one, other)


def reorder_and_rebuild(ledger, draw):
    chain = max(ledger.links_of, key=lambda chain: len(ledger.links_of[chain]))
    links = ledger.links_of[chain]
    if len(links) < 2:
        return edit_and_rebuild(ledger, draw)
    one, other = sorted(draw.sample(range(len(links)), 2))
    named = _name(links[one], links[other])
    links[one], links[other] = links[other], links[one]
    ledger.rebuild(chain)
    return named


def _new_row(ledger: Memory, link: Link) -> tuple[Form, int, list]:
    form = ENTRY if link.form == ENTRY.pk else HISTORY
    row = 1_000_000 + len(ledger.rows_of)
    values = list(ledger.rows_of[link.form, link.row])
    values[0 if form is ENTRY else 3] = row
    return form, row, values


def insert(ledger, draw):
    form, row, values = _new_row(ledger, _a_link(ledger, draw))
    ledger.rows_of[form.pk, row] = values
    return {(form.table, row)}


def insert_and_seal(ledger, draw):
    """The trigger puts it down, the sealer seals it: it says that it is older than the anchors before its seal."""
    link = _a_link(ledger, draw)
    form, row, values = _new_row(ledger, link)
    place = 2 if form is ENTRY else 4
    values[place] = BEGIN - timedelta(hours=1)
    ledger.append(form, row, values, link.chain, BEGIN + timedelta(days=3))
    return {(form.table, row)}


def insert_and_rebuild(ledger, draw):
    link = _a_link(ledger, draw)
    form, row, values = _new_row(ledger, link)
    ledger.rows_of[form.pk, row] = values
    links = ledger.links_of[link.chain]
    at = links.index(link)
    named = _name(link) | {(form.table, row)}
    links.insert(at, Link(link.chain, 0, form.pk, row, link.at, b""))
    ledger.rebuild(link.chain)
    return named


def cut_the_tail(ledger, draw):
    chain = _a_chain(ledger, draw)
    links = ledger.links_of[chain]
    lost = links[-draw.randint(1, len(links)) :]
    for link in lost:
        links.remove(link)
        del ledger.rows_of[link.form, link.row]
    return {(chain, lost[0].number)} | _name(*lost)


def swap_units(ledger, draw):
    one, other = _a_link(ledger, draw), _a_link(ledger, draw)
    place = {ENTRY.pk: 3, HISTORY.pk: 1}
    values, others = ledger.rows_of[one.form, one.row], ledger.rows_of[other.form, other.row]
    mine, theirs = values[place[one.form]], others[place[other.form]]
    if mine == theirs:
        return edit(ledger, draw)
    values[place[one.form]], others[place[other.form]] = theirs, mine
    return _name(one, other)


def swap_rows(ledger, draw):
    """Two rows of one table exchange what they hold, but for their keys."""
    one = _a_link(ledger, draw)
    alike = [
        link
        for links in ledger.links_of.values()
        for link in links
        if link.form == one.form and link is not one
    ]
    if not alike:
        return edit(ledger, draw)
    other = draw.choice(alike)
    key = 0 if one.form == ENTRY.pk else 3
    values, others = ledger.rows_of[one.form, one.row], ledger.rows_of[other.form, other.row]
    values[:], others[:] = others[:], values[:]
    values[key], others[key] = others[key], values[key]
    return _name(one, other)


def restore_yesterday(ledger, draw):
    """Everything as it was at some number of rows: a whole backup, consistent in itself."""
    every = sorted((link.at, chain) for chain, links in ledger.links_of.items() for link in links)
    moment = draw.choice(every)[0]
    lost = []
    for chain in list(ledger.links_of):
        links = ledger.links_of[chain]
        gone = [link for link in links if link.at >= moment]
        ledger.links_of[chain] = [link for link in links if link.at < moment]
        lost += gone
        if not ledger.links_of[chain]:
            del ledger.links_of[chain]
        for link in gone:
            del ledger.rows_of[link.form, link.row]
    return _name(*lost) | {(link.chain, link.number) for link in lost}


def move_between_chains(ledger, draw):
    """A link goes over into another unit's chain, and both are hashed anew."""
    link = _a_link(ledger, draw)
    others = [chain for chain in ledger.links_of if chain != link.chain]
    if not others:
        return edit_and_rebuild(ledger, draw)
    origin, target = link.chain, draw.choice(others)
    named = _name(link)
    ledger.links_of[origin].remove(link)
    ledger.links_of[target].insert(draw.randint(0, len(ledger.links_of[target])), link)
    at = ledger.links_of[target].index(link)
    named |= _name(*ledger.links_of[target][at + 1 : at + 2])
    if ledger.links_of[origin]:
        ledger.rebuild(origin)
    else:
        del ledger.links_of[origin]
    ledger.rebuild(target)
    return named


TAMPERINGS: tuple[Callable[[Memory, random.Random], Named], ...] = (
    edit, edit_and_rebuild, edit_and_rehash, delete, delete_with_link, delete_and_rebuild, reorder,
    reorder_and_rebuild, insert, insert_and_seal, insert_and_rebuild, cut_the_tail, swap_units, swap_rows,
    restore_yesterday, move_between_chains,
)  # fmt: skip


def names(findings: list[Finding], wanted: Named) -> bool:
    """Whether what was done is among what was found: by its record, or by the number that is missing in its chain."""
    found = {(finding.table, finding.row_id) for finding in findings}
    found |= {(finding.chain, finding.number) for finding in findings if finding.number}
    return bool(found & wanted)
