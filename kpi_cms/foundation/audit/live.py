"""The records themselves against their sealed history, and the texts against their keys.

The chain proves the history; a record is what the last row of its history says, column for column. Rooms above add with
`checks` what only they know: texts that stand in a record too, results that follow from rows, rows of an opening.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, Max, OuterRef

from . import append_only, layouts
from .canonical import Form, text_key
from .enums import Act
from .history import HistoryRow
from .ledger import rows_digest
from .models import ErasableText, LedgerEntry
from .source import Part
from .verifying import Finding, Wrong

Check = Callable[[Part], Iterable[Finding]]
checks: list[Check] = []

DELETED = "-"
NOT_TEXTS = {"group_key"}  # what parts of one product share; no text


def check_everything(part: Part | None = None) -> Iterator[Finding]:
    """All that this module and the rooms above know to compare."""
    part = part or Part()
    for model in tracked_models():
        yield from check_records(model, part)
    if not part.chain and part.rows is None:
        yield from check_texts()
        yield from check_digests()
    for check in checks:
        yield from check(part)


# --- Records ------------------------------------------------------------------------------------------------
def tracked_models() -> list[type[models.Model]]:
    """Every model whose changes history keeps, by table."""
    histories: list[Any] = [model for model in apps.get_models() if issubclass(model, HistoryRow)]
    return sorted((history.instance_type for history in histories), key=lambda model: model._meta.db_table)


def check_records(model: type[models.Model], part: Part) -> Iterator[Finding]:
    """Each record against the last row of its history, in the columns that both have."""
    history = model.history.model  # type: ignore[attr-defined]  # simple-history adds the manager
    table = model._meta.db_table
    if part.rows is not None and table not in part.rows:
        return
    shared = {field.column for field in history._meta.concrete_fields}
    live = layouts.form_of(
        model, only=[str(field.column) for field in model._meta.concrete_fields if field.column in shared]
    )
    past = Form(history._meta.db_table, (("history_type", "text"), *live.columns))
    records = _lines(live, model, model._base_manager.order_by("pk"), part)
    latest = _latest(past, model, history, part)
    for pk, record, row in _side_by_side(records, latest):
        kind, said = row.split(b"\t", 1) if row is not None else (b"", None)
        if row is None:
            yield Finding(Wrong.RECORD_ADDED, table=table, row_id=pk)
        elif record is None:
            if kind.decode() != DELETED:
                yield Finding(Wrong.RECORD_MISSING, table=table, row_id=pk)
        elif kind.decode() == DELETED:
            yield Finding(
                Wrong.RECORD_ADDED, table=table, row_id=pk, detail="its history says it was deleted"
            )
        elif record != said:
            assert said is not None
            now, then = live.values(record), live.values(said)
            differing = [name for name in now if now[name] != then[name]]
            yield Finding(Wrong.RECORD_CHANGED, table=table, row_id=pk, detail=", ".join(differing))


def _lines(form: Form, model: type[models.Model], rows: Any, part: Part) -> Iterator[tuple[int, bytes]]:
    table, key = model._meta.db_table, append_only.key_column(model._meta.db_table)
    ids = part.rows.get(table) if part.rows is not None else None
    if connection.vendor != "postgresql":
        return layouts.model_lines(form, rows.filter(pk__in=ids) if ids is not None else rows)
    where, parameters = (f'WHERE "{key}" = ANY (%s)', [list(ids)]) if ids is not None else ("", [])
    found = layouts.copied(
        f'SELECT "{key}", {layouts.quoted(form)} FROM "{table}" {where} ORDER BY "{key}"', parameters
    )
    return _keyed(found)


def _keyed(rows: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((int(pk), line) for pk, line in (row.split(b"\t", 1) for row in rows))


def _latest(past: Form, model: type[models.Model], history: Any, part: Part) -> Iterator[tuple[int, bytes]]:
    """The last row of each record's history: its key was drawn while the record was locked."""
    pk = model._meta.pk
    assert pk is not None  # every model has a key
    ids = part.rows.get(model._meta.db_table) if part.rows is not None else None
    if connection.vendor != "postgresql":
        rows = (
            history._base_manager.all()
            if ids is None
            else history._base_manager.filter(**{f"{pk.name}__in": ids})
        )
        last = rows.values(pk.attname).annotate(last=Max("history_id")).values("last")
        found = history._base_manager.filter(history_id__in=last).order_by(pk.attname)
        by_column = {field.column: field.attname for field in history._meta.concrete_fields}
        names = [by_column[name] for name, _kind in past.columns]
        for key, *values in found.values_list(pk.attname, *names).iterator(chunk_size=2_000):
            yield key, past.line(values)
        return
    where, parameters = (f'WHERE "{pk.column}" = ANY (%s)', [list(ids)]) if ids is not None else ("", [])
    yield from _keyed(
        layouts.copied(
            f'SELECT h."{pk.column}", {layouts.quoted(past, "h.")} FROM "{past.table}" h JOIN (SELECT max(history_id) '
            f'AS last FROM "{past.table}" {where} GROUP BY "{pk.column}") l ON h.history_id = l.last ORDER BY 1',
            parameters,
        )
    )


