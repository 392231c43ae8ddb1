"""The evaluator of an open card follows the registers: whoever lost a post evaluates nobody by it any more (T37).

At once after an act on posts, service, decisions or the tree, and by night for what begins and ends by date. Who is
competent says `naming`, by the same rule as when somebody has evaluators named by hand: nobody is chosen here either.
Where nobody is found the card keeps whom it names, and the list of cards without an evaluator says so.

What the former evaluator wrote stays as it is. An evaluation that was confirmed stands: its former endorser goes, and
it waits for the agency's next head.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor, business_verb, database_now
from kpi_cms.foundation.core.errors import WrongState
from kpi_cms.foundation.core.models import Job
from snippets.enums import PeriodState
from snippets.models import Period

from . import basis, locks
from .evaluators import Organisation
from .naming import ASKED, Competent, Today, name_anew, standing_evaluator, waiting_for_an_evaluator

logger = logging.getLogger(__name__)

BATCH = 200
JOB_NAME = "follow_registers"
EVERYWHERE = Q()


# --- The act -----------------------------------------------------------------------------------------------
@business_verb
def follow_registers(*, actor: User, moment: datetime, period: Period, cards: Collection[int]) -> int:
    """Name whoever is competent today on those of these cards that name somebody else; returns how many did.

    One transaction, so a batch. The period may have been closed and a card decided since they were looked for.
    """
    locks.share_period(period.pk)
    if not Period.objects.filter(pk=period.pk, state=PeriodState.OPEN).exists():
        return 0
    locked = (
        Scorecard.objects.select_for_update(of=("self",))
        .with_context()
        .filter(waiting_for_an_evaluator(), period=period, pk__in=cards)
        .order_by(*locks.LOCK_ORDER)
    )
    today = Today(timezone.localdate(moment), period)
    named = [(card, found) for card in locked if (found := _follows(today, card)) is not None]
    name_anew(named, moment, _("Who evaluates follows the registers of people and units."), reopening=False)
    return len(named)


@business_verb
def follow_deputies(*, actor: User, moment: datetime, period: Period, people: Collection[int]) -> None:
    """Look at the cards of these people as deputies, whose fields changed: computed anew, or marked once decided.

    The period may have been closed since it was looked for.
    """
    locks.share_period(period.pk)
    if Period.objects.filter(pk=period.pk, state=PeriodState.OPEN).exists():
        basis.follow_fields(period.pk, people, moment)


def _follows(today: Today, card: Scorecard) -> Competent | None:
    """Whom the card is to name instead; None where it names them already or where nobody is found."""
    found = today.competent(card)
    if card.state == CardState.EVALUATED and found.endorser_id is None:
        return Competent(standing_evaluator(card), None) if card.endorser_id is not None else None
    if found.evaluator.person_id is None:
        standing = today.standing(card)
        return standing if today.is_head_new(card, standing) else None
    return found if today.need(card, found) is not None else None


# --- Which cards -------------------------------------------------------------------------------------------
def _open_periods() -> list[Period]:
    return list(Period.objects.filter(state=PeriodState.OPEN).order_by("pk"))


def _to_follow(period: Period, moment: datetime, where: Q) -> list[int]:
    """Keys of the period's cards that name somebody else than today's rule does, read without a lock."""
    cards = Scorecard.objects.filter(waiting_for_an_evaluator(), where, period=period).order_by("pk")
    today = Today(timezone.localdate(moment), period)
    found = cards.only(*ASKED).iterator(chunk_size=2_000)
    return [card.pk for card in found if _follows(today, card) is not None]


def _concerned(people: Collection[int], units: Collection[int], moment: datetime) -> Q:
    """Cards of these people, those that name one of them, and those that the head of one of the units may evaluate."""
    asked = Organisation(timezone.localdate(moment)).answering_to(units) if units else set()
    return (
        Q(person__in=people) | Q(evaluator__in=people) | Q(endorser__in=people)
        | Q(secretary__in=people) | Q(unit__in=asked) | Q(agency__in=list(units))
    )  # fmt: skip


# --- When --------------------------------------------------------------------------------------------------
def follow_change(
    sender: Any, *, people: Collection[int] = (), units: Collection[int] = (), **_named: Any
) -> None:
    """After an act of the registers: at once, so that the next request finds it; more than a batch by a job."""
    _follow_at_once(lambda moment: _concerned(people, units, moment))


def follow_fields(sender: Any, *, people: Collection[int], **_named: Any) -> None:
    """After units were put into deputies' charge or taken out of it, for whatever days: the periods say which count."""
    for period in _open_periods():
        follow_deputies(actor=system_user(), moment=database_now(), period=period, people=people)


def follow_card(sender: Any, *, card: int, **_named: Any) -> None:
    """After a card came back to its evaluator, who may have lost the post while it waited for its endorsement."""
    _follow_at_once(lambda moment: Q(pk=card))


def _follow_at_once(where: Callable[[datetime], Q]) -> None:
    actor, moment = system_user(), database_now()
    for period in _open_periods():
        with as_actor(actor, moment):
            found = _to_follow(period, moment, where(moment))
        if found:
            follow_registers(actor=actor, moment=moment, period=period, cards=found[:BATCH])
        if len(found) > BATCH:
            _leave_to_the_worker(actor, moment, period)


def _leave_to_the_worker(actor: User, moment: datetime, period: Period) -> None:
    try:
        jobs.enqueue(
            name=JOB_NAME, key=f"{JOB_NAME}:{period.pk}", actor=actor, moment=moment,
            arguments={"period": period.pk},
        )  # fmt: skip
    except WrongState:
        logger.info("the evaluators of period %s are being followed already; the night looks again", period)


@jobs.job(JOB_NAME)
def follow_in_batches(job: Job, actor: User) -> Iterator[jobs.Progress]:
    """All cards of a period. A run that was killed leaves fewer to find for the next one."""
    yield from _batches(Period.objects.get(pk=job.arguments["period"]), actor, database_now())


def _batches(period: Period, actor: User, moment: datetime) -> Iterator[jobs.Progress]:
    with as_actor(actor, moment):
        found = _to_follow(period, moment, EVERYWHERE)
    for first in range(0, len(found), BATCH):
        batch = found[first : first + BATCH]
        follow_registers(actor=actor, moment=moment, period=period, cards=batch)
        yield jobs.Progress(first + len(batch), len(found))


def follow_by_night(*, actor: User, moment: datetime) -> int:
    """Run by the scheduler once the day has turned: how many cards named somebody else than today's rule does."""
    return sum(
        max((progress.done for progress in _batches(period, actor, moment)), default=0)
        for period in _open_periods()
    )
