"""The application's role in the suite, which runs as the owner of its databases.

The test's own hand stays the owner's, so that factories write what they need. Whatever acts or is asked through the
product (a verb, a job, a request of somebody signed in) changes to the application's role with the same statement that
tells PostgreSQL who acts, and is the owner again afterwards.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from kpi_cms.foundation.core import told

MISSING = (
    "This PostgreSQL has no role {role} that the suite may act as, and the second wall is tested with it. Run .ci/run "
    "once as root, or as a superuser: psql -d postgres -f deploy/roles.sql, then GRANT {all} TO {user}."
)


def require_roles() -> None:
    """Fail with one sentence where the suite cannot act as the roles of an installation."""
    roles = [settings.DATABASE_ROLES["application"], settings.DATABASE_ROLES["verifier"]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (user,) = cursor.fetchone()
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s) AND pg_has_role(current_user, oid, 'MEMBER')",
            [roles],
        )
        found = {row[0] for row in cursor.fetchall()}
    for role in roles:
        if role not in found:
            pytest.fail(MISSING.format(role=role, all=", ".join(roles), user=user), pytrace=False)


@contextmanager
def acting_as_the_application() -> Iterator[None]:
    """Until the block ends, everything that has an actor runs as the application's role."""
    say = told._say

    def say_with_the_role(values: Mapping[str, str]) -> None:
        say(values)
        if "actor" in values:
            with connection.cursor() as cursor:
                role = settings.DATABASE_ROLES["application"] if values["actor"] else "none"
                cursor.execute("SELECT set_config('role', %s, true)", [role])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(told, "_say", say_with_the_role)
        yield
