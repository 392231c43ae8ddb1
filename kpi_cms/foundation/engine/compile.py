"""A specification compiled once: whole coefficients, tables of possible entries, an order of sections."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import lcm
from types import MappingProxyType

from kpi_cms.foundation.engine import canonical, formula_graph, formulas, gates, rating
from kpi_cms.foundation.engine.aggregation import PeriodScore
from kpi_cms.foundation.engine.authoring import written_formulas
from kpi_cms.foundation.engine.bands import Band
from kpi_cms.foundation.engine.checking import criterion_maximum, read_and_check
from kpi_cms.foundation.engine.combination import Plan, TreePlan, linear_plan
from kpi_cms.foundation.engine.compiled import (
    CRITERION,
    PART,
    SECTION,
    CompiledCriterion,
    CompiledPart,
    CompiledSection,
    ScoringPlan,
    make_rules,
)
from kpi_cms.foundation.engine.exact import EXACT, Pair, decimal_text, pair_of
from kpi_cms.foundation.engine.formula_kind import FormulaKind
from kpi_cms.foundation.engine.gates import Rating
from kpi_cms.foundation.engine.indicator import IndicatorKind
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.itemised import BonusKind, ChecklistKind, DeductionKind
from kpi_cms.foundation.engine.kinds import (
    ChoiceKind,
    DetailedKind,
    Kind,
    NumberKind,
    Option,
    PeopleManagedKind,
    TaskRatioKind,
)
from kpi_cms.foundation.engine.levels import LevelsKind
from kpi_cms.foundation.engine.problems import SpecificationError
from kpi_cms.foundation.engine.quota import Allowed, QuotaCounts
from kpi_cms.foundation.engine.raters import voices_of
from kpi_cms.foundation.engine.rating import Combined
from kpi_cms.foundation.engine.schema import KINDS_OF_1
from kpi_cms.foundation.engine.scoring import Outcome, work_out
from kpi_cms.foundation.engine.specification import SELF, CriterionSpec, SectionSpec, Specification
from kpi_cms.foundation.engine.steps import Step
from kpi_cms.foundation.engine.task_points import TaskPointsKind, asked_by
from kpi_cms.foundation.engine.tasks import MEASURES, TaskInput, TaskUnits, task_units
from kpi_cms.foundation.engine.trace import trace

_ALWAYS = (CRITERION, -1)
"""No criterion stands there, so none is ever absent there."""


class CompiledSet(ScoringPlan):
    """A criteria set that checks entries and scores cards. Immutable; equal and hashable by its digest."""

    def score(self, inputs: CardInputs) -> Outcome:
        """The result of one card. Raises EntryError or ScoringError when its inputs contradict the set."""
        return Outcome(self, work_out(self, inputs))

    def trace(self, inputs: CardInputs) -> tuple[Step, ...]:
        """Every number of a card's result, explained in order."""
        return trace(self, inputs)

    def aggregate(
        self,
        period: str,
        of: str,
        scores: Sequence[PeriodScore | None],
        reason: str = "",
        means_of: str = "",
    ) -> Combined:
        """The points of a longer period. `reason` why periods have none; `means_of` replaces the set's.

        Raises ScoringError for a period the set has no rule for, or a wrong number of scores.
        """
        return rating.of_periods(self, period, of, scores, reason, means_of)

    def combine(self, totals: Mapping[str, Fraction | Decimal | None]) -> Combined:
        """One total of several raters' (rater key → exact total). Raises ScoringError for an unknown rater."""
        return rating.of_raters(self, totals)

    def rate(
        self,
        points: Outcome | Fraction | Decimal | None,
        facts: Mapping[str, Decimal | int | None] = MappingProxyType({}),
        period: str = "",
    ) -> Rating:
        """The band after the gates (fact code → value, 1 for yes). Raises ScoringError for an unknown fact."""
        return rating.rate(self, points, facts, period)

    def quota(
        self, counts: QuotaCounts, *, band: str = "", exceptional: bool = False, base: str = ""
    ) -> Allowed | None:
        """How many may be in a band (the highest); None without a quota. `base` replaces the set's."""
        return rating.quota_for(self, counts, band=band, exceptional=exceptional, base=base)

    def units_of(self, task: TaskInput) -> TaskUnits:
        """A task's own quantities as the set counts them, not converted."""
        return task_units(task, self.rules.tasks)


