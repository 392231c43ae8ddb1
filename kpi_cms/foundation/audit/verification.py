"""One verification of this database's ledger, whole or in part: what `verify_ledger` and the auditor's page call."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kpi_cms.foundation.core import beats
from kpi_cms.foundation.core.scope_model import scope_model

from . import access_log, anchors, chains, live, restores
from .canonical import PROVINCE, time_text
from .models import Anchor, LedgerEntry, SealWaiting
from .source import DatabaseSource, Part, one_moment
from .verifying import Finding, Report, verify

logger = logging.getLogger(__name__)

# Rooms above say which rows belong to one of their records: kind → function of the key a person types, to a part.
# It raises LookupError for a key that names nothing.
parts: dict[str, Callable[[str], Part]] = {}
BEGINNING_OF_TIME = datetime.fromtimestamp(0, UTC)
NAMED = 200  # entries are looked up for so many findings


@dataclass
class Outcome:
    """What one verification came to."""

    report: Report
    findings: list[Finding] = field(default_factory=list)
    anchors: int = 0
    anchor_files: int = 0
    waiting: int = 0
    seconds: float = 0.0
    last_anchor: str = ""
    names: dict[Finding, str] = field(default_factory=dict)
    accepted: list[restores.Accepted] = field(default_factory=list)
    in_part: bool = False

    @property
    def holds(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "links": self.report.links,
            "rows": self.report.rows,
            "anchors": self.anchors,
            "anchor_files": self.anchor_files,
            "last_anchor": self.last_anchor,
            "waiting": self.waiting,
            "seconds": round(self.seconds, 3),
            "in_part": self.in_part,
            "accepted": [asdict(each) for each in self.accepted],
            "chains": {
                chain: [self.report.lengths[chain], head] for chain, head in sorted(self.report.heads.items())
            },
            "findings": [
                {
                    "wrong": found.wrong.name.lower(),
                    "sentence": str(found),
                    "chain": found.chain,
                    "number": found.number,
                    "table": found.table,
                    "row": found.row_id,
                    "detail": found.detail,
                    "what": self.names.get(found, ""),
                }
                for found in self.findings
            ],
        }


def part_of(*, unit: str = "", card: str = "") -> Part:
    """What to confine a verification to. Raises LookupError for a code that no unit or card has."""
    if card:
        return parts["card"](card)
    if not unit:
        return Part()
    if unit == PROVINCE:
        return Part(chain=PROVINCE)
    found = scope_model()._default_manager.filter(code=unit).first()
    if found is None:
        raise LookupError(unit)
    below = scope_model()._default_manager.filter(path__startswith=found.path)
    return Part(chain=chains.chain_of(found), units=list(below.values_list("pk", flat=True)))


def run(
    part: Part | None = None,
    *,
    anchor_files: Sequence[Path] | None = None,
    signed: bool = True,
    records: bool = True,
) -> Outcome:
    """Read everything as of one moment and compare. Changes nothing; needs no right but to read.

    `anchor_files`: these anchors and no others; `signed` as in `anchors.gather`.
    """
    part = part or Part()
    began = time.perf_counter()
    with one_moment(), restores.acting_nevertheless():
        gathered = anchors.gather(anchor_files, signed=signed)
        findings = gathered.findings
        report = verify(DatabaseSource(part), gathered.points, only_chain=part.chain)
        if records:
            findings = findings + list(live.check_everything(part))
            if part.chain in ("", PROVINCE):
                findings += access_log.check()
        outcome = Outcome(
            report,
            report.findings + findings,
            anchors=len(gathered.points),
            anchor_files=gathered.from_files,
            waiting=SealWaiting.objects.count(),
            last_anchor=str(Anchor.objects.order_by("-number").first() or ""),
            accepted=gathered.accepted,
            in_part=not part.is_whole,
        )
        outcome.names = _names(outcome.findings)
    outcome.seconds = time.perf_counter() - began
    return outcome


def nightly(*, actor: Any, moment: datetime) -> Outcome:
    """The night's work: verify everything, log each finding as an error and keep for the health page whether there was
    one, for whoever watches (security.md T03)."""
    outcome = run()
    beats.beat(beats.VERIFIED, moment if outcome.holds else BEGINNING_OF_TIME)
    for found in outcome.findings[:NAMED]:
        logger.error("the ledger does not hold: %s", found)
    logger.info("%d rows of the ledger were verified in %.1f s", outcome.report.rows, outcome.seconds)
    return outcome


def _names(findings: Iterable[Finding]) -> dict[Finding, str]:
    """What an auditor knows an entry by: its act, its label and its moment, where it is still there."""
    table = LedgerEntry._meta.db_table
    about = [found for found in findings if found.table == table and isinstance(found.row_id, int)][:NAMED]
    entries = LedgerEntry.objects.in_bulk([found.row_id for found in about])
    return {
        found: f"{entry.get_act_display()} · {entry.subject_label} · {entry.actor_code} · {time_text(entry.at)}"
        for found in about
        if (entry := entries.get(int(found.row_id))) is not None
    }


def first_named(outcome: Outcome) -> Finding | None:
    """The first bad link, else the first finding at all."""
    return next((found for found in outcome.findings if found.number), next(iter(outcome.findings), None))
