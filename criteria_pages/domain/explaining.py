"""“Why this number?” in the reader's words: the engine's steps for `includes/trace.html`."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.numbers import format_points, format_quantity
from kpi_cms.foundation.engine import CompiledSet, Step

_NAME = re.compile(r"\[([^\]]+)\]|([^\W\d]\w*)")


Names = Mapping[str, str]
"""Code → what the set itself calls it."""


def trace_rows(steps: Iterable[Step], names: Names) -> list[dict[str, Any]]:
    """Name, formula with its inputs' values below it, exact value, clause. `names`: what the set calls its parts."""
    return [
        {
            "name": gettext(step.name_template) % step.params,
            "formula": formula_text(step.formula, names) or (_("entered") if step.value is not None else "–"),
            "value": step.value,
            "clause": step.clause,
            "note": _note(step, names),
        }
        for step in steps
    ]


def part_names(compiled: CompiledSet) -> Names:
    """What a set calls its parts."""
    return {part.code: part.label for part in compiled.parts}


def formula_text(formula: str, own: Names) -> str:
    """The formula with × for a product and the inputs' names in the reader's language."""

    def named(match: re.Match[str]) -> str:
        return input_name(match[1] or match[2], own)

    return _NAME.sub(named, formula).replace("*", "×")


def input_name(name: str, own: Names) -> str:
    """What an input of a step is called; codes of criteria and functions stay as they are."""
    if name in own:
        return own[name]
    if name.startswith("task") and name[4:].isdigit():
        return _("task %(number)s") % {"number": name[4:]}
    names = {
        "coefficient": _("coefficient"),
        "assigned": _("assigned"),
        "completed": _("completed"),
        "accepted": _("accepted"),
        "handed_over": _("handed over"),
        "penalty": _("deduction each time"),
        "counted": _("counted"),
        "cap": _("cap"),
        "below": _("people below"),
        "nobody": _("value when nobody counts"),
        "reached": _("value when all reach it"),
        "failed": _("value when one does not"),
        "total": _("total"),
    }
    return names.get(name, name.replace("([", "(").replace("])", ")"))  # APPLIES([I.1])


def _note(step: Step, own: Names) -> str:
    language = get_language() or "vi"
    inputs = "; ".join(
        f"{input_name(name, own)} = {format_quantity(value, language=language)}"
        for name, value in step.inputs
    )
    if step.rounding is None:
        return inputs
    rounded = _("rounded to %(points)s") % {
        "points": format_points(Fraction(step.rounding), language=language)
    }
    return f"{inputs}; {rounded}" if inputs else rounded
