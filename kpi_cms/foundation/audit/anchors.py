"""Anchors: the heads of all chains, signed, in places outside the database (docs/ledger.md, "Anchors").

A chain that was cut or rebuilt whole is consistent in itself. Only what was written elsewhere before shows it: a file
in a folder that the database's keepers cannot write to, a mail to the auditors, a code on a printed form.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection

from .canonical import GENESIS, time_text
from .enums import Act
from .models import Anchor, LedgerEntry, Seal, SealForm
from .sealing import Head, heads, reading_everything, seal_waiting
from .verifying import AnchorPoint, ChainAnchor, Finding, Wrong

logger = logging.getLogger(__name__)

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
    if not settings.LEDGER_ANCHOR_FOLDER:
        return None
    last = Anchor.objects.order_by("-number").first()
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
    """Seal what waits, write the signed file, record it, and tell the auditors.

    The file is written before the row is committed: killed in between, a file more is there, and no harm done.
    """
    seal_waiting()
    with reading_everything("an anchor knows the heads of all chains"):
        _lock()
        last = Anchor.objects.order_by("-number").first()
        found = heads()
        number = last.number + 1 if last is not None else 1
        content = _content(number, moment, occasion, last, found)
        digest = sha256(content).hexdigest()
        name = f"kpi-anchor-{number:08}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:8]}.json"
        _write(name, content)
        anchor = Anchor.objects.create(
            number=number,
            at=moment,
            heads=_as_json(found),
            sha256=digest,
            previous=last.sha256 if last is not None else "",
            file_name=name,
            occasion=occasion,
        )
    _tell(anchor)
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


def _lock() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


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
    said = {
        "format": FORMAT,
        "number": number,
        "at": time_text(moment),
        "occasion": occasion,
        "previous": last.sha256 if last is not None else "",
        "key": key_name(),
        "chains": chains,
    }
    return (json.dumps(said, ensure_ascii=False, sort_keys=True, indent=0) + "\n").encode()


def _write(name: str, content: bytes) -> None:
    """File, then signature, each whole or not at all."""
    folder = Path(settings.LEDGER_ANCHOR_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    _write_file(folder / name, content)
    key = private_key()
    if key is not None:
        _write_file(folder / f"{name}.sig", key.sign(content))
        public = folder / PUBLIC_KEY
        if not public.exists():
            _write_file(public, _pem(key.public_key()))


def _write_file(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _tell(anchor: Anchor) -> None:
    """The heads by mail: what stands in somebody's mailbox no keeper of this machine can change."""
    if not settings.LEDGER_ANCHOR_MAILS:
        return
    lines = [f"{chain}\t{number}\t{head}" for chain, (number, head) in sorted(anchor.heads.items())]
    body = "\n".join(
        [f"{FORMAT} {anchor.number} {time_text(anchor.at)}", f"sha256 {anchor.sha256}", "", *lines]
    )
    try:
        send_mail(f"[KPI] {anchor.file_name}", body, None, settings.LEDGER_ANCHOR_MAILS)
    except OSError:
        logger.exception("anchor %d was written, but no mail could be sent", anchor.number)


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
                each["number"], each["head"], each["first"], [_leaf(leaf) for leaf in each["leaves"]]
            )
            for chain, each in said["chains"].items()
        }
        at = datetime.fromisoformat(said["at"])
        point = AnchorPoint(said["number"], at, chains)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"{path} is no anchor of the ledger.") from error
    signature = path.with_name(path.name + ".sig")
    signed = None
    if key is not None and (signature.exists() or said["key"]):
        signed = signature.exists() and _is_signed(key, content, signature.read_bytes())
    return AnchorFile(path, point, sha256(content).hexdigest(), said["previous"], signed)


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


def gather(paths: Iterable[Path] | None = None) -> tuple[list[AnchorPoint], list[Finding]]:
    """Every anchor there is, and what is wrong with anchors themselves.

    `paths`: these files and no others; else the folder and, where a file is not there any more, the database's rows.
    """
    key = public_key()
    rows = {row.number: row for row in Anchor.objects.order_by("number")}
    given = paths is not None
    folder = settings.LEDGER_ANCHOR_FOLDER
    files = list(paths) if paths is not None else files_in(Path(folder)) if folder else []
    points: dict[int, AnchorPoint] = {}
    findings: list[Finding] = []
    for path in files:
        try:
            found = read_file(path, key)
        except ValueError as error:
            findings.append(
                Finding(Wrong.ANCHOR_CHANGED, table="anchor", row_id=path.name, detail=str(error))
            )
            continue
        points[found.point.number] = found.point
        findings += _of_file(found, rows)
    if not given:
        points |= {number: _of_row(row) for number, row in rows.items() if number not in points}
    return [points[number] for number in sorted(points)], findings


def _of_file(found: AnchorFile, rows: Mapping[int, Anchor]) -> Iterator[Finding]:
    name, number = found.path.name, found.point.number
    if found.signed is False:
        yield Finding(Wrong.ANCHOR_CHANGED, table="anchor", row_id=name, detail="its signature does not hold")
    row = rows.get(number)
    if row is None:
        if not rows or number > max(rows):
            yield Finding(Wrong.ANCHOR_MISSING, table="anchor", row_id=name, detail=time_text(found.point.at))
        else:
            yield Finding(Wrong.ANCHOR_MISSING, table="anchor", row_id=name)
    elif row.file_name == name and row.sha256 != found.sha256:
        yield Finding(
            Wrong.ANCHOR_CHANGED, table="anchor", row_id=name, detail="the database has another digest"
        )


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
