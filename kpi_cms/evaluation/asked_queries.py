"""What the criteria sets of a person ask of their tasks: role, priority, difficulty, and the step they are accepted at.

Nothing of it is read but in a period that uses a version which asks (`CriteriaVersion.asks_of_tasks`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from criteria_pages.enums import Attribute
from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.engine import QUALITY, SAID, CompiledSet

from .enums import COUNTED_TASK_STATES, TaskState
from .models import Scorecard, Task, VersionPin

STEP_OF_QUALITY = _("Step of quality")


def label_of(name: str) -> str | Promise:
    """What a word of a task is called."""
    return STEP_OF_QUALITY if name == QUALITY else Attribute(name).label


@dataclass(frozen=True)
class Question:
    """One thing asked of a person's tasks: code → name, and whether every task must say it."""

    name: str
    values: Mapping[str, str]
    required: bool

    @property
    def label(self) -> str | Promise:
        return label_of(self.name)


Questions = Mapping[str, Question]


def is_asked(period: str = "period_id") -> Exists:
    """Whether a version that the row's period uses asks anything of tasks."""
    return Exists(VersionPin.objects.filter(period_id=OuterRef(period), version__asks_of_tasks=True))


def questions_of(sets: Iterable[CompiledSet]) -> Questions:
    """What sets ask together: each value that one of them offers, needed where one of them needs it."""
    return together(
        {name: Question(name, asked.values, asked.required) for name, asked in compiled.asks.items()}
        for compiled in sets
    )


def together(questions: Iterable[Questions]) -> Questions:
    """Every value of the same question, needed where one of them is."""
    found: dict[str, Question] = {}
    for each in questions:
        for name, question in each.items():
            before = found.get(name, Question(name, {}, required=False))
            values = {**before.values, **question.values}
            found[name] = Question(name, values, before.required or question.required)
    return found


def nothing_in_common(sets: Sequence[Questions]) -> list[str]:
    """What is needed of every task by sets that know no value in common, by name: no task could satisfy them all."""
    found = []
    for name in together(sets):
        needing = [set(each[name].values) for each in sets if name in each and each[name].required]
        if needing and not set.intersection(*needing):
            found.append(name)
    return found


@beyond_the_wall("what a task must say follows from the sets of its person, whoever gives it")
def asked_of(period_id: int, person_ids: Iterable[int]) -> dict[int, Questions]:
    """Person → what the sets of their cards in the period ask: somebody with a card of each frame is asked by both.

    Two queries; people whose sets ask nothing are left out.
    """
    cards = Scorecard.objects.filter(
        period_id=period_id, person_id__in=list(person_ids), version__asks_of_tasks=True
    )
    used: dict[int, list[int]] = {}
    for person_id, version_id in cards.order_by("frame", "pk").values_list("person_id", "version_id"):
        used.setdefault(person_id, []).append(version_id)
    # The specification is read once in each process, to compile it.
    versions = CriteriaVersion.objects.defer("specification").in_bulk(
        {pk for pks in used.values() for pk in pks}
    )
    return {person_id: questions_of(versions[pk].compiled() for pk in pks) for person_id, pks in used.items()}


def asked_about(record: Task | Scorecard) -> Questions:
    """What is asked of the tasks of a record's person; no query where `is_asked` was read beside it and says no."""
    if not getattr(record, "is_asked", True):
        return {}
    return asked_of(record.period_id, [record.person_id]).get(record.person_id, {})


def words_of(task: Task, asked: Questions) -> list[tuple[str, str]]:
    """What a task says of itself: (what it is called, the name of the value), in the order of the form."""
    found: list[tuple[str, str]] = []
    for name in (*SAID, QUALITY):
        if code := getattr(task, name):
            values = asked[name].values if name in asked else {}
            found.append((str(label_of(name)), values.get(code, code)))
    return found


def said_of(task: Task) -> dict[str, str]:
    """The codes of what somebody said of a task, by name."""
    return {name: getattr(task, name) for name in SAID}


def not_said(task: Task, asked: Questions) -> Questions:
    """What sets need of a task and it does not say, or says in a code they do not know."""
    return {
        name: question
        for name, question in asked.items()
        if name in SAID
        and getattr(task, name) not in question.values
        and (question.required or getattr(task, name))
    }


def unsaid(task: Task, asked: Questions) -> list[str]:
    """What a task that counts must say and does not, by name: its quality once it is confirmed."""
    if task.state not in COUNTED_TASK_STATES or task.points is None:
        return []
    accepted = task.state == TaskState.CONFIRMED and bool(task.completed)
    return [
        name
        for name, question in asked.items()
        if question.required and getattr(task, name) not in question.values and (name != QUALITY or accepted)
    ]
