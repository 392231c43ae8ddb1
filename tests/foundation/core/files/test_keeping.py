"""The private folder: random names, whole files, no address; what nobody refers to is found."""

import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from kpi_cms.foundation.core.errors import WrongState
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.files.intake import taken
from kpi_cms.foundation.core.files.refusals import FileRefused
from tests.helpers import files

PDF = files.pdf()


@pytest.fixture
def folder(settings, tmp_path):
    """The folder of the real storage, as in production."""
    place = tmp_path / "evidence"
    settings.PRIVATE_FILES_ROOT = place
    backend = {"BACKEND": "kpi_cms.foundation.core.files.storage.PrivateStorage"}
    settings.STORAGES = settings.STORAGES | {"evidence": backend}
    return place


def kept(data=PDF):
    with taken([data]) as found:
        return keeping.keep("evidence", found), found.sha256


def stored(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_a_file_is_kept_whole_under_a_name_that_says_nothing(folder):
    (first, _digest), (second, _same) = kept(), kept()
    assert stored(folder) == sorted([first, second])
    assert first != second
    assert re.fullmatch(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{36}", first)
    assert (folder / first).read_bytes() == PDF


def test_nobody_else_on_the_machine_reads_it(folder):
    name, _digest = kept()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder / name, *(folder / name).parents[:3])]
    assert modes == [0o600, 0o700, 0o700, 0o700]


def test_a_private_file_has_no_address(folder):
    name, _digest = kept()
    with pytest.raises(ValueError, match="no address"):
        storages["evidence"].url(name)


def test_a_file_that_cannot_be_written_leaves_nothing_and_says_so(folder, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileRefused) as refused:
        kept()
    assert (refused.value.code, stored(folder)) == ("not_stored", [])


def test_what_is_handed_out_is_what_was_kept(folder):
    name, digest = kept()
    with keeping.hand_out("evidence", name, digest) as stream:
        assert stream.read() == PDF


def test_a_missing_file_is_one_sentence(folder):
    name, digest = kept()
    (folder / name).unlink()
    with pytest.raises(WrongState, match=r"^This file is missing from the store\. Tell your administrator"):
        keeping.hand_out("evidence", name, digest)


def test_f17_a_flipped_bit_is_noticed_before_a_byte_leaves(folder):
    name, digest = kept()
    data = bytearray(PDF)
    data[12] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(WrongState, match="was damaged in the store"):
        keeping.hand_out("evidence", name, digest)


def test_a_forgotten_file_is_gone_and_may_be_forgotten_again(folder):
    name, _digest = kept()
    keeping.forget("evidence", name)
    keeping.forget("evidence", name)
    assert stored(folder) == []


# --- Files without a row -----------------------------------------------------------------------------------
def age(folder, name, hours):
    moment = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
    os.utime(folder / name, (moment, moment))


def orphans(known=()):
    return list(keeping.orphans("evidence", datetime.now(UTC), lambda names: set(names) & set(known)))


def test_an_empty_store_has_no_orphans(folder):
    assert orphans() == []


def test_only_an_old_file_that_nobody_names_is_an_orphan(folder, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 2)
    old = [kept()[0] for _number in range(5)]
    young, _digest = kept()
    for name in old:
        age(folder, name, 25)
    age(folder, young, 23)
    assert sorted(orphans(known=old[:2])) == sorted(old[2:])


def test_half_a_file_of_a_killed_server_is_an_orphan_too(folder):
    name, _digest = kept()
    half = folder / name[:5] / ".abc.part"
    half.write_bytes(b"half")
    age(folder, half, 25)
    assert orphans(known=[name]) == [f"{name[:5]}/.abc.part"]


def test_a_store_in_memory_serves_the_same(settings):
    """The suite's own: what is tested above holds for every storage but the folder's rights."""
    storages["evidence"].save("zz/zz/old", ContentFile(b"x"))
    name, digest = kept()
    with keeping.hand_out("evidence", name, digest) as stream:
        assert stream.read() == PDF
    assert orphans(known=[name]) == []
    later = datetime.now(UTC) + timedelta(hours=25)
    assert "zz/zz/old" in list(keeping.orphans("evidence", later, lambda names: {name}))
    storages["evidence"].delete("zz/zz/old")
