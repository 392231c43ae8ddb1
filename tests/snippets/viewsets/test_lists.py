"""Lists cost the same at one row and at three, and are found and filtered as their readers expect."""

from datetime import date

import pytest
from django.urls import reverse

from snippets.enums import AUTHORING_CAPABILITIES, Capability
from snippets.models import (
    Appointment,
    CalendarDay,
    Catalogue,
    EvaluatorDecision,
    FieldAssignment,
    Grant,
    JobPosition,
    Period,
    Person,
    Position,
    Product,
    Unit,
)
from tests.factories.snippets import (
    LONG_AGO,
    AppointmentFactory,
    CatalogueFactory,
    GrantFactory,
    JobPositionFactory,
    PeriodFactory,
    PersonFactory,
    PositionFactory,
    ProductFactory,
    UnitFactory,
    holder,
)
from tests.snippets.viewsets.conftest import viewset

pytestmark = pytest.mark.django_db

HANDS = (*Capability.values,)


def field(person):
    return FieldAssignment.objects.create(
        person=person, unit=person.unit, starts_on=LONG_AGO, decision_number="1"
    )


def decision(person):
    return EvaluatorDecision.objects.create(
        person=person, evaluator=PersonFactory(unit=person.unit), starts_on=LONG_AGO, decision_number="1"
    )


MAKE = {
    Unit: lambda root, n: UnitFactory(parent=root, managing_unit=root),
    Person: lambda root, n: PersonFactory(unit=root, with_account=True),
    Appointment: lambda root, n: AppointmentFactory(person=PersonFactory(unit=root)),
    FieldAssignment: lambda root, n: field(PersonFactory(unit=root)),
    EvaluatorDecision: lambda root, n: decision(PersonFactory(unit=root)),
    Position: lambda root, n: PositionFactory(),
    JobPosition: lambda root, n: JobPositionFactory(),
    CalendarDay: lambda root, n: CalendarDay.objects.create(day=date(2026, 9, n + 1), name="Quốc khánh"),
    Catalogue: lambda root, n: CatalogueFactory(unit=root),
    Product: lambda root, n: ProductFactory(catalogue=CatalogueFactory(unit=root), unit=root),
    Period: lambda root, n: PeriodFactory(units=[root], number=n + 1),
    Grant: lambda root, n: GrantFactory(unit=root),
}
# Ten are the host's (session, account, permissions, profile, menu); the register's own are the scope's, the count and
# the rows, and the units offered by a filter.
BY_UNIT = {Person, Appointment, Catalogue, Product, Grant}


@pytest.mark.parametrize("model", sorted(MAKE, key=lambda model: model.__name__))
def test_a_list_costs_the_same_at_one_and_at_three_rows(signed_in, django_assert_num_queries, model):
    root = UnitFactory(grouping=True)
    client = signed_in(holder(root, *HANDS))
    url = reverse(viewset(model).get_url_name("list"))
    client.get(url)  # whatever is read once for each process is read by now

    MAKE[model](root, 0)
    with django_assert_num_queries(13 if model in BY_UNIT else 12):
        assert client.get(url).status_code == 200
    for number in (1, 2):
        MAKE[model](root, number)
    with django_assert_num_queries(13 if model in BY_UNIT else 12):
        response = client.get(url)
    assert len(response.context["object_list"]) >= 3


def listed(client, model, query):
    response = client.get(f"{reverse(viewset(model).get_url_name('list'))}?{query}")
    return [str(row) for row in response.context["object_list"]]


def test_people_are_found_without_marks_and_stand_in_the_order_of_names(signed_in):
    unit = UnitFactory()
    for name in ("Trần Thị Nguyệt", "Đặng Văn Ân", "Lê Văn An", "Nguyễn Thị Nguyệt"):
        PersonFactory(full_name=name, unit=unit)
    client = signed_in(holder(unit, Capability.MANAGE_PEOPLE))

    assert listed(client, Person, "") == [
        "Lê Văn An",
        "Đặng Văn Ân",
        "Nguyễn Thị Nguyệt",
        "Trần Thị Nguyệt",
    ]
    assert listed(client, Person, "q=nguyet") == ["Nguyễn Thị Nguyệt", "Trần Thị Nguyệt"]
    assert listed(client, Person, "q=dang") == ["Đặng Văn Ân"]