def compile_set(spec: Mapping[str, object]) -> CompiledSet:
    """Compile a specification. Raises SpecificationError with everything that is wrong with it.

    Takes a few milliseconds: callers keep the result by digest.
    """
    specification, problems = read_and_check(spec)
    if problems:
        raise SpecificationError(problems)
    criteria = _criteria(specification)
    names: dict[str, tuple[int, int]] = {part.code: (PART, i) for i, part in enumerate(specification.parts)}
    names.update({section.code: (SECTION, i) for i, section in enumerate(specification.sections)})
    names.update({criterion.code: (CRITERION, criterion.index) for criterion in criteria})
    criteria = tuple(_with_plan(criterion, names) for criterion in criteria)
    sections = tuple(_section(section, criteria, names) for section in specification.sections)
    parts = tuple(
        CompiledPart(
            part.key,
            part.code,
            part.label,
            _known(part.max),
            tuple(index for index, section in enumerate(sections) if section.part == part.code),
        )
        for part in specification.parts
    )
    deciding = next(stage.key for stage in specification.stages if stage.decides)
    own = tuple(criterion for criterion in criteria if criterion.persons_own)
    voices = voices_of(specification.raters, deciding)
    expression = specification.total_expression if specification.total == "formula" else ""
    return CompiledSet(
        digest=canonical.digest(spec),
        specification=specification,
        criteria=criteria,
        sections=sections,
        parts=parts,
        stages=specification.stages,
        own=own,
        raters=specification.raters,
        voices=voices,
        deciding=deciding,
        hears=_hears(own, (rater.stage for rater in specification.raters), deciding),
        heard=_hears(own, voices, deciding),
        bands=tuple(
            Band(band.code, band.label, _known(band.start), *pair_of(_known(band.start)), band.value)
            for band in specification.bands
        ),
        places=specification.places,
        mode=specification.mode,
        when=specification.when,
        rules=make_rules(specification.settings, specification.places),
        entered=tuple(criterion for criterion in criteria if criterion.entered),
        ratios=tuple(
            (criterion, 1 + MEASURES.index(criterion.measure)) for criterion in criteria if criterion.measure
        ),
        later=_later(criteria),
        managed=tuple(criterion for criterion in criteria if criterion.kind == PeopleManagedKind.type),
        from_others=tuple(criterion for criterion in criteria if criterion.is_from_others),
        scopes=tuple(dict.fromkeys(criterion.scope for criterion in criteria if criterion.scope)),
        counts_points=any(criterion.kind == TaskPointsKind.type for criterion in criteria),
        calendars=frozenset(criterion.calendar for criterion in criteria if criterion.calendar),
        counts_results=any(
            criterion.is_from_others and not (criterion.scope or criterion.is_of_unit)
            for criterion in criteria
        ),
        counts_unit=any(criterion.is_of_unit for criterion in criteria),
        hides_stages=any(stage.blind_to for stage in specification.stages),
        asks=asked_by(
            criterion.kind
            for section in specification.sections
            for criterion in section.criteria
            if isinstance(criterion.kind, TaskPointsKind)
        ),
        order=_order(sections, names),
        names=names,
        applies=_applies(specification, names),
        keys={criterion.key: criterion.index for criterion in criteria},
        total_plan=TreePlan(formulas.parse(expression)) if expression else None,
        total_cap=pair_of(_known(specification.total_max)),
        gates=gates.compile_gates(
            specification.gates, {band.code: band.label for band in specification.bands}
        ),
    )


def _hears(own: Sequence[CompiledCriterion], raters: Iterable[str], deciding: str) -> frozenset[str]:
    """Whom a result is decided with beside the stage itself: the person for what they alone give, those with a
    weight."""
    return frozenset(({SELF} if own else set()) | set(raters) - {deciding})


