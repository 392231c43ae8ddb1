"""What differs between two specifications, by the stable keys of their blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..enums import Difference

Node = Mapping[str, Any]

_WORDS = ("label", "guidance", "alternatives", "citation", "code")
_PLACES = ("part", "criteria", "section")


@dataclass(frozen=True)
class Change:
    """One difference. `code` and `label` name the part, section or criterion; both "" for the whole set's rules."""

    kind: Difference
    code: str = ""
    label: str = ""
    before: str = ""


def differences(before: Node, after: Node) -> list[Change]:
    """What somebody who knows `before` has to learn, in the order of `after`; removals follow."""
    old, new = _items(before), _items(after)
    changes = [change for key, item in new.items() for change in _of_item(old.get(key), item)]
    changes += [
        Change(Difference.REMOVED, item["code"], item["label"]) for key, item in old.items() if key not in new
    ]
    if _whole(before) != _whole(after):
        changes.append(Change(Difference.RULES))
    return changes


def _items(specification: Node) -> dict[str, dict[str, Any]]:
    """Parts, sections and criteria by key; a criterion says which section it stands in, and where."""
    found: dict[str, dict[str, Any]] = {}
    for part in specification["parts"]:
        found[part["key"]] = dict(part)
    for section in specification["sections"]:
        found[section["key"]] = {**section, "criteria": [item["key"] for item in section["criteria"]]}
        for item in section["criteria"]:
            found[item["key"]] = {**item, "section": section["key"]}
    return found


def _of_item(before: Node | None, after: Node) -> list[Change]:
    code, label = after["code"], after["label"]
    if before is None:
        return [Change(Difference.ADDED, code, label)]
    changes = []
    if _differ(before, after, _WORDS):
        changes.append(Change(Difference.REWORDED, code, label, before["label"]))
    if _differ(before, after, ("part", "section")) or _moved_inside(before, after):
        changes.append(Change(Difference.MOVED, code, label))
    rest = [name for name in {*before, *after} if name not in _WORDS and name not in _PLACES]
    if _differ(before, after, rest):
        changes.append(Change(Difference.SCORING, code, label))
    return changes


def _differ(before: Node, after: Node, names: Sequence[str]) -> bool:
    return any(before.get(name) != after.get(name) for name in names)


def _moved_inside(before: Node, after: Node) -> bool:
    """Whether the criteria that stay in a section changed their order."""
    old, new = before.get("criteria", ()), after.get("criteria", ())
    return [key for key in old if key in new] != [key for key in new if key in old]


def _whole(specification: Node) -> dict[str, Any]:
    return {name: value for name, value in specification.items() if name not in ("parts", "sections")}
