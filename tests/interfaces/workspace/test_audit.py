"""The history of a card and of a unit's period: who, when, from what to what, why; and who may read it."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation import audit_queries
from kpi_cms.evaluation.audit_filters import Filters, days_q
from kpi_cms.evaluation.audit_queries import Cursor
from kpi_cms.evaluation.audit_tables import field_choices
from kpi_cms.evaluation.domain import deductions, proposals, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry, TextKind
from snippets.enums import Capability, Role
from snippets.models import Person
from tests.factories.snippets import hold, in_role
from tests.helpers.pages import LOG_ROW
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    made = opened
    for person in Person.objects.all():
        person.name_key = texts.keep(TextKind.NAME, person.full_name, person_code=person.staff_code)
        Person.objects.filter(pk=person.pk).update(name_key=person.name_key)
    return made


def at(seconds: int) -> datetime:
    """So many seconds after the world's moment, 03/08/2026 09:00:00 in Việt Nam."""
    return MOMENT + timedelta(seconds=seconds)


def marks(card: Scorecard, points: str = "") -> dict[str, Entry]:
    return {
        criterion.key: Entry(
            Decimal(points) if points else criterion.max if criterion.kind == "number" else "100", ""
        )
        for criterion in card.version.compiled().criteria
        if criterion.entered
    }


def first_key(card: Scorecard) -> str:
    return next(criterion.key for criterion in card.version.compiled().criteria if criterion.code == "I.1")


def save_self(world: World, seconds: int, points: str, *, reason: str = "", who: str = "lan") -> None:
    person = getattr(world, who)
    card = world.card(person)
    stages.save_self(
        actor=person.user,
        moment=at(seconds),
        card=card,
        expected=card.version_number,
        entries={first_key(card): Entry(Decimal(points))},
        reason=reason,
    )


def submit(world: World, seconds: int, who: str = "lan") -> None:
    person = getattr(world, who)
    card = world.card(person)
    stages.save_self(
        actor=person.user,
        moment=at(seconds),
        card=card,
        expected=card.version_number,
        entries={key: entry for key, entry in marks(card).items() if key != first_key(card)},
    )
    card = world.card(person)
    stages.submit_self(actor=person.user, moment=at(seconds), card=card, expected=card.version_number)


def evaluate(world: World, seconds: int, points: str, *, comment: str = "", who: str = "lan") -> None:
    card = world.card(getattr(world, who))
    stages.save_evaluation(
        actor=world.head.user,
        moment=at(seconds),
        card=card,
        expected=card.version_number,
        entries=marks(card) | {first_key(card): Entry(Decimal(points))},
        comments={"comment": comment} if comment else {},
    )


def of_card(world: World, who: str = "lan") -> str:
    return reverse("workspace:card_history", args=[world.card(getattr(world, who)).pk])


def of_unit(world: World, unit: str = "agency") -> str:
    return reverse("workspace:unit_history", args=[getattr(world, unit).code])


