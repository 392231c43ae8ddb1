"""The ledger of the database, for the verifier: plain SELECTs, nothing that the database computes by itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from . import append_only, layouts
from .canonical import Form, link_line, time_text
from .models import Seal, SealWaiting
from .sealing import reading_everything
from .verifying import Links, Rows

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """What a verification is confined to: one chain, and of the records those of some units, or single ones.

    `records` is table → keys; models without a unit are left to the whole verification.
    """

    chain: str = ""
    units: Sequence[int] | None = None
    records: Mapping[str, Sequence[int]] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every record is looked at, of whichever chain."""
        return self.units is None and self.records is None


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything inside is read as of one moment: a row is not committed between two questions."""
    with transaction.atomic():
        if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        with reading_everything("verifying reads what it hashes"):
            yield


@dataclass
class DatabaseSource:
    """Rows and links of this database, whole or in part."""

    part: Part = field(default_factory=Part)

    def forms(self) -> list[Form]:
        return layouts.stored_forms()

    def links(self) -> Iterator[Links]:
        if connection.vendor == "postgresql":
            where, parameters = ("WHERE chain = %s", [self.part.chain]) if self.part.chain else ("", [])
            for block in layouts.copied_in_blocks(
                f"SELECT chain, number, form_id, row_id, sealed_at, row_hash, head FROM audit_seal {where} "
                "ORDER BY chain, number",  # of an index, and in any collation the links of a chain stand together
                parameters,
            ):
                links = [row.rsplit(b"\t", 2) for row in block]
                # Bytes are written as \\x and digits.
                yield Links(
                    [rest + b"\t" + hashed[3:] for rest, hashed, _head in links],
                    [head[3:] for _rest, _hashed, head in links],
                )
            return
        seals = self._seals().order_by("chain", "number").iterator(chunk_size=2_000)
        for some in _in_blocks(seals):
            yield Links(
                [
                    link_line(
                        seal.chain,
                        seal.number,
                        seal.form_id,
                        seal.row_id,
                        time_text(seal.sealed_at),
                        bytes(seal.row_hash),
                    )
                    for seal in some
                ],
                [bytes(seal.head).hex().encode() for seal in some],
            )

    def rows(self, form: Form) -> Iterator[Rows]:
        if connection.vendor == "postgresql":
            where, parameters = ("WHERE s.chain = %s", [self.part.chain]) if self.part.chain else ("", [])
            key = append_only.key_column(form.table)
            # In the order of the keys, in which rows and links were written: both are read along an index, side by
            # side, and nothing is sorted or put aside, however long the ledger is.
            for block in layouts.copied_in_blocks(
                f'SELECT s.chain, s.number, s.row_hash, s.row_id, {layouts.quoted(form, "t.")} FROM "{form.table}" t '
                f'JOIN audit_seal s ON s.form_id = {form.pk} AND s.row_id = t."{key}" {where} ORDER BY t."{key}"',
                parameters,
            ):
                chains, numbers, hashes, keys, lines = zip(
                    *[row.split(b"\t", 4) for row in block], strict=True
                )
                yield Rows(chains, numbers, [hashed[3:] for hashed in hashes], keys, lines)
            return
        seals = {
            seal.row_id: seal for seal in self._seals().filter(form_id=form.pk).iterator(chunk_size=2_000)
        }
        named = ((seals[pk], line) for pk, line in layouts.lines_by_model(form) if pk in seals)
        for some in _in_blocks(named):
            yield Rows(
                [seal.chain.encode() for seal, _line in some],
                [b"%d" % seal.number for seal, _line in some],
                [bytes(seal.row_hash).hex().encode() for seal, _line in some],
                [b"%d" % seal.row_id for seal, _line in some],
                [line for _seal, line in some],
            )

    def unsealed(self, table: str) -> Iterable[int]:
        """Of every chain: what no link names is in none."""
        forms = [form.pk for form in layouts.stored_forms() if form.table == table]
        rows = layouts.sealed_models()[table]._base_manager.filter(
            ~Exists(Seal.objects.filter(form_id__in=forms, row_id=OuterRef("pk"))),
            ~Exists(SealWaiting.objects.filter(source=table, row_id=OuterRef("pk"))),
        )
        return rows.order_by("pk").values_list("pk", flat=True)

    def links_without_row(self, form: Form) -> Iterable[tuple[str, int, int]]:
        model = layouts.sealed_models()[form.table]
        gone = self._seals().filter(
            ~Exists(model._base_manager.filter(pk=OuterRef("row_id"))), form_id=form.pk
        )
        return gone.order_by("chain", "number").values_list("chain", "number", "row_id")

    def _seals(self) -> Any:
        return Seal.objects.filter(chain=self.part.chain) if self.part.chain else Seal.objects.all()


def _in_blocks(rows: Iterator[T]) -> Iterator[list[T]]:
    while block := list(islice(rows, layouts.BLOCK)):
        yield block
