"""Threats of the design that try to change something (security.md), by their numbers, by real requests.

T37, T38 and T49 stand beside what they attack: tests/snippets/domain, tests/interfaces/workspace.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard, Task
from kpi_cms.foundation.audit.models import AccessLogEntry, LedgerEntry
from snippets.models import Appointment, Catalogue, Grant, Period, Person, Product, Unit
from tests.access import rulebook
from tests.access.answers import Kind, expected
from tests.access.cells import Cell, Filling, all_cells, route_of
from tests.access.forms import filled
from tests.access.institution import HOLDERS
from tests.access.probe import digest, writes
from tests.access.routes import address, keys
from tests.helpers.screens import on_screen

pytestmark = pytest.mark.django_db


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def scores_of(client: Client, card: Scorecard, points: str, **more: str) -> dict[str, str]:
    entered = [criterion.key for criterion in card.version.compiled().criteria if criterion.entered]
    return {
        "expected": str(card.version_number),
        "reason": "Sửa",
        **{f"s-{key}": points for key in entered},
        **more,
    }


# --- T01 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", ["confirmed", "notified", "closed"])
@pytest.mark.parametrize("role", ["person", "head", "upper"])
def test_t01_nobody_raises_their_own_decided_score(prober, role, state):
    """Through the form of the card, that of the evaluation, and the steps that would open it again."""
    client, card = prober.client(role), prober.made.cards[HOLDERS[role][0], state]
    denied = AccessLogEntry.objects.filter(
        kind="refused", person_id=card.person_id, account_id=card.person.user_id
    )
    for number, (page, data, status) in enumerate(
        (
            ("card", scores_of(client, card, "15"), 409),
            ("submit", {"expected": card.version_number}, 409),
            ("evaluate", scores_of(client, card, "15"), 403),
            ("confirm", {"expected": card.version_number}, 403),
            ("return_card", {"expected": card.version_number, "reason": "Xem lại"}, 403),
            ("accept_basis", {"expected": card.version_number}, 403),
        ),
        1,
    ):
        response = client.post(reverse(f"workspace:{page}", args=[card.pk]), data)
        assert (page, response.status_code) == (page, status)
        assert denied.count() == number  # one denied event for each attempt
    assert digest() == prober.before


@pytest.mark.parametrize("state", ["confirmed", "notified", "closed"])
def test_t01_not_even_the_evaluator_raises_a_decided_score(prober, state):
    client, card = prober.client("head"), prober.made.cards["sa", state]
    for page, data in (
        ("evaluate", scores_of(client, card, "15")),
        ("confirm", {"expected": card.version_number}),
        ("return_card", {"expected": card.version_number, "reason": "Xem lại"}),
    ):
        assert client.post(reverse(f"workspace:{page}", args=[card.pk]), data).status_code == 409
    assert digest() == prober.before


# --- T02 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["head", "upper", "delegate", "personnel"])
def test_t02_nobody_decides_their_own_card(prober, role):
    for state in ("opened", "submitted", "confirmed"):
        card = prober.made.cards[HOLDERS[role][0], state]
        client = prober.client(role)
        for page in ("evaluate", "confirm", "return_card", "take_up", "endorse", "notify", "accept_basis"):
            data = scores_of(client, card, "15", reason="x")
            assert client.post(reverse(f"workspace:{page}", args=[card.pk]), data).status_code == 403
    assert digest() == prober.before


def test_t02_of_two_who_evaluate_each_other_the_second_is_refused(prober):
    made = prober.made
    one, other = made.cards["sa", "submitted"], made.cards["pe", "submitted"]
    with taken_back():
        Scorecard.objects.filter(pk=one.pk).update(evaluator=other.person)
        Scorecard.objects.filter(pk=other.pk).update(evaluator=one.person)
        statuses = []
        for card, by in ((one, other.person), (other, one.person)):
            client = Client()
            client.force_login(by.user)
            client.post(reverse("workspace:evaluate", args=[card.pk]), scores_of(client, card, "3"))
            now = Scorecard.objects.get(pk=card.pk)
            response = client.post(
                reverse("workspace:confirm", args=[card.pk]),
                {"expected": now.version_number, "seen": on_screen(now)},
            )
            statuses.append((response.status_code, Scorecard.objects.get(pk=card.pk).state))

        assert statuses == [(302, "confirmed"), (403, "submitted")]


# --- T14 ----------------------------------------------------------------------------------------------------
EXTRA = {
    "approved_by": "1", "weight": "99", "unit": "1", "unit_id": "1", "agency": "1", "state": "notified", "person": "1",
    "person_id": "1", "evaluator": "1", "evaluator_id": "1", "endorser": "1", "version": "1", "version_number": "99",
    "confirmed_at": "2026-01-01", "notified_at": "2026-01-01", "submitted_at": "2026-01-01", "coefficient": "99",
    "accepted": "97", "kind": "sudden", "source": "1", "share": "9", "total": "100", "rounded": "100",
    "band": "excellent",
    "id": "1", "pk": "1", "is_superuser": "on", "is_staff": "on", "user": "1", "username": "admin", "role": "head",
    "path": "0001", "given_by": "1", "actor": "1", "moment": "2000-01-01",
}  # fmt: skip
PROTECTED = (
    Scorecard,
    Assessment,
    Score,
    CardResult,
    Task,
    Person,
    Unit,
    Appointment,
    Period,
    Catalogue,
    Product,
    Grant,
)
# Of these names a form has some of its own.
OWN_FIELDS = {"wagtailsnippets_snippets_product:edit": {"unit"}}
# (address, role, relation, state) of a change that is allowed.
CHANGES = (
    ("workspace:card", "person", "own", "opened"),
    ("workspace:submit", "person", "own", "opened"),
    ("workspace:evaluate", "head", "same", "submitted"),
    ("workspace:confirm", "head", "same", "submitted"),
    ("workspace:notify", "head", "same", "confirmed"),
    ("workspace:report_task", "person", "own", "opened"),
    ("workspace:change_task", "head", "same", "opened"),
    ("workspace:confirm_task", "head", "same", "opened"),
    ("workspace:decide_task", "head", "same", "opened"),
    ("workspace:assign_task", "clerk", "same", "opened"),
    ("workspace:propose_task", "person", "own", "opened"),
    ("wagtailsnippets_snippets_unit:edit", "access", "same", "opened"),
    ("wagtailsnippets_snippets_person:edit", "clerk", "same", "opened"),
    ("wagtailsnippets_snippets_person:add", "clerk", "same", "opened"),
    ("wagtailsnippets_snippets_product:edit", "clerk", "same", "opened"),
    ("wagtailsnippets_snippets_period:edit", "policy", "same", "opened"),
    ("wagtailsnippets_snippets_catalogue:action_send", "clerk", "same", "opened"),
)


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything stored, without what is drawn anew at each act: keys of texts."""
    found = {}
    for model in PROTECTED:
        names = [field.attname for field in model._meta.concrete_fields if not field.name.endswith("_key")]
        found[model.__name__] = list(model._default_manager.order_by("pk").values(*names))
    return found


