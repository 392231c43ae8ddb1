"""What holds for any criterion of a later kind and any card: the plain reading, the bounds, the trace, the order."""

import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    Calendar,
    CardInputs,
    PointTask,
    canonical_json,
    check_specification,
    compile_set,
    formulas,
)
from tests.foundation.engine import later, specs
from tests.foundation.engine.test_properties import tasks

KEY = "key-x"
START = date(2026, 7, 1)
MANY = settings(max_examples=300)

points = st.decimals(Decimal("0.25"), 5, places=2).map(str)
shares = st.decimals(0, 2, places=2).map(str)
days = st.integers(-15, 40).map(lambda n: START + timedelta(days=n))


def a_list(*, limits=False, caps=None):
    more = {}
    if limits:
        more["limit"] = st.none() | st.integers(1, 4)
    if caps:
        more["cap"] = st.none() | st.decimals(Decimal("0.1"), caps, places=1).map(str)
    entry = st.fixed_dictionaries({"value": points, **more})
    return st.lists(entry, min_size=1, max_size=5).map(
        lambda found: [{"code": f"i{n}", "label": f"Mục {n}", **item} for n, item in enumerate(found)]
    )


@st.composite
def levels(draw):
    found, at = [], Decimal(0)
    for number in range(draw(st.integers(2, 4))):
        start = at + draw(st.decimals(Decimal("0.1"), 2, places=1))
        at = start + draw(st.integers(0, 4)) * Decimal("0.25")
        found.append({"label": f"Mức {number}", "from": str(start), "to": str(at)})
    return {
        "type": "levels",
        "unit": draw(st.sampled_from(["points", "percent"])),
        "step": "0.25",
        "levels": found,
    }


@st.composite
def points_of_tasks(draw):
    time = st.lists(st.integers(1, 12), unique=True, max_size=3).map(sorted).flatmap(
        lambda found: st.tuples(*[shares.map(lambda value, n=n: {"days": n, "value": value}) for n in found])
    )  # fmt: skip
    codes = [{"code": code, "label": code, "value": draw(shares)} for code in "ABC"]
    return {
        "type": "task_points",
        "max": "10",
        "coefficients": draw(st.sampled_from([[], [{"attribute": "group", "default": "0.5", "values": codes}]])),
        "time": {"count": draw(st.sampled_from(["calendar", "working"])), "calendar": "vn", "unfinished": draw(shares),
                 "early": list(draw(time)), "late": list(draw(time))},
        "quality": draw(st.sampled_from([[], codes])),
        "normalise": draw(st.sampled_from([{}, {"to": "cap"}, {"to": "full", "full": "7.5"}, {"to": "possible"}])),
    }  # fmt: skip


kinds = st.one_of(
    levels(),
    a_list().map(lambda found: {"type": "checklist", "items": found}),
    st.tuples(a_list(limits=True), st.sampled_from(["0", "2.5", "10"])).map(
        lambda found: {"type": "deduction", "max": "10", "floor": found[1], "items": found[0]}
    ),
    a_list(caps=3).map(lambda found: {"type": "bonus", "max": "3", "items": found}),
    st.fixed_dictionaries(
        {"type": st.just("indicator"), "direction": st.sampled_from(["higher", "lower"]),
         "target": st.none() | st.just("12.5"), "cap": st.sampled_from(["1", "1.25", "0.5"])}
    ),
    points_of_tasks(),
    st.fixed_dictionaries(
        {"type": st.just("roll_up"), "scope": st.sampled_from(["own", "approved", "field", "units"]),
         "measure": st.sampled_from(["quantity", "quality", "progress"])}
    ),
    st.fixed_dictionaries(
        {"type": st.just("result_of"), "of": st.sampled_from(["unit", "subordinates"]), "nobody": st.just("0.5"),
         "how": st.sampled_from(["mean", "minimum", "share_reaching"]), "threshold": st.just("50")}
    ),
)  # fmt: skip

work = st.builds(
    PointTask,
    points=st.decimals(0, 9, places=1),
    quantity=st.decimals(0, 3, places=1),
    attributes=st.fixed_dictionaries({}, optional={"group": st.sampled_from("ABC")}),
    due=st.none() | days,
    done=st.none() | days,
    quality=st.sampled_from(["A", "B", "C", "C", "C", None]),
)
calendars = st.builds(Calendar, st.frozensets(days, max_size=4), st.frozensets(days, max_size=4))
SETTINGS = {"ratio_cap": "1", "penalty_per_fault": "0.25", "penalty_scope": "unit"}


