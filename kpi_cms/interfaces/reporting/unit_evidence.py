"""An evidence bundle of a unit's period: all its cards that the auditor may take, and one slice of each chain.

A few cards are handed out at once; more are rendered by the background worker, card by card, and the zip waits in the
store for whoever asked, for a day. Either way the taking is one entry of the ledger, and the last in the bundle.
"""

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import storages
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.audit_queries import audited_periods, audited_unit
from kpi_cms.evaluation.ledger_checks import card_part
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.past_queries import card_at
from kpi_cms.evaluation.rule_table import TAKE_UNIT_BUNDLE
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import bundle, ledger
from kpi_cms.foundation.audit.access_log import notice_list
from kpi_cms.foundation.audit.canonical import time_text
from kpi_cms.foundation.audit.chains import chain_of
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.source import Part
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor, business_verb, database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.files.intake import digest_of
from kpi_cms.foundation.core.models import Job, JobState
from snippets.models import Period, Unit

from .evidence import CARD, FORM, card_json
from .printing import rendered_form01

JOB_NAME = "unit_bundle"
STORE = "exports"
UNIT = "unit.json"
AT_ONCE = 20  # cards: a form takes some 40 ms, and nobody waits for more than a second
MOST = 2_000
BATCH = 10
KEPT = timedelta(days=1)
NO_CARD = _("No card of this unit in this period is yours to take. Choose another period.")


# --- Which cards --------------------------------------------------------------------------------------------
@dataclass
class Chosen:
    """The cards that may be taken, by key, and how many of the unit's the auditor may not take: their own.

    Where the unit has more than one bundle holds (`too_many`), none is read.
    """

    total: int
    cards: list[Scorecard] = field(default_factory=list)
    left_out: int = 0

    @property
    def too_many(self) -> bool:
        return self.total > MOST


def unit_and_period(scope: Scope, code: str, period_id: int) -> tuple[Unit, Period]:
    """Raises NotFound for what the reader does not audit."""
    unit = audited_unit(scope, code)
    period = audited_periods(scope).filter(pk=period_id).first()
    if period is None:
        raise NotFound
    return unit, period


def chosen(scope: Scope, unit: Unit, period: Period) -> Chosen:
    """The cards of the unit and of all below it. Small numbers are told as well: an auditor reads each card anyway."""
    rows = Scorecard.objects.with_context().filter(period=period, unit__path__startswith=unit.path)
    found = Chosen(rows.count())
    for card in rows.order_by("pk") if not found.too_many else ():
        if rules.take_card_bundle(scope, card):
            found.cards.append(card)
        else:
            found.left_out += 1
    return found


# --- Taking it ----------------------------------------------------------------------------------------------
@business_verb
def take_unit_bundle(*, actor: User, moment: datetime, unit: Unit, period: Period) -> bytes | Job:
    """The bundle itself where the cards are few, else the job that makes it. Recorded with the number of cards.

    Raises NotFound for a unit that the actor does not audit, WrongState where no card is there to take or a bundle of
    the same is being made, Invalid where there are more cards than one bundle holds.
    """
    scope = Scope.of(actor)
    rules.may_in_unit(TAKE_UNIT_BUNDLE, scope, unit).require()
    wanted = chosen(scope, unit, period)
    if wanted.too_many:
        raise Invalid(
            _("One bundle holds at most %(most)s cards, and this unit has %(count)s. Take it unit by unit.")
            % {"most": MOST, "count": wanted.total}
        )
    count = len(wanted.cards)
    if not count:
        raise WrongState(NO_CARD)
    if count > AT_ONCE:
        return jobs.enqueue(
            name=JOB_NAME,
            key=_key(actor, unit, period),
            actor=actor,
            moment=moment,
            arguments={
                "unit": unit.code,
                "period": period.pk,
                "leads_to": reverse("reporting:unit_bundle", args=[unit.code, period.pk]),
            },
            total=count,
        )
    with tempfile.TemporaryDirectory() as folder:
        made = _Made(Path(folder))
        for card in wanted.cards:
            made.add(card, moment, scope)
        with tempfile.TemporaryFile() as out:
            _write(out, made, wanted, unit, period, moment)
            notice_list("cards", unit=unit, period_id=period.pk)
            return out.read()


def _key(actor: User, unit: Unit, period: Period) -> str:
    return f"{JOB_NAME}:{unit.pk}:{period.pk}:{actor.pk}"


@jobs.job(JOB_NAME)
def make_unit_bundle(job: Job, actor: User) -> Iterator[jobs.Progress]:
    """Render card by card, then record and write in one transaction.

    A killed worker leaves nothing behind its folder; the next one begins anew. Where the entry was committed already,
    the file was stored before it, under the job's own name.
    """
    unit, period = _still_audited(actor, job)
    name = f"{job.pk}.zip"
    with tempfile.TemporaryDirectory() as folder:
        made = _Made(Path(folder))
        with as_actor(actor, database_now()):
            wanted = chosen(Scope.of(actor), unit, period)
        total = len(wanted.cards)
        for first in range(0, total, BATCH):
            moment = database_now()
            with as_actor(actor, moment):
                scope = Scope.of(actor)
                for card in wanted.cards[first : first + BATCH]:
                    made.add(card, moment, scope)
            yield jobs.Progress(min(first + BATCH, total), total)
        moment = database_now()
        with as_actor(actor, moment):
            if not ledger.recorded(Act.EXPORT_TAKEN, subject=unit):
                # Rights may have ended meanwhile: what is taken is what may be taken now.
                wanted = chosen(Scope.of(actor), unit, period)
                with tempfile.TemporaryFile() as out:
                    _write(out, made, wanted, unit, period, moment)
                    keeping.keep_as(STORE, name, out)
    with storages[STORE].open(name, "rb") as kept:
        digest = digest_of(kept)
    yield jobs.Progress(total, total, {"file": name, "sha256": digest})


