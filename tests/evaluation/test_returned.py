"""A card that was returned: until when it is sent again, whose the edits are, and what counts if it never is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard
from kpi_cms.evaluation.visibility import sight_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, WrongState
from snippets.models import Person
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

SELF_DUE = datetime(2026, 8, 5, 17, tzinfo=UTC)
EVALUATION_DUE = datetime(2026, 8, 10, 17, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SECRET = "CHƯA GỬI LẠI"


def step(verb: Any, who: Person, card: Scorecard, moment: datetime = MOMENT, **more: Any) -> Scorecard:
    number = Scorecard.objects.get(pk=card.pk).version_number
    done = verb(actor=who.user, moment=moment, card=card, expected=number, **more)
    return done.card if isinstance(done, stages.Saved) else done


def keys(card: Scorecard) -> list[str]:
    return list(month.entries(card, "self"))


@pytest.fixture
def returned(world: World) -> Scorecard:
    """Lan's card: 5, 5, 2.5 … submitted with a remark and grounds, then returned."""
    month.worked(world, world.lan)
    card = world.card(world.lan)
    given = month.entries(card, "self")
    given[keys(card)[0]] = Entry(Decimal(5), "Có giấy khen")
    step(stages.save_self, world.lan, card, entries=given, comments={"strengths": "Chủ động"})
    step(stages.submit_self, world.lan, card)
    step(stages.return_to_person, world.head, card, reason="Xem lại I.1")
    return world.card(world.lan)


def edited(world: World, card: Scorecard) -> None:
    """Lan changes a score and her remark, and sends nothing."""
    step(
        stages.save_self, world.lan, card, reason="Chấm lại",
        entries={keys(card)[0]: Entry(Decimal(1), SECRET)}, comments={"strengths": SECRET, "weaknesses": SECRET},
    )  # fmt: skip


# --- Until when ------------------------------------------------------------------------------------------------------
def test_a_returned_card_is_refused_from_the_moment_the_evaluation_is_due(
    world: World, returned: Scorecard
) -> None:
    with pytest.raises(WrongState, match="11/08/2026 00:00"):
        step(stages.submit_self, world.lan, returned, EVALUATION_DUE)
    assert world.card(world.lan).state == "returned"


@pytest.mark.parametrize("moment", [SELF_DUE, EVALUATION_DUE - INSTANT])
def test_a_returned_card_is_sent_again_after_the_deadline_of_self_assessments(
    world: World, returned: Scorecard, moment: datetime
) -> None:
    step(stages.submit_self, world.lan, returned, moment)
    card = world.card(world.lan)
    assert (card.state, card.submitted_at, card.without_self) == ("submitted", moment, False)
    assert Assessment.objects.get(stage="self").returned_copy is None


def test_a_card_that_was_never_sent_has_the_first_deadline_only(world: World) -> None:
    card = world.card(world.lan)
    step(stages.save_self, world.lan, card, entries=month.entries(card, "self"))
    with pytest.raises(WrongState, match="06/08/2026 00:00"):
        step(stages.submit_self, world.lan, card, SELF_DUE)


# --- Whose the edits are ---------------------------------------------------------------------------------------------
def test_what_is_edited_after_a_return_is_the_persons_alone(world: World, returned: Scorecard) -> None:
    edited(world, returned)
    assessment = Assessment.objects.get(stage="self")
    assert (assessment.state, assessment.submitted_at) == ("draft", MOMENT)
    hold(world.stranger.user, world.agency, "view_cards")
    card = world.card(world.lan)
    people = (world.lan, world.head, world.stranger)
    assert [sight_of(Scope.of(who.user), card).of_self for who in people] == [True, False, False]


def test_a_change_still_needs_its_reason_although_the_card_is_a_draft_again(
    world: World, returned: Scorecard
) -> None:
    with pytest.raises(Invalid, match="Give the reason for the change"):
        step(stages.save_self, world.lan, returned, entries={keys(returned)[0]: Entry(Decimal(1))})


