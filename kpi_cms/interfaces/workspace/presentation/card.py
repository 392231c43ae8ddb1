"""A card as its page shows it: steps, facts, figures, notices, columns. Reads what the reader may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.evaluation import band_words, queries, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.asked_queries import Questions, questions_of
from kpi_cms.evaluation.basis_words import basis_text, what_is_waited_for
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.direct_heads import by_direct_head, is_left_out, stage_of_direct_head
from kpi_cms.evaluation.domain.others import changes_of
from kpi_cms.evaluation.domain.seats import seats_of
from kpi_cms.evaluation.enums import (
    DECIDED,
    WITH_THE_PERSON,
    CardState,
    ReopeningState,
    StageKey,
    TaskState,
)
from kpi_cms.evaluation.models import CardResult, Reopening, Scorecard, Task
from kpi_cms.evaluation.stage_words import seat_label
from kpi_cms.evaluation.visibility import Sight, sight_of
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.numbers import (
    format_moment,
    format_points,
    format_quantity,
    separator,
)
from kpi_cms.foundation.engine import voice_of
from snippets.enums import PeriodState

from .delegation import in_place_of
from .evaluators import evaluators_of, other_appointments, units_named, why_direct_head
from .keyhole import keyhole_of, notices_of_keyhole
from .links import optional_url
from .sheet import Column
from .task_words import insufficient_notice, put_words


@dataclass
class CardReading:
    """A card with everything its page reads, as far as this reader may see it."""

    card: Scorecard
    scope: Scope
    records: dict[str, queries.StageRecord]
    results: dict[str, CardResult]
    tasks: list[Task]
    names: dict[str, str]
    return_reason: str

    @property
    def is_own(self) -> bool:
        return rules.is_own(self.scope.user_id, self.card)

    @cached_property
    def asked(self) -> Questions:
        """What the card's set asks of a task."""
        version = self.card.version
        return questions_of([version.compiled()]) if version.asks_of_tasks else {}

    @property
    def is_evaluator(self) -> bool:
        return rules.is_evaluator(self.scope.user_id, self.card)

    @cached_property
    def sight(self) -> Sight:
        return sight_of(self.scope, self.card)

    @cached_property
    def of_collective(self) -> list[queries.StageRecord]:
        """What a collective says: of each of its seats in the set's order, or with one voice."""
        seats = [each.key for each in seats_of(self.card.version)] or [""]
        found = (self.records.get(voice_of(StageKey.COLLECTIVE, seat)) for seat in seats)
        return [record for record in found if record is not None]

    def _of_collective(self) -> Iterator[Column]:
        """What a collective sent; what is being entered, to whoever enters it."""
        enters = rules.is_secretary(self.scope.user_id, self.card)
        for record in self.of_collective if self.sight.of_collective else ():
            if enters or record.is_submitted:
                result = self.results.get(voice_of(StageKey.COLLECTIVE, record.seat))
                heading = seat_label(self.card.version, record.stage, record.seat)
                yield Column(
                    StageKey.COLLECTIVE,
                    heading or _collective_heading(self.card),
                    record,
                    result,
                    record.seat,
                )

    def columns(self) -> list[Column]:
        """The stages this reader may see, side by side."""
        columns = []
        if self.sight.of_self:
            columns.append(self._column(StageKey.SELF, _("Self-assessment")))
        columns += self._of_collective()
        if self.sight.of_evaluation:
            columns.append(self._column(StageKey.EVALUATOR, _("Competent person")))
        return columns

    def _column(self, stage: StageKey, heading: str) -> Column:
        return Column(stage, heading, self.records.get(stage), self.results.get(stage))


def read_card(scope: Scope, card: Scorecard) -> CardReading:
    """Everything about a card the reader was given: four queries, one more for the reason of a return."""
    tasks = Task.objects.filter(period_id=card.period_id, person_id=card.person_id).order_by("due_on", "pk")
    reason = ""
    if card.state == CardState.RETURNED and card.return_reason_key:
        reason = texts.shown([card.return_reason_key]).get(card.return_reason_key, "")
    unseen = rules.unseen_stages(scope, card)
    return CardReading(
        card=card,
        scope=scope,
        records=queries.stage_records(card, unseen),
        results=queries.results_of(card, unseen),
        tasks=list(tasks),
        names=queries.unit_names(units_named(card)),
        return_reason=reason,
    )


