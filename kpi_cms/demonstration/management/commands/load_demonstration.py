from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from kpi_cms.demonstration.loading import load
from kpi_cms.foundation.core.errors import DomainError


class Command(BaseCommand):
    help = "Loads the demonstration: units, people, a catalogue, criteria sets and a month under way."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            written = load(self.stdout.write)
        except DomainError as refusal:
            raise CommandError(str(refusal.sentence)) from refusal
        if not written:
            self.stdout.write(_("The demonstration is loaded already. Nothing was changed."))
