"""A stage that must not see earlier ones: nothing that was given there is found anywhere by whoever acts at it."""

import copy
import re
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import seen
from kpi_cms.evaluation.domain import collective, stages
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.evaluation.sight_queries import readers_of
from snippets.enums import Capability
from snippets.past_queries import At
from tests.access import rulebook
from tests.access.cells import route_of
from tests.access.marks import texts_of
from tests.access.routes import address
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.once import written_once
from tests.helpers.pages import body, text
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

NUMBER = "key-I.1"
# Pages that say the same to everybody, or speak of accounts.
ELSEWHERE = (
    "/static/",
    "/admin/",
    "/so-tay/",
    "/quyen/quy-tac/",
    "/cac-thanh-phan/",
    "/tai-khoan/",
    "mailto:",
)
OF_SELF = {"3,17", "3.17", "28,17", "28.17", "98,17", "98.17", "tuchamqz", "hanchexz"}
"""The person's score for I.1, the points of the common criteria, the total, and both remarks."""
OF_COLLECTIVE = {"2,93", "2.93", "27,93", "27.93", "97,93", "97.93", "tapthewz"}


def spec() -> dict[str, object]:
    """Everybody after the person rates without knowing the others': no stage but the last counts."""
    made = worlds.staff_spec(law="", schema_version=2)
    own, decides = made["stages"]
    made["sections"][0]["criteria"][0]["kind"]["step"] = "0.01"
    made["stages"] = [
        own,
        {"key": "collective", "label": "Tập thể", "decides": False, "optional": False, "blind_to": ["self"]},
        decides | {"blind_to": ["self", "collective"]},
        {
            "key": "endorsement",
            "label": "Xác nhận",
            "decides": False,
            "optional": False,
            "blind_to": ["self"],
        },
    ]
    return made


def staged(world: World) -> World:
    """Lan has sent her self-assessment, Minh the collective's scores; Hà, who audits her own unit, evaluates."""
    repin(world.period, world.staff, worlds.version(spec(), "NV-DL"))
    worlds.open_month(world)
    Scorecard.objects.filter(person=world.lan).update(
        secretary=world.minh, collective={"name": "Tập thể A1", "decision": "15/QĐ", "on": "2026-07-30"}
    )
    for who, where in (
        (world.head, world.department),
        (world.chair, world.agency),
        (world.minh, world.department),
    ):
        hold(who.user, where, Capability.VIEW)
    hold(world.head.user, world.department, Capability.AUDIT)
    month.worked(world, world.lan)
    card = world.card(world.lan)
    entries = month.entries(card, "self") | {NUMBER: Entry(Decimal("3.17"))}
    said = {"strengths": "tuchamqz", "weaknesses": "hanchexz"}
    stages.save_self(
        actor=world.lan.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        entries=entries,
        comments=said,
    )
    card = world.card(world.lan)
    stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number)
    return world


def sent_by_the_collective(world: World) -> Scorecard:
    card = world.card(world.lan)
    entries = month.entries(card, "collective") | {NUMBER: Entry(Decimal("2.93"))}
    given = {"actor": world.minh.user, "moment": MOMENT}
    collective.save_collective(
        card=card, expected=card.version_number, entries=entries, comments={"comment": "tapthewz"}, **given
    )
    card = world.card(world.lan)
    return collective.send_collective(card=card, expected=card.version_number, **given)


def evaluated(world: World) -> Scorecard:
    card = world.card(world.lan)
    return stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=month.entries(card, "evaluator"), comments={"comment": "Đồng ý"},
    ).card  # fmt: skip


