"""Opening a period: pinned once, one card for each person and frame, however often the work is killed."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from kpi_cms.evaluation import queries
from kpi_cms.evaluation.domain import closing, opening
from kpi_cms.evaluation.domain.proposals import name_product
from kpi_cms.evaluation.models import CalendarPin, CataloguePin, Scorecard, VersionPin
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import Origin, coming_from
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from kpi_cms.foundation.core.models import Job, JobState
from snippets.enums import Capability, PeriodState, StaffKind
from snippets.models import Appointment, CalendarDay, Catalogue, Period, Person, Product
from tests.evaluation.test_stages import hold
from tests.factories import evaluation as make
from tests.factories.snippets import CatalogueFactory, ProductFactory
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.world import LAST, MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(draft_world: World) -> Person:
    who = worlds.person("CS001", "Lê Thị Sách", draft_world.root)
    hold(who, Capability.MANAGE_PERIODS, draft_world)
    return who


def codes() -> list[str]:
    return list(Scorecard.objects.order_by("person__staff_code").values_list("person__staff_code", flat=True))


EVERYBODY = ["CC001", "CC002", "CC003", "CC004", "CC005", "CC101", "CC102"]


def start(world: World, policy: Person) -> Job:
    return opening.open_period(actor=policy.user, moment=MOMENT, period=world.period)


def finish(job: Job) -> Job:
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    return job


def test_opening_makes_one_card_for_each_person_with_its_context(draft_world: World, policy: Person) -> None:
    job = finish(start(draft_world, policy))
    assert (job.state, job.done, job.total) == (JobState.DONE, 7, 7)
    assert codes() == EVERYBODY
    draft_world.period.refresh_from_db()
    assert (draft_world.period.state, draft_world.period.opened_at is not None) == (PeriodState.OPEN, True)
    card = draft_world.card(draft_world.lan)
    assert (card.unit, card.agency, card.evaluator, card.evaluator_basis, card.version) == (
        draft_world.department, draft_world.agency, draft_world.head, "unit_head", draft_world.staff,
    )  # fmt: skip
    assert Scorecard.history.filter(history_type="+", history_user_id=policy.user.pk).count() == 7
    entry = LedgerEntry.objects.get(act="period.opened")
    assert (entry.after["cards"], entry.after["planned"]) == (7, 7)


def test_whoever_gets_none_or_two_is_left_out_and_counted(draft_world: World, policy: Person) -> None:
    """Nobody is given one of two sets as it happens: whoever has none or two gets no card until that is solved."""
    second = worlds.version(worlds.staff_spec(), "NV-2")
    VersionPin.objects.create(period=draft_world.period, version=second)
    worlds.person("VC001", "Tạ Văn Viên", draft_world.department, kind=StaffKind.PUBLIC_EMPLOYEE)
    finish(start(draft_world, policy))
    assert codes() == ["CC001", "CC002", "CC003", "CC101"]
    entry = LedgerEntry.objects.get(act="period.opened")
    assert {name: entry.after[name] for name in ("cards", "planned", "without_version", "two_versions")} == {
        "cards": 4, "planned": 4, "without_version": 1, "two_versions": 3,
    }  # fmt: skip


def test_opening_is_policy_staffs_only(draft_world: World) -> None:
    for who in (draft_world.head, draft_world.lan):
        with pytest.raises(NotFound):
            start(draft_world, who)
        with pytest.raises(NotFound):
            opening.choose_versions(
                actor=who.user, moment=MOMENT, period=draft_world.period, versions=[draft_world.staff]
            )
    assert (Job.objects.count(), Scorecard.objects.count()) == (0, 0)


@pytest.mark.parametrize("yields", [1, 2, 3])
def test_a_killed_opening_ends_with_one_card_each(
    draft_world: World, policy: Person, monkeypatch: pytest.MonkeyPatch, yields: int
) -> None:
    monkeypatch.setattr(opening, "BATCH", 3)
    job = start(draft_world, policy)
    run: Iterator[jobs.Progress] = opening.make_cards(job, policy.user)
    for _step in range(yields):
        progress = next(run)
    run.close()
    assert draft_world.period.cards.count() == (yields - 1) * 3
    Job.objects.filter(pk=job.pk).update(cursor=dict(progress.cursor))
    assert finish(job).state == JobState.DONE
    assert codes() == EVERYBODY
    assert Scorecard.history.count() == 7


def killed_after(job: Job, policy: Person, batches: int) -> None:
    """Run the job until it has committed that many batches, and leave it as a killed worker does."""
    run: Iterator[jobs.Progress] = opening.make_cards(job, policy.user)
    for _step in range(batches + 1):
        progress = next(run)
    run.close()
    Job.objects.filter(pk=job.pk).update(cursor=dict(progress.cursor), done=progress.done)


def test_whoever_left_between_kill_and_restart_takes_nobody_elses_card(
    draft_world: World, policy: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of people shifts: nobody further down is passed over."""
    monkeypatch.setattr(opening, "BATCH", 3)
    job = start(draft_world, policy)
    killed_after(job, policy, batches=1)
    made = codes()
    assert made == EVERYBODY[:3]
    Appointment.objects.filter(person__staff_code=made[0]).update(ends_on=LAST - timedelta(days=1))
    worlds.person("AA001", "Lê Thị Đầu", draft_world.department)
    job = finish(Job.objects.get(pk=job.pk))
    assert codes() == ["AA001", *EVERYBODY]
    assert (job.state, job.done, job.total) == (JobState.DONE, 7, 7)
    entry = LedgerEntry.objects.get(act="period.opened")
    assert (entry.after["cards"], entry.after["planned"]) == (8, 7)


