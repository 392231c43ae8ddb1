"""What a card counts of others: tasks of a scope, results of those managed; and what a decided card keeps of them."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.urls import reverse

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.domain import naming, scoring, stages
from kpi_cms.evaluation.domain.others import carried
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import rescored
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.impact_queries import Past
from kpi_cms.evaluation.models import CardResult, Scorecard, Task, VersionPin
from kpi_cms.evaluation.rescored import Result
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.engine import compile_set
from snippets.enums import Capability
from snippets.models import EvaluatorDecision, FieldAssignment, Person
from tests.factories.snippets import UserFactory, hold
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, SINCE, World

pytestmark = pytest.mark.django_db


def roll_up(scope: str, measure: str = "quantity", code: str = "u") -> dict[str, Any]:
    return specs.computed(code, {"type": "roll_up", "scope": scope, "measure": measure})


def result_of(**kind: Any) -> dict[str, Any]:
    return specs.computed("r", {"type": "result_of", "of": "subordinates", **kind})


def counting(*criteria: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A set for leaders without d: a third of the results is the person's own a, the rest these criteria."""
    spec = specs.staff() | {
        "schema_version": 2,
        "law": "",
        "applicability": {"staff_kinds": ["cong_chuc"], "leader": True},
        "settings": {**specs.SETTINGS, **settings},
    }
    terms = " + ".join(criterion["code"] for criterion in criteria)
    spec["sections"][-1] = specs.section(
        "KQ", "70", "results", [*specs.ratios(), *criteria],
        kind="formula", expression=f"(a + {terms}) / {1 + len(criteria)} * 70", cap="70",
    )  # fmt: skip
    return spec


def pinned(world: World, *criteria: dict[str, Any], **settings: Any) -> CriteriaVersion:
    """Leaders' cards under such a set; before anything is scored on them."""
    version = worlds.version(counting(*criteria, **settings), "LD-KHAC")
    with thawed():
        VersionPin.objects.create(period=world.period, version=version)
    assert Scorecard.objects.filter(is_leader=True).update(version=version) == 4
    return version


def value(world: World, who: Person, code: str = "u") -> str | None:
    """What stands in the stored result of the evaluator's stage."""
    values = CardResult.objects.get(person=who, stage="evaluator").values
    found: str | None = values.get(code)
    return found


def in_charge(world: World, unit: Any) -> None:
    FieldAssignment.objects.create(person=world.deputy, unit=unit, starts_on=SINCE, decision_number="3/QĐ")


def computes_the_same(world: World) -> bool:
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    return report.differing == []


# --- What must not happen -----------------------------------------------------------------------------------
def test_a_deputy_s_roll_up_counts_no_field_they_are_not_assigned(world: World) -> None:
    pinned(world, roll_up("field"))
    for who in (world.lan, world.minh, world.head, world.deputy):
        month.worked(world, who)
    month.worked(world, world.stranger, completed="1")
    month.evaluated(world, world.deputy)
    result = CardResult.objects.get(person=world.deputy, stage="evaluator")
    assert (result.insufficient, result.rounded, "u" in result.values) == (True, None, False)
    in_charge(world, world.other_department)
    scoring.refresh(world.card(world.deputy), "evaluator", MOMENT)
    assert value(world, world.deputy) == "1/4"  # Xa's alone; not Lan's and Minh's beside them
    assert computes_the_same(world)


def test_an_undecided_result_is_not_read(world: World) -> None:
    pinned(world, result_of())
    for who, share in ((world.lan, "0.5"), (world.minh, "1"), (world.deputy, "1")):
        month.worked(world, who)
        month.evaluated(world, who, share=share)
    month.worked(world, world.head)
    month.evaluated(world, world.head)
    assert CardResult.objects.filter(stage="evaluator", rounded=85).exists()  # Lan's, and nobody confirmed it
    for who in (world.lan, world.minh):
        confirm(world, who)
        result = CardResult.objects.get(person=world.head, stage="evaluator")
        assert (result.pending, result.rounded, "r" in result.values) == (True, None, False)
    assert computes_the_same(world)


