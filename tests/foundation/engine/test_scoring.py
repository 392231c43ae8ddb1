"""One card in, one result out: what is there, what is missing, and what contradicts the set."""

from dataclasses import asdict, is_dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pkgutil import iter_modules

import pytest

from kpi_cms.foundation import engine
from kpi_cms.foundation.engine import (
    CardInputs,
    Deduction,
    EntryError,
    ManagedPeople,
    ScoringError,
    Settings,
    TaskInput,
    compile_set,
    digest,
)
from tests.foundation.engine import specs
from tests.foundation.engine.cards import LEADER, PARTY, STAFF, free_formulas, full

ONE_TASK = [
    TaskInput(Decimal(2), Decimal(4), Decimal(4), faults=[Deduction(1), Deduction(2)], delays=[Deduction(1)])
]
ALL_WELL = ManagedPeople([Decimal(90), Decimal(50)])


def test_a_staff_card_is_scored_exactly():
    outcome = STAFF.score(CardInputs(full(STAFF, **{"II.4": Decimal("0.25")}), ONE_TASK))
    assert outcome.values["II.4"] == Fraction(1, 4)
    assert (outcome.values["a"], outcome.values["b"], outcome.values["c"]) == (
        1,
        Fraction(7, 8),
        Fraction(15, 16),
    )
    assert outcome.sections == {"I": 10, "II": Fraction("7.75"), "III": 10, "KQ": Fraction("65.625")}
    assert outcome.parts == {"common": Fraction("27.75"), "results": Fraction("65.625")}
    assert outcome.ratio == Fraction("0.9375")
    assert outcome.total == Fraction("93.375")
    assert (outcome.rounded, outcome.shown, outcome.band) == (Decimal("93.38"), "93.38", "excellent")
    assert (outcome.missing, outcome.pending, outcome.insufficient) == ((), (), False)
    assert outcome.task_totals == (16, 16, 14, 15, 0, 2)


def test_a_leaders_card_adds_the_people_the_work_and_the_cohesion():
    entered = full(LEADER, e="50")
    outcome = LEADER.score(CardInputs(entered, ONE_TASK, ManagedPeople([Decimal("49.99"), Decimal(80)])))
    assert [outcome.values[code] for code in ("d", "đ", "e")] == [Fraction(1, 2), 1, Fraction(1, 2)]
    assert outcome.parts["results"] == Fraction(1 + Fraction(7, 8) + Fraction(15, 16) + 2) / 6 * 70
    assert outcome.band == "good"


def test_a_party_card_counts_what_is_met():
    entered = {criterion.key: criterion.max for criterion in PARTY.entered}
    entered["key-I.1"] = Decimal(0)
    outcome = PARTY.score(CardInputs(entered, [TaskInput(Decimal(1), Decimal(1), Decimal(1))]))
    assert outcome.parts == {"common": 28, "results": 70}


@pytest.mark.parametrize(
    ("people", "value"),
    [
        (ManagedPeople([Decimal(50), Fraction(150, 2)]), 1),
        (ManagedPeople([Fraction(149, 3)]), Fraction(1, 2)),
        (ManagedPeople([]), 1),
        (ManagedPeople([], without_result=3), 1),
        (ManagedPeople([Decimal(60)], without_result=1), 1),
    ],
)
def test_d_is_reached_only_when_nobody_counted_has_less_than_fifty(people, value):
    outcome = LEADER.score(CardInputs(full(LEADER), ONE_TASK, people))
    assert outcome.values["d"] == value
    assert outcome.pending == ()


@pytest.mark.parametrize(
    "people", [None, ManagedPeople([Decimal(10)], pending=1), ManagedPeople([], pending=2)]
)
def test_d_waits_while_somebody_is_not_confirmed(people):
    outcome = LEADER.score(CardInputs(full(LEADER), ONE_TASK, people))
    assert outcome.pending == ("d",)
    assert "d" not in outcome.values
    assert outcome.parts == {"common": 30}
    assert (outcome.total, outcome.rounded, outcome.band, outcome.shown, outcome.ratio) == (
        None,
        None,
        None,
        "",
        None,
    )


def test_nobody_to_manage_counts_as_the_setting_says():
    settings = {"nobody_managed": "0.5"}
    outcome = LEADER.score(CardInputs(full(LEADER), ONE_TASK, ManagedPeople([]), settings=settings))
    assert outcome.values["d"] == Fraction(1, 2)


