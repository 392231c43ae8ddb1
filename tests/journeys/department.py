"""Beside the product: a month of those whom a story does not follow, by the calls that the pages make."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils import timezone

from kpi_cms.evaluation.domain import stages, tasks
from kpi_cms.evaluation.models import Scorecard
from snippets.enums import PeriodState
from snippets.models import Product
from tests.helpers import month
from tests.helpers.screens import on_screen


def live(codes: Iterable[str]) -> None:
    """One task done, every score at its maximum, sent, evaluated and confirmed, for each of these staff codes."""
    for code in codes:
        cards = Scorecard.objects.with_context().filter(
            person__staff_code=code, period__state=PeriodState.OPEN
        )
        card = cards.order_by("period__starts_on").last()
        assert card is not None
        _work(card)
        _decide(card)


def _work(card: Scorecard) -> None:
    assert card.person.user is not None
    assert card.evaluator is not None
    now = timezone.localtime()  # the day of a task is one of the suite's place
    task = tasks.assign_task(
        actor=card.evaluator.user, moment=now, period=card.period, person=card.person, product=_product(card),
        quantity=Decimal(1), due_on=now.date(), sudden=False,
    )  # fmt: skip
    task = tasks.report_task(
        actor=card.person.user, moment=now, task=task, expected=task.version_number, completed=Decimal(1),
        completed_on=now.date(), evidence_number="12/BC",
    )  # fmt: skip
    tasks.confirm_task(
        actor=card.evaluator.user, moment=now, task=task, expected=task.version_number, accepted=Decimal(1)
    )


def _product(card: Scorecard) -> Product:
    return Product.objects.filter(
        catalogue__pins__period=card.period, code="DC.01", catalogue__unit__code="HUNG-NGUYEN"
    ).get()


def _decide(card: Scorecard) -> None:
    assert card.person.user is not None
    assert card.evaluator is not None
    own, head = card.person.user, card.evaluator.user
    now = timezone.localtime()

    def number() -> int:
        return Scorecard.objects.values_list("version_number", flat=True).get(pk=card.pk)

    stages.save_self(actor=own, moment=now, card=card, expected=number(), entries=month.entries(card, "self"))
    stages.submit_self(actor=own, moment=now, card=card, expected=number())
    saved = stages.save_evaluation(
        actor=head, moment=now, card=card, expected=number(), entries=month.entries(card, "evaluator")
    ).card
    stages.confirm(actor=head, moment=now, card=saved, expected=number(), seen=on_screen(saved))
