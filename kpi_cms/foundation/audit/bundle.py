"""An evidence bundle: a slice of the ledger that `offline/check_bundle.py` verifies without the database.

One zip: `manifest.json`, one file for each chain with every link of it and the lines of the rows that are disclosed,
`texts.jsonl` with the texts those rows point at, the anchors, the public key, and the checker itself. Rows of others
stay closed: their hashes alone are there, which the chain needs.
"""

import json
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from . import anchors, layouts
from .canonical import GENESIS, time_text
from .models import ErasableText, LedgerEntry
from .offline import check_bundle
from .sealing import reading_everything, seal_now
from .source import DatabaseSource, Part

FORMAT = check_bundle.BUNDLE
Rows = Mapping[str, Sequence[int]]


def rows_of(part: Part) -> dict[str, list[int]] | None:
    """What a bundle of this part discloses: the history and the entries of its records; None is the whole chain."""
    if part.records is None:
        return None
    entries: set[int] = set()
    found: dict[str, list[int]] = {}
    by_table = {history.instance_type._meta.db_table: history for history in layouts.histories()}
    for table, ids in part.records.items():
        history = by_table[table]
        pk, rows = history.instance_type._meta.pk.name, found.setdefault(history._meta.db_table, [])
        for first in range(0, len(ids), layouts.PART):
            some = ids[first : first + layouts.PART]
            rows += history._base_manager.filter(**{f"{pk}__in": some}).values_list("history_id", flat=True)
            said = LedgerEntry.objects.filter(
                subject_type=history.instance_type._meta.label, subject_id__in=[str(pk) for pk in some]
            )
            entries.update(said.values_list("pk", flat=True))
    return found | {LedgerEntry._meta.db_table: sorted(entries)}


def write(
    out: IO[bytes],
    *parts: Part,
    moment: datetime,
    files: Iterable[tuple[str, bytes]] = (),
    entries: Sequence[int] = (),
) -> dict[str, Any]:
    """Seal what waits and write the bundle of these parts, one chain each; its manifest.

    `files` are enclosed as they are, by name, one after the other, so that they need not all be in memory. `entries`
    of the ledger are disclosed besides, in whichever of the chains they stand. Inside the transaction of the act that
    exports; the caller asks who may, and records it.
    """
    seal_now()
    with (
        reading_everything("a bundle holds the links of a chain"),
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        writer = _Writer(archive)
        chains, keys = [], set[str]()
        for number, part in enumerate(parts, 1):
            name = "chain.tsv" if number == 1 else f"chain-{number}.tsv"
            chain, named = _write_chain(writer, name, part, _with_entries(rows_of(part), entries))
            chains.append(chain)
            keys |= named
        writer.add("texts.jsonl", (line.encode() for line in _texts(keys)))
        for path in (
            anchors.files_in(Path(settings.LEDGER_ANCHOR_FOLDER)) if settings.LEDGER_ANCHOR_FOLDER else []
        ):
            writer.add(f"anchors/{path.name}", [path.read_bytes()])
            signature = path.with_name(path.name + ".sig")
            if signature.exists():
                writer.add(f"anchors/{path.name}.sig", [signature.read_bytes()])
        if pem := anchors.public_pem():
            writer.add("public_key.pem", [pem])
        writer.add("check_bundle.py", [Path(check_bundle.__file__).read_bytes()])
        for name, content in files:
            writer.add(name, [content])
        manifest = {
            "format": FORMAT,
            "created_at": time_text(moment),
            "forms": [{"number": form.pk, "header": form.header} for form in layouts.stored_forms()],
            "chains": chains,
            "files": dict(sorted(writer.digests.items())),
        }
        said = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        archive.writestr(check_bundle.MANIFEST, said)
        key = anchors.private_key()
        if key is not None:
            archive.writestr(check_bundle.SIGNATURE, key.sign(said))
    return manifest


def _with_entries(rows: Rows | None, entries: Sequence[int]) -> Rows | None:
    table = LedgerEntry._meta.db_table
    return None if rows is None else {**rows, table: [*rows[table], *entries]}


class _Writer:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.digests: dict[str, str] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """A file as it comes: a chain may be longer than what fits into memory."""
        digest = sha256()
        entry = zipfile.ZipInfo(name, time.localtime()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED  # an entry that is made by hand is stored as it is
        with self.archive.open(entry, "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)
                digest.update(part)
        self.digests[name] = digest.hexdigest()


def _write_chain(
    writer: _Writer, name: str, part: Part, rows: Rows | None
) -> tuple[dict[str, Any], set[str]]:
    source = DatabaseSource(Part(chain=part.chain))
    lines: dict[tuple[bytes, bytes], bytes] = {}
    for form in layouts.stored_forms():
        wanted = None if rows is None else {b"%d" % pk for pk in rows.get(form.table, ())}
        if wanted is not None and not wanted:
            continue
        for block in source.rows(form):
            for row, line in zip(block.keys, block.lines, strict=True):
                if wanted is None or row in wanted:
                    lines[b"%d" % form.pk, row] = line
    keys: set[str] = set()
    last: dict[str, Any] = {"last": 0, "head": GENESIS.hex()}

    def links() -> Iterator[bytes]:
        every = chain.from_iterable(zip(block.lines, block.heads, strict=True) for block in source.links())
        for number, (link, written) in enumerate(every, 1):
            last["last"], last["head"] = number, written.decode()
            _code, _number, form_pk, row, _rest = link.split(b"\t", 4)
            disclosed = lines.get((form_pk, row))
            yield b"\t".join([link, written] if disclosed is None else [link, written, disclosed]) + b"\n"
            if disclosed is not None:
                keys.update(key.decode() for key in check_bundle.UUID.findall(disclosed))

    writer.add(name, links())
    return {"chain": part.chain, "file": name, "first": 1, "before": GENESIS.hex(), **last}, keys


def _texts(keys: set[str]) -> Iterator[str]:
    """The texts that disclosed rows point at, as they are now."""
    every = sorted(keys)
    for first in range(0, len(every), layouts.PART):
        for text in ErasableText.objects.filter(key__in=every[first : first + layouts.PART]).order_by("key"):
            said = {
                "key": str(text.key),
                "salt": text.salt,
                "kind": text.kind,
                "person_code": text.person_code,
                "text": text.text,
                "erased": text.erased_at is not None,
            }
            yield json.dumps(said, ensure_ascii=False, sort_keys=True) + "\n"
