"""A month that can be verified: what `world` writes past the domain gets its history and its texts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from kpi_cms.evaluation.domain import opening, stages
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import anchors, layouts, ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import as_actor
from snippets.models import Period, Person
from tests.helpers import month
from tests.helpers.world import MOMENT, World


def register() -> None:
    """The periods and people of the world, as their registers would have written them."""
    with as_actor(system_user(), MOMENT):
        for period in Period.objects.all():
            period.save()
        for person in Person.objects.all():
            person.name_key = texts.keep(TextKind.NAME, person.full_name, person_code=person.staff_code)
            person.save()


def opened_by_the_book(world: World) -> None:
    """The entries that opening the world's month would have left."""
    digest = ledger.rows_digest(
        layouts.form_of(Scorecard, only=opening.FROZEN), Scorecard.objects.filter(period=world.period)
    )
    with as_actor(system_user(), MOMENT):
        for act, after in (
            (Act.PERIOD_OPENING, opening.pinned(world.period)),
            (Act.PERIOD_OPENED, {"frozen": digest}),
        ):
            ledger.record(act, subject=world.period, period_id=world.period.pk, after=after)


def first_half(world: World) -> None:
    """Scored and sent, in both agencies, and anchored."""
    register()
    opened_by_the_book(world)
    for who in (world.lan, world.minh, world.stranger):
        month.worked(world, who)
    month.submitted(world, world.lan)
    month.submitted(world, world.stranger)
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=1), occasion="interval")


def second_half(world: World) -> None:
    """Returned, evaluated with a comment, confirmed, and anchored again."""
    card = world.card(world.lan)
    _by_the_evaluator(stages.return_to_person, card, reason="Xem lại điểm")
    card = month.evaluated(world, world.minh, share="0.5")
    _by_the_evaluator(stages.save_evaluation, card, entries={}, comments={"comment": "Hoàn thành tốt"})
    month.notified_as_it_stands(world, world.minh)
    task = Task.objects.get(person=world.stranger)
    month.confirm_report(task, accepted="3")
    card = world.card(world.stranger)
    entries = {
        key: each for key, each in month.entries(card, "evaluator").items() if isinstance(each.value, Decimal)
    }
    _by_the_evaluator(stages.save_evaluation, card, entries=entries, comments={"comment": "Còn chậm"})
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=2), occasion="interval")


def _by_the_evaluator(verb: Any, card: Scorecard, **more: Any) -> None:
    number = Scorecard.objects.get(pk=card.pk).version_number
    assert card.evaluator is not None
    verb(actor=card.evaluator.user, moment=MOMENT, card=card, expected=number, **more)
