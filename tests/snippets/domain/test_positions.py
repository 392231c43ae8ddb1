"""Positions and job positions: two lists for the whole province."""

import pytest

from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, Refused
from snippets.domain import positions
from snippets.enums import Block, Capability, PostRole
from snippets.models import JobPosition, Position
from tests.factories.snippets import JobPositionFactory, PositionFactory, UnitFactory, holder

pytestmark = pytest.mark.django_db


def test_the_lists_are_kept_at_the_top_of_the_tree(moment):
    root = UnitFactory(grouping=True)
    unit = UnitFactory(parent=root)

    made = positions.create_position(
        actor=holder(root, Capability.MANAGE_PEOPLE),
        moment=moment,
        code="bt",
        title=" Bí  thư ",
        role=PostRole.HEAD,
        block=Block.PARTY,
    )
    assert (made.code, made.title, made.search_text) == ("BT", "Bí thư", "bt bi thu")
    with pytest.raises(Refused):
        positions.create_job_position(
            actor=holder(unit, Capability.MANAGE_PEOPLE), moment=moment, code="KT", title="Kế toán"
        )
    assert JobPosition.objects.count() == 0


def test_an_entry_changes_with_history_and_keeps_its_code(system, moment):
    position, job = PositionFactory(code="CV"), JobPositionFactory(code="KT")

    positions.change_position(
        actor=system, moment=moment, position=position, title="Chuyên viên chính", role=PostRole.MEMBER
    )
    positions.change_job_position(
        actor=system, moment=moment, job_position=job, title="Một cửa", faces_citizens=True
    )

    assert (Position.objects.get().code, Position.objects.get().title) == ("CV", "Chuyên viên chính")
    assert (JobPosition.objects.get().code, JobPosition.objects.get().faces_citizens) == ("KT", True)
    assert (position.history.count(), job.history.count()) == (2, 2)
    assert [entry.after for entry in LedgerEntry.objects.order_by("pk")] == [
        {"code": "CV", "title": "Chuyên viên chính", "role": "member", "block": ""},
        {"code": "KT", "title": "Một cửa", "faces_citizens": True},
    ]


def test_changing_nothing_writes_nothing(system, moment):
    job = positions.create_job_position(actor=system, moment=moment, code="KT", title="Kế toán")

    positions.change_job_position(
        actor=system, moment=moment, job_position=job, title="Kế toán", faces_citizens=False
    )

    assert job.history.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"code": "c v"}, "code"), ({"code": ""}, "code"), ({"code": "cv"}, "code"), ({"title": " "}, "title")],
)
def test_an_entry_needs_a_title_and_a_code_of_its_own(system, moment, changes, field):
    PositionFactory(code="CV")

    with pytest.raises(Invalid) as refused:
        positions.create_position(
            actor=system,
            moment=moment,
            **{"code": "X", "title": "Chức", "role": PostRole.MEMBER, **changes},
        )
    assert list(refused.value.problems) == [field]
