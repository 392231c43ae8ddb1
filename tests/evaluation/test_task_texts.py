"""What people type about a task can be erased: it stands in no append-only row, and readers see it until then."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import TextField

from kpi_cms.evaluation import audit_queries
from kpi_cms.evaluation.audit_queries import TASK
from kpi_cms.evaluation.domain import moving, proposals, tasks
from kpi_cms.evaluation.domain.tasks import Part
from kpi_cms.evaluation.models import Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.history import HistoryRow
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from tests.evaluation.test_tasks import DUE
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

NAME = "Thăm bà Lê Thị Cúc, thương binh ở xóm 7"
LABEL = "Phần của anh Trần Văn Bảy"
DOCUMENT = "Đơn của ông Hoàng Chín"
NOTE = "Nhờ chị Mười đi cùng"
TYPED = (NAME, LABEL, DOCUMENT, NOTE)
PEOPLE = ("Cúc", "Bảy", "Chín", "Mười")


@pytest.fixture
def spoken(world: World) -> World:
    """A proposal, a part of it and a report in which people are named; decided, named, handed over."""
    actor = {"actor": world.head.user, "moment": MOMENT}
    proposed = proposals.propose_task(
        actor=world.lan.user, moment=MOMENT, period=world.period, person=world.lan, name=NAME, product=None,
        quantity=Decimal(2), due_on=DUE, note=NOTE,
    )  # fmt: skip
    accepted = proposals.decide_proposal(**actor, task=proposed, accepted=True)
    reported = tasks.report_task(
        actor=world.lan.user, moment=MOMENT, task=accepted, expected=2, completed=Decimal(1), completed_on=DUE,
        evidence_number=DOCUMENT, note=NOTE,
    )  # fmt: skip
    confirmed = month.confirm_report(reported)
    proposals.name_product(**actor, task=confirmed, product=world.product)
    [part] = tasks.assign_parts(
        **actor,
        period=world.period,
        product=world.product,
        parts=[Part(world.lan, Decimal("0.5"), DUE, LABEL)],
    )
    for task in (proposed, part):
        task.refresh_from_db()
        moving.hand_over(
            **actor, task=task, expected=task.version_number, quantity=Decimal("0.5"), taker=world.minh, due_on=DUE,
            reason="Không kịp",
        )  # fmt: skip
    return world


def append_only() -> dict[str, str]:
    """Every row that cannot be changed, as text, by table."""
    tables: list[Any] = [LedgerEntry, *(m for m in apps.get_models() if issubclass(m, HistoryRow))]
    return {
        table._meta.label: json.dumps(
            list(table._default_manager.values()), cls=DjangoJSONEncoder, ensure_ascii=False
        )
        for table in tables
    }


def test_no_row_of_history_or_ledger_holds_what_somebody_typed(spoken: World) -> None:
    rows = append_only()
    assert len(rows["evaluation.HistoricalTask"]) > 1000
    assert len(rows["audit.LedgerEntry"]) > 1000
    leaks = [(label, word) for label, text in rows.items() for word in PEOPLE if word in text]
    assert leaks == []
    kept = set(ErasableText.objects.values_list("text", flat=True))
    assert set(TYPED) <= kept


def test_the_history_of_tasks_has_no_room_for_prose() -> None:
    fields = Task.history.model._meta.get_fields()
    assert [field.name for field in fields if isinstance(field, TextField)] == []


def test_each_text_is_kept_once_for_all_that_repeat_it(spoken: World) -> None:
    """A report that repeats its note, and work that changes hands, point at the text that is there."""
    assert [ErasableText.objects.filter(text=text).count() for text in TYPED] == [1, 1, 1, 1]
    names = Task.objects.filter(name=NAME).order_by("pk").values_list("person", "name_key")
    assert [person for person, _key in names] == [spoken.lan.pk, spoken.minh.pk]
    assert len({key for _person, key in names}) == 1
    assert ErasableText.objects.get(text=NAME).person_code == "CC004"


def test_a_name_from_the_catalogue_is_not_kept_as_prose(world: World) -> None:
    task = month.assign(world, world.lan)
    assert (task.name, task.name_key) == ("Soạn thảo văn bản", None)
    assert not ErasableText.objects.filter(text="Soạn thảo văn bản").exists()


def shown(world: World) -> set[str]:
    """What a reader of Lan's history is told of the four texts."""
    page = audit_queries.card_changes(
        world.card(world.lan), audit_queries.sight(Scope.of(world.lan.user), world.card(world.lan))
    )
    keys = {
        getattr(written.row, name) for written in page.changes if written.table is TASK for name in TASK.kept
    }
    return {page.names.texts[key] for key in keys if key is not None}


def test_readers_of_history_see_the_texts_until_they_are_erased(spoken: World) -> None:
    assert shown(spoken) == set(TYPED)
    ErasableText.objects.filter(text__in=TYPED).update(text="", erased_at=MOMENT)
    assert shown(spoken) == {""}
