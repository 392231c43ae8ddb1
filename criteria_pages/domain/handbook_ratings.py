"""Gates, quotas, longer periods and raters of a frozen version, as sentences."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from ..enums import GateEffect, MeanOf, MissingPeriod, QuotaBase, RatedPeriod
from .handbook_kinds import Node, in_words, number, percent


def rating_rules(specification: Node) -> Iterator[str]:
    """What the set says beyond one card; nothing where it leaves it to the decree."""
    bands = {band["code"]: band["label"] for band in specification["bands"]}
    facts = [f"{fact['label']} ({fact['code']})" for fact in specification.get("facts", ())]
    if facts:
        yield _("Recorded by the competent person besides the points: %(facts)s.") % {
            "facts": "; ".join(facts)
        }
    for gate in specification.get("gates", ()):
        yield _gate(gate, bands)
    for quota in specification.get("quotas", ()):
        yield _("At most %(share)s in the band “%(band)s”, of: %(base)s.") % {
            "share": percent(quota["share"]),
            "band": bands[quota["band"]],
            "base": QuotaBase(quota["base"]).label,
        }
    for rule in specification.get("aggregation", ()):
        yield _("%(period)s of %(count)s (%(of)s): %(how)s; a period without points: %(missing)s.") % {
            "period": RatedPeriod(rule["period"]).label,
            "count": rule["count"],
            "of": RatedPeriod(rule["of"]).label,
            "how": MeanOf(rule["how"]).label,
            "missing": MissingPeriod(rule["missing"]).label,
        }
    raters = [f"{rater['label']} {number(rater['weight'])}%" for rater in specification.get("raters", ())]
    if raters:
        yield _("Several raters by their weights: %(raters)s.") % {"raters": ", ".join(raters)}


def _gate(gate: Node, bands: dict[str, str]) -> str:
    sentence = {
        GateEffect.FORCE.value: _("%(label)s: when %(condition)s, the band is “%(band)s”. %(reason)s"),
        GateEffect.LIMIT.value: _(
            "%(label)s: when %(condition)s, the band is at most “%(band)s”. %(reason)s"
        ),
    }[gate["effect"]]
    return sentence % {
        "label": gate["label"],
        "condition": in_words(gate["condition"]),
        "band": bands[gate["band"]],
        "reason": gate["reason"],
    }
