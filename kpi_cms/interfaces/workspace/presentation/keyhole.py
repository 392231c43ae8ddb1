"""What the page of a card says of its keyhole, to whoever decides on it."""

from datetime import datetime

from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.domain.reopening import standing_keyhole
from kpi_cms.evaluation.enums import DECIDED, Relation, ReopeningState
from kpi_cms.evaluation.models import Reopening, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.numbers import format_moment

DECIDING = {Relation.EVALUATOR, Relation.DELEGATE, Relation.ENDORSER}


def keyhole_of(scope: Scope, card: Scorecard, now: datetime) -> Reopening | None:
    """What stands open on a decided card, or waits there: for whoever decides on it or names who does."""
    if card.state not in DECIDED:
        return None
    if not DECIDING & rules.relations_of(scope, card) and not rules.may(table.NAME_ENDORSER, scope, card):
        return None
    return standing_keyhole(card, now)


def notices_of_keyhole(keyhole: Reopening | None) -> list[dict[str, str]]:
    """That a new decision waits, or why it came back."""
    if keyhole is None:
        return []
    if keyhole.state == ReopeningState.PROPOSED:
        text = _(
            "A new decision waits for the head of the agency to endorse it, until %(until)s. Until then the former "
            "result stands."
        )
        return [{"kind": "info", "text": text % {"until": format_moment(keyhole.expires_at)}}]
    if keyhole.return_reason_key is None:
        return []
    reason = texts.shown([keyhole.return_reason_key]).get(keyhole.return_reason_key)
    text = _("The head of the agency returned the new decision with this reason: %(reason)s")
    return [{"kind": "warning", "text": text % {"reason": reason or "–"}}]
