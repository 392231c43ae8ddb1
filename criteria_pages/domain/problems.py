"""What is wrong with a set as its author reads it: a sentence, and the block or field it belongs at."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.engine import Problem

STREAMS = frozenset({"legal_basis", "parts", "stages", "bands", "step_clauses"})

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
    ("managed_kinds", "managed_kinds"),
    ("formula", "total_expression"),
)

# The engine names a missing value by its name in the specification; authors know it by its label.
_LABELS: dict[str, str | Promise] = {
    "cap": _("Cap"),
    "code": _("Code"),
    "condition": _("For"),
    "expression": _("Formula"),
    "extras_warning": _("warn of extra tasks above"),
    "failed": _("Value when somebody does not, per cent"),
    "frame": _("frame"),
    "from": _("From, points"),
    "key": _("Key"),
    "kind": _("Points of the section"),
    "label": _("Wording"),
    "max": _("Maximum"),
    "measure": _("Ratio"),
    "part": _("Part"),
    "reached": _("Value when all reach them, per cent"),
    "step": _("Step"),
    "threshold": _("Points that everybody must reach"),
    "unit": _("Values are"),
    "value": _("Value"),
    "weight": _("Weight, per cent"),
}


# Values of a sentence that are numbers; the engine writes them with a point.
_NUMBERS = frozenset({"cap", "max", "own", "start", "step", "sum", "value"})


@dataclass(frozen=True)
class PageProblem:
    """One thing to correct before a set can be issued.

    `code` is a stable short name; `key` is the id of the block it belongs at, or "" for the whole page, where
    `field` then names the page's field ("" when there is none).
    """

    code: str
    sentence: str | Promise
    key: str = ""
    field: str = ""

    @property
    def anchor(self) -> str:
        """Where the editor shows it: the fragment of a link to the edit page."""
        if self.key:
            return f"#block-{self.key}-section"
        if not self.field:
            return ""
        return f"#{self.field}" if self.field in STREAMS else f"#id_{self.field}"


def of_engine(problem: Problem) -> PageProblem:
    """An engine's problem in the reader's language, at its block or field."""
    language = get_language() or "vi"
    params: dict[str, Any] = {
        name: format_quantity(str(value), language=language) if name in _NUMBERS else value
        for name, value in problem.params.items()
    }
    if "field" in params:
        params["field"] = _LABELS.get(str(params["field"]), params["field"])
    field = ""
    if not problem.key:
        field = next((name for start, name in _FIELDS if problem.code.startswith(start)), "")
    return PageProblem(problem.code, gettext(problem.template) % params, problem.key, field)
