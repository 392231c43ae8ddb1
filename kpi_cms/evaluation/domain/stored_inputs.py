"""What raters gave on many cards of a period, in one query a batch, whatever its size.

`recompute` computes stored results from it anew, `rescoring` what a draft would make of the same cards.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from django.db.models import F

from kpi_cms.evaluation.enums import WITH_THE_PERSON, StageKey
from kpi_cms.evaluation.models import Score, Scorecard
from kpi_cms.evaluation.models.scorecard import RATERS

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
