"""The specification of a criteria set, schema versions 1 and 2: JSON in, typed and read-only values out.

    schema_version  1; 2 where the set uses anything of `schema.py`
    law             "nd335" (the constants of Decree 335/2025 must hold) or ""
    frame           "state" or "party"
    parts           [{key, code ("common", "results"), label, max}]
    sections        [{key, code, label, max, part (a part's code), citation, criteria [...],
                      combination {kind: "sum" | "capped_sum" | "weighted_mean" | "formula",
                                   expression, cap}}]
    criteria        [{key, code, label, max, weight, stages [stage keys; default all], citation,
                      may_not_apply (where it says nothing: false; see `absent.py`),
                      guidance [text], alternatives [{condition, label}], kind {type, ...}}]
    kind            {type: "number", max, step, min (where it says nothing: 0)}
                    {type: "choice", unit: "percent" | "points", options [{value, label, grounds_required}]}
                    {type: "task_ratio", measure: "quantity" | "quality" | "progress"}
                    {type: "people_managed", threshold, reached, failed}
                    later ones: see `levels.py`, `itemised.py`, `indicator.py`, `task_points.py`, `others.py`,
                    `formula_kind.py`
    total           {kind: "sum" | "formula", expression, max}
    rounding        {places, mode: "half_up" | "up" | "down", when: "total" | "parts" | "sections"}
    bands           [{code, label, from, value}] from the highest to the lowest
    band_value      what the values of bands are called; none have values where it is absent
    stages          [{key, label, decides, optional, blind_to [keys], who}] in order, the first is "self"; see
                    `blind.py` and `who.py`
    settings        the open points of the law, see `Settings`
    applicability   {staff_kinds, leader, roles, positions, blocks, units, period_kinds, evaluates: "people" (where it
                    says nothing) | "organisations"}: data for the caller
    citations       {name of a step: clause}, where a step's clause is not the law's own
    aggregation, quotas, facts, gates, raters        see the modules of these names (facts: `gates.py`)

Decimals are strings with a point. Keys are stable across revisions and belong to sections, criteria and
parts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kpi_cms.foundation.engine import aggregation, gates, quota, raters
from kpi_cms.foundation.engine.facts import Fact, read_facts
from kpi_cms.foundation.engine.kinds import Kind, read_kind
from kpi_cms.foundation.engine.law import LAWS, MANAGED_KINDS, PENALTY_PER_FAULT
from kpi_cms.foundation.engine.people import LEFT_OUT, PENDING, UNCONFIRMED, WITHOUT_RESULT
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.rounding import MODES, WHEN
from kpi_cms.foundation.engine.schema import FIELDS_OF_2, SCHEMA_VERSIONS, needed_version

FRAMES = ("state", "party")
SELF = "self"
"""The key of the person's own stage."""
COLLECTIVE, EVALUATOR = "collective", "evaluator"
"""The keys of the stages at which a set may say who acts."""
DIRECT_HEAD, AGENCY_HEAD = "direct_head", "agency_head"
COMBINATIONS = ("sum", "capped_sum", "weighted_mean", "formula")
TOTALS = ("sum", "formula")
PENALTY_SCOPES = ("unit", "batch")
MEANS = ("published", "exact")
NOTHING_ASSIGNED = INSUFFICIENT, ZERO, NOT_COUNTED = ("insufficient", "zero", "left_out")
BAND_SOURCES = ("exact", "rounded")
EVALUATED = PEOPLE, ORGANISATIONS = ("people", "organisations")
MAX_PLACES = 6


