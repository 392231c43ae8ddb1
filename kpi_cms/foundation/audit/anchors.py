"""Anchors: the heads of all chains, signed, in places outside the database (docs/ledger.md, "Anchors").

A chain that was cut or rebuilt whole is consistent in itself. Only what was written elsewhere before shows it: a file
in a folder that the database's keepers cannot write to, a mail to the auditors, a code on a printed form.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django_tasks import task

from . import restores
from .canonical import GENESIS, time_text
from .enums import Act
from .models import Anchor, LedgerEntry, Seal, SealForm
from .sealing import Head, heads, reading_everything, seal_waiting, take_turns
from .verifying import AnchorPoint, ChainAnchor, Finding, Wrong

FORMAT = "kpi-anchor-1"
PATTERN = "kpi-anchor-*.json"
PUBLIC_KEY = "public_key.pem"
LOCK = 7_336_003  # the product's own number among PostgreSQL's advisory locks
LEAVES = 100_000  # more links than that since the last anchor are not written one by one
QUIET = timedelta(days=1)  # as long as nothing happens, one anchor a day
PRINT_LENGTH = 16


# --- Making them --------------------------------------------------------------------------------------------
def anchor_when_due(*, moment: datetime) -> Anchor | None:
    """The scheduler's work: an anchor every `LEDGER_ANCHOR_SECONDS`, and at once when a period was closed."""
    if not settings.LEDGER_ANCHOR_FOLDER or restores.is_read_only():
        return None
    last = Anchor.objects.order_by("-number").first()
    _finish_file(last)
    if last is not None:
        if _closed_since(last):
            return make_anchor(moment=moment, occasion="period.closed")
        if moment - last.at < timedelta(seconds=settings.LEDGER_ANCHOR_SECONDS):
            return None
        if moment - last.at < QUIET and last.heads == _as_json(heads()):
            return None
    elif not Seal.objects.exists():
        return None
    return make_anchor(moment=moment, occasion="interval")


def make_anchor(*, moment: datetime, occasion: str) -> Anchor:
    """Seal what waits, write the signed file, record it, and tell the auditors. Raises ReadOnly after a restore.

    The file is whole on the disk before its row is committed, and gets its name after that: nobody ever sees an anchor
    that the database does not know, which would mean that a backup was restored. Killed in between, the next round
    names it.
    """
    seal_waiting()
    with reading_everything("an anchor knows the heads of all chains"):
        lock()
        restores.look_again()
        restores.require_writable()
        last = Anchor.objects.order_by("-number").first()
        _finish_file(last)
        found = heads()
        number = _next_number(last)
        content = _content(number, moment, occasion, last, found)
        digest = sha256(content).hexdigest()
        name = f"kpi-anchor-{number:08}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:8]}.json"
        _write_parts(name, content)
        anchor = Anchor.objects.create(
            number=number,
            at=moment,
            heads=_as_json(found),
            sha256=digest,
            previous=last.sha256 if last is not None else "",
            file_name=name,
            occasion=occasion,
        )
        if settings.LEDGER_ANCHOR_MAILS:
            transaction.on_commit(lambda: mail_heads.enqueue(anchor.number))
    _finish_file(anchor)
    return anchor


def _closed_since(last: Anchor) -> bool:
    """Whether a period's closing was sealed behind the last anchor."""
    with reading_everything("an anchor follows each closing of a period"):
        entry = (
            LedgerEntry.objects.filter(act=Act.PERIOD_CLOSED).order_by("-pk").values_list("pk", flat=True)[:1]
        )
        forms = SealForm.objects.filter(source=LedgerEntry._meta.db_table).values_list("pk", flat=True)
        seal = Seal.objects.filter(form_id__in=list(forms), row_id__in=list(entry)).first()
    return seal is not None and seal.number > last.heads.get(seal.chain, [0])[0]


def lock() -> None:
    """One anchor at a time, until the transaction ends."""
    take_turns(LOCK)


def _next_number(last: Anchor | None) -> int:
    """Behind the last one, and behind every file of a database that was given up."""
    folder = Path(settings.LEDGER_ANCHOR_FOLDER)
    written = restores.highest_in(folder) if folder.is_dir() else 0
    return max(last.number if last is not None else 0, written) + 1


def _as_json(found: Mapping[str, Head]) -> dict[str, list[Any]]:
    return {chain: [head.number, head.digest.hex()] for chain, head in found.items()}


