"""Everything between an installed lock and a server that can start; does only what is left to do."""

import hashlib
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core import checks
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts import demonstration
from kpi_cms.foundation.audit.anchors import make_key
from kpi_cms.foundation.core.owner import as_owner


class Command(BaseCommand):
    help = "Migrate, collect static files and, in a demonstration, load its data once; print who can sign in."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner():
            self._prepare()

    def _prepare(self) -> None:
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"The database does not answer ({reason}): start it, or correct DATABASE_URL."
            ) from error
        self._migrate()
        self._collect()
        if settings.DEMONSTRATION:
            make_key(Path(settings.LEDGER_SIGNING_KEY))
        if settings.DEMONSTRATION and "load_demonstration" in get_commands():
            call_command("load_demonstration", stdout=sys.stderr, stderr=sys.stderr)
        self._tell()

    def _say(self, text: str) -> None:
        # Progress goes to the person at once; the standard output is kept for the accounts.
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - a command's own voice

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        # Triggers and policies that are gone, or of an earlier release, come with migrating too.
        broken = checks.run_checks(tags=[checks.Tags.database], databases=[connection.alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()) or any(
            each.is_serious() for each in broken
        ):
            self._say("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _collect(self) -> None:
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        state = self._static_state()
        if not stamp.exists() or stamp.read_text() != state:
            self._say("Collecting static files …")
            call_command("collectstatic", verbosity=0, interactive=False)
            stamp.write_text(state)

    @staticmethod
    def _static_state() -> str:
        """A digest of every file that would be collected, by name, size and time."""
        digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
        for finder in get_finders():
            for path, storage in finder.list([]):
                status = Path(storage.path(path)).stat()
                digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def _tell(self) -> None:
        accounts = demonstration.accounts()
        if not accounts:
            return
        self.stdout.write(_("The sign-in page offers these people with one click:"))
        for account in accounts:
            self.stdout.write(f"  {account.username:<14} {account.role} – {account.name}")
