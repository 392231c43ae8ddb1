"""Keep and read the text that history and ledger only point at."""

import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.foundation.core.actor import business_verb

from .canonical import text_key
from .enums import Act
from .models import ErasableText, TextKind

# What stands in a record's own column in the place of words that were erased: a task needs a name and a choice its
# grounds, and every door reads the column. In Vietnamese, as what people type.
ERASED = "(đã xóa)"


def keep(kind: TextKind, text: str, *, person_code: str = "") -> uuid.UUID | None:
    """Store `text` and return its key; an empty text needs none."""
    if not text:
        return None
    kept = _row(kind, text, person_code)
    kept.save(force_insert=True)
    return kept.key


def _row(kind: TextKind, text: str, person_code: str) -> ErasableText:
    salt = secrets.token_hex(16)
    key = text_key(salt, str(kind), person_code, text)
    return ErasableText(key=key, kind=kind, text=text, salt=salt, person_code=person_code)


def keep_required(kind: TextKind, text: str, *, person_code: str = "") -> uuid.UUID:
    """Store a text that cannot be empty and return its key."""
    key = keep(kind, text, person_code=person_code)
    if key is None:
        raise ValueError("This text cannot be empty.")
    return key


def keep_many(kind: TextKind, pairs: Sequence[tuple[str, str]]) -> list[uuid.UUID | None]:
    """Store (text, staff code it is about) pairs in few queries; their keys in the same order."""
    rows = [_row(kind, text, code) for text, code in pairs]
    ErasableText.objects.bulk_create([row for row in rows if row.text], batch_size=500)
    return [row.key if row.text else None for row in rows]


def read(keys: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """The texts of many keys in one query; an erased text reads as an empty one."""
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return {}
    return dict(ErasableText.objects.filter(key__in=wanted).values_list("key", "text"))


def shown(keys: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """The same for a page or a sheet: an erased text says in words that it was erased."""
    return {key: text or _("(erased)") for key, text in read(keys).items()}


def about(person_code: str) -> dict[uuid.UUID, tuple[TextKind, str]]:
    """Key → (kind, text) of every text about one person that was not erased yet."""
    rows = ErasableText.objects.filter(person_code=person_code, erased_at__isnull=True)
    return {key: (TextKind(kind), text) for key, kind, text in rows.values_list("key", "kind", "text")}


@business_verb
def erase(
    *,
    actor: Any,
    moment: datetime,
    keys: Collection[uuid.UUID],
    subject: Any,
    unit: Any = None,
    person: Any = None,
    reason: str = "",
    reason_key: uuid.UUID | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """Blank these texts and their salts for ever, because the law requires it; how many there were to blank.

    The keys stay: the chain verifies as before, and nobody can tell from a key without its salt what the text was. The
    act is an entry of its own, which the verifier asks for: a text that was blanked without one is a finding. Copies
    that live records show are their rooms' own to blank, in the same transaction.

    `after` adds to what the entry says. The ground stands in `reason`, or was kept before as `reason_key`.
    """
    from . import ledger  # the ledger keeps its own reasons here

    found = list(
        ErasableText.objects.select_for_update()
        .filter(key__in=keys, erased_at__isnull=True)
        .order_by("key")
        .values_list("key", flat=True)
    )
    if found:
        ErasableText.objects.filter(key__in=found).update(text="", salt="", erased_at=moment)
        ledger.record(
            Act.TEXT_ERASED,
            subject=subject,
            unit=unit,
            person=person,
            label=str(len(found)),
            after={**(after or {}), "texts": [str(key) for key in found]},
            reason=reason,
            reason_key=reason_key,
        )
    return len(found)
