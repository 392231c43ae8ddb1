"""Threats of the design that try to read (security.md), by their numbers, on the institution of the matrix.

T08, T12, T43, T47 and T49 stand beside what they attack: tests/evaluation, tests/interfaces/workspace.
"""

import re

import pytest
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from kpi_cms.evaluation import audit_queries
from kpi_cms.evaluation.audit_queries import Filters
from kpi_cms.evaluation.models import Evidence, Scorecard, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import register_of
from snippets.domain.grants import end_grant
from snippets.domain.people import appointments
from snippets.models import Grant, Period, Person, Position, Product, Unit
from tests.access import rulebook, sight
from tests.access.institution import HOLDERS
from tests.access.marks import EVALUATION, NAME, RECORD, SELF, Mark, marks_in, texts_of
from tests.factories.snippets import hold
from tests.helpers.pages import body
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db
MISSING = 999_999


def fingerprint(response, path: str) -> tuple:
    """Status, headers and body, without the address that was asked, the moment, the ids of request and form."""
    own = ("X-Request-ID", "Content-Length", "Expires")
    headers = {name: value for name, value in response.items() if name not in own}
    return response.status_code, headers, body(response).replace(path, "")


def told_in(response) -> set[Mark]:
    return {mark for text in texts_of(response) for mark in marks_in(text)}


