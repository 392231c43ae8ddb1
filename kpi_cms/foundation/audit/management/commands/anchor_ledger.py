"""Anchor the ledger now: what the scheduler does every ten minutes."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kpi_cms.foundation.audit.anchors import make_anchor, make_key
from kpi_cms.foundation.core.actor import database_now


class Command(BaseCommand):
    help = "Write an anchor of all chains now; --make-key first makes the signing key where there is none."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--make-key", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LEDGER_ANCHOR_FOLDER:
            raise CommandError("KPI_ANCHOR_FOLDER is empty: say where anchors are written.")
        if options["make_key"]:
            make_key(Path(settings.LEDGER_SIGNING_KEY))
        self.stdout.write(str(make_anchor(moment=database_now(), occasion="manual")))
