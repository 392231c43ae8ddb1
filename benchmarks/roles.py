"""As whom the benchmark asks: the tables' owner, who seeds, or the application's role, as an installation does."""

from __future__ import annotations

import os


def act_as_the_application(*, web: bool = True) -> None:
    """From here on this process and the servers it starts are the role that an installation's are (PostgreSQL); with
    `web` it keeps plans as the web server does."""
    from django.conf import settings
    from django.db import connection
    from django.db.backends.signals import connection_created

    from kpi_cms.foundation.core.plans import KEPT, keep_plans

    connection_created.disconnect(dispatch_uid=KEPT)
    if web:
        keep_plans()
    if connection.vendor != "postgresql":
        return
    os.environ["BENCH_ROLE"] = settings.DATABASE_ROLES["application"]
    connection.close()
    connection.settings_dict["OPTIONS"]["options"] += f" -c role={os.environ['BENCH_ROLE']}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (os.environ["BENCH_ROLE"],)


def act_as_the_owner() -> None:
    """Back to who made the tables."""
    from django.db import connection

    role = os.environ.pop("BENCH_ROLE", "")
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    options["options"] = options["options"].removesuffix(f" -c role={role}")
