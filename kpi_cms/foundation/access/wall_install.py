"""Puts the second wall in place on PostgreSQL, and says whether it stands.

Functions, policies and the privileges of the two roles beside the owner are made anew after every migrate, in one
transaction: there is no moment without them. SQLite has no row security; it runs without the wall, and says so.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from guardian.models import UserObjectPermissionBase

from kpi_cms.foundation.accounts.domain import SYSTEM_USERNAME
from kpi_cms.foundation.audit import append_only
from kpi_cms.foundation.core.scope_model import scope_model

from .wall import NOBODY, Walled, helpers, walled_tables

READ, INSERT, UPDATE, VERIFY = "kpi_read", "kpi_insert", "kpi_update", "kpi_verify"
DELETE = "kpi_delete"
# What the application only reads: migrations are the owner's.
ONLY_READ = ("django_migrations",)


# --- Statements ---------------------------------------------------------------------------------------------
def _functions(schema: str) -> Iterator[str]:
    """What policies ask. A function of the owner's sees every row; its search path is fixed."""
    account = get_user_model()._meta.db_table
    grants, unit, permission = (model._meta.db_table for model in (_projection(), scope_model(), Permission))
    yield (
        "CREATE OR REPLACE FUNCTION kpi_actor() RETURNS bigint LANGUAGE sql STABLE AS "
        "$$ SELECT nullif(current_setting('kpi.actor', true), '')::bigint $$"
    )
    yield _helper(
        schema,
        "kpi_passes()",
        "boolean",
        f"""
        IF kpi_actor() IS NULL THEN
            RAISE EXCEPTION 'row security: nobody asks' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF coalesce(current_setting('kpi.beyond', true), '') <> '' THEN RETURN true; END IF;
        RETURN EXISTS (
            SELECT FROM "{account}" WHERE id = kpi_actor() AND username = '{SYSTEM_USERNAME}' AND NOT is_active
        );""",
    )
    # The units' own index on the path answers each capability held with one range: "~" sorts behind every path.
    yield _helper(
        schema,
        "kpi_units(capabilities text[])",
        "SETOF bigint",
        f"""
        RETURN QUERY
        SELECT unit.id FROM (
            SELECT DISTINCT top.path
            FROM "{grants}" held
            JOIN "{permission}" permission ON permission.id = held.permission_id
            JOIN "{account}" account ON account.id = held.user_id AND account.is_active
            JOIN "{unit}" top ON top.id = held.content_object_id
            WHERE held.user_id = kpi_actor() AND permission.codename = ANY (
                capabilities || string_to_array(coalesce(current_setting('kpi.also', true), ''), ',')
            )
        ) held
        JOIN "{unit}" unit ON unit.path ~>=~ held.path AND unit.path ~<~ (held.path || '~');""",
    )
    yield _helper(
        schema,
        "kpi_delegated(capabilities text[])",
        "TABLE (giver bigint, unit bigint)",
        f"""
        RETURN QUERY
        SELECT held.on_behalf_of_id, below.id
        FROM "{grants}" held
        JOIN "{permission}" permission
            ON permission.id = held.permission_id AND permission.codename = ANY (capabilities)
        JOIN "{account}" account ON account.id = held.user_id AND account.is_active
        JOIN "{unit}" top ON top.id = held.content_object_id
        JOIN "{unit}" below ON below.path ~>=~ top.path AND below.path ~<~ (top.path || '~')
        WHERE held.user_id = kpi_actor() AND held.on_behalf_of_id IS NOT NULL;""",
    )
    for helper in helpers():
        yield _helper(schema, helper.signature, helper.returns, helper.body)


def _projection() -> type[Any]:
    """The scope model's direct-foreign-key permissions, found without asking the database for a content type."""
    return next(
        model
        for model in apps.get_models()
        if issubclass(model, UserObjectPermissionBase)
        and model._meta.get_field("content_object").related_model is scope_model()  # type: ignore[misc]  # each subclass has it
    )


def _helper(schema: str, signature: str, returns: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql STABLE SECURITY DEFINER "
        f"SET search_path = {schema}, pg_temp AS $$ BEGIN {body} END $$"
    )


