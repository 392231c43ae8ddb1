"""Draw cards at random for an inspection, on record: whoever draws until the cards please them leaves each drawing."""

from datetime import datetime
from random import Random

from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY
from kpi_cms.evaluation.saved_questions import cards_audited
from kpi_cms.foundation.access.rules import somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import NotFound
from snippets.domain.periods import label
from snippets.models import Period, Unit


@business_verb
def draw_sample(*, actor: User, moment: datetime, period: Period, number: int, seed: int) -> LedgerEntry:
    """`number` cards of the period, fewer where it has fewer; each that the actor audits has the same chance.

    The same seed draws the same cards from the same ones. The entry says seed, number, of how many, and the codes.
    Raises NotFound for whoever audits nothing.
    """
    scope = Scope.of(actor)
    if not somewhere(READ_UNIT_HISTORY, scope):
        raise NotFound
    cards = list(cards_audited(scope, period).order_by("pk"))
    drawn = Random(seed).sample(cards, min(number, len(cards)))  # noqa: S311  # repeatable, and no secret
    tops = list(Unit.objects.filter(path__in=scope.paths(*READ_UNIT_HISTORY.capabilities))[:2])
    return ledger.record(
        Act.SAMPLE_DRAWN,
        subject=period,
        label=label(period),
        unit=tops[0] if len(tops) == 1 else None,
        after={
            "seed": seed,
            "number": number,
            "of": len(cards),
            "cards": [card.code for card in sorted(drawn, key=lambda card: card.pk)],
        },
    )
