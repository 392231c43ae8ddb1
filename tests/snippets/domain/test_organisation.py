"""Units through their domain: created, renamed, changed, moved, closed."""

import threading
import time
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from django.db import transaction

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.domain import organisation
from snippets.domain.people import register_person
from snippets.enums import Block, Capability, UnitLevel
from snippets.models import Unit
from tests.factories.snippets import AppointmentFactory, PersonFactory, UnitFactory, UserFactory, holder
from tests.helpers.scratch import together

pytestmark = pytest.mark.django_db


def create(actor, moment, parent, code="SNV", **changes):
    values = {
        "name": "Sở Nội vụ",
        "block": Block.GOVERNMENT,
        "level": UnitLevel.USING,
        "opened_on": date(2025, 7, 1),
    }
    return organisation.create_unit(
        actor=actor, moment=moment, parent=parent, code=code, **{**values, **changes}
    )


def test_the_system_account_makes_the_top_of_the_tree_and_nobody_else(system, moment):
    root = create(system, moment, None, code="nghe-an", name="Tỉnh  Nghệ An", level=UnitLevel.GROUPING)

    assert (root.code, root.name, root.search_text, root.depth) == (
        "NGHE-AN",
        "Tỉnh Nghệ An",
        "nghe-an tinh nghe an",
        1,
    )
    keeper = holder(root, Capability.MANAGE_UNITS)
    with pytest.raises(Refused):
        create(keeper, moment, None, code="KHAC")
    assert list(Unit.objects.values_list("code", flat=True)) == ["NGHE-AN"]


def test_a_new_unit_is_the_last_below_its_parent_with_history_and_ledger(moment):
    root = UnitFactory(grouping=True)
    first = UnitFactory(parent=root)
    keeper = holder(root, Capability.MANAGE_UNITS)

    unit = create(keeper, moment, root, managing_unit=first, reason="Nghị quyết 01")

    assert unit.get_parent().pk == root.pk
    assert unit.path > first.path
    row = unit.history.get()
    assert (row.history_type, row.history_user_id, row.history_date) == ("+", keeper.pk, moment)
    assert texts.read([row.history_change_reason]) == {row.history_change_reason: "Nghị quyết 01"}
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.actor_id, entry.unit_code, entry.reason_key) == (
        Act.UNIT_CREATED,
        keeper.pk,
        "SNV",
        row.history_change_reason,
    )
    assert entry.after == {
        "block": "government",
        "level": "using",
        "managing_unit": first.code,
        "opened_on": "2025-07-01",
        "parent": root.code,
    }


@pytest.mark.parametrize("code", ["snv", "SNV", " Snv "])
def test_a_code_is_never_used_twice_whatever_its_case(system, moment, code):
    root = UnitFactory(grouping=True, code="SNV")

    with pytest.raises(Invalid) as refused:
        create(system, moment, root, code=code)

    assert list(refused.value.problems) == ["code"]
    assert Unit.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"), [({"code": "S NV"}, "code"), ({"code": ""}, "code"), ({"name": "  "}, "name")]
)
def test_a_unit_needs_a_name_and_a_code_without_spaces(system, moment, changes, field):
    root = UnitFactory(grouping=True)

    with pytest.raises(Invalid) as refused:
        create(system, moment, root, **changes)

    assert list(refused.value.problems) == [field]


def test_a_closed_unit_is_neither_parent_nor_managing_agency(system, moment):
    root = UnitFactory(grouping=True)
    closed = UnitFactory(parent=root, closed=True)

    with pytest.raises(WrongState):
        create(system, moment, closed)
    with pytest.raises(Invalid) as refused:
        create(system, moment, root, managing_unit=closed)
    assert list(refused.value.problems) == ["managing_unit"]


def test_a_keeper_of_one_unit_creates_nothing_in_the_next(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    keeper = holder(own, Capability.MANAGE_UNITS)

    with pytest.raises(NotFound):
        create(keeper, moment, next_door)
    with pytest.raises(NotFound):
        create(keeper, moment, root)
    assert create(keeper, moment, own).get_parent().pk == own.pk


def test_seeing_a_unit_is_not_keeping_it(moment):
    unit = UnitFactory()
    clerk = holder(unit, Capability.MANAGE_PEOPLE)

    with pytest.raises(Refused) as refused:
        organisation.rename_unit(actor=clerk, moment=moment, unit=unit, name="Tên khác")

    assert (
        str(refused.value) == "You do not keep units here. Ask the access administrator to make the change."
    )
    assert Unit.objects.get().name == unit.name


def test_renaming_keeps_the_old_name_in_history(system, moment):
    unit = UnitFactory(code="KT", name="Phòng Kinh tế")

    renamed = organisation.rename_unit(
        actor=system, moment=moment, unit=unit, name="Phòng Kinh tế, Hạ tầng", reason="QĐ 2"
    )

    assert (renamed.name, renamed.search_text) == ("Phòng Kinh tế, Hạ tầng", "kt phong kinh te, ha tang")
    assert list(unit.history.order_by("history_id").values_list("name", flat=True)) == [
        "Phòng Kinh tế",
        "Phòng Kinh tế, Hạ tầng",
    ]
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.before, entry.after) == (
        Act.UNIT_RENAMED,
        {"name": "Phòng Kinh tế"},
        {"name": "Phòng Kinh tế, Hạ tầng"},
    )


