"""T16: a frozen version, a period's pin and a card's context change by no way at all, on either database."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from wagtail.models import Revision

from criteria_pages.models import CriteriaSetPage, CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.models import CalendarPin, CataloguePin, Scorecard, VersionPin
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import guards
from kpi_cms.foundation.audit.checks import guards_of_rows
from snippets.enums import PeriodState
from snippets.models import Period
from tests.factories.criteria_pages import edit, issued, parts_with
from tests.factories.snippets import CatalogueFactory
from tests.helpers import month
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

FROZEN = (CriteriaVersion, FrozenCriterion, VersionPin, CataloguePin, CalendarPin)


def everything() -> dict[str, list[Any]]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in FROZEN}


def refuses(change: Callable[[], Any]) -> None:
    before = everything(), list(Scorecard.objects.order_by("pk").values())
    with pytest.raises(DatabaseError), transaction.atomic():
        change()
    assert (everything(), list(Scorecard.objects.order_by("pk").values())) == before


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


# --- Raw ORM and SQL ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("model", FROZEN)
def test_no_statement_changes_or_takes_away_what_is_frozen(world: World, model: Any) -> None:
    if model is CalendarPin:
        with thawed():
            CalendarPin.objects.create(period=world.period, day=date(2026, 9, 2), kind="off")
    table, row = model._meta.db_table, model.objects.order_by("pk")[0]
    refuses(row.save)
    refuses(lambda: model.objects.filter(pk=row.pk)._raw_delete("default"))
    refuses(lambda: model.objects.bulk_update([row], [model._meta.concrete_fields[1].name]))
    refuses(lambda: sql(f"UPDATE {table} SET id = id WHERE id = {row.pk}"))
    refuses(lambda: sql(f"DELETE FROM {table} WHERE id = {row.pk}"))


def test_a_pin_is_neither_added_nor_exchanged_once_the_period_is_opened(world: World) -> None:
    refuses(lambda: VersionPin.objects.update(version=world.leaders))
    refuses(lambda: VersionPin.objects.all().delete())
    VersionPin.objects.filter(pk=0).delete()
    with thawed():
        VersionPin.objects.filter(version=world.staff).delete()
    refuses(lambda: VersionPin.objects.create(period=world.period, version=world.staff))
    refuses(lambda: CalendarPin.objects.create(period=world.period, day=date(2026, 9, 2), kind="off"))


def test_a_catalogue_is_added_to_an_open_period_and_none_is_taken_away_or_added_to_a_closed_one(
    world: World,
) -> None:
    later, last = (
        CatalogueFactory.create(approved=True, unit=world.agency, number=number) for number in (2, 3)
    )
    CataloguePin.objects.create(period=world.period, catalogue=later)
    refuses(lambda: CataloguePin.objects.filter(catalogue=later)._raw_delete("default"))
    refuses(lambda: CataloguePin.objects.filter(catalogue=later).update(catalogue=last))
    for state in (PeriodState.OPENING, PeriodState.CLOSED):
        with month.undone():
            Period.objects.update(state=state, closed_at=MOMENT if state == PeriodState.CLOSED else None)
            refuses(lambda: CataloguePin.objects.create(period=world.period, catalogue=last))


def test_before_a_period_opens_its_pins_are_chosen_anew(draft_world: World) -> None:
    VersionPin.objects.all().delete()
    VersionPin.objects.create(period=draft_world.period, version=draft_world.staff)
    assert VersionPin.objects.count() == 1


def test_no_period_goes_back_to_where_pins_are_chosen(world: World) -> None:
    for state in ("draft",):
        refuses(lambda state=state: Period.objects.update(state=state))
    refuses(lambda: sql(f"DELETE FROM snippets_period WHERE id = {world.period.pk}"))
    Period.objects.update(state="closed", closed_at=world.period.evaluation_due_at)
    refuses(lambda: Period.objects.update(state="draft"))


@pytest.mark.parametrize(
    "change",
    [{"version": "leaders"}, {"person": "minh"}, {"unit": "other_department"}, {"frame": "party"}],
)
def test_a_card_that_was_sent_stays_what_it_was_opened_for(world: World, change: dict[str, str]) -> None:
    month.submitted(world, world.lan)
    values = {name: getattr(world, value, value) for name, value in change.items()}
    refuses(lambda: Scorecard.objects.filter(person=world.lan).update(**values))
    refuses(lambda: Scorecard.objects.filter(person=world.lan)._raw_delete("default"))


# --- Pages --------------------------------------------------------------------------------------------------
@pytest.fixture
def pinned(world: World) -> tuple[CriteriaSetPage, CriteriaVersion]:
    page, version = issued()
    with thawed():
        VersionPin.objects.create(period=world.period, version=version)
    return page, version


def test_page_edits_autosaves_purged_revisions_and_a_deleted_page_leave_the_version(
    pinned: tuple[CriteriaSetPage, CriteriaVersion],
) -> None:
    page, _version = pinned
    before = everything()
    edit(page, parts=parts_with(I_1={"label": "Khác hẳn"}))  # a draft, as an editor saves it
    revision = page.get_latest_revision()
    # What autosave does: the latest draft is overwritten in place.
    page.title = "Tự lưu"
    page.save_revision(overwrite_revision=revision)
    page.save()
    call_command("purge_revisions", verbosity=0)
    Revision.objects.all().delete()
    CriteriaSetPage.objects.filter(pk=page.pk).update(title="Khác", live=False)
    assert everything() == before


def test_the_page_of_a_pinned_version_is_not_deleted(
    pinned: tuple[CriteriaSetPage, CriteriaVersion], client: Client, django_user_model: type[User]
) -> None:
    page, _version = pinned
    before = everything()
    client.force_login(django_user_model.objects.create_superuser(username="root", password="x"))
    client.post(f"/admin/pages/{page.pk}/delete/")
    assert CriteriaSetPage.objects.filter(pk=page.pk).exists()
    assert everything() == before


# --- History has no broom -----------------------------------------------------------------------------------
@pytest.mark.parametrize("command", ["clean_old_history", "clean_duplicate_history"])
def test_the_librarys_own_brooms_take_no_history_away(world: World, command: str) -> None:
    card = month.self_saved(world, world.lan)
    card.save()
    card.save()
    before = Scorecard.history.count()
    with pytest.raises(DatabaseError), transaction.atomic():
        call_command(
            command, "evaluation.Scorecard", **({"days": 0} if command == "clean_old_history" else {})
        )
    assert Scorecard.history.count() == before


# --- Presence -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_lost_guard_is_named_by_the_check_e010() -> None:
    assert guards_of_rows(["default"]) == []
    with thawed():
        errors = guards_of_rows(["default"])
        assert {error.id for error in errors} == {"audit.E010"}
        assert len(errors) == len(guards.guarded())
        assert guards_of_rows([]) == []
    assert guards_of_rows(["default"]) == []
