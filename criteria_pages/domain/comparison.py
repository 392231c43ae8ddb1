"""What differs between two specifications, as somebody who knows the first has to learn it.

Parts, sections and criteria are matched by the stable keys of their blocks, so that copies and later years are compared
as one set; bands by their codes, stages, gates, quotas, raters and facts by their keys. Of what stands in another order
the fewest that can have moved are named. Whatever belongs to none of them is a rule of the whole set.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from kpi_cms.foundation.engine import Settings, decimal_text

from ..enums import Difference, Level
from . import vocabulary
from .wording import Piece, pieces

Node = Mapping[str, Any]
Path = tuple[str, ...]

_WORDS = frozenset({"label", "guidance", "alternatives", "citation", "code", "reason"})
_POINTS = frozenset({("max",), ("weight",), ("kind", "max"), ("kind", "min"), ("from",), ("share",)})
_TREE = frozenset(
    {"parts", "sections", "bands", "stages", "facts", "gates", "quotas", "raters", "aggregation"}
)


@dataclass(frozen=True)
class Detail:
    """One value that differs: where it stands, and both values as the specifications have them."""

    path: Path
    before: Any
    after: Any

    @property
    def name(self) -> str:
        return vocabulary.name_of(self.path)

    @property
    def old(self) -> str:
        return vocabulary.said(self.path, self.before)

    @property
    def new(self) -> str:
        return vocabulary.said(self.path, self.after)

    @property
    def pieces(self) -> list[Piece]:
        """Both wordings as one text, word by word; [] where the values are no texts to read."""
        texts = isinstance(self.before or "", str | list) and isinstance(self.after or "", str | list)
        if not texts or not _of_words(self.path) or not (self.before and self.after):
            return []
        return pieces(self.old, self.new)


@dataclass(frozen=True)
class Change:
    """One difference. `code` and `label` name what differs; both "" for the whole set's rules."""

    kind: Difference
    level: Level = Level.SET
    key: str = ""
    code: str = ""
    label: str = ""
    details: tuple[Detail, ...] = ()

    @property
    def name(self) -> str:
        return vocabulary.labelled(self.code, self.label)


@dataclass(frozen=True)
class _Item:
    """A part of the set that is matched: its own values, the key of what it stands in, and where that is."""

    level: Level
    key: str
    code: str
    label: str
    parent: str
    place: str
    own: Node


def differences(before: Node, after: Node) -> list[Change]:
    """What somebody who knows `before` has to learn, in the order of `after`; removals follow, then the set's rules."""
    old, new = _by_key(before), _by_key(after)
    moved = _moved(old, new)
    changes = [change for name, item in new.items() for change in _of_item(old.get(name), item, moved)]
    changes += [
        Change(Difference.REMOVED, item.level, item.key, item.code, item.label)
        for name, item in old.items()
        if name not in new
    ]
    rules = tuple(_details(_rules(before), _rules(after), ()))
    return [*changes, Change(Difference.RULES, details=rules)] if rules else changes


# --- What is matched ----------------------------------------------------------------------------------------
def _by_key(specification: Node) -> dict[tuple[Level, str], _Item]:
    return {(item.level, item.key): item for item in _items(specification)}


def _items(specification: Node) -> Iterator[_Item]:
    parts = {part["code"]: part for part in specification["parts"]}
    for part in specification["parts"]:
        yield _item(Level.PART, part["key"], part, "", "")
    for section in specification["sections"]:
        part = parts.get(section["part"], {})
        place = str(part.get("label", section["part"]))
        yield _item(Level.SECTION, section["key"], section, part.get("key", ""), place, "part", "criteria")
        place = vocabulary.labelled(section["code"], section["label"])
        for criterion in section["criteria"]:
            yield _item(Level.CRITERION, criterion["key"], criterion, section["key"], place)
    for name, level, key_of in _LISTS:
        for node in specification.get(name) or ():
            yield _item(level, key_of(node), node, "", "")


def _item(level: Level, key: str, node: Node, parent: str, place: str, *left_out: str) -> _Item:
    own = {name: value for name, value in node.items() if name not in ("key", *left_out)}
    label = str(node.get("label") or vocabulary.said([""], node.get("band")))
    if level == Level.AGGREGATION:
        label = " ← ".join(vocabulary.said([name], node[name]) for name in ("period", "of"))
    return _Item(level, str(key), str(node.get("code", "")), label, parent, place, own)


_LISTS: tuple[tuple[str, Level, Callable[[Node], str]], ...] = (
    ("bands", Level.BAND, lambda node: node["code"]),
    ("stages", Level.STAGE, lambda node: node["key"]),
    ("facts", Level.FACT, lambda node: node["key"]),
    ("gates", Level.GATE, lambda node: node["key"]),
    ("quotas", Level.QUOTA, lambda node: node["key"]),
    ("raters", Level.RATER, lambda node: node["key"]),
    ("aggregation", Level.AGGREGATION, lambda node: f"{node['period']}/{node['of']}"),
)


