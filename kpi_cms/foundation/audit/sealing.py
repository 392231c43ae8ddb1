"""The sealer: chains every row of a sealed table once it is committed, in the order in which it finds them.

A trigger puts each new row down in `audit_sealwaiting` in its writer's own transaction. The sealer takes a batch of
them, hashes the rows, appends their links and takes them off the list, in one transaction under one lock. So it does
not matter in which order transactions commit, and wherever it is killed, nothing is lost and nothing doubled.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.scope_model import scope_model
from kpi_cms.foundation.core.told import telling

from . import layouts, restores
from .canonical import GENESIS, PROVINCE, Form, escape, link_line, next_head, row_hash, time_text
from .chains import chains_of
from .models import Seal, SealWaiting

logger = logging.getLogger(__name__)

BATCH = 5_000
LOCK = 7_336_002  # the product's own number among PostgreSQL's advisory locks
NOBODY = "0"  # the account that seals and verifies: none, and it passes the second wall by saying why


@dataclass(frozen=True)
class Head:
    """The last link of a chain: its number (0 before the first) and its head, 32 bytes."""

    number: int = 0
    digest: bytes = GENESIS


# --- Doors --------------------------------------------------------------------------------------------------
def seal_waiting(*, moment: datetime | None = None) -> int:
    """Seal everything that waits, batch by batch, each in a transaction of its own; how many. The scheduler's work.

    Nothing while a restored backup is not signed off: the chains stay as short as they were found.
    """
    sealed = 0
    if restores.is_read_only():
        return sealed
    while SealWaiting.objects.exists():  # asked first: on SQLite a transaction is a lock on the whole file
        done = _seal_batch()
        sealed += done
        if done < BATCH:
            break
    return sealed


def seal_now() -> int:
    """Seal everything that waits before something is printed, exported or anchored, in the caller's transaction.

    What the caller's own transaction wrote before is sealed with it; the lock is held until it ends.
    """
    sealed = 0
    while (done := _seal_batch()) == BATCH:
        sealed += done
    return sealed + done


def head_of(chain: str) -> Head:
    """The last link of a chain."""
    row = Seal.objects.filter(chain=chain).order_by("-number").values_list("number", "head").first()
    return Head(row[0], bytes(row[1])) if row else Head()


def chains() -> list[str]:
    """Every chain that has a link, in order; found by jumps along the index, not by reading it."""
    found: list[str] = []
    while True:
        after = Seal.objects.filter(chain__gt=found[-1]) if found else Seal.objects.all()
        following = after.order_by("chain", "number").values_list("chain", flat=True).first()
        if following is None:
            return found
        found.append(following)


def heads() -> dict[str, Head]:
    return {chain: head_of(chain) for chain in chains()}


@contextmanager
def reading_everything(why: str) -> Iterator[None]:
    """A transaction that the second wall lets read every row: sealing and verifying show nobody anything of them."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), telling(to_the_end=outermost, actor=NOBODY, beyond=why):
        yield


def take_turns(lock: int) -> None:
    """One at a time, until the transaction ends. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


# Chain, number, form, row, hash of the row, head.
_Link = tuple[str, int, int, int, bytes, bytes]


# --- One batch ----------------------------------------------------------------------------------------------
@dataclass
class _Row:
    form: Form
    row_id: int
    line: bytes
    unit_id: int | None


def _seal_batch() -> int:
    """Seal the next batch; how many rows were taken off the list."""
    with reading_everything("sealing reads what it hashes"):
        take_turns(LOCK)
        waiting = list(SealWaiting.objects.order_by("pk").values_list("pk", "source", "row_id")[:BATCH])
        if not waiting:
            return 0
        rows = _rows([(source, row_id) for _pk, source, row_id in waiting])
        _append(rows, database_now())
        for first in range(0, len(waiting), layouts.PART):
            part = [pk for pk, _source, _row_id in waiting[first : first + layouts.PART]]
            SealWaiting.objects.filter(pk__in=part).delete()
    return len(waiting)


def _rows(waiting: Sequence[tuple[str, int]]) -> list[_Row]:
    """The rows to seal, in the order of the list: without those that were sealed before or are not there."""
    ids: dict[str, list[int]] = defaultdict(list)
    for source, row_id in waiting:
        ids[source].append(row_id)
    forms = layouts.forms_for_sealing(sorted(ids))
    numbers: dict[str, list[int]] = defaultdict(list)
    for form in layouts.stored_forms():
        numbers[form.table].append(form.pk)
    found: dict[tuple[str, int], _Row] = {}
    for source, wanted in ids.items():
        form = forms[source]
        sealed = _sealed(numbers[source], wanted)
        place = _unit_column(form)
        for row_id, line in layouts.lines_of(form, [one for one in wanted if one not in sealed]).items():
            unit = line.split(b"\t", place + 1)[place] if place is not None else b"\\N"
            found[source, row_id] = _Row(form, row_id, line, None if unit == b"\\N" else int(unit))
    return [found.pop(key) for key in waiting if key in found]


def _sealed(forms: Sequence[int], ids: Sequence[int]) -> set[int]:
    """Which of these rows have a link already."""
    found: set[int] = set()
    for first in range(0, len(ids), layouts.PART):
        part = ids[first : first + layouts.PART]
        found |= set(Seal.objects.filter(form_id__in=forms, row_id__in=part).values_list("row_id", flat=True))
    return found


def _unit_column(form: Form) -> int | None:
    """Where the line says in which unit it happened; a unit's own history says it with its key."""
    history = getattr(scope_model(), "history", None)
    if history is not None and form.table == history.model._meta.db_table:
        return form.index("id")
    return form.index("unit_id")


def _append(rows: Sequence[_Row], moment: datetime) -> None:
    chain_of = chains_of(row.unit_id for row in rows if row.unit_id is not None)
    last: dict[str, Head] = {}
    sealed_at = time_text(moment)
    links: list[_Link] = []
    for row in rows:
        chain = chain_of.get(row.unit_id, PROVINCE) if row.unit_id is not None else PROVINCE
        if chain not in last:
            last[chain] = head_of(chain)
        number = last[chain].number + 1
        hashed = row_hash(row.form, row.line)
        line = link_line(chain, number, row.form.pk, row.row_id, sealed_at, hashed)
        head = next_head(last[chain].digest, line)
        last[chain] = Head(number, head)
        links.append((chain, number, row.form.pk, row.row_id, hashed, head))
    if connection.vendor == "postgresql":
        _copy_in(links, sealed_at)
        return
    Seal.objects.bulk_create(
        (
            Seal(
                chain=chain, number=number, form_id=form, row_id=row_id, sealed_at=moment, row_hash=hashed, head=head
            )
            for chain, number, form, row_id, hashed, head in links
        ),
        batch_size=1_000,
    )  # fmt: skip


def _copy_in(links: Sequence[_Link], sealed_at: str) -> None:
    """Five times as fast as INSERTs of a thousand: an opening waits for as many seals as it made rows."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY audit_seal (chain, number, form_id, row_id, sealed_at, row_hash, head) FROM STDIN"
        ) as out,
    ):
        for chain, number, form, row_id, hashed, head in links:
            out.write(
                f"{escape(chain)}\t{number}\t{form}\t{row_id}\t{sealed_at}\t"
                f"\\\\x{hashed.hex()}\t\\\\x{head.hex()}\n"
            )
