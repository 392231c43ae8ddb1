"""The rules a specification must keep before it may be compiled: every breach at once, each at its block."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import blind, canonical, formulas, gates, law, raters, who
from kpi_cms.foundation.engine.absent import MAY_NOT_APPLY
from kpi_cms.foundation.engine.exact import plain
from kpi_cms.foundation.engine.formula_checks import check_formulas
from kpi_cms.foundation.engine.itemised import ChecklistKind, PenaltyKind
from kpi_cms.foundation.engine.kinds import ChoiceKind, NumberKind, PeopleManagedKind, TaskRatioKind
from kpi_cms.foundation.engine.organisations import check_organisations
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.rounding import PARTS, SECTIONS
from kpi_cms.foundation.engine.specification import (
    NOT_COUNTED,
    ORGANISATIONS,
    SELF,
    BandSpec,
    CriterionSpec,
    SectionSpec,
    Specification,
    read_specification,
)

MAX_CODE = 40
MAX_CRITERIA = 300
HUNDRED = Decimal(100)


def check_specification(spec: Mapping[str, object]) -> list[Problem]:
    """Everything that is wrong with a specification; empty when it can be published and compiled."""
    return read_and_check(spec)[1]


def read_and_check(spec: Mapping[str, object]) -> tuple[Specification, list[Problem]]:
    """The typed specification with every problem of form and of substance."""
    specification, problems = read_specification(spec)
    reader = Reader()
    _check_text(reader, spec)
    _check_names(reader, specification)
    _check_points(reader, specification)
    for place, section in enumerate(specification.sections):
        for index, criterion in enumerate(section.criteria):
            with reader.inside(f"sections[{place}].criteria[{index}]"):
                _check_criterion(reader, specification, section, criterion)
    _check_rounding(reader, specification)
    _check_measures(reader, specification)
    check_formulas(reader, specification, lambda key, code: _check_code(reader, key, code))
    _check_bands(reader, specification)
    _check_stages(reader, specification)
    _check_ratings(reader, specification)
    if specification.evaluates == ORGANISATIONS:
        check_organisations(reader, specification)
    if specification.law == law.ND335:
        _check_nd335(reader, specification)
    return specification, problems + reader.problems


def criterion_maximum(criterion: CriterionSpec) -> Decimal | None:
    """The criterion's points at most; None for a share that no sum turns into points."""
    return criterion.max if criterion.max is not None else criterion.kind.points()


def all_criteria(specification: Specification) -> Iterator[CriterionSpec]:
    """The criteria of every section, in order."""
    for section in specification.sections:
        yield from section.criteria


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1 and value]


def _check_text(reader: Reader, spec: Mapping[str, object]) -> None:
    """What a set says nobody reads must still have one text: a float deep in a field of no meaning has none."""
    try:
        canonical.canonical_json(spec)
    except (TypeError, ValueError):
        reader.add("text", "", _NO_TEXT)


def _check_names(reader: Reader, specification: Specification) -> None:
    blocks: list[tuple[str, str]] = [(part.key, part.code) for part in specification.parts]
    for section in specification.sections:
        blocks.append((section.key, section.code))
        blocks.extend((criterion.key, criterion.code) for criterion in section.criteria)
    blocks.extend((fact.key, fact.code) for fact in specification.facts)
    keys = [key for key, _ in blocks] + [gate.key for gate in specification.gates]
    for key in _twice(keys):
        reader.add("key_twice", key, _KEY_TWICE, block=key)
    twice = set(_twice(code for _, code in blocks))
    for key, code in blocks:
        if code in twice:
            reader.add("code_twice", key, _CODE_TWICE, criterion=code)
        _check_code(reader, key, code)
    if sum(len(section.criteria) for section in specification.sections) > MAX_CRITERIA:
        reader.add("criteria_many", "", _MANY_CRITERIA, limit=MAX_CRITERIA)


def _check_code(reader: Reader, key: str, code: str) -> None:
    if code.upper() in formulas.FUNCTIONS:
        reader.add("code_function", key, _CODE_FUNCTION, criterion=code)
    if len(code) > MAX_CODE or code != code.strip() or any(c in "[]" or not c.isprintable() for c in code):
        reader.add("code_form", key, _CODE_FORM, criterion=code, limit=MAX_CODE)


