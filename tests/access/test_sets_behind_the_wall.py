"""What PostgreSQL shows to the application's role is what the application lists: for every table, on random trees.

50,000 pairs of account and card. The lists themselves are compared with a walk up the tree in test_sets.py.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.models import (
    Assessment,
    CardResult,
    CriterionFeedback,
    Delay,
    Evidence,
    Fault,
    ObjectiveCause,
    Reopening,
    Score,
    Scorecard,
    Task,
    UnitResult,
)
from kpi_cms.evaluation.rule_table import APPROVE_REOPENING, ASK_REOPENING
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import walled_tables
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.many import write_history
from kpi_cms.foundation.audit.models import AccessLogEntry, LedgerEntry
from kpi_cms.foundation.core.actor import as_actor, asked_by
from snippets.enums import Capability, UnitLevel
from snippets.models import Unit
from snippets.queries import Tree
from tests.access.random_province import Province, build, drafts
from tests.helpers import world as tables
from tests.helpers.month import undone
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.world import MOMENT

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
ACCOUNTS, PEOPLE, PROVINCES = 12, 140, 30
OF_CARDS = (Assessment, Score, CardResult)
OF_TASKS = (Fault, Delay, ObjectiveCause)
TRACKED = (Scorecard, Assessment, Score, Task, *OF_TASKS, Evidence, Reopening, CriterionFeedback, UnitResult)


@pytest.fixture
def version(db):
    return tables.version(tables.staff_spec(), "MT")


@pytest.fixture(autouse=True)
def _clock(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: MOMENT)


def furnish(made: Province, version) -> None:
    """One row of each protected table for each card and each task, and their history."""
    criterion = version.criteria.first()

    def of(row):
        return {"unit_id": row.unit_id, "person_id": row.person_id}

    said = Assessment.objects.bulk_create(
        Assessment(card=card, stage="evaluator", rater=card.person, **of(card)) for card in made.cards
    )
    Score.objects.bulk_create(
        Score(assessment=each, criterion=criterion, value=1, **of(each)) for each in said
    )
    CardResult.objects.bulk_create(
        CardResult(card=card, stage="evaluator", period_id=card.period_id, computed_at=MOMENT, **of(card))
        for card in made.cards
    )
    deducted = {
        model: model.objects.bulk_create(
            model(task=task, unit_number=1, reason_key=uuid.uuid4(), recorded_at=MOMENT, **of(task))
            for task in made.tasks
        )
        for model in (Fault, Delay)
    }
    ObjectiveCause.objects.bulk_create(
        ObjectiveCause(reason_key=uuid.uuid4(), confirmed_at=MOMENT, **{name: row}, **of(row))
        for name, rows in (("fault", deducted[Fault]), ("delay", deducted[Delay]))
        for row in rows
    )
    file = {"title": "x", "kind": "pdf", "size": 1, "uploader": made.users[0], "attached_at": MOMENT}
    Evidence.objects.bulk_create(
        Evidence(
            **target, **of(row), **file, period_id=row.period_id, sha256=str(row.pk), sent_sha256=f"{kind}{row.pk}",
            storage_name=f"{kind}{row.pk}",
        )
        for kind, rows in (("card", made.cards), ("task", made.tasks))
        for row in rows
        for target in ({"card": row, "criterion": criterion} if kind == "card" else {"task": row},)
    )  # fmt: skip
    Reopening.objects.bulk_create(
        Reopening(
            card=card, period_id=card.period_id, criteria=[criterion.key], reason_key=uuid.uuid4(), asked_by=0,
            asked_at=MOMENT, expires_at=MOMENT + timedelta(days=1), **of(card),
        )
        for card in made.cards
    )  # fmt: skip
    about = {(card.period_id, card.person_id): card for card in made.cards}
    CriterionFeedback.objects.bulk_create(
        CriterionFeedback(
            period_id=card.period_id, criterion=criterion, clear="yes", said_at=MOMENT, block="party",
            staff_kind="cong_chuc", **of(card),
        )
        for card in about.values()
    )  # fmt: skip
    for number, unit in enumerate(made.units):  # whose superior is the agency above, and whose a managing one
        managing = made.units[number * 7 % len(made.units)]
        if number % 3 == 0 and unit.depth > 1:
            Unit.objects.filter(pk=unit.pk).update(level=UnitLevel.CONSTITUENT)
        elif managing != unit:
            Unit.objects.filter(pk=unit.pk).update(managing_unit=managing)
    periods = {card.period_id for card in made.cards}
    UnitResult.objects.bulk_create(
        UnitResult(
            period_id=period, unit=unit, points=80, decision_number="1", decided_on=MOMENT.date(), recorded_by=0,
            recorded_at=MOMENT,
        )
        for period in periods
        for unit in made.units
    )  # fmt: skip
    with as_actor(system_user(), MOMENT):
        for model in TRACKED:
            write_history(model, list(model.objects.all()), changed=False)
    common = {"act": "unit.changed", "at": MOMENT, "request_id": uuid.uuid4(), "actor_code": "x"}
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            **common, actor_id=made.users[number % ACCOUNTS].pk if number % 7 == 0 else 0, unit_id=card.unit_id,
            person_id=card.person_id if number % 3 else None, period_id=card.period_id if number % 2 else None,
        )
        for number, card in enumerate(made.cards)
    )  # fmt: skip
    LedgerEntry.objects.bulk_create(  # a month, a version, an account: of no unit
        LedgerEntry(
            **common, actor_id=made.users[number % ACCOUNTS].pk if number % 5 == 0 else 0, period_id=period
        )
        for number, period in enumerate([None, *sorted(periods)] * 3)
    )
    AccessLogEntry.objects.bulk_create(
        AccessLogEntry(
            kind="seen", at=MOMENT, request_id=uuid.uuid4(), account_id=made.users[number % ACCOUNTS].pk,
            unit_id=card.unit_id if number % 3 else None, person_id=card.person_id if number % 3 else None,
        )
        for number, card in enumerate(made.cards)
    )  # fmt: skip


@dataclass
class Rows:
    """Of one province, once: table → (key, card or task it belongs to), and the ledger's entries."""

    of_cards: dict[str, list[tuple[int, int]]]
    of_tasks: dict[str, list[tuple[int, int]]]
    entries: list[LedgerEntry]

    @classmethod
    def read(cls) -> "Rows":
        def pairs(model, *path):
            return list(model.objects.values_list("pk", *path))

        causes = [
            (key, fault or delay) for key, fault, delay in pairs(ObjectiveCause, "fault__task", "delay__task")
        ]
        return cls(
            {
                "evaluation_assessment": pairs(Assessment, "card"),
                "evaluation_score": pairs(Score, "assessment__card"),
                "evaluation_cardresult": pairs(CardResult, "card"),
            },
            {
                "evaluation_fault": pairs(Fault, "task"),
                "evaluation_delay": pairs(Delay, "task"),
                "evaluation_objectivecause": causes,
            },
            list(LedgerEntry.objects.all()),
        )


