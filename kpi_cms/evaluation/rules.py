"""May it happen now? Relation to the card and state of the card, each answer with its sentence.

Access (who may) and state (may it now) are two questions; a domain function asks both, in this order: an unseen card
is missing (404), a seen one of somebody else is refused (403), the wrong moment is a conflict (409).
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.decisions import Decision, allow, refuse, unseen
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import WrongState
from snippets.enums import Capability, PeriodState
from snippets.models import Period, Person, Unit

from .enums import DECIDED, WITH_THE_EVALUATOR, WITH_THE_PERSON, CardState
from .models import Scorecard
from .models.scorecard import READING_CAPABILITIES

LOCAL = "%d/%m/%Y %H:%M"


def local(moment: datetime) -> str:
    """A moment as officials write it, in Asia/Ho_Chi_Minh."""
    return timezone.localtime(moment).strftime(LOCAL)


# --- Who may -----------------------------------------------------------------------------------------------
def is_own(user_id: int | None, card: Scorecard) -> bool:
    return user_id is not None and card.person.user_id == user_id


def is_evaluator(user_id: int | None, card: Scorecard) -> bool:
    return user_id is not None and card.evaluator is not None and card.evaluator.user_id == user_id


def is_endorser(user_id: int | None, card: Scorecard) -> bool:
    return user_id is not None and card.endorser is not None and card.endorser.user_id == user_id


def see_card(scope: Scope, card: Scorecard) -> Decision:
    """Own, evaluated, endorsed, or of a unit that the account may read."""
    if is_own(scope.user_id, card):
        return allow("own")
    if is_evaluator(scope.user_id, card):
        return allow("evaluator")
    if is_endorser(scope.user_id, card):
        return allow("endorser")
    for capability in READING_CAPABILITIES:
        if scope.covers(capability, card.unit):
            return allow(capability)
    return unseen()


def see_self_assessment(scope: Scope, card: Scorecard, *, submitted: bool) -> bool:
    """The person's own scores: their own at any time, everybody else's who sees the card once submitted."""
    return submitted or is_own(scope.user_id, card)


def see_evaluation(scope: Scope, card: Scorecard) -> bool:
    """The evaluator's scores: their own at any time, the endorser's once evaluated, other readers' once decided.

    The person reads them when the result is notified to them, which opens the right to appeal (Đ17.3, Đ22).
    """
    if is_own(scope.user_id, card):
        return card.state == CardState.NOTIFIED
    if is_evaluator(scope.user_id, card):
        return True
    if is_endorser(scope.user_id, card) and card.state == CardState.EVALUATED:
        return True
    return card.state in DECIDED


def _seen_or(scope: Scope, card: Scorecard, sentence: object) -> Decision:
    return refuse(sentence) if see_card(scope, card) else unseen()  # type: ignore[arg-type]  # lazy strings are sentences


def self_assess(scope: Scope, card: Scorecard) -> Decision:
    """Only the person themselves (Đ17.2)."""
    if is_own(scope.user_id, card):
        return allow("own")
    return _seen_or(scope, card, _("Only the person themselves writes their self-assessment."))


def evaluate(scope: Scope, card: Scorecard) -> Decision:
    """Only the one competent person that the card names (Đ10.1), and never oneself."""
    if is_own(scope.user_id, card):
        return refuse(_("Nobody evaluates their own card. The evaluator named on it does."))
    if is_evaluator(scope.user_id, card):
        return allow("evaluator")
    return _seen_or(scope, card, _("Only the evaluator named on the card evaluates and confirms it."))


def endorse(scope: Scope, card: Scorecard) -> Decision:
    """The head of the agency, where the criteria set has this stage."""
    if is_own(scope.user_id, card):
        return refuse(_("Nobody endorses their own card."))
    if is_endorser(scope.user_id, card):
        return allow("endorser")
    return _seen_or(scope, card, _("Only the head of the agency named on the card endorses it."))


def notify(scope: Scope, card: Scorecard) -> Decision:
    """The evaluator, or the personnel office that receives the results (Đ17.3)."""
    if is_own(scope.user_id, card):
        return refuse(_("Nobody notifies themselves of their own result."))
    if is_evaluator(scope.user_id, card):
        return allow("evaluator")
    if scope.covers(Capability.RECEIVE_RESULTS, card.unit):
        return allow(Capability.RECEIVE_RESULTS)
    return _seen_or(scope, card, _("The result is notified by the evaluator or by the personnel office."))


def assign_tasks(scope: Scope, person: Person, unit: Unit, *, evaluates: bool) -> Decision:
    """The evaluator, or somebody who holds it on the unit; nobody assigns work to themselves (Đ18.1)."""
    if scope.user_id is not None and person.user_id == scope.user_id:
        return refuse(_("Nobody assigns tasks to themselves. Propose the task; your head decides."))
    if evaluates:
        return allow("evaluator")
    if scope.covers(Capability.ASSIGN, unit):
        return allow(Capability.ASSIGN)
    if scope.covers_any(READING_CAPABILITIES, unit):
        return refuse(_("You may see the tasks of this unit, but not assign them."))
    return unseen()


def give_extras(scope: Scope, person: Person, unit: Unit, *, evaluates: bool) -> Decision:
    """Sudden and taken-over work, which counts outside the total assigned, is given by the head (Đ18.1.d)."""
    if scope.user_id is not None and person.user_id == scope.user_id:
        return refuse(_("Nobody gives extra tasks to themselves. Propose the task; your head decides."))
    if evaluates:
        return allow("evaluator")
    if scope.covers(Capability.EVALUATE, unit):
        return allow(Capability.EVALUATE)
    if scope.covers_any((*READING_CAPABILITIES, Capability.ASSIGN), unit):
        return refuse(
            _(
                "Only the head gives work outside the plan. Assign it in the plan, or ask the person to propose it."
            )
        )
    return unseen()


def confirm_tasks(scope: Scope, person: Person, unit: Unit, *, evaluates: bool) -> Decision:
    """Confirming, accepting, faults, delays and objective causes are the head's (Đ14.2, Đ18)."""
    if scope.user_id is not None and person.user_id == scope.user_id:
        return refuse(_("Nobody confirms their own tasks. Your head does."))
    if evaluates:
        return allow("evaluator")
    if scope.covers(Capability.EVALUATE, unit):
        return allow(Capability.EVALUATE)
    if scope.covers_any((*READING_CAPABILITIES, Capability.ASSIGN), unit):
        return refuse(_("Only the head confirms tasks and records errors and delays."))
    return unseen()