def test_a_later_change_of_others_tasks_alters_no_decided_card(world: World) -> None:
    pinned(world, roll_up("units"))
    month.worked(world, world.lan, completed="2")
    month.worked(world, world.head)
    month.notified(world, world.head)
    before = CardResult.objects.values().get(person=world.head, stage="evaluator")
    assert (before["values"]["u"], world.card(world.head).confirmed_basis) == ("1/2", {"u": "1/2"})

    month.worked(world, world.minh)
    in_charge(world, world.department)  # and what nobody is told of

    head = world.card(world.head)
    assert (head.state, head.proposed_basis, head.basis_changed_at) == (
        CardState.NOTIFIED, {"u": "3/4"}, MOMENT,
    )  # fmt: skip
    assert CardResult.objects.values().get(person=world.head, stage="evaluator") == before
    assert computes_the_same(world)
    entry = LedgerEntry.objects.filter(act="card.basis_changed").latest("pk")
    assert (entry.after, entry.person_code) == ({"u": "3/4"}, "CC002")

    accepted = stages.accept_new_basis(
        actor=world.chair.user, moment=MOMENT, card=head, expected=head.version_number, seen=on_screen(head)
    )
    assert (accepted.confirmed_basis, accepted.proposed_basis) == ({"u": "3/4"}, {})
    assert value(world, world.head) == "3/4"
    assert computes_the_same(world)


def test_nothing_assigned_at_the_decision_stays_nothing(world: World) -> None:
    pinned(world, roll_up("units"))
    month.worked(world, world.head)
    month.confirmed(world, world.head)
    assert world.card(world.head).confirmed_basis == {"u": "nothing"}
    month.worked(world, world.lan)
    result = CardResult.objects.get(person=world.head, stage="evaluator")
    assert (result.insufficient, result.rounded) == (True, None)
    assert world.card(world.head).proposed_basis == {"u": "1"}
    assert computes_the_same(world)


def test_a_decided_card_is_explained_where_what_others_have_now_cannot_be_computed_with(world: World) -> None:
    """Its formula divides by what Lan did beyond the half: she did all, and by now it is the half."""
    spec = counting(roll_up("units"))
    spec["sections"][-1]["combination"]["expression"] = "a * 70 / (u * 2 - 1)"
    version = worlds.version(spec, "LD-CHIA")
    with thawed():
        VersionPin.objects.create(period=world.period, version=version)
    Scorecard.objects.filter(person=world.head).update(version=version)
    month.worked(world, world.lan)
    month.worked(world, world.head)
    month.notified(world, world.head)
    before = scoring.trace_of(world.card(world.head), "evaluator")
    Task.objects.filter(person=world.lan).update(completed=2, accepted=2, in_time=2)
    after = scoring.trace_of(world.card(world.head), "evaluator")
    assert [(step.code, step.value) for step in after] == [(step.code, step.value) for step in before]
    assert next(step.value for step in after if step.code == "total") == 100


@pytest.mark.parametrize(
    ("draft", "kept"),
    [
        ([roll_up("units")], {"u": "1/2"}),  # the same criterion
        ([roll_up("units", "quality")], {}),  # counted in another way
        ([roll_up("units", code="v")], {}),  # another criterion
        ([result_of(), roll_up("units")], {"u": "1/2"}),  # what it adds is counted anew
    ],
)
def test_a_draft_keeps_what_was_confirmed_for_the_criteria_that_it_counts_alike(
    draft: list[dict[str, Any]], kept: dict[str, str]
) -> None:
    former = compile_set(counting(roll_up("units")))
    assert carried(former, compile_set(counting(*draft)), {"u": "1/2"}) == kept
    assert carried(former, compile_set(counting(*draft)), {}) == {}


