"""Files attached by the people of the small world, through the domain itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from kpi_cms.evaluation.domain import evidence as domain
from kpi_cms.evaluation.models import Evidence, Scorecard, Task
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.files.intake import Taken, taken
from snippets.models import Person
from tests.helpers import files
from tests.helpers.world import MOMENT, World

TITLE, NUMBER = "Tờ trình về thu ngân sách", "125/TTr-UBND"


@contextmanager
def judged(data: bytes | None = None) -> Iterator[Taken]:
    with taken([files.pdf() if data is None else data]) as found:
        yield found


def entered_key(card: Scorecard, number: int = 0) -> str:
    """The key of a criterion that people score."""
    return [each.key for each in card.version.compiled().criteria if each.entered][number]


def attached(
    world: World,
    who: Person,
    data: bytes | None = None,
    *,
    criterion: int = 0,
    title: str = TITLE,
    number: str = NUMBER,
    moment: datetime = MOMENT,
    actor: User | None = None,
) -> Evidence:
    """A file attached to a criterion of a card, by its person unless `actor` says otherwise."""
    card = world.card(who)
    with judged(data) as file:
        return domain.attach_evidence(
            actor=actor or who.user,
            moment=moment,
            card=card,
            criterion=entered_key(card, criterion),
            file=file,
            title=title,
            number=number,
        )


def attached_to_task(
    task: Task,
    data: bytes | None = None,
    *,
    title: str = TITLE,
    number: str = NUMBER,
    moment: datetime = MOMENT,
    actor: User | None = None,
) -> Evidence:
    """A file attached to a task, by whoever has it unless `actor` says otherwise."""
    with judged(data) as file:
        return domain.attach_to_task(
            actor=actor or task.person.user,
            moment=moment,
            task=task,
            file=file,
            title=title,
            number=number,
        )


def withdrawn(evidence: Evidence, *, reason: str = "", moment: datetime = MOMENT) -> Evidence:
    return domain.withdraw_evidence(
        actor=evidence.person.user, moment=moment, evidence=evidence, reason=reason
    )
