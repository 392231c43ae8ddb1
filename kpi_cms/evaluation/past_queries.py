"""The card as it was at a chosen moment: criteria version, scores, comments, tasks, and who could read it by a grant.

Everything comes from history, each record as its newest row up to that moment says; texts from the erasable side
table. One query for each kind of record, whatever their number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.engine import NOT_ARISEN, decimal_text
from snippets.models import Grant, Person, Unit
from snippets.queries import lineage

from .asked_queries import Questions, questions_of, words_of
from .domain.details import fact_in_words, in_words
from .enums import AssessmentState, CardState, StageKey, TaskState
from .models import Assessment, Delay, Fault, Score, Scorecard, Task
from .models.scorecard import READING_CAPABILITIES, rater_id_on
from .stage_words import speaker
from .visibility import EVERYTHING, Sight


@dataclass(frozen=True)
class PastScore:
    """What the stage's rater of that moment had given for one criterion; `value` as entered, "" for none. `by` is the
    stage, and for whom somebody sat there."""

    stage: StageKey
    by: str
    code: str
    label: str
    value: str
    grounds: str


@dataclass(frozen=True)
class PastTask:
    """A task with the errors and delays that stood on it then; `words`: what was said of it, as (name, value)."""

    label: str
    state: TaskState
    assigned: str
    completed: str
    accepted: str
    faults: int
    delays: int
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Holder:
    """An account that could read the cards of a unit then: by which capability, held on which unit."""

    account: str
    capability: str
    unit: str


@dataclass(frozen=True)
class PastCard:
    """`version` is the criteria version it was scored with, `people` maps “evaluator” and “endorser” to names,
    `comments` the stage, or who sat there, to what was remarked."""

    moment: datetime
    state: CardState
    version: CriteriaVersion
    people: Mapping[str, str]
    scores: tuple[PastScore, ...]
    comments: Mapping[str, str]
    tasks: tuple[PastTask, ...]
    holders: tuple[Holder, ...]

    def content(self) -> dict[str, str]:
        """Label → value of everything that a decision rests on, in the order of the screen."""
        said = {_("State"): str(self.state.label)}
        said |= {f"{each.code} {each.label} ({each.by})": each.value for each in self.scores}
        said |= {
            f"{each.code} {each.label} ({each.by}), {_('grounds')}": each.grounds
            for each in self.scores
            if each.grounds
        }
        said |= {f"{_('comments')} ({by})": text for by, text in self.comments.items()}
        for task in self.tasks:
            said[task.label] = _(
                "%(state)s; assigned %(assigned)s, completed %(completed)s, accepted %(accepted)s; "
                "errors %(faults)s, delays %(delays)s"
            ) % {
                "state": task.state.label, "assigned": task.assigned, "completed": task.completed,
                "accepted": task.accepted, "faults": task.faults, "delays": task.delays,
            }  # fmt: skip
            said[task.label] += "".join(f"; {name}: {value}" for name, value in task.words)
        return said


def differences(earlier: PastCard, later: PastCard) -> dict[str, tuple[str, str]]:
    """Label → (then, later) of everything that is not the same."""
    before, after = earlier.content(), later.content()
    return {
        label: (before.get(label, ""), after.get(label, ""))
        for label in dict.fromkeys([*before, *after])
        if before.get(label, "") != after.get(label, "")
    }


def card_at(card: Scorecard, moment: datetime, seen: Sight = EVERYTHING) -> PastCard | None:
    """What `card` was at `moment`, as far as `seen` goes; None before it was opened."""
    then = newest(Scorecard, Q(id=card.pk), moment).get(card.pk)
    if then is None:
        return None
    said = [
        row
        for row in newest(Assessment, Q(card_id=card.pk), moment).values()
        if _counted(row, then) and _is_shown(row, seen)
    ]
    scores = newest(Score, Q(assessment_id__in=[row.id for row in said]), moment) if said else {}
    tasks = newest(Task, Q(period_id=card.period_id, person_id=card.person_id), moment)
    kept = texts.shown([*(row.comments_key for row in said), *(row.grounds_key for row in scores.values())])
    named = {"evaluator": rater_id_on(then, StageKey.EVALUATOR), "endorser": then.endorser_id}
    people = {role: key for role, key in named.items() if key is not None}
    # Who had endorsed it, whoever was named by then to endorse a new decision.
    people |= [("endorser", row.rater_id) for row in said if row.stage == StageKey.ENDORSEMENT]
    names = dict(Person.objects.filter(pk__in=people.values()).values_list("pk", "full_name"))
    version = CriteriaVersion.objects.get(pk=then.version_id)
    asked = questions_of([version.compiled()]) if version.asks_of_tasks else {}
    by = {row.id: speaker(version, row.stage, row.seat) for row in said}
    return PastCard(
        moment=moment,
        state=CardState(then.state),
        version=version,
        people={role: names[key] for role, key in people.items()},
        scores=tuple(_scores(said, scores.values(), kept, by)),
        comments={by[row.id]: kept.get(row.comments_key, "") for row in said if row.comments_key is not None},
        tasks=tuple(_tasks(tasks, moment, asked)),
        holders=tuple(holders_at(then.unit_id, moment)),
    )


def _counted(row: Any, then: Any) -> bool:
    """Whether an assessment counted for the card as it stood then, as `AssessmentQuerySet.that_count` has it."""
    if row.seat:
        return row.vacated_at is None
    if row.stage == StageKey.ENDORSEMENT:
        return bool(row.state == AssessmentState.SUBMITTED)
    return bool(row.rater_id == rater_id_on(then, row.stage))


def _is_shown(row: Any, seen: Sight) -> bool:
    """Whether an assessment, as it stood then, is among what the reader reads."""
    if row.stage == StageKey.COLLECTIVE:
        return seen.of_collective and (seen.of_unsent or row.state == AssessmentState.SUBMITTED)
    return seen.of_self if row.stage == StageKey.SELF else seen.of_evaluation


def newest(model: Any, records: Q, moment: datetime) -> dict[int, Any]:
    """Key → the newest row of each record up to `moment`; none for a record that was deleted by then."""
    rows = model.history.filter(records, history_date__lte=moment).order_by("id", "history_id")
    newest = {row.id: row for row in rows}
    return {key: row for key, row in newest.items() if row.history_type != "-"}


def _scores(
    said: Iterable[Any], rows: Iterable[Any], kept: Mapping[Any, str], by: Mapping[int, str]
) -> Iterable[PastScore]:
    stages = {row.id: StageKey(row.stage) for row in said}
    listed = list(rows)
    criteria = FrozenCriterion.objects.in_bulk([row.criterion_id for row in listed])
    order = list(StageKey)
    found = sorted(
        listed,
        key=lambda row: (
            order.index(stages[row.assessment_id]), by[row.assessment_id], criteria[row.criterion_id].order,
        ),
    )  # fmt: skip
    for row in found:
        criterion = criteria[row.criterion_id]
        yield PastScore(
            stage=stages[row.assessment_id],
            by=by[row.assessment_id],
            code=criterion.code,
            label=criterion.label,
            value=_number(criterion, row.value) if row.value is not None else _chosen(criterion, row.choice),
            grounds=kept.get(row.grounds_key, ""),
        )


def _number(criterion: FrozenCriterion, stored: Decimal) -> str:
    """Points as they were given; the answer of a fact in words."""
    fact = criterion.version.compiled().fact(criterion.key) if criterion.is_fact else None
    return decimal_text(stored) if fact is None else fact_in_words(fact, stored)


def _chosen(criterion: FrozenCriterion, stored: str) -> str:
    """A chosen value as it was entered; the numbers of a criterion given item by item in words."""
    in_code = stored.startswith("{") or stored == NOT_ARISEN
    compiled = criterion.version.compiled().criterion(criterion.key) if in_code else None
    return stored if compiled is None else in_words(compiled, stored)


def _tasks(rows: Mapping[int, Any], moment: datetime, asked: Questions) -> Iterable[PastTask]:
    if not rows:
        return
    standing = [_standing(model, list(rows), moment) for model in (Fault, Delay)]
    names = {task.pk: task for task in Task.objects.filter(pk__in=rows)}
    for key, row in sorted(rows.items()):
        task = names[key]
        yield PastTask(
            label=" ".join(part for part in (row.code, task.name, task.part_label) if part),
            state=TaskState(row.state),
            assigned=format_quantity(row.assigned),
            completed=format_quantity(row.completed),
            accepted=format_quantity(row.accepted) if row.accepted is not None else "–",
            faults=standing[0].count(key),
            delays=standing[1].count(key),
            words=tuple(words_of(row, asked)),
        )


def _standing(model: Any, tasks: list[int], moment: datetime) -> list[int]:
    """The task of each deduction that was not withdrawn by then."""
    rows = newest(model, Q(task_id__in=tasks), moment)
    return [row.task_id for row in rows.values() if row.withdrawn_at is None]


def holders_at(unit_id: int, moment: datetime) -> list[Holder]:
    """Accounts that held a reading capability on the unit or above it, where both stood in the tree then."""
    where = Unit.history.filter(id=unit_id, history_date__lte=moment).order_by("-history_id").first()
    path = where.path if where is not None else Unit.objects.get(pk=unit_id).path
    units = dict(Unit.objects.filter(path__in=lineage(path)).values_list("pk", "code"))
    day = timezone.localdate(moment)
    grants = (
        Grant.objects.filter(unit__in=units, capability__in=READING_CAPABILITIES, given_at__lte=moment)
        .filter(Q(starts_on__lte=day), Q(ends_on__isnull=True) | Q(ends_on__gte=day))
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=moment))
        .annotate(account=F("user__username"))
        .order_by("account", "capability", "unit_id")
    )
    return [Holder(each.account, each.get_capability_display(), units[each.unit_id]) for each in grants]


def accounts_named(holders: Iterable[Holder]) -> dict[str, str]:
    """Account → the name it shows, for a page."""
    return dict(
        User.objects.filter(username__in={each.account for each in holders}).values_list(
            "username", "display_name"
        )
    )