@dataclass(frozen=True)
class Settings:
    """The open points of the rules (§4, §5) as one set decides them.

    `ratio_cap`: highest value of each task ratio, None for no cap but the block's. `penalty_scope`: a fault
    costs a share of one unit or of the whole task. `penalty_per_fault`: that share. `nobody_managed`: the
    value of d when no result counts. `extras_warning`: share of extras over assigned above which the head is
    warned. `moved_leaves_total`: work moved before its due date leaves the total. `means_of`: published or
    exact months. `managed_kinds`: kinds of staff whose results count for d. `managed_without_result`: people
    without a result are left out of d, or count as failing. `managed_unconfirmed`: d waits for people not yet
    confirmed, leaves them out, or counts them as failing. `nothing_assigned`: no result, ratios of 0, or they are
    left out like what does not apply (`absent.py`). `band_from`: the band (and, for d, the points of those
    managed) is read from the exact score or from the rounded one.

    A setting that a specification does not have is this default: versions frozen before a setting existed keep
    their text, their digest and their digits.
    """

    ratio_cap: Decimal | None = Decimal(1)
    penalty_scope: str = "unit"
    penalty_per_fault: Decimal = PENALTY_PER_FAULT
    nobody_managed: Decimal = Decimal(1)
    extras_warning: Decimal = Decimal("0.3")
    moved_leaves_total: bool = True
    means_of: str = "published"
    managed_kinds: tuple[str, ...] = MANAGED_KINDS
    managed_without_result: str = LEFT_OUT
    managed_unconfirmed: str = PENDING
    nothing_assigned: str = INSUFFICIENT
    band_from: str = BAND_SOURCES[0]


OPEN_SETTINGS = tuple(name for name in Settings.__dataclass_fields__ if name != "penalty_per_fault")
"""Settings that a card's inputs may override; the deduction for a fault is part of the set."""


@dataclass(frozen=True)
class PartSpec:
    """A part of the total: common criteria, task results."""

    key: str
    code: str
    label: str
    max: Decimal | None


@dataclass(frozen=True)
class Alternative:
    """Another wording of a criterion, for those a condition holds for."""

    condition: str
    label: str


@dataclass(frozen=True)
class CriterionSpec:
    """A criterion. `stages` is None when every stage scores it. `may_not_apply`: whoever scores may say so."""

    key: str
    code: str
    label: str
    kind: Kind
    max: Decimal | None
    weight: Decimal | None
    stages: tuple[str, ...] | None
    alternatives: tuple[Alternative, ...]
    guidance: tuple[str, ...]
    citation: str
    may_not_apply: bool


@dataclass(frozen=True)
class SectionSpec:
    """A section: how its criteria make its points."""

    key: str
    code: str
    label: str
    max: Decimal | None
    part: str
    combination: str
    expression: str
    cap: Decimal | None
    criteria: tuple[CriterionSpec, ...]
    citation: str


@dataclass(frozen=True)
class StageSpec:
    """A stage of a card; the one that decides makes the result. `blind_to` names earlier ones that it does not see;
    `who` says who acts there, "" as usual (`who.py`)."""

    key: str
    label: str
    decides: bool
    optional: bool
    blind_to: tuple[str, ...]
    who: str


@dataclass(frozen=True)
class BandSpec:
    """A point band, from `start` up to the next higher one; `value` is what it stands for, where the set says so."""

    code: str
    label: str
    start: Decimal | None
    value: Decimal | None


@dataclass(frozen=True)
class Specification:
    """A whole criteria set as read; `check_specification` says whether it is sound."""

    law: str
    frame: str
    evaluates: str
    period_kinds: tuple[str, ...]
    parts: tuple[PartSpec, ...]
    sections: tuple[SectionSpec, ...]
    total: str
    total_expression: str
    total_max: Decimal | None
    places: int
    mode: str
    when: str
    bands: tuple[BandSpec, ...]
    band_value: str
    stages: tuple[StageSpec, ...]
    settings: Settings
    citations: Mapping[str, str]
    aggregation: tuple[aggregation.MeanRule, ...]
    quotas: tuple[quota.QuotaRule, ...]
    facts: tuple[Fact, ...]
    gates: tuple[gates.GateSpec, ...]
    raters: tuple[raters.Rater, ...]


