"""The acceptance vectors, lived through: tasks, errors, causes and scores as rows, by the verbs, to a stored result.

`test_engine_vectors` asks the engine alone; here every number of a vector has passed the domain and the database. A
vector's "common" is spread over the criteria of its section. Its extras say they are assigned 0; as rows they are given
as sudden work of the quantity completed, which stays outside the assigned total.
"""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product as combinations
from typing import Any

import pytest

from kpi_cms.evaluation.domain import deductions, moving, stages, tasks
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.engine.specification import OPEN_SETTINGS
from snippets.enums import ProductScope
from snippets.models import Person, Product
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.shared import SHARED
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

VECTORS = SHARED / "vectors.json"
FILE = (
    json.loads(VECTORS.read_text(encoding="utf-8"))
    if VECTORS.exists()
    else {"scorecards": [], "settings": {}}
)
DUE = date(2026, 7, 20)


def month_of(leader: bool, settings: dict[str, Any]) -> World:
    """An open month whose set has the vector's open settings."""
    world = worlds.build()
    opened = {name: value for name, value in settings.items() if name in OPEN_SETTINGS}
    spec = worlds.leader_spec() if leader else worlds.staff_spec()
    spec["settings"] = spec["settings"] | opened
    version = worlds.version(spec, "VECTOR")
    repin(world.period, world.leaders if leader else world.staff, version)
    worlds.open_month(world)
    return world


def product(world: World, number: int, coefficient: Decimal) -> Product:
    return Product.objects.create(
        catalogue=world.product.catalogue, code=f"VT.{number}", scope=ProductScope.SHARED, duty="Việc của véc-tơ",
        group=1, frame_low=1, frame_high=200, points=coefficient * 5, coefficient=coefficient,
    )  # fmt: skip


def live_task(world: World, who: Person, number: int, vector: dict[str, Any]) -> None:
    """Assigned, partly handed over, reported, confirmed, with its errors, delays and causes."""
    evaluator = world.card(who).evaluator
    assert evaluator is not None
    head = evaluator.user
    assigned, completed = Decimal(vector["assigned"]), Decimal(vector["completed"])
    extra = vector.get("extra", False)
    task = tasks.assign_task(
        actor=head, moment=MOMENT, period=world.period, person=who, due_on=DUE, sudden=extra,
        product=product(world, number, Decimal(vector["coefficient"])), quantity=completed if extra else assigned,
    )  # fmt: skip
    if "handed_over" in vector:
        moving.hand_over(
            actor=head, moment=MOMENT, task=task, expected=task.version_number, taker=world.minh, due_on=DUE,
            quantity=Decimal(vector["handed_over"]), reason="Không thể thực hiện",
        )  # fmt: skip
        task.refresh_from_db()
    if completed:
        task = month.report(task, completed=vector["completed"])
        task = month.confirm_report(task, accepted=vector.get("accepted"), by=evaluator)
    for record, recorded in (
        (deductions.record_fault, vector["faults"]),
        (deductions.record_delay, vector["delays"]),
    ):
        for deduction in recorded:
            made = record(
                actor=head, moment=MOMENT, task=task, unit_number=deduction["unit"], reason="Ghi nhận"
            )
            if deduction["excused"]:
                deductions.confirm_cause(actor=head, moment=MOMENT, deduction=made, reason="Thiên tai")


def entries(card: Scorecard, stage: str, common: Decimal, choices: dict[str, str]) -> dict[str, Entry]:
    """`common` points over the criteria in their order, and the values chosen."""
    made: dict[str, Entry] = {}
    for criterion in card.version.compiled().criteria:
        if not criterion.entered or stage not in criterion.stages:
            continue
        if criterion.kind == "number":
            points = min(common, criterion.max or Decimal(0))
            made[criterion.key] = Entry(points)
            common -= points
        else:
            made[criterion.key] = Entry(choices[criterion.code], "Có căn cứ")
    assert common == 0
    return made


