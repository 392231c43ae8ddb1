"""Verbs of a month for tests: each brings a card one step on, as the people of `world` would."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from kpi_cms.evaluation.domain import stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Scorecard, Task
from snippets.models import Person
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World


def entries(card: Scorecard, stage: str, *, share: str = "1") -> dict[str, Entry]:
    """Every criterion of a stage: `share` of its maximum, or 100 with grounds for a choice."""
    compiled = card.version.compiled()
    return {
        criterion.key: Entry(
            (criterion.max or Decimal(0)) * Decimal(share) if criterion.kind == "number" else "100",
            "" if criterion.kind == "number" else "Có sáng kiến được công nhận",
        )
        for criterion in compiled.criteria
        if criterion.entered and stage in criterion.stages
    }


def assign(
    world: World, who: Person, *, quantity: str = "4", by: Person | None = None, sudden: bool = False
) -> Task:
    actor = by or world.card(who).evaluator
    assert actor is not None
    return tasks.assign_task(
        actor=actor.user, moment=MOMENT, period=world.period, person=who, product=world.product,
        quantity=Decimal(quantity), due_on=date(2026, 7, 20), sudden=sudden,
    )  # fmt: skip


def report(
    task: Task, *, completed: str = "4", on: date = date(2026, 7, 19), moment: datetime = MOMENT
) -> Task:
    return tasks.report_task(
        actor=task.person.user, moment=moment, task=task, expected=task.version_number, completed=Decimal(completed),
        completed_on=on, evidence_number="12/BC-UBND",
    )  # fmt: skip


def confirm_report(task: Task, *, accepted: str | None = None, by: Person | None = None) -> Task:
    evaluator = by or Scorecard.objects.get(period=task.period, person=task.person).evaluator
    assert evaluator is not None
    return tasks.confirm_task(
        actor=evaluator.user, moment=MOMENT, task=task, expected=task.version_number,
        accepted=task.completed if accepted is None else Decimal(accepted),
    )  # fmt: skip


def worked(world: World, who: Person, *, completed: str = "4") -> Task:
    """A task assigned, reported and confirmed."""
    return confirm_report(report(assign(world, who), completed=completed))


def self_saved(world: World, who: Person) -> Scorecard:
    """Every score of the person saved, and not sent."""
    card = world.card(who)
    return stages.save_self(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number, entries=entries(card, "self")
    ).card


def submitted(world: World, who: Person) -> Scorecard:
    card = self_saved(world, who)
    return stages.submit_self(actor=who.user, moment=MOMENT, card=card, expected=card.version_number)


def evaluated(world: World, who: Person, *, share: str = "1") -> Scorecard:
    """Submitted, and every score of the evaluator saved."""
    card = submitted(world, who)
    assert card.evaluator is not None
    return stages.save_evaluation(
        actor=card.evaluator.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=entries(card, "evaluator", share=share),
    ).card  # fmt: skip


def confirmed(world: World, who: Person, *, share: str = "1") -> Scorecard:
    card = evaluated(world, who, share=share)
    assert card.evaluator is not None
    return stages.confirm(
        actor=card.evaluator.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )


def notified_as_it_stands(world: World, who: Person) -> Scorecard:
    """What its evaluator saved, confirmed and notified."""
    card = world.card(who)
    assert card.evaluator is not None
    actor, seen = card.evaluator.user, on_screen(card)
    stages.confirm(actor=actor, moment=MOMENT, card=card, expected=card.version_number, seen=seen)
    return stages.notify(actor=actor, moment=MOMENT, card=world.card(who))


def notified(world: World, who: Person, *, share: str = "1") -> Scorecard:
    card = confirmed(world, who, share=share)
    assert card.evaluator is not None
    return stages.notify(actor=card.evaluator.user, moment=MOMENT, card=card)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at its end: for many examples on one world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