def _check_points(reader: Reader, specification: Specification) -> None:
    if not specification.parts:
        reader.add("parts_none", "", _NO_PARTS)
    maximums = [part.max for part in specification.parts]
    _add_up(
        reader, "parts_sum", "", _PARTS_SUM, maximums, specification.total_max, specification.total == "sum"
    )
    codes = {part.code for part in specification.parts}
    for part in specification.parts:
        sections = [section.max for section in specification.sections if section.part == part.code]
        _add_up(reader, "sections_sum", part.key, _SECTIONS_SUM, sections, part.max, part.max is not None)
    for section in specification.sections:
        if section.part and section.part not in codes:
            reader.add("section_part", section.key, _NO_PART, part=section.part)
        if not section.criteria:
            reader.add("section_empty", section.key, _NO_CRITERIA)
        _check_section_points(reader, section)
    _check_penalties(reader, specification)


def _check_penalties(reader: Reader, specification: Specification) -> None:
    """What there is nothing to take off of must be taken off by the formula of the total."""
    for section in specification.sections:
        kinds = [isinstance(criterion.kind, PenaltyKind) for criterion in section.criteria]
        if not kinds or not all(kinds):
            continue
        if specification.total != "formula":
            reader.add("penalty_total", section.key, _PENALTY_TOTAL, section=section.code)
        elif any(
            not isinstance(criterion.kind, PenaltyKind)
            for other in specification.sections
            if other.part == section.part
            for criterion in other.criteria
        ):
            reader.add("penalty_part", section.key, _PENALTY_PART, section=section.code)


def _check_section_points(reader: Reader, section: SectionSpec) -> None:
    if section.cap is not None and section.max is not None and section.cap > section.max:
        params = {"cap": plain(section.cap), "max": plain(section.max)}
        reader.add("section_cap", section.key, _CAP_HIGH, **params)
    penalties = [each for each in section.criteria if isinstance(each.kind, PenaltyKind)]
    adding = [each for each in section.criteria if each not in penalties] or section.criteria
    maximums = [criterion_maximum(criterion) for criterion in adding]
    if section.combination == "sum":
        _add_up(reader, "criteria_sum", section.key, _CRITERIA_SUM, maximums, section.max, bool(maximums))
    elif section.combination == "capped_sum" and section.cap is not None and None not in maximums:
        reachable = sum((maximum for maximum in maximums if maximum is not None), Decimal(0))
        if reachable < section.cap:
            params = {"sum": plain(reachable), "cap": plain(section.cap)}
            reader.add("criteria_sum", section.key, _CRITERIA_LOW, **params)
    elif section.combination == "weighted_mean":
        for criterion in penalties:
            reader.add("penalty_weighted", criterion.key, _PENALTY_WEIGHTED, criterion=criterion.code)
        weights = [criterion.weight for criterion in section.criteria]
        for criterion in section.criteria:
            if criterion.weight is None:
                reader.add("weight_missing", criterion.key, _NO_WEIGHT, criterion=criterion.code)
        _add_up(reader, "weights_sum", section.key, _WEIGHTS_SUM, weights, HUNDRED, bool(weights))


def _add_up(
    reader: Reader,
    code: str,
    key: str,
    template: str,
    values: list[Decimal | None],
    wanted: Decimal | None,
    applies: bool,
) -> None:
    known = [value for value in values if value is not None]
    if applies and wanted is not None and len(known) == len(values) and sum(known) != wanted:
        reader.add(code, key, template, sum=plain(sum(known, Decimal(0))), max=plain(wanted))