# --- T06 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("page", "model", "own"),
    [
        ("workspace:card", Scorecard, "person"),
        ("workspace:card_history", Scorecard, "person"),
        ("workspace:task", Task, "person"),
        ("workspace:person_tasks", Person, "pk"),
    ],
)
def test_t06_of_all_keys_only_the_own_ones_are_found_and_the_rest_is_one_answer(prober, page, model, own):
    """Keys from the first to beyond the last, asked by an employee: foreign and missing cannot be told apart."""
    me = prober.made.people["pe"].pk
    mine = set(model._default_manager.filter(**{own: me}).values_list("pk", flat=True))
    last = model._default_manager.order_by("-pk").first().pk
    client, query = prober.client("person"), {"ky": prober.made.periods["notified"].pk}

    found, answers = set(), []
    for key in sorted({*range(1, last + 3, max(1, last // 40)), last, MISSING} | mine):
        path = reverse(page, args=[key])
        response = client.get(path, query)
        if response.status_code == 200:
            found.add(key)
        else:
            answers.append(fingerprint(response, path))

    assert found == mine
    assert len(answers) > 20
    assert {status for status, _headers, _body in answers} == {404}
    assert [answer for answer in answers if answer != answers[-1]] == []


def test_t06_files_of_others_and_made_up_keys_are_one_answer(prober):
    client = prober.client("person")
    mine = set(Evidence.objects.filter(person=prober.made.people["pe"]).values_list("key", flat=True))
    made_up = prober.made.files["pe", "opened", "m"].key.__class__(int=335)
    keys = [*Evidence.objects.exclude(key__in=mine).values_list("key", flat=True)[::6], made_up]
    answers = [
        fingerprint(client.get(path), path)
        for path in (reverse("workspace:evidence", args=[key]) for key in keys)
    ]

    assert {client.get(reverse("workspace:evidence", args=[key])).status_code for key in mine} == {200}
    assert answers[-1][0] == 404
    assert [answer for answer in answers if answer != answers[-1]] == []


def test_t06_registers_answer_a_clerk_alike_for_foreign_and_missing_records(prober):
    client = prober.client("clerk")
    inside = sight.below("A1")
    for model in (Person, Unit, Product, Grant, Period):
        register = register_of(model)
        answers = []
        for key in (*model._default_manager.values_list("pk", flat=True)[:60], MISSING):
            path = reverse(register.get_url_name("inspect"), args=[key])
            response = client.get(path)
            if response.status_code == 200:
                assert model in (Person, Unit, Product)
                assert {mark.owner for mark in told_in(response)} & marks_of_units(inside)
            else:
                answers.append(fingerprint(response, path))
        assert [answer for answer in answers if answer != answers[-1]] == []


def marks_of_units(codes) -> set[str]:
    """The letters of the units and of everybody who works in them."""
    return {letters for letters, code in sight.UNIT_OF_MARK.items() if code in codes} | {
        letters for letters, code in sight.WORKS_IN.items() if code in codes
    }


# --- T07 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["clerk", "personnel", "access"])
@pytest.mark.parametrize("typed", ["ho", "Hồ Thị", "qx", ""])
def test_t07_a_chooser_of_people_offers_the_own_units_and_counts_no_others(prober, role, typed):
    """“Hồ” is everybody's name in this province."""
    people = Person.objects.serving(timezone.localdate()).filter(unit__code__in=sight.below("A1"))
    chooser = register_of(Person).chooser_viewset
    offered = set()
    for number in range(1, 9):
        address = reverse(chooser.get_url_name("choose_results"))
        page = prober.client(role).get(address, {"q": typed, "p": number})
        offered |= {mark.owner for mark in told_in(page) if mark.kind == NAME}

    assert offered == {letters for letters, unit in sight.WORKS_IN.items() if unit in sight.below("A1")}
    assert len(offered) == people.count()


@pytest.mark.parametrize("role", list(HOLDERS))
def test_t07_no_search_of_the_workspace_names_somebody_unknown(prober, role):
    made, client = prober.made, prober.client(role)
    period = made.periods["notified"].pk
    for text in ("ho", "QXUNN0XQ", "%", "' OR 1=1 --"):
        for page, args in (
            ("units", []), ("evaluations", []), ("history", []), ("review", []), ("unit", ["A1"]), ("unit", ["A2"]),
            ("unit_tasks", ["A1"]), ("unit_history", ["A1"]),
        ):  # fmt: skip
            query = {"q": text, "person": text, "actor": text, "ky": period}
            response = client.get(reverse(f"workspace:{page}", args=args), query)
            told = told_in(response) - marks_in(text)
            unknown = [mark for mark in told if not sight.may_know(role, mark, ("history", "readers"))]
            assert (page, response.status_code in (200, 404), unknown) == (page, True, [])


# --- T09 ----------------------------------------------------------------------------------------------------
def test_t09_whoever_lost_the_right_prints_nothing_from_a_page_still_open(prober):
    """The role is taken away between looking and printing."""
    made, client = prober.made, prober.client("personnel")
    card = made.cards["sa", "notified"]
    print_it = reverse("reporting:form01", args=[card.pk])
    assert client.get(reverse("workspace:card", args=[card.pk])).status_code == 200
    assert client.post(print_it).status_code == 200

    lose_everything(made, "personnel")

    assert client.post(print_it).status_code == 404
    assert client.get(reverse("workspace:card", args=[card.pk])).status_code == 404


def lose_everything(made, role: str) -> None:
    """An access administrator of the province ends what the account was given."""
    giver = hold(made.people["ts"].user, made.units["TINH"], "manage_grants", on=MOMENT)
    for grant in Grant.objects.filter(user=made.user(role), ended_at__isnull=True, unit=made.units["A1"]):
        if grant.starts_on <= MOMENT.date():
            end_grant(actor=giver, moment=timezone.now(), grant=grant, reason="Chuyển công tác")


@pytest.mark.parametrize("role", [role for role in HOLDERS if role not in ("clerk", "personnel")])
def test_t09_the_template_of_people_is_no_list_of_units(prober, role):
    assert prober.client(role).get(reverse("exchange:people_template")).status_code == 404


def test_t09_a_workbook_holds_the_units_of_its_reader(prober):
    response = prober.client("clerk").get(reverse("exchange:people_template"))

    assert {mark.owner for mark in told_in(response)} == {
        letters for letters, code in sight.UNIT_OF_MARK.items() if code in sight.below("A1")
    }


def test_t09_the_passwords_of_an_import_go_to_whoever_imported(prober):
    """The address of another's upload, with whatever is sealed in it, answers as a missing one."""
    made = prober.made
    others = made.extra["people_upload"]["personnel"]
    for key in (others.pk, others.pk.__class__(int=335)):
        for name, method in (("people_plan", "get"), ("people_plan", "post"), ("people_passwords", "post")):
            response = getattr(prober.client("clerk"), method)(reverse(f"exchange:{name}", args=[key]))
            assert response.status_code == 404


# --- T10 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", list(HOLDERS))
def test_t10_a_history_is_read_by_whoever_reads_what_it_is_about(prober, role):
    """Of each card and of each record of the registers: own and foreign in one round."""
    made, client = prober.made, prober.client(role)
    for letters in ("pe", "sa", "su", "si", "pa", "un"):
        card = made.cards[letters, "notified"]
        response = client.get(reverse("workspace:card_history", args=[card.pk]), {"xem": "viec"})
        assert response.status_code == (200 if letters in sight.cards(role) else 404)
        person = made.people[letters]
        address = reverse(register_of(Person).get_url_name("history"), args=[person.pk])
        keeps = role in sight.KEEPERS and letters in sight.people_below(role)
        assert client.get(address).status_code == (200 if keeps else 404)


def test_t10_a_page_of_history_is_not_turned_to_by_a_foreign_cursor(prober):
    """The next page begins behind a row that somebody else read: it holds nothing of theirs."""
    made, client = prober.made, prober.client("auditor")
    period = made.periods["notified"]
    everything = hold(made.people["ts"].user, made.units["TINH"], "audit", on=MOMENT)
    page = audit_queries.unit_changes(Scope.of(everything), made.units["TINH"], period, filters=Filters())
    for cursor in (page.next, "0_0_0_0", f"{MOMENT.timestamp():.6f}_9_9_9"):
        for see in ("", "viec"):
            query = {"ky": period.pk, "sau": cursor, "xem": see}
            response = client.get(reverse("workspace:unit_history", args=["A1"]), query)
            assert response.status_code == 200
            assert [m for m in told_in(response) if not sight.may_know("auditor", m, ("history",))] == []
    assert page.next


@pytest.mark.parametrize("role", ["clerk", "personnel", "access", "person", "head", "auditor"])
def test_t10_revisions_are_compared_by_those_who_write_sets(prober, role):
    page = prober.made.extra["page"]
    for tail in (
        "revisions/compare/live...latest",
        "revisions/compare/earliest...latest",
        "history",
        "workflow_history",
    ):
        assert prober.client(role).get(f"/admin/pages/{page.pk}/{tail}/").status_code == 404


# --- T11 ----------------------------------------------------------------------------------------------------
def test_t11_an_old_link_opens_nothing_for_whoever_moved_on(prober):
    """The personnel officer moves to another unit and follows a link that came before, without signing in anew."""
    made, client = prober.made, prober.client("personnel")
    card, task = made.cards["sa", "notified"], made.tasks["sa", "notified", "confirmed"]
    links = [reverse("workspace:card", args=[card.pk]), reverse("workspace:task", args=[task.pk]),
             reverse("workspace:evidence", args=[made.files["sa", "notified", "m"].key])]  # fmt: skip
    assert {client.get(link).status_code for link in links} == {200}

    registrar = hold(made.people["ts"].user, made.units["TINH"], "manage_people", on=MOMENT)
    position = Position.objects.get(role="member")
    appointments.transfer(
        actor=registrar, moment=MOMENT, person=made.people["ps"], unit=made.units["C1"], position=position,
        role="member", starts_on=MOMENT.date(), reason="Điều động",
    )  # fmt: skip
    lose_everything(made, "personnel")

    assert {client.get(link).status_code for link in links} == {404}
    assert [told_in(client.get(link)) - {Mark("ps", NAME)} for link in links] == [set()] * len(links)


def test_t11_nothing_that_is_sent_holds_a_score(prober, mailoutbox, django_capture_on_commit_callbacks):
    """Confirming and notifying: whatever leaves by mail carries no points and no remark."""
    made, client = prober.made, prober.client("head")
    with django_capture_on_commit_callbacks(execute=True):
        assert (
            client.post(reverse("workspace:notify", args=[made.cards["sa", "confirmed"].pk])).status_code
            == 302
        )
    told = {mark for mail in mailoutbox for mark in marks_in(f"{mail.subject} {mail.body}")}
    assert {mark.kind for mark in told} <= {NAME}
    assert not any(points in mail.body for mail in mailoutbox for points in made.scores["sa"])


# --- T13 ----------------------------------------------------------------------------------------------------
TAILS = (
    "copy", "sao-chep", "duplicate", "nhan-ban", "preview", "xem-truoc", "translate", "convert_alias", "revisions",
    "usage", "export", "unpublish", "lock",
)  # fmt: skip


def leads_nowhere(client, address: str) -> bool:
    """The address belongs to no view, or to one that answers everybody as if it were missing."""
    try:
        match = resolve(address)
    except Resolver404:
        return True
    absent = match.url_name is None or rulebook.entries()[match.view_name][0].get == "absent"
    return absent and client.get(address).status_code == client.post(address).status_code == 404


def test_t13_nothing_of_a_card_is_copied_previewed_or_translated(prober):
    """Of one's own and of a foreign card alike: such addresses do not exist."""
    made, client = prober.made, prober.client("head")
    for letters in ("he", "un"):
        for base in (
            reverse("workspace:card", args=[made.cards[letters, "notified"].pk]),
            reverse("workspace:task", args=[made.tasks[letters, "notified", "confirmed"].pk]),
        ):
            assert [tail for tail in TAILS if not leads_nowhere(client, f"{base}{tail}/")] == []
            assert client.post(f"{base}copy/").status_code == 404


def test_t13_no_record_of_a_register_is_copied_previewed_or_translated(prober):
    made, client = prober.made, prober.client("clerk")
    for model, key in ((Person, made.people["un"].pk), (Unit, made.units["A1"].pk)):
        base = reverse(register_of(model).get_url_name("list"))
        for tail in (*TAILS, "delete", "unlock", "workflow"):
            for address in (f"{base}{tail}/{key}/", f"{base}{key}/{tail}/", f"{base}{tail}/"):
                assert leads_nowhere(client, address), address


@pytest.mark.parametrize("role", ["clerk", "personnel", "access"])
def test_t13_a_criteria_set_is_copied_by_those_who_write_sets(prober, role):
    made, client = prober.made, prober.client(role)
    page, index = made.extra["page"], made.extra["index"]
    data = {"new_title": "x", "new_slug": "x", "new_parent_page": index.pk, "destination_page_id": index.pk}
    addresses = [
        f"/admin/pages/{page.pk}/copy/", f"/admin/pages/{page.pk}/view_draft/", f"/admin/pages/{page.pk}/edit/preview/",
        f"/admin/pages/{page.pk}/convert_alias/", f"/admin/api/main/pages/{page.pk}/action/copy/",
        f"/admin/api/main/pages/{page.pk}/action/copy_for_translation/",
        f"/admin/api/main/pages/{page.pk}/action/create_alias/",
    ]  # fmt: skip
    for address in addresses:
        for response in (client.get(address), client.post(address, data)):
            assert response.status_code == 404
            assert {mark for mark in told_in(response) if mark.kind == RECORD} == set()


def test_the_institution_has_something_to_leak(prober):
    """Names of a card's page are marks, so that the absence of marks means something."""
    page = prober.client("head").get(reverse("workspace:card", args=[prober.made.cards["sa", "notified"].pk]))
    assert {mark.kind for mark in told_in(page) if mark.owner == "sa"} >= {NAME, SELF, EVALUATION}
    assert re.search("|".join(prober.made.scores["sa"]).replace(".", ","), body(page))
