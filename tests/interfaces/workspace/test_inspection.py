"""The auditor's workspace: search, questions, sample, one entry, the card as it was; each within the units given."""

import copy
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook
from pytest_django.plugin import DjangoDbBlocker

from kpi_cms.evaluation import ledger_search
from kpi_cms.evaluation.domain import closing
from kpi_cms.evaluation.ledger_search import Search
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts import domain as accounts
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts, touched
from kpi_cms.foundation.audit.models import LedgerEntry, TextKind
from kpi_cms.foundation.core.actor import asked_by
from kpi_cms.interfaces.workspace import exporting
from kpi_cms.interfaces.workspace.presentation import ledger_words
from kpi_cms.interfaces.workspace.presentation.inspection import search_workbook
from snippets.enums import Capability, Role
from tests.factories.snippets import hold, holder, in_role
from tests.helpers import month, pages
from tests.helpers.auditing import (
    SAMPLE,
    SEARCH,
    auditor,
    change,
    changed_by_hand,
    drawn,
    found,
    links,
    named,
    taken_rows,
)
from tests.helpers.once import written_once
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> Any:
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def changed_once(opened_once: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with written_once(django_db_blocker, lambda: changed_by_hand(named(copy.deepcopy(opened_once)))) as made:
        yield made


@pytest.fixture
def changed(changed_once: World, db: None) -> World:
    return copy.deepcopy(changed_once)


# --- Scope (T08, T10) ---------------------------------------------------------------------------------------
def test_an_auditor_finds_their_units_and_nothing_of_another(changed: World) -> None:
    inside, outside = auditor(changed.agency), auditor(changed.other_agency, "KT02")
    assert "Hồ Thị Lan" in found(inside)
    assert "Bùi Thị Xa" not in found(inside)
    assert "Bùi Thị Xa" in found(outside)
    assert "Hồ Thị Lan" not in found(outside)
    assert "Hồ Thị Lan" not in found(outside, nguoi="ho")
    assert "Nothing was found" in found(outside, nguoi="CC004")
    assert outside.get(SEARCH, {"donvi": "A1"}).status_code == 404
    mine = LedgerEntry.objects.filter(unit_id=changed.department.pk).latest("pk")
    assert outside.get(reverse("workspace:ledger_entry", args=[mine.pk])).status_code == 404
    assert inside.get(reverse("workspace:ledger_entry", args=[mine.pk])).status_code == 200


def test_counts_and_samples_know_nothing_of_another_unit(changed: World) -> None:
    cards = Scorecard.objects.filter(unit__path__startswith=changed.other_agency.path).count()
    text = pages.text(drawn(auditor(changed.other_agency), changed, 200, 7))
    assert f"{cards} of {cards} cards, drawn by the seed 7" in text
    assert "Hồ Thị Lan" not in text


def test_whoever_audits_nothing_finds_no_page(changed: World) -> None:
    client = Client()
    client.force_login(changed.head.user)
    card = changed.card(changed.lan)
    for address in (
        SEARCH,
        SAMPLE,
        reverse("workspace:ledger_entry", args=[LedgerEntry.objects.latest("pk").pk]),
    ):
        assert client.get(address).status_code == 404
    assert client.get(reverse("workspace:card_then", args=[card.pk])).status_code == 404
    assert client.post(reverse("workspace:export_inspection")).status_code == 404
    assert client.post(SAMPLE, {"ky": changed.period.pk, "so": "3", "hat": "1"}).status_code == 404
    assert not LedgerEntry.objects.filter(act__in=("sample.drawn", "export.taken")).exists()


@pytest.fixture
def of_no_unit(changed: World) -> dict[str, LedgerEntry]:
    """A month closed, an account's password reset and a matrix taken away: acts on what belongs to no unit."""
    period, keeper = changed.period, holder(changed.root, Capability.MANAGE_PERIODS, username="CS01")
    reviewer = holder(changed.root, Capability.MANAGE_GRANTS, username="RS01")
    count = closing.unfinished_cards(period).count()
    closing.close_period(actor=keeper, moment=MOMENT, period=period, unfinished_seen=count)
    accounts.reset_password(actor=reviewer, moment=MOMENT, user=changed.lan.user, reason="Quên mật khẩu")
    exporting.export_rules(actor=reviewer, moment=MOMENT)
    return {
        act: LedgerEntry.objects.get(act=act) for act in ("account.reset", "period.closed", "export.taken")
    }


def test_whoever_audits_one_unit_finds_nothing_that_belongs_to_none(
    changed: World, of_no_unit: dict[str, LedgerEntry]
) -> None:
    agency, who = auditor(changed.agency), of_no_unit["account.reset"].actor_code
    for entry in of_no_unit.values():
        assert entry.unit_id is None
        address = reverse("workspace:ledger_entry", args=[entry.pk])
        assert address not in links(agency, SEARCH)
        assert links(agency, SEARCH, viec=entry.act) == []
        assert agency.get(address).status_code == 404
    assert links(agency, SEARCH, boi=who) == []
    assert links(agency, SEARCH, truong="export") == []
    assert "Quên mật khẩu" not in found(agency)
    taken = load_workbook(io.BytesIO(agency.post(reverse("workspace:export_inspection")).content)).worksheets[
        0
    ]
    assert "Quên mật khẩu" not in str(list(taken.values))
    with_the_unit = auditor(changed.root, "KT02")
    assert links(with_the_unit, SEARCH, viec="account.reset", donvi="A") == []


def test_whoever_audits_the_province_finds_what_belongs_to_no_unit(
    changed: World, of_no_unit: dict[str, LedgerEntry]
) -> None:
    province = auditor(changed.root)
    for entry in of_no_unit.values():
        address = reverse("workspace:ledger_entry", args=[entry.pk])
        assert address in links(province, SEARCH)
        assert links(province, SEARCH, viec=entry.act) == [address]
        assert province.get(address).status_code == 200
    reset, taken = (
        reverse("workspace:ledger_entry", args=[of_no_unit[act].pk])
        for act in ("account.reset", "export.taken")
    )
    assert reset in links(province, SEARCH, boi=of_no_unit["account.reset"].actor_code)
    assert links(province, SEARCH, truong="export") == [taken]
    assert "Quên mật khẩu" in found(province, viec="account.reset")
    assert links(province, SEARCH, viec="account.reset", donvi="TINH") == []


def test_nobody_reads_about_themselves(changed: World) -> None:
    hold(changed.lan.user, changed.agency, "audit")
    scope = Scope.of(changed.lan.user)
    assert not [e for e in ledger_search.search(scope, Search()).entries if e.person_id == changed.lan.pk]
    client = Client()
    client.force_login(changed.lan.user)
    assert client.get(reverse("workspace:card_then", args=[changed.card(changed.lan).pk])).status_code == 403


# --- What narrows it ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 5),
        ({"nguoi": "lan"}, 5),
        ({"nguoi": "minh"}, 0),
        ({"boi": "CC002"}, 3),
        ({"boi": "ha"}, 3),
        ({"donvi": "A1"}, 5),
        ({"donvi": "A"}, 5),
        ({"viec": "card.submitted"}, 1),
        ({"viec": "score.changed", "truong": "I.1"}, 4),
        ({"truong": "khong-co"}, 0),
        ({"muc": "2"}, 2),
        ({"muc": "4"}, 1),
        ({"muc": "2,5", "boi": "CC002"}, 2),
        ({"since": "03/08/2026", "until": "03/08/2026"}, 5),
        ({"since": "04/08/2026"}, 0),
        ({"until": "02/08/2026"}, 0),
    ],
)  # fmt: skip
def test_a_search_is_narrowed(changed: World, query: dict[str, str], number: int) -> None:
    assert len(links(auditor(changed.agency), SEARCH, **query)) == number


