"""The demonstration in the database: complete, resumable, and playable to the end of the month."""

from collections import Counter
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils.translation import override

from kpi_cms.demonstration import loading, organisation, posts, registers
from kpi_cms.demonstration.loading import load
from kpi_cms.demonstration.people import ACCOUNTS, SEED, people
from kpi_cms.demonstration.play import Month
from kpi_cms.demonstration.quarter import SECRETARY
from kpi_cms.demonstration.workbooks import AGENCY, catalogue_workbook, people_workbook
from kpi_cms.evaluation.domain import stages, tasks
from kpi_cms.evaluation.domain.following import follow_by_night
from kpi_cms.evaluation.domain.planning import plan_opening
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState, EvaluatorBasis, StageKey, TaskState
from kpi_cms.evaluation.fit_queries import fit_of, versions_of_fit
from kpi_cms.evaluation.models import (
    Assessment,
    CardResult,
    CriterionFeedback,
    Delay,
    Fault,
    ObjectiveCause,
    Scorecard,
    Task,
)
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.demonstration import ACCOUNTS as OFFERED
from kpi_cms.foundation.accounts.demonstration import accounts as offered_accounts
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Refused, WrongState
from kpi_cms.foundation.engine import decimal_text
from kpi_cms.interfaces.exchange.imports.catalogue import parse_catalogue
from kpi_cms.interfaces.exchange.imports.people import parse_people
from snippets.domain.catalogue import plan_catalogue_import
from snippets.domain.people import plan_people_import
from snippets.enums import Capability, CatalogueState, PeriodKind, PeriodState, PostRole, StaffKind
from snippets.models import Catalogue, Period, Person, Unit
from tests.helpers.demonstration import rolled_back
from tests.helpers.screens import on_screen

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """Stands for a loader that was killed."""


@pytest.fixture(scope="module")
def attempts(django_db_setup, django_db_blocker):
    """The demonstration, whose loading was killed twice and taken up again: what each attempt said."""

    def die(*args, **kwargs):
        raise Killed

    said: list[list[str]] = []
    with rolled_back(django_db_blocker), override("en"):
        for target, name in ((loading, "_open"), (Month, "play")):
            said.append([])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(target, name, die)
                with pytest.raises(Killed):
                    load(said[-1].append)
        said.append([])
        load(said[-1].append)
        yield said


@pytest.fixture(autouse=True)
def _loaded(attempts):
    """Every test of this module begins with the loaded demonstration."""


@pytest.fixture
def period():
    """The month that is played."""
    return Period.objects.get(state=PeriodState.OPEN, kind=PeriodKind.MONTH)


@pytest.fixture
def past():
    return Period.objects.get(state=PeriodState.CLOSED)


@pytest.fixture
def quarter():
    return Period.objects.get(kind=PeriodKind.QUARTER)


def _posts_by_code() -> dict[str, posts.Post]:
    return {person.staff_code: person.post for person in people()}


def _named(username: str) -> User:
    return User.objects.get(username=username)


# --- Loading -----------------------------------------------------------------------------------------------
def test_each_attempt_goes_on_where_the_last_one_was_killed(attempts):
    past, playing, following, quarter = map(str, Period.objects.order_by("pk"))
    assert attempts == [
        [
            "66 units.",
            "411 people with their appointments, 388 accounts.",
            "4 criteria sets, issued.",
            "7 items in the library of criteria.",
            "A catalogue of 64 products, approved for each unit of the pilot.",
            f"4 periods: {past}, {playing}, {following}, {quarter}.",
        ],
        [f"{past} is open: 7 scorecards."],
        [
            f"{past}: tasks, self-assessments and evaluations of 7 people.",
            f"{past} is closed.",
            f"{quarter} is open: 7 scorecards.",
            f"{quarter}: tasks, self-assessments and evaluations of 7 people.",
            f"{playing} is open: 357 scorecards.",
            f"{playing}: tasks, self-assessments and evaluations of 38 people.",
        ],
    ]


