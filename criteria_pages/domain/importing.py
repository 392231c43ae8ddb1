"""A specification that comes from outside, as a working copy of the editor. It never takes effect by itself.

The page has to say what came: after it is filled in, its own specification is compared with what was given, and a set
that the editor cannot hold is refused with the names of what would be lost. A version that the editor made comes back
with its digest.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.engine import digest

from .. import rules
from ..enums import Evaluated, FactAnswer, Leadership, StageWho
from ..models import CriteriaSetPage
from .comparison import Change, differences
from .examples import block_of
from .kind_blocks import Node
from .publishing import latest_draft
from .setup import criteria_index
from .specification import specification_of

NAMED = 8
"""How many of the things that would be lost are named."""

Values = dict[str, Any]


@business_verb
def import_draft(
    *, actor: User, moment: datetime, specification: Node, about: Mapping[str, Any]
) -> CriteriaSetPage:
    """Write a set as a draft: the next draft of the page that has its code, else a new page. Nothing is issued.

    `about` has code, title, dates of effect, whether it is a demonstration, the documents it rests on and its examples;
    where it says nothing of examples, those of the page stay. Raises Refused, Invalid when the editor cannot hold the
    set exactly, and WrongState while the page is locked for the actor.
    """
    rules.bring_in(actor, Scope.of(actor)).require()
    page = filled(specification, about)
    known = CriteriaSetPage.objects.select_for_update().filter(code=page.code).exclude(code="").first()
    if known is None:
        page.slug = slugify(page.code) or page.slug
        page.owner = actor
        criteria_index().add_child(instance=page)
        page.save_revision(user=actor, clean=False)
        return page
    lock = known.get_lock()
    if lock is not None and lock.for_user(actor):
        raise WrongState(
            _("“%(title)s” is locked. Ask whoever locked it, or import under another code.")
            % {"title": known.title}
        )
    draft = latest_draft(known)
    for name in (*_FIELDS, *(["examples"] if "examples" in about else [])):
        setattr(draft, name, getattr(page, name))
    draft.save_revision(user=actor, clean=False)
    return draft


def filled(specification: Node, about: Mapping[str, Any]) -> CriteriaSetPage:
    """A page that is not saved yet and says exactly this specification. Raises Invalid when none can."""
    values = _page_fields(specification)
    page = CriteriaSetPage(
        title=str(about.get("title") or about.get("code") or _("Criteria set from Excel")),
        code=str(about.get("code") or ""),
        effective_on=about.get("effective_on"),
        effective_until=about.get("effective_until"),
        is_demonstration=bool(about.get("is_demonstration")),
        legal_basis=[{"type": "document", "value": _document(entry)} for entry in about.get("documents", ())],
        examples=[block_of(example) for example in about.get("examples", ())],
        live=False,
        **values,
    )
    said = specification_of(page)
    if digest(said) != digest(specification):
        changes = differences(_meant(specification), _meant(said))
        lost = {name for change in changes for name in ([change.name] if change.name else _named(change))}
        if lost:
            names = "; ".join(sorted(lost)[:NAMED])
            raise Invalid(
                _("The editor cannot hold this set exactly. It would lose: %(names)s.") % {"names": names}
            )
    return page


def _named(change: Change) -> list[str]:
    return [detail.name for detail in change.details]


def _meant(node: Any, name: str = "") -> Any:
    """The same set whatever the order of what has none, and with what it leaves unsaid."""
    if isinstance(node, Mapping):
        return _UNSAID.get(name, {}) | {
            key: _meant(value, key) for key, value in node.items() if key != "schema_version"
        }
    if isinstance(node, list):
        found = [_meant(entry) for entry in node]
        return sorted(found) if name in _WITHOUT_ORDER else found
    return node


_UNSAID: Mapping[str, Values] = {
    "applicability": {
        "units": [],
        "job_positions": [],
        "precedence": False,
        "evaluates": Evaluated.PEOPLE.value,
    },
    "rounding": {"mode": "half_up", "when": "total"},
    "combination": {"kind": "sum"},
}
_WITHOUT_ORDER = frozenset(
    {
        "staff_kinds",
        "roles",
        "positions",
        "job_positions",
        "blocks",
        "units",
        "period_kinds",
        "periods",
        "scopes",
        "exempt",
        "managed_kinds",
    }
)


def _document(entry: Mapping[str, str]) -> Values:
    issued_on = entry.get("issued_on")
    return {**entry, "issued_on": date.fromisoformat(issued_on) if issued_on else None}


def _page_fields(spec: Node) -> Values:
    applicability, total = spec["applicability"], spec["total"]
    return {
        "frame": spec["frame"],
        "law": spec["law"],
        "parts": [_part(part, spec) for part in spec["parts"]],
        "stages": [
            {
                "type": "stage",
                "value": {
                    "name": node["key"],
                    **_only(node, "label", "decides", "optional"),
                    "blind_to": node.get("blind_to") or [],
                    "who": node.get("who") or StageWho.USUAL.value,
                },
            }
            for node in spec["stages"]
        ],
        "bands": [
            {
                "type": "band",
                "value": {**_only(node, "code", "label"), "start": node["from"], "value": node.get("value")},
            }
            for node in spec["bands"]
        ],
        "band_value": spec.get("band_value", ""),
        "step_clauses": [
            {"type": "step_clause", "value": {"step": step, "clause": clause}}
            for step, clause in spec.get("citations", {}).items()
        ],
        "total_kind": total.get("kind", "sum"),
        "total_expression": total.get("expression", ""),
        "total_max": Decimal(total["max"]),
        "places": spec["rounding"].get("places", 2),
        "rounding_mode": spec["rounding"].get("mode", "half_up"),
        "rounding_when": spec["rounding"].get("when", "total"),
        "facts": [
            _keyed("fact", {"answer": FactAnswer.YES_NO.value, **node}) for node in spec.get("facts", ())
        ],
        "gates": [_keyed("gate", node) for node in spec.get("gates", ())],
        "quotas": [_keyed("quota", _quota(node)) for node in spec.get("quotas", ())],
        "raters": [_keyed("rater", node) for node in spec.get("raters", ())],
        "aggregation": [{"type": "rule", "value": dict(node)} for node in spec.get("aggregation", ())],
        "evaluates": applicability.get("evaluates", Evaluated.PEOPLE.value),
        "staff_kinds": applicability.get("staff_kinds", []),
        "leadership": _leadership(applicability),
        "positions": applicability.get("positions", []),
        "job_positions": applicability.get("job_positions", []),
        "takes_precedence": bool(applicability.get("precedence", False)),
        "unit_blocks": applicability.get("blocks", []),
        "units": applicability.get("units", []),
        "period_kinds": applicability.get("period_kinds", []),
        **{name: _setting(name, value) for name, value in spec["settings"].items()},
    }


def _keyed(block: str, node: Node) -> Values:
    return {
        "type": block,
        "id": node["key"],
        "value": {name: value for name, value in node.items() if name != "key"},
    }


def _quota(node: Node) -> Node:
    shares = {name: _percent(node.get(name)) for name in ("share", "exception")}
    return {"small_below": None, "small_allowed": None, "citation": "", **node, **shares}


_DECIMAL_SETTINGS = frozenset({"ratio_cap", "penalty_per_fault", "nobody_managed", "extras_warning"})


def _setting(name: str, value: Any) -> Any:
    return Decimal(value) if name in _DECIMAL_SETTINGS and value is not None else value


def _leadership(applicability: Node) -> str:
    leader, roles = applicability.get("leader"), applicability.get("roles") or []
    if leader is None:
        return Leadership.ANY
    if not leader:
        return Leadership.OTHERS
    return {"head": Leadership.HEADS, "deputy": Leadership.DEPUTIES}.get("".join(roles), Leadership.LEADERS)


def _only(node: Node, *names: str) -> Values:
    return {name: node.get(name) for name in names}


def _part(part: Node, spec: Node) -> Values:
    sections = [_section(node) for node in spec["sections"] if node["part"] == part["code"]]
    value = {**_only(part, "code", "label"), "maximum": part["max"], "sections": sections}
    return {"type": "part", "id": part["key"], "value": value}


def _section(node: Node) -> Values:
    combination = node["combination"]
    value = {
        **_only(node, "code", "label", "citation"),
        "maximum": node["max"],
        "combination": combination.get("kind", "sum"),
        "expression": combination.get("expression", ""),
        "cap": combination.get("cap"),
        "criteria": [_criterion(item) for item in node["criteria"]],
    }
    return {"type": "section", "id": node["key"], "value": value}


def _criterion(node: Node) -> Values:
    kind = node["kind"]
    value = {
        **_only(node, "code", "label", "guidance", "alternatives", "citation", "weight"),
        "stages": node.get("stages") or [],
        "maximum": kind.get("max", node.get("max")),
        **BLOCKS[kind["type"]](kind),
        **({"may_not_apply": True} if node.get("may_not_apply") else {}),
    }
    return {"type": kind["type"], "id": node["key"], "value": value}


def _percent(share: str | None) -> Decimal | None:
    return None if share is None else Decimal(share) * 100


def _plain(*names: str) -> Callable[[Node], Values]:
    """Values that a block calls as the specification does."""
    return lambda kind: _only(kind, *names)


def _people_managed(kind: Node) -> Values:
    return {
        "threshold": kind["threshold"],
        "reached": _percent(kind["reached"]),
        "failed": _percent(kind["failed"]),
    }


def _levels(kind: Node) -> Values:
    levels = [
        {
            **_only(level, "label"),
            "guidance": level.get("guidance", ""),
            "start": level["from"],
            "end": level.get("to"),
        }
        for level in kind["levels"]
    ]
    return {**_only(kind, "unit", "step"), "levels": levels}


def _indicator(kind: Node) -> Values:
    return {**_only(kind, "direction", "target"), "cap": _percent(kind.get("cap"))}


def _formula(kind: Node) -> Values:
    inputs = [{**_only(item, "code", "label"), "maximum": item.get("max")} for item in kind["inputs"]]
    return {**_only(kind, "expression"), "inputs": inputs}


def _task_points(kind: Node) -> Values:
    time, normalise = kind["time"], kind["normalise"]
    return {
        "coefficients": [_only(node, "attribute", "default", "values") for node in kind["coefficients"]],
        **_only(time, "count", "early", "late", "unfinished"),
        "calendar": time.get("calendar", ""),
        "quality": kind["quality"],
        "normalise": normalise.get("to"),
        "full": normalise.get("full"),
    }


def _result_of(kind: Node) -> Values:
    return {**_only(kind, "of", "how", "out_of", "threshold"), "nobody": _percent(kind.get("nobody"))}


BLOCKS: Mapping[str, Callable[[Node], Values]] = {
    "number": lambda kind: {**_only(kind, "step"), "minimum": kind.get("min")},
    "choice": _plain("unit", "options"),
    "levels": _levels,
    "checklist": _plain("items"),
    "deduction": _plain("items", "floor"),
    "bonus": _plain("items"),
    "penalty": _plain("items"),
    "indicator": _indicator,
    "formula": _formula,
    "task_ratio": _plain("measure"),
    "task_points": _task_points,
    "roll_up": _plain("scope", "measure"),
    "people_managed": _people_managed,
    "result_of": _result_of,
}
"""Scoring kind → the fields of its block, but the maximum. The way back is `kind_blocks.KINDS`."""

_FIELDS = (
    "title",
    "frame",
    "law",
    "is_demonstration",
    "legal_basis",
    "parts",
    "evaluates",
    "staff_kinds",
    "leadership",
    "positions",
    "job_positions",
    "unit_blocks",
    "units",
    "takes_precedence",
    "period_kinds",
    "effective_on",
    "effective_until",
    "stages",
    "bands",
    "band_value",
    "total_kind",
    "total_expression",
    "total_max",
    "places",
    "rounding_mode",
    "rounding_when",
    "facts",
    "gates",
    "quotas",
    "raters",
    "aggregation",
    "ratio_cap",
    "penalty_scope",
    "penalty_per_fault",
    "nobody_managed",
    "managed_kinds",
    "managed_without_result",
    "managed_unconfirmed",
    "nothing_assigned",
    "band_from",
    "extras_warning",
    "moved_leaves_total",
    "means_of",
    "step_clauses",
)
"""What a page says of a set; its code and its place in the tree stay."""