@pytest.mark.parametrize("query", [{"donvi": "KHONG"}, {"muc": "-1"}, {"muc": "x"}, {"since": "hôm qua"}])
def test_what_cannot_be_read_is_said_and_finds_nothing(changed: World, query: dict[str, str]) -> None:
    client = auditor(changed.agency)
    response = client.get(SEARCH, query)
    assert response.status_code == 422
    assert "Hồ Thị Lan" not in pages.text(response)
    address = f"{reverse('workspace:export_inspection')}?{urlencode(query)}"
    assert client.post(address).status_code == 404


def test_pages_go_by_key_in_both_directions(changed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ledger_search.search, "__kwdefaults__", {"after": None, "oldest_first": False, "size": 2}
    )
    client = auditor(changed.agency)
    for order in ({}, {"xep": "cu"}):
        seen, query = [], dict(order)
        for _page in range(3):
            seen += links(client, SEARCH, **query)
            query["sau"] = seen[-1].strip("/").rsplit("/", 1)[1]
        numbers = [int(each.strip("/").rsplit("/", 1)[1]) for each in seen]
        assert len(seen) == 5
        assert numbers == sorted(set(numbers), reverse=not order)
    assert "sau=" in pages.body(client.get(SEARCH))


def test_what_an_account_did_and_what_was_done_in_its_place_stand_in_one_order(changed: World) -> None:
    """By turns the account's own act, one in its place, and one of somebody else, which is never there."""
    head = changed.head.user
    about = {
        "act": "unit.renamed", "at": MOMENT, "unit_id": changed.department.pk, "unit_code": "A1", "actor_code": "x",
        "subject_type": "snippets.Unit", "subject_id": "1", "request_id": "0" * 32,
    }  # fmt: skip
    who = ((head.pk, None), (998, head.pk), (998, None))
    made = [
        LedgerEntry.objects.create(actor_id=actor, on_behalf_of_id=absent, **about).pk
        for _time in range(3)
        for actor, absent in who
    ]
    scope = Scope.of(in_role(changed.agency, Role.AUDITOR))
    asked = Search(actor=head.username, acts=("unit.renamed",))
    wanted = [made[n] for n in (0, 1, 3, 4, 6, 7)]
    for oldest_first in (True, False):
        first = ledger_search.search(scope, asked, oldest_first=oldest_first, size=4)
        rest = ledger_search.search(scope, asked, after=first.after, oldest_first=oldest_first, size=4)
        found = [entry.pk for entry in (*first.entries, *rest.entries)]
        assert found == sorted(wanted, reverse=not oldest_first)
        assert rest.after is None
    assert ledger_search.search(scope, Search(actor="nobody-at-all")).entries == []


