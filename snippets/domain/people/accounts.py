"""Accounts of people: made, reset, unlocked and closed by whoever keeps the accounts of their unit."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts import domain as accounts
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Refused, WrongState

from ... import rule_table as table
from ...models import Appointment, EvaluatorDecision, Grant, Person, Unit
from ...rules import is_system, may
from .. import grants, projection
from .records import locked


@business_verb
def create_account_for(*, actor: User, moment: datetime, person: Person) -> str:
    """Make the person's account, named by the staff code; returns its first password, which is shown once.

    A head begins to hold what a head holds at once. Raises NotFound, Refused, WrongState.
    """
    person = locked(person)
    _require_everywhere(actor, table.CREATE_ACCOUNT, person, moment)
    if person.user_id is not None:
        raise WrongState(
            _("%(code)s has an account already. Reset its password instead.") % {"code": person.staff_code}
        )
    user, password = accounts.create_account(
        actor=actor,
        moment=moment,
        username=person.staff_code,
        display_name=person.full_name,
        email=person.email,
    )
    link_account(person, user, actor=actor, moment=moment)
    return password


def link_account(person: Person, user: User, *, actor: User, moment: datetime) -> None:
    """The account is the person's; the grants of their headships, present and to come, begin."""
    person.user = user
    save_tracked(person, update_fields=["user"])
    lasting = (
        Appointment.objects.lasting(timezone.localdate(moment))
        .heads()
        .filter(person=person)
        .select_related("person")
    )
    projection.project_many(grants.follow_appointments(lasting, actor=actor, moment=moment), moment=moment)


def reaches(people: Sequence[Person], day: date) -> dict[int, set[int]]:
    """Where each of these people works, decides or holds something from that day on: person → units, in three queries.

    Posts that last or lie ahead, grants in force or to come, and whoever a decision names them to evaluate. A first
    password is the power to act as its owner there.
    """
    found: dict[int, set[int]] = {person.pk: {person.unit_id} for person in people}
    of_account = {person.user_id: person.pk for person in people if person.user_id is not None}
    posts = Appointment.objects.lasting(day).filter(person__in=list(found))
    held = Grant.objects.lasting(day).filter(user__in=list(of_account))
    decisions = EvaluatorDecision.objects.lasting(day).filter(evaluator__in=list(found))
    for key, unit in posts.values_list("person", "unit"):
        found[key].add(unit)
    for user, unit in held.values_list("user", "unit"):
        found[of_account[user]].add(unit)
    for key, unit in decisions.values_list("evaluator", "person__unit"):
        found[key].add(unit)
    return found


def _require_everywhere(actor: User, rule: Rule, person: Person, moment: datetime) -> None:
    """Whoever hands out a password must keep accounts wherever its owner works, decides or holds anything, or a unit's
    clerk would become the head of another. Raises NotFound, Refused."""
    may(actor, rule, person.unit).require()
    if is_system(actor):
        return
    scope = Scope.of(actor)
    units = Unit.objects.filter(pk__in=reaches([person], timezone.localdate(moment))[person.pk])
    if any(not may(actor, rule, unit, scope=scope) for unit in units):
        raise Refused(table.OUTSIDE_YOUR_ACCOUNTS)


def _account_of(actor: User, person: Person, moment: datetime) -> User:
    """The account, after the checks that reset, unlocking and closing share."""
    _require_everywhere(actor, table.KEEP_ACCOUNT, person, moment)
    if person.user is None:
        raise WrongState(_("%(code)s has no account yet. Create one first.") % {"code": person.staff_code})
    return person.user


@business_verb
def reset_account(*, actor: User, moment: datetime, person: Person, reason: str) -> str:
    """A new first password for somebody who lost theirs; shown once."""
    person = locked(person)
    user = _account_of(actor, person, moment)
    if user.pk == actor.pk:
        raise Refused(_("Change your own password on the page “Change password”."))
    return accounts.reset_password(actor=actor, moment=moment, user=user, reason=reason)


@business_verb
def unlock_account(*, actor: User, moment: datetime, person: Person, reason: str) -> None:
    """Lift the lockout after five wrong attempts."""
    person = locked(person)
    accounts.unlock(actor=actor, moment=moment, user=_account_of(actor, person, moment), reason=reason)


@business_verb
def deactivate_account(*, actor: User, moment: datetime, person: Person, reason: str) -> None:
    """Close the account; what it holds disappears from today's projection."""
    person = locked(person)
    user = _account_of(actor, person, moment)
    accounts.deactivate(actor=actor, moment=moment, user=user, reason=reason)
    projection.project(user, moment=moment)
