"""May it happen now? Every question about a card, a task or a period is asked of the rule table, here.

Access (who may) and state (may it now) are two questions; a domain function asks both, in this order: an unseen card
is missing (404), a seen one of somebody else is refused (403), the wrong moment is a conflict (409).
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.decisions import Decision, refuse, unseen
from kpi_cms.foundation.access.rules import Rule, ask, in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import WrongState
from snippets.enums import Capability, PeriodState
from snippets.models import Period, Person, Unit
from snippets.rule_table import ONESELF

from . import rule_table as table
from .enums import WITH_THE_EVALUATOR, WITH_THE_PERSON, CardState, Relation, TaskState
from .models import Scorecard, Task

LOCAL = "%d/%m/%Y %H:%M"


def local(moment: datetime) -> str:
    """A moment as officials write it, in Asia/Ho_Chi_Minh."""
    return timezone.localtime(moment).strftime(LOCAL)


# --- How an account stands to a card -----------------------------------------------------------------------
def is_own(user_id: int | None, card: Scorecard) -> bool:
    return user_id is not None and card.person.user_id == user_id


def is_evaluator(user_id: int | None, card: Scorecard) -> bool:
    return user_id is not None and card.evaluator is not None and card.evaluator.user_id == user_id


def is_endorser(user_id: int | None, card: Scorecard) -> bool:
    return user_id is not None and card.endorser is not None and card.endorser.user_id == user_id


def is_secretary(user_id: int | None, card: Scorecard) -> bool:
    """The account enters the scores of the collective that the card names."""
    return user_id is not None and card.secretary is not None and card.secretary.user_id == user_id


def stands_in_for(scope: Scope, card: Scorecard) -> int | None:
    """The account of the card's evaluator, where this account evaluates in their place by a delegation.

    Never on one's own card, nor on one that the account endorses or scores for a collective: one person speaks once.
    The card of whoever delegated is evaluated by somebody else, so nothing of theirs reaches it.
    """
    one_more_role = is_endorser(scope.user_id, card) or is_secretary(scope.user_id, card)
    if is_own(scope.user_id, card) or one_more_role or card.evaluator is None:
        return None
    absent = card.evaluator.user_id
    if absent not in scope.delegations(Capability.EVALUATE):
        return None
    return absent if scope.acts_for(absent, Capability.EVALUATE, card.unit) else None


def evaluates(scope: Scope, card: Scorecard) -> bool:
    """The account is the card's evaluator, or stands in for them."""
    return is_evaluator(scope.user_id, card) or stands_in_for(scope, card) is not None


def relations_of(scope: Scope, card: Scorecard) -> frozenset[Relation]:
    """The one place that says how an account stands to a card; what it holds on the unit is asked beside it."""
    user_id = scope.user_id
    evaluates = is_evaluator(user_id, card)
    standing = {
        Relation.OWN: is_own(user_id, card),
        Relation.EVALUATOR: evaluates,
        Relation.DELEGATE: not evaluates and stands_in_for(scope, card) is not None,
        Relation.ENDORSER: is_endorser(user_id, card),
        Relation.COLLECTIVE: is_secretary(user_id, card),
    }
    return frozenset(relation for relation, stands in standing.items() if stands)


def relations_to(
    scope: Scope, person: Person, *, evaluates: bool, stands_in_for: int | None = None
) -> frozenset[Relation]:
    """The same for a person's tasks; `evaluates`: the account evaluates a card of theirs in the period, and
    `stands_in_for`: it does so in the place of that account."""
    own = scope.user_id is not None and person.user_id == scope.user_id
    standing = {
        Relation.OWN: own,
        Relation.EVALUATOR: evaluates,
        Relation.DELEGATE: not own and stands_in_for is not None,
    }
    return frozenset(relation for relation, stands in standing.items() if stands)


# --- Who may -----------------------------------------------------------------------------------------------
def may(rule: Rule, scope: Scope, card: Scorecard) -> Decision:
    """A rule of the table, asked about a card. A decision that a delegation allows says on whose behalf."""
    decision = ask(rule, scope, relations_of(scope, card), card.unit, about=card.person.user_id)
    return _on_behalf(decision, stands_in_for(scope, card) if decision.because == Relation.DELEGATE else None)


def may_with_tasks(
    rule: Rule,
    scope: Scope,
    person: Person,
    unit: Unit,
    *,
    evaluates: bool,
    stands_in_for: int | None = None,
) -> Decision:
    """A rule of the table, asked about the tasks of a person whose work belongs to `unit`."""
    relations = relations_to(scope, person, evaluates=evaluates, stands_in_for=stands_in_for)
    decision = ask(rule, scope, relations, unit, about=person.user_id)
    return _on_behalf(decision, stands_in_for if decision.because == Relation.DELEGATE else None)


def _on_behalf(decision: Decision, absent: int | None) -> Decision:
    return decision if absent is None else replace(decision, on_behalf_of=absent)


def may_in_unit(rule: Rule, scope: Scope, unit: Unit) -> Decision:
    """A rule of the table, asked about a unit and everything below it, whoever its people are."""
    return ask(rule, scope, (), unit)


