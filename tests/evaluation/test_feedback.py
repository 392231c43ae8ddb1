"""Feedback on criteria: who may say something, what is kept of it, and what of many is told without a name."""

import pytest

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.domain.erasing import erase_texts
from kpi_cms.evaluation.domain.feedback import give_feedback
from kpi_cms.evaluation.enums import Erasable
from kpi_cms.evaluation.fit_queries import opinions_of, own_feedback
from kpi_cms.evaluation.models import CriterionFeedback
from kpi_cms.evaluation.models.feedback import Said
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.enums import Block, Role
from snippets.models import Person
from tests.factories.snippets import in_role
from tests.helpers.results import close, more_people
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
KEY = "key-I.1"
GOOD = Said("yes", "partly", "no", "Rõ ràng")


def say(world: World, who: Person, said: Said = GOOD, *, about: Person | None = None, key: str = KEY) -> int:
    card = world.card(about or who)
    return give_feedback(actor=who.user, moment=MOMENT, card=card, said={key: said})


def entries() -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(act="feedback.given").order_by("pk"))


# --- Saying it ----------------------------------------------------------------------------------------------
def test_the_person_says_it_once_and_it_is_kept_with_where_they_stand(world: World) -> None:
    assert say(world, world.lan) == 1
    row = CriterionFeedback.objects.get()
    assert (row.criterion.key, row.person, row.unit, row.block, row.staff_kind) == (
        KEY, world.lan, world.department, "government", "cong_chuc",
    )  # fmt: skip
    assert (row.clear, row.measurable, row.fits, row.remark) == ("yes", "partly", "no", "Rõ ràng")
    assert texts.read([row.remark_key]) == {row.remark_key: "Rõ ràng"}
    (entry,) = entries()
    assert (entry.after, entry.person_id, entry.period_id) == (
        {"version": "NV v1", "criteria": 1}, world.lan.pk, None,
    )  # fmt: skip
    assert "Rõ ràng" not in str(entry.after)


def test_the_same_again_writes_nothing_and_a_change_leaves_history(world: World) -> None:
    say(world, world.lan)
    assert say(world, world.lan) == 0
    assert say(world, world.lan, Said("no", "partly", "no", "Rõ ràng")) == 1
    row = CriterionFeedback.objects.get()
    assert [past.clear for past in row.history.order_by("history_id")] == ["yes", "no"]
    assert {past.remark_key for past in row.history.all()} == {row.remark_key}
    assert len(entries()) == 2


def test_what_is_taken_back_is_empty_and_what_was_never_said_is_no_row(world: World) -> None:
    assert say(world, world.minh, Said()) == 0
    say(world, world.lan)
    say(world, world.lan, Said())
    row = CriterionFeedback.objects.get()
    assert (row.person, row.clear, row.remark, row.remark_key) == (world.lan, "", "", None)


def test_an_evaluator_says_it_once_from_whichever_card(world: World) -> None:
    say(world, world.head, about=world.lan)
    say(world, world.head, Said("no"), about=world.minh)
    row = CriterionFeedback.objects.get()
    assert (row.person, row.clear, row.remark) == (world.head, "no", "")


def test_others_are_refused_or_find_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        say(world, world.minh, about=world.lan)
    auditor = in_role(world.root, Role.AUDITOR)
    with pytest.raises(Refused):
        give_feedback(actor=auditor, moment=MOMENT, card=world.card(world.lan), said={KEY: GOOD})
    assert CriterionFeedback.objects.count() == 0
    assert entries() == []


def test_a_criterion_of_another_version_and_a_card_that_is_gone_are_missing(world: World) -> None:
    with pytest.raises(NotFound):
        say(world, world.lan, key="key-khac")
    gone = world.card(world.lan)
    gone.pk = 987654
    with pytest.raises(NotFound):
        give_feedback(actor=world.lan.user, moment=MOMENT, card=gone, said={KEY: GOOD})