# --- Whose ------------------------------------------------------------------------------------------------------
def test_each_scope_counts_its_people_and_never_the_person(world: World) -> None:
    pinned(world, roll_up("units"), roll_up("approved", "quality", "v"), roll_up("field", "progress", "w"))
    in_charge(world, world.other_department)
    every = (world.chair, world.head, world.deputy, world.lan, world.minh, world.other_head, world.stranger)
    for who in every:
        month.worked(world, who, completed="3")

    def people(who: Person) -> dict[str, list[str]]:
        from kpi_cms.evaluation.domain.people_managed import people_counted

        codes = dict(Person.objects.values_list("pk", "staff_code"))
        scopes = ("units", "approved", "field")
        return {scope: sorted(codes[pk] for pk in people_counted(world.card(who), scope)) for scope in scopes}

    assert people(world.chair) == {
        "units": ["CC002", "CC003", "CC004", "CC005"],
        "approved": ["CC002"],
        "field": [],
    }
    assert people(world.head) == {
        "units": ["CC003", "CC004", "CC005"],
        "approved": ["CC003", "CC004", "CC005"],
        "field": [],
    }
    assert people(world.deputy) == {"units": [], "approved": [], "field": ["CC101", "CC102"]}
    month.evaluated(world, world.head)
    month.evaluated(world, world.deputy)
    assert (value(world, world.head), value(world, world.head, "v")) == ("3/4", "3/4")
    assert (value(world, world.deputy, "w"), value(world, world.deputy)) == ("3/4", None)
    assert computes_the_same(world)


def test_the_same_states_and_deductions_count_as_on_the_person_s_own_card(world: World) -> None:
    from kpi_cms.evaluation.domain import deductions

    pinned(
        world, *(roll_up("approved", measure, measure[:4]) for measure in ("quantity", "quality", "progress"))
    )
    task = month.worked(world, world.lan, completed="3")
    deductions.record_fault(actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai")
    deductions.record_delay(actor=world.head.user, moment=MOMENT, task=task, unit_number=2, reason="Chậm")
    month.evaluated(world, world.lan)
    month.evaluated(world, world.head)
    own = CardResult.objects.get(person=world.lan, stage="evaluator").values
    assert (own["a"], own["b"], own["c"]) == ("3/4", "11/16", "11/16")
    assert [value(world, world.head, code) for code in ("quan", "qual", "prog")] == ["3/4", "11/16", "11/16"]
    month.assign(world, world.minh)  # not done: assigned, and nothing else
    assert value(world, world.head, "quan") == "3/8"


def test_an_approver_s_card_follows_who_evaluates(world: World) -> None:
    pinned(world, roll_up("approved"))
    month.worked(world, world.minh, completed="2")
    month.worked(world, world.lan)
    month.evaluated(world, world.head)
    assert value(world, world.head) == "3/4"
    EvaluatorDecision.objects.create(
        person=world.minh, evaluator=world.chair, starts_on=SINCE, decision_number="9/QĐ"
    )
    card, clerk = world.card(world.minh), UserFactory()
    hold(clerk, world.agency, Capability.MANAGE_PEOPLE)
    naming.name_evaluators(
        actor=clerk, moment=MOMENT, period=world.period, reason="Theo quyết định",
        seen={card.pk: (world.chair.pk, card.endorser_id)},
    )  # fmt: skip
    assert value(world, world.head) == "1"
    assert computes_the_same(world)


# --- Results of others ------------------------------------------------------------------------------------------
def confirm(world: World, who: Person) -> None:
    card = world.card(who)
    assert card.evaluator is not None
    stages.confirm(
        actor=card.evaluator.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )


def test_results_of_the_people_managed_are_their_decided_points(world: World) -> None:
    pinned(world, result_of())
    month.worked(world, world.head)
    month.evaluated(world, world.head)
    for who, share in ((world.lan, "0.5"), (world.minh, "1"), (world.deputy, "1")):
        month.worked(world, who)
        month.evaluated(world, who, share=share)
    for who in (world.lan, world.minh):
        confirm(world, who)
    assert value(world, world.head, "r") is None
    confirm(world, world.deputy)
    deputy = CardResult.objects.get(person=world.deputy, stage="evaluator")
    points = [Fraction(85), Fraction(100), Fraction(int(deputy.numerator), int(deputy.denominator))]
    assert Fraction(str(value(world, world.head, "r"))) == sum(points) / 300
    assert computes_the_same(world)


def test_a_result_decided_anew_is_proposed_and_not_taken(world: World) -> None:
    from kpi_cms.evaluation.domain import basis
    from kpi_cms.foundation.core.actor import as_actor

    pinned(world, result_of(how="minimum"), managed_without_result="failing")
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who)
        month.notified(world, who)
    month.worked(world, world.head)
    month.notified(world, world.head)
    assert world.card(world.head).confirmed_basis == {"r": "1"}
    CardResult.objects.filter(person=world.lan, stage="evaluator").update(numerator="40", denominator="1")
    with as_actor(world.head.user, MOMENT):
        basis.propose_to_leaders(world.card(world.lan), MOMENT)
    head = world.card(world.head)
    assert (head.confirmed_basis, head.proposed_basis) == ({"r": "1"}, {"r": "2/5"})
    assert value(world, world.head, "r") == "1"