def rows(client: Client, address: str, **query: str) -> list[list[str]]:
    """The cells of each row of the history, as words."""
    response = client.get(address, query)
    assert response.status_code == 200
    html = response.content.decode()
    if "<tbody" not in html:
        return []
    body = html[html.index("<tbody") : html.index("</tbody>")]
    return [
        [_words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


def _words(cell: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).replace(" :", ":").strip()


@pytest.fixture
def auditor(world: World, client: Client):
    user = in_role(world.agency, Role.AUDITOR)
    client.force_login(user)
    return user


# --- What a card's history says -----------------------------------------------------------------------------
def test_a_score_is_read_from_what_to_what_when_by_whom(world: World, client: Client, auditor) -> None:
    save_self(world, 1, "3.5")
    save_self(world, 62, "4.25")
    assert rows(client, of_card(world))[:2] == [
        [
            "03/08/2026 09:01:02",
            "Hồ Thị Lan (cc004)",
            "I.1 Tiêu chí I.1 (Self-assessment)",
            "Points: 3.5 → 4.25",
            "–",
        ],
        [
            "03/08/2026 09:00:01",
            "Hồ Thị Lan (cc004)",
            "Self-assessment made new",
            "State: – → Being written Rater: – → Hồ Thị Lan (CC004)",
            "–",
        ],
    ]


def test_why_is_read_from_the_texts_that_can_be_erased(world: World, client: Client, auditor) -> None:
    save_self(world, 1, "3.5")
    submit(world, 2)
    card = world.card(world.lan)
    stages.return_to_person(
        actor=world.head.user,
        moment=at(3),
        card=card,
        expected=card.version_number,
        reason="Thiếu minh chứng tháng 7",
    )
    save_self(world, 4, "4", reason="Cộng nhầm điểm")
    newest, returned = rows(client, of_card(world))[:2]
    assert newest[3:] == ["Points: 3.5 → 4", "Cộng nhầm điểm"]
    assert returned[1:] == [
        "Nguyễn Thị Hà (cc002)",
        "Card",
        (
            "State: Submitted for evaluation → Returned to the person Returned at: – → 03/08/2026 09:00:03 "
            "Reason of the return: – → Thiếu minh chứng tháng 7"
        ),
        "Thiếu minh chứng tháng 7",
    ]
    ErasableText.objects.filter(text="Cộng nhầm điểm").update(text="", erased_at=at(5))
    ErasableText.objects.filter(text="Hồ Thị Lan").update(text="", erased_at=at(5))
    assert rows(client, of_card(world))[0][1:] == [
        "cc004",
        "I.1 Tiêu chí I.1 (Self-assessment)",
        "Points: 3.5 → 4",
        "(erased)",
    ]


def give_task(world: World, seconds: int, person: Person | None = None):
    return tasks.assign_task(
        actor=world.head.user,
        moment=at(seconds),
        period=world.period,
        person=person or world.lan,
        product=world.product,
        quantity=Decimal(4),
        due_on=date(2026, 7, 20),
    )


def test_tasks_errors_delays_and_causes_stand_in_the_same_line_of_time(
    world: World, client: Client, auditor
) -> None:
    task = give_task(world, 1)
    fault = deductions.record_fault(
        actor=world.head.user, moment=at(2), task=task, unit_number=1, reason="Sai số liệu"
    )
    deductions.confirm_cause(
        actor=world.head.user, moment=at(3), deduction=fault, reason="Mất điện diện rộng"
    )
    delay = deductions.record_delay(
        actor=world.head.user, moment=at(4), task=task, unit_number=2, reason="Nộp muộn"
    )
    deductions.withdraw_deduction(actor=world.head.user, moment=at(5), deduction=delay, reason="Nhầm người")
    found = [row[2:] for row in rows(client, of_card(world))]
    assert found[:4] == [
        [
            "Delay: DC.01 Soạn thảo văn bản",
            "Withdrawn at: – → 03/08/2026 09:00:05",
            "Nhầm người",
        ],
        [
            "Delay: DC.01 Soạn thảo văn bản made new",
            "Unit of quantity: – → 2 Reason: – → Nộp muộn Recorded at: – → 03/08/2026 09:00:04",
            "Nộp muộn",
        ],
        [
            "Objective cause: DC.01 Soạn thảo văn bản made new",
            "Reason: – → Mất điện diện rộng Confirmed at: – → 03/08/2026 09:00:03",
            "Mất điện diện rộng",
        ],
        [
            "Major error: DC.01 Soạn thảo văn bản made new",
            "Unit of quantity: – → 1 Reason: – → Sai số liệu Recorded at: – → 03/08/2026 09:00:02",
            "Sai số liệu",
        ],
    ]
    assert found[4][0] == "Task: DC.01 Soạn thảo văn bản made new"
    assert "Quantity assigned: – → 4" in found[4][1]
    assert "Due on: – → 20/07/2026" in found[4][1]


def test_a_proposals_own_words_are_read_from_the_texts_that_can_be_erased(
    world: World, client: Client, auditor
) -> None:
    name = "Thăm bà Lê Thị Cúc"
    task = proposals.propose_task(
        actor=world.lan.user,
        moment=at(1),
        period=world.period,
        person=world.lan,
        name=name,
        product=None,
        quantity=Decimal(1),
        due_on=date(2026, 7, 20),
    )
    task = proposals.decide_proposal(actor=world.head.user, moment=at(2), task=task, accepted=True)
    proposals.name_product(actor=world.head.user, moment=at(3), task=task, product=world.product)
    named, accepted, made = (row[2:4] for row in rows(client, of_card(world))[:3])
    assert named == [
        f"Task: DC.01 {name}",
        "Code: – → DC.01 Coefficient: – → 2 Points: – → 10 Group of complexity: – → 1",
    ]
    assert accepted == [f"Task: {name}", "State: Proposed by the person → Assigned"]
    assert made[0] == f"Task: {name} made new"
    assert f"Product or task: – → {name}" in made[1]
    ErasableText.objects.filter(text=name).update(text="", erased_at=at(4))
    named, _accepted, made = (row[2:4] for row in rows(client, of_card(world))[:3])
    assert named[0] == "Task: DC.01 (erased)"
    assert "Product or task: – → (erased)" in made[1]


def test_a_chosen_value_and_comments_read_as_words(world: World, client: Client, auditor) -> None:
    card = world.card(world.head)
    key = next(c.key for c in card.version.compiled().criteria if c.code == "đ")
    stages.save_evaluation(
        actor=world.chair.user,
        moment=at(1),
        card=_submitted(world),
        expected=world.card(world.head).version_number,
        entries={key: Entry("50", "Trì trệ kéo dài")},
        comments={"comment": "Cần quyết liệt hơn"},
    )
    found = {row[2]: row[3] for row in rows(client, of_card(world, "head"))}
    assert found["đ Tiêu chí đ (Competent person) made new"] == (
        "Value chosen: – → Đạt 50% Grounds: – → Trì trệ kéo dài"
    )
    assert found["Competent person"] == "Comments: – → Comment: Cần quyết liệt hơn"


def _submitted(world: World) -> Scorecard:
    Scorecard.objects.filter(person=world.head).update(state="submitted")
    return world.card(world.head)


def test_no_key_of_a_row_stands_on_the_page(world: World, client: Client, auditor) -> None:
    save_self(world, 1, "3.5")
    submit(world, 2)
    evaluate(world, 3, "2", comment="Cần cố gắng")
    html = client.get(of_card(world)).content.decode()
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", html[html.index("<tbody") : html.index("</tbody>")])
    for key in ErasableText.objects.values_list("key", flat=True):
        assert str(key) not in html


def test_a_second_frame_of_the_person_has_a_history_of_its_own(world: World, client: Client, auditor) -> None:
    save_self(world, 1, "3.5")
    other = world.card(world.lan)
    other.pk = None
    other.frame = "party"
    other.save()
    found = rows(client, reverse("workspace:card_history", args=[other.pk]))
    assert all("I.1" not in row[2] for row in found)


# --- Pages of it --------------------------------------------------------------------------------------------
def test_every_change_stands_on_exactly_one_page(world: World, client: Client, auditor) -> None:
    """Many rows share a moment, and several tables do: the cursor must fall between them."""
    for number in range(70):
        save_self(world, number // 5, ("1", "2")[number % 2])
        if number % 10 == 0:
            give_task(world, number // 5)
    card = world.card(world.lan)
    seen = audit_queries.sight(Scope.of(auditor), card)
    keys, after, pages = [], None, 0
    while True:
        page = audit_queries.card_changes(card, seen, after=after)
        keys += [(written.table.name, written.row.history_id) for written in page.changes]
        moments = [written.row.history_date for written in page.changes]
        assert moments == sorted(moments, reverse=True)
        pages += 1
        if not page.next:
            break
        after = Cursor.read(page.next)
    # 70 scores, 7 tasks, the assessment, the card's own row
    assert (len(keys), len(set(keys)), pages) == (79, 79, 2)
    html = client.get(of_card(world)).content.decode()
    following = re.search(r'href="([^"]*)" rel="next"', html)
    assert following is not None
    assert len(rows(client, following[1].replace("&amp;", "&"))) == 29


@pytest.mark.parametrize(
    "text", ["", "x", "1_2", "1.5_0_1_x", "9e99_0_1_1", "99999999999999999999.0_1_1_1", "nan_1_1_1"]
)
def test_what_is_no_cursor_leads_to_the_first_page(text: str) -> None:
    assert Cursor.read(text) is None


def test_a_cursor_keeps_the_microsecond() -> None:
    cursor = Cursor(MOMENT + timedelta(microseconds=123_457), 3, 11, 17)
    assert Cursor.read(str(cursor)) == cursor


# --- What the reader may see in it --------------------------------------------------------------------------
def test_the_person_reads_the_evaluation_once_it_is_notified(world: World, client: Client) -> None:
    save_self(world, 1, "3.5")
    submit(world, 2)
    evaluate(world, 3, "1.25", comment="Nhận xét kín")
    client.force_login(world.lan.user)
    html = client.get(of_card(world)).content.decode()
    assert "3.5" in html
    assert "1.25" not in html
    assert "Nhận xét kín" not in html
    assert "Competent person" not in html
    acts = client.get(of_card(world), {"xem": "viec"}).content.decode()
    assert "Self-assessment submitted" in acts
    assert len([row for row in rows(client, of_card(world), xem="viec") if row[2].startswith("Scores")]) == 2
    Scorecard.objects.filter(person=world.lan).update(
        state="notified", evaluated_at=at(4), confirmed_at=at(4), result_final_at=at(4), notified_at=at(4)
    )
    html = client.get(of_card(world)).content.decode()
    assert "1.25" in html
    assert "Nhận xét kín" in html
    assert len([row for row in rows(client, of_card(world), xem="viec") if row[2].startswith("Scores")]) == 3


def test_the_head_reads_the_self_assessment_once_it_is_submitted(world: World, client: Client) -> None:
    save_self(world, 1, "3.5")
    hold(world.head.user, world.department, Capability.VIEW)
    client.force_login(world.head.user)
    assert all("I.1" not in row[2] for row in rows(client, of_card(world)))
    assert all("Scores" not in row[2] for row in rows(client, of_card(world), xem="viec"))
    submit(world, 2)
    assert any("I.1" in row[2] for row in rows(client, of_card(world)))
    assert any("Scores" in row[2] for row in rows(client, of_card(world), xem="viec"))


def test_a_reader_of_the_unit_reads_an_evaluation_once_it_is_decided(world: World, client: Client) -> None:
    save_self(world, 1, "3.5")
    submit(world, 2)
    evaluate(world, 3, "1.25")
    client.force_login(in_role(world.agency, Role.PERSONNEL))
    assert "1.25" not in client.get(of_card(world)).content.decode()
    client.force_login(in_role(world.agency, Role.AUDITOR))
    assert "1.25" in client.get(of_card(world)).content.decode()


def test_the_new_basis_of_a_leader_is_not_read_by_the_leader(world: World, client: Client) -> None:
    card = world.card(world.head)
    card.proposed_basis, card.basis_changed_at = {"d": "1/2"}, at(1)
    card.save()
    client.force_login(world.head.user)
    assert "50%" not in client.get(of_card(world, "head")).content.decode()
    client.force_login(in_role(world.agency, Role.AUDITOR))
    assert "50%" in client.get(of_card(world, "head")).content.decode()


def test_the_reason_why_an_evaluation_went_back_is_the_evaluators(world: World, client: Client) -> None:
    from kpi_cms.foundation.audit.history import save_tracked
    from kpi_cms.foundation.core.actor import as_actor

    card = world.card(world.lan)
    with as_actor(world.head.user, at(1)):
        card.state, card.evaluated_at = "evaluated", at(1)
        save_tracked(card)
        card.state, card.evaluated_at = "submitted", None
        save_tracked(card, reason="Điểm đ quá cao")
    client.force_login(world.lan.user)
    assert "Điểm đ quá cao" not in client.get(of_card(world)).content.decode()
    client.force_login(in_role(world.agency, Role.AUDITOR))
    assert "Điểm đ quá cao" in client.get(of_card(world)).content.decode()


def test_an_auditor_reads_their_own_card_like_everybody_else(world: World, client: Client) -> None:
    save_self(world, 1, "3.5")
    submit(world, 2)
    evaluate(world, 3, "1.25")
    hold(world.lan.user, world.agency, Capability.AUDIT)
    client.force_login(world.lan.user)
    assert "1.25" not in client.get(of_card(world)).content.decode()
    about = {row[2] for row in rows(client, of_unit(world))}
    assert "Hồ Thị Lan (CC004)" not in about
    assert "Võ Quang Minh (CC005)" in about
    assert "Hồ Thị Lan (CC004)" not in {row[2] for row in rows(client, of_unit(world), xem="viec")}


# --- Who may ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["policy", "clerk", "next_head", "next_auditor", "minh", "access"])
def test_the_history_of_a_card_does_not_exist_for_others(world: World, client: Client, who: str) -> None:
    save_self(world, 1, "3.5")
    client.force_login(_other(world, who))
    for query in ({}, {"xem": "viec"}):
        response = client.get(of_card(world), query)
        assert response.status_code == 404
        assert "Hồ Thị Lan" not in response.content.decode()
        assert "3.5" not in response.content.decode()


@pytest.mark.parametrize("who", ["policy", "clerk", "next_head", "next_auditor", "minh", "head", "personnel"])
def test_the_history_of_a_unit_is_the_auditors_alone(world: World, client: Client, who: str) -> None:
    save_self(world, 1, "3.5")
    client.force_login(_other(world, who))
    for query in ({}, {"xem": "viec"}, {"person": "Lan"}):
        response = client.get(of_unit(world), query)
        assert response.status_code == 404
        assert "Hồ Thị Lan" not in response.content.decode()
    expected = 200 if who == "next_auditor" else 404
    assert client.get(reverse("workspace:history")).status_code == expected


def _other(world: World, who: str):
    return {
        "policy": lambda: in_role(world.root, Role.POLICY),
        "clerk": lambda: in_role(world.agency, Role.CLERK),
        "personnel": lambda: in_role(world.agency, Role.PERSONNEL),
        "access": lambda: in_role(world.root, Role.ACCESS),
        "next_head": lambda: hold(world.other_head.user, world.other_department, Capability.VIEW),
        "next_auditor": lambda: in_role(world.other_agency, Role.AUDITOR),
        "head": lambda: hold(world.head.user, world.department, Capability.VIEW),
        "minh": lambda: world.minh.user,
    }[who]()


def test_a_visitor_is_asked_to_sign_in(world: World, client: Client) -> None:
    for address in (reverse("workspace:history"), of_card(world), of_unit(world)):
        assert client.get(address)["Location"].startswith(reverse("accounts:sign_in"))


def test_missing_and_foreign_answer_alike(world: World, client: Client, auditor) -> None:
    foreign = client.get(of_card(world, "stranger"))
    missing = client.get(reverse("workspace:card_history", args=[999_999]))
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert client.get(of_unit(world, "other_agency")).status_code == 404
    assert client.get(of_unit(world, "root")).status_code == 404
    assert client.get(reverse("workspace:unit_history", args=["KHONG-CO"])).status_code == 404


# --- A unit's period and its filters ------------------------------------------------------------------------
@pytest.fixture
def busy(world: World) -> World:
    """Changes of two people of A1 and one of B1, on two days."""
    save_self(world, 1, "3.5")
    save_self(world, 2, "4", who="minh")
    save_self(world, 3, "5", who="stranger")
    save_self(world, 24 * 3600, "2.5")
    return world


def of_scores(found: list[list[str]]) -> list[tuple[str, str, str]]:
    return [(row[0], row[2], row[4]) for row in found if row[3].startswith("I.1")]


def test_a_unit_shows_everybody_below_it_and_nobody_beside_it(busy: World, client: Client, auditor) -> None:
    assert of_scores(rows(client, of_unit(busy))) == [
        ("04/08/2026 09:00:00", "Hồ Thị Lan (CC004)", "Points: 3.5 → 2.5"),
        ("03/08/2026 09:00:02", "Võ Quang Minh (CC005)", "Points: – → 4"),
        ("03/08/2026 09:00:01", "Hồ Thị Lan (CC004)", "Points: – → 3.5"),
    ]
    html = client.get(of_unit(busy)).content.decode()
    assert of_card(busy) in html
    assert "Bùi Thị Xa" not in html
    assert "CC102" not in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"person": "ho lan"}, ["Points: 3.5 → 2.5", "Points: – → 3.5"]),
        ({"person": "cc005"}, ["Points: – → 4"]),
        ({"person": "bui xa"}, []),
        ({"actor": "minh"}, ["Points: – → 4"]),
        ({"actor": "CC004"}, ["Points: 3.5 → 2.5", "Points: – → 3.5"]),
        ({"since": "04/08/2026"}, ["Points: 3.5 → 2.5"]),
        ({"until": "03/08/2026"}, ["Points: – → 4", "Points: – → 3.5"]),
        ({"since": "03/08/2026", "until": "03/08/2026", "person": "lan"}, ["Points: – → 3.5"]),
        ({"field": "score"}, ["Points: 3.5 → 2.5", "Points: – → 4", "Points: – → 3.5"]),
        ({"field": "score.choice"}, []),
        ({"field": "card.state"}, []),
    ],
)
def test_person_account_days_and_field_narrow_a_unit(
    busy: World, client: Client, auditor, query, expected
) -> None:
    assert [row[2] for row in of_scores(rows(client, of_unit(busy), **query))] == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            "card.state",
            ["State: Self-assessment open → Submitted for evaluation", "State: – → Self-assessment open"],
        ),
        ("card.submitted_at", ["State: Self-assessment open → Submitted for evaluation"]),
        ("card.notified_at", []),
        ("assessment.comments_key", []),
        ("task.accepted", []),
    ],
)
def test_a_field_leaves_only_the_rows_in_which_it_changed(
    world: World, client: Client, auditor, field, expected
) -> None:
    give_task(world, 1)
    save_self(world, 2, "3.5")
    submit(world, 3)
    found = rows(client, of_card(world), field=field)
    assert [
        re.match(r"State: .*? → (?:Submitted for evaluation|Self-assessment open)", row[3])[0]
        for row in found
    ] == (expected)


