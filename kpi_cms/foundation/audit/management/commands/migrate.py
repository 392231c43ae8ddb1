"""Django's `migrate`, as the owner of the tables, and not stopped by what it is about to put back."""

from typing import Any

from django.core.management.commands.migrate import Command as MigrateCommand

from kpi_cms.foundation.audit import append_only
from kpi_cms.foundation.core.owner import as_owner


class Command(MigrateCommand):
    def execute(self, *args: Any, **options: Any) -> str | None:
        """`audit.E001` and `access.E002` would refuse to begin: on an upgrade that protects one more table, and after
        a lost trigger or policy.
        """
        with append_only.being_repaired(), as_owner():
            return super().execute(*args, **options)
