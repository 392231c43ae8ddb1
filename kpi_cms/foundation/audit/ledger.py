"""One call for each business act, inside the act's own transaction."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Protocol

from kpi_cms.foundation.core.actor import current_action

from . import layouts, sealing, texts
from .canonical import Form
from .enums import Act
from .models import LedgerEntry, TextKind


class HasCode(Protocol):
    """A unit or a person, as far as the ledger needs one."""

    pk: Any

    @property
    def ledger_code(self) -> str: ...


def record(
    act: Act,
    *,
    subject: Any,
    label: str = "",
    unit: HasCode | None = None,
    person: HasCode | None = None,
    period_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    reason_key: uuid.UUID | None = None,
    amount: Decimal | None = None,
) -> LedgerEntry:
    """Append the entry of an act under way (one INSERT, one more when a reason is given).

    `before` and `after` hold JSON values only: numbers as strings, codes, keys into the erasable side table; never
    a name, a comment or a reason. Raises RuntimeError outside `as_actor`: an act without an actor is a defect.
    """
    action = current_action()
    if action is None:
        raise RuntimeError("A ledger entry needs an actor: call the domain function inside as_actor.")
    person_code = person.ledger_code if person is not None else ""
    entry = LedgerEntry.objects.create(
        act=act,
        at=action.moment,
        actor_id=action.actor.pk,
        actor_code=action.actor.get_username(),
        on_behalf_of_id=action.on_behalf_of.pk if action.on_behalf_of is not None else None,
        on_behalf_of_code=action.on_behalf_of.get_username() if action.on_behalf_of is not None else "",
        unit_id=unit.pk if unit is not None else None,
        unit_code=unit.ledger_code if unit is not None else "",
        person_id=person.pk if person is not None else None,
        person_code=person_code,
        subject_type=subject._meta.label,
        subject_id=str(subject.pk),
        subject_label=label[:200],
        period_id=period_id,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        reason_key=reason_key or texts.keep(TextKind.REASON, reason, person_code=person_code),
        request_id=action.origin.request_id,
        address=action.origin.address,
        amount=amount,
    )
    if act == Act.EXPORT_TAKEN:
        sealing.seal_now()  # what leaves the product leaves a sealed trace first
    return entry


def recorded(act: Act, *, subject: Any) -> bool:
    """Whether the job under way has recorded this act on the record before: a worker killed behind its last commit
    leaves nothing else to know it by, and the one that takes the job up records nothing twice.

    Ask under a lock that the recording holds as well.
    """
    action = current_action()
    if action is None:
        raise RuntimeError("Only whoever acts may ask what they recorded: call this inside as_actor.")
    found: bool = LedgerEntry.objects.filter(
        act=act,
        subject_type=subject._meta.label,
        subject_id=str(subject.pk),
        request_id=action.origin.request_id,
    ).exists()
    return found


def rows_written(*models: Any, since: datetime) -> dict[str, dict[str, Any]]:
    """For `after["rows"]` of an act on thousands of records: how many rows of history it wrote, and their digest.

    `models` are tracked models, `since` the moment at which the act began. Every row stands in the chain by itself as
    well; this says which of them are the act.
    """
    action = current_action()
    if action is None:
        raise RuntimeError("Rows are written by an actor: call the domain function inside as_actor.")
    found = {}
    for model in models:
        history = model.history.model
        rows = history._base_manager.filter(
            history_date__gte=since, history_request_id=action.origin.request_id
        )
        form = layouts.present_form(history._meta.db_table)
        said = rows_digest(form, rows)
        if said["count"]:
            found[form.table] = said
    return found


def rows_digest(form: Form, rows: Any) -> dict[str, Any]:
    """Count, SHA-256 over the canonical lines (each ended by a line feed), first and last key, the form's digest."""
    digest, keys = sha256(), []
    for key, line in layouts.model_lines(form, rows.order_by("pk")):
        digest.update(line + b"\n")
        keys.append(key)
    return {
        "count": len(keys),
        "sha256": digest.hexdigest(),
        "from": keys[0] if keys else 0,
        "to": keys[-1] if keys else 0,
        "form": form.digest.hex()[:16],
    }
