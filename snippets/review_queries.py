"""Who holds what, for the half-yearly access review: the grants of the reader's units, paged by key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, Subquery

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User

from .models import Grant
from .models.grants import GrantQuerySet
from .rule_table import REVIEW_GRANTS


@dataclass(frozen=True)
class Slice:
    """One page of grants, and the grant after which the next page begins."""

    grants: list[Grant]
    after: int | None


def grants_to_review(scope: Scope, day: date, *, text: str = "") -> QuerySet[Grant]:
    """Grants in force on a day or beginning later, on units that the reader reviews, by account."""
    held: GrantQuerySet = Grant.objects.within(scope, *REVIEW_GRANTS.capabilities)
    later = held.filter(starts_on__gt=day, ended_at__isnull=True)
    found: QuerySet[Grant] = held.on(day) | later
    if text:
        found = found.filter(Q(user__username__icontains=text) | Q(user__display_name__icontains=text))
    return found.select_related("user", "unit").order_by("user__username", "pk")


def page_of_grants(found: QuerySet[Grant], *, size: int, after: int | None = None) -> Slice:
    """`size` grants behind the grant `after`, in one query; a grant that is not among them leads to the first page."""
    rows = found
    if after is not None:
        name = Subquery(found.filter(pk=after).order_by().values("user__username")[:1])
        rows = found.filter(Q(user__username__gt=name) | Q(user__username=name, pk__gt=after))
    grants = list(rows[: size + 1])
    if not grants and after is not None:
        return page_of_grants(found, size=size)
    more = len(grants) > size
    grants = grants[:size]
    return Slice(grants, grants[-1].pk if more else None)


def givers(grants: Iterable[Grant]) -> dict[int, User]:
    """The accounts that gave these grants, by key."""
    return {user.pk: user for user in User.objects.filter(pk__in={grant.given_by for grant in grants})}