def decided(world: World, who: Person, common: Decimal, choices: dict[str, str]) -> Scorecard:
    """Self-scored, submitted, evaluated and confirmed with the same entries."""
    card = world.card(who)
    assert card.evaluator is not None
    own = stages.save_self(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=entries(card, "self", common, choices),
    ).card  # fmt: skip
    card = stages.submit_self(actor=who.user, moment=MOMENT, card=own, expected=own.version_number)
    card = stages.save_evaluation(
        actor=card.evaluator.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=entries(card, "evaluator", common, choices),
    ).card  # fmt: skip
    return stages.confirm(
        actor=card.evaluator.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )


def people_with(world: World, d: str) -> None:
    """Confirm everybody of the department; d is 0.5 because one of them has 47.5 points."""
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who, completed="1" if d == "0.5" and who == world.lan else "4")
        month.confirmed(world, who)


PERCENT = {"1": "100", "0.5": "50"}


def played(vector: dict[str, Any], file_settings: dict[str, Any]) -> CardResult:
    leader = vector["leader"] is True
    world = month_of(leader, {**file_settings, **vector.get("settings", {})})
    who = world.head if leader else world.lan
    choices = {}
    if leader:
        people_with(world, vector["d"])
        choices = {"đ": PERCENT[vector["dd"]], "e": PERCENT[vector["e"]]}
    for number, task in enumerate(vector["tasks"]):
        live_task(world, who, number, task)
    card = decided(world, who, Decimal(vector["common"]), choices)
    assert card.state == CardState.CONFIRMED
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == []
    return CardResult.objects.get(card=card, stage="evaluator")


NAMES = {
    "a": "a",
    "b": "b",
    "c": "c",
    "d": "d",
    "dd": "đ",
    "e": "e",
    "results": "results",
    "common": "common",
}


@pytest.mark.shared_data
@pytest.mark.django_db
@pytest.mark.parametrize("vector", [pytest.param(card, id=card["id"]) for card in FILE["scorecards"]])
def test_a_vector_lived_through_ends_with_its_result(vector: dict[str, Any]) -> None:
    result = played(vector, FILE["settings"])
    expect = dict(vector["expect"])
    if expect.pop("insufficient_data", False):
        assert (result.insufficient, result.numerator, result.rounded, result.band) == (True, "", None, "")
        assert expect == {}
        return
    assert (result.insufficient, result.pending, result.missing) == (False, False, 0)
    assert (str(result.rounded), result.band) == (expect.pop("total"), expect.pop("band"))
    stored = {name: Fraction(result.values[NAMES[name]]) for name in expect}
    assert stored == {name: Fraction(value) for name, value in expect.items()}
    given = {NAMES[name]: Fraction(vector[name]) for name in ("d", "dd", "e") if name in vector}
    assert {name: Fraction(result.values[name]) for name in given} == given
    assert Fraction(result.values["common"]) == Fraction(vector["common"])


# d, đ, e → total with everything else whole: each half of one takes 70/12 (Đ16.2)
TOTALS = {0: "100.00", 1: "94.17", 2: "88.33", 3: "82.50"}


@pytest.mark.django_db
@pytest.mark.parametrize(("d", "dd", "e"), list(combinations(("1", "0.5"), repeat=3)))
def test_d_and_the_two_choices_count_alike(d: str, dd: str, e: str) -> None:
    task = {"coefficient": "12", "assigned": "1", "completed": "1", "faults": [], "delays": []}
    result = played(
        {"leader": True, "common": "30", "d": d, "dd": dd, "e": e, "tasks": [task]},
        {},
    )
    values = {name: Fraction(result.values[name]) for name in ("d", "đ", "e")}
    assert values == {"d": Fraction(d), "đ": Fraction(dd), "e": Fraction(e)}
    assert str(result.rounded) == TOTALS[(d, dd, e).count("0.5")]