def test_the_search_costs_the_same_for_one_and_for_three(changed: World) -> None:
    one = auditor(changed.agency)
    few = pages.queries(one, f"{SEARCH}?muc=4")
    assert len(links(one, SEARCH, muc="4")) == 1
    assert pages.queries(one, f"{SEARCH}?viec=score.changed") == few
    assert "OFFSET" not in str(connection.queries_log)


@pytest.mark.postgresql
def test_a_search_counts_the_units_once(changed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_search, "FEW_FOR_A_FIELD", 0)
    scope = Scope.of(in_role(changed.department, Role.AUDITOR))
    for asked, counted in ((Search(field="IX.9"), 1), (Search(), 1), (Search(person="lan"), 0)):
        with CaptureQueriesContext(connection) as queries:
            ledger_search.search(scope, asked)
        assert sum('COUNT(*) AS "__count" FROM "snippets_unit"' in each["sql"] for each in queries) == counted


@pytest.mark.postgresql
def test_few_units_are_asked_one_by_one_and_answer_the_same(
    changed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = Scope.of(in_role(changed.department, Role.AUDITOR))
    every = [each.pk for each in ledger_search.search(scope, Search()).entries]
    monkeypatch.setattr(ledger_search, "ONE_IN", 0)
    assert [each.pk for each in ledger_search.search(scope, Search()).entries] == every
    asked = ledger_search.search(scope, Search(), size=2)
    assert [each.pk for each in asked.entries] == every[:2]
    assert asked.after == every[1]


@pytest.mark.postgresql
def test_a_field_is_found_by_its_index_in_the_same_order(
    changed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three entries of the auditor's unit name the field, between them one of another agency that is never there."""
    about = {
        "act": "score.changed", "at": MOMENT, "actor_id": 998, "actor_code": "x", "unit_code": "x",
        "subject_type": "evaluation.Scorecard", "subject_id": "1", "request_id": "0" * 32,
    }  # fmt: skip
    mine, other = {"unit_id": changed.department.pk}, {"unit_id": changed.other_agency.pk}
    touching = [
        {**mine, "after": {"IX.9": "4"}}, {**other, "after": {"IX.9": "4"}}, {**mine, "before": {"IX.9": "4"}},
        {**mine, "before": {"IX.9": ""}, "after": {"IX.9": "1"}}, {**mine, "after": {"I.1": "IX.9"}}, mine,
    ]  # fmt: skip
    made = [LedgerEntry.objects.create(**about, **one).pk for one in touching]
    wanted, scope = [made[0], made[2], made[3]], Scope.of(in_role(changed.agency, Role.AUDITOR))
    for one_in in (0, ledger_search.FEW_FOR_A_FIELD):  # unit by unit, and by the index
        monkeypatch.setattr(ledger_search, "FEW_FOR_A_FIELD", one_in)
        for oldest_first in (True, False):
            asked = Search(field="IX.9")
            first = ledger_search.search(scope, asked, oldest_first=oldest_first, size=2)
            rest = ledger_search.search(scope, asked, after=first.after, oldest_first=oldest_first, size=2)
            found = [entry.pk for entry in (*first.entries, *rest.entries)]
            assert found == sorted(wanted, reverse=not oldest_first)
            assert rest.after is None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM audit_ledgerentry WHERE {touched.NAMES_AND_BUCKET} @> jsonb_build_array('IX.9', 0)"
        )
        assert "audit_ledger_touched" in str(cursor.fetchall())


@pytest.mark.parametrize("left_out", ["x", "y"])
def test_a_page_of_a_field_is_full_whatever_is_left_out_of_it(changed: World, left_out: str) -> None:
    """Four entries that the index leads to first are not to be seen: the page goes on behind them, from either end."""
    about = {
        "act": "score.changed", "at": MOMENT, "actor_id": 998, "actor_code": "x", "unit_id": changed.department.pk,
        "unit_code": "A1", "subject_type": "evaluation.Scorecard", "subject_id": "1", "request_id": "0" * 32,
        "after": {"IX.9": "4"},
    }  # fmt: skip
    made = {
        code: [LedgerEntry.objects.create(**about, person_code=code).pk for _time in range(4)]
        for code in ("x", "y")
    }
    scope = Scope.of(in_role(changed.agency, Role.AUDITOR))
    asked, wanted = Search(field="IX.9", more=~Q(person_code=left_out)), made[{"x": "y", "y": "x"}[left_out]]
    for oldest_first in (True, False):
        first = ledger_search.search(scope, asked, oldest_first=oldest_first, size=2)
        rest = ledger_search.search(scope, asked, after=first.after, oldest_first=oldest_first, size=2)
        found = [[entry.pk for entry in page.entries] for page in (first, rest)]
        order = sorted(wanted, reverse=not oldest_first)
        assert found == [order[:2], order[2:]]
        assert rest.after is None


@pytest.mark.postgresql
def test_the_whole_province_is_read_from_either_end_of_an_index(changed: World) -> None:
    scope_of = Scope.of(in_role(changed.root, Role.AUDITOR))
    about = {"since": MOMENT.date(), "until": MOMENT.date()}
    for asked, index in (
        (Search(), "audit_ledgerentry_pkey"),
        (Search(**about), "audit_ledgerentry_pkey"),
        (Search(acts=("period.closed",)), "audit_ledger_closings"),
        (Search(acts=("account.reset",)), "audit_ledger_act"),
        (Search(person="lan"), "audit_ledger_person"),
        (Search(amount=Decimal(2)), "audit_ledger_large"),
    ):
        for oldest_first in (True, False):
            assert index in plan_of(scope_of, asked, oldest_first), (asked, oldest_first)


def plan_of(scope: Scope, asked: Search, oldest_first: bool) -> str:
    """How PostgreSQL reads the page of entries, wall included, where it may not read the whole table nor sort."""
    user = User.objects.get(pk=scope.user_id)
    with asked_by(user), CaptureQueriesContext(connection) as queries:
        ledger_search.search(scope, asked, oldest_first=oldest_first)
    page = queries.captured_queries[-1]["sql"]
    assert "LIMIT" in page
    with asked_by(user), connection.cursor() as cursor:
        for way in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            cursor.execute(f"SET LOCAL {way} = off")
        cursor.execute(f"EXPLAIN {page}")
        return "\n".join(line for (line,) in cursor.fetchall())


# --- One entry, and the card as it was ----------------------------------------------------------------------
def test_an_entry_shows_both_sides_and_leads_to_the_card_then(changed: World) -> None:
    client = auditor(changed.agency)
    entry = LedgerEntry.objects.filter(amount__isnull=False).order_by("pk")[0]
    page = client.get(reverse("workspace:ledger_entry", args=[entry.pk]))
    assert entry.before is not None
    assert f"I.1 {entry.before['I.1']} 1" in pages.text(page)
    then = reverse("workspace:card_then", args=[int(entry.subject_id)])
    assert f"{then}?luc=03/08/2026 09:10:00" in pages.body(page)
    other = LedgerEntry.objects.create(
        act="unit.renamed", at=MOMENT, actor_id=998, actor_code="x", on_behalf_of_id=999, on_behalf_of_code="y",
        unit_id=changed.department.pk, unit_code="A1", subject_type="snippets.Unit", subject_id="1",
        request_id="0" * 32, after={"list": ["a", "b"]}, reason_key=texts.keep(TextKind.REASON, "Đổi tên"),
    )  # fmt: skip
    text = pages.text(client.get(reverse("workspace:ledger_entry", args=[other.pk])))
    assert "x, on behalf of y" in text
    assert "a, b" in text
    assert "Đổi tên" in text
    assert client.get(reverse("workspace:ledger_entry", args=[other.pk + 99])).status_code == 404


def test_an_entry_is_told_in_the_readers_words(changed: World) -> None:
    """Fields, states, bands and stages as the screens say them; what has no word stands in quotes."""
    card = changed.card(changed.lan)
    about = {
        "at": MOMENT, "actor_id": 998, "actor_code": "x", "unit_id": changed.department.pk, "unit_code": "A1",
        "request_id": "0" * 32,
    }  # fmt: skip
    confirmed = LedgerEntry.objects.create(
        act="card.confirmed", subject_type="evaluation.Scorecard", subject_id=str(card.pk),
        before={"state": "submitted"}, **about,
        after={"state": "confirmed", "stage": "self", "band": "excellent", "rounded": "98.50", "odd": {"a": 1}},
    )  # fmt: skip
    gone = LedgerEntry.objects.create(
        act="unit.renamed",
        subject_type="snippets.Gone",
        subject_id="7",
        after={"state": True, "band": "x"},
        **about,
    )
    appointed = LedgerEntry.objects.create(
        act="appointment.made",
        subject_type="snippets.Appointment",
        subject_id="7",
        after={"role": "head"},
        **about,
    )
    label = next(band.label for band in card.version.compiled().bands if band.code == "excellent")
    assert words_of(confirmed) == [
        ("State", "Submitted for evaluation", "Confirmed"), ("Stage", "–", "Self-assessment"), ("Band", "–", label),
        ("Total points, rounded", "–", Decimal("98.50")), ("“odd”", "–", "a: 1"),
    ]  # fmt: skip
    assert words_of(gone) == [("State", "–", "Yes"), ("Band", "–", "x")]
    assert words_of(appointed) == [("Role in the unit", "–", "Head")]


def words_of(entry: LedgerEntry) -> list[tuple[str, Any, Any]]:
    return ledger_words.sides(entry, ledger_words.bands_of([entry]))


def test_a_workbook_says_both_sides_in_words_with_as_many_queries_for_three_entries_as_for_one(
    world: World, django_assert_num_queries: Any
) -> None:
    cards = [month.confirmed(world, who) for who in (world.lan, world.minh)]
    entries = list(LedgerEntry.objects.filter(act="card.confirmed").order_by("pk"))
    assert [entry.subject_id for entry in entries] == [str(card.pk) for card in cards]
    band = cards[0].version.compiled().bands[0]
    for entry in entries:
        entry.after = {"state": "confirmed", "band": band.code, "rounded": "98.50"}
    for chosen in (entries[:1], entries):
        with django_assert_num_queries(5):  # people, accounts, reasons; cards, versions
            content = search_workbook(chosen, {}, MOMENT)
    [sheet] = load_workbook(io.BytesIO(content)).worksheets
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] == str(entries[0].pk)]
    [row] = rows
    said = f"State: Confirmed\nBand: {band.label}\nTotal points, rounded: 98.5"
    assert (row[7], row[8]) == ("State: Submitted for evaluation", said)


