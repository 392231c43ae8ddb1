"""Questions that auditors ask again and again, ready to use; each within the units that the reader audits.

A question finds entries of the ledger, groups of them (who, when, how many), or cards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField, Window
from django.db.models.functions import Cast, Lag, Lead
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.access_log import notice_list
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import PeriodState
from snippets.models import Period, Person

from .enums import DECIDED, CardState, StageKey
from .ledger_search import Search, read_entries
from .models import CardResult, Scorecard
from .rule_table import READ_UNIT_HISTORY

MOST_GROUPS = 200
MANY_CARDS = 10
ON_CARDS = (
    Act.SCORE_CHANGED, Act.COMMENT_CHANGED, Act.CARD_RETURNED, Act.CARD_CONFIRMED, Act.CARD_ENDORSED,
)  # fmt: skip
A_DAY, AN_HOUR, A_MONTH = timedelta(hours=24), timedelta(hours=1), timedelta(days=31)


@dataclass(frozen=True)
class Question:
    """`narrow` adds to a search of entries; `groups` and `cards` answer by themselves, for a period or for days.

    `recent`: the days it is asked for at first, where it reads every act of them; whoever asks may name others.
    """

    key: str
    label: str | Promise
    narrow: Callable[[Search, Period | None], Search] | None = None
    groups: Callable[[Scope, Search], list["Group"]] | None = None
    cards: Callable[[Scope, Period], QuerySet[Scorecard]] | None = None
    of_a_period: bool = False
    recent: timedelta | None = None


@dataclass(frozen=True)
class Group:
    """One account, from a moment on, and how many cards or units it reached."""

    actor_id: int
    actor_code: str
    since: datetime | None
    count: int


# --- Entries ------------------------------------------------------------------------------------------------
def _raised_before_closing(asked: Search, period: Period | None) -> Search:
    """Points raised in the last 24 hours before the period was closed, or before its evaluations are due."""
    if period is None:
        return replace(asked, more=Q(pk__in=[]))
    end = period.closed_at or period.evaluation_due_at
    more = Q(period_id=period.pk, amount__gt=0, at__gte=end - A_DAY, at__lte=end)
    return replace(
        asked,
        acts=(Act.SCORE_CHANGED,),
        since=(end - A_DAY - A_DAY).date(),
        until=(end + A_DAY).date(),
        more=more,
    )


def _large_without_comment(asked: Search, period: Period | None) -> Search:
    more = Q(reason_key__isnull=True) & ~Q(after__has_key="comments")
    return replace(asked, amount=max(asked.amount or Decimal(2), Decimal(2)), more=more)


def _after_decision(asked: Search, period: Period | None) -> Search:
    """Acts on a card whose result was decided before them."""
    decided = Q(before__state__in=[str(state) for state in DECIDED])
    more = Q(act__in=(Act.CARD_BASIS_CHANGED, *REOPENING)) | (
        decided & ~Q(act=Act.CARD_NOTIFIED) & ~Q(after__state=CardState.NOTIFIED)
    )
    return replace(
        asked, acts=(Act.CARD_BASIS_CHANGED, Act.CARD_RETURNED, Act.CARD_CONFIRMED, *REOPENING), more=more
    )


REOPENING = (
    Act.REOPENING_ASKED, Act.REOPENING_APPROVED, Act.REOPENING_PROPOSED, Act.REOPENING_RETURNED,
    Act.EVALUATOR_NAMED, Act.ENDORSER_NAMED, Act.CARD_DECIDED_ANEW,
)  # fmt: skip


# --- Groups -------------------------------------------------------------------------------------------------
def _many_cards_in_an_hour(scope: Scope, asked: Search) -> list[Group]:
    """Stretches of time in which an account had changed MANY_CARDS cards or more within the 60 minutes before, each
    with the moment from which on, and the most there were at once.

    A change counts for an hour. Where the same card is changed again meanwhile it counts on and is not counted twice:
    so a card begins to count with a change that has none in the hour before, ceases an hour after one that has none in
    the hour behind, and the sum of both is how many count.
    """
    notice_list("ledger", unit=asked.unit)
    rows = read_entries(scope, replace(asked, acts=ON_CARDS))
    if rows is None:
        return []
    of_a_card: dict[str, Any] = {"partition_by": ["actor_id", "subject_id"], "order_by": ["at", "pk"]}
    ends = F("at") + AN_HOUR
    on_cards = rows.filter(subject_type=Scorecard._meta.label).order_by()
    changes = on_cards.annotate(
        ends=ends, ended=Window(Lag(ends), **of_a_card), again=Window(Lead("at"), **of_a_card)
    ).values("actor_id", "actor_code", "at", "ends", "ended", "again")
    try:
        inner, values = changes.query.sql_with_params()
    except EmptyResultSet:  # nobody has the name that was typed
        return []
    with connection.cursor() as cursor:
        cursor.execute(COUNTING.format(changes=inner), [*values, MANY_CARDS, MANY_CARDS, MOST_GROUPS])
        return [Group(who, code, _moment(since), count) for who, code, since, count in cursor.fetchall()]


# An event: who, when, and whether one card more counts or one less; of one moment, the one less comes first.
COUNTING = """
    WITH change (actor_id, actor_code, at, ends, ended, again) AS ({changes}),
    event (actor_id, actor_code, moment, step) AS (
        SELECT actor_id, actor_code, at, 1 FROM change WHERE ended IS NULL OR ended <= at
        UNION ALL
        SELECT actor_id, actor_code, ends, -1 FROM change WHERE again IS NULL OR again >= ends
    ),
    counted AS (
        SELECT event.*, SUM(step) OVER (PARTITION BY actor_id ORDER BY moment, step ROWS UNBOUNDED PRECEDING) AS cards
        FROM event
    ),
    apart AS (
        SELECT counted.*, SUM(CASE WHEN cards < %s THEN 1 ELSE 0 END)
            OVER (PARTITION BY actor_id ORDER BY moment, step ROWS UNBOUNDED PRECEDING) AS stretch
        FROM counted
    )
    SELECT actor_id, MIN(actor_code), MIN(moment) AS since, MAX(cards) FROM apart WHERE cards >= %s
    GROUP BY actor_id, stretch ORDER BY since DESC, actor_id LIMIT %s