def test_saying_the_same_again_writes_nothing(system, moment):
    unit = UnitFactory(name="Phòng Kinh tế")

    organisation.rename_unit(actor=system, moment=moment, unit=unit, name=" Phòng  Kinh tế ")
    organisation.change_unit(
        actor=system, moment=moment, unit=unit, block=unit.block, level=unit.level, managing_unit=None
    )

    assert unit.history.count() == 1
    assert LedgerEntry.objects.count() == 0


def test_changing_what_decides_who_evaluates_whom(system, moment):
    unit, manager = UnitFactory(), UnitFactory()

    changed = organisation.change_unit(
        actor=system,
        moment=moment,
        unit=unit,
        block=Block.PARTY,
        level=UnitLevel.USING,
        managing_unit=manager,
        reason="QĐ 3",
    )

    assert (changed.block, changed.level, changed.managing_unit_id) == ("party", "using", manager.pk)
    entry = LedgerEntry.objects.get()
    assert entry.before["managing_unit"] is None
    assert entry.after["managing_unit"] == manager.code


def test_no_unit_manages_itself(system, moment):
    unit = UnitFactory()

    with pytest.raises(Invalid):
        organisation.change_unit(
            actor=system, moment=moment, unit=unit, block=unit.block, level=unit.level, managing_unit=unit
        )


# --- Circles ------------------------------------------------------------------------------------------------
CIRCLE = (
    "A unit would stand above itself in the end, because what is to be above it is managed by way of it. Choose "
    "another one."
)


def everything():
    """What a refused act leaves as it was."""
    return list(Unit.objects.order_by("pk").values()), Unit.history.count(), LedgerEntry.objects.count()


def managed_by(actor, moment, unit, managing, level=UnitLevel.USING):
    return organisation.change_unit(
        actor=actor, moment=moment, unit=unit, block=unit.block, level=level, managing_unit=managing
    )


@pytest.mark.parametrize("length", [2, 3, 5])
def test_managing_agencies_do_not_go_round_in_a_circle(system, moment, length):
    line = [UnitFactory(using=True) for _number in range(length)]
    for unit, managing in pairwise(line):
        managed_by(system, moment, unit, managing)
    before = everything()

    with pytest.raises(Invalid) as refused:
        managed_by(system, moment, line[-1], line[0])

    assert str(refused.value) == CIRCLE
    assert refused.value.problems == {"managing_unit": [CIRCLE]}
    assert everything() == before


def test_no_agency_is_managed_by_a_unit_of_its_own(system, moment):
    agency = UnitFactory(using=True)
    office = UnitFactory(parent=agency)
    before = everything()
    with pytest.raises(Invalid, match="stand above itself"):
        managed_by(system, moment, agency, office)
    assert everything() == before


def test_no_level_closes_a_circle_for_a_unit_below(system, moment):
    """The office answered to its own unit; were that no agency any more, it would manage what it answers to."""
    agency = UnitFactory(using=True)
    middle = UnitFactory(parent=agency, using=True)
    office = UnitFactory(parent=middle)
    managed_by(system, moment, agency, office)
    before = everything()
    with pytest.raises(Invalid, match="stand above itself"):
        managed_by(system, moment, middle, None, UnitLevel.CONSTITUENT)
    assert everything() == before


def test_no_move_closes_a_circle(system, moment):
    agency, elsewhere = UnitFactory(using=True), UnitFactory(using=True)
    office = UnitFactory(parent=elsewhere)
    managed_by(system, moment, agency, office)
    before = everything()
    with pytest.raises(WrongState, match="stand above itself"):
        organisation.move_unit(
            actor=system,
            moment=moment,
            unit=office,
            new_parent=Unit.objects.get(pk=agency.pk),
            reason="Sáp nhập",
        )
    assert everything() == before


