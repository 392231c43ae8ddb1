"""What is said of a task where a criteria set of its person counts by it: role, priority, difficulty, step of quality.

Codes alone, of the sets of the person's cards in the period (`asked_queries`). Every verb that makes or changes a task
checks them here: a code that no set offers is refused, and so is a task without one that a set needs.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext as _

from kpi_cms.evaluation.asked_queries import Question, Questions, label_of
from kpi_cms.evaluation.models import Task
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.engine import QUALITY, SAID

NOTHING_SAID: Mapping[str, str] = MappingProxyType({})


def describe(
    task: Task,
    attributes: Mapping[str, str],
    asked: Questions,
    *,
    complete: bool = True,
    settled: bool = False,
) -> None:
    """Put what was said of a task on it, by name; what was not said stays as it is.

    With `complete` the task must say all that is needed. With `settled` only what it did not say can be added: what a
    task is worth does not change under the person's hands. Raises Invalid with a sentence at each name.
    """
    problems: dict[str, list[str]] = {}
    for name in SAID:
        before = getattr(task, name)
        code = attributes.get(name, before).strip()
        sentence = _refused(task, name, code, asked.get(name), complete=complete, said=name in attributes)
        if sentence is None and settled and code != before and _stands(before, asked.get(name)):
            sentence = _("“%(name)s” was said when the task was given, and stays as it is.") % {
                "name": label_of(name)
            }
        if sentence is not None:
            problems[name] = [sentence]
        setattr(task, name, code)
    if problems:
        raise Invalid(_("It is not said what this task is. Correct it and save again."), problems=problems)


def accept_at(task: Task, quality: str, asked: Questions) -> None:
    """Record the step of quality at which what is completed is accepted. Raises Invalid where it is needed or unknown.

    Nothing completed has no quality.
    """
    code, question = quality.strip(), asked.get(QUALITY)
    sentence = None
    if code and not task.completed:
        sentence = _("Nothing is completed of this task: it has no step of quality.")
    elif code or task.completed:
        sentence = _refused(task, QUALITY, code, question, complete=True, said=True)
    if sentence is not None:
        raise Invalid(sentence, problems={QUALITY: [sentence]})
    task.quality = code


def _stands(code: str, question: Question | None) -> bool:
    """Something is said that no set of the person takes for unsaid."""
    return bool(code) and (question is None or code in question.values)


def _refused(
    task: Task, name: str, code: str, question: Question | None, *, complete: bool, said: bool
) -> str | None:
    """Why a code cannot stand; None where it can. A code taken over with the task stays where nobody asks for it."""
    about = {"name": label_of(name), "person": task.person.full_name, "code": code}
    if question is None:
        if code and said:
            return _("The criteria sets of %(person)s do not count by “%(name)s”: leave it out.") % about
        return None
    if not code:
        if question.required and complete:
            return _("Choose “%(name)s”: a criteria set of %(person)s counts by it.") % about
        return None
    if code not in question.values:
        known = ", ".join(question.values.values())
        return _(
            "“%(code)s” is no value of “%(name)s” in the criteria sets of %(person)s. Choose one of: %(known)s."
        ) % {**about, "known": known}
    return None