def test_progress_of_a_restart_begins_with_the_cards_that_are_there(
    draft_world: World, policy: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BATCH", 3)
    job = start(draft_world, policy)
    killed_after(job, policy, batches=2)
    job.refresh_from_db()
    steps = [(step.done, step.total) for step in opening.make_cards(job, policy.user)]
    assert steps == [(6, 7), (7, 7)]


def test_the_beginning_of_an_opening_is_recorded_before_any_card(draft_world: World, policy: Person) -> None:
    job = start(draft_world, policy)
    begun = LedgerEntry.objects.get(act="period.opening")
    assert Scorecard.objects.count() == 0
    assert (begun.actor_id, begun.period_id, begun.subject_label) == (
        policy.user.pk,
        draft_world.period.pk,
        "month 7/2026",
    )
    assert (begun.before, begun.after) == (
        {"state": "draft"},
        {
            "state": "opening",
            "units": ["A", "B"],
            "versions": [
                f"{version.set_code} v{version.number} {version.sha256}"
                for version in (draft_world.leaders, draft_world.staff)
            ],
            "catalogues": ["TINH v1"],
            "calendar": [],
        },
    )
    finish(job)
    finish(start(draft_world, policy))
    again = LedgerEntry.objects.filter(act="period.opening").order_by("pk").last()
    assert (again.before, again.after["state"]) == ({"state": "open"}, "open")


def test_an_opening_that_does_not_begin_is_not_recorded(draft_world: World, policy: Person) -> None:
    start(draft_world, policy)
    with pytest.raises(WrongState):
        start(draft_world, policy)
    assert LedgerEntry.objects.filter(act="period.opening").count() == 1


def test_a_batch_done_twice_changes_nothing(draft_world: World, policy: Person) -> None:
    job = finish(start(draft_world, policy))
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, cursor={})
    finish(job)
    assert codes() == EVERYBODY
    assert Scorecard.history.count() == 7


