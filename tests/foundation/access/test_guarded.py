"""The guarded base by itself: the check that holds registers to it, its forms, its policy, its history reader."""

import pytest
from django import forms
from django.core.checks import Error
from wagtail.admin.viewsets import viewsets
from wagtail.snippets.views.snippets import SnippetViewSet

from kpi_cms.foundation.access.checks import registers_are_guarded
from kpi_cms.foundation.access.forms import (
    ActionForm,
    GuardedChooser,
    GuardedForm,
    NarrowedFields,
    last_history_id,
    scope_of,
)
from kpi_cms.foundation.access.history_rows import HistoryReader
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import GuardedViewSet, is_unit_scoped, register_of
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from snippets.enums import Capability
from snippets.models import Appointment, JobPosition, Period, Person, Position, Product, Unit
from tests.factories.snippets import (
    AppointmentFactory,
    PeriodFactory,
    PersonFactory,
    PositionFactory,
    ProductFactory,
    UnitFactory,
    UserFactory,
    holder,
)

# --- access.E001 --------------------------------------------------------------------------------------------


def test_every_register_of_the_product_is_guarded():
    assert registers_are_guarded() == []


def test_a_unit_scoped_model_behind_a_stock_viewset_is_an_error(monkeypatch):
    stock = SnippetViewSet(model=Person)
    monkeypatch.setattr(viewsets, "viewsets", [*viewsets.viewsets, stock])

    assert registers_are_guarded() == [
        Error(
            "snippets.Person belongs to units and is registered with SnippetViewSet.",
            hint="Register it with a GuardedViewSet: stock views ask about the model, never about the record.",
            obj=Person,
            id="access.E001",
        )
    ]


def test_what_is_unit_scoped():
    assert {model: is_unit_scoped(model) for model in (Unit, Person, Product, Period, Position)} == {
        Unit: True,
        Person: True,
        Product: True,
        Period: True,
        Position: False,
    }


# --- Forms --------------------------------------------------------------------------------------------------
class Choosing(ActionForm):
    unit = forms.ModelChoiceField(queryset=Unit.objects.all(), widget=GuardedChooser(Unit))
    forgotten = forms.ModelChoiceField(queryset=Unit.objects.all(), required=False)
    note = forms.CharField(required=False, label="ghi chú")
    narrowed = {"unit": lambda scope, instance: scope.units(Capability.MANAGE_UNITS)}


@pytest.mark.django_db
def test_a_choice_that_nobody_narrowed_offers_nothing():
    unit = UnitFactory()
    scope = Scope.of(holder(unit, Capability.MANAGE_UNITS))

    form = Choosing({"unit": unit.pk, "forgotten": unit.pk}, scope=scope, instance=None)

    assert not form.is_valid()
    assert list(form.errors) == ["forgotten"]
    assert form.cleaned_data["unit"] == unit
    assert form.fields["note"].label == "Ghi chú"


@pytest.mark.django_db
def test_a_chooser_tells_no_title_that_its_field_would_refuse():
    own, foreign = UnitFactory(name="Của mình"), UnitFactory(name="BIMAT")
    form = Choosing(scope=Scope.of(holder(own, Capability.MANAGE_UNITS)), instance=None)
    widget = form.fields["unit"].widget

    assert widget.get_instance(own.pk) == own
    assert widget.get_instance(own) == own
    for value in (foreign.pk, foreign, "x", [], None, 10**30):
        assert widget.get_instance(value) is None
    assert GuardedChooser(Unit).get_instance(own.pk) is None


class Plain(NarrowedFields, forms.Form):
    name = forms.CharField(required=False)


def test_a_refusal_stands_where_its_reader_looks_for_it():
    form = Plain({})
    form.is_valid()
    form.add_refusal(Invalid("Chung", problems={"name": ["Về tên"], "other": ["Về chỗ khác"]}))
    assert form.errors == {"name": ["Về tên"], "__all__": ["Về chỗ khác"]}

    form = Plain({})
    form.is_valid()
    form.add_refusal(WrongState("Sai lúc"))
    assert form.errors == {"__all__": ["Sai lúc"]}


@pytest.mark.django_db
def test_a_form_of_a_register_says_which_verb_it_is():
    class Silent(GuardedForm):
        class Meta:
            model = Position
            fields = ["title"]

    form = Silent({"title": "x"}, for_user=UserFactory())
    assert form.is_valid()
    with pytest.raises(NotImplementedError):
        form.save()


@pytest.mark.django_db
def test_the_last_history_row_of_a_record():
    position = PositionFactory()
    before = last_history_id(position)
    position.save()

    assert last_history_id(position) == before + 1
    assert last_history_id(ProductFactory()) is None


@pytest.mark.django_db
def test_the_scope_of_an_account_is_read_once_for_a_guarded_request():
    unit = UnitFactory()
    user = holder(unit, Capability.AUDIT)

    assert scope_of(user) == Scope.of(user)
    user.guarded_scope = Scope()
    assert scope_of(user) == Scope()