def _rules(specification: Node) -> dict[str, Any]:
    """The rest of a set; a setting that a version does not have is the default it computes with."""
    rest = {name: value for name, value in specification.items() if name not in _TREE}
    defaults = {name: _plain(value) for name, value in asdict(Settings()).items()}
    return {**rest, "settings": defaults | dict(specification.get("settings") or {})}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
    return list(value) if isinstance(value, tuple) else value


# --- What differs in one ------------------------------------------------------------------------------------
def _of_item(before: _Item | None, after: _Item, moved: set[tuple[Level, str]]) -> Iterator[Change]:
    def change(kind: Difference, details: Sequence[Detail] = ()) -> Change:
        return Change(kind, after.level, after.key, after.code, after.label, tuple(details))

    if before is None:
        yield change(Difference.ADDED)
        return
    found = list(_details(before.own, after.own, ()))
    if {detail.path for detail in found} >= {("max",), ("kind", "max")}:
        found = [detail for detail in found if detail.path != ("kind", "max")]
    kinds = {detail.path: _kind(detail.path) for detail in found}
    for kind in (Difference.REWORDED, Difference.POINTS, Difference.SCORING):
        if kind == Difference.SCORING and (after.level, after.key) in moved:
            yield change(Difference.MOVED, _place(before, after))
        of_kind = [detail for detail in found if kinds[detail.path] == kind]
        if of_kind:
            yield change(kind, of_kind)


def _place(before: _Item, after: _Item) -> list[Detail]:
    return [] if before.parent == after.parent else [Detail(("place",), before.place, after.place)]


def _kind(path: Path) -> Difference:
    if path in _POINTS:
        return Difference.POINTS
    return Difference.REWORDED if _of_words(path) else Difference.SCORING


def _of_words(path: Path) -> bool:
    return path[-1] in _WORDS or path[0] == "alternatives"


def _details(before: Any, after: Any, path: Path) -> Iterator[Detail]:
    """The values that differ, as deep as both sides have the same shape."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if path == ("kind",) and before.get("type") != after.get("type"):
            yield Detail((*path, "type"), before.get("type"), after.get("type"))
            before, after = ({"max": node.get("max")} for node in (before, after))
        for name in dict.fromkeys([*after, *before]):
            yield from _details(before.get(name), after.get(name), (*path, name))
    elif _nodes(before) and _nodes(after) and (before or after):
        yield from _of_lists(before or [], after or [], path)
    elif (before or None) != (after or None) or _flag(before) != _flag(after):
        yield Detail(path, before, after)


def _flag(value: Any) -> Any:
    """No and nothing said are two answers where a set may leave a question open."""
    return value if isinstance(value, bool | int) else None


def _nodes(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value))


def _of_lists(before: Sequence[Node], after: Sequence[Node], path: Path) -> Iterator[Detail]:
    old, new = _named(before), _named(after)
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    renamed = dict(zip(come, gone, strict=True)) if len(gone) == len(come) else {}
    for name, node in new.items():
        if name in old or name in renamed:
            yield from _details(old[renamed.get(name, name)], node, (*path, name))
        else:
            yield Detail((*path, name), None, dict(node))
    if not renamed:
        yield from (Detail((*path, name), dict(old[name]), None) for name in gone)
    was, now = [name for name in old if name in new], [name for name in new if name in old]
    if was != now:
        yield Detail((*path, "order"), was, now)


def _named(nodes: Sequence[Node]) -> dict[str, Node]:
    """The entries of a list by what tells them apart: a code, a value, a number of days, a wording."""
    found: dict[str, Node] = {}
    for index, node in enumerate(nodes):
        name = next((str(node[own]) for own in _NAMES if node.get(own) not in (None, "")), str(index))
        found[name if name not in found else f"{name} ({index + 1})"] = node
    return found


_NAMES = ("code", "attribute", "condition", "days", "value", "label")


# --- What moved ---------------------------------------------------------------------------------------------
def _moved(
    old: Mapping[tuple[Level, str], _Item], new: Mapping[tuple[Level, str], _Item]
) -> set[tuple[Level, str]]:
    """Whatever stands in something else now, and of each list the fewest whose moving explains its order."""
    elsewhere = {name for name, item in new.items() if name in old and old[name].parent != item.parent}
    stayed: dict[tuple[Level, str], list[tuple[Level, str]]] = {}
    for name, item in new.items():
        if name in old and name not in elsewhere:
            stayed.setdefault((item.level, item.parent), []).append(name)
    place = {name: index for index, name in enumerate(old)}
    out_of_order = (name for names in stayed.values() for name in _out_of_order(names, place.__getitem__))
    return elsewhere | set(out_of_order)


def _out_of_order(
    names: Sequence[tuple[Level, str]], place: Callable[[tuple[Level, str]], int]
) -> Iterable[tuple[Level, str]]:
    """All but a longest run of names that are still in their old order."""
    longest: list[list[tuple[Level, str]]] = []
    for name in names:
        fitting = [run for run in longest if place(run[-1]) < place(name)]
        longest.append([*_longest(fitting), name])
    kept = set(_longest(longest))
    return [name for name in names if name not in kept]


def _longest(runs: Sequence[list[tuple[Level, str]]]) -> list[tuple[Level, str]]:
    none: list[tuple[Level, str]] = []
    return max(runs, key=len, default=none)
