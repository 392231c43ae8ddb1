"""PostgreSQL's plans, kept with the connections of the web server, where the same statements come again and again.

Background processes keep none: within one transaction they fill tables that were empty when a kept plan was made.
"""

from typing import Any

from django.db.backends.signals import connection_created

KEPT = "plans are kept"
FROM_THE_FIFTH_TIME = 5


def keep_plans() -> None:
    """From now on each connection of this process keeps the plan of a statement that it is asked often enough."""
    connection_created.connect(_keep, dispatch_uid=KEPT)


def _keep(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        connection.connection.prepare_threshold = FROM_THE_FIFTH_TIME