@st.composite
def entries(draw, kind, key):
    """What people give for a criterion: (entered, details)."""
    if kind["type"] == "levels":
        level = draw(st.sampled_from(kind["levels"]))
        steps = int((Decimal(level["to"]) - Decimal(level["from"])) / Decimal("0.25"))
        return {key: Decimal(level["from"]) + draw(st.integers(0, steps)) * Decimal("0.25")}, {}
    if "items" in kind:
        most = 1 if kind["type"] == "checklist" else 5
        return {}, {
            key: {item["code"]: draw(st.integers(0, most)) for item in kind["items"] if draw(st.booleans())}
        }
    if kind["type"] == "indicator":
        entry = {"actual": str(draw(st.decimals(0, 30, places=1)))}
        if kind["target"] is None:
            entry["target"] = str(draw(st.decimals(Decimal("0.1"), 30, places=1)))
        return {}, {key: entry}
    return {}, {}


results = st.lists(st.fractions(0, 100, max_denominator=9) | st.decimals(0, 100, places=2), max_size=3)
surroundings = st.fixed_dictionaries(
    {
        "tasks": st.lists(tasks, max_size=2),
        "work": st.lists(work, max_size=3),
        "calendars": calendars.map(lambda found: {"vn": found}),
        "others": st.fixed_dictionaries(
            {scope: st.lists(tasks, max_size=2) for scope in ("approved", "field", "units")}
        ),
        "results": st.fixed_dictionaries({"unit": results, "subordinates": results}),
    }
).map(lambda found: CardInputs({}, **found))


@st.composite
def cards(draw):
    """A set of one criterion of a later kind, and a card with all it can need."""
    kind = draw(kinds)
    entered, details = draw(entries(kind, KEY))
    inputs = draw(surroundings)._replace(entered=entered, details=details)
    return later.whole(
        later.criterion("x", kind, max="10") if _is_share(kind) else later.criterion("x", kind)
    ), inputs


@st.composite
def mixed(draw):
    """A set of one section of several criteria of any later kinds, combined and rounded in any way."""
    criteria, entered, details = [], {}, {}
    for number in range(draw(st.integers(1, 4))):
        kind = draw(kinds)
        more = {"max": draw(st.sampled_from(["2", "3.5"]))} if _is_share(kind) else {}
        criteria.append(later.criterion(f"x{number}", kind, **more))
        own, by_name = draw(entries(kind, f"key-x{number}"))
        entered, details = entered | own, details | by_name
    combination = {
        "kind": draw(st.sampled_from(["sum", "capped_sum", "weighted_mean"])),
        "expression": "",
        "cap": None,
    }
    maximum = sum(_maximum(criterion) for criterion in criteria)
    if combination["kind"] == "capped_sum":
        maximum = combination["cap"] = (maximum / 2).quantize(Decimal("0.01")) + 1
        maximum = combination["cap"] = min(maximum, sum(_maximum(criterion) for criterion in criteria))
    if combination["kind"] == "weighted_mean":
        parts = draw(st.lists(st.integers(0, 25), min_size=len(criteria) - 1, max_size=len(criteria) - 1))
        for criterion, weight in zip(criteria, [*parts, 100 - sum(parts)], strict=True):
            criterion["weight"] = str(weight)
    combination["cap"] = combination["cap"] and str(combination["cap"])
    spec = later.whole(*criteria, combination=combination, maximum=str(maximum))
    spec["rounding"] = {
        "places": 2,
        "mode": draw(st.sampled_from(["half_up", "up", "down"])),
        "when": draw(st.sampled_from(["total", "parts", "sections"])),
    }
    return spec, draw(surroundings)._replace(entered=entered, details=details)


def _maximum(criterion):
    kind = criterion["kind"]
    own = {
        "checklist": lambda: sum(Decimal(item["value"]) for item in kind["items"]),
        "levels": lambda: max(Decimal(level["to"]) for level in kind["levels"]),
    }
    return (
        Decimal(criterion["max"])
        if "max" in criterion
        else own.get(kind["type"], lambda: Decimal(kind["max"]))()
    )


def _rounded(value, mode):
    scaled = value * 100
    return Fraction(
        {"half_up": floor(scaled + Fraction(1, 2)), "up": ceil(scaled), "down": floor(scaled)}[mode], 100
    )


