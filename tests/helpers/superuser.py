"""Somebody who may write everything: rows, links, and whole tables as they were yesterday; nothing leaves a trace.

Every tampering is taken back with its savepoint, so what was sealed is read once.
"""

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection, transaction

from kpi_cms.foundation.audit import layouts, live
from kpi_cms.foundation.audit.canonical import GENESIS, Form, link_line, next_head, row_hash, time_text
from kpi_cms.foundation.audit.models import Anchor, Seal
from kpi_cms.foundation.audit.verifying import Finding
from tests.helpers.world import MOMENT

YESTERDAY = "yesterday_"


@dataclass(frozen=True)
class Named:
    """What a finding has to name: the number of a link in its chain or, of a row that has none, the row."""

    chain: str = ""
    number: int = 0
    table: str = ""
    row: int | str = ""

    def is_in(self, findings: Iterable[Finding]) -> bool:
        if self.number:
            return any((each.chain, each.number) == (self.chain, self.number) for each in findings)
        return any((each.table, each.row_id) == (self.table, self.row) for each in findings)


class NothingThere(Exception):
    """No row of this world can be tampered with so: the next draw."""


@dataclass(frozen=True)
class Link:
    form: int
    row: int
    at: datetime
    hashed: bytes


class Writer:
    """Made on a sealed and anchored world, whose `yesterday_` tables are there."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.forms: dict[int, Form] = {form.pk: form for form in layouts.stored_forms()}
        self.sealed = layouts.sealed_models()
        self.chains: dict[str, list[Link]] = {}
        self.places: dict[tuple[str, int], tuple[str, int]] = {}
        for seal in Seal.objects.order_by("chain", "number"):
            link = Link(seal.form_id, seal.row_id, seal.sealed_at, bytes(seal.row_hash))
            self.chains.setdefault(seal.chain, []).append(link)
            self.places[self.forms[seal.form_id].table, seal.row_id] = (seal.chain, seal.number)
        self.since = {chain: number for chain, (number, _head) in Anchor.objects.get(number=1).heads.items()}

    # --- Chains ---------------------------------------------------------------------------------------------
    def _link(self, table: str, row: int) -> Named:
        chain, number = self.places[table, row]
        return Named(chain, number, table, row)

    def _of(self, link: Link) -> tuple[str, int]:
        return self.forms[link.form].table, link.row

    def _hashed(self, link: Link) -> Link:
        form = self.forms[link.form]
        return replace(link, hashed=row_hash(form, layouts.lines_of(form, [link.row])[link.row]))

    def _rebuild(self, chain: str, links: Sequence[Link], changed: Iterable[tuple[str, int]] = ()) -> None:
        """The chain anew with these links, the hashes of changed rows as they are now."""
        touched = set(changed)
        links = [self._hashed(link) if self._of(link) in touched else link for link in links]
        former, head, first = self.chains[chain], GENESIS, 0
        while first < min(len(former), len(links)) and former[first] == links[first]:
            first += 1
        seals = []
        for number, link in enumerate(links, 1):
            line = link_line(chain, number, link.form, link.row, time_text(link.at), link.hashed)
            head = next_head(head, line)
            if number > first:
                seals.append(
                    Seal(
                        chain=chain, number=number, form_id=link.form, row_id=link.row, sealed_at=link.at,
                        row_hash=link.hashed, head=head,
                    )
                )  # fmt: skip
        Seal.objects.filter(chain=chain, number__gt=first)._raw_delete("default")
        Seal.objects.bulk_create(seals)

    def _rebuild_without(self, rows: Iterable[tuple[str, int]]) -> None:
        gone = set(rows)
        for chain in sorted({self.places[key][0] for key in gone}):
            self._rebuild(chain, [link for link in self.chains[chain] if self._of(link) not in gone])

    def _rehash(self, table: str, row: int) -> None:
        """The hash in the row's own link, and no head."""
        chain, number = self.places[table, row]
        link = self._hashed(self.chains[chain][number - 1])
        Seal.objects.filter(chain=chain, number=number).update(row_hash=link.hashed)

    def _insert_link(self, chain: str, table: str, row: int) -> Named:
        """A link for a new row, before one that was anchored; the chain rebuilt."""
        form = next(form for form in self.forms.values() if form.table == table)
        links = list(self.chains[chain])
        place = self.draw.randrange(len(links))
        links.insert(place, Link(form.pk, row, links[place].at, b""))
        self._rebuild(chain, links, [(table, row)])
        return Named(chain, place + 1)

    # --- Rows -----------------------------------------------------------------------------------------------
    def _one(self, rows: Sequence[Any]) -> Any:
        if not rows:
            raise NothingThere
        return self.draw.choice(rows)

    def _delete(self, model: Any, *keys: Any) -> None:
        model._base_manager.filter(pk__in=keys)._raw_delete("default")

    def _forge(self, model: Any, pk: Any, names: Iterable[str]) -> tuple[str, Any]:
        """Change one of these columns to something else; which, and to what."""
        fields = [model._meta.get_field(name) for name in names]
        self.draw.shuffle(fields)
        row = model._base_manager.get(pk=pk)
        for field in fields:
            value = self._other(field, getattr(row, field.attname))
            try:
                with transaction.atomic():
                    model._base_manager.filter(pk=pk).update(**{field.attname: value})
                return field.attname, value
            except DatabaseError:  # a condition that even a superuser would have to drop first
                continue
        raise NothingThere

    def _other(self, field: Any, now: Any) -> Any:
        kind = layouts.kind_of(field)
        if kind == "bool":
            return not now
        if kind == "int":
            return (now or 0) + 1
        if kind.startswith("decimal"):
            return (now or Decimal(0)) + 1
        if kind == "date":
            return (now or date(2026, 7, 1)) + timedelta(days=1)
        if kind == "time":
            return (now or MOMENT) + timedelta(hours=1)
        if kind == "uuid":
            return uuid.UUID(int=self.draw.getrandbits(128))
        if kind == "inet":
            return "10.0.0.7" if now != "10.0.0.7" else "10.0.0.8"
        if kind == "json":
            return {"x": str(self.draw.random())}
        return f"{self.draw.randrange(1000):03}"[: field.max_length] if now != "000" else "x"

    def _copied(self, model: Any, pk: Any, **more: Any) -> Any:
        """A row like this one under a new key; no signal, so no history."""
        row = model._base_manager.get(pk=pk)
        row.pk = None
        for name, value in more.items():
            setattr(row, name, value)
        last = max(model._base_manager.values_list("pk", flat=True))
        row.pk = last + 1
        try:
            with transaction.atomic():
                model._base_manager.bulk_create([row])
        except DatabaseError as error:
            raise NothingThere from error
        return row


# --- Yesterday ----------------------------------------------------------------------------------------------
def tables_to_restore() -> list[str]:
    """Everything that the world's acts write."""
    tracked = [model._meta.db_table for model in live.tracked_models()]
    more = [
        "evaluation_cardresult",
        "evaluation_versionpin",
        "audit_erasabletext",
        "audit_anchor",
        "audit_seal",
    ]
    return sorted({*tracked, *layouts.sealed_models(), *more})


def remember_yesterday() -> None:
    """Keep every row as it is now."""
    with connection.cursor() as cursor:
        for table in tables_to_restore():
            cursor.execute(f'CREATE TEMP TABLE "{YESTERDAY}{table}" AS SELECT * FROM "{table}"')


def put_back(table: str, key: str = "", value: Any = None) -> None:
    where, parameters = (f'WHERE "{key}" = %s', [value]) if key else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}" {where}', parameters)
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{YESTERDAY}{table}" {where}', parameters)
