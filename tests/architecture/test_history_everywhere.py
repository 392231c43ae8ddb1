"""Every domain function and every command of ours is run by a watched test, and the watch bites."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import get_commands

from kpi_cms.foundation.core.actor import as_actor
from snippets.models import Unit
from tests.architecture.test_rule_tables import business_verbs
from tests.factories.snippets import UnitFactory, UserFactory

ROOT = Path(__file__).resolve().parents[2]
MOMENT = datetime(2026, 7, 15, 3, 0, tzinfo=UTC)
OURS = ("kpi_cms.", "snippets", "criteria_pages")

# verb → the page, command or function through which tests run it.
THROUGH = {
    "kpi_cms.evaluation.domain.evidence.attach_to_task": "attach_to_task",
    "kpi_cms.evaluation.domain.opening._finish": "make_cards",
    "kpi_cms.interfaces.exchange.domain.apply_catalogue_upload": "import_catalogue",
    "kpi_cms.interfaces.exchange.domain.take_passwords": "exchange:people_passwords",
    "kpi_cms.interfaces.impact.domain.export_impact": "impact:export",
    "kpi_cms.interfaces.impact.domain.start_impact": "impact:show",
    "kpi_cms.interfaces.reporting.evidence.take_card_bundle": "reporting:card_bundle",
    "kpi_cms.interfaces.reporting.unit_evidence.take_unit_bundle": "reporting:unit_bundle",
    "kpi_cms.interfaces.reporting.printing.print_form01": "reporting:form01",
    "kpi_cms.interfaces.workspace.exporting.export_accesses": "workspace:export_accesses",
    "kpi_cms.interfaces.workspace.exporting.export_fit": "workspace:export_fit",
    "kpi_cms.interfaces.workspace.exporting.export_opening_list": "workspace:period_names_export",
    "kpi_cms.interfaces.workspace.exporting.export_review": "workspace:export_review",
    "kpi_cms.interfaces.workspace.exporting.export_sample": "workspace:export_sample",
    "kpi_cms.interfaces.workspace.exporting.export_search": "workspace:export_inspection",
    "kpi_cms.interfaces.workspace.verifying.start_verification": "workspace:ledger_everything",
    "snippets.domain.projection.check_all": "check_grants",
    "snippets.domain.view_as.end": "view_as_end",
    "snippets.domain.view_as.record_page": "begin",
}


def sources_of_the_suite():
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        yield ast.parse(path.read_text())
    for path in sorted((ROOT / "tests" / "helpers").glob("*.py")):
        yield ast.parse(path.read_text())


def calls():
    """Names that tests call, and the texts they give to whatever they call first."""
    names, texts = set(), set()
    for tree in sources_of_the_suite():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                names.add(
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if node.args and isinstance(node.args[0], ast.Constant):
                    texts.add(node.args[0].value)
    return names, texts


def test_every_domain_function_is_called_by_a_watched_test():
    names, texts = calls()
    uncalled = {verb for verb in business_verbs() if verb.rpartition(".")[2] not in names}
    assert uncalled == set(THROUGH), "Write a test that calls it: the watch compares its history."
    assert set(THROUGH.values()) - names - texts == set()


def test_every_command_of_ours_is_run_by_a_watched_test():
    _names, texts = calls()
    ours = {name for name, app in get_commands().items() if str(app).startswith(OURS)}
    assert ours - texts == set()


# --- The watch bites ----------------------------------------------------------------------------------------
def silently(way, unit, top):
    if way == "update":
        Unit.objects.filter(pk=unit.pk).update(name="Lặng lẽ")
    elif way == "bulk_update":
        unit.name = "Lặng lẽ"
        Unit.objects.bulk_update([unit], ["name"])
    elif way == "bulk_create":
        Unit.objects.bulk_create([Unit(path="zzzz", depth=1, code="LANG", name="x", opened_on="2026-01-01")])
    elif way == "delete":
        Unit.objects.filter(pk=unit.pk)._raw_delete("default")
    else:
        unit.move(top, pos="last-child")


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["update", "bulk_update", "bulk_create", "delete", "move"])
def test_a_silent_write_is_found(way):
    top, unit, actor = UnitFactory(grouping=True), UnitFactory(), UserFactory()
    with pytest.raises(AssertionError, match="history"), as_actor(actor, MOMENT):
        silently(way, unit, top)


@pytest.mark.django_db
def test_another_hand_in_history_is_found():
    unit, actor = UnitFactory(), UserFactory()
    unit._history_user, unit.name = UserFactory(), "Ai đó"
    with pytest.raises(AssertionError, match="says"), as_actor(actor, MOMENT):
        unit.save()


@pytest.mark.django_db
def test_what_stands_in_no_history_may_change_without_it():
    unit = UnitFactory()
    with as_actor(UserFactory(), MOMENT):
        Unit.objects.filter(pk=unit.pk).update(search_text="tim")
    unit.refresh_from_db()
    assert unit.search_text == "tim"