def _content(
    number: int, moment: datetime, occasion: str, last: Anchor | None, found: Mapping[str, Head]
) -> bytes:
    before = last.heads if last is not None else {}
    chains: dict[str, Any] = {}
    for chain, head in found.items():
        first = before.get(chain, [0])[0] + 1
        chains[chain] = {"number": head.number, "head": head.digest.hex(), "first": first, "leaves": []}
        if head.number - first < LEAVES:
            seals = Seal.objects.filter(chain=chain, number__gte=first, number__lte=head.number).order_by(
                "number"
            )
            chains[chain]["leaves"] = [
                f"{form}:{row}:{bytes(hashed).hex()[:PRINT_LENGTH]}"
                for form, row, hashed in seals.values_list("form_id", "row_id", "row_hash").iterator(
                    chunk_size=2_000
                )
            ]
    given_up = _given_up(last)
    said = {
        "format": FORMAT,
        "number": number,
        "at": time_text(moment),
        "occasion": occasion,
        "previous": last.sha256 if last is not None else "",
        "key": key_name(),
        "chains": chains,
    } | ({"given_up": given_up} if given_up else {})
    return (json.dumps(said, ensure_ascii=False, sort_keys=True, indent=0) + "\n").encode()


def _given_up(last: Anchor | None) -> list[dict[str, Any]]:
    """What was signed off since the last anchor, for whoever checks anchors without the database."""
    since = last.number if last is not None else 0
    names = set(Anchor.objects.values_list("file_name", flat=True))
    return [
        {
            "entry": each.entry,
            "files": [
                path.name
                for path in files_in(Path(settings.LEDGER_ANCHOR_FOLDER))
                if path.name not in names and each.includes(restores.number_of(path.name) or 0)
            ],
            "chains": {chain: list(lengths) for chain, lengths in each.chains.items()},
        }
        for each in restores.accepted()
        if each.last > since
    ]


def _write_parts(name: str, content: bytes) -> None:
    """File and signature, on the disk and not yet under their names."""
    folder = Path(settings.LEDGER_ANCHOR_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    _write_part(folder / name, content)
    key = private_key()
    if key is not None:
        _write_part(folder / f"{name}.sig", key.sign(content))
        public = folder / PUBLIC_KEY
        if not public.exists():
            _write_part(public, _pem(key.public_key()))
            _part_of(public).replace(public)


def _finish_file(anchor: Anchor | None) -> None:
    """Give an anchor's file its name, its signature first; never over another file."""
    if anchor is None or not settings.LEDGER_ANCHOR_FOLDER:
        return
    path = Path(settings.LEDGER_ANCHOR_FOLDER) / anchor.file_name
    for target in (path.with_name(f"{path.name}.sig"), path):
        if _part_of(target).exists() and not target.exists():
            _part_of(target).replace(target)


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _write_part(path: Path, content: bytes) -> None:
    with _part_of(path).open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@task(backend="jobs", queue_name="jobs")
def mail_heads(number: int) -> None:
    """The heads by mail: what stands in somebody's mailbox no keeper of this machine can change. Raises OSError.

    The worker sends it: a mail server that hangs must hold up neither the sealer nor the next anchor. What could not
    be sent is in the next one's mail, which has the heads of all chains; `state.auditors_are_told` says that it failed.
    """
    anchor = Anchor.objects.get(number=number)
    lines = [f"{chain}\t{number}\t{head}" for chain, (number, head) in sorted(anchor.heads.items())]
    body = "\n".join(
        [f"{FORMAT} {anchor.number} {time_text(anchor.at)}", f"sha256 {anchor.sha256}", "", *lines]
    )
    send_mail(f"[KPI] {anchor.file_name}", body, None, settings.LEDGER_ANCHOR_MAILS)


# --- Keys ---------------------------------------------------------------------------------------------------
def make_key(path: Path) -> None:
    """A new signing key, readable for its owner only; what is there is kept."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def private_key() -> Ed25519PrivateKey | None:
    """The key of `LEDGER_SIGNING_KEY`; None without one. Raises ValueError for a key of another kind."""
    if not settings.LEDGER_SIGNING_KEY or not Path(settings.LEDGER_SIGNING_KEY).exists():
        return None
    key = serialization.load_pem_private_key(Path(settings.LEDGER_SIGNING_KEY).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("The ledger's signing key must be an Ed25519 key.")
    return key


def public_key() -> Ed25519PublicKey | None:
    """The key that signatures are verified with: of the signing key, else the one beside the anchors."""
    key = private_key()
    if key is not None:
        return key.public_key()
    path = Path(settings.LEDGER_ANCHOR_FOLDER or ".") / PUBLIC_KEY
    if not path.exists():
        return None
    found = serialization.load_pem_public_key(path.read_bytes())
    return found if isinstance(found, Ed25519PublicKey) else None


def key_name() -> str:
    """The first digits of the key's digest: which key an anchor is signed with; empty where it is not signed."""
    key = private_key()
    return sha256(_raw(key.public_key())).hexdigest()[:PRINT_LENGTH] if key is not None else ""


def public_pem() -> bytes:
    """The public key as PEM, empty without one."""
    key = public_key()
    return _pem(key) if key is not None else b""


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


# --- Reading them -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class AnchorFile:
    """An anchor as it stands in a file. `signed`: True, False, or None where no key or no signature is there."""

    path: Path
    point: AnchorPoint
    sha256: str
    previous: str
    signed: bool | None


def read_file(path: Path, key: Ed25519PublicKey | None) -> AnchorFile:
    """Raises ValueError for a file that is no anchor."""
    content = path.read_bytes()
    try:
        said = json.loads(content)
        if said["format"] != FORMAT:
            raise ValueError(said["format"])
        chains = {
            chain: ChainAnchor(
                _whole(each["number"]),
                bytes.fromhex(each["head"]).hex(),
                _whole(each["first"]),
                [_leaf(leaf) for leaf in each["leaves"]],
            )
            for chain, each in said["chains"].items()
        }
        at = datetime.fromisoformat(said["at"])
        if at.tzinfo is None:
            raise ValueError(said["at"])
        point = AnchorPoint(_whole(said["number"]), at, chains)
        previous, named = str(said["previous"]), bool(said["key"])
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError) as error:
        raise ValueError(f"{path} is no anchor of the ledger.") from error
    signature = path.with_name(path.name + ".sig")
    signed = None
    if key is not None and (signature.exists() or named):
        signed = signature.exists() and _is_signed(key, content, signature.read_bytes())
    return AnchorFile(path, point, sha256(content).hexdigest(), previous, signed)


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(value)
    return value