def read_specification(spec: Mapping[str, object]) -> tuple[Specification, list[Problem]]:
    """The typed specification and every problem of form. Never raises for anything JSON can hold."""
    reader = Reader()
    version = reader.whole(spec, "schema_version", "", SCHEMA_VERSIONS)
    if not reader.problems and version < needed_version(spec):
        reader.add("schema_version", "", _OLD_SCHEMA, version=version, needed=needed_version(spec))
    total = reader.mapping(spec, "total", "")
    total_kind = reader.choice(total, "kind", "", TOTALS, "sum")
    rounding = reader.mapping(spec, "rounding", "")
    mode = reader.choice(rounding, "mode", "", MODES, MODES[0])
    when = reader.choice(rounding, "when", "", WHEN, WHEN[0])
    applicability = reader.mapping(spec, "applicability", "")
    _check_applicability(reader, applicability)
    citations = reader.mapping(spec, "citations", "")
    follows = reader.choice(spec, "law", "", LAWS, "")
    bands = tuple(_band(reader, node) for node in reader.each(spec, "bands", ""))
    later = {name: spec[name] for name in FIELDS_OF_2 if spec.get(name) is not None}
    result = Specification(
        law=follows,
        frame=reader.choice(spec, "frame", "", FRAMES),
        evaluates=reader.choice(applicability, "evaluates", "", EVALUATED, PEOPLE),
        period_kinds=reader.texts(applicability, "period_kinds", ""),
        parts=tuple(_part(reader, node) for node in reader.each(spec, "parts", "")),
        sections=tuple(_section(reader, node) for node in reader.each(spec, "sections", "")),
        total=total_kind,
        total_expression=reader.text(total, "expression", "", required=total_kind == "formula"),
        total_max=reader.decimal(total, "max", "", required=True),
        places=reader.whole(rounding, "places", "", range(MAX_PLACES + 1), 2),
        mode=mode,
        when=when,
        bands=bands,
        band_value=reader.text(later, "band_value", "", required="band_value" in later),
        stages=tuple(_stage(reader, node) for node in reader.each(spec, "stages", "")),
        settings=read_settings(reader, reader.mapping(spec, "settings", "")),
        citations={name: reader.text(citations, name, "", required=False) for name in citations},
        aggregation=aggregation.read_rules(reader, later),
        quotas=quota.read_rules(reader, later, [band.code for band in bands], follows),
        facts=read_facts(reader, later),
        gates=gates.read_gates(reader, later),
        raters=raters.read_raters(reader, later),
    )
    return result, reader.problems


def read_settings(reader: Reader, node: Node, base: Settings = Settings()) -> Settings:
    """The settings a mapping gives, on top of `base`; a name that is no setting is a problem."""
    for name in node:
        if name not in Settings.__dataclass_fields__:
            reader.add("setting", "", _NO_SETTING, setting=name)

    def number(name: str, default: Decimal) -> Decimal:
        value = reader.decimal(node, name, "", required=True) if name in node else None
        return default if value is None else value

    def share(name: str, default: Decimal) -> Decimal:
        value = number(name, default)
        if value > 1:
            reader.add("setting", "", _SHARE_HIGH, setting=name)
        return value

    ratio_cap = reader.decimal(node, "ratio_cap", "") if "ratio_cap" in node else base.ratio_cap
    if ratio_cap is not None and ratio_cap < 1:
        reader.add("setting", "", _CAP_LOW, setting="ratio_cap")
    kinds = reader.texts(node, "managed_kinds", "") if "managed_kinds" in node else base.managed_kinds
    if not kinds:
        reader.add("managed_kinds", "", _NO_KINDS)
    return Settings(
        ratio_cap=ratio_cap,
        penalty_scope=reader.choice(node, "penalty_scope", "", PENALTY_SCOPES, base.penalty_scope),
        penalty_per_fault=share("penalty_per_fault", base.penalty_per_fault),
        nobody_managed=share("nobody_managed", base.nobody_managed),
        extras_warning=number("extras_warning", base.extras_warning),
        moved_leaves_total=reader.flag(node, "moved_leaves_total", "", default=base.moved_leaves_total),
        means_of=reader.choice(node, "means_of", "", MEANS, base.means_of),
        managed_kinds=kinds,
        managed_without_result=reader.choice(
            node, "managed_without_result", "", WITHOUT_RESULT, base.managed_without_result
        ),
        managed_unconfirmed=reader.choice(
            node, "managed_unconfirmed", "", UNCONFIRMED, base.managed_unconfirmed
        ),
        nothing_assigned=reader.choice(node, "nothing_assigned", "", NOTHING_ASSIGNED, base.nothing_assigned),
        band_from=reader.choice(node, "band_from", "", BAND_SOURCES, base.band_from),
    )


