"""What raters gave on many cards of a period, in one query a batch, whatever its size.

`recompute` computes stored results from it anew, `rescoring` what a draft would make of the same cards.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from kpi_cms.evaluation.enums import WITH_THE_PERSON, AssessmentState, StageKey
from kpi_cms.evaluation.models import Assessment, Score, Scorecard
from kpi_cms.evaluation.models.scorecard import rater_in
from kpi_cms.foundation.engine import stage_and_seat

Given = dict[str, Decimal | str]


def given_at(card_ids: Sequence[int], stage: str, seat: str = "") -> Mapping[int, Given]:
    """Card → what the stage's rater, or whoever sits there, gave by the criterion's key; cards without a score are left
    out."""
    now: dict[str, Any] = {"assessment__rater": rater_in(stage, "assessment__card__")}
    if seat:
        now = {"assessment__vacated_at__isnull": True}
    rows = (
        Score.objects.filter(
            assessment__card_id__in=card_ids, assessment__stage=stage, assessment__seat=seat, **now
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


def said_at(card_ids: Sequence[int], voices: Iterable[str]) -> Mapping[int, Mapping[str, Given]]:
    """Card → voice → what its rater sent, for cards whose set decides with it too; as `scoring.said_beside` reads one.

    What the person did not submit, or got back (`Scorecard.self_is_submitted`), is not there.
    """
    found: dict[int, dict[str, Given]] = {pk: {} for pk in card_ids}
    for voice in voices:
        stage, seat = stage_and_seat(voice)
        if stage == StageKey.SELF:
            sent = Scorecard.objects.filter(pk__in=card_ids, submitted_at__isnull=False).exclude(
                state__in=WITH_THE_PERSON
            )
            keys = list(sent.values_list("pk", flat=True))
        else:
            rows = Assessment.objects.that_count().filter(
                card_id__in=card_ids, stage=stage, seat=seat, state=AssessmentState.SUBMITTED
            )
            keys = list(rows.values_list("card_id", flat=True))
        for pk, given in (given_at(keys, stage, seat) if keys else {}).items():
            found[pk][voice] = given
    return found
