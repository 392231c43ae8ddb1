"""The compiled form of a criteria set: what scoring and tracing read. Made by `compile.py`, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import law
from kpi_cms.foundation.engine.absent import NOT_ARISEN, Absent
from kpi_cms.foundation.engine.bands import Band, Standing, band_of, shown
from kpi_cms.foundation.engine.combination import Plan, TreePlan
from kpi_cms.foundation.engine.exact import Pair, pair_of
from kpi_cms.foundation.engine.facts import Fact
from kpi_cms.foundation.engine.gates import Gate
from kpi_cms.foundation.engine.indicator import IndicatorKind
from kpi_cms.foundation.engine.itemised import PenaltyKind
from kpi_cms.foundation.engine.kinds import (
    ChoiceKind,
    DetailedKind,
    Kind,
    LaterKind,
    NumberKind,
    Option,
    PeopleManagedKind,
    TaskRatioKind,
)
from kpi_cms.foundation.engine.levels import LevelsKind
from kpi_cms.foundation.engine.others import OWN, UNIT, ResultOfKind, RollUpKind
from kpi_cms.foundation.engine.people import PeopleRules
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.raters import Rater
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.rounding import round_pair
from kpi_cms.foundation.engine.specification import (
    NOT_COUNTED,
    OPEN_SETTINGS,
    SELF,
    ZERO,
    Alternative,
    Settings,
    Specification,
    StageSpec,
    read_settings,
)
from kpi_cms.foundation.engine.spread import Grade, share_of
from kpi_cms.foundation.engine.task_points import WORKING_DAYS, Asked, TaskPointsKind
from kpi_cms.foundation.engine.tasks import TaskRules

CRITERION, SECTION, PART = 0, 1, 2
MOST_GRADES = 41


@dataclass(frozen=True)
class CompiledCriterion:
    """A criterion, ready to score. `max` is None for a share that only a formula uses.

    `kind` is the kind's type; `entered` says whether people give it one score, `detailed` whether they give numbers
    by name (`details`: name → label), at `stages`; `options` are a choice's values, `step` a number's step,
    `measure` a task ratio's, `plan` a formula's. `required`: without an entry there is no total. `may_not_apply`:
    `NOT_ARISEN` is an entry, too.
    """

    key: str
    code: str
    label: str
    kind: str
    entered: bool
    detailed: bool
    required: bool
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
    details: Mapping[str, str]
    may_not_apply: bool
    plan: Plan | None
    managed: tuple[Decimal, Pair, Pair]
    table: Mapping[Decimal | str, Pair] = field(repr=False)
    _kind: Kind = field(repr=False)

    @property
    def by_hand(self) -> bool:
        """Whether people give it: one score, or numbers by name."""
        return self.entered or self.detailed

    @property
    def persons_own(self) -> bool:
        """Whether the person alone gives it: what they gave counts where the result is decided, too."""
        return self.stages == (SELF,)

    @property
    def scope(self) -> str:
        """The scope whose tasks of other people it counts; "" for every other criterion."""
        kind = self._kind
        return kind.scope if isinstance(kind, RollUpKind) and kind.scope != OWN else ""

    @property
    def calendar(self) -> str:
        """The calendar of working days that its days are counted by; "" for calendar days and every other criterion."""
        kind = self._kind
        if isinstance(kind, TaskPointsKind) and kind.time.count == WORKING_DAYS:
            return kind.time.calendar
        return ""

    @property
    def is_of_unit(self) -> bool:
        """Whether its value comes of the result of the unit."""
        return isinstance(self._kind, ResultOfKind) and self._kind.of == UNIT

    @property
    def is_penalty(self) -> bool:
        """Whether its value is points taken off."""
        return isinstance(self._kind, PenaltyKind)

    @property
    def least(self) -> Decimal:
        """The fewest points that are given: of a number its own minimum, else 0."""
        return self._kind.min if isinstance(self._kind, NumberKind) else Decimal(0)

    @property
    def must_be_said(self) -> tuple[str, ...]:
        """What every task must say to be counted by it; () for every other criterion."""
        kind = self._kind
        return kind.must_be_said() if isinstance(kind, TaskPointsKind) else ()

    @property
    def is_from_others(self) -> bool:
        """Whether its value comes of other people's results or tasks."""
        return bool(self.scope) or isinstance(self._kind, (PeopleManagedKind, ResultOfKind))

    @property
    def is_from_tasks(self) -> bool:
        """Whether its value comes of tasks, the person's own or others'."""
        return isinstance(self._kind, (TaskRatioKind, TaskPointsKind, RollUpKind))

    def counts_as(self, other: "CompiledCriterion") -> bool:
        """Whether another criterion computes in the same way."""
        return self._kind == other._kind

    @property
    def grades(self) -> tuple[Grade, ...]:
        """What a rater may give, value by value or level by level; () where it is computed or too many to look at."""
        kind = self._kind
        if isinstance(kind, LevelsKind):
            return tuple(
                Grade(level.label, None, self._worth(level.start), self._worth(level.end))
                for level in kind.levels
            )
        values: list[Decimal] = []
        if isinstance(kind, ChoiceKind):
            values = [option.value for option in kind.options if option.value is not None]
        elif isinstance(kind, NumberKind) and self.max and kind.step:
            steps = int((self.max - kind.min) / kind.step)
            values = (
                [kind.min + kind.step * index for index in range(steps + 1)] if steps < MOST_GRADES else []
            )
        return tuple(Grade("", value, self._worth(value), self._worth(value)) for value in values)

    def _worth(self, value: Decimal) -> Fraction:
        """A value as it is entered, as a share of the maximum."""
        return Fraction(value) / 100 if self.share else share_of(Fraction(value), self.max)

    def as_share(self, value: Fraction) -> Fraction:
        """A value as it is stored, as a share of the maximum."""
        return value if self.share else share_of(value, self.max)

    def read(self, value: object) -> Problem | Fraction:
        """What an entered value is worth, or why it is refused."""
        kind = self._kind
        if isinstance(kind, (NumberKind, ChoiceKind)):
            return kind.refuse(self.key, value, self.max or Decimal(0))
        if isinstance(kind, LevelsKind):
            return kind.refuse(self.key, value)
        return Problem("entry_computed", self.key, _COMPUTED, {"criterion": self.code})

    def is_absent(self, value: object) -> bool:
        """Whether a value says that the criterion did not arise, where that may be said."""
        return self.may_not_apply and value == NOT_ARISEN

    def refuse_value(self, value: object) -> Problem | None:
        """Why one value cannot be entered; None when it can. That it did not arise is a value where it may be said."""
        if self.is_absent(value):
            return None
        result = self.read(value)
        return result if isinstance(result, Problem) else None

    @property
    def detail_kind(self) -> LaterKind:
        """The kind of a criterion that `further.py` works out."""
        kind = self._kind
        assert isinstance(kind, LaterKind)
        return kind

    def refuse(self, entry: Mapping[str, object]) -> Problem | None:
        """Why an entry of numbers by name is refused; None when it is accepted."""
        kind = self._kind
        if isinstance(kind, DetailedKind) and kind.detailed:
            return kind.refuse(self.key, entry)
        return Problem("entry_computed", self.key, _COMPUTED, {"criterion": self.code})

    def allows(self, value: Fraction) -> bool:
        """Whether a value given from outside is one this criterion can have."""
        kind = self._kind
        if isinstance(kind, ChoiceKind):
            return value in kind.values(Decimal(0))
        if isinstance(kind, PeopleManagedKind):
            return value in (Fraction(*self.managed[1]), Fraction(*self.managed[2]))
        if isinstance(kind, LevelsKind):
            return kind.allows(value)
        highest: Decimal | None = None if kind.share else self.max
        if value < self.least:
            return False
        if isinstance(kind, IndicatorKind):
            highest = kind.cap
        elif isinstance(kind, ResultOfKind):
            highest = Decimal(1)
        return highest is None or value <= highest


