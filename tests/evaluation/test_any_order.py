"""Any verbs by anybody in any order on one card, beside a small model of its way.

The model knows states, save numbers and who may; it knows nothing of rows. After every step the card stands where the
model says, what was refused changed nothing, and every stored result is what its rows say (security.md T01, T15, T17).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_cms.evaluation.domain import deductions, scoring, stages
from kpi_cms.evaluation.domain.recompute import WRITTEN
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Assessment, CardResult, Fault, Score, Scorecard, Task
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError
from snippets.enums import PeriodState
from snippets.models import Period
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

AFTER_SELF = datetime(2026, 8, 5, 17, tzinfo=UTC)
AFTER_ALL = datetime(2026, 8, 10, 17, tzinfo=UTC)
WITH_PERSON = ("opened", "returned")
COMPARED = [name for name in WRITTEN if name != "computed_at"]

# verb → who takes it, in which states, before (-) or from (+) which deadline; the state after it
WAY: dict[str, tuple[str, tuple[str, ...], tuple[str, datetime] | None, str | None]] = {
    "save_self": ("lan", WITH_PERSON, None, None),
    "submit": ("lan", WITH_PERSON, ("-", AFTER_SELF), "submitted"),
    "take_up": ("head", WITH_PERSON, ("+", AFTER_SELF), "submitted"),
    "save_evaluation": ("head", ("submitted",), None, None),
    "return": ("head", ("submitted",), None, "returned"),
    "confirm": ("head", ("submitted",), ("-", AFTER_ALL), "evaluated"),
    "endorse": ("chair", ("evaluated",), None, "confirmed"),
    "send_back": ("chair", ("evaluated",), None, "submitted"),
    "notify": ("head", ("confirmed",), None, "notified"),
    "error": ("head", ("opened", "submitted", "returned", "evaluated"), None, None),
    "close": ("boss", (), None, None),
}
SEE_THE_CARD = ("lan", "head", "chair")
SEE_THE_TASKS = ("lan", "head")
PEOPLE = ("lan", "head", "chair", "minh", "stranger")


@dataclass(frozen=True)
class Step:
    verb: str
    who: str
    fresh: bool = True
    moment: datetime = MOMENT
    points: str = "full"  # full, some, none


@dataclass
class Model:
    state: str = "opened"
    number: int = 0
    closed: bool = False
    # stage → what stands there: "full", "some", "none" or nothing yet
    entered: dict[str, str] = field(default_factory=dict)
    # what the person sent last, and what stood there when it was sent
    sent: str | None = None

    def answer(self, step: Step) -> str | None:
        """The refusal this step meets, or None."""
        who, states, deadline, _after = WAY[step.verb]
        if step.who != who:
            seers = SEE_THE_TASKS if step.verb == "error" else SEE_THE_CARD
            return "Refused" if step.who in seers else "NotFound"
        if self.closed or self.state not in states:
            return "WrongState"
        first = step.verb == "take_up" and not step.fresh
        if step.verb == "submit" and self.state == "returned":
            deadline = ("-", AFTER_ALL)  # sent again as long as it can be evaluated
        late = deadline is not None and (step.moment < deadline[1]) != (deadline[0] == "-")
        if first:
            return "Stale"
        if late:
            return "WrongState"
        if not step.fresh and step.verb not in ("notify", "error"):
            return "Stale"
        stage = {"submit": "self", "confirm": "evaluator"}.get(step.verb)
        if stage and self.entered.get(stage) != "full":
            return "Invalid"
        return None

    def take(self, step: Step) -> None:
        """After a step that was not refused."""
        after = WAY[step.verb][3]
        if step.verb == "submit":
            self.sent = self.entered["self"]
        if step.verb == "take_up" and self.sent is not None:
            self.entered["self"] = self.sent  # what was submitted counts, not what was edited since
        if step.verb == "close":
            self.closed = True
        elif after is not None:
            self.state = after
            self.number += 1
        elif step.verb.startswith("save"):
            stage = "self" if step.verb == "save_self" else "evaluator"
            changed = self.entered.get(stage, "none") != step.points
            self.entered[stage] = step.points
            self.number += changed


def entries(card: Scorecard, stage: str, points: str) -> dict[str, Entry]:
    """Every criterion in full, all but the first, or none of them."""
    made = month.entries(card, stage)
    if points == "none":
        return dict.fromkeys(made, Entry(None))
    if points == "some":
        made[next(iter(made))] = Entry(None)
    return made


def play(world: World, card: Scorecard, task: Task, step: Step) -> None:
    person = world.extra["boss"] if step.who == "boss" else getattr(world, step.who)
    expected = card.version_number if step.fresh else card.version_number + 1
    common: dict[str, Any] = {"actor": person.user, "moment": step.moment, "card": card, "expected": expected}
    actor = {"actor": person.user, "moment": step.moment}
    verbs: dict[str, Callable[[], object]] = {
        "save_self": lambda: stages.save_self(
            **common, entries=entries(card, "self", step.points), reason="Sửa"
        ),
        "submit": lambda: stages.submit_self(**common),
        "take_up": lambda: stages.evaluate_without_self(**common, reason="Không nộp"),
        "save_evaluation": lambda: stages.save_evaluation(
            **common, entries=entries(card, "evaluator", step.points), reason="Sửa"
        ),
        "return": lambda: stages.return_to_person(**common, reason="Xem lại"),
        "confirm": lambda: stages.confirm(**common, seen=on_screen(card)),
        "endorse": lambda: stages.endorse(**common, seen=on_screen(card)),
        "send_back": lambda: stages.return_to_evaluator(**common, reason="Xem lại"),
        "notify": lambda: stages.notify(**actor, card=card),
        "error": lambda: deductions.record_fault(**actor, task=task, unit_number=1, reason="Sai"),
        "close": lambda: Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT),
    }
    verbs[step.verb]()


def refusal(world: World, card: Scorecard, task: Task, step: Step) -> str | None:
    """Take a step; the kind of its refusal, which always says something."""
    try:
        play(world, card, task, step)
    except DomainError as error:
        return type(error).__name__ if str(error.sentence) else "silence"
    return None


def written() -> tuple[int, ...]:
    """Rows that a refused step must not add to."""
    return (
        LedgerEntry.objects.count(), Scorecard.history.count(), Score.history.count(), Fault.objects.count(),
    )  # fmt: skip


def stored(card: Scorecard, stage: str) -> dict[str, Any] | None:
    """A stored result without its moment."""
    return CardResult.objects.filter(card=card, stage=stage).values(*COMPARED).first()


def computed(card: Scorecard, stage: str) -> dict[str, Any]:
    found = scoring.result_fields(scoring.outcome_of(card, stage), MOMENT)
    return {name: found[name] for name in COMPARED}


def check_self(card: Scorecard, model: Model) -> None:
    """What is said of the self-assessment agrees with what was sent, and with the assessment's own state."""
    away = model.state not in WITH_PERSON
    assert card.self_is_submitted == (away and model.sent is not None)
    assert not (card.without_self and model.sent is not None)
    assert card.without_self or model.sent is not None or not away
    own = Assessment.objects.filter(card=card, stage="self").first()
    assert (own is not None and own.state == "submitted") == card.self_is_submitted
    given = 0 if own is None else own.scores.filter(value__isnull=False).count()
    everything = len(month.entries(card, "self"))
    wanted = {"full": everything, "some": everything - 1, "none": 0}
    assert given == wanted[model.entered.get("self", "none")]


