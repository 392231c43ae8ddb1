"""Gates: conditions beyond the points that force a band or limit it, each with its reason and citation.

    gates  [{key, label, condition, effect ("force" | "limit"), band, reason, citation, periods [kinds]}]

A condition is a formula that is true or false, over the codes of criteria, sections and parts, over `total` and
over facts (`facts.py`). Forced: the lowest of the bands forced stands instead of the points' band. Limited: nobody
is above the lowest limit. The order of the gates changes nothing. A gate whose fact is not known is `undecided`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine import formulas
from kpi_cms.foundation.engine.aggregation import PERIODS
from kpi_cms.foundation.engine.combination import Unknown
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.steps import Step

FORCE, LIMIT = "force", "limit"
TOTAL = "total"
MAX_GATES = 100


@dataclass(frozen=True)
class GateSpec:
    """A gate. `periods` empty: it holds in every kind of period."""

    key: str
    label: str
    condition: str
    effect: str
    band: str
    reason: str
    citation: str
    periods: tuple[str, ...]


@dataclass(frozen=True)
class Gate:
    """A gate, ready to ask: `place` and `name` of its band, counted from the highest, and the codes it asks."""

    spec: GateSpec
    tree: formulas.Node
    place: int
    name: str
    codes: frozenset[str]

    def bears_on(self, period: str) -> bool:
        """Whether it holds in a kind of period; "": in any."""
        return not (period and self.spec.periods and period not in self.spec.periods)


class Rating(NamedTuple):
    """What the gates make of a band.

    `band` is None without points or a forced band, and while an undecided gate could still change it.
    `applied` are the gates whose condition holds, `undecided` those that wait for a fact.
    """

    band: str | None
    by_points: str | None
    applied: tuple[GateSpec, ...]
    undecided: tuple[GateSpec, ...]
    steps: tuple[Step, ...]


def read_gates(reader: Reader, spec: Node) -> tuple[GateSpec, ...]:
    """The gates of a specification, with every problem of form."""
    gates = tuple(_gate(reader, node) for node in reader.each(spec, "gates", ""))
    if len(gates) > MAX_GATES:
        reader.add("gates_many", "", _MANY, limit=MAX_GATES)
    return gates


def _gate(reader: Reader, node: Node) -> GateSpec:
    key = reader.text(node, "key", "")
    gate = GateSpec(
        key,
        reader.text(node, "label", key),
        reader.text(node, "condition", key),
        reader.choice(node, "effect", key, (FORCE, LIMIT)),
        reader.text(node, "band", key),
        reader.text(node, "reason", key),
        reader.text(node, "citation", key, required=False),
        reader.texts(node, "periods", key),
    )
    for period in gate.periods:
        if period not in PERIODS:
            reader.add("gate_period", key, _PERIOD, period=period)
    return gate


def check_gates(reader: Reader, gates: Sequence[GateSpec], bands: Sequence[str], known: set[str]) -> None:
    """What is wrong with the gates of a set; `known` are the codes a condition may name."""
    for index, gate in enumerate(gates):
        with reader.inside(f"gates[{index}]"):
            if gate.band and gate.band not in bands:
                reader.add("gate_band", gate.key, _BAND, band=gate.band)
            elif gate.effect == LIMIT and gate.band == bands[0]:
                reader.add("gate_limit", gate.key, _NO_LIMIT, band=gate.band)
            if gate.condition:
                _check_condition(reader, gate, known)


def _check_condition(reader: Reader, gate: GateSpec, known: set[str]) -> None:
    try:
        found = list(formulas.names(formulas.parse_condition(gate.condition)))
    except formulas.FormulaError as error:
        reader.add("gate_condition", gate.key, error.template, **error.params)
        return
    for name in found:
        if name.code not in known:
            params = {"name": name.code, "position": name.position + 1}
            reader.add("gate_name", gate.key, _NO_NAME, **params)


def compile_gates(gates: Sequence[GateSpec], bands: Mapping[str, str]) -> tuple[Gate, ...]:
    """The gates of a checked set. `bands`: code → label, from the highest."""
    codes = list(bands)
    found = []
    for gate in gates:
        tree = formulas.parse_condition(gate.condition)
        asked = frozenset(name.code for name in formulas.names(tree))
        found.append(Gate(gate, tree, codes.index(gate.band), bands[gate.band], asked))
    return tuple(found)


def rate(
    gates: Sequence[Gate],
    bands: Sequence[str],
    by_points: str | None,
    value_of: Callable[[str], Fraction | None],
    period: str = "",
) -> Rating:
    """The band after the gates. `value_of` gives a code's value, None while it is not known.

    `period` leaves out the gates of other kinds of period; "" asks them all. Raises ScoringError for a condition
    that cannot be computed (a division by zero), naming the gate.
    """
    applied: list[Gate] = []
    undecided: list[Gate] = []
    steps: list[Step] = []
    for gate in gates:
        if not gate.bears_on(period):
            continue
        used: dict[str, Fraction] = {}
        answer = _holds(gate, value_of, used)
        if answer is None:
            undecided.append(gate)
            steps.append(_waiting(gate, used))
            continue
        if answer:
            applied.append(gate)
        steps.append(_step(gate, used, answer=answer))
    possible = _places(applied, undecided, None if by_points is None else bands.index(by_points))
    place = possible.pop() if len(possible) == 1 else None
    band = None if place is None else bands[place]
    return Rating(
        band,
        by_points,
        tuple(gate.spec for gate in applied),
        tuple(gate.spec for gate in undecided),
        tuple(steps),
    )


def _places(applied: Sequence[Gate], undecided: Sequence[Gate], by_points: int | None) -> set[int | None]:
    """Where the band can be, whatever the undecided gates turn out to be; None: nowhere without points."""
    forced = max((gate.place for gate in applied if gate.spec.effect == FORCE), default=None)
    limit = max((gate.place for gate in applied if gate.spec.effect == LIMIT), default=0)
    starts = {by_points if forced is None else forced}
    limits = {limit}
    for gate in undecided:
        if gate.spec.effect == FORCE:
            starts.add(gate.place if forced is None else max(forced, gate.place))
        else:
            limits.add(max(limit, gate.place))
    return {None if start is None else max(start, low) for start in starts for low in limits}


def _holds(gate: Gate, value_of: Callable[[str], Fraction | None], used: dict[str, Fraction]) -> bool | None:
    def known(code: str) -> Fraction:
        value = value_of(code)
        if value is None:
            raise Unknown(code)
        used[code] = value
        return value

    try:
        return formulas.holds(gate.tree, known)
    except Unknown:
        return None
    except formulas.FormulaError as error:
        raise ScoringError(Problem("gate_condition", gate.spec.key, error.template, error.params)) from error


def _step(gate: Gate, used: Mapping[str, Fraction], *, answer: bool) -> Step:
    template = (_FORCED if gate.spec.effect == FORCE else _LIMITED) if answer else _NOT_MET
    params = {"label": gate.spec.label, "band": gate.name, "reason": gate.spec.reason}
    inputs = tuple(used.items())
    return Step(
        template, params, _formula(gate), inputs, Fraction(answer), None, gate.spec.citation, gate.spec.key
    )


def _waiting(gate: Gate, used: Mapping[str, Fraction]) -> Step:
    """A gate that nobody can answer yet stands in the trace, too: it is not passed over."""
    params = {"label": gate.spec.label}
    inputs = tuple(used.items())
    return Step(_WAITING, params, _formula(gate), inputs, None, None, gate.spec.citation, gate.spec.key)


def _formula(gate: Gate) -> str:
    return f"IF({gate.spec.condition}; 1; 0)"


_MANY = N_("The set has more than %(limit)s gates: remove some.")
_PERIOD = N_("“%(period)s” is no kind of period: choose month, quarter, half-year or year.")
_BAND = N_("The gate names the band “%(band)s”, which the set does not have: choose one of its bands.")
_NO_LIMIT = N_("The gate limits nothing, “%(band)s” is the highest band: choose a lower one.")
_NO_NAME = N_("“%(name)s” at character %(position)s is neither a code nor a fact of this set: correct it.")
_FORCED = N_("%(label)s: the condition holds, the band is %(band)s. %(reason)s")
_LIMITED = N_("%(label)s: the condition holds, the band is %(band)s at most. %(reason)s")
_NOT_MET = N_("%(label)s: the condition does not hold")
_WAITING = N_("%(label)s: not known yet, because what it asks is not recorded")