# --- The base -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("model", [Unit, Person, Product, Position, JobPosition])
def test_the_hosts_policy_answers_from_the_scope(model):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    make = {
        Unit: lambda unit: unit,
        Person: lambda unit: PersonFactory(unit=unit),
        Product: lambda unit: ProductFactory(catalogue__unit=unit),
        Position: lambda unit: PositionFactory(),
        JobPosition: lambda unit: JobPosition.objects.create(code=unit.code, title="x"),
    }[model]
    mine, theirs = make(own), make(next_door)
    policy = register_of(model).permission_policy
    keeper = holder(
        own, Capability.MANAGE_UNITS, Capability.MANAGE_PEOPLE, Capability.MANAGE_CATALOGUE, is_superuser=True
    )
    nobody = UserFactory(is_superuser=True)
    shared = model in (Position, JobPosition)

    asked = ["view", "add", "change", "delete", "publish"]
    assert [policy.user_has_permission(nobody, action) for action in asked] == [False] * 5
    assert [policy.user_has_permission(keeper, action) for action in asked] == [
        True,
        not shared,
        True,
        False,
        False,
    ]
    for_mine = [policy.user_has_permission_for_instance(keeper, action, mine) for action in asked]
    for_theirs = [policy.user_has_permission_for_instance(keeper, action, theirs) for action in asked]
    assert for_mine == [True, False, not shared, False, False]
    assert for_theirs == [shared, False, False, False, False]
    assert set(policy.instances_user_has_any_permission_for(keeper, ["view"])) == (
        {mine, theirs} if shared else {mine}
    )
    assert list(policy.instances_user_has_any_permission_for(nobody, ["view"])) == []
    assert list(policy.users_with_any_permission(["view"])) == []


class Bare(GuardedViewSet):
    model = Person


@pytest.mark.django_db
def test_a_register_that_names_nothing_opens_nothing():
    unit = UnitFactory()
    person = PersonFactory(unit=unit)
    register, scope = Bare(), Scope.of(holder(unit, *Capability.values))

    assert register.routes == {
        "list": "read",
        "list_results": "read",
        "inspect": "read",
        "history": "read",
    }
    assert not register.may_read(scope)
    assert list(register.rows(scope)) == []
    assert not register.may_add(scope)
    assert not register.may_change(scope, person)
    assert register.tables(scope, person) == []
    assert register.possible_actions(scope, person) == []
    assert register.title_of(person) == str(person)
    assert register.get_form_class() is None
    with pytest.raises(NotImplementedError):
        register.details(scope, person)


def test_the_refusals_sentence_is_the_registers():
    assert issubclass(Refused, Exception)
    assert str(Bare.refusal) == "You may read this record, not change it. Ask whoever keeps this register."


# --- History ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_history_of_a_record_that_has_none(django_assert_num_queries):
    unit = UnitFactory()
    period = PeriodFactory(units=[unit])
    reader = HistoryReader(
        Period, Scope.of(holder(unit, Capability.MANAGE_PERIODS)), (Capability.MANAGE_PERIODS,)
    )

    assert reader.page(period.pk + 1, "1", 50).object_list == []
    assert len(reader.page(period.pk, "1", 50).object_list) == 1


@pytest.mark.django_db
def test_reading_history_costs_the_same_whatever_its_length(django_assert_num_queries):
    unit = UnitFactory()
    person = PersonFactory(unit=unit)
    scope = Scope.of(holder(unit, Capability.MANAGE_PEOPLE))

    def read(key=person.pk):
        return HistoryReader(Person, scope, (Capability.MANAGE_PEOPLE,)).page(key, "1", 50).object_list

    with django_assert_num_queries(5):  # one more, once: what the reader holds
        assert len(read()) == 1
    for _ in range(3):
        person.save()
    with django_assert_num_queries(4):
        assert [change.fields for change in read()[:3]] == [[], [], []]
    key = person.pk
    person.delete()
    assert str(read(key)[0].what) in ("Removed", "Đã xóa")


@pytest.mark.django_db
def test_history_names_nobody_and_no_unit_outside_the_readers_units():
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root, name="Phòng Nhà"), UnitFactory(parent=root, name="Phòng BIMAT")
    scope = Scope.of(holder(own, Capability.MANAGE_PEOPLE))

    def told(person, unit):
        post = AppointmentFactory(person=person, unit=unit, position__title="Chuyên viên")
        reader = HistoryReader(Appointment, scope, (Capability.MANAGE_PEOPLE,))
        [change] = reader.page(post.pk, "1", 50).object_list
        words = {str(field.label): field.after for field in change.fields}
        return words["Person"], words["Unit"], words["Position"]

    mine, theirs = PersonFactory(unit=own), PersonFactory(unit=next_door)
    assert told(mine, next_door) == (str(mine), "outside your units", str(Position.objects.first()))
    assert told(theirs, own) == ("outside your units", str(own), str(Position.objects.last()))
