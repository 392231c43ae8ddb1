"""The result of an organisation: who records it, and what cards that count it become."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.domain import closing, scoring, stages, unit_results
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import rescored
from kpi_cms.evaluation.domain.unit_results import Recognised
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.impact_queries import Past
from kpi_cms.evaluation.models import CardResult, Scorecard, UnitResult, VersionPin
from kpi_cms.evaluation.rescored import Result
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.engine import compile_set
from snippets.enums import Capability, PeriodState, PostRole
from snippets.models import Period, Unit
from tests.factories.snippets import UserFactory, hold
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

ON = date(2026, 8, 1)
WAITS = (
    "No result of Đơn vị A1 is recorded for this period yet, and this card counts it. The personnel office of the "
    "superior records it."
)


@pytest.fixture
def office(world: World) -> User:
    """The personnel office of agency A, the superior of department A1."""
    return hold(UserFactory(), world.agency, Capability.RECEIVE_RESULTS, on=MOMENT)


def counting_the_unit() -> dict[str, Any]:
    """Half of the results is the person's own a, half their unit's result."""
    spec = specs.staff() | {
        "schema_version": 2, "law": "", "applicability": {"staff_kinds": ["cong_chuc"], "leader": None},
    }  # fmt: skip
    of_unit = specs.computed("u", {"type": "result_of", "of": "unit"})
    spec["sections"][-1] = specs.section(
        "KQ",
        "70",
        "results",
        [*specs.ratios(), of_unit],
        kind="formula",
        expression="(a + u) / 2 * 70",
        cap="70",
    )
    return spec


def pinned(world: World) -> CriteriaVersion:
    """Everybody's card of the department and of its agency under such a set, before anything is scored."""
    version = worlds.version(counting_the_unit(), "DV")
    with thawed():
        VersionPin.objects.create(period=world.period, version=version)
    cards = Scorecard.objects.filter(unit__in=[world.agency, world.department])
    assert cards.update(version=version) == 5
    return version


def recorded(world: World, actor: User, unit: Unit, points: str = "86.25", **more: Any) -> UnitResult:
    said = Recognised(Decimal(points), "12/QĐ", ON, **more)
    (made,) = unit_results.record_unit_results(
        actor=actor, moment=MOMENT, period=world.period, given={unit.pk: said}
    )
    return made


def corrected(actor: User, result: UnitResult, points: str, reason: str = "Nhập nhầm") -> UnitResult:
    return unit_results.correct_unit_result(
        actor=actor, moment=MOMENT, result=result, expected=result.version_number,
        said=Recognised(Decimal(points), "12/QĐ", ON), reason=reason,
    )  # fmt: skip


def withdrawn(actor: User, result: UnitResult) -> UnitResult:
    return unit_results.withdraw_unit_result(
        actor=actor, moment=MOMENT, result=result, expected=result.version_number, reason="Quyết định bị hủy"
    )


def of_lan(world: World) -> CardResult:
    return CardResult.objects.get(person=world.lan, stage="evaluator")


def computes_the_same(world: World) -> bool:
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    return report.differing == []


# --- Who may not --------------------------------------------------------------------------------------------
BELONGS = "You belong to this organisation"
NOT_THE_OFFICE = "The result of an organisation is recorded by the personnel office of its superior."


@pytest.mark.parametrize(
    ("role", "at", "error", "sentence"),
    [
        ("clerk", "department", NotFound, ""),
        ("policy", "root", NotFound, ""),
        ("auditor", "root", Refused, NOT_THE_OFFICE),
        ("personnel", "department", Refused, NOT_THE_OFFICE),  # the unit's own office
        ("personnel", "other_agency", NotFound, ""),
    ],
)
def test_nobody_but_the_superior_s_office_records_a_result(
    world: World, role: str, at: str, error: type[Exception], sentence: str
) -> None:
    from snippets.enums import ROLE_CAPABILITIES

    account = hold(UserFactory(), getattr(world, at), *ROLE_CAPABILITIES[role], on=MOMENT)
    with pytest.raises(error) as refused:
        recorded(world, account, world.department)
    assert sentence in str(refused.value)
    assert UnitResult.objects.count() == UnitResult.history.count() == 0


@pytest.mark.parametrize("who", ["head", "lan"])
def test_nobody_who_belongs_to_the_organisation_records_it_whatever_they_hold(world: World, who: str) -> None:
    person = getattr(world, who)
    hold(person.user, world.root, Capability.RECEIVE_RESULTS, Capability.VIEW, on=MOMENT)
    for unit in (world.department, world.agency):
        with pytest.raises(Refused, match=BELONGS):
            recorded(world, person.user, unit)
    assert recorded(world, person.user, world.other_agency).unit == world.other_agency


