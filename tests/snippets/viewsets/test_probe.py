"""Every address of every register, walked by people who hold nothing, something next door, or everything there."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils.translation import override

from kpi_cms.foundation.access.scope import Scope
from snippets import models
from snippets.enums import AUTHORING_CAPABILITIES, Capability
from snippets.models import CalendarDay, Grant, JobPosition, Position
from tests.factories.snippets import (
    JobPositionFactory,
    PositionFactory,
    UnitFactory,
    UserFactory,
    holder,
)
from tests.snippets.viewsets.conftest import MARK, SCOPED, World, viewset

pytestmark = pytest.mark.django_db

EVERY = (*SCOPED, Position, JobPosition, CalendarDay)
REGISTERS = tuple(AUTHORING_CAPABILITIES)


def addresses(model: type[Model], key: int) -> Iterator[tuple[str, str]]:
    """Route name and address of everything that the register and its chooser answer to."""
    register = viewset(model)
    for owner in (register, register.chooser_viewset):
        for pattern in owner.get_urlpatterns():
            yield pattern.name, address(owner, pattern, key)
    app_label, name = model._meta.app_label, model._meta.model_name
    yield "bulk", reverse("wagtail_bulk_action", args=[app_label, name, "delete"]) + f"?id={key}"


def address(owner, pattern: URLPattern, key: int) -> str:
    known = {"pk": key, "revision_id": 1, "task_state_id": 1}
    kwargs = {name: known[name] for name in pattern.pattern.converters}
    return reverse(owner.get_url_name(pattern.name), kwargs=kwargs)


def rows() -> dict[str, list]:
    """Everything stored in the registers."""
    return {
        name: list(getattr(models, name).objects.order_by("pk").values()) for name in sorted(models.__all__)
    }


def walk(client: Client, model: type[Model], key: int) -> Iterator[tuple[str, str, int, str]]:
    for name, url in addresses(model, key):
        for method in (client.get, client.post):
            response = method(url)
            yield name, url, response.status_code, response.content.decode()


@pytest.mark.parametrize("model", EVERY)
def test_anonymous_readers_are_sent_to_sign_in(world: World, model):
    key = world.next_door.records[model].pk if model in SCOPED else 1
    before = rows()

    for _name, url, status, body in walk(Client(), model, key):
        assert (status, MARK in body) == (302, False), url
    assert rows() == before


@pytest.mark.parametrize("model", EVERY)
@pytest.mark.parametrize("superuser", [False, True])
def test_to_an_account_without_an_authoring_role_the_admin_does_not_exist(
    world: World, signed_in, model, superuser
):
    """Neither being the operator nor every Django permission opens anything."""
    user = holder(world.next_door.unit, Capability.VIEW, Capability.EVALUATE, is_superuser=superuser)
    user.user_permissions.set(Permission.objects.all())
    key = world.next_door.records[model].pk if model in SCOPED else 1
    before = rows()

    for _name, url, status, body in walk(signed_in(user), model, key):
        assert (status, MARK in body) == (404, False), url
    assert rows() == before


@pytest.mark.parametrize("model", SCOPED)
@pytest.mark.parametrize("permissions", [False, True])
def test_a_reader_of_one_unit_learns_nothing_of_the_next(world: World, signed_in, model, permissions):
    """Everything held on the own unit, and every Django permission: next door stays missing, record by record."""
    user = holder(world.own.unit, *REGISTERS)
    if permissions:
        user.user_permissions.set(Permission.objects.exclude(content_type__app_label="snippets"))
    before = rows()

    for name, url, status, body in walk(signed_in(user), model, world.next_door.records[model].pk):
        assert MARK not in body, url
        if str(world.next_door.records[model].pk) in url.split("/"):
            assert status == 404, (name, url)
    assert rows() == before


@pytest.mark.parametrize("model", SCOPED)
def test_the_same_reader_works_with_their_own_records(world: World, signed_in, model):
    user = holder(world.own.unit, *REGISTERS, Capability.MANAGE_ACCOUNTS)
    client = signed_in(user)
    record = world.own.records[model]
    register = viewset(model)

    statuses = {}
    for route in register.routes:
        args = [] if route in ("list", "list_results", "add") else [record.pk]
        response = client.get(reverse(register.get_url_name(route), args=args))
        statuses[route] = response.status_code
        if route in ("list", "list_results", "inspect"):
            assert "CUAMINH" in response.content.decode() or model is models.Period
    possible = {action.name for action in register.possible_actions(Scope.of(user), record)}
    assert statuses == {
        route: 200 if not route.startswith("action_") or route.removeprefix("action_") in possible else 403
        for route in register.routes
    }


@pytest.mark.parametrize("model", EVERY)
def test_what_the_base_does_not_know_is_missing_even_to_whoever_holds_everything(
    world: World, signed_in, model
):
    """Delete, copy, usage, bulk delete and creating in a chooser do not exist."""
    client = signed_in(holder(world.root, *Capability.values, is_superuser=True))
    record = world.own.records[model] if model in SCOPED else lists()[model]
    register = viewset(model)
    unknown = {"delete", "usage", "history_results", "create", "bulk"}
    unknown |= {"history"} - {name for name in ("history",) if hasattr(model, name)}
    unknown |= {"edit"} - set(register.routes)
    known = set(register.routes) | {"choose", "choose_results", "chosen", "chosen_multiple"}
    before = rows()

    found = {name: client.get(url).status_code for name, url in addresses(model, record.pk)}
    posted = {client.post(url).status_code for name, url in addresses(model, record.pk) if name in unknown}

    assert {name for name, status in found.items() if status == 404} == unknown
    assert set(found) == unknown | known
    assert posted == {404}
    assert rows() == before


def lists():
    return {
        Position: PositionFactory(),
        JobPosition: JobPositionFactory(),
        CalendarDay: CalendarDay.objects.create(day=date(2026, 9, 2), name="Quốc khánh"),
    }


@pytest.mark.parametrize("model", [Position, JobPosition, CalendarDay])
def test_the_shared_lists_are_read_by_clerks_and_changed_at_the_top(world: World, signed_in, model):
    record = lists()[model]
    register = viewset(model)
    read = {"list", "list_results", "inspect", "history"}

    def statuses(user):
        client = signed_in(user)
        return {
            route: client.get(
                reverse(
                    register.get_url_name(route),
                    args=[] if route in ("list", "list_results", "add") else [record.pk],
                )
            ).status_code
            for route in register.routes
        }

    clerk = holder(world.own.unit, Capability.MANAGE_PEOPLE)
    assert statuses(clerk) == {route: 200 if route in read else 403 for route in register.routes}
    personnel = holder(world.root, Capability.MANAGE_PEOPLE)
    assert set(statuses(personnel).values()) == {200}
    policy = holder(world.root, Capability.MANAGE_PERIODS)
    assert set(statuses(policy).values()) == {200 if model is CalendarDay else 404}


# --- Writing next door through a form -----------------------------------------------------------------------
def foreign_posts(world: World) -> dict[str, tuple[type[Model], dict]]:
    """A form of the own unit, filled in with keys of the next."""
    own, foreign = world.own.records, world.next_door
    keys = {model: record.pk for model, record in foreign.records.items()}
    dated = {"starts_on": "01/08/2026", "decision_number": "1", "reason": "x"}
    position = own[models.Appointment].position_id
    unit = {"code": "MOI", "name": "Mới", "block": "party", "level": "using", "opened_on": "01/07/2026"}
    return {
        "a person": (
            models.Person,
            {"staff_code": "MOI", "full_name": "Người Mới", "kind": "cong_chuc", "unit": foreign.unit.pk},
        ),
        "a unit": (models.Unit, {**unit, "parent": foreign.unit.pk}),
        "a unit managed from there": (
            models.Unit,
            {**unit, "parent": world.own.unit.pk, "managing_unit": foreign.unit.pk},
        ),
        "somebody of theirs appointed here": (
            models.Appointment,
            {
                **dated,
                "person": keys[models.Person],
                "unit": world.own.unit.pk,
                "position": position,
                "role": "member",
                "is_main": "on",
            },
        ),
        "somebody of ours appointed there": (
            models.Appointment,
            {
                **dated,
                "person": own[models.Person].pk,
                "unit": foreign.unit.pk,
                "position": position,
                "role": "member",
                "is_main": "on",
            },
        ),
        "a field": (
            models.FieldAssignment,
            {**dated, "person": own[models.Person].pk, "unit": foreign.unit.pk},
        ),
        "an evaluator": (
            models.EvaluatorDecision,
            {**dated, "person": own[models.Person].pk, "evaluator": keys[models.Person]},
        ),
        "a catalogue": (
            models.Catalogue,
            {"unit": foreign.unit.pk, "title": "Danh mục", "standard_points": "5"},
        ),
        "a product": (
            models.Product,
            {
                "catalogue": keys[models.Catalogue],
                "code": "MOI",
                "scope": "shared",
                "duty": "Nhiệm vụ",
                "output": "Sản phẩm",
                "group": "1",
                "points": "5",
            },
        ),
        "a period": (
            models.Period,
            {
                "kind": "month",
                "year": "2026",
                "number": "9",
                "units": [foreign.unit.pk],
                "self_due_at": "28/09/2026 17:00",
                "evaluation_due_at": "05/10/2026 17:00",
            },
        ),
        "a grant": (
            Grant,
            {
                "username": own[models.Person].user.username,
                "role": "clerk",
                "unit": foreign.unit.pk,
                "starts_on": "01/07/2026",
                "reason": "x",
            },
        ),
    }


@pytest.mark.parametrize(
    "what",
    [
        "a person",
        "a unit",
        "a unit managed from there",
        "somebody of theirs appointed here",
        "somebody of ours appointed there",
        "a field",
        "an evaluator",
        "a catalogue",
        "a product",
        "a period",
        "a grant",
    ],
)
def test_no_form_writes_next_door_nor_tells_its_titles(world: World, signed_in, what):
    model, data = foreign_posts(world)[what]
    client = signed_in(holder(world.own.unit, *REGISTERS))
    before = rows()

    response = client.post(reverse(viewset(model).get_url_name("add")), data)

    assert response.status_code == 422
    assert MARK not in response.content.decode()
    assert rows() == before


def test_the_form_that_was_refused_next_door_is_saved_at_home(world: World, signed_in):
    """So that the test above fails for the unit and for nothing else."""
    client = signed_in(holder(world.root, *REGISTERS))

    statuses = {
        what: client.post(reverse(viewset(model).get_url_name("add")), data).status_code
        for what, (model, data) in foreign_posts(world).items()
        if what not in ("a unit managed from there", "somebody of ours appointed there")
    }

    assert set(statuses.values()) == {302}


def test_an_address_filled_in_with_a_foreign_key_shows_no_title(world: World, signed_in):
    client = signed_in(holder(world.own.unit, *REGISTERS))
    foreign = world.next_door.records

    for model, query in (
        (models.Appointment, f"person={foreign[models.Person].pk}&unit={world.next_door.unit.pk}"),
        (models.Product, f"catalogue={foreign[models.Catalogue].pk}"),
        (models.Unit, f"parent={world.next_door.unit.pk}"),
    ):
        response = client.get(f"{reverse(viewset(model).get_url_name('add'))}?{query}")
        assert response.status_code == 200
        assert MARK not in response.content.decode()


@pytest.mark.parametrize("model", SCOPED)
def test_a_chooser_answers_for_keys_of_the_own_units_only(world: World, signed_in, model):
    """Foreign, missing and garbled keys are told apart by nothing, asked one by one or together."""
    client = signed_in(holder(world.own.unit, *REGISTERS))
    chooser = viewset(model).chooser_viewset
    own, foreign = world.own.records[model], world.next_door.records[model]
    other_keys = [str(foreign.pk), "999999", str(10**30), "x", "_31", "²", ""]

    def chosen(*keys: str) -> list[dict]:
        url = reverse(chooser.get_url_name("chosen_multiple"))
        return client.get(url, {"id": keys}).json()["result"]

    with override("vi"):
        answer = [{"id": str(own.pk), "string": str(own), "edit_url": None}]
    assert chosen(str(own.pk)) == answer
    assert chosen(*other_keys) == []
    assert chosen(*other_keys, str(own.pk)) == answer
    one_by_one = {
        key: client.get(reverse(chooser.get_url_name("chosen"), args=[key])).status_code
        for key in other_keys
        if key
    }
    assert one_by_one == dict.fromkeys(one_by_one, 404)
    assert client.get(reverse(chooser.get_url_name("chosen"), args=[own.pk])).json()["result"] == answer[0]


def test_a_chooser_does_not_choose_what_its_list_leaves_out(world: World, signed_in):
    """A record that the reader sees and nobody chooses any more: a closed unit."""
    closed = UnitFactory(parent=world.own.unit, code="CUAMINH-X", name="Đã giải thể", closed=True)
    client = signed_in(holder(world.own.unit, *REGISTERS))
    chooser = viewset(models.Unit).chooser_viewset

    assert client.get(reverse(chooser.get_url_name("chosen"), args=[closed.pk])).status_code == 404
    several = client.get(reverse(chooser.get_url_name("chosen_multiple")), {"id": [closed.pk]})
    assert several.json()["result"] == []


def test_lists_filtered_or_searched_hold_the_same_rows_and_none_is_exported(world: World, signed_in):
    client = signed_in(holder(world.own.unit, *REGISTERS))
    unit = world.next_door.unit.pk

    for model in SCOPED:
        url = reverse(viewset(model).get_url_name("list"))
        for query in ("export=csv", "export=xlsx"):
            response = client.get(f"{url}?{query}")
            assert (response.status_code, MARK in response.content.decode()) == (404, False), (url, query)
        for query in ("q=mat+bim", f"unit={unit}", "catalogue=1", "p=2"):
            response = client.get(f"{url}?{query}")
            assert response.status_code == 200, url
            assert MARK not in response.content.decode(), (url, query)
            assert response.headers["Content-Type"].startswith("text/html")


def test_the_hosts_own_reports_and_home_tell_nothing(world: World, signed_in):
    client = signed_in(holder(world.own.unit, *REGISTERS))

    for url in ("/admin/", "/admin/reports/site-history/", "/admin/snippets/"):
        response = client.get(url)
        assert MARK not in response.content.decode(), url
    menu = client.get("/admin/").content.decode()
    for hidden in ("/admin/reports/", "/admin/images/", "/admin/documents/"):
        assert hidden not in menu


def test_a_register_stands_in_the_menu_of_whoever_reads_it(world: World):
    """Made anew: the host keeps the items of its menu for the life of a process."""
    keeper, nobody = (
        SimpleNamespace(scope=Scope.of(user)) for user in (holder(world.own.unit, *REGISTERS), UserFactory())
    )
    for model in SCOPED:
        register = type(viewset(model))()
        assert register.menu_label[:1].isupper()
        item = register.menu_item_class(register.menu_label, "/", name="register")
        assert (item.is_shown(keeper), item.is_shown(nobody)) == (True, False), model
        assert register.register_permissions() is None  # no row in the host's groups


def test_an_account_that_holds_nothing_finds_no_admin(signed_in, world: World):
    assert signed_in(UserFactory()).get("/admin/").status_code == 404
