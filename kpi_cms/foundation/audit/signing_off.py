"""After a restore: what was lost, and the act that gives it up so that work can go on (docs/ledger.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Invalid, WrongState

from . import anchors, ledger, restores
from .canonical import time_text
from .enums import Act
from .models import Anchor, Seal
from .sealing import head_of, reading_everything, seal_now


@dataclass(frozen=True)
class Loss:
    """What the folder of anchors knows and the database does not.

    `files` are the anchors, `chains` is chain → (links that are left, links that were anchored). Files that are no
    anchors, `unreadable`, count by the number in their names.
    """

    known: int
    first: int
    last: int
    files: Sequence[anchors.AnchorFile] = ()
    unreadable: Sequence[str] = ()
    chains: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def since(self) -> str:
        """The moment of the last anchor that the database knows: what happened after it may be lost."""
        row = Anchor.objects.filter(number=self.known).first()
        return time_text(row.at) if row is not None else ""


def find_loss() -> Loss | None:
    """Read the anchors that the database does not know; None where it is not behind its folder."""
    restores.look_again()
    if not restores.is_read_only():
        return None
    known = restores.last_number()
    names = set(Anchor.objects.values_list("file_name", flat=True))
    earlier = restores.accepted(sealed_only=False)
    key, folder = anchors.public_key(), Path(settings.LEDGER_ANCHOR_FOLDER)
    files, unreadable = [], []
    for path in anchors.files_in(folder):
        number = restores.number_of(path.name) or 0
        if path.name in names or any(each.includes(number) for each in earlier):
            continue
        try:
            files.append(anchors.read_file(path, key))
        except ValueError:
            unreadable.append(path.name)
    numbers = [found.point.number for found in files]
    highest = restores.highest_in(folder)
    with reading_everything("what of each chain is left"):
        chains = {
            chain: lengths for chain in _chains(files) if (lengths := _lengths(chain, files)) is not None
        }
    return Loss(
        known, min([*numbers, highest]), max([*numbers, highest]), tuple(files), tuple(unreadable), chains
    )


def accept(*, actor: Any, moment: datetime, reason: str) -> Anchor:
    """Give up what a restored backup does not hold, under a name and with a reason; the anchor that says so.

    One entry of the ledger names the anchors by a digest of their files, and the length to which each chain is still
    compared with them. It is sealed at once; anchors go on behind the highest number that was ever written. From here
    on everybody may act again. Raises WrongState where nothing was lost, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid(_("Give the reason."), problems={"reason": [_("Say who decided this, and why.")]})
    with restores.acting_nevertheless(), as_actor(actor, moment):
        anchors.lock()
        loss = find_loss()
        if loss is None:
            raise WrongState(_("The database is not behind its anchors: there is nothing to sign off."))
        ledger.record(
            Act.RESTORE_ACCEPTED,
            subject=actor,
            label=f"{loss.first}-{loss.last}",
            after={
                "known": loss.known,
                "from": loss.first,
                "to": loss.last,
                "anchors": len(loss.files),
                "sha256": restores.files_digest((found.path.name, found.sha256) for found in loss.files),
                "chains": {chain: list(lengths) for chain, lengths in sorted(loss.chains.items())},
            },
            reason=reason.strip(),
        )
        seal_now()
    # Killed here, the scheduler writes this anchor: the entry alone lets everybody act.
    restores.look_again()
    return anchors.make_anchor(moment=moment, occasion="restore.accepted")


def _chains(files: Sequence[anchors.AnchorFile]) -> list[str]:
    return sorted({chain for found in files for chain in found.point.chains})


def _lengths(chain: str, files: Sequence[anchors.AnchorFile]) -> tuple[int, int] | None:
    """How many links still are what these anchors say, and how many they say; None where nothing is lost."""
    said = {
        found.point.chains[chain].number: found.point.chains[chain].head
        for found in files
        if chain in found.point.chains
    }
    length = head_of(chain).number
    heads = {
        number: bytes(head).hex()
        for number, head in Seal.objects.filter(chain=chain, number__in=list(said)).values_list(
            "number", "head"
        )
    }
    lost = [number for number, head in said.items() if heads.get(number) != head]
    return (min(length, min(lost) - 1), max(said)) if lost else None
