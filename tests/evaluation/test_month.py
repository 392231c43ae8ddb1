"""One person's month at the level of the verbs, from the first task to the notified result."""

from datetime import date
from decimal import Decimal

import pytest

from kpi_cms.evaluation.domain import deductions, stages, tasks
from kpi_cms.evaluation.domain.stages import Entry
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import CardResult, Scorecard
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


def full_marks(card: Scorecard, stage: str) -> dict[str, Entry]:
    return {
        criterion.key: Entry(criterion.max if criterion.kind == "number" else "100", "Có sáng kiến")
        for criterion in card.version.compiled().criteria
        if criterion.entered and stage in criterion.stages
    }


def test_a_month_ends_with_a_notified_result(world: World) -> None:
    head, lan = world.head.user, world.lan.user
    task = tasks.assign_task(
        actor=head,
        moment=MOMENT,
        period=world.period,
        person=world.lan,
        product=world.product,
        quantity=Decimal(4),
        due_on=date(2026, 7, 20),
    )
    task = tasks.report_task(
        actor=lan,
        moment=MOMENT,
        task=task,
        expected=1,
        completed=Decimal(4),
        completed_on=date(2026, 7, 22),
        evidence_number="12/BC-UBND",
    )
    card = world.card(world.lan)
    saved = stages.save_self(
        actor=lan,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        entries=full_marks(card, "self"),
        comments={"strengths": "Làm đủ việc"},
    )
    assert saved.outcome.rounded == Decimal("100.00")
    card = stages.submit_self(actor=lan, moment=MOMENT, card=saved.card, expected=saved.card.version_number)
    task = tasks.confirm_task(actor=head, moment=MOMENT, task=task, expected=2, accepted=Decimal(4))
    deductions.record_fault(actor=head, moment=MOMENT, task=task, unit_number=1, reason="Sai số liệu")
    deductions.record_fault(actor=head, moment=MOMENT, task=task, unit_number=2, reason="Sai số liệu")
    deductions.record_delay(actor=head, moment=MOMENT, task=task, unit_number=1, reason="Nộp muộn")
    card = world.card(world.lan)
    entries = full_marks(card, "evaluator")
    first = next(iter(entries))
    entries[first] = Entry(Decimal(2))
    saved = stages.save_evaluation(
        actor=head, moment=MOMENT, card=card, expected=card.version_number, entries=entries
    )
    card = stages.confirm(
        actor=head, moment=MOMENT, card=card, expected=saved.card.version_number, seen=on_screen(card)
    )
    assert card.state == CardState.CONFIRMED
    card = stages.notify(actor=head, moment=MOMENT, card=card)
    assert card.state == CardState.NOTIFIED
    result = CardResult.objects.get(card=card, stage="evaluator")
    assert (result.rounded, result.band, result.results) == (Decimal("92.63"), "excellent", Decimal("65.63"))
    assert CardResult.objects.get(card=card, stage="self").rounded == Decimal("100.00")