def test_the_copy_of_what_was_submitted_is_in_no_history(world: World, returned: Scorecard) -> None:
    assert "Chủ động" in str(Assessment.objects.values_list("returned_copy", flat=True))
    assert "Chủ động" not in str(list(Assessment.history.values()))
    assert "Có giấy khen" not in str(list(LedgerEntry.objects.values()))


# --- What counts if it is not sent again -----------------------------------------------------------------------------
def test_whoever_returns_a_card_takes_nothing_away_that_the_person_said(
    world: World, returned: Scorecard
) -> None:
    edited(world, returned)
    card = step(stages.evaluate_without_self, world.head, returned, SELF_DUE, reason="Không gửi lại")
    assert (card.state, card.without_self, card.submitted_at) == ("submitted", False, MOMENT)
    assessment = Assessment.objects.get(stage="self")
    assert (assessment.state, assessment.submitted_at, assessment.returned_copy) == (
        "submitted",
        MOMENT,
        None,
    )
    assert (assessment.strengths, assessment.weaknesses) == ("Chủ động", "")
    score = Score.objects.get(criterion__key=keys(card)[0])
    assert (score.value, score.grounds) == (Decimal(5), "Có giấy khen")
    assert CardResult.objects.get(card=card, stage="self").rounded == Decimal("100.00")
    row = Score.history.filter(id=score.pk).latest("history_id")
    assert texts.read([row.history_change_reason]) == {row.history_change_reason: "Không gửi lại"}
    entry = LedgerEntry.objects.latest("id")
    assert (entry.act, entry.before, entry.after) == (
        "card.submitted", {"state": "returned"},
        {"state": "submitted", "without_self": False, "total": "100", "rounded": "100.00", "band": "excellent"},
    )  # fmt: skip
    assert sight_of(Scope.of(world.head.user), world.card(world.lan)).of_self is True


def test_without_edits_nothing_but_the_state_changes(world: World, returned: Scorecard) -> None:
    before = Score.history.count()
    step(stages.evaluate_without_self, world.head, returned, SELF_DUE, reason="Không gửi lại")
    assert Score.history.count() == before
    assert Assessment.objects.get(stage="self").strengths == "Chủ động"


def test_choices_come_back_as_they_were_submitted(world: World) -> None:
    card = month.submitted(world, world.head)
    step(stages.return_to_person, world.chair, card, reason="Xem lại")
    choice = next(
        c.key for c in card.version.compiled().criteria if c.kind == "choice" and "self" in c.stages
    )
    step(stages.save_self, world.head, card, entries={choice: Entry("50", "Nhầm")}, reason="Đổi")
    step(stages.evaluate_without_self, world.chair, card, SELF_DUE, reason="Không gửi lại")
    score = Score.objects.get(criterion__key=choice)
    assert (score.value, score.choice) == (None, "100")


def test_a_card_that_is_still_in_time_is_not_taken_from_the_person(world: World, returned: Scorecard) -> None:
    with pytest.raises(WrongState, match="may still submit"):
        step(stages.evaluate_without_self, world.head, returned, SELF_DUE - INSTANT, reason="Sớm")


# --- Without a self-assessment: only where none was ever submitted ---------------------------------------------------
def test_a_card_without_a_self_assessment_stays_so_until_one_is_submitted(world: World) -> None:
    card = world.card(world.lan)
    step(stages.evaluate_without_self, world.head, card, SELF_DUE, reason="Không nộp")
    step(stages.return_to_person, world.head, card, SELF_DUE, reason="Còn kịp, hãy tự chấm")
    assert Assessment.objects.filter(stage="self").count() == 0
    taken = step(stages.evaluate_without_self, world.head, card, SELF_DUE, reason="Vẫn không nộp")
    assert (taken.without_self, taken.submitted_at) == (True, None)
    step(stages.return_to_person, world.head, card, SELF_DUE, reason="Hãy tự chấm")
    step(stages.save_self, world.lan, card, entries=month.entries(card, "self"))
    sent = step(stages.submit_self, world.lan, card, SELF_DUE)
    assert (sent.without_self, sent.submitted_at) == (False, SELF_DUE)
