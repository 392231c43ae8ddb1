"""The one seam through which a request, a job or a command acts.

`as_actor` opens the transaction and says who acts and when: simple-history reads the actor from here, the ledger
the request id and the address, and PostgreSQL is told both, for row security (`told`). `business_verb` is how a
domain function enters it. `asked_by` is the same for what is only read.
"""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from .errors import Walled
from .told import telling

if TYPE_CHECKING:
    from kpi_cms.foundation.accounts.models import User

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

INSUFFICIENT_PRIVILEGE = "42501"  # PostgreSQL's word for a row or a table that this role may not touch


@dataclass(frozen=True)
class Origin:
    """Where an action comes from: one id for everything a request or a job did, and the client's address."""

    request_id: uuid.UUID = field(default_factory=uuid.uuid4)
    address: str | None = None


@dataclass(frozen=True)
class Action:
    """Who acts, when (the database's clock, read once by the door), from where, and for whom while they are absent."""

    actor: User
    moment: datetime
    origin: Origin
    on_behalf_of: User | None = None


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)
_action: ContextVar[Action | None] = ContextVar("action", default=None)
_questions: list[Callable[[], None]] = []


def ask_before_acting(question: Callable[[], None]) -> None:
    """Called, before anybody acts, by every process: raises what refuses all acts alike. A room's `ready()` adds it."""
    _questions.append(question)


def current_action() -> Action | None:
    """The action under way, or None outside `as_actor`."""
    return _action.get()


def current_origin() -> Origin | None:
    """Where what is under way comes from; None outside a request or a job."""
    return _origin.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[Origin]:
    """Set by the request middleware and by the job runner, around everything they do."""
    token = _origin.set(origin)
    try:
        yield origin
    finally:
        _origin.reset(token)


@contextmanager
def as_actor(actor: User, moment: datetime) -> Iterator[Action]:
    """Act as `actor` at `moment` inside one transaction. Nested uses join the outer transaction.

    Raises Walled where row security refuses a row that the rules let pass: everything is taken back. What was added by
    `ask_before_acting` refuses before anything begins.
    """
    for question in _questions:
        question()
    action = Action(actor=actor, moment=moment, origin=_origin.get() or Origin())
    try:
        with _transaction_of(actor, action.origin, savepoint=True):
            token = _action.set(action)
            try:
                yield action
            finally:
                _action.reset(token)
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", "") != INSUFFICIENT_PRIVILEGE:
            raise
        # The rules allowed what the wall refuses: one of the two is wrong, and whoever keeps the product must know.
        logger.exception("row security refused a change by account %s", actor.pk)
        raise Walled from error


@contextmanager
def asked_by(reader: User) -> Iterator[None]:
    """Read for `reader` inside one transaction. Nobody acts yet: a verb inside says who does, and when.

    SQLite has no row security to tell, and its readers would wait for one another: there it does nothing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with _transaction_of(reader, _origin.get() or Origin(), savepoint=False):
        yield


@contextmanager
def _transaction_of(actor: User, origin: Origin, *, savepoint: bool) -> Iterator[None]:
    outermost = not connection.in_atomic_block
    with (
        transaction.atomic(savepoint=savepoint),
        telling(to_the_end=outermost, actor=str(actor.pk), request=str(origin.request_id)),
    ):
        yield


def act_on_behalf_of(absent: User) -> None:
    """From here to the end of the verb under way, history and ledger name the person acted for beside the actor.

    Called by a domain function that found its actor allowed by a delegation only.
    """
    action = _action.get()
    if action is None:
        raise RuntimeError("Nobody acts here: call this inside as_actor.")
    _action.set(replace(action, on_behalf_of=absent))


def business_verb(function: Callable[P, R]) -> Callable[P, R]:
    """Run a keyword-only domain function (`*, actor, moment, …`) inside `as_actor`.

    The function itself then locks, re-reads, checks, changes and records; announcements leave with
    `transaction.on_commit`.
    """

    @functools.wraps(function)
    def verb(*args: P.args, **kwargs: P.kwargs) -> R:
        with as_actor(kwargs["actor"], kwargs["moment"]):  # type: ignore[arg-type]  # a ParamSpec cannot name them
            return function(*args, **kwargs)

    return verb


def database_now() -> datetime:
    """The database's clock, in UTC. Rules never read the web server's own (security.md T22).

    On SQLite the database *is* this machine.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment
