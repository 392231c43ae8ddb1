"""One card of a set calculated in Excel: entries beside live formulas, from criteria to the band after the gates.

Where something may not apply, its entry may be “n/a”; what of a section, a part or the total applies then stands in a
row of its own, by which the rest is divided. The formulas are the engine's own (`formula_excel`), over the cells of
this sheet. What the engine takes from tasks or from other people is entered here as the number it comes to. What is
compared or rounded passes ROUND(…,9) first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from criteria_pages.domain.handbook_kinds import number
from criteria_pages.domain.vocabulary import labelled
from kpi_cms.foundation.core.workbooks import Format, Formula, OutColumn, OutSheet, OutValue
from kpi_cms.foundation.engine import (
    NOT_ARISEN,
    CompiledCriterion,
    CompiledSet,
    compile_set,
    decimal_text,
    excel,
)
from kpi_cms.foundation.engine.facts import SHARE, YES_NO, Fact
from kpi_cms.foundation.engine.formula_excel import GUARD
from kpi_cms.foundation.engine.formulas import applies_name, parse, parse_condition
from kpi_cms.foundation.engine.gates import FORCE, TOTAL
from kpi_cms.foundation.engine.rounding import PARTS, SECTIONS

from . import layout

ROUND = {"half_up": "ROUND", "up": "ROUNDUP", "down": "ROUNDDOWN"}
ENTRY, VALUE, FROM = "C", "D", "E"
OF_TASKS = frozenset({"task_ratio", "task_points", "roll_up"})
FIRST_ROW = 2

Node = Mapping[str, Any]
Write = Callable[[], str]


@dataclass
class Line:
    """A row: what it is about, whether something is entered, and the formula of its value once every row is known."""

    code: str
    label: str
    entry: bool = False
    required: bool = False
    value: Write | None = None
    start: Decimal | None = None


def calculation(specification: Node) -> OutSheet:
    """The sheet of a sound set."""
    lines = _Lines(compile_set(specification), specification)
    columns = [
        OutColumn(header=_("Code"), width=14),
        OutColumn(header=_("What"), width=70),
        OutColumn(header=_("Enter here"), width=14, format=Format.NUMBER),
        OutColumn(header=_("Result"), width=16, format=Format.NUMBER),
        OutColumn(header=_("From, points"), width=14, format=Format.NUMBER),
    ]
    return OutSheet(title=layout.CALCULATION, columns=columns, rows=list(lines.rows()))


class _Lines:
    """The rows of the sheet in order, and the cells that formulas name."""

    def __init__(self, compiled: CompiledSet, specification: Node) -> None:
        self.set = compiled
        self.kinds = {
            node["key"]: node["kind"] for section in specification["sections"] for node in section["criteria"]
        }
        self.lines: list[Line] = []
        self.cells: dict[str, str] = {}
        self.applies: dict[str, str] = {}
        """Code → what is 1 where it applies and 0 where it does not; what always applies is not here."""
        self.asked: list[str] = []
        """What counts the empty cells that are needed only where their criterion applies."""
        for section in compiled.sections:
            for key in section.criteria:
                self._criterion(compiled.criteria[compiled.keys[key]])
            self._section(section)
        for part in compiled.parts:
            self._part(part)
        self._totals()

    def _cell(self, name: str) -> str:
        """What a formula asks: the value of a code, or with APPLIES whether it applies."""
        return self.cells.get(name) or self._said.get(name, "1")

    @property
    def _said(self) -> dict[str, str]:
        return {applies_name(code): text for code, text in self.applies.items()}

    def rows(self) -> Iterator[list[OutValue]]:
        for line in self.lines:
            value = None if line.value is None else Formula(line.value())
            yield [line.code, line.label, None, value, line.start]

    # --- Rows and cells -------------------------------------------------------------------------------------
    def _add(self, line: Line) -> int:
        self.lines.append(line)
        return len(self.lines) + FIRST_ROW - 1

    def _named(self, code: str, label: str, value: Write, *, entry: bool = False) -> None:
        """A row that formulas name by its code; with an entry, it needs one."""
        row = self._add(Line(code, label, entry=entry, required=entry, value=value))
        self.cells[code] = f"{VALUE}{row}"

    def _entry(self, code: str, label: str, *, required: bool, value: Write | None = None) -> int:
        return self._add(Line(code, label, entry=True, required=required, value=value))

    # --- Criteria -------------------------------------------------------------------------------------------
    def _criterion(self, criterion: CompiledCriterion) -> None:
        kind = self.kinds[criterion.key]
        name = kind["type"]
        if name in ("checklist", "deduction", "bonus", "penalty"):
            self._items(criterion, kind)
        elif name == "indicator":
            self._indicator(criterion, kind)
        elif name == "formula":
            self._of_formula(criterion, kind)
        else:
            row = len(self.lines) + FIRST_ROW
            hint = _how(criterion, kind)
            if self._may_be_absent(criterion):
                hint = _("%(how)s; n/a where it does not apply") % {"how": hint}
                self.applies[criterion.code] = _unless_absent(f"{ENTRY}{row}", "1")
            self._named(
                criterion.code,
                labelled(criterion.label, hint),
                lambda: self._if_it_applies(criterion, self._worth(criterion, kind, f"{ENTRY}{row}")),
                entry=True,
            )

    def _may_be_absent(self, criterion: CompiledCriterion) -> bool:
        left_out = self.set.rules.nothing_is_left_out and criterion.kind in OF_TASKS
        return criterion.may_not_apply or left_out

    def _if_it_applies(self, criterion: CompiledCriterion, text: str) -> str:
        applies = self.applies.get(criterion.code)
        return text if applies is None else f"IF({applies}=1,{text},0)"

    def _said_apart(self, criterion: CompiledCriterion) -> None:
        """A row that says whether a criterion with items arose at all."""
        label = labelled(criterion.label, _("n/a where it did not arise, else empty"))
        row = self._entry(criterion.code, label, required=False)
        self.applies[criterion.code] = _unless_absent(f"{ENTRY}{row}", "1")

    def _worth(self, criterion: CompiledCriterion, kind: Node, cell: str) -> str:
        if kind["type"] in ("choice", "levels") and criterion.share:
            return f"{cell}/100"
        cap = self.set.rules.settings.ratio_cap
        if kind["type"] in ("task_ratio", "roll_up") and cap is not None:
            return f"MIN({cell}+0,{_number(cap)})"
        return cell

    def _items(self, criterion: CompiledCriterion, kind: Node) -> None:
        if criterion.may_not_apply:
            self._said_apart(criterion)
        rows = [self._item(criterion, item) for item in kind["items"]]
        total = f"SUM({VALUE}{rows[0]}:{VALUE}{rows[-1]})"
        text = total
        if kind["type"] == "deduction":
            text = f"MAX({kind['max']}-{total},{kind.get('floor') or 0})"
        if kind["type"] in ("bonus", "penalty"):
            text = f"MIN({total},{kind['max']})"
        self._named(criterion.code, criterion.label, lambda: self._if_it_applies(criterion, text))

    def _item(self, criterion: CompiledCriterion, item: Node) -> int:
        row = len(self.lines) + FIRST_ROW
        # Excel's MIN leaves an empty cell out; with 0 added it is 0.
        count = f"MIN({ENTRY}{row}+0,{item['limit']})" if item.get("limit") else f"{ENTRY}{row}"
        text = f"{count}*{item['value']}"
        if item.get("cap"):
            text = f"MIN({text},{item['cap']})"
        code = f"{criterion.code}: {item['code']}"
        return self._entry(code, item["label"], required=False, value=lambda: text)

    def _indicator(self, criterion: CompiledCriterion, kind: Node) -> None:
        reached = _("What was reached")
        if criterion.may_not_apply:
            reached = _("%(how)s; n/a where it does not apply") % {"how": reached}
        actual = self._needed(criterion.code, reached)
        target = kind.get("target")
        if criterion.may_not_apply:
            self.applies[criterion.code] = _unless_absent(actual, "1")
        if target is None and criterion.may_not_apply:
            target = f"{ENTRY}{self._entry(criterion.code, _('Target'), required=False)}"
            self.asked.append(_unless_absent(actual, f"COUNTBLANK({target})"))
        elif target is None:
            target = self._needed(criterion.code, _("Target"))
        cap = kind.get("cap") or "1"
        text = f"MIN({actual}/{target},{cap})"
        if kind.get("direction") == "lower":
            text = f"IF(ROUND({actual},{GUARD})=0,{cap},MIN({target}/{actual},{cap}))"
        self._named(criterion.code, criterion.label, lambda: self._if_it_applies(criterion, text))

    def _of_formula(self, criterion: CompiledCriterion, kind: Node) -> None:
        own = {item["code"]: self._input(criterion, item) for item in kind.get("inputs") or ()}

        def text() -> str:
            written = excel(parse(kind["expression"]), lambda name: own.get(name) or self._cell(name))
            return f"MAX(0,MIN({written},{kind['max']}))"

        self._named(criterion.code, criterion.label, text)

    def _input(self, criterion: CompiledCriterion, item: Node) -> str:
        return self._needed(f"{criterion.code}: {item['code']}", item["label"])

    def _needed(self, code: str, label: str) -> str:
        return f"{ENTRY}{self._entry(code, label, required=True)}"

    # --- Sections, parts, total -----------------------------------------------------------------------------
    def _section(self, section: Any) -> None:
        cap = _number(Decimal(section.cap[0]) / Decimal(section.cap[1]))
        own = [self.set.criteria[self.set.keys[key]] for key in section.criteria]
        weighted = section.combination == "weighted_mean"
        measures = {
            each.code: _number(each.weight if weighted else each.max)
            for each in own
            if each.index in section.measures
        }
        left = self._left(section.code, section.label, measures or {each.code: "1" for each in own})
        whole = "+".join(measures.values())

        def text() -> str:
            if section.combination == "formula":
                raw = excel(parse(section.expression), self._cell)
            else:
                adding = [each for each in own if each.index not in section.penalties]
                raw = "+".join(self._term(criterion, section) for criterion in adding)
                raw = f"({raw})*({whole})/{left}" if left else raw
                raw += "".join(f"-{self.cells[self.set.criteria[at].code]}" for at in section.penalties)
            return self._rounded(_where(left, f"MAX(0,MIN({raw},{cap}))"), when=SECTIONS)

        self._named(section.code, section.label, text)

    def _left(self, code: str, label: str, measures: Mapping[str, str]) -> str:
        """The cell that says what of something applies, of these maxima or weights by code; "" where all of it does."""
        if not any(each in self.applies for each in measures):
            return ""
        terms = [
            f"{most}*{self.applies[each]}" if each in self.applies else most
            for each, most in measures.items()
        ]
        text = "+".join(terms)
        row = self._add(Line("", labelled(label, _("what of it applies")), value=lambda: text))
        if code:
            self.applies[code] = f"IF(ROUND({VALUE}{row},{GUARD})=0,0,1)"
        return f"{VALUE}{row}"

    def _term(self, criterion: CompiledCriterion, section: Any) -> str:
        cell = self.cells[criterion.code]
        if section.combination == "weighted_mean":
            over = "" if criterion.share else f"/{_number(criterion.max)}"
            return f"{cell}*{_number(section.max)}*{_number(criterion.weight)}/100{over}"
        return f"{cell}*{_number(criterion.max)}" if criterion.share else cell

    def _part(self, part: Any) -> None:
        sections = [self.set.sections[index] for index in part.sections]
        left = self._left(part.code, part.label, {each.code: _number(each.max) for each in sections})

        def text() -> str:
            added = "+".join(self.cells[each.code] for each in sections) or "0"
            added = f"({added})*{_number(part.max)}/{left}" if left else added
            return self._rounded(_where(left, added), when=PARTS)

        self._named(part.code, part.label, text)

    def _rounded(self, text: str, *, when: str) -> str:
        return text if self.set.when != when else self._round(text)

    def _round(self, text: str) -> str:
        return f"{ROUND[self.set.mode]}(ROUND({text},{GUARD}),{self.set.places})"

    def _totals(self) -> None:
        spec = self.set.specification
        needed = [index + FIRST_ROW for index, line in enumerate(self.lines) if line.required]
        left = self._left("", _("Total"), {part.code: _number(part.max) for part in self.set.parts})
        nothing = [f"IF(ROUND({left},{GUARD})=0,1,0)"] if left else []
        asked_for = "+".join([_blank(needed), *self.asked, *nothing])
        missing = self._add(Line("", _("Entries still missing"), value=lambda: asked_for))
        total = self._add(Line(TOTAL, _("Total, exact"), value=lambda: self._total(left)))
        rounded = self._add(
            Line(
                "",
                _("Total, rounded"),
                value=lambda: f'IF({VALUE}{missing}>0,"",{self._round(f"{VALUE}{total}")})',
            )
        )
        source = f"{VALUE}{rounded if spec.settings.band_from == 'rounded' else total}"
        by_points = self._add(Line("", _("Band by points"), value=None))
        final = self._add(Line("", _("Band after the gates"), value=None))
        first = self._bands()
        rows = {fact.code: self._fact(fact) for fact in spec.facts}
        facts = {
            fact.code: f"({ENTRY}{rows[fact.code]}/100)"
            if fact.answer == SHARE
            else f"{ENTRY}{rows[fact.code]}"
            for fact in spec.facts
        }
        asked = _blank(rows[fact.code] for fact in self.set.facts_asked(""))
        place = self._place(source, first)
        gates = self._gates(facts, f"{VALUE}{total}")
        last = first + len(self.set.bands) - 1

        def band(text: str, more: str = "") -> Write:
            return lambda: f'IF({VALUE}{missing}{more}>0,"",INDEX(B{first}:B{last},{text}+1))'

        self.lines[by_points - FIRST_ROW].value = band(place)
        self.lines[final - FIRST_ROW].value = band(_after(place, gates), f"+{asked}")

    def _fact(self, fact: Fact) -> int:
        """The row of a fact. An empty cell is no answer: the band waits for it, as it does on a card."""
        hints = {SHARE: _("%(label)s, in per cent"), YES_NO: _("%(label)s: 1 for yes, 0 for no")}
        label = hints[fact.answer] % {"label": fact.label} if fact.answer in hints else fact.label
        return self._entry(fact.code, label, required=False)

    def _total(self, left: str) -> str:
        most = _number(self.set.specification.total_max)
        if self.set.specification.total == "formula":
            raw = excel(parse(self.set.specification.total_expression), self._cell)
            return f"MAX(0,MIN({raw},{most}))"
        added = "+".join(self.cells[part.code] for part in self.set.parts)
        return _where(left, f"({added})*{most}/{left}") if left else added

    # --- Bands and gates ------------------------------------------------------------------------------------
    def _bands(self) -> int:
        rows = [self._add(Line(band.code, band.label, start=band.start)) for band in self.set.bands]
        return rows[0]

    def _place(self, source: str, first: int) -> str:
        """The place of the band, 0 for the highest."""
        count = len(self.set.bands)
        text = str(count - 1)
        for place in reversed(range(count - 1)):
            text = f"IF(ROUND({source},{GUARD})>={FROM}{first + place},{place},{text})"
        return text

    def _gates(self, facts: Mapping[str, str], total: str) -> list[tuple[bool, int, str]]:
        """Of each gate: whether it forces a band, which, and the cell that says 1 when it holds."""
        cells = {**self._said, **self.cells, TOTAL: total, **facts}
        found = []
        period = ""
        if any(gate.spec.periods for gate in self.set.gates):
            label = _("Kind of period: month, quarter, half_year, year")
            period = f"{ENTRY}{self._entry('', label, required=False)}"
        for gate in self.set.gates:
            condition = excel(parse_condition(gate.spec.condition), lambda name: cells.get(name, "1"))
            if gate.spec.periods:
                asked = ",".join(f'{period}="{kind}"' for kind in gate.spec.periods)
                condition = f'IF(OR({period}="",{asked}),{condition},FALSE)'
            text = f"IF({condition},1,0)"
            row = self._add(Line("", labelled(gate.spec.label, gate.spec.reason), value=_said(text)))
            found.append((gate.spec.effect == FORCE, gate.place, f"{VALUE}{row}"))
        return found


def _unless_absent(cell: str, text: str) -> str:
    """A number that is 0 where the entry says that it does not apply."""
    return f'IF({cell}="{NOT_ARISEN}",0,{text})'


def _where(left: str, text: str) -> str:
    """A number that is 0 where nothing of it applies; `left` "": it always does."""
    return f"IF(ROUND({left},{GUARD})=0,0,{text})" if left else text


def _said(text: str) -> Write:
    return lambda: text


def _after(place: str, gates: Iterable[tuple[bool, int, str]]) -> str:
    """The place of the band after the gates: the lowest forced one in place of the points', and the lowest limit."""
    gates = list(gates)
    forced = ",".join(f"IF({cell}=1,{at},-1)" for force, at, cell in gates if force)
    limits = [f"IF({cell}=1,{at},0)" for force, at, cell in gates if not force]
    start = f"IF(MAX({forced})>=0,MAX({forced}),{place})" if forced else place
    return f"MAX({','.join([start, *limits])})" if limits else start


def _blank(rows: Iterable[int]) -> str:
    """How many of the cells are empty; neighbours are counted together."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return "+".join(f"COUNTBLANK({ENTRY}{first}:{ENTRY}{last})" for first, last in runs) or "0"


def _number(value: Decimal | None) -> str:
    assert value is not None  # the set is sound
    return decimal_text(value)


def _how(criterion: CompiledCriterion, kind: Node) -> str:
    """What is entered for a criterion with one entry."""
    if kind["type"] in ("choice", "levels") and criterion.share:
        return _("per cent")
    if kind["type"] in ("task_ratio", "roll_up", "people_managed", "result_of"):
        return _("share, 1 is 100%")
    if kind.get("min"):
        return _("points, at least %(least)s") % {"least": number(kind["min"])}
    return _("points")
