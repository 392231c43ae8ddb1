"""The registers as they are, or as they were at a moment: the tree, a person's account, the grants in force.

History rows say where a unit stood and whose an account was; a unit that moved since is found where it was then.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from kpi_cms.foundation.accounts.models import User

from .models import Grant, Person, Unit


@dataclass(frozen=True)
class At:
    """The moment asked about. In the `past` the history is read, else the records as they stand."""

    moment: datetime
    past: bool = False

    def last(self, model: type[Any]) -> QuerySet[Any]:
        """The records themselves; in the past the last history row of each, at or before the moment."""
        if not self.past:
            everything: QuerySet[Any] = model._default_manager.order_by()
            return everything
        numbered = model.history.filter(history_date__lte=self.moment).annotate(
            place=Window(
                RowNumber(),
                partition_by=F("id"),
                order_by=[F("history_date").desc(), F("history_id").desc()],
            )
        )
        # As a subquery: what a caller filters by must not choose the rows that are numbered.
        newest = numbered.filter(place=1).values("history_id")
        rows: QuerySet[Any] = model.history.filter(history_id__in=newest).exclude(history_type="-").order_by()
        return rows

    def rows(self, model: type[Any], keys: Collection[int]) -> dict[int, Any]:
        """Each record as it was, by key; one that was not there has none. One query."""
        if not self.past:
            return dict(model._default_manager.in_bulk(list(keys)))
        once = model.history.filter(id__in=list(keys), history_date__lte=self.moment)
        newest: dict[int, Any] = {}
        for row in once.order_by("history_date", "history_id"):
            newest[row.id] = row
        return {key: row for key, row in newest.items() if row.history_type != "-"}

    def grants(self) -> QuerySet[Grant]:
        """Grants in force, of accounts that can sign in; what was delegated while the giver's own grant is.

        Whether a delegation still lies at or below the giver's unit is asked of the tree by `within_the_giver`.
        """
        delegated = self._alive("delegated_from__") & Q(delegated_from__delegated_from__isnull=True)
        grants: QuerySet[Grant] = Grant.objects.filter(
            self._alive(""), Q(delegated_from__isnull=True) | delegated
        ).select_related("user", "delegated_from__user")
        return grants

    def _alive(self, prefix: str) -> Q:
        day = timezone.localdate(self.moment)
        return (
            Q(**{f"{prefix}starts_on__lte": day})
            & (Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gte": day}))
            & (Q(**{f"{prefix}ended_at__isnull": True}) | Q(**{f"{prefix}ended_at__gt": self.moment}))
            & Q(**{f"{prefix}given_at__lte": self.moment, f"{prefix}user__in": self.accounts()})
        )

    def accounts(self) -> QuerySet[User]:
        """Accounts that can sign in: made before, not deactivated."""
        if not self.past:
            return User.objects.filter(is_active=True)
        active = Q(deactivated_at__isnull=True, is_active=True) | Q(deactivated_at__gt=self.moment)
        return User.objects.filter(active, date_joined__lte=self.moment)

    def accounts_of(self, people: Collection[int | None]) -> Mapping[int, User]:
        """Person → their account. Two queries."""
        rows = self.rows(Person, {key for key in people if key is not None})
        users = self.accounts().in_bulk([row.user_id for row in rows.values() if row.user_id is not None])
        return {key: users[row.user_id] for key, row in rows.items() if row.user_id in users}

    def people_of(self, user_id: int) -> list[int]:
        """The people whose account it is: one, or none."""
        if not self.past:
            return list(Person.objects.filter(user_id=user_id).values_list("pk", flat=True))
        once = Person.history.filter(user_id=user_id, history_date__lte=self.moment)
        rows = self.rows(Person, set(once.values_list("id", flat=True)))
        return [key for key, row in rows.items() if row.user_id == user_id]

    def units_at(self, paths: Iterable[str]) -> dict[str, Any]:
        """Path → the unit that stands there. Two queries at most."""
        wanted = set(paths)
        if not self.past:
            return {unit.path: unit for unit in Unit.objects.filter(path__in=wanted)}
        once = Unit.history.filter(path__in=wanted, history_date__lte=self.moment)
        rows = self.rows(Unit, set(once.values_list("id", flat=True)))
        return {row.path: row for row in rows.values() if row.path in wanted}


def lineage_of(path: str) -> list[str]:
    """Every path above and the path itself, the highest first."""
    return [path[:end] for end in range(Unit.steplen, len(path) + 1, Unit.steplen)]


def within_the_giver(grant: Grant, paths: Mapping[int, str]) -> bool:
    """A grant of one's own, or a delegation whose unit lies at or below the giver's; `paths` by unit."""
    if grant.delegated_from is None:
        return True
    above = paths.get(grant.delegated_from.unit_id)
    return above is not None and paths[grant.unit_id].startswith(above)
