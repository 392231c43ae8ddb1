"""A province small enough to be asked about everything: nine roles, six relations, six states, every word a mark.

    TINH ─┬─ S ─┬─ A ─┬─ A1 ── A11
          │     │     └─ A2
          │     └─ B ─── B1
          ├─ C ─── C1
          └─ QL (manages S and C)

Every account works in A1, but the head of the level above, who heads A. What they hold, they hold on their own unit.
"Own, same, subordinate, sibling, parent, unrelated" is where a record stands, seen from that unit. There is one month
for each state that a card can be in, so that one account has a card of its own in each of them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from kpi_cms.evaluation.domain import opening, stages
from kpi_cms.evaluation.domain.evaluators import Organisation
from kpi_cms.evaluation.domain.evidence import STORE
from kpi_cms.evaluation.domain.planning import plan_opening
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import (
    CardResult,
    CataloguePin,
    Delay,
    Evidence,
    Fault,
    ObjectiveCause,
    Scorecard,
    Task,
    VersionPin,
)
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.many import create_many
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.files.keeping import keep
from snippets.domain import delegation
from snippets.enums import (
    DELEGABLE,
    ROLE_CAPABILITIES,
    CatalogueState,
    PeriodState,
    PostRole,
    ProductScope,
    Role,
    UnitLevel,
)
from snippets.models import Catalogue, Period, Person, Product, Unit
from tests.access.marks import (
    EVALUATION,
    EVIDENCE,
    FAULT,
    NAME,
    NOTE,
    PROOF,
    REASON,
    RECORD,
    SELF,
    TASK,
    UNIT,
    Mark,
)
from tests.factories.evidence import judged
from tests.factories.snippets import hold
from tests.foundation.engine import specs
from tests.helpers import files
from tests.helpers import world as tables
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, SINCE

ROLES = (
    "anonymous", "person", "delegate", "head", "upper", "clerk", "personnel", "auditor", "policy", "access",
)  # fmt: skip
RELATIONS = ("own", "same", "subordinate", "sibling", "parent", "unrelated")
STATES = ("opened", "submitted", "returned", "confirmed", "notified", "closed")
DECIDED = ("confirmed", "notified", "closed")

GROUPING, USING, CONSTITUENT = UnitLevel.GROUPING, UnitLevel.USING, UnitLevel.CONSTITUENT
# Code → the unit above it, its level, the letters of its marks. Whatever stands above comes first.
TREE: dict[str, tuple[str, UnitLevel, str]] = {
    "TINH": ("", GROUPING, "rt"),
    "QL": ("TINH", USING, "ql"),
    "S": ("TINH", USING, "us"),
    "A": ("S", USING, "ua"),
    "A1": ("A", CONSTITUENT, "ub"),
    "A11": ("A1", CONSTITUENT, "uc"),
    "A2": ("A", CONSTITUENT, "ud"),
    "B": ("S", USING, "ue"),
    "B1": ("B", CONSTITUENT, "uf"),
    "C": ("TINH", USING, "ug"),
    "C1": ("C", CONSTITUENT, "uh"),
}
# Role → the letters of its person and the unit it works in.
HOLDERS = {
    "person": ("pe", "A1"),
    "delegate": ("de", "A1"),
    "head": ("he", "A1"),
    "upper": ("up", "A"),
    "clerk": ("cl", "A1"),
    "personnel": ("ps", "A1"),
    "auditor": ("au", "A1"),
    "policy": ("po", "A1"),
    "access": ("ac", "A1"),
}
HEADS = {
    "QL": "hq", "S": "hs", "A": "up", "A1": "he", "A11": "ha", "A2": "hb", "B": "hc", "B1": "hd", "C": "hf",
    "C1": "hg",
}  # fmt: skip
COLLEAGUES = {"sa": "A1", "su": "A11", "si": "A2", "pa": "A", "tb": "B", "ts": "S", "un": "C1"}
# Without an account, for whom one can be made; they leave one day, which can be corrected.
NEWCOMERS = {"na": "A1", "nb": "A11", "nc": "A2", "nd": "A", "ne": "B", "nf": "S", "ng": "C1"}
WORKS_IN = dict(HOLDERS.values()) | COLLEAGUES | NEWCOMERS | {c: u for u, c in HEADS.items()}
# Home unit → relation → somebody who stands so to it, and their unit.
SEEN_FROM = {
    "A1": {"same": "sa", "subordinate": "su", "sibling": "si", "parent": "pa", "unrelated": "un"},
    "A": {"same": "pa", "subordinate": "sa", "sibling": "tb", "parent": "ts", "unrelated": "un"},
}
CAPABILITIES: dict[str, Sequence[str]] = {
    "head": ROLE_CAPABILITIES[Role.HEAD],
    "upper": ROLE_CAPABILITIES[Role.HEAD],
    "clerk": ROLE_CAPABILITIES[Role.CLERK],
    "personnel": ROLE_CAPABILITIES[Role.PERSONNEL],
    "auditor": ROLE_CAPABILITIES[Role.AUDITOR],
    "policy": ROLE_CAPABILITIES[Role.POLICY],
    "access": ROLE_CAPABILITIES[Role.ACCESS],
    "delegate": DELEGABLE,
}
DUE = datetime(2026, 8, 20, 10, 0, tzinfo=UTC)
LATE = datetime(2026, 8, 28, 10, 0, tzinfo=UTC)


def home_of(role: str) -> str:
    """The unit that relations are seen from; a visitor's are those of a person of A1."""
    return HOLDERS[role][1] if role in HOLDERS else "A1"


