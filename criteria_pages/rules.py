"""May this account do this to criteria sets? Asked of the rule table; the state of a set is the domain's question."""

from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, ask
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from snippets.rules import is_system

from . import rule_table as table


def write(scope: Scope) -> Decision:
    """Write and read working copies: everybody else does not even see them."""
    return ask(table.WRITE, scope, (SIGNED_IN,))


def bring_in(actor: User, scope: Scope) -> Decision:
    """Import a set as a draft: who writes sets, and the system's own account (the command line)."""
    return ask(table.IMPORT_SET, scope, (SYSTEM,) if is_system(actor) else (SIGNED_IN,))


def issue(actor: User, scope: Scope, *, author: int | None = None) -> Decision:
    """Issue a set: who holds the capability anywhere and did not make its last change (`author`), and the system's own
    account (the demonstration loader)."""
    if is_system(actor):
        return ask(table.ISSUE, scope, (SYSTEM,))
    may = ask(table.ISSUE, scope, (SIGNED_IN,))
    return (
        ask(table.ISSUE, scope, (SIGNED_IN, table.LAST_AUTHOR)) if may and is_author(actor, author) else may
    )


def see_impact(scope: Scope) -> Decision:
    """Try a draft on past cards; to everybody else the page does not exist."""
    return ask(table.SEE_IMPACT, scope, (SIGNED_IN,))


def is_author(actor: User, author: int | None) -> bool:
    """The account made the last change. What the product itself wrote has no author."""
    return author is not None and author == actor.pk and not is_system(actor)