def _side_by_side(
    left: Iterator[tuple[int, bytes]], right: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Two streams by ascending key as one."""
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one[1], None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(right, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(left, None), next(right, None)


# --- Texts --------------------------------------------------------------------------------------------------
def check_texts() -> Iterator[Finding]:
    """Every text against its key; a blank one against the act that blanked it; every key against the texts."""
    table = ErasableText._meta.db_table
    erased: set[str] = set()
    for after in LedgerEntry.objects.filter(act=Act.TEXT_ERASED).values_list("after", flat=True):
        erased |= set((after or {}).get("texts", ()))
    rows = ErasableText.objects.values_list("key", "kind", "text", "salt", "person_code", "erased_at")
    for key, kind, text, salt, code, erased_at in rows.iterator(chunk_size=2_000):
        if erased_at is None and salt:
            if text_key(salt, kind, code, text) != key:
                yield Finding(Wrong.TEXT_CHANGED, table=table, row_id=str(key))
        elif str(key) not in erased:
            yield Finding(Wrong.TEXT_BLANKED, table=table, row_id=str(key))
        elif text or salt:
            yield Finding(Wrong.TEXT_CHANGED, table=table, row_id=str(key), detail="it was erased")
    for source, column, found in _missing_texts():
        yield Finding(Wrong.TEXT_MISSING, table=source, row_id=found, detail=column)


def _missing_texts() -> Iterator[tuple[str, str, int]]:
    """(Table, column, row) that points at a text which is not there."""
    for table, model in layouts.sealed_models().items():
        for field in model._meta.concrete_fields:
            names_a_text = field.name.endswith("_key") or field.name == "history_change_reason"
            if field.get_internal_type() != "UUIDField" or not names_a_text or field.name in NOT_TEXTS:
                continue
            there = ErasableText.objects.filter(key=OuterRef(field.name))
            rows = model._base_manager.filter(**{f"{field.name}__isnull": False}).filter(~Exists(there))
            for pk in rows.order_by("pk").values_list("pk", flat=True):
                yield table, str(field.column), pk


# --- Digests ------------------------------------------------------------------------------------------------
def check_digests() -> Iterator[Finding]:
    """Entries of acts on thousands of rows against the rows that history has of them."""
    forms = {(form.table, form.digest.hex()[:16]): form for form in layouts.stored_forms()}
    entries = LedgerEntry.objects.filter(after__has_key="rows").order_by("pk")
    for pk, request_id, after in entries.values_list("pk", "request_id", "after").iterator(chunk_size=500):
        assert after is not None  # it has a key
        for table, said in after["rows"].items():
            form = forms.get((table, said["form"])) or layouts.present_form(table)
            rows = layouts.sealed_models()[table]._base_manager.filter(
                pk__gte=said["from"], pk__lte=said["to"], history_request_id=request_id
            )
            if rows_digest(form, rows) != said:
                yield Finding(Wrong.DIGEST_DIFFERS, table=LedgerEntry._meta.db_table, row_id=pk, detail=table)
