"""What a set has and Form 01 has no line for: its annex says it, so that nothing counts unseen."""

from collections.abc import Iterable
from fractions import Fraction

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from criteria_pages.enums import Law
from kpi_cms.evaluation import band_words
from kpi_cms.evaluation.domain.details import in_words
from kpi_cms.evaluation.domain.others import recorded_for
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.core.numbers import NOTHING, format_day, format_quantity
from kpi_cms.foundation.engine import CompiledCriterion, CompiledSet, Outcome, Rater, decimal_text

ON_THE_FORM = ("common", "results")
LEADERS = frozenset({"d", "đ", "e"})


def points_of(criterion: CompiledCriterion, value: Fraction | None) -> Fraction | None:
    """A value in points: a share counts of the criterion's maximum, as it does in a sum; what is taken off, below 0."""
    if value is not None and criterion.is_penalty:
        return -value
    if value is None or not criterion.share or criterion.max is None:
        return value
    return value * Fraction(criterion.max)


def ratio_code(compiled: CompiledSet, measure: str) -> str:
    """The code of a set's ratio of tasks; "" where it has none."""
    return next((item.code for item in compiled.criteria if item.measure == measure), "")


def has_leaders_ratios(compiled: CompiledSet) -> bool:
    """Whether the form has its lines d, đ and e for this set."""
    return {criterion.code for criterion in compiled.criteria} >= LEADERS


def results_formula(compiled: CompiledSet) -> str:
    """What a set's results are as a share of their maximum, in its own formula; "" for the decree's mean (Đ16)."""
    specification = compiled.specification
    results = [section for section in specification.sections if section.part == "results"]
    if specification.law == Law.ND335 or not results:
        return ""
    part = next(part for part in compiled.parts if part.code == "results")
    most = decimal_text(part.max)
    written = results[0].expression if len(results) == 1 else ""
    if written.endswith(f"* {most}"):
        return written.removesuffix(f"* {most}").strip()
    return f"({written or part.label}) / {most}"


def who_decides(compiled: CompiledSet) -> Rater | None:
    """Whose points part II shows, where the total counts those of others as well; None where it is theirs alone."""
    return next((rater for rater in compiled.raters if rater.stage == compiled.deciding), None)


def whose_points(compiled: CompiledSet) -> str:
    """What the set calls them; "" where the total is theirs alone."""
    rater = who_decides(compiled)
    return "" if rater is None else rater.label


def weights_of(compiled: CompiledSet, outcome: Outcome) -> str:
    """What each rater's points are and count, as far as they are known; "" where one stage makes the total."""
    if not outcome.raters:
        return ""
    return "; ".join(
        f"{rater.label} {_quantity(outcome.raters.get(rater.key))} × {_quantity(Fraction(rater.weight))}%"
        for rater in compiled.raters
    )


def beside_the_form(compiled: CompiledSet, outcome: Outcome | None) -> Iterable[str]:
    """Further parts, and criteria of the results that are none of the form's ratios; no points on an empty form."""
    parts = {} if outcome is None else outcome.parts
    values = {} if outcome is None else outcome.values
    listed = LEADERS if has_leaders_ratios(compiled) else frozenset()
    for part in compiled.parts:
        if part.code not in ON_THE_FORM:
            text = _("%(label)s: %(points)s of %(max)s points.")
            if compiled.takes_off(part):
                text = _("%(label)s: %(points)s points taken off, of at most %(max)s.")
            yield text % {
                "label": part.label,
                "points": _quantity(parts.get(part.code)),
                "max": _quantity(Fraction(part.max)),
            }
    if outcome is not None and (weights := weights_of(compiled, outcome)):
        yield _("The total counts several raters by their weights: %(raters)s.") % {"raters": weights}
    if outcome is not None and outcome.absent:
        yield _("Did not arise, or nothing was assigned, so the others count for it: %(codes)s.") % {
            "codes": ", ".join(outcome.absent)
        }
    for criterion in compiled.criteria:
        if criterion.part != "common" and not criterion.measure and criterion.code not in listed:
            yield _("%(code)s. %(label)s: %(points)s.") % {
                "code": criterion.code,
                "label": criterion.label,
                "points": _quantity(points_of(criterion, values.get(criterion.code))),
            }


def the_unit(card: Scorecard) -> Iterable[str]:
    """By which decision the result of the unit is recognised, for a set that counts it.

    Where another one is recorded than the card was confirmed with, the changed basis is said in its place.
    """
    if not card.version.counts_unit or card.basis_changed_at is not None:
        return
    found = recorded_for(card)
    if found is None:
        return
    told = {
        "unit": card.unit_name,
        "points": _quantity(Fraction(found.points)),
        "rating": found.band,
        "number": found.decision_number,
        "day": format_day(found.decided_on),
    }
    if found.band:
        yield (
            _("Result of %(unit)s: %(points)s of 100 points, %(rating)s, by decision %(number)s of %(day)s.")
            % told
        )
    else:
        yield _("Result of %(unit)s: %(points)s of 100 points, by decision %(number)s of %(day)s.") % told


def the_band(compiled: CompiledSet, outcome: Outcome) -> Iterable[str]:
    """The band after the gates, and why it is another one than the points', for a set that has any."""
    by_points = outcome.band_by_points
    if by_points is None:
        return
    band = outcome.band or ""
    if stands_for := band_words.band_value(compiled, band):
        name, value = stands_for
        told = {
            "name": name,
            "value": _quantity(Fraction(value)),
            "band": band_words.band_label(compiled, band),
        }
        yield _("%(name)s: %(value)s (%(band)s).") % told
    if not compiled.gates:
        return
    applied, undecided = ([gate.key for gate in gates] for gates in (outcome.applied, outcome.undecided))
    told = {
        "band": band_words.band_label(compiled, band) or _("not known yet"),
        "why": band_words.why_this_band(compiled, band, by_points, applied, undecided),
    }
    yield (_("Band: %(band)s. %(why)s") % told).strip()


def said(card: Scorecard, code: str, stored: str) -> str:
    """A kept entry as it is read; a dash where there was none."""
    if stored == NOTHING:
        return stored
    compiled = card.version.compiled()
    fact = next((fact for fact in compiled.specification.facts if fact.code == code), None)
    return in_words(fact or compiled.criterion_by_code(code), stored)


def _quantity(value: Fraction | None) -> str:
    return format_quantity(value, language=get_language() or "vi")