ONE_FAILS = {"managed_without_result": "failing"}
NOBODY_WAITS = {"managed_unconfirmed": "left_out"}
WAITING_FAILS = {"managed_unconfirmed": "failing"}


@pytest.mark.parametrize(
    ("people", "settings", "value"),
    [
        (ManagedPeople([Decimal(60)], without_result=1), ONE_FAILS, Fraction(1, 2)),
        (ManagedPeople([], without_result=1), ONE_FAILS, Fraction(1, 2)),
        (ManagedPeople([Decimal(60)]), ONE_FAILS, 1),
        (ManagedPeople([], pending=1), ONE_FAILS, None),
        (ManagedPeople([Decimal(60)], pending=1), NOBODY_WAITS, 1),
        (ManagedPeople([Decimal(40)], pending=1), NOBODY_WAITS, Fraction(1, 2)),
        (ManagedPeople([], pending=1), {**NOBODY_WAITS, "nobody_managed": "0.5"}, Fraction(1, 2)),
        (ManagedPeople([Decimal(60)], pending=1), WAITING_FAILS, Fraction(1, 2)),
        (ManagedPeople([Decimal(60)], without_result=1), WAITING_FAILS, 1),
        (ManagedPeople([Decimal(60)], pending=1, without_result=1), {**ONE_FAILS, **NOBODY_WAITS}, Fraction(1, 2)),
        (None, WAITING_FAILS, None),
    ],
)  # fmt: skip
def test_people_without_points_count_as_the_set_says(people, settings, value):
    outcome = LEADER.score(CardInputs(full(LEADER), ONE_TASK, people, settings=settings))
    assert (outcome.values.get("d"), outcome.pending) == (value, ("d",) if value is None else ())


def test_criteria_without_a_value_are_listed_and_there_is_no_total():
    outcome = LEADER.score(CardInputs(full(LEADER, **{"I.2": None, "đ": None}), ONE_TASK, ALL_WELL))
    assert outcome.missing == ("key-I.2", "key-đ")
    assert outcome.sections == {"II": 10, "III": 10}
    assert (outcome.parts, outcome.total) == ({}, None)


def test_nothing_assigned_is_no_result_whatever_the_extras():
    extra = TaskInput(Decimal(1), Decimal(0), Decimal(3), extra=True)
    for tasks in ([], [extra]):
        outcome = STAFF.score(CardInputs(full(STAFF), tasks))
        assert (outcome.insufficient, outcome.total, outcome.parts) == (True, None, {"common": 30})
        assert (outcome.extras_share, outcome.extras_warning) == (None, False)


def test_nothing_assigned_may_count_as_nothing_done():
    extra = TaskInput(Decimal(1), Decimal(0), Decimal(3), extra=True)
    for tasks in ([], [extra]):
        outcome = STAFF.score(CardInputs(full(STAFF), tasks, settings={"nothing_assigned": "zero"}))
        assert (outcome.insufficient, outcome.total, outcome.band) == (False, 30, "failed")
        assert [outcome.values[code] for code in "abc"] == [0, 0, 0]
        assert outcome.ratio == 0


@pytest.mark.parametrize(
    ("common", "band_from", "band", "shown"),
    [
        ("19.995", "exact", "good", "89.995"),
        ("19.995", "rounded", "excellent", "90.00"),
        ("19.994", "rounded", "good", "89.99"),
        ("20", "rounded", "excellent", "90.00"),
    ],
)
def test_the_band_is_read_from_the_exact_or_from_the_rounded_total(common, band_from, band, shown):
    inputs = CardInputs(
        {}, [TaskInput(Decimal(1), Decimal(1), Decimal(1))], part_totals={"common": Decimal(common)},
        settings={"band_from": band_from},
    )  # fmt: skip
    outcome = STAFF.score(inputs)
    assert (outcome.total, outcome.band, outcome.shown) == (70 + Fraction(common), band, shown)
    assert STAFF.score(inputs._replace(tasks=[])).shown == ""


@pytest.mark.parametrize(("band_from", "value"), [("exact", Fraction(1, 2)), ("rounded", 1)])
def test_points_of_those_managed_are_read_as_the_band_is(band_from, value):
    people = ManagedPeople([Fraction(349_966, 7_000), Decimal("49.995")])
    outcome = LEADER.score(CardInputs(full(LEADER), ONE_TASK, people, settings={"band_from": band_from}))
    assert outcome.values["d"] == value