def test_a_second_post_or_a_card_of_the_period_is_belonging_too(world: World) -> None:
    minh, stranger = world.minh, world.stranger
    worlds.appoint(stranger, world.department, role=PostRole.MEMBER, main=False)
    type(minh).objects.filter(pk=minh.pk).update(unit=world.other_department)
    minh.appointments.update(unit=world.other_department)
    for person in (stranger, minh):  # Minh has gone, and the card of this month stayed
        hold(person.user, world.root, Capability.RECEIVE_RESULTS, on=MOMENT)
        with pytest.raises(Refused, match=BELONGS):
            recorded(world, person.user, world.department)


def test_the_superior_is_the_managing_agency_wherever_it_stands_in_the_tree(world: World) -> None:
    manager = hold(UserFactory(), world.extra["manager"], Capability.RECEIVE_RESULTS, on=MOMENT)
    assert recorded(world, manager, world.agency).points == Decimal("86.25")
    with pytest.raises(NotFound):
        recorded(world, manager, world.department)


def test_a_result_of_a_unit_that_has_no_superior_or_takes_no_part_is_recorded_by_nobody(world: World) -> None:
    everything = hold(UserFactory(), world.root, Capability.RECEIVE_RESULTS, on=MOMENT)
    with pytest.raises(Refused, match=NOT_THE_OFFICE):
        recorded(world, everything, world.root)
    Period.objects.get(pk=world.period.pk).units.remove(world.agency)
    with pytest.raises(NotFound):
        recorded(world, everything, world.department)


# --- What is recorded ---------------------------------------------------------------------------------------
def test_a_result_says_what_was_decided_by_whom_and_leaves_history_and_an_entry(
    world: World, office: User
) -> None:
    made = recorded(world, office, world.department, band="Hoàn thành tốt nhiệm vụ")
    row = UnitResult.objects.get()
    assert (row.points, row.band, row.decision_number, row.decided_on, row.recorded_by, row.recorded_at) == (
        Decimal("86.25"), "Hoàn thành tốt nhiệm vụ", "12/QĐ", ON, office.pk, MOMENT,
    )  # fmt: skip
    corrected(office, made, "90")
    withdrawn(office, UnitResult.objects.get())
    assert list(UnitResult.history.order_by("history_id").values_list("points", "history_user_id")) == [
        (Decimal("86.25"), office.pk), (Decimal(90), office.pk), (Decimal(90), office.pk),
    ]  # fmt: skip
    entries = LedgerEntry.objects.filter(act__startswith="unit_result.").order_by("pk")
    assert [(entry.act, entry.unit_code, entry.after["points"]) for entry in entries] == [
        ("unit_result.recorded", "A1", "86.25"), ("unit_result.corrected", "A1", "90.00"),
        ("unit_result.withdrawn", "A1", "90.00"),
    ]  # fmt: skip
    assert [entry.reason_key is not None for entry in entries] == [False, True, True]
    assert recorded(world, office, world.department, "70").pk != made.pk  # another one, beside the withdrawn


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Recognised(Decimal("100.01"), "1", ON), "points"),
        (Recognised(Decimal(-1), "1", ON), "points"),
        (Recognised(Decimal("86.255"), "1", ON), "points"),
        (Recognised(None, "1", ON), "points"),
        (Recognised(Decimal(80), " ", ON), "number"),
        (Recognised(Decimal(80), "1", None), "on"),
        (Recognised(Decimal(80), "1", MOMENT.date() + timedelta(days=1)), "on"),
        (Recognised(Decimal(80), "1", ON, "x" * 81), "band"),
    ],
)
def test_of_several_one_wrong_entry_leaves_nothing_recorded(
    world: World, said: Recognised, field: str
) -> None:
    everything = hold(UserFactory(), world.root, Capability.RECEIVE_RESULTS, on=MOMENT)
    right = Recognised(Decimal(80), "1", ON)
    with pytest.raises(Invalid) as refused:
        unit_results.record_unit_results(
            actor=everything, moment=MOMENT, period=world.period,
            given={world.department.pk: right, world.other_department.pk: said},
        )  # fmt: skip
    assert list(refused.value.problems) == [f"{world.other_department.pk}-{field}"]
    assert UnitResult.objects.count() == 0


