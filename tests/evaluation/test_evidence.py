"""Evidence: who attaches and withdraws what, when; what is counted, stored, remembered, and never left behind."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import storages
from django.db import DatabaseError, IntegrityError, connection, transaction

from kpi_cms.evaluation import evidence_queries
from kpi_cms.evaluation.domain import evidence as domain
from kpi_cms.evaluation.domain import proposals, stages
from kpi_cms.evaluation.enums import CardState, EvidenceState, TaskState
from kpi_cms.evaluation.models import Evidence, EvidenceUsage, Scorecard, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.files.refusals import FileRefused
from snippets.enums import PeriodState
from snippets.models import Period, Person
from tests.factories import evidence as make
from tests.factories.snippets import hold
from tests.helpers import files, month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
LATER = MOMENT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _empty_store(settings):
    """A store in memory of this test's own."""
    settings.STORAGES = dict(settings.STORAGES)


def stored() -> list[str]:
    return list(keeping._names(storages["evidence"]))


def document(number: int = 0) -> bytes:
    """Documents that differ."""
    return files.pdf(b"% " + str(number).encode())


def acts() -> list[str]:
    return list(
        LedgerEntry.objects.filter(act__startswith="evidence.").order_by("id").values_list("act", flat=True)
    )


def nothing_kept() -> bool:
    return (Evidence.objects.count(), Evidence.history.count(), acts(), stored()) == (0, 0, [], [])


# --- Attaching to a criterion ----------------------------------------------------------------------------------
def test_a_file_is_attached_to_a_criterion_with_history_and_an_act(world: World) -> None:
    data = document()
    found = make.attached(world, world.lan, data)
    card = world.card(world.lan)
    assert found.criterion is not None
    assert (found.card, found.criterion.code, found.task) == (card, "I.1", None)
    assert (found.state, found.kind, found.size, found.sha256) == (
        "kept",
        "pdf",
        len(data),
        found.sent_sha256,
    )
    assert (found.person, found.unit, found.period, found.uploader) == (
        world.lan, world.department, world.period, world.lan.user,
    )  # fmt: skip
    entry = LedgerEntry.objects.get(act="evidence.attached")
    assert (entry.subject_type, entry.subject_id, entry.person_id, entry.period_id, entry.before) == (
        "evaluation.Scorecard", str(card.pk), world.lan.pk, world.period.pk, None,
    )  # fmt: skip
    assert entry.subject_label == f"{card.code} I.1, SHA-256 {found.sha256[:12]}"
    assert entry.after == {
        "evidence": str(found.key), "state": "kept", "criterion": "I.1", "kind": "pdf", "size": str(len(data)),
        "sha256": found.sha256, "sent_sha256": found.sha256,
    }  # fmt: skip
    assert stored() == [found.storage_name]
    assert storages["evidence"].open(found.storage_name).read() == data


def test_history_and_ledger_hold_no_word_that_somebody_wrote(world: World) -> None:
    found = make.attached(world, world.lan)
    row = Evidence.history.get()
    assert {"title", "number", "storage_name"} & {field.name for field in row._meta.get_fields()} == set()
    assert texts.read([row.words_key]) == {found.words_key: f"{make.TITLE} ({make.NUMBER})"}
    written = str(list(LedgerEntry.objects.values()) + list(Evidence.history.values()))
    assert [word for word in (make.TITLE, make.NUMBER, found.storage_name) if word in written] == []


def test_a_file_without_a_number_is_known_by_its_title(world: World) -> None:
    found = make.attached(world, world.lan, title="  Ảnh hội nghị ", number=" ")
    assert (found.title, found.number) == ("Ảnh hội nghị", "")
    assert list(texts.read([found.words_key]).values()) == ["Ảnh hội nghị"]


def test_a_file_that_says_nothing_is_not_attached(world: World) -> None:
    with pytest.raises(Invalid) as raised:
        make.attached(world, world.lan, title=" ")
    assert raised.value.problems == {"title": ["Say what the file shows."]}
    assert nothing_kept()


