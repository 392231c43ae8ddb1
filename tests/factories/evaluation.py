"""Cards and tasks of the small world (tests.helpers.world) in each of their states, made by the domain itself."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kpi_cms.evaluation.domain import proposals, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard, Task
from snippets.models import Person
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

DUE, DONE = date(2026, 7, 20), date(2026, 7, 19)


# --- Tasks -------------------------------------------------------------------------------------------------
def head_of(world: World, who: Person) -> Any:
    """The account that evaluates this person."""
    evaluator = world.card(who).evaluator
    assert evaluator is not None
    return evaluator.user


def assigned(world: World, who: Person, quantity: str = "4", **changes: Any) -> Task:
    """A task given by the person's evaluator."""
    values = {"product": world.product, "quantity": Decimal(quantity), "due_on": DUE, **changes}
    return tasks.assign_task(
        actor=head_of(world, who), moment=MOMENT, period=world.period, person=who, **values
    )


def proposed(world: World, who: Person, name: str = "Việc đột xuất") -> Task:
    """A sudden task that the person proposed, without a product."""
    return proposals.propose_task(
        actor=who.user,
        moment=MOMENT,
        period=world.period,
        person=who,
        name=name,
        product=None,
        quantity=Decimal(1),
        due_on=DUE,
    )


def unnamed(world: World, who: Person) -> Task:
    """A proposal that was accepted without a product: unscored until one is named."""
    return proposals.decide_proposal(
        actor=head_of(world, who), moment=MOMENT, task=proposed(world, who), accepted=True
    )


def reported(world: World, who: Person, completed: str = "4", done: date = DONE, **changes: Any) -> Task:
    """A task that the person reported on."""
    task = assigned(world, who, **changes)
    return tasks.report_task(
        actor=who.user,
        moment=MOMENT,
        task=task,
        expected=task.version_number,
        completed=Decimal(completed),
        completed_on=done,
        evidence_number="12/BC-UBND",
    )


def accepted(world: World, who: Person, completed: str = "4", **changes: Any) -> Task:
    """A task whose report the evaluator confirmed in full."""
    task = reported(world, who, completed, **changes)
    return tasks.confirm_task(
        actor=head_of(world, who),
        moment=MOMENT,
        task=task,
        expected=task.version_number,
        accepted=Decimal(completed),
    )


# --- Cards -------------------------------------------------------------------------------------------------
def entries(card: Scorecard, stage: str, share: str = "1") -> dict[str, Entry]:
    """A complete set of entries: each number that share of its maximum, each choice its first option."""
    found = {}
    for criterion in card.version.compiled().criteria:
        if not criterion.entered or stage not in criterion.stages:
            continue
        if criterion.kind == "choice":
            found[criterion.key] = Entry("100", "Có căn cứ")
        else:
            assert criterion.max is not None
            found[criterion.key] = Entry(criterion.max * Decimal(share))
    return found


def self_assessed(world: World, who: Person, share: str = "1", **comments: str) -> Scorecard:
    """Complete scores of the person, not sent yet."""
    card = world.card(who)
    stages.save_self(
        actor=who.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        entries=entries(card, StageKey.SELF, share),
        comments=comments,
    )
    return world.card(who)


def submitted(world: World, who: Person, share: str = "1", **comments: str) -> Scorecard:
    """Sent to the evaluator, with one task confirmed."""
    if not Task.objects.filter(person=who, period=world.period).exists():
        accepted(world, who)
    card = self_assessed(world, who, share, **comments)
    stages.submit_self(actor=who.user, moment=MOMENT, card=card, expected=card.version_number)
    return world.card(who)


def returned(world: World, who: Person, reason: str = "Nêu rõ sản phẩm.") -> Scorecard:
    """Sent back to the person with a reason."""
    card = submitted(world, who)
    stages.return_to_person(
        actor=head_of(world, who), moment=MOMENT, card=card, expected=card.version_number, reason=reason
    )
    return world.card(who)


def evaluated(world: World, who: Person, share: str = "0.5", comment: str = "") -> Scorecard:
    """With complete scores of the evaluator, not confirmed yet."""
    card = submitted(world, who)
    stages.save_evaluation(
        actor=head_of(world, who),
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        entries=entries(card, StageKey.EVALUATOR, share),
        comments={"comment": comment},
    )
    return world.card(who)


def confirmed(world: World, who: Person, share: str = "0.5", comment: str = "") -> Scorecard:
    """Confirmed by the evaluator; the person does not know yet."""
    card = evaluated(world, who, share, comment)
    stages.confirm(
        actor=head_of(world, who),
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )
    return world.card(who)


def notified(
    world: World, who: Person, share: str = "0.5", comment: str = "", moment: datetime = MOMENT
) -> Scorecard:
    """The person was notified of the result."""
    card = confirmed(world, who, share, comment)
    stages.notify(actor=head_of(world, who), moment=moment, card=card)
    return world.card(who)
