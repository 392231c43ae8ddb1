"""What of a card its reader may read: the same answer for screen, list, paper and history."""

from typing import Any

import pytest

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import audit_queries, rules
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.visibility import EVERYTHING, Sight, sight_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.engine import digest
from snippets.enums import Capability
from snippets.models import Person, Unit
from tests.evaluation.test_rules import RELATIONS as NAMED
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers.world import MOMENT, World, staff_spec

LAN, HEAD, CHAIR, SECRETARY = 1, 2, 3, 77
RELATIONS = {**NAMED, "collective": Scope(SECRETARY)}
# s: the person's own scores; c: a collective's, d: its drafts too; e: the evaluation; b: a basis that is proposed
TABLE = """
              opened submitted returned evaluated confirmed notified
own            s      s         s        s         s         sec
evaluator      b      sebc      b        sebc      sebc      sebc
collective     bcd    sbcd      bcd      sbcd      sebcd     sebcd
endorser       b      sb        b        sebc      sebc      sebc
view           b      sb        b        sb        sebc      sebc
audit          b      sb        b        sb        sebc      sebc
"""


def cells(table: str = TABLE) -> list[tuple[str, str, str]]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return [(row[0], state, cell) for row in rows for state, cell in zip(head, row[1:], strict=True)]


def version_of(spec: dict[str, Any]) -> CriteriaVersion:
    return CriteriaVersion(specification=spec, sha256=digest(spec))


SEES_ALL = version_of(staff_spec())


def card_in(state: str, *, sent: bool = True, version: CriteriaVersion | None = None) -> Scorecard:
    return Scorecard(
        person=Person(user_id=LAN), evaluator=Person(user_id=HEAD), endorser=Person(user_id=CHAIR),
        secretary=Person(user_id=SECRETARY), unit=Unit(path="000100010001"), state=state,
        submitted_at=MOMENT if sent else None, version=SEES_ALL if version is None else version,
    )  # fmt: skip


def test_the_table_asks_about_every_state() -> None:
    assert {state for _relation, state, _cell in cells()} == set(CardState.values)


@pytest.mark.parametrize(("relation", "state", "cell"), cells())
def test_what_each_reads_in_each_state(relation: str, state: str, cell: str) -> None:
    sent = state != "opened"
    assert sight_of(RELATIONS[relation], card_in(state, sent=sent)) == Sight(
        "s" in cell, "e" in cell, "b" in cell, "c" in cell, "d" in cell
    )


# The same where the set keeps earlier stages: the self-assessment from the collective, both from the evaluator and from
# whoever endorses.
BLIND = """
              opened submitted returned evaluated confirmed notified
own            s      s         s        s         s         sec
evaluator      b      eb        b        sebc      sebc      sebc
collective     bcd    bcd       bcd      sbcd      sebcd     sebcd
endorser       b      b         b        eb        sebc      sebc
view           b      sb        b        sb        sebc      sebc
audit          b      sb        b        sb        sebc      sebc
"""


@pytest.mark.parametrize(("relation", "state", "cell"), cells(BLIND))
def test_what_each_reads_where_they_rate_without_knowing_the_others(
    relation: str, state: str, cell: str
) -> None:
    spec = staff_spec(law="", schema_version=2)
    own, decides = spec["stages"]
    stage = {"label": "Bước", "decides": False, "optional": False}
    spec["stages"] = [
        own,
        stage | {"key": "collective", "blind_to": ["self"]},
        decides | {"blind_to": ["self", "collective"]},
        stage | {"key": "endorsement", "blind_to": ["self", "collective"]},
    ]
    card = card_in(state, sent=state != "opened", version=version_of(spec))
    scope = RELATIONS[relation]
    assert sight_of(scope, card) == Sight("s" in cell, "e" in cell, "b" in cell, "c" in cell, "d" in cell)
    both = {"self", "collective"}
    kept = {"evaluator": both, "collective": {"self"}, "endorser": both}.get(relation, set())
    sent = ("confirmed", "notified") if relation == "endorser" else ("evaluated", "confirmed", "notified")
    assert rules.unseen_stages(scope, card) == (set() if state in sent else kept)


@pytest.mark.parametrize("state", ["submitted", "evaluated", "confirmed", "notified"])
def test_a_draft_that_was_never_sent_is_read_by_nobody_else_although_the_card_went_on(state: str) -> None:
    card = card_in(state, sent=False)
    readers = ("own", "evaluator", "endorser", "view", "audit")
    assert [sight_of(RELATIONS[reader], card).of_self for reader in readers] == [True, *[False] * 4]


@pytest.mark.django_db
def test_the_history_shows_an_auditor_everything_and_everybody_else_what_the_card_shows(world: World) -> None:
    card = month.submitted(world, world.lan)
    hold(world.stranger.user, world.agency, Capability.AUDIT)
    hold(world.lan.user, world.agency, Capability.AUDIT)
    for who in (world.lan, world.head):
        scope = Scope.of(who.user)
        assert audit_queries.sight(scope, card) == sight_of(scope, card)
    assert audit_queries.sight(Scope.of(world.stranger.user), card) == EVERYTHING
    assert sight_of(Scope.of(world.stranger.user), card) == Sight(True, False, True)


@pytest.mark.django_db
def test_a_proposed_basis_is_in_no_history_that_the_person_reads(world: World) -> None:
    card = month.notified(world, world.lan)
    own, other = sight_of(Scope.of(world.lan.user), card), sight_of(Scope.of(world.head.user), card)
    names = ("state", "confirmed_basis", "proposed_basis", "basis_changed_at")
    assert audit_queries.visible_fields(audit_queries.CARD, names, own) == ["state", "confirmed_basis"]
    assert audit_queries.visible_fields(audit_queries.CARD, names, other) == list(names)
    before = Sight(True, False, False)
    assert audit_queries.visible_fields(audit_queries.CARD, names, before) == ["state"]
    assert audit_queries.visible_fields(audit_queries.SCORE, ("value",), before) == ["value"]


@pytest.mark.django_db
def test_the_act_of_a_new_basis_is_not_the_persons_to_read(world: World) -> None:
    from kpi_cms.foundation.audit import ledger
    from kpi_cms.foundation.audit.enums import Act
    from kpi_cms.foundation.core.actor import as_actor

    card = month.notified(world, world.lan)
    with as_actor(world.head.user, MOMENT):
        ledger.record(
            Act.CARD_BASIS_CHANGED, subject=card, person=card.person, unit=card.unit, period_id=card.period_id
        )
    kinds = {
        who: set(
            audit_queries.card_acts(card, sight_of(Scope.of(who.user), card)).values_list("act", flat=True)
        )
        for who in (world.lan, world.head)
    }
    assert kinds[world.head] - kinds[world.lan] == {"card.basis_changed"}


@pytest.mark.django_db
def test_comments_that_were_written_are_told_to_nobody_before_their_stage_is_read(world: World) -> None:
    card = world.card(world.lan)
    stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=0, entries={}, comments={"strengths": "Nháp"}
    )
    seen = {
        who: list(
            audit_queries.card_acts(card, sight_of(Scope.of(who.user), card)).values_list("act", flat=True)
        )
        for who in (world.lan, world.head)
    }
    assert seen == {world.lan: ["comment.changed"], world.head: []}
