"""Who sees what, and why, in words: relations, grants with their way down the tree, dates and source."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.evaluation.sight_queries import HeldUnit, Reader
from kpi_cms.foundation.core.numbers import format_day
from snippets.models import Grant


def reader_rows(readers: Iterable[Reader], reasons: Mapping[Any, str]) -> list[dict[str, Any]]:
    """One row for each account: name, why, what it sees, what it may do now."""
    return [
        {
            "name": str(reader.user),
            "account": reader.user.get_username(),
            "relations": [relation.label for relation in reader.relations],
            "grants": [grant_row(held.grant, held.way, reasons) for held in reader.held],
            "sees": [rule.label for rule in reader.sees],
            "does": [rule.label for rule in reader.does],
        }
        for reader in readers
    ]


def held_rows(held: Iterable[HeldUnit], reasons: Mapping[Any, str]) -> list[dict[str, Any]]:
    """One row for each grant of one account."""
    return [grant_row(item.grant, (item.unit,), reasons) for item in held]


def grant_row(grant: Grant, way: Iterable[Any], reasons: Mapping[Any, str]) -> dict[str, Any]:
    return {
        "capability": grant.get_capability_display(),
        "role": grant.get_role_display() if grant.role else "",
        "way": " › ".join(unit.name for unit in way),
        "dates": dates(grant),
        "source": source(grant),
        "reason": reasons.get(grant.reason_key, ""),
    }


def source(grant: Grant) -> str:
    """By what it was given; a delegation names the giver."""
    if grant.delegated_from is None:
        return str(grant.get_source_display())
    return _("delegated by %(name)s") % {"name": grant.delegated_from.user}


def dates(grant: Grant) -> str:
    """“from 01/07/2026”, “from 01/07/2026 to 31/07/2026”."""
    start = format_day(grant.starts_on)
    if grant.ends_on is None:
        return _("from %(start)s") % {"start": start}
    return _("from %(start)s to %(end)s") % {"start": start, "end": format_day(grant.ends_on)}
