"""`import_people` and `import_catalogue`: the same imports from the shell, with exit codes."""

import io
import json
import stat
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.interfaces.exchange.management.commands import import_people
from kpi_cms.interfaces.exchange.workbooks import reader
from snippets.domain.people import PeopleImportResult, PeoplePlan
from snippets.enums import Role
from snippets.models import Catalogue, Person, Product, Unit
from tests.factories.snippets import PositionFactory, UnitFactory, in_role
from tests.helpers.shared import shared_file
from tests.interfaces.exchange.test_doors import catalogue, line, people, product
from tests.interfaces.exchange.workbooks import hostile
from tests.interfaces.exchange.workbooks.inprocess import read_here

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _in_english(monkeypatch):
    monkeypatch.setattr(reader, "_read_in_child", read_here)
    with translation.override("en"):
        yield


@pytest.fixture
def unit() -> Unit:
    PositionFactory(code="CV", title="Chuyên viên")
    root = UnitFactory(code="XA", name="Xã Hải Châu", using=True)
    return UnitFactory(parent=root, code="XA-VP", name="Văn phòng")


@pytest.fixture
def file(tmp_path):
    """Write bytes into a file and return its path."""

    def written(content: bytes, name: str = "danh-sach.xlsx") -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return written


def run(name: str, *args: str, **options) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


def refused(name: str, *args: str, **options) -> tuple[str, str]:
    """What a refused run wrote, and its last sentence; its exit code is 1."""
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command(name, *args, stdout=out, **options)
    assert error.value.returncode == 1
    return out.getvalue(), str(error.value)


def test_people_are_looked_at_then_imported_by_the_system_account(unit: Unit, file) -> None:
    path = file(people(line("CC001"), line("CC002", "Trần Văn Nam", account="có")))
    assert run("import_people", path, "--dry-run") == "Created: 2\nChanged: 0\nUnchanged: 0\nAccounts: 1\n"
    assert Person.objects.count() == 0
    *counts, password = run("import_people", path).splitlines()
    assert counts == ["Created: 2", "Changed: 0", "Unchanged: 0", "Accounts: 1"]
    code, secret = password.split("\t")
    assert code == "CC002"
    assert User.objects.get(username="CC002").check_password(secret)
    assert LedgerEntry.objects.get(act="import.applied").actor_code == "he-thong"
    assert run("import_people", path).splitlines()[:3] == ["Created: 0", "Changed: 0", "Unchanged: 2"]


@pytest.mark.parametrize(
    ("place", "sentence"), [("missing/x.xlsx", "cannot be made"), ("there.xlsx", "exists already")]
)
def test_no_account_is_made_where_its_password_could_not_be_handed_over(
    unit: Unit, file, tmp_path, place: str, sentence: str
) -> None:
    (tmp_path / "there.xlsx").write_bytes(b"of somebody else")
    _out, said = refused(
        "import_people", file(people(line(account="có"))), "--passwords", str(tmp_path / place)
    )
    assert sentence in said
    assert (Person.objects.count(), User.objects.filter(username="CC001").count()) == (0, 0)
    assert (tmp_path / "there.xlsx").read_bytes() == b"of somebody else"


@pytest.mark.parametrize("error", [Invalid("The file has errors."), RuntimeError("lost")])
def test_a_run_that_applies_nothing_leaves_no_file_behind(
    unit: Unit, file, tmp_path, monkeypatch, error: Exception
) -> None:
    def fails(**_values: object) -> None:
        raise error

    monkeypatch.setattr(import_people, "apply_people_import", fails)
    target = tmp_path / "mat-khau.xlsx"
    with pytest.raises(CommandError if isinstance(error, Invalid) else RuntimeError, match=str(error)):
        run("import_people", file(people(line(account="có"))), "--passwords", str(target))
    assert not target.exists()


