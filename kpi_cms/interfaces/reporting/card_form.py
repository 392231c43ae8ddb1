"""From a card's rows to the values of Form 01. Reads only; computes nothing that the engine did not say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.asked_queries import Questions, questions_of, words_of
from kpi_cms.evaluation.basis_words import basis_text
from kpi_cms.evaluation.domain import scoring
from kpi_cms.evaluation.domain.direct_heads import by_direct_head
from kpi_cms.evaluation.domain.others import changes_of
from kpi_cms.evaluation.domain.scoring import TaskRow
from kpi_cms.evaluation.domain.seats import seats_of
from kpi_cms.evaluation.enums import DECIDED, EXTRA_KINDS, ReopeningState, StageKey
from kpi_cms.evaluation.models import (
    Assessment,
    Delay,
    Fault,
    ObjectiveCause,
    Reopening,
    Score,
    Scorecard,
    Task,
)
from kpi_cms.evaluation.visibility import Sight, sight_of
from kpi_cms.evaluation.waiting_words import insufficient_tasks
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.engine import (
    CompiledSection,
    CompiledSet,
    Outcome,
    Said,
    Step,
    TaskTotals,
    decimal_text,
    round_half_up,
    voice_of,
)
from kpi_cms.interfaces.reporting.beside_form import (
    beside_the_form,
    has_leaders_ratios,
    points_of,
    ratio_code,
    results_formula,
    said,
    the_band,
    the_unit,
    weights_of,
    who_decides,
    whose_points,
)
from kpi_cms.interfaces.reporting.card_documents import documents_of
from kpi_cms.interfaces.reporting.forms import (
    Form01,
    Form01Deduction,
    Form01Ratio,
    Form01Ratios,
    Form01Row,
    Form01Section,
    Form01Task,
    Signature,
)
from snippets.enums import PeriodKind, StaffKind
from snippets.models import Appointment, Person, Unit

SUBJECTS = {
    StaffKind.OFFICIAL: "cán bộ",
    StaffKind.CIVIL_SERVANT: "công chức",
    StaffKind.PUBLIC_EMPLOYEE: "viên chức",
    StaffKind.CONTRACT: "người lao động",
}
ROMAN = ("I", "II", "III", "IV")


def period_in_words(card: Scorecard) -> str:
    """“tháng 7 năm 2026”, as the form asks for."""
    period = card.period
    if period.kind == PeriodKind.MONTH:
        return f"tháng {period.number} năm {period.year}"
    if period.kind == PeriodKind.QUARTER:
        return f"quý {ROMAN[period.number - 1]} năm {period.year}"
    return f"năm {period.year}"


def build_form01(card: Scorecard, moment: datetime, scope: Scope) -> Form01:
    """Form 01 of a card for one reader: column 4 is the self-score, part II what was confirmed (rules.md §8).

    `card` has its context loaded. Paper shows what the screen shows: a reader who may not see a stage yet gets its
    places empty. Before the confirmation every page is marked so.
    """
    with override("vi"):
        return _build(card, moment, scope)


def _build(card: Scorecard, moment: datetime, scope: Scope) -> Form01:
    compiled = card.version.compiled()
    tasks = scoring.task_rows(card.period_id, [card.person_id])[card.person_id]
    seen = sight_of(scope, card)
    records = queries.stage_records(card, rules.unseen_stages(scope, card))
    self_scores = scoring.stage_scores(card, StageKey.SELF) if seen.of_self else []
    judged_scores = scoring.stage_scores(card, StageKey.EVALUATOR) if seen.of_evaluation else []
    own = compiled.score(scoring.inputs_of(card, self_scores, tasks))
    said = scoring.said_beside(card, StageKey.EVALUATOR) if seen.of_evaluation else None
    inputs = scoring.inputs_of(card, judged_scores, tasks, said=said)
    outcome = compiled.score(inputs)
    self_words = records.get(StageKey.SELF) if seen.of_self else None
    judged = records.get(StageKey.EVALUATOR) if seen.of_evaluation else None
    confirmed, in_place = card.state in DECIDED, _in_place_of_the_evaluator(card)
    results = next((part for part in compiled.parts if part.code == "results"), None)
    return Form01(
        layout="party" if card.frame == "party" else "state",
        superior_agency=_superior(card),
        agency=card.agency.name,
        period=period_in_words(card),
        full_name=card.person.full_name,
        position=card.position_title,
        unit=card.unit_name,
        subject=SUBJECTS[StaffKind(card.staff_kind)],
        sections=tuple(
            section_of(compiled, section, own) for section in compiled.sections if section.part == "common"
        ),
        total_maximum=maximum_of(compiled, "common"),
        total_score=_decimal(own.parts.get("common")),
        common_label=name_of(compiled, "common"),
        result_label=name_of(compiled, "results"),
        common_points=_decimal(outcome.parts.get("common")) if seen.of_evaluation else None,
        result_points=_rounded(outcome.parts.get("results")) if seen.of_evaluation else None,
        result_ratio=_decimal(outcome.ratio, 6) if seen.of_evaluation else None,
        result_maximum=results.max if results else None,
        own_label=whose_points(compiled),
        own_points=_own_points(compiled, outcome),
        weights=weights_of(compiled, outcome),
        total_points=Decimal(outcome.shown) if seen.of_evaluation and outcome.total is not None else None,
        insufficient=outcome.insufficient,
        confirmed=confirmed,
        strengths=self_words.strengths if self_words else "",
        weaknesses=self_words.weaknesses if self_words else "",
        comment=judged.comment if judged else "",
        tasks=tuple(_tasks(card, tasks)),
        ratios=_ratios(card, outcome, _explained(card, judged_scores, tasks, said), judged_scores),
        documents=tuple(documents_of(card, scope, (row.task for row in tasks))),
        annex_notes=tuple(_notes(card, outcome, seen, records, in_place)),
        penalty=compiled.specification.settings.penalty_per_fault,
        self_signature=Signature(
            name=card.person.full_name,
            position=card.position_title,
            acted_at=card.submitted_at if card.self_is_submitted else None,
        ),
        evaluator_signature=_evaluator_signature(card, in_place),
        card_code=card.code,
        version_number=f"{card.version.set_code} v{card.version.number}",
        version_hash=card.version.sha256,
        moment=moment,
    )


def _superior(card: Scorecard) -> str:
    """The line above the agency's name: its managing agency, where both are of one block.

    A State document names no Party body above the agency, nor the other way round.
    """
    managing = card.agency.managing_unit
    return managing.name if managing is not None and managing.block == card.agency.block else ""


def section_of(compiled: CompiledSet, section: CompiledSection, own: Outcome | None = None) -> Form01Section:
    """A section with its criteria; without an outcome nobody filled it in."""
    values = {} if own is None else own.values
    sums = {} if own is None else own.sections
    rows = tuple(
        Form01Row(
            number=criterion.code.rsplit(".", 1)[-1],
            text=criterion.label,  # the form's own wording; the two texts of II.4 guide the scoring on screen
            maximum=-criterion.max if criterion.is_penalty and criterion.max else criterion.max,
            score=_decimal(points_of(criterion, values.get(criterion.code))),
        )
        for criterion in compiled.criteria
        if criterion.section == section.key
    )
    return Form01Section(
        number=section.code,
        text=section.label,
        maximum=section.max,
        score=_decimal(sums.get(section.code)),
        rows=rows,
    )


def _own_points(compiled: CompiledSet, outcome: Outcome) -> Decimal | None:
    """What the points of the two parts come to, where the total counts others as well."""
    rater = who_decides(compiled)
    return _rounded(outcome.raters.get(rater.key)) if rater is not None else None


def name_of(compiled: CompiledSet, part: str) -> str:
    """What the set calls a part; "" where it has none of this code."""
    return next((entry.label for entry in compiled.parts if entry.code == part), "")


def maximum_of(compiled: CompiledSet, part: str) -> Decimal | None:
    return next((entry.max for entry in compiled.parts if entry.code == part), None)


def _tasks(card: Scorecard, rows: Sequence[TaskRow]) -> Iterable[Form01Task]:
    compiled = card.version.compiled()
    asked = questions_of([compiled])
    ids = [row.task.pk for row in rows]
    faults, delays = _deductions(Fault, ids), _deductions(Delay, ids)
    for row in rows:
        task, counted = row.task, scoring.task_input(row)
        yield Form01Task(
            code=task.code,
            name=" ".join(part for part in (task.name, task.part_label) if part),
            coefficient=task.coefficient,
            assigned=task.assigned,
            completed=task.completed,
            accepted=task.accepted,
            on_time=compiled.units_of(counted).on_time if counted is not None else None,
            faults=tuple(faults.get(task.pk, ())),
            delays=tuple(delays.get(task.pk, ())),
            evidence=task.evidence_number,
            due=task.due_on,
            outside_assigned=task.kind in EXTRA_KINDS,
            remark="; ".join(_remarks(row.task, asked)),
        )


def _remarks(task: Task, asked: Questions) -> Iterator[str]:
    if task.coefficient is None:
        yield _("Not in the catalogue yet: not counted.")
    elif task.handed_over:
        yield _("Handed over: %(quantity)s") % {"quantity": f"{task.handed_over:f}".rstrip("0").rstrip(".")}
    yield from (f"{name}: {value}" for name, value in words_of(task, asked) if asked)


def _deductions(
    model: type[Fault] | type[Delay], task_ids: Sequence[int]
) -> dict[int, list[Form01Deduction]]:
    """The deductions that stand, by task, with their reasons and the objective causes that lift them."""
    rows = list(
        model._default_manager.filter(task_id__in=task_ids, withdrawn_at__isnull=True)
        .order_by("unit_number", "pk")
        .values("pk", "task_id", "unit_number", "reason_key", "recorded_at")
    )
    own = "fault_id" if model is Fault else "delay_id"
    standing = ObjectiveCause.objects.filter(
        revoked_at__isnull=True, **{f"{own}__in": [row["pk"] for row in rows]}
    )
    causes = dict(standing.values_list(own, "reason_key"))
    words = texts.shown([*(row["reason_key"] for row in rows), *causes.values()])
    found: dict[int, list[Form01Deduction]] = {}
    for row in rows:
        cause = causes.get(row["pk"])
        found.setdefault(row["task_id"], []).append(
            Form01Deduction(
                reason=words.get(row["reason_key"], ""),
                unit=str(row["unit_number"]),
                recorded_on=timezone.localdate(row["recorded_at"]),
                excused=cause is not None,
                objective_cause=words.get(cause, "") if cause else "",
            )
        )
    return found


def _explained(
    card: Scorecard, scores: Sequence[Score], tasks: Sequence[TaskRow], said: Mapping[str, Said] | None
) -> Step | None:
    """The engine's own step of d, with how many people it counted; None while d waits or was confirmed before.

    Everybody managed is said, people without a card among them: they are left out, or d counts them already.
    """
    compiled = card.version.compiled()
    if not compiled.managed:
        return None
    inputs = scoring.inputs_of(card, scores, tasks, said=said, explained=True)
    codes = [criterion.code for criterion in compiled.managed]
    return next((step for step in compiled.trace(inputs) if step.code in codes and step.inputs), None)


def _ratios(card: Scorecard, outcome: Outcome, step: Step | None, scores: Sequence[Score]) -> Form01Ratios:
    totals = outcome.task_totals
    compiled = card.version.compiled()
    leader = has_leaders_ratios(compiled)
    chosen = {score.criterion.code: score for score in scores if score.choice}
    return Form01Ratios(
        a=_ratio(outcome, ratio_code(compiled, "quantity"), totals, "completed"),
        b=_ratio(outcome, ratio_code(compiled, "quality"), totals, "quality"),
        c=_ratio(outcome, ratio_code(compiled, "progress"), totals, "progress"),
        formula=results_formula(compiled),
        d=_d(card, outcome, step) if leader else None,
        dd=_choice(compiled, outcome, "đ", chosen.get("đ")) if leader else None,
        e=_choice(compiled, outcome, "e", chosen.get("e")) if leader else None,
    )


def _ratio(outcome: Outcome, code: str, totals: TaskTotals | None, numerator: str) -> Form01Ratio | None:
    if not code:
        return None
    value = _decimal(outcome.values.get(code), 6)
    if totals is None or not totals.assigned:
        return Form01Ratio(value=value)
    return Form01Ratio(
        value=value,
        numerator=_decimal(Fraction(getattr(totals, numerator), totals.scale)),
        denominator=_decimal(Fraction(totals.assigned, totals.scale)),
    )


def _d(card: Scorecard, outcome: Outcome, step: Step | None) -> Form01Ratio:
    """d with the numbers that the engine counted."""
    how = missing = ""
    if step is not None:
        counted = dict(step.inputs)
        how = _("%(counted)s people managed count; %(below)s of them below %(threshold)s points.") % {
            "counted": counted["counted"],
            "below": counted["below"],
            "threshold": decimal_text(Decimal(str(step.params["threshold"]))),
        }
        if step.params["failing"]:
            how += " " + _("%(count)s of these have no result, which counts as below.") % {
                "count": step.params["failing"]
            }
        if step.params["left_out"]:
            how += " " + _("%(count)s without a result are left out.") % {"count": step.params["left_out"]}
    elif "d" in outcome.pending:
        missing = _("pending: %(count)s results are not confirmed") % {
            "count": len(scoring.managed(card).pending)
        }
    return Form01Ratio(value=_decimal(outcome.values.get("d")), how=how, missing=missing)


def _choice(compiled: CompiledSet, outcome: Outcome, code: str, score: Score | None) -> Form01Ratio:
    """What was chosen, in the set's own words, and its grounds."""
    how = ""
    if score is not None:
        options = compiled.criterion_by_code(code).options
        label = next((option.label for option in options if str(option.value) == score.choice), "")
        how = "\n".join(part for part in (label, score.grounds) if part)
    return Form01Ratio(value=_decimal(outcome.values.get(code)), how=how, missing=_("not evaluated yet"))


