"""From the rows of a set's workbook to its specification, with the place of everything in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from criteria_pages.domain.vocabulary import KINDS
from kpi_cms.foundation.engine import needed_version
from kpi_cms.interfaces.exchange.imports.problems import ImportProblem, at_cell
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind

from . import examples, layout
from .layout import OMIT, OWN_MAXIMUM, Field, Table

NAMESPACE = UUID("5f0c4a52-1f5e-4d0e-9d7e-335335335336")

Node = dict[str, Any]


@dataclass(frozen=True)
class SetRow:
    """One row of a table: its values by path and the cells they came from."""

    table: Table
    sheet: str
    number: int
    values: Mapping[str, Any]
    cells: Mapping[str, Cell] = field(default_factory=dict)

    def cell(self, path: str) -> Cell:
        return self.cells.get(path) or Cell(self.sheet, self.number, "A")

    def text(self, path: str) -> str:
        return str(self.values.get(path) or "")


@dataclass
class Built:
    """A specification, what describes it, the row of each of its nodes (by path and by key), and what was wrong."""

    specification: Node
    about: Node
    places: dict[str, SetRow] = field(default_factory=dict)
    problems: list[ImportProblem] = field(default_factory=list)


def build(whole: SetRow, tables: Mapping[str, Sequence[SetRow]]) -> Built:
    """The specification that the rows say, sound or not."""
    spec = _node(layout.SET.fields, whole)
    about = spec.pop("about", {})
    builder = _Builder(Built(spec, about), tables, str(about.get("code") or ""))
    builder.whole()
    return builder.built


def _node(fields: Iterable[Field], row: SetRow, kind: str | None = None, skip: Sequence[str] = ()) -> Node:
    """The node a row says; an empty cell is what its field means by it."""
    node: Node = {}
    for each in fields:
        if each.path in skip or (each.kinds is not None and kind not in each.kinds):
            continue
        value = row.values.get(each.path)
        if value is None or value in ("", []):
            value = list(each.empty) if isinstance(each.empty, list) else each.empty
        if value is not OMIT:
            _put(node, each.path, value)
    return node


def _document(row: SetRow) -> Node:
    node = _node(layout.DOCUMENTS.fields, row)
    return {**node, "issued_on": node["issued_on"].isoformat() if node["issued_on"] else ""}


def _put(node: Node, path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        node = node.setdefault(name, {})
    node[last] = value


class _Builder:
    """Builds one set; rows that name something the workbook does not have become problems."""

    def __init__(self, built: Built, tables: Mapping[str, Sequence[SetRow]], set_code: str) -> None:
        self.built = built
        self.tables = tables
        self.set_code = set_code
        self.keys: set[str] = set()
        self.criteria: dict[str, tuple[Node, SetRow]] = {}

    def whole(self) -> None:
        spec = self.built.specification
        spec.setdefault("settings", {})
        spec.setdefault("applicability", {})
        spec["parts"] = self._list(layout.PARTS, "parts")
        spec["sections"] = self._list(layout.SECTIONS, "sections")
        for section in spec["sections"]:
            section["criteria"] = []
        self._criteria(spec["sections"])
        for table in layout.DETAILS:
            self._details(table)
        for table in layout.LISTS:
            if self.rows(table) or table.name not in layout.OPTIONAL_LISTS:
                spec[table.name] = self._list(table, table.name)
        spec["citations"] = {row.text("step"): row.text("clause") for row in self.rows(layout.CLAUSES)}
        self.built.about["documents"] = [_document(row) for row in self.rows(layout.DOCUMENTS)]
        if examples.EXAMPLES.name in self.tables:
            self.built.about["examples"] = examples.read(self.tables, self.problem)
        spec["schema_version"] = needed_version(spec)

    def rows(self, table: Table) -> Sequence[SetRow]:
        return self.tables.get(table.name, ())

    def problem(self, row: SetRow, path: str, code: str, sentence: str) -> None:
        field = next((each for each in row.table.fields if each.path == path), None)
        header = "" if field is None else str(field.column.label)
        self.built.problems.append(at_cell(row.cell(path), header=header, code=code, sentence=sentence))

    def _list(self, table: Table, path: str) -> list[Node]:
        return [self._placed(table, row, f"{path}[{index}]") for index, row in enumerate(self.rows(table))]

    def _placed(
        self, table: Table, row: SetRow, path: str, kind: str | None = None, skip: Sequence[str] = ()
    ) -> Node:
        node = _node(table.fields, row, kind, skip)
        if layout.KEY in table.fields:
            node["key"] = node["key"] or self._key(table, row)
        self.built.places[path] = row
        if "key" in node:
            self.keys.add(node["key"])
            self.built.places[node["key"]] = row
        return node

    def _key(self, table: Table, row: SetRow) -> str:
        """The key of something new: the same whenever the same workbook is read."""
        name = f"{self.set_code}/{table.name}/{row.text('code') or row.text('label')}"
        key = str(uuid5(NAMESPACE, name))
        return key if key not in self.keys else str(uuid5(NAMESPACE, f"{name}/{row.number}"))

    def _criteria(self, sections: list[Node]) -> None:
        by_code: dict[str, tuple[int, Node]] = {}
        for index, section in enumerate(sections):
            by_code.setdefault(section["code"], (index, section))
        for row in self.rows(layout.CRITERIA):
            found = by_code.get(row.text("section"))
            if found is None:
                sentence = _(
                    "There is no section with the code “%(code)s”: correct the code or add the section."
                )
                self.problem(row, "section", "no_section", sentence % {"code": row.text("section")})
                continue
            index, section = found
            path = f"sections[{index}].criteria[{len(section['criteria'])}]"
            node = self._criterion(row, path)
            section["criteria"].append(node)
            self.criteria.setdefault(node["code"], (node, row))

    def _criterion(self, row: SetRow, path: str) -> Node:
        kind = row.text("kind.type")
        node = self._placed(layout.CRITERIA, row, path, kind, skip=("section",))
        own = node.setdefault("kind", {})
        node["alternatives"] = []
        if kind in OWN_MAXIMUM:
            own["max"] = node["max"]
            node["max"] = node["max"] if kind == "number" else None
        if kind == "task_points":
            own.setdefault("time", {})
            own.setdefault("normalise", {})
        for table in layout.DETAILS:
            if kind in table.kinds and table.inside != "alternatives":
                _put(node, table.inside, [])
        for each in layout.CRITERIA.fields:
            used = each.kinds is None or kind in each.kinds
            if not used and kind and row.cell(each.path).kind is not Kind.EMPTY:
                sentence = _("A criterion scored as “%(kind)s” has no “%(header)s”: clear the cell.")
                params = {"kind": KINDS.get(kind, kind), "header": each.column.label}
                self.problem(row, each.path, "not_used", sentence % params)
        return node

    def _details(self, table: Table) -> None:
        for row in self.rows(table):
            code = row.text("criterion")
            node, of = self.criteria.get(code, (None, None))
            if node is None or of is None:
                sentence = _(
                    "There is no criterion with the code “%(code)s”: correct the code or delete the row."
                )
                self.problem(row, "criterion", "no_criterion", sentence % {"code": code})
            elif node["kind"].get("type") not in table.kinds:
                sentence = _(
                    "The criterion “%(code)s” is not scored this way: delete the row, or change how it is scored."
                )
                self.problem(row, "criterion", "not_this_way", sentence % {"code": code})
            else:
                self._detail(table, row, node)

    def _detail(self, table: Table, row: SetRow, criterion: Node) -> None:
        inside: Any = criterion
        for name in table.inside.split("."):
            inside = inside[name]
        node: Node | None = _node(table.fields, row, skip=("criterion",))
        index = len(inside)
        if table.name == "coefficients":
            node, inside, index = _coefficient(inside, node or {})
        if node is not None:
            inside.append(node)
        path = next(
            place for place, at in self.built.places.items() if at is self.criteria[criterion["code"]][1]
        )
        self.built.places.setdefault(place_of(f"{path}.{table.inside}[{index}]"), row)


def place_of(path: str) -> str:
    """The engine says where something is with or without the mappings it stands in."""
    return path.replace(".kind", "").replace(".time", "")


def _coefficient(coefficients: list[Node], said: Node) -> tuple[Node | None, list[Node], int]:
    """A row is a value of the coefficient it names; the first row of a coefficient makes it."""
    place = next(
        (at for at, each in enumerate(coefficients) if each.get("attribute") == said.get("attribute")), None
    )
    if place is None:
        place = len(coefficients)
        coefficients.append({"attribute": said.get("attribute"), "values": []})
    coefficient = coefficients[place]
    if "default" in said:
        coefficient["default"] = said["default"]
    value = {name: said[name] for name in ("code", "label", "value")} if said["code"] else None
    return value, coefficient["values"], place
