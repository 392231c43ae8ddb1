"""Each mistake an author can make has its sentence, at the block or field where it is."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from criteria_pages.demonstration import ND335_LD, ND335_NV
from criteria_pages.demonstration.sets import DemonstrationSet
from criteria_pages.domain.problems import PageProblem, of_engine
from criteria_pages.domain.publishing import check, specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.engine import N_, Problem
from tests.factories.criteria_pages import draft, issued, key_of, parts_with

pytestmark = pytest.mark.django_db

Place = tuple[str, str, str]


def places(page: CriteriaSetPage) -> list[Place]:
    """(code, key, field) of every problem, sorted."""
    return sorted((problem.code, problem.key, problem.field) for problem in check(page))


def changed(entry: DemonstrationSet = ND335_NV, **by_code: dict[str, Any]) -> CriteriaSetPage:
    return draft(entry, parts=parts_with(entry, **by_code))


def blocks(name: str, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    """A stream of the demonstration's staff set with the values of its first blocks changed."""
    stream: list[dict[str, Any]] = deepcopy(ND335_NV.fields[name])
    for block, values in zip(stream, changes, strict=False):
        block["value"].update(values)
    return stream


FIELD_CASES: list[tuple[str, dict[str, Any], list[Place]]] = [
    ("no code", {"code": ""}, [("code", "", "code")]),
    ("no title", {"title": " "}, [("title", "", "title")]),
    ("no first day", {"effective_on": None}, [("effective_on", "", "effective_on")]),
    (
        "days the wrong way round",
        {"effective_until": date(2026, 6, 30)},
        [("effective_until", "", "effective_until")],
    ),
    ("for nobody", {"staff_kinds": []}, [("staff_kinds", "", "staff_kinds")]),
    (
        "before others, and for nobody in particular",
        {"takes_precedence": True},
        [("precedence", "", "takes_precedence")],
    ),
    ("for a unit that is not there", {"units": ["KHONG-CO"]}, [("units", "", "units")]),
    ("for no period", {"period_kinds": []}, [("period_kinds", "", "period_kinds")]),
    ("no document", {"legal_basis": []}, [("legal_basis", "", "legal_basis")]),
    (
        "another deduction than the decree's",
        {"penalty_per_fault": Decimal("0.1")},
        [("nd335_penalty", "", "penalty_per_fault")],
    ),
    ("nobody of the people managed", {"managed_kinds": []}, [("managed_kinds", "", "managed_kinds")]),
    ("bands of another law", {"bands": blocks("bands", {"start": "95"})}, [("nd335_bands", "", "bands")]),
    (
        "nobody decides",
        {"stages": blocks("stages", {}, {"decides": False})},
        [("stages_decide", "", "stages")],
    ),
    (
        "the person decides",
        {"stages": blocks("stages", {"decides": True}, {"decides": False})},
        [("stages_decide_self", "", "stages")],
    ),
    ("no stages", {"stages": []}, [("stages_decide", "", "stages"), ("stages_self", "", "stages")]),
    (
        "a total by a formula that names nothing",
        {"law": "", "total_kind": "formula", "total_expression": "common + nowhere"},
        [("formula_name", "", "total_expression")],
    ),
]


@pytest.mark.parametrize(
    ("changes", "found"), [case[1:] for case in FIELD_CASES], ids=[case[0] for case in FIELD_CASES]
)
def test_a_mistake_of_the_whole_set_stands_at_its_field(changes: dict[str, Any], found: list[Place]) -> None:
    assert places(draft(**changes)) == found


@pytest.mark.parametrize(
    ("bands", "code", "at", "field"),
    [
        (blocks("bands")[:3], "bands_gap", 2, "start"),
        (blocks("bands", {}, {"start": "90"}), "bands_overlap", 1, "start"),
        (blocks("bands", {}, {"code": "excellent"}), "band_twice", 1, "code"),
        (blocks("bands", {"start": "101"}), "band_high", 0, "start"),
    ],
)
def test_a_mistake_in_a_band_stands_at_that_band(
    bands: list[dict[str, Any]], code: str, at: int, field: str
) -> None:
    (problem,) = check(draft(law="", bands=bands))
    assert (problem.code, problem.key, problem.inside) == (code, bands[at]["id"], (field,))


def test_the_self_assessment_kept_from_whoever_confirms_it_is_refused_at_its_stage() -> None:
    page = draft(stages=blocks("stages", {}, {"blind_to": ["self"]}))
    assert specification_of(page)["stages"][1]["blind_to"] == ["self"]
    (problem,) = check(page)
    assert (problem.code, problem.key, problem.inside) == (
        "stage_blind_nd335", page.stages[1].id, ("blind_to",),
    )  # fmt: skip