@MANY
@given(mixed())
def test_any_set_of_later_kinds_is_its_plain_reading_within_its_bounds(card):
    spec, inputs = card
    assert check_specification(spec) == []
    outcome = compile_set(spec).score(inputs)
    section = spec["sections"][0]
    found = {
        criterion["code"]: later.value(criterion["kind"], inputs, criterion["key"], SETTINGS)
        for criterion in section["criteria"]
    }
    if None in found.values() or "wait" in found.values():
        assert outcome.total is None
        assert outcome.insufficient or outcome.pending
        return
    total, maximum = Fraction(0), Fraction(section["max"])
    for criterion in section["criteria"]:
        value, most = found[criterion["code"]], Fraction(_maximum(criterion))
        share = value if _is_share(criterion["kind"]) else value / most
        weighted = section["combination"]["kind"] == "weighted_mean"
        total += share * (Fraction(criterion["weight"]) / 100 * maximum if weighted else most)
    total = min(total, maximum)
    if spec["rounding"]["when"] != "total":
        total = _rounded(total, spec["rounding"]["mode"])
    assert outcome.total == total
    assert outcome.rounded == Decimal(str(float(_rounded(total, spec["rounding"]["mode"]))))
    assert 0 <= total <= maximum


def _is_share(kind):
    return kind["type"] in ("indicator", "roll_up", "result_of") or kind.get("unit") == "percent"


@MANY
@given(cards())
def test_every_later_kind_is_its_plain_reading_within_its_bounds(card):
    spec, inputs = card
    found = check_specification(spec)
    assert found == []
    outcome = compile_set(spec).score(inputs)
    kind = spec["sections"][0]["criteria"][0]["kind"]
    wanted = later.value(kind, inputs, KEY, SETTINGS)
    if wanted == "wait":
        assert (outcome.pending, outcome.total) == (("x",), None)
    elif wanted is None:
        assert (outcome.insufficient, outcome.total) == (True, None)
    else:
        assert outcome.values["x"] == wanted
        criterion = compile_set(spec).criteria[0]
        highest = Fraction(kind.get("cap", 1)) if _is_share(kind) else Fraction(criterion.max)
        assert 0 <= wanted <= highest
        assert criterion.allows(wanted)
        assert outcome.total == min(wanted, 10)


@MANY
@given(cards())
def test_every_line_of_a_later_kind_computes_its_value(card):
    spec, inputs = card
    compiled = compile_set(spec)
    outcome = compiled.score(inputs)
    steps = [step for step in compiled.trace(inputs) if step.code == "x" or step.code.startswith("x: ")]
    assert [step.value for step in steps[-1:]] == ([outcome.values["x"]] if "x" in outcome.values else [])
    for step in steps:
        assert step.name_template % step.params
        if step.formula:
            assert (
                formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__) == step.value
            )


@given(cards(), st.randoms())
def test_the_order_of_what_is_independent_changes_nothing(card, random):
    spec, inputs = card

    def shuffled(found):
        return random.sample(list(found), len(found))

    other = inputs._replace(
        details={key: dict(shuffled(entry.items())) for key, entry in inputs.details.items()},
        work=shuffled(inputs.work),
        tasks=shuffled(inputs.tasks),
        others={scope: shuffled(found) for scope, found in inputs.others.items()},
        results={of: shuffled(found) for of, found in inputs.results.items()},
    )
    first, again = compile_set(spec).score(inputs), compile_set(spec).score(other)
    assert (first.values, first.total, first.band) == (again.values, again.total, again.band)


@given(cards())
def test_the_frozen_text_of_a_later_kind_gives_the_same_digits(card):
    spec, inputs = card
    compiled, again = compile_set(spec), compile_set(json.loads(canonical_json(spec)))
    first, second = compiled.score(inputs), again.score(inputs)
    assert again.digest == compiled.digest
    assert (first.values, first.total, first.rounded) == (second.values, second.total, second.rounded)


@given(
    st.lists(st.sampled_from(["n", "m", "x0", "x1", "x2"]), min_size=3, max_size=3),
    st.permutations(range(3)),
    st.decimals(0, 10, places=1),
)
def test_formulas_give_the_same_in_any_order_of_criteria(names, order, value):
    """Each formula names those before it only, wherever it stands in the set."""
    numbers = [specs.number("n", "10", "0.1"), specs.number("m", "10", "0.1")]
    uses = [name if name in "nm" or int(name[1]) < n else "n" for n, name in enumerate(names)]
    chain = [
        later.criterion(
            f"x{n}", {"type": "formula", "expression": f"MAX([{name}] / 3; 1) + m / 7", "max": "10"}
        )
        for n, name in enumerate(uses)
    ]
    entered = {"key-n": value, "key-m": Decimal("0.7")}
    found = {"n": Fraction(value), "m": Fraction("0.7")}
    for number, name in enumerate(uses):
        found[f"x{number}"] = min(max(found[name] / 3, Fraction(1)) + found["m"] / 7, Fraction(10))
    outcome = compile_set(later.whole(*[chain[n] for n in order], *numbers)).score(CardInputs(entered))
    assert outcome.values == found
