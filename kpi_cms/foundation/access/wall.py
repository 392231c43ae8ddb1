"""The second wall: which rows PostgreSQL itself shows and takes, whatever a query forgot to ask.

The app that owns a table says with `protect` who reads its rows and who may write them, as SQL conditions on its
columns; `define` adds a function of its own for them. `wall_install` puts all of it in place after every migrate. The
wall reads who acts from the settings of the transaction (`core.told`) and derives the rest from the database: the
account's capabilities from today's projection of the grants, and whether it is the system account.

The owner of the tables passes (migrations, the suite's factories); the application's role is not the owner. What an act
brings about in rows that its actor may not see says so with `beyond_the_wall`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from kpi_cms.foundation.core.told import telling

View = TypeVar("View", bound=Callable[..., HttpResponse])

NOBODY = "false"  # but what passes every wall: the system account, and acts that go beyond it


@dataclass(frozen=True)
class Walled:
    """A table behind the wall. The conditions are SQL on its columns; `author` is the column that says who wrote;
    with `forgotten` what passes every wall may delete rows."""

    table: str
    reads: str
    inserts: str
    updates: str
    author: str = ""
    forgotten: bool = False


@dataclass(frozen=True)
class Helper:
    """A function that conditions call: it sees every row. `signature` is its name with its arguments."""

    signature: str
    returns: str
    body: str


_walled: dict[str, Walled] = {}
_helpers: dict[str, Helper] = {}


# --- What an app says ---------------------------------------------------------------------------------------
def protect(
    table: str,
    *,
    reads: str,
    updates: str = NOBODY,
    inserts: str | None = None,
    author: str = "",
    forgotten: bool = False,
) -> None:
    """Put `table` behind the wall from the next migrate on. Called by the app that owns it, from `ready()`.

    A row is shown to whom `reads` holds for, an UPDATE must leave it such that `updates` holds, an INSERT that
    `inserts` (else `updates`) holds; no row is deleted, but where it is `forgotten` by the system account in time. With
    `author` a row names the account that acts, whatever else lets it pass.
    """
    _walled[table] = Walled(table, reads, updates if inserts is None else inserts, updates, author, forgotten)


def define(name: str, returns: str, body: str, *, of: str = "") -> None:
    """Add a function that conditions may call: plpgsql, reading everything.

    Without arguments it lists what an account has, once for a statement; `of` a row (`wanted bigint`) it answers for
    that row alone, for lists that grow long and are asked for few rows.
    """
    _helpers[name] = Helper(f"{name}({of})", returns, body)


def walled_tables() -> list[Walled]:
    return sorted(_walled.values(), key=lambda entry: entry.table)


def helpers() -> list[Helper]:
    return list(_helpers.values())


# --- Conditions ---------------------------------------------------------------------------------------------
def held_on(column: str, *capabilities: str) -> str:
    """The actor holds one of the capabilities on the unit in `column`, or above it."""
    named = ",".join(str(capability) for capability in capabilities)
    return f"\"{column}\" IN (SELECT kpi_units('{{{named}}}'))"


def any_of(*conditions: str) -> str:
    return "(" + " OR ".join(conditions) + ")"


def all_of(*conditions: str) -> str:
    return "(" + " AND ".join(conditions) + ")"


# --- Beyond it ----------------------------------------------------------------------------------------------
@contextmanager
def beyond_the_wall(why: str, *, within: Sequence[str] = ()) -> Iterator[None]:
    """Read and change rows that the actor may not see, until the block ends; inside `as_actor` or a request.

    For what follows from an act by the rules (a leader's d, a result, a total), never for what is shown of a single
    person. `within` names capabilities: then only rows of units on which the actor holds one of them come into sight.
    Where this may stand is listed in `tests/architecture/test_wall.py`. Lazy querysets must be read inside.
    """
    if within:
        with telling(also=",".join(str(capability) for capability in within)):
            yield
    else:
        with telling(beyond=why):
            yield


def shown_within(why: str, *capabilities: str) -> Callable[[View], View]:
    """A view whose page lists rows by one of these capabilities, which does not open the rows themselves.

    A clerk gives tasks by name and sees no card; policy staff follow totals. The page is drawn inside, because its
    lists are read while it is drawn.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with beyond_the_wall(why, within=capabilities):
                response = view(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                    response.render()
            return response

        return shown  # type: ignore[return-value]  # the same view, seen from outside

    return decorated
