"""Compare what is in force with the grants; put it right only when asked."""

from argparse import ArgumentParser
from collections import defaultdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from snippets.domain.projection import Difference, check_all, differences, project_all
from snippets.enums import Capability
from snippets.models import Unit

LABELS = dict(Capability.choices)


class Command(BaseCommand):
    help = "Compare the rights in force with the grants, by account and unit. Exit code 1 where they differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="Record the differences in the ledger, then put them right."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 when everything agrees or was put right, 1 when something differs."""
        moment = database_now()
        found = differences(timezone.localdate(moment))
        for line in _lines(found):
            self.stdout.write(line)
        if not found:
            self.stdout.write(_("What is in force agrees with the grants."))
            return
        if not options["repair"]:
            self.stdout.write(
                _("%(count)d differences. Nothing was changed; --repair puts them right.")
                % {"count": len(found)}
            )
            raise SystemExit(1)
        actor = system_user()
        check_all(actor=actor, moment=moment)
        project_all(actor=actor, moment=moment)
        self.stdout.write(_("%(count)d differences were put right.") % {"count": len(found)})


def _lines(found: list[Difference]) -> list[str]:
    """One line for each account and unit: staff code, unit code, and what is too much or missing there."""
    keys = {key for each in found for key in (each.held.user_id, each.held.on_behalf_of)}
    names = {
        key: staff_code or username
        for key, staff_code, username in User.objects.filter(pk__in=keys).values_list(
            "pk", "person__staff_code", "username"
        )
    }
    codes = dict(Unit.objects.filter(pk__in={each.held.unit_id for each in found}).values_list("pk", "code"))
    grouped: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for each in found:
        held = each.held
        what = str(LABELS.get(held.name, held.name))
        if held.on_behalf_of:
            what = _("%(what)s on behalf of %(code)s") % {"what": what, "code": names[held.on_behalf_of]}
        grouped[names[held.user_id], codes.get(held.unit_id, "-"), each.surplus].append(what)
    return [
        f"{staff_code} {unit_code} "
        + (_("in force without a grant") if surplus else _("granted and not in force"))
        + f": {', '.join(whats)}"
        for (staff_code, unit_code, surplus), whats in sorted(grouped.items())
    ]
