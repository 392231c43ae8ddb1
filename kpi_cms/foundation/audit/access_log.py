"""Who saw what, who was refused, who signed in: one row for each request that did, kept for twelve months.

Domain reads say with `notice` which record of a person they hand out, and with `notice_list` whose list; the middleware
writes it down once the answer is known, in a transaction of its own, so that a refusal that took everything back
leaves its trace. What a person reads about themselves is not written down. Changes stand in the ledger, not here.

`digest` holds the rows by SHA-256 from minutes after they were written; `forget` deletes what is older than the law
asks for, digest by digest, and says so in the ledger. No row can be changed, nor deleted before its time (`apps`).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from kpi_cms.foundation.core.actor import Origin, as_actor, current_origin, database_now

from . import layouts, ledger
from .canonical import Form
from .enums import Access, Act
from .ledger import HasCode
from .models import AccessDigest, AccessLogEntry, LedgerEntry
from .sealing import reading_everything, take_turns
from .verifying import Finding, Wrong

KEPT = timedelta(days=365)
# A row is digested once nobody can still be about to commit an older one: a request ends within two minutes.
SETTLED = timedelta(minutes=3)
LOCK = 7_336_004  # the product's own number among PostgreSQL's advisory locks


@dataclass(frozen=True)
class Sighting:
    """A record that was handed out: whose it is, and the account it is about."""

    kind: Access
    unit_id: int | None = None
    unit_code: str = ""
    person_id: int | None = None
    person_code: str = ""
    about: int | None = None
    period_id: int | None = None
    subject_type: str = ""
    subject_id: str = ""


@dataclass
class Noticed:
    """What one request did that belongs into the log. `sightings` by person: the last record of a person counts."""

    sightings: dict[Any, Sighting] = field(default_factory=dict)
    events: list[tuple[Access, int | None, str]] = field(default_factory=list)


_noticed: ContextVar[Noticed | None] = ContextVar("noticed", default=None)


# --- What a request notices ---------------------------------------------------------------------------------
@contextmanager
def noticing() -> Iterator[Noticed]:
    """Around a request: collects what is noticed inside."""
    found = Noticed()
    token = _noticed.set(found)
    try:
        yield found
    finally:
        _noticed.reset(token)


def notice(record: Any, *, person: Any, unit: HasCode | None, period_id: int | None = None) -> None:
    """A record about one person is handed out to whoever asks. Outside a request nobody looks, and nothing is kept."""
    found = _noticed.get()
    if found is not None:
        found.sightings[person.pk] = Sighting(
            Access.SEEN,
            *_coded(unit),
            *_coded(person),
            about=person.user_id,
            period_id=period_id,
            subject_type=record._meta.label,
            subject_id=str(record.pk),
        )


def notice_code(record: Any, person_id: int, person_code: str, unit_id: int | None, unit_code: str) -> None:
    """The same for a record that keeps codes of its person and its unit: an entry of the ledger."""
    found = _noticed.get()
    if found is not None:
        found.sightings[person_id] = Sighting(
            Access.SEEN,
            unit_id,
            unit_code,
            person_id,
            person_code,
            subject_type=record._meta.label,
            subject_id=str(record.pk),
        )


def notice_list(what: str, *, unit: HasCode | None = None, period_id: int | None = None) -> None:
    """A list of other people is handed out: of a unit and everything below it, or of whatever the reader may see."""
    found = _noticed.get()
    if found is not None:
        unit_id, unit_code = _coded(unit)
        found.sightings[what, unit_id, period_id] = Sighting(
            Access.LISTED, unit_id, unit_code, period_id=period_id, subject_type=what
        )


def _coded(record: HasCode | None) -> tuple[int | None, str]:
    return (record.pk, record.ledger_code) if record is not None else (None, "")


def notice_event(kind: Access, account_id: int | None, account_code: str) -> None:
    """A sign-in, its failure, its end. A name that no account has is not kept: people type passwords there."""
    found = _noticed.get()
    if found is not None:
        found.events.append((kind, account_id, account_code[:60]))


@dataclass(frozen=True)
class Door:
    """By which page somebody asked, as whom, and what it answered."""

    account_id: int | None
    account_code: str
    as_account_id: int | None
    as_account_code: str
    method: str
    route: str
    path: str
    status: int


def write(door: Door, noticed: Noticed, *, refused: bool) -> int:
    """Put down what one request did; how many rows. A refusal is one row, with the record where one is known."""
    origin = current_origin() or Origin()
    rows = [
        _row(origin, door, Sighting(kind), account=(account_id, code))
        for kind, account_id, code in noticed.events
    ]
    others = [
        seen for seen in noticed.sightings.values() if seen.about is None or seen.about != door.account_id
    ]
    if refused:
        known = next(
            (seen for seen in reversed(noticed.sightings.values()) if seen.person_id is not None), None
        )
        rows.append(_row(origin, door, known or Sighting(Access.REFUSED), kind=Access.REFUSED))
    elif (
        door.account_id is not None and not 300 <= door.status < 400
    ):  # an answer that leads on shows nothing
        rows += [_row(origin, door, seen) for seen in others]
    if rows:
        moment = database_now()
        for row in rows:
            row.at = moment
        with reading_everything("the access log is written whoever asked"):
            AccessLogEntry.objects.bulk_create(rows)
    return len(rows)


def _row(
    origin: Origin,
    door: Door,
    seen: Sighting,
    *,
    kind: Access | None = None,
    account: tuple[int | None, str] | None = None,
) -> AccessLogEntry:
    account_id, account_code = account or (door.account_id, door.account_code)
    return AccessLogEntry(
        kind=kind or seen.kind,
        account_id=account_id,
        account_code=account_code,
        as_account_id=door.as_account_id,
        as_account_code=door.as_account_code,
        unit_id=seen.unit_id,
        unit_code=seen.unit_code,
        person_id=seen.person_id,
        person_code=seen.person_code,
        period_id=seen.period_id,
        subject_type=seen.subject_type,
        subject_id=seen.subject_id,
        method=door.method[:8],
        route=door.route[:100],
        path=door.path[:200],
        status=door.status,
        request_id=origin.request_id,
        address=origin.address,
    )


# --- Digests ------------------------------------------------------------------------------------------------
def present_form() -> Form:
    return layouts.form_of(AccessLogEntry)


def rows_between(after: int, last: int) -> QuerySet[AccessLogEntry]:
    return AccessLogEntry.objects.filter(pk__gt=after, pk__lte=last)


def digest(*, moment: datetime) -> AccessDigest | None:
    """The scheduler's work: one digest over every settled row behind the last; None where there is none."""
    with reading_everything("a digest reads what it holds"):
        take_turns(LOCK)
        before = _last_digested()
        settled = AccessLogEntry.objects.filter(pk__gt=before, at__lt=moment - SETTLED).order_by("-pk")
        last = settled.values_list("pk", "at").first()
        if last is None:
            return None
        form = present_form()
        said = ledger.rows_digest(form, rows_between(before, last[0]))
        return AccessDigest.objects.create(
            at=moment,
            last_id=last[0],
            count=said["count"],
            sha256=said["sha256"],
            columns=form.header,
            until=last[1],
        )


