"""Whose upload it is, and what may be imported where."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import NotFound
from snippets.models import Person, Position, Unit
from snippets.rule_table import IMPORT_PEOPLE

from .enums import ImportKind
from .models import ImportUpload


def own_upload(actor: User, moment: datetime, kind: ImportKind, pk: uuid.UUID) -> ImportUpload:
    """An upload of the actor's own that is still kept. Raises NotFound for every other."""
    upload = (
        ImportUpload.objects.filter(pk=pk, kind=kind, actor_id=actor.pk, expires_at__gt=moment)
        .select_related("unit")
        .first()
    )
    if upload is None:
        raise NotFound
    return upload


def units_for(rule: Rule, scope: Scope) -> QuerySet[Unit]:
    """Units in service into which the reader may import this, in the order of the tree."""
    units: QuerySet[Unit] = (
        scope.units(*rule.capabilities).filter(Unit.open_on(timezone.localdate())).order_by("path")
    )
    return units


def codes_in_use(scope: Scope) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(code, name) of the units whose people the reader keeps, and of every position: what the template offers."""
    units = units_for(IMPORT_PEOPLE, scope).values_list("code", "name")
    return list(units), list(Position.objects.order_by("code").values_list("code", "title"))


def people_by_code(codes: Iterable[str]) -> list[Person]:
    """The people of staff codes, in name order."""
    return list(
        Person.objects.filter(staff_code__in=list(codes))
        .select_related("unit")
        .order_by("sort_key", "staff_code")
    )