def test_a_computed_criterion_has_its_evidence_at_the_tasks(world: World) -> None:
    card = world.card(world.lan)
    computed = next(each.key for each in card.version.compiled().criteria if not each.entered)
    for key, error in ((computed, WrongState), ("no-such-key", NotFound)):
        with make.judged() as file, pytest.raises(error):
            domain.attach_evidence(
                actor=world.lan.user, moment=MOMENT, card=card, criterion=key, file=file, title="x"
            )
    assert nothing_kept()


@pytest.mark.parametrize("who", ["head", "deputy", "minh", "chair"])
def test_nobody_else_attaches_to_a_card(world: World, who: str) -> None:
    """The evaluator and readers of the unit see the card: 403. To everybody else it is missing."""
    hold(world.deputy.user, world.department, "view_cards")
    other: Person = getattr(world, who)
    error = Refused if who in ("head", "deputy") else NotFound
    with pytest.raises(error) as raised:
        make.attached(world, world.lan, actor=other.user)
    if error is Refused:
        assert str(raised.value.sentence) == "Only the person themselves attaches evidence to their card."
    assert nothing_kept()


def test_a_missing_card_is_missing(world: World) -> None:
    card = world.card(world.lan)
    card.pk = 999_999
    with make.judged() as file, pytest.raises(NotFound):
        domain.attach_evidence(
            actor=world.lan.user, moment=MOMENT, card=card, criterion="x", file=file, title="x"
        )


@pytest.mark.parametrize("state", ["submitted", "confirmed", "notified"])
def test_what_was_sent_stands_still(world: World, state: str) -> None:
    kept = make.attached(world, world.lan, document(1))
    month.worked(world, world.lan)
    card: Scorecard = getattr(month, state)(world, world.lan)
    with pytest.raises(WrongState, match="This step is not possible now"):
        make.attached(world, world.lan, document(2))
    with pytest.raises(WrongState, match="This step is not possible now"):
        make.withdrawn(kept, reason="Nhầm tệp")
    assert (card.state, Evidence.objects.get().state, acts()) == (state, "kept", ["evidence.attached"])


def test_a_returned_card_takes_more_and_gives_back_with_a_reason(world: World) -> None:
    first = make.attached(world, world.lan, document(1))
    card = month.submitted(world, world.lan)
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Thiếu văn bản"
    )
    second = make.attached(world, world.lan, document(2), moment=LATER)
    with pytest.raises(Invalid) as raised:
        make.withdrawn(first)
    assert raised.value.problems == {"reason": ["Give a reason."]}
    make.withdrawn(first, reason="Nhầm tệp")
    make.withdrawn(second)
    assert acts() == ["evidence.attached", "evidence.attached", "evidence.withdrawn", "evidence.withdrawn"]
    keys = Evidence.history.filter(state="withdrawn").order_by("history_id")
    reasons = [list(texts.read([row.history_change_reason]).values()) for row in keys]
    assert reasons == [["Nhầm tệp"], []]


def test_nothing_is_attached_or_withdrawn_once_the_period_is_closed(world: World) -> None:
    kept = make.attached(world, world.lan)
    task = month.assign(world, world.lan)
    of_task = make.attached_to_task(task)
    Period.objects.filter(pk=world.period.pk).update(state=PeriodState.CLOSED, closed_at=MOMENT)
    for attempt in (
        lambda: make.attached(world, world.lan, document(2)),
        lambda: make.attached_to_task(task, document(2)),
        lambda: make.withdrawn(kept),
        lambda: make.withdrawn(of_task),
    ):
        with pytest.raises(WrongState, match="This period is closed"):
            attempt()
    assert acts() == ["evidence.attached", "evidence.attached"]


# --- Attaching to a task ---------------------------------------------------------------------------------------
def test_a_file_is_attached_to_a_task(world: World) -> None:
    task = month.assign(world, world.lan)
    found = make.attached_to_task(task)
    assert (found.task, found.card, found.criterion, found.unit) == (task, None, None, task.unit)
    entry = LedgerEntry.objects.get(act="evidence.attached")
    assert (entry.subject_type, entry.subject_id, entry.subject_label) == (
        "evaluation.Task", str(task.pk), f"DC.01, SHA-256 {found.sha256[:12]}",
    )  # fmt: skip
    assert (entry.after or {})["criterion"] == ""
    task.refresh_from_db()
    assert task.version_number == 1