def _check_criterion(
    reader: Reader, specification: Specification, section: SectionSpec, criterion: CriterionSpec
) -> None:
    at, kind, maximum = criterion.key or section.key, criterion.kind, criterion_maximum(criterion)
    own = kind.points()
    if (
        isinstance(kind, ChecklistKind)
        and criterion.max is not None
        and own is not None
        and criterion.max != own
    ):
        reader.add("items_sum", at, _ITEMS_SUM, sum=plain(own), max=plain(criterion.max))
    elif criterion.max is not None and own is not None and criterion.max != own:
        params = {"own": plain(own), "max": plain(criterion.max)}
        reader.add("criterion_maximum", at, _MAXIMUM_TWO, **params)
    if maximum is None and (isinstance(kind, NumberKind) or section.combination in ("sum", "capped_sum")):
        reader.add("criterion_maximum", at, _MAXIMUM_MISSING, criterion=criterion.code)
    if maximum == 0 and section.combination == "weighted_mean" and not isinstance(kind, NumberKind):
        reader.add("criterion_maximum", at, _MAXIMUM_MISSING, criterion=criterion.code)
    kind.check(reader, at, maximum)
    if criterion.may_not_apply and kind.type not in MAY_NOT_APPLY:
        reader.add("may_not_apply", at, _APPLIES_ALWAYS, criterion=criterion.code)
    if criterion.stages is not None:
        _check_criterion_stages(reader, specification, at, criterion, criterion.stages)


def _check_criterion_stages(
    reader: Reader, specification: Specification, at: str, criterion: CriterionSpec, stages: tuple[str, ...]
) -> None:
    known = {stage.key: stage.decides for stage in specification.stages}
    unknown = [stage for stage in stages if stage not in known]
    for stage in unknown:
        reader.add("criterion_stage", at, _NO_STAGE, stage=stage)
    if not (criterion.kind.entered or criterion.kind.detailed):
        return
    if not stages:
        reader.add("criterion_stage", at, _NO_STAGES, criterion=criterion.code)
    elif not unknown and True in known.values() and not any(known[stage] for stage in stages):
        if set(stages) == {SELF} and specification.law != law.ND335:
            return  # what the person gave counts where the result is decided
        # Its points would be missing for ever there; by the decree one competent person confirms them all (Đ17.2).
        reader.add("criterion_stage", at, _NOT_WHERE_DECIDED, criterion=criterion.code)


def _check_rounding(reader: Reader, specification: Specification) -> None:
    """What is rounded before it is added must not be rounded past its maximum."""
    limits: list[tuple[str, Decimal | None]] = []
    if specification.when == PARTS:
        limits = [(part.key, part.max) for part in specification.parts]
    elif specification.when == SECTIONS:
        limits = [
            (section.key, section.max if section.cap is None else section.cap)
            for section in specification.sections
        ]
    for key, limit in limits:
        if limit is not None and (Fraction(limit) * 10**specification.places).denominator != 1:
            params = {"max": plain(limit), "places": specification.places}
            reader.add("rounding_places", key, _ROUNDING_PLACES, **params)


def _check_measures(reader: Reader, specification: Specification) -> None:
    seen: dict[str, str] = {}
    for criterion in all_criteria(specification):
        kind = criterion.kind
        name = kind.measure if isinstance(kind, TaskRatioKind) else kind.type
        if isinstance(kind, (TaskRatioKind, PeopleManagedKind)) and name:
            if name in seen:
                params = {"criterion": criterion.code, "other": seen[name]}
                reader.add("measure_twice", criterion.key, _MEASURE_TWICE, **params)
            seen.setdefault(name, criterion.code)


def _check_bands(reader: Reader, specification: Specification) -> None:
    bands = specification.bands
    if not bands:
        reader.add("bands_none", "", _NO_BANDS)
    for index, band in enumerate(bands):
        with reader.inside(f"bands[{index}]"):
            _check_band(reader, specification, index, band)
            if bool(specification.band_value) != (band.value is not None):
                sentence = _BAND_VALUE if specification.band_value else _BAND_VALUE_UNNAMED
                reader.add("band_value", "", sentence, band=band.code, name=specification.band_value)


def _check_band(reader: Reader, specification: Specification, index: int, band: BandSpec) -> None:
    above = specification.bands[:index]
    if any(other.code == band.code for other in above) and band.code:
        reader.add("band_twice", "", _BAND_TWICE, band=band.code)
    if band.start is None:
        return
    if above and above[-1].start is not None and above[-1].start <= band.start:
        reader.add("bands_overlap", "", _BANDS_OVERLAP, upper=above[-1].code, lower=band.code)
    if index == len(specification.bands) - 1 and band.start != 0:
        reader.add("bands_gap", "", _BANDS_GAP, start=plain(band.start))
    if specification.total_max is not None and band.start > specification.total_max:
        reader.add("band_high", "", _BAND_HIGH, band=band.code, max=plain(specification.total_max))


