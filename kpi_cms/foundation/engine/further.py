"""Criteria of the later kinds on one card: what each is worth, and how it came about.

An answer is a value, or why there is none: `MISSING` (an entry is needed), `PENDING` (others' results are, or a word
of a task), `NOTHING` (nothing was assigned), `DEPENDS` (a formula waits for a criterion that has no value),
`NOT_ARISEN` (whoever scores says that it does not apply).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import formulas
from kpi_cms.foundation.engine.absent import NOT_ARISEN, Absent
from kpi_cms.foundation.engine.combination import LinearPlan, TreePlan, Unknown, clamp
from kpi_cms.foundation.engine.compiled import CompiledCriterion, Rules, ScoringPlan
from kpi_cms.foundation.engine.exact import Pair, decimal_text, pair_of, parse_decimal
from kpi_cms.foundation.engine.explained import Line
from kpi_cms.foundation.engine.formula_kind import NAME, FormulaKind
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.others import OWN, ResultOfKind, RollUpKind
from kpi_cms.foundation.engine.problems import EntryError, Problem, ScoringError
from kpi_cms.foundation.engine.task_points import TaskPointsKind
from kpi_cms.foundation.engine.tasks import TaskInput

ANSWERS = MISSING, PENDING, NOTHING, DEPENDS = "missing", "pending", "nothing", "depends"

Values = Sequence[Pair | None]


def worth(
    compiled: ScoringPlan,
    criterion: CompiledCriterion,
    inputs: CardInputs,
    rules: Rules,
    values: Values,
    absent: Absent,
) -> Pair | str:
    """What a criterion is worth. `values`: those of the criteria before it, 0 where one is `absent`.

    Raises EntryError for an entry it does not accept, ScoringError for inputs it cannot count.
    """
    kind, key = criterion.detail_kind, criterion.key
    if isinstance(kind, TaskPointsKind):
        if kind.waits(inputs.work):
            return PENDING
        return kind.value(key, inputs.work, inputs.calendars) or NOTHING
    if isinstance(kind, RollUpKind):
        tasks = _tasks(kind, inputs)
        return PENDING if tasks is None else kind.value(tasks, rules.tasks, rules.cap) or NOTHING
    if isinstance(kind, ResultOfKind):
        results = inputs.results.get(kind.of)
        return PENDING if results is None else kind.value(key, results)
    if criterion.is_absent(inputs.entered.get(criterion.key)):
        return NOT_ARISEN
    entry = _entry(criterion, inputs)
    if entry is None:
        return MISSING
    if isinstance(kind, FormulaKind):
        found = _formula(compiled, criterion, entry, values, absent)
        return DEPENDS if found is None else clamp(found, pair_of(kind.max or Decimal(0)))
    return kind.value(key, entry)


def explain(
    compiled: ScoringPlan,
    criterion: CompiledCriterion,
    inputs: CardInputs,
    rules: Rules,
    values: Values,
    absent: Absent,
) -> list[Line]:
    """The lines of a criterion that has a value; the last one is the criterion's own."""
    kind = criterion.detail_kind
    if isinstance(kind, TaskPointsKind):
        return kind.explain(criterion.key, inputs.work, inputs.calendars)
    if isinstance(kind, RollUpKind):
        return kind.explain(_tasks(kind, inputs) or (), rules.tasks, rules.cap)
    if isinstance(kind, ResultOfKind):
        return kind.explain(inputs.results[kind.of] or ())
    entry = _entry(criterion, inputs) or {}
    if isinstance(kind, FormulaKind):
        return [_formula_line(compiled, criterion, kind, entry, values, absent)]
    return kind.explain(entry)


def _tasks(kind: RollUpKind, inputs: CardInputs) -> Sequence[TaskInput] | None:
    return inputs.tasks if kind.scope == OWN else inputs.others.get(kind.scope)


def _entry(criterion: CompiledCriterion, inputs: CardInputs) -> Mapping[str, object] | None:
    """The entry of a criterion that was accepted; {} where none is needed."""
    entry = inputs.details.get(criterion.key)
    if entry is None:
        return None if criterion.detailed and criterion.required else {}
    problem = criterion.refuse(entry)
    if problem is not None:
        raise EntryError(problem)
    return entry


def _formula(
    compiled: ScoringPlan,
    criterion: CompiledCriterion,
    entry: Mapping[str, object],
    values: Values,
    absent: Absent,
) -> Pair | None:
    plan = criterion.plan
    if isinstance(plan, LinearPlan):
        return plan.value(values)
    assert isinstance(plan, TreePlan)  # a formula has one plan or the other
    try:
        return plan.value(lambda code: _named(compiled, code, entry, values, absent))
    except formulas.FormulaError as error:
        raise ScoringError(Problem("formula", criterion.key, error.template, error.params)) from error


def _named(
    compiled: ScoringPlan, code: str, entry: Mapping[str, object], values: Values, absent: Absent
) -> Fraction:
    if code in entry:
        return Fraction(parse_decimal(entry[code]) or 0)
    if code not in compiled.names:
        return compiled.said_to_apply(code, absent)
    pair = values[compiled.names[code][1]]
    if pair is None:
        raise Unknown(code)
    return Fraction(*pair)


def _formula_line(
    compiled: ScoringPlan,
    criterion: CompiledCriterion,
    kind: FormulaKind,
    entry: Mapping[str, object],
    values: Values,
    absent: Absent,
) -> Line:
    raw = _formula(compiled, criterion, entry, values, absent)
    assert raw is not None  # explained only when it has a value
    used = dict.fromkeys(formulas.asked(formulas.parse(kind.expression)))
    value, formula, maximum = Fraction(*raw), kind.expression, Fraction(kind.max or 0)
    if not 0 <= value <= maximum:
        formula = f"MAX(0, MIN({formula}, {decimal_text(kind.max or Decimal(0))}))"
    found = tuple(_inputs(compiled, used, entry, values, absent))
    return Line(NAME, {}, formula, found, max(Fraction(0), min(value, maximum)))


def _inputs(
    compiled: ScoringPlan,
    used: Mapping[str, None],
    entry: Mapping[str, object],
    values: Values,
    absent: Absent,
) -> Iterator[tuple[str, Fraction]]:
    """The values a formula used; a branch that was not taken may have none."""
    for code in used:
        try:
            yield code, _named(compiled, code, entry, values, absent)
        except Unknown:
            continue