def count_keys_anew() -> None:
    """PostgreSQL's sequences do not go back with what is taken back; the second time, new rows get the first keys."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)


@pytest.mark.parametrize(("key", "role", "relation", "state"), CHANGES)
def test_t14_fields_that_a_form_does_not_have_are_not_read(prober, key, role, relation, state):
    """The same change with thirty more fields stores the same rows."""
    entry = rulebook.entries()[key][0]
    filling = Filling(prober.made, role, relation, state)
    path = address(route_of(key), {name: filling(word) for name, word in entry.args.items()})
    before = rows()
    stored = []
    extra = {name: value for name, value in EXTRA.items() if name not in OWN_FIELDS.get(key, ())}
    for more in ({}, extra):
        data = filled(entry.data, filling)
        with taken_back():
            count_keys_anew()
            response = prober.client(role).post(path, {**more, **data})
            stored.append((response.status_code, rows()))
        assert rows() == before
    assert stored[0][0] == 302
    assert stored[0][1] != before
    assert stored[1] == stored[0]


# --- T33 ----------------------------------------------------------------------------------------------------
def changing() -> Iterator[Cell]:
    """One allowed change at each address that has one."""
    seen = set()
    for cell in all_cells():
        if cell.method == "post" and (cell.key, cell.number) not in seen:
            promised = expected(cell)
            if promised.kind is Kind.ALLOWED and promised.writes and cell.role != "anonymous":
                seen.add((cell.key, cell.number))
                yield cell


def test_t33_what_changes_something_is_done_by_post_with_a_token_and_by_nothing_else(prober):
    """GET shows the form, or says 405; so do the other methods; a POST without its token is refused. No row changes."""
    wrong, asked = [], 0
    for cell in changing():
        entry = cell.entry
        filling = Filling(prober.made, cell.role, cell.relation, cell.state)
        path = address(route_of(cell.key), {name: filling(word) for name, word in entry.args.items()})
        client = Client(enforce_csrf_checks=True)
        client.cookies["kpi_session"] = prober.cookies[cell.role]
        answers = {"post": 403, "put": None, "patch": None, "delete": None}
        if entry.get == rulebook.NO_METHOD:
            answers |= {"get": 405, "head": 405}
        for method, status in answers.items():
            data = filled(entry.data, filling) if method == "post" else None
            with taken_back(), writes() as written:
                response = client.post(path, data) if method == "post" else getattr(client, method)(path)
                given = response.status_code
                if given not in ({status} if status else {403, 404, 405}) or written:
                    wrong.append((str(cell), method, given))
        asked += 1
    assert wrong == []
    assert asked > 60


def test_t33_every_address_of_ours_that_only_changes_says_405_to_whoever_reads_it(prober):
    only_post = [
        key
        for key in keys()
        if rulebook.entries()[key][0].get == rulebook.NO_METHOD and not route_of(key).in_admin
    ]
    for key in only_post:
        entry = rulebook.entries()[key][0]
        filling = Filling(prober.made, "person", "own", "opened")
        path = address(route_of(key), {name: filling(word) for name, word in entry.args.items()})
        assert (key, prober.client("person").get(path).status_code) == (key, 405)
    assert len(only_post) >= 7
    assert digest() == prober.before


def test_t33_a_page_of_another_site_cannot_send_a_form(prober, settings):
    """The session's cookie is not sent along with a form of another site, nor is one from there taken."""
    assert (settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SAMESITE) == ("Lax", "Lax")
    card = prober.made.cards["sa", "confirmed"]
    client = Client(enforce_csrf_checks=True)
    client.cookies["kpi_session"] = prober.cookies["head"]
    client.cookies["csrftoken"] = "a" * 32
    response = client.post(
        reverse("workspace:notify", args=[card.pk]),
        {"csrfmiddlewaretoken": "a" * 32},
        HTTP_ORIGIN="https://xau.example",
    )
    assert response.status_code == 403
    assert digest() == prober.before


