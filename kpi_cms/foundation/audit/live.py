"""The records themselves against their sealed history, and the texts against their keys.

The chain proves the history; a record is what the last row of its history says, column for column. Rooms above add with
`checks` what only they know: texts that stand in a record too, results that follow from rows, rows of an opening.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from django.db import connection, models
from django.db.models import Exists, Max, OuterRef

from . import append_only, layouts, pointing
from .canonical import Form, text_key
from .enums import Act
from .ledger import rows_digest
from .models import ErasableText, LedgerEntry
from .source import Part
from .verifying import Finding, Wrong

Check = Callable[[Part], Iterable[Finding]]
checks: list[Check] = []

DELETED = "-"
MISSING = b"\\N"


def check_everything(part: Part | None = None) -> Iterator[Finding]:
    """All that this module and the rooms above know to compare."""
    part = part or Part()
    for model in tracked_models():
        yield from check_records(model, part)
    if part.is_whole:
        yield from check_texts()
        yield from check_digests()
    else:
        yield from check_shown_texts(part)
    for check in checks:
        yield from check(part)


# --- Records ------------------------------------------------------------------------------------------------
def tracked_models() -> list[type[models.Model]]:
    """Every model whose changes history keeps, by table."""
    return sorted(
        (history.instance_type for history in layouts.histories()), key=lambda model: model._meta.db_table
    )


def check_records(model: type[models.Model], part: Part) -> Iterator[Finding]:
    """Each record against the last row of its history, in the columns that both have."""
    history = model.history.model  # type: ignore[attr-defined]  # simple-history adds the manager
    table = model._meta.db_table
    if not _is_in(model, part):
        return
    shared = {field.column for field in history._meta.concrete_fields}
    live = layouts.form_of(
        model, only=[str(field.column) for field in model._meta.concrete_fields if field.column in shared]
    )
    past = Form(history._meta.db_table, (("history_type", "text"), *live.columns))
    for pk, record, row in _pairs(live, past, model, history, part):
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


def _is_in(model: type[models.Model], part: Part) -> bool:
    """Whether a part says which records of a model are its own."""
    if part.records is not None and model._meta.db_table not in part.records:
        return False
    return part.units is None or "unit_id" in {field.column for field in model._meta.concrete_fields}


Pairs = Iterator[tuple[int, bytes | None, bytes | None]]


def _pairs(live: Form, past: Form, model: type[models.Model], history: Any, part: Part) -> Pairs:
    """(Key, line of the record, line of the last row of its history), where they are there, by key.

    A record's last row is that of the greatest key, which was drawn while the record was locked.
    """
    if connection.vendor == "postgresql":
        yield from _joined(live, past, part)
        return
    pk = model._meta.pk
    assert pk is not None  # every model has a key
    table = model._meta.db_table
    records = model._base_manager.filter(**_lookups(part, table, "pk")).order_by("pk")
    rows = history._base_manager.filter(**_lookups(part, table, pk.name))
    last = rows.values(pk.attname).annotate(last=Max("history_id")).values("last")
    found = history._base_manager.filter(history_id__in=last).order_by(pk.attname)
    yield from _side_by_side(
        layouts.model_lines(live, records), layouts.model_lines(past, found, key=pk.attname)
    )


def _joined(live: Form, past: Form, part: Part) -> Pairs:
    """The same by one SELECT: a connection carries one stream at a time."""
    table, key = live.table, append_only.key_column(live.table)
    where, parameters = _conditions(part, table, key)
    count = len(live.columns)
    rows = layouts.copied(
        f'SELECT coalesce(l."{key}", h."{key}"), l."{key}", {layouts.quoted(live, "l.")}, h."{key}", '
        f'{layouts.quoted(past, "h.")} FROM (SELECT * FROM "{table}" {where}) l FULL JOIN '
        f'(SELECT * FROM "{past.table}" WHERE history_id IN (SELECT max(history_id) FROM "{past.table}" {where} '
        f'GROUP BY "{key}")) h ON h."{key}" = l."{key}" ORDER BY 1',
        [*parameters, *parameters],
    )
    for row in rows:
        values = row.split(b"\t")
        record = b"\t".join(values[2 : 2 + count]) if values[1] != MISSING else None
        said = b"\t".join(values[3 + count :]) if values[2 + count] != MISSING else None
        yield int(values[0]), record, said


def _lookups(part: Part, table: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if part.records is not None:
        found[f"{key}__in"] = part.records[table]
    if part.units is not None:
        found["unit_id__in"] = part.units
    return found


def _conditions(part: Part, table: str, key: str) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []
    if part.records is not None:
        conditions.append(f'"{key}" = ANY (%s)')
        parameters.append(list(part.records[table]))
    if part.units is not None:
        conditions.append("unit_id = ANY (%s)")
        parameters.append(list(part.units))
    return ("WHERE " + " AND ".join(conditions) if conditions else ""), parameters


def _side_by_side(left: Iterator[tuple[int, bytes]], right: Iterator[tuple[int, bytes]]) -> Pairs:
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
    yield from _wrong_texts(ErasableText.objects.all(), _erased())
    for source, column, found in _missing_texts():
        yield Finding(Wrong.TEXT_MISSING, table=source, row_id=found, detail=column)


def check_shown_texts(part: Part) -> Iterator[Finding]:
    """The texts that the part's records point at, in the same way; history's and the ledger's are left to the whole."""
    erased = _erased()
    for model in tracked_models():
        table = model._meta.db_table
        if not _is_in(model, part):
            continue
        rows = model._base_manager.filter(**_lookups(part, table, "pk"))
        for field in pointing.text_keys(model):
            keys = dict(rows.filter(**{f"{field.name}__isnull": False}).values_list("pk", field.name))
            wanted = sorted(set(keys.values()))
            there: set[Any] = set()
            for first in range(0, len(wanted), layouts.PART):
                texts = ErasableText.objects.filter(key__in=wanted[first : first + layouts.PART])
                there |= set(texts.values_list("key", flat=True))
                yield from _wrong_texts(texts, erased)
            for pk, key in sorted(keys.items()):
                if key not in there:
                    yield Finding(Wrong.TEXT_MISSING, table=table, row_id=pk, detail=str(field.column))


