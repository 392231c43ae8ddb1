"""What is wrong with a set as its author reads it: a sentence, and the block or field it belongs at."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.engine import Problem, parse_decimal

from .places import Place, child_of, place_of

STREAMS = frozenset(
    {
        "aggregation",
        "bands",
        "examples",
        "facts",
        "gates",
        "legal_basis",
        "parts",
        "quotas",
        "raters",
        "stages",
        "step_clauses",
    }
)

# Problems of the whole set, by the start of their code, and the field of the page they belong at.
_FIELDS = (
    ("band", "bands"),
    ("nd335_bands", "bands"),
    ("stage", "stages"),
    ("parts", "parts"),
    ("criteria", "parts"),
    ("nd335_parts", "parts"),
    ("nd335_results", "parts"),
    ("nd335_penalty", "penalty_per_fault"),
    ("nd335_managed", "nobody_managed"),
    ("nd335_nothing", "nothing_assigned"),
    ("nd335_year", "period_kinds"),
    ("managed_kinds", "managed_kinds"),
    ("formulas_long", "parts"),
    ("formula", "total_expression"),
    ("rater", "raters"),
    ("gate", "gates"),
    ("quota", "quotas"),
    ("aggregation", "aggregation"),
)

_MISSING = {"expression": "total_expression", "max": "total_max"}

# The engine names a missing value by its name in the specification; authors know it by its label.
_LABELS: dict[str, str | Promise] = {
    "attribute": _("Depends on"),
    "band": _("Band"),
    "cap": _("Cap"),
    "code": _("Code"),
    "condition": _("Condition"),
    "count": _("How many"),
    "days": _("From, days"),
    "direction": _("Direction"),
    "effect": _("Then"),
    "exception": _("By decision at most, per cent"),
    "expression": _("Formula"),
    "extras_warning": _("warn of extra tasks above"),
    "failed": _("Value when somebody does not, per cent"),
    "frame": _("frame"),
    "from": _("From"),
    "full": _("Points of tasks that stand for the maximum"),
    "how": _("Counted as"),
    "key": _("Key"),
    "kind": _("Points of the section"),
    "label": _("Wording"),
    "limit": _("At most, times"),
    "max": _("Maximum"),
    "measure": _("Ratio"),
    "min": _("Minimum"),
    "minimum": _("Needed at least"),
    "of": _("Results of"),
    "part": _("Part"),
    "period": _("Period"),
    "reason": _("Reason"),
    "scope": _("Tasks counted"),
    "share": _("At most, per cent"),
    "stage": _("At stage"),
    "reached": _("Value when all reach them, per cent"),
    "step": _("Step"),
    "threshold": _("Points that everybody must reach"),
    "unit": _("Values are"),
    "value": _("Value"),
    "weight": _("Weight, per cent"),
}


# Values of a sentence that are numbers; the engine writes them with a point.
_NUMBERS = frozenset({"cap", "floor", "max", "min", "own", "share", "start", "step", "sum", "value"})


SEEN = 20
"""Characters of a formula that are shown before and after a mistake."""


@dataclass(frozen=True)
class PageProblem:
    """One thing to correct before a set can be issued.

    `code` is a stable short name; `key` is the id of the block it belongs at, or "" for the whole page, where
    `field` then names the page's field ("" when there is none). `inside` leads from the block to its field,
    `position` is the character of a formula, from 1.
    """

    code: str
    sentence: str | Promise
    key: str = ""
    field: str = ""
    inside: Place = ()
    position: int | None = None

    @property
    def anchor(self) -> str:
        """Where the editor shows it: the fragment of a link to the edit page."""
        if self.key:
            return f"#block-{self.key}-section"
        if not self.field:
            return ""
        return f"#{self.field}" if self.field in STREAMS else f"#id_{self.field}"


def of_engine(problem: Problem, page: Any = None) -> PageProblem:
    """An engine's problem in the reader's language, at its block or field; `page` knows blocks that have no key."""
    language = get_language() or "vi"
    params: dict[str, Any] = {
        name: format_quantity(str(value), language=language) if _is_number(name, value) else value
        for name, value in problem.params.items()
    }
    if "field" in params:
        params["field"] = _LABELS.get(str(params["field"]), params["field"])
    key, field, inside = problem.key, "", place_of(problem)
    if not key:
        key, field = _key_of_child(problem, page), _field_of(problem)
    sentence = gettext(problem.template) % params
    position = problem.params.get("position")
    return PageProblem(
        problem.code,
        sentence,
        key,
        "" if key else field,
        inside if key else (),
        position if isinstance(position, int) else None,
    )


def pointed(problem: PageProblem, formula: str) -> str:
    """The sentence with the place in the formula that it speaks of, marked: “(a + ▸x) / 3”."""
    if problem.position is None:
        return str(problem.sentence)
    at = min(max(problem.position - 1, 0), len(formula))
    before, after = formula[max(0, at - SEEN) : at], formula[at : at + SEEN]
    return gettext("%(sentence)s Here: %(place)s") % {
        "sentence": problem.sentence,
        "place": f"{'…' if at > SEEN else ''}{before}▸{after}{'…' if len(formula) > at + SEEN else ''}",
    }


def _is_number(name: str, value: object) -> bool:
    """Whether a value of a sentence is a number; “value” may also be the code of one."""
    return name in _NUMBERS and parse_decimal(str(value)) is not None


def _field_of(problem: Problem) -> str:
    """The page's field for a problem of the whole set; "" when there is none."""
    if problem.code == "field":
        return _MISSING.get(str(problem.params["field"]), "")
    return next((name for start, name in _FIELDS if problem.code.startswith(start)), "")


def _key_of_child(problem: Problem, page: Any) -> str:
    """The id of a band, stage or longer period, which the specification knows by its position only."""
    found = child_of(problem)
    stream = getattr(page, found[0], None) if found else None
    if found is None or not stream or found[1] >= len(stream):
        return ""
    return str(stream[found[1]].id)
