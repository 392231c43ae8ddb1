"""The history of cards as a reader follows it: who changed what, when, from what to what, and why.

Eight history tables are read side by side, newest first, each by key and each restricted to one card or to one
unit's period, and merged by moment. The old value is the same record's row before. Names, comments and reasons are
not in history: they come from the erasable side table, through their keys, in one query.

Who reads what: the auditor everything in their units, except about themselves; everybody else the history of the
cards they see, and in it no stage that the card itself still hides from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.access_log import notice_list
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound
from snippets.models import Period, Person, Unit

from . import rules
from .audit_filters import Filters, narrow, narrow_acts
from .audit_names import Names, names_in
from .audit_tables import (
    ASSESSMENT,
    CARD,
    CAUSE,
    DELAY,
    EVIDENCE,
    FAULT,
    SCORE,
    TABLES,
    TASK,
    Tracked,
    Written,
)
from .domain.seats import seats_of
from .enums import AssessmentState, CardState, StageKey
from .models import Assessment, Delay, Fault, Scorecard, Task
from .rule_table import READ_UNIT_HISTORY
from .visibility import EVERYTHING, Sight, not_audited_yet, sight_of

PAGE = 50
UNFILTERED = Filters()


# What the person does not read on their card before the result is notified to them, nor here.
_OF_THE_EVALUATION = ("confirmed_basis",)
# What the person never reads: a d that is proposed and not confirmed.
_OF_A_NEW_BASIS = ("basis_changed_at", "proposed_basis")
# Acts whose mere existence tells that somebody wrote at a stage.
_ACTS_OF_WRITING = ("score.changed", "comment.changed")
# Acts about a result that is only proposed; it never reaches the person as one.
_ACTS_OF_PROPOSING = (
    "card.basis_changed", "reopening.proposed", "reopening.returned", "reopening.evaluator_named",
    "reopening.endorser_named",
)  # fmt: skip


@dataclass(frozen=True)
class Cursor:
    """The last change of a page: its moment, table, record and row. The next page begins behind it."""

    moment: datetime
    rank: int
    record: int
    key: int

    def __str__(self) -> str:
        return f"{self.moment.timestamp():.6f}_{self.rank}_{self.record}_{self.key}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """None for anything that is no cursor: the first page is shown."""
        try:
            seconds, rank, record, key = text.split("_")
            whole, _dot, fraction = seconds.partition(".")
            moment = datetime.fromtimestamp(int(whole), tz=timezone.get_default_timezone())
            moment += timedelta(microseconds=int(fraction.ljust(6, "0")[:6]))
            return cls(moment, int(rank), int(record), int(key))
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True)
class HistoryPage:
    """Changes, newest first, what their keys read as, and where the next page begins."""

    changes: list[Written]
    names: Names
    next: str


# --- Who may ------------------------------------------------------------------------------------------------
def sight(scope: Scope, card: Scorecard) -> Sight:
    """Everything for the auditor of the card's unit; for everybody else, themselves included, what the card shows.

    An auditor who scores on the card reads as whoever scores there: what is kept from them is kept from them here.
    """
    if rules.see_whole_history(scope, card) and not rules.unseen_stages(scope, card):
        return EVERYTHING
    return sight_of(scope, card)


def audited_unit(scope: Scope, code: str) -> Unit:
    """Raises NotFound for a missing unit and for one whose history is not the reader's to read."""
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None or not rules.may_in_unit(READ_UNIT_HISTORY, scope, unit):
        raise NotFound
    return unit


def audited_periods(scope: Scope) -> QuerySet[Period]:
    """Periods with cards in units that the reader audits, the newest first."""
    cards = Scorecard.objects.filter(scope.q(*READ_UNIT_HISTORY.capabilities))
    return Period.objects.filter(pk__in=cards.values("period_id")).order_by("-starts_on", "pk")


# --- The history of one card --------------------------------------------------------------------------------
def card_changes(
    card: Scorecard, seen: Sight, *, filters: Filters = UNFILTERED, after: Cursor | None = None
) -> HistoryPage:
    """Changes of a card, of its scores and comments, and of its person's tasks in the period."""
    tasks = Task.objects.filter(period_id=card.period_id, person_id=card.person_id).values("pk")
    within = {
        CARD.name: Q(id=card.pk),
        ASSESSMENT.name: Q(card_id=card.pk),
        SCORE.name: Q(assessment_id__in=Assessment.objects.filter(card=card).values("pk")),
        TASK.name: Q(period_id=card.period_id, person_id=card.person_id),
        FAULT.name: Q(task_id__in=tasks),
        DELAY.name: Q(task_id__in=tasks),
        CAUSE.name: Q(fault_id__in=Fault.objects.filter(task_id__in=tasks).values("pk"))
        | Q(delay_id__in=Delay.objects.filter(task_id__in=tasks).values("pk")),
        EVIDENCE.name: Q(card_id=card.pk) | Q(task_id__in=tasks),
    }
    if not seen.of_self:
        within[EVIDENCE.name] &= Q(card_id__isnull=True)
    for table in (ASSESSMENT, SCORE):
        if not seen.of_self:
            within[table.name] &= ~Q(**{table.stage_path: StageKey.SELF})
        if not seen.of_evaluation:
            within[table.name] &= Q(**{f"{table.stage_path}__in": (StageKey.SELF, StageKey.COLLECTIVE)})
        if not seen.of_collective:
            within[table.name] &= ~Q(**{table.stage_path: StageKey.COLLECTIVE})
        elif not seen.of_unsent:
            sent = Q(**{f"{'id' if table is ASSESSMENT else 'assessment_id'}__in": _sent(card).values("pk")})
            within[table.name] &= ~Q(**{table.stage_path: StageKey.COLLECTIVE}) | sent
    return _page(within, filters, after)


