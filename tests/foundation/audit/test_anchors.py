"""Anchors are signed, follow one another, come when they are due, and show what a database alone cannot."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from kpi_cms.foundation.audit import anchors, append_only, ledger, sealing, verification
from kpi_cms.foundation.audit.checks import anchors_are_evidence
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import Seal
from kpi_cms.foundation.audit.verifying import Wrong
from kpi_cms.foundation.core.actor import as_actor, database_now
from tests.factories.snippets import UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "keys" / "key.pem")
    anchors.make_key(tmp_path / "keys" / "key.pem")
    return tmp_path / "anchors"


def act(kind=Act.UNIT_CHANGED, at=MOMENT):
    user = UserFactory()
    with as_actor(user, at):
        ledger.record(kind, subject=user)


def anchor(minutes=0):
    return anchors.make_anchor(moment=MOMENT + timedelta(minutes=minutes), occasion="manual")


def test_an_anchor_holds_the_heads_and_the_links_since_the_one_before(folder):
    act()
    first = anchor()
    act()
    act()
    second = anchor(1)
    said = json.loads((folder / second.file_name).read_text())
    assert (said["number"], said["previous"], said["at"]) == (2, first.sha256, "2026-08-03 02:01:00+00")
    assert said["chains"]["@"]["head"] == sealing.heads()["@"].digest.hex()
    assert (said["chains"]["@"]["first"], len(said["chains"]["@"]["leaves"])) == (2, 2)
    found = anchors.read_file(folder / second.file_name, anchors.public_key())
    assert (found.signed, found.sha256) == (True, second.sha256)
    assert oct((folder.parent / "keys" / "key.pem").stat().st_mode)[-3:] == "600"


def test_a_key_that_is_there_is_kept(folder, settings):
    before = anchors.public_pem()
    anchors.make_key(folder.parent / "keys" / "key.pem")
    assert anchors.public_pem() == before
    act()
    anchor()
    settings.LEDGER_SIGNING_KEY = ""
    assert anchors.public_pem() == before  # the one beside the anchors


def test_due_every_ten_minutes_at_each_closing_and_daily_when_nothing_happens(folder):
    def at(minutes):
        return anchors.anchor_when_due(moment=MOMENT + timedelta(minutes=minutes))

    assert at(0) is None  # nothing to anchor
    act()
    sealing.seal_waiting()
    assert at(0).number == 1
    act()
    sealing.seal_waiting()
    assert at(9) is None
    assert at(10).number == 2
    assert at(60) is None
    assert at(10 + 24 * 60).number == 3
    act(Act.PERIOD_CLOSED)
    assert at(10 + 24 * 60) is None  # not sealed yet
    sealing.seal_waiting()
    assert at(10 + 24 * 60).occasion == "period.closed"
    assert at(11 + 24 * 60) is None


def test_without_a_folder_nothing_is_due(settings):
    settings.LEDGER_ANCHOR_FOLDER = ""
    act()
    sealing.seal_waiting()
    assert anchors.anchor_when_due(moment=MOMENT) is None
    with pytest.raises(CommandError, match="KPI_ANCHOR_FOLDER"):
        call_command("anchor_ledger")


def test_auditors_get_the_heads_by_mail(folder, settings, django_capture_on_commit_callbacks):
    settings.LEDGER_ANCHOR_MAILS = ["thanhtra@example.vn"]
    act()
    with django_capture_on_commit_callbacks(execute=True):
        made = anchor()
    [sent] = mail.outbox
    assert sent.to == ["thanhtra@example.vn"]
    assert made.sha256 in sent.body
    assert sealing.heads()["@"].digest.hex() in sent.body


def test_many_links_at_once_are_not_written_one_by_one(folder, monkeypatch):
    monkeypatch.setattr(anchors, "LEAVES", 1)
    act()
    act()
    made = anchor()
    assert json.loads((folder / made.file_name).read_text())["chains"]["@"]["leaves"] == []
    assert verification.run().holds


def test_a_changed_file_a_missing_row_and_a_stranger_s_file_are_found(folder):
    act()
    path = folder / anchor().file_name
    content = path.read_bytes()
    path.write_bytes(content.replace(b"manual", b"Manual"))
    assert {finding.wrong for finding in verification.run().findings} == {Wrong.ANCHOR_CHANGED}
    path.write_bytes(content)
    stranger = folder / "kpi-anchor-00000009-x.json"
    stranger.write_bytes(content.replace(b'"number": 1,\n"occasion"', b'"number": 9,\n"occasion"'))
    findings = {(finding.row_id, finding.wrong) for finding in verification.run().findings}
    assert (stranger.name, Wrong.ANCHOR_MISSING) in findings
    assert (stranger.name, Wrong.ANCHOR_CHANGED) in findings  # its signature is another's
    stranger.write_text("{}")
    assert [finding.row_id for finding in verification.run().findings] == [stranger.name]


def test_an_unsigned_anchor_can_be_read(folder, settings):
    settings.LEDGER_SIGNING_KEY = ""
    act()
    made = anchor()
    assert anchors.read_file(folder / made.file_name, None).signed is None
    assert verification.run().holds


def test_the_database_s_own_anchors_count_where_the_files_are_gone(folder):
    act()
    path = folder / anchor().file_name
    path.unlink()
    assert [str(finding) for finding in verification.run().findings] == [
        f"anchor {path.name}: anchor has no file any more (1 anchors, the last is number 1)"
    ]
    with append_only.flush_allowed():
        Seal.objects.all().delete()
    assert Wrong.CHAIN_SHORTER in {finding.wrong for finding in verification.run().findings}


def test_chains_and_rows_of_anchors_rebuilt_together_are_found_where_the_folder_is_not_mounted(
    folder, settings, client
):
    act()
    anchor()
    act()
    settings.LEDGER_ANCHOR_MAILS = []
    anchor(1)
    assert client.get("/suc-khoe/").json()["ledger_anchored"] is False  # in 2026-08: long ago
    folder.rename(folder.with_name("elsewhere"))
    outcome = verification.run()
    assert (outcome.anchors, outcome.anchor_files) == (2, 0)
    [found] = outcome.findings
    assert (found.wrong, found.detail) == (Wrong.ANCHOR_FILE_MISSING, "2 anchors, the last is number 2")
    settings.LEDGER_ANCHOR_FOLDER = ""
    assert verification.run().findings == [found]
    given = sorted(folder.with_name("elsewhere").glob("kpi-anchor-*.json"))
    by_hand = verification.run(anchor_files=given)
    assert (by_hand.holds, by_hand.anchors, by_hand.anchor_files) == (True, 2, 2)


def test_an_anchor_taken_out_with_its_file_is_missed_by_the_one_behind_it(folder):
    act()
    anchor()
    act()
    gone = anchor(1)
    act()
    last = anchor(2)
    assert verification.run().holds
    (folder / gone.file_name).unlink()
    with append_only.flush_allowed():
        gone.delete()
    assert [str(finding) for finding in verification.run().findings] == [
        f"anchor {last.file_name}: anchor is not what was signed (it follows another anchor than the one before it)"
    ]


def test_an_anchor_is_there_for_the_health_page_while_its_file_is(folder, client):
    act()
    made = anchors.make_anchor(moment=database_now(), occasion="manual")
    assert client.get("/suc-khoe/").json()["ledger_anchored"] is True
    (folder / made.file_name).unlink()
    assert client.get("/suc-khoe/").json()["ledger_anchored"] is False


def test_w002_to_w004_anchors_that_prove_nothing_are_said_before_an_installation_opens(
    folder, settings, tmp_path
):
    def found():
        return [each.id for each in anchors_are_evidence()]

    settings.DATA_DIR = tmp_path / "data"
    assert found() == []
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "nothing.pem")
    settings.DATA_DIR = tmp_path
    assert found() == ["audit.W003", "audit.W004"]
    settings.LEDGER_ANCHOR_FOLDER = ""
    assert found() == ["audit.W002"]


def test_the_command_makes_a_key_and_an_anchor_and_verifies_against_it(folder, settings, capsys, tmp_path):
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "other.pem")
    act()
    call_command("anchor_ledger", make_key=True)
    [path] = anchors.files_in(folder)
    call_command("verify_ledger", anchor=[path])
    assert "1 anchors" in capsys.readouterr().out
    call_command("verify_ledger", "--json")
    assert json.loads(capsys.readouterr().out)["holds"] is True
    with pytest.raises(CommandError, match="There is no file"):
        call_command("verify_ledger", anchor=[path / "x"])
    for wrong in ({"unit": "KHÔNG-CÓ"}, {"card": "P1-1"}):
        with pytest.raises(CommandError, match="Nothing here is called"):
            call_command("verify_ledger", **wrong)
    call_command("verify_ledger", unit="@")


def test_a_printed_code_is_the_head_of_its_chain(folder):
    act()
    sealing.seal_waiting()
    code = anchors.printed_code("@", sealing.head_of("@"))
    assert anchors.code_holds(code.short) is anchors.code_holds(code.whole) is True
    assert anchors.read_code(anchors.printed_code("XÃ-01", sealing.head_of("@")).short)[0] == "XÃ-01"
    assert anchors.code_holds(code.short.replace("@-1", "@-2")) is False
    assert anchors.code_holds("x") is None
    assert anchors.code_holds(anchors.printed_code("NEW", sealing.Head()).short) is True


def test_a_key_of_another_kind_is_refused(folder, settings, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    path = tmp_path / "wrong.pem"
    path.write_bytes(
        X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    settings.LEDGER_SIGNING_KEY = str(path)
    with pytest.raises(ValueError, match="Ed25519"):
        anchors.private_key()
