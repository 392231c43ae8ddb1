"""Where in a block a problem belongs: the engine says a path in the specification, the editor has fields.

A place is the way from the block down to the field, such as ("items", 1, "value"); () is the block itself.
"""

import re
from collections.abc import Iterator

from kpi_cms.foundation.engine import Problem

Place = tuple[str | int, ...]

_STEP = re.compile(r"^(\w+)(?:\[(\d+)\])?$")

# Lists whose entries are blocks with a key of their own, or of the page's streams.
_BLOCKS = frozenset(
    {"parts", "sections", "criteria", "bands", "stages", "facts", "gates", "quotas", "aggregation", "raters"}
)

# Parts of a specification that the editor shows in the block itself.
_FLAT = frozenset({"kind", "combination", "time"})

# Fields that authors meet under another name than the specification has.
_NAMES = {"from": "start", "max": "maximum", "min": "minimum", "to": "end", "kind": "combination"}

# What is wrong with a field, by the code of the problem; anything else belongs to the whole block.
_FIELDS = {
    "band_high": "start",
    "band_twice": "code",
    "band_value": "value",
    "bands_gap": "start",
    "bands_overlap": "start",
    "calendar_missing": "calendar",
    "code_again": "code",
    "code_form": "code",
    "code_function": "code",
    "code_twice": "code",
    "coefficient_twice": "attribute",
    "criterion_maximum": "maximum",
    "criterion_stage": "stages",
    "floor": "floor",
    "formula": "expression",
    "formula_circle": "expression",
    "formula_name": "expression",
    "formula_separator": "expression",
    "full": "full",
    "gate_band": "band",
    "gate_condition": "condition",
    "gate_condition_separator": "condition",
    "gate_limit": "band",
    "gate_name": "condition",
    "gate_period": "periods",
    "indicator_cap": "cap",
    "input_code": "code",
    "inputs_many": "inputs",
    "item_cap": "cap",
    "item_twice": "code",
    "item_value": "value",
    "items": "items",
    "items_sum": "maximum",
    "level_range": "end",
    "level_step": "end",
    "levels": "levels",
    "levels_high": "levels",
    "levels_overlap": "levels",
    "maximum": "maximum",
    "may_not_apply": "may_not_apply",
    "measure_twice": "measure",
    "minimum": "minimum",
    "nd335_cap": "cap",
    "nd335_formula": "expression",
    "nd335_may_not_apply": "may_not_apply",
    "options": "options",
    "out_of": "out_of",
    "penalty_weighted": "weight",
    "quota_band": "band",
    "quota_exception": "exception",
    "quota_scopes": "scopes",
    "quota_share": "share",
    "quota_small": "small_allowed",
    "quota_twice": "band",
    "rater_stage": "stage",
    "rater_weight": "weight",
    "section_cap": "cap",
    "section_empty": "criteria",
    "stage_blind": "blind_to",
    "stage_blind_counts": "blind_to",
    "stage_blind_nd335": "blind_to",
    "stage_who": "who",
    "stage_who_nd335": "who",
    "stage_who_same": "who",
    "step": "step",
    "target": "target",
    "weight_missing": "weight",
}


def place_of(problem: Problem) -> Place:
    """The way from the problem's block to its field."""
    steps = tuple(_inside(problem.path))
    if problem.code == "options" and steps:
        return (*steps, "value")
    name = _FIELDS.get(problem.code)
    if problem.code == "field":
        field = str(problem.params["field"])
        name = _NAMES.get(field, field)
        if field == "to" and not steps:
            name = "normalise"
    return steps if name is None else (*steps, name)


def child_of(problem: Problem) -> tuple[str, int] | None:
    """The stream and the position of a block that has no key in the specification, such as a band."""
    found = _STEP.match(problem.path.split(".")[0])
    if found is None or found[2] is None or found[1] not in _BLOCKS:
        return None
    return found[1], int(found[2])


def _inside(path: str) -> Iterator[str | int]:
    for step in path.split("."):
        found = _STEP.match(step)
        if found is None or found[1] in _BLOCKS or found[1] in _FLAT:
            continue
        yield found[1]
        if found[2] is not None:
            yield int(found[2])
