"""Words about somebody, in every place where somebody can write them: `mark` stands in each, and nowhere else."""

from datetime import date
from decimal import Decimal

from django.db import connection

from kpi_cms.evaluation.domain import deductions, proposals, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Scorecard, Task
from snippets.models import Person
from tests.factories.evidence import attached, attached_to_task
from tests.helpers import month
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World


def hits(mark: str) -> dict[str, int]:
    """Table.column → in how many rows the words stand, over every column of every table of this database."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    said = (
                        bytes(value).decode("latin-1")
                        if isinstance(value, bytes | memoryview)
                        else str(value)
                    )
                    if mark in said:
                        found[f"{table}.{name}"] = found.get(f"{table}.{name}", 0) + 1
    return found


def worked(world: World, who: Person, mark: str) -> Task:
    """A task with words in each of its columns, an error on it and the cause that lifts it, and a file."""
    given = tasks.assign_task(
        actor=world.head.user, moment=MOMENT, period=world.period, person=who, product=world.product,
        quantity=Decimal(4), due_on=date(2026, 7, 20), note=f"{mark} ghi chú",
    )  # fmt: skip
    proposals.propose_task(
        actor=who.user, moment=MOMENT, period=world.period, person=who, name=f"{mark} việc đột xuất",
        product=None, quantity=Decimal(1), due_on=date(2026, 7, 20), note=f"{mark} đề xuất",
    )  # fmt: skip
    reported = tasks.report_task(
        actor=who.user, moment=MOMENT, task=given, expected=given.version_number, completed=Decimal(4),
        completed_on=date(2026, 7, 19), evidence_number=f"{mark}/BC", note=f"{mark} báo cáo",
    )  # fmt: skip
    attached_to_task(reported, title=f"{mark} tài liệu", number=f"{mark}/TL")
    reported.refresh_from_db()
    fault = deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=reported, unit_number=1, reason=f"{mark} sai sót"
    )
    deductions.confirm_cause(
        actor=world.head.user, moment=MOMENT, deduction=fault, reason=f"{mark} khách quan"
    )
    return reported


def spoken(world: World, who: Person, mark: str) -> Scorecard:
    """Everything that can be said about somebody until a card is returned: it is with the person again."""
    worked(world, who, mark)
    attached(world, who, title=f"{mark} minh chứng", number=f"{mark}/MC")
    card = world.card(who)
    given = {key: Entry(entry.value, f"{mark} căn cứ") for key, entry in month.entries(card, "self").items()}
    card = stages.save_self(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number, entries=given,
        comments={"strengths": f"{mark} ưu điểm", "weaknesses": f"{mark} hạn chế"},
    ).card  # fmt: skip
    card = stages.submit_self(actor=who.user, moment=MOMENT, card=card, expected=card.version_number)
    card = stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, entries={},
        comments={"comment": f"{mark} nhận xét"},
    ).card  # fmt: skip
    return stages.return_to_person(
        actor=world.head.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        reason=f"{mark} trả lại",
    )


def decided(world: World, who: Person, mark: str) -> Scorecard:
    """A card that was returned once, sent again, and decided with words of the evaluator."""
    card = spoken(world, who, mark)
    for task in Task.objects.filter(period=world.period, person=who):
        if task.state == "proposed":
            proposals.decide_proposal(
                actor=world.head.user, moment=MOMENT, task=task, accepted=False, reason=f"{mark} không nhận"
            )  # fmt: skip
        else:
            month.confirm_report(task, by=world.head)
    card = world.card(who)
    card = stages.submit_self(actor=who.user, moment=MOMENT, card=card, expected=card.version_number)
    card = stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=month.entries(card, "evaluator"), comments={"comment": f"{mark} kết luận"},
    ).card  # fmt: skip
    return stages.confirm(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
