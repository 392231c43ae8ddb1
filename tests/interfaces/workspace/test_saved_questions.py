"""The auditor's questions ready to use, and the sample: groups, cards and entries, shown and taken along."""

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from kpi_cms.evaluation.domain import deciding_anew, reopening
from kpi_cms.evaluation.domain.sampling import draw_sample
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.ledger_search import Search
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.saved_questions import question_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.interfaces.exchange.imports.people import PersonRow
from snippets.domain.people import apply_people_import
from snippets.enums import ROLE_CAPABILITIES, Capability, Role
from snippets.models import Period, Person
from tests.factories.snippets import holder, in_role
from tests.helpers import month, pages
from tests.helpers import world as worlds
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
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> Any:
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    return named(opened)


@pytest.fixture
def changed(world: World) -> World:
    return changed_by_hand(world)


# --- Questions ----------------------------------------------------------------------------------------------
def test_raised_just_before_closing(changed: World) -> None:
    client = auditor(changed.agency)
    Period.objects.update(state="closed", closed_at=MOMENT + timedelta(hours=2))
    assert len(links(client, SEARCH, hoi="sat-han")) == 1  # raised, and not what was lowered
    Period.objects.update(closed_at=MOMENT + timedelta(hours=48))
    assert links(client, SEARCH, hoi="sat-han") == []


def test_a_large_change_without_a_comment(changed: World) -> None:
    assert len(links(auditor(changed.agency), SEARCH, hoi="khong-nhan-xet")) == 1


def on_cards(world: World, *changes: tuple[str, int], actor: int = 998) -> None:
    """Entries of one account: minutes past nine, and a card that somebody else's entries name as well."""
    for card, minutes in changes:
        LedgerEntry.objects.create(
            act="score.changed", at=MOMENT + timedelta(minutes=minutes), actor_id=actor, actor_code=f"u{actor}",
            unit_id=world.department.pk, unit_code="A1", subject_type="evaluation.Scorecard", subject_id=card,
            request_id="0" * 32,
        )  # fmt: skip


