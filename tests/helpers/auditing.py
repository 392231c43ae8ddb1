"""The auditor's workspace in tests: who looks at it, what was done there, what a page shows."""

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import TextKind
from snippets.enums import Role
from snippets.models import Person, Unit
from tests.factories.snippets import in_role
from tests.helpers import month, pages
from tests.helpers.world import MOMENT, World

SEARCH, SAMPLE = reverse("workspace:inspection"), reverse("workspace:inspection_sample")


def named(made: World) -> World:
    """With the text behind everybody's name, which the world leaves out."""
    for person in Person.objects.all():
        key = texts.keep(TextKind.NAME, person.full_name, person_code=person.staff_code)
        Person.objects.filter(pk=person.pk).update(name_key=key)
    return made


def auditor(unit: Unit, name: str = "KT01") -> Client:
    client = Client()
    client.force_login(in_role(unit, Role.AUDITOR, username=name))
    client.get("/suc-khoe/")
    return client


def change(world: World, who: Person, points: str, *, minutes: int, **more: Any) -> None:
    """The evaluator changes the first criterion of a card."""
    card = world.card(who)
    key = next(iter(month.entries(card, "evaluator")))
    assert card.evaluator is not None
    stages.save_evaluation(
        actor=card.evaluator.user, moment=MOMENT + timedelta(minutes=minutes), card=card,
        expected=card.version_number, entries={key: Entry(Decimal(points))}, **more,
    )  # fmt: skip


def changed_by_hand(world: World) -> World:
    """Lan's evaluation was raised by hand and lowered again; the stranger of the other agency has a self-assessment."""
    month.evaluated(world, world.lan)
    change(world, world.lan, "1", minutes=10)
    change(world, world.lan, "4", minutes=20, comments={"comment": "Xét lại"})
    month.self_saved(world, world.stranger)
    return world


def found(client: Client, **query: str) -> str:
    response = client.get(SEARCH, query)
    assert response.status_code == 200
    return pages.text(response)


def links(client: Client, address: str, **query: str) -> list[str]:
    """Entries on a page, as their addresses."""
    body = pages.body(client.get(address, query))
    return [part.split('"')[0] for part in body.split('href="')[1:] if part.startswith("/kiem-tra/so-cai/")]


def drawn(client: Client, world: World, number: int, seed: int) -> Any:
    """The page to which drawing leads."""
    return client.post(SAMPLE, {"ky": world.period.pk, "so": number, "hat": seed}, follow=True)


def taken_rows(response: Any) -> list[tuple[Any, ...]]:
    """The header and the rows of a workbook that was taken, below what it says of itself."""
    [sheet] = load_workbook(io.BytesIO(response.content)).worksheets
    return list(sheet.iter_rows(min_row=4, values_only=True))
