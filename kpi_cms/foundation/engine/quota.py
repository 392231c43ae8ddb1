"""How many may be in the highest band (Đ20.5), and who they are.

    quotas  [{key, band, share, base, scopes [...], exception, small_below, small_allowed, citation}]

    base      the number the share is taken of: "good" (those whose final rating is the next lower band: at most
              n × s / (1 + s) of n people in either) · "good_by_score" (those whose points are in the next lower
              band) · "good_or_better" (both bands) · "everyone" (all who were rated)
    scopes    within what it holds: "unit", "peer_group", or both; data for the caller, who counts
    exception the higher share that an organisation with outstanding results may be given
    small     a group of fewer than `small_below` people has `small_allowed` instead

Always rounded down. A set that follows Decree 335 and says nothing has the decree's quota; any other has none.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from kpi_cms.foundation.engine import law
from kpi_cms.foundation.engine.exact import plain
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.steps import Inputs, Step

BASES = ("good", "good_by_score", "good_or_better", "everyone")
SCOPES = ("unit", "peer_group")


@dataclass(frozen=True)
class QuotaRule:
    """The share of people who may be in `band`."""

    key: str
    band: str
    share: Decimal
    base: str
    scopes: tuple[str, ...]
    exception: Decimal | None
    small_below: int
    small_allowed: int
    citation: str


class QuotaCounts(NamedTuple):
    """People of one scope by the points they have, gates applied: in the band, in the next lower one, rated."""

    in_band: int
    next_lower: int
    rated: int


class Allowed(NamedTuple):
    """How many the quota allows, and how many of those there are."""

    allowed: int
    granted: int
    step: Step


class Candidate(NamedTuple):
    """Somebody whose points are in the band; `group` is the peer group."""

    person: Hashable
    points: Fraction | Decimal
    group: Hashable = None


class Choice(NamedTuple):
    """Who is in the band, and who stands on the line with equal points: somebody has to decide about them."""

    inside: tuple[Hashable, ...]
    tied: tuple[Hashable, ...]


def decree_rule(bands: Sequence[str]) -> QuotaRule:
    """Đ20.5: 20 %, by decision up to 25 %, within the agency and within each group with similar duties."""
    share, exception = law.QUOTA_SHARE, law.QUOTA_CEILING
    return QuotaRule("quota", bands[0], share, "good", SCOPES, exception, 0, 0, "")


def read_rules(reader: Reader, spec: Node, bands: Sequence[str], follows: str) -> tuple[QuotaRule, ...]:
    """The quotas of a specification, with every problem of form and of substance."""
    if "quotas" not in spec:
        return (decree_rule(bands),) if follows == law.ND335 and len(bands) > 1 else ()
    rules: list[QuotaRule] = []
    for node in reader.each(spec, "quotas", ""):
        key = reader.text(node, "key", "")
        rule = QuotaRule(
            key,
            reader.text(node, "band", key),
            reader.decimal(node, "share", key, required=True) or Decimal(0),
            reader.choice(node, "base", key, BASES, BASES[0]),
            reader.texts(node, "scopes", key) if "scopes" in node else SCOPES,
            reader.decimal(node, "exception", key),
            reader.whole(node, "small_below", key, range(1000), 0),
            reader.whole(node, "small_allowed", key, range(1000), 0),
            reader.text(node, "citation", key, required=False),
        )
        _check(reader, rule, bands, follows)
        if any(rule.band == other.band for other in rules):
            reader.add("quota_twice", key, _TWICE, band=rule.band)
        rules.append(rule)
    return tuple(rules)


def _check(reader: Reader, rule: QuotaRule, bands: Sequence[str], follows: str) -> None:
    if rule.band not in bands[:-1]:
        reader.add("quota_band", rule.key, _NO_BAND, band=rule.band)
    if not 0 < rule.share <= 1:
        reader.add("quota_share", rule.key, _SHARE, share=plain(rule.share))
    if rule.exception is not None and not rule.share <= rule.exception <= 1:
        reader.add("quota_exception", rule.key, _EXCEPTION, share=plain(rule.share))
    if not rule.scopes or set(rule.scopes) - set(SCOPES):
        reader.add("quota_scopes", rule.key, _SCOPES, allowed=", ".join(SCOPES))
    if rule.small_allowed and rule.small_allowed >= rule.small_below:
        reader.add("quota_small", rule.key, _SMALL, allowed=rule.small_allowed, below=rule.small_below)
    if follows == law.ND335 and (
        rule.share > law.QUOTA_SHARE or (rule.exception is not None and rule.exception > law.QUOTA_CEILING)
    ):
        reader.add("nd335_quota", rule.key, _ND335)


def rule_for(rules: Sequence[QuotaRule], band: str) -> QuotaRule | None:
    """The quota on a band, if there is one."""
    return next((rule for rule in rules if rule.band == band), None)


def allowed(
    rule: QuotaRule, counts: QuotaCounts, *, exceptional: bool = False, base: str = "", clause: str = ""
) -> Allowed:
    """How many may be in the band. `exceptional`: the higher share was decided; `base` replaces the set's.

    Raises ScoringError for counts that contradict one another, for an exception that the set does not have,
    and for a base that there is none of.
    """
    base = base or rule.base
    if min(counts) < 0 or counts.in_band + counts.next_lower > counts.rated:
        raise ScoringError(Problem("quota_counts", rule.key, _COUNTS))
    share = rule.exception if exceptional else rule.share
    if share is None:
        raise ScoringError(Problem("quota_no_exception", rule.key, _NO_EXCEPTION))
    if base not in BASES:
        raise ScoringError(Problem("quota_base", rule.key, _NO_BASE, {"base": base}))
    both = counts.in_band + counts.next_lower
    number = {"good_by_score": counts.next_lower, "everyone": counts.rated}.get(base, both)
    over, of = share.as_integer_ratio()
    many, formula = number * over // of, "ROUNDDOWN(number * share; 0)"
    if base == "good":
        many, formula = number * over // (of + over), "ROUNDDOWN(number * share / (1 + share); 0)"
    inputs: Inputs = (("number", Fraction(number)), ("share", Fraction(share)))
    if both < rule.small_below:
        many, formula, inputs = rule.small_allowed, "", ()
    params = {"band": rule.band, "share": plain(share * 100), "number": number}
    step = Step(_NAME, params, formula, inputs, Fraction(many), None, rule.citation or clause, "quota")
    return Allowed(many, min(many, counts.in_band), step)


def choose(
    candidates: Sequence[Candidate], limit: int, groups: Mapping[Hashable, int] | None = None
) -> Choice:
    """The best by points within `limit` and within the limit of each group (a group not named has none).

    People with equal points are never told apart: where not all of them fit, all of them are `tied` and the
    places left are kept for them. The order in which people are given changes nothing but the order of answers.
    """
    rooms = dict(groups or {})
    inside: list[Hashable] = []
    tied: list[Hashable] = []

    def points(candidate: Candidate) -> Fraction:
        return Fraction(candidate.points)

    for _, block in groupby(sorted(candidates, key=points, reverse=True), key=points):
        by_group: dict[Hashable, list[Hashable]] = {}
        for candidate in block:
            by_group.setdefault(candidate.group, []).append(candidate.person)
        fits = {group: min(len(people), rooms.get(group, limit)) for group, people in by_group.items()}
        together = sum(fits.values())
        for group, people in by_group.items():
            if together <= limit and fits[group] == len(people):
                inside.extend(people)
            elif limit and fits[group]:
                tied.extend(people)
            if group in rooms:
                rooms[group] -= fits[group]
        limit -= min(limit, together)
    return Choice(tuple(inside), tuple(tied))


_NAME = N_("How many may be in the band %(band)s: %(share)s%% of %(number)s, rounded down")
_TWICE = N_("There are two quotas on the band “%(band)s”: remove one.")
_NO_BAND = N_("The quota names “%(band)s”: choose one of the set's bands but the lowest.")
_SHARE = N_("The share of the quota is %(share)s: give a number above 0 and not above 1 (100%%).")
_EXCEPTION = N_("The exceptional share must lie between the share of %(share)s and 1 (100%%): correct it.")
_SCOPES = N_("A quota holds within one or more of these: %(allowed)s. Choose at least one.")
_SMALL = N_("A group of fewer than %(below)s people cannot have %(allowed)s in the band: lower the number.")
_ND335 = N_("Decree 335/2025 allows at most 20%%, by decision 25%%, in the highest band: lower the quota.")
_COUNTS = N_("The numbers of people rated contradict one another: count them again.")
_NO_EXCEPTION = N_("The set has no exceptional share: choose the ordinary one.")
_NO_BASE = N_("“%(base)s” is not a number that a quota can be taken of: choose another.")
