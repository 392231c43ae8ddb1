"""What the page of a decision carries."""

from datetime import datetime

from kpi_cms.evaluation import seen
from kpi_cms.evaluation.models import Scorecard
from tests.helpers.world import MOMENT


def on_screen(card: Scorecard, moment: datetime = MOMENT) -> str:
    """Signed: the digest of the card as it stands in the tables, and the moment at which it was shown."""
    card = Scorecard.objects.with_context().get(pk=card.pk)
    return seen.token(card, seen.digest_now(card), moment)
