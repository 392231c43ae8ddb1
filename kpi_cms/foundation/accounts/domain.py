"""Accounts are created, reset, unlocked and deactivated here; who may is asked by the room that calls."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from axes.utils import reset as reset_attempts
from django.contrib.auth.hashers import get_hasher
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid

from .models import User

SYSTEM_USERNAME = "he-thong"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that look alike when read from paper


def first_password() -> str:
    """A first-sign-in password to be handed over on paper: 16 characters, about 79 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _i in range(4)) for _j in range(4))


def system_user() -> User:
    """The account that scheduled work acts under; nobody can sign in with it."""
    user, created = User.objects.get_or_create(
        username=SYSTEM_USERNAME, defaults={"display_name": "Hệ thống", "is_active": False}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


@business_verb
def create_account(
    *, actor: User, moment: datetime, username: str, display_name: str, email: str = ""
) -> tuple[User, str]:
    """A new account and its first password, which must be changed at the first sign-in. Shown once, never stored."""
    password = first_password()
    if User.objects.filter(username=username).exists():
        raise Invalid(_("An account named “%(username)s” exists already.") % {"username": username})
    user = User(username=username, display_name=display_name, email=email, must_change_password=True)
    user.set_password(password)
    user.save()
    ledger.record(Act.ACCOUNT_CREATED, subject=user, label=username, after={"username": username})
    return user, password


@business_verb
def create_accounts(
    *, actor: User, moment: datetime, wanted: Sequence[tuple[str, str, str]]
) -> dict[str, tuple[User, str]]:
    """Many new accounts, from (account name, name, e-mail address): account name → account and first password.

    A first password is random and 79 bits long, so guessing it is hopeless whatever the hash costs: it is hashed
    cheaply, or ten thousand accounts would take a quarter of an hour. The first sign-in changes it, and hashes the new
    one at the full cost. One ledger entry names them all.
    """
    if not wanted:
        return {}
    names = [username for username, _name, _email in wanted]
    for start in range(0, len(names), 500):
        taken = User.objects.filter(username__in=names[start : start + 500]).first()
        if taken is not None:
            raise Invalid(_("An account named “%(username)s” exists already.") % {"username": taken.username})
    hasher = _cheap_hasher()
    passwords = [first_password() for _name in names]
    users = [
        User(
            username=username,
            display_name=display_name,
            email=email,
            must_change_password=True,
            password=hasher.encode(password, hasher.salt()),
        )
        for (username, display_name, email), password in zip(wanted, passwords, strict=True)
    ]
    User.objects.bulk_create(users, batch_size=500)
    ledger.record(Act.ACCOUNT_CREATED, subject=users[0], label=names[0], after={"usernames": names})
    return {user.username: (user, password) for user, password in zip(users, passwords, strict=True)}


def _cheap_hasher() -> Any:
    """The preferred hasher at its lowest cost; Django hashes again at the full cost when the password is used."""
    hasher = type(get_hasher())()
    for setting, value in (("time_cost", 1), ("memory_cost", 512), ("parallelism", 1)):
        if hasattr(hasher, setting):
            setattr(hasher, setting, value)
    return hasher


@business_verb
def reset_password(*, actor: User, moment: datetime, user: User, reason: str) -> str:
    """A new first password for somebody who lost theirs; ends their sessions and their lockout."""
    user = User.objects.select_for_update().get(pk=user.pk)
    password = first_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    reset_attempts(username=user.username)
    ledger.record(Act.ACCOUNT_RESET, subject=user, label=user.username, reason=reason)
    return password


@business_verb
def unlock(*, actor: User, moment: datetime, user: User, reason: str) -> None:
    """Lift the lockout after five wrong attempts."""
    reset_attempts(username=user.username)
    ledger.record(Act.ACCOUNT_UNLOCKED, subject=user, label=user.username, reason=reason)


@business_verb
def deactivate(*, actor: User, moment: datetime, user: User, reason: str) -> None:
    """Close an account: never deleted, because history names it. Its sessions die with its next request."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == actor.pk:
        raise Invalid(_("You cannot deactivate your own account; ask another administrator."))
    user.is_active = False
    user.deactivated_at = moment
    user.save(update_fields=["is_active", "deactivated_at"])
    ledger.record(Act.ACCOUNT_DEACTIVATED, subject=user, label=user.username, reason=reason)


@business_verb
def change_own_password(*, actor: User, moment: datetime, current: str, new: str) -> None:
    """The owner's change. Raises Invalid with every rule the new password breaks."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    if not user.check_password(current):
        raise Invalid(
            _("The present password is not right."),
            problems={"current": [_("The present password is not right.")]},
        )
    problems: list[Any] = []
    if user.check_password(new):
        problems.append(_("The new password must differ from the present one."))
    try:
        validate_password(new, user)
    except ValidationError as error:
        problems.extend(error.messages)
    if problems:
        raise Invalid(_("The new password cannot be used."), problems={"new": problems})
    user.set_password(new)
    user.must_change_password = False
    user.password_changed_at = moment
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])


def forget_ended_sessions(*, actor: User, moment: datetime) -> int:
    """Delete sessions whose absolute limit has passed: daily work, no business act. Returns how many."""
    ended, _by_model = Session.objects.filter(expire_date__lt=moment).delete()
    return ended
