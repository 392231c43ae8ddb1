"""What a set can say and a card cannot do yet. Such a set stays a draft: nothing is computed without being filled in.

Quotas and rules for longer periods are frozen as they are written: they bear on no card, and nothing applies them yet.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from ..blocks import CriteriaBlock
from ..enums import Law, RatedPeriod, StageName, TaskScope, rated
from ..models import CriteriaSetPage
from .problems import PageProblem

NEVER_FILLED = frozenset({"task_points", "result_of"})


def not_yet(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """Everything in a working copy that no card could be computed with, each at its block."""
    for part in page.parts:
        for section in part.value["sections"] or ():
            for criterion in section.value["criteria"] or ():
                yield from _of_criterion(criterion)
    yield from _of_gates(page)
    yield from _of_raters(page)


def _of_criterion(criterion: Any) -> Iterator[PageProblem]:
    kind = criterion.block_type
    if kind in NEVER_FILLED:
        sentence = _(
            "Cards cannot be filled in with the kind “%(kind)s” yet: choose another kind, or keep the set as a draft."
        ) % {"kind": CriteriaBlock.base_blocks[kind].label}
        yield PageProblem("kind_not_yet", sentence, key=str(criterion.id))
    elif kind == "roll_up" and criterion.value["scope"] not in (None, "", TaskScope.OWN):
        sentence = _(
            "Cards count only the person's own tasks with the kind “%(kind)s” yet: choose those, or keep the set as a "
            "draft."
        ) % {"kind": CriteriaBlock.base_blocks[kind].label}
        yield PageProblem("kind_not_yet", sentence, key=str(criterion.id), inside=("scope",))


def _of_raters(page: CriteriaSetPage) -> Iterator[PageProblem]:
    """On a card the person and the competent person give points, one each, and the competent person's stage decides."""
    free = {StageName.SELF.value, StageName.EVALUATOR.value}
    decides = {stage.value["name"] for stage in page.stages if stage.value["decides"]}
    for rater in page.raters:
        stage = rater.value["stage"]
        if stage not in free or decides != {StageName.EVALUATOR.value}:
            sentence = _(
                "On a card the person and the competent person give points, one each, and the competent person "
                "decides: choose another stage for this rater, or keep the set as a draft."
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
