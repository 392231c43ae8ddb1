"""An evidence bundle: a slice of the ledger that `offline/check_bundle.py` verifies without the database.

One zip: `manifest.json`, one file for each chain with every link of it and the lines of the rows that are disclosed,
`texts.jsonl` with the texts those rows point at, the anchors, the public key, and the checker itself. Rows of others
stay closed: their hashes alone are there, which the chain needs.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
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
    found: dict[str, list[int]] = {LedgerEntry._meta.db_table: []}
    by_table = {history.instance_type._meta.db_table: history for history in layouts.histories()}
    for table, ids in part.records.items():
        history = by_table[table]
        pk = history.instance_type._meta.pk.name
        found[history._meta.db_table] = list(
            history._base_manager.filter(**{f"{pk}__in": ids}).values_list("history_id", flat=True)
        )
        entries = LedgerEntry.objects.filter(
            subject_type=history.instance_type._meta.label, subject_id__in=[str(pk) for pk in ids]
        )
        found[LedgerEntry._meta.db_table] += entries.values_list("pk", flat=True)
    return found


def write(
    out: IO[bytes], *, part: Part, moment: datetime, files: Mapping[str, bytes] | None = None
) -> dict[str, Any]:
    """Seal what waits and write the bundle of one chain; its manifest. `files` are enclosed as they are, by name.

    Inside the transaction of the act that exports; the caller asks who may, and records it.
    """
    seal_now()
    with (
        reading_everything("a bundle holds the links of a chain"),
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        writer = _Writer(archive)
        chain, keys = _write_chain(writer, part, rows_of(part))
        writer.add("texts.jsonl", "".join(_texts(keys)).encode())
        for path in (
            anchors.files_in(Path(settings.LEDGER_ANCHOR_FOLDER)) if settings.LEDGER_ANCHOR_FOLDER else []
        ):
            writer.add(f"anchors/{path.name}", path.read_bytes())
            signature = path.with_name(path.name + ".sig")
            if signature.exists():
                writer.add(f"anchors/{path.name}.sig", signature.read_bytes())
        if pem := anchors.public_pem():
            writer.add("public_key.pem", pem)
        writer.add("check_bundle.py", Path(check_bundle.__file__).read_bytes())
        for name, content in (files or {}).items():
            writer.add(name, content)
        manifest = {
            "format": FORMAT,
            "created_at": time_text(moment),
            "forms": [{"number": form.pk, "header": form.header} for form in layouts.stored_forms()],
            "chains": [chain],
            "files": dict(sorted(writer.digests.items())),
        }
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        archive.writestr(check_bundle.MANIFEST, content)
        key = anchors.private_key()
        if key is not None:
            archive.writestr(check_bundle.SIGNATURE, key.sign(content))
    return manifest


class _Writer:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.digests: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        self.archive.writestr(name, content)
        self.digests[name] = sha256(content).hexdigest()


def _write_chain(writer: _Writer, part: Part, rows: Rows | None) -> tuple[dict[str, Any], set[str]]:
    source = DatabaseSource(Part(chain=part.chain))
    lines: dict[tuple[bytes, bytes], bytes] = {}
    for form in layouts.stored_forms():
        wanted = None if rows is None else {b"%d" % pk for pk in rows.get(form.table, ())}
        for _chain, _number, _hash, row, line in source.rows(form):
            if wanted is None or row in wanted:
                lines[b"%d" % form.pk, row] = line
    keys: set[str] = set()
    name, number, head = "chain.tsv", 0, GENESIS.hex()
    out: list[bytes] = []
    for link, written in source.links():
        number, head = number + 1, written.decode()
        _code, _number, form_pk, row, _rest = link.split(b"\t", 4)
        disclosed = lines.get((form_pk, row))
        out.append(b"\t".join([link, written] if disclosed is None else [link, written, disclosed]) + b"\n")
        if disclosed is not None:
            keys |= {key.decode() for key in check_bundle.UUID.findall(disclosed)}
    writer.add(name, b"".join(out))
    return (
        {
            "chain": part.chain,
            "file": name,
            "first": 1,
            "before": GENESIS.hex(),
            "last": number,
            "head": head,
        },
        keys,
    )


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