def _in_place_of_the_evaluator(card: Scorecard) -> Person | None:
    """Who confirmed a decided result in the evaluator's place, by a delegation."""
    if card.state not in DECIDED or card.evaluator_id is None:
        return None
    confirmed = Assessment.objects.filter(
        card=card, stage=StageKey.EVALUATOR, rater_id=card.decider_id, delegate__isnull=False
    )
    return Person.objects.filter(pk__in=confirmed.values("delegate_id")).first()


def _evaluator_signature(card: Scorecard, in_place: Person | None) -> Signature:
    """The competent person's block. Whoever confirmed in their place signs, and the form names both (TUQ.)."""
    acted_at = card.evaluated_at if card.state in DECIDED else None
    if card.decider is None:
        return Signature(acted_at=acted_at)
    name, position = card.decider.full_name, _position(card, card.decider.pk)
    if in_place is not None:
        absent = " ".join(part for part in (position, name) if part)
        own = _position(card, in_place.pk)
        name, position = in_place.full_name, f"TUQ. {absent}\n{own}".strip()
    return Signature(name=name, position=position, acted_at=acted_at)


def _position(card: Scorecard, person_id: int | None) -> str:
    """Somebody's post on the period's last day."""
    posts = Appointment.objects.on(card.period.ends_on).filter(person_id=person_id)
    return posts.order_by("-is_main", "pk").values_list("position__title", flat=True).first() or ""


