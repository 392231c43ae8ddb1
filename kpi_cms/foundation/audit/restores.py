"""A database older than its own anchors: a backup was restored, and what happened after it is lost (security.md T45).

Anchors lie outside the database and no backup takes them back. Where their folder holds a higher number than the
database knows, nobody acts, nothing is sealed and nothing anchored until `signing_off.accept` says in the ledger what
was given up. The folder and one number of the database are looked at when a process first acts and then every few
seconds at most; names alone count, so that a lost signing key opens nothing.
"""

import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.errors import ReadOnly

from .enums import Act
from .models import Anchor, LedgerEntry, Seal, SealForm

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
NAME = re.compile(r"kpi-anchor-(\d{1,18})-.*\.json")
SENTENCE = _(
    "The database is older than its anchors: a backup was restored. Everything can be read; nothing can be changed "
    "until the operators have signed off what was lost."
)


# --- May anybody act? -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Look:
    """What a process saw last. `changed_at` is the folder's own: it is listed again only when that moves."""

    folder: str = ""
    at: float = 0.0
    changed_at: int = -1
    highest: int = 0
    read_only: bool = False


_last = _Look()
_nevertheless: ContextVar[bool] = ContextVar("acting_nevertheless", default=False)


def is_read_only() -> bool:
    """Whether an anchor is known to the folder and not to the database, and nobody has signed that off."""
    folder = settings.LEDGER_ANCHOR_FOLDER
    if not folder:
        return False
    if _last.folder != folder or time.monotonic() - _last.at >= LOOK_SECONDS:
        look_again()
    return _last.read_only


def require_writable() -> None:
    """What `core.actor` asks before anybody acts. Raises ReadOnly."""
    if not _nevertheless.get() and is_read_only():
        raise ReadOnly(SENTENCE)


def look_again() -> None:
    """Look now. First the folder, then the database: an anchor's row is committed before its file gets its name."""
    global _last  # noqa: PLW0603  (one for the process; threads that look at once see the same)
    folder = settings.LEDGER_ANCHOR_FOLDER
    before = _last if _last.folder == folder else _Look(folder=folder)
    try:
        changed_at = os.stat(folder).st_mtime_ns
        highest = before.highest if changed_at == before.changed_at else highest_in(Path(folder))
    except FileNotFoundError:
        changed_at, highest = -1, 0
    except OSError:
        # A share that does not answer says nothing new; anchoring fails meanwhile, which the health page shows.
        logger.exception("the folder of anchors cannot be read")
        changed_at, highest = -1, before.highest
    read_only = bool(highest) and highest > last_number() and highest > accepted_to()
    if read_only and not before.read_only:
        logger.error("the database is older than anchor %d: nobody acts until accept_restore", highest)
    _last = _Look(folder, time.monotonic(), changed_at, highest, read_only)


@contextmanager
def acting_nevertheless() -> Iterator[None]:
    """Around the one act that is possible while nothing else is, and around verifying, which keeps nothing."""
    token = _nevertheless.set(True)
    try:
        yield
    finally:
        _nevertheless.reset(token)


# --- Numbers --------------------------------------------------------------------------------------------------
def number_of(name: str) -> int | None:
    """The number in the name of an anchor's file."""
    found = NAME.fullmatch(name)
    return int(found.group(1)) if found else None


def highest_in(folder: Path) -> int:
    """The highest number among a folder's anchors, 0 without any."""
    with os.scandir(folder) as files:
        return max((number for file in files if (number := number_of(file.name)) is not None), default=0)


def last_number() -> int:
    """The number of the last anchor that the database knows."""
    return Anchor.objects.order_by("-number").values_list("number", flat=True).first() or 0


# --- What was signed off --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Accepted:
    """An entry of the ledger that gives anchors up: their numbers, a digest of their files, and by chain how many
    links were left and how many the anchors say.
    """

    entry: int
    first: int
    last: int
    sha256: str
    chains: Mapping[str, tuple[int, int]]

    def includes(self, number: int) -> bool:
        return self.first <= number <= self.last

    def keeps(self, chain: str, number: int) -> bool:
        """Whether the link that an anchor given up speaks of should still be there."""
        return chain not in self.chains or number <= self.chains[chain][0]


def accepted_to() -> int:
    """The highest anchor that was ever signed off."""
    return max((each.last for each in accepted(sealed_only=False)), default=0)


def accepted(*, sealed_only: bool = True) -> list[Accepted]:
    """Every restore that was signed off, oldest first; for the verifier only those whose entry stands in a chain."""
    from .sealing import reading_everything  # sealing asks this module whether it may

    with reading_everything("whether a restore was signed off"):
        entries = {
            entry.pk: entry.after
            for entry in LedgerEntry.objects.filter(act=Act.RESTORE_ACCEPTED).order_by("pk")
        }
    if entries and sealed_only:
        forms = SealForm.objects.filter(source=LedgerEntry._meta.db_table).values_list("pk", flat=True)
        sealed = set(
            Seal.objects.filter(form_id__in=list(forms), row_id__in=list(entries)).values_list(
                "row_id", flat=True
            )
        )
        entries = {pk: after for pk, after in entries.items() if pk in sealed}
    return [
        Accepted(
            pk,
            after["from"],
            after["to"],
            after["sha256"],
            {chain: (kept, said) for chain, (kept, said) in after["chains"].items()},
        )
        for pk, after in entries.items()
        if after
    ]


def files_digest(files: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over `name TAB digest LF` of each file, by name."""
    lines = "".join(f"{name}\t{digest}\n" for name, digest in sorted(files))
    return sha256(lines.encode()).hexdigest()
