"""May this person? Every question of the registers is asked of the rule table, here.

A unit that the actor holds anything on is seen, every other one is unseen and answered as missing.
"""

from collections.abc import Iterable

from kpi_cms.foundation.access.decisions import Decision, allow, refuse
from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, Rule, ask, in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import SYSTEM_USERNAME
from kpi_cms.foundation.accounts.models import User

from . import rule_table as table
from .enums import Capability
from .models import Catalogue, Grant, Person, Unit

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
KEEPS_CALENDAR = (Capability.MANAGE_PERIODS, Capability.MANAGE_PEOPLE)


def is_system(actor: User) -> bool:
    """The account of scheduled work and the demonstration's loader. It is inactive: nobody can sign in as it."""
    return actor.username == SYSTEM_USERNAME and not actor.is_active


def may(actor: User, rule: Rule, unit: Unit, *, scope: Scope | None = None) -> Decision:
    """The actor may do this on the unit. Give `scope` where many are asked: it costs a query."""
    relations = (SYSTEM,) if is_system(actor) else ()
    return ask(rule, Scope.of(actor) if scope is None else scope, relations, unit)


def may_on_all(actor: User, rule: Rule, units: Iterable[Unit]) -> Decision:
    """The first answer that is not yes, or yes."""
    scope = Scope.of(actor)
    decision = allow(str(rule))
    for unit in units:
        decision = may(actor, rule, unit, scope=scope)
        if not decision:
            return decision
    return decision


def may_now(rule: Rule, scope: Scope, unit: Unit, state: str = "") -> bool:
    """What a register offers: the reader may, and the record stands where the act is taken from."""
    return bool(ask(rule, scope, (), unit)) and in_state(rule, state)


def may_approve_catalogue(actor: User, catalogue: Catalogue, *, scope: Scope | None = None) -> Decision:
    """Whoever approves catalogues on the unit, and did not send this one. The system's own account does both."""
    decision = may(actor, table.APPROVE_CATALOGUE, catalogue.unit, scope=scope)
    if decision and catalogue.sent_by == actor.pk and not is_system(actor):
        return refuse(table.APPROVE_CATALOGUE.forbidden[table.SENDER])
    return decision


def may_end_delegation(actor: User, grant: Grant) -> Decision:
    """The giver, and whoever gives and ends grants on its unit."""
    relations = (table.GIVER,) if grant.given_by == actor.pk else ()
    return ask(table.END_DELEGATION, Scope.of(actor), relations, grant.unit)


def may_create_root(actor: User) -> Decision:
    """The top of the tree has nobody above it who could be asked: only the system account makes one."""
    return ask(table.CREATE_ROOT, Scope(), (SYSTEM,) if is_system(actor) else (SIGNED_IN,))


def keeps_shared_lists(scope: Scope) -> bool:
    """People or units are kept on a unit at the top of the tree."""
    return bool(ask(table.KEEP_POSITIONS, scope, ()))


def may_keep_shared_lists(actor: User) -> Decision:
    """Positions and job positions belong to no unit: kept at the top of the tree."""
    return ask(table.KEEP_POSITIONS, Scope.of(actor), (SYSTEM,) if is_system(actor) else (SIGNED_IN,))


def keeps_calendar(scope: Scope) -> bool:
    """People or periods are kept on a unit at the top of the tree."""
    return bool(ask(table.KEEP_CALENDAR, scope, ()))


def may_keep_calendar(actor: User) -> Decision:
    """The calendar of working days belongs to no unit: kept at the top of the tree."""
    return ask(table.KEEP_CALENDAR, Scope.of(actor), (SYSTEM,) if is_system(actor) else (SIGNED_IN,))


def not_oneself(actor: User, person: Person, rule: Rule) -> Decision:
    """Nobody decides on their own headship, evaluator or fields."""
    if person.user_id is not None and person.user_id == actor.pk:
        return refuse(rule.forbidden[table.ONESELF])
    return allow("somebody else")


def explain_account(scope: Scope, user: User, units: Iterable[Unit]) -> Decision:
    """What an account can see: its own holder, and whoever gives grants or reads history on one of its `units`."""
    own = scope.user_id is not None and scope.user_id == user.pk
    return ask(table.EXPLAIN_ACCOUNT, scope, (table.ONESELF,) if own else (), *units)


def not_the_same(actor: User, user: User) -> Decision:
    """Nobody looks at the product as themselves: they do so already."""
    if actor.pk == user.pk:
        return refuse(table.VIEW_AS.forbidden[table.ONESELF])
    return allow("somebody else")
