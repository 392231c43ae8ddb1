"""Migrations belong to the owner of the tables; everything else runs as a role that owns none."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection


@contextmanager
def as_owner() -> Iterator[None]:
    """Use the database as `KPI_OWNER_DATABASE_URL` names it until the block ends; as it is where that is not set.

    The same connection object, because migrations of the hosts write through the default one.
    """
    if not settings.OWNER_DATABASE or connection.in_atomic_block:
        yield
        return
    usual = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(
        {key: settings.OWNER_DATABASE[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
        | {"OPTIONS": settings.OWNER_DATABASE.get("OPTIONS", {})}
    )
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(usual)