# --- T42 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "host", ["xau.example", "testserver.xau.example", "testserver@xau.example", "localhost:1/x"]
)
def test_t42_a_host_that_is_not_ours_is_answered_with_nothing(prober, host):
    for path in ("/", reverse("accounts:sign_in"), "/admin/", reverse("health")):
        response = prober.client("policy").get(path, HTTP_HOST=host)
        assert response.status_code == 400
        assert host.split(":")[0] not in response.content.decode()


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded", "X-Forwarded-Server"]
)
def test_t42_headers_of_a_proxy_change_no_link(prober, name):
    value = "host=xau.example;proto=https" if name == "Forwarded" else "xau.example"
    for role, path in (
        ("head", "/"),
        ("policy", "/admin/"),
        ("anonymous", "/"),
        ("anonymous", reverse("accounts:sign_in")),
    ):
        response = prober.client(role).get(path, headers={name: value})
        assert "xau.example" not in response.content.decode()
        assert "xau.example" not in str(dict(response.items()))


@pytest.mark.parametrize(
    "name", ["X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-Forwarded-User", "Remote-User"]
)
def test_t42_headers_of_a_proxy_open_no_door(prober, name):
    """Neither another address, nor another method, nor another account is read from a header."""
    card = prober.made.cards["un", "notified"].pk
    value = {"X-HTTP-Method-Override": "POST"}.get(name, reverse("workspace:card", args=[card]))
    value = prober.made.user("auditor").get_username() if name.endswith("User") else value
    notify = reverse("workspace:notify", args=[prober.made.cards["sa", "confirmed"].pk])

    assert (
        prober.client("person").get(reverse("workspace:card", args=[card]), headers={name: value}).status_code
        == 404
    )
    assert prober.client("head").get(notify, headers={name: value}).status_code == 405
    assert Client().get(reverse("workspace:history"), headers={name: value}).status_code == 302
    assert digest() == prober.before


@pytest.mark.parametrize(("proxies", "kept"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_t42_the_ledger_keeps_the_address_that_our_own_proxy_saw(prober, settings, proxies, kept):
    """What the client itself wrote into X-Forwarded-For stands nowhere."""
    settings.PROXY_COUNT = proxies
    card = prober.made.cards["sa", "confirmed"]
    with taken_back():
        prober.client("head").post(
            reverse("workspace:notify", args=[card.pk]),
            headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"},
        )
        entry = LedgerEntry.objects.order_by("-pk").first()
        history = Scorecard.history.filter(id=card.pk).order_by("-history_id").first()
        addresses = {str(entry.address), str(history.history_address)}
    assert (entry.act, addresses) == ("card.notified", {kept})
