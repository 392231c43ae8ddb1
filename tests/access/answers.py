"""What the rules promise for a cell."""

from dataclasses import dataclass
from enum import Enum

from django.conf import settings
from django.urls import reverse

from tests.access import rulebook
from tests.access.cells import Cell, route_of
from tests.access.routes import Route
from tests.access.rulebook import NO_METHOD, Rule


class Kind(Enum):
    """Only an allowed one may change a row. The last three may carry what the role knows, the others nothing."""

    SIGN_IN = "is asked to sign in"
    MISSING = "finds nothing"
    REFUSED = "is refused"
    NO_METHOD = "cannot do it this way"
    TURNED_AWAY = "is sent to the dashboard"
    INVALID = "may not name this"
    NOT_NOW = "comes at the wrong time"
    ALLOWED = "is allowed"


@dataclass(frozen=True)
class Expected:
    kind: Kind
    status: int
    writes: bool = False


def expected(cell: Cell) -> Expected:
    """The one answer of a cell."""
    entry, route, get = cell.entry, route_of(cell.key), cell.method == "get"
    name = entry.rule_of(cell.method)
    if cell.role == "anonymous":
        return _to_a_visitor(cell, route, name)
    if name == NO_METHOD:
        return _without_method(cell, route)
    rule = rulebook.rules()[name]
    if entry.behind and not rulebook.rules()[entry.behind].lets(cell.role, cell.relation, cell.state):
        return Expected(Kind.MISSING, 404)
    barred = _barred(rule, cell)
    if barred is not None:
        return barred
    if entry.away:
        return Expected(Kind.TURNED_AWAY, 302)
    if not get and entry.offers and (cell.role, cell.relation) not in rulebook.rules()[entry.offers].allowed:
        # What is not offered is invalid; oneself is offered and refused.
        return Expected(Kind.INVALID, 403 if cell.relation == "own" else 422)
    if not rule.possible(cell.relation, cell.state):
        status = entry.later_get.get(cell.state, entry.not_now_get) if get else entry.not_now_post
        return Expected(Kind.MISSING if status == 404 else Kind.NOT_NOW, status)
    return Expected(Kind.ALLOWED, entry.shown if get else entry.done, writes=not get and entry.writes)


def _barred(rule: Rule, cell: Cell) -> Expected | None:
    place = (cell.role, cell.relation)
    if place not in rule.seen:
        return Expected(Kind.MISSING, 404)
    return None if place in rule.allowed else Expected(Kind.REFUSED, cell.entry.refused)


def _to_a_visitor(cell: Cell, route: Route, name: str) -> Expected:
    entry = cell.entry
    other = entry.rule_of("post" if cell.method == "get" else "get")
    if name == "public":
        get = cell.method == "get"
        status = entry.visitor or (entry.shown if get else entry.done)
        return Expected(Kind.ALLOWED, status, writes=not get and entry.writes)
    if name == NO_METHOD and other == "public":
        return Expected(Kind.NO_METHOD, 405)
    if name == "absent" and not route.in_admin:
        return Expected(Kind.MISSING, 404)
    return Expected(Kind.SIGN_IN, 302)


def _without_method(cell: Cell, route: Route) -> Expected:
    """The workspace says so to everybody who signed in; the admin only to those whom it lets see the record."""
    other = cell.entry.rule_of("post" if cell.method == "get" else "get")
    if route.in_admin and cell.entry.method_first:
        inside = cell.role in rulebook.groups()["admins"]
        return Expected(Kind.NO_METHOD, 405) if inside else Expected(Kind.MISSING, 404)
    if route.in_admin:
        barred = _barred(rulebook.rules()[other], cell)
        if barred is not None:
            return barred
    return Expected(Kind.NO_METHOD, 405)


def location_of(kind: Kind) -> str | None:
    """Where an answer of a kind leads."""
    if kind is Kind.SIGN_IN:
        return reverse(settings.LOGIN_URL)
    return reverse("wagtailadmin_home") if kind is Kind.TURNED_AWAY else None
