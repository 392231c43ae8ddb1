"""One set that is like no other, all the way: the editor's form, a card of a month, a workbook, the next draft.

Kinds given by hand and item by item, a task ratio, formulas for a section and for the total, a bonus, a gate on a fact,
three raters of whom the collective does not see the first. Every total is worked out by hand.
"""

from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from criteria_pages.domain.comparison import differences
from criteria_pages.domain.examples import frozen_examples
from criteria_pages.domain.publishing import check, latest_draft, specification_of
from criteria_pages.domain.trial import written
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.collective import save_collective, send_collective
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.evaluation.rescored import Result
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.foundation.engine import compile_set, digest
from kpi_cms.interfaces.exchange.sets.reading import read_set
from snippets.enums import Capability, Role
from snippets.models import Person
from tests.evaluation.test_collective import named
from tests.evaluation.test_rescoring import run
from tests.factories.authored import bands, block_of_rule, fields, of_kind, part, section
from tests.factories.criteria_pages import edit
from tests.factories.snippets import holder, in_role
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.authoring import write_and_issue
from tests.helpers.screens import seen_by
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World
from tests.interfaces.exchange.workbooks.inprocess import read_here

pytestmark = pytest.mark.django_db

CODE = "TOAN-TRINH"
RATERS = (
    ("self", "Cá nhân", "25"),
    ("collective", "Nhóm được giao", "25"),
    ("evaluator", "Thủ trưởng", "50"),
)


def values() -> dict[str, Any]:
    conduct = section(
        "A", "30", of_kind("number", "A1"), of_kind("deduction", "A2"), of_kind("checklist", "A3")
    )
    work = section(
        "B", "70",
        of_kind("task_ratio", "b", maximum=None),
        of_kind("levels", "B1"),
        of_kind("indicator", "B2", maximum=None),
        combination="formula", expression="MIN(b * 50 + B1 + B2 * 10; 70)",
    )  # fmt: skip
    bonus = section("T", "10", of_kind("bonus", "T1"), combination="capped_sum", cap="5")
    stage_blocks = [
        block_of_rule(
            "stage",
            {
                "name": name, "label": label, "decides": name == "evaluator", "optional": False,
                "blind_to": ["self"] if name == "collective" else [],
            },
            name,
        )
        for name, label, _weight in RATERS
    ]  # fmt: skip
    return fields(
        CODE,
        [part("common", "30", conduct), part("results", "70", work), part("bonus", "10", bonus)],
        total_kind="formula",
        total_expression="MIN(common + results + bonus; 100)",
        total_max=Decimal(100),
        rounding_mode="down",
        places=1,
        stages=stage_blocks,
        raters=[
            block_of_rule("rater", {"label": label, "stage": name, "weight": weight}, name)
            for name, label, weight in RATERS
        ],
        facts=[block_of_rule("fact", {"code": "vuot", "label": "Tỷ lệ vượt yêu cầu", "answer": "share"})],
        gates=[
            block_of_rule(
                "gate",
                {
                    "label": "Vượt yêu cầu", "condition": "vuot < 50%", "effect": "limit", "band": "kha",
                    "reason": "Chưa đủ 50%.", "citation": "", "periods": [],
                },
            )
        ],
        bands=bands(("tot", "80"), ("kha", "50"), ("yeu", "0")),
        staff_kinds=["cong_chuc"],
        examples=[
            block_of_rule(
                "example",
                {
                    "name": "Ba người chấm", "note": "", "values": written(filled_in()), "tasks": [DONE], "work": [],
                    "total": "95.1", "band": "kha",
                },
            )
        ],
        leadership="others",
    )  # fmt: skip


GIVEN: dict[str, dict[str, Any]] = {
    # A 10 + 10 + (6 + 4) = 30; B 50 + 10 + 12/12 × 10 = 70; T 5: 105, held at 100
    "self": {
        "A1": "10", "A2": {"1": 0}, "A3": {"1": 1, "2": 1}, "B1": "10", "B2": {"actual": 12}, "T1": {"2": 1},
    },
    # A 7 + (10 − 2 × 0.5) + 6 = 22; B 50 + 7 + 12/16 × 10 = 64.5; T 0: 86.5
    "collective": {"A1": "7", "A2": {"1": 2}, "A3": {"1": 1, "2": 0}, "B1": "7", "B2": {"actual": 16}},
    # A 8.5 + 9.5 + 10 = 28; B 50 + 9 + 12/15 × 10 = 67; T 2: 97
    "evaluator": {
        "A1": "8.5", "A2": {"1": 1}, "A3": {"1": 1, "2": 1}, "B1": "9", "B2": {"actual": 15}, "T1": {"1": 1},
    },
}  # fmt: skip
# 25% × 100 + 25% × 86.5 + 50% × 97 = 95.125, 95.1 rounded down; 40% above what was asked: not the highest band
TOTAL, SHOWN, BAND = Fraction("95.125"), "95.1", "kha"


DONE = {
    "label": "Văn bản", "coefficient": "2", "assigned": "4", "completed": "4", "accepted": "4", "handed_over": None,
    "extra": False, "faults": "", "delays": "",
}  # fmt: skip


def filled_in() -> dict[str, str]:
    """The same card by hand, as an author writes an example: the total is checked when the set is issued."""
    lines = {"vuot": "40"}
    for stage, label, _weight in RATERS:
        by = "" if stage == "evaluator" else f"{label} | "
        for code, given in GIVEN[stage].items():
            items = given.items() if isinstance(given, dict) else [("", given)]
            lines |= {f"{by}{code}: {item}" if item else f"{by}{code}": str(number) for item, number in items}
    return lines


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("kpi_cms.interfaces.exchange.workbooks.reader._read_in_child", read_here)
    settings.EXPORT_FILES_ROOT = tmp_path


