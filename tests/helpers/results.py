"""Decided results and closed months, for tests of what is told about them."""

from collections.abc import Iterable
from decimal import Decimal

from kpi_cms.evaluation.domain import closing
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.foundation.core.actor import database_now
from snippets.enums import Role
from snippets.models import Unit
from tests.factories.snippets import in_role
from tests.helpers import world as worlds
from tests.helpers.world import MOMENT, World


def decide(
    cards: Iterable[Scorecard], points: str, band: str = "good", state: CardState = CardState.CONFIRMED
) -> None:
    """Give cards a decided result, as the domain stores it."""
    for card in cards:
        Scorecard.objects.filter(pk=card.pk).update(
            state=state, evaluated_at=MOMENT, confirmed_at=MOMENT, result_final_at=MOMENT, notified_at=MOMENT
        )
        CardResult.objects.create(
            card=card,
            stage="evaluator",
            period=card.period,
            unit=card.unit,
            person=card.person,
            rounded=Decimal(points),
            shown=points,
            band=band,
            computed_at=MOMENT,
        )


def close(world: World) -> None:
    """Close the month, as policy staff do: its totals are published."""
    closing.close_period(
        actor=in_role(world.root, Role.POLICY),
        moment=database_now(),
        period=world.period,
        unfinished_seen=closing.unfinished(world.period).count,
    )
    world.period.refresh_from_db()


def more_people(world: World, unit: Unit, count: int, prefix: str) -> list[Scorecard]:
    """Staff of a unit with open cards."""
    people = [worlds.person(f"{prefix}{n}", f"Nguyễn Văn {prefix}{n}", unit) for n in range(count)]
    worlds.open_month(world)
    return list(Scorecard.objects.filter(person__in=people).select_related("period", "unit", "person"))