def _check_stages(reader: Reader, specification: Specification) -> None:
    stages = specification.stages
    for key in _twice(stage.key for stage in stages):
        reader.add("stage_twice", "", _STAGE_TWICE, stage=key)
    if not stages or stages[0].key != SELF:
        reader.add("stages_self", "", _STAGES_SELF)
    deciding = [stage for stage in stages if stage.decides]
    if len(deciding) != 1:
        reader.add("stages_decide", "", _STAGES_DECIDE, found=len(deciding))
    for stage in deciding:
        if stage.key == SELF:
            reader.add("stages_decide_self", "", _SELF_DECIDES)
        if stage.optional:
            reader.add("stages_decide_optional", "", _OPTIONAL_DECIDES, stage=stage.key)
    follows = "" if specification.evaluates == ORGANISATIONS else specification.law
    blind.check_blind(reader, stages, _counted(specification), follows)
    who.check_who(reader, specification)


def _counted(specification: Specification) -> set[str]:
    """The stages whose points count: the deciding one, those with a weight, the person's for what they alone give."""
    own = {SELF} if any(criterion.stages == (SELF,) for criterion in all_criteria(specification)) else set()
    deciding = {stage.key for stage in specification.stages if stage.decides}
    return deciding | own | {rater.stage for rater in specification.raters}


def _check_ratings(reader: Reader, specification: Specification) -> None:
    known = {gates.TOTAL} | {fact.code for fact in specification.facts}
    known |= {part.code for part in specification.parts}
    for section in specification.sections:
        known |= {section.code} | {criterion.code for criterion in section.criteria}
    bands = [band.code for band in specification.bands]
    gates.check_gates(reader, specification.gates, bands, known)
    stages = {stage.key: stage.decides for stage in specification.stages}
    left_out = {stage: _left_out(specification, stage, decides) for stage, decides in stages.items()}
    raters.check_raters(reader, specification.raters, stages, left_out)


def _left_out(specification: Specification, stage: str, decides: bool) -> list[str]:
    """Codes of the criteria given by hand that a stage does not score; where it is decided, the person's own count."""
    return [
        criterion.code
        for criterion in all_criteria(specification)
        if (criterion.kind.entered or criterion.kind.detailed)
        and criterion.stages is not None
        and stage not in criterion.stages
        and not (decides and criterion.stages == (SELF,))
    ]


def _check_nd335(reader: Reader, specification: Specification) -> None:
    """What the decree fixes of people and organisations alike, then what it fixes of people."""
    parts = {part.code: part.max for part in specification.parts}
    if parts != law.PART_MAXIMUMS or specification.total != "sum" or specification.total_max != HUNDRED:
        reader.add("nd335_parts", "", _ND335_PARTS)
    if tuple(band.start for band in specification.bands) != law.BAND_STARTS:
        reader.add("nd335_bands", "", _ND335_BANDS)
    for criterion in all_criteria(specification):
        if criterion.may_not_apply:
            reader.add("nd335_may_not_apply", criterion.key, _ND335_APPLIES, criterion=criterion.code)
    if specification.settings.nothing_assigned == NOT_COUNTED:
        reader.add("nd335_nothing", "", law.NOTHING_FIXED)
    if specification.evaluates != ORGANISATIONS:
        _check_nd335_people(reader, specification)


def _check_nd335_people(reader: Reader, specification: Specification) -> None:
    if specification.raters:
        reader.add("raters_nd335", "", _ND335_RATERS)
    if specification.settings.penalty_per_fault != law.PENALTY_PER_FAULT:
        reader.add("nd335_penalty", "", _ND335_PENALTY)
    if specification.settings.nobody_managed not in law.MANAGED_VALUES:
        reader.add("nd335_managed", "", law.MANAGED_FIXED)
    results = [section for section in specification.sections if section.part == law.RESULTS]
    if len(results) != 1 or results[0].combination != "formula":
        reader.add("nd335_results", "", _ND335_RESULTS)
        return
    _check_nd335_results(reader, results[0])