def test_a_circle_elsewhere_is_in_nobodys_way(system, moment):
    """Written past the domain, from before circles were refused."""
    one, other = UnitFactory(using=True), UnitFactory(using=True)
    Unit.objects.filter(pk=one.pk).update(managing_unit=other)
    Unit.objects.filter(pk=other.pk).update(managing_unit=one)
    unit = UnitFactory(using=True)
    assert managed_by(system, moment, unit, one).managing_unit_id == one.pk
    assert managed_by(system, moment, Unit.objects.get(pk=one.pk), None).managing_unit_id is None


def test_two_who_close_a_circle_at_once_are_not_both_right(scratch_database, moment):
    """The second begins while the first is not committed yet: it waits, and then sees what it would close."""
    system = system_user()
    root = UnitFactory(grouping=True)
    one, other = UnitFactory(parent=root, using=True), UnitFactory(parent=root, using=True)
    written = threading.Event()

    def first():
        with transaction.atomic():
            changed = managed_by(system, moment, one, other)
            written.set()
            time.sleep(0.3)  # as long as the second would need to pass, were it not made to wait
        return changed

    def second():
        written.wait(10)
        return managed_by(system, moment, other, one)

    results = together([first, second])
    assert [type(result).__name__ for result in results] == ["Unit", "Invalid"]
    assert list(Unit.objects.filter(managing_unit__isnull=False)) == [one]


# --- Moves --------------------------------------------------------------------------------------------------
def test_a_move_takes_everything_below_along_with_a_history_row_for_each_node(system, moment):
    root = UnitFactory(grouping=True)
    old, new = UnitFactory(parent=root), UnitFactory(parent=root)
    unit = UnitFactory(parent=old)
    child = UnitFactory(parent=unit)
    grandchild = UnitFactory(parent=child)

    organisation.move_unit(actor=system, moment=moment, unit=unit, new_parent=new, reason="Sắp xếp lại")

    unit, child, grandchild, new = (Unit.objects.get(pk=node.pk) for node in (unit, child, grandchild, new))
    assert unit.path.startswith(new.path)
    assert child.path.startswith(unit.path)
    assert grandchild.path.startswith(child.path)
    for node in (unit, child, grandchild):
        row = node.history.order_by("-history_id").first()
        assert (row.history_type, row.path, row.history_date, row.history_user_id) == (
            "~",
            node.path,
            moment,
            system.pk,
        )
        assert texts.read([row.history_change_reason]) == {row.history_change_reason: "Sắp xếp lại"}
    assert Unit.find_problems() == ([], [], [], [], [])
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.before, entry.after) == (
        Act.UNIT_MOVED,
        {"parent": old.code},
        {"parent": new.code, "units_moved": 3},
    )


def test_what_people_hold_moves_with_the_unit(system, moment):
    root = UnitFactory(grouping=True)
    old, new = UnitFactory(parent=root), UnitFactory(parent=root)
    unit = UnitFactory(parent=old)
    above_before, above_after = holder(old, Capability.VIEW), holder(new, Capability.VIEW)

    organisation.move_unit(actor=system, moment=moment, unit=unit, new_parent=new, reason="Sắp xếp lại")

    moved = Unit.objects.get(pk=unit.pk)
    assert not Scope.of(above_before).covers(Capability.VIEW, moved)
    assert Scope.of(above_after).covers(Capability.VIEW, moved)