def test_a_second_loading_says_so_and_writes_nothing():
    tables = (Unit, Person, User, Period, Scorecard, Task, CardResult, LedgerEntry)
    before = [model.objects.count() for model in tables]
    out = StringIO()
    with override("en"):
        call_command("load_demonstration", stdout=out)
    assert out.getvalue() == "The demonstration is loaded already. Nothing was changed.\n"
    assert [model.objects.count() for model in tables] == before


def test_outside_a_demonstration_the_command_refuses_with_one_sentence():
    with override_settings(DEMONSTRATION=False), override("en"):
        with pytest.raises(CommandError) as refusal:
            call_command("load_demonstration", stdout=StringIO())
        with pytest.raises(Refused):
            load(lambda sentence: None)
    assert str(refusal.value) == (
        "The demonstration is loaded with the demonstration's settings only; nothing was written."
    )


def test_a_database_with_an_organisation_of_its_own_is_left_alone(monkeypatch):
    monkeypatch.setattr(loading, "ROOT", "ANOTHER-PROVINCE")
    before = LedgerEntry.objects.count()
    with pytest.raises(WrongState):
        load(lambda sentence: None)
    assert LedgerEntry.objects.count() == before


def test_an_opening_that_fails_is_told_with_its_message(monkeypatch, period):
    Period.objects.filter(pk=period.pk).update(state=PeriodState.OPENING)
    monkeypatch.setattr(
        loading.jobs, "run_job", SimpleNamespace(call=lambda job_id: None, enqueue=lambda job_id: None)
    )
    with pytest.raises(WrongState, match="Waiting"), override("en"):
        load(lambda sentence: None)


# --- Registers ---------------------------------------------------------------------------------------------
def test_the_tree_is_the_planned_one():
    planned = {
        plan.code: (plan.name, plan.block, plan.level, plan.parent, plan.managing)
        for plan in organisation.units()
    }
    by_path = {unit.path: unit.code for unit in Unit.objects.all()}
    found = {
        unit.code: (
            unit.name,
            unit.block,
            unit.level,
            by_path.get(unit.path[: -Unit.steplen]),
            unit.managing_unit.code if unit.managing_unit else None,
        )
        for unit in Unit.objects.select_related("managing_unit")
    }
    assert found == planned


def test_every_pilot_unit_has_one_approved_catalogue_whose_departments_are_all_matched():
    approved = Catalogue.objects.filter(state=CatalogueState.APPROVED).values_list("unit__code", flat=True)
    assert sorted(approved) == sorted(organisation.PILOT)
    unmatched = Catalogue.objects.filter(products__scope="unit", products__unit__isnull=True)
    assert list(unmatched) == []


def test_two_months_take_in_the_nine_units_and_the_others_one_department():
    everybody = set(organisation.PILOT)
    assert [
        (found.kind, found.state, set(found.units.values_list("code", flat=True)))
        for found in Period.objects.order_by("pk")
    ] == [
        (PeriodKind.MONTH, PeriodState.CLOSED, {"HUNG-NGUYEN-CQ-KT"}),
        (PeriodKind.MONTH, PeriodState.OPEN, everybody),
        (PeriodKind.MONTH, PeriodState.DRAFT, everybody),
        (PeriodKind.QUARTER, PeriodState.OPEN, {"HUNG-NGUYEN-DANG-XDD"}),
    ]


# --- Who gets which version --------------------------------------------------------------------------------
def test_everybody_in_scope_has_the_expected_version_or_is_listed(period):
    outside = {organisation.PARTY_COMMITTEE, organisation.PEOPLES_COMMITTEE}
    expected_cards, expected_listed = {}, set()
    for code, post in _posts_by_code().items():
        if post.unit in outside:
            continue
        if post.kind == StaffKind.OFFICIAL:
            expected_cards[code] = "DANG-17"
        elif post.kind == StaffKind.CIVIL_SERVANT:
            expected_cards[code] = "ND335-NV" if post.role == PostRole.MEMBER else "ND335-LD"
        else:
            expected_listed.add(code)
    cards = Scorecard.objects.filter(period=period).values_list("person__staff_code", "version__set_code")
    assert dict(cards) == expected_cards
    assert cards.count() == len(expected_cards)
    plan = plan_opening(period)
    listed = Person.objects.filter(pk__in=plan.without_version).values_list("staff_code", flat=True)
    assert set(listed) == expected_listed
    assert plan.people == len(expected_cards) + len(expected_listed)
    assert (plan.two_versions, plan.without_evaluator, plan.without_catalogue, plan.without_account) == (
        [],
        [],
        [],
        [],
    )