def test_an_organisation_has_one_result_in_a_period(world: World, office: User) -> None:
    recorded(world, office, world.department)
    with pytest.raises(WrongState, match="Đơn vị A1 has a result in this period already"):
        recorded(world, office, world.department, "50")
    assert UnitResult.objects.get().points == Decimal("86.25")


def test_what_is_not_there_is_missing(world: World, office: User) -> None:
    with pytest.raises(NotFound):
        unit_results.record_unit_results(
            actor=office,
            moment=MOMENT,
            period=world.period,
            given={999_999: Recognised(Decimal(80), "1", ON)},
        )
    made = recorded(world, office, world.department)
    gone = UnitResult(pk=made.pk + 1, period=world.period, unit=world.department)
    for act in (lambda: corrected(office, gone, "50"), lambda: withdrawn(office, gone)):
        with pytest.raises(NotFound):
            act()
    assert UnitResult.history.count() == 1


def test_a_correction_changes_something_and_a_withdrawal_says_why(world: World, office: User) -> None:
    made = recorded(world, office, world.department)
    with pytest.raises(Invalid, match="Nothing differs from what is recorded"):
        corrected(office, made, "86.25")
    with pytest.raises(Invalid) as refused:
        unit_results.withdraw_unit_result(
            actor=office, moment=MOMENT, result=made, expected=made.version_number, reason=" "
        )
    assert list(refused.value.problems) == ["reason"]
    assert (UnitResult.objects.get().withdrawn_at, UnitResult.history.count()) == (None, 1)


def test_a_change_needs_a_reason_and_what_was_on_the_screen(world: World, office: User) -> None:
    seen = recorded(world, office, world.department)
    with pytest.raises(Invalid) as refused:
        corrected(office, seen, "80", reason=" ")
    assert list(refused.value.problems) == ["reason"]
    corrected(office, seen, "80")
    for change in (lambda: corrected(office, seen, "10"), lambda: withdrawn(office, seen)):
        with pytest.raises(Stale):
            change()
    with pytest.raises(Refused):
        corrected(world.head.user, UnitResult.objects.get(), "100")
    with pytest.raises(NotFound):
        withdrawn(world.stranger.user, UnitResult.objects.get())
    assert UnitResult.objects.get().points == 80


# --- What cards become --------------------------------------------------------------------------------------
def test_a_card_without_its_unit_s_result_waits_and_says_so(world: World, office: User) -> None:
    pinned(world)
    everything = hold(UserFactory(), world.root, Capability.RECEIVE_RESULTS, on=MOMENT)
    recorded(world, everything, world.agency, "100")  # another unit's is not this one's
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan)
    assert (of_lan(world).pending, of_lan(world).rounded, of_lan(world).band) == (True, None, "")
    assert card.evaluator is not None
    with pytest.raises(WrongState) as refused:
        stages.confirm(
            actor=card.evaluator.user, moment=MOMENT, card=card, expected=card.version_number,
            seen=on_screen(card),
        )  # fmt: skip
    assert str(refused.value) == WAITS
    assert computes_the_same(world)


@pytest.mark.parametrize("who", ["lan", "head"])
def test_a_card_counts_the_result_of_its_own_unit_exactly(world: World, office: User, who: str) -> None:
    pinned(world)
    person = getattr(world, who)
    month.worked(world, person)
    month.evaluated(world, person)
    recorded(world, office, world.department)
    result = CardResult.objects.get(person=person, stage="evaluator")
    total = 30 + (1 + Fraction(8625, 10_000)) / 2 * 70
    assert (result.values["u"], Fraction(int(result.numerator), int(result.denominator))) == ("69/80", total)
    assert (result.rounded, result.band, result.pending) == (Decimal("95.19"), "excellent", False)
    step = next(step for step in scoring.trace_of(world.card(person), "evaluator") if step.code == "u")
    assert (step.formula, dict(step.inputs), step.value) == (
        "points / full", {"points": Fraction(345, 4), "full": 100}, Fraction(69, 80),
    )  # fmt: skip
    assert computes_the_same(world)


