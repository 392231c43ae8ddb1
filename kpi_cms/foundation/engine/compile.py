"""A specification compiled once: whole coefficients, tables of the values people may enter, an order of sections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from kpi_cms.foundation.engine import canonical, formulas
from kpi_cms.foundation.engine.bands import Band
from kpi_cms.foundation.engine.checking import criterion_maximum, read_and_check
from kpi_cms.foundation.engine.combination import Plan, TreePlan, linear_plan
from kpi_cms.foundation.engine.exact import EXACT, Pair, decimal_text, pair_of
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.kinds import ChoiceKind, Kind, NumberKind, Option, PeopleManagedKind, TaskRatioKind
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError, SpecificationError
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.scoring import Outcome, work_out
from kpi_cms.foundation.engine.specification import (
    OPEN_SETTINGS,
    Alternative,
    CriterionSpec,
    SectionSpec,
    Settings,
    Specification,
    StageSpec,
    read_settings,
)
from kpi_cms.foundation.engine.tasks import MEASURES, TaskRules

if TYPE_CHECKING:
    from kpi_cms.foundation.engine.trace import Step

CRITERION, SECTION, PART = 0, 1, 2


@dataclass(frozen=True)
class CompiledCriterion:
    """A criterion, ready to score. `max` is None for a share that only a formula uses.

    `kind` is the kind's type; `entered` says whether people score it, at `stages`; `options` are a choice's
    values, `step` a number's step, `measure` a task ratio's.
    """

    key: str
    code: str
    label: str
    kind: str
    entered: bool
    share: bool
    max: Decimal | None
    weight: Decimal | None
    section: str
    part: str
    stages: tuple[str, ...]
    step: Decimal | None
    options: tuple[Option, ...]
    measure: str
    alternatives: tuple[Alternative, ...]
    guidance: tuple[str, ...]
    citation: str
    index: int
    managed: tuple[Decimal, Pair, Pair]
    table: Mapping[Decimal | str, Pair] = field(repr=False)
    _kind: Kind = field(repr=False)

    def read(self, value: object) -> Problem | Fraction:
        """What an entered value is worth, or why it is refused."""
        kind = self._kind
        if isinstance(kind, (NumberKind, ChoiceKind)):
            return kind.refuse(self.key, value, self.max or Decimal(0))
        return Problem("entry_computed", self.key, _COMPUTED, {"criterion": self.code})

    def allows(self, value: Fraction) -> bool:
        """Whether a value given from outside is one this criterion can have."""
        kind = self._kind
        if isinstance(kind, ChoiceKind):
            return value in kind.values(Decimal(0))
        if isinstance(kind, PeopleManagedKind):
            return value in (Fraction(*self.managed[1]), Fraction(*self.managed[2]))
        if isinstance(kind, NumberKind):
            return self.max is not None and 0 <= value <= self.max
        return value >= 0


@dataclass(frozen=True)
class CompiledSection:
    """A section: its plan gives points, held between 0 and `cap`."""

    key: str
    code: str
    label: str
    max: Decimal
    part: str
    combination: str
    expression: str
    citation: str
    criteria: tuple[str, ...]
    cap: Pair
    plan: Plan = field(repr=False)


@dataclass(frozen=True)
class CompiledPart:
    """A part of the total: the sum of its sections (indexes into the set's sections)."""

    key: str
    code: str
    label: str
    max: Decimal
    sections: tuple[int, ...]


@dataclass(frozen=True)
class Rules:
    """The settings of a scoring, ready to compute with."""

    settings: Settings
    tasks: TaskRules
    cap: Pair | None
    nobody_managed: Pair


@dataclass(frozen=True, eq=False)
class CompiledSet:
    """A criteria set that scores cards. Immutable; equal and hashable by the digest of its specification."""

    digest: str
    specification: Specification
    criteria: tuple[CompiledCriterion, ...]
    sections: tuple[CompiledSection, ...]
    parts: tuple[CompiledPart, ...]
    stages: tuple[StageSpec, ...]
    bands: tuple[Band, ...]
    places: int
    rules: Rules
    entered: tuple[CompiledCriterion, ...]
    ratios: tuple[tuple[CompiledCriterion, int], ...]
    managed: tuple[CompiledCriterion, ...]
    order: tuple[int, ...]
    names: Mapping[str, tuple[int, int]]
    total_plan: TreePlan | None
    total_cap: Pair

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompiledSet) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def criterion(self, key: str) -> CompiledCriterion | None:
        """The criterion with a block key."""
        return next((criterion for criterion in self.criteria if criterion.key == key), None)

    def criterion_of(self, key: str) -> CompiledCriterion:
        """The criterion with a block key that the set is known to have."""
        return next(criterion for criterion in self.criteria if criterion.key == key)

    def criterion_by_code(self, code: str) -> CompiledCriterion:
        """The criterion with a code. Raises ScoringError when there is none."""
        group, index = self.names.get(code, (PART, 0))
        if group != CRITERION:
            raise ScoringError(Problem("criterion", "", _NO_CRITERION, {"criterion": code}))
        return self.criteria[index]

    def part_index(self, code: str) -> int:
        """Where a part stands in `parts`. Raises ScoringError when there is none."""
        group, index = self.names.get(code, (CRITERION, 0))
        if group != PART:
            raise ScoringError(Problem("part", "", _NO_PART, {"part": code}))
        return index

    def check_entry(self, key: str, value: object) -> Problem | None:
        """Why a value cannot be entered for the criterion with this key; None when it can."""
        criterion = self.criterion(key)
        if criterion is None:
            return Problem("criterion", key, _NO_CRITERION, {"criterion": key})
        result = criterion.read(value)
        return result if isinstance(result, Problem) else None

    def score(self, inputs: CardInputs) -> Outcome:
        """The result of one card. Raises EntryError or ScoringError when its inputs contradict the set."""
        return Outcome(self, work_out(self, inputs))

    def trace(self, inputs: CardInputs) -> "tuple[Step, ...]":
        """Every number of a card's result, explained in order."""
        from kpi_cms.foundation.engine.trace import trace  # the trace needs the compiled types

        return trace(self, inputs)

    def rules_for(self, settings: Mapping[str, object]) -> Rules:
        """The set's rules with some open settings replaced. Raises ScoringError for one that is not open."""
        if not settings:
            return self.rules
        reader = Reader()
        for name in settings:
            if name not in OPEN_SETTINGS:
                reader.add("setting", "", _NOT_OPEN, setting=name)
        opened = {name: value for name, value in settings.items() if name in OPEN_SETTINGS}
        merged = read_settings(reader, opened, self.specification.settings)
        if reader.problems:
            raise ScoringError(reader.problems[0])
        return _rules(merged)


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
    expression = specification.total_expression if specification.total == "formula" else ""
    return CompiledSet(
        digest=canonical.digest(spec),
        specification=specification,
        criteria=criteria,
        sections=sections,
        parts=parts,
        stages=specification.stages,
        bands=tuple(
            Band(band.code, band.label, _known(band.start), *pair_of(_known(band.start))) for band in specification.bands
        ),
        places=specification.places,
        rules=_rules(specification.settings),
        entered=tuple(criterion for criterion in criteria if criterion.entered),
        ratios=tuple(
            (criterion, 1 + MEASURES.index(criterion.measure)) for criterion in criteria if criterion.measure
        ),
        managed=tuple(criterion for criterion in criteria if criterion.kind == PeopleManagedKind.type),
        order=_order(sections, names),
        names=names,
        total_plan=TreePlan(formulas.parse(expression)) if expression else None,
        total_cap=pair_of(_known(specification.total_max)),
    )


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
    return ()