@pytest.mark.parametrize(
    ("done", "share", "warned"), [("3", Fraction(3, 10), False), ("3.1", Fraction(31, 100), True)]
)
def test_extras_above_three_tenths_of_the_assigned_warn(done, share, warned):
    tasks = [
        TaskInput(Decimal(1), Decimal(10), Decimal(5)),
        TaskInput(Decimal(1), Decimal(0), Decimal(done), extra=True),
    ]
    outcome = STAFF.score(CardInputs(full(STAFF), tasks))
    assert (outcome.extras_share, outcome.extras_warning) == (share, warned)


def test_a_set_without_task_ratios_needs_no_tasks():
    spec = specs.party()
    spec["sections"][-1] = specs.section("KQ", "70", "results", [specs.number("r", "70", "1")])
    compiled = compile_set(spec)
    outcome = compiled.score(CardInputs(full(compiled)))
    assert (outcome.total, outcome.insufficient, outcome.task_totals) == (100, False, None)
    assert (outcome.extras_share, outcome.extras_warning) == (None, False)


def test_ratios_are_capped_at_one_unless_the_setting_is_open():
    tasks = [TaskInput(Decimal(1), Decimal(10), Decimal(11))]
    assert STAFF.score(CardInputs(full(STAFF), tasks)).values["a"] == 1
    outcome = STAFF.score(CardInputs(full(STAFF), tasks, settings={"ratio_cap": None}))
    assert outcome.values["a"] == Fraction(11, 10)
    assert outcome.ratio == Fraction(11, 10)
    assert outcome.parts["results"] == 70


def test_a_part_given_from_outside_replaces_its_criteria():
    outcome = STAFF.score(CardInputs({}, ONE_TASK, part_totals={"common": Decimal("27.13")}))
    assert outcome.missing == ()
    assert outcome.total == Fraction("92.755")
    outcome = LEADER.score(CardInputs(full(LEADER, đ=None), part_totals={"results": Decimal(35)}))
    assert (outcome.missing, outcome.pending, outcome.insufficient) == ((), (), False)
    assert (outcome.total, outcome.ratio) == (65, Fraction(1, 2))


@pytest.mark.parametrize("value", ["30.01", "-1", "NaN", "Infinity"])
def test_a_part_given_from_outside_lies_in_its_range(value):
    with pytest.raises(ScoringError) as caught:
        STAFF.score(CardInputs({}, ONE_TASK, part_totals={"common": Decimal(value)}))
    assert str(caught.value) == f"{value} points are outside the range of the part common: give 0 to 30."
    assert caught.value.problem.key == "key-common"


@pytest.mark.parametrize("code", ["bonus", "KQ", "a"])
def test_only_parts_of_the_set_can_be_given(code):
    with pytest.raises(ScoringError) as caught:
        STAFF.score(CardInputs({}, ONE_TASK, part_totals={code: Decimal(1)}))
    assert str(caught.value) == f"There is no part “{code}” in this set: choose one of its parts."


def test_a_criterion_given_from_outside_is_neither_missing_nor_pending():
    given = {
        "d": Decimal("0.5"),
        "đ": Decimal(1),
        "e": Fraction(1, 2),
        "I.1": Decimal(4),
        "a": Decimal("1.2"),
    }
    entered = full(LEADER, **{"I.1": None, "đ": None, "e": None})
    outcome = LEADER.score(CardInputs(entered, [*ONE_TASK], given=given))
    assert {code: outcome.values[code] for code in given} == {
        code: Fraction(value) for code, value in given.items()
    }
    assert outcome.parts["common"] == 29
    none_assigned = LEADER.score(CardInputs(entered, given={**given, "b": Decimal(1), "c": Decimal(1)}))
    assert none_assigned.insufficient is False
    assert none_assigned.total is not None


@pytest.mark.parametrize(
    ("code", "value"),
    [("d", "0.75"), ("đ", "0.6"), ("e", "50"), ("I.1", "5.5"), ("I.1", "-1"), ("a", "-0.1"), ("d", "NaN")],
)
def test_a_value_given_from_outside_is_one_the_criterion_can_have(code, value):
    with pytest.raises(ScoringError) as caught:
        LEADER.score(CardInputs(full(LEADER), ONE_TASK, ALL_WELL, given={code: Decimal(value)}))
    assert str(caught.value) == f"{value} is not a possible value of the criterion {code}: correct it."
    assert caught.value.problem.key == f"key-{code}"


