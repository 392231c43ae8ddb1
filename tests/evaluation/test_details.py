"""Criteria given item by item live through a month: saved, computed, refused, submitted, confirmed, recomputed."""

from decimal import Decimal
from typing import Any

import pytest

from criteria_pages.domain.publishing import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation.domain import details, stages
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState, StageKey
from kpi_cms.evaluation.models import CardResult, Score, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.errors import Invalid, Stale
from kpi_cms.foundation.engine import compile_set
from tests.factories.authored import bands, fields, of_kind, part, section
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

ITEMISED = ("checklist", "deduction", "bonus", "indicator", "formula")


def itemised_set() -> dict[str, Any]:
    """Five kinds of ten points each and the quality of the tasks, as its author wrote it in the editor."""
    common = section("C", "50", *(of_kind(kind, kind) for kind in ITEMISED))
    results = section("R", "10", of_kind("task_ratio", "b"))
    parts = [part("common", "50", common), part("results", "10", results)]
    values = fields("TUNG-MUC", parts, total_max=Decimal(60), bands=bands(("dat", "40"), ("yeu", "0")))
    specification = specification_of(CriteriaSetPage(**values))
    return specification | {"applicability": {"staff_kinds": ["cong_chuc"], "leader": False}}


@pytest.fixture
def card(db: Any) -> Scorecard:
    """Lan's card of a month whose staff are scored with the itemised set; her one task is done as asked."""
    world = worlds.build()
    repin(world.period, world.staff, worlds.version(itemised_set(), "TUNG-MUC"))
    worlds.open_month(world)
    month.worked(world, world.lan)
    made: Scorecard = world.card(world.lan)
    made.world = world  # type: ignore[attr-defined]  # whoever confirms it is asked for by the tests
    return made


def keys(card: Scorecard) -> dict[str, str]:
    return {criterion.code: criterion.key for criterion in card.version.compiled().criteria}


FULL: dict[str, dict[str, str]] = {
    "checklist": {"1": "1", "2": "0"},
    "deduction": {"1": "9", "2": "1"},
    "bonus": {"1": "1"},
    "indicator": {"actual": "16"},
    "formula": {"nhan": "8", "xong": "6"},
}
POINTS = {"checklist": "6", "deduction": "5", "bonus": "2", "indicator": "3/4", "formula": "15/2", "b": "1"}


def entries(card: Scorecard, **change: dict[str, str] | None) -> dict[str, Entry]:
    given = {**FULL, **change}
    return {
        keys(card)[code]: Entry(
            None if numbers is None else {name: Decimal(text) for name, text in numbers.items()}
        )
        for code, numbers in given.items()
    }


def save(card: Scorecard, wanted: dict[str, Entry], *, expected: int | None = None) -> stages.Saved:
    return stages.save_self(
        actor=card.person.user, moment=MOMENT, card=card, entries=wanted, comments={}, reason="",
        expected=card.version_number if expected is None else expected,
    )  # fmt: skip


def result(card: Scorecard, stage: str = StageKey.SELF) -> CardResult:
    return CardResult.objects.get(card=card, stage=stage)


def test_what_was_counted_is_stored_computed_and_read_back(card: Scorecard) -> None:
    saved = save(card, entries(card))

    # 6 + 5 + 2 + 7.5 + 7.5 of the common criteria, 10 of the tasks
    assert saved.outcome.total == 38
    found = result(card)
    assert {code: found.values[code] for code in POINTS} == POINTS
    stored = {score.criterion.code: score.choice for score in Score.objects.filter(assessment__card=card)}
    assert stored["checklist"] == '{"1":"1","2":"0"}'
    assert details.details_of(stored["formula"]) == {"nhan": Decimal(8), "xong": Decimal(6)}


def test_an_unanswered_item_of_a_checklist_is_not_unmet(card: Scorecard) -> None:
    saved = save(card, entries(card, checklist={"1": "1"}))

    assert saved.outcome.total is None
    assert saved.outcome.missing == (keys(card)["checklist"],)
    with pytest.raises(Invalid) as error:
        stages.submit_self(
            actor=card.person.user, moment=MOMENT, card=card, expected=saved.card.version_number
        )
    assert set(error.value.problems) == {keys(card)["checklist"]}


