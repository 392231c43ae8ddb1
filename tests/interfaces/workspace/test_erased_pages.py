"""Words about a person were erased: every page, sheet and workbook is there as before, and says so in words."""

import re
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from kpi_cms.evaluation.domain.erasing import erase_texts
from kpi_cms.evaluation.enums import Erasable
from kpi_cms.evaluation.models import Evidence, Scorecard, Task
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.enums import Role
from tests.factories.snippets import in_role
from tests.helpers.spoken import decided, spoken
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
MARK = "ZQX7731"
# A form is Vietnamese in every language of its reader.
GONE = re.compile(r"removed by lawful erasure|evidence\.removed|đã\s*xóa\s*t", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _in_english(settings) -> Iterator[None]:
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    return opened


def said(answer: HttpResponse) -> str:
    """The words of a page, of a sheet, of a workbook, and of whatever a bundle holds."""
    kind = answer["Content-Type"]
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if kind == "application/pdf":
        # A narrow column breaks a word where it likes.
        return "".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages).replace("\n", "")
    if zipfile.is_zipfile(BytesIO(data)):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            inside = [(name, archive.read(name)) for name in archive.namelist()]
        pdf = [BytesIO(content) for name, content in inside if name.endswith(".pdf")]
        sheets = ["".join(page.extract_text() for page in PdfReader(each).pages) for each in pdf]
        return "".join([*sheets, *(content.decode("utf-8", "replace") for _name, content in inside)])
    return data.decode()


def doors(world: World, card: Scorecard) -> Iterator[tuple[str, User, Callable[[Client], HttpResponse]]]:
    """(Page, reader, how it is asked for): wherever words about a card of this world can be read or taken along."""
    auditor = User.objects.filter(username="KT01").first() or in_role(
        world.agency, Role.AUDITOR, username="KT01"
    )

    def get(name: str, *args: object, **query: str) -> Callable[[Client], HttpResponse]:
        return lambda client: client.get(reverse(name, args=args), query)

    def post(name: str, *args: object, **data: str) -> Callable[[Client], HttpResponse]:
        return lambda client: client.post(reverse(name, args=args), data)

    for reader in (card.person.user, world.head.user, auditor):
        yield "home", reader, get("workspace:home")
        yield "card", reader, get("workspace:card", card.pk)
        yield "history of the card", reader, get("workspace:card_history", card.pk)
        yield "Form 01", reader, post("reporting:form01", card.pk)
        for task in Task.objects.filter(person=card.person):
            yield f"task {task.pk}", reader, get("workspace:task", task.pk)
    yield "tasks", card.person.user, get("workspace:tasks")
    yield "their tasks", world.head.user, get("workspace:person_tasks", card.person_id)
    yield "history of the unit", auditor, get("workspace:unit_history", "A1")
    yield "search", auditor, get("workspace:inspection", nguoi=card.person.staff_code)
    yield "search, taken along", auditor, post("workspace:export_inspection", nguoi=card.person.staff_code)
    yield "card then", auditor, get("workspace:card_then", card.pk, luc="2026-08-03T09:00")
    yield "evidence", auditor, post("reporting:card_bundle", card.pk)
    for entry in LedgerEntry.objects.filter(person_id=card.person_id).exclude(act="text.erased"):
        yield f"entry {entry.pk}", auditor, get("workspace:ledger_entry", entry.pk)


def asked(reader: User, door: Callable[[Client], HttpResponse]) -> tuple[int, str]:
    client = Client()
    client.force_login(reader)
    answer = door(client)
    return answer.status_code, said(answer)


@pytest.mark.parametrize("made", [spoken, decided])
def test_every_page_that_showed_the_words_says_that_they_were_erased(
    world: World, made: Callable[..., Scorecard]
) -> None:
    card = Scorecard.objects.with_context().get(pk=made(world, world.lan, MARK).pk)
    office = in_role(world.root, Role.PERSONNEL)
    entries = set(LedgerEntry.objects.values_list("pk", flat=True))
    before = {(page, reader.pk): asked(reader, door) for page, reader, door in doors(world, card)}
    showing = {key for key, (_status, text) in before.items() if MARK in text}
    pages = {page.rstrip(" 0123456789") for page, _reader in showing}
    assert {"card", "history of the card", "Form", "task", "card then", "evidence", "entry"} <= pages
    assert {"history of the unit", "search, taken along"} <= pages
    assert LedgerEntry.objects.exclude(pk__in=entries).filter(act="export.taken").count() == 2
    erase_texts(
        actor=office, moment=MOMENT, person=world.lan, kinds=tuple(Erasable), reason="Quyết định của Tòa án"
    )
    after = {(page, reader.pk): asked(reader, door) for page, reader, door in doors(world, card)}
    assert {key: status for key, (status, _text) in after.items() if key in before} == {
        key: status for key, (status, _text) in before.items()
    }
    assert [key for key, (_status, text) in after.items() if MARK in text] == []
    silent = [key for key in showing if "(đã xóa)" not in after[key][1] and "(erased)" not in after[key][1]]
    assert silent == []
    # Its files are gone as well, and whoever read of them reads that, on paper and in what is taken along.
    removed = {
        key[0].rstrip(" 0123456789")
        for key, (_status, text) in after.items()
        if len(GONE.findall(text)) > len(GONE.findall(before.get(key, (0, ""))[1]))
    }
    assert {"card", "Form", "task", "history of the card", "evidence", "entry"} <= removed


def test_the_erasure_itself_is_found_with_its_ground_and_without_a_word(world: World) -> None:
    spoken(world, world.lan, MARK)
    office = in_role(world.root, Role.PERSONNEL, username="TC01")
    done = erase_texts(
        actor=office, moment=MOMENT, person=world.lan, kinds=tuple(Erasable), reason="Quyết định của Tòa án"
    )
    auditor = Client()
    auditor.force_login(in_role(world.agency, Role.AUDITOR))
    entry = LedgerEntry.objects.get(act="text.erased")
    page = said(auditor.get(reverse("workspace:ledger_entry", args=[entry.pk])))
    assert [words in page for words in ("Text erased", "Quyết định của Tòa án", str(done.count), "TC01")] == [
        True
    ] * 4
    found = said(auditor.get(reverse("workspace:inspection"), {"nguoi": "CC004", "viec": "text.erased"}))
    assert reverse("workspace:ledger_entry", args=[entry.pk]) in found


def test_a_page_to_write_on_shows_no_word_that_was_erased(world: World) -> None:
    card = spoken(world, world.lan, MARK)
    office = in_role(world.root, Role.PERSONNEL)
    erase_texts(actor=office, moment=MOMENT, person=world.lan, kinds=tuple(Erasable), reason="Bản án")
    lan = Client()
    lan.force_login(world.lan.user)
    task = Task.objects.filter(person=world.lan).earliest("pk")
    for address in (
        reverse("workspace:card", args=[card.pk]),
        reverse("workspace:report_task", args=[task.pk]),
        reverse("workspace:submit", args=[card.pk]),
    ):
        answer = lan.get(address)
        assert (answer.status_code, MARK in said(answer)) == (200, False), address
    assert Evidence.objects.filter(title="(đã xóa)").count() == Evidence.objects.count()