def _table(criterion: CriterionSpec, values: Sequence[Fraction], scale: int) -> dict[Decimal | str, Pair]:
    """Every value a person may enter → what it is worth, over the denominator all criteria of the set share."""
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
        share=kind.share,
        max=criterion_maximum(criterion),
        weight=criterion.weight,
        section=section.key,
        part=section.part,
        stages=stages if kind.entered else (),
        step=kind.step if isinstance(kind, NumberKind) else None,
        options=kind.options if isinstance(kind, ChoiceKind) else (),
        measure=kind.measure if isinstance(kind, TaskRatioKind) else "",
        alternatives=criterion.alternatives,
        guidance=criterion.guidance,
        citation=criterion.citation,
        index=index,
        managed=managed,
        table=table,
        _kind=kind,
    )


def _section(
    section: SectionSpec, criteria: Sequence[CompiledCriterion], names: Mapping[str, tuple[int, int]]
) -> CompiledSection:
    own = [criterion for criterion in criteria if criterion.section == section.key]
    maximum = _known(section.max)
    plan: Plan
    if section.combination == "formula":
        plan = _formula_plan(formulas.parse(section.expression), names)
    elif section.combination == "weighted_mean":
        plan = linear_plan(
            Fraction(0), {item.index: _weighted(item) * Fraction(maximum) for item in own}
        )
    else:
        plan = linear_plan(
            Fraction(0), {item.index: Fraction(_known(item.max)) if item.share else Fraction(1) for item in own}
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


def _order(sections: Sequence[CompiledSection], names: Mapping[str, tuple[int, int]]) -> tuple[int, ...]:
    """The sections, each after those its formula names."""
    order: list[int] = []

    def visit(index: int) -> None:
        plan = sections[index].plan
        if index in order:
            return
        if isinstance(plan, TreePlan):
            for name in formulas.names(plan.tree):
                group, other = names[name.code]
                if group == SECTION:
                    visit(other)
        order.append(index)

    for index in range(len(sections)):
        visit(index)
    return tuple(order)


def _rules(settings: Settings) -> Rules:
    return Rules(
        settings,
        TaskRules(settings.penalty_per_fault, settings.penalty_scope == "batch"),
        None if settings.ratio_cap is None else pair_of(settings.ratio_cap),
        pair_of(settings.nobody_managed),
    )


_COMPUTED = N_("The criterion %(criterion)s is computed: nobody enters it.")
_NO_CRITERION = N_("There is no criterion “%(criterion)s” in this set: choose one of its criteria.")
_NO_PART = N_("There is no part “%(part)s” in this set: choose one of its parts.")
_NOT_OPEN = N_("“%(setting)s” is not an open setting of this set: it cannot be replaced for one card.")