def test_what_cannot_be_kept_is_told_at_its_field_and_nothing_is_written(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        give_feedback(
            actor=world.lan.user, moment=MOMENT, card=world.card(world.lan),
            said={KEY: Said(remark="x" * 501), "key-I.2": Said(fits="maybe"), "key-II.1": GOOD},
        )  # fmt: skip
    assert {name: [str(each) for each in found] for name, found in refused.value.problems.items()} == {
        "key-I.1-remark": ["A remark has at most 500 characters: shorten it."],
        "key-I.2-fits": ["Choose one of the answers."],
    }
    assert CriterionFeedback.objects.count() == 0
    assert say(world, world.lan, Said(remark="x" * 500)) == 1


def test_after_the_closing_nothing_is_said_any_more(world: World) -> None:
    say(world, world.lan)
    close(world)
    with pytest.raises(WrongState):
        say(world, world.lan, Said("no"))
    assert CriterionFeedback.objects.get().clear == "yes"


def test_a_remark_is_erased_as_other_texts_about_a_person(world: World) -> None:
    say(world, world.lan)
    key = CriterionFeedback.objects.get().remark_key
    erase_texts(
        actor=in_role(world.root, Role.PERSONNEL), moment=MOMENT, person=world.lan, kinds=[Erasable.COMMENT],
        reason="Theo yêu cầu",
    )  # fmt: skip
    row = CriterionFeedback.objects.get()
    assert (row.remark, row.clear, texts.read([key])) == (texts.ERASED, "yes", {key: ""})


# --- What is told -------------------------------------------------------------------------------------------
def five(world: World) -> list[Person]:
    people = [card.person for card in more_people(world, world.other_department, 5, "B")]
    for index, person in enumerate(people):
        say(world, person, Said("yes" if index else "no", remark="Ngắn gọn" if index == 3 else ""))
    return people


def told(world: World, scope: Scope | None = None, **asked: str):
    """Of I.1; None where nothing may be told."""
    scope = scope or Scope.of(in_role(world.root, Role.POLICY))
    criterion = FrozenCriterion.objects.get(version=world.staff, key=KEY)
    return opinions_of(scope, world.period, world.staff, **asked).get(criterion.pk)


def test_of_five_it_is_told_without_a_name(world: World) -> None:
    five(world)
    close(world)
    found = told(world)
    assert (found.people, dict(found.answers["clear"]), dict(found.answers["fits"])) == (
        5, {"yes": 4, "no": 1}, {"": 5},
    )  # fmt: skip
    assert found.remarks == ["Ngắn gọn"]
    assert told(world, block=Block.GOVERNMENT) == found
    assert told(world, block=Block.PARTY) is None


def test_of_four_nothing_is_told_not_even_the_remark(world: World) -> None:
    people = five(world)
    say(world, people[0], Said())
    close(world)
    assert told(world) is None


def test_one_of_the_five_is_not_told_of_the_four_others(world: World) -> None:
    people = five(world)
    account = in_role(world.root, Role.POLICY)
    people[0].user = account
    people[0].save()
    close(world)
    assert told(world, Scope.of(account)) is None
    assert told(world) is not None


@pytest.mark.parametrize("role", [Role.HEAD, Role.CLERK, Role.ACCESS])
def test_to_others_it_is_missing(world: World, role: str) -> None:
    five(world)
    close(world)
    with pytest.raises(NotFound):
        told(world, Scope.of(in_role(world.root, role)))


def test_before_the_closing_nothing_is_told(world: World) -> None:
    five(world)
    with pytest.raises(NotFound):
        told(world)


def test_one_reads_one_s_own_and_nobody_else_s(world: World) -> None:
    say(world, world.lan)
    card = world.card(world.lan)
    assert own_feedback(Scope.of(world.lan.user), card) == {KEY: GOOD}
    assert own_feedback(Scope.of(world.head.user), card) == {}
    assert own_feedback(Scope(), card) == {}
