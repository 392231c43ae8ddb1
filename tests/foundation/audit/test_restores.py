"""A restored backup: nobody acts, nothing is sealed nor anchored, until what was lost is signed off in the ledger."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from kpi_cms.foundation.audit import (
    anchors,
    append_only,
    bundle,
    ledger,
    restores,
    sealing,
    signing_off,
    state,
    verification,
)
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import Anchor, LedgerEntry, Seal, SealWaiting
from kpi_cms.foundation.audit.offline import check_bundle
from kpi_cms.foundation.audit.source import Part
from kpi_cms.foundation.audit.verifying import Wrong
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Invalid, ReadOnly, WrongState
from kpi_cms.foundation.core.models import JobState
from tests.factories.snippets import UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
REASON = "Chủ tịch xã quyết định tại biên bản 12/BB"
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "keys" / "key.pem")
    anchors.make_key(tmp_path / "keys" / "key.pem")
    monkeypatch.setattr(restores, "LOOK_SECONDS", 0.0)
    return tmp_path / "anchors"


def at(minutes):
    return MOMENT + timedelta(minutes=minutes)


def act(minutes=0, user=None):
    user = user or UserFactory()
    with as_actor(user, at(minutes)):
        return ledger.record(Act.UNIT_CHANGED, subject=user)


def anchor(minutes=0):
    return anchors.make_anchor(moment=at(minutes), occasion="manual")


def restore_to(*, anchor_number, links):
    """What a backup taken then holds: nothing that came after it."""
    with append_only.flush_allowed():
        lost = Seal.objects.filter(number__gt=links)
        LedgerEntry.objects.filter(pk__in=list(lost.values_list("row_id", flat=True))).delete()
        lost.delete()
        SealWaiting.objects.all().delete()
        Anchor.objects.filter(number__gt=anchor_number).delete()


@pytest.fixture
def restored(folder):
    """Two acts and an anchor are left; an anchor with two acts more, and one with a third, are known to the folder."""
    for minutes in (0, 1):
        act(minutes)
    anchor(2)
    act(3)
    act(4)
    anchor(5)
    act(6)
    anchor(7)
    restore_to(anchor_number=1, links=2)
    return folder


def accept(minutes=60, reason=REASON):
    return signing_off.accept(actor=UserFactory(), moment=at(minutes), reason=reason)


# --- Nobody acts --------------------------------------------------------------------------------------------
def test_after_a_restore_nobody_acts_and_everything_can_be_read(restored, client):
    user, before = UserFactory(), LedgerEntry.objects.count()
    with pytest.raises(ReadOnly, match="a backup was restored"):
        act(user=user)
    assert LedgerEntry.objects.count() == before
    client.force_login(user)
    assert client.get("/").status_code == 200
    assert client.get("/suc-khoe/").json()["writable"] is False


def test_a_page_that_would_change_something_answers_503_with_the_sentence(restored, client):
    old, new = "Mật-khẩu-cũ-rất-dài", "x-Đường-dài-9-ngựa"
    user = UserFactory()
    user.set_password(old)
    user.save()
    client.force_login(user)
    words = {"current": old, "new": new, "repeated": new}
    answer = client.post("/tai-khoan/mat-khau/", words)
    assert answer.status_code == 503
    assert answer.context["sentence"] == restores.SENTENCE
    user.refresh_from_db()
    assert user.check_password(old)
    for path in restored.glob("kpi-anchor-0000000[23]-*"):
        path.unlink()
    assert client.post("/tai-khoan/mat-khau/", words).status_code == 302


def test_a_job_ends_with_the_sentence_and_has_changed_nothing(restored):
    user = UserFactory()

    @jobs.job("test: acts")
    def acts(job, actor):
        with as_actor(actor, MOMENT):
            ledger.record(Act.UNIT_CHANGED, subject=actor)
        yield jobs.Progress(1, 1)

    made = jobs.Job.objects.create(
        name="test: acts", key="k", arguments={}, actor_id=user.pk, created_at=MOMENT
    )
    before = LedgerEntry.objects.count()
    jobs.run_job.func(str(made.pk))
    made.refresh_from_db()
    assert (made.state, made.message) == (JobState.FAILED, str(restores.SENTENCE))
    assert LedgerEntry.objects.count() == before


def test_nothing_is_sealed_nor_anchored_until_it_is_signed_off(restored, settings):
    user = UserFactory()
    with restores.acting_nevertheless():
        act(user=user)  # as a row that waited when the backup was taken
    files = sorted(restored.iterdir())
    assert sealing.seal_waiting() == 0
    assert SealWaiting.objects.count() == 1
    assert anchors.anchor_when_due(moment=at(60 * 48)) is None
    with pytest.raises(ReadOnly):
        anchor(60 * 48)
    assert (Anchor.objects.count(), sorted(restored.iterdir())) == (1, files)


def test_a_check_and_the_verifier_say_so(restored):
    assert [found.id for found in run_checks(databases=["default"]) if found.id == "audit.E011"] == [
        "audit.E011"
    ]
    assert [found for found in run_checks() if found.id == "audit.E011"] == []  # no database was asked for
    assert {found.wrong for found in verification.run().findings} == {
        Wrong.CHAIN_SHORTER,
        Wrong.ANCHOR_MISSING,
    }


def test_without_a_loss_everybody_acts(folder):
    act()
    anchor()
    act(1)
    assert [found for found in run_checks(databases=["default"]) if found.id == "audit.E011"] == []
    assert state.is_writable()
    with pytest.raises(WrongState, match="nothing to sign off"):
        accept()
    assert not LedgerEntry.objects.filter(act=Act.RESTORE_ACCEPTED).exists()


def test_without_a_folder_or_before_the_first_anchor_nothing_is_asked(
    folder, settings, django_assert_num_queries
):
    for name in (str(folder), ""):
        settings.LEDGER_ANCHOR_FOLDER = name
        with django_assert_num_queries(0):
            assert restores.is_read_only() is False


def test_a_process_looks_at_most_every_few_seconds(restored, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(restores, "LOOK_SECONDS", 3.0)
    restores.look_again()
    clock = restores.time.monotonic()
    monkeypatch.setattr(restores.time, "monotonic", lambda: clock + 2)
    with django_assert_num_queries(0):
        assert restores.is_read_only() is True
    monkeypatch.setattr(restores.time, "monotonic", lambda: clock + 10)
    for path in restored.glob("kpi-anchor-*"):
        path.unlink()
    assert restores.is_read_only() is False


def test_one_number_is_asked_of_the_database_while_nothing_was_lost(folder, django_assert_num_queries):
    act()
    anchor()
    with django_assert_num_queries(1):
        assert restores.is_read_only() is False


def test_a_folder_that_cannot_be_read_opens_nothing_and_closes_nothing(restored, monkeypatch, caplog):
    assert restores.is_read_only() is True

    def fail(path):
        raise PermissionError(path)

    monkeypatch.setattr(restores.os, "stat", fail)
    assert restores.is_read_only() is True
    assert "cannot be read" in caplog.text


def test_a_lost_key_and_a_changed_file_open_nothing(restored, settings):
    settings.LEDGER_SIGNING_KEY = ""
    for path in restored.glob("kpi-anchor-00000003-*.json"):
        path.write_text("{}")
    (restored / anchors.PUBLIC_KEY).unlink()
    assert restores.is_read_only() is True


# --- The file of an anchor gets its name after its row ------------------------------------------------------
def test_an_anchor_whose_row_was_not_committed_is_seen_by_nobody(folder, monkeypatch):
    act()
    anchor()

    def fail(**values):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(Anchor.objects, "create", fail)
        with pytest.raises(ConnectionError):
            anchor(1)
    assert len(anchors.files_in(folder)) == 1
    assert restores.is_read_only() is False
    assert anchor(2).number == 2
    assert verification.run().holds


def test_an_anchor_killed_before_its_file_got_its_name_is_finished_by_the_next_round(folder, monkeypatch):
    act()
    with monkeypatch.context() as patch:
        patch.setattr(anchors, "_finish_file", lambda row: None)
        made = anchor()
    assert anchors.files_in(folder) == []
    anchors.anchor_when_due(moment=at(1))
    [path] = anchors.files_in(folder)
    assert (path.name, anchors.read_file(path, anchors.public_key()).signed) == (made.file_name, True)
    assert list(folder.glob(".*.part")) == []
    assert verification.run().holds


# --- Signing off --------------------------------------------------------------------------------------------
def test_what_was_lost_is_shown_and_nothing_signed_off_without_a_reason(restored):
    out = StringIO()
    with pytest.raises(CommandError, match="Nothing was signed off"):
        call_command("accept_restore", stdout=out)
    assert out.getvalue().splitlines() == [
        "The last anchor that the database knows: 1 2026-08-03 02:02:00+00",
        "  lost: anchor 2 of 2026-08-03 02:05:00+00, signed",
        "  lost: anchor 3 of 2026-08-03 02:07:00+00, signed",
        "  chain @: 2 of 5 anchored links are left",
    ]
    with pytest.raises(Invalid):
        accept(reason="  ")
    with pytest.raises(ReadOnly):
        act()
    assert not LedgerEntry.objects.filter(act=Act.RESTORE_ACCEPTED).exists()


def test_signed_off_it_stands_in_the_ledger_and_anchors_go_on_behind_the_highest(restored):
    files = {path.name: path.read_bytes() for path in restored.iterdir()}
    accept()
    entry = LedgerEntry.objects.get(act=Act.RESTORE_ACCEPTED)
    assert {key: entry.after[key] for key in ("known", "from", "to", "anchors", "chains")} == {
        "known": 1, "from": 2, "to": 3, "anchors": 2, "chains": {"@": [2, 5]},
    }  # fmt: skip
    assert list(Anchor.objects.order_by("number").values_list("number", flat=True)) == [1, 4]
    assert {name: (restored / name).read_bytes() for name in files} == files
    act(61)
    assert anchor(62).number == 5
    assert restores.is_read_only() is False
    outcome = verification.run()
    assert outcome.findings == []
    assert [(each.entry, each.first, each.last) for each in outcome.accepted] == [(entry.pk, 2, 3)]
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "Accepted: Anchors 2 to 3 were given up after a restore" in out.getvalue()
    call_command("verify_ledger", anchor=anchors.files_in(restored)[1:2], stdout=out)


def test_rows_that_waited_in_the_backup_are_sealed_with_the_signing_off(restored):
    with restores.acting_nevertheless():
        act(2)
    accept()
    assert SealWaiting.objects.count() == 0
    assert verification.run().findings == []


def test_a_second_restore_is_a_second_loss(restored):
    accept()
    act(61)
    anchor(62)
    restore_to(anchor_number=4, links=3)
    with pytest.raises(ReadOnly):
        act(63)
    accept(64)
    assert [(each.first, each.last) for each in verification.run().accepted] == [(2, 3), (5, 5)]
    assert verification.run().findings == []


def test_killed_between_entry_and_anchor_the_scheduler_writes_it(restored, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(anchors, "make_anchor", lambda **values: None)
        accept()
    act(61)
    sealing.seal_waiting()
    made = anchors.anchor_when_due(moment=at(62))
    assert made.number == 4
    assert len(json.loads((restored / made.file_name).read_text())["given_up"]) == 1


# --- What the signing off does not cover --------------------------------------------------------------------
def test_without_the_entry_in_a_chain_the_gap_is_found_again(restored):
    accept()
    with append_only.flush_allowed():
        LedgerEntry.objects.filter(act=Act.RESTORE_ACCEPTED).delete()
    assert Wrong.ANCHOR_MISSING in {found.wrong for found in verification.run().findings}


def test_an_entry_that_was_never_sealed_gives_nothing_up(restored):
    accept()
    entry = LedgerEntry.objects.get(act=Act.RESTORE_ACCEPTED)
    with append_only.flush_allowed():
        Seal.objects.filter(row_id=entry.pk).delete()
    assert {Wrong.ANCHOR_MISSING, Wrong.ROW_ADDED} <= {found.wrong for found in verification.run().findings}


def test_a_file_put_in_or_taken_out_later_is_found(restored):
    accept()
    second = anchors.files_in(restored)[1]
    content = second.read_bytes()
    second.unlink()
    assert {found.wrong for found in verification.run().findings} == {
        Wrong.ANCHOR_CHANGED, Wrong.ANCHOR_MISSING, Wrong.CHAIN_SHORTER,
    }  # fmt: skip
    second.write_bytes(content.replace(b"manual", b"Manual"))
    assert Wrong.ANCHOR_CHANGED in {found.wrong for found in verification.run().findings}
    second.write_bytes(content)
    assert verification.run().findings == []


def test_what_was_left_is_still_compared_with_the_anchors_given_up(folder):
    """An anchor of the lost day says of a chain that nothing had happened: the rows before it stay proved by it."""
    act(0)
    anchor(1)
    user = UserFactory()
    with as_actor(user, at(2)):
        entry = ledger.record(Act.UNIT_CHANGED, subject=user, label="old")
    anchor(3)
    restore_to(anchor_number=1, links=2)  # the backup is younger than the last row, older than its anchor
    accept()
    assert LedgerEntry.objects.get(act=Act.RESTORE_ACCEPTED).after["chains"] == {}
    assert verification.run().findings == []
    with append_only.flush_allowed():
        Seal.objects.filter(row_id=entry.pk).update(head=b"x" * 32)
    assert {Wrong.LINK_CHANGED, Wrong.CHAIN_DIFFERS} <= {found.wrong for found in verification.run().findings}


def test_a_file_that_is_no_anchor_counts_by_its_name_and_stays_a_finding(restored):
    (restored / "kpi-anchor-00000009-x.json").write_text("{}")
    out = StringIO()
    call_command("accept_restore", reason=REASON, stdout=out)
    assert "  no anchor: kpi-anchor-00000009-x.json" in out.getvalue()
    assert out.getvalue().endswith("Everybody may act again.\n")
    assert Anchor.objects.order_by("-number").first().number == 10
    call_command("accept_restore", stdout=out)
    assert out.getvalue().endswith("nothing was lost.\n")
    with pytest.raises(CommandError, match="nothing to sign off"):
        call_command("accept_restore", reason=REASON)
    assert [found.row_id for found in verification.run().findings] == ["kpi-anchor-00000009-x.json"]


# --- Without the database -----------------------------------------------------------------------------------
def check(path):
    done = subprocess.run(
        [sys.executable, check_bundle.__file__, str(path)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def written(path):
    with as_actor(UserFactory(), at(70)), path.open("wb") as out:
        bundle.write(out, Part(chain="@"), moment=at(70))
    return path


def test_the_offline_checker_names_what_was_given_up_and_holds(restored, tmp_path):
    accept()
    code, said = check(written(tmp_path / "b.zip"))
    assert (code, "given up after a restore" in said) == (0, True)


def test_an_anchor_that_gives_up_others_without_a_signature_gives_up_nothing(restored, tmp_path):
    accept()
    path = written(tmp_path / "b.zip")
    folder = tmp_path / "b"
    shutil.unpack_archive(path, folder)
    for signature in (folder / "anchors").glob("kpi-anchor-00000004-*.sig"):
        signature.write_bytes(bytes(64))
    code, said = check(folder)
    assert code == 1
    assert "shorter than the anchor kpi-anchor-00000002" in said