def read_stages(scope: Scope, card: Scorecard) -> CardReading:
    """Scores and results alone: two queries."""
    unseen = rules.unseen_stages(scope, card)
    records, results = queries.stage_records(card, unseen), queries.results_of(card, unseen)
    return CardReading(card, scope, records, results, [], {}, "")


def _collective_heading(card: Scorecard) -> str:
    return str(card.collective.get("name") or StageKey.COLLECTIVE.label)


def _step_of_collective(reading: CardReading, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    if StageKey.COLLECTIVE not in labels:
        return []
    card, records = reading.card, reading.of_collective
    if is_left_out(card):
        return []
    wanted = max(1, len(seats_of(card.version)))
    sent = len(records) == wanted and all(record.is_submitted for record in records)
    return [
        _step(
            labels[StageKey.COLLECTIVE],
            done=sent,
            current=not sent and card.state == CardState.SUBMITTED,
            who=str(card.secretary if by_direct_head(card) else card.collective.get("name", "")),
            when=max((record.submitted_at for record in records if record.submitted_at), default=None),
        )
    ]


def progress_of(reading: CardReading) -> list[dict[str, Any]]:
    """The stages for `includes/steps.html`, with names and moments."""
    card, state = reading.card, reading.card.state
    endorsement = reading.records.get(StageKey.ENDORSEMENT)
    labels = {stage.key: stage.label for stage in card.version.compiled().stages}
    evaluator = card.decider.full_name if card.decider else ""
    decided = state in DECIDED
    steps = [
        _step(
            labels.get(StageKey.SELF, _("Self-assessment")),
            done=state not in WITH_THE_PERSON,
            current=state in WITH_THE_PERSON,
            who=_("not submitted") if card.without_self else card.person.full_name,
            when=card.submitted_at,
        ),
        *_step_of_collective(reading, labels),
        _step(
            labels.get(StageKey.EVALUATOR, _("Competent person")),
            done=decided or state == CardState.EVALUATED,
            current=state == CardState.SUBMITTED,
            who=evaluator,
            when=card.evaluated_at,
        ),
    ]
    if stages.needs_endorsement(card):
        steps.append(
            _step(
                labels.get(StageKey.ENDORSEMENT, _("Endorsement")),
                done=decided,
                current=state == CardState.EVALUATED,
                who=endorsement.rater if endorsement is not None else str(card.endorser or ""),
                when=endorsement.submitted_at if endorsement is not None else None,
            )
        )
    steps.append(
        _step(
            _("Notification of the result"),
            done=state == CardState.NOTIFIED,
            current=state == CardState.CONFIRMED,
            who="",
            when=card.notified_at,
        )
    )
    return steps


def _step(label: str, *, done: bool, current: bool, who: str, when: datetime | None) -> dict[str, Any]:
    state = "current" if current else "done" if done else "todo"
    return {"label": label, "state": state, "who": who, "when": when if done else None}


def facts_of(reading: CardReading) -> list[dict[str, Any]]:
    """What the card was opened with, for `includes/summary_list.html`."""
    card = reading.card
    rows: list[dict[str, Any]] = [
        {
            "key": _("Person"),
            "value": card.person.full_name,
            "hint": f"{card.person.staff_code}, {card.position_title}, {card.get_staff_kind_display()}",
        },
        {"key": _("Unit"), "value": card.unit_name},
    ]
    others = other_appointments(card, reading.names)
    if others:
        rows.append({"key": _("Other appointments"), "value": "; ".join(others)})
    rows += [
        *evaluators_of(card, reading.names, is_own=reading.is_own),
        *_delegate_of(reading),
        *_collective_of(reading),
        {
            "key": _("Criteria set"),
            "value": _("%(title)s, version %(number)s")
            % {"title": card.version.title, "number": card.version.number},
            "url": optional_url("handbook:version", card.version.set_code, card.version.number),
        },
        {"key": _("Deadlines"), "value": _deadlines_of(card)},
    ]
    return rows


def _deadlines_of(card: Scorecard) -> str:
    """Of a collective and of the endorsement where the period says one and the set has the stage."""
    period = card.period
    both = _("Self-assessment before %(own)s, evaluation before %(evaluation)s")
    said = [
        both
        % {"own": format_moment(period.self_due_at), "evaluation": format_moment(period.evaluation_due_at)}
    ]
    further = (
        (StageKey.COLLECTIVE, period.collective_due_at, _of_collective_due(card)),
        (StageKey.ENDORSEMENT, period.endorsement_due_at, _("endorsement before %(moment)s")),
    )
    if period.collective_due_at or period.endorsement_due_at:
        stages = {stage.key for stage in card.version.compiled().stages}
        said += [
            text % {"moment": format_moment(due_at)}
            for key, due_at, text in further
            if due_at and key in stages
        ]
    return ", ".join(said)


def _of_collective_due(card: Scorecard) -> str:
    if stage_of_direct_head(card.version):
        return _("scores of the direct head before %(moment)s")
    return _("scores of the collective before %(moment)s")


def _collective_of(reading: CardReading) -> list[dict[str, Any]]:
    """Who enters the scores of which collective, by which decision, and who sits for it."""
    card = reading.card
    if by_direct_head(card) or is_left_out(card):
        return [
            {
                "key": stage_of_direct_head(card.version),
                "value": card.secretary.full_name if card.secretary is not None else "–",
                "hint": why_direct_head(card, reading.names),
            }
        ]
    if card.secretary is None or not card.collective:
        return []
    said = {
        "name": card.secretary.full_name,
        "decision": card.collective["decision"],
        "day": date.fromisoformat(card.collective["on"]).strftime("%d/%m/%Y"),
    }
    hint = _("%(name)s enters its scores. Decision %(decision)s of %(day)s.")
    sit = [
        f"{seat_label(card.version, each.stage, each.seat)}: {each.rater}"
        for each in reading.of_collective
        if each.seat
    ]
    value = f"{card.collective['name']} ({'; '.join(sit)})" if sit else card.collective["name"]
    return [{"key": StageKey.COLLECTIVE.label, "value": value, "hint": hint % said}]


def _delegate_of(reading: CardReading) -> list[dict[str, Any]]:
    """Who confirmed in the evaluator's place, once there is a confirmed result."""
    record = reading.records.get(StageKey.EVALUATOR)
    if record is None or not record.delegate or reading.card.state not in DECIDED:
        return []
    return [
        {
            "key": _("Confirmed on behalf of the evaluator by"),
            "value": record.delegate,
            "hint": _("The evaluator was absent and had delegated it."),
        }
    ]


def figures_of(card: Scorecard, result: CardResult | None) -> list[dict[str, Any]]:
    """The stored numbers of one stage, for `includes/figures.html`: so far, or complete with the band."""
    language = get_language() or "vi"
    figures = []
    for part in card.version.compiled().parts:
        stored = result.values.get(part.code) if result else None
        value = Fraction(stored) if stored is not None else None
        figures.append(
            {
                "label": part.label,
                "value": format_points(value, language=language),
                "note": f"/ {format_quantity(part.max, language=language)}",
            }
        )
    raters = _figures_of_raters(card, result, language)
    total = _("Total of all raters") if raters else _("Total")
    figures += [*raters, {"label": total, "value": shown_text(result.shown if result else "")}]
    if result and (result.band or result.band_by_points):
        label = band_label(card, result.band) if result.band else "–"
        figures.append({"label": _("Point band"), "value": label, "words": why_band(card, result)})
        stands_for = band_words.band_value(card.version.compiled(), result.band)
        if (
            stands_for and result.stage == StageKey.EVALUATOR
        ):  # of what somebody says of themselves nothing follows
            figures.append(
                {"label": stands_for[0], "value": format_quantity(stands_for[1], language=language)}
            )
    return figures


def _figures_of_raters(card: Scorecard, result: CardResult | None, language: str) -> list[dict[str, Any]]:
    """What each rater's points are, where the total is made of several by their weights."""
    if result is None or result.stage != StageKey.EVALUATOR:
        return []
    return [
        {
            "label": rater.label,
            "value": format_points(Fraction(result.values[rater.key]), language=language),
            "note": f"× {format_quantity(rater.weight, language=language)}%",
        }
        for rater in card.version.compiled().raters
        if rater.key in result.values
    ]


def why_band(card: Scorecard, result: CardResult) -> str:
    """Which gates made another band than the points'; "" where none did."""
    applied, undecided = (result.gates.get(name, ()) for name in ("applied", "undecided"))
    by_points = result.band_by_points or result.band
    return band_words.why_this_band(card.version.compiled(), result.band, by_points, applied, undecided)


def state_of_result(card: Scorecard, result: CardResult | None) -> str:
    """Why there is no total yet, or no band; "" when there are both or nothing was computed.

    A stage has no total of its own where it does not score everything: that is said, and nothing is asked for.
    """
    if result is not None and result.shown and result.band_by_points and not result.band:
        return _("The band is not known until the competent person has recorded what it depends on.")
    if result is None or result.shown:
        return ""
    if result.insufficient and card.version.compiled().may_be_absent:
        return _("Insufficient data: nothing that was assigned or arose in this period gives a result.")
    if result.insufficient:
        return _("Insufficient data: nothing was assigned in this period, so there is no result.")
    elsewhere = 0
    if result.stage != StageKey.EVALUATOR:
        criteria = card.version.compiled().criteria
        elsewhere = sum(each.required and result.stage not in each.stages for each in criteria)
    if result.missing > elsewhere:
        return _("%(count)s criteria have no score yet. The total follows once all have one.") % {
            "count": result.missing - elsewhere
        }
    if result.missing:
        return _(
            "%(count)s criteria are not scored at this stage. The total follows with those who score them."
        ) % {"count": elsewhere}
    if result.pending or result.stage != StageKey.EVALUATOR:
        return what_is_waited_for(card, result.values)
    unsaid = [rater.label for rater in card.version.compiled().raters if rater.key not in result.values]
    return _("The total also counts the points of: %(raters)s. It follows once there are any.") % {
        "raters": ", ".join(unsaid)
    }


def shown_text(stored: str) -> str:
    """A stored number of points with the reader's decimal mark; "–" for none."""
    return stored.replace(".", separator(get_language() or "vi")) if stored else "–"


def band_label(card: Scorecard, code: str) -> str:
    """The name of a point band of the card's version."""
    return band_words.band_label(card.version.compiled(), code)


def notices_of(reading: CardReading, now: datetime) -> list[dict[str, Any]]:
    """What the reader should know before anything else on the page."""
    card, found = reading.card, list[dict[str, Any]]()
    period_open = card.period.state == PeriodState.OPEN
    absent = in_place_of(reading.scope, card)
    if absent and period_open:
        text = _(
            "You act on this card %(absent)s, who delegated it to you. The card and its history name both of you."
        )
        found.append({"kind": "info", "text": text % {"absent": absent}})
    if unseen := rules.unseen_stages(reading.scope, card):
        text = _(
            "Until you have sent your own you do not see what was given at: %(stages)s. The criteria set says so, so "
            "that each judges independently."
        )
        labels = (stage.label for stage in card.version.compiled().stages if stage.key in unseen)
        found.append({"kind": "info", "text": text % {"stages": ", ".join(labels)}})
    if card.state == CardState.RETURNED:
        text = _("The card came back with this reason: %(reason)s") % {"reason": reading.return_reason or "–"}
        found.append({"kind": "warning", "text": text})
    if card.evaluator is None:
        found.append(
            {
                "kind": "warning",
                "text": _(
                    "Nobody is named to evaluate this card. Tell your personnel office, who can have one named."
                ),
            }
        )
    if period_open and card.state in WITH_THE_PERSON and now >= card.period.self_due_at:
        found.append({"kind": "warning", "text": _late(card)})
    found += insufficient_notice(reading.tasks, reading.asked)
    if card.basis_changed_at and reading.sight.of_new_basis:
        text = _(
            "The basis of this result has changed: %(code)s was %(before)s when it was confirmed and would be "
            "%(now)s now. The evaluator decides whether the result is confirmed anew."
        )
        found += [
            {
                "kind": "warning",
                "text": text % {"code": code, "before": basis_text(before), "now": basis_text(now)},
            }
            for code, before, now in changes_of(card)
        ]
    if not period_open:
        found.append(
            {"kind": "info", "text": _("This period is closed. Nothing in it can be changed any more.")}
        )
    return found


def _late(card: Scorecard) -> str:
    """What the missed deadline of self-assessments means for a card that is with the person."""
    if card.state == CardState.RETURNED:
        text = _(
            "The card can be sent again until %(deadline)s. Until it is, the evaluator may go on with what was "
            "submitted before."
        )
        return text % {"deadline": rules.local(rules.self_due_at(card))}
    text = _(
        "The self-assessment was due before %(deadline)s. The evaluator can take the card up without it."
    )
    return text % {"deadline": rules.local(rules.self_due_at(card))}


def take_up_label(card: Scorecard) -> str:
    """What taking a card up means: without a self-assessment, or with the one submitted before its return."""
    if card.submitted_at is None:
        return _("Evaluate without a self-assessment")
    return _("Evaluate with the self-assessment as it was submitted")


def actions_of(reading: CardReading, now: datetime, keyhole: Reopening | None) -> list[dict[str, str]]:
    """The next steps this reader can take, the main one first: {label, url, post, kind}."""
    card = reading.card
    found: list[dict[str, str]] = []

    def offer(rule: Rule, name: str, label: str, *, post: str = "", kind: str = "secondary") -> None:
        if rules.may_now(rule, reading.scope, card):
            found.append({"label": label, "url": reverse(name, args=[card.pk]), "post": post, "kind": kind})

    offer(table.SAVE_COLLECTIVE, "workspace:collective", _("Score for the collective"), kind="primary")
    offer(table.SAVE_EVALUATION, "workspace:evaluate", _("Evaluate"), kind="primary")
    offer(table.RETURN_TO_PERSON, "workspace:return_card", _("Return to the person"))
    if now >= card.period.self_due_at:
        offer(table.TAKE_UP, "workspace:take_up", take_up_label(card), kind="primary")
    if card.basis_changed_at:
        offer(table.ACCEPT_NEW_BASIS, "workspace:accept_basis", _("Look at the new basis"), kind="primary")
    offer(table.ENDORSE, "workspace:endorse", _("Endorse"), kind="primary")
    offer(table.RETURN_TO_EVALUATOR, "workspace:return_evaluation", _("Return to the evaluator"))
    label = _("Notify the person of the result")
    offer(table.NOTIFY, "workspace:notify", label, post="1", kind="primary")
    offer(table.ASK_REOPENING, "workspace:ask_reopening", _("Ask for a reopening"))
    if keyhole is not None and keyhole.state == ReopeningState.APPROVED:
        offer(table.DECIDE_ANEW, "workspace:decide_anew", _("Decide anew what is reopened"), kind="primary")
    if keyhole is not None and keyhole.state == ReopeningState.PROPOSED:
        offer(table.ENDORSE_ANEW, "workspace:endorse_anew", _("Endorse anew"), kind="primary")
        offer(table.RETURN_ANEW, "workspace:return_anew", _("Return to the evaluator"))
    if keyhole is not None:
        offer(table.NAME_EVALUATOR, "workspace:name_evaluator", _("Name who decides anew"))
    if keyhole is not None and stages.needs_endorsement(card):
        offer(table.NAME_ENDORSER, "workspace:name_endorser", _("Name another endorser"))
    return found


def task_summary(tasks: list[Task]) -> dict[str, int]:
    """How many tasks stand where."""
    counted = [task for task in tasks if task.state not in (TaskState.DECLINED, TaskState.WITHDRAWN)]
    return {
        "all": len(counted),
        "to_report": sum(task.state == TaskState.ASSIGNED for task in counted),
        "waiting": sum(task.state in queries.TO_DECIDE for task in counted),
        "confirmed": sum(task.state == TaskState.CONFIRMED for task in counted),
    }


def page_of(reading: CardReading) -> dict[str, Any]:
    """What every page about one card shows around its own content."""
    card, now = reading.card, timezone.now()
    put_words(reading.tasks, reading.asked)
    keyhole = keyhole_of(reading.scope, card, now)
    return {
        "card": card,
        "period": card.period,
        "reading": reading,
        "progress": progress_of(reading),
        "facts": facts_of(reading),
        "notices": [*notices_of(reading, now), *notices_of_keyhole(keyhole)],
        "in_place_of": in_place_of(reading.scope, card),
        "actions": actions_of(reading, now, keyhole),
        "tasks": reading.tasks,
        "task_summary": task_summary(reading.tasks),
        "print_url": optional_url("reporting:form01", card.pk),
        "history_url": optional_url("workspace:card_history", card.pk) if not reading.is_own else "",
        "readers_url": optional_url("workspace:card_readers", card.pk)
        if rules.explain_card(reading.scope, card)
        else "",
        "feedback_url": optional_url("workspace:give_feedback", card.pk)
        if card.period.is_open and rules.may(table.GIVE_FEEDBACK, reading.scope, card)
        else "",
    }