@pytest.mark.parametrize("code", ["z", "KQ", "common"])
def test_only_criteria_of_the_set_can_be_given(code):
    with pytest.raises(ScoringError) as caught:
        STAFF.score(CardInputs({}, given={code: Decimal(1)}))
    assert str(caught.value) == f"There is no criterion “{code}” in this set: choose one of its criteria."


ENTRIES = [
    ("I.1", Decimal("2.25"), None),
    ("I.1", "2.250", None),
    ("I.1", Decimal("-0"), None),
    ("I.1", Decimal("5.25"), "5.25 points are outside the range of this criterion: give 0 to 5."),
    ("I.1", Decimal("-0.25"), "-0.25 points are outside the range of this criterion: give 0 to 5."),
    ("I.1", Decimal("2.3"), "2.3 points do not fit the step: give a multiple of 0.25."),
    ("I.1", "2,5", "“2,5” is not a number of points: write it with digits, like 2.5."),
    ("I.1", "", "“” is not a number of points: write it with digits, like 2.5."),
    ("I.1", Decimal("NaN"), "“NaN” is not a number of points: write it with digits, like 2.5."),
    ("đ", "100", None),
    ("đ", Decimal(50), None),
    ("đ", "75", "“75” is not one of the choices (100, 50): choose one of them."),
    ("đ", "đạt", "“đạt” is not one of the choices (100, 50): choose one of them."),
]


@pytest.mark.parametrize(("code", "value", "sentence"), ENTRIES)
def test_an_entry_is_checked_and_scored_alike(code, value, sentence):
    problem = LEADER.check_entry(f"key-{code}", value)
    inputs = CardInputs(full(LEADER, **{code: value}), ONE_TASK, ALL_WELL)
    if sentence is None:
        assert problem is None
        assert code in LEADER.score(inputs).values
    else:
        assert (str(problem), problem.key) == (sentence, f"key-{code}")
        with pytest.raises(EntryError) as caught:
            LEADER.score(inputs)
        assert caught.value.problem == problem


def test_a_float_is_no_entry():
    assert (
        str(STAFF.check_entry("key-I.1", 2.5))
        == "“2.5” is not a number of points: write it with digits, like 2.5."
    )


def test_computed_criteria_and_unknown_keys_cannot_be_entered():
    assert str(LEADER.check_entry("key-d", "1")) == "The criterion d is computed: nobody enters it."
    sentence = "There is no criterion “key-x” in this set: choose one of its criteria."
    assert str(LEADER.check_entry("key-x", "1")) == sentence


def test_keys_of_another_set_are_left_alone():
    entered = full(STAFF) | {"key-of-another-set": Decimal(7), "key-a": Decimal(0)}
    assert STAFF.score(CardInputs(entered, ONE_TASK)).total == Fraction("95.625")


def test_steps_too_many_to_list_are_still_exact():
    spec = specs.party()
    spec["sections"][-1] = specs.section("KQ", "70", "results", [specs.number("r", "70", "0.01")])
    compiled = compile_set(spec)
    assert compiled.criteria[-1].table == {}
    assert compiled.score(CardInputs(full(compiled, r=Decimal("69.99")))).parts["results"] == Fraction(
        "69.99"
    )
    assert (
        str(compiled.check_entry("key-r", "0.005"))
        == "0.005 points do not fit the step: give a multiple of 0.01."
    )


def test_a_choice_of_points_is_worth_its_points_and_a_share_its_part_of_the_maximum():
    spec = specs.party()
    levels = [{"value": value, "label": value} for value in ("8", "5.5", "0")]
    points = specs.computed("p", {"type": "choice", "unit": "points", "options": levels})
    share = specs.choice("s") | {"max": "10"}
    spec["sections"][0] = specs.section("I", "18", "common", [points, share])
    compiled = compile_set(spec)
    assert [criterion.max for criterion in compiled.criteria[:2]] == [8, 10]
    outcome = compiled.score(CardInputs(full(compiled, p="5.5", s="50"), ONE_TASK))
    assert (outcome.values["p"], outcome.values["s"]) == (Fraction("5.5"), Fraction(1, 2))
    assert outcome.sections["I"] == Fraction("10.5")