def _sent(card: Scorecard) -> QuerySet[Assessment]:
    """What collectives sent: until then it is theirs who enter it, and what never was stays theirs."""
    return Assessment.objects.filter(card=card, stage=StageKey.COLLECTIVE, state=AssessmentState.SUBMITTED)


def _unsent_seats(card: Scorecard) -> list[str]:
    """Of a collective with several raters: those for whom what is entered now is not sent."""
    drafts = Assessment.objects.seated().filter(card=card, state=AssessmentState.DRAFT)
    return list(drafts.values_list("seat", flat=True))


def visible_fields(table: Tracked, names: Sequence[str], seen: Sight) -> list[str]:
    """Without those that would tell of an evaluation, or of a new basis, that the reader may not see."""
    if table is not CARD:
        return list(names)
    hidden: tuple[str, ...] = () if seen.of_evaluation else _OF_THE_EVALUATION
    hidden += () if seen.of_new_basis else _OF_A_NEW_BASIS
    return [name for name in names if name not in hidden]


def visible_reason(written: Written, seen: Sight) -> bool:
    """Why an evaluation went back to the evaluator is said about the evaluation."""
    if seen.of_evaluation or written.table is not CARD or written.before is None:
        return True
    return written.before.state not in (CardState.EVALUATED, CardState.CONFIRMED)


def card_acts(card: Scorecard, seen: Sight, *, filters: Filters = UNFILTERED) -> QuerySet[LedgerEntry]:
    """The ledger's entries about a card and its person's tasks, newest first."""
    entries = LedgerEntry.objects.filter(person_id=card.person_id, period_id=card.period_id)
    entries = entries.filter(~Q(subject_type="evaluation.Scorecard") | Q(subject_id=str(card.pk)))
    if not seen.of_evaluation:
        own = Q(actor_id=card.person.user_id) if card.person.user_id is not None else Q(pk__in=[])
        entries = entries.exclude(~own & Q(act__in=_ACTS_OF_WRITING))
    if not seen.of_self:
        entries = entries.exclude(act__in=_ACTS_OF_WRITING)
        entries = entries.exclude(act__startswith="evidence.", subject_type="evaluation.Scorecard")
    elif not seen.of_unsent:
        drafting = Q(act__in=_ACTS_OF_WRITING, after__stage=StageKey.COLLECTIVE)
        unsent = Q(after__seat__in=_unsent_seats(card)) if seats_of(card.version) else Q(pk__in=())
        entries = entries.exclude(drafting & (~Exists(_sent(card)) | unsent))
    if not seen.of_new_basis:
        entries = entries.exclude(act__in=_ACTS_OF_PROPOSING)
    return narrow_acts(entries, filters).order_by("-id")


# --- The history of a unit's period -------------------------------------------------------------------------
def unit_changes(
    scope: Scope, unit: Unit, period: Period, *, filters: Filters, after: Cursor | None = None
) -> HistoryPage:
    """Changes of every card and task of a unit and all below it in a period; never about the reader themselves."""
    notice_list("history", unit=unit, period_id=period.pk)
    units = Unit.objects.filter(path__startswith=unit.path).order_by().values("pk")
    shared = Q(unit_id__in=units) & ~_left_out(scope, period)
    # A withdrawn file is erased long after the period was closed.
    of_evidence = shared & Q(period_id=period.pk)
    if period.closed_at is not None:
        # Nothing changes after closing: an index walk by moment begins there, not at today.
        shared &= Q(history_date__lte=period.closed_at)
    within = {
        table.name: shared & Q(**{table.period_path: period.pk}) for table in TABLES if table is not CAUSE
    }
    within[CAUSE.name] = shared & (Q(fault__task__period_id=period.pk) | Q(delay__task__period_id=period.pk))
    within[EVIDENCE.name] = of_evidence
    page = _page(within, filters, after)
    people = {written.row.person_id for written in page.changes}
    cards = Scorecard.objects.filter(period=period, person_id__in=people).order_by("-frame", "pk")
    page.names.cards = dict(cards.values_list("person_id", "pk"))
    return page


