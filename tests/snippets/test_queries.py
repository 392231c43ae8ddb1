"""The tree as a reader of some units sees it, and search without marks."""

import pytest

from kpi_cms.foundation.access.scope import Scope
from snippets import queries
from snippets.enums import Capability
from snippets.models import Person, Unit
from tests.factories.snippets import PersonFactory, UnitFactory, holder

pytestmark = pytest.mark.django_db


def test_the_way_down_the_tree_ends_at_the_unit_itself():
    root = UnitFactory(grouping=True)
    agency = UnitFactory(parent=root, using=True)
    department = UnitFactory(parent=agency)

    assert queries.lineage(department.path) == [root.path, agency.path, department.path]
    assert queries.lineage(root.path) == [root.path]


def test_the_top_units_of_a_reader_and_those_directly_below():
    root = UnitFactory(grouping=True)
    commune = UnitFactory(parent=root)
    block = UnitFactory(parent=commune)
    UnitFactory(parent=block)
    other = UnitFactory(parent=root)
    UnitFactory(parent=other)

    everything = Scope.of(holder(root, Capability.MANAGE_PERIODS))
    assert list(queries.top_units(everything, Capability.MANAGE_PERIODS)) == [root, commune, other]
    one = Scope.of(holder(commune, Capability.MANAGE_PERIODS))
    assert list(queries.top_units(one, Capability.MANAGE_PERIODS)) == [commune, block]
    assert list(queries.top_units(Scope(), Capability.MANAGE_PERIODS)) == []


@pytest.mark.parametrize("text", ["nguyet", "NGUYỆT", "dang nguyet", "nguyet dang", "nv77"])
def test_people_are_found_without_marks_in_any_order(text):
    found = PersonFactory(full_name="Đặng Thị Nguyệt", staff_code="NV77")
    PersonFactory(full_name="Lê Văn Tám", staff_code="NV78")

    assert list(Person.objects.filter(queries.containing(text))) == [found]


def test_units_are_found_by_name_and_code():
    unit = UnitFactory(code="KT", name="Phòng Kế hoạch")
    UnitFactory(code="VP", name="Văn phòng")

    assert list(queries.find_units(Unit.objects.all(), "ke hoach")) == [unit]
    assert list(queries.find_units(Unit.objects.all(), "kt phong")) == [unit]