def _known(value: Decimal | None) -> Decimal:
    assert value is not None  # a specification without it has a problem and is never compiled
    return value


def _criteria(specification: Specification) -> tuple[CompiledCriterion, ...]:
    every_stage = tuple(stage.key for stage in specification.stages)
    pairs = [(section, criterion) for section in specification.sections for criterion in section.criteria]
    worth = {criterion.key: _values(criterion) for _, criterion in pairs}
    scale = lcm(1, *(value.denominator for values in worth.values() for value in values))
    return tuple(
        _criterion(section, criterion, index, every_stage, _table(criterion, worth[criterion.key], scale))
        for index, (section, criterion) in enumerate(pairs)
    )


def _values(criterion: CriterionSpec) -> tuple[Fraction, ...]:
    kind = criterion.kind
    if isinstance(kind, (NumberKind, ChoiceKind)):
        return kind.values(criterion_maximum(criterion) or Decimal(0))
    if isinstance(kind, LevelsKind):
        return kind.values()
    return ()


def _table(criterion: CriterionSpec, values: Sequence[Fraction], scale: int) -> dict[Decimal | str, Pair]:
    """Every possible entry → what it is worth, over the denominator all criteria of the set share."""
    table: dict[Decimal | str, Pair] = {}
    share = 100 if criterion.kind.share else 1
    for value in values:
        numerator, denominator = (value * share).as_integer_ratio()
        written = EXACT.divide(Decimal(numerator), Decimal(denominator))
        table[written] = table[decimal_text(written)] = (int(value * scale), scale)
    return table


def _criterion(
    section: SectionSpec,
    criterion: CriterionSpec,
    index: int,
    every_stage: tuple[str, ...],
    table: Mapping[Decimal | str, Pair],
) -> CompiledCriterion:
    kind = criterion.kind
    stages = every_stage if criterion.stages is None else criterion.stages
    managed = (Decimal(0), (0, 1), (0, 1))
    if isinstance(kind, PeopleManagedKind):
        managed = (_known(kind.threshold), pair_of(_known(kind.reached)), pair_of(_known(kind.failed)))
    return CompiledCriterion(
        key=criterion.key,
        code=criterion.code,
        label=criterion.label,
        kind=kind.type,
        entered=kind.entered,
        detailed=kind.detailed,
        required=kind.required if isinstance(kind, DetailedKind) else kind.entered,
        details=_details(kind),
        may_not_apply=criterion.may_not_apply,
        plan=None,
        share=kind.share,
        max=criterion_maximum(criterion),
        weight=criterion.weight,
        section=section.key,
        part=section.part,
        stages=stages if kind.entered or kind.detailed else (),
        step=kind.step if isinstance(kind, (NumberKind, LevelsKind)) else None,
        options=_options(kind),
        measure=kind.measure if isinstance(kind, TaskRatioKind) else "",
        alternatives=criterion.alternatives,
        guidance=criterion.guidance,
        citation=criterion.citation,
        index=index,
        managed=managed,
        table=table,
        _kind=kind,
    )


def _options(kind: Kind) -> tuple[Option, ...]:
    """The values to choose from: a choice's, and those of levels that have one each."""
    if isinstance(kind, LevelsKind) and kind.fixed():
        return tuple(Option(level.start, level.label, grounds_required=False) for level in kind.levels)
    return kind.options if isinstance(kind, ChoiceKind) else ()


def _details(kind: Kind) -> dict[str, str]:
    if isinstance(kind, (ChecklistKind, DeductionKind, BonusKind)):
        return {item.code: item.label for item in kind.items}
    if isinstance(kind, FormulaKind):
        return {item.code: item.label for item in kind.inputs}
    if isinstance(kind, IndicatorKind):
        return {"actual": "", "target": ""} if kind.target is None else {"actual": ""}
    return {}


def _with_plan(criterion: CompiledCriterion, names: Mapping[str, tuple[int, int]]) -> CompiledCriterion:
    kind = criterion.detail_kind if criterion.kind == FormulaKind.type else None
    if not isinstance(kind, FormulaKind):
        return criterion
    tree = formulas.parse(kind.expression)
    return replace(criterion, plan=TreePlan(tree) if kind.inputs else _formula_plan(tree, names))


