"""Sets of very different structure, written in the editor, issued by a second person, scored to the digit.

No code knows these sets: two are the decree's, written anew block by block through the editor, and must agree with
every acceptance vector; another has parts, kinds, combinations and rounding that the decree does not have, with totals
worked out by hand.
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV
from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import CardInputs, TaskInput
from snippets.enums import Role
from snippets.models import Unit
from tests.factories.authored import bands, fields, of_kind, part, section
from tests.factories.snippets import UnitFactory, in_role
from tests.helpers.authoring import write_and_issue
from tests.helpers.shared import shared_file

pytestmark = pytest.mark.django_db
Issue = Callable[[dict[str, Any]], CriteriaVersion]


@pytest.fixture
def issue(client: Client, db: Any) -> Issue:
    """One person fills in the editor's form and checks it, another opens “Issue”, sees the digest and confirms."""
    province: Unit = UnitFactory(code="TINH")
    author: User = in_role(province, Role.POLICY, username="author")
    approver: User = in_role(province, Role.POLICY, username="approver")

    return lambda values: write_and_issue(client, author, approver, values)


def run_vectors(path: Path) -> list[str]:
    out = StringIO()
    call_command("check_vectors", str(path), stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.shared_data
def test_the_decrees_sets_written_anew_agree_with_every_vector(issue: Issue) -> None:
    for entry in (ND335_NV, ND335_LD):
        issue({"code": entry.code, "title": entry.title, **entry.fields})
    path = shared_file("vectors.json")
    content = json.loads(path.read_text(encoding="utf-8"))

    assert run_vectors(path) == [
        f"{vector['id']} ok" for name in ("scorecards", "periods", "quotas") for vector in content[name]
    ]


def test_a_party_form_of_items_met_or_not_agrees_with_its_vectors(issue: Issue, tmp_path: Path) -> None:
    issue({"code": DANG_17.code, "title": DANG_17.title, **DANG_17.fields})
    task = {"coefficient": "1", "assigned": "8", "completed": "7"}
    vectors = [
        {"id": "P1", "set": "DANG-17", "common": "30", "tasks": [task], "expect": {"total": "91.25"}},
        {"id": "P2", "set": "DANG-17", "common": "28", "tasks": [task], "expect": {"total": "89.25"}},
    ]
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"scorecards": vectors}), encoding="utf-8")

    assert run_vectors(path) == ["P1 ok", "P2 ok"]


def of_its_own() -> dict[str, Any]:
    """Conduct by deduction and checklist, work by weights, indicator and formula, a bonus on top, rounded down."""
    conduct = section(
        "A", "20",
        of_kind("deduction", "A1"),
        of_kind("checklist", "A2"),
    )  # fmt: skip
    work = section(
        "B", "60",
        of_kind("levels", "B1", weight="50"),
        of_kind("choice", "B2", weight="25"),
        of_kind("indicator", "B3", weight="25", maximum=None),
        combination="weighted_mean",
    )  # fmt: skip
    progress = section(
        "C", "20",
        of_kind("roll_up", "C1", maximum=None),
        of_kind("formula", "C2", expression="(A1 + A2) / 20 * 10", inputs=[]),
        combination="formula", expression="MIN(C1 * 10 + C2; 20)",
    )  # fmt: skip
    bonus = section("T", "10", of_kind("bonus", "T1", maximum="8"), combination="capped_sum", cap="5")
    parts = [
        part("common", "20", conduct),
        part("results", "80", work, progress),
        part("bonus", "10", bonus),
    ]
    return fields(
        "RIENG",
        parts,
        total_kind="formula",
        total_expression="MIN(common + results + bonus; 100)",
        total_max=Decimal(100),
        rounding_mode="down",
        places=1,
        bands=bands(("tot", "80"), ("kha", "50"), ("yeu", "0")),
        effective_on=date(2026, 7, 1),
    )


TASKS = [TaskInput(Decimal(1), Decimal(4), Decimal(3))]

BY_HAND = [
    # A: 10 - 2×0.5 = 9, met 6 → 15. B: (9/10×50 + 4/10×25 + 12/16×25)% of 60 = 44.25. C: 0.75×10 + 15/20×10 = 15
    # T: 3 × 2 = 6 → 5 by the cap. 15 + 44.25 + 15 + 5 = 79.25 → 79.2 rounded down, of the second band
    ({"A1": {"1": 2}, "A2": {"1": 1, "2": 0}, "B3": {"actual": 16}, "T1": {"1": 3}}, {"B1": "9", "B2": "4"},
     "79.25", "79.2", "kha"),
    # everything: A 20, B 60, C 7.5 + 10 = 17.5, T 5 → 102.5, held at 100
    ({"A1": {"1": 0}, "A2": {"1": 1, "2": 1}, "B3": {"actual": 12}, "T1": {"2": 1}}, {"B1": "10", "B2": "10"},
     "100", "100.0", "tot"),
    # nothing: A1 falls to its floor of 2; B: (0 + 4/10×25 + 12/120×25)% of 60 = 7.5; C: 0.75×10 + 2/20×10 = 8.5
    ({"A1": {"2": 9}, "A2": {"1": 0, "2": 0}, "B3": {"actual": 120}}, {"B1": "0", "B2": "4"}, "18", "18.0", "yeu"),
]  # fmt: skip


def test_a_set_like_no_other_gives_the_totals_worked_out_by_hand(issue: Issue) -> None:
    version = issue(of_its_own())
    compiled = version.compiled()
    keys = {criterion.code: criterion.key for criterion in compiled.criteria}

    for counted, chosen, total, shown, band in BY_HAND:
        outcome = compiled.score(
            CardInputs(
                entered={keys[code]: Decimal(value) for code, value in chosen.items()},
                details={keys[code]: numbers for code, numbers in counted.items()},
                tasks=TASKS,
            )
        )
        assert (outcome.total, outcome.shown, outcome.band) == (Decimal(total), shown, band)
    assert version.specification["schema_version"] == 2
    assert {item["kind"]["type"] for entry in version.specification["sections"] for item in entry["criteria"]} == {
        "deduction", "checklist", "levels", "choice", "indicator", "roll_up", "formula", "bonus",
    }  # fmt: skip