def test_a_day_that_is_none_is_refused_beside_its_field(busy: World, client: Client, auditor) -> None:
    response = client.get(of_unit(busy), {"since": "hôm qua"})
    assert response.status_code == 422
    assert "Write the day as 31/07/2026." in response.content.decode()


def test_acts_stand_beside_the_changes(busy: World, client: Client, auditor) -> None:
    card = busy.card(busy.lan)
    stages_before = LedgerEntry.objects.count()
    submit(busy, 90_000)
    assert LedgerEntry.objects.count() > stages_before
    assert rows(client, of_unit(busy), xem="viec", person="lan")[0] == [
        "04/08/2026 10:00:00",
        "Hồ Thị Lan (cc004)",
        "Hồ Thị Lan (CC004)",
        f"Self-assessment submitted {card.code}",
        "–",
    ]
    assert rows(client, of_card(busy), xem="viec")[0][2] == f"Self-assessment submitted {card.code}"
    assert rows(client, of_unit(busy), xem="viec", since="05/08/2026") == []
    assert {row[1] for row in rows(client, of_unit(busy), xem="viec", actor="minh")} == {
        "Võ Quang Minh (cc005)"
    }


def test_acts_are_paged_by_key(world: World, client: Client, auditor) -> None:
    for number in range(53):
        save_self(world, number, ("1", "2")[number % 2])
    html = client.get(of_card(world), {"xem": "viec"}).content.decode()
    following = re.search(r'href="([^"]*)" rel="next"', html)
    assert following is not None
    assert len(rows(client, following[1].replace("&amp;", "&"))) == 3


