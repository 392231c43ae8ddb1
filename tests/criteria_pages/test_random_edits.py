"""Random edits of a set: a comparison lists exactly these."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from criteria_pages.domain.comparison import differences
from criteria_pages.enums import Difference, Level
from kpi_cms.foundation.engine import check_specification
from tests.factories.specifications import criterion, everything

Expected = tuple[Difference, Level, str, frozenset[tuple[str, ...]]]
Draw = Callable[[st.SearchStrategy[Any]], Any]


class Editor:
    """Applies edits that do not get in one another's way, and says what a comparison has to list."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.spec = everything()
        self.expected: set[Expected] = set()
        self.busy: set[str] = set()

    def free(self, *nodes: dict[str, Any]) -> bool:
        """Whether nothing was done to these yet; from now on something was."""
        keys = {str(node["key"]) for node in nodes}
        if keys & self.busy:
            return False
        self.busy |= keys
        return True

    def expect(self, kind: Difference, level: Level, key: str, *paths: tuple[str, ...]) -> None:
        self.expected.add((kind, level, key, frozenset(paths)))

    def section(self) -> dict[str, Any]:
        chosen: dict[str, Any] = self.draw(st.sampled_from(self.spec["sections"]))
        return chosen

    def reword(self) -> None:
        node = self.draw(st.sampled_from(self.section()["criteria"]))
        if self.free(node):
            node["label"] += " và việc khác"
            node["guidance"] = [*node["guidance"], "Thêm một biểu hiện"]
            self.expect(Difference.REWORDED, Level.CRITERION, node["key"], ("label",), ("guidance",))

    def points(self) -> None:
        node = self.draw(st.sampled_from(self.section()["criteria"]))
        if self.free(node):
            node["max"] = node["kind"]["max"] = "7.25"
            self.expect(Difference.POINTS, Level.CRITERION, node["key"], ("max",))

    def weight(self) -> None:
        node = self.draw(st.sampled_from(self.section()["criteria"]))
        if self.free(node):
            node["weight"] = "33"
            self.expect(Difference.POINTS, Level.CRITERION, node["key"], ("weight",))

    def kind(self) -> None:
        node = self.draw(st.sampled_from(self.section()["criteria"]))
        if self.free(node):
            node["kind"] = {"type": "number" if node["kind"]["type"] != "number" else "levels"} | (
                {"max": node["kind"]["max"]} if "max" in node["kind"] else {}
            )
            self.expect(Difference.SCORING, Level.CRITERION, node["key"], ("kind", "type"))

    def add(self) -> None:
        section = self.section()
        if self.free(section):
            code = f"moi{len(self.expected)}"
            place = self.draw(st.integers(0, len(section["criteria"])))
            section["criteria"].insert(
                place, criterion(code, {"type": "number", "max": "1", "step": "1"}, "1")
            )
            self.expect(Difference.ADDED, Level.CRITERION, f"key-{code}")

    def remove(self) -> None:
        section = self.section()
        node = self.draw(st.sampled_from(section["criteria"]))
        if not {section["key"], node["key"]} & self.busy and self.free(section, node):
            section["criteria"].remove(node)
            if not section["criteria"]:
                section["criteria"].append(node)
            else:
                self.expect(Difference.REMOVED, Level.CRITERION, node["key"])

    def move(self) -> None:
        source, target = self.section(), self.section()
        node = self.draw(st.sampled_from(source["criteria"]))
        if source is not target and len(source["criteria"]) > 1 and self.free(source, target, node):
            source["criteria"].remove(node)
            target["criteria"].insert(self.draw(st.integers(0, len(target["criteria"]))), node)
            self.expect(Difference.MOVED, Level.CRITERION, node["key"], ("place",))

    def reorder(self) -> None:
        """To a place at least two further on: of two neighbours that changed places either can have moved."""
        section = self.section()
        criteria = section["criteria"]
        if len(criteria) > 2 and self.free(section, node := criteria[0]):
            criteria.insert(self.draw(st.integers(2, len(criteria) - 1)), criteria.pop(0))
            self.expect(Difference.MOVED, Level.CRITERION, node["key"])

    def drop_section(self) -> None:
        section = self.section()
        if len(self.spec["sections"]) > 3 and self.free(section, *section["criteria"]):
            self.spec["sections"].remove(section)
            self.expect(Difference.REMOVED, Level.SECTION, section["key"])
            for node in section["criteria"]:
                self.expect(Difference.REMOVED, Level.CRITERION, node["key"])

    def combine(self) -> None:
        section = self.section()
        if self.free(section):
            section["combination"] = {"kind": "formula", "expression": "0", "cap": "3.5"}
            before = next(node for node in everything()["sections"] if node["key"] == section["key"])
            paths = [
                name
                for name in section["combination"]
                if before["combination"][name] != section["combination"][name]
            ]
            self.expect(
                Difference.SCORING, Level.SECTION, section["key"], *(("combination", name) for name in paths)
            )

    def band(self) -> None:
        band = self.draw(st.sampled_from(self.spec["bands"]))
        if self.free({"key": band["code"]}):
            band["from"] = "12.5"
            self.expect(Difference.POINTS, Level.BAND, band["code"], ("from",))

    def gate(self) -> None:
        gate = self.draw(st.sampled_from(self.spec["gates"]))
        if self.free(gate):
            gate |= {"condition": "total < 1", "periods": ["month"]}
            self.expect(Difference.SCORING, Level.GATE, gate["key"], ("condition",), ("periods",))

    def new_gate(self) -> None:
        if self.free({"key": "new gate"}):
            self.spec["gates"].insert(self.draw(st.integers(0, 2)), self.spec["gates"][0] | {"key": "moi"})
            self.busy.add("moi")
            self.expect(Difference.ADDED, Level.GATE, "moi")

    def stage(self) -> None:
        stage = self.draw(st.sampled_from(self.spec["stages"]))
        if self.free(stage):
            stage |= {"label": "Cấp khác", "optional": not stage["optional"], "blind_to": ["evaluator"]}
            self.expect(Difference.REWORDED, Level.STAGE, stage["key"], ("label",))
            self.expect(Difference.SCORING, Level.STAGE, stage["key"], ("optional",), ("blind_to",))

    def whole(self) -> None:
        if self.free({"key": "whole"}):
            self.spec["rounding"] = {"places": 1, "mode": "half_up", "when": "parts"}
            self.spec["total"]["max"] = "90"
            self.spec["settings"]["ratio_cap"] = None
            self.spec["applicability"]["positions"] = []
            paths = [("rounding", name) for name in ("places", "mode", "when")]
            paths += [("total", "max"), ("settings", "ratio_cap"), ("applicability", "positions")]
            self.expect(Difference.RULES, Level.SET, "", *paths)


EDITS = [
    Editor.reword, Editor.points, Editor.weight, Editor.kind, Editor.add, Editor.remove, Editor.move, Editor.reorder,
    Editor.drop_section, Editor.combine, Editor.band, Editor.gate, Editor.new_gate, Editor.stage, Editor.whole,
]  # fmt: skip


@given(st.data())
def test_random_edits_are_found_and_nothing_else(data: st.DataObject) -> None:
    editor = Editor(data.draw)
    for edit in data.draw(st.lists(st.sampled_from(EDITS), max_size=12)):
        edit(editor)
    snapshot = deepcopy(editor.spec)

    changes = differences(everything(), editor.spec)

    found = {
        (change.kind, change.level, change.key, frozenset(detail.path for detail in change.details))
        for change in changes
    }
    assert found == editor.expected
    assert len(changes) == len(found)
    assert all(detail.name and detail.old != detail.new for change in changes for detail in change.details)
    assert editor.spec == snapshot


def test_the_set_that_is_edited_is_a_sound_one() -> None:
    assert check_specification(everything()) == []
