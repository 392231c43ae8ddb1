"""Who saw what: each request that shows somebody else's data, or is refused, leaves one row; auditors read them."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from kpi_cms.evaluation.access_search import AccessSearch, search_access
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import access_log, ledger, verification
from kpi_cms.foundation.audit.enums import Access, Act
from kpi_cms.foundation.audit.models import AccessDigest, AccessLogEntry, LedgerEntry
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import ROLE_CAPABILITIES, Role
from snippets.models import Person, Unit
from tests.factories.snippets import hold, in_role
from tests.helpers import month
from tests.helpers.roles import acting_as_the_application
from tests.helpers.thawed import thawed
from tests.helpers.world import World

pytestmark = pytest.mark.django_db
PAGE, EXPORT = reverse("workspace:accesses"), reverse("workspace:export_accesses")


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> Any:
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    return opened


def signed(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def auditor(unit: Unit, name: str = "KT01") -> Client:
    client = Client()
    client.force_login(in_role(unit, Role.AUDITOR, username=name))
    return client


def rows(*fields: str) -> list[tuple[Any, ...]]:
    """The log, oldest first."""
    return list(AccessLogEntry.objects.order_by("pk").values_list(*fields))


def card_page(card: Scorecard) -> str:
    return reverse("workspace:card", args=[card.pk])


# --- What leaves a row --------------------------------------------------------------------------------------
def test_whoever_opens_the_card_of_somebody_else_leaves_one_row(world: World) -> None:
    card = month.submitted(world, world.lan)
    response = signed(world.head).get(card_page(card))
    assert response.status_code == 200
    row = AccessLogEntry.objects.get()
    assert (row.kind, row.account_code, row.person_code, row.unit_code) == (
        Access.SEEN,
        world.head.user.username,
        world.lan.staff_code,
        card.unit.code,
    )
    assert (row.subject_type, row.subject_id) == ("evaluation.Scorecard", str(card.pk))
    assert (row.method, row.route, row.path, row.status) == ("GET", "workspace:card", card_page(card), 200)
    assert str(row.request_id) == response["X-Request-ID"]
    assert row.address == "127.0.0.1"


def test_ones_own_card_leaves_none(world: World) -> None:
    card = month.submitted(world, world.lan)
    assert signed(world.lan).get(card_page(card)).status_code == 200
    assert rows("kind") == []


def test_a_card_that_is_not_theirs_to_see_is_a_refusal_that_tells_nobody_whose_it_is(world: World) -> None:
    card = month.submitted(world, world.lan)
    assert signed(world.stranger).get(card_page(card)).status_code == 404
    assert rows("kind", "account_code", "person_code", "path", "status") == [
        (Access.REFUSED, world.stranger.user.username, "", card_page(card), 404)
    ]


def test_raising_ones_own_score_after_it_was_decided_is_refused_with_one_denied_event(world: World) -> None:
    """T01: 409, nothing changed, one denied event."""
    card = month.confirmed(world, world.lan)
    before = list(card.assessments.values_list("scores__value", flat=True))
    acts = LedgerEntry.objects.count()
    answer = signed(world.lan).post(
        reverse("workspace:submit", args=[card.pk]), {"expected": str(card.version_number)}
    )
    assert answer.status_code in (403, 409)
    assert list(card.assessments.values_list("scores__value", flat=True)) == before
    assert LedgerEntry.objects.count() == acts
    assert rows("kind", "account_code", "person_code", "unit_code", "status") == [
        (
            Access.REFUSED,
            world.lan.user.username,
            world.lan.staff_code,
            card.unit.code,
            answer.status_code,
        )
    ]


def test_the_list_of_a_unit_leaves_one_row_with_the_unit_and_nobody_on_it(world: World) -> None:
    card = month.submitted(world, world.lan)
    assert signed(world.head).get(reverse("workspace:unit", args=[card.unit.code])).status_code == 200
    assert rows("kind", "subject_type", "unit_code", "person_code", "period_id") == [
        (Access.LISTED, "cards", card.unit.code, "", card.period_id)
    ]


def test_a_form_that_was_done_stands_in_the_ledger_and_shows_nothing(world: World) -> None:
    card = month.submitted(world, world.lan)
    key = next(iter(month.entries(card, "evaluator")))
    answer = signed(world.head).post(
        reverse("workspace:evaluate", args=[card.pk]), {"expected": str(card.version_number), f"s-{key}": "1"}
    )
    assert answer.status_code == 302
    assert rows("kind") == []
    assert LedgerEntry.objects.filter(act=Act.SCORE_CHANGED, request_id=answer["X-Request-ID"]).count() == 1


def test_a_page_that_names_nobody_leaves_none(world: World) -> None:
    assert signed(world.head).get(reverse("workspace:home")).status_code == 200
    assert rows("kind") == []


def test_an_address_that_no_database_can_keep_leaves_its_row_too(world: World) -> None:
    assert signed(world.head).get("/don-vi/A%001/").status_code == 404
    assert rows("kind", "path") == [(Access.REFUSED, "/don-vi/A\ufffd1/")]


def test_a_visitor_who_is_sent_to_sign_in_leaves_none(world: World) -> None:
    card = month.submitted(world, world.lan)
    assert Client().get(card_page(card)).status_code == 302
    assert Client().get("/khong-co/").status_code == 404
    assert rows("kind") == []


def test_the_admin_that_sends_back_to_its_first_page_has_refused(world: World) -> None:
    author = Client()
    author.force_login(in_role(world.department, Role.CLERK, username="VT01"))
    answer = author.get(reverse("wagtailadmin_reports:locked_pages"))
    assert answer.status_code in (302, 404)
    assert rows("kind", "account_code", "status") == [(Access.REFUSED, "VT01", answer.status_code)]


def test_the_page_of_a_person_in_the_register_leaves_a_row(world: World) -> None:
    clerk = Client()
    clerk.force_login(in_role(world.department, Role.CLERK, username="VT01"))
    page = reverse("wagtailsnippets_snippets_person:inspect", args=[world.lan.pk])
    assert clerk.get(page).status_code == 200
    assert rows("kind", "account_code", "person_code", "subject_type") == [
        (Access.SEEN, "VT01", world.lan.staff_code, "snippets.Person")
    ]


# --- Signing in ---------------------------------------------------------------------------------------------
def test_signing_in_failing_and_signing_out_are_kept_and_an_unknown_name_is_not(world: World) -> None:
    world.lan.user.set_password("mot-mat-khau-rat-dai-2026")
    world.lan.user.save()
    name, door = world.lan.user.username, reverse("accounts:sign_in")
    client = Client()
    client.post(door, {"username": name, "password": "sai-hoan-toan"})
    client.post(door, {"username": "mat-khau-cua-toi", "password": "sai-hoan-toan"})
    assert client.post(door, {"username": name, "password": "mot-mat-khau-rat-dai-2026"}).status_code == 302
    client.post(reverse("accounts:sign_out"))
    assert rows("kind", "account_id", "account_code") == [
        (Access.SIGN_IN_FAILED, world.lan.user.pk, name),
        (Access.SIGN_IN_FAILED, None, ""),
        (Access.SIGNED_IN, world.lan.user.pk, name),
        (Access.SIGNED_OUT, world.lan.user.pk, name),
    ]
    assert "mat-khau-cua-toi" not in str(list(AccessLogEntry.objects.values()))


def test_the_fifth_wrong_attempt_is_kept_as_a_lockout(world: World) -> None:
    name, door = world.lan.user.username, reverse("accounts:sign_in")
    for _attempt in range(5):
        answer = Client().post(door, {"username": name, "password": "sai-hoan-toan"})
    assert answer.status_code == 429
    kinds = [kind for (kind,) in rows("kind")]
    assert kinds.count(Access.LOCKED_OUT) == 1
    assert kinds.count(Access.SIGN_IN_FAILED) == 5


# --- Who reads it -------------------------------------------------------------------------------------------
def test_an_auditor_reads_their_units_and_no_other(world: World) -> None:
    for person in (world.lan, world.stranger):
        card = month.submitted(world, person)
        signed(card.evaluator).get(card_page(card))
    of_a = auditor(world.department).get(PAGE).content.decode()
    assert world.lan.staff_code in of_a
    assert world.stranger.staff_code not in of_a
    of_all = auditor(world.root, "KT02").get(PAGE).content.decode()
    assert world.lan.staff_code in of_all
    assert world.stranger.staff_code in of_all


def test_sign_ins_are_read_by_auditors_of_the_whole_province_alone(world: World) -> None:
    Client().post(reverse("accounts:sign_in"), {"username": world.lan.user.username, "password": "sai"})
    assert "Sign-in failed</td>" not in _table(auditor(world.department).get(PAGE))
    assert "Sign-in failed" in _table(auditor(world.root, "KT02").get(PAGE))


def _table(response: Any) -> str:
    page: str = response.content.decode()
    return page.partition("<table")[2].partition("</table>")[0]


def test_an_auditor_does_not_read_who_looked_at_themselves(world: World) -> None:
    card = month.submitted(world, world.lan)
    signed(world.head).get(card_page(card))
    hold(world.lan.user, world.root, *ROLE_CAPABILITIES[Role.AUDITOR])
    page = signed(world.lan).get(PAGE).content.decode()
    assert world.lan.staff_code not in _table(signed(world.lan).get(PAGE))
    assert "Who saw what" in page


def test_whoever_audits_nothing_finds_no_page(world: World) -> None:
    client = signed(world.head)
    assert client.get(PAGE).status_code == 404
    assert client.post(EXPORT).status_code == 404
    assert not LedgerEntry.objects.filter(act=Act.EXPORT_TAKEN).exists()


def test_another_agencys_unit_is_missing_in_the_search(world: World) -> None:
    client = auditor(world.department)
    assert client.get(PAGE, {"donvi": world.stranger.unit.code}).status_code == 404
    assert client.get(PAGE, {"donvi": "KHONG-CO"}).status_code == 422


# --- What is found ------------------------------------------------------------------------------------------
def test_a_persons_search_finds_their_records_and_the_lists_they_stood_in(world: World) -> None:
    lans, strangers = month.submitted(world, world.lan), month.submitted(world, world.stranger)
    signed(world.head).get(card_page(lans))
    signed(world.head).get(reverse("workspace:unit", args=[lans.unit.code]))
    signed(strangers.evaluator).get(card_page(strangers))
    whole = Scope.of(in_role(world.root, Role.AUDITOR, username="KT02"))
    found = search_access(whole, AccessSearch(person=world.lan.staff_code)).entries
    assert [(row.kind, row.person_code, row.unit_code) for row in found] == [
        (Access.LISTED, "", lans.unit.code),
        (Access.SEEN, world.lan.staff_code, lans.unit.code),
    ]


def test_account_kind_and_days_narrow_it(world: World) -> None:
    card = month.submitted(world, world.lan)
    signed(world.head).get(card_page(card))
    signed(world.stranger).get(card_page(card))
    whole = Scope.of(in_role(world.root, Role.AUDITOR, username="KT02"))
    today = timezone.localdate()

    def kinds(**asked: Any) -> list[str]:
        return [row.kind for row in search_access(whole, AccessSearch(**asked)).entries]

    assert kinds() == [Access.REFUSED, Access.SEEN]
    assert kinds(account=world.head.staff_code) == [Access.SEEN]
    assert kinds(kind=Access.REFUSED) == [Access.REFUSED]
    assert kinds(since=today) == [Access.REFUSED, Access.SEEN]
    assert kinds(until=today - timedelta(days=1)) == []
    assert kinds(unit=card.unit) == [Access.SEEN]


def test_pages_follow_one_another_without_gap_or_overlap(world: World) -> None:
    client, card = signed(world.head), month.submitted(world, world.lan)
    for _visit in range(5):
        client.get(card_page(card))
    for unit, name in ((world.root, "KT02"), (world.department, "KT03")):
        scope = Scope.of(in_role(unit, Role.AUDITOR, username=name))
        seen, after = [], None
        while True:
            page = search_access(scope, AccessSearch(), after=after, size=2)
            seen += [row.pk for row in page.entries]
            after = page.after
            if after is None:
                break
        assert seen == sorted(AccessLogEntry.objects.values_list("pk", flat=True), reverse=True)


def test_nobody_audits_without_a_unit(world: World) -> None:
    card = month.submitted(world, world.lan)
    signed(world.head).get(card_page(card))
    assert search_access(Scope.of(world.head.user), AccessSearch()).entries == []
    with pytest.raises(NotFound):
        search_access(Scope.of(world.head.user), AccessSearch(unit=world.department))


def test_taking_it_away_is_an_act_and_the_workbook_holds_what_was_asked(world: World) -> None:
    card = month.submitted(world, world.lan)
    signed(world.head).get(card_page(card))
    signed(world.stranger).get(card_page(card))
    client = auditor(world.root, "KT02")
    answer = client.post(f"{EXPORT}?loai=seen")
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    text = [[cell.value for cell in row] for row in sheet.iter_rows()]
    codes = [row[2] for row in text if world.lan.staff_code in row]
    assert codes == [world.head.user.username]
    entry = LedgerEntry.objects.get(act=Act.EXPORT_TAKEN)
    assert entry.after == {"export": "access_log", "rows": 1, "all": True, "kind": "seen"}
    assert client.post(f"{EXPORT}?loai=khong-co").status_code == 404


def test_the_page_shows_every_kind_in_words(world: World) -> None:
    """What was seen, listed and refused; whoever looked as somebody else is named with both."""
    card = month.submitted(world, world.lan)
    signed(world.head).get(card_page(card))
    signed(world.head).get(reverse("workspace:unit", args=[card.unit.code]))
    signed(world.stranger).get(card_page(card))
    Client().post(reverse("accounts:sign_in"), {"username": "khong-ai", "password": "sai"})
    row = AccessLogEntry.objects.filter(kind=Access.SEEN).get()
    row.pk, row.as_account_id, row.as_account_code = None, world.lan.user.pk, world.lan.user.username
    row.save()
    table = _table(auditor(world.root, "KT02").get(PAGE))
    for words in (
        "Cards of the unit",
        "Scorecard",
        "missing, or not theirs to see",
        "(a name that no account has)",
        f"looking as {world.lan.user.username}",
        f"GET {card_page(card)}",
    ):
        assert words in table, words


# --- Kept, held and forgotten -------------------------------------------------------------------------------
def seen_at(world: World, *days_ago: float) -> None:
    for days in days_ago:
        AccessLogEntry.objects.create(
            kind=Access.SEEN,
            at=timezone.now() - timedelta(days=days),
            account_id=world.head.user.pk,
            account_code=world.head.user.username,
            request_id="00000000-0000-0000-0000-000000000335",
        )


def refused_by_the_database(*statements: str) -> list[str]:
    """Which of these statements the database refused."""
    found = []
    for statement in statements:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError:
            found.append(statement)
    return found


def test_no_row_is_changed_and_none_deleted_before_its_year_is_over(world: World) -> None:
    seen_at(world, 364.9)
    change = "UPDATE audit_accesslogentry SET account_code = 'khac'"
    delete = "DELETE FROM audit_accesslogentry"
    assert refused_by_the_database(change, delete) == [change, delete]
    with thawed():
        AccessLogEntry.objects.all().delete()
    seen_at(world, 366)
    assert refused_by_the_database(change, delete) == [change]
    assert AccessLogEntry.objects.count() == 0


def test_digests_hold_what_was_written_and_leave_out_what_may_still_be_committing(world: World) -> None:
    seen_at(world, 1, 0.5, 0)
    held = access_log.digest(moment=timezone.now())
    assert held is not None
    assert held.count == 2
    assert access_log.digest(moment=timezone.now()) is None
    assert list(access_log.check()) == []
    later = access_log.digest(moment=timezone.now() + timedelta(minutes=5))
    assert later is not None
    assert later.count == 1
    assert list(access_log.check()) == []


@pytest.mark.parametrize("how", ["changed", "deleted", "added"])
def test_a_row_changed_deleted_or_added_past_the_software_is_found(world: World, how: str) -> None:
    seen_at(world, 3, 2, 1)
    middle = AccessLogEntry.objects.order_by("pk")[1]
    if how == "added":
        with thawed():
            AccessLogEntry.objects.filter(pk=middle.pk).delete()
    access_log.digest(moment=timezone.now())
    with thawed():
        if how == "changed":
            AccessLogEntry.objects.filter(pk=middle.pk).update(account_code="khac")
        elif how == "deleted":
            AccessLogEntry.objects.filter(pk=middle.pk).delete()
        else:
            middle.save(force_insert=True)
    found = [finding for finding in verification.run().findings if finding.table == "audit_accesslogentry"]
    assert [finding.wrong.name for finding in found] == ["DIGEST_DIFFERS"]


def test_after_twelve_months_rows_are_deleted_and_an_entry_says_so(world: World) -> None:
    seen_at(world, 400, 380)
    access_log.digest(moment=timezone.now() - timedelta(days=370))
    seen_at(world, 200, 1)
    access_log.digest(moment=timezone.now())
    actor = system_user()
    assert access_log.forget(actor=actor, moment=timezone.now()) == 2
    assert access_log.forget(actor=actor, moment=timezone.now()) == 0
    assert AccessLogEntry.objects.count() == 2
    entry = LedgerEntry.objects.get(act=Act.ACCESS_FORGOTTEN)
    first = AccessDigest.objects.order_by("pk").first()
    assert first is not None
    assert entry.after == {"digest": first.pk, "entries": 2}
    assert list(access_log.check()) == []


@pytest.mark.postgresql
def test_the_night_deletes_as_the_application_behind_the_wall(world: World) -> None:
    seen_at(world, 400)
    actor = system_user()
    with acting_as_the_application():
        assert access_log.digest(moment=timezone.now()) is not None
        assert access_log.forget(actor=actor, moment=timezone.now()) == 1
        assert access_log.forget(actor=actor, moment=timezone.now()) == 0
    assert AccessLogEntry.objects.count() == 0


def test_rows_that_come_back_after_they_were_deleted_are_found(world: World) -> None:
    seen_at(world, 400)
    kept = AccessLogEntry.objects.get()
    access_log.digest(moment=timezone.now())
    access_log.forget(actor=system_user(), moment=timezone.now())
    kept.save(force_insert=True)
    assert [finding.detail for finding in access_log.check()] == ["deleted rows are back"]


def test_a_forged_entry_that_forgets_what_is_younger_than_a_year_excuses_nothing(world: World) -> None:
    seen_at(world, 100)
    held = access_log.digest(moment=timezone.now())
    assert held is not None
    with thawed():
        AccessLogEntry.objects.all().delete()
    with as_actor(system_user(), timezone.now()):
        ledger.record(Act.ACCESS_FORGOTTEN, subject=held, after={"digest": held.pk, "entries": 1})
    assert [finding.wrong.name for finding in access_log.check()] == ["DIGEST_DIFFERS"]


def test_outside_a_request_nothing_is_noticed(world: World) -> None:
    card = month.submitted(world, world.lan)
    access_log.notice(card, person=card.person, unit=card.unit)
    access_log.notice_list("cards", unit=card.unit)
    access_log.notice_code(card, 1, "A", None, "")
    access_log.notice_event(Access.SIGNED_IN, None, "")
    assert rows("kind") == []