def report_task(scope: Scope, person: Person, unit: Unit) -> Decision:
    """Only the person who has the task reports on it (Đ18.2)."""
    if scope.user_id is not None and person.user_id == scope.user_id:
        return allow("own")
    if scope.covers_any((*READING_CAPABILITIES, Capability.ASSIGN), unit):
        return refuse(_("Only the person who has the task reports on it."))
    return unseen()


def manage_periods(scope: Scope, units: Iterable[Unit]) -> Decision:
    """Policy staff open and close periods whose units they keep, all of them: nobody opens half a period."""
    if not scope.holds(Capability.MANAGE_PERIODS):
        return unseen()
    if all(scope.covers(Capability.MANAGE_PERIODS, unit) for unit in units):
        return allow(Capability.MANAGE_PERIODS)
    return unseen()


# --- May it now --------------------------------------------------------------------------------------------
def require_open(period: Period) -> None:
    """Every write to a period's cards and tasks. Raises WrongState."""
    if period.state == PeriodState.CLOSED:
        raise WrongState(_("This period is closed. Nothing in it can be changed any more."))
    if period.state != PeriodState.OPEN:
        raise WrongState(
            _("This period is not open yet. Wait until the Organisation Commission has opened it.")
        )


def require_state(card: Scorecard, *states: CardState) -> None:
    """Raises WrongState with the sentence that names where the card stands now."""
    if card.state not in states:
        raise WrongState(
            _(
                "This step is not possible now: the card is “%(state)s”. Reload the page to see what comes next."
            )
            % {"state": card.get_state_display()}
        )


def require_with_person(card: Scorecard) -> None:
    require_state(card, *WITH_THE_PERSON)


def require_with_evaluator(card: Scorecard) -> None:
    require_state(card, *WITH_THE_EVALUATOR)


def require_before(deadline: datetime, moment: datetime, what: object) -> None:
    """Deadlines are exclusive and judged on the server's moment. Raises WrongState that names the deadline."""
    if moment >= deadline:
        raise WrongState(
            _("%(what)s was due before %(deadline)s. Ask the Organisation Commission to extend the deadline.")
            % {"what": what, "deadline": local(deadline)}
        )