def test_the_special_cases_of_the_rules_are_there(period):
    def by_basis(basis: str) -> Counter[tuple[str, str]]:
        cards = Scorecard.objects.filter(period=period, evaluator_basis=basis)
        return Counter(cards.values_list("unit__code", "evaluator__unit__code"))

    assert by_basis(EvaluatorBasis.SUPERIOR) == {("THANH-VINH-CQ-VHXH", "THANH-VINH-CQ"): 8}
    assert by_basis(EvaluatorBasis.ACTING_HEAD) == {("HAI-CHAU-CQ-KT", "HAI-CHAU-CQ-KT"): 6}
    assert by_basis(EvaluatorBasis.RECEIVING_HEAD) == {("NAM-CAN-CQ-KT", "NAM-CAN-CQ-KT"): 1}
    chairman = Scorecard.objects.get(period=period, person__user__username="chu-tich")
    assert chairman.appointments == [{"unit": "HUNG-NGUYEN-DANG", "position": "PBT-DU", "role": "deputy"}]


# --- Accounts ----------------------------------------------------------------------------------------------
def test_the_sign_in_page_offers_its_people_by_name():
    offered = offered_accounts()
    assert [account.username for account in offered] == [account.username for account in OFFERED]
    by_post = {person.post.key: person.full_name for person in people()}
    names = {account.username: by_post[account.post] for account in ACCOUNTS}
    assert [account.name for account in offered] == [names[account.username] for account in offered]


def test_every_account_has_the_documented_password_and_need_not_change_it():
    users = User.objects.filter(person__isnull=False)
    assert users.count() == 388
    assert set(users.values_list("must_change_password", flat=True)) == {False}
    assert len(set(users.values_list("password", flat=True))) == 1
    assert _named("can-bo").check_password(registers.PASSWORD)


def test_contract_staff_have_no_account():
    without = Person.objects.filter(user__isnull=True).values_list("kind", flat=True)
    assert Counter(without) == {StaffKind.CONTRACT: 23}


def _visible(username: str, period: Period) -> set[str]:
    codes = _posts_by_code()
    cards = Scorecard.objects.filter(period=period).visible_to(Scope.of(_named(username)))
    return {codes[code].key for code in cards.values_list("person__staff_code", flat=True)}


def _cards_in(*units: str) -> set[str]:
    """Posts with a card whose unit is one of these or lies below one."""
    return {
        post.key
        for post in posts.posts()
        if post.kind in (StaffKind.OFFICIAL, StaffKind.CIVIL_SERVANT)
        and any(post.unit == unit or post.unit.startswith(f"{unit}-") for unit in units)
    }


@pytest.mark.parametrize(
    ("username", "units"),
    [
        ("chinh-sach", ()),
        ("dau-moi", ()),
        ("can-bo", ()),
        ("truong-phong", ("HUNG-NGUYEN-CQ-KT",)),
        ("chu-tich", ("HUNG-NGUYEN-CQ",)),
        ("kiem-tra", ("HUNG-NGUYEN", "THANH-VINH")),
        ("chinh-sach-2", ()),
        ("to-chuc", ("HUNG-NGUYEN",)),
        ("quan-tri", ()),
        ("truong-ban", ("HUNG-NGUYEN-DANG-XDD",)),
        ("thu-ky", ()),
    ],
)
def test_each_account_sees_its_own_card_and_those_of_its_units_only(username, units, period):
    own = next(account.post for account in ACCOUNTS if account.username == username)
    assert _visible(username, period) == {own} | _cards_in(*units)


def test_the_clerk_keeps_the_people_of_the_commune_and_of_no_other():
    scope = Scope.of(_named("dau-moi"))
    kept = set(Person.objects.within(scope, Capability.MANAGE_PEOPLE).values_list("staff_code", flat=True))
    assert kept == {code for code, post in _posts_by_code().items() if post.unit.startswith("HUNG-NGUYEN-")}