def test_a_proposed_task_without_a_code_is_named_by_the_digest_alone(world: World) -> None:
    task = proposals.propose_task(
        actor=world.lan.user, moment=MOMENT, period=world.period, person=world.lan, name="Việc đột xuất",
        product=None, quantity=Decimal(1), due_on=world.period.ends_on,
    )  # fmt: skip
    found = make.attached_to_task(task)
    assert LedgerEntry.objects.get(act="evidence.attached").subject_label == f"SHA-256 {found.sha256[:12]}"


@pytest.mark.parametrize(("who", "error"), [("head", Refused), ("deputy", Refused), ("minh", NotFound)])
def test_nobody_else_attaches_to_a_task(world: World, who: str, error: type[Exception]) -> None:
    hold(world.deputy.user, world.department, "assign_tasks")
    task = month.assign(world, world.lan)
    with pytest.raises(error) as raised:
        make.attached_to_task(task, actor=getattr(world, who).user)
    if error is Refused:
        assert str(raised.value) == "Only the person who has the task attaches evidence to it."
    assert nothing_kept()


@pytest.mark.parametrize("state", [TaskState.CONFIRMED, TaskState.DECLINED, TaskState.WITHDRAWN])
def test_a_settled_task_takes_no_more(world: World, state: TaskState) -> None:
    task = month.assign(world, world.lan)
    kept = make.attached_to_task(task)
    Task.objects.filter(pk=task.pk).update(state=state)
    for attempt in (lambda: make.attached_to_task(task, document(2)), lambda: make.withdrawn(kept)):
        with pytest.raises(WrongState, match="This step is not possible now: the task is"):
            attempt()


def test_a_submitted_person_waits_for_the_card_to_come_back(world: World) -> None:
    task = month.assign(world, world.lan)
    month.submitted(world, world.lan)
    with pytest.raises(WrongState, match="You have submitted your self-assessment"):
        make.attached_to_task(task)


def test_a_decided_result_rests_on_what_it_rested_on(world: World) -> None:
    month.worked(world, world.lan)
    month.confirmed(world, world.lan)
    left = Task.objects.get()
    Task.objects.filter(pk=left.pk).update(state=TaskState.ASSIGNED)
    with pytest.raises(WrongState, match="This person's result is confirmed"):
        make.attached_to_task(left)


def test_t15_a_report_is_not_confirmed_over_evidence_that_changed_meanwhile(world: World) -> None:
    task = month.report(month.assign(world, world.lan))
    kept = make.attached_to_task(task)
    with pytest.raises(Stale):
        month.confirm_report(task)
    task.refresh_from_db()
    with pytest.raises(Invalid):
        make.withdrawn(kept)
    make.withdrawn(kept, reason="Nhầm tệp")
    with pytest.raises(Stale):
        month.confirm_report(task)
    task.refresh_from_db()
    assert month.confirm_report(task).state == TaskState.CONFIRMED


# --- Counting --------------------------------------------------------------------------------------------------
def test_ten_files_for_a_criterion_and_ten_for_a_task(world: World) -> None:
    task = month.assign(world, world.lan)
    kept = [make.attached(world, world.lan, document(number)) for number in range(10)]
    for number in range(10):
        make.attached_to_task(task, document(number))
    make.attached(world, world.lan, document(0), criterion=1)
    for attempt in (
        lambda: make.attached(world, world.lan, document(10)),
        lambda: make.attached_to_task(task, document(10)),
    ):
        with pytest.raises(Invalid) as raised:
            attempt()
        assert str(raised.value) == (
            "At most 10 files can be attached here. Withdraw one that is not needed, then attach this one."
        )
        assert list(raised.value.problems) == ["file"]
    make.withdrawn(kept[3])
    make.attached(world, world.lan, document(10))
    assert (Evidence.objects.count(), len(stored())) == (22, 22)


def test_a_file_is_attached_to_one_place_once(world: World) -> None:
    first = make.attached(world, world.lan)
    with pytest.raises(Invalid, match="This file is attached here already"):
        make.attached(world, world.lan)
    make.withdrawn(first)
    assert make.attached(world, world.lan).state == "kept"


