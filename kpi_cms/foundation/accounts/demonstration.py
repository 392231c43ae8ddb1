"""The demonstration's people on the sign-in page: in a demonstration only, never outside it (core.E002)."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import User


@dataclass(frozen=True)
class DemonstrationAccount:
    """One person of the demonstration: account name, role, and what they do in the month."""

    username: str
    role: str | Promise
    does: str | Promise
    name: str = ""


ACCOUNTS = (
    DemonstrationAccount(
        "chinh-sach", _("Policy staff"), _("writes criteria sets, opens and closes the month")
    ),
    DemonstrationAccount("chinh-sach-2", _("Policy staff, second member"), _("issues what the first wrote")),
    DemonstrationAccount("dau-moi", _("Unit clerk"), _("keeps the unit's people and catalogue")),
    DemonstrationAccount("can-bo", _("Member of staff"), _("reports tasks and assesses their own work")),
    DemonstrationAccount("truong-phong", _("Unit head"), _("assigns tasks, evaluates and confirms")),
    DemonstrationAccount(
        "chu-tich", _("The head's own evaluator"), _("evaluates the heads of constituent units")
    ),
    DemonstrationAccount("kiem-tra", _("Auditor"), _("reads the history of cards and units")),
)


def accounts() -> list[DemonstrationAccount]:
    """The people to offer; empty outside a demonstration."""
    if not settings.DEMONSTRATION:
        return []
    names = dict(
        User.objects.filter(
            username__in=[account.username for account in ACCOUNTS], is_active=True
        ).values_list("username", "display_name")
    )
    return [
        DemonstrationAccount(account.username, account.role, account.does, names[account.username])
        for account in ACCOUNTS
        if account.username in names
    ]