# --- Told, tried, kept honest ---------------------------------------------------------------------------------
def test_the_trace_says_whose_tasks_and_how_many_and_names_nobody_the_reader_does_not_see(
    world: World, client: Any
) -> None:
    pinned(world, roll_up("field"))
    in_charge(world, world.other_department)
    month.worked(world, world.stranger)
    month.worked(world, world.deputy)
    card = month.notified(world, world.deputy)
    step = next(step for step in scoring.trace_of(world.card(world.deputy), "evaluator") if step.code == "u")
    assert (step.value, step.params["tasks"], dict(step.inputs)) == (
        1, 1, {"counted": Fraction(8), "assigned": Fraction(8), "cap": 1},
    )  # fmt: skip
    client.force_login(world.deputy.user)
    shown = client.get(reverse("workspace:trace", args=[card.pk, "danh-gia"])).content.decode()
    assert "2 người có phiếu ngoài phạm vi được xem của bạn" in " ".join(shown.split())
    assert world.stranger.full_name not in shown


def test_a_draft_with_a_roll_up_makes_of_decided_cards_what_applying_it_makes(world: World) -> None:
    for who, completed in ((world.lan, "1"), (world.minh, "3"), (world.deputy, "4"), (world.head, "4")):
        month.worked(world, who, completed=completed)
        month.notified(world, who)
    spec = counting(roll_up("units"), result_of())
    cards = [
        card
        for batch in rescored(actor=system_user(), past=Past(world.period, "LD"), draft=compile_set(spec))
        for card in batch
    ]
    made = {card.card_id: card.after for card in cards}[world.card(world.head).pk]
    assert isinstance(made, Result)
    issued = worlds.version(spec, "LD", number=2)
    with thawed():
        Scorecard.objects.filter(version=world.leaders).update(version=issued, confirmed_basis={})
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    stored = CardResult.objects.get(person=world.head, stage="evaluator")
    assert stored.values["u"] == "2/3"
    assert made.total == Fraction(int(stored.numerator), int(stored.denominator))


# --- Points of tasks --------------------------------------------------------------------------------------------
def points_of_tasks(**kind: Any) -> dict[str, Any]:
    """The staff set with points of its own tasks, out of 70, in the place of the ratios."""
    coefficient = {
        "attribute": "group",
        "values": [{"code": "1", "label": "Nhóm 1", "value": "1.5"}],
        "default": "1",
    }
    position = {
        "attribute": "position", "default": "1",
        "values": [{"code": "cv-member", "label": "Chuyên viên", "value": "2"}],
    }  # fmt: skip
    counted = {
        "type": "task_points", "max": "70", "coefficients": [coefficient, position],
        "time": {"late": [{"days": 1, "value": "0.8"}, {"days": 5, "value": "0.5"}]},
        "normalise": {"to": "full", "full": "240"}, **kind,
    }  # fmt: skip
    spec = specs.staff() | {"schema_version": 2, "law": ""}
    spec["sections"][-1] = specs.section("KQ", "70", "results", [specs.computed("p", counted)])
    return spec


def under(world: World, spec: dict[str, Any]) -> None:
    version = worlds.version(spec, "NV-KHAC")
    with thawed():
        VersionPin.objects.create(period=world.period, version=version)
    Scorecard.objects.filter(person__in=[world.lan, world.minh, world.stranger]).update(version=version)