def test_the_card_as_it_was_at_a_moment(changed: World) -> None:
    client, card = auditor(changed.agency), changed.card(changed.lan)
    address = reverse("workspace:card_then", args=[card.pk])
    before = pages.text(client.get(address, {"luc": "03/08/2026 09:05"}))
    between = pages.text(client.get(address, {"luc": "03/08/2026 09:15"}))
    label = next(c for c in card.version.compiled().criteria if c.code == "I.1")
    assert f"I.1 {label.label} (Competent person) different 5 4" in before
    assert f"I.1 {label.label} (Competent person) different 1 4" in between
    assert "Xét lại" in between  # now, not then
    assert "KT01" in between  # who could read it by a grant
    assert "The card was not opened yet" in pages.text(client.get(address, {"luc": "01/08/2026"}))
    assert client.get(address, {"luc": "hôm qua"}).status_code == 422
    now = pages.text(client.get(address))
    assert "different" not in now
    assert "Nguyễn Thị Hà" in now


# --- Taking it away -----------------------------------------------------------------------------------------
def test_an_export_is_recorded_and_formulas_stay_text(changed: World) -> None:
    change(changed, changed.lan, "2", minutes=30)
    entry = LedgerEntry.objects.create(
        act="unit.renamed", at=MOMENT, actor_id=1, actor_code="x", unit_id=changed.department.pk, unit_code="A1",
        subject_type="snippets.Unit", subject_id="1", subject_label="=1+1", request_id="0" * 32,
        after={"name": "=cmd|' /C calc'!A0"},
    )  # fmt: skip
    client = auditor(changed.agency)
    response = client.post(f"{reverse('workspace:export_inspection')}?donvi=A1")
    sheet = load_workbook(io.BytesIO(response.content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    label = next(cell for cell in cells if str(cell.value).endswith("=1+1"))
    assert label.data_type == "s"
    assert str(entry.pk) in {str(cell.value) for cell in cells}
    assert "Bùi Thị Xa" not in str([cell.value for cell in cells])
    taken = LedgerEntry.objects.get(act="export.taken")
    assert taken.after == {"export": "ledger_search", "rows": 7, "all": True, "unit": "A1"}
    assert taken.unit_id == changed.department.pk or taken.unit_code == "A1"
    asked = client.post(f"{reverse('workspace:export_inspection')}?hoi=khong-nhan-xet&nguoi=lan&muc=3&boi=ha")
    assert asked.status_code == 200
    last = LedgerEntry.objects.latest("pk").after
    assert last is not None
    assert (last["question"], last["person"], last["actor"], last["amount"]) == (
        "khong-nhan-xet",
        True,
        True,
        "3",
    )


def test_entries_are_taken_along_from_the_end_that_is_shown(
    changed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpi_cms.interfaces.workspace.exporting.MOST_EXPORTED", 1)
    client, every = auditor(changed.agency), links(auditor(changed.agency, "KT02"), SEARCH)
    for query, shown in (("", every[0]), ("?xep=cu", every[-1])):
        response = client.post(reverse("workspace:export_inspection") + query)
        assert [row[0] for row in taken_rows(response)[1:]] == [shown.strip("/").rsplit("/", 1)[1]]