def test_a_capped_sum_stops_at_its_cap():
    spec = specs.party()
    spec["sections"][0]["combination"] = {"kind": "capped_sum", "cap": "15"}
    compiled = compile_set(spec)
    assert compiled.score(CardInputs(full(compiled), ONE_TASK)).sections["I"] == 15


def test_a_weighted_mean_counts_each_criterion_as_its_share_of_its_maximum():
    spec = specs.party()
    criteria = [specs.number("w1", "10", "1", weight="30"), specs.choice("w2") | {"weight": "70"}]
    spec["sections"][0] = specs.section("I", "18", "common", criteria, kind="weighted_mean")
    compiled = compile_set(spec)
    outcome = compiled.score(CardInputs(full(compiled, w1=Decimal(5), w2="50"), ONE_TASK))
    assert outcome.sections["I"] == Fraction(9)


def test_formulas_over_sections_are_computed_in_the_order_they_need():
    compiled = free_formulas()
    assert compiled.order == (2, 1, 0, 3)
    outcome = compiled.score(CardInputs(full(compiled, **{"I.2": Decimal(0)}), ONE_TASK))
    # III = 8; II = 8 - 6 + 1 / (1 - 7/8) = 10, capped at 4; I = min(32; 18)
    assert outcome.sections == {"III": 8, "II": 4, "I": 18, "KQ": 70}
    assert outcome.ratio == Fraction(8, 7)
    assert outcome.total == 30 + 35 + 2


def test_points_never_fall_below_zero():
    compiled = free_formulas()
    entered = full(compiled) | {f"key-III.{index}": Decimal(0) for index in (1, 2, 3, 4)}
    outcome = compiled.score(CardInputs(entered | {"key-II.1": Decimal(0)}, ONE_TASK))
    assert outcome.sections == {"III": 0, "II": 0, "I": 0, "KQ": 0}
    assert (outcome.ratio, outcome.total, outcome.band) == (0, 0, "failed")


def test_a_total_by_formula_stops_at_its_maximum():
    spec = specs.party()
    spec["total"] = {"kind": "formula", "expression": "common * results", "max": "100"}
    compiled = compile_set(spec)
    assert compiled.score(CardInputs(full(compiled), ONE_TASK)).total == 100


def test_a_formula_waits_for_what_it_needs():
    compiled = free_formulas()
    outcome = compiled.score(CardInputs(full(compiled, **{"III.1": None}), ONE_TASK))
    assert outcome.sections == {}
    assert outcome.missing == ("key-III.1",)
    overridden = compiled.score(
        CardInputs({}, ONE_TASK, part_totals={"common": Decimal(1), "results": Decimal(2)})
    )
    assert (overridden.missing, overridden.total) == ((), None)


def test_a_division_by_zero_names_the_section_it_is_in():
    compiled = free_formulas()
    with pytest.raises(ScoringError) as caught:
        compiled.score(CardInputs(full(compiled), [TaskInput(Decimal(1), Decimal(1), Decimal(1))]))
    assert caught.value.problem.key == "key-II"
    assert str(caught.value) == "The division at character 18 is by zero: guard it with IF."


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"penalty_per_fault": "0.1"}, "“penalty_per_fault” is not an open setting of this set: "),
        ({"magic": 1}, "“magic” is not an open setting of this set: "),
        ({"ratio_cap": "0.5"}, "The setting “ratio_cap” is below 1 (100%): "),
        ({"penalty_scope": "task"}, "“penalty_scope” is not one of the possible values (unit, batch): "),
        ({"managed_kinds": []}, "No kind of staff counts for the people managed: choose at least one."),
        (
            {"managed_without_result": "pending"},
            "“managed_without_result” is not one of the possible values (left_out, failing): ",
        ),
        ({"nobody_managed": "0.7"}, "Decree 335/2025 fixes the result of the people managed: 100% when "),
    ],
)
def test_only_open_settings_can_be_replaced_and_only_within_their_ranges(settings, sentence):
    with pytest.raises(ScoringError) as caught:
        STAFF.score(CardInputs(full(STAFF), ONE_TASK, settings=settings))
    assert str(caught.value).startswith(sentence)


