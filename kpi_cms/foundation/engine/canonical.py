"""One text for one meaning: the canonical JSON of a specification and its SHA-256.

Two specifications that mean the same have the same text: letters in NFC, keys sorted, no spaces, decimals
written one way. Which fields hold decimals is part of the schema: a criterion's code may be "1.10", which is
not the number 1.1.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from kpi_cms.foundation.engine.exact import decimal_text, parse_decimal

DECIMAL_FIELDS = frozenset(
    {
        "cap",
        "default",
        "exception",
        "extras_warning",
        "failed",
        "floor",
        "from",
        "full",
        "max",
        "min",
        "nobody",
        "nobody_managed",
        "out_of",
        "penalty_per_fault",
        "ratio_cap",
        "reached",
        "share",
        "step",
        "target",
        "threshold",
        "to",
        "unfinished",
        "value",
        "weight",
    }
)
"""Fields whose values are decimals, written as strings."""


def canonical_json(spec: Mapping[str, object]) -> str:
    """The canonical text of a specification.

    Raises TypeError for a float or anything else JSON has no exact place for, ValueError when two keys of one
    mapping are the same text or a text is not valid Unicode.
    """
    text = json.dumps(
        _canonical(spec, ""), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("A specification holds a text that is not valid Unicode.") from error
    return text


def digest(spec: Mapping[str, object]) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical_json(spec).encode()).hexdigest()


def _canonical(node: object, field: str) -> object:
    if isinstance(node, Mapping):
        result: dict[str, object] = {}
        for key, value in node.items():
            if not isinstance(key, str):
                raise TypeError(f"A specification's keys are text, not {type(key).__name__}.")
            name = unicodedata.normalize("NFC", key)
            if name in result:
                raise ValueError(f"A specification holds the key {name!r} twice.")
            result[name] = _canonical(value, name)
        return result
    if isinstance(node, (list, tuple)):
        return [_canonical(item, field) for item in node]
    if isinstance(node, Decimal):
        if not node.is_finite():
            raise TypeError("A specification's decimals are finite.")
        return decimal_text(node)
    if isinstance(node, str):
        number = parse_decimal(node) if field in DECIMAL_FIELDS else None
        return unicodedata.normalize("NFC", node) if number is None else decimal_text(number)
    if isinstance(node, int) and not isinstance(node, bool) and field in DECIMAL_FIELDS:
        return str(node)
    if node is None or isinstance(node, (bool, int)):
        return node
    raise TypeError(f"A specification cannot hold {type(node).__name__}: write numbers as decimal text.")
