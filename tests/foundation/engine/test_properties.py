"""What holds for any set and any card: the compiled engine is the plain reading, within bounds, in order."""

import json
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    CardInputs,
    Deduction,
    ManagedPeople,
    TaskInput,
    canonical_json,
    check_specification,
    compile_set,
    formulas,
)
from tests.foundation.engine import reference, specs

THOUSAND = settings(max_examples=1000)


def mean_of(*codes):
    """The results of Đ16 as the reference computes them."""
    return lambda values: sum((values[code] for code in codes), Fraction(0)) / len(codes) * 70


RESULTS = {"staff": mean_of("a", "b", "c"), "leader": mean_of("a", "b", "c", "d", "đ", "e")}
SETS = [
    (specs.staff(), RESULTS["staff"]),
    (specs.leader(), RESULTS["leader"]),
    (specs.party(), RESULTS["staff"]),
]
COMPILED = [(spec, compile_set(spec), results) for spec, results in SETS]

quantities = st.decimals(min_value=0, max_value=12, places=1) | st.integers(0, 12).map(Decimal)
deductions = st.lists(st.builds(Deduction, st.integers(1, 13), st.booleans()), max_size=5)
tasks = st.builds(
    TaskInput,
    coefficient=st.decimals(min_value=0, max_value=32, places=2),
    assigned=quantities,
    completed=quantities,
    accepted=st.none() | quantities,
    handed_over=st.just(Decimal(0)) | quantities,
    extra=st.booleans(),
    faults=deductions,
    delays=deductions,
)
people = st.none() | st.builds(
    ManagedPeople,
    st.lists(st.fractions(0, 100, max_denominator=20) | st.decimals(0, 100, places=2), max_size=4),
    st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([0, 0, 0, 2]),
)
open_settings = st.fixed_dictionaries(
    {},
    optional={
        "ratio_cap": st.sampled_from([None, "1", "1.2"]),
        "penalty_scope": st.sampled_from(["unit", "batch"]),
        "nobody_managed": st.sampled_from(["1", "0.5"]),
        "managed_without_result": st.sampled_from(["left_out", "failing"]),
        "managed_unconfirmed": st.sampled_from(["pending", "left_out", "failing"]),
        "nothing_assigned": st.sampled_from(["insufficient", "zero"]),
        "band_from": st.sampled_from(["exact", "rounded"]),
    },
)


def entries(compiled, missing=False):
    """Possible values of every entered criterion; now and then one is missing."""
    values = {}
    for criterion in compiled.entered:
        possible = st.sampled_from([value for value in criterion.table if isinstance(value, Decimal)])
        values[criterion.key] = st.none() | possible if missing else possible
    chosen = st.fixed_dictionaries(values)
    return chosen.map(lambda entered: {key: value for key, value in entered.items() if value is not None})


@st.composite
def cards(draw, missing=True):
    """A set, its reference formula, and any card of it."""
    spec, compiled, results = draw(st.sampled_from(COMPILED))
    inputs = CardInputs(
        entered=draw(entries(compiled, missing and draw(st.integers(0, 5)) == 0)),
        tasks=draw(st.lists(tasks, max_size=6)),
        people=draw(people),
        settings=draw(open_settings),
    )
    return spec, compiled, {"KQ": results}, inputs


@THOUSAND
@given(cards())
def test_the_compiled_engine_is_the_plain_reading(card):
    spec, compiled, results, inputs = card
    outcome = compiled.score(inputs)
    expected = reference.score(spec, inputs, results)
    assert (None if outcome.total is None else (outcome.total, outcome.band)) == expected
    if expected is None:
        assert outcome.insufficient or outcome.missing or outcome.pending


@given(cards())
def test_every_number_stays_within_its_bounds(card):
    _, compiled, _, inputs = card
    outcome = compiled.score(inputs)
    cap = inputs.settings.get("ratio_cap", "1")
    for criterion in compiled.criteria:
        value = outcome.values.get(criterion.code, Fraction(0))
        highest = criterion.max if not criterion.share else 1
        if criterion.kind == "task_ratio":
            highest = None if cap is None else Fraction(cap)
        assert value >= 0
        assert highest is None or value <= highest
    assert all(
        0 <= outcome.sections[section.code] <= section.max
        for section in compiled.sections
        if section.code in outcome.sections
    )
    assert all(
        0 <= outcome.parts[part.code] <= part.max for part in compiled.parts if part.code in outcome.parts
    )
    if outcome.total is not None:
        assert 0 <= outcome.total <= 100
        assert abs(Fraction(outcome.rounded) - outcome.total) <= Fraction(1, 200)
        assert abs(Fraction(outcome.shown) - outcome.total) <= Fraction(1, 200)
        starts = [band.start for band in compiled.bands if Fraction(outcome.shown) >= Fraction(band.start)]
        assert starts[0] == next(band.start for band in compiled.bands if band.code == outcome.band)


@given(cards())
def test_scoring_again_from_the_frozen_text_gives_the_same_digits(card):
    spec, compiled, _, inputs = card
    again = compile_set(json.loads(canonical_json(spec)))
    first, second = compiled.score(inputs), again.score(inputs)
    assert again.digest == compiled.digest
    assert (first.total, first.rounded, first.band, first.values) == (
        second.total,
        second.rounded,
        second.band,
        second.values,
    )