def person_at(role: str, relation: str) -> str:
    """The letters of the person that stands so to the role."""
    if relation == "own":
        return HOLDERS[role if role in HOLDERS else "person"][0]
    return SEEN_FROM[home_of(role)][relation]


@dataclass
class Institution:
    """Everything that a request can be about."""

    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    periods: dict[str, Period] = field(default_factory=dict)
    cards: dict[tuple[str, str], Scorecard] = field(default_factory=dict)
    tasks: dict[tuple[str, str, str], Task] = field(default_factory=dict)
    deductions: dict[tuple[str, str], dict[str, Fault | Delay]] = field(default_factory=dict)
    files: dict[tuple[str, str, str], Evidence] = field(default_factory=dict)
    scores: dict[str, frozenset[str]] = field(default_factory=dict)
    """Letters of a person → the points of their results."""
    product: Any = None
    extra: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def is_head(letters: str) -> bool:
        return letters in HEADS.values()

    def user(self, role: str) -> User:
        user = self.people[HOLDERS[role][0]].user
        assert user is not None
        return user


# --- Units, people, what they hold --------------------------------------------------------------------------
def build() -> Institution:
    """The whole province. Slow enough to be made once for a module."""
    from tests.access import registers  # it fills in what is described here

    made = Institution()
    for code, (above, level, letters) in TREE.items():
        unit = tables.unit(code, parent=made.units.get(above), level=level)
        unit.name = f"Đơn vị {Mark(letters, UNIT)}"
        unit.managing_unit = made.units.get("QL") if code in ("S", "C", "A", "B") else None
        unit.save()
        made.units[code] = unit
    made.units = {unit.code: unit for unit in Unit.objects.all()}
    for letters, code in WORKS_IN.items():
        role = PostRole.HEAD if made.is_head(letters) else PostRole.MEMBER
        name = Mark(letters, NAME)
        person = tables.person(str(name).upper(), f"Hồ Thị {name}", made.units[code], role=role)
        person.appointments.update(decision_number=f"QĐ {Mark(letters, RECORD)}")
        made.people[letters] = person
    for letters in NEWCOMERS:
        Person.objects.filter(pk=made.people[letters].pk).update(user=None, left_on=date(2030, 1, 1))
    made.people = {letters: Person.objects.get(pk=person.pk) for letters, person in made.people.items()}
    for role, capabilities in CAPABILITIES.items():
        if role != "delegate":
            hold(made.user(role), made.units[home_of(role)], *capabilities, on=MOMENT)
    delegation.delegate(
        actor=made.user("head"), moment=MOMENT, to=made.people["de"], capabilities=DELEGABLE,
        unit=made.units["A1"], starts_on=MOMENT.date(), ends_on=date(2026, 8, 31), reason="Đi học",
    )  # fmt: skip
    _months(made)
    registers.furnish(made)
    return made


# --- Six months, one for each state -------------------------------------------------------------------------
def _specification() -> dict[str, Any]:
    spec = specs.staff()
    spec |= {"law": "", "applicability": {"staff_kinds": ["cong_chuc"]}}
    common = specs.section("I", "30", "common", [specs.number("I.1", "15"), specs.number("I.2", "15")])
    return spec | {"sections": [common, spec["sections"][-1]]}