def _decided_anew(card: Scorecard) -> Iterable[str]:
    """Before and after of every decision that replaced an earlier one (Đ21.3)."""
    for used in Reopening.objects.filter(card=card, state=ReopeningState.USED).order_by("pk"):
        was, is_now, when = used.before, used.after, used.decided_at
        assert was is not None  # the database keeps both sides of a reopening that was used
        assert is_now is not None
        assert when is not None
        changes = "; ".join(
            f"{code}: {said(card, code, was['scores'].get(code, '–'))} → {said(card, code, value)}"
            for code, value in is_now["scores"].items()
        )
        yield _("Decided anew on %(moment)s: %(was)s points before, %(now)s points now (%(changes)s).") % {
            "moment": rules.local(when),
            "was": was["shown"],
            "now": is_now["shown"],
            "changes": changes,
        }
        if used.naming is not None:
            yield _by_somebody_else(used.naming)


def _by_somebody_else(naming: Mapping[str, Any]) -> str:
    """Who decided before, who decided anew, and by which decision they were named."""
    people = Person.objects.in_bulk([naming["former"], naming["evaluator"]])
    return _(
        "%(evaluator)s decided anew, named by decision %(decision)s of %(day)s; %(former)s had decided before."
    ) % {
        "evaluator": people[naming["evaluator"]].full_name,
        "decision": naming["decision"],
        "day": date.fromisoformat(naming["on"]).strftime("%d/%m/%Y"),
        "former": people[naming["former"]].full_name,
    }


