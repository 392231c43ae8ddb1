"""A decision that waits for the endorsement of the head of the agency, as a reopening keeps it.

{"at": moment, "rater": person, "delegate": person or null, "reason": key, "comments": {field: key},
 "entries": {criterion's key: {"value": …, "grounds": key or null}}, "after": {"shown", "band", "scores"}}

A value is null, {"points": "4.5"}, {"chosen": "100"} or {"numbers": {name: "2"}}. Grounds, comments and the reason are
keys into the erasable side table (`audit.texts`), so that the row and its history hold nobody's words.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kpi_cms.evaluation.models import Reopening, Scorecard
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.engine import decimal_text
from snippets.models import Person

from .saving import Entry

Value = Decimal | str | Mapping[str, Decimal] | None
TOLD = ("shown", "band", "scores")


@dataclass(frozen=True)
class Decision:
    """What an evaluator decides anew: who, in whose place, when, on which criteria, why.

    `entries` maps criterion keys, `comments` the fields of an assessment.
    """

    rater: Person
    delegate: Person | None
    at: datetime
    entries: Mapping[str, Entry]
    comments: Mapping[str, str]
    reason: str


def kept(card: Scorecard, decision: Decision, after: Mapping[str, Any]) -> dict[str, Any]:
    """What the reopening keeps of a decision and of the result that it would give; its texts go to the side table."""

    def keep(kind: TextKind, text: str) -> str | None:
        key = texts.keep(kind, text.strip(), person_code=card.person.staff_code)
        return str(key) if key is not None else None

    return {
        "at": decision.at.isoformat(),
        "rater": decision.rater.pk,
        "delegate": decision.delegate.pk if decision.delegate is not None else None,
        "reason": keep(TextKind.REASON, decision.reason),
        "comments": {name: keep(TextKind.COMMENT, text) for name, text in decision.comments.items()},
        "entries": {
            key: {"value": _written(entry.value), "grounds": keep(TextKind.REASON, entry.grounds)}
            for key, entry in decision.entries.items()
        },
        "after": told(after),
    }


def decision_of(proposal: Mapping[str, Any]) -> Decision:
    """The decision that is proposed. A text that was erased since says so, as in every column (`audit.texts`)."""
    entries, comments = proposal["entries"], proposal["comments"]
    words = texts.read(keys_of(proposal))

    def said(key: str | None) -> str:
        return (words[uuid.UUID(key)] or texts.ERASED) if key is not None else ""

    people = Person.objects.in_bulk([proposal["rater"], proposal["delegate"]])
    return Decision(
        rater=people[proposal["rater"]],
        delegate=people.get(proposal["delegate"]),
        at=datetime.fromisoformat(proposal["at"]),
        entries={
            key: Entry(_value(entry["value"]), said(entry["grounds"])) for key, entry in entries.items()
        },
        comments={name: said(key) for name, key in comments.items()},
        reason=said(proposal["reason"]),
    )


def keys_of(proposal: Mapping[str, Any]) -> set[uuid.UUID]:
    """The keys of its texts."""
    grounds = (entry["grounds"] for entry in proposal["entries"].values())
    keys = (proposal["reason"], *proposal["comments"].values(), *grounds)
    return {uuid.UUID(key) for key in keys if key is not None}


def written_at(person: Person) -> dict[uuid.UUID, datetime]:
    """When the texts of every decision that was ever proposed about a person were written; history keeps them all."""
    rows = Reopening.history.filter(person=person, proposal__isnull=False).order_by("-history_id")
    kept_at = rows.values_list("proposal", "history_date")
    return {key: moment for proposal, moment in kept_at for key in keys_of(proposal)}


def told(decided: Mapping[str, Any]) -> dict[str, Any]:
    """The points, the band and the scores of a result before or after."""
    return {name: decided[name] for name in TOLD}


def _written(value: Value) -> dict[str, Any] | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {"numbers": {name: decimal_text(number) for name, number in value.items()}}
    return {"points": decimal_text(value)} if isinstance(value, Decimal) else {"chosen": value}


def _value(written: Mapping[str, Any] | None) -> Value:
    if written is None:
        return None
    if "numbers" in written:
        return {name: Decimal(number) for name, number in written["numbers"].items()}
    return Decimal(written["points"]) if "points" in written else str(written["chosen"])
