"""Every scoring kind is written in the editor, means what its author wrote, and says what is wrong at the field."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from wagtail.blocks import StreamBlockValidationError

from criteria_pages.blocks import CriteriaBlock
from criteria_pages.domain.publishing import check, frozen_criteria, specification_of
from criteria_pages.domain.readiness import not_yet
from criteria_pages.domain.setup import criteria_index
from criteria_pages.enums import TaskScope
from criteria_pages.forms import errors_of
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import CardInputs, check_specification, compile_set, digest
from kpi_cms.foundation.engine.kinds import READERS
from tests.factories.authored import (
    KINDS,
    bands,
    block_of_rule,
    coded,
    fields,
    item,
    level,
    of_kind,
    one_kind,
    part,
    section,
)
from tests.factories.criteria_pages import issued
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def page_of(values: dict[str, Any]) -> CriteriaSetPage:
    return CriteriaSetPage(live=False, **values)


def kind_of(page: CriteriaSetPage) -> dict[str, Any]:
    found: dict[str, Any] = specification_of(page)["sections"][0]["criteria"][0]["kind"]
    return found


def test_the_editor_offers_every_kind_the_engine_knows() -> None:
    assert set(CriteriaBlock.base_blocks) == set(READERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_set_of_each_kind_is_sound_and_can_be_issued(kind: str) -> None:
    page = page_of(one_kind(kind))

    assert check_specification(specification_of(page)) == []
    assert check(page) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_through_the_editors_form_unchanged(
    kind: str, policy: User, signed_in: SignIn
) -> None:
    page = page_of(one_kind(kind))
    address = reverse(
        "wagtailadmin_pages:add", args=["criteria_pages", "criteriasetpage", criteria_index().pk]
    )

    response = signed_in(policy).post(address, form_data(page))

    assert response.status_code == 302
    saved = CriteriaSetPage.objects.get().get_latest_revision_as_object()
    assert specification_of(saved) == specification_of(page)
    assert kind_of(saved)["type"] == kind


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_previewed_in_the_picker_as_the_handbook_reads_it(
    kind: str, policy: User, signed_in: SignIn
) -> None:
    block = CriteriaSetPage.parts.field.stream_block.child_blocks["part"].child_blocks["sections"]
    block = block.child_blocks["section"].child_blocks["criteria"].child_blocks[kind]
    assert block.is_previewable
    assert block.get_description()

    response = signed_in(policy).get(reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix})

    assert response.status_code == 200
    entry = response.context["entry"]
    assert f"{entry.code}. {entry.label}" in response.content.decode()
    assert entry.how


# --- What each kind means ------------------------------------------------------------------------------------------
MEANING: list[tuple[str, dict[str, Any], str]] = [
    ("number", {"entered": "7.5"}, "7.5"),
    ("number", {"entered": "2", "own": {"minimum": "2", "step": "4"}}, "2"),
    ("choice", {"entered": "4"}, "4"),
    ("levels", {"entered": "8.5"}, "8.5"),
    ("checklist", {"details": {"1": 1, "2": 0}}, "6"),
    ("deduction", {"details": {"1": 9, "2": 1}}, "5"),
    ("deduction", {"details": {"2": 5}}, "2"),
    ("bonus", {"details": {"1": 4}}, "6"),
    ("penalty", {"details": {"1": 4}}, "4"),
    ("penalty", {}, "10"),
    ("penalty", {"details": {"1": 4, "2": 3}}, "0"),
    ("indicator", {"details": {"actual": "16"}}, "7.5"),
    ("formula", {"details": {"nhan": "8", "xong": "6"}}, "7.5"),
    ("formula", {"details": {"nhan": "0", "xong": "0"}}, "10"),
]


@pytest.mark.parametrize(("kind", "given", "total"), MEANING)
def test_points_are_what_the_author_wrote(kind: str, given: dict[str, Any], total: str) -> None:
    compiled = compile_set(specification_of(page_of(one_kind(kind, **given.get("own", {})))))
    key = compiled.criteria[0].key
    entered = {key: Decimal(given["entered"])} if "entered" in given else {}
    details = {key: given["details"]} if "details" in given else {}

    assert compiled.score(CardInputs(entered=entered, details=details)).total == Decimal(total)


@pytest.mark.parametrize(
    ("kind", "own", "said"),
    [
        ("indicator", {"target": "999999999999999.125"}, {"target": "999999999999999.125"}),
        (
            "formula",
            {"inputs": [{"code": "thu", "label": "Thu ngân sách, triệu đồng", "maximum": "25000000"}],
             "expression": "thu / 2500000"},
            {"inputs": [{"code": "thu", "label": "Thu ngân sách, triệu đồng", "max": "25000000"}]},
        ),
    ],
)  # fmt: skip
def test_an_amount_of_fifteen_digits_is_written_and_points_are_not(
    kind: str, own: dict[str, Any], said: dict[str, Any], policy: User, signed_in: SignIn
) -> None:
    address = reverse(
        "wagtailadmin_pages:add", args=["criteria_pages", "criteriasetpage", criteria_index().pk]
    )
    client = signed_in(policy)

    refused = client.post(address, form_data(page_of(one_kind(kind, **own, maximum="100000"))))
    assert refused.status_code == 200
    assert not CriteriaSetPage.objects.exists()
    assert client.post(address, form_data(page_of(one_kind(kind, **own)))).status_code == 302

    saved = CriteriaSetPage.objects.get().get_latest_revision_as_object()
    assert said.items() <= kind_of(saved).items()
    assert check_specification(specification_of(saved)) == []


def test_a_minimum_is_said_where_there_is_one() -> None:
    wanted = {"type": "number", "max": "10", "step": "0.5"}
    for least in (None, Decimal(0), "0"):
        assert kind_of(page_of(one_kind("number", minimum=least))) == wanted
    assert kind_of(page_of(one_kind("number", minimum="2.50"))) == {**wanted, "min": "2.5"}


def test_what_is_left_empty_is_not_said() -> None:
    page = page_of(one_kind("indicator", target=None))
    assert kind_of(page) == {"type": "indicator", "direction": "lower", "cap": "1"}

    calendar = kind_of(page_of(one_kind("task_points", count="calendar", normalise="cap")))
    assert calendar["time"] == {
        "count": "calendar",
        "unfinished": "0",
        "early": [{"days": 2, "value": "1.1"}],
        "late": [{"days": 1, "value": "0.8"}, {"days": 5, "value": "0.5"}],
    }
    assert calendar["normalise"] == {"to": "cap"}
    assert "threshold" not in kind_of(page_of(one_kind("result_of", how="mean")))


# --- Mistakes ---------------------------------------------------------------------------------------------------
MISTAKES: list[tuple[str, dict[str, Any], str, tuple[str | int, ...]]] = [
    ("number", {"step": "0.3"}, "step", ("step",)),
    ("number", {"maximum": None}, "criterion_maximum", ("maximum",)),
    ("number", {"minimum": "10"}, "minimum", ("minimum",)),
    ("number", {"minimum": "2", "step": "3"}, "step", ("step",)),
    ("choice", {"options": KINDS["choice"]["options"][:1]}, "options", ("options",)),
    ("choice", {"options": [{"value": None, "label": "A", "grounds_required": False}]}, "field",
     ("options", 0, "value")),
    ("levels", {"levels": [level("A", "8", "6"), level("B", "0")]}, "level_range", ("levels", 0, "end")),
    ("levels", {"step": None}, "level_step", ("levels", 0, "end")),
    ("levels", {"levels": [level("A", "5"), level("B", "2", "5")]}, "levels_overlap", ("levels",)),
    ("levels", {"levels": [level("", "10"), level("B", "0")]}, "field", ("levels", 0, "label")),
    ("checklist", {"maximum": "9"}, "items_sum", ("maximum",)),
    ("checklist", {"items": []}, "items", ("items",)),
    ("deduction", {"items": [item("1", "1"), item("1", "2")]}, "item_twice", ("items", 0, "code")),
    ("deduction", {"items": [item("1", "1"), item("2", "0")]}, "item_value", ("items", 1, "value")),
    ("deduction", {"floor": "11"}, "floor", ("floor",)),
    ("bonus", {"items": [item("1", "1"), item("2", "2", cap="11")]}, "item_cap", ("items", 1, "cap")),
    ("indicator", {"target": "0"}, "target", ("target",)),
    ("indicator", {"cap": "0"}, "indicator_cap", ("cap",)),
    ("indicator", {"maximum": None}, "criterion_maximum", ("maximum",)),
    ("formula", {"expression": "(xong"}, "formula", ("expression",)),
    ("formula", {"expression": "nowhere + xong"}, "formula_name", ("expression",)),
    ("formula", {"expression": "k + 1"}, "formula_circle", ("expression",)),
    ("formula", {"expression": "1 / 0"}, "formula", ("expression",)),
    ("formula", {"inputs": [{"code": "k", "label": "Số", "maximum": None}], "expression": "k"}, "input_code",
     ("inputs", 0, "code")),
    ("task_points", {"calendar": ""}, "calendar_missing", ("calendar",)),
    ("task_points", {"late": [{"days": 5, "value": "1"}, {"days": 1, "value": "1"}]}, "time_steps", ("late",)),
    ("task_points", {"full": None}, "field", ("full",)),
    ("task_points", {"quality": [{"code": "a", "label": "A", "value": "1"}] * 2}, "code_again", ("quality", 1, "code")),
    ("task_points", {"coefficients": KINDS["task_points"]["coefficients"] * 2}, "coefficient_twice",
     ("coefficients", 1, "attribute")),
    ("roll_up", {"measure": ""}, "field", ("measure",)),
    ("result_of", {"of": ""}, "field", ("of",)),
    ("result_of", {"out_of": "0"}, "out_of", ("out_of",)),
    ("number", {"alternatives": [{"condition": "", "label": "Khác"}]}, "field", ("alternatives", 0, "condition")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "code", "inside"), MISTAKES)
def test_a_mistake_stands_at_its_field(
    kind: str, change: dict[str, Any], code: str, inside: tuple[str | int, ...]
) -> None:
    page = page_of(one_kind(kind, **change))
    problems = [problem for problem in check(page) if problem.code == code and problem.inside == inside]
    assert len(problems) == 1

    error = dict(errors_of(page, problems))["parts"]
    for name in ("sections", "criteria"):
        assert isinstance(error, StreamBlockValidationError)
        error = error.block_errors[0].block_errors[name]
    error = error.block_errors[0]
    for step in inside:
        error = error.block_errors[step]
    found = error.non_block_errors.as_data() if hasattr(error, "non_block_errors") else error.error_list
    assert [each.code for each in found] == [code]


def test_every_mistake_is_one_vietnamese_sentence() -> None:
    for kind, change, code, inside in MISTAKES:
        with translation.override("en"):
            english = {str(p.sentence) for p in check(page_of(one_kind(kind, **change))) if p.code == code}
        with translation.override("vi"):
            own = {str(p.sentence) for p in check(page_of(one_kind(kind, **change))) if p.code == code}
        assert own
        assert not own & english, (kind, inside)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("xong + nowhere * 2", "Here: xong + ▸nowhere * 2"),
        ("(xong + nhan", "Here: (xong + nhan▸"),
        (
            "SUM(xong; nhan; xong; nhan; xong) + $ + nhan + xong + nhan + nhan",
            "Here: …xong; nhan; xong) + ▸$",
        ),
    ],
)
def test_a_mistake_in_a_formula_points_at_the_character(expression: str, shown: str) -> None:
    page = page_of(one_kind("formula", expression=expression))

    error = dict(errors_of(page, check(page)))["parts"]
    for name in ("sections", "criteria"):
        error = error.block_errors[0].block_errors[name]

    assert shown in error.block_errors[0].block_errors["expression"].messages[0]


def test_a_mistake_in_the_formula_of_the_total_points_at_the_character() -> None:
    page = page_of({**one_kind("number"), "total_kind": "formula", "total_expression": "common + x"})

    assert [
        (name, error.messages[0].split("formula. ")[1]) for name, error in errors_of(page, check(page))
    ] == [("total_expression", "Here: common + ▸x")]


# --- Rules of the whole set -----------------------------------------------------------------------------------------
def test_rules_beyond_one_card_are_frozen_and_read_as_written(policy: User, signed_in: SignIn) -> None:
    values = {
        **one_kind("number"),
        "rounding_mode": "down",
        "rounding_when": "parts",
        "facts": [block_of_rule("fact", {"code": "ky_luat", "label": "Bị kỷ luật"})],
        "gates": [
            block_of_rule(
                "gate",
                {
                    "label": "Kỷ luật", "condition": "ky_luat = 1", "effect": "force", "band": "yeu",
                    "reason": "Bị kỷ luật trong năm.", "citation": "Đ20.4", "periods": ["year"],
                },
            )
        ],
        "quotas": [
            block_of_rule(
                "quota",
                {
                    "band": "dat", "share": "20", "base": "everyone", "scopes": ["unit"], "exception": "25",
                    "small_below": 5, "small_allowed": 1, "citation": "",
                },
            )
        ],
        "aggregation": [
            block_of_rule(
                "rule",
                {
                    "period": "quarter", "of": "month", "count": 3, "how": "worked_mean", "missing": "waits",
                    "minimum": 2, "exempt": ["sick_leave"],
                },
            )
        ],
    }  # fmt: skip
    page = page_of(values)
    specification = specification_of(page)

    assert check(page) == []
    assert specification["schema_version"] == 2
    assert specification["rounding"] == {"places": 2, "mode": "down", "when": "parts"}
    assert specification["facts"][0]["code"] == "ky_luat"
    assert specification["gates"][0]["periods"] == ["year"]
    assert (specification["quotas"][0]["share"], specification["quotas"][0]["exception"]) == ("0.2", "0.25")
    assert specification["aggregation"] == [
        {
            "period": "quarter", "of": "month", "count": 3, "how": "worked_mean", "missing": "waits",
            "minimum": 2, "exempt": ["sick_leave"],
        }
    ]  # fmt: skip
    address = reverse(
        "wagtailadmin_pages:add", args=["criteria_pages", "criteriasetpage", criteria_index().pk]
    )
    signed_in(policy).post(address, form_data(page))
    saved = CriteriaSetPage.objects.get().get_latest_revision_as_object()
    assert digest(specification_of(saved)) == digest(specification)


RATERS = [
    {"label": "Đồng nghiệp", "stage": "evaluator", "weight": "25"},
    {"label": "Thủ trưởng", "stage": "evaluator", "weight": "75"},
]
GATE = {
    "label": "Sàn", "condition": "k >= 5", "effect": "limit", "band": "yeu", "reason": "Chưa đạt.", "citation": "",
    "periods": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("law", "periods", "refused"),
    [
        ("", [], []),
        ("nd335", ["year"], []),
        ("nd335", [], ["gate_nd335"]),
        ("nd335", ["month"], ["gate_nd335"]),
    ],
)
def test_under_the_decree_the_year_alone_has_gates(law: str, periods: list[str], refused: list[str]) -> None:
    gates = [block_of_rule("gate", {**GATE, "periods": periods})]
    page = page_of({**one_kind("number"), "law": law, "gates": gates, "period_kinds": ["month", "year"]})

    assert [problem.code for problem in not_yet(page)] == refused
    assert [problem.inside for problem in not_yet(page)] == [("periods",)] * len(refused)


def test_the_facts_of_a_set_are_frozen_behind_its_criteria(policy: User) -> None:
    facts = [
        {"code": "ky_luat", "label": "Bị kỷ luật", "answer": "yes_no"},
        {"code": "vuot", "label": "Tỷ lệ vượt", "answer": "share"},
    ]
    gate = {**GATE, "condition": "OR(ky_luat = 1; vuot < 50%)"}
    page = page_of(
        {
            **one_kind("number"),
            "facts": [block_of_rule("fact", fact, str(number)) for number, fact in enumerate(facts)],
            "gates": [block_of_rule("gate", gate)],
        }
    )
    specification = specification_of(page)
    assert check(page) == []
    assert [sorted(fact) for fact in specification["facts"]] == [
        ["code", "key", "label"], ["answer", "code", "key", "label"],
    ]  # fmt: skip
    rows = frozen_criteria(CriteriaVersion(specification=specification))
    assert [(row.code, row.is_fact, row.maximum, row.order) for row in rows[-2:]] == [
        ("ky_luat", True, 1, len(rows) - 1), ("vuot", True, 100, len(rows)),
    ]  # fmt: skip
    assert [row.code for row in rows if not row.is_fact] == ["k"]


@pytest.mark.parametrize(
    ("change", "code", "inside"),
    [
        ({"raters": RATERS}, "raters_not_yet", ("stage",)),
        ({"gates": [{**GATE, "condition": "x = 1"}]}, "gate_name", ("condition",)),
        ({"gates": [{**GATE, "condition": "k >="}]}, "gate_condition", ("condition",)),
        ({"gates": [{**GATE, "band": "khac"}]}, "gate_band", ("band",)),
        ({"raters": [{**RATERS[0], "weight": "90"}, RATERS[1]]}, "raters_sum", ()),
        (
            {"quotas": [{"band": "khac", "share": "20", "base": "good", "scopes": ["unit"]}]},
            "quota_band",
            ("band",),
        ),
        (
            {"quotas": [{"band": "dat", "share": "120", "base": "good", "scopes": ["unit"]}]},
            "quota_share",
            ("share",),
        ),
        (
            {
                "aggregation": [
                    {"period": "quarter", "of": "half_year", "count": 3, "how": "mean", "missing": "waits"}
                ]
            },
            "aggregation_period",
            (),
        ),
    ],
)
def test_a_rule_that_cannot_hold_is_refused_at_its_block(
    change: dict[str, Any], code: str, inside: tuple[str, ...]
) -> None:
    rules = {
        name: [
            block_of_rule({"aggregation": "rule"}.get(name, name[:-1]), value, str(number))
            for number, value in enumerate(values)
        ]
        for name, values in change.items()
    }
    page = page_of({**one_kind("number"), **rules})

    found = [problem for problem in check(page) if problem.code == code]

    assert found
    assert {problem.inside for problem in found} == {inside}
    assert dict(errors_of(page, found))[next(iter(change))]


@pytest.mark.parametrize(
    ("stages", "refused"),
    [
        (("self", "evaluator"), ()),
        (("endorsement", "evaluator"), ("0",)),
        (("self", "self", "evaluator"), ("1",)),
        (("collective", "collective", "evaluator"), ()),
        (("collective", "evaluator", "evaluator"), ("2",)),
        (("evaluator", "evaluator"), ("1",)),
    ],
)
def test_weights_count_for_the_person_the_people_of_a_collective_and_one_competent_person(
    stages: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    weights = ("25", "75") if len(stages) == 2 else ("25", "25", "50")
    raters = [
        block_of_rule("rater", {"label": stage, "stage": stage, "weight": weight}, str(number))
        for number, (stage, weight) in enumerate(zip(stages, weights, strict=True))
    ]
    page = page_of({**one_kind("number"), "raters": raters})
    found = [problem for problem in check(page) if problem.code == "raters_not_yet"]
    assert [problem.key for problem in found] == [raters[int(number)]["id"] for number in refused]
    elsewhere = (
        "On a card the person, the people of a collective and the competent person give points, and the competent "
        "person decides: choose another stage for this rater, or keep the set as a draft."
    )
    one = "One competent person decides by law: let further raters score at the stage of the collective."
    twice = stages.count("evaluator") > 1
    assert [str(problem.sentence) for problem in found] == ([one if twice else elsewhere] if refused else [])


def test_a_set_that_counts_the_result_of_the_unit_can_be_issued() -> None:
    assert check(page_of(one_kind("result_of", of="unit"))) == []


def test_points_of_tasks_are_refused_where_no_task_could_be_counted_and_nowhere_else() -> None:
    def coefficient(attribute: str, *codes: str, default: str | None = None) -> dict[str, Any]:
        return {"attribute": attribute, "values": [coded(code, "2") for code in codes], "default": default}

    def problems(**own: Any) -> list[tuple[str, Any, str]]:
        plain: dict[str, Any] = {"coefficients": [], "count": "calendar", "calendar": "", "quality": []}
        page = page_of(one_kind("task_points", **{**plain, **own}))
        found = check(page)
        assert dict(errors_of(page, found)) or not found
        return [(problem.code, problem.inside, str(problem.sentence)) for problem in found]

    accepted = [coefficient("group", "1", default="1"), coefficient("position", "cv", default="1")]
    assert problems(coefficients=accepted) == []
    assert problems(coefficients=[coefficient("group", "1", "2", "3", "4", "5")]) == []
    said = [
        coefficient("role", "chu_tri"),
        coefficient("priority", "cao", default="1"),
        coefficient("difficulty", "x"),
    ]
    assert problems(coefficients=said, quality=[coded("tot", "1")]) == []
    unknown = "Say what counts for a task with none of these values: no task may be without a coefficient."
    assert problems(coefficients=[coefficient("position", "cv"), coefficient("priority")]) == [
        ("coefficient_default", ("coefficients", 0, "default"), unknown),
        ("coefficient_default", ("coefficients", 1, "default"), unknown),
    ]
    assert problems(count="working", calendar="vn") == []
    assert problems(count="working", calendar="lịch riêng") == [
        (
            "no_calendar", ("calendar",),
            "There is no calendar “lịch riêng”. The one whose days off are registered is “vn”: write this name.",
        )
    ]  # fmt: skip


def test_a_code_that_no_task_could_keep_is_refused_at_its_place() -> None:
    long = "x" * 41
    coefficient: dict[str, Any] = {
        "attribute": "role",
        "values": [coded("ok", "1"), coded(long, "1")],
        "default": "1",
    }
    page = page_of(one_kind("task_points", coefficients=[coefficient], quality=[coded(long, "1")]))
    found = check(page)
    assert dict(errors_of(page, found))
    assert [(problem.code, problem.inside) for problem in found] == [
        ("code_long", ("coefficients", 0, "values", 1, "code")),
        ("code_long", ("quality", 0, "code")),
    ]


def test_criteria_that_all_need_a_value_of_a_task_have_one_in_common() -> None:
    def of(code: str, difficulty: str, quality: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            "attribute": "difficulty",
            "values": [coded(difficulty, "2")],
            "default": None,
        }
        return of_kind("task_points", code, coefficients=[values], quality=[coded(quality, "1")])

    def problems(*criteria: dict[str, Any]) -> list[tuple[str, Any]]:
        page = page_of(fields("HAI-TIEU-CHI", [part("common", "100", section("S", "20", *criteria))]))
        return [(problem.code, problem.inside) for problem in not_yet(page)]

    assert problems(of("k1", "kho", "tot"), of("k2", "kho", "tot")) == []
    assert problems(of("k1", "kho", "tot"), of("k2", "de", "dat")) == [
        ("no_shared_value", ("coefficients", 0, "values")),
        ("no_shared_value", ("quality",)),
    ]


def test_a_version_says_whether_it_asks_more_of_tasks() -> None:
    for code, quality in (("HOI", [coded("tot", "1")]), ("KHONG-HOI", [])):
        values = one_kind("task_points", coefficients=[], quality=quality) | {
            "code": code,
            "slug": code.lower(),
        }
        _page, version = issued(**values, examples=[])
        assert version.asks_of_tasks == bool(quality)


@pytest.mark.parametrize("scope", TaskScope.values)
def test_a_roll_up_over_each_scope_is_issued_and_says_whether_it_counts_tasks_of_others(scope: str) -> None:
    _page, version = issued(**one_kind("roll_up", scope=scope), examples=[])
    assert version.counts_tasks == (scope != TaskScope.OWN)


def test_weights_of_99_per_cent_are_refused_at_their_section() -> None:
    criteria = [of_kind("number", "k1", weight="49"), of_kind("number", "k2", weight="50")]
    parts = [part("common", "100", section("S", "100", *criteria, combination="weighted_mean"))]
    page = page_of(fields("TRONG-SO", parts))

    (problem,) = check(page)

    assert (problem.code, problem.key) == ("weights_sum", parts[0]["value"]["sections"][0]["id"])
    assert str(problem.sentence) == "The weights of this section add up to 99%, not to 100%: correct them."


def test_a_band_without_a_start_is_refused_at_the_band() -> None:
    wrong = bands(("dat", "5"), ("yeu", "0"))
    wrong[1]["value"]["start"] = None
    page = page_of({**one_kind("number"), "bands": wrong})

    problem = next(problem for problem in check(page) if problem.code == "field")

    assert (problem.key, problem.inside) == (wrong[1]["id"], ("start",))
