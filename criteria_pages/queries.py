"""Reads of versions that more than one door uses."""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from kpi_cms.foundation.accounts.models import User

from .enums import Evaluated
from .models import CriteriaVersion


def in_force(day: date) -> list[CriteriaVersion]:
    """The version of each set that a period ending on `day` would be scored with, by set code.

    Of the versions in effect the one that took effect last, and of these the highest number.
    """
    newest: dict[str, CriteriaVersion] = {}
    rows = CriteriaVersion.objects.filter(effective_on__lte=day).exclude(effective_until__lt=day)
    for version in rows.order_by("set_code", "-effective_on", "-number"):
        newest.setdefault(version.set_code, version)
    return list(newest.values())


def in_force_for_people(day: date) -> list[CriteriaVersion]:
    """The same, without the sets that evaluate organisations: what cards can be opened with."""
    return [version for version in in_force(day) if version.evaluates == Evaluated.PEOPLE]


def versions_of_page(page_id: int) -> QuerySet[CriteriaVersion]:
    """Every version issued from a page, newest first."""
    return CriteriaVersion.objects.filter(page_id=page_id).order_by("-number")


def versions_of_set(set_code: str) -> QuerySet[CriteriaVersion]:
    """Every version issued under a code, newest first."""
    return CriteriaVersion.objects.filter(set_code=set_code).order_by("-number")


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    """Account id → the name its holder is shown by; accounts are never deleted."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in=set(user_ids))}
