"""What many cards of a period are computed from, read in batches: three queries a batch, whatever its size.

`recompute` computes stored results from it anew, `rescoring` what a draft would make of the same cards.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from django.db.models import F

from kpi_cms.evaluation.domain import scoring
from kpi_cms.evaluation.enums import COUNTED_TASK_STATES, EXTRA_KINDS, WITH_THE_PERSON, StageKey
from kpi_cms.evaluation.models import Delay, Fault, Score, Scorecard, Task
from kpi_cms.evaluation.models.scorecard import RATERS
from kpi_cms.foundation.engine import TaskInput

Given = dict[str, Decimal | str]


def given_at(card_ids: Sequence[int], stage: str) -> Mapping[int, Given]:
    """Card → what the stage's rater gave, by the criterion's key; cards without a score are left out."""
    rows = (
        Score.objects.filter(
            assessment__card_id__in=card_ids,
            assessment__stage=stage,
            assessment__rater=F(f"assessment__card__{RATERS[StageKey(stage)]}"),
        )
        .order_by("assessment__card_id")
        .values_list("assessment__card_id", "criterion__key", "value", "choice")
    )
    found: dict[int, Given] = {}
    for card_id, group in groupby(rows, key=itemgetter(0)):
        found[card_id] = {
            key: choice if value is None else value
            for _card, key, value, choice in group
            if value is not None or choice
        }
    return found


def said_at(card_ids: Sequence[int]) -> Mapping[int, Given]:
    """Card → what the person submitted and did not get back (`Scorecard.self_is_submitted`); one query.

    For cards whose set decides with it too; a card that is not there has no self-assessment to decide with.
    """
    said = Scorecard.objects.filter(pk__in=card_ids, submitted_at__isnull=False).exclude(
        state__in=WITH_THE_PERSON
    )
    keys = list(said.values_list("pk", flat=True))
    given = given_at(keys, StageKey.SELF) if keys else {}
    return {pk: given.get(pk, {}) for pk in keys}


def tasks_of(period_id: int, people: Sequence[int]) -> Mapping[int, list[TaskInput]]:
    """Person → the tasks that count in the period and whose product is decided, with their deductions."""
    rows = list(
        Task.objects.filter(
            period_id=period_id,
            person_id__in=people,
            state__in=COUNTED_TASK_STATES,
            coefficient__isnull=False,
        )
        .order_by("pk")
        .values_list(
            "pk",
            "person_id",
            "coefficient",
            "assigned",
            "handed_over",
            "kind",
            "state",
            "completed",
            "accepted",
            "confirmed_before",
        )
    )
    faults, delays = scoring.deductions_of(_with_deductions(period_id, people))
    found: dict[int, list[TaskInput]] = defaultdict(list)
    for pk, person_id, coefficient, assigned, handed_over, kind, state, completed, accepted, before in rows:
        assert coefficient is not None  # the query leaves undecided products out
        found[person_id].append(
            TaskInput(
                coefficient, assigned, completed, scoring.good_so_far(state, completed, accepted, before),
                handed_over, kind in EXTRA_KINDS, faults.get(pk, ()), delays.get(pk, ()),
            )
        )  # fmt: skip
    return found


def _with_deductions(period_id: int, people: Sequence[int]) -> list[int]:
    """Tasks of these people that bear a fault or a delay: few among many."""
    bearing = [
        model._default_manager.filter(task__period_id=period_id, person_id__in=people)
        .order_by()
        .values_list("task_id", flat=True)
        for model in (Fault, Delay)
    ]
    return sorted(bearing[0].union(bearing[1]))