def _last_digested() -> int:
    return AccessDigest.objects.order_by("-pk").values_list("last_id", flat=True).first() or 0


# --- Twelve months ------------------------------------------------------------------------------------------
def forget(*, actor: Any, moment: datetime) -> int:
    """The night's work: delete the rows of digests whose last row is older than `KEPT`. Returns how many.

    The digests stay, and one entry of the ledger says up to which of them the rows are gone.
    """
    with as_actor(actor, moment):  # the second wall hides the ledger from whoever does not say who asks
        old = (
            AccessDigest.objects.filter(pk__gt=_lawfully_forgotten(), until__lt=moment - KEPT)
            .order_by("-pk")
            .first()
        )
        if old is None:
            return 0
        deleted, _models = AccessLogEntry.objects.filter(pk__lte=old.last_id).delete()
        ledger.record(
            Act.ACCESS_FORGOTTEN,
            subject=old,
            label=f"{old.until:%Y-%m-%d}",
            after={"digest": old.pk, "entries": deleted},
        )
    return deleted


# --- Verified -----------------------------------------------------------------------------------------------
def check() -> Iterable[Finding]:
    """Each digest against the rows it was made of, those deleted in time excepted."""
    table = AccessLogEntry._meta.db_table
    gone, after = _lawfully_forgotten(), 0
    for held in AccessDigest.objects.order_by("pk").iterator(chunk_size=2_000):
        rows = rows_between(after, held.last_id)
        after = held.last_id
        if held.pk <= gone:
            if rows.exists():
                yield Finding(
                    Wrong.DIGEST_DIFFERS, table=table, row_id=held.last_id, detail="deleted rows are back"
                )
            continue
        said = ledger.rows_digest(Form.read(held.columns), rows)
        if (said["count"], said["sha256"]) != (held.count, held.sha256):
            detail = f"digest {held.pk}: {held.count} rows up to {held.until.isoformat()}, there are {said['count']}"
            yield Finding(Wrong.DIGEST_DIFFERS, table=table, row_id=held.last_id, detail=detail)


def _lawfully_forgotten() -> int:
    """The last digest that an entry of the ledger, itself in the chain, said was deleted when it was old enough."""
    allowed = 0
    for entry in LedgerEntry.objects.filter(act=Act.ACCESS_FORGOTTEN).order_by("pk"):
        held = AccessDigest.objects.filter(pk=(entry.after or {}).get("digest", 0)).first()
        if held is not None and held.until <= entry.at - KEPT:
            allowed = max(allowed, held.pk)
    return allowed