def groups(scope: Scope, **asked: Any) -> list[tuple[str, str, int]]:
    question = question_of("nhieu-phieu")
    assert question is not None
    assert question.groups is not None
    return [
        (each.actor_code, f"{timezone.localtime(each.since):%H:%M}", each.count)
        for each in question.groups(scope, Search(**asked))
        if each.since is not None
    ]


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ([(n, 50 + n // 5) for n in range(9)] + [(n, 65) for n in range(20, 29)], [("u998", "10:05", 18)]),
        ([(n, 10) for n in range(9)] + [(9, 69)], [("u998", "10:09", 10)]),
        ([(n, 10) for n in range(9)] + [(9, 70)], []),  # an hour later to the minute
        ([(n, 10) for n in range(9)] + [(n, 20) for n in range(9)], []),  # the same nine again
        ([(n, 10) for n in range(9)] + [(0, 40), (9, 75)], []),  # the first was changed again, the others are over
        ([(n, 10) for n in range(9)] + [(n, 40) for n in range(9)] + [(9, 75)], [("u998", "10:15", 10)]),
        ([(n, 10) for n in range(10)] + [(n, 300) for n in range(11)], [("u998", "14:00", 11), ("u998", "09:10", 10)]),
    ],
)  # fmt: skip
def test_cards_are_counted_over_any_sixty_minutes(
    changed: World, changes: list[tuple[int, int]], counted: list[tuple[str, str, int]]
) -> None:
    on_cards(changed, *((str(card), minutes) for card, minutes in changes))
    on_cards(changed, *((str(card), 10) for card in range(50, 59)), actor=997)  # nine of somebody else
    assert groups(Scope.of(in_role(changed.agency, Role.AUDITOR))) == counted
    assert groups(Scope.of(in_role(changed.other_agency, Role.AUDITOR, username="KT02"))) == []


def test_groups_are_narrowed_by_what_was_asked(changed: World) -> None:
    on_cards(changed, *((str(card), 10) for card in range(10)), actor=changed.head.user.pk)
    scope = Scope.of(in_role(changed.agency, Role.AUDITOR))
    assert len(groups(scope, actor="cc002")) == 1
    assert groups(scope, actor="cc003") == []
    assert groups(scope, actor="nobody-at-all") == []
    assert groups(scope, since=date(2026, 8, 4)) == []
    assert groups(scope, since=date(2027, 8, 4)) == []


def test_a_group_that_reaches_back_over_midnight_leads_to_both_days(changed: World) -> None:
    on_cards(changed, *((str(card), 895 + card) for card in range(10)))  # from 23:55 on
    body = pages.body(auditor(changed.agency).get(SEARCH, {"hoi": "nhieu-phieu"}))
    assert "boi=u998&since=03%2F08%2F2026&until=04%2F08%2F2026" in body


def test_many_cards_in_an_hour(changed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = auditor(changed.agency)
    assert "Nothing was found" in found(client, hoi="nhieu-phieu")
    monkeypatch.setattr("kpi_cms.evaluation.saved_questions.MANY_CARDS", 1)
    assert "cc002" in found(client, hoi="nhieu-phieu")
    assert "cc102" not in found(client, hoi="nhieu-phieu")
    assert "Nothing was found" in found(client, hoi="nhieu-phieu", since="04/08/2026")


def test_the_question_of_an_hour_is_asked_of_a_month_at_first(changed: World) -> None:
    """It reads every act of its days; they stand in the form, where whoever asks may choose others."""
    client = auditor(changed.agency)
    first = timezone.localdate() - timedelta(days=31)
    body = pages.body(client.get(SEARCH))
    link = f"{SEARCH}?hoi=nhieu-phieu&since={first:%d}%2F{first:%m}%2F{first:%Y}"
    assert f'href="{link}"' in body.replace("&amp;", "&")
    assert f'href="{SEARCH}?hoi=sat-han"' in body
    assert pages.field(client.get(link), "since") == f"{first:%d/%m/%Y}"


def test_changed_after_the_decision(changed: World) -> None:
    client = auditor(changed.agency)
    month.worked(changed, changed.minh)
    month.notified(changed, changed.minh)
    assert links(client, SEARCH, hoi="sau-quyet-dinh") == []
    decided_anew(changed, changed.minh)
    assert acts_of(links(client, SEARCH, hoi="sau-quyet-dinh")) == [
        "card.decided_anew", "reopening.approved", "reopening.asked",
    ]  # fmt: skip
    assert links(auditor(changed.other_agency, "KT02"), SEARCH, hoi="sau-quyet-dinh") == []


def decided_anew(world: World, who: Person) -> None:
    """The one criterion that was opened is given 1 point, two hours after nine."""
    card, head = world.card(who), world.head.user
    key = next(
        key for key, entry in month.entries(card, "evaluator").items() if isinstance(entry.value, Decimal)
    )
    asked = reopening.ask_reopening(
        actor=head, moment=MOMENT, card=card, expected=card.version_number, criteria=[key],
        until=MOMENT + timedelta(days=3), reason="Chấm nhầm dòng",
    )  # fmt: skip
    keeper = holder(world.root, Capability.MANAGE_PERIODS, username="CS01")
    reopening.answer_reopening(
        actor=keeper, moment=MOMENT + timedelta(hours=1), reopening=asked, approved=True, reason=""
    )
    card = world.card(who)
    deciding_anew.decide_anew(
        actor=head, moment=MOMENT + timedelta(hours=2), card=card, expected=card.version_number,
        entries={key: Entry(Decimal(1))}, reason="Chấm nhầm dòng", seen=on_screen(card),
    )  # fmt: skip


def acts_of(addresses: list[str]) -> list[str]:
    keys = [int(address.strip("/").rsplit("/", 1)[1]) for address in addresses]
    acts = dict(LedgerEntry.objects.values_list("pk", "act"))
    return [acts[key] for key in keys]


def test_what_a_new_decision_raised_before_closing_is_found(changed: World) -> None:
    month.worked(changed, changed.minh)
    month.evaluated(changed, changed.minh)
    change(changed, changed.minh, "0", minutes=5)
    month.notified_as_it_stands(changed, changed.minh)
    decided_anew(changed, changed.minh)
    Period.objects.update(state="closed", closed_at=MOMENT + timedelta(hours=3))
    raised = links(auditor(changed.agency), SEARCH, hoi="sat-han", nguoi="minh")
    assert acts_of(raised) == ["score.changed"]
    entry = LedgerEntry.objects.get(pk=int(raised[0].strip("/").rsplit("/", 1)[1]))
    assert (entry.at, entry.amount) == (MOMENT + timedelta(hours=2), Decimal(1))


def test_imported_for_several_units(changed: World) -> None:
    keeper = holder(changed.root, *ROLE_CAPABILITIES[Role.PERSONNEL], username="TC01")
    one = people_import(keeper, ("NV1", "A1"))
    province, agency = auditor(changed.root), auditor(changed.agency, "KT02")
    assert one == ["A1"]
    assert "Nothing was found" in found(province, hoi="nhap-nhieu-don-vi")
    assert people_import(keeper, ("NV2", "A1"), ("NV3", "B1")) == ["A1", "B1"]
    body = found(province, hoi="nhap-nhieu-don-vi")
    assert "TC01 – 2" in body
    assert "Nothing was found" in found(agency, hoi="nhap-nhieu-don-vi")  # it says what lies outside
    assert "Nothing was found" in found(province, hoi="nhap-nhieu-don-vi", since="04/08/2026")


def people_import(keeper: User, *people: tuple[str, str]) -> list[str]:
    """A file with these people, applied; the units that its entry says it touched."""
    common = {
        "sheet": "Nhân sự", "full_name": "Đặng Thị Nguyệt", "kind": "cong_chuc", "role": "member",
        "position_code": "cv-member", "starts_on": date(2026, 1, 1),
    }  # fmt: skip
    rows = [
        PersonRow(staff_code=code, unit_code=unit, row=row, **common)
        for row, (code, unit) in enumerate(people)
    ]
    apply_people_import(
        actor=keeper, moment=MOMENT, rows=rows, file_name="nhan-su.xlsx", file_sha256="a" * 64
    )
    after = LedgerEntry.objects.filter(act="import.applied").latest("pk").after
    assert after is not None
    units: list[str] = after["units"]
    return units


def test_the_self_assessment_equals_the_evaluation_everywhere(world: World) -> None:
    for who in (world.lan, world.minh):
        month.worked(world, who)
    month.confirmed(world, world.lan)
    month.confirmed(world, world.minh, share="0.5")
    text = found(auditor(world.agency), hoi="tu-bang-danh-gia")
    assert "Hồ Thị Lan" in text
    assert "Võ Quang Minh" not in text
    assert "Hồ Thị Lan" not in found(auditor(world.other_agency, "KT02"), hoi="tu-bang-danh-gia")


def test_a_question_without_a_period_finds_nothing(db: None) -> None:
    world = worlds.build()
    client = auditor(world.agency)
    for question in ("sat-han", "tu-bang-danh-gia", "nhieu-phieu"):
        assert "Nothing was found" in found(client, hoi=question)
    assert client.post(SAMPLE, {"ky": world.period.pk, "so": "3", "hat": "1"}).status_code == 404
    assert not LedgerEntry.objects.filter(act="sample.drawn").exists()


# --- A sample -----------------------------------------------------------------------------------------------
def test_a_seed_draws_the_same_cards_again_and_another_others(world: World) -> None:
    client = auditor(world.root)
    draws = {seed: pages.text(drawn(client, world, 3, seed)).split("seed")[-1] for seed in range(6)}
    assert pages.text(drawn(client, world, 3, 0)).split("seed")[-1] == draws[0]
    assert len(set(draws.values())) > 1
    assert client.post(SAMPLE, {"ky": world.period.pk, "so": "0", "hat": "1"}).status_code == 422
    assert client.post(SAMPLE, {"ky": "0", "so": "3", "hat": "1"}).status_code == 404
    assert int(pages.field(client.get(SAMPLE), "hat")) > 0
    assert LedgerEntry.objects.filter(act="sample.drawn").count() == 7


def test_nobody_draws_who_audits_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        draw_sample(actor=world.head.user, moment=MOMENT, period=world.period, number=1, seed=1)
    assert not LedgerEntry.objects.filter(act="sample.drawn").exists()


def test_a_drawing_is_recorded_and_nothing_is_drawn_by_reading(world: World) -> None:
    client = auditor(world.agency)
    assert "drawn by" not in pages.text(client.get(SAMPLE, {"ky": world.period.pk, "so": "3", "hat": "7"}))
    assert not LedgerEntry.objects.filter(act="sample.drawn").exists()
    text = pages.text(drawn(client, world, 3, 7))
    entry = LedgerEntry.objects.get(act="sample.drawn")
    cards = Scorecard.objects.filter(unit__path__startswith=world.agency.path)
    assert entry.after is not None
    chosen = [card for card in cards.order_by("pk") if card.code in entry.after["cards"]]
    assert entry.after == {
        "seed": 7,
        "number": 3,
        "of": cards.count(),
        "cards": [card.code for card in chosen],
    }
    assert (entry.unit_code, entry.subject_label, len(chosen)) == ("A", "month 7/2026", 3)
    assert all(card.code in text for card in chosen)
    assert "Seed – 7" in pages.text(client.get(reverse("workspace:ledger_entry", args=[entry.pk])))


def test_a_sample_is_shown_and_handed_out_to_whoever_drew_it_alone(world: World) -> None:
    drawn(auditor(world.root), world, 200, 7)
    drawing = LedgerEntry.objects.get(act="sample.drawn").pk
    other, away = auditor(world.agency, "KT02"), f"{reverse('workspace:export_sample')}?lan={drawing}"
    assert other.get(SAMPLE, {"lan": drawing}).status_code == 404
    assert other.post(away).status_code == 404
    assert other.post(reverse("workspace:export_sample")).status_code == 404
    assert not LedgerEntry.objects.filter(act="export.taken").exists()


def test_a_sample_is_taken_along_as_it_was_drawn_and_recorded_with_its_seed(world: World) -> None:
    client = auditor(world.agency)
    drawn(client, world, 2, 7)
    entry = LedgerEntry.objects.get(act="sample.drawn")
    assert entry.after is not None
    response = client.post(f"{reverse('workspace:export_sample')}?lan={entry.pk}")
    assert [row[1] for row in taken_rows(response)] == ["Card", *entry.after["cards"]]
    taken = LedgerEntry.objects.get(act="export.taken").after
    assert taken == {
        "export": "sample", "rows": 2, "all": True, "period": "month 7/2026", "seed": 7, "number": 2,
        "of": entry.after["of"], "drawing": entry.pk,
    }  # fmt: skip


# --- Taking it away ---------------------------------------------------------------------------------------------
def test_groups_are_taken_along_as_they_are_shown_and_no_entry_with_them(
    changed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was exported under the question's name used to be the whole ledger."""
    monkeypatch.setattr("kpi_cms.evaluation.saved_questions.MANY_CARDS", 1)
    month.submitted(changed, changed.minh)
    client = auditor(changed.agency)
    response = client.post(
        f"{reverse('workspace:export_inspection')}?hoi=nhieu-phieu&boi=CC002&viec=card.submitted"
    )
    assert taken_rows(response) == [("Account", "Since", "How many"), ("cc002", "03/08/2026 09:00", 1)]
    assert "Hồ Thị Lan" not in str(list(load_workbook(io.BytesIO(response.content)).worksheets[0].values))
    taken = LedgerEntry.objects.get(act="export.taken").after
    assert taken == {
        "export": "question_groups", "rows": 1, "all": True, "question": "nhieu-phieu", "actor": True,
    }  # fmt: skip
    shown = pages.body(client.get(SEARCH, {"hoi": "nhieu-phieu"}))
    assert f'action="{reverse("workspace:export_inspection")}?hoi=nhieu-phieu"' in shown


def test_cards_of_a_question_are_taken_along_as_they_are_shown(world: World) -> None:
    for who in (world.lan, world.minh):
        month.worked(world, who)
    card = month.confirmed(world, world.lan)
    month.confirmed(world, world.minh, share="0.5")
    address = f"{reverse('workspace:export_inspection')}?hoi=tu-bang-danh-gia&ky={world.period.pk}&nguoi=minh"
    response = auditor(world.agency).post(address)
    assert [row[:2] for row in taken_rows(response)] == [("Person", "Card"), (str(card.person), card.code)]
    taken = LedgerEntry.objects.get(act="export.taken").after
    assert taken == {
        "export": "question_cards", "rows": 1, "all": True, "question": "tu-bang-danh-gia", "period": "month 7/2026",
    }  # fmt: skip
    outside = auditor(world.other_agency, "KT02").post(address)
    assert [row[1] for row in taken_rows(outside)] == ["Card"]