def see_unit_result(scope: Scope, unit: Unit, superior: Unit | None) -> bool:
    """Whoever reads the unit or receives its results, or those of its superior, who record it."""
    above = superior is not None and may_in_unit(table.RECEIVE_RESULTS, scope, superior).allowed
    return above or may_in_unit(table.SEE_UNIT_RESULT, scope, unit).allowed


def record_unit_result(scope: Scope, unit: Unit, superior: Unit | None, *, belongs: bool) -> Decision:
    """The personnel office of the unit's superior; never whoever belongs to the unit, nor the unit's own office."""
    if belongs:
        return ask(table.RECORD_UNIT_RESULT, scope, (Relation.OWN,))
    if superior is not None:
        decision = ask(table.RECORD_UNIT_RESULT, scope, (), superior)
        if decision.allowed:
            return decision
    seen = see_unit_result(scope, unit, superior)
    return refuse(table.RECORD_UNIT_RESULT.refusal) if seen else unseen()


def see_card(scope: Scope, card: Scorecard) -> Decision:
    """Own, evaluated, endorsed, or of a unit that the account may read."""
    return may(table.SEE_CARD, scope, card)


def see_self_assessment(scope: Scope, card: Scorecard, *, submitted: bool) -> bool:
    """The person's own scores: their own at any time, everybody else's who sees the card once submitted."""
    state = CardState.SUBMITTED if submitted else CardState.OPENED
    return _reads_stage(table.READ_SELF_ASSESSMENT, scope, card, state)


def see_evidence(scope: Scope, card: Scorecard) -> bool:
    """Evidence is seen as the self-scores are: one's own at any time, by others once it was sent with them.

    While the card is with the person, a returned one included, it is theirs alone; so is what was never sent.
    """
    relations = relations_of(scope, card)
    if not in_state(table.READ_EVIDENCE, card.state, relations):
        return False
    return card.submitted_at is not None or Relation.OWN in relations


def see_evaluation(scope: Scope, card: Scorecard) -> bool:
    """The evaluator's scores: their own at any time, the endorser's once evaluated, other readers' once decided.

    The person reads them when the result is notified to them, which opens the right to appeal (Đ17.3, Đ22).
    """
    return _reads_stage(table.READ_EVALUATION, scope, card, card.state)


def see_collective(scope: Scope, card: Scorecard) -> bool:
    """The collective's scores, once sent: the evaluator's to weigh, other readers' once decided, the person's once
    notified. Whoever enters them reads them at any time."""
    return _reads_stage(table.READ_COLLECTIVE, scope, card, card.state)


def _reads_stage(rule: Rule, scope: Scope, card: Scorecard, state: str) -> bool:
    relations = relations_of(scope, card)
    return in_state(rule, state, relations) and not is_kept_from(rule, card, relations)


def unseen_stages(scope: Scope, card: Scorecard) -> frozenset[str]:
    """Stages whose scores and comments the card's set keeps from this account until it has sent its own.

    An independent rating is given without knowing the others'. Whatever else the account holds opens nothing of it;
    who only reads the card, and the person, read as ever.
    """
    return _unseen(card, relations_of(scope, card)) if card.version.compiled().hides_stages else frozenset()


def is_kept_from(rule: Rule, card: Scorecard, relations: Collection[str]) -> bool:
    """The rule reads a stage that somebody in these relations does not see yet."""
    stage = table.READS_STAGE.get(rule)
    return stage is not None and card.version.compiled().hides_stages and stage in _unseen(card, relations)


