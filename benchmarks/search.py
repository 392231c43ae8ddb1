"""A page of the auditor's search over a ledger of `BENCH_SEARCH` entries (10,000,000), first and last page alike.

Asked through the product's own query as the application's role, wall included, by auditors of everything, of one agency
in seven and of one department; beside each the same search in plain SQL by the tables' owner. Part of `BENCH=ledger`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from benchmarks.measure import Figure, figure, sql
from benchmarks.seed import MOMENT, SINCE, UNUSABLE
from kpi_cms.evaluation.ledger_search import PAGE, Search, audited_units, search
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import asked_by
from snippets.domain.projection import project_all
from snippets.enums import Capability, Role, UnitLevel
from snippets.models import Grant, Unit

ENTRIES = int(os.environ.get("BENCH_SEARCH", "10000000"))
ONE_IN = 7
TABLE = "audit_ledgerentry"

# Each search with the condition that says the same in SQL.
ASKED: tuple[tuple[str, Search, str], ...] = (
    ("everything", Search(), "true"),
    (
        "one person",
        Search(person="CC000017"),
        "e.person_id = (SELECT id FROM snippets_person WHERE staff_code = 'CC000017')",
    ),
    (
        "one account",
        Search(actor="u000700"),
        "e.actor_id = (SELECT id FROM accounts_user WHERE username = 'u000700')",
    ),
    ("one kind of act", Search(acts=(Act.CARD_RETURNED,)), "e.act = 'card.returned'"),
    ("changes of 2 points or more", Search(amount=Decimal(2)), "(e.amount >= 2 OR e.amount <= -2)"),
    (
        "one day",
        Search(since=date(2026, 3, 1), until=date(2026, 3, 1)),
        "e.at >= '2026-03-01 00:00+07' AND e.at < '2026-03-02 00:00+07'",
    ),
    ("a common criterion", Search(field="I.4"), "(e.after ? 'I.4' OR e.before ? 'I.4')"),
    ("a rare criterion", Search(field="IX.9"), "(e.after ? 'IX.9' OR e.before ? 'IX.9')"),
)


def write_entries() -> None:
    """A year of acts on everybody's cards, written past the triggers; indexes are made once they are all there."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint WHERE contype = 'p')",
            [TABLE],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(
            f"""
            INSERT INTO {TABLE} (act, at, actor_id, actor_code, on_behalf_of_code, unit_id, unit_code, person_id,
                person_code, subject_type, subject_id, subject_label, period_id, before, after, request_id, address,
                amount)
            SELECT CASE WHEN n %% 50 = 0 THEN 'card.returned' ELSE 'score.changed' END,
                timestamptz '2025-08-01 00:00+07' + n * (interval '365 days' / %s), h.user_id, 'u', '',
                p.unit_id, u.code, p.id, p.staff_code, 'evaluation.Scorecard', p.id::text, 'P1-' || p.staff_code, 1,
                jsonb_build_object('stage', 'evaluator', c.code, '1'),
                jsonb_build_object('stage', 'evaluator', c.code, '2'), gen_random_uuid(), '10.0.0.7',
                CASE WHEN n %% 200 = 0 THEN 2 ELSE 0.5 END
            FROM generate_series(1, %s) n
            JOIN LATERAL (SELECT CASE WHEN n %% 20000 = 7 THEN 'IX.9' ELSE 'I.' || n %% 6 + 1 END AS code) c ON true
            JOIN bench_person p ON p.place = (n::bigint * 7919) %% (SELECT count(*) FROM bench_person)
            JOIN snippets_unit u ON u.id = p.unit_id
            JOIN LATERAL (SELECT user_id FROM bench_head h WHERE h.unit_id = p.unit_id) h ON true
            """,
            [ENTRIES, ENTRIES],
        )
        for _name, definition in indexes:
            cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {TABLE}")


def _number_people() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_person AS SELECT id, unit_id, staff_code, "
            "row_number() OVER (ORDER BY id) - 1 AS place FROM snippets_person"
        )
        cursor.execute("CREATE UNIQUE INDEX ON bench_person (place)")
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_head AS SELECT DISTINCT ON (a.unit_id) a.unit_id, p.user_id "
            "FROM snippets_appointment a JOIN snippets_person p ON p.id = a.person_id WHERE a.role = 'head' "
            "ORDER BY a.unit_id, a.id"
        )
        cursor.execute("ANALYZE bench_person; ANALYZE bench_head")


def _auditors() -> list[tuple[str, User]]:
    """Three accounts, with the grants that a real auditor would have."""
    agencies = list(Unit.objects.filter(level=UnitLevel.USING).order_by("path"))
    department = Unit.objects.filter(level=UnitLevel.CONSTITUENT).order_by("path")[40:41]
    audited = (
        ("everything", [Unit.objects.get(code="TINH")]),
        (f"one agency in {ONE_IN}", agencies[::ONE_IN]),
        ("one department", list(department)),
    )
    found = []
    for number, (what, units) in enumerate(audited):
        user = User.objects.create(username=f"kiem-tra-{number}", password=UNUSABLE)
        Grant.objects.bulk_create(
            Grant(
                user=user, capability=Capability.AUDIT, role=Role.AUDITOR, unit=unit, starts_on=SINCE, given_by=0,
                given_at=MOMENT,
            )
            for unit in units
        )  # fmt: skip
        found.append((what, user))
    project_all(actor=system_user(), moment=MOMENT)
    return found


def seed() -> list[tuple[str, User]]:
    """Write the ledger; the auditors who search it. As the tables' owner."""
    _number_people()
    write_entries()
    return _auditors()


def figures(auditors: list[tuple[str, User]]) -> Iterator[Figure]:
    """Every search by every auditor, its first and its last page. As the application's role."""
    for what, user in auditors:
        with asked_by(user):
            units = audited_units(Scope.of(user))
        for name, asked, condition in ASKED:
            for oldest in (False, True):
                floor = (
                    f"SELECT e.* FROM {TABLE} e WHERE e.unit_id = ANY (%s) AND {condition} "
                    f"ORDER BY e.id {'ASC' if oldest else 'DESC'} LIMIT {PAGE + 1}"
                )
                page = "last" if oldest else "first"
                yield figure(
                    f"{name}, auditor of {what}, {page} page",
                    _page(user, asked, oldest),
                    sql(floor, units),
                    # Plain SQL looks at millions of entries for a rare one.
                    repeats=1 if "rare" in name else 7,
                )


def _page(user: User, asked: Search, oldest: bool) -> Callable[[], Any]:
    def run() -> None:
        with asked_by(user):
            search(Scope.of(user), asked, oldest_first=oldest)

    return run