@dataclass(frozen=True)
class CompiledSection:
    """A section: its plan gives points, held between 0 and `cap`. `own`: its criteria's places; `penalties`: those that
    are taken off the others; `measures`: the maxima or weights by which those that apply count for all; {} where a
    formula says how."""

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
    own: frozenset[int]
    penalties: tuple[int, ...]
    measures: Mapping[int, Fraction]
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
    people: PeopleRules
    nothing_is_zero: bool
    nothing_is_left_out: bool
    band_rounded: bool


@dataclass(frozen=True, eq=False)
class ScoringPlan:
    """Everything a scoring reads of a set, precomputed. Equal and hashable by the specification's digest.

    `from_others`: the criteria whose value comes of other people's results or tasks; `scopes`: the scopes whose tasks
    of others they count; `counts_results`: whether one of them counts the results of the people managed, `counts_unit`:
    the result of the unit; `hides_stages`: whether whoever scores at a stage does not see an earlier one yet;
    `voices`: the voice of each rater, `hears` the other stages that a result is decided with, `heard` their voices;
    `applies`: what the set's formulas ask with APPLIES, by the name they ask it with → where it stands, as in `names`;
    `counts_points`: whether a criterion counts points of tasks (`CardInputs.work`); `calendars`: the names of the
    calendars of working days that they are counted by; `asks`: what somebody must say of a task for them, by name.
    """

    digest: str
    specification: Specification
    criteria: tuple[CompiledCriterion, ...]
    sections: tuple[CompiledSection, ...]
    parts: tuple[CompiledPart, ...]
    stages: tuple[StageSpec, ...]
    own: tuple[CompiledCriterion, ...]
    raters: tuple[Rater, ...]
    voices: tuple[str, ...]
    deciding: str
    hears: frozenset[str]
    heard: frozenset[str]
    bands: tuple[Band, ...]
    places: int
    mode: str
    when: str
    rules: Rules
    entered: tuple[CompiledCriterion, ...]
    ratios: tuple[tuple[CompiledCriterion, int], ...]
    managed: tuple[CompiledCriterion, ...]
    later: tuple[CompiledCriterion, ...]
    from_others: tuple[CompiledCriterion, ...]
    scopes: tuple[str, ...]
    counts_results: bool
    counts_unit: bool
    hides_stages: bool
    counts_points: bool
    calendars: frozenset[str]
    asks: Mapping[str, Asked]
    order: tuple[int, ...]
    names: Mapping[str, tuple[int, int]]
    applies: Mapping[str, tuple[int, int]]
    keys: Mapping[str, int]
    total_plan: TreePlan | None
    total_cap: Pair
    gates: tuple[Gate, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScoringPlan) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def may_be_absent(self) -> bool:
        """Whether anything of the set may not apply to a card."""
        return self.rules.nothing_is_left_out or any(each.may_not_apply for each in self.criteria)

    def criterion(self, key: str) -> CompiledCriterion | None:
        """The criterion with a block key."""
        index = self.keys.get(key)
        return None if index is None else self.criteria[index]

    def seats(self, stage: str) -> tuple[Rater, ...]:
        """The raters of a stage at which several sit; () for every other."""
        pairs = zip(self.raters, self.voices, strict=True)
        return tuple(rater for rater, voice in pairs if rater.stage == stage != voice)

    def who(self, stage: str) -> str:
        """Who acts at a stage where the set says so; "" as usual, and for a stage it does not have."""
        return next((each.who for each in self.stages if each.key == stage), "")

    def fact(self, key: str) -> Fact | None:
        """The fact with a block key."""
        return next((fact for fact in self.specification.facts if fact.key == key), None)

    def facts_asked(self, period: str) -> tuple[Fact, ...]:
        """The facts that the gates of a kind of period ask, in the set's order; "": of any period."""
        codes: set[str] = set().union(*(gate.codes for gate in self.gates if gate.bears_on(period)))
        return tuple(fact for fact in self.specification.facts if fact.code in codes)

    def takes_off(self, part: CompiledPart) -> bool:
        """Whether there is nothing in a part but points taken off."""
        keys = [key for index in part.sections for key in self.sections[index].criteria]
        return bool(keys) and all(self.criteria[self.keys[key]].is_penalty for key in keys)

    def criterion_by_code(self, code: str) -> CompiledCriterion:
        """The criterion with a code. Raises ScoringError when there is none."""
        group, index = self.names.get(code, (PART, 0))
        if group != CRITERION:
            raise ScoringError(Problem("criterion", "", _NO_CRITERION, {"criterion": code}))
        return self.criteria[index]

    def said_to_apply(self, name: str, absent: Absent) -> Fraction:
        """What APPLIES says, by the name it is asked with."""
        place = self.applies.get(name)
        return Fraction(place is None or absent.applies(place))

    def part_index(self, code: str) -> int:
        """Where a part stands in `parts`. Raises ScoringError when there is none."""
        group, index = self.names.get(code, (CRITERION, 0))
        if group != PART:
            raise ScoringError(Problem("part", "", _NO_PART, {"part": code}))
        return index

    def rounded(self, value: Pair) -> Decimal:
        """A value rounded as the set rounds."""
        return round_pair(value, self.places, self.mode)

    def shown(self, value: Pair, rules: Rules) -> str:
        """A value as text, with more digits where rounding would show another band."""
        if rules.band_rounded:
            return str(self.rounded(value))
        return shown(value, self.bands, self.places, self.mode)

    def band(self, value: Pair, rules: Rules) -> Band:
        """The band of a value."""
        return band_of(self.band_basis(value, rules), self.bands)

    def band_basis(self, value: Pair, rules: Rules) -> Pair:
        """What a band is read from: the exact points, or the rounded ones where the set says so (rules §4, open)."""
        return self.rounded(value).as_integer_ratio() if rules.band_rounded else value

    def standing(self, value: Pair) -> Standing:
        """Points under the set's own settings."""
        rules = self.rules
        return Standing(
            Fraction(*value), self.rounded(value), self.shown(value, rules), self.band(value, rules).code
        )

    def check_entry(self, key: str, value: object) -> Problem | None:
        """Why a value cannot be entered for the criterion with this key; None when it can."""
        criterion = self.criterion(key)
        if criterion is None:
            return Problem("criterion", key, _NO_CRITERION, {"criterion": key})
        return criterion.refuse_value(value)

    def check_details(self, key: str, entry: Mapping[str, object]) -> Problem | None:
        """Why numbers by name cannot be entered for the criterion with this key; None when they can."""
        criterion = self.criterion(key)
        if criterion is None:
            return Problem("criterion", key, _NO_CRITERION, {"criterion": key})
        return criterion.refuse(entry)

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
        if self.specification.law == law.ND335 and merged.nobody_managed not in law.MANAGED_VALUES:
            reader.add("nd335_managed", "", law.MANAGED_FIXED)
        if self.specification.law == law.ND335 and merged.nothing_assigned == NOT_COUNTED:
            reader.add("nd335_nothing", "", law.NOTHING_FIXED)
        if reader.problems:
            raise ScoringError(reader.problems[0])
        return make_rules(merged, self.places)


def make_rules(settings: Settings, places: int) -> Rules:
    """The settings as they are computed with; `places` are those the set rounds to."""
    rounded = settings.band_from == "rounded"
    return Rules(
        settings,
        TaskRules(settings.penalty_per_fault, settings.penalty_scope == "batch"),
        None if settings.ratio_cap is None else pair_of(settings.ratio_cap),
        pair_of(settings.nobody_managed),
        PeopleRules(
            settings.managed_without_result, settings.managed_unconfirmed, places if rounded else None
        ),
        settings.nothing_assigned == ZERO,
        settings.nothing_assigned == NOT_COUNTED,
        rounded,
    )


_COMPUTED = N_("The criterion %(criterion)s is computed: nobody enters it.")
_NO_CRITERION = N_("There is no criterion “%(criterion)s” in this set: choose one of its criteria.")
_NO_PART = N_("There is no part “%(part)s” in this set: choose one of its parts.")
_NOT_OPEN = N_("“%(setting)s” is not an open setting of this set: it cannot be replaced for one card.")
