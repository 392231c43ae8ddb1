"""`export_criteria_set` and `import_criteria_set`, as an operator types them."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from criteria_pages.domain.publishing import latest_draft
from criteria_pages.domain.specification import specification_of
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.engine import digest
from tests.factories.criteria_pages import edit, issued, parts_with, version
from tests.factories.snippets import UserFactory
from tests.factories.specifications import everything
from tests.interfaces.exchange.imports.sheets import book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_process")]


def run(command: str, *arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def test_a_set_that_is_exported_and_imported_is_the_same_set(tmp_path: Path) -> None:
    page, frozen = issued()
    file = tmp_path / "bo.xlsx"

    assert run("export_criteria_set", "ND335-NV", file) == f"ND335-NV v1 {frozen.sha256}\n"
    edit(page, parts=parts_with(I_1={"label": "Khác"}))
    answer = json.loads(run("import_criteria_set", file, json=True))

    assert (answer["ok"], answer["applied"], answer["page"], answer["sha256"]) == (
        True,
        True,
        page.pk,
        frozen.sha256,
    )
    assert digest(specification_of(latest_draft(page))) == frozen.sha256
    assert CriteriaVersion.objects.count() == 1


def test_a_version_with_every_construct_is_brought_into_another_institution(tmp_path: Path) -> None:
    frozen = version(everything(), code="DU-CAC-LOAI")
    file = tmp_path / "bo.xlsx"
    run("export_criteria_set", "DU-CAC-LOAI", file)

    run("import_criteria_set", file)

    page = CriteriaSetPage.objects.get(code="DU-CAC-LOAI")
    assert page.live is False
    assert digest(specification_of(latest_draft(page))) == frozen.sha256


def test_an_older_version_is_exported_by_its_number(tmp_path: Path) -> None:
    first = version(number=1)
    version(everything(), number=2)

    assert first.sha256 in run("export_criteria_set", "ND335-NV", tmp_path / "bo.xlsx", number=1)
    with pytest.raises(CommandError, match="No such version of ND335-NV was issued"):
        run("export_criteria_set", "ND335-NV", tmp_path / "bo.xlsx", number=3)
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_criteria_set", "ND335-NV", tmp_path / "khong-co" / "bo.xlsx")


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    frozen = version(everything(), code="BO-1")
    file = tmp_path / "bo.xlsx"
    run("export_criteria_set", "BO-1", file)

    assert run("import_criteria_set", file, dry_run=True) == f"BO-1 {frozen.sha256}\n"
    assert CriteriaSetPage.objects.count() == 0


def test_every_mistake_is_told_with_its_cell_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "bo.xlsx"
    file.write_bytes(book(Criteria_set=[["What", "Value"], ["Frame", "Sai"]]))
    out = StringIO()

    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_criteria_set", file, json=True, stdout=out)

    (problem,) = json.loads(out.getvalue())["problems"]
    assert (problem["sheet"], problem["row"], problem["column"], problem["code"]) == (
        "Criteria set",
        2,
        "B",
        "choice",
    )
    assert CriteriaSetPage.objects.count() == 0


def test_a_file_that_is_no_workbook_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "bo.xlsx"
    file.write_bytes(b"%PDF-1.7")

    with pytest.raises(CommandError, match="This is not an Excel file"):
        run("import_criteria_set", file)


def test_somebody_who_writes_no_sets_imports_none(tmp_path: Path) -> None:
    version(everything(), code="BO-1")
    UserFactory(username="nguoi-ngoai")
    file = tmp_path / "bo.xlsx"
    run("export_criteria_set", "BO-1", file)

    with pytest.raises(CommandError, match="Only policy staff write criteria sets"):
        run("import_criteria_set", file, actor="nguoi-ngoai")

    assert CriteriaSetPage.objects.count() == 0
