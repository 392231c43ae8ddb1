"""Gates, quotas, longer periods and raters of a frozen version, as sentences."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from ..enums import Absence, GateEffect, MeanOf, MissingPeriod, QuotaBase, QuotaScope, RatedPeriod
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
        yield " ".join(_quota(quota, bands))
    for rule in specification.get("aggregation", ()):
        yield " ".join(_longer_period(rule))
    raters = [f"{rater['label']} {number(rater['weight'])}%" for rater in specification.get("raters", ())]
    if raters:
        yield _("Several raters by their weights: %(raters)s.") % {"raters": ", ".join(raters)}


def _quota(quota: Node, bands: dict[str, str]) -> Iterator[str]:
    """The share, where it holds, and the two ways in which it may be more."""
    yield _("At most %(share)s in the band “%(band)s”, of: %(base)s.") % {
        "share": percent(quota["share"]),
        "band": bands[quota["band"]],
        "base": QuotaBase(quota.get("base") or QuotaBase.GOOD).label,
    }
    # A set that names none means both, as the engine reads it.
    scopes = quota.get("scopes") or QuotaScope.values
    yield _("It holds: %(scopes)s.") % {"scopes": "; ".join(str(QuotaScope(each).label) for each in scopes)}
    if quota.get("exception") is not None:
        yield _("By decision at most %(share)s, for an organisation with outstanding results.") % {
            "share": percent(quota["exception"])
        }
    if quota.get("small_below"):
        yield _("A group of fewer than %(people)s people has instead: %(allowed)s.") % {
            "people": quota["small_below"],
            "allowed": quota.get("small_allowed", 0),
        }


def _longer_period(rule: Node) -> Iterator[str]:
    """How the longer period is made, and from how many there is a result."""
    yield _("%(period)s of %(count)s (%(of)s): %(how)s; a period without points: %(missing)s.") % {
        "period": RatedPeriod(rule["period"]).label,
        "count": rule["count"],
        "of": RatedPeriod(rule["of"]).label,
        "how": MeanOf(rule.get("how") or MeanOf.MEAN).label,
        "missing": MissingPeriod(rule.get("missing") or MissingPeriod.LEFT_OUT).label,
    }
    minimum = rule.get("minimum", 1)
    if minimum > 1:
        exempt = "; ".join(str(Absence(reason).label) for reason in rule.get("exempt", ()))
        with_exempt = _("With fewer than %(minimum)s there is no result, except for: %(exempt)s.")
        sentence = with_exempt if exempt else _("With fewer than %(minimum)s there is no result.")
        yield sentence % {"minimum": minimum, "exempt": exempt}


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
