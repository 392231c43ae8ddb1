"""Cards decided with scores and work behind them, written straight into the tables: for tests of many people."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.foundation.accounts.domain import system_user
from tests.helpers.world import MOMENT, World


def scored(world: World, cards: Iterable[Scorecard], *, share: str = "1", done: str = "4") -> None:
    """Notified by an evaluator who gave `share` of each maximum, for work of which `done` of four units were done."""
    for card in Scorecard.objects.filter(pk__in=[card.pk for card in cards]).select_related("version"):
        said = Assessment.objects.create(
            card=card, stage="evaluator", rater_id=card.evaluator_id, unit_id=card.unit_id, person_id=card.person_id,
            state="submitted", submitted_at=MOMENT,
        )  # fmt: skip
        Score.objects.bulk_create(
            Score(
                assessment=said, criterion=criterion, unit_id=card.unit_id, person_id=card.person_id,
                value=criterion.maximum * Decimal(share),
            )
            for criterion in card.version.criteria.filter(entered=True)
        )  # fmt: skip
        Task.objects.create(
            period=world.period, person_id=card.person_id, unit_id=card.unit_id, product=world.product, code="DC.01",
            name="Soạn thảo", coefficient=2, assigned=4, due_on=date(2026, 7, 20), completed=Decimal(done),
            accepted=Decimal(done), completed_on=date(2026, 7, 19), state="confirmed",
        )  # fmt: skip
        Scorecard.objects.filter(pk=card.pk).update(
            state="notified",
            evaluated_at=MOMENT,
            confirmed_at=MOMENT,
            result_final_at=MOMENT,
            notified_at=MOMENT,
        )
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
