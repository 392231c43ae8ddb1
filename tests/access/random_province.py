"""A province drawn at random, and who may see what in it, found by walking up from parent to parent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import EvaluatorBasis
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.text import fold
from snippets.domain.projection import project_many
from snippets.enums import DELEGABLE, Block, Capability, GrantSource, PostRole, StaffKind, UnitLevel
from snippets.models import Grant, Period, Person, Unit
from tests.helpers.world import FIRST, MOMENT, SINCE

DEEPEST = 6
TODAY = timezone.localdate(MOMENT)
KINDS = ("in force", "in force", "in force", "over", "to come", "ended")
HELD = (
    Capability.VIEW, Capability.AUDIT, Capability.ASSIGN, Capability.EVALUATE, Capability.MANAGE_PEOPLE,
    Capability.PROGRESS, Capability.RECEIVE_RESULTS,
)  # fmt: skip
READING = (Capability.VIEW, Capability.AUDIT)
WITH_TASKS = (*READING, Capability.ASSIGN)
KEEPING = (Capability.MANAGE_PEOPLE, Capability.MANAGE_ACCOUNTS)
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

number = st.integers(min_value=0, max_value=10**6)


@dataclass(frozen=True)
class Draft:
    """What is drawn: a tree by its parents, grants and delegations by numbers that are taken modulo what there is."""

    parents: Sequence[int]
    grants: Sequence[tuple[int, int, int, int]]
    delegations: Sequence[tuple[int, int, int]]
    seed: int


drafts = st.builds(
    Draft,
    parents=st.lists(number, min_size=2, max_size=24),
    grants=st.lists(st.tuples(number, number, number, number), max_size=20),
    delegations=st.lists(st.tuples(number, number, number), max_size=6),
    seed=number,
)


@dataclass
class Province:
    """The rows, and the tree as parents: `above[unit] = unit above`, without a path."""

    units: list[Unit] = field(default_factory=list)
    above: dict[int, int | None] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    cards: list[Scorecard] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    held: list[tuple[int, str, int]] = field(default_factory=list)
    """(account, capability, unit) of every grant that is in force today."""
    standing_in: list[tuple[int, int, int]] = field(default_factory=list)
    """(account, whom it stands in for, unit) of every delegation of evaluating that is in force today."""

    # --- The oracle -----------------------------------------------------------------------------------------
    def line(self, unit: int) -> set[int]:
        """The unit and all units above it."""
        found: set[int] = set()
        step: int | None = unit
        while step is not None:
            found.add(step)
            step = self.above[step]
        return found

    def holds(self, user: User, capabilities: Sequence[str], unit: int) -> bool:
        line = self.line(unit)
        return any(
            account == user.pk and capability in capabilities and place in line
            for account, capability, place in self.held
        )

    def cards_of(self, user: User) -> set[int]:
        """Own, evaluated, also in somebody's place, endorsed, or of a unit that the account reads."""
        return {
            card.pk
            for card in self.cards
            if self._concerns(user, card) or self.holds(user, READING, card.unit_id)
        }

    def tasks_of(self, user: User) -> set[int]:
        concerned = {card.person_id for card in self.cards if self._concerns(user, card)}
        return {
            task.pk
            for task in self.tasks
            if task.person_id in concerned or self.holds(user, WITH_TASKS, task.unit_id)
        }

    def people_of(self, user: User) -> set[int]:
        """In the registers."""
        return {person.pk for person in self.people if self.holds(user, KEEPING, person.unit_id)}

    def _concerns(self, user: User, card: Scorecard) -> bool:
        named = (card.person, card.evaluator, card.endorser)
        if any(person is not None and person.user_id == user.pk for person in named):
            return True
        line = self.line(card.unit_id)
        return card.evaluator is not None and any(
            account == user.pk and absent == card.evaluator.user_id and place in line
            for account, absent, place in self.standing_in
        )


def build(draft: Draft, version: CriteriaVersion, *, accounts: int, people: int, month: int = 7) -> Province:
    """Written straight into the tables, but for the projection of the grants, which is the product's."""
    made, chance = Province(), Random(draft.seed)
    _units(made, draft.parents)
    _accounts(made, chance, accounts, people)
    _grants(made, draft, chance)
    period = Period.objects.create(
        year=2026, number=month, starts_on=FIRST, ends_on=FIRST + timedelta(days=30), state="open",
        self_due_at=MOMENT, evaluation_due_at=MOMENT + timedelta(days=9), opened_at=MOMENT,
    )  # fmt: skip
    _cards(made, chance, period, version)
    return made