def _policies(entry: Walled, *, verifier: bool) -> Iterator[str]:
    table = f'"{entry.table}"'
    for name in (READ, INSERT, UPDATE, DELETE, VERIFY):
        yield f"DROP POLICY IF EXISTS {name} ON {table}"
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    reads = _passing(entry.reads)
    yield f"CREATE POLICY {READ} ON {table} FOR SELECT USING ({reads})"
    author = f'"{entry.author}" = kpi_actor() AND ' if entry.author else ""
    yield f"CREATE POLICY {INSERT} ON {table} FOR INSERT WITH CHECK ({author}{_passing(entry.inserts)})"
    # A row is locked by whoever sees it (the rules then say no, with a sentence) and changed by whoever may: a
    # forbidden change of a row in sight is an error, never an UPDATE of nothing.
    yield f"CREATE POLICY {UPDATE} ON {table} FOR UPDATE USING ({reads}) WITH CHECK ({_passing(entry.updates)})"
    if entry.forgotten:
        yield f"CREATE POLICY {DELETE} ON {table} FOR DELETE USING ({_passing(NOBODY)})"
    if verifier:
        yield f"CREATE POLICY {VERIFY} ON {table} FOR SELECT TO {settings.DATABASE_ROLES['verifier']} USING (true)"


def _passing(condition: str) -> str:
    """A subquery without a column of the row is asked once for each statement."""
    return f"((SELECT kpi_passes()) OR {condition})"


def _privileges(schema: str, tables: Iterable[str], roles: set[str]) -> Iterator[str]:
    """What each role beside the owner may do at all. Nobody truncates, and nobody changes what is written once."""
    kept = {entry.table: entry.mutable for entry in append_only.protected_tables()}
    undeleted = {entry.table for entry in walled_tables() if not entry.forgotten}
    application, verifier = (settings.DATABASE_ROLES[key] for key in ("application", "verifier"))
    for role in roles:
        yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"
        yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}"
    if verifier in roles:
        yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {verifier}"
    if application not in roles:
        return
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {application}"
    # A table that a later migration makes is written to at once; its own privileges come when that migrate ends.
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT ON TABLES TO {application}"
    yield f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {application}"
    for table in tables:
        if table in ONLY_READ:
            continue
        yield f'GRANT INSERT ON "{table}" TO {application}'
        if table not in kept:
            more = "UPDATE" if table in undeleted else "UPDATE, DELETE"
            yield f'GRANT {more} ON "{table}" TO {application}'
        elif kept[table]:
            columns = ", ".join(f'"{column}"' for column in kept[table])
            yield f'GRANT UPDATE ({columns}) ON "{table}" TO {application}'


def statements(schema: str, tables: Iterable[str], roles: set[str]) -> Iterator[str]:
    """Everything that makes the wall, in order, for the tables and the roles that exist."""
    existing = sorted(tables)
    yield from _functions(schema)
    for entry in walled_tables():
        if entry.table in existing:
            yield from _policies(entry, verifier=settings.DATABASE_ROLES["verifier"] in roles)
    yield from _privileges(schema, existing, roles)


def digest() -> str:
    """Of the wall as this release makes it."""
    every = statements("public", (entry.table for entry in walled_tables()), set())
    return hashlib.sha256("\n".join(every).encode()).hexdigest()[:16]


# --- In place -----------------------------------------------------------------------------------------------
def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make functions, policies and privileges anew, as the owner of the tables."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)",
            [[settings.DATABASE_ROLES["application"], settings.DATABASE_ROLES["verifier"]]],
        )
        roles = {row[0] for row in cursor.fetchall()}
        for statement in statements(schema, connection.introspection.table_names(cursor), roles):
            cursor.execute(statement)
        cursor.execute(f"COMMENT ON FUNCTION kpi_passes() IS '{digest()}'")


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """What `post_migrate` calls."""
    install(using)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Tables of this database that stand open: a policy is gone, or row security is off. None without a wall."""
    connection = connections[using]
    if connection.vendor != "postgresql" or append_only.is_being_repaired():
        return []
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        cursor.execute(
            "SELECT relation.relname, policy.polname FROM pg_policy policy "
            "JOIN pg_class relation ON relation.oid = policy.polrelid WHERE relation.relrowsecurity"
        )
        found = set(cursor.fetchall())
    return [
        entry.table
        for entry in walled_tables()
        if entry.table in existing and not found >= {(entry.table, name) for name in (READ, INSERT, UPDATE)}
    ]


def is_of_this_release(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the wall that stands is the one this release makes; True where there is none to stand."""
    connection = connections[using]
    if connection.vendor != "postgresql" or append_only.is_being_repaired():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regproc('kpi_passes'), 'pg_proc')")
        (said,) = cursor.fetchone()
    return bool(said == digest())


def is_in_force(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the wall stands before *this* role: the owner, a superuser and BYPASSRLS see past it."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(row_security_active(oid)) FROM pg_class WHERE relkind = 'r' AND relname = ANY (%s)",
            [[entry.table for entry in walled_tables()]],
        )
        (active,) = cursor.fetchone()
    return bool(active)