def test_policy_staff_author_and_open_periods_but_read_no_card():
    scope = Scope.of(_named("chinh-sach"))
    assert set(scope.held) == {
        Capability.AUTHOR,
        Capability.PUBLISH,
        Capability.MANAGE_PERIODS,
        Capability.PROGRESS,
    }


# --- The month ---------------------------------------------------------------------------------------------
def _states(period: Period, unit: str) -> dict[str, str]:
    codes = _posts_by_code()
    cards = Scorecard.objects.filter(period=period, unit__code=unit)
    return {
        codes[code].key.removeprefix(f"{unit}/"): state
        for code, state in cards.values_list("person__staff_code", "state")
    }


def test_the_played_departments_stand_where_the_guide_says(period):
    assert _states(period, "HUNG-NGUYEN-CQ-KT") == {
        "TP/1": CardState.OPENED,
        "PTP/1": CardState.NOTIFIED,
        "CV/1": CardState.OPENED,
        "CV/2": CardState.NOTIFIED,
        "CV/3": CardState.NOTIFIED,
        "CV/4": CardState.CONFIRMED,
        "CVC/1": CardState.SUBMITTED,
    }
    assert set(_states(period, "HUNG-NGUYEN-CQ-VHXH").values()) == {CardState.NOTIFIED}
    assert set(_states(period, "THANH-VINH-CQ-HCC").values()) == {CardState.NOTIFIED}
    assert Counter(_states(period, "HUNG-NGUYEN-CQ-HCC").values()) == {
        CardState.OPENED: 2,
        CardState.RETURNED: 1,
        CardState.SUBMITTED: 1,
        CardState.NOTIFIED: 1,
    }
    assert set(_states(period, "HUNG-NGUYEN-CQ-VP").values()) == {CardState.OPENED}


def test_the_member_to_play_has_four_tasks_and_one_taken_over_none_of_them_reported(period):
    found = Task.objects.filter(period=period, person__user__username="can-bo")
    assert Counter(found.values_list("kind", "state")) == {
        ("planned", TaskState.ASSIGNED): 4,
        ("taken_over", TaskState.ASSIGNED): 1,
    }


def test_there_are_a_delay_lifted_by_an_objective_cause_a_fault_and_a_proposal(period):
    assert Fault.objects.count() == 1
    causes = ObjectiveCause.objects.filter(delay__task__period=period)
    excused = causes.values_list("delay__task_id", flat=True)
    late = (
        Delay.objects.filter(task__period=period).exclude(task__in=excused).values_list("task_id", flat=True)
    )
    assert (len(set(excused)), len(set(late))) == (1, 1)
    assert Task.objects.filter(period=period, state=TaskState.PROPOSED).count() == 1


def test_one_result_below_fifty_halves_the_heads_d(period):
    cards = Scorecard.objects.filter(period=period, unit__code="HUNG-NGUYEN-CQ-VHXH")
    failed = CardResult.objects.filter(card__in=cards, stage=StageKey.EVALUATOR, rounded__lt=50)
    codes = _posts_by_code()
    assert [codes[code].key for code in failed.values_list("person__staff_code", flat=True)] == [
        "HUNG-NGUYEN-CQ-VHXH/CV/5"
    ]
    assert cards.get(role=PostRole.HEAD).confirmed_basis == {"d": "1/2"}


def test_results_are_spread_over_the_bands(period):
    bands = CardResult.objects.filter(period=period, stage=StageKey.EVALUATOR).exclude(band="")
    assert set(bands.values_list("band", flat=True)) == {"excellent", "good", "completed", "failed"}


def _best(card: Scorecard, stage: str) -> dict[str, Entry]:
    entries = {}
    for criterion in card.version.compiled().entered:
        if stage in criterion.stages:
            values = [option.value for option in criterion.options if option.value is not None]
            value = decimal_text(max(values)) if values else criterion.max
            entries[criterion.key] = Entry(value, "Có căn cứ." if values else "")
    return entries