def _leaf(text: str) -> tuple[int, int, str]:
    form, row, printed = text.split(":")
    return int(form), int(row), printed


def _is_signed(key: Ed25519PublicKey, content: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.glob(PATTERN))


@dataclass
class Gathered:
    """Every anchor there is, what is wrong with anchors themselves, and which were given up after a restore.

    `from_files`: how many of the points were read from files; only those say what no keeper of the database wrote.
    """

    points: list[AnchorPoint] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    accepted: list[restores.Accepted] = field(default_factory=list)
    from_files: int = 0


def gather(paths: Iterable[Path] | None = None, *, signed: bool = True) -> Gathered:
    """The anchors of the folder and, where a file is not there any more, of the database's rows: which is a finding,
    as whoever rebuilds a chain would rewrite these too.

    `paths`: these files and no others. An anchor that was given up still holds for what was left of each chain.
    `signed`: one without its signature is a finding; not where somebody brings the file alone.
    """
    key = public_key() if signed else None
    rows = {row.file_name: row for row in Anchor.objects.order_by("number")}
    given = paths is not None
    folder = settings.LEDGER_ANCHOR_FOLDER
    files = list(paths) if paths is not None else files_in(Path(folder)) if folder else []
    gathered = Gathered(accepted=restores.accepted())
    unknown: list[AnchorFile] = []
    for path in files:
        try:
            found = read_file(path, key)
        except ValueError as error:
            gathered.findings.append(
                Finding(Wrong.ANCHOR_CHANGED, table="anchor", row_id=path.name, detail=str(error))
            )
            continue
        row = rows.get(path.name)
        if found.signed is False:
            gathered.findings.append(_wrong(found, Wrong.ANCHOR_CHANGED, "its signature does not hold"))
        if row is None:
            unknown.append(found)
            continue
        if row.sha256 != found.sha256:
            gathered.findings.append(_wrong(found, Wrong.ANCHOR_CHANGED, "the database has another digest"))
        gathered.points.append(found.point)
    gathered.findings += _place_unknown(gathered, unknown, whole=not given)
    gathered.from_files = len(gathered.points)
    gathered.findings += _out_of_line(list(rows.values()))
    if not given:
        there = {path.name for path in files}
        gone = [row for name, row in rows.items() if name not in there]
        gathered.points += [_of_row(row) for row in gone]
        gathered.findings += _without_files(gone)
    gathered.points.sort(key=lambda point: point.number)
    return gathered


