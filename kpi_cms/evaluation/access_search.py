"""“Who saw what”: the auditor's search of the access log, by person, by account, by unit and by time.

Auditors of a unit read who saw, listed and was refused what belongs to it and to the units below; sign-ins and whatever
belongs to no unit are read by auditors of the whole province. Nobody reads who looked at themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.access_log import notice_list
from kpi_cms.foundation.audit.enums import Access
from kpi_cms.foundation.audit.models import AccessLogEntry
from snippets.models import Person, Unit
from snippets.queries import containing, lineage

from .audit_filters import Filters, accounts_named, days_q
from .ledger_search import (
    PAGE,
    PEOPLE_FOUND,
    not_about_oneself,
    of_units,
    one_of,
    one_unit_in,
    read_units,
)
from .models import Scorecard


@dataclass(frozen=True)
class AccessSearch:
    """What is asked for; everything may be left empty."""

    person: str = ""
    account: str = ""
    unit: Unit | None = None
    kind: str = ""
    since: date | None = None
    until: date | None = None

    def described(self) -> dict[str, Any]:
        """For the ledger: what was asked, in codes; a name that was typed is not put down."""
        said = {
            "person": bool(self.person), "account": bool(self.account),
            "unit": self.unit.code if self.unit else "", "kind": self.kind,
            "since": str(self.since or ""), "until": str(self.until or ""),
        }  # fmt: skip
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True)
class FoundAccess:
    """One page, the newest first, and the key that the next begins behind; None at the end."""

    entries: list[AccessLogEntry]
    after: int | None


def search_access(
    scope: Scope, asked: AccessSearch, *, after: int | None = None, size: int = PAGE
) -> FoundAccess:
    """One page of the access log of the reader's units. Raises NotFound for a unit that is not theirs to audit."""
    notice_list("access log", unit=asked.unit)
    units = read_units(scope, asked.unit)
    if units == []:
        return FoundAccess([], None)
    rows = _narrowed(scope, asked)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    if units is not None:
        share = 1 if asked.person or asked.account else one_unit_in(units)
        rows = of_units(units, rows, "-pk", size + 1, share)
    entries = list(rows.order_by("-pk")[: size + 1])
    return FoundAccess(entries[:size], entries[size - 1].pk if len(entries) > size else None)


def _narrowed(scope: Scope, asked: AccessSearch) -> QuerySet[AccessLogEntry]:
    days = Filters(since=asked.since, until=asked.until)
    rows = not_about_oneself(scope, AccessLogEntry.objects.filter(days_q(days, "at")))
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.account:
        accounts = list(accounts_named(asked.account).values_list("pk", flat=True)[:PEOPLE_FOUND])
        rows = rows.filter(one_of("account_id", accounts) | one_of("as_account_id", accounts))
    if asked.person:
        people = Person.objects.filter(containing(asked.person)).order_by().values_list("pk", flat=True)
        rows = rows.filter(_concerning(list(people[:PEOPLE_FOUND])))
    return rows


def _concerning(people: Sequence[int]) -> Q:
    """Records of the people; for one person, also the lists of units that they stood in."""
    query = one_of("person_id", people)
    if len(people) != 1:
        return query
    paths = Scorecard.objects.filter(person_id=people[0]).order_by().values_list("unit__path", flat=True)
    above = {path for own in paths.distinct() for path in lineage(own)}
    units = Unit.objects.filter(path__in=above).order_by().values_list("pk", flat=True)
    return query | Q(kind=Access.LISTED, unit_id__in=list(units))


def kind_choices() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Access.choices]