def test_points_of_tasks_count_group_position_days_and_what_is_not_done(world: World) -> None:
    under(world, points_of_tasks())
    assert world.card(world.lan).position_code == "cv-member"
    done = month.worked(
        world, world.lan, completed="3"
    )  # in time: 10 points × 3 × 1.5 × 2; the fourth is not done
    late = month.assign(world, world.lan, quantity="2")
    month.confirm_report(month.report(late, completed="2", on=date(2026, 7, 25)))  # 5 days late: half of 60
    extra = month.assign(world, world.lan, quantity="4", sudden=True)
    month.report(extra, completed="1")  # 30; what is left of an extra is nobody's
    month.evaluated(world, world.lan)
    assert (done.points, done.product_group) == (10, 1)
    assert value(world, world.lan, "p") == str(Fraction(90 + 30 + 30, 240) * 70)
    assert computes_the_same(world)

    compiled = world.card(world.lan).version.compiled()
    steps = [
        step for step in scoring.trace_of(world.card(world.lan), "evaluator") if step.code.startswith("p")
    ]
    assert [step.value for step in steps] == [90, 0, 30, 30, Fraction(175, 4)]
    possible = compile_set(points_of_tasks(normalise={"to": "possible"}))
    inputs = scoring.inputs_of(
        world.card(world.lan),
        scoring.stage_scores(world.card(world.lan), "evaluator"),
        scoring.task_rows(world.period.pk, [world.lan.pk])[world.lan.pk],
    )
    assert compiled.score(inputs).values["p"] == Fraction(175, 4)
    assert possible.score(inputs).values["p"] == Fraction(150, 210) * 70


def test_a_delay_that_is_excused_is_none_and_a_product_that_changes_changes_no_task(world: World) -> None:
    from kpi_cms.evaluation.domain import deductions

    under(world, points_of_tasks())
    task = month.report(month.assign(world, world.lan), on=date(2026, 7, 22))
    month.evaluated(world, world.lan)
    assert value(world, world.lan, "p") == str(Fraction(96, 240) * 70)
    delay = deductions.record_delay(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Chậm"
    )
    assert value(world, world.lan, "p") == str(Fraction(96, 240) * 70)
    deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=delay, reason="Lũ")
    assert value(world, world.lan, "p") == "35"
    month.confirm_report(Task.objects.get(pk=task.pk))
    confirm(world, world.lan)
    type(world.product).objects.filter(pk=world.product.pk).update(points=99, group=3)
    assert computes_the_same(world)


def test_a_task_whose_product_is_not_decided_has_no_points_yet(world: World) -> None:
    under(world, points_of_tasks())
    month.worked(world, world.lan, completed="3")
    with thawed():
        Task.objects.update(product=None, points=None, product_group=None, coefficient=None)
    month.evaluated(world, world.lan)
    assert value(world, world.lan, "p") == "0"
    assert computes_the_same(world)


def test_a_draft_with_points_of_tasks_makes_of_decided_cards_what_applying_it_makes(world: World) -> None:
    for who, completed in ((world.lan, "1"), (world.minh, "3")):
        month.worked(world, who, completed=completed)
        month.notified(world, who)
    spec = points_of_tasks()
    batches = rescored(actor=system_user(), past=Past(world.period, "NV"), draft=compile_set(spec))
    made = {card.card_id: card.after for batch in batches for card in batch}
    issued = worlds.version(spec, "NV", number=2)
    with thawed():
        Scorecard.objects.filter(version=world.staff).update(version=issued)
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    for who, points in ((world.lan, 30), (world.minh, 90)):
        result, after = CardResult.objects.get(person=who, stage="evaluator"), made[world.card(who).pk]
        assert isinstance(after, Result)
        assert (
            after.total
            == Fraction(int(result.numerator), int(result.denominator))
            == 30 + Fraction(points, 240) * 70
        )


def test_the_card_s_page_and_form_show_each_kind(world: World, client: Any) -> None:
    pinned(world, roll_up("units"), result_of())
    under(world, points_of_tasks())
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who)
        month.evaluated(world, who)
    for pk in (world.card(world.lan).pk, world.card(world.deputy).pk):
        client.force_login(world.head.user)
        for name in ("card", "evaluate"):
            assert client.get(reverse(f"workspace:{name}", args=[pk])).status_code == 200