def _decide(card: Scorecard, head: User) -> None:
    moment = database_now()
    for task in Task.objects.filter(period=card.period, person=card.person, state=TaskState.REPORTED):
        tasks.confirm_task(
            actor=head, moment=moment, task=task, expected=task.version_number, accepted=task.completed
        )
    card.refresh_from_db()
    saved = stages.save_evaluation(
        actor=head,
        moment=moment,
        card=card,
        expected=card.version_number,
        entries=_best(card, StageKey.EVALUATOR),
    )
    card = stages.confirm(
        actor=head,
        moment=moment,
        card=saved.card,
        expected=saved.card.version_number,
        seen=on_screen(saved.card),
    )
    stages.notify(actor=head, moment=moment, card=card)


def _assess(card: Scorecard) -> None:
    own = card.person.user
    card.refresh_from_db()
    saved = stages.save_self(
        actor=own,
        moment=database_now(),
        card=card,
        expected=card.version_number,
        entries=_best(card, StageKey.SELF),
    )
    stages.submit_self(actor=own, moment=database_now(), card=saved.card, expected=saved.card.version_number)


def test_the_month_of_the_department_can_be_played_to_its_end(period):
    member, head, chairman = _named("can-bo"), _named("truong-phong"), _named("chu-tich")
    cards = {
        card.person.user.username: card
        for card in Scorecard.objects.filter(period=period, unit__code="HUNG-NGUYEN-CQ-KT").with_context()
    }
    for number, task in enumerate(Task.objects.filter(period=period, person=member.person), start=1):
        tasks.report_task(
            actor=member, moment=database_now(), task=task, expected=task.version_number, completed=task.assigned,
            completed_on=task.due_on, evidence_number=f"{number}/BC-UBND",
        )  # fmt: skip
    _assess(cards["can-bo"])
    _decide(cards["can-bo"], head)
    waiting = Scorecard.objects.with_context().get(
        period=period, evaluator=head.person, state=CardState.SUBMITTED
    )
    _decide(waiting, head)
    decided = Scorecard.objects.get(period=period, evaluator=head.person, state=CardState.CONFIRMED)
    stages.notify(actor=head, moment=database_now(), card=decided)
    _assess(cards["truong-phong"])
    _decide(cards["truong-phong"], chairman)
    assert set(_states(period, "HUNG-NGUYEN-CQ-KT").values()) == {CardState.NOTIFIED}
    results = CardResult.objects.filter(
        card__period=period, card__unit__code="HUNG-NGUYEN-CQ-KT", stage=StageKey.EVALUATOR
    )
    assert results.get(person=member.person).rounded == Decimal("100.00")
    assert results.filter(numerator="").count() == 0


def test_the_departments_history_names_its_people_in_order(period):
    """A notified card was submitted, confirmed and notified by different accounts, in this order."""
    card = Scorecard.objects.filter(
        period=period, unit__code="HUNG-NGUYEN-CQ-VHXH", role=PostRole.MEMBER
    ).first()
    entries = LedgerEntry.objects.filter(
        subject_type=Scorecard._meta.label, subject_id=str(card.pk)
    ).order_by("pk")
    acts = [act for act, _actor in entries.values_list("act", "actor_code") if act != "score.changed"]
    assert acts == ["card.submitted", "card.confirmed", "card.notified"]
    submitted, confirmed, notified = entries.exclude(act="score.changed").values_list("actor_id", flat=True)
    assert (submitted, confirmed, notified) == (
        card.person.user_id,
        card.evaluator.user_id,
        card.evaluator.user_id,
    )
    assert all(first.at <= second.at for first, second in pairwise(entries))


# --- The closed month, and the quarter ---------------------------------------------------------------------
def test_the_closed_month_tells_policy_staff_how_its_criteria_fit(past):
    """Nobody has to have played anything: five members are enough to be told of, two leaders are not."""
    assert set(_states(past, "HUNG-NGUYEN-CQ-KT").values()) == {CardState.NOTIFIED}
    scope = Scope.of(_named("chinh-sach"))
    told = {
        version.set_code: {fit.spread.people for fit in fit_of(scope, past, version) if fit.spread}
        for version in versions_of_fit(past)
    }
    assert told == {"ND335-NV": {5}, "ND335-LD": set()}
    assert CriterionFeedback.objects.filter(period=past).values("person").distinct().count() == 5


