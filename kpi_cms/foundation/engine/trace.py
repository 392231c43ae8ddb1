"""Why a score is what it is: every number of a card, in order, with its formula, inputs and clause of law.

Formulas are written in the language of `formulas.py` over the names of the step's inputs, so that the same
step can be shown, printed and written to a worksheet. A step that only rounds or names a band repeats the
exact value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import formulas, further, law
from kpi_cms.foundation.engine.absent import left, remaining
from kpi_cms.foundation.engine.bands import band_of
from kpi_cms.foundation.engine.combination import LinearPlan, clamp
from kpi_cms.foundation.engine.compiled import CompiledCriterion, CompiledSection, ScoringPlan
from kpi_cms.foundation.engine.exact import EXACT, Pair, decimal_text, plain
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.people import tally
from kpi_cms.foundation.engine.problems import N_
from kpi_cms.foundation.engine.raters import explain
from kpi_cms.foundation.engine.rounding import FUNCTIONS, PARTS, SECTIONS
from kpi_cms.foundation.engine.schema import KINDS_OF_1
from kpi_cms.foundation.engine.scoring import (
    Work,
    maximum_of,
    most_of_parts,
    results_ratio,
    scale_of,
    with_own,
    work_out,
)
from kpi_cms.foundation.engine.steps import Inputs, Step
from kpi_cms.foundation.engine.tasks import (
    MEASURES,
    TaskInput,
    accepted_quantity,
    completed_quantity,
    counted,
    task_totals,
)

Columns = dict[str, list[tuple[str, Fraction]]]


def trace(compiled: ScoringPlan, inputs: CardInputs) -> tuple[Step, ...]:
    """The steps of one card, as far as its inputs reach."""
    work = work_out(compiled, inputs)
    return tuple(_Tracer(compiled, with_own(compiled, inputs), work).steps())


class _Tracer:
    def __init__(self, compiled: ScoringPlan, inputs: CardInputs, work: Work) -> None:
        self._set = compiled
        self._inputs = inputs
        self._work = work

    def steps(self) -> Iterator[Step]:
        if self._set.ratios:
            yield from self._tasks()
        for criterion in self._set.criteria:  # a formula's inputs explain themselves, whatever the order
            yield from self._criterion(criterion)
        for index in self._set.order:
            if self._set.sections[index].part not in self._work.overridden:
                yield from self._section(self._set.sections[index], index)
        yield from self._ratio_of_results()
        yield from self._parts()
        yield from self._total()
        yield from self._gates()

    def _clause(self, own: str, *steps: str) -> str:
        """The set's own citation, else the clause of the decree when the set follows it."""
        citations = self._set.specification.citations
        known = law.CLAUSES if self._set.specification.law == law.ND335 else {}
        found = (source[step] for step in steps for source in (citations, known) if source.get(step))
        return own or next(found, "")

    def _tasks(self) -> Iterator[Step]:
        totals = self._work.totals
        assert totals is not None  # a set with task ratios always counts its tasks
        columns: Columns = {name: [] for name in ("assigned", *MEASURES, "extras")}
        for number, task in enumerate(self._inputs.tasks, start=1):
            yield from self._task(number, task, columns)
        scale = totals.scale
        yield self._sum(_ASSIGNED, "assigned", columns["assigned"], Fraction(totals.assigned, scale))
        for position, measure in enumerate(MEASURES, start=1):
            yield self._sum(
                _NUMERATORS[measure], measure, columns[measure], Fraction(totals[position], scale)
            )
        if columns["extras"]:
            yield self._sum(_EXTRAS, "extras", columns["extras"], Fraction(totals.extra, scale))

    def _task(self, number: int, task: TaskInput, columns: Columns) -> Iterator[Step]:
        rules = self._work.rules.tasks
        own = task_totals([task], rules)
        done, good = completed_quantity(task), accepted_quantity(task)
        name = f"task{number}"
        about = {"task": task.label or str(number)}
        coefficient = ("coefficient", Fraction(task.coefficient))
        assigned = ("assigned", Fraction(task.assigned))
        completed: Inputs = (("completed", Fraction(task.completed)),)

        def step(
            column: str, template: str, formula: str, inputs: Inputs, value: int, clause: str = ""
        ) -> Step:
            exact = Fraction(value, own.scale)
            columns[column].append((name, exact))
            return Step(
                template, about, formula, inputs, exact, None, self._clause("", clause or column), name
            )

        if task.extra:
            columns["extras"].append((name, Fraction(own.extra, own.scale)))
        else:
            inputs: Inputs = (coefficient, assigned)
            yield step("assigned", _TASK_ASSIGNED, "coefficient * assigned", inputs, own.assigned)
        formula, clause = "coefficient * completed", "extras" if task.extra else ""
        if task.handed_over and not task.extra:
            formula = "coefficient * MIN(completed, MAX(assigned - handed_over, 0))"
            completed, clause = (
                (*completed, assigned, ("handed_over", Fraction(task.handed_over))),
                "handed_over",
            )
        inputs = (coefficient, *completed)
        yield step("quantity", _TASK["quantity"], formula, inputs, own.completed, clause)
        for measure, quantity_name, quantity, deductions, value in (
            ("quality", "accepted", good, task.faults, own.quality),
            ("progress", "completed", done, task.delays, own.progress),
        ):
            inputs = (coefficient, (quantity_name, Fraction(quantity)))
            formula = f"coefficient * {quantity_name}"
            if losses := counted(task, quantity, deductions, rules):
                lost = " - ".join(
                    f"{decimal_text(size)} * MIN(1, {times} * penalty)" for size, times in losses
                )
                formula = f"coefficient * ({quantity_name} - {lost})"
                inputs = (*inputs, ("penalty", Fraction(rules.penalty)))
            yield step(measure, _TASK[measure], formula, inputs, value)

    def _sum(self, template: str, code: str, terms: Sequence[tuple[str, Fraction]], value: Fraction) -> Step:
        formula = " + ".join(name for name, _ in terms) or "0"
        return Step(template, {}, formula, tuple(terms), value, None, self._clause("", code), code)

    def _criterion(self, criterion: CompiledCriterion) -> Iterator[Step]:
        value = self._work.values[criterion.index]
        if value is None:
            return
        params: dict[str, object] = {"criterion": criterion.code, "label": criterion.label}
        if criterion.index in self._work.absent.criteria:
            name = _NOT_ARISEN if criterion.may_not_apply else _NOT_ASSIGNED
            yield Step(name, params, "", (), None, None, self._clause(criterion.citation), criterion.code)
            return
        exact = Fraction(*value)

        def step(template: str, formula: str, inputs: Inputs, *clauses: str) -> Step:
            clause = self._clause(criterion.citation, *clauses)
            return Step(template, params, formula, inputs, exact, None, clause, criterion.code)

        if criterion.code in self._inputs.given:
            yield step(_GIVEN, "", ())
        elif criterion.measure:
            yield self._ratio(criterion, params, exact)
        elif criterion.kind not in KINDS_OF_1 and not criterion.entered:
            yield from self._further(criterion, params, exact)
        elif criterion.entered:
            yield step(_CHOSEN if criterion.options else _ENTERED, "", ())
        else:
            people = self._inputs.people
            assert people is not None  # without people the value is pending, and there is no step
            threshold, reached, failed = criterion.managed
            found = tally(people, threshold, self._work.rules.people)
            number = ("counted", Fraction(found.counted))
            low = ("below", Fraction(found.below))
            empty = ("nobody", Fraction(*self._work.rules.nobody_managed))
            values = ("reached", Fraction(*reached)), ("failed", Fraction(*failed))
            formula = "IF(counted = 0, nobody, IF(below = 0, reached, failed))"
            params |= {
                "threshold": plain(threshold),
                "left_out": found.left_out,
                "failing": found.failing,
            }
            template = _PEOPLE_FAILING if found.failing else _PEOPLE
            yield step(template, formula, (number, low, empty, *values), "people_managed")

    def _further(
        self, criterion: CompiledCriterion, params: Mapping[str, object], value: Fraction
    ) -> Iterator[Step]:
        clause = self._clause(criterion.citation, criterion.kind)
        known = (self._set, criterion, self._inputs, self._work.rules, self._work.values, self._work.absent)
        found = further.worth(*known)
        if found == further.NOTHING:
            yield Step(_RATIO_OF_NOTHING, params, "0", (), value, None, clause, criterion.code)
            return
        for line in further.explain(*known):
            code = f"{criterion.code}: {line.item}" if line.item else criterion.code
            about = {**params, **line.params}
            yield Step(line.template, about, line.formula, line.inputs, line.value, None, clause, code)

    def _ratio(self, criterion: CompiledCriterion, params: Mapping[str, object], value: Fraction) -> Step:
        totals, cap = self._work.totals, self._work.rules.cap
        assert totals is not None
        clause = self._clause(criterion.citation, criterion.measure)
        if not totals.assigned:
            return Step(_RATIO_OF_NOTHING, params, "0", (), value, None, clause, criterion.code)
        done = Fraction(totals[1 + MEASURES.index(criterion.measure)], totals.scale)
        inputs: Inputs = (("counted", done), ("assigned", Fraction(totals.assigned, totals.scale)))
        formula = "counted / assigned"
        if cap is not None:
            inputs, formula = (*inputs, ("cap", Fraction(*cap))), f"MIN({formula}, cap)"
        return Step(_RATIO, params, formula, inputs, value, None, clause, criterion.code)

    def _section(self, section: CompiledSection, index: int) -> Iterator[Step]:
        raw, value = self._work.raw_sections[index], self._work.sections[index]
        if raw is None or value is None:
            return
        params = {"criterion": section.code, "label": section.label}
        if index in self._work.absent.sections:
            clause = self._clause(section.citation, section.part)
            yield Step(_NOTHING_APPLIES, params, "", (), None, None, clause, section.code)
            return
        formula, inputs = self._section_formula(section)
        held = clamp(raw, section.cap)
        if held != raw:
            formula = f"MAX(0, MIN({formula}, {decimal_text(_decimal(section.cap))}))"
        leader = any(criterion.section == section.key for criterion in self._set.managed)
        formulas_of = (
            ("leader_formula" if leader else "staff_formula",) if section.combination == "formula" else ()
        )
        clause = self._clause(section.citation, *formulas_of, section.part)
        rounding = None
        if self._set.when == SECTIONS:
            formula, rounding = self._round(formula), self._set.rounded(held)
        yield Step(_SECTION, params, formula, inputs, Fraction(*value), rounding, clause, section.code)

    def _round(self, formula: str) -> str:
        return f"{FUNCTIONS[self._set.mode]}({formula}, {self._set.places})"

    def _section_formula(self, section: CompiledSection) -> tuple[str, Inputs]:
        if section.combination == "formula":
            used = dict.fromkeys(formulas.asked(formulas.parse(section.expression)))
            return section.expression, tuple((code, self._value_of(code)) for code in used)
        plan = section.plan
        assert isinstance(plan, LinearPlan)  # only formulas are trees
        terms, inputs = [], []
        for index, coefficient in plan.terms:
            if index in self._work.absent.criteria or index in section.penalties:
                continue
            criterion = self._set.criteria[index]
            factor = Fraction(coefficient, plan.denominator)
            name = f"[{criterion.code}]"
            terms.append(name if factor == 1 else f"{factor.numerator} / {factor.denominator} * {name}")
            inputs.append((criterion.code, self._value_of(criterion.code)))
        formula = " + ".join(terms) or "0"
        if scale_of(section, self._work.absent) != 1:
            most, applies = (
                left(section.measures, each) for each in (set[int](), self._work.absent.criteria)
            )
            formula = f"({formula}) * {_text(most)} / {_text(applies)}"
        for code in (self._set.criteria[index].code for index in section.penalties):
            formula += f" - [{code}]"
            inputs.append((code, self._value_of(code)))
        return formula, tuple(inputs)

    def _value_of(self, code: str) -> Fraction:
        if code not in self._set.names:
            return self._set.said_to_apply(code, self._work.absent)
        group, index = self._set.names[code]
        pair = (self._work.values, self._work.sections, self._work.parts)[group][index]
        assert pair is not None  # asked only for what a computed value used
        return Fraction(*pair)

    def _parts(self) -> Iterator[Step]:
        for index, (part, value) in enumerate(zip(self._set.parts, self._work.parts, strict=True)):
            if value is None:
                continue
            rounding = self._set.rounded(value) if self._set.when == PARTS else None
            params = {"criterion": part.code, "label": part.label}
            clause = self._clause("", part.code)
            if index in self._work.absent.parts:
                yield Step(_NOTHING_APPLIES, params, "", (), None, None, clause, part.code)
            elif part.code in self._work.overridden:
                yield Step(_PART_GIVEN, params, "", (), Fraction(*value), rounding, clause, part.code)
            else:
                applying = remaining(part.sections, self._work.absent.sections)
                codes = [self._set.sections[each].code for each in applying]
                inputs = tuple((code, self._value_of(code)) for code in codes)
                formula = " + ".join(f"[{code}]" for code in codes)
                if len(applying) < len(part.sections):
                    most = maximum_of(self._set, applying)
                    formula = f"({formula}) * {decimal_text(part.max)} / {_text(most)}"
                formula = formula if rounding is None else self._round(formula)
                yield Step(_PART, params, formula, inputs, Fraction(*value), rounding, clause, part.code)

    def _ratio_of_results(self) -> Iterator[Step]:
        ratio = results_ratio(self._set, self._work)
        if ratio is None:
            return
        part = self._set.parts[self._set.part_index(law.RESULTS)]
        terms, used = [f"[{part.code}]"], {part.code: self._value_of(part.code)}
        most = Fraction(part.max)
        if part.code not in self._work.overridden:
            terms, used = [], {}
            applying = remaining(part.sections, self._work.absent.sections)
            most = maximum_of(self._set, applying)
            for index in applying:
                term, values = self._section_formula(self._set.sections[index])
                terms.append(f"({term})")
                used.update(values)
        formula = f"MAX(0, {' + '.join(terms)}) / {_text(most)}"
        params = {"label": part.label, "max": _decimal(most.as_integer_ratio())}
        yield Step(
            _SHARE, params, formula, tuple(used.items()), ratio, None, self._clause("", part.code), "R"
        )

    def _total(self) -> Iterator[Step]:
        own, total = self._work.own, self._work.total
        if own is None:
            return
        formula, inputs = self._total_formula()
        if self._work.raters:
            yield from self._raters(own, formula, inputs)
        else:
            clause = self._clause("", "total")
            rounded, params = self._set.rounded(own), {"places": self._set.places}
            yield Step(_TOTAL, params, formula, inputs, Fraction(*own), rounded, clause, "total")
        if total is not None:
            yield self._band(total)

    def _raters(self, own: Pair, formula: str, inputs: Inputs) -> Iterator[Step]:
        """Each rater's own total, and the one that the weights make of them."""
        heard = {
            rater.key: Fraction(*total)
            for rater, total in zip(self._set.raters, self._work.raters, strict=True)
            if total is not None
        }
        for rater in self._set.raters:
            params = {"rater": rater.label, "weight": plain(rater.weight)}
            if rater.stage == self._set.deciding:
                clause = self._clause("", "total")
                yield Step(_RATER, params, formula, inputs, Fraction(*own), None, clause, rater.key)
            elif rater.key in heard:
                yield Step(_RATER, params, "", (), heard[rater.key], None, "", rater.key)
        if self._work.total is not None:
            total = self._work.total
            made = explain(self._set.raters, heard, total, self._clause("", "raters"))
            yield replace(made, rounding=self._set.rounded(total), code="total")

    def _total_formula(self) -> tuple[str, Inputs]:
        if self._set.total_plan is None:
            gone = self._work.absent.parts
            codes = [part.code for index, part in enumerate(self._set.parts) if index not in gone]
            formula = " + ".join(f"[{code}]" for code in codes)
            if gone:
                most = most_of_parts(self._set, self._work.absent)
                formula = f"({formula}) * {_text(Fraction(*self._set.total_cap))} / {_text(most)}"
        else:
            formula = self._set.specification.total_expression
            codes = list(dict.fromkeys(formulas.asked(self._set.total_plan.tree)))
            formula = f"MAX(0, MIN({formula}, {decimal_text(_decimal(self._set.total_cap))}))"
        return formula, tuple((code, self._value_of(code)) for code in codes)

    def _band(self, total: Pair) -> Step:
        read = self._set.band_basis(total, self._work.rules)
        band = band_of(read, self._set.bands)
        params_of_band = {"band": band.label, "start": plain(band.start)}
        clause = self._clause("", "band")
        template, formula = _BAND, "total"
        if self._work.rules.band_rounded:
            template, formula = _BAND_ROUNDED, self._round("total")
        inputs = (("total", Fraction(*total)),)
        return Step(template, params_of_band, formula, inputs, Fraction(*read), None, clause, "band")

    def _gates(self) -> Iterator[Step]:
        """Every gate that bears on the period, whether it holds, and the band that stands after them."""
        if self._work.band is None or not self._work.band.rating.steps:
            return
        rating = self._work.band.rating
        yield from rating.steps
        labels = {band.code: band.label for band in self._set.bands}
        name = _UNDECIDED if rating.band is None else _AFTER
        params = {} if rating.band is None else {"band": labels[rating.band]}
        yield Step(name, params, "", (), None, None, "", "rating")