def _out_of_line(rows: Sequence[Anchor]) -> Iterator[Finding]:
    """Anchors that do not follow the one before: it was taken out, file and row, or put in later."""
    for before, row in zip([None, *rows], rows, strict=False):
        if row.previous != (before.sha256 if before is not None else ""):
            yield Finding(
                Wrong.ANCHOR_CHANGED,
                table="anchor",
                row_id=row.file_name,
                detail="it follows another anchor than the one before it",
            )


def _without_files(rows: Sequence[Anchor]) -> Iterator[Finding]:
    """One finding for all of them: a folder that is not mounted would make thousands."""
    if rows:
        detail = f"{len(rows)} anchors, the last is number {rows[-1].number}"
        yield Finding(Wrong.ANCHOR_FILE_MISSING, table="anchor", row_id=rows[0].file_name, detail=detail)


def _place_unknown(gathered: Gathered, unknown: Sequence[AnchorFile], *, whole: bool) -> Iterator[Finding]:
    """Anchors that the database does not know: given up by an entry that names exactly these files, or missing."""
    left = list(unknown)
    for each in gathered.accepted:
        covered = [found for found in left if each.includes(found.point.number)]
        digest = restores.files_digest((found.path.name, found.sha256) for found in covered)
        if whole and digest != each.sha256:
            yield Finding(
                Wrong.ANCHOR_CHANGED,
                table="anchor",
                row_id=f"{each.first}-{each.last}",
                detail=f"entry {each.entry} gave up other files than these",
            )
            continue
        left = [found for found in left if found not in covered]
        gathered.points += [_as_given_up(found.point, each) for found in covered]
    for found in left:
        gathered.points.append(found.point)
        yield _wrong(found, Wrong.ANCHOR_MISSING, time_text(found.point.at))


def _as_given_up(point: AnchorPoint, by: restores.Accepted) -> AnchorPoint:
    kept = {chain: said for chain, said in point.chains.items() if by.keeps(chain, said.number)}
    return AnchorPoint(point.number, point.at, kept, given_up=True)


def _wrong(found: AnchorFile, wrong: Wrong, detail: str) -> Finding:
    return Finding(wrong, table="anchor", row_id=found.path.name, detail=detail)


def _of_row(row: Anchor) -> AnchorPoint:
    return AnchorPoint(
        row.number, row.at, {chain: ChainAnchor(number, head) for chain, (number, head) in row.heads.items()}
    )


# --- On paper -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PrintedCode:
    """What a form carries of a chain: a short code for people, and everything for a camera."""

    chain: str
    number: int
    head: str

    @property
    def short(self) -> str:
        """ "HN-1234-89AB-CDEF-0123-4567": chain, number, first 16 digits of the head."""
        digits = self.head[:PRINT_LENGTH].upper()
        return "-".join(
            [self.chain, str(self.number), *(digits[at : at + 4] for at in range(0, PRINT_LENGTH, 4))]
        )

    @property
    def whole(self) -> str:
        return f"kpi-ledger-1 {self.chain} {self.number} {self.head}"


def printed_code(chain: str, head: Head) -> PrintedCode:
    return PrintedCode(chain, head.number, head.digest.hex())


def read_code(text: str) -> tuple[str, int, str] | None:
    """(Chain, number, beginning of the head) of a short or whole code as it was typed; None where it is neither."""
    words = text.split()
    if len(words) == 4 and words[0] == "kpi-ledger-1" and words[2].isdecimal():
        return words[1], int(words[2]), words[3].lower()
    parts = text.strip().rsplit("-", 5)
    if len(parts) == 6 and parts[1].isdecimal() and all(len(part) == 4 for part in parts[2:]):
        return parts[0], int(parts[1]), "".join(parts[2:]).lower()
    return None


def code_holds(text: str) -> bool | None:
    """Whether the chain had this head at this number; None where the text is no code."""
    read = read_code(text)
    if read is None:
        return None
    chain, number, printed = read
    if number == 0:
        return GENESIS.hex().startswith(printed)
    head = Seal.objects.filter(chain=chain, number=number).values_list("head", flat=True).first()
    return head is not None and bytes(head).hex().startswith(printed)