def test_a_worker_killed_behind_its_last_commit_records_the_opening_once(
    draft_world: World, policy: Person
) -> None:
    job = start(draft_world, policy)
    with coming_from(Origin(request_id=job.pk)):
        assert [step.done for step in opening.make_cards(job, policy.user)] == [0, 7]
    job.refresh_from_db()
    assert job.state == JobState.QUEUED  # nobody was left to say that it is done
    assert finish(job).state == JobState.DONE
    opened = LedgerEntry.objects.filter(act="period.opened")
    assert list(opened.values_list("request_id", flat=True)) == [job.pk]
    # Opened again on purpose, it is another act, by another job.
    again = finish(start(draft_world, policy))
    assert list(opened.order_by("pk").values_list("request_id", flat=True)) == [job.pk, again.pk]


def test_the_database_refuses_a_second_card(draft_world: World, policy: Person) -> None:
    finish(start(draft_world, policy))
    card = Scorecard.objects.get(person=draft_world.lan)
    card.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        card.save()


def test_people_registered_since_get_their_cards_later(draft_world: World, policy: Person) -> None:
    finish(start(draft_world, policy))
    worlds.person("CC006", "Lê Mới", draft_world.department)
    finish(start(draft_world, policy))
    assert codes() == sorted([*EVERYBODY, "CC006"])


def test_two_openings_do_not_run_beside_each_other(draft_world: World, policy: Person) -> None:
    start(draft_world, policy)
    with pytest.raises(WrongState, match="already under way"):
        start(draft_world, policy)


def test_a_closed_period_is_not_opened_again(draft_world: World, policy: Person) -> None:
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    with pytest.raises(WrongState):
        start(draft_world, policy)


def test_a_period_without_units_or_version_says_what_is_missing(draft_world: World, policy: Person) -> None:
    draft_world.period.units.clear()
    with pytest.raises(Invalid, match="units"):
        start(draft_world, policy)
    draft_world.period.units.add(draft_world.agency)
    VersionPin.objects.all().delete()
    Period.objects.update(starts_on="2026-05-01", ends_on="2026-05-31")
    with pytest.raises(Invalid, match="No criteria set"):
        start(draft_world, policy)
    assert Period.objects.get().state == PeriodState.DRAFT


def test_without_a_choice_the_versions_catalogues_and_days_in_effect_are_pinned(
    draft_world: World, policy: Person
) -> None:
    VersionPin.objects.all().delete()
    CataloguePin.objects.all().delete()
    for day, kind in (
        (date(2026, 9, 2), "off"),
        (date(2026, 8, 22), "worked"),
        (date(2026, 9, 3), "ordinary"),
    ):
        CalendarDay.objects.create(day=day, kind=kind, name="Quốc khánh")
    finish(start(draft_world, policy))
    CalendarDay.objects.update(kind="ordinary")
    finish(start(draft_world, policy))  # once more, for people who came since: the days stay
    calendar = ["2026-08-22 worked", "2026-09-02 off"]
    assert [f"{pin.day} {pin.kind}" for pin in CalendarPin.objects.order_by("day")] == calendar
    assert [
        entry.after["calendar"] for entry in LedgerEntry.objects.filter(act="period.opening").order_by("pk")
    ] == [calendar] * 2
    assert sorted(VersionPin.objects.values_list("version__set_code", flat=True)) == ["LD", "NV"]
    assert CataloguePin.objects.count() == 1


def test_versions_are_chosen_until_the_period_opens(draft_world: World, policy: Person) -> None:
    opening.choose_versions(
        actor=policy.user, moment=MOMENT, period=draft_world.period, versions=[draft_world.staff]
    )
    assert list(VersionPin.objects.values_list("version", flat=True)) == [draft_world.staff.pk]
    entry = LedgerEntry.objects.get(act="period.changed")
    assert (entry.before, entry.after) == ({"versions": ["LD v1", "NV v1"]}, {"versions": ["NV v1"]})
    CataloguePin.objects.all().delete()
    finish(start(draft_world, policy))
    with pytest.raises(WrongState, match="before a period opens"):
        opening.choose_versions(
            actor=policy.user, moment=MOMENT, period=draft_world.period, versions=[draft_world.leaders]
        )