def entries(version: CriteriaVersion, stage: str) -> dict[str, Entry]:
    keys = {criterion.code: criterion.key for criterion in version.compiled().criteria}
    return {
        keys[code]: Entry(
            {name: Decimal(number) for name, number in given.items()}
            if isinstance(given, dict)
            else Decimal(given)
        )
        for code, given in GIVEN[stage].items()
    }


def step(verb: Any, who: Person, card: Scorecard, **more: Any) -> Scorecard:
    number = Scorecard.objects.get(pk=card.pk).version_number
    done = verb(actor=who.user, moment=MOMENT, card=card, expected=number, **seen_by(verb, card), **more)
    return done.card if isinstance(done, stages.Saved) else done


@pytest.fixture
def version(drafted: World, client: Client) -> CriteriaVersion:
    author = in_role(drafted.root, Role.POLICY, username="author")
    approver = in_role(drafted.root, Role.POLICY, username="approver")
    return write_and_issue(client, author, approver, values())


@pytest.fixture
def card(drafted: World, version: CriteriaVersion) -> Scorecard:
    """Lan's: done as asked, scored by three, the fact recorded, confirmed."""
    world = drafted
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    named(world, holder(world.agency, Capability.MANAGE_PEOPLE), world.minh)
    card = step(stages.save_self, world.lan, world.card(world.lan), entries=entries(version, "self"))
    card = step(stages.submit_self, world.lan, card)
    card = step(save_collective, world.minh, card, entries=entries(version, "collective"))
    card = step(send_collective, world.minh, card)
    card = step(stages.save_evaluation, world.head, card, entries=entries(version, "evaluator"))
    (fact,) = version.compiled().specification.facts
    with pytest.raises(Invalid) as raised:
        step(stages.confirm, world.head, card)
    assert list(raised.value.problems) == [fact.key]
    above = {fact.key: Entry(Decimal(40), "Báo cáo 7")}
    return step(stages.confirm, world.head, step(stages.save_evaluation, world.head, card, entries=above))


def test_its_card_has_the_total_and_band_worked_out_by_hand(
    card: Scorecard, version: CriteriaVersion
) -> None:
    found = CardResult.objects.get(card=card, stage="evaluator", seat="")
    assert (card.state, Fraction(int(found.numerator), int(found.denominator))) == ("confirmed", TOTAL)
    assert (found.shown, found.band_by_points, found.band) == (SHOWN, "tot", BAND)
    totals = {rater.stage: Fraction(found.values[rater.key]) for rater in version.compiled().raters}
    assert totals == {"self": 100, "collective": Fraction("86.5"), "evaluator": 97}
    report = recompute_period(actor=system_user(), moment=MOMENT, period=card.period, write=False)
    assert (report.differing, report.computed) == ([], Scorecard.objects.count())


def test_it_leaves_as_a_workbook_and_comes_back_the_same(version: CriteriaVersion, client: Client) -> None:
    taken = client.get(f"/admin/nhap/bo-tieu-chi/{CODE}/{version.number}/").content
    read = read_set(taken)
    assert (read.problems, read.sha256) == ((), version.sha256)
    page = CriteriaSetPage.objects.get(code=CODE)
    edit(page, parts=[], raters=[], examples=[])
    client.post("/admin/nhap/bo-tieu-chi/", {"file": SimpleUploadedFile("bo.xlsx", taken)})
    draft = latest_draft(page)
    assert digest(specification_of(draft)) == version.sha256
    assert (frozen_examples(draft), check(draft)) == (version.examples, [])
    assert "Nhóm được giao | A1 = 7" in version.examples[0]["values"]


def test_an_example_of_another_total_keeps_it_a_draft(version: CriteriaVersion) -> None:
    """97 is the competent person's own total: with all three it is 95.1."""
    page = CriteriaSetPage.objects.get(code=CODE)
    examples = deepcopy([dict(child) for child in page.examples.raw_data])
    examples[0]["value"] |= {"total": "97", "band": "tot"}
    with translation.override("en"):
        (problem,) = check(edit(page, examples=examples))
    assert str(problem.sentence).startswith(
        "The example “Ba người chấm” expects 97 points, “Mức tot”; the set computes 95.1, “Mức kha”."
    )


def test_the_next_draft_is_compared_and_its_effect_on_the_card_is_known(
    card: Scorecard,
    version: CriteriaVersion,
    drafted: World,
    client: Client,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """The person's weight goes to the collective, and the gate with its fact falls away: 86.5 and 97 by halves."""
    page = CriteriaSetPage.objects.get(code=CODE)
    changed = deepcopy([dict(child) for child in page.raters.raw_data])
    changed[1]["value"]["weight"] = "50"
    draft = edit(page, raters=changed[1:], gates=[], facts=[])
    spec = specification_of(draft)
    assert sorted((str(change.level), str(change.kind)) for change in differences(version.specification, spec)) == [
        ("fact", "removed"), ("gate", "removed"), ("rater", "points"), ("rater", "removed"),
    ]  # fmt: skip
    made = run(drafted, spec, CODE)[drafted.lan.pk]
    assert made.before is not None
    assert isinstance(made.after, Result)
    assert (made.before.total, made.after.total) == (TOTAL, Fraction("91.75"))
    assert (made.before.band, made.after.band) == (BAND, "tot")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("impact:show", args=[page.pk]), {"past": f"{drafted.period.pk}/{CODE}"})
    done = Job.objects.get(name="impact")
    assert (done.state, done.total) == (JobState.DONE, 1)
    assert compile_set(spec).digest == done.arguments["sha256"]