def test_a_unit_is_a_filter_for_everything_below_it(signed_in):
    root = UnitFactory(grouping=True)
    agency, other = UnitFactory(parent=root, using=True), UnitFactory(parent=root, using=True)
    department = UnitFactory(parent=agency)
    PersonFactory(full_name="Ở phòng", unit=department)
    PersonFactory(full_name="Ở nơi khác", unit=other)
    client = signed_in(holder(root, Capability.MANAGE_PEOPLE))

    assert listed(client, Person, f"unit={agency.pk}") == ["Ở phòng"]
    assert listed(client, Person, f"unit={other.pk}") == ["Ở nơi khác"]
    assert len(listed(client, Person, f"unit={root.pk}")) == 2
    assert listed(client, Person, f"unit={agency.pk}&kind=vien_chuc") == []


def test_the_products_of_one_catalogue(signed_in):
    unit = UnitFactory()
    wanted = ProductFactory(catalogue=CatalogueFactory(unit=unit), code="A")
    ProductFactory(catalogue=CatalogueFactory(unit=unit), code="B")
    client = signed_in(holder(unit, Capability.MANAGE_CATALOGUE))

    assert listed(client, Product, f"catalogue={wanted.catalogue_id}") == [str(wanted)]
    assert len(listed(client, Product, "catalogue=x")) == 2
    assert len(listed(client, Product, f"catalogue={10**30}")) == 2


def test_a_chooser_finds_without_marks_and_offers_what_exists(signed_in):
    root = UnitFactory(grouping=True, name="Tỉnh")
    UnitFactory(parent=root, name="Sở Nội vụ")
    UnitFactory(parent=root, name="Sở Nội vụ cũ", closed=True)
    UnitFactory(parent=root, name="Sở Tài chính")
    PersonFactory(unit=root, full_name="Lê Còn Đây", staff_code="CON1")
    PersonFactory(unit=root, full_name="Lê Đã Nghỉ", left_on=LONG_AGO)
    client = signed_in(holder(root, Capability.MANAGE_PEOPLE))

    def choose(model, query):
        name = viewset(model).chooser_viewset.get_url_name("choose_results")
        return client.get(f"{reverse(name)}?q={query}").content.decode()

    units, people = choose(Unit, "noi vu"), choose(Person, "le")
    assert ("Sở Nội vụ" in units, "Sở Nội vụ cũ" in units, "Sở Tài chính" in units) == (True, False, False)
    assert "Sở Tài chính" in choose(Unit, "")
    assert ("Lê Còn Đây" in people, "CON1" in people, "Lê Đã Nghỉ" in people) == (True, True, False)


def test_a_chosen_record_comes_back_with_its_title_and_no_address(signed_in):
    root = UnitFactory(grouping=True, name="Tỉnh")
    chooser = viewset(Unit).chooser_viewset
    client = signed_in(holder(root, Capability.MANAGE_PEOPLE))

    one = client.get(reverse(chooser.get_url_name("chosen"), args=[root.pk])).json()
    several = client.get(f"{reverse(chooser.get_url_name('chosen_multiple'))}?id={root.pk}&id=x").json()

    assert one["result"] == {"id": str(root.pk), "string": "Tỉnh", "edit_url": None}
    assert several["result"] == [one["result"]]
    assert client.get(reverse(chooser.get_url_name("chosen"), args=["x"])).status_code == 404


@pytest.mark.parametrize("model", [Appointment, Period, Grant])
def test_a_chooser_of_a_register_without_a_search_answers_whatever_is_searched(signed_in, model):
    """The host's form sends its field along; there is no column to look in."""
    client = signed_in(holder(UnitFactory(), *AUTHORING_CAPABILITIES))
    for route in ("choose", "choose_results"):
        address = reverse(viewset(model).chooser_viewset.get_url_name(route))
        assert client.get(address, {"q": "ho"}).status_code == 200
