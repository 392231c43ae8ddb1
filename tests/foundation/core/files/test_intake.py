"""What comes in: cut off, hashed, scanned, judged; what is kept is what was judged."""

import hashlib
import sys

import pytest

from kpi_cms.foundation.core.files import scanning
from kpi_cms.foundation.core.files.intake import taken
from kpi_cms.foundation.core.files.kinds import JPEG, PDF
from kpi_cms.foundation.core.files.refusals import FileRefused
from tests.helpers import files

LIMIT = 20 * 1024**2
CHUNK = 64 * 1024


def sha(data):
    return hashlib.sha256(data).hexdigest()


def refusal(*chunks):
    with pytest.raises(FileRefused) as refused, taken(chunks):
        raise AssertionError("The file was taken.")
    return refused.value.code


def scanner(code):
    """A scanner that reads the file and ends so."""
    return [sys.executable, "-c", code]


FINDS_LAN = "import sys; sys.exit(b'Lan' in sys.stdin.buffer.read())"


def test_a_document_is_kept_as_it_was_sent():
    data = files.pdf(b"x" * 5_000)
    with taken([data[:100], data[100:]]) as found:
        found.content.seek(0)
        assert found.content.read() == data
        assert (found.kind, found.size, found.sha256, found.sent_sha256) == (
            PDF,
            len(data),
            sha(data),
            sha(data),
        )


def test_a_picture_is_kept_redrawn_and_both_digests_are_known():
    data = files.picture()
    with taken([data]) as found:
        found.content.seek(0)
        kept = found.content.read()
        assert kept != data
        assert (found.kind, found.size, found.sha256, found.sent_sha256) == (
            JPEG,
            len(kept),
            sha(kept),
            sha(data),
        )


def test_nothing_is_a_sentence():
    assert refusal() == refusal(b"") == "empty"


def test_the_last_byte_of_the_limit_is_taken_and_the_next_refused():
    full = files.pdf(b"x" * (LIMIT - len(files.pdf())))
    with taken([full]) as found:
        assert found.size == LIMIT
    assert refusal(full, b"\n") == "too_large"


def test_reading_stops_at_the_limit_however_much_is_announced():
    read = []

    def endless():
        while True:
            read.append(CHUNK)
            yield b"\0" * CHUNK

    with pytest.raises(FileRefused) as refused, taken(endless()):
        pass
    assert (refused.value.code, str(refused.value.sentence)[:32]) == (
        "too_large",
        "The file is larger than 20 MB. M",
    )
    assert sum(read) <= LIMIT + CHUNK


def test_t28_the_scanners_test_file_is_told_apart_from_what_is_merely_refused():
    for data in (files.EICAR, files.pdf(files.EICAR), b"<html>" + files.EICAR):
        with taken([data]) as found:
            assert (found.kind, found.sha256) == (None, sha(data))
    assert refusal(b"<html></html>") == "unknown_kind"


def test_the_test_file_is_found_across_the_seam_of_two_chunks(monkeypatch):
    monkeypatch.setattr(scanning, "CHUNK", 50)
    with taken([b"%PDF" + files.EICAR]) as found:
        assert found.kind is None


def test_the_hosts_scanner_reads_the_whole_file_and_its_exit_code_decides(settings):
    settings.UPLOAD_SCANNER = scanner(FINDS_LAN)
    with taken([files.pdf(b"x" * 300_000), b"Lan"]) as found:
        assert found.kind is None
    with taken([files.pdf(b"x" * 300_000)]) as found:
        assert found.kind == PDF


@pytest.mark.parametrize(
    "command",
    [scanner("import sys; sys.exit(2)"), ["/nowhere/scanner"], scanner("import time; time.sleep(60)")],
    ids=["cannot", "is not there", "hangs"],
)
def test_what_nobody_could_check_is_not_kept(settings, command):
    settings.UPLOAD_SCANNER, settings.UPLOAD_SCANNER_SECONDS = command, 1
    assert refusal(files.pdf()) == "not_checked"
