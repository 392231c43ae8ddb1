"""May this account do this to criteria sets? Who, not when: the state of a set is the domain's question."""

from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.decisions import Decision, allow, refuse
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from snippets.enums import Capability
from snippets.rules import is_system


def write(scope: Scope) -> Decision:
    """Write and read working copies: everybody else does not even see them."""
    if scope.holds(Capability.AUTHOR, Capability.PUBLISH):
        return allow(Capability.AUTHOR)
    return refuse(_("Only policy staff write criteria sets. Ask for the capability to write them."))


def issue(actor: User, scope: Scope) -> Decision:
    """Issue a set: who holds the capability anywhere, and the system's own account (the demonstration loader)."""
    if is_system(actor):
        return allow("system")
    if scope.holds(Capability.PUBLISH):
        return allow(Capability.PUBLISH)
    return refuse(_("You may write criteria sets, not issue them. Ask somebody who may issue this one."))
