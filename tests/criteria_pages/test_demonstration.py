"""The sets of the demonstration: complete, in the official wording, and doing what the rules say."""

import re
from decimal import Decimal
from typing import Any

import pytest

from criteria_pages.demonstration import DANG_17, DANG_QUY, ND335_LD, ND335_NV, draft_of
from criteria_pages.demonstration.sets import DemonstrationSet
from criteria_pages.domain.publishing import specification_of
from kpi_cms.foundation.engine import CardInputs, CompiledSet, ManagedPeople, TaskInput, compile_set, digest
from tests.helpers.shared import SHARED

pytestmark = pytest.mark.django_db  # a page asks for its content type when it is made
ALL = (ND335_NV, ND335_LD, DANG_17, DANG_QUY)
DONE = [TaskInput(Decimal(1), Decimal(2), Decimal(2))]


def specification(entry: DemonstrationSet) -> dict[str, Any]:
    return specification_of(draft_of(entry))


def compiled(entry: DemonstrationSet) -> CompiledSet:
    return compile_set(specification(entry))


def full_marks(entry: DemonstrationSet) -> dict[str, str]:
    """Every entered criterion at its highest value."""
    return {item.key: "100" if item.share else str(item.max) for item in compiled(entry).entered}


@pytest.mark.parametrize(
    ("entry", "entered", "computed"),
    [(ND335_NV, 10, 3), (ND335_LD, 12, 4), (DANG_17, 17, 3), (DANG_QUY, 17, 3)],
    ids=lambda value: getattr(value, "code", value),
)
def test_each_set_has_all_its_criteria(entry: DemonstrationSet, entered: int, computed: int) -> None:
    found = compiled(entry)

    assert len(found.entered) == entered
    assert len(found.criteria) - len(found.entered) == computed
    assert sum(item.max or 0 for item in found.entered if not item.share) == 30


@pytest.mark.parametrize("entry", [ND335_NV, ND335_LD, DANG_17], ids=lambda entry: entry.code)
def test_full_marks_and_all_tasks_done_make_100(entry: DemonstrationSet) -> None:
    people = ManagedPeople(points=[Decimal(50), Decimal("99.5")])

    outcome = compiled(entry).score(CardInputs(entered=full_marks(entry), tasks=DONE, people=people))

    assert (outcome.rounded, outcome.band) == (Decimal("100.00"), "excellent")


def test_the_party_items_are_nine_of_2_four_of_1_and_four_of_2_met_or_not() -> None:
    found = compiled(DANG_17)

    assert [(item.max, item.step) for item in found.entered] == (
        [(Decimal(2), Decimal(2))] * 9 + [(Decimal(1), Decimal(1))] * 4 + [(Decimal(2), Decimal(2))] * 4
    )
    assert found.check_entry(found.entered[0].key, "1") is not None
    assert found.check_entry(found.entered[0].key, "0") is None


def test_the_sets_are_for_different_people() -> None:
    audiences = {entry.code: specification(entry)["applicability"] for entry in ALL}

    assert {
        code: (found["staff_kinds"], found["leader"], found["roles"]) for code, found in audiences.items()
    } == {
        "ND335-NV": (["cong_chuc"], False, []),
        "ND335-LD": (["cong_chuc"], True, []),
        "DANG-17": (["can_bo"], None, []),
        "DANG-QUY": (["cong_chuc"], None, []),
    }
    assert {code: (found["blocks"], found["period_kinds"]) for code, found in audiences.items()} == {
        "ND335-NV": ([], ["month", "quarter"]),
        "ND335-LD": ([], ["month", "quarter"]),
        "DANG-17": ([], ["month", "quarter"]),
        "DANG-QUY": (["party"], ["quarter"]),
    }


def test_the_party_sets_are_marked_as_demonstrations_and_the_others_are_not() -> None:
    assert draft_of(DANG_17).is_demonstration
    assert draft_of(DANG_QUY).is_demonstration
    assert "bản trình diễn cho đến khi tỉnh ban hành bộ chính thức" in DANG_17.title
    assert "bản trình diễn, chưa cơ quan nào ban hành" in DANG_QUY.title
    assert not draft_of(ND335_NV).is_demonstration
    assert not draft_of(ND335_LD).is_demonstration


