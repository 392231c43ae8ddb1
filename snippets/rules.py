"""May this person? Capabilities on units turned into decisions; each refusal carries its sentence.

A unit that the actor holds anything on is seen, every other one is unseen and answered as missing.
"""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.decisions import Decision, allow, refuse, unseen
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import SYSTEM_USERNAME
from kpi_cms.foundation.accounts.models import User

from .enums import Capability
from .models import Person, Unit

EVERYTHING: tuple[str, ...] = tuple(Capability.values)

# Whoever holds one of these on a unit reads its people, appointments and catalogues in the registers.
READS_PEOPLE = (Capability.MANAGE_PEOPLE, Capability.MANAGE_ACCOUNTS)
READS_CATALOGUE = (Capability.MANAGE_CATALOGUE, Capability.APPROVE_CATALOGUE)
READS_UNITS = (
    Capability.MANAGE_UNITS,
    Capability.MANAGE_GRANTS,
    Capability.MANAGE_PEOPLE,
    Capability.MANAGE_CATALOGUE,
    Capability.APPROVE_CATALOGUE,
    Capability.MANAGE_PERIODS,
)
READS_GRANTS = (Capability.MANAGE_GRANTS,)
READS_PERIODS = (Capability.MANAGE_PERIODS, Capability.PROGRESS)
KEEPS_SHARED_LISTS = (Capability.MANAGE_PEOPLE, Capability.MANAGE_UNITS)

_REFUSALS: Mapping[str, Promise] = {
    Capability.MANAGE_UNITS: _(
        "You do not keep units here. Ask the access administrator to make the change."
    ),
    Capability.MANAGE_PEOPLE: _(
        "You do not keep the people of this unit. Ask its clerk or the personnel office."
    ),
    Capability.MANAGE_CATALOGUE: _(
        "You do not keep the catalogue of this unit. Ask its clerk or the personnel office."
    ),
    Capability.APPROVE_CATALOGUE: _(
        "You cannot decide the catalogue of this unit. Send it to the personnel office."
    ),
    Capability.MANAGE_ACCOUNTS: _(
        "You do not keep the accounts of this unit. Ask its clerk or the personnel office."
    ),
    Capability.MANAGE_GRANTS: _("You cannot give or end grants on this unit. Ask the access administrator."),
    Capability.MANAGE_PERIODS: _("You do not keep the periods of this unit. Ask the policy staff."),
}


def is_system(actor: User) -> bool:
    """The account of scheduled work and the demonstration's loader. It is inactive: nobody can sign in as it."""
    return actor.username == SYSTEM_USERNAME and not actor.is_active


def may(actor: User, capability: Capability, unit: Unit, *, scope: Scope | None = None) -> Decision:
    """The actor holds `capability` on the unit or above it. Give `scope` where many are asked: it costs a query."""
    if is_system(actor):
        return allow("system")
    scope = scope or Scope.of(actor)
    if scope.covers(capability, unit):
        return allow(capability)
    if scope.covers_any(EVERYTHING, unit):
        return refuse(_REFUSALS[capability])
    return unseen()


def may_on_all(actor: User, capability: Capability, units: Iterable[Unit]) -> Decision:
    """The first answer that is not yes, or yes."""
    scope = Scope.of(actor)
    decision = allow(capability)
    for unit in units:
        decision = may(actor, capability, unit, scope=scope)
        if not decision:
            return decision
    return decision


def may_create_root(actor: User) -> Decision:
    """The top of the tree has nobody above it who could be asked: only the system account makes one."""
    if is_system(actor):
        return allow("system")
    return refuse(
        _("A unit at the top of the tree is set up when the system is installed. Choose the unit above it.")
    )


def keeps_shared_lists(scope: Scope) -> bool:
    """People or units are kept on a unit at the top of the tree."""
    return any(len(path) == Unit.steplen for path in scope.paths(*KEEPS_SHARED_LISTS))


def may_keep_shared_lists(actor: User) -> Decision:
    """Positions and job positions belong to no unit: kept at the top of the tree."""
    if is_system(actor) or keeps_shared_lists(Scope.of(actor)):
        return allow("top of the tree")
    return refuse(
        _("The list of positions is kept for the whole province. Ask the personnel office to change it.")
    )


def not_oneself(actor: User, person: Person) -> Decision:
    """Nobody decides on their own headship or evaluator."""
    if person.user_id is not None and person.user_id == actor.pk:
        return refuse(_("Somebody else must decide this about you. Ask the personnel office."))
    return allow("somebody else")


# Held on a unit, each of these lets its holder ask what an account of the unit can see.
EXPLAINS_ACCOUNTS = (Capability.MANAGE_GRANTS, Capability.AUDIT)


def explain_account(scope: Scope, user: User, units: Iterable[Unit]) -> Decision:
    """What an account can see: its own holder, and whoever gives grants or reads history on one of its `units`."""
    if scope.user_id is not None and scope.user_id == user.pk:
        return allow("own")
    if any(scope.covers_any(EXPLAINS_ACCOUNTS, unit) for unit in units):
        return allow("unit")
    return unseen()


def not_the_same(actor: User, user: User) -> Decision:
    """Nobody looks at the product as themselves: they do so already."""
    if actor.pk == user.pk:
        return refuse(_("This is your own account. Choose somebody else's."))
    return allow("somebody else")
