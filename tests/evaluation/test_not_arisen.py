"""What did not arise in a month: said with grounds, by each for themselves, and the rest counts for it to the end."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from criteria_pages.domain.publishing import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.details import in_words
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState, StageKey
from kpi_cms.evaluation.models import CardResult, Score, Scorecard
from kpi_cms.evaluation.past_queries import card_at
from kpi_cms.evaluation.rescored import _split
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.engine import NOT_ARISEN, EntryError
from tests.factories.authored import fields, of_kind, part, section
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

GIVEN = ("number", "choice", "levels", "checklist", "indicator")
BEST: dict[str, Any] = {
    "number": Decimal(10), "choice": "10", "levels": Decimal(10), "checklist": {"1": Decimal(1), "2": Decimal(1)},
    "indicator": {"actual": Decimal(12)}, "always": Decimal(5),
}  # fmt: skip


def lenient_set(**settings: Any) -> dict[str, Any]:
    """Five kinds of ten points that may not arise, one that always does, and the quality of the tasks."""
    given = [of_kind(kind, kind, may_not_apply=True) for kind in GIVEN]
    common = section("C", "60", *given, of_kind("number", "always"))
    results = section("R", "40", of_kind("task_ratio", "b", maximum="40"))
    parts = [part("common", "60", common), part("results", "40", results)]
    page = CriteriaSetPage(**fields("KHONG-PS", parts, **settings))
    return specification_of(page) | {"applicability": {"staff_kinds": ["cong_chuc"], "leader": False}}


def a_month(**settings: Any) -> World:
    world = worlds.build()
    repin(world.period, world.staff, worlds.version(lenient_set(**settings), "KHONG-PS"))
    worlds.open_month(world)
    return world


@pytest.fixture
def world(db: Any) -> World:
    made = a_month()
    month.worked(made, made.lan)
    return made


def entries(card: Scorecard, *absent: str, grounds: str = "Không có việc") -> dict[str, Entry]:
    keys = {criterion.code: criterion.key for criterion in card.version.compiled().criteria}
    found = {keys[code]: Entry(value, "Có căn cứ") for code, value in BEST.items()}
    return found | {keys[code]: Entry(NOT_ARISEN, grounds) for code in absent}


def saved(card: Scorecard, *absent: str, **more: Any) -> stages.Saved:
    return stages.save_self(
        actor=card.person.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=entries(card, *absent, **more),
    )  # fmt: skip


def key_of(card: Scorecard, code: str) -> str:
    return card.version.compiled().criterion_by_code(code).key


def test_it_is_stored_with_its_grounds_and_is_not_missing(world: World) -> None:
    found = saved(world.card(world.lan), *GIVEN)

    assert found.outcome.missing == ()
    assert found.outcome.absent == GIVEN
    assert found.outcome.total == 30 + 40  # 5 of 10, which count for 60
    rows = Score.objects.filter(choice=NOT_ARISEN).values_list("criterion__code", "value", "grounds")
    assert sorted(rows) == [(code, None, "Không có việc") for code in sorted(GIVEN)]
    stored = CardResult.objects.get(card=found.card, stage=StageKey.SELF)
    assert set(stored.values) & set(GIVEN) == set()
    assert (stored.missing, stored.rounded) == (0, Decimal("70.00"))


def test_nobody_submits_it_without_grounds(world: World) -> None:
    card = saved(world.card(world.lan), "number", "checklist", grounds=" ").card

    with pytest.raises(Invalid) as error:
        stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number)

    assert error.value.problems == {
        key_of(card, code): ["State the grounds for this choice."] for code in ("number", "checklist")
    }


def test_it_is_refused_where_the_set_does_not_let_it_be_said(world: World) -> None:
    card = world.card(world.lan)
    key = key_of(card, "always")

    with pytest.raises(Invalid) as error:
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number,
            entries={key: Entry(NOT_ARISEN, "Không có việc")},
        )  # fmt: skip

    assert set(error.value.problems) == {key}
    assert not Score.objects.exists()


def test_the_competent_persons_answer_counts_and_the_persons_own_stays_theirs(world: World) -> None:
    card = saved(world.card(world.lan), "number", "checklist").card
    card = stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number)
    evaluated = stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=entries(card, "indicator") | {key_of(card, "number"): Entry(Decimal(0))},
    )  # fmt: skip
    assert evaluated.outcome.absent == ("indicator",)
    assert evaluated.outcome.total == Fraction(35 * 60, 50) + 40

    decided = stages.confirm(
        actor=world.head.user, moment=MOMENT, card=evaluated.card, expected=evaluated.card.version_number,
        seen=on_screen(evaluated.card),
    )  # fmt: skip
    assert decided.state == CardState.CONFIRMED
    results = dict(CardResult.objects.filter(card=decided).values_list("stage", "shown"))
    assert results == {StageKey.SELF: "92.50", StageKey.EVALUATOR: "82.00"}

    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert dict(CardResult.objects.filter(card=decided).values_list("stage", "shown")) == results


def test_readers_see_words_and_never_a_sign(world: World) -> None:
    card = saved(world.card(world.lan), "number", "checklist").card
    compiled = card.version.compiled()

    assert in_words(compiled.criterion_by_code("checklist"), NOT_ARISEN) == "Did not arise"
    assert in_words(compiled.criterion_by_code("number"), NOT_ARISEN) == "Did not arise"
    then = card_at(card, MOMENT)
    assert then is not None
    said = {score.code: (score.value, score.grounds) for score in then.scores}
    assert said["number"] == said["checklist"] == ("Did not arise", "Không có việc")
    assert said["always"][0] == "5"


def test_under_a_draft_that_does_not_let_it_be_said_the_card_has_no_result(world: World) -> None:
    compiled = world.card(world.lan).version.compiled()
    given = {compiled.criterion_by_code(code).key: NOT_ARISEN for code in ("checklist", "number")}
    strict = lenient_set()
    for criterion in strict["sections"][0]["criteria"]:
        criterion.pop("may_not_apply", None)
    draft = worlds.version(strict, "CHAT").compiled()

    assert _split(compiled, given) == (given, {})
    with pytest.raises(EntryError):
        _split(draft, given)


def test_nothing_assigned_leaves_the_results_out_of_the_total(db: Any) -> None:
    world = a_month(nothing_assigned="left_out")

    found = saved(world.card(world.lan))

    assert (found.outcome.total, found.outcome.insufficient) == (Fraction(55 * 100, 60), False)
    assert found.outcome.absent == ("b",)