def test_a_unit_has_its_space_and_withdrawing_alone_frees_none(world: World, settings) -> None:
    settings.EVIDENCE_UNIT_BYTES = len(document(1)) * 2
    first = make.attached(world, world.lan, document(1))
    make.attached(world, world.minh, document(2))
    make.withdrawn(first)
    with pytest.raises(Invalid, match=r"^The unit's space for evidence \(0 MB\) is used up\."):
        make.attached(world, world.lan, document(3))
    assert len(stored()) == 2
    assert EvidenceUsage.objects.get().bytes == len(document(1)) * 2
    assert make.attached(world, world.chair, document(3)).unit == world.agency


# --- Malware ---------------------------------------------------------------------------------------------------
def test_t28_malware_is_held_back_and_nobody_opens_it(world: World) -> None:
    month.worked(world, world.lan)
    found = make.attached(world, world.lan, files.EICAR)
    assert (found.state, found.kind, found.file_kind, found.is_kept) == ("quarantined", "", None, False)
    assert acts() == ["evidence.quarantined"]
    month.submitted(world, world.lan)
    mine = evidence_queries.attached_to(Scope.of(world.lan.user), world.card(world.lan))
    theirs = evidence_queries.attached_to(Scope.of(world.head.user), world.card(world.lan))
    assert ([list(each) for each in mine.to_criteria.values()], theirs.to_criteria) == ([[found]], {})
    with pytest.raises(NotFound):
        evidence_queries.evidence_for(Scope.of(world.head.user), found.key)


# --- What is refused leaves nothing ----------------------------------------------------------------------------
def test_a_row_that_cannot_be_written_leaves_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(domain, "enter_ledger", broken)
    with pytest.raises(ZeroDivisionError):
        make.attached(world, world.lan)
    assert nothing_kept()
    assert not EvidenceUsage.objects.exists()


def test_f06_a_full_store_is_one_sentence_and_no_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storages["evidence"], "_save", full)
    with pytest.raises(FileRefused) as refused:
        make.attached(world, world.lan)
    assert refused.value.code == "not_stored"
    assert nothing_kept()


# --- Withdrawing -----------------------------------------------------------------------------------------------
def test_a_withdrawn_file_is_gone_for_every_reader_and_stays_in_the_store(world: World) -> None:
    found = make.withdrawn(make.attached(world, world.lan))
    assert (found.state, found.withdrawn_at, len(stored())) == ("withdrawn", MOMENT, 1)
    with pytest.raises(NotFound):
        evidence_queries.evidence_for(Scope.of(world.lan.user), found.key)
    assert evidence_queries.attached_to(Scope.of(world.lan.user), world.card(world.lan)).to_criteria == {}
    with pytest.raises(WrongState, match="withdrawn already"):
        make.withdrawn(found)
    entry = LedgerEntry.objects.get(act="evidence.withdrawn")
    assert ((entry.before or {})["state"], (entry.after or {})["state"]) == ("kept", "withdrawn")


def test_nobody_withdraws_for_somebody_else(world: World) -> None:
    of_card = make.attached(world, world.lan)
    of_task = make.attached_to_task(month.assign(world, world.lan))
    for evidence in (of_card, of_task):
        for actor, error in ((world.head, Refused), (world.minh, NotFound)):
            with pytest.raises(error):
                domain.withdraw_evidence(actor=actor.user, moment=MOMENT, evidence=evidence, reason="x")
    assert set(Evidence.objects.values_list("state", flat=True)) == {"kept"}


# --- Who sees what ---------------------------------------------------------------------------------------------
def seen_by(who: Person, evidence: Evidence) -> bool:
    try:
        evidence_queries.evidence_for(Scope.of(who.user), evidence.key)
    except NotFound:
        return False
    return True