def test_passwords_that_cannot_be_written_in_the_end_are_printed(
    unit: Unit, file, tmp_path, monkeypatch
) -> None:
    def fails(passwords: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(import_people, "passwords_workbook", fails)
    err = io.StringIO()
    path = file(people(line("CC002", account="có")))
    out = run("import_people", path, "--passwords", str(tmp_path / "mat-khau.xlsx"), stderr=err)
    code, secret = out.splitlines()[-1].split("\t")
    assert (code, User.objects.get(username="CC002").check_password(secret)) == ("CC002", True)
    assert "They are printed instead." in err.getvalue()


def test_a_file_for_accounts_that_somebody_else_made_meanwhile_goes_again(
    unit: Unit, file, tmp_path, monkeypatch
) -> None:
    def made_before(**_values: object) -> PeopleImportResult:
        return PeopleImportResult(PeoplePlan(), {})

    monkeypatch.setattr(import_people, "apply_people_import", made_before)
    target = tmp_path / "mat-khau.xlsx"
    run("import_people", file(people(line(account="có"))), "--passwords", str(target))
    assert not target.exists()


def test_no_file_is_made_where_no_account_is_wanted(unit: Unit, file, tmp_path) -> None:
    run("import_people", file(people(line())), "--passwords", str(tmp_path / "mat-khau.xlsx"))
    assert not (tmp_path / "mat-khau.xlsx").exists()


def test_first_passwords_go_into_a_workbook_of_their_owner_alone(unit: Unit, file, tmp_path) -> None:
    target = tmp_path / "mat-khau.xlsx"
    answer = json.loads(
        run("import_people", file(people(line(account="có"))), "--json", "--passwords", str(target))
    )
    assert "passwords" not in answer
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    password = list(openpyxl.load_workbook(target).worksheets[0].values)[-1][-1]
    assert User.objects.get(username="CC001").check_password(password)


def test_an_actor_imports_what_they_may(unit: Unit, file) -> None:
    clerk = in_role(unit, Role.CLERK)
    UnitFactory(code="NGOAI", name="Ngoài")
    path = file(people(line("CC001"), line("CC002", "Trần Văn Nam", unit="NGOAI")))
    written, sentence = refused("import_people", path, "--actor", clerk.username)
    assert "Sheet “Nhân sự”, row 3, column D (Unit code, “NGOAI”): There is no unit with the code" in written
    assert sentence == "The file has problems. Nothing was written."
    assert Person.objects.count() == 0
    assert (
        refused("import_people", path, "--actor", "nobody")[1] == "There is no active account named “nobody”."
    )


def test_problems_and_counts_are_read_by_a_program(unit: Unit, file) -> None:
    path = file(people(line("CC001"), line("CC002", "Trần Văn Nam", kind="nhà thơ")))
    written, _sentence = refused("import_people", path, "--json")
    answer = json.loads(written)
    assert (answer["ok"], answer["applied"]) == (False, False)
    assert answer["counts"] == {"created": 1, "changed": 0, "unchanged": 0, "accounts": 0}
    problem = answer["problems"][0]
    assert (problem["sheet"], problem["row"], problem["column"], problem["value"]) == (
        "Nhân sự",
        3,
        "C",
        "nhà thơ",
    )
    applied = json.loads(run("import_people", file(people(line("CC001", account="có"))), "--json"))
    assert (applied["ok"], applied["applied"], applied["problems"]) == (True, True, [])
    assert list(applied["passwords"]) == ["CC001"]


@pytest.mark.parametrize("command", [["import_people"], ["import_catalogue", "--unit", "XA"]])
def test_what_cannot_be_read_ends_in_one_sentence(unit: Unit, file, tmp_path, monkeypatch, command) -> None:
    for content, code, begins in (
        (b"", "empty_file", "The file is empty."),
        (hostile.bomb(), "unpacks_too_large", "The file becomes too large"),
        (hostile.ole("EncryptedPackage"), "password", "The file is protected"),
    ):
        name, *more = command
        written, sentence = refused(name, file(content), *more, "--json")
        assert sentence.startswith(begins)
        assert json.loads(written)["refused"] == code
        assert refused(name, file(content), *more)[1] == sentence
    name, *more = command
    assert refused(name, str(tmp_path / "none.xlsx"), *more)[1].startswith("There is no file ")
    large = tmp_path / "large.xlsx"
    with large.open("wb") as stream:
        stream.truncate(21 * 1024**2)
    assert refused(name, str(large), *more)[1].startswith("The file is larger than 20 MB.")
    assert (Person.objects.count(), Catalogue.objects.count()) == (0, 0)


def test_a_catalogue_is_looked_at_then_imported(unit: Unit, file) -> None:
    path = file(catalogue(product(), product("DC.02", points=11)))
    looked = run("import_catalogue", path, "--unit", "XA", "--dry-run").splitlines()
    assert looked == [
        "Products: 2",
        "  Leadership and management: 0",
        "  Shared by all units: 2",
        "  Of one unit: 0",
    ]
    assert Catalogue.objects.count() == 0
    done = run("import_catalogue", path, "--unit", "XA", "--title", "Danh mục 2026").splitlines()
    assert done[-1] == "Imported as version 1, a draft."
    assert Catalogue.objects.get().title == "Danh mục 2026"
    assert Product.objects.count() == 2


def test_a_catalogue_with_problems_or_without_products_or_a_unit_is_not_imported(unit: Unit, file) -> None:
    written, _sentence = refused("import_catalogue", file(catalogue(product(points=60))), "--unit", "XA")
    assert "(Points, “60”): 60 points are outside the frame 11-50." in written
    assert "holds no product" in refused("import_catalogue", file(catalogue()), "--unit", "XA")[1]
    assert refused("import_catalogue", file(catalogue(product())), "--unit", "KHONG")[1] == (
        "There is no unit with the code “KHONG”."
    )
    elsewhere = in_role(UnitFactory(code="NGOAI"), Role.CLERK)
    assert (
        refused(
            "import_catalogue", file(catalogue(product())), "--unit", "XA", "--actor", elsewhere.username
        )[1]
        == "There is nothing here that you can see."
    )
    assert Catalogue.objects.count() == 0


@pytest.mark.shared_data
def test_the_real_workbook_says_its_counts_and_its_notices(unit: Unit) -> None:
    path = str(shared_file("danh-muc-nghia-lam.xlsx"))
    answer = json.loads(run("import_catalogue", path, "--unit", "XA", "--json"))
    assert answer["counts"] == {"products": 371, "leadership": 18, "shared": 62, "unit": 291}
    assert (answer["ok"], answer["applied"], answer["version"]) == (True, True, 1)
    assert answer["notices"][0]["code"] == "sheet_ignored"
    assert sum(each["products"] for each in answer["unmatched"]) > 0
    text = run("import_catalogue", path, "--unit", "XA", "--dry-run")
    assert "is no unit:" in text


def test_the_shell_sees_the_exit_code(tmp_path) -> None:
    """Through `manage.py`: a call without what it needs is misuse (2), before any database is asked."""
    (tmp_path / "a.xlsx").write_bytes(b"")
    for args, code in ((["import_people"], 2), (["import_catalogue", str(tmp_path / "a.xlsx")], 2)):
        done = subprocess.run(
            [sys.executable, "manage.py", *args], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == code, done.stderr.decode()
