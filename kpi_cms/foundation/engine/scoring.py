"""Scoring one card under a compiled set: integers inside, exact fractions and one rounded decimal outside."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from kpi_cms.foundation.engine import further, law
from kpi_cms.foundation.engine.absent import NOT_ARISEN, Absent, left, remaining, times
from kpi_cms.foundation.engine.card_band import CardBand, card_band
from kpi_cms.foundation.engine.combination import LinearPlan, TreePlan, Unknown, add, clamp
from kpi_cms.foundation.engine.compiled import (
    CompiledCriterion,
    CompiledPart,
    CompiledSection,
    Rules,
    ScoringPlan,
)
from kpi_cms.foundation.engine.exact import Pair, pair_of, plain
from kpi_cms.foundation.engine.facts import Fact
from kpi_cms.foundation.engine.formulas import FormulaError
from kpi_cms.foundation.engine.gates import TOTAL, GateSpec
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.people import tally, waits
from kpi_cms.foundation.engine.problems import N_, EntryError, Problem, ScoringError
from kpi_cms.foundation.engine.raters import combine
from kpi_cms.foundation.engine.rounding import PARTS, SECTIONS
from kpi_cms.foundation.engine.specification import SELF
from kpi_cms.foundation.engine.tasks import TaskTotals, task_totals

ZERO: Pair = (0, 1)
ONE = Fraction(1)


class Work(NamedTuple):
    """Everything computed for a card, as integer pairs; None where an input is not there yet, 0 for what is `absent`.

    `own` is the total of the stage alone, `raters` those of the set's raters where `total` is made of them.
    """

    rules: Rules
    totals: TaskTotals | None
    values: list[Pair | None]
    raw_sections: list[Pair | None]
    sections: list[Pair | None]
    parts: list[Pair | None]
    total: Pair | None
    insufficient: bool
    missing: tuple[str, ...]
    pending: tuple[str, ...]
    overridden: frozenset[str]
    absent: Absent
    own: Pair | None = None
    raters: tuple[Pair | None, ...] = ()
    band: CardBand | None = None


class Outcome:
    """The result of one card: read-only, computed when made, its fractions made when read."""

    __slots__ = ("_set", "_work")

    def __init__(self, compiled: ScoringPlan, work: Work) -> None:
        self._set = compiled
        self._work = work

    @property
    def insufficient(self) -> bool:
        """Nothing was assigned, extras or not: no result, not rated, unless the set reads it as 0 (rules §4, open) or
        leaves it out; or nothing of the set applies at all."""
        return self._work.insufficient

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of the entered and detailed criteria that have no value yet; while there are any there is no total."""
        return self._work.missing

    @property
    def pending(self) -> tuple[str, ...]:
        """Codes of the criteria that wait: for other people's results ("d pending"), or for what a task must say."""
        return self._work.pending

    @property
    def values(self) -> Mapping[str, Fraction]:
        """Criterion code → points, or a share of 1 for ratios, percentage choices and the people managed."""
        return _fractions(self._set.criteria, self._work.values, self._work.absent.criteria)

    @property
    def sections(self) -> Mapping[str, Fraction]:
        """Section code → points, capped."""
        return _fractions(self._set.sections, self._work.sections, self._work.absent.sections)

    @property
    def parts(self) -> Mapping[str, Fraction]:
        """Part code → points."""
        return _fractions(self._set.parts, self._work.parts, self._work.absent.parts)

    @property
    def absent(self) -> tuple[str, ...]:
        """Codes of the criteria that do not apply: said to, or left out where nothing was assigned."""
        return tuple(self._set.criteria[index].code for index in sorted(self._work.absent.criteria))

    @property
    def ratio(self) -> Fraction | None:
        """R of Đ16: the results part as a share of its maximum, before the cap of the block."""
        return results_ratio(self._set, self._work)

    @property
    def task_totals(self) -> TaskTotals | None:
        """The converted totals behind a, b and c; None for a set without task ratios."""
        return self._work.totals

    @property
    def extras_share(self) -> Fraction | None:
        """Converted extras completed over the converted quantity assigned; None when nothing is assigned."""
        totals = self._work.totals
        return Fraction(totals.extra, totals.assigned) if totals is not None and totals.assigned else None

    @property
    def extras_warning(self) -> bool:
        """Extras are above the share at which the head is warned (rules §4, open)."""
        share = self.extras_share
        return share is not None and share > self._work.rules.settings.extras_warning

    @property
    def total(self) -> Fraction | None:
        """The exact period score; None while anything it needs is not there."""
        return None if self._work.total is None else Fraction(*self._work.total)

    @property
    def raters(self) -> Mapping[str, Fraction]:
        """Rater key → their total, as far as it is there; empty where the total is this stage's alone."""
        pairs = zip(self._set.raters, self._work.raters, strict=False)
        return {rater.key: Fraction(*total) for rater, total in pairs if total is not None}

    @property
    def unsaid(self) -> tuple[str, ...]:
        """Labels of the raters without a total, where this stage has its own: their weight is missing."""
        work = self._work
        if work.own is None or not work.raters:
            return ()
        pairs = zip(self._set.raters, work.raters, strict=True)
        return tuple(rater.label for rater, total in pairs if total is None)

    @property
    def rounded(self) -> Decimal | None:
        """The period score rounded once, to the set's places and in its mode (half up)."""
        return None if self._work.total is None else self._set.rounded(self._work.total)

    @property
    def band(self) -> str | None:
        """Code of the band: the points' band after the set's gates. The one place that decides it.

        None without points, which gates do not replace on a card, and while a gate that could still change it waits
        for what is not known.
        """
        band = self._work.band
        return self.band_by_points if band is None else band.rating.band

    @property
    def band_by_points(self) -> str | None:
        """Code of the point band, read from the exact score (or the rounded one, where the set says so)."""
        total = self._work.total
        return None if total is None else self._set.band(total, self._work.rules).code

    @property
    def applied(self) -> tuple[GateSpec, ...]:
        """The gates whose condition holds, whether or not they change the band."""
        return () if self._work.band is None else self._work.band.rating.applied

    @property
    def undecided(self) -> tuple[GateSpec, ...]:
        """The gates that wait for what is not known."""
        return () if self._work.band is None else self._work.band.rating.undecided

    @property
    def unanswered(self) -> tuple[Fact, ...]:
        """The facts without an answer that keep the band from being known; () once it is."""
        band = self._work.band
        return () if band is None or band.rating.band is not None else band.unanswered

    @property
    def shown(self) -> str:
        """The score as text, with more digits where rounding would show another band; "" without one."""
        total = self._work.total
        return "" if total is None else self._set.shown(total, self._work.rules)


