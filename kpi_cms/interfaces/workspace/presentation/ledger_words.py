"""The two sides of a ledger entry in the reader's words: field names, states and bands as the screens say them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.domain.collective import SEAT
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.numbers import NOTHING

from .sheet import as_typed

# What entries say beside fields of their own record.
WORDS: dict[str, str | Promise] = {
    "state": gettext_lazy("State"),
    "stage": gettext_lazy("Stage"),
    "seat": gettext_lazy("Seat"),
    "sent": gettext_lazy("Points sent"),
    "collective_name": gettext_lazy("Name of the group or collective"),
    "collective_decision": gettext_lazy("Number of the decision"),
    "collective_on": gettext_lazy("Day of the decision"),
    "direct_head": gettext_lazy("Direct head"),
    "total": gettext_lazy("Total points"),
    "rounded": gettext_lazy("Total points, rounded"),
    "band": gettext_lazy("Band"),
    "comments": gettext_lazy("Comments"),
    "without_version": gettext_lazy("People left out: no version applies"),
    "two_versions": gettext_lazy("People left out: two versions of one frame apply"),
    "seen": gettext_lazy("Digest of what was seen"),
    "seed": gettext_lazy("Seed"),
    "units": gettext_lazy("Units"),
    "catalogues": gettext_lazy("Catalogues"),
}


def fields_of(entry: LedgerEntry) -> dict[str, "Field[Any, Any]"]:
    """Name → field of the record that the entry is about; none when its model is gone."""
    try:
        model = apps.get_model(entry.subject_type)
    except (LookupError, ValueError):
        return {}
    return {name: field for field in model._meta.concrete_fields for name in {field.name, field.attname}}


Bands = Mapping[str, Mapping[str, str]]


def _names(key: str) -> bool:
    """Whether an entry says under this key what only the card's version can name."""
    return key in ("band", "seat") or key.startswith(SEAT)


def bands_of(entries: Iterable[LedgerEntry]) -> Bands:
    """Card → code → label of the bands and the seats of its version, where an entry speaks of one; two queries for all,
    or none."""
    cards = {
        entry.subject_id
        for entry in entries
        if entry.subject_type == Scorecard._meta.label
        and any(map(_names, [*(entry.before or {}), *(entry.after or {})]))
    }
    if not cards:
        return {}
    version_of = dict(Scorecard.objects.filter(pk__in=cards).values_list("pk", "version_id"))
    labels = {
        version.pk: {band.code: band.label for band in version.compiled().bands}
        | {SEAT + seat.key: seat.label for seat in version.compiled().seats(StageKey.COLLECTIVE)}
        for version in CriteriaVersion.objects.filter(pk__in=set(version_of.values()))
    }
    return {str(card): labels[version] for card, version in version_of.items()}


def sides(entry: LedgerEntry, bands_of_cards: Bands) -> list[tuple[str, Any, Any]]:
    """Label, value before, value after; in the order they were recorded in. What has no word stands in quotes."""
    before, after = entry.before or {}, entry.after or {}
    fields = fields_of(entry)
    bands = bands_of_cards.get(entry.subject_id, {})
    return [
        (
            bands.get(key) or label(key, fields),
            said(key, before, fields, bands),
            said(key, after, fields, bands),
        )
        for key in dict.fromkeys([*before, *after])
    ]


def label(key: str, fields: Mapping[str, "Field[Any, Any]"]) -> str:
    if key in WORDS:
        return str(WORDS[key])
    if key in fields:
        name = str(fields[key].verbose_name)
        return name[:1].upper() + name[1:]
    return key if "." in key else f"“{key}”"  # a criterion's code


def said(
    key: str, values: Mapping[str, Any], fields: Mapping[str, "Field[Any, Any]"], bands: Mapping[str, str]
) -> Any:
    value = values.get(key)
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if key == "band":
        return bands.get(str(value), str(value))
    if key == "seat":
        return bands.get(SEAT + str(value), str(value))
    if key == "stage":
        return str(dict(StageKey.choices).get(str(value), value))
    if key in fields and fields[key].flatchoices:
        return str(dict(fields[key].flatchoices).get(value, value))
    return plain(value)


def plain(value: Any) -> Any:
    """A JSON value of the ledger in one line; a number as one, so that it is shown with a comma."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items())
    return as_typed(value)
