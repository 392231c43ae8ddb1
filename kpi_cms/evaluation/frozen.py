"""What never changes: what an open period is scored with, and what a card that was sent was opened for (T16).

Frozen versions and their criteria are append-only tables of the rulebook. Here stand the pins, which belong to a
period, the results of organisations in a period that is not open, and the columns of a card that say whose it is, of
which period, and by which version.
"""

from kpi_cms.foundation.audit.guards import guard
from snippets.enums import PeriodState
from snippets.models import Period

from .enums import CardState
from .models import CalendarPin, CataloguePin, Scorecard, UnitResult, VersionPin

NEVER_CHANGES = ("period_id", "person_id", "frame", "version_id", "unit_id", "agency_id")


def guard_all() -> None:
    """From `ready()`."""
    period = Period._meta.db_table
    of_the_row = f"EXISTS (SELECT 1 FROM {period} WHERE id = ROW.period_id"  # noqa: S608  # a model's own table
    in_draft = f"{of_the_row} AND state = '{PeriodState.DRAFT}')"
    for model in (VersionPin, CataloguePin, CalendarPin):
        table = model._meta.db_table
        guard(f"{table}_kept", table, "UPDATE")
        if model is CataloguePin:  # one that is approved meanwhile is added to an open period
            states = f"'{PeriodState.DRAFT}', '{PeriodState.OPEN}'"
            guard(table, table, "INSERT", unless=f"{of_the_row} AND state IN ({states}))")
            guard(f"{table}_taken", table, "DELETE", unless=in_draft)
        else:
            guard(table, table, "INSERT", "DELETE", unless=in_draft)
    table = UnitResult._meta.db_table
    in_open = f"{of_the_row} AND state = '{PeriodState.OPEN}')"
    guard(table, table, "INSERT", unless=in_open)
    same = " AND ".join(f"OLD.{column} = NEW.{column}" for column in ("period_id", "unit_id"))
    guard(f"{table}_changed", table, "UPDATE", unless=f"{in_open} AND {same} AND OLD.withdrawn_at IS NULL")
    guard(f"{table}_kept", table, "DELETE")
    guard("period_opened_once", period, "UPDATE", unless="OLD.state = 'draft' OR NEW.state <> 'draft'")
    guard("period_kept", period, "DELETE", unless="OLD.state = 'draft'")
    card = Scorecard._meta.db_table
    same = " AND ".join(f"OLD.{column} = NEW.{column}" for column in NEVER_CHANGES)
    guard("card_context", card, "UPDATE", unless=f"OLD.state = '{CardState.OPENED}' OR ({same})")
    guard("card_kept", card, "DELETE", unless=f"OLD.state = '{CardState.OPENED}'")