def test_what_was_read_of_the_closed_month_is_there_as_it_stood_when_it_closed(past):
    """The cards were opened by a job after the demonstration's own moment: the closing comes later still."""
    first = Scorecard.history.filter(period_id=past.pk).order_by("history_date").first()
    assert first.history_date <= past.closed_at


def test_the_quarter_waits_for_its_collective_and_its_head(quarter):
    unit = "HUNG-NGUYEN-DANG-XDD"
    assert _states(quarter, unit) == {
        "TB-XDD/1": CardState.OPENED,
        "PTB-XDD/1": CardState.SUBMITTED,
        "CVC/1": CardState.NOTIFIED,
        "CV/1": CardState.CONFIRMED,
        "CV/2": CardState.NOTIFIED,
        "CV/3": CardState.SUBMITTED,
        "CV/4": CardState.SUBMITTED,
    }
    codes = _posts_by_code()
    cards = Scorecard.objects.filter(period=quarter)
    assert set(cards.values_list("secretary__user__username", flat=True)) == {SECRETARY}
    sent = Assessment.objects.filter(card__in=cards, stage=StageKey.COLLECTIVE, state="submitted")
    assert {codes[code].key for code in sent.values_list("card__person__staff_code", flat=True)} == {
        f"{unit}/{post}" for post in ("CVC/1", "CV/1", "CV/2", "CV/3")
    }
    assert sent.count() == 8  # two sit for it


def test_a_gate_of_the_quarter_keeps_a_band_at_good(quarter):
    """Whoever has the points of “excellent” did too few tasks above what was asked."""
    codes = _posts_by_code()
    results = CardResult.objects.filter(card__period=quarter, stage=StageKey.EVALUATOR, band__gt="")
    assert {
        codes[result.person.staff_code].key.removeprefix("HUNG-NGUYEN-DANG-XDD/"): (
            result.band_by_points,
            result.band,
            bool(result.gates.get("applied")),
        )
        for result in results.select_related("person")
    } == {
        "CVC/1": ("excellent", "good", True),
        "CV/1": ("good", "good", False),
        "CV/2": ("good", "good", False),
    }


# --- Workbooks ---------------------------------------------------------------------------------------------
def test_the_clerk_can_upload_both_workbooks(tmp_path):
    out = StringIO()
    call_command("demonstration_workbooks", str(tmp_path / "new"), stdout=out)
    written = [
        tmp_path / "new" / "danh-muc-hung-nguyen.xlsx",
        tmp_path / "new" / "nhan-su-moi-hung-nguyen.xlsx",
    ]
    assert out.getvalue().splitlines() == [str(path) for path in written]
    clerk, moment = _named("dau-moi"), database_now()
    rows = parse_people(written[1].read_bytes()).rows
    plan = plan_people_import(actor=clerk, moment=moment, rows=rows)
    assert plan.counts == {"created": 5, "changed": 0, "unchanged": 0, "accounts": 0, "problems": 0}
    parsed = parse_catalogue(written[0].read_bytes())
    products = plan_catalogue_import(
        actor=clerk,
        moment=moment,
        unit=Unit.objects.get(code=AGENCY),
        rows=parsed.products,
        standard_points=parsed.standard_points,
    )
    assert (products.problems, products.unmatched) == ([], [])
    assert len(products.products) == 57


def test_the_workbooks_are_for_the_commune_of_the_six_people():
    assert {row.unit_code.startswith(AGENCY) for row in parse_people(people_workbook()).rows} == {True}
    departments = {product.department for product in parse_catalogue(catalogue_workbook()).products} - {
        None,
        "",
    }
    names = set(Unit.objects.filter(code__startswith=AGENCY).values_list("name", flat=True))
    assert departments - names == set()


def test_the_seed_of_the_demonstration_is_the_documented_one():
    assert SEED == "nghe-an-2026"


def test_the_night_leaves_every_evaluator_as_the_opening_named_them():
    """The scheduler does each day's work at its start: cards of the demonstration keep the evaluators it tells of."""
    assert follow_by_night(actor=system_user(), moment=database_now()) == 0