def test_a_set_that_follows_no_law_may_count_nobody_as_anything():
    spec = specs.leader() | {"law": ""}
    outcome = compile_set(spec).score(
        CardInputs(full(LEADER), ONE_TASK, ManagedPeople([]), settings={"nobody_managed": "0.7"})
    )
    assert outcome.values["d"] == Fraction(7, 10)


def test_a_compiled_set_tells_forms_and_screens_what_they_need():
    criterion = STAFF.criterion("key-II.4")
    assert (criterion.code, criterion.kind, criterion.max, criterion.step) == (
        "II.4",
        "number",
        Decimal("2.5"),
        Decimal("0.25"),
    )
    assert (criterion.section, criterion.part, criterion.stages) == (
        "key-II",
        "common",
        ("self", "evaluator"),
    )
    assert [(text.condition, text.label) for text in criterion.alternatives] == [
        ("faces_citizens", "Thái độ phục vụ người dân")
    ]
    assert criterion.guidance == ("Tận tụy, đúng mực.",)
    ratio = STAFF.criterion("key-b")
    assert (ratio.kind, ratio.max, ratio.entered, ratio.stages, ratio.measure) == (
        "task_ratio",
        None,
        False,
        (),
        "quality",
    )
    choice = LEADER.criterion("key-e")
    assert [(option.value, option.grounds_required) for option in choice.options] == [
        (100, False),
        (50, True),
    ]
    assert STAFF.criterion("key-of-nothing") is None
    assert [stage.key for stage in STAFF.stages if stage.decides] == ["evaluator"]
    assert (STAFF.bands[0].code, STAFF.bands[0].start) == ("excellent", 90)
    assert [part.code for part in STAFF.parts] == ["common", "results"]
    assert STAFF.sections[0].criteria == ("key-I.1", "key-I.2")


def test_a_criterion_is_scored_at_the_stages_it_names():
    spec = specs.staff()
    spec["sections"][0]["criteria"][0]["stages"] = ["evaluator"]
    assert compile_set(spec).criteria[0].stages == ("evaluator",)


def test_compiled_sets_are_equal_by_the_digest_of_their_specification():
    again = compile_set(specs.staff())
    assert again == STAFF
    assert len({again, STAFF, LEADER}) == 2
    assert digest(specs.staff()) == STAFF.digest
    assert STAFF.digest != STAFF


def test_codes_may_come_decomposed():
    spec = specs.leader()
    spec["sections"][-1]["criteria"][5]["code"] = "e\u0302"
    spec["sections"][-1]["combination"]["expression"] = "(a + b + c + d + đ + ê) / 6 * 70"
    assert compile_set(spec).criteria[-1].code == "ê"


def test_nothing_of_a_set_a_result_or_an_explanation_can_be_changed():
    modules = [import_module(f"{engine.__name__}.{item.name}") for item in iter_modules(engine.__path__)]
    classes = [value for module in modules for value in vars(module).values() if is_dataclass(value)]
    assert len(set(classes)) >= 30
    assert [value for value in classes if not value.__dataclass_params__.frozen] == []
    with pytest.raises(AttributeError):
        STAFF.score(CardInputs({})).total = 1


def test_the_open_points_have_the_defaults_of_the_rules():
    assert asdict(Settings()) == {
        "ratio_cap": 1,
        "penalty_scope": "unit",
        "penalty_per_fault": Decimal("0.25"),
        "nobody_managed": 1,
        "extras_warning": Decimal("0.3"),
        "moved_leaves_total": True,
        "means_of": "published",
        "managed_kinds": ("cong_chuc",),
        "managed_without_result": "left_out",
        "managed_unconfirmed": "pending",
        "nothing_assigned": "insufficient",
        "band_from": "exact",
    }


def test_a_set_frozen_before_a_setting_existed_keeps_its_text_and_computes_with_the_default():
    later = (
        "managed_kinds",
        "managed_without_result",
        "managed_unconfirmed",
        "nothing_assigned",
        "band_from",
    )
    spec = specs.leader()
    assert set(later) & set(spec["settings"]) == set()
    assert {name: getattr(LEADER.rules.settings, name) for name in later} == {
        "managed_kinds": ("cong_chuc",),
        "managed_without_result": "left_out",
        "managed_unconfirmed": "pending",
        "nothing_assigned": "insufficient",
        "band_from": "exact",
    }
    assert digest(spec) == "47951f6ce148dbde30a795db805e240c5b6e1faa098e96b8630f167d53825dd9"