def sensible(model: Model) -> st.SearchStrategy[Step]:
    """A step that may well succeed, so that cards get far."""
    here = [verb for verb, (_who, states, _deadline, _after) in WAY.items() if model.state in states]
    return st.sampled_from(here or ["notify"]).flatmap(
        lambda verb: st.builds(
            Step, st.just(verb), st.just(WAY[verb][0]), points=st.sampled_from(["full", "full", "some"]),
            moment=st.just(AFTER_SELF if verb == "take_up" or model.state == "returned" else MOMENT),
        )
    )  # fmt: skip


def forward(model: Model) -> st.SearchStrategy[Step]:
    """The step that leads to a notified result."""
    if model.state in WITH_PERSON:
        verb = "submit" if model.entered.get("self") == "full" else "save_self"
    elif model.state == "submitted":
        verb = "confirm" if model.entered.get("evaluator") == "full" else "save_evaluation"
    else:
        verb = "endorse" if model.state == "evaluated" else "notify"
    return st.just(Step(verb, WAY[verb][0]))


ANY_STEP = st.builds(
    Step, st.sampled_from([verb for verb in WAY if verb != "close"]), st.sampled_from(PEOPLE),
    st.booleans(), st.sampled_from([MOMENT, AFTER_SELF, AFTER_ALL]), st.sampled_from(["full", "some", "none"]),
)  # fmt: skip
CLOSE = st.just(Step("close", "boss"))


@pytest.fixture
def endorsed_world(draft_world: World) -> World:
    """Lan's card has all three stages; one task of four is done and confirmed."""
    world = draft_world
    spec = worlds.staff_spec()
    endorsement = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], endorsement]}, "NV-XN")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_card_stands_where_the_model_says_after_any_steps(
    endorsed_world: World, data: st.DataObject
) -> None:
    world, model = endorsed_world, Model()
    task = Task.objects.get(person=world.lan)
    with month.undone():
        submitted = stored(world.card(world.lan), "self")
        for _number in range(data.draw(st.integers(1, 15))):
            kind = data.draw(st.sampled_from(["forward"] * 9 + ["sensible"] * 5 + ["any"] * 5 + ["close"]))
            strategies = {
                "forward": forward(model), "sensible": sensible(model), "any": ANY_STEP, "close": CLOSE
            }  # fmt: skip
            step = data.draw(strategies[kind])
            if step.verb == "close" and model.closed:
                continue
            was, before = model.state, written()
            answer = None if kind == "close" else model.answer(step)
            assert refusal(world, world.card(world.lan), task, step) == answer
            if answer is not None:
                assert written() == before
                continue
            model.take(step)
            card = world.card(world.lan)
            assert (card.state, card.version_number) == (model.state, model.number)
            check_self(card, model)
            own, final = stored(card, "self"), stored(card, "evaluator")
            if was in WITH_PERSON or model.state in WITH_PERSON:
                submitted = own
                assert own in (None, computed(card, "self"))
            assert own == submitted
            assert final in (None, computed(card, "evaluator"))
            assert (final is None) == (model.state == "opened")
        assert world.card(world.lan).state == model.state