def test_the_head_of_the_agency_is_refused_at_the_stage_of_a_set_of_the_decree() -> None:
    page = draft(stages=blocks("stages", {}, {"who": "agency_head"}))
    assert specification_of(page)["stages"][1]["who"] == "agency_head"
    (problem,) = check(page)
    assert (problem.code, problem.key, problem.inside) == (
        "stage_who_nd335", page.stages[1].id, ("who",),
    )  # fmt: skip
    page.stages = blocks("stages", {}, {"who": "usual"})
    assert check(page) == []
    assert "who" not in specification_of(page)["stages"][1]


BLOCK_CASES: list[tuple[str, DemonstrationSet, dict[str, dict[str, Any]], list[tuple[str, str]]]] = [
    ("criteria that do not add up", ND335_NV, {"I_1": {"maximum": "4"}}, [("criteria_sum", "I")]),
    (
        "sections that do not add up",
        ND335_NV,
        {"I": {"maximum": "11"}, "I_1": {"maximum": "6"}},
        [("sections_sum", "common")],
    ),
    ("a code twice", ND335_NV, {"I_2": {"code": "I.1"}}, [("code_twice", "I.1"), ("code_twice", "I.2")]),
    ("no code", ND335_NV, {"I_2": {"code": ""}}, [("field", "I.2")]),
    ("no wording", ND335_NV, {"I_2": {"label": ""}}, [("field", "I.2")]),
    ("no maximum", ND335_NV, {"I": {"maximum": None}}, [("field", "I")]),
    ("a step that does not fit", ND335_NV, {"I_1": {"step": "0.3"}}, [("step", "I.1")]),
    ("no step", ND335_NV, {"I_1": {"step": None}}, [("field", "I.1")]),
    ("a section without criteria", ND335_NV, {"I": {"criteria": []}}, [("section_empty", "I")]),
    (
        "a formula that names a missing code",
        ND335_NV,
        {"KQ": {"expression": "(a + b + x) / 3 * 70"}},
        [("formula_name", "KQ"), ("nd335_formula", "KQ")],
    ),
    ("a formula that cannot be read", ND335_NV, {"KQ": {"expression": "(a + b"}}, [("formula", "KQ")]),
    (
        "a formula of another law",
        ND335_NV,
        {"KQ": {"expression": "(a + b + c) / 3 * 60"}},
        [("nd335_formula", "KQ")],
    ),
    ("no formula", ND335_NV, {"KQ": {"expression": ""}}, [("field", "KQ")]),
    (
        "a cap above the maximum",
        ND335_NV,
        {"KQ": {"cap": "80"}},
        [("nd335_cap", "KQ"), ("section_cap", "KQ")],
    ),
    ("the same ratio twice", ND335_NV, {"b": {"measure": "quantity"}}, [("measure_twice", "b")]),
    (
        "a choice with one value",
        ND335_LD,
        {"đ": {"options": [{"value": "100", "label": "x", "grounds_required": True}]}},
        [("nd335_choice", "đ"), ("options", "đ")],
    ),
    ("another threshold than the decree's", ND335_LD, {"d": {"threshold": "70"}}, [("nd335_managed", "d")]),
    (
        "a stage the set does not have",
        ND335_NV,
        {"I_1": {"stages": ["endorsement"]}},
        [("criterion_stage", "I.1")],
    ),
    (
        "weights that do not reach 100",
        ND335_NV,
        {"I": {"combination": "weighted_mean"}, "I_1": {"weight": "49"}, "I_2": {"weight": "50"}},
        [("weights_sum", "I")],
    ),
    (
        "a criterion without weight",
        ND335_NV,
        {"I": {"combination": "weighted_mean"}, "I_1": {"weight": "50"}},
        [("weight_missing", "I.2")],
    ),
    (
        "a cap the criteria never reach",
        ND335_NV,
        {"I": {"combination": "capped_sum", "cap": "10"}, "I_1": {"maximum": "4"}},
        [("criteria_sum", "I")],
    ),
]


@pytest.mark.parametrize(
    ("entry", "changes", "found"), [case[1:] for case in BLOCK_CASES], ids=[case[0] for case in BLOCK_CASES]
)
def test_a_mistake_in_a_block_stands_at_that_block(
    entry: DemonstrationSet, changes: dict[str, dict[str, Any]], found: list[tuple[str, str]]
) -> None:
    expected = sorted((code, key_of(block, entry), "") for code, block in found)

    assert places(changed(entry, **changes)) == expected


def test_a_document_without_a_number_is_marked() -> None:
    legal_basis = blocks("legal_basis", {"number": ""})

    assert places(draft(legal_basis=legal_basis)) == [("document", legal_basis[0]["id"], "")]


def test_a_code_belongs_to_one_set() -> None:
    issued()
    other = draft(ND335_LD)
    other.code = "ND335-NV"

    assert places(other) == [("code_taken", "", "code")]


