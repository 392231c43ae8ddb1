"""What narrows a history or the ledger: words of a name or code, an account, whole days, a table or one field."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.text import fold
from snippets.models import Person
from snippets.queries import containing

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Filters:
    """What narrows a history: words of a name or code, an account, days (both included), a table or one field."""

    person: str = ""
    actor: str = ""
    since: date | None = None
    until: date | None = None
    field: str = ""

    @property
    def table(self) -> str:
        return self.field.partition(".")[0]

    @property
    def column(self) -> str:
        return self.field.partition(".")[2]


def narrow(filters: Filters) -> Q:
    """A filter on history rows."""
    query = days_q(filters, "history_date")
    if filters.person:
        query &= Q(person_id__in=Person.objects.filter(containing(filters.person)).values("pk"))
    if filters.actor:
        named = accounts_named(filters.actor)
        query &= Q(history_user_id__in=named) | Q(history_on_behalf_of_id__in=named)
    return query


def narrow_acts(entries: QuerySet[LedgerEntry], filters: Filters) -> QuerySet[LedgerEntry]:
    query = days_q(filters, "at")
    if filters.person:
        query &= Q(person_id__in=Person.objects.filter(containing(filters.person)).values("pk"))
    if filters.actor:
        named = accounts_named(filters.actor)
        query &= Q(actor_id__in=named) | Q(on_behalf_of_id__in=named)
    return entries.filter(query)


def days_q(filters: Filters, column: str) -> Q:
    """Whole days on the clock of Việt Nam, the last one included."""
    query, (begin, end) = Q(), moments(filters)
    if begin is not None:
        query &= Q(**{f"{column}__gte": begin})
    if end is not None:
        query &= Q(**{f"{column}__lt": end})
    return query


def moments(filters: Filters) -> tuple[datetime | None, datetime | None]:
    """When the first day begins, and when the day after the last one does."""
    zone = timezone.get_default_timezone()
    begin = end = None
    if filters.since is not None and EARLIEST <= filters.since <= LATEST:
        begin = datetime.combine(filters.since, time.min, zone)
    if filters.until is not None and EARLIEST <= filters.until <= LATEST:
        end = datetime.combine(filters.until + timedelta(days=1), time.min, zone)
    return begin, end


def accounts_named(text: str) -> QuerySet[Any]:
    """Keys of accounts by their person's name or code without marks, or by the account's own name."""
    return User.objects.filter(
        Q(person__in=Person.objects.filter(containing(text)).values("pk"))
        | Q(username__icontains=text)
        | Q(display_name__icontains=text)
        | Q(username__icontains=fold(text))
    ).values("pk")