def _check_nd335_results(reader: Reader, section: SectionSpec) -> None:
    if section.cap is not None and section.cap != law.PART_MAXIMUMS[law.RESULTS]:
        reader.add("nd335_cap", section.key, _ND335_CAP)
    measures, choices, managed = 0, 0, 0
    for criterion in section.criteria:
        kind = criterion.kind
        if isinstance(kind, TaskRatioKind):
            measures += 1
        elif isinstance(kind, ChoiceKind):
            choices += 1
            if not kind.share or {option.value for option in kind.options} != law.CHOICE_VALUES:
                reader.add("nd335_choice", criterion.key, _ND335_CHOICE, criterion=criterion.code)
        elif isinstance(kind, PeopleManagedKind):
            managed += 1
            if (kind.threshold, kind.reached, kind.failed) != (
                law.MANAGED_THRESHOLD,
                law.MANAGED_REACHED,
                law.MANAGED_FAILED,
            ):
                reader.add("nd335_managed", criterion.key, law.MANAGED_FIXED)
    if (measures, managed, choices) not in ((3, 0, 0), (3, 1, 2)) or len(section.criteria) not in (3, 6):
        reader.add("nd335_criteria", section.key, _ND335_CRITERIA)
    elif section.expression and not _is_nd335_formula(section):
        example = "({})/{}*70".format(
            " + ".join(item.code for item in section.criteria), len(section.criteria)
        )
        reader.add("nd335_formula", section.key, _ND335_FORMULA, example=example)


def _is_nd335_formula(section: SectionSpec) -> bool:
    """Đ16: the mean of the ratios times 70, however written. An unreadable formula has its own problem."""
    try:
        form = formulas.linear(formulas.parse(section.expression))
    except formulas.FormulaError:
        return True
    share = law.PART_MAXIMUMS[law.RESULTS].as_integer_ratio()[0]
    wanted = {criterion.code: Fraction(share, len(section.criteria)) for criterion in section.criteria}
    return form is not None and form.constant == 0 and form.coefficients == wanted