def expected(made: Province, rows: Rows, user) -> dict[str, set[int]]:
    """Table → keys of the rows that the application's own lists lead to, read past the wall."""
    scope = Scope.of(user)
    cards = set(Scorecard.objects.visible_to(scope).values_list("pk", flat=True))
    tasks = set(queries.tasks_visible_to(scope).values_list("pk", flat=True))
    found = {"evaluation_scorecard": cards, "evaluation_task": tasks}
    for belonging, seen in ((rows.of_cards, cards), (rows.of_tasks, tasks)):
        for table, pairs in belonging.items():
            found[table] = {key for key, parent in pairs if parent in seen}
    found["evaluation_evidence"] = {
        key
        for key, card, task in Evidence.objects.values_list("pk", "card", "task")
        if card in cards or task in tasks
    }
    answering = (*ASK_REOPENING.capabilities, *APPROVE_REOPENING.capabilities)
    answered = set(scope.units(*answering).values_list("pk", flat=True))
    found["evaluation_reopening"] = {
        key
        for key, card, unit in Reopening.objects.values_list("pk", "card", "unit")
        if card in cards or unit in answered
    }
    own = {person.pk for person in made.people if scope.user_id and person.user_id == scope.user_id}
    found["evaluation_criterionfeedback"] = {
        key for key, person in CriterionFeedback.objects.values_list("pk", "person") if person in own
    }
    tree = Tree()
    read = {pk for pk, unit in tree.units.items() if rules.see_unit_result(scope, unit, tree.superior(unit))}
    found["evaluation_unitresult"] = {
        key for key, unit in UnitResult.objects.values_list("pk", "unit") if unit in read
    }
    found["audit_ledgerentry"] = ledger(made, rows.entries, user, scope)
    found["audit_accesslogentry"] = access_log(made, user, scope)
    return found