def _erased() -> set[str]:
    """The keys of all texts that an act erased."""
    entries = LedgerEntry.objects.filter(act=Act.TEXT_ERASED).values_list("after", flat=True)
    return {key for after in entries for key in (after or {}).get("texts", ())}


def _wrong_texts(texts: "models.QuerySet[ErasableText]", erased: Collection[str]) -> Iterator[Finding]:
    table = ErasableText._meta.db_table
    rows = texts.values_list("key", "kind", "text", "salt", "person_code", "erased_at")
    for key, kind, text, salt, code, erased_at in rows.iterator(chunk_size=2_000):
        if erased_at is None and salt:
            if text_key(salt, kind, code, text) != key:
                yield Finding(Wrong.TEXT_CHANGED, table=table, row_id=str(key))
        elif str(key) not in erased:
            yield Finding(Wrong.TEXT_BLANKED, table=table, row_id=str(key))
        elif text or salt:
            yield Finding(Wrong.TEXT_CHANGED, table=table, row_id=str(key), detail="it was erased")


def _missing_texts() -> Iterator[tuple[str, str, int]]:
    """(Table, column, row) that points at a text which is not there."""
    for model, field, column in pointing.columns():
        there = ErasableText.objects.filter(key=OuterRef(field))
        rows = model._base_manager.filter(**{f"{field}__isnull": False}).filter(~Exists(there))
        for pk in rows.order_by("pk").values_list("pk", flat=True):
            yield model._meta.db_table, column, pk


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