def test_a_closed_period_ends_its_history(busy: World, client: Client, auditor) -> None:
    busy.period.closed_at = at(10)
    busy.period.state = "closed"
    busy.period.save()
    assert [row[2] for row in of_scores(rows(client, of_unit(busy)))] == ["Points: – → 4", "Points: – → 3.5"]


def test_units_are_found_by_name_within_the_auditors_reach(world: World, client: Client, auditor) -> None:
    html = client.get(reverse("workspace:history")).content.decode()
    assert of_unit(world) in html
    assert of_unit(world, "department") in html
    assert of_unit(world, "other_agency") not in html
    found = client.get(reverse("workspace:history"), {"q": "don vi a1"}).content.decode()
    assert of_unit(world, "department") in found
    assert of_unit(world) + '"' not in found
    assert "No unit was found" in client.get(reverse("workspace:history"), {"q": "B1"}).content.decode()


# --- Queries ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("times", [1, 3])
def test_a_cards_history_takes_the_same_queries_for_one_change_and_for_three(
    world: World, client: Client, auditor, django_assert_num_queries, times: int
) -> None:
    for number in range(times + 1):
        save_self(world, number, str(number + 1))
    with django_assert_num_queries(21 + LOG_ROW):
        assert len(rows(client, of_card(world))) == times + 3