def _later(criteria: Sequence[CompiledCriterion]) -> tuple[CompiledCriterion, ...]:
    """The criteria of later kinds, each after those its formula names."""
    later = {item.code: item for item in criteria if item.kind not in KINDS_OF_1 and not item.entered}
    uses: dict[str, list[str]] = {}
    for code, criterion in later.items():
        kind = criterion.detail_kind
        tree = formulas.parse(kind.expression) if isinstance(kind, FormulaKind) else None
        uses[code] = [] if tree is None else [name.code for name in formulas.names(tree)]
    return tuple(later[code] for code in formula_graph.in_order(uses))


def _section(
    section: SectionSpec, criteria: Sequence[CompiledCriterion], names: Mapping[str, tuple[int, int]]
) -> CompiledSection:
    own = [criterion for criterion in criteria if criterion.section == section.key]
    maximum = _known(section.max)
    measures: dict[int, Fraction] = {}
    penalties = tuple(item.index for item in own if item.is_penalty)
    if section.combination == "formula" or len(penalties) == len(own):
        penalties = ()  # the formula says what it takes off; of nothing else there is nothing to take off
    plan: Plan
    if section.combination == "formula":
        plan = _formula_plan(formulas.parse(section.expression), names)
    elif section.combination == "weighted_mean":
        plan = linear_plan(Fraction(0), {item.index: _weighted(item) * Fraction(maximum) for item in own})
        measures = {item.index: Fraction(_known(item.weight)) for item in own}
    else:
        measures = {item.index: Fraction(_known(item.max)) for item in own if item.index not in penalties}
        plan = linear_plan(
            Fraction(0),
            {item.index: Fraction(_known(item.max)) if item.share else Fraction(1) for item in own}
            | dict.fromkeys(penalties, Fraction(-1)),
        )
    return CompiledSection(
        key=section.key,
        code=section.code,
        label=section.label,
        max=maximum,
        part=section.part,
        combination=section.combination,
        expression=section.expression,
        citation=section.citation,
        criteria=tuple(item.key for item in own),
        cap=pair_of(maximum if section.cap is None else section.cap),
        own=frozenset(item.index for item in own),
        penalties=penalties,
        measures=measures,
        plan=plan,
    )


def _weighted(criterion: CompiledCriterion) -> Fraction:
    """A criterion's weight for each unit of its value: its share of the maximum counts."""
    weight = Fraction(_known(criterion.weight)) / 100
    return weight if criterion.share else weight / Fraction(_known(criterion.max))


def _formula_plan(tree: formulas.Node, names: Mapping[str, tuple[int, int]]) -> Plan:
    form = formulas.linear(tree)
    if form is None or any(names[code][0] != CRITERION for code in form.coefficients):
        return TreePlan(tree)
    return linear_plan(form.constant, {names[code][1]: value for code, value in form.coefficients.items()})


def _applies(
    specification: Specification, names: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """What is asked with APPLIES anywhere in the set. A fact always applies, and so does an input of a formula's own,
    which is no code of the set."""
    trees = [formulas.parse(expression) for _key, expression in written_formulas(specification)]
    trees += [formulas.parse_condition(gate.condition) for gate in specification.gates]
    asked = {name for tree in trees for name in formulas.asked(tree)}
    places = {**names, **{fact.code: _ALWAYS for fact in specification.facts}}
    known = {formulas.applies_name(code): place for code, place in places.items()}
    return {name: known[name] for name in known if name in asked}


def _order(sections: Sequence[CompiledSection], names: Mapping[str, tuple[int, int]]) -> tuple[int, ...]:
    """The sections, each after those its formula names."""
    uses: dict[str, list[str]] = {}
    for section in sections:
        plan = section.plan
        used = formulas.names(plan.tree) if isinstance(plan, TreePlan) else ()
        uses[section.code] = [name.code for name in used if names[name.code][0] == SECTION]
    return tuple(names[code][1] for code in formula_graph.in_order(uses))
