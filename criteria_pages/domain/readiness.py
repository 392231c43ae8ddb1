"""What a set can say and a card cannot do yet. Such a set stays a draft: nothing is computed without being filled in.

Quotas and rules for longer periods are frozen as they are written: they bear on no card, and nothing applies them yet.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from snippets.enums import CALENDAR

from ..enums import Attribute, DayCount, Law, RatedPeriod, StageName, rated
from ..models import CriteriaSetPage
from .problems import PageProblem

UNSAID = frozenset({Attribute.ROLE, Attribute.PRIORITY, Attribute.DIFFICULTY})
"""What no task says of itself."""


def not_yet(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """Everything in a working copy that no card could be computed with, each at its block."""
    for part in page.parts:
        for section in part.value["sections"] or ():
            for criterion in section.value["criteria"] or ():
                yield from _of_criterion(criterion)
    yield from _of_gates(page)
    yield from _of_raters(page)


def _of_criterion(criterion: Any) -> Iterator[PageProblem]:
    if criterion.block_type == "task_points":
        yield from _of_task_points(criterion)


def _of_task_points(criterion: Any) -> Iterator[PageProblem]:
    """What tasks do not say: most attributes and a step of quality; and a calendar that nobody keeps."""
    key = str(criterion.id)
    for index, coefficient in enumerate(criterion.value["coefficients"] or ()):
        attribute, inside = coefficient["attribute"], ("coefficients", index)
        if attribute in UNSAID:
            sentence = _(
                "Tasks do not say this of themselves yet: %(attribute)s. Remove the coefficient, or keep the set as a "
                "draft."
            ) % {"attribute": Attribute(attribute).label}
            yield PageProblem("attribute_not_yet", sentence, key=key, inside=(*inside, "attribute"))
        elif coefficient["default"] is None and not _has_every_group(coefficient):
            sentence = _(
                "Say what counts for a task with none of these values: no task may be without a coefficient."
            )
            yield PageProblem("coefficient_default", sentence, key=key, inside=(*inside, "default"))
    calendar = (criterion.value["calendar"] or "").strip()
    if criterion.value["count"] == DayCount.WORKING and calendar not in ("", CALENDAR):
        sentence = _(
            "There is no calendar “%(calendar)s”. The one whose days off are registered is “%(known)s”: write this "
            "name."
        ) % {"calendar": calendar, "known": CALENDAR}
        yield PageProblem("no_calendar", sentence, key=key, inside=("calendar",))
    if criterion.value["quality"]:
        sentence = _(
            "Tasks are not accepted in steps of quality yet. Remove the steps, or keep the set as a draft."
        )
        yield PageProblem("quality_not_yet", sentence, key=key, inside=("quality",))


def _has_every_group(coefficient: Any) -> bool:
    """A catalogue has at most five groups of complexity (Đ13)."""
    codes = {value["code"] for value in coefficient["values"]}
    return coefficient["attribute"] == Attribute.GROUP and codes >= {"1", "2", "3", "4", "5"}


def _of_raters(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """On a card the person, a collective and the competent person give points, one each; the last of them decides."""
    free = {StageName.SELF.value, StageName.COLLECTIVE.value, StageName.EVALUATOR.value}
    decides = {stage.value["name"] for stage in page.stages if stage.value["decides"]}
    for rater in page.raters:
        stage = rater.value["stage"]
        if stage not in free or decides != {StageName.EVALUATOR.value}:
            sentence = _(
                "On a card the person, a collective and the competent person give points, one each, and the competent "
                "person decides: choose another stage for this rater, or keep the set as a draft."
            )
            yield PageProblem("raters_not_yet", sentence, key=str(rater.id), inside=("stage",))
        free.discard(stage)


def _of_gates(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """Under the decree a month or a quarter has points and the band of these; forced cases belong to the year."""
    if page.law != Law.ND335:
        return
    on_cards = {rated(kind) for kind in page.period_kinds} - {RatedPeriod.YEAR}
    for gate in page.gates:
        chosen = set(gate.value["periods"] or RatedPeriod.values)
        bearing = [period.label for period in RatedPeriod if period.value in on_cards & chosen]
        if bearing:
            sentence = _(
                "Under Decree 335/2025 the year alone has forced cases (Đ3.5, Đ20); this gate would bear on: "
                "%(periods)s. Choose the year for it."
            ) % {"periods": ", ".join(str(label) for label in bearing)}
            yield PageProblem("gate_nd335", sentence, key=str(gate.id), inside=("periods",))