def _months(made: Institution) -> None:
    version = tables.version(_specification(), "MT")
    catalogue = Catalogue.objects.create(
        unit=made.units["TINH"], number=1, title="Danh mục chung", state=CatalogueState.APPROVED,
        decision_number="01/QĐ", decision_date=SINCE, effective_on=SINCE,
    )  # fmt: skip
    made.product = Product.objects.create(
        catalogue=catalogue, code="DC.01", scope=ProductScope.SHARED, duty="Soạn thảo văn bản", group=1,
        frame_low=1, frame_high=10, points=10, coefficient=2,
    )  # fmt: skip
    made.extra |= {"product": made.product, "catalogue": catalogue}
    system = system_user()
    for month, state in enumerate(STATES, start=2):
        period = Period.objects.create(
            year=2026, number=month, starts_on=date(2026, month, 1), ends_on=date(2026, month, 28),
            self_due_at=DUE, evaluation_due_at=LATE,
        )  # fmt: skip
        period.units.add(made.units["S"], made.units["C"])
        VersionPin.objects.create(period=period, version=version)
        CataloguePin.objects.create(period=period, catalogue=catalogue)
        with as_actor(system, MOMENT):
            opening._make_batch(period, Organisation(period.ends_on), plan_opening(period).cards)
        period.state, period.opened_at = PeriodState.OPEN, MOMENT
        period.save()
        made.periods[state] = period
        _play(made, state)
    closed = made.periods["closed"]
    closed.state, closed.closed_at = PeriodState.CLOSED, MOMENT
    closed.save()
    _read_back(made)


def _play(made: Institution, state: str) -> None:
    """Tasks, then the card of everybody who is asked about, brought to the month's state by the domain."""
    period = made.periods[state]
    cards = {card.person_id: card for card in Scorecard.objects.with_context().filter(period=period)}
    asked = [made.people[code] for code in (*(code for code, _unit in HOLDERS.values()), *COLLEAGUES)]
    letters_of = {person.pk: letters for letters, person in made.people.items()}
    with as_actor(system_user(), MOMENT):
        rows = [
            task
            for index, person in enumerate(asked)
            for task in _tasks(made, cards[person.pk], letters_of[person.pk], state, index)
        ]
        create_many(Task, rows)
        for task in rows:
            if task.state == TaskState.CONFIRMED:
                _deduct(made, task, letters_of[task.person_id], state)
        _attach(made, [cards[person.pk] for person in asked], rows, letters_of, state)
    for person in asked:
        _bring(cards[person.pk], letters_of[person.pk], state)


def _tasks(made: Institution, card: Scorecard, letters: str, state: str, index: int) -> list[Task]:
    """One of each kind that its month allows; the confirmed one gives the card points like nobody else's."""
    digit = STATES.index(state)

    name = f"Việc {Mark(letters, TASK, digit)}"
    name_key = texts.keep(TextKind.COMMENT, name, person_code=card.person.staff_code)
    named = {"product": made.product, "code": "DC.01", "coefficient": 2}

    def task(**values: Any) -> Task:
        return Task(
            period=card.period, person=card.person, unit=card.unit, name=name, name_key=name_key,
            due_on=date(2026, 8, 15), note=f"Ghi chú {Mark(letters, NOTE, digit)}", **values,
        )  # fmt: skip

    worked = {
        "completed": Decimal(61 + index), "completed_on": date(2026, 8, 2),
        "evidence_number": f"{Mark(letters, TASK, digit)}/BC",
    }  # fmt: skip
    found = [
        task(
            state=TaskState.CONFIRMED, assigned=Decimal(97), accepted=Decimal(61 + index), **worked, **named
        ),
        task(state=TaskState.ASSIGNED, assigned=Decimal(2), **named),
        task(
            state=TaskState.ASSIGNED, assigned=Decimal(1), kind=TaskKind.SUDDEN
        ),  # its product is not named yet
    ]
    if state in (
        "opened",
        "returned",
    ):  # what waits for a decision would keep a submitted card from being confirmed
        found.append(task(state=TaskState.REPORTED, assigned=Decimal(97), **worked, **named))
        found.append(task(state=TaskState.PROPOSED, kind=TaskKind.SUDDEN, assigned=Decimal(1), **named))
    return found


