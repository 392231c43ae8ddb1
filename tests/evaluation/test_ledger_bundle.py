"""A bundle leaves the product, and one file of the standard library finds what was changed in it."""

import contextlib
import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kpi_cms.evaluation.domain import stages
from kpi_cms.foundation.audit import anchors
from kpi_cms.foundation.audit.canonical import text_key
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.audit.offline import check_bundle
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
VECTORS = Path(__file__).parents[1] / "foundation" / "audit" / "ledger_vectors.json"


@pytest.fixture
def exported(world: World, tmp_path, settings) -> Path:
    """The unpacked bundle of Lan's card, anchored before it was exported."""
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "key.pem")
    anchors.make_key(tmp_path / "key.pem")
    card = month.submitted(world, world.lan)
    month.submitted(world, world.minh)
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại điểm"
    )
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=1), occasion="manual")
    call_command("export_bundle", str(tmp_path / "card.zip"), card=card.code)
    with zipfile.ZipFile(tmp_path / "card.zip") as archive:
        archive.extractall(tmp_path / "bundle")
    return tmp_path / "bundle"


def check(path: Path, *more: str) -> tuple[int, str]:
    """Run as an auditor does: a process of its own, without our packages."""
    program = path / "check_bundle.py" if path.is_dir() else check_bundle.__file__
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), *more],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def signed_anew(bundle: Path) -> None:
    """Whoever changes a file can write its digest into the manifest."""
    from hashlib import sha256

    manifest = json.loads((bundle / "manifest.json").read_text())
    for name in manifest["files"]:
        if (bundle / name).exists():
            manifest["files"][name] = sha256((bundle / name).read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    (bundle / "manifest.json.sig").unlink(missing_ok=True)  # and has no key to sign it with


def test_a_manifest_that_was_changed_after_it_was_signed_is_found(exported: Path) -> None:
    manifest = exported / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    code, said = check(exported)
    assert (code, "manifest.json: the signature does not hold" in said) == (1, True)
    (exported / "manifest.json.sig").unlink()
    code, said = check(exported)
    assert (code, "The bundle itself is not signed" in said) == (0, True)


def test_a_bundle_holds_as_zip_and_as_folder(exported: Path, world: World) -> None:
    for path in (exported, exported.parent / "card.zip"):
        code, said = check(path)
        assert (code, "Everything holds." in said) == (0, True), said
        assert "were checked by openssl" in said
    assert LedgerEntry.objects.get(act="export.taken").after == {
        "export": "bundle", "unit": "", "card": world.card(world.lan).code,
    }  # fmt: skip


def test_a_bundle_of_one_card_discloses_no_other(exported: Path, world: World) -> None:
    content = (exported / "chain.tsv").read_bytes()
    texts = (exported / "texts.jsonl").read_text()
    assert b"CC004" in content
    assert b"CC005" not in content
    assert "Xem lại điểm" in texts
    disclosed = [line for line in content.splitlines() if len(line.split(b"\t", 7)) == 8]
    assert 0 < len(disclosed) < len(content.splitlines())


def changed_row(bundle: Path) -> str:
    lines = (bundle / "chain.tsv").read_bytes().splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if b"card.returned" in line)
    lines[place] = lines[place].replace(b"card.returned", b"card.notified")
    (bundle / "chain.tsv").write_bytes(b"".join(lines))
    return f"no. {place + 1}: audit_ledgerentry"


def lost_link(bundle: Path) -> str:
    lines = (bundle / "chain.tsv").read_bytes().splitlines(keepends=True)
    (bundle / "chain.tsv").write_bytes(b"".join(lines[:4] + lines[5:]))
    return "no. 5: the link is missing"


def changed_link(bundle: Path) -> str:
    lines = (bundle / "chain.tsv").read_bytes().splitlines(keepends=True)
    fields = lines[2].split(b"\t")
    fields[3] = b"99999"
    lines[2] = b"\t".join(fields)
    (bundle / "chain.tsv").write_bytes(b"".join(lines))
    return "no. 3"


def cut_tail(bundle: Path) -> str:
    lines = (bundle / "chain.tsv").read_bytes().splitlines(keepends=True)[:6]
    (bundle / "chain.tsv").write_bytes(b"".join(lines))
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["chains"][0] |= {"last": 6, "head": lines[-1].split(b"\t")[6].strip().decode()}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return "shorter than the anchor"


def changed_text(bundle: Path) -> str:
    path = bundle / "texts.jsonl"
    path.write_text(path.read_text().replace("Xem lại điểm", "Xem lại"))
    return "not the words its key was made of"


def changed_anchor(bundle: Path) -> str:
    [path] = (bundle / "anchors").glob("*.json")
    path.write_text(path.read_text().replace("manual", "interval"))
    return "the signature does not hold"


def lost_signature(bundle: Path) -> str:
    [path] = (bundle / "anchors").glob("*.sig")
    path.unlink()
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"].pop(f"anchors/{path.name}")
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return "the signature is missing"


def no_anchor_at_all(bundle: Path) -> str:
    [path] = (bundle / "anchors").glob("*.json")
    path.write_text("{}")
    return "no anchor"


def added_file(bundle: Path) -> str:
    (bundle / "thêm.txt").write_text("x")
    return "the manifest does not know this file"


def lost_file(bundle: Path) -> str:
    (bundle / "public_key.pem").rename(bundle.parent / "taken.pem")
    return "missing"