_NO_TEXT = N_(
    "The set holds something that has no exact text: write numbers as decimals and texts in letters."
)
_KEY_TWICE = N_("The block key %(block)s is used twice: remove one of the two blocks and add it again.")
_CODE_TWICE = N_("The code “%(criterion)s” is used more than once: give each section and criterion its own.")
_CODE_FUNCTION = N_("The code “%(criterion)s” is the name of a function: choose another code.")
_CODE_FORM = N_(
    "The code “%(criterion)s” cannot be used: write at most %(limit)s characters, without brackets and "
    "without "
    "spaces at its ends."
)
_MANY_CRITERIA = N_("The set has more than %(limit)s criteria: remove some.")
_NO_PARTS = N_("The set has no parts: add the common criteria and the task results.")
_PARTS_SUM = N_(
    "The parts add up to %(sum)s points, not to the set's maximum of %(max)s: correct their maximums."
)
_SECTIONS_SUM = N_(
    "The sections of this part add up to %(sum)s points, not to its maximum of %(max)s: correct their "
    "maximums."
)
_CRITERIA_SUM = N_(
    "The criteria of this section add up to %(sum)s points, not to its maximum of %(max)s: correct "
    "their maximums."
)
_CRITERIA_LOW = N_("The criteria reach only %(sum)s points, less than the cap of %(cap)s: lower the cap.")
_CAP_HIGH = N_("The cap of %(cap)s points is above the section's maximum of %(max)s: lower it.")
_WEIGHTS_SUM = N_("The weights of this section add up to %(sum)s%%, not to %(max)s%%: correct them.")
_NO_WEIGHT = N_("The criterion %(criterion)s has no weight: give it one.")
_PENALTY_WEIGHTED = N_(
    "The points that the criterion %(criterion)s takes off have no weight: let the section add up its criteria, or "
    "write a formula."
)
_PENALTY_TOTAL = N_(
    "The section %(section)s only takes points off, and the total adds up the parts: take it off by a formula of the "
    "total, such as MAX(0; common + results - deductions)."
)
_PENALTY_PART = N_(
    "The section %(section)s only takes points off, and its part adds it to others: put it into a part of its own."
)
_NO_PART = N_("There is no part “%(part)s”: choose one of the set's parts.")
_NO_CRITERIA = N_("This section has no criteria: add one.")
_ITEMS_SUM = N_("The items add up to %(sum)s points, not to the maximum of %(max)s: correct one of them.")
_MAXIMUM_TWO = N_("The criterion has two different maximums, %(own)s and %(max)s: keep one.")
_MAXIMUM_MISSING = N_("The criterion %(criterion)s has no maximum: give it one above 0.")
_APPLIES_ALWAYS = N_(
    "Nobody can say that the criterion %(criterion)s did not arise: only points, choices, levels, checklists and "
    "indicators may. Take the mark away."
)
_NO_STAGE = N_("There is no stage “%(stage)s” in this set: choose one of its stages.")
_NO_STAGES = N_("No stage may score the criterion %(criterion)s: choose at least one.")
_NOT_WHERE_DECIDED = N_(
    "The criterion %(criterion)s is not scored at the stage that decides the result: choose that stage too."
)
_ROUNDING_PLACES = N_(
    "The maximum of %(max)s has more digits than the %(places)s places that are rounded to: shorten it."
)
_MEASURE_TWICE = N_("The criteria %(other)s and %(criterion)s measure the same: keep one of them.")
_NO_BANDS = N_("The set has no point bands: add them, from the highest to the lowest.")
_BAND_TWICE = N_("The band “%(band)s” is used twice: give each band its own code.")
_BAND_VALUE = N_("The band “%(band)s” has no value for “%(name)s”: give it one, 0 included.")
_BAND_VALUE_UNNAMED = N_("The band “%(band)s” has a value, but the set does not say what it is: name it.")
_BANDS_GAP = N_("The lowest band starts at %(start)s: let it start at 0, so that every score has a band.")
_BANDS_OVERLAP = N_("The band “%(upper)s” must start above the band “%(lower)s”: correct where they start.")
_BAND_HIGH = N_("The band “%(band)s” starts above the set's maximum of %(max)s points: lower it.")
_STAGE_TWICE = N_("The stage “%(stage)s” is used twice: remove one.")
_STAGES_SELF = N_("The first stage must be the person's own: begin with “self”.")
_STAGES_DECIDE = N_("Exactly one stage decides the result, not %(found)s: mark one.")
_SELF_DECIDES = N_("The person's own stage cannot decide the result: mark a later one.")
_OPTIONAL_DECIDES = N_("The deciding stage “%(stage)s” cannot be optional: make it required.")
_ND335_PARTS = N_(
    "Decree 335/2025 fixes 30 points for common criteria and 70 for task results: restore them."
)
_ND335_BANDS = N_("Decree 335/2025 fixes the bands at 90, 70 and 50 points: restore them.")
_ND335_APPLIES = N_(
    "Decree 335/2025 gives every criterion its points, so the others never count for more: let the criterion "
    "%(criterion)s always apply."
)
_ND335_PENALTY = N_("Decree 335/2025 fixes the deduction for each error or delay at 25%%: restore it.")
_ND335_RATERS = N_(
    "Under Decree 335/2025 one competent person confirms the points of a month or quarter: remove the raters."
)
_ND335_RESULTS = N_("Decree 335/2025 needs one section of task results, computed by a formula: restore it.")
_ND335_CAP = N_("Decree 335/2025 caps the task results at 70 points: restore the cap.")
_ND335_CHOICE = N_("Decree 335/2025 allows only 100%% or 50%% for the criterion %(criterion)s: restore both.")
_ND335_CRITERIA = N_(
    "Decree 335/2025 has three task ratios for staff; for leaders also the unit's result and two "
    "choices: restore them."
)
_ND335_FORMULA = N_("Decree 335/2025 fixes the formula of the task results: write %(example)s.")