@pytest.fixture
def decided_later(draft_world: World, policy: Person) -> Catalogue:
    """Version 2 of the province's catalogue, approved after the period was opened."""
    finish(start(draft_world, policy))
    catalogue: Catalogue = CatalogueFactory.create(
        approved=True, unit=draft_world.root, number=2, effective_on=worlds.LAST
    )
    for code, coefficient in ((draft_world.product.code, "9"), ("MOI.01", "3")):
        ProductFactory.create(catalogue=catalogue, code=code, coefficient=coefficient)
    return catalogue


def test_what_was_decided_during_the_month_is_used_in_it_once_its_catalogue_is_added(
    draft_world: World, policy: Person, decided_later: Catalogue
) -> None:
    world = draft_world
    given, unnamed = month.assign(world, world.lan), make.unnamed(world, world.lan)
    new = Product.objects.get(code="MOI.01")
    name = {"actor": world.head.user, "moment": MOMENT, "task": unnamed, "product": new}
    with pytest.raises(Invalid, match="stands in no catalogue that the period uses"):
        name_product(**name)
    before = set(CataloguePin.objects.values_list("pk", flat=True))
    added = opening.add_catalogues(
        actor=policy.user, moment=MOMENT, period=world.period, catalogues=[decided_later.pk]
    )
    assert (added, before < set(CataloguePin.objects.values_list("pk", flat=True))) == ([decided_later], True)
    assert name_product(**name).coefficient == 3
    given.refresh_from_db()
    assert (given.coefficient, given.product_id) == (world.product.coefficient, world.product.pk)
    entry = LedgerEntry.objects.get(act="period.changed")
    assert (entry.before, entry.after) == (
        {"catalogues": ["TINH v1"]},
        {"catalogues": ["TINH v1", "TINH v2"]},
    )
    offered = queries.products_for(world.period, world.department)
    assert sorted((product.code, product.catalogue.number) for product in offered) == [
        (world.product.code, 2), ("MOI.01", 2),
    ]  # fmt: skip


def test_only_what_was_seen_and_is_approved_is_added_by_whoever_opens_an_open_period(
    draft_world: World, policy: Person, decided_later: Catalogue
) -> None:
    world = draft_world
    draft = CatalogueFactory.create(unit=world.root, number=3)
    after = CatalogueFactory.create(
        approved=True, unit=world.other_agency, number=2, effective_on=worlds.LAST + timedelta(days=1)
    )

    def add(*catalogues: Catalogue, by: Person = policy) -> None:
        keys = [catalogue.pk for catalogue in catalogues]
        opening.add_catalogues(actor=by.user, moment=MOMENT, period=world.period, catalogues=keys)

    for wrong in ((), (draft,), (after,), (decided_later, draft)):
        with pytest.raises(WrongState, match="Look at them again"):
            add(*wrong)
    with pytest.raises(NotFound):
        add(decided_later, by=world.head)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    with pytest.raises(WrongState, match="not open"):
        add(decided_later)
    assert not CataloguePin.objects.filter(catalogue__in=[draft, after, decided_later]).exists()
    Period.objects.update(state=PeriodState.OPEN, closed_at=None)
    add(decided_later)
    with pytest.raises(WrongState, match="Look at them again"):
        add(decided_later)


def test_nobody_opens_or_closes_a_period_of_which_they_keep_only_a_part(draft_world: World) -> None:
    part = worlds.person("CS002", "Hồ Văn Phần", draft_world.root)
    hold(part, Capability.MANAGE_PERIODS, draft_world, unit=draft_world.agency)
    with pytest.raises(NotFound):
        start(draft_world, part)
    draft_world.period.units.remove(draft_world.other_agency)
    assert finish(start(draft_world, part)).state == JobState.DONE
    draft_world.period.units.add(draft_world.other_agency)
    with pytest.raises(NotFound):
        closing.close_period(actor=part.user, moment=MOMENT, period=draft_world.period, unfinished_seen=5)
    assert Period.objects.get().state == PeriodState.OPEN