@pytest.mark.parametrize(
    "tamper",
    [changed_row, lost_link, changed_link, cut_tail, changed_text, changed_anchor, lost_signature, no_anchor_at_all,
     added_file],
)  # fmt: skip
def test_whatever_is_changed_in_a_bundle_is_named(exported: Path, tamper) -> None:
    named = tamper(exported)
    signed_anew(exported)
    code, said = check(exported)
    assert code == 1, said
    assert named in said


def test_a_file_that_is_not_the_exported_one_is_named(exported: Path) -> None:
    changed_text(exported)
    code, said = check(exported)
    assert (code, "texts.jsonl: the file is not the one" in said) == (1, True)
    code, said = check(exported)
    assert lost_file(exported) in check(exported)[1]


def test_another_key_and_anchors_of_one_s_own_are_held_against_it(exported: Path, tmp_path) -> None:
    code, said = check(
        exported, "--public-key", str(exported / "public_key.pem"), "--anchors", str(tmp_path / "anchors")
    )
    assert (code, "the key you gave" in said) == (0, True)
    other = tmp_path / "other"
    anchors.make_key(other / "key.pem")
    subprocess.run(
        ["openssl", "pkey", "-in", str(other / "key.pem"), "-pubout", "-out", str(other / "pub.pem")],
        check=True,
    )
    assert check(exported, "--public-key", str(other / "pub.pem"))[0] == 1


def test_what_is_no_bundle_is_said_so(tmp_path) -> None:
    (tmp_path / "x.zip").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "manifest.json").write_text("{}")
    for path in (tmp_path / "x.zip", tmp_path / "missing"):
        assert check(path)[0] == 2
    with pytest.raises(check_bundle.NoBundle):
        check_bundle.Check(check_bundle.Bundle(tmp_path / "empty"))


def test_it_runs_in_this_process_too_and_uses_cryptography(exported: Path, capsys, monkeypatch) -> None:
    assert check_bundle.main([str(exported)]) == 0
    assert "by cryptography" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert check_bundle.main([str(exported)]) == 0
    assert "NOT checked" in capsys.readouterr().out
    assert check_bundle.main([str(exported.parent / "nothing")]) == 2
    (exported / "check_bundle.py").write_text("")
    assert check_bundle.main([str(exported)]) == 1


def test_the_checker_computes_the_keys_that_we_compute() -> None:
    for said in json.loads(VECTORS.read_text())["texts"]:
        given = [said[name] for name in ("salt", "kind", "person_code", "text")]
        assert check_bundle.text_key(*given) == said["key"] == str(text_key(*given))


def test_a_whole_unit_is_exported_without_anchors_too(world: World, tmp_path, capsys) -> None:
    month.submitted(world, world.lan)
    call_command("export_bundle", str(tmp_path / "unit.zip"), unit=world.department.code)
    assert check_bundle.main([str(tmp_path / "unit.zip")]) == 0
    assert "No anchor is enclosed" in capsys.readouterr().out
    for wrong in ({}, {"unit": "A", "card": "P1-1"}, {"unit": "KHÔNG-CÓ"}):
        with pytest.raises(CommandError):
            call_command("export_bundle", str(tmp_path / "y.zip"), **wrong)


def test_a_byte_that_is_changed_anywhere_is_named_by_its_file_and_never_a_crash(exported: Path) -> None:
    draw = random.Random(35)
    for path in sorted(each for each in exported.rglob("*") if each.is_file()):
        name, kept = str(path.relative_to(exported)), path.read_bytes()
        if name == "check_bundle.py":
            continue  # the program that runs: the auditor has one of their own
        for _turn in range(12):
            content = bytearray(kept)
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(7)
            path.write_bytes(bytes(content))
            code, said = outcome(exported)
            assert code in (1, 2), (name, said)
            # What the manifest says of another file is held against that file.
            assert name.removesuffix(".sig") in said or name == "manifest.json" or "is no bundle" in said, (
                name,
                said,
            )
        path.write_bytes(kept)
    assert outcome(exported)[0] == 0


def test_a_byte_that_is_changed_in_the_zip_is_never_a_crash(exported: Path) -> None:
    draw = random.Random(335)
    path = exported.parent / "card.zip"
    kept = path.read_bytes()
    codes = set()
    for _turn in range(150):
        content = bytearray(kept)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(content))
        codes.add(outcome(path)[0])
    assert codes <= {0, 1, 2}  # a byte of the zip's own dates changes nothing that was said
    assert 1 in codes


def test_a_zip_that_asks_for_a_newer_program_is_no_bundle(exported: Path) -> None:
    path = exported.parent / "card.zip"
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 84  # the version that is needed to read its first file
    path.write_bytes(bytes(content))
    assert outcome(path) == (2, f"{path} is no zip file.\n")


def test_a_file_that_says_it_is_encrypted_cannot_be_read(exported: Path) -> None:
    """Bit 0 of the flags, where the file begins; nothing else of it is another."""
    path = exported.parent / "card.zip"
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as read:
        content[read.getinfo("texts.jsonl").header_offset + 6] |= 1
    content[content.rindex(b"texts.jsonl") - 38] |= 1
    path.write_bytes(bytes(content))
    code, said = outcome(path)
    assert (code, "texts.jsonl: the file is damaged in the zip" in said) == (1, True)


def outcome(path: Path) -> tuple[int, str]:
    """In this process, where an exception would be seen: what it returns and prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = check_bundle.main([str(path)])
    return code, out.getvalue()
