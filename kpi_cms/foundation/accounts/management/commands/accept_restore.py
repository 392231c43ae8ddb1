"""After a restore: show what was lost and, with a reason, sign it off so that work can go on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import signing_off
from kpi_cms.foundation.audit.canonical import time_text
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Show what a restored backup lost; --reason signs it off in the ledger, and everybody may act again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--reason", default="", help="Who decided to go on without what was lost, and why."
        )

    def handle(self, *args: Any, reason: str, **options: Any) -> None:
        loss = signing_off.find_loss()
        if loss is None and not reason:
            self.stdout.write("The database is not behind its anchors: nothing was lost.")
            return
        if loss is None:
            raise CommandError("The database is not behind its anchors: there is nothing to sign off.")
        self._show(loss)
        if not reason.strip():
            raise CommandError("Nothing was signed off: nobody can act until accept_restore --reason '…'.")
        try:
            anchor = signing_off.accept(actor=system_user(), moment=database_now(), reason=reason)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Signed off in the ledger and anchored as {anchor}. Everybody may act again.")

    def _show(self, loss: signing_off.Loss) -> None:
        self.stdout.write(f"The last anchor that the database knows: {loss.known} {loss.since}".rstrip())
        for found in loss.files[:SHOWN]:
            signed = {True: "signed", False: "ITS SIGNATURE DOES NOT HOLD", None: "not signed"}[found.signed]
            self.stdout.write(f"  lost: anchor {found.point.number} of {time_text(found.point.at)}, {signed}")
        if len(loss.files) > SHOWN:
            last = loss.files[-1].point
            self.stdout.write(f"  … {len(loss.files)} in all, the last {last.number} of {time_text(last.at)}")
        for name in loss.unreadable:
            self.stdout.write(f"  no anchor: {name}")
        for chain, (kept, said) in loss.chains.items():
            self.stdout.write(f"  chain {chain}: {kept} of {said} anchored links are left")
