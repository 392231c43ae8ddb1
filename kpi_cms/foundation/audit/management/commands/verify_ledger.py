"""Verify the ledger, and say what does not hold."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kpi_cms.foundation.audit import verification
from kpi_cms.foundation.audit.wording import accepted_sentence

SHOWN = 50
IN_PART = (
    "Of this part alone: its chain, records, texts and results. Left to the whole verification: other chains, records "
    "without a unit, texts that only history and ledger point at, digests of bulk acts and, for a unit, of openings."
)


class Command(BaseCommand):
    help = "Recompute the ledger's chain from its rows and compare it with the anchors; exit code 1 when it fails."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--unit", default="", help="The chain of the second-level unit above this code; @ with none."
        )
        parser.add_argument(
            "--card", default="", help="The chain and the rows of one card, by its code (P12-3456)."
        )
        parser.add_argument(
            "--anchor", action="append", type=Path, help="This anchor's file and no others; repeatable."
        )
        parser.add_argument("--json", action="store_true", help="The whole outcome as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            part = verification.part_of(unit=options["unit"], card=options["card"])
        except LookupError as error:
            raise CommandError(f"Nothing here is called {error.args[0]}.") from error
        for path in options["anchor"] or ():
            if not path.is_file():
                raise CommandError(f"There is no file {path}.")
        outcome = verification.run(part, anchor_files=options["anchor"])
        if options["json"]:
            self.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1))
        else:
            self._tell(outcome)
        if not outcome.holds:
            raise SystemExit(1)

    def _tell(self, outcome: verification.Outcome) -> None:
        report = outcome.report
        self.stdout.write(
            f"{report.links} links in {len(report.lengths)} chains, {report.rows} rows, {outcome.anchors} anchors "
            f"({outcome.anchor_files} read from files), {outcome.waiting} rows waiting for their seal, "
            f"in {outcome.seconds:.1f} s."
        )
        for each in outcome.accepted:
            self.stdout.write(f"Accepted: {accepted_sentence(each)}")
        if outcome.in_part:
            self.stdout.write(IN_PART)
        if outcome.holds:
            self.stdout.write("Everything holds.")
            return
        first = verification.first_named(outcome)
        self.stdout.write(f"The first that does not hold: {first}")
        for found in outcome.findings[:SHOWN]:
            name = outcome.names.get(found)
            self.stdout.write(f"  {found}{f' · {name}' if name else ''}")
        if len(outcome.findings) > SHOWN:
            self.stdout.write(f"  … and {len(outcome.findings) - SHOWN} more (--json has all).")