def unit_acts(scope: Scope, unit: Unit, period: Period, *, filters: Filters) -> QuerySet[LedgerEntry]:
    """The ledger's entries of a unit and all below it in a period, newest first; never about the reader themselves."""
    notice_list("history", unit=unit, period_id=period.pk)
    units = Unit.objects.filter(path__startswith=unit.path).order_by().values("pk")
    entries = LedgerEntry.objects.filter(period_id=period.pk, unit_id__in=units)
    entries = entries.filter(Q(person_id__isnull=True) | ~_left_out(scope, period))
    return narrow_acts(entries, filters).order_by("-id")


def _left_out(scope: Scope, period: Period) -> Q:
    """People about whom the reader does not read the auditor's page: themselves, and whom they still score blind."""
    people = Person.objects.none() if scope.user_id is None else Person.objects.filter(user_id=scope.user_id)
    scored = [person for of, person in not_audited_yet(scope) if of == period.pk]
    return Q(person_id__in=people.values("pk")) | Q(person_id__in=scored)


# --- Reading ------------------------------------------------------------------------------------------------
def _page(within: Mapping[str, Q], filters: Filters, after: Cursor | None) -> HistoryPage:
    """Up to `PAGE` rows of every table behind the cursor, merged; then the rows before them, then the names."""
    narrowed = narrow(filters)
    found: list[tuple[datetime, int, int, int, Tracked, Any]] = []
    for rank, table in enumerate(TABLES):
        if filters.table and filters.table != table.name:
            continue
        rows = table.rows.filter(within[table.name] & narrowed & _behind(after, rank))
        rows = _with_previous(table, rows, filters.column)
        rows = rows.select_related(*table.related) if table.related else rows
        newest = rows.order_by("-history_date", "-id", "-history_id")[: PAGE + 1]
        found += [(row.history_date, -rank, row.id, row.history_id, table, row) for row in newest]
    found.sort(key=lambda entry: entry[:4], reverse=True)
    more, found = len(found) > PAGE, found[:PAGE]
    earlier = _earlier(found)
    changes = [
        Written(table, row, earlier.get((table.name, row.previous_id))) for *_order, table, row in found
    ]
    last = found[-1] if more else None
    cursor = str(Cursor(last[0], -last[1], last[2], last[3])) if last is not None else ""
    return HistoryPage(changes, names_in(changes), cursor)


def _behind(after: Cursor | None, rank: int) -> Q:
    """Rows of the table of this rank that come after the cursor: earlier, or at its moment and behind it.

    Within a table the order is that of the index (moment, record), so that a page costs the same wherever it is.
    """
    if after is None:
        return Q()
    before, same = Q(history_date__lt=after.moment), Q(history_date=after.moment)
    if rank > after.rank:
        return Q(history_date__lte=after.moment)
    if rank < after.rank:
        return before
    behind = Q(id__lt=after.record) | Q(id=after.record, history_id__lt=after.key)
    return Q(history_date__lte=after.moment) & (before | (same & behind))


def _with_previous(table: Tracked, rows: Any, column: str) -> Any:
    """Add the key of the record's row before; with a column, keep the rows in which that column changed."""
    previous = table.rows.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id")).order_by(
        "-history_id"
    )
    rows = rows.annotate(previous_id=Subquery(previous.values("history_id")[:1]))
    if not column or column not in table.fields:
        return rows
    said = ~Q(**{f"{column}__isnull": True})
    if table.model._meta.get_field(column).get_internal_type() in ("CharField", "TextField"):
        said &= ~Q(**{column: ""})
    # A first row is judged by itself: the row before it is not even looked for.
    return rows.alias(
        earlier_value=Subquery(previous.values(column)[:1]),
        differs=Case(
            When(Q(earlier_value__isnull=True, **{f"{column}__isnull": True}), then=Value(False)),
            When(Q(earlier_value=F(column)), then=Value(False)),
            default=Value(True),
            output_field=BooleanField(),
        ),
    ).filter((Q(history_type="+") & said) | Q(history_type="~", differs=True))


def _earlier(found: Sequence[tuple[datetime, int, int, int, Tracked, Any]]) -> dict[tuple[str, int], Any]:
    """The rows before those found, by table and key: one query for each table that has any."""
    wanted: dict[str, tuple[Tracked, list[int]]] = {}
    for *_order, table, row in found:
        if row.previous_id is not None:
            wanted.setdefault(table.name, (table, []))[1].append(row.previous_id)
    return {
        (name, row.history_id): row
        for name, (table, keys) in wanted.items()
        for row in table.rows.filter(history_id__in=keys)
    }