"""


def _moment(value: datetime | str) -> datetime:
    """SQLite keeps moments as text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _imported_for_several_units(scope: Scope, asked: Search) -> list[Group]:
    """Units by what each file says it touched: a file of people may touch many, a catalogue belongs to one."""
    notice_list("ledger", unit=asked.unit)
    rows = read_entries(scope, replace(asked, acts=(Act.IMPORT_APPLIED,)))
    if rows is None:
        return []
    touched: dict[tuple[int, str], set[str]] = {}
    for entry in rows.only("actor_id", "actor_code", "unit_code", "after").iterator():
        units = touched.setdefault((entry.actor_id, entry.actor_code), set())
        units.update((entry.after or {}).get("units", ()), [entry.unit_code] if entry.unit_code else ())
    found = [Group(*who, None, len(units)) for who, units in touched.items() if len(units) > 1]
    return sorted(found, key=lambda group: (-group.count, group.actor_id))[:MOST_GROUPS]


# --- Cards --------------------------------------------------------------------------------------------------
def cards_audited(scope: Scope, period: Period) -> QuerySet[Scorecard]:
    """Cards of a period in the units that the reader audits, without their own."""
    cards: QuerySet[Scorecard] = Scorecard.objects.filter(
        scope.q(*READ_UNIT_HISTORY.capabilities), period=period
    )
    if scope.user_id is None:
        return cards.none()
    return cards.exclude(person_id__in=Person.objects.filter(user_id=scope.user_id).values("pk"))


def _self_equals_reviewer(scope: Scope, period: Period) -> QuerySet[Scorecard]:
    """Decided cards on which every value of the evaluator is the person's own."""
    notice_list("cards", period_id=period.pk)
    said = Cast("values", TextField())
    own = CardResult.objects.filter(card=OuterRef("card"), stage=StageKey.SELF).annotate(said=said)
    equal = (
        CardResult.objects.filter(stage=StageKey.EVALUATOR, period=period, rounded__isnull=False)
        .annotate(said=said, own=Subquery(own.values("said")[:1]))
        .filter(said=F("own"))
    )
    return cards_audited(scope, period).filter(state__in=DECIDED, pk__in=equal.values("card_id"))


def periods_audited(scope: Scope) -> QuerySet[Period]:
    """Periods with cards, the newest first; drafts have none."""
    return Period.objects.exclude(state=PeriodState.DRAFT).order_by("-starts_on", "pk")


QUESTIONS: Sequence[Question] = (
    Question(
        "sat-han", _("Raised within 24 hours of closing"), narrow=_raised_before_closing, of_a_period=True
    ),
    Question(
        "khong-nhan-xet", _("No comment on a change of 2 points or more"), narrow=_large_without_comment
    ),
    Question(
        "nhieu-phieu",
        _("One account changed many cards in an hour"),
        groups=_many_cards_in_an_hour,
        recent=A_MONTH,
    ),
    Question("sau-quyet-dinh", _("Changed after the decision"), narrow=_after_decision),
    Question(
        "nhap-nhieu-don-vi",
        _("Imported by one account for several units"),
        groups=_imported_for_several_units,
    ),
    Question(
        "tu-bang-danh-gia",
        _("Self-assessment equals the evaluation everywhere"),
        cards=_self_equals_reviewer,
        of_a_period=True,
    ),
)


def question_of(key: str) -> Question | None:
    return next((question for question in QUESTIONS if question.key == key), None)


# --- A sample -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sample:
    """Cards drawn at random, in the order of their keys, as `domain.sampling` recorded them in the entry `drawing`."""

    drawing: int
    period: Period
    cards: list[Scorecard]
    number: int
    of: int
    seed: int


def sample_drawn(scope: Scope, drawing: int) -> Sample:
    """What the reader drew, of it the cards that they audit now. Raises NotFound for somebody else's drawing."""
    if scope.user_id is None:
        raise NotFound
    entry = LedgerEntry.objects.filter(pk=drawing, act=Act.SAMPLE_DRAWN, actor_id=scope.user_id).first()
    if entry is None or entry.after is None:
        raise NotFound
    period = Period.objects.get(pk=int(entry.subject_id))
    notice_list("cards", period_id=period.pk)
    keys = [int(code.rpartition("-")[2]) for code in entry.after["cards"]]
    cards = cards_audited(scope, period).filter(pk__in=keys).select_related("person", "unit").order_by("pk")
    said = entry.after
    return Sample(entry.pk, period, list(cards), said["number"], said["of"], said["seed"])
