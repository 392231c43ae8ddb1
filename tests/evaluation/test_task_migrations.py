"""What the migrations of tasks do with rows that were written before them."""

from importlib import import_module

import pytest
from django.apps import apps

from kpi_cms.evaluation.domain import proposals
from kpi_cms.evaluation.models import Task
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import ErasableText
from tests.evaluation.test_tasks import parts, propose
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

populate = import_module("kpi_cms.evaluation.migrations.0007_populate_task_texts")
KEYS = {"name_key": "name", "part_key": "part_label", "evidence_key": "evidence_number"}


@pytest.mark.parametrize("batch", [1, 2_000])
def test_every_typed_text_of_a_task_is_kept_once_and_no_name_of_the_catalogue(
    world: World, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(populate, "BATCH", batch)
    month.report(month.assign(world, world.lan))
    month.assign(world, world.minh)
    parts(world, "0.5")
    for name in ("Thăm bà Cúc", "Việc riêng"):
        proposals.decide_proposal(
            actor=world.head.user, moment=MOMENT, task=propose(world, name=name), accepted=True,
            product=world.product if name == "Việc riêng" else None,
        )  # fmt: skip
    Task.objects.update(**dict.fromkeys(KEYS))
    before = ErasableText.objects.count()
    populate.keep_texts(apps, None)
    kept = {
        (column, getattr(task, column), texts.read([getattr(task, key)]).get(getattr(task, key)))
        for task in Task.objects.all()
        for key, column in KEYS.items()
        if getattr(task, key) is not None
    }
    assert kept == {
        ("evidence_number", "12/BC-UBND", "12/BC-UBND"),
        ("part_label", "Phần 1", "Phần 1"),
        ("name", "Thăm bà Cúc", "Thăm bà Cúc"),
        ("name", "Việc riêng", "Việc riêng"),
    }
    assert ErasableText.objects.count() == before + 4
    assert set(ErasableText.objects.filter(text="Thăm bà Cúc").values_list("person_code", "kind")) == {
        ("CC004", "comment")
    }


def test_shares_that_are_right_stay_as_they_are(world: World) -> None:
    """Those that were not are told by the constraint, which this database has already."""
    parts(world, "0.5", "0.25")
    month.assign(world, world.lan)
    before = list(Task.objects.order_by("pk").values_list("share", "group_key"))
    populate.share_as_quantity(apps, None)
    assert list(Task.objects.order_by("pk").values_list("share", "group_key")) == before