def _decimal(value: Pair) -> Decimal:
    return EXACT.divide(Decimal(value[0]), Decimal(value[1]))


def _text(value: Fraction) -> str:
    return decimal_text(_decimal(value.as_integer_ratio()))


_TASK_ASSIGNED = N_("%(task)s: converted quantity assigned")
_TASK = {
    "quantity": N_("%(task)s: converted quantity completed"),
    "quality": N_("%(task)s: converted quantity that met quality, less deductions for major errors"),
    "progress": N_("%(task)s: converted quantity on time, less deductions for delays"),
}
_ASSIGNED = N_("Converted quantity assigned, all tasks")
_NUMERATORS = {
    "quantity": N_("Converted quantity completed, all tasks"),
    "quality": N_("Converted quantity that met quality, all tasks"),
    "progress": N_("Converted quantity on time, all tasks"),
}
_EXTRAS = N_("Converted quantity of extra tasks completed, outside the assigned total")
_RATIO = N_("%(criterion)s. %(label)s: ratio to the quantity assigned")
_RATIO_OF_NOTHING = N_("%(criterion)s. %(label)s: nothing was assigned, which this set counts as 0")
_PEOPLE = N_(
    "%(criterion)s. %(label)s: whether all people managed have %(threshold)s points or more "
    "(%(left_out)s without a result left out)"
)
_PEOPLE_FAILING = N_(
    "%(criterion)s. %(label)s: whether all people managed have %(threshold)s points or more "
    "(%(failing)s without a result counted as having less, %(left_out)s left out)"
)
_ENTERED = N_("%(criterion)s. %(label)s: points given")
_CHOSEN = N_("%(criterion)s. %(label)s: value chosen")
_GIVEN = N_("%(criterion)s. %(label)s: value given from outside")
_NOT_ARISEN = N_("%(criterion)s. %(label)s: did not arise, so the others count for it")
_NOT_ASSIGNED = N_("%(criterion)s. %(label)s: nothing was assigned, which this set leaves out")
_NOTHING_APPLIES = N_("%(criterion)s. %(label)s: nothing of it applies, so the rest counts for it")
_SECTION = N_("%(criterion)s. %(label)s: points of the section")
_SHARE = N_("%(label)s: share of %(max)s points, before the cap")
_PART = N_("%(label)s: points")
_PART_GIVEN = N_("%(label)s: points given from outside")
_TOTAL = N_("Total, rounded once to %(places)s places")
_RATER = N_("%(rater)s: total of their own scores, which counts %(weight)s%%")
_BAND_ROUNDED = N_("Point band, read from the rounded total: %(band)s (from %(start)s points)")
_BAND = N_("Point band, read from the exact total: %(band)s (from %(start)s points)")
_AFTER = N_("Band after the gates: %(band)s")
_UNDECIDED = N_("Band after the gates: not known until every gate that could change it is")