def _units(made: Province, parents: Sequence[int]) -> None:
    """Paths are spelled here as the tree spells them; the oracle never reads one."""
    paths: list[str] = []
    children = [0] * (len(parents) + 1)
    above: list[int | None] = []
    for index, drawn in enumerate(parents):
        parent = drawn % (index + 1) - 1
        while parent >= 0 and len(paths[parent]) // Unit.steplen >= DEEPEST:
            parent = above[parent] if above[parent] is not None else -1  # type: ignore[assignment]  # just asked
        children[parent] += 1
        step = DIGITS[children[parent] // 36] + DIGITS[children[parent] % 36]
        paths.append(("" if parent < 0 else paths[parent]) + step.rjust(Unit.steplen, "0"))
        above.append(None if parent < 0 else parent)
    rows = [
        Unit(
            path=path, depth=len(path) // Unit.steplen, numchild=children[index], code=f"N{index}",
            name=f"Đơn vị {index}",
            search_text=fold(f"Đơn vị {index}"), block=Block.GOVERNMENT, level=UnitLevel.USING, opened_on=SINCE,
        )
        for index, path in enumerate(paths)
    ]  # fmt: skip
    made.units = Unit.objects.bulk_create(rows)
    keys = [unit.pk for unit in made.units]
    made.above = {
        key: None if parent is None else keys[parent] for key, parent in zip(keys, above, strict=True)
    }


def _accounts(made: Province, chance: Random, accounts: int, people: int) -> None:
    """The first people have the accounts; the last account is deactivated."""
    made.users = User.objects.bulk_create(
        User(
            username=f"tk{index}",
            password="!",
            display_name=f"Hồ Thị Tìm {index}",
            is_active=index < accounts - 1,
        )
        for index in range(accounts)
    )
    made.people = Person.objects.bulk_create(
        Person(
            staff_code=f"N{index}", full_name=f"Hồ Thị Tìm {index}", sort_key=f"tim{index:04d}",
            kind=StaffKind.CIVIL_SERVANT,
            search_text=fold(f"Hồ Thị Tìm {index} N{index}"), unit=chance.choice(made.units),
            user=made.users[index] if index < accounts else None,
        )
        for index in range(people)
    )  # fmt: skip


def _grants(made: Province, draft: Draft, chance: Random) -> None:
    def pick(rows: Sequence[Any], drawn: int) -> Any:
        return rows[drawn % len(rows)]

    grants, kinds = [], []
    for user, unit, capability, kind in draft.grants:
        when = pick(KINDS, kind)
        grants.append(
            Grant(
                user=pick(made.users, user), unit=pick(made.units, unit), capability=pick(HELD, capability), given_by=0,
                starts_on=TODAY + timedelta(days=1) if when == "to come" else SINCE,
                given_at=MOMENT - timedelta(days=9),
                ends_on=TODAY - timedelta(days=1) if when == "over" else None,
                ended_at=MOMENT - timedelta(days=1) if when == "ended" else None,
            )
        )  # fmt: skip
        kinds.append(when)
    Grant.objects.bulk_create(grants)
    own = list(zip(grants, kinds, strict=True))
    delegable = [pair for pair in own if pair[0].capability in DELEGABLE]
    passed_on = []
    for given, to, unit in draft.delegations if delegable else ():
        (giver, when), receiver, place = pick(delegable, given), pick(made.users, to), pick(made.units, unit)
        if receiver.pk == giver.user_id:
            continue
        passed_on.append(
            Grant(
                user=receiver, unit=place, capability=giver.capability, given_by=giver.user_id, starts_on=TODAY,
                given_at=MOMENT, ends_on=TODAY + timedelta(days=9), source=GrantSource.DELEGATION, delegated_from=giver,
            )
        )  # fmt: skip
        alive = when == "in force" and giver.user.is_active and giver.unit_id in made.line(place.pk)
        if alive and receiver.is_active:
            made.held.append((receiver.pk, giver.capability, place.pk))
            if giver.capability == Capability.EVALUATE:
                made.standing_in.append((receiver.pk, giver.user_id, place.pk))
    Grant.objects.bulk_create(passed_on)
    made.held += [
        (grant.user_id, grant.capability, grant.unit_id)
        for grant, when in own
        if when == "in force" and grant.user.is_active
    ]
    project_many([user.pk for user in made.users], moment=MOMENT)


def _cards(made: Province, chance: Random, period: Period, version: CriteriaVersion) -> None:
    """Each person's card stands in a unit drawn anew: people move, cards stay."""
    made.cards, made.tasks = [], []
    for person in made.people:
        unit = chance.choice(made.units)
        others = [other for other in made.people[:12] if other.pk != person.pk]
        evaluator = chance.choice([None, *others])
        endorser = chance.choice([None, *(other for other in others if other != evaluator)])
        made.cards.append(
            Scorecard(
                period=period, person=person, frame="state", version=version, unit=unit, agency=unit,
                role=PostRole.MEMBER, staff_kind=person.kind, is_leader=False, position_title="Chuyên viên",
                unit_name=unit.name,
                evaluator=evaluator, endorser=endorser,
                evaluator_basis=EvaluatorBasis.DECISION if evaluator else EvaluatorBasis.NONE,
            )
        )  # fmt: skip
        made.tasks.append(
            Task(
                period=period,
                person=person,
                unit=unit,
                name="Việc",
                assigned=1,
                due_on=FIRST,
                code=person.staff_code,
            )
        )
    Scorecard.objects.bulk_create(made.cards)
    Task.objects.bulk_create(made.tasks)