def _part(reader: Reader, node: Node) -> PartSpec:
    key = reader.text(node, "key", "")
    return PartSpec(
        key,
        reader.text(node, "code", key),
        reader.text(node, "label", key),
        reader.decimal(node, "max", key, required=True),
    )


def _section(reader: Reader, node: Node) -> SectionSpec:
    key = reader.text(node, "key", "")
    combination = reader.mapping(node, "combination", key)
    kind = reader.choice(combination, "kind", key, COMBINATIONS, "sum")
    return SectionSpec(
        key=key,
        code=reader.text(node, "code", key),
        label=reader.text(node, "label", key),
        max=reader.decimal(node, "max", key, required=True),
        part=reader.text(node, "part", key),
        combination=kind,
        expression=reader.text(combination, "expression", key, required=kind == "formula"),
        cap=reader.decimal(combination, "cap", key, required=kind == "capped_sum"),
        criteria=tuple(_criterion(reader, item, key) for item in reader.each(node, "criteria", key)),
        citation=reader.text(node, "citation", key, required=False),
    )


def _criterion(reader: Reader, node: Node, section: str) -> CriterionSpec:
    key = reader.text(node, "key", section)
    at = key or section
    kind = read_kind(reader, reader.mapping(node, "kind", at), at)
    return CriterionSpec(
        key=key,
        code=reader.text(node, "code", at),
        label=reader.text(node, "label", at),
        kind=kind,
        max=reader.decimal(node, "max", at),
        weight=reader.decimal(node, "weight", at),
        stages=reader.texts(node, "stages", at) if node.get("stages") is not None else None,
        alternatives=tuple(
            Alternative(reader.text(item, "condition", at), reader.text(item, "label", at))
            for item in reader.each(node, "alternatives", at)
        ),
        guidance=reader.texts(node, "guidance", at),
        citation=reader.text(node, "citation", at, required=False),
        may_not_apply=reader.flag(node, "may_not_apply", at),
    )


def _stage(reader: Reader, node: Node) -> StageSpec:
    return StageSpec(
        reader.text(node, "key", ""),
        reader.text(node, "label", ""),
        reader.flag(node, "decides", ""),
        reader.flag(node, "optional", ""),
        reader.texts(node, "blind_to", ""),
        reader.choice(node, "who", "", ("", DIRECT_HEAD, AGENCY_HEAD), ""),
    )


def _band(reader: Reader, node: Node) -> BandSpec:
    return BandSpec(
        reader.text(node, "code", ""),
        reader.text(node, "label", ""),
        reader.decimal(node, "from", "", required=True),
        reader.decimal(node, "value", ""),
    )


def _check_applicability(reader: Reader, node: Node) -> None:
    for field in ("staff_kinds", "roles", "positions", "job_positions", "blocks", "units"):
        reader.texts(node, field, "")
    for field in ("leader", "precedence"):
        if node.get(field) is not None:
            reader.flag(node, field, "")


_OLD_SCHEMA = N_(
    "The set says schema version %(version)s but uses what came with version %(needed)s: write that one."
)
_CAP_LOW = N_("The setting “%(setting)s” is below 1 (100%%): raise it, or leave it empty for no cap.")
_SHARE_HIGH = N_("The setting “%(setting)s” is above 1 (100%%): lower it.")
_NO_KINDS = N_("No kind of staff counts for the people managed: choose at least one.")
_NO_SETTING = N_("There is no setting “%(setting)s”: remove it.")