def _deduct(made: Institution, task: Task, letters: str, state: str) -> None:
    """A major error that counts, and a delay that an objective cause excuses."""
    reason = texts.keep(TextKind.REASON, f"Sai sót {Mark(letters, FAULT, STATES.index(state))}")
    what = {"unit_id": task.unit_id, "person_id": task.person_id}
    about = {**what, "task": task, "unit_number": 1, "reason_key": reason, "recorded_at": MOMENT}
    fault, delay = Fault(**about), Delay(**about)
    create_many(Fault, [fault])
    create_many(Delay, [delay])
    create_many(ObjectiveCause, [ObjectiveCause(delay=delay, reason_key=reason, confirmed_at=MOMENT, **what)])
    made.deductions[letters, state] = {"fault": fault, "delay": delay}


def _attach(
    made: Institution, cards: list[Scorecard], tasks: list[Task], letters_of: dict[int, str], state: str
) -> None:
    """A file to the first criterion of each card, and one to each assigned task."""
    found = []
    criterion = cards[0].version.criteria.order_by("order").first()
    under_way = [task for task in tasks if task.state == TaskState.ASSIGNED and task.product is not None]
    for kind, about in ((EVIDENCE, cards), (PROOF, under_way)):
        for each in about:
            letters = letters_of[each.person_id]
            words = str(Mark(letters, kind, STATES.index(state)))
            with judged(files.docx(extra={"word/words.xml": words})) as file:
                name = keep(STORE, file)
                evidence = Evidence(
                    period=each.period, unit=each.unit, person=each.person, uploader=each.person.user, kind="docx",
                    title=f"Minh chứng {words}", size=file.size, sha256=file.sha256, sent_sha256=file.sha256,
                    storage_name=name, attached_at=MOMENT,
                    **({"card": each, "criterion": criterion} if kind == EVIDENCE else {"task": each}),
                )  # fmt: skip
            made.files[letters, state, kind] = evidence
            found.append(evidence)
    create_many(Evidence, found)


def entries(card: Scorecard, points: str) -> dict[str, Entry]:
    """The same points for both criteria."""
    found = card.version.compiled().criteria
    return {criterion.key: Entry(Decimal(points)) for criterion in found if criterion.entered}


def _bring(card: Scorecard, letters: str, state: str) -> None:
    digit = STATES.index(state)
    assert card.evaluator is not None
    me, head = card.person.user, card.evaluator.user
    remark = {"strengths": f"Ưu điểm {Mark(letters, SELF, digit)}"}
    verdict = {"comment": f"Nhận xét {Mark(letters, EVALUATION, digit)}"}
    card = stages.save_self(
        actor=me, moment=MOMENT, card=card, expected=0, entries=entries(card, "12.25"), comments=remark
    ).card
    if state == "opened":
        return
    card = stages.submit_self(actor=me, moment=MOMENT, card=card, expected=card.version_number)
    card = stages.save_evaluation(
        actor=head, moment=MOMENT, card=card, expected=card.version_number, entries=entries(card, "9.75"),
        comments=verdict,
    ).card  # fmt: skip
    if state == "returned":
        reason = f"Xem lại {Mark(letters, REASON, digit)}"
        stages.return_to_person(
            actor=head, moment=MOMENT, card=card, expected=card.version_number, reason=reason
        )
    if state not in DECIDED:
        return
    card = stages.confirm(
        actor=head, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    if state != "confirmed":
        stages.notify(actor=head, moment=MOMENT, card=card)


def _read_back(made: Institution) -> None:
    letters_of = {person.pk: letters for letters, person in made.people.items()}
    state_of = {period.pk: state for state, period in made.periods.items()}
    for card in Scorecard.objects.with_context().filter(period__in=made.periods.values()):
        made.cards[letters_of[card.person_id], state_of[card.period_id]] = card
    for task in Task.objects.select_related("person", "unit").order_by("-pk"):
        kind = "unnamed" if task.product_id is None else task.state
        made.tasks[letters_of[task.person_id], state_of[task.period_id], kind] = task
    shown: dict[str, set[str]] = {}
    for result in CardResult.objects.exclude(shown=""):
        shown.setdefault(letters_of[result.person_id], set()).add(result.shown)
    made.scores = {letters: frozenset(points) for letters, points in shown.items()}


def unknown_key() -> uuid.UUID:
    """A key that no record has."""
    return uuid.UUID(int=335)