def test_a_unit_moves_neither_below_itself_nor_where_the_actor_keeps_nothing(system, moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    unit = UnitFactory(parent=own)
    child = UnitFactory(parent=unit)
    keeper = holder(own, Capability.MANAGE_UNITS)

    for target in (unit, child):
        with pytest.raises(WrongState):
            organisation.move_unit(actor=system, moment=moment, unit=unit, new_parent=target, reason="x")
    with pytest.raises(NotFound):
        organisation.move_unit(actor=keeper, moment=moment, unit=unit, new_parent=next_door, reason="x")
    assert Unit.objects.get(pk=unit.pk).path == unit.path


def test_moving_to_where_it_is_changes_nothing(system, moment):
    root = UnitFactory(grouping=True)
    unit = UnitFactory(parent=root)

    organisation.move_unit(actor=system, moment=moment, unit=unit, new_parent=root, reason="x")

    assert LedgerEntry.objects.count() == 0


def test_a_closed_unit_stays_below_its_successor(system, moment):
    root = UnitFactory(grouping=True)
    unit, successor = UnitFactory(parent=root), UnitFactory(parent=root)
    reader = holder(successor, Capability.VIEW)

    closed = organisation.close_unit(
        actor=system, moment=moment, unit=unit, on=date(2026, 8, 1), successor=successor, reason="Hợp nhất"
    )

    assert (closed.closed_on, closed.successor_id) == (date(2026, 8, 1), successor.pk)
    assert Scope.of(reader).covers(Capability.VIEW, Unit.objects.get(pk=unit.pk))
    assert list(Unit.objects.in_service(date(2026, 7, 31)).values_list("pk", flat=True)) == [
        root.pk,
        successor.pk,
        unit.pk,
    ]
    assert list(Unit.objects.in_service(date(2026, 8, 1)).values_list("pk", flat=True)) == [
        root.pk,
        successor.pk,
    ]
    assert LedgerEntry.objects.filter(act=Act.UNIT_CLOSED).get().after == {
        "closed_on": "2026-08-01",
        "successor": successor.code,
    }


def test_a_unit_that_closes_on_a_day_to_come_is_worked_with_until_then(system, moment):
    root = UnitFactory(grouping=True)
    unit, last = UnitFactory(parent=root, code="KT"), date(2026, 7, 31)
    organisation.close_unit(actor=system, moment=moment, unit=unit, on=date(2026, 8, 1), reason="Hợp nhất")
    later = datetime(2026, 7, 31, 17, 10, tzinfo=UTC)  # 00:10 on 01/08 in Hà Nội

    def register(code, at):
        return register_person(
            actor=system, moment=at, staff_code=code, full_name="Lê Văn Tám", kind="cong_chuc", unit=unit
        )

    assert (
        organisation.rename_unit(actor=system, moment=moment, unit=unit, name="Phòng Mới").name == "Phòng Mới"
    )
    assert register("NV1", moment).unit == unit
    assert list(Unit.objects.filter(Unit.open_on(last))) == [root, Unit.objects.get(pk=unit.pk)]
    with pytest.raises(WrongState, match=r"closed on 01/08/2026 and cannot be changed"):
        organisation.rename_unit(actor=system, moment=later, unit=unit, name="Phòng Khác")
    with pytest.raises(Invalid, match="This unit is closed"):
        register("NV2", later)
    assert list(Unit.objects.filter(Unit.open_on(date(2026, 8, 1)))) == [root]


def test_nothing_is_put_below_a_unit_that_is_to_close_and_it_closes_once(system, moment):
    root = UnitFactory(grouping=True)
    unit, other = UnitFactory(parent=root, name="Phòng Kinh tế"), UnitFactory(parent=root)
    on = date(2026, 8, 1)
    organisation.close_unit(actor=system, moment=moment, unit=unit, on=on, reason="Hợp nhất")

    with pytest.raises(WrongState, match=r"“Phòng Kinh tế” closes on 01/08/2026\. Choose one that lasts\."):
        organisation.move_unit(actor=system, moment=moment, unit=other, new_parent=unit, reason="x")
    with pytest.raises(WrongState, match="is registered as closed on 01/08/2026 already"):
        organisation.close_unit(actor=system, moment=moment, unit=unit, on=date(2026, 9, 1), reason="x")
    assert Unit.objects.get(pk=other.pk).get_parent().pk == root.pk


def test_people_and_units_below_go_before_a_unit_closes(system, moment):
    unit = UnitFactory()
    child = UnitFactory(parent=unit)
    on = date(2026, 8, 1)

    with pytest.raises(WrongState) as refused:
        organisation.close_unit(actor=system, moment=moment, unit=unit, on=on, reason="x")
    assert str(refused.value).startswith("1 unit below")

    organisation.close_unit(actor=system, moment=moment, unit=child, on=on, reason="x")
    staying = AppointmentFactory(person=PersonFactory(unit=unit), ends_on=on)
    with pytest.raises(WrongState) as refused:
        organisation.close_unit(actor=system, moment=moment, unit=unit, on=on, reason="x")
    assert str(refused.value).startswith("1 appointment in")

    staying.ends_on = date(2026, 7, 31)
    staying.save()
    assert organisation.close_unit(actor=system, moment=moment, unit=unit, on=on, reason="x").closed_on == on


def test_a_unit_closes_once_after_it_was_opened_and_never_into_itself(system, moment):
    unit = UnitFactory()
    child = UnitFactory(parent=unit, closed=True)

    with pytest.raises(Invalid):
        organisation.close_unit(actor=system, moment=moment, unit=unit, on=unit.opened_on, reason="x")
    with pytest.raises(WrongState):
        organisation.close_unit(
            actor=system, moment=moment, unit=unit, on=date(2026, 8, 1), successor=unit, reason="x"
        )
    with pytest.raises(WrongState):
        organisation.close_unit(actor=system, moment=moment, unit=child, on=date(2026, 8, 1), reason="x")


def test_an_account_without_anything_finds_no_unit(moment):
    unit = UnitFactory()

    with pytest.raises(NotFound):
        organisation.rename_unit(actor=UserFactory(), moment=moment, unit=unit, name="Tên khác")
