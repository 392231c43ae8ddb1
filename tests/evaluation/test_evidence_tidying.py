"""The night: withdrawn files are erased with an act of their own, files that nobody names are swept, the rest stays."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from kpi_cms.evaluation.domain import evidence_tidying
from kpi_cms.evaluation.domain.evidence_tidying import damaged, erase_file, sweep, tidy
from kpi_cms.evaluation.models import Evidence, EvidenceUsage
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import WrongState
from kpi_cms.foundation.core.files import keeping
from tests.factories import evidence as make
from tests.helpers import files, month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
OLD = MOMENT + timedelta(days=90)
Run = Callable[..., None]


@pytest.fixture
def at_night(settings, django_capture_on_commit_callbacks) -> Run:
    """The night's work of a day, with what leaves after commit; in a store in memory of this test's own."""
    settings.STORAGES = dict(settings.STORAGES)

    def run(moment: datetime) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            tidy(actor=system_user(), moment=moment)

    return run


def stored() -> list[str]:
    return list(keeping._names(storages["evidence"]))


def erased() -> list[str]:
    entries = LedgerEntry.objects.filter(act="evidence.erased").order_by("id")
    return [(entry.after or {})["evidence"] for entry in entries]


def test_a_withdrawn_file_is_erased_after_its_time_and_its_space_is_free(world: World, at_night: Run) -> None:
    first = make.withdrawn(make.attached(world, world.lan, files.pdf(b"% 1")))
    kept = make.attached(world, world.lan, files.pdf(b"% 2"))
    at_night(OLD - timedelta(seconds=1))
    assert (len(stored()), erased()) == (2, [])
    at_night(OLD)
    assert (stored(), erased()) == ([kept.storage_name], [str(first.key)])
    first.refresh_from_db()
    assert (first.erased_at, first.state) == (OLD, "withdrawn")
    assert EvidenceUsage.objects.get().bytes == kept.size
    entry = LedgerEntry.objects.get(act="evidence.erased")
    assert (entry.actor_code, entry.person_id, (entry.after or {})["sha256"]) == (
        system_user().get_username(), world.lan.pk, first.sha256,
    )  # fmt: skip
    assert Evidence.history.filter(id=first.pk, erased_at=OLD).count() == 1


def test_the_night_may_come_twice(world: World, at_night: Run) -> None:
    found = make.withdrawn(make.attached(world, world.lan))
    at_night(OLD)
    at_night(OLD)
    erase_file(actor=system_user(), moment=OLD, evidence=found)
    assert (erased(), EvidenceUsage.objects.get().bytes) == ([str(found.key)], 0)


def test_malware_is_erased_after_the_same_time(world: World, at_night: Run) -> None:
    found = make.attached_to_task(month.assign(world, world.lan), files.EICAR)
    at_night(OLD)
    assert (stored(), erased()) == ([], [str(found.key)])


def test_what_is_evidence_is_never_erased(world: World, at_night: Run) -> None:
    found = make.attached(world, world.lan)
    at_night(MOMENT + timedelta(days=4_000))
    with pytest.raises(WrongState, match="is not erased"):
        erase_file(actor=system_user(), moment=OLD, evidence=found)
    assert (stored(), erased()) == ([found.storage_name], [])


def test_an_erasure_that_is_rolled_back_removes_nothing(
    world: World, at_night: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.withdrawn(make.attached(world, world.lan))

    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(evidence_tidying, "enter_ledger", broken)
    with pytest.raises(ZeroDivisionError):
        at_night(OLD)
    assert (len(stored()), Evidence.objects.get().erased_at) == (1, None)


def test_f09_files_that_no_row_names_are_swept_after_a_day(world: World, at_night: Run) -> None:
    """What a killed server left behind, and a file whose erasure was committed but not carried out."""
    kept = make.attached(world, world.lan, files.pdf(b"% 1"))
    lost = make.withdrawn(make.attached(world, world.lan, files.pdf(b"% 2")))
    Evidence.objects.filter(pk=lost.pk).update(erased_at=MOMENT)
    storages["evidence"].save("ab/cd/orphan", ContentFile(b"x"))
    now = datetime.now(UTC)
    assert sweep(actor=system_user(), moment=now + timedelta(hours=23)) == 0
    assert sweep(actor=system_user(), moment=now + timedelta(hours=25)) == 2
    assert stored() == [kept.storage_name]


def test_the_log_says_how_many_were_swept(world: World, at_night: Run, caplog) -> None:
    storages["evidence"].save("ab/cd/orphan", ContentFile(b"x"))
    at_night(datetime.now(UTC) + timedelta(days=2))
    assert caplog.messages == ["Swept 1 files of evidence that no row names."]


def test_f17_what_is_missing_or_damaged_is_named(
    world: World, at_night: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_tidying, "BATCH", 2)
    whole, missing, flipped = (
        make.attached(world, world.lan, files.pdf(b"% " + str(number).encode())) for number in range(3)
    )
    gone = make.withdrawn(make.attached(world, world.minh))
    Evidence.objects.filter(pk=gone.pk).update(erased_at=MOMENT)
    storages["evidence"].delete(missing.storage_name)
    storages["evidence"].delete(gone.storage_name)
    with storages["evidence"].open(flipped.storage_name, "rb+") as stream:
        stream.write(b"!")
    found = {evidence.pk: sentence for evidence, sentence in damaged(actor=system_user())}
    assert {pk: sentence[:25] for pk, sentence in found.items()} == {
        missing.pk: "This file is missing from", flipped.pk: "This file was damaged in ",
    }  # fmt: skip
    assert whole.pk not in found


def test_the_command_names_what_is_wrong_and_fails(world: World, at_night: Run, capsys) -> None:
    found = make.attached(world, world.lan)
    call_command("check_evidence")
    assert capsys.readouterr().out == "Every file of evidence is there and is what it was.\n"
    storages["evidence"].delete(found.storage_name)
    with pytest.raises(CommandError, match=r"^1 files of evidence are missing or damaged\.$"):
        call_command("check_evidence")
    assert capsys.readouterr().out.startswith(f"{found.key}: This file is missing from the store.")


def test_the_command_does_the_nights_work_when_asked(
    world: World, at_night: Run, django_capture_on_commit_callbacks
) -> None:
    make.withdrawn(make.attached(world, world.lan), moment=MOMENT - timedelta(days=400))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("check_evidence", tidy=True)
    assert (stored(), len(erased())) == ([], 1)
