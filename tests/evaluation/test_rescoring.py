"""What a draft makes of past cards is what applying it would make of them; nothing is written."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.domain import rescoring, scoring
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import Rescored, decided_cards, rescored
from kpi_cms.evaluation.impact_queries import Past, past_of, pasts
from kpi_cms.evaluation.models import CardResult, Score, Scorecard, Task
from kpi_cms.evaluation.rescored import Cause, Reason, Result, Untold
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.engine import compile_set
from snippets.enums import Capability, Role
from snippets.models import FieldAssignment, Person
from tests.factories.snippets import holder, in_role
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.month import undone
from tests.helpers.once import written_once
from tests.helpers.results import close
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, SINCE, World

pytestmark = pytest.mark.django_db

Spec = dict[str, Any]


@pytest.fixture(scope="module")
def decided_once(opened_once: World, django_db_blocker: Any) -> Iterator[World]:
    with written_once(django_db_blocker, lambda: all_notified(deepcopy(opened_once))) as made:
        yield made


@pytest.fixture
def decided(decided_once: World, db: None) -> World:
    """Everybody notified: Lan did half of her work, Minh got half of the points, the leaders all of both."""
    return deepcopy(decided_once)


def all_notified(world: World) -> World:
    for who, completed, share in (
        (world.lan, "2", "1"),
        (world.minh, "4", "0.5"),
        (world.stranger, "4", "1"),
        (world.deputy, "4", "1"),
        (world.head, "4", "1"),
        (world.other_head, "4", "1"),
        (world.chair, "4", "1"),
    ):
        month.worked(world, who, completed=completed)
        month.notified(world, who, share=share)
    return world


def run(world: World, spec: Spec, code: str = "NV", actor: Any = None) -> dict[int, Rescored]:
    """Person → what a draft makes of their card."""
    past = Past(world.period, code)
    made = [
        card
        for batch in rescored(actor=actor or system_user(), past=past, draft=compile_set(spec))
        for card in batch
    ]
    people = dict(Scorecard.objects.values_list("pk", "person_id"))
    assert len(made) == len({card.card_id for card in made}) == decided_cards(actor=system_user(), past=past)
    return {people[card.card_id]: card for card in made}


def criteria_of(spec: Spec) -> dict[str, Spec]:
    return {criterion["code"]: criterion for section in spec["sections"] for criterion in section["criteria"]}


def with_one_more(criterion: Spec, **more: Any) -> Spec:
    """The staff set with one more criterion of five points."""
    spec = worlds.staff_spec(law="", **more)
    spec["sections"][0]["criteria"].append(criterion)
    spec["sections"][0]["max"] = "15"
    spec["parts"][0]["max"] = "35"
    spec["total"]["max"] = "105"
    return spec


def lower(spec: Spec) -> Spec:
    """I.1 gives up to four points, and I.2 up to six."""
    criteria = criteria_of(spec)
    criteria["I.1"]["kind"]["max"], criteria["I.2"]["kind"]["max"] = "4", "6"
    return spec


def results(world: World) -> dict[int, tuple[str, str, str]]:
    rows = CardResult.objects.filter(period=world.period, stage="evaluator")
    return {
        person_id: (numerator, denominator, band)
        for person_id, numerator, denominator, band in rows.values_list(
            "person_id", "numerator", "denominator", "band"
        )
    }


def applied(world: World, spec: Spec, version: CriteriaVersion) -> dict[int, tuple[str, str, str]]:
    """The results of the same cards, once the draft was issued, the cards opened with it and computed anew."""
    issued = worlds.version(spec, version.set_code, number=2)
    with thawed():
        Scorecard.objects.filter(version=version).update(version=issued)
    Scorecard.objects.filter(version=issued, basis_changed_at=None).update(confirmed_basis={})
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    return results(world)


def as_stored(card: Rescored) -> tuple[str, str, str]:
    assert isinstance(card.after, Result), card.after
    total = card.after.total
    return str(total.numerator), str(total.denominator), card.after.band


# --- The same as applying it --------------------------------------------------------------------------------
def test_the_set_as_it_is_changes_nothing(decided: World) -> None:
    for code, spec in (("NV", worlds.staff_spec()), ("LD", worlds.leader_spec())):
        for card in run(decided, spec, code).values():
            assert card.before == card.after
            assert not card.is_listed


def _rater(stage: str, weight: int) -> Spec:
    return {"key": f"r-{stage}", "label": stage, "stage": stage, "weight": str(weight)}


@st.composite
def drafts(draw: st.DrawFn, spec: Spec) -> Spec:
    """The set with other bands, another weight of each part of the results, another reading of faults and of d, a
    criterion that the person alone scores, and the person's own total with a weight."""
    made = deepcopy(spec)
    starts = sorted(draw(st.sets(st.integers(1, 99), min_size=3, max_size=3)), reverse=True)
    for band, start in zip(made["bands"], [*starts, 0], strict=True):
        band["from"] = str(start)
    results_part = made["sections"][-1]["combination"]
    names = [criterion["code"] for criterion in made["sections"][-1]["criteria"]]
    weights = [draw(st.integers(0, 20)) for _name in names]
    terms = " + ".join(f"{name} * {weight}" for name, weight in zip(names, weights, strict=True))
    results_part["expression"] = f"({terms}) / {sum(weights) or 1} * 70"
    made["law"] = ""
    criteria_of(made)["I.1"]["stages"] = ["self"] if draw(st.booleans()) else None
    weight = draw(st.integers(0, 99))
    if weight:
        made |= {"schema_version": 2, "raters": [_rater("self", weight), _rater("evaluator", 100 - weight)]}
    made["settings"] = {**specs.SETTINGS, "penalty_scope": draw(st.sampled_from(["unit", "batch"]))}
    for criterion in made["sections"][-1]["criteria"]:
        if criterion["kind"]["type"] == "people_managed":
            criterion["kind"]["threshold"] = str(draw(st.integers(0, 100)))
    return made