@given(cards(missing=False), st.data())
def test_a_better_entry_never_lowers_the_total(card, data):
    _, compiled, _, inputs = card
    criterion = data.draw(st.sampled_from(compiled.entered))
    before = inputs.entered[criterion.key]
    better = [value for value in criterion.table if isinstance(value, Decimal) and value >= before]
    after = compiled.score(
        inputs._replace(entered={**inputs.entered, criterion.key: data.draw(st.sampled_from(better))})
    )
    first = compiled.score(inputs)
    assert (after.total is None) == (first.total is None)
    assert first.total is None or after.total >= first.total


@given(cards(missing=False), st.data())
def test_one_more_fault_or_delay_never_raises_the_total(card, data):
    _, compiled, _, inputs = card
    if not inputs.tasks:
        return
    index = data.draw(st.integers(0, len(inputs.tasks) - 1))
    field = data.draw(st.sampled_from(["faults", "delays"]))
    task = inputs.tasks[index]
    worse = task._replace(**{field: [*getattr(task, field), Deduction(data.draw(st.integers(1, 13)))]})
    first = compiled.score(inputs).total
    after = compiled.score(
        inputs._replace(tasks=[*inputs.tasks[:index], worse, *inputs.tasks[index + 1 :]])
    ).total
    assert (after is None) == (first is None)
    assert first is None or after <= first


@given(cards(missing=False), st.data())
def test_more_work_completed_or_accepted_never_lowers_the_total(card, data):
    _, compiled, _, inputs = card
    if not inputs.tasks:
        return
    index = data.draw(st.integers(0, len(inputs.tasks) - 1))
    task = inputs.tasks[index]
    changes = {"completed": task.completed + data.draw(quantities)}
    if task.accepted is not None:
        changes["accepted"] = task.accepted + data.draw(quantities)
    better = task._replace(**changes)
    first = compiled.score(inputs).total
    after = compiled.score(
        inputs._replace(tasks=[*inputs.tasks[:index], better, *inputs.tasks[index + 1 :]])
    ).total
    assert (after is None) == (first is None)
    assert first is None or after >= first


@given(cards(missing=False), st.randoms())
def test_the_order_of_tasks_and_deductions_does_not_matter(card, random):
    _, compiled, _, inputs = card
    shuffled = [task._replace(faults=random.sample(task.faults, len(task.faults))) for task in inputs.tasks]
    random.shuffle(shuffled)
    assert compiled.score(inputs).total == compiled.score(inputs._replace(tasks=shuffled)).total


@given(cards(missing=False))
def test_a_trace_ends_at_the_total_of_the_score(card):
    _, compiled, _, inputs = card
    steps = compiled.trace(inputs)
    totals = [step.value for step in steps if step.code == "total"]
    outcome = compiled.score(inputs)
    assert totals == ([] if outcome.total is None else [outcome.total])
    for step in steps:
        if step.formula:
            tree = formulas.parse(step.formula)
            assert formulas.evaluate(tree, dict(step.inputs).__getitem__) == step.value


@st.composite
def free_sets(draw):
    """Any set of sums, capped sums and weighted means over numbers and choices that passes the check."""
    sections = []
    for name in "ABC"[: draw(st.integers(1, 3))]:
        kind = draw(st.sampled_from(["sum", "capped_sum", "weighted_mean"]))
        criteria = []
        for index in range(1, draw(st.integers(1, 4)) + 1):
            points = draw(st.integers(1, 8))
            step = draw(st.sampled_from(["0.25", "0.5", "0.1", "1"]))
            criterion = specs.number(f"{name}.{index}", str(points), step)
            if draw(st.booleans()):
                criterion = specs.choice(f"{name}.{index}") | {"max": str(points)}
                criterion["kind"]["unit"] = "percent"
            criteria.append(criterion)
        total = sum(Decimal(criterion.get("max") or criterion["kind"]["max"]) for criterion in criteria)
        combination = {"kind": kind, "expression": "", "cap": None}
        if kind == "capped_sum":
            combination["cap"] = str(draw(st.decimals(Decimal("0.5"), total, places=1)))
        if kind == "weighted_mean":
            weights = draw(
                st.lists(st.integers(0, 30), min_size=len(criteria) - 1, max_size=len(criteria) - 1)
            )
            for criterion, weight in zip(criteria, [*weights, 100 - sum(weights)], strict=True):
                criterion["weight"] = str(weight)
        sections.append(specs.section(name, str(total), "common", criteria, **combination))
    spec = specs.party()
    spec["sections"] = sections
    points = sum(Decimal(section["max"]) for section in sections)
    spec["parts"] = [{"key": "key-common", "code": "common", "label": "Điểm", "max": str(points)}]
    spec["total"]["max"] = str(points)
    starts = [points * share / 100 for share in (90, 70, 50, 0)]
    for band, start in zip(spec["bands"], starts, strict=True):
        band["from"] = str(start)
    return spec


@given(free_sets(), st.data())
def test_any_set_scores_as_the_plain_reading_and_within_its_bounds(spec, data):
    assert check_specification(spec) == []
    compiled = compile_set(spec)
    inputs = CardInputs(data.draw(entries(compiled)))
    outcome = compiled.score(inputs)
    assert (outcome.total, outcome.band) == reference.score(spec, inputs, {})
    assert 0 <= outcome.total <= Decimal(spec["total"]["max"])
