"""Acting in the place of somebody absent: recorded under both names, and never on the card of one's own evaluator."""

from datetime import date

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import act_on_behalf_of, current_action
from kpi_cms.foundation.core.errors import Refused
from snippets.models import Person


def take_step(rule: Rule, actor: User, card: Scorecard) -> None:
    """Who may, and when (`rules.require_step`); what a delegation allows is done on behalf of the one who is absent."""
    scope = Scope.of(actor)
    decision = rules.may(rule, scope, card)
    decision.require()
    require_serving(actor, card)
    in_place_of_the_absent(decision, actor, card.period_id, card.person)
    rules.require_step(rule, scope, card)


def require_serving(actor: User, card: Scorecard) -> None:
    """Whoever has left the service decides nothing any more, though the card may name them until somebody is found."""
    named = (card.evaluator, card.endorser)
    if any(each is not None and each.user_id == actor.pk and each.left_by(_today()) for each in named):
        raise Refused(_left())


def require_in_service(actor: User) -> None:
    """The same of the tasks of somebody whom the actor evaluates."""
    if Person.objects.filter(user=actor, left_on__lte=_today()).exists():
        raise Refused(_left())


def _today() -> date:
    action = current_action()
    assert action is not None  # every step is a verb
    return timezone.localdate(action.moment)


def _left() -> str:
    return _("You have left the service, so you decide about nobody any more. Tell the personnel office.")


def in_place_of_the_absent(decision: Decision, actor: User, period_id: int, person: Person) -> None:
    """From here on history and ledger name the absent person beside the actor; nothing for an own right.

    A delegate does not decide about somebody who evaluates or endorses the delegate in the same period: what the head
    may not do for themselves they may not do through a subordinate of their people either (security.md T02, T38).
    """
    if decision.on_behalf_of is None:
        return
    own = Scorecard.objects.filter(period_id=period_id, person__user_id=actor.pk)
    if own.filter(Q(evaluator=person) | Q(endorser=person)).exists():
        raise Refused(
            _(
                "This person evaluates you in this period, so you do not act on their card or tasks in somebody "
                "else's place. Tell whoever delegated to you."
            )
        )
    action = current_action()
    if action is not None and action.on_behalf_of is None:
        act_on_behalf_of(User.objects.get(pk=decision.on_behalf_of))


def delegate_of(actor: User) -> Person | None:
    """Who acts in the place of somebody absent in the act under way; nobody where the actor does so in their own."""
    action = current_action()
    if action is None or action.on_behalf_of is None:
        return None
    found: Person | None = Person.objects.filter(user=actor).first()
    return found