def test_nothing_achieved_needs_no_entry_and_a_deduction_does(card: Scorecard) -> None:
    assert save(card, entries(card, bonus=None)).outcome.total == 36
    card.refresh_from_db()
    cleared = save(card, entries(card, bonus=None, deduction=None))
    assert cleared.outcome.missing == (keys(card)["deduction"],)


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("checklist", {"1": "2"}),
        ("checklist", {"3": "1"}),
        ("deduction", {"1": "0.5"}),
        ("indicator", {"target": "3"}),
        ("formula", {"nhan": "8"}),
    ],
)
def test_what_the_criterion_does_not_accept_is_refused_there(
    card: Scorecard, code: str, numbers: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as error:
        save(card, entries(card, **{code: numbers}))
    assert set(error.value.problems) == {keys(card)[code]}
    assert not Score.objects.exists()


def test_one_score_is_no_entry_of_a_criterion_given_item_by_item(card: Scorecard) -> None:
    with pytest.raises(Invalid) as error:
        save(card, {keys(card)["checklist"]: Entry(Decimal(6))})
    assert list(error.value.problems) == [keys(card)["checklist"]]
    with pytest.raises(Invalid):
        save(card, {keys(card)["deduction"]: Entry('{"1":"0"}')})


def test_numbers_that_a_formula_cannot_divide_by_are_refused_and_nothing_is_saved(db: Any) -> None:
    world = worlds.build()
    specification = itemised_set()
    criterion = specification["sections"][0]["criteria"][4]
    criterion["kind"]["expression"] = "xong / nhan * 10"
    repin(world.period, world.staff, worlds.version(specification, "CHIA"))
    worlds.open_month(world)
    card = world.card(world.lan)

    with pytest.raises(Invalid) as error:
        save(card, entries(card, formula={"nhan": "0", "xong": "0"}))

    assert set(error.value.problems) == {criterion["key"]}
    assert not Score.objects.exists()


def test_a_stale_save_shows_both_sides_in_words(card: Scorecard) -> None:
    save(card, entries(card))
    card.refresh_from_db()

    with pytest.raises(Stale) as error:
        save(card, entries(card, checklist={"1": "0", "2": "0"}), expected=0)

    assert list(error.value.mine.values()) == ["Mục 1: Not met; Mục 2: Not met"]
    assert list(error.value.theirs.values()) == ["Mục 1: Met; Mục 2: Not met"]


def test_the_words_of_an_indicator_are_ours_and_of_a_formula_the_sets(card: Scorecard) -> None:
    compiled = card.version.compiled()
    indicator, formula = (compiled.criterion_by_code(code) for code in ("indicator", "formula"))

    assert details.in_words(indicator, '{"actual":"16.5"}') == "Reached: 16.5"
    assert details.in_words(formula, '{"nhan":"8","xong":"6"}') == "Số đơn nhận: 8; Số đơn xong: 6"
    assert details.in_words(compiled.criterion_by_code("b"), "100") == "100"
    assert details.text_of({}) == ""


def test_the_evaluators_numbers_decide_and_a_recompute_finds_the_same(card: Scorecard) -> None:
    world: World = card.world  # type: ignore[attr-defined]  # set by the fixture
    save(card, entries(card))
    card.refresh_from_db()
    stages.submit_self(actor=card.person.user, moment=MOMENT, card=card, expected=card.version_number)
    card.refresh_from_db()
    stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, comments={"comment": "Đạt"},
        entries=entries(card, deduction={"1": "0"}), reason="",
    )  # fmt: skip
    card.refresh_from_db()
    stages.confirm(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    card.refresh_from_db()

    assert card.state == CardState.CONFIRMED
    assert (result(card).shown, result(card, StageKey.EVALUATOR).shown) == ("38.00", "43.00")
    assert result(card, StageKey.EVALUATOR).band == "dat"
    for stage in (StageKey.SELF, StageKey.EVALUATOR):
        report = recompute_period(
            actor=system_user(), moment=MOMENT, period=card.period, stage=stage, write=False
        )
        assert card.pk not in report.differing
        assert report.computed


def test_scores_of_one_number_stand_beside_those_given_item_by_item() -> None:
    parts = [part("common", "20", section("S", "20", of_kind("number", "n"), of_kind("checklist", "k")))]
    values = fields("HAI", parts, total_max=Decimal(20), bands=bands(("dat", "10"), ("yeu", "0")))
    compiled = compile_set(specification_of(CriteriaSetPage(**values)))
    number, checklist = (compiled.criterion_by_code(code).key for code in ("n", "k"))

    given = {number: Decimal(7), checklist: '{"1":"1","2":"0"}', "of another set": "100"}

    assert details.split(compiled, given) == (
        {number: Decimal(7), "of another set": "100"},
        {checklist: {"1": Decimal(1), "2": Decimal(0)}},
    )
