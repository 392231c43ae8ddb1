"""Entries by the names of what they say changed: a criterion, the comments, the evaluator (PostgreSQL).

An index (`audit_ledger_touched`, made by a migration, because Django's `Meta` knows no index of one kind of database
only) keeps the names of each entry together with the number of its bucket of keys, so that a rare name and a common
one are both found bucket by bucket, from either end, without sorting what the whole ledger says of it. No condition of
a table behind the wall may use such an index, so a function of the owner's asks it; it tells keys and nothing more.
"""

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection

BUCKET = 32_768
NAMES_AND_BUCKET = f"""(
    jsonb_path_query_array(
        COALESCE(before, '{{}}'::jsonb) || COALESCE(after, '{{}}'::jsonb), '$.keyvalue()."key"', '{{}}'::jsonb, true
    ) || ('[' || (id / {BUCKET})::text || ']')::jsonb
)"""
FUNCTION = "kpi_touching"
PARAMETERS = (
    "name text, units bigint[], low bigint, high bigint, newest boolean, size integer, "
    "acts text[], smallest numeric, not_about bigint"
)
# The names are found before anything else is asked: a reader of few units would have their index walked in each bucket.
BODY = f"""
    low := coalesce(low, 0);
    high := coalesce(high, (SELECT max(id) FROM audit_ledgerentry));
    RETURN QUERY
    SELECT hit.id
    FROM generate_series(
        CASE WHEN newest THEN high ELSE low END / {BUCKET}, CASE WHEN newest THEN low ELSE high END / {BUCKET},
        CASE WHEN newest THEN -1 ELSE 1 END
    ) bucket
    CROSS JOIN LATERAL (
        WITH named AS MATERIALIZED (
            SELECT id, unit_id, act, amount, person_id FROM audit_ledgerentry
            WHERE {NAMES_AND_BUCKET} @> jsonb_build_array(name, bucket)
        )
        SELECT named.id FROM named
        WHERE named.id BETWEEN low AND high AND (units IS NULL OR named.unit_id = ANY (units))
            AND (acts IS NULL OR named.act = ANY (acts)) AND (smallest IS NULL OR abs(named.amount) >= smallest)
            AND (not_about IS NULL OR named.person_id IS DISTINCT FROM not_about)
        ORDER BY CASE WHEN newest THEN -named.id ELSE named.id END
        LIMIT size
    ) hit
    LIMIT size;"""


def touching(
    name: str,
    units: Sequence[int] | None,
    between: tuple[int | None, int | None],
    *,
    newest: bool,
    size: int,
    acts: Sequence[str] = (),
    least: Decimal | None = None,
    not_about: int | None = None,
) -> list[int]:
    """Keys of the first entries of these units that touch the name, the newest first or the oldest. One query.

    `units` None asks for every entry, also of no unit; the wall hides what is not the reader's. `between` are the least
    and the highest key; None leaves an end open.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {FUNCTION}(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                name,
                units if units is None else list(units),
                *between,
                newest,
                size,
                list(acts) or None,
                least,
                not_about,
            ],
        )
        return [key for (key,) in cursor.fetchall()]
