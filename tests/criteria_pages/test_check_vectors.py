"""`manage.py check_vectors`: files of vectors through the issued sets."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from criteria_pages.demonstration import load_sets
from kpi_cms.foundation.accounts.domain import system_user
from tests.factories.criteria_pages import MOMENT
from tests.helpers.shared import shared_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(db: Any) -> None:
    load_sets(actor=system_user(), moment=MOMENT)


def run(path: Path) -> list[str]:
    out = StringIO()
    call_command("check_vectors", str(path), stdout=out)
    return out.getvalue().splitlines()


def write(folder: Path, *scorecards: dict[str, Any], **more: Any) -> Path:
    path = folder / "vectors.json"
    path.write_text(json.dumps({"scorecards": list(scorecards), **more}), encoding="utf-8")
    return path


def card(name: str, total: str, **more: Any) -> dict[str, Any]:
    """Half of two pieces done, 30 common points: 65.00 unless something says otherwise."""
    task = {"coefficient": "1", "assigned": "2", "completed": "1"}
    return {"id": name, "leader": False, "common": "30", "tasks": [task], "expect": {"total": total}, **more}


@pytest.mark.shared_data
def test_every_acceptance_vector_agrees_with_the_issued_sets(loaded: None) -> None:
    path = shared_file("vectors.json")
    content = json.loads(path.read_text(encoding="utf-8"))

    lines = run(path)

    assert lines == [
        f"{entry['id']} ok" for name in ("scorecards", "periods", "quotas") for entry in content[name]
    ]


def test_a_difference_is_printed_and_the_command_fails(loaded: None, tmp_path: Path) -> None:
    path = write(tmp_path, card("DUNG", "65.00"), card("SAI", "66.00"))
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 2 vectors differ") as error:
        call_command("check_vectors", str(path), stdout=out)

    assert error.value.returncode == 1
    assert out.getvalue().splitlines() == ["DUNG ok", "SAI total: expected 66.00, found 65.00"]


def test_a_vector_s_settings_go_before_the_file_s_and_both_before_the_set_s(
    loaded: None, tmp_path: Path
) -> None:
    tasks = [
        {"coefficient": "1", "assigned": "1", "completed": "1"},
        {"coefficient": "1", "assigned": "0", "completed": "1", "extra": True},
    ]
    own = card("CUA-BO", "100.00", common="10", tasks=tasks, settings={"ratio_cap": "1"}) | {
        "expect": {"total": "80.00", "a": "1"}
    }
    of_file = card("CUA-TEP", "80.00", common="10", tasks=tasks, expect={"total": "80.00", "a": "1.5"})
    of_vector = card(
        "CUA-MAU", "80.00", common="10", tasks=tasks, settings={"ratio_cap": None}, expect={"a": "2"}
    )

    lines = run(write(tmp_path, own, of_file, of_vector, settings={"ratio_cap": "1.5"}))

    assert lines == ["CUA-BO ok", "CUA-TEP ok", "CUA-MAU ok"]


def test_the_common_points_enter_as_the_section_s_total_past_the_step_check(
    loaded: None, tmp_path: Path
) -> None:
    assert run(write(tmp_path, card("LE", "62.13", common="27.13"))) == ["LE ok"]


def test_a_vector_may_name_any_set(loaded: None, tmp_path: Path) -> None:
    path = write(tmp_path, card("DANG", "65.00", set="DANG-17"))

    assert run(path) == ["DANG ok"]


def test_a_set_that_was_not_issued_is_a_difference(db: Any, tmp_path: Path) -> None:
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("check_vectors", str(write(tmp_path, card("X", "65.00"))), stdout=out)

    assert out.getvalue() == "X no version of ND335-NV was issued: load the demonstration or issue the set\n"


@pytest.mark.parametrize(
    ("content", "sentence"), [("{", "cannot be read as JSON"), ("[]", "one JSON object")]
)
def test_a_file_that_holds_no_vectors_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "vectors.json"
    path.write_text(content)

    with pytest.raises(CommandError, match=sentence):
        run(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.json")