@pytest.mark.parametrize(
    ("answers", "band"),
    [
        ({}, None),
        ({"ky_luat": "0", "vuot": "60"}, "excellent"),
        ({"ky_luat": "0", "vuot": "49.9"}, "good"),
        ({"ky_luat": "1"}, "failed"),
    ],
)
def test_the_quarter_s_band_waits_for_its_facts_and_follows_its_gates(
    answers: dict[str, str], band: str | None
) -> None:
    found = compiled(DANG_QUY)
    keys = {fact.code: fact.key for fact in found.specification.facts}
    entered = full_marks(DANG_QUY) | {keys[code]: text for code, text in answers.items()}

    outcome = found.score(CardInputs(entered=entered, tasks=DONE, period="quarter"))

    assert (outcome.rounded, outcome.band) == (Decimal("100.00"), band)


def test_the_quarter_counts_the_person_a_collective_and_the_competent_person() -> None:
    found = compiled(DANG_QUY)

    assert [(rater.stage, str(rater.weight)) for rater in found.raters] == [
        ("self", "20"),
        ("collective", "15"),
        ("collective", "15"),
        ("evaluator", "50"),
    ]
    assert [seat.label for seat in found.seats("collective")] == [
        "Đại diện Văn phòng Đảng ủy",
        "Đại diện Ủy ban Kiểm tra",
    ]
    assert [(stage.key, stage.decides) for stage in found.stages] == [
        ("self", False),
        ("collective", False),
        ("evaluator", True),
    ]


def test_the_party_set_cites_its_own_clauses() -> None:
    found = compiled(DANG_17)

    clauses = {
        step.code: step.clause for step in found.trace(CardInputs(entered=full_marks(DANG_17), tasks=DONE))
    }

    assert clauses["KQ"] == "Vận dụng Điều 14, Điều 16 Nghị định 335/2025/NĐ-CP"
    assert not any(clause.startswith("Đ12") for clause in clauses.values())


def test_the_digests_do_not_move_by_themselves() -> None:
    """A change here is a new version for everybody: read the difference before you write the new digest down."""
    assert {entry.code: digest(specification(entry)) for entry in ALL} == DIGESTS


DIGESTS = {
    "ND335-NV": "e0d78883b1a956d4d53c0004bc3c0e6a31bb631e5ad52c38630416de01a321a4",
    "ND335-LD": "04c701a51035213aa606a49ffd21d397d47d64dc86fbdf03ce7855e860ced391",
    "DANG-17": "287fdf9a4bb4b4d84009ca9a63db6cbffacfb09e3ea812b95a26bd2795427f38",
    "DANG-QUY": "1ab8c06c5b40a4c89d924eaaea35ce0d6e17cfb02fb749908866ac28508258c7",
}


@pytest.mark.shared_data
@pytest.mark.parametrize("entry", [ND335_NV, ND335_LD], ids=lambda entry: entry.code)
def test_the_wording_is_the_decree_s_word_for_word(entry: DemonstrationSet) -> None:
    decree = (SHARED.parent / "domain" / "nd335.txt").read_text(encoding="utf-8")
    lines = {line.strip() for line in decree.splitlines()}
    cells = {cell.strip() for line in lines for cell in line.split("|")}
    without_letter = {re.sub(r"^[a-d]\) ", "", line) for line in lines}

    found = specification(entry)
    common = [section for section in found["sections"] if section["part"] == "common"]
    labels = [item["label"] for section in common for item in (section, *section["criteria"])]
    behaviours = [
        text
        for section in common
        for item in section["criteria"]
        for text in (*item["guidance"], *(entry["label"] for entry in item["alternatives"]))
    ]

    assert [label for label in labels if label not in cells] == []
    assert [text for text in behaviours if text not in without_letter] == []
    assert len(behaviours) == 8 + 4 + 3 + 2 + 2 + 2 + 4