@pytest.fixture(scope="module")
def staged_once(drafted_once: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with written_once(django_db_blocker, lambda: staged(copy.deepcopy(drafted_once))) as made:
        yield made


@pytest.fixture
def world(staged_once: World, db: None, clock: object) -> World:
    return copy.deepcopy(staged_once)


# --- Reading everything ---------------------------------------------------------------------------------------------
def addresses(world: World, card: Scorecard) -> set[str]:
    """Every address of the workspace, of the forms and of the handbook that names the card, its person or its unit."""
    known = {
        "card": str(card.pk), "criterion": NUMBER, "period": str(world.period.pk), "unit": world.department.code,
        "person": str(world.lan.pk), "account": world.lan.user.username,
    }  # fmt: skip
    found = set()
    for key, entries in rulebook.entries().items():
        for entry in entries:
            words = [value if value.startswith("=") else value.split(".")[0] for value in entry.args.values()]
            if all(word.startswith("=") or word in known for word in words):
                values = {name: word[1:] if word.startswith("=") else known[word]
                          for name, word in zip(entry.args, words, strict=True)}  # fmt: skip
                if not route_of(key).in_admin:
                    found.add(address(route_of(key), values))
    return found


def shape(path: str) -> str:
    """Addresses that differ only in which record or which choice they name are alike; the card's are asked first."""
    parts = urlsplit(path)
    names = sorted({name for name, _value in parse_qsl(parts.query)})
    return f"{re.sub(r'/([0-9]+|[A-Z][A-Z0-9-]+|cc[0-9]+)(?=/|$)', '/*', parts.path)}?{'&'.join(names)}"


def read(client: Client, world: World, card: Scorecard, *, whole: bool) -> dict[str, str]:
    """Address → everything it answers, for all of these and, of the `whole` product, whatever links on them lead to."""
    first = {path for path in addresses(world, card) if whole or f"/phieu/{card.pk}/" in path}
    first |= {"/", reverse("workspace:evaluations"), reverse("workspace:unit", args=[world.department.code])}
    first |= {reverse("workspace:trace", args=[card.pk, slug]) for slug in ("tu-cham", "tap-the", "danh-gia")}
    waiting, found = deque(sorted(first)), dict[str, str]()
    shapes: set[str] = set()
    while waiting:
        path = waiting.popleft()
        like = shape(path)
        if like in shapes or path.startswith(ELSEWHERE):
            continue
        shapes.add(like)
        answer = client.get(path)
        found[path] = "\n".join(texts_of(answer))
        if whole and "html" in answer.headers.get("Content-Type", ""):
            for link in re.findall(r'href="([^"]+)"', found[path]):
                target = urldefrag(urljoin(path, link)).url
                if not urlsplit(target).netloc:
                    waiting.append(target)
    return found


def told(client: Client, world: World, words: set[str], *, whole: bool = False) -> set[tuple[str, str]]:
    """(address, word) of everything given at a stage that is found anywhere."""
    found = read(client, world, world.card(world.lan), whole=whole)
    assert len(found) > (60 if whole else 20)
    return {(path, word) for path, said in found.items() for word in words if word in said}


def on_the_card(client: Client, card: Scorecard, words: set[str]) -> set[str]:
    """What of the words the card's own page says."""
    page = body(client.get(reverse("workspace:card", args=[card.pk])))
    return {word for word in words if word in page}


# --- What must not be told ------------------------------------------------------------------------------------------
def test_what_is_looked_for_is_there(world: World) -> None:
    """Otherwise the tests below find nothing because nothing is said."""
    card = sent_by_the_collective(world)
    shown = dict(CardResult.objects.filter(card=card).values_list("stage", "shown"))
    assert (shown["self"], shown["collective"]) == ("98.17", "97.93")


def test_a_collective_reads_nothing_of_the_self_assessment(world, sign_in) -> None:
    assert on_the_card(sign_in(world.minh), world.card(world.lan), OF_SELF) == set()
    sent_by_the_collective(world)  # it may still change its scores, with a reason
    assert told(sign_in(world.minh), world, OF_SELF) == set()


def test_an_evaluator_reads_nothing_of_either_although_they_audit_the_unit(world, sign_in) -> None:
    sent_by_the_collective(world)
    evaluated(world)
    assert told(sign_in(world.head), world, OF_SELF | OF_COLLECTIVE, whole=True) == set()


def test_whoever_endorses_reads_nothing_of_the_self_assessment_before_and_while_it_waits(
    world, sign_in
) -> None:
    sent_by_the_collective(world)
    card = evaluated(world)
    assert on_the_card(sign_in(world.chair), card, OF_SELF) == set()
    stages.confirm(actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
                   seen=on_screen(card, unseen={"self", "collective"}))  # fmt: skip
    assert told(sign_in(world.chair), world, OF_SELF) == set()
    # What counts is read, and what is kept from nobody here.
    assert on_the_card(sign_in(world.chair), card, {"tapthewz", "Đồng ý"}) == {"tapthewz", "Đồng ý"}


def test_a_field_is_not_filled_with_a_score_that_is_not_seen(world, sign_in) -> None:
    card = world.card(world.lan)
    page = sign_in(world.head).post(
        reverse("workspace:evaluate", args=[card.pk]), {"take": NUMBER, "expected": card.version_number}
    )
    assert page.status_code == 200
    assert not any(word in body(page) for word in OF_SELF)


def test_no_answer_to_a_stale_save_or_step_tells_it(world, sign_in) -> None:
    card = evaluated(world)
    head, step = sign_in(world.head), reverse("workspace:confirm", args=[card.pk])
    form = head.get(step).context["form"]
    sent_by_the_collective(world)
    answers = [
        head.post(step, {name: form.initial[name] for name in form.initial}),
        head.post(reverse("workspace:evaluate", args=[card.pk]), {"expected": 0, f"s-{NUMBER}": "4"}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert not any(word in body(answer) for answer in answers for word in OF_SELF | OF_COLLECTIVE)


def test_a_digest_says_nothing_of_what_the_page_did_not_show(world, sign_in) -> None:
    """It could be tried on every possible score."""
    card = evaluated(world)
    step = reverse("workspace:confirm", args=[card.pk])
    head = sign_in(world.head)
    before = seen.read_token(card, head.get(step).context["form"].initial["seen"])[0]
    CardResult.objects.filter(card=card, stage="self").update(shown="12.34", numerator="1234")
    assert seen.read_token(card, head.get(step).context["form"].initial["seen"])[0] == before != ""


# --- What is told, and when -----------------------------------------------------------------------------------------
def test_the_page_says_what_is_not_seen_and_why(world, sign_in) -> None:
    sent_by_the_collective(world)
    page = text(sign_in(world.head).get(reverse("workspace:card", args=[world.card(world.lan).pk])))
    assert (
        "Trước khi gửi phần của mình, bạn không xem được nội dung đã chấm tại: Cá nhân tự chấm, Tập thể."
        in page
    )


def test_each_reads_it_once_they_have_sent_their_own(world, sign_in) -> None:
    sent_by_the_collective(world)
    card = evaluated(world)
    words = {"3,17", "tuchamqz"}
    for who in (world.minh, world.head, world.chair):
        assert on_the_card(sign_in(who), card, words) == set()
    stages.confirm(actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
                   seen=on_screen(card, unseen={"self", "collective"}))  # fmt: skip
    assert on_the_card(sign_in(world.minh), card, words) == words
    assert on_the_card(sign_in(world.head), card, words) == words
    assert on_the_card(sign_in(world.chair), card, words) == set()
    card = world.card(world.lan)
    stages.endorse(actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number,
                   seen=on_screen(card, unseen={"self"}))  # fmt: skip
    assert on_the_card(sign_in(world.chair), card, words) == words


def test_a_decision_from_the_page_goes_through(world, sign_in) -> None:
    sent_by_the_collective(world)
    card = evaluated(world)
    step = reverse("workspace:confirm", args=[card.pk])
    head = sign_in(world.head)
    form = head.get(step).context["form"]
    assert head.post(step, {name: form.initial[name] for name in form.initial}).status_code == 302
    assert world.card(world.lan).state == "evaluated"


def test_the_person_an_auditor_and_whoever_only_reads_the_unit_read_as_ever(world, sign_in) -> None:
    card = sent_by_the_collective(world)
    hold(world.stranger.user, world.agency, Capability.AUDIT)
    hold(world.other_head.user, world.agency, Capability.VIEW)
    for who in (world.lan, world.stranger, world.other_head):
        assert on_the_card(sign_in(who), card, {"3,17", "tuchamqz"}) == {"3,17", "tuchamqz"}
    history = reverse("workspace:card_history", args=[card.pk])
    assert "tuchamqz" in body(sign_in(world.stranger).get(history))


def test_who_sees_a_card_says_so(world) -> None:
    card = sent_by_the_collective(world)
    sees = {reader.user.pk: set(reader.sees) for reader in readers_of(card.pk, At(MOMENT)).readers}
    reading = {
        who: table.READ_SELF_ASSESSMENT in sees[who.user.pk] for who in (world.lan, world.head, world.minh)
    }
    assert reading == {world.lan: True, world.head: False, world.minh: False}