def _still_audited(actor: User, job: Job) -> tuple[Unit, Period]:
    with as_actor(actor, database_now()):
        return unit_and_period(Scope.of(actor), job.arguments["unit"], job.arguments["period"])


# --- What is in it ------------------------------------------------------------------------------------------
class _Made:
    """Forms and cards as files of a folder, with their digests: two thousand forms do not fit into memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, str] = {}

    def add(self, card: Scorecard, moment: datetime, scope: Scope) -> None:
        """As the card stands now; one that may not be taken any more is passed over."""
        fresh = Scorecard.objects.with_context().get(pk=card.pk)
        if not rules.take_card_bundle(scope, fresh):
            return
        stands = card_at(fresh, moment)
        assert stands is not None  # a card begins with its history
        pdf, _code = rendered_form01(fresh, moment, scope)
        for name, content in ((FORM, pdf), (CARD, card_json(fresh, stands))):
            path = self.folder / card.code / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            self.digests[f"cards/{card.code}/{name}"] = sha256(content).hexdigest()

    def names(self, codes: Collection[str]) -> list[str]:
        return sorted(name for name in self.digests if name.split("/")[1] in codes)

    def read(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            yield name, (self.folder / name.removeprefix("cards/")).read_bytes()


def _write(out: IO[bytes], made: _Made, wanted: Chosen, unit: Unit, period: Period, moment: datetime) -> None:
    """Record the taking, then write: the entry is the last of its chain in the bundle."""
    cards = [card for card in wanted.cards if f"cards/{card.code}/{FORM}" in made.digests]
    if not cards:
        raise WrongState(NO_CARD)
    names = made.names({card.code for card in cards})
    content = _unit_json(cards, wanted.left_out, unit, period, moment)
    listed = "".join(f"{name}\t{made.digests[name]}\n" for name in names)
    entry = ledger.record(
        Act.EXPORT_TAKEN,
        subject=unit,
        label=unit.code,
        unit=unit,
        period_id=period.pk,
        after={
            "export": JOB_NAME,
            "cards": len(cards),
            "left_out": wanted.left_out,
            UNIT: sha256(content).hexdigest(),
            "files": sha256(listed.encode()).hexdigest(),
        },
    )

    def files() -> Iterator[tuple[str, bytes]]:
        yield UNIT, content
        yield from made.read(names)

    bundle.write(out, *_parts(cards, unit), moment=moment, files=files(), entries=[entry.pk])
    out.seek(0)


def _parts(cards: Iterable[Scorecard], unit: Unit) -> list[Part]:
    """One for each chain, that of the unit first: every record of its cards once."""
    records: dict[str, dict[str, set[int]]] = {chain_of(unit): {}}
    for card in cards:
        part = card_part(card.code)
        of_chain = records.setdefault(part.chain, {})
        for table, ids in (part.records or {}).items():
            of_chain.setdefault(table, set()).update(ids)
    return [
        Part(chain, records={table: sorted(ids) for table, ids in found.items()})
        for chain, found in records.items()
    ]


def _unit_json(
    cards: Collection[Scorecard], left_out: int, unit: Unit, period: Period, moment: datetime
) -> bytes:
    """What the bundle is of, in Vietnamese words."""
    with override("vi"):
        said: dict[str, Any] = {
            "unit": {"code": unit.code, "name": unit.name},
            "period": str(period),
            "moment": time_text(moment),
            "cards": [card.code for card in cards],
            "left_out": left_out,
        }
        return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


# --- What the worker made -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kept:
    """A bundle that waits in the store for whoever asked."""

    name: str
    sha256: str


def last_job(actor: User, unit: Unit, period: Period, moment: datetime) -> Job | None:
    """The newest of this auditor, unit and period whose file would still be there."""
    found: Job | None = (
        Job.objects.filter(key=_key(actor, unit, period), actor_id=actor.pk, created_at__gt=moment - KEPT)
        .order_by("-created_at")
        .first()
    )
    return found


def kept_of(job: Job | None) -> Kept | None:
    """What whoever had it made can fetch now, by their `last_job`; None while it is being made."""
    if job is None or job.state != JobState.DONE:
        return None
    return Kept(job.cursor["file"], job.cursor["sha256"])


def open_kept(kept: Kept, unit: Unit, period: Period) -> IO[bytes]:
    """The file, read once to see that it is still the one that was made. Each fetching stands in the access log."""
    notice_list("cards", unit=unit, period_id=period.pk)
    return keeping.hand_out(STORE, kept.name, kept.sha256)


def forget_bundles(*, actor: User, moment: datetime) -> None:
    """Run daily: files that are older than a day go; who asks later takes the bundle anew."""
    for name in list(keeping.orphans(STORE, moment, lambda names: ())):
        keeping.forget(STORE, name)