def test_any_draft_makes_what_applying_it_makes(decided: World) -> None:
    seen: set[str] = set()

    @settings(max_examples=10)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        for version in (decided.staff, decided.leaders):
            spec = data.draw(drafts(version.specification))
            with undone():
                before = results(decided)
                made = run(decided, spec, version.set_code)
                assert results(decided) == before
                wanted = applied(decided, spec, version)
                assert {person: as_stored(card) for person, card in made.items()} == {
                    person: wanted[person] for person in made
                }
                seen.update(wanted[person][2] for person in made)

    holds()
    assert len(seen) > 2  # so that the bands were not all the same


@pytest.mark.parametrize("missing", ["left_out", "failing"])
def test_d_counts_whom_the_leader_manages_as_applying_it_would(decided: World, missing: str) -> None:
    """A deputy in charge of another unit as well, a head above heads, and somebody without a card."""
    worlds.person("K01", "Lê Mới", decided.department)
    FieldAssignment.objects.create(
        person=decided.deputy, unit=decided.other_department, starts_on=SINCE, decision_number="1/QĐ"
    )
    FieldAssignment.objects.create(
        person=decided.deputy, unit=decided.department, starts_on=SINCE, decision_number="2/QĐ"
    )
    recompute_period(actor=system_user(), moment=MOMENT, period=decided.period)
    spec = worlds.leader_spec(law="", settings={**specs.SETTINGS, "managed_without_result": missing})
    criteria_of(spec)["d"]["kind"]["threshold"] = "72"  # Minh's 85 points do, Lan's 70 do not
    with undone():
        made = run(decided, spec, "LD")
        wanted = applied(decided, spec, decided.leaders)
        assert {person: as_stored(card) for person, card in made.items()} == {
            person: wanted[person] for person in made
        }
    changed = {person for person, card in made.items() if card.before != card.after}
    assert decided.head.pk in changed
    assert (decided.other_head.pk in changed) is False


def test_a_confirmed_d_stays_where_the_people_s_results_changed_since(decided: World) -> None:
    card = decided.card(decided.head)
    with thawed():
        Scorecard.objects.filter(pk=card.pk).update(
            confirmed_basis={"d": "1"}, proposed_basis={"d": "1/2"}, basis_changed_at=MOMENT
        )
    recompute_period(actor=system_user(), moment=MOMENT, period=decided.period)
    made = run(decided, worlds.leader_spec(), "LD")[decided.head.pk]
    assert made.after == made.before


# --- What cannot be told ------------------------------------------------------------------------------------
def told(world: World, who: Person, spec: Spec, code: str = "NV") -> Result | Reason:
    return run(world, spec, code)[who.pk].after