def test_evidence_of_a_card_is_seen_as_the_self_scores_are(world: World) -> None:
    hold(world.deputy.user, world.department, "view_cards")
    month.worked(world, world.lan)
    first = make.attached(world, world.lan, document(1))
    people = (world.lan, world.head, world.deputy, world.minh, world.stranger)

    def seen(evidence: Evidence) -> list[bool]:
        return [seen_by(who, evidence) for who in people]

    assert seen(first) == [True, False, False, False, False]
    card = month.submitted(world, world.lan)
    assert seen(first) == [True, True, True, False, False]
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Bổ sung"
    )
    second = make.attached(world, world.lan, document(2), moment=LATER)
    for evidence in (first, second):
        assert seen(evidence) == [True, False, False, False, False]
    card = world.card(world.lan)
    stages.submit_self(actor=world.lan.user, moment=LATER, card=card, expected=card.version_number)
    for evidence in (first, second):
        assert seen(evidence) == [True, True, True, False, False]


def test_evidence_of_a_card_that_was_never_sent_stays_its_persons(world: World) -> None:
    found = make.attached(world, world.lan)
    Scorecard.objects.filter(person=world.lan).update(state=CardState.SUBMITTED, without_self=True)
    assert (seen_by(world.lan, found), seen_by(world.head, found)) == (True, False)


def test_evidence_of_a_task_is_seen_by_whoever_sees_the_task(world: World) -> None:
    hold(world.deputy.user, world.department, "assign_tasks")
    task = month.assign(world, world.lan)
    found = make.attached_to_task(task)
    people = (world.lan, world.head, world.deputy, world.minh, world.stranger)
    assert [seen_by(who, found) for who in people] == [True, True, True, False, False]
    assert evidence_queries.attached_to_task(Scope.of(world.head.user), task) == [found]


def test_a_key_that_does_not_exist_is_missing(world: World) -> None:
    with pytest.raises(NotFound):
        evidence_queries.evidence_for(Scope.of(world.lan.user), uuid.uuid4())


def test_a_card_lists_its_own_evidence_and_that_of_the_tasks(world: World) -> None:
    """Another card of the same person in the same month keeps its files to itself."""
    task = month.assign(world, world.lan)
    here, of_task = make.attached(world, world.lan), make.attached_to_task(task)
    card = world.card(world.lan)
    found = evidence_queries.attached_to(Scope.of(world.lan.user), card)
    assert (found.to_criteria, found.to_tasks) == ({make.entered_key(card): [here]}, {task.pk: [of_task]})
    other = Scorecard(pk=card.pk + 1, person=card.person, period=card.period, unit=card.unit)
    found = evidence_queries.attached_to(Scope.of(world.lan.user), other)
    assert (found.to_criteria, list(found.to_tasks)) == ({}, [task.pk])


# --- What the database keeps -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ("criterion_id = NULL", "evaluation_evidence_of_one_thing"),
        ("task_id = (SELECT MAX(id) FROM evaluation_task)", "evaluation_evidence_of_one_thing"),
        ("card_id = NULL, criterion_id = NULL", "evaluation_evidence_of_one_thing"),
        ("size = 0", "evaluation_evidence_size"),
        ("kind = ''", "evaluation_evidence_kept_has_kind"),
        ("state = 'withdrawn'", "evaluation_evidence_withdrawn_has_moment"),
        ("erased_at = attached_at", "evaluation_evidence_kept_is_not_erased"),
    ],
)
def test_what_the_database_keeps(world: World, changes: str, constraint: str) -> None:
    month.assign(world, world.lan)
    found = make.attached(world, world.lan)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE evaluation_evidence SET {changes} WHERE id = {found.pk}")


def test_the_database_refuses_the_same_file_twice_in_one_place(world: World) -> None:
    of_card = make.attached(world, world.lan)
    of_task = make.attached_to_task(month.assign(world, world.lan))
    for evidence in (of_card, of_task):
        evidence.pk, evidence.key, evidence.storage_name = None, uuid.uuid4(), str(uuid.uuid4())
        with pytest.raises(IntegrityError), transaction.atomic():
            evidence.save()


def test_a_units_space_is_never_negative(world: World) -> None:
    make.attached(world, world.lan)
    with pytest.raises(DatabaseError), transaction.atomic():
        EvidenceUsage.objects.update(bytes=-1)


def test_a_row_of_evidence_reads_as_its_key(world: World) -> None:
    found = make.attached(world, world.lan)
    assert str(found) == str(found.key)
    assert str(EvidenceUsage.objects.get()) == f"{world.department.pk} {found.size}"
    assert EvidenceState(found.state).label == "Attached"
