"""Write an evidence bundle of one unit's chain, or of one card, for somebody outside."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import bundle, ledger, verification
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import as_actor, database_now


class Command(BaseCommand):
    help = "Writes the ledger's links, rows, texts and anchors as one zip that check_bundle.py verifies; recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", default="", help="Everything of the second-level unit above this code.")
        parser.add_argument(
            "--card", default="", help="The rows of one card; of all others the hashes alone."
        )

    def handle(self, *args: Any, file: Path, unit: str, card: str, **options: Any) -> None:
        if bool(unit) == bool(card):
            raise CommandError("Say --unit or --card.")
        try:
            part = verification.part_of(unit=unit, card=card)
        except LookupError as error:
            raise CommandError(f"Nothing here is called {error.args[0]}.") from error
        moment, actor = database_now(), system_user()
        with as_actor(actor, moment), file.open("xb") as out:
            ledger.record(
                Act.EXPORT_TAKEN,
                subject=actor,
                label=part.chain,
                after={"export": "bundle", "unit": unit, "card": card},
            )
            manifest = bundle.write(out, part, moment=moment)
        [chain] = manifest["chains"]
        self.stdout.write(
            f"{file}: {chain['last']} links of chain {chain['chain']}, {len(manifest['files'])} files."
        )
