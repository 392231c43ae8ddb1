"""T15: a decision carries the digest of what was on the screen; what changed since is refused and shown."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpi_cms.evaluation import seen
from kpi_cms.evaluation.domain import deductions, stages
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.evaluation.queries import stage_records
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Stale
from tests.helpers import month
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

LATER = MOMENT + timedelta(minutes=5)


def confirm(world: World, card: Scorecard, **more: Any) -> Scorecard:
    return stages.confirm(
        actor=world.head.user,
        moment=LATER + timedelta(minutes=5),
        card=card,
        **{"expected": card.version_number, "seen": on_screen(card)} | more,
    )  # fmt: skip


@pytest.fixture
def card(world: World) -> Scorecard:
    month.worked(world, world.lan)
    return month.evaluated(world, world.lan)


def test_what_was_on_the_screen_is_decided_and_its_digest_recorded(world: World, card: Scorecard) -> None:
    shown = on_screen(card)
    assert confirm(world, card, seen=shown).state == CardState.CONFIRMED
    entry = LedgerEntry.objects.get(act="card.confirmed")
    assert entry.after is not None
    assert entry.after["seen"] == seen.read_token(card, shown)[0]
    assert len(entry.after["seen"]) == 64


def test_a_score_changed_since_is_refused_with_both_values(world: World, card: Scorecard) -> None:
    shown = on_screen(card)
    key = next(iter(month.entries(card, "evaluator")))
    criterion = card.version.compiled().criterion(key)
    assert criterion is not None
    was = stage_records(card)["evaluator"].given[key].value
    assert was is not None
    stages.save_evaluation(
        actor=world.head.user,
        moment=LATER,
        card=card,
        expected=card.version_number,
        entries={key: Entry(Decimal(1))},
    )
    label = f"{criterion.code} {criterion.label} (Competent person)"
    for expected in (card.version_number, card.version_number + 1):  # the digest alone finds it as well
        with pytest.raises(Stale) as raised:
            confirm(world, card, expected=expected, seen=shown)
        assert raised.value.mine == {label: f"{was.normalize():f}"}
        assert raised.value.theirs == {label: "1"}
    assert world.card(world.lan).state == CardState.SUBMITTED


def test_a_comment_and_an_error_recorded_since_are_shown_too(world: World, card: Scorecard) -> None:
    shown = on_screen(card)
    stages.save_evaluation(
        actor=world.head.user, moment=LATER, card=card, expected=card.version_number, entries={},
        comments={"strengths": "Chủ động"},
    )  # fmt: skip
    task = Task.objects.get(person=world.lan)
    deductions.record_fault(
        actor=world.head.user, moment=LATER, task=task, unit_number=1, reason="Sai căn cứ"
    )
    with pytest.raises(Stale) as raised:
        confirm(world, card, expected=card.version_number + 1, seen=shown)
    texts = raised.value.theirs
    assert texts["comments (Competent person)"] == "Strengths: Chủ động"
    assert "errors 1" in next(text for label, text in texts.items() if "DC.01" in label)
    assert "errors 0" in next(text for label, text in raised.value.mine.items() if "DC.01" in label)


@pytest.mark.parametrize(
    "forge", [lambda token: token[:-2] + "xx", lambda token: "", lambda token: "abc:def:ghi"]
)
def test_what_the_product_did_not_sign_decides_nothing(
    world: World, card: Scorecard, forge: Callable[[str], str]
) -> None:
    with pytest.raises(Stale) as raised:
        confirm(world, card, seen=forge(on_screen(card)))
    assert (raised.value.mine, raised.value.theirs) == ({}, {})


def test_the_screen_of_another_card_decides_nothing(world: World, card: Scorecard) -> None:
    other = month.self_saved(world, world.minh)
    with pytest.raises(Stale):
        confirm(world, card, seen=on_screen(other))


@pytest.mark.parametrize("verb", ["confirm", "endorse", "accept_new_basis"])
def test_without_a_screen_nobody_decides(world: World, card: Scorecard, verb: str) -> None:
    """Whoever makes up a form leaves the digest out: the right save number alone is not enough."""
    with pytest.raises(TypeError, match="seen"):  # no door can forget it
        getattr(stages, verb)(actor=world.head.user, moment=LATER, card=card, expected=card.version_number)
    with pytest.raises(Stale, match="what was on the screen") as raised:
        confirm(world, card, seen="")
    assert (raised.value.mine, raised.value.theirs) == ({}, {})
    assert world.card(world.lan).state == CardState.SUBMITTED
    assert confirm(world, card).state == CardState.CONFIRMED


def test_a_digest_that_no_page_carried_is_refused_with_its_sentence(world: World, card: Scorecard) -> None:
    """Of another card, or made up: nothing is known of what was seen."""
    month.worked(world, world.minh)
    for shown in (on_screen(month.evaluated(world, world.minh)), "bịa"):
        with pytest.raises(Stale) as raised:
            confirm(world, card, seen=shown)
        assert (raised.value.mine, raised.value.theirs) == ({}, {})
    assert world.card(world.lan).state == CardState.SUBMITTED


def test_an_older_save_number_is_refused_where_nothing_that_is_shown_changed(
    world: World, card: Scorecard
) -> None:
    with pytest.raises(Stale) as raised:
        confirm(world, card, expected=card.version_number - 1, seen=on_screen(card))
    assert raised.value.mine == {"Save number you saw": card.version_number - 1}
    assert raised.value.theirs == {"Save number now": card.version_number}
    assert world.card(world.lan).state == CardState.SUBMITTED