def _who_sat(card: Scorecard, records: Mapping[str, queries.StageRecord]) -> Iterator[str]:
    """Who scored as the direct head or for a collective with several raters, once they were heard."""
    alone = records.get(StageKey.COLLECTIVE)
    if alone is not None and alone.is_submitted and by_direct_head(card):
        head_of = Unit.objects.filter(code=card.collective["head_of"]).values_list("name", flat=True).first()
        text = _("For “%(stage)s” %(name)s scored, who heads %(unit)s, the person's constituent unit.")
        yield text % {"stage": card.collective["name"], "name": alone.rater, "unit": head_of}
    pairs = ((seat, records.get(voice_of(StageKey.COLLECTIVE, seat.key))) for seat in seats_of(card.version))
    heard = [f"{seat.label}: {said.rater}" for seat, said in pairs if said is not None and said.is_submitted]
    if heard and card.collective:
        yield _("For “%(name)s” (decision %(decision)s of %(day)s) scored: %(people)s.") % {
            "name": card.collective["name"],
            "decision": card.collective["decision"],
            "day": date.fromisoformat(card.collective["on"]).strftime("%d/%m/%Y"),
            "people": "; ".join(heard),
        }


def _notes(
    card: Scorecard,
    outcome: Outcome,
    seen: Sight,
    records: Mapping[str, queries.StageRecord],
    in_place: Person | None,
) -> Iterable[str]:
    endorsement = records.get(StageKey.ENDORSEMENT)
    if in_place is not None and card.decider is not None:
        yield _("%(delegate)s confirmed this result on behalf of %(evaluator)s, who was absent.") % {
            "delegate": in_place.full_name,
            "evaluator": card.decider.full_name,
        }
    if card.without_self:
        yield _(
            "The person did not submit a self-assessment by the deadline; the evaluator took the card up."
        )
    if seen.of_collective:
        yield from _who_sat(card, records)
    if endorsement is not None and endorsement.submitted_at and seen.of_evaluation:
        yield _("Endorsed by %(name)s, %(position)s, on %(moment)s.") % {
            "name": endorsement.rater,
            "position": _position(card, endorsement.rater_id),
            "moment": rules.local(endorsement.submitted_at),
        }
        if endorsement.comment:
            yield _("Comment at the endorsement: %(comment)s") % {"comment": endorsement.comment}
    if seen.of_evaluation:
        compiled = card.version.compiled()
        yield from beside_the_form(compiled, outcome)
        yield from the_unit(card)
        yield from the_band(compiled, outcome)
        yield from _decided_anew(card)
    if card.basis_changed_at and seen.of_new_basis:
        for code, _before, now in changes_of(card):
            yield _(
                "The basis of this result has changed since it was confirmed: %(code)s is now proposed as %(value)s."
            ) % {"code": code, "value": basis_text(now)}
    waiting = map(card.version.compiled().criterion_by_code, outcome.pending)
    if unsaid := insufficient_tasks(waiting):
        yield unsaid
    if outcome.insufficient and outcome.absent:
        yield _("Nothing of the set applied in this period: there is no result and no rating.")
    elif outcome.insufficient:
        yield _("Nothing was assigned in this period: there is no result and no rating.")


def _decimal(value: Fraction | None, places: int = 4) -> Decimal | None:
    """A fraction as a decimal for print; exact where it ends within `places`."""
    if value is None:
        return None
    return round_half_up(value, places).normalize() if value else Decimal(0)


def _rounded(value: Fraction | None) -> Decimal | None:
    return None if value is None else round_half_up(value, 2)
