"""Acceptance vectors: cards, periods and quotas with their expected results, run through compiled sets.

A card's vector has `leader`, `common` (the part's total), `tasks`, for leaders `d`, `dd` (đ) and `e`, optional
`settings`, and `expect`. Its settings override the file's, both override the open settings of the set; the
constants of the set (deduction for a fault, maximums, rounding) must equal what the file says.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import law
from kpi_cms.foundation.engine.aggregation import NOT_RATED, PeriodScore
from kpi_cms.foundation.engine.compile import CompiledSet
from kpi_cms.foundation.engine.exact import parse_decimal
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.problems import ScoringError
from kpi_cms.foundation.engine.quota import QuotaCounts
from kpi_cms.foundation.engine.scoring import Outcome
from kpi_cms.foundation.engine.specification import OPEN_SETTINGS
from kpi_cms.foundation.engine.tasks import Deduction, TaskInput

Vector = Mapping[str, object]

_GIVEN = {"d": "d", "dd": "đ", "e": "e"}
_VALUES = {"a": "a", "b": "b", "c": "c", **_GIVEN}


def check_vector(
    compiled_set_for: Callable[[Vector], CompiledSet], vector: Vector, file_settings: Mapping[str, object]
) -> list[str]:
    """The differences between what a vector expects and what its set computes; empty: none."""
    compiled = compiled_set_for(vector)
    try:
        settings = {**file_settings, **_mapping(vector.get("settings", {}), "settings")}
        differences = _constants(compiled, settings)
        opened = {name: value for name, value in settings.items() if name in OPEN_SETTINGS}
        outcome = compiled.score(_inputs(compiled, vector, opened))
        return differences + _compare(outcome, _mapping(vector.get("expect"), "expect"))
    except (ScoringError, VectorError) as error:
        return [str(error)]


def check_period(
    compiled_set_for: Callable[[Vector], CompiledSet], vector: Vector, file_settings: Mapping[str, object]
) -> list[str]:
    """The same for a period made of months, or of `quarters`: `kind`, `months` (null: no score), `absent_reason`,
    `expect`."""
    compiled = compiled_set_for(vector)
    try:
        settings = {**file_settings, **_mapping(vector.get("settings", {}), "settings")}
        differences = _constants(compiled, settings)
        expect = _mapping(vector.get("expect"), "expect")
        of = "quarter" if "quarters" in vector else "month"
        scores = [
            None if points is None else PeriodScore(_number(points, f"{of}s"))
            for points in _items(vector, f"{of}s")
        ]
        found = compiled.aggregate(
            str(vector.get("kind")),
            of,
            scores,
            str(vector.get("absent_reason", "")),
            str(settings.get("means_of", "")),
        )
    except (ScoringError, VectorError) as error:
        return [str(error)]
    standing = found.standing
    values: dict[str, object] = {
        "score": standing and str(standing.rounded),
        "band": standing and standing.band,
        "not_rated": found.status == NOT_RATED,
    }
    return differences + _differences(expect, values)


def check_quota(compiled_set_for: Callable[[Vector], CompiledSet], vector: Vector) -> list[str]:
    """The same for a quota: `at_least_good`, `excellent_by_score`, `rated`, `base`, `share`, `expect_excellent`."""
    compiled = compiled_set_for(vector)
    try:
        good, excellent = (_count(vector.get(name), name) for name in ("at_least_good", "excellent_by_score"))
        counts = QuotaCounts(excellent, good - excellent, _count(vector.get("rated", good), "rated"))
        found = compiled.quota(counts, base=str(vector.get("base", "")))
        if found is None:
            return ["quota: the set has none"]
        share = compiled.specification.quotas[0].share
        differences = []
        if "share" in vector and _number(vector["share"], "share") != share:
            differences.append(f"share: the set has {share}, the vector {vector['share']}")
    except (ScoringError, VectorError) as error:
        return [str(error)]
    expect = {"expect_excellent": vector.get("expect_excellent")}
    return differences + _differences(expect, {"expect_excellent": found.granted})


def _differences(expect: Vector, values: Mapping[str, object]) -> list[str]:
    return [
        f"{name}: expected {wanted}, found {values.get(name, 'nothing by that name')}"
        for name, wanted in expect.items()
        if name not in values or values[name] != wanted
    ]


class VectorError(ValueError):
    """The vector itself cannot be read."""


def _constants(compiled: CompiledSet, settings: Mapping[str, object]) -> list[str]:
    maximums = {part.code: part.max for part in compiled.parts}
    fixed: dict[str, object] = {
        "penalty_per_fault": compiled.rules.settings.penalty_per_fault,
        "common_max": maximums.get(law.COMMON),
        "results_max": maximums.get(law.RESULTS),
        "rounding": f"half_up_{compiled.places}",
    }
    differences = []
    for name, value in settings.items():
        if name in fixed:
            same = value == fixed[name] if name == "rounding" else parse_decimal(value) == fixed[name]
            if not same:
                differences.append(f"{name}: the set has {fixed[name]}, the vector {value}")
        elif name not in OPEN_SETTINGS:
            differences.append(f"{name}: not a setting")
    return differences


def _inputs(compiled: CompiledSet, vector: Vector, settings: Mapping[str, object]) -> CardInputs:
    common = vector.get("common")
    return CardInputs(
        entered={},
        tasks=[_task(_mapping(task, "task")) for task in _items(vector, "tasks")],
        part_totals={} if common is None else {law.COMMON: _number(common, "common")},
        settings=settings,
        given={code: _number(vector[name], name) for name, code in _GIVEN.items() if name in vector},
    )


def _task(task: Vector) -> TaskInput:
    accepted = task.get("accepted")
    return TaskInput(
        coefficient=_number(task.get("coefficient"), "coefficient"),
        assigned=_number(task.get("assigned"), "assigned"),
        completed=_number(task.get("completed"), "completed"),
        accepted=None if accepted is None else _number(accepted, "accepted"),
        handed_over=_number(task.get("handed_over", "0"), "handed_over"),
        extra=task.get("extra", False) is True,
        faults=_deductions(task, "faults"),
        delays=_deductions(task, "delays"),
        label=str(task.get("label", "")),
    )


def _deductions(task: Vector, name: str) -> list[Deduction]:
    deductions = []
    for item in _items(task, name):
        deduction = _mapping(item, name)
        unit = deduction.get("unit")
        if not isinstance(unit, int) or isinstance(unit, bool):
            raise VectorError(f"{name}: a unit is a whole number, not {unit!r}")
        deductions.append(Deduction(unit, deduction.get("excused", False) is True))
    return deductions


def _compare(outcome: Outcome, expect: Vector) -> list[str]:
    if expect.get("insufficient_data") is True:
        return (
            []
            if outcome.insufficient
            else [f"insufficient_data: expected, but the total is {outcome.rounded}"]
        )
    if outcome.insufficient:
        return ["insufficient_data: not expected, but nothing is assigned"]
    differences = []
    found: object
    for name, wanted in expect.items():
        if name == "total":
            found, same = outcome.rounded, str(outcome.rounded) == wanted
        elif name == "band":
            found, same = outcome.band, outcome.band == wanted
        elif name in _VALUES or name in (law.COMMON, law.RESULTS):
            source = outcome.parts if name in (law.COMMON, law.RESULTS) else outcome.values
            exact = source.get(_VALUES.get(name, name))
            found, same = exact, exact is not None and exact == Fraction(_number(wanted, name))
        elif name == "insufficient_data" and wanted is False:
            continue
        else:
            found, same = "nothing by that name", False
        if not same:
            differences.append(f"{name}: expected {wanted}, found {found}")
    return differences


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise VectorError(f"{name}: not an object")
    return value


def _items(node: Vector, name: str) -> Sequence[object]:
    value = node.get(name, [])
    if not isinstance(value, list):
        raise VectorError(f"{name}: not a list")
    return value


def _count(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise VectorError(f"{name}: {value!r} is not a number of people")
    return value


def _number(value: object, name: str) -> Decimal:
    number = parse_decimal(value)
    if number is None:
        raise VectorError(f"{name}: {value!r} is not a decimal written as text")
    return number