def test_a_correction_after_the_decision_is_proposed_and_alters_nothing(world: World, office: User) -> None:
    pinned(world)
    recorded(world, office, world.department)
    month.worked(world, world.lan)
    card = month.notified(world, world.lan)
    before = CardResult.objects.values().get(person=world.lan, stage="evaluator")
    assert card.confirmed_basis == {"u": "69/80"}

    corrected(office, UnitResult.objects.get(), "50")
    card = world.card(world.lan)
    assert (card.state, card.confirmed_basis, card.proposed_basis, card.basis_changed_at) == (
        CardState.NOTIFIED, {"u": "69/80"}, {"u": "1/2"}, MOMENT,
    )  # fmt: skip
    assert CardResult.objects.values().get(person=world.lan, stage="evaluator") == before
    assert computes_the_same(world)

    corrected(office, UnitResult.objects.get(), "86.25")
    assert (world.card(world.lan).proposed_basis, world.card(world.lan).basis_changed_at) == ({}, None)
    corrected(office, UnitResult.objects.get(), "50")
    accepted(world)
    assert (of_lan(world).values["u"], of_lan(world).rounded) == ("1/2", Decimal("82.50"))
    assert world.card(world.lan).state == CardState.CONFIRMED  # to be notified again
    assert computes_the_same(world)


def accepted(world: World) -> None:
    card = world.card(world.lan)
    assert card.evaluator is not None
    stages.accept_new_basis(
        actor=card.evaluator.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )


def test_a_result_withdrawn_after_the_decision_leaves_the_card_as_it_is(world: World, office: User) -> None:
    pinned(world)
    recorded(world, office, world.department)
    month.worked(world, world.lan)
    month.notified(world, world.lan)
    month.worked(world, world.minh)
    month.evaluated(world, world.minh)
    withdrawn(office, UnitResult.objects.get())
    card = world.card(world.lan)
    assert (card.proposed_basis, of_lan(world).values["u"]) == ({"u": "pending"}, "69/80")
    with pytest.raises(WrongState) as refused:
        accepted(world)
    assert str(refused.value) == WAITS
    undecided = CardResult.objects.get(person=world.minh, stage="evaluator")
    assert (undecided.pending, undecided.rounded) == (True, None)
    assert computes_the_same(world)


def test_a_draft_that_counts_the_unit_makes_of_decided_cards_what_applying_it_makes(
    world: World, office: User
) -> None:
    month.worked(world, world.lan, completed="2")
    month.notified(world, world.lan)
    recorded(world, office, world.department)

    def run() -> Any:
        past = Past(world.period, "NV")
        found = rescored(actor=system_user(), past=past, draft=compile_set(counting_the_unit()))
        return [card.after for batch in found for card in batch]

    (after,) = run()
    assert isinstance(after, Result)
    assert after.total == 30 + (Fraction(1, 2) + Fraction(69, 80)) / 2 * 70
    withdrawn(office, UnitResult.objects.get())
    (waits,) = run()
    assert (waits.kind, waits.codes) == ("pending", ("u",))


# --- A closed period ----------------------------------------------------------------------------------------
def test_nothing_of_a_closed_period_is_recorded_corrected_or_withdrawn(world: World, office: User) -> None:
    made = recorded(world, office, world.department)
    policy = hold(UserFactory(), world.root, Capability.MANAGE_PERIODS, on=MOMENT)
    count = closing.unfinished(world.period).count
    closing.close_period(actor=policy, moment=MOMENT, period=world.period, unfinished_seen=count)
    everything = hold(UserFactory(), world.root, Capability.RECEIVE_RESULTS, on=MOMENT)
    for change in (
        lambda: recorded(world, everything, world.other_department),
        lambda: corrected(office, made, "1"),
        lambda: withdrawn(office, made),
    ):
        with pytest.raises(WrongState, match="This period is closed"):
            change()
    assert UnitResult.objects.get().points == Decimal("86.25")


def test_the_database_itself_keeps_results_of_a_period_that_is_not_open(world: World, office: User) -> None:
    made = recorded(world, office, world.department)
    row = UnitResult.objects.filter(pk=made.pk)
    again = {"unit": world.other_department, "points": 1, "decision_number": "1", "decided_on": ON}
    again |= {"recorded_by": office.pk, "recorded_at": MOMENT, "period": world.period}

    def refused(act: Any) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            act()

    refused(lambda: row.update(unit=world.other_department))
    refused(lambda: row.update(points=Decimal("100.01")))
    refused(row.delete)
    with thawed():
        Period.objects.filter(pk=world.period.pk).update(state=PeriodState.CLOSED, closed_at=MOMENT)
    refused(lambda: row.update(points=1))
    refused(lambda: UnitResult.objects.create(**again))
    with thawed():
        Period.objects.filter(pk=world.period.pk).update(state=PeriodState.OPEN, closed_at=None)
    withdrawn(office, row.get())
    refused(lambda: row.update(points=1))
    assert row.get().points == Decimal("86.25")
