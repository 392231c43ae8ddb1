"""For a test that begins in the middle: pins of an open period changed by the test's own hand."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.audit import guards
from snippets.models import Period


@contextmanager
def thawed() -> Iterator[None]:
    """Until the block ends, the guards of frozen rows stand aside. The product has nothing of the kind."""
    with connection.cursor() as cursor:
        for entry in guards.guarded():
            on_table = f' ON "{entry.table}"' if connection.vendor == "postgresql" else ""
            for name, _event in entry.triggers():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on_table}')
    try:
        yield
    finally:
        guards.install()


def repin(period: Period, old: CriteriaVersion, new: CriteriaVersion) -> None:
    """Score a period with another version from here on."""
    with thawed():
        period.version_pins.filter(version=old).update(version=new)
