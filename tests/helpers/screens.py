"""What the page of a decision carries."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from kpi_cms.evaluation import seen
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.models import Scorecard
from tests.helpers.world import MOMENT


def on_screen(card: Scorecard, moment: datetime = MOMENT, *, unseen: Collection[str] = ()) -> str:
    """Signed: the digest of the card as it stands in the tables, and the moment at which it was shown; of `unseen`
    stages the page says nothing."""
    card = Scorecard.objects.with_context().get(pk=card.pk)
    return seen.token(card, seen.digest_now(card, unseen), moment)


def seen_by(verb: Callable[..., Any], card: Scorecard, moment: datetime = MOMENT) -> dict[str, str]:
    """What a step brings along beside its save number, where it is a decision."""
    decisions = (stages.confirm, stages.endorse, stages.accept_new_basis)
    return {"seen": on_screen(card, moment)} if verb in decisions else {}
