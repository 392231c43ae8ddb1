"""Why this evaluator: the sentence on the card, from the basis and the details frozen with it (rules.md §7)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import EvaluatorBasis
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.core.numbers import format_day
from snippets.models import Person


def units_named(card: Scorecard) -> set[str]:
    """Codes of the units that the sentence and the other appointments name."""
    others = {other.get("unit", "") for other in card.appointments}
    units = unit_codes(card.evaluator_details) | {str(card.collective.get("head_of", ""))}
    return {code for code in others | units if code}


def unit_codes(details: Mapping[str, Any]) -> set[str]:
    """Codes of the units that the sentence names."""
    return {code for code in {*details.get("vacant", ()), details.get("unit", "")} if code}


def evaluators_of(card: Scorecard, names: Mapping[str, str], *, is_own: bool) -> list[dict[str, Any]]:
    """Who evaluates and why; of a card that somebody else is named to decide anew, or has, whoever decided before too.

    That a new decision is awaited its person is not told (`is_own`). Without a query but for a card that was decided
    anew by somebody else.
    """
    why, evaluator = why_this_evaluator(card, names), card.evaluator.full_name if card.evaluator else None
    if card.decided_by is not None and is_own:
        return [{"key": _("Evaluator"), "value": card.decided_by.full_name}]
    if card.decided_by is not None:
        return [
            {
                "key": _("Evaluator"),
                "value": card.decided_by.full_name,
                "hint": _("Decided the result that stands until it is decided anew."),
            },
            {"key": _("Decides anew"), "value": evaluator, "hint": why},
        ]
    rows = [{"key": _("Evaluator"), "value": evaluator, "hint": why}]
    if "former" in card.evaluator_details:
        former = Person.objects.get(pk=card.evaluator_details["former"])
        rows.append({"key": _("Decided before by"), "value": former.full_name, "hint": former.staff_code})
    return rows


def why_this_evaluator(card: Scorecard, names: Mapping[str, str]) -> str:
    """One sentence, and since when where the evaluator was named after the opening."""
    details = card.evaluator_details
    sentence = why_evaluator(card.evaluator_basis, details, names)
    if "since" not in details:
        return sentence
    day = format_day(date.fromisoformat(details["since"]))
    return sentence + " " + _("Evaluates this card since %(day)s.") % {"day": day}


def why_direct_head(card: Scorecard, names: Mapping[str, str]) -> str:
    """One sentence: of which unit they are the head; or why nobody scores there."""
    if card.secretary is None:
        return _(
            "Left out on this card: nobody heads the person's constituent unit beside the person themselves and "
            "whoever decides. Nothing waits for it."
        )
    unit = {"unit": _name(str(card.collective["head_of"]), names)}
    if card.collective.get("acting"):
        return (
            _("Acting head of %(unit)s, the person's constituent unit: scores before the superior decides.")
            % unit
        )
    return _("Head of %(unit)s, the person's constituent unit: scores before the superior decides.") % unit


def why_evaluator(basis: str, details: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One sentence; `names` maps unit codes to names, a code without one is shown itself."""
    unit = _name(details.get("unit", ""), names)
    vacant = _names(details.get("vacant", ()), names)
    values = {"unit": unit, "vacant": vacant, "decision": _decision(details)}
    sentences = {
        EvaluatorBasis.DECISION: _("Named as evaluator by decision %(decision)s."),
        EvaluatorBasis.MANAGING_HEAD: _(
            "Head of the managing agency, %(unit)s: evaluates the head of the using agency (Article 10)."
        ),
        EvaluatorBasis.AGENCY_HEAD: _(
            "Head of the using agency, %(unit)s: evaluates its deputies, its staff and the heads of its constituent "
            "units (Article 10)."
        ),
        EvaluatorBasis.SET: _(
            "Head of the using agency, %(unit)s: this criteria set lets the head of the agency evaluate and decide."
        ),
        EvaluatorBasis.UNIT_HEAD: _(
            "Head of the constituent unit, %(unit)s: evaluates its deputies and staff (Article 10)."
        ),
        EvaluatorBasis.ACTING_HEAD: _(
            "Acting head of %(unit)s by a dated decision, with the rights of its head."
        ),
        EvaluatorBasis.SUPERIOR: _(
            "Head of %(unit)s, the superior, because the post of head is vacant in: %(vacant)s."
        ),
        EvaluatorBasis.RECEIVING_HEAD: _("Head of %(unit)s, the unit that received the secondment."),
        EvaluatorBasis.NONE: _(
            "Nobody could be found: no head and no acting head in %(vacant)s. The personnel office names an evaluator."
        ),
    }
    return sentences[EvaluatorBasis(basis)] % values


def _decision(details: Mapping[str, Any]) -> str:
    """Its number, and its day where it names somebody for one card alone."""
    number = str(details.get("decision", ""))
    if "on" not in details:
        return number
    day = format_day(date.fromisoformat(details["on"]))
    return _("%(number)s of %(day)s") % {"number": number, "day": day}


def other_appointments(card: Scorecard, names: Mapping[str, str]) -> list[str]:
    """The other appointments of the person in the period: "KT-HT, Phòng Kinh tế"."""
    return [
        ", ".join(part for part in (other.get("position", ""), _name(other.get("unit", ""), names)) if part)
        for other in card.appointments
    ]


def _name(code: str, names: Mapping[str, str]) -> str:
    return names.get(code, code)


def _names(codes: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(_name(code, names) for code in codes)
