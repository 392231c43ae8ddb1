"""What does not apply on a card: it is not missing, and the rest counts for the whole, never beyond its bounds."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    CardInputs,
    EntryError,
    FormulaError,
    Said,
    ScoringError,
    TaskInput,
    canonical_json,
    check_specification,
    compile_set,
    digest,
    excel,
    formulas,
    needed_version,
    zero_divisions,
)
from kpi_cms.foundation.engine.absent import NOT_ARISEN
from tests.foundation.engine import later, specs
from tests.foundation.engine.later import items, whole

MAY = {"may_not_apply": True}


def named(name, *values_):
    return [{"label": f"Mức {value}", name: value} for value in values_]


def points(code, maximum, **more):
    return specs.number(code, maximum, "0.25", **{**MAY, **more})


def scored(spec, details=None, tasks=(), **entered):
    assert check_specification(spec) == []
    compiled = compile_set(spec)
    keys = {criterion.code: criterion.key for criterion in compiled.criteria}
    given_ = {keys[code]: value for code, value in entered.items()}
    return compiled.score(CardInputs(given_, details=details or {}, tasks=tasks))


def test_the_rest_of_a_sum_counts_for_what_did_not_arise():
    spec = whole(
        points("x", "4"),
        points("y", "4"),
        points("z", "2"),
        combination=specs.section("S", "10", "", [])["combination"],
    )

    outcome = scored(spec, x="3", y="2", z=NOT_ARISEN)

    assert outcome.total == Fraction(25, 4)  # 5 of 8, of 10
    assert outcome.missing == ()
    assert outcome.absent == ("z",)
    assert set(outcome.values) == {"x", "y"}
    assert scored(spec, x="4", y="4", z=NOT_ARISEN).total == 10
    assert scored(spec, x="4", y="4", z="0").total == 8
    assert scored(spec, x="4", y="4").missing == ("key-z",)


def test_a_capped_sum_keeps_its_cap_and_a_weighted_mean_its_weights():
    capped = whole(
        points("x", "8"), points("y", "8"), combination={"kind": "capped_sum", "expression": "", "cap": "9"}
    )
    weighted = whole(
        points("x", "4", weight="50"), points("y", "2", weight="30"), points("z", "8", weight="20"),
        combination={"kind": "weighted_mean", "expression": "", "cap": None},
    )  # fmt: skip

    assert scored(capped, x="4", y=NOT_ARISEN).total == 8
    assert scored(capped, x="8", y=NOT_ARISEN).total == 9
    assert scored(weighted, x="2", y=NOT_ARISEN, z="8").total == Fraction(45, 7)  # (25 + 20) of 70
    assert scored(weighted, x=NOT_ARISEN, y="2", z=NOT_ARISEN).total == 10


@pytest.mark.parametrize(
    ("kind", "more", "best"),
    [
        ({"type": "levels", "unit": "percent", "levels": named("from", "0", "100")}, {"max": "5"}, None),
        ({"type": "choice", "unit": "points", "options": named("value", "5", "1")}, {}, None),
        ({"type": "checklist", "items": items(("1", "5", {}))}, {}, {"1": 1}),
        ({"type": "indicator", "target": "4"}, {"max": "5"}, {"actual": "4"}),
    ],
)  # fmt: skip
def test_every_kind_that_somebody_gives_may_not_arise(kind, more, best):
    spec = whole(later.criterion("x", kind, **MAY, **more), points("y", "5"),
                 combination={"kind": "sum", "expression": "", "cap": None})  # fmt: skip

    outcome = scored(spec, x=NOT_ARISEN, y="2.5")

    assert (outcome.total, outcome.absent, outcome.missing) == (5, ("x",), ())
    # What was typed beside it does not count.
    assert best is None or scored(spec, {"key-x": best}, x=NOT_ARISEN, y="2.5").total == 5


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "deduction", "max": "10", "items": items(("1", "1", {}))},
        {"type": "bonus", "max": "10", "items": items(("1", "1", {}))},
        {"type": "formula", "max": "10", "expression": "n", "inputs": [{"code": "n", "label": "N"}]},
        {"type": "task_ratio", "measure": "quantity"},
    ],
)
def test_what_counts_or_computes_always_applies(kind):
    found = check_specification(whole(later.criterion("x", kind, **MAY)))

    assert [(item.code, item.key, str(item)) for item in found] == [
        (
            "may_not_apply",
            "key-x",
            (
                "Nobody can say that the criterion x did not arise: only points, choices, levels, checklists and "
                "indicators may. Take the mark away."
            ),
        )
    ]


def test_nobody_says_it_of_a_criterion_that_always_applies():
    spec = whole(specs.number("x", "10"))
    compiled = compile_set(spec)

    with pytest.raises(EntryError, match="“n/a” is not a number of points"):
        compiled.score(CardInputs({"key-x": NOT_ARISEN}))
    problem = compiled.check_entry("key-x", NOT_ARISEN)
    assert problem is not None
    assert problem.code == "entry_number"
    assert compile_set(whole(points("x", "10"))).check_entry("key-x", NOT_ARISEN) is None
    checklist = whole(later.criterion("x", {"type": "checklist", "items": items(("1", "10", {}))}))
    assert compile_set(checklist).score(CardInputs({"key-x": NOT_ARISEN})).missing == ("key-x",)


def three_sections(**total):
    """Two sections of a part of 40, one of another of 60."""
    spec = whole(points("x", "10"))
    first, second = (
        specs.section(code, "20", "p1", [points(f"{code}1", "15"), points(f"{code}2", "5")]) for code in "AB"
    )
    third = specs.section("C", "60", "p2", [points("C1", "60")])
    spec["sections"] = [first, second, third]
    spec["parts"] = [
        {"key": f"key-{code}", "code": code, "label": code, "max": most}
        for code, most in (("p1", "40"), ("p2", "60"))
    ]
    spec["total"] = {"kind": "sum", "expression": "", "max": "100", **total}
    for band, start in zip(spec["bands"], ("90", "70", "50", "0"), strict=True):
        band["from"] = start
    return spec


def test_a_section_of_which_nothing_applies_leaves_its_part_and_a_part_the_total():
    spec = three_sections()
    nothing = {"A1": NOT_ARISEN, "A2": NOT_ARISEN}

    half = scored(spec, **nothing, B1="15", B2="0", C1="30")
    assert half.parts == {"p1": 30, "p2": 30}  # 15 of 20 count for 40
    assert half.sections == {"B": 15, "C": 30}
    assert half.total == 60

    gone = scored(spec, **nothing, B1=NOT_ARISEN, B2=NOT_ARISEN, C1="30")
    assert gone.parts == {"p2": 30}
    assert gone.total == 50  # 30 of 60 count for 100

    other = scored(spec, A1="15", A2="5", B1="15", B2="5", C1=NOT_ARISEN)
    assert other.total == 100


def test_what_is_missing_stays_missing_beside_what_does_not_apply():
    outcome = scored(three_sections(), A1=NOT_ARISEN, A2=NOT_ARISEN, B1="15", C1="30")

    assert (outcome.total, outcome.missing, outcome.parts) == (None, ("key-B2",), {"p2": 30})


def test_where_nothing_applies_at_all_there_is_no_result():
    outcome = scored(three_sections(), **dict.fromkeys(("A1", "A2", "B1", "B2", "C1"), NOT_ARISEN))

    assert (outcome.total, outcome.insufficient, outcome.missing, outcome.band) == (None, True, (), None)
    assert outcome.absent == ("A1", "A2", "B1", "B2", "C1")


def test_a_part_given_from_outside_and_a_criterion_given_from_outside_apply():
    compiled = compile_set(three_sections())
    entered = {f"key-{code}": NOT_ARISEN for code in ("A1", "A2", "B1", "B2", "C1")}

    outcome = compiled.score(CardInputs(entered, part_totals={"p1": Decimal(20)}))
    assert (outcome.parts, outcome.total) == ({"p1": 20}, 50)

    outcome = compiled.score(CardInputs(entered, given={"C1": Decimal(30)}))
    assert (outcome.parts, outcome.total) == ({"p2": 30}, 50)
    assert "C1" not in outcome.absent


def test_a_formula_reads_nothing_as_0_and_asks_what_applies():
    spec = three_sections(
        kind="formula", expression="p1 + IF(APPLIES(p2) = 1; p2; 7) + APPLIES([A1]) + APPLIES(B)"
    )
    spec["sections"][1]["combination"] = {
        "kind": "formula", "expression": "(B1 + B2) * 20 / MAX(5; APPLIES(B1) * 15 + APPLIES(B2) * 5)", "cap": None,
    }  # fmt: skip
    whole_ = {"A1": "15", "A2": "5", "B2": "5", "C1": "60"}

    assert scored(spec, **whole_, B1="15").total == 100  # 102, held at the maximum
    assert scored(spec, **{**whole_, "C1": "6"}, B1=NOT_ARISEN).total == 48
    assert scored(spec, **{**whole_, "A1": NOT_ARISEN, "C1": NOT_ARISEN}, B1=NOT_ARISEN).total == 48
    compiled = compile_set(spec)
    inputs = CardInputs({f"key-{code}": value for code, value in {**whole_, "B1": NOT_ARISEN}.items()})
    (total,) = [step for step in compiled.trace(inputs) if step.code == "total"]
    assert dict(total.inputs)["APPLIES([A1])"] == 1
    for step in compiled.trace(inputs):
        if step.formula:
            value = formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__)
            assert value == step.value
    gone = {**whole_, "B2": NOT_ARISEN, "C1": "6"}
    assert scored(spec, **gone, B1=NOT_ARISEN).total == 47  # the part counts 20 of 20 for 40


def test_a_criterion_computed_by_a_formula_asks_as_well():
    spec = whole(
        points("x", "5"),
        later.criterion("y", {"type": "formula", "max": "5", "expression": "IF(APPLIES(x) = 1; x; n) + APPLIES(n) - 1",
                              "inputs": [{"code": "n", "label": "N", "max": "5"}]}),
        combination={"kind": "formula", "expression": "y * 2", "cap": None},
    )  # fmt: skip

    assert scored(spec, {"key-y": {"n": "3"}}, x=NOT_ARISEN).total == 6
    assert scored(spec, {"key-y": {"n": "3"}}, x="1").total == 2


def test_a_gate_asks_what_applies_and_a_fact_always_does():
    spec = three_sections()
    condition = "AND(APPLIES(C1) = 0; APPLIES(ky_luat) = 1; ky_luat = 1)"
    spec["facts"] = [{"key": "key-f", "code": "ky_luat", "label": "Kỷ luật"}]
    spec["gates"] = [{"key": "key-g", "label": "Không có kết quả", "condition": condition, "effect": "limit",
                      "band": "good", "reason": "Không phát sinh", "citation": "", "periods": []}]  # fmt: skip
    compiled = compile_set(spec)
    best = {"key-A1": "15", "key-A2": "5", "key-B1": "15", "key-B2": "5", "key-f": "1"}

    assert compiled.score(CardInputs({**best, "key-C1": "60"})).band == "excellent"
    limited = compiled.score(CardInputs({**best, "key-C1": NOT_ARISEN}))
    assert (limited.total, limited.band_by_points, limited.band) == (100, "excellent", "good")


@pytest.mark.parametrize(
    ("text", "position"),
    [("APPLIES()", 9), ("APPLIES(1)", 9), ("APPLIES(a + b)", 11), ("APPLIES(a; b)", 10), ("APPLIES(", 9)],
)
def test_applies_takes_one_code(text, position):
    with pytest.raises(FormulaError) as error:
        formulas.parse(text)
    assert error.value.position + 1 == position


def test_applies_is_a_number_of_its_own_and_a_code_of_that_name_is_still_read():
    assert formulas.linear(formulas.parse("APPLIES(a) + a")) is None
    assert list(formulas.asked(formulas.parse("-(applies([I.1]) + a * SUM(b; 1))"))) == [
        "APPLIES([I.1])",
        "a",
        "b",
    ]
    assert [name.code for name in formulas.names(formulas.parse("APPLIES(a)"))] == ["a"]
    assert formulas.evaluate(formulas.parse("applies + 1"), {"applies": Fraction(2)}.__getitem__) == 3
    tree = formulas.parse("IF(OR(a > 0; APPLIES(b) = 1); 1; 0)")
    assert excel(tree, {"a": "C2", "APPLIES([b])": "N(C3<>1)"}.__getitem__) == (
        "IF(OR(ROUND(C2,9)>0,ROUND(N(C3<>1),9)=1),1,0)"
    )
    found = check_specification(
        whole(later.criterion("x", {"type": "formula", "max": "10", "expression": "APPLIES(y)"}))
    )
    assert [(item.code, item.params["position"]) for item in found] == [("formula_name", 9)]


def test_a_division_by_what_may_not_arise_is_said_to_its_author():
    levels = {"type": "levels", "levels": [{"label": "A", "from": "5"}, {"label": "B", "from": "10"}]}
    combination = {"kind": "formula", "expression": "5 / x", "cap": None}
    always = whole(later.criterion("x", levels), combination=combination)
    sometimes = whole(later.criterion("x", levels, **MAY), combination=combination)

    assert zero_divisions(always) == []
    assert [item.code for item in zero_divisions(sometimes)] == ["formula_zero"]
    combination["expression"] = "IF(APPLIES(x) = 1; 5 / x; 10)"
    assert zero_divisions(sometimes) == []


# --- Nothing assigned -----------------------------------------------------------------------------------------------
def left_out():
    spec = specs.party() | {"schema_version": 2}
    spec["settings"]["nothing_assigned"] = "left_out"
    return spec


def test_ratios_without_any_task_are_left_out_and_with_one_they_count():
    spec = left_out()
    compiled = compile_set(spec)
    entered = {criterion.key: criterion.max for criterion in compiled.entered} | {"key-I.1": Decimal(0)}
    task = TaskInput(Decimal(1), Decimal(2), Decimal(1))

    nothing = compiled.score(
        CardInputs(entered, tasks=[TaskInput(Decimal(1), Decimal(0), Decimal(3), extra=True)])
    )
    assert nothing.total == Fraction(2800, 30)
    assert (nothing.insufficient, nothing.absent, nothing.ratio) == (False, ("a", "b", "c"), None)
    assert nothing.parts == {"common": 28}
    something = compiled.score(CardInputs(entered, tasks=[task]))
    assert (something.total, something.absent) == (28 + 35, ())
    given_ = compiled.score(CardInputs(entered, given={"a": Decimal(1)}))
    assert given_.absent == ("b", "c")
    assert given_.total == 28 + Fraction(70, 3)  # the formula reads the others as 0


def test_points_of_tasks_and_roll_ups_without_any_task_are_left_out():
    kinds = [
        {"type": "task_points", "max": "5", "normalise": {"to": "possible"}},
        {"type": "roll_up", "scope": "own", "measure": "quantity"},
    ]
    for kind in kinds:
        more = {} if kind["type"] == "task_points" else {"max": "5"}
        spec = whole(later.criterion("x", kind, **more), specs.number("y", "5"),
                     combination={"kind": "sum", "expression": "", "cap": None})  # fmt: skip
        spec["settings"] = {**spec["settings"], "nothing_assigned": "left_out"}
        outcome = scored(spec, y="2")
        assert (outcome.total, outcome.absent) == (4, ("x",))
        steps = compile_set(spec).trace(CardInputs({"key-y": "2"}))
        assert [step.name_template % step.params for step in steps if step.code == "x"] == [
            "x. Tiêu chí x: nothing was assigned, which this set leaves out"
        ]


# --- The decree -----------------------------------------------------------------------------------------------------
def test_the_decree_lets_no_criterion_count_for_another():
    spec = specs.staff() | {"schema_version": 2}
    spec["sections"][2]["criteria"][1] |= MAY
    spec["settings"]["nothing_assigned"] = "left_out"

    assert [(item.code, item.key, str(item)) for item in check_specification(spec)] == [
        (
            "nd335_may_not_apply",
            "key-III.2",
            (
                "Decree 335/2025 gives every criterion its points, so the others never count for more: let the "
                "criterion III.2 always apply."
            ),
        ),
        (
            "nd335_nothing",
            "",
            (
                "Decree 335/2025 fixes 70 points for task results, so they are never left out of the total: choose no "
                "result or 0."
            ),
        ),
    ]
    with pytest.raises(ScoringError, match="never left out of the total"):
        compile_set(specs.staff()).score(CardInputs({}, settings={"nothing_assigned": "left_out"}))


# --- What a set says ------------------------------------------------------------------------------------------------
def test_what_uses_it_is_of_the_second_schema_and_what_does_not_keeps_its_digest():
    plain = specs.party()
    before = digest(plain)
    assert (needed_version(plain), needed_version(left_out())) == (1, 2)
    sets_ = (plain, left_out(), whole(points("x", "10")))
    assert [compile_set(spec).may_be_absent for spec in sets_] == [False, True, True]
    assert (
        needed_version(specs.party() | {"sections": [specs.section("S", "1", "p", [points("x", "1")])]}) == 2
    )
    assert digest(specs.party()) == before
    assert "may_not_apply" not in canonical_json(plain)
    found = check_specification(whole(points("x", "10", may_not_apply="có")))
    assert [(item.code, item.key) for item in found] == [("field", "key-x")]


# --- Raters ---------------------------------------------------------------------------------------------------------
def test_each_says_for_themselves_what_arose():
    """The decider's answer counts for the result; each rater's total is their own."""
    spec = whole(
        points("x", "5"), points("y", "5"), combination={"kind": "sum", "expression": "", "cap": None}
    )
    said = {"self": Said({"key-x": NOT_ARISEN, "key-y": "1"})}
    alone = compile_set(spec).score(CardInputs({"key-x": "1", "key-y": "5"}, said=said))
    assert (alone.total, alone.absent) == (6, ())

    spec["raters"] = [
        {"key": "r1", "label": "Cá nhân", "stage": "self", "weight": "40"},
        {"key": "r2", "label": "Cấp trên", "stage": "evaluator", "weight": "60"},
    ]
    weighed = compile_set(spec).score(CardInputs({"key-x": "1", "key-y": "5"}, said=said))
    assert weighed.total == Fraction(40, 100) * 2 + Fraction(60, 100) * 6


def test_what_the_person_alone_gives_is_theirs_to_say():
    spec = whole(points("x", "5", stages=["self"]), points("y", "5"),
                 combination={"kind": "sum", "expression": "", "cap": None})  # fmt: skip
    said = {"self": Said({"key-x": NOT_ARISEN})}

    assert compile_set(spec).score(CardInputs({"key-y": "1"}, said=said)).total == 2


# --- The trace ------------------------------------------------------------------------------------------------------
def test_the_trace_says_what_did_not_arise_and_what_counts_for_it():
    spec = three_sections()
    spec["sections"][2]["criteria"][0]["citation"] = "Điều 7"
    entered = dict.fromkeys(("key-A2", "key-B1", "key-B2"), NOT_ARISEN) | {"key-A1": "12", "key-C1": "30"}
    steps = {step.code: step for step in compile_set(spec).trace(CardInputs(entered))}

    assert steps["A2"].name_template % steps["A2"].params == (
        "A2. Tiêu chí A2: did not arise, so the others count for it"
    )
    assert (steps["A2"].value, steps["A2"].formula) == (None, "")
    assert (steps["A"].formula, steps["A"].value) == ("([A1]) * 20 / 15", 16)
    assert steps["B"].name_template % steps["B"].params == (
        "B. Nhóm B: nothing of it applies, so the rest counts for it"
    )
    assert (steps["p1"].formula, steps["p1"].value) == ("([A]) * 40 / 20", 32)
    assert (steps["total"].formula, steps["total"].value) == ("[p1] + [p2]", 62)

    nothing = {
        step.code: step for step in compile_set(spec).trace(CardInputs(entered | {"key-C1": NOT_ARISEN}))
    }
    assert nothing["C1"].clause == "Điều 7"
    assert (nothing["p2"].value, nothing["p2"].formula) == (None, "")
    assert (nothing["total"].formula, nothing["total"].value) == ("([p1]) * 100 / 40", 80)


def test_the_share_of_the_results_is_that_of_what_applies():
    spec = three_sections()
    for node, code in (
        (spec["parts"][0], "results"),
        *((section, "results") for section in spec["sections"][:2]),
    ):
        node["part" if "part" in node else "code"] = code
    entered = {"key-A1": "12", "key-A2": "3", "key-B1": NOT_ARISEN, "key-B2": NOT_ARISEN, "key-C1": "30"}
    compiled = compile_set(spec)

    assert compiled.score(CardInputs(entered)).ratio == Fraction(3, 4)
    (step,) = [step for step in compiled.trace(CardInputs(entered)) if step.code == "R"]
    assert (step.formula, step.params["max"]) == ("MAX(0, ([A1] + [A2])) / 20", 20)


# --- Any set --------------------------------------------------------------------------------------------------------
values = st.integers(0, 20).map(lambda quarter: Decimal(quarter) / 4)


@st.composite
def sets(draw):
    """A set of any parts and sections, each criterion of 5 points given, or not arisen where that may be said."""
    spec, entered = three_sections(), {}
    spec["sections"], spec["parts"] = [], []
    for part in range(draw(st.integers(1, 3))):
        most = 0
        for number in range(draw(st.integers(1, 3))):
            section = specs.section(f"S{part}{number}", "0", f"p{part}", [])
            for place in range(draw(st.integers(1, 3))):
                may = draw(st.booleans())
                code = f"c{part}{number}{place}"
                section["criteria"].append(points(code, "5", may_not_apply=may))
                entered[f"key-{code}"] = NOT_ARISEN if may and draw(st.booleans()) else draw(values)
            kind = draw(st.sampled_from(["sum", "capped_sum", "weighted_mean"]))
            maximum = 5 * len(section["criteria"])
            cap = draw(st.integers(1, maximum)) if kind == "capped_sum" else None
            section["max"] = str(maximum)
            section["combination"] = {
                "kind": kind,
                "expression": "",
                "cap": None if cap is None else str(cap),
            }
            if kind == "weighted_mean":
                most_weight = 100
                for criterion in section["criteria"][:-1]:
                    weight = draw(st.integers(0, most_weight))
                    criterion["weight"], most_weight = str(weight), most_weight - weight
                section["criteria"][-1]["weight"] = str(most_weight)
            most += maximum
            spec["sections"].append(section)
        spec["parts"].append(
            {"key": f"key-p{part}", "code": f"p{part}", "label": f"Phần {part}", "max": str(most)}
        )
    total = sum(int(part["max"]) for part in spec["parts"])
    spec["total"]["max"] = str(total)
    for place, band in enumerate(spec["bands"]):
        band["from"] = str(3 - place)
    spec["rounding"] = {
        "places": 0,
        "mode": draw(st.sampled_from(["half_up", "up", "down"])),
        "when": draw(st.sampled_from(["total", "total", "parts", "sections"])),
    }
    return spec, entered


def plain(spec, entered):
    """The same in plain fractions, without rounding; None where nothing applies."""
    of_parts = []
    for part in spec["parts"]:
        of_sections = []
        for section in spec["sections"]:
            if section["part"] == part["code"]:
                weighted = section["combination"]["kind"] == "weighted_mean"
                found = [
                    (
                        Fraction(entered[each["key"]]) / 5,
                        Fraction(each["weight"]) if weighted else Fraction(5),
                    )
                    for each in section["criteria"]
                    if entered[each["key"]] != NOT_ARISEN
                ]
                over = sum(weight for _share, weight in found)
                if over:
                    share = sum(share * weight for share, weight in found) / over
                    cap = Fraction(section["combination"]["cap"] or section["max"])
                    of_sections.append((min(share * Fraction(section["max"]), cap), Fraction(section["max"])))
        if of_sections:
            got, most = (sum(each) for each in zip(*of_sections, strict=True))
            of_parts.append((got / most * Fraction(part["max"]), Fraction(part["max"])))
    if not of_parts:
        return None
    got, most = (sum(each) for each in zip(*of_parts, strict=True))
    return got / most * Fraction(spec["total"]["max"])


@settings(max_examples=400)
@given(sets())
def test_any_set_is_its_plain_reading_within_its_bounds_and_explains_itself(card):
    spec, entered = card
    assert check_specification(spec) == []
    compiled, inputs = compile_set(spec), CardInputs(entered)
    outcome, wanted = compiled.score(inputs), plain(spec, entered)

    assert outcome.missing == ()
    assert outcome.insufficient == (wanted is None)
    if wanted is None:
        assert outcome.total is None
    elif spec["rounding"]["when"] == "total":
        assert outcome.total == wanted
    for section in compiled.sections:
        assert 0 <= outcome.sections.get(section.code, 0) <= section.max
    for part in compiled.parts:
        assert 0 <= outcome.parts.get(part.code, 0) <= part.max
    assert 0 <= (outcome.total or 0) <= int(spec["total"]["max"])
    for step in compiled.trace(inputs):
        if step.formula:
            value = formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__)
            assert value == step.value
