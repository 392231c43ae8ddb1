"""A law has somebody's files of evidence erased: the bytes are gone, the rows say so, and everything else holds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import DatabaseError, transaction

from kpi_cms.evaluation import evidence_queries
from kpi_cms.evaluation.domain.erasing import Erasure, count_texts, erase_texts
from kpi_cms.evaluation.domain.evidence_tidying import damaged, tidy
from kpi_cms.evaluation.enums import Erasable
from kpi_cms.evaluation.models import Evidence, EvidenceUsage, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts, verification
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.files import keeping
from snippets.enums import Role
from snippets.models import Person
from tests.factories import evidence as make
from tests.factories.snippets import in_role
from tests.helpers import files, month
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.spoken import decided, spoken
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
GROUND = "Quyết định số 12/QĐ-TA của Tòa án"
LATER = MOMENT + timedelta(hours=1)
FILES = (Erasable.EVIDENCE,)
OF_DECIDED_ONES_TOO = (Erasable.EVIDENCE, Erasable.FILE)
Erase = Callable[..., Erasure]


@pytest.fixture(autouse=True)
def _store(settings) -> None:
    settings.STORAGES = dict(settings.STORAGES)  # a store in memory of this test's own


@pytest.fixture
def office(world: World) -> User:
    return in_role(world.root, Role.PERSONNEL, username="TC01")


@pytest.fixture
def erase(office: User, django_capture_on_commit_callbacks) -> Erase:
    def act(who: Person, kinds: Any = FILES, *, killed: bool = False, **more: Any) -> Erasure:
        """`killed`: between the commit and what follows it."""
        with django_capture_on_commit_callbacks(execute=not killed):
            return erase_texts(actor=office, moment=LATER, person=who, kinds=kinds, reason=GROUND, **more)

    return act


def stored() -> set[str]:
    return set(keeping._names(storages["evidence"]))


def of(*people: Person) -> set[str]:
    return set(Evidence.objects.filter(person__in=people).values_list("storage_name", flat=True))


def removed() -> int:
    return LedgerEntry.objects.filter(act="evidence.removed").count()


# --- What must stay -----------------------------------------------------------------------------------------
def test_no_file_goes_that_was_not_asked_for(world: World, erase: Erase) -> None:
    spoken(world, world.lan, "M")
    erase(world.lan, (Erasable.COMMENT, Erasable.REASON, Erasable.FILE, Erasable.NAME))
    assert (stored(), removed()) == (of(world.lan), 0)
    assert Evidence.objects.filter(state="kept").count() == 2


def test_nobody_else_s_file_is_gone(world: World, erase: Erase) -> None:
    spoken(world, world.lan, "M")
    spoken(world, world.minh, "N")
    done = erase(world.lan)
    assert (done.files, done.kept_files, done.count) == (2, 0, 0)
    assert stored() == of(world.minh)
    assert (
        list(Evidence.objects.filter(person=world.minh).values_list("state", "erased_at"))
        == [("kept", None)] * 2
    )
    assert [name for name, _sentence in damaged(actor=system_user())] == []


def test_what_stands_behind_a_decided_card_is_asked_for_by_its_name(world: World, erase: Erase) -> None:
    decided(world, world.lan, "M")
    done = erase(world.lan)
    assert (done.files, done.kept_files, stored()) == (0, 2, of(world.lan))
    done = erase(world.lan, OF_DECIDED_ONES_TOO)
    assert (done.files, done.kept_files, stored()) == (2, 0, set())


def test_only_what_was_attached_before_the_day_goes(world: World, erase: Erase) -> None:
    early = make.attached(world, world.lan, files.pdf(b"% 1"))
    late = make.attached(world, world.lan, files.pdf(b"% 2"), moment=MOMENT + timedelta(minutes=1))
    erase(world.lan, before=late.attached_at)
    assert stored() == {late.storage_name}
    early.refresh_from_db()
    assert early.erased_at == LATER


# --- What is gone, and what says so -------------------------------------------------------------------------
def test_the_row_keeps_its_digests_and_the_ledger_its_ground(world: World, erase: Erase) -> None:
    found = make.attached(world, world.lan)
    card = world.card(world.lan)
    erase(world.lan)
    was, now = found.sha256, Evidence.objects.get()
    assert (now.state, now.erased_at, now.sha256, now.sent_sha256, now.title) == (
        "removed", LATER, was, found.sent_sha256, found.title,
    )  # fmt: skip
    assert (stored(), EvidenceUsage.objects.get().bytes) == (set(), 0)
    assert Evidence.history.filter(id=now.pk, state="removed", erased_at=LATER).count() == 1
    entry = LedgerEntry.objects.get(act="evidence.removed")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.actor_code, entry.person_code, entry.before["state"], entry.after["state"]) == (
        "TC01", "CC004", "kept", "removed",
    )  # fmt: skip
    assert entry.after["sha256"] == was
    assert texts.read([entry.reason_key]) == {entry.reason_key: GROUND}
    assert world.card(world.lan).version_number == card.version_number + 1


def test_whoever_sees_the_card_reads_that_it_was_removed_and_nobody_opens_it(
    world: World, erase: Erase
) -> None:
    month.worked(world, world.lan)
    found = make.attached(world, world.lan)
    month.submitted(world, world.lan)
    erase(world.lan)
    card = world.card(world.lan)
    for who in (world.lan, world.head):
        shown = evidence_queries.attached_to(Scope.of(who.user), card)
        assert [[each.state for each in rows] for rows in shown.to_criteria.values()] == [["removed"]]
        with pytest.raises(NotFound):
            evidence_queries.evidence_for(Scope.of(who.user), found.key)


def test_withdrawn_files_and_malware_go_at_once_and_keep_their_state(world: World, erase: Erase) -> None:
    make.withdrawn(make.attached(world, world.lan, files.pdf(b"% 1")))
    make.attached(world, world.lan, files.EICAR)
    assert len(stored()) == 2
    assert erase(world.lan).files == 2
    states = Evidence.objects.order_by("state").values_list("state", "erased_at")
    assert (list(states), stored()) == ([("quarantined", LATER), ("withdrawn", LATER)], set())


def test_an_erasure_that_comes_twice_finds_nothing_more(world: World, erase: Erase, office: User) -> None:
    spoken(world, world.lan, "M")
    counted = count_texts(actor=office, person=world.lan, kinds=FILES)
    assert (counted.files, len(stored()), removed()) == (2, 2, 0)
    assert (erase(world.lan).files, erase(world.lan).files, removed()) == (2, 0, 2)


def test_killed_between_the_commit_and_the_file_the_night_finishes_it(world: World, erase: Erase) -> None:
    other = make.attached(world, world.minh, files.pdf(b"% 2"))
    make.attached(world, world.lan, files.pdf(b"% 1"))
    erase(world.lan, killed=True)
    assert len(stored()) == 2
    for _night in range(2):
        tidy(actor=system_user(), moment=MOMENT + timedelta(days=3650))
        assert stored() == {other.storage_name}
    assert (removed(), Evidence.objects.filter(state="removed").count()) == (1, 1)


def test_a_store_that_refuses_stops_neither_the_erasure_nor_the_other_files(
    world: World, erase: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken(world, world.lan, "M")
    stubborn, real = min(of(world.lan)), keeping.forget

    def forget(store: str, name: str) -> None:
        if name == stubborn:
            raise OSError
        real(store, name)

    monkeypatch.setattr(keeping, "forget", forget)
    assert erase(world.lan).files == 2
    assert stored() == {stubborn}
    monkeypatch.undo()
    tidy(actor=system_user(), moment=MOMENT + timedelta(days=3650))
    assert stored() == set()


def test_the_verifier_holds_as_before(world: World, erase: Erase) -> None:
    decided(world, world.lan, "M")
    before = [(each.wrong, each.table) for each in verification.run().findings]
    erase(world.lan, OF_DECIDED_ONES_TOO)
    assert [(each.wrong, each.table) for each in verification.run().findings] == before


def test_the_command_says_how_many_and_what_is_out_of_reach(
    world: World, office: User, capsys: pytest.CaptureFixture[str]
) -> None:
    decided(world, world.lan, "M")
    more = {"person": "CC004", "reason": GROUND, "actor": "TC01", "dry_run": True}
    call_command("erase_texts", kind=["evidence"], **more)
    assert "2 more files stand behind decided cards" in capsys.readouterr().out
    call_command("erase_texts", kind=["evidence", "file"], **more)
    said = capsys.readouterr().out
    assert "2 files of evidence would be removed." in said
    assert "What had left the product before" in said
    assert removed() == 0


# --- The database -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [{"state": "removed"}, {"erased_at": MOMENT}])
def test_the_database_keeps_a_removed_file_with_its_moment(world: World, change: dict[str, Any]) -> None:
    make.attached(world, world.lan)
    with pytest.raises(DatabaseError), transaction.atomic():
        Evidence.objects.update(**change)


@pytest.mark.postgresql
def test_the_application_s_own_role_removes_files_behind_the_second_wall(world: World, erase: Erase) -> None:
    require_roles()
    decided(world, world.lan, "M")
    with acting_as_the_application():
        assert erase(world.lan, OF_DECIDED_ONES_TOO).files == 2
    assert Scorecard.objects.get(person=world.lan).state == "confirmed"