def _unseen(card: Scorecard, relations: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    for stage in card.version.compiled().stages:
        acting, states = table.ACTS_AT.get(stage.key, ((), ()))
        if card.state in states and any(relation in relations for relation in acting):
            found |= set(stage.blind_to)
    return frozenset(found)


def see_whole_history(scope: Scope, card: Scorecard) -> bool:
    """The auditor of the card's unit reads the history of every stage, whatever the card shows; not of their own."""
    return bool(may(table.READ_WHOLE_HISTORY, scope, card))


def take_card_bundle(scope: Scope, card: Scorecard) -> Decision:
    """An auditor of the card's unit; not who scores on it and does not see everything on it yet."""
    decision = may(table.TAKE_CARD_BUNDLE, scope, card)
    if decision.allowed and unseen_stages(scope, card):
        return refuse(
            _(
                "You score on this card and do not see everything on it yet. Its evidence is taken by somebody else "
                "who audits it."
            )
        )
    return decision


def explain_card(scope: Scope, card: Scorecard) -> Decision:
    """Who can see it and why: for the person themselves, the auditor, the access administrator."""
    return may(table.EXPLAIN_CARD, scope, card)


def self_assess(scope: Scope, card: Scorecard) -> Decision:
    """Only the person themselves (Đ17.2)."""
    return may(table.SAVE_SELF, scope, card)


def evaluate(scope: Scope, card: Scorecard) -> Decision:
    """Only the one competent person that the card names (Đ10.1), and never oneself."""
    return may(table.SAVE_EVALUATION, scope, card)


def endorse(scope: Scope, card: Scorecard) -> Decision:
    """The head of the agency, where the criteria set has this stage."""
    return may(table.ENDORSE, scope, card)


def notify(scope: Scope, card: Scorecard) -> Decision:
    """The evaluator, or the personnel office that receives the results (Đ17.3)."""
    return may(table.NOTIFY, scope, card)


def assign_tasks(
    scope: Scope, person: Person, unit: Unit, *, evaluates: bool, stands_in_for: int | None = None
) -> Decision:
    """The evaluator, or somebody who holds it on the unit; nobody assigns work to themselves (Đ18.1)."""
    return may_with_tasks(
        table.ASSIGN_TASK, scope, person, unit, evaluates=evaluates, stands_in_for=stands_in_for
    )


def give_extras(
    scope: Scope, person: Person, unit: Unit, *, evaluates: bool, stands_in_for: int | None = None
) -> Decision:
    """Sudden and taken-over work, which counts outside the total assigned, is given by the head (Đ18.1.d)."""
    return may_with_tasks(
        table.GIVE_EXTRAS, scope, person, unit, evaluates=evaluates, stands_in_for=stands_in_for
    )


def confirm_tasks(
    scope: Scope, person: Person, unit: Unit, *, evaluates: bool, stands_in_for: int | None = None
) -> Decision:
    """Confirming, accepting, faults, delays and objective causes are the head's (Đ14.2, Đ18)."""
    return may_with_tasks(
        table.CONFIRM_TASK, scope, person, unit, evaluates=evaluates, stands_in_for=stands_in_for
    )


def report_task(scope: Scope, person: Person, unit: Unit) -> Decision:
    """Only the person who has the task reports on it (Đ18.2)."""
    return may_with_tasks(table.REPORT_TASK, scope, person, unit, evaluates=False)


def manage_periods(scope: Scope, units: Iterable[Unit]) -> Decision:
    """Policy staff open and close periods whose units they keep, all of them: nobody opens half a period."""
    return ask(table.OPEN_PERIOD, scope, (), *units)


def see_fit(scope: Scope, period: Period, units: Iterable[Unit]) -> bool:
    """How criteria were scored: of a closed period, for those who follow or audit every unit that takes part."""
    return ask(table.SEE_FIT, scope, (), *units).allowed and in_state(table.SEE_FIT, period.state)


def see_opening_lists(scope: Scope, units: Iterable[Unit]) -> Decision:
    """Who gets which version and who gets none: for whoever opens the period."""
    return ask(table.SEE_OPENING_LISTS, scope, (), *units)


def see_job(scope: Scope, units: Iterable[Unit], *, own: bool) -> Decision:
    """Work in the background, for whoever started it; an opening also for whoever keeps its period, of these units."""
    concerned = tuple(units)
    if not (own or concerned):
        return unseen()
    return ask(table.SEE_JOB, scope, (ONESELF,) if own else (), *concerned)


def self_due_at(card: Scorecard) -> datetime:
    """Until when the person may send the card: once returned, until the evaluation itself is due (decision 0002)."""
    period = card.period
    return period.evaluation_due_at if card.state == CardState.RETURNED else period.self_due_at


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
        raise _not_now(card)


def _not_now(card: Scorecard) -> WrongState:
    return WrongState(
        _("This step is not possible now: the card is “%(state)s”. Reload the page to see what comes next.")
        % {"state": card.get_state_display()}
    )


def is_time(rule: Rule, scope: Scope, card: Scorecard) -> bool:
    """The period is open and the card stands where the act is taken from."""
    in_period = rule.period_states is None or card.period.state in rule.period_states
    return in_period and in_state(rule, card.state, relations_of(scope, card))


def may_now(rule: Rule, scope: Scope, card: Scorecard) -> bool:
    """Who may and is it the time: what a page offers its reader."""
    return is_time(rule, scope, card) and bool(may(rule, scope, card))


def is_task_time(rule: Rule, task: Task) -> bool:
    """The same for a task; whether the card behind it lets its tasks change is asked beside it, for all of them."""
    in_period = rule.period_states is None or task.period.state in rule.period_states
    return in_period and in_state(rule, task.state) and is_left(rule, task)


def is_left(rule: Rule, task: Task) -> bool:
    """What the state of a task does not say: whether there is anything left to report, to give on or to name."""
    if rule is table.REPORT_TASK:
        return task.state != TaskState.CONFIRMED or task.rest > 0
    if rule in (table.HAND_OVER_TASK, table.MOVE_TASK):
        return task.rest > 0
    return rule is not table.NAME_PRODUCT or task.coefficient is None


def require_step(rule: Rule, scope: Scope, card: Scorecard) -> None:
    """Who may, is the period open, does the card stand where the act is taken from: in this order."""
    may(rule, scope, card).require()
    require_open(card.period)
    if not in_state(rule, card.state, relations_of(scope, card)):
        raise _not_now(card)


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
