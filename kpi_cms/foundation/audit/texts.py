"""Keep and read the text that history and ledger only point at."""

import secrets
import uuid
from collections.abc import Iterable, Sequence

from .canonical import text_key
from .models import ErasableText, TextKind


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