def test_a_new_criterion_that_asks_for_an_entry_is_named(decided: World) -> None:
    spec = with_one_more(specs.number("I.3", "5"))
    card = run(decided, spec)[decided.lan.pk]
    assert card.after == Reason(Untold.MISSING, ("I.3",))
    assert card.is_listed


def test_a_new_criterion_counts_as_what_leaving_it_empty_means(decided: World) -> None:
    """Nobody earned a bonus that was not there; a count of breaches is asked for, and none was given."""
    items = [{"code": "v1", "label": "Sáng kiến", "value": "1"}]
    bonus = specs.computed("I.3", {"type": "bonus", "max": "5", "items": items})
    breaches = specs.computed("I.3", {"type": "deduction", "max": "5", "items": items})
    spec = with_one_more(breaches, schema_version=2)
    assert told(decided, decided.lan, spec) == Reason(Untold.MISSING, ("I.3",))
    spec = with_one_more(bonus, schema_version=2)
    card = run(decided, spec)[decided.lan.pk]
    assert isinstance(card.after, Result)
    assert card.before is not None
    assert card.after.total == card.before.total


def test_an_entry_beyond_the_new_maximum_is_named_and_not_held_inside(decided: World) -> None:
    spec = lower(worlds.staff_spec(law=""))
    made = run(decided, spec)
    assert made[decided.lan.pk].after == Reason(Untold.OUTSIDE, ("I.1",))
    assert isinstance(made[decided.minh.pk].after, Result)  # 2.5 of 5 points lie inside


def test_an_entry_of_another_kind_is_named(decided: World) -> None:
    spec = worlds.staff_spec(law="", schema_version=2)
    items = [{"code": "m1", "label": "Đúng giờ", "value": "5"}]
    criteria_of(spec)["I.1"]["kind"] = {"type": "checklist", "items": items}
    assert told(decided, decided.lan, spec) == Reason(Untold.OUTSIDE, ("I.1",))


def test_a_checklist_stays_as_it_was_ticked_and_asks_for_a_new_item(world: World) -> None:
    spec = worlds.staff_spec(law="", schema_version=2)
    items = [{"code": "m1", "label": "Đúng giờ", "value": "2"}, {"code": "m2", "label": "Đủ", "value": "3"}]
    criteria_of(spec)["I.1"]["kind"] = {"type": "checklist", "items": items}
    longer = deepcopy(spec)
    items_of_longer = criteria_of(longer)["I.1"]["kind"]["items"]
    items_of_longer[1]["value"] = "1"
    items_of_longer.append({"code": "m3", "label": "Mới", "value": "2"})
    with_list = worlds.version(spec, "NV", number=2)
    month.worked(world, world.lan)
    month.notified(world, world.lan)
    with thawed():
        Scorecard.objects.filter(person=world.lan).update(version=with_list)
        Score.objects.filter(criterion__key="key-I.1").update(value=None, choice='{"m1":"1","m2":"0"}')
        world.period.version_pins.filter(version=world.staff).update(version=with_list)
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    same = run(world, spec)[world.lan.pk]
    assert same.before == same.after
    assert told(world, world.lan, longer) == Reason(Untold.MISSING, ("I.1",))


def test_a_leader_waits_for_whoever_cannot_be_told(decided: World) -> None:
    """Chí's d counts Hà, whose own result the draft cannot tell."""
    spec = lower(worlds.leader_spec(law=""))
    with thawed():
        Score.objects.filter(person=decided.chair, criterion__key="key-I.1").update(value=4)
    recompute_period(actor=system_user(), moment=MOMENT, period=decided.period)
    made = run(decided, spec, "LD")
    assert made[decided.head.pk].after == Reason(Untold.OUTSIDE, ("I.1",))
    assert made[decided.chair.pk].after == Reason(Untold.PENDING, ("d",))


def test_whoever_was_decided_without_a_result_is_left_out_of_d(decided: World) -> None:
    """Lan's 65 points would fail the head; without a result they do not count."""
    spec = worlds.leader_spec(law="")
    criteria_of(spec)["d"]["kind"]["threshold"] = "72"
    assert run(decided, spec, "LD")[decided.head.pk].before != told(decided, decided.head, spec, "LD")
    CardResult.objects.filter(person=decided.lan).update(rounded=None, numerator="", denominator="")
    card = run(decided, spec, "LD")[decided.head.pk]
    assert card.before == card.after