def test_a_code_stays_once_a_version_was_issued() -> None:
    page, _version = issued()
    page.code = "ND335-MOI"

    problem = check(page)[0]

    assert (problem.code, problem.sentence) == (
        "code_changed",
        "Versions of this set were issued as ND335-NV: restore that code.",
    )


def test_a_code_that_was_issued_by_a_set_under_another_code_today_is_taken() -> None:
    page, _version = issued()
    CriteriaSetPage.objects.filter(pk=page.pk).update(code="ND335-CU")

    assert places(draft(effective_on=date(2026, 9, 1))) == [("code_taken", "", "code")]


def test_an_unsaved_set_is_checked_like_any_other() -> None:
    page = CriteriaSetPage(title="Bộ trống", law="")

    assert {problem.code for problem in check(page)} >= {"code", "legal_basis", "parts_none", "bands_none"}


def test_a_sentence_names_the_field_as_the_author_knows_it() -> None:
    problem = check(changed(I_2={"label": ""}))[0]

    assert problem.sentence == "“Wording” is missing: fill it in."


@pytest.mark.parametrize(("language", "step"), [("vi", "0,3"), ("en", "0.3")])
def test_numbers_in_a_sentence_are_written_as_the_reader_writes_them(language: str, step: str) -> None:
    page = changed(I_1={"step": "0.3"})

    with translation.override(language):
        sentence = str(check(page)[0].sentence)

    assert step in sentence


def test_a_field_unknown_to_the_editor_keeps_its_name() -> None:
    problem = Problem("field", "k", N_("“%(field)s” is missing: fill it in."), {"field": "schema_version"})

    assert of_engine(problem).sentence == "“schema_version” is missing: fill it in."


@pytest.mark.parametrize(
    ("problem", "anchor"),
    [
        (PageProblem("x", "…", key="abc"), "#block-abc-section"),
        (PageProblem("x", "…", field="bands"), "#bands"),
        (PageProblem("x", "…", field="code"), "#id_code"),
        (PageProblem("x", "…"), ""),
    ],
)
def test_a_problem_leads_to_its_place_in_the_editor(problem: PageProblem, anchor: str) -> None:
    assert problem.anchor == anchor


def test_units_are_frozen_in_order_and_only_where_some_are_named() -> None:
    without, with_units = draft(), specification_of(draft(code="MOT-SO", units=["SNV", "BTC", "SNV"]))

    assert "units" not in specification_of(without)["applicability"]
    assert with_units["applicability"]["units"] == ["BTC", "SNV"]
    assert (specification_of(without)["schema_version"], with_units["schema_version"]) == (1, 2)


def test_job_positions_and_precedence_are_frozen_only_where_the_set_says_them() -> None:
    plain = specification_of(draft())["applicability"]
    page = draft(code="MOT-SO", job_positions=["VT-2", "VT-1", "VT-2"], takes_precedence=True)
    named = specification_of(page)
    assert [name for name in ("job_positions", "precedence") if name in plain] == []
    assert (named["applicability"]["job_positions"], named["applicability"]["precedence"]) == (
        ["VT-1", "VT-2"],
        True,
    )
    assert (named["schema_version"], check(page)) == (2, [])


def test_values_of_bands_are_frozen_only_where_the_set_has_some() -> None:
    plain = specification_of(draft())
    assert ["band_value" in plain, *("value" in band for band in plain["bands"])] == [False] * 5
    page = draft(code="MOT-SO")
    for band, value in zip(page.bands, ("1.2", "1", "0.8", "0"), strict=True):
        band.value["value"] = Decimal(value)
    (first, *_rest) = check(page)
    assert (first.code, first.key, first.inside) == ("band_value", page.bands[0].id, ("value",))
    page.band_value = "Hệ số thu nhập tăng thêm"
    assert check(page) == []
    valued = specification_of(page)
    assert ([band["value"] for band in valued["bands"]], valued["schema_version"]) == (
        ["1.2", "1", "0.8", "0"],
        2,
    )


def test_the_specification_of_every_kind_is_complete() -> None:
    page = draft(
        ND335_LD,
        law="",
        parts=parts_with(
            ND335_LD,
            đ={"unit": "points", "stages": ["evaluator"], "weight": "10"},
            KQ={"combination": "formula"},
        ),
        leadership="heads",
        positions=["cv-2", "cv-1"],
    )
    specification = specification_of(page)

    results = specification["sections"][3]
    assert results["criteria"][4]["stages"] == ["evaluator"]
    assert results["criteria"][4]["weight"] == "10"
    assert results["criteria"][4]["kind"]["unit"] == "points"
    assert results["criteria"][3]["kind"] == {
        "type": "people_managed",
        "threshold": "50",
        "reached": "1",
        "failed": "0.5",
    }
    assert specification["applicability"] == {
        "staff_kinds": ["cong_chuc"],
        "leader": True,
        "roles": ["head"],
        "positions": ["cv-1", "cv-2"],
        "blocks": [],
        "period_kinds": ["month", "quarter"],
    }