def ledger(made: Province, entries: list[LedgerEntry], user, scope: Scope) -> set[int]:
    """What one did oneself, what one audits, and what belongs to a card one reads or to a person one evaluates.

    What belongs to no unit, for whoever audits a whole tree.
    """
    tops = {unit for unit, above in made.above.items() if above is None}
    read = set(scope.units("view_cards", Capability.AUDIT).values_list("pk", flat=True))
    audited = set(scope.units(Capability.AUDIT).values_list("pk", flat=True))
    own = {person.pk for person in made.people if scope.user_id and person.user_id == scope.user_id}
    seen = Scorecard.objects.visible_to(scope).exclude(unit__in=read)
    concerned = set(seen.values_list("period_id", "person_id"))
    return {
        entry.pk
        for entry in entries
        if entry.actor_id == user.pk
        or entry.unit_id in audited
        or (entry.unit_id is None and audited & tops)
        or (
            entry.period_id
            and (
                entry.person_id in own
                or entry.unit_id in read
                or (entry.period_id, entry.person_id) in concerned
            )
        )
    }


def access_log(made: Province, user, scope: Scope) -> set[int]:
    """What belongs to the units one audits; what belongs to none, for whoever audits a whole tree."""
    audited = set(scope.units(Capability.AUDIT).values_list("pk", flat=True))
    tops = {unit for unit, above in made.above.items() if above is None}
    return {
        key
        for key, unit in AccessLogEntry.objects.values_list("pk", "unit_id")
        if (unit in audited if unit is not None else audited & tops)
    }


def shown(table: str, key: str = "id") -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{key}" FROM "{table}"')
        return {row[0] for row in cursor.fetchall()}


def agree(draft, version) -> int:
    """Every table of one province for every account; returns the number of pairs of account and card."""
    with undone():
        made = build(draft, version, accounts=ACCOUNTS, people=PEOPLE)
        furnish(made, version)
        rows, whole = Rows.read(), {entry.table: shown(entry.table) for entry in walled_tables()}
        histories = {model._meta.db_table: model.history.model._meta.db_table for model in TRACKED}
        for number, user in enumerate(made.users):
            wanted = expected(made, rows, user)
            assert set(whole) == set(wanted) | set(histories.values())
            with acting_as_the_application(), asked_by(user):
                for table, keys in wanted.items():
                    assert shown(table) == keys, (table, user.username)
                    if table in histories and (number + draft.seed) % 4 == 0:
                        assert shown(histories[table]) == keys, (histories[table], user.username)
        with acting_as_the_application(), asked_by(system_user()):
            assert {table: shown(table) for table in whole} == whole
        return len(made.users) * len(made.cards)


def test_row_security_shows_what_the_application_lists(version):
    require_roles()
    pairs: list[int] = []

    @settings(max_examples=PROVINCES)
    @given(draft=drafts)
    def holds(draft) -> None:
        pairs.append(agree(draft, version))

    holds()
    assert sum(pairs) >= 50_000