def test_nothing_assigned_and_a_formula_without_a_value_are_reasons(decided: World) -> None:
    spec = worlds.staff_spec(law="")
    spec["sections"][-1]["combination"]["expression"] = "70 / (a - 0.5)"
    reason = told(decided, decided.lan, spec)
    assert reason == Reason(Untold.FORMULA, ("KQ",))
    with thawed():
        Task.objects.filter(person=decided.lan).update(state="withdrawn")
    assert told(decided, decided.lan, worlds.staff_spec()) == Reason(Untold.NOTHING)


def test_a_card_without_a_result_is_counted_and_not_listed(decided: World) -> None:
    CardResult.objects.filter(person=decided.lan).update(rounded=None, numerator="", denominator="")
    card = run(decided, worlds.staff_spec())[decided.lan.pk]
    assert (card.before, card.is_listed) == (None, False)


# --- Why ----------------------------------------------------------------------------------------------------
def why(world: World, who: Person, spec: Spec, code: str = "NV") -> tuple[Cause, ...]:
    card = run(world, spec, code, actor=in_role(world.root, Role.AUDITOR))[who.pk]
    assert card.seen
    return card.why


def test_the_three_criteria_that_weigh_most_are_named(decided: World) -> None:
    spec = worlds.staff_spec(law="")
    for section, gone in zip(spec["sections"], (["I.2"], ["II.1"], ["III.1", "III.2"]), strict=False):
        section["criteria"] = [each for each in section["criteria"] if each["code"] not in gone]
        points = sum((Decimal(each["kind"]["max"]) for each in section["criteria"]), Decimal(0))
        section["max"] = str(points)
    spec["parts"][0]["max"], spec["total"]["max"] = "17.5", "87.5"
    for band, start in zip(spec["bands"], ("86", "75", "60", "0"), strict=True):
        band["from"] = start
    assert why(decided, decided.lan, spec) == (
        Cause("I.2", "Tiêu chí I.2", Fraction(5), None, False),
        Cause("II.1", "Tiêu chí II.1", Fraction(5, 2), None, False),
        Cause("III.1", "Tiêu chí III.1", Fraction(5, 2), None, False),
    )


def test_d_is_named_as_a_share(decided: World) -> None:
    spec = worlds.leader_spec(law="")
    criteria_of(spec)["d"]["kind"]["threshold"] = "90"
    spec["bands"][0]["from"] = "99"
    assert why(decided, decided.head, spec, "LD") == (
        Cause("d", "Tiêu chí d", Fraction(1), Fraction(1, 2), True),
    )


def test_a_section_is_named_where_no_criterion_differs(decided: World) -> None:
    spec = worlds.staff_spec(law="")
    spec["sections"][-1]["combination"]["expression"] = "(a + b + c) / 6 * 70"
    assert why(decided, decided.minh, spec) == (Cause("KQ", "Nhóm KQ", Fraction(70), Fraction(35), False),)


def test_other_limits_of_bands_have_no_criterion(decided: World) -> None:
    spec = worlds.staff_spec(law="")
    spec["bands"][1]["from"] = "89"
    card = run(decided, spec, actor=in_role(decided.root, Role.AUDITOR))[decided.minh.pk]
    assert isinstance(card.after, Result)
    assert card.before is not None
    assert (card.before.band, card.after.band, card.why) == ("good", "completed", ())


# --- Who reads it -------------------------------------------------------------------------------------------
def test_only_cards_that_the_actor_reads_are_marked_as_seen(decided: World) -> None:
    spec = worlds.staff_spec(law="")
    spec["bands"][1]["from"] = "89"
    author = holder(decided.root, Capability.AUTHOR)
    reader = holder(decided.department, Capability.AUTHOR, Capability.VIEW, username="doc")
    for actor, seen in ((author, set()), (reader, {decided.lan.pk, decided.minh.pk})):
        made = run(decided, spec, actor=actor)
        assert {person for person, card in made.items() if card.seen} == seen
        assert {person for person, card in made.items() if card.why} == set()
        assert len(made) == 3


def test_one_s_own_card_is_not_seen_before_it_is_notified(world: World) -> None:
    month.worked(world, world.lan)
    month.confirmed(world, world.lan)
    assert not run(world, worlds.staff_spec(), actor=world.lan.user)[world.lan.pk].seen
    card = world.card(world.lan)
    month.stages.notify(actor=world.head.user, moment=MOMENT, card=card)
    assert run(world, worlds.staff_spec(), actor=world.lan.user)[world.lan.pk].seen


