"""The access review: the grants of the reader's units, the matrix of the rules, and both as workbooks."""

import io
from datetime import date

import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import translation

from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.interfaces.workspace.views import review
from snippets.domain.grants import end_grant
from snippets.enums import Capability, Role
from snippets.models import Grant
from tests.factories.snippets import GrantFactory, UserFactory, hold, holder, in_role
from tests.helpers.pages import body, text
from tests.helpers.world import MOMENT


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


LIST, RULES = "/quyen/ra-soat/", "/quyen/quy-tac/"


class Account:
    """Somebody with an account and no register entry, as `sign_in` takes them."""

    def __init__(self, user):
        self.user = user


@pytest.fixture
def administrator(world):
    """The access administrator of agency A."""
    return Account(
        holder(world.agency, Capability.MANAGE_GRANTS, username="QT01", display_name="Quản Thị Trị")
    )


def workbook(response):
    return openpyxl.load_workbook(io.BytesIO(response.content))


def rows_of(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


# --- Who may ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", [LIST, RULES, "/quyen/quy-tac/confirm/"])
def test_the_review_does_not_exist_for_those_who_neither_give_grants_nor_audit(world, sign_in, address):
    others = [in_role(world.agency, role) for role in (Role.CLERK, Role.PERSONNEL, Role.POLICY, Role.HEAD)]
    for reader in (world.lan, world.head, *map(Account, others)):
        client = sign_in(reader)
        assert client.get(address).status_code == 404
        assert "Access review" not in text(client.get("/"))
    for reader in (in_role(world.agency, Role.ACCESS), in_role(world.department, Role.AUDITOR)):
        client = sign_in(Account(reader))
        assert client.get(address).status_code == 200
        assert LIST in body(client.get("/"))


@pytest.mark.parametrize("name", ["export_review", "export_rules"])
def test_nothing_is_taken_along_by_others_nor_by_reading(world, sign_in, administrator, name):
    address = reverse(f"workspace:{name}")
    assert sign_in(world.lan).post(address).status_code == 404
    assert sign_in(administrator).get(address).status_code == 405
    assert LedgerEntry.objects.filter(act="export.taken").count() == 0


def test_an_unknown_act_is_missing(sign_in, administrator):
    assert sign_in(administrator).get("/quyen/quy-tac/khong-co/").status_code == 404


# --- Who holds what --------------------------------------------------------------------------------------------------
def test_the_list_shows_who_holds_what_and_since_when(world, sign_in, administrator):
    giver = UserFactory(username="QT00", display_name="Người Giao")
    auditor = UserFactory(username="KT01", display_name="Kiểm Văn Tra")
    GrantFactory(
        user=auditor, unit=world.department, capability=Capability.AUDIT, role="auditor",
        starts_on=date(2026, 7, 1), ends_on=date(2026, 12, 31), given_by=giver.pk,
    )  # fmt: skip
    get_user_model().objects.filter(pk=auditor.pk).update(last_login=MOMENT)
    response = sign_in(administrator).get(LIST)
    [row] = [row for row in response.context["rows"] if row["cells"][0]["text"] == "KT01"]
    assert [cell["text"] for cell in row["cells"]] == [
        "KT01", "Kiểm Văn Tra", "Read history", "Auditor", "Đơn vị A1 (A1)", "01/07/2026", "31/12/2026", "By decision",
        "Người Giao", "03/08/2026 09:00",
    ]  # fmt: skip
    assert row["cells"][0]["url"] == reverse("workspace:account_sight", args=["KT01"])


def test_grants_of_other_units_and_grants_that_are_over_are_not_told(world, sign_in, administrator):
    hold(UserFactory(username="XA01", display_name="Người Ở Xa"), world.other_agency, Capability.AUDIT)
    hold(UserFactory(username="TREN1", display_name="Người Ở Trên"), world.root, Capability.AUDIT)
    over = UserFactory(username="CU01", display_name="Người Đã Hết")
    GrantFactory(user=over, unit=world.agency, capability=Capability.AUDIT, ends_on=date(2026, 8, 2))
    ended = GrantFactory(user=UserFactory(username="CU02"), unit=world.agency, capability=Capability.AUDIT)
    end_grant(actor=administrator.user, moment=MOMENT, grant=ended, reason="Thôi việc.")
    later = UserFactory(username="SAU1", display_name="Người Sẽ Có")
    GrantFactory(user=later, unit=world.agency, capability=Capability.AUDIT, starts_on=date(2026, 9, 1))
    page = body(sign_in(administrator).get(LIST))
    for code in ("XA01", "Người Ở Xa", "TREN1", "CU01", "CU02"):
        assert code not in page
    assert "Người Sẽ Có" in page


def test_accounts_are_found_by_name_and_nothing_outside_is(world, sign_in, administrator):
    hold(UserFactory(username="KT01", display_name="Kiểm Văn Tra"), world.department, Capability.AUDIT)
    hold(UserFactory(username="KT99", display_name="Kiểm Ở Xa"), world.other_agency, Capability.AUDIT)
    client = sign_in(administrator)
    assert [row["cells"][0]["text"] for row in client.get(LIST, {"q": "Kiểm"}).context["rows"]] == ["KT01"]
    assert [row["cells"][0]["text"] for row in client.get(LIST, {"q": "kt01"}).context["rows"]] == ["KT01"]
    assert "No account of this name" in body(client.get(LIST, {"q": "KT99"}))


def test_the_list_is_paged_by_key(world, sign_in, administrator, monkeypatch):
    monkeypatch.setattr(review, "PAGE", 2)
    for number in range(4):
        user = UserFactory(username=f"N{number}")
        GrantFactory(user=user, unit=world.agency, capability=Capability.VIEW)
        GrantFactory(user=user, unit=world.department, capability=Capability.AUDIT)
    client, seen, address = sign_in(administrator), [], LIST
    while address:
        page = client.get(address).context
        seen += [row["cells"][0]["text"] for row in page["rows"]]
        assert len(page["rows"]) <= 2
        address = page["next_url"]
    assert seen == [*(f"N{number}" for number in range(4) for _twice in range(2)), "QT01"]
    assert page["first_url"] == LIST
    elsewhere = GrantFactory(
        user=UserFactory(username="A0"), unit=world.other_agency, capability=Capability.VIEW
    )
    first = client.get(LIST, {"sau": elsewhere.pk}).context["rows"]
    assert [row["cells"][0]["text"] for row in first] == ["N0", "N0"]


@pytest.mark.parametrize("more", [1, 3])
def test_the_list_takes_the_same_queries_for_one_account_and_for_three(
    world, sign_in, administrator, django_assert_num_queries, more
):
    for number in range(more):
        GrantFactory(
            user=UserFactory(username=f"N{number}"), unit=world.agency, capability=Capability.VIEW,
            given_by=administrator.user.pk,
        )  # fmt: skip
    client = sign_in(administrator)
    with django_assert_num_queries(6):
        response = client.get(LIST)
    assert len(response.context["rows"]) == more + 1


# --- The workbooks ---------------------------------------------------------------------------------------------------
def test_t09_the_list_as_a_workbook_holds_the_readers_units_and_is_recorded(world, sign_in, administrator):
    hold(UserFactory(username="=KT01", display_name="Kiểm Văn Tra"), world.department, Capability.AUDIT)
    hold(UserFactory(username="XA01", display_name="Người Ở Xa"), world.other_agency, Capability.AUDIT)
    response = sign_in(administrator).post(reverse("workspace:export_review"))
    assert response["Content-Disposition"] == 'attachment; filename="ra-soat-quyen.xlsx"'
    assert response["Cache-Control"] == "no-store, private"
    rows = rows_of(workbook(response).worksheets[0])
    assert [row[0] for row in rows] == [
        "Access review", "As it stood on 03/08/2026 09:00", "Account", "=KT01", "QT01",
    ]  # fmt: skip
    assert rows[3][2:5] == ["Read history", None, "Đơn vị A1 (A1)"]
    entry = LedgerEntry.objects.get(act="export.taken")
    assert (entry.actor_code, entry.unit_code, entry.after) == (
        "QT01", "A", {"export": "access_review", "rows": 2, "units": ["A"]},
    )  # fmt: skip


def test_t09_whoever_lost_the_right_takes_nothing_along(world, sign_in, administrator):
    client = sign_in(administrator)
    assert client.get(LIST).status_code == 200
    for grant in Grant.objects.filter(user=administrator.user):
        end_grant(
            actor=in_role(world.root, Role.ACCESS), moment=MOMENT, grant=grant, reason="Chuyển công tác."
        )
    assert client.post(reverse("workspace:export_review")).status_code == 404
    assert LedgerEntry.objects.filter(act="export.taken").count() == 0


def test_the_rules_as_a_workbook_say_every_answer_and_are_recorded(world, sign_in, administrator):
    response = sign_in(administrator).post(reverse("workspace:export_rules"))
    overview, details = workbook(response).worksheets
    rows = {row[1]: row for row in rows_of(overview)}
    assert rows["Confirm the result"][0:5] == [
        "Cards",
        "Confirm the result",
        "Đ10.1, Đ17.2",
        "refused",
        "yes",
    ]
    answers = [row for row in rows_of(details) if row[0] == "Confirm the result"]
    assert [row for row in answers if row[3] == "yes"] == [
        ["Confirm the result", who, "Submitted for evaluation", "yes", None]
        for who in (
            "The evaluator named on the card",
            "Whoever stands in for the evaluator, by a dated delegation",
        )
    ]
    own = [row[4] for row in answers if row[1] == "The person themselves"]
    assert own == ["Nobody evaluates their own card. The evaluator named on it does."] * 7
    assert LedgerEntry.objects.get(act="export.taken").after == {"export": "rules"}


# --- The matrix on the screen ----------------------------------------------------------------------------------------
def test_the_matrix_names_every_act_of_every_room(sign_in, administrator):
    page = text(sign_in(administrator).get(RULES))
    for act in (
        "Confirm the result", "Confirm a task", "Close the period", "Register a person", "Approve a catalogue",
        "Give a role or a capability", "Issue a criteria set", "Read the register: People",
    ):  # fmt: skip
        assert act in page


def test_a_tasks_act_says_while_which_card_it_is_possible(sign_in, administrator):
    facts = sign_in(administrator).get("/quyen/quy-tac/confirm_task/").context["facts"]
    assert {str(fact["key"]): str(fact["value"]) for fact in facts} == {
        "What it is done to": "Tasks", "Clause of law": "Đ14.2", "Capabilities that allow it": "Evaluate",
        "Where they are held": "held on the unit or above it",
        "While the card is": "Self-assessment open, Submitted for evaluation, Returned to the person, "
        "Evaluated, waiting for endorsement",
    }  # fmt: skip


def test_one_act_shows_each_state_with_the_sentence_that_is_read(sign_in, administrator):
    response = sign_in(administrator).get("/quyen/quy-tac/confirm/")
    page = text(response)
    assert "Only the evaluator named on the card evaluates and confirms it." in page
    assert "This period is closed. Nothing in it can be changed any more." in page
    rows = {row["cells"][0]["text"]: row["cells"][1:] for row in response.context["rows"]}
    assert [cell["tag"]["state"] for cell in rows["The evaluator named on the card"]] == [
        "not_now", "yes", "not_now", "not_now", "not_now", "not_now", "not_now",
    ]  # fmt: skip
    assert [cell["tag"]["state"] for cell in rows["Unit head"]] == ["refused"] * 7


@pytest.mark.parametrize("address", [RULES, "/quyen/quy-tac/confirm/", "/quyen/quy-tac/read_person/"])
def test_the_matrix_asks_the_database_for_nothing_of_its_own(
    sign_in, administrator, django_assert_num_queries, address
):
    client = sign_in(administrator)
    with django_assert_num_queries(4):
        client.get(address)