@pytest.mark.parametrize("people", [("lan",), ("lan", "minh", "deputy")])
def test_a_units_history_takes_the_same_queries_for_one_person_and_for_three(
    world: World, client: Client, auditor, django_assert_num_queries, people
) -> None:
    for who in people:
        save_self(world, 1, "1", who=who)
        save_self(world, 2, "2", who=who)
    with django_assert_num_queries(24 + LOG_ROW):
        rows(client, of_unit(world))


@pytest.mark.parametrize("times", [1, 3])
def test_acts_take_the_same_queries_for_one_and_for_three(
    world: World, client: Client, auditor, django_assert_num_queries, times: int
) -> None:
    for number in range(times):
        save_self(world, number, str(number + 1))
    with django_assert_num_queries(13 + LOG_ROW):
        assert len(rows(client, of_card(world), xem="viec")) == times


def test_filters_of_every_field_can_be_asked(busy: World, client: Client, auditor) -> None:
    for _label, choices in field_choices():
        for value, _text in choices:
            assert client.get(of_unit(busy), {"field": value}).status_code == 200


def test_days_beyond_the_calendar_are_left_out() -> None:
    assert days_q(Filters(since=date(1, 1, 1), until=date(9999, 12, 31)), "at") == (days_q(Filters(), "at"))