# --- A closed period ----------------------------------------------------------------------------------------
def decided_anew(world: World, who: Person, points: Decimal) -> None:
    """Criterion I.1 of a card decided anew after the closing, past the request for it."""
    card = world.card(who)
    score = Score.objects.get(assessment__card=card, assessment__stage="evaluator", criterion__key="key-I.1")
    later = world.period.closed_at + timedelta(days=1)
    with as_actor(card.evaluator.user, later):
        score.value = points
        save_tracked(score)
        scoring.refresh(card, "evaluator", later)


def test_a_result_decided_anew_after_the_closing_changes_nothing(decided: World) -> None:
    """A run before and a run after it would tell one person's points."""
    close(decided)
    spec = worlds.staff_spec(law="")
    spec["bands"][1]["from"] = "89"
    auditor = in_role(decided.root, Role.AUDITOR)
    before = run(decided, spec, actor=auditor)
    decided_anew(decided, decided.minh, Decimal("0.5"))
    stored = CardResult.objects.get(person=decided.minh, stage="evaluator")
    assert stored.rounded == Decimal("83.00")
    assert run(decided, spec, actor=auditor) == before
    assert before[decided.minh.pk].before is not None
    assert before[decided.minh.pk].before.rounded == Decimal("85.00")


def test_a_leader_s_result_counts_with_the_d_of_the_closing(decided: World) -> None:
    close(decided)
    before = run(decided, worlds.leader_spec(), "LD")
    decided_anew(decided, decided.head, Decimal("0.5"))
    assert run(decided, worlds.leader_spec(), "LD") == before


def test_why_is_told_of_the_scores_of_the_closing(decided: World) -> None:
    close(decided)
    decided_anew(decided, decided.minh, Decimal("0.5"))
    spec = worlds.staff_spec(law="")
    spec["sections"][-1]["combination"]["expression"] = "(a + b + c) / 6 * 70"
    assert why(decided, decided.minh, spec) == (Cause("KQ", "Nhóm KQ", Fraction(70), Fraction(35), False),)


def test_a_card_without_a_result_at_the_closing_has_none_before(decided: World) -> None:
    """One of its entries was missing then."""
    score = Score.objects.get(person=decided.minh, assessment__stage="evaluator", criterion__key="key-I.2")
    with as_actor(decided.head.user, MOMENT):
        score.value = None
        save_tracked(score)
    close(decided)
    decided_anew(decided, decided.minh, Decimal("0.5"))
    card = run(decided, worlds.staff_spec())[decided.minh.pk]
    assert (card.before, card.after) == (None, Reason(Untold.MISSING, ("I.2",)))


# --- Which cards --------------------------------------------------------------------------------------------
def test_only_opened_periods_and_their_sets_are_offered(draft_world: World) -> None:
    assert pasts("state", "NV") == []
    worlds.open_month(draft_world)
    assert [past.set_code for past in pasts("state", "NV")] == ["NV", "LD"]
    assert [past.set_code for past in pasts("state", "LD")] == ["LD", "NV"]
    assert pasts("party", "NV") == []
    assert past_of(f"{draft_world.period.pk}/LD", "state").set_code == "LD"
    for key in ("", "x", f"{draft_world.period.pk}/KHAC"):
        with pytest.raises(NotFound):
            past_of(key, "state")
    with pytest.raises(NotFound):
        past_of(f"{draft_world.period.pk}/LD", "party")


def test_undecided_cards_are_not_read(world: World) -> None:
    month.worked(world, world.lan)
    month.evaluated(world, world.lan)
    assert run(world, worlds.staff_spec()) == {}


def test_batches_cost_the_same_whatever_their_size(decided: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert len(run(decided, worlds.staff_spec())) == 3
        return sum("evaluation_score" in query["sql"] for query in caught)

    whole = queries()
    monkeypatch.setattr(rescoring, "CHUNK", 2)
    assert run(decided, worlds.staff_spec()).keys() == {
        who.pk for who in (decided.lan, decided.minh, decided.stranger)
    }
    assert whole > 0


def test_nothing_is_written(decided: World) -> None:
    with CaptureQueriesContext(connection) as caught:
        run(decided, worlds.staff_spec(law=""))
        run(decided, worlds.leader_spec(law=""), "LD")
    written = [
        query["sql"]
        for query in caught
        if query["sql"].lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert written == []