def with_own(compiled: ScoringPlan, inputs: CardInputs) -> CardInputs:
    """The inputs with what the person alone gives; a person who said nothing leaves it to the stage itself."""
    said = inputs.said.get(SELF) if inputs.said is not None else None
    if said is None or not compiled.own:
        return inputs
    keys = {criterion.key for criterion in compiled.own}
    return inputs._replace(
        entered=_with(keys, inputs.entered, said.entered), details=_with(keys, inputs.details, said.details)
    )


def _with(keys: set[str], here: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """What was given here, and there for the keys."""
    return {key: given for key, given in here.items() if key not in keys} | {
        key: given for key, given in there.items() if key in keys
    }


def work_out(compiled: ScoringPlan, inputs: CardInputs) -> Work:
    """Compute a card. Raises EntryError or ScoringError when its inputs contradict the set."""
    inputs = with_own(compiled, inputs)
    work = _points(compiled, inputs)
    return (
        work if work.total is None or not compiled.gates else _with_band(compiled, inputs, work, work.total)
    )


def _points(compiled: ScoringPlan, inputs: CardInputs) -> Work:
    """Everything but the band."""
    rules = compiled.rules_for(inputs.settings)
    skipped, given = inputs.part_totals, inputs.given

    def needed(criterion: CompiledCriterion) -> bool:
        return criterion.part not in skipped and criterion.code not in given

    values: list[Pair | None] = [None] * len(compiled.criteria)
    missing: list[str] = []
    absent = Absent(set(), set(), set())
    for criterion in compiled.entered:
        value = inputs.entered.get(criterion.key)
        if value is not None:
            known = criterion.table.get(value)
            values[criterion.index] = _entry(criterion, value, absent) if known is None else known
        elif needed(criterion):
            missing.append(criterion.key)
    totals = task_totals(inputs.tasks, rules.tasks) if compiled.ratios else None
    insufficient = totals is not None and _ratios(compiled, rules, totals, values, absent, needed)
    pending: list[str] = []
    for criterion in compiled.managed:
        result = values[criterion.index] = _people(criterion, inputs, rules)
        if result is None and needed(criterion):
            pending.append(criterion.code)
    _take_given(compiled, rules, given, values, absent)
    if compiled.later:
        answers = _later(compiled, inputs, rules, values, absent, needed)
        missing += answers[further.MISSING]
        insufficient |= bool(answers[further.NOTHING])
        # A formula over a part that was given from outside has nothing to compute with, and nothing else to say.
        pending += answers[further.PENDING] or (answers[further.DEPENDS] if not missing else [])
    raw, sections = _sections(compiled, values, absent)
    parts = _parts(compiled, sections, skipped, absent)
    if compiled.when == PARTS:
        parts = [_rounded(compiled, pair) for pair in parts]
    total = None
    insufficient |= bool(absent.parts) and len(absent.parts) == len(parts)  # nothing applies at all
    if not (insufficient or missing or pending):
        total = _total(compiled, values, sections, parts, absent)
    heard = _raters(compiled, inputs, total)
    return Work(
        rules,
        totals,
        values,
        raw,
        sections,
        parts,
        _combined(compiled, heard) if heard else total,
        insufficient,
        tuple(missing),
        tuple(pending),
        frozenset(skipped),
        absent,
        total,
        heard,
    )


def _ratios(
    compiled: ScoringPlan,
    rules: Rules,
    totals: TaskTotals,
    values: list[Pair | None],
    absent: Absent,
    needed: Callable[[CompiledCriterion], bool],
) -> bool:
    """Fill in a, b and c. Returns whether nothing was assigned and the set has no result for that."""
    if totals.assigned:
        for criterion, position in compiled.ratios:
            ratio = (totals[position], totals.assigned)
            values[criterion.index] = ratio if rules.cap is None else clamp(ratio, rules.cap)
        return False
    if rules.nothing_is_left_out:
        absent.criteria.update(criterion.index for criterion, _position in compiled.ratios)
    for criterion, _position in compiled.ratios:
        values[criterion.index] = ZERO if rules.nothing_is_zero or rules.nothing_is_left_out else None
    return any(values[criterion.index] is None and needed(criterion) for criterion, _ in compiled.ratios)


def _with_band(compiled: ScoringPlan, inputs: CardInputs, work: Work, total: Pair) -> Work:
    """The same with what the gates make of the band: the criteria as the stage has them, the total of all raters."""
    groups = (work.values, work.sections, work.parts)
    values = {code: groups[group][index] for code, (group, index) in compiled.names.items()}
    values |= {name: (int(work.absent.applies(place)), 1) for name, place in compiled.applies.items()}
    by_points = compiled.band(total, work.rules).code
    return work._replace(band=card_band(compiled, inputs, by_points, {**values, TOTAL: total}))


def _raters(compiled: ScoringPlan, inputs: CardInputs, own: Pair | None) -> tuple[Pair | None, ...]:
    """The totals of the set's raters, each of their own entries and the same tasks; () for one stage alone."""
    if inputs.said is None or not compiled.raters:
        return ()
    totals = {compiled.deciding: own}
    for voice, said in inputs.said.items():
        theirs = inputs._replace(entered=said.entered, details=said.details, said=None)
        totals[voice] = _points(compiled, theirs).total
    return tuple(map(totals.get, compiled.voices))


def _combined(compiled: ScoringPlan, heard: Sequence[Pair | None]) -> Pair | None:
    """One total by the weights, once every rater has one."""
    pairs = zip(compiled.raters, heard, strict=True)
    return combine(compiled.raters, {rater.key: pair and Fraction(*pair) for rater, pair in pairs})


def _later(
    compiled: ScoringPlan,
    inputs: CardInputs,
    rules: Rules,
    values: list[Pair | None],
    absent: Absent,
    needed: Callable[[CompiledCriterion], bool],
) -> Mapping[str, list[str]]:
    """Fill in the criteria of later kinds; the answers of those that are needed and have no value."""
    answers: dict[str, list[str]] = {name: [] for name in further.ANSWERS}
    for criterion in compiled.later:
        if criterion.code in inputs.given:
            continue
        found = further.worth(compiled, criterion, inputs, rules, values, absent)
        if not isinstance(found, str):
            values[criterion.index] = found
        elif found == NOT_ARISEN or (found == further.NOTHING and rules.nothing_is_left_out):
            values[criterion.index] = ZERO
            absent.criteria.add(criterion.index)
        elif found == further.NOTHING and rules.nothing_is_zero:
            values[criterion.index] = ZERO
        elif needed(criterion):
            answers[found].append(criterion.key if found == further.MISSING else criterion.code)
    return answers


def results_ratio(compiled: ScoringPlan, work: Work) -> Fraction | None:
    """The results part before its cap, as a share of its maximum."""
    for part, value in zip(compiled.parts, work.parts, strict=True):
        if part.code == law.RESULTS and value is not None:
            applying = remaining(part.sections, work.absent.sections)
            raw, most = add([work.raw_sections[i] for i in applying]), maximum_of(compiled, applying)
            if part.code in work.overridden:
                raw, most = value, Fraction(part.max)
            return None if raw is None or not most else max(Fraction(*raw), Fraction(0)) / most
    return None


def maximum_of(compiled: ScoringPlan, places: Iterable[int]) -> Fraction:
    """Of the sections at these places, together."""
    return sum((Fraction(compiled.sections[place].max) for place in places), Fraction(0))


def _entry(criterion: CompiledCriterion, value: object, absent: Absent) -> Pair:
    if criterion.is_absent(value):
        absent.criteria.add(criterion.index)
        return ZERO
    worth = criterion.read(value)
    if isinstance(worth, Problem):
        raise EntryError(worth)
    return pair_of(worth)


def _people(criterion: CompiledCriterion, inputs: CardInputs, rules: Rules) -> Pair | None:
    if inputs.people is None or waits(inputs.people, rules.people):
        return None
    threshold, reached, failed = criterion.managed
    found = tally(inputs.people, threshold, rules.people)
    if not found.counted:
        return rules.nobody_managed
    return failed if found.below else reached


def _take_given(
    compiled: ScoringPlan,
    rules: Rules,
    given: Mapping[str, Decimal | Fraction],
    values: list[Pair | None],
    absent: Absent,
) -> None:
    for code, value in given.items():
        criterion = compiled.criterion_by_code(code)
        absent.criteria.discard(criterion.index)
        nobody = criterion in compiled.managed and value == Fraction(*rules.nobody_managed)
        values[criterion.index] = pair_of(value) if nobody else _given(criterion, value)


def _given(criterion: CompiledCriterion, value: Decimal | Fraction) -> Pair:
    finite = isinstance(value, Fraction) or value.is_finite()
    if not (finite and criterion.allows(Fraction(value))):
        raise ScoringError(
            Problem("given", criterion.key, _GIVEN, {"value": value, "criterion": criterion.code})
        )
    return pair_of(value)


def _sections(
    compiled: ScoringPlan, values: list[Pair | None], absent: Absent
) -> tuple[list[Pair | None], list[Pair | None]]:
    raw: list[Pair | None] = [None] * len(compiled.sections)
    capped: list[Pair | None] = [None] * len(compiled.sections)

    def value_of(code: str) -> Fraction:
        return _named(compiled, code, values, capped, [], absent)

    for index in compiled.order:
        section = compiled.sections[index]
        plan = section.plan
        factor = scale_of(section, absent) if absent.criteria else ONE
        if not factor:
            absent.sections.add(index)
            raw[index] = capped[index] = ZERO
            continue
        if isinstance(plan, LinearPlan):
            value = plan.value(values)
            if value is not None and factor != 1:
                # What is taken off stays as it is: only points count for what does not apply.
                off = add([values[place] for place in section.penalties])
                value = add([times(value, factor), off and times(off, factor - 1)])
        else:
            value = _evaluated(plan, value_of, section.key)
        raw[index] = value
        capped[index] = None if value is None else clamp(value, section.cap)
        if compiled.when == SECTIONS:
            capped[index] = _rounded(compiled, capped[index])
    return raw, capped


def scale_of(section: CompiledSection, absent: Absent) -> Fraction:
    """By how much the criteria that apply count for all of them; 0 where none does."""
    if section.own <= absent.criteria:
        return Fraction(0)
    if not section.measures or section.own.isdisjoint(absent.criteria):
        return ONE
    applies = left(section.measures, absent.criteria)
    return left(section.measures, set()) / applies if applies else Fraction(0)


def _rounded(compiled: ScoringPlan, value: Pair | None) -> Pair | None:
    return None if value is None else compiled.rounded(value).as_integer_ratio()


def _parts(
    compiled: ScoringPlan,
    sections: list[Pair | None],
    overrides: Mapping[str, Decimal],
    absent: Absent,
) -> list[Pair | None]:
    parts = [add([sections[index] for index in part.sections]) for part in compiled.parts]
    if absent.sections:
        _leave_out(compiled, parts, overrides, absent)
    for code, given in overrides.items():
        index = compiled.part_index(code)
        part = compiled.parts[index]
        if not (given.is_finite() and 0 <= given <= part.max):
            params = {"value": given, "part": code, "max": plain(part.max)}
            raise ScoringError(Problem("part_total", part.key, _PART_TOTAL, params))
        parts[index] = pair_of(given)
    return parts


def _leave_out(
    compiled: ScoringPlan, parts: list[Pair | None], overrides: Mapping[str, Decimal], absent: Absent
) -> None:
    """What is left of a part counts for the whole of it; a part of which nothing is left does not apply."""
    for index, part in enumerate(compiled.parts):
        applying = remaining(part.sections, absent.sections)
        if len(applying) == len(part.sections) or part.code in overrides:
            continue
        most, points = maximum_of(compiled, applying), parts[index]
        if not most:
            absent.parts.add(index)
        elif points is not None:
            parts[index] = times(points, Fraction(part.max) / most)


def _total(
    compiled: ScoringPlan,
    values: list[Pair | None],
    sections: list[Pair | None],
    parts: list[Pair | None],
    absent: Absent,
) -> Pair | None:
    if compiled.total_plan is None:
        total = add(parts)
        if total is None or not absent.parts:
            return total
        return times(total, Fraction(*compiled.total_cap) / most_of_parts(compiled, absent))
    total = _evaluated(
        compiled.total_plan, lambda code: _named(compiled, code, values, sections, parts, absent), ""
    )
    return None if total is None else clamp(total, compiled.total_cap)


def most_of_parts(compiled: ScoringPlan, absent: Absent) -> Fraction:
    """The maximum of the parts that apply, together; some do."""
    parts = enumerate(compiled.parts)
    return sum((Fraction(part.max) for index, part in parts if index not in absent.parts), Fraction(0))


def _evaluated(plan: TreePlan, value_of: Callable[[str], Fraction], key: str) -> Pair | None:
    try:
        return plan.value(value_of)
    except FormulaError as error:
        raise ScoringError(Problem("formula", key, error.template, error.params)) from error


def _named(
    compiled: ScoringPlan,
    code: str,
    values: list[Pair | None],
    sections: list[Pair | None],
    parts: list[Pair | None],
    absent: Absent,
) -> Fraction:
    if code not in compiled.names:
        return compiled.said_to_apply(code, absent)
    group, index = compiled.names[code]
    pair = (values, sections, parts)[group][index]
    if pair is None:
        raise Unknown(code)
    return Fraction(*pair)


def _fractions(
    items: Sequence[CompiledCriterion | CompiledSection | CompiledPart],
    pairs: Sequence[Pair | None],
    absent: set[int],
) -> dict[str, Fraction]:
    return {
        item.code: Fraction(*pair)
        for index, (item, pair) in enumerate(zip(items, pairs, strict=True))
        if pair is not None and index not in absent
    }


_GIVEN = N_("%(value)s is not a possible value of the criterion %(criterion)s: correct it.")
_PART_TOTAL = N_("%(value)s points are outside the range of the part %(part)s: give 0 to %(max)s.")
