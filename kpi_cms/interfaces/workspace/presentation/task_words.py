"""What is said of a task, beside it; and the tasks of a card that do not say enough to be counted."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.evaluation.asked_queries import Questions, label_of, unsaid, words_of
from kpi_cms.evaluation.models import Task

SHOWN = 5


def words_text(task: Task, asked: Questions) -> str:
    """“Difficulty: hard; Step of quality: good”; "" where nobody asks, or nothing is said."""
    return "; ".join(f"{name}: {value}" for name, value in words_of(task, asked) if asked)


def put_words(tasks: Iterable[Any], asked: Questions) -> None:
    """Beside each task what is said of it, as `words`."""
    for task in tasks:
        task.words = words_text(task, asked)


def insufficient_notice(tasks: Iterable[Task], asked: Questions) -> list[dict[str, Any]]:
    """A warning that names the tasks which do not say what the set counts them by."""
    found = [(task, names) for task in tasks if (names := unsaid(task, asked))]
    if not found:
        return []
    named = [f"{task} ({', '.join(str(label_of(name)) for name in names)})" for task, names in found[:SHOWN]]
    if len(found) > SHOWN:
        named.append("…")
    text = _(
        "Insufficient data: tasks do not say what the criteria set counts them by: %(tasks)s. Whoever gives or "
        "confirms a task says it there."
    ) % {"tasks": "; ".join(named)}
    return [{"kind": "warning", "text": text}]
