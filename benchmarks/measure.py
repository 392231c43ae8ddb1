"""Times the product's own paths in process, and beside each the plain SQL it cannot be faster than."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.seed import benchmark_specification
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.opening import open_period
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import decided_cards, rescored
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.impact_queries import past_of
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.jobs import run_job
from kpi_cms.foundation.core.models import Job
from kpi_cms.foundation.engine import compile_set
from kpi_cms.interfaces.impact.collecting import Collector
from kpi_cms.interfaces.workspace.forms.scores import SCORE
from snippets.enums import PostRole
from snippets.models import Appointment, Period

REPEATS = 30
OWNER = (
    "owner"  # the alias that floors and counts are asked through: no policy stands between them and the rows
)
SAVE_NOTE = "domain call, history and ledger included"
HISTORY_OF_SCORES = "evaluation_historicalscore"


@dataclass
class Figure:
    """One line of the table. Times in milliseconds; `floor` is plain SQL in the same run, `ratio` median / floor."""

    name: str
    median: float
    p95: float
    queries: int | None
    cpu: float
    floor: float | None = None
    ratio: float | None = None
    note: str = ""


def timed(function: Callable[[], Any], repeats: int = REPEATS) -> tuple[list[float], float]:
    """Milliseconds of each run after one that is not counted, and the mean CPU milliseconds."""
    function()
    times = []
    cpu = time.process_time()
    for _repeat in range(repeats):
        started = time.perf_counter()
        function()
        times.append((time.perf_counter() - started) * 1000)
    return times, (time.process_time() - cpu) * 1000 / repeats


def queries_of(function: Callable[[], Any]) -> int:
    """Queries of one run, savepoints and settings left out."""
    with CaptureQueriesContext(connection) as captured:
        function()
    quiet = (
        "SAVEPOINT",
        "RELEASE",
        "BEGIN",
        "COMMIT",
        "SELECT set_config",
        "SELECT pg_advisory",
        "SELECT clock",
    )
    return sum(1 for query in captured if not query["sql"].startswith(quiet))


def figure(
    name: str,
    function: Callable[[], Any],
    floor: Callable[[], Any] | None = None,
    note: str = "",
    repeats: int = REPEATS,
) -> Figure:
    """Measure a path and, in the same run, its floor."""
    times, cpu = timed(function, repeats)
    median = statistics.median(times)
    result = Figure(name, median, sorted(times)[int(len(times) * 0.95)], queries_of(function), cpu, note=note)
    if floor is not None:
        result.floor = statistics.median(timed(floor, repeats)[0])
        result.ratio = median / result.floor if result.floor else None
    return result


def _as_the_worker() -> None:
    """Jobs run in the background worker, which keeps no plans."""
    if connection.vendor == "postgresql":
        connection.connection.prepare_threshold = None


def sql(statement: str, *parameters: Any) -> Callable[[], Any]:
    def run() -> Any:
        with connections[OWNER].cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    return run


def once(name: str, function: Callable[[], Any], note: str = "") -> Figure:
    """A long path, measured once."""
    cpu, started = time.process_time(), time.perf_counter()
    function()
    elapsed = (time.perf_counter() - started) * 1000
    return Figure(name, elapsed, elapsed, None, (time.process_time() - cpu) * 1000, note=note)


class Bench:
    """The figures of `performance.md`, column First, that this product has a path for."""

    def __init__(self) -> None:
        self.july = Period.objects.get(number=7)
        head = (
            Appointment.objects.filter(role=PostRole.HEAD, unit__depth=3)
            .select_related("unit", "person__user")
            .first()
        )
        assert head is not None
        assert head.person.user is not None
        self.head: User = head.person.user
        self.unit = head.unit
        waiting = Scorecard.objects.filter(period=self.july, state="submitted", evaluator__isnull=False)
        card = waiting.with_context().order_by("pk").first()
        assert card is not None
        assert card.evaluator is not None
        assert card.evaluator.user is not None
        self.card = card
        self.evaluator: User = card.evaluator.user
        self.client = Client()

    def run(self) -> list[Figure]:
        figures = [self.unit_list(), self.card_page(), self.save_one(), self.save_card()]
        figures.append(self.save_by_request())
        _as_the_worker()
        figures += [self.recompute(), self.impact(), self.open_month()]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return [*figures, Figure("memory of this process, MiB", peak, peak, None, 0)]

    def get(self, user: User, address: str) -> Callable[[], Any]:
        self.client.force_login(user)

        def run() -> None:
            response = self.client.get(address)
            assert response.status_code == 200, (address, response.status_code)

        return run

    def unit_list(self) -> Figure:
        floor = sql(
            "SELECT c.id, c.state, p.full_name, r.rounded FROM evaluation_scorecard c "
            "JOIN snippets_person p ON p.id = c.person_id JOIN snippets_unit u ON u.id = c.unit_id "
            "LEFT JOIN evaluation_cardresult r ON r.card_id = c.id AND r.stage = 'evaluator' "
            "WHERE c.period_id = %s AND u.path LIKE %s ORDER BY p.sort_key LIMIT 50",
            self.july.pk,
            f"{self.unit.path}%",
        )
        page = self.get(self.head, f"/don-vi/{self.unit.code}/?ky={self.july.pk}")
        return figure("a unit's list, whole page", page, floor)

    def card_page(self) -> Figure:
        floor = sql(
            "SELECT s.value, f.code FROM evaluation_score s JOIN evaluation_assessment a ON a.id = s.assessment_id "
            "JOIN criteria_pages_frozencriterion f ON f.id = s.criterion_id WHERE a.card_id = %s",
            self.card.pk,
        )
        return figure("one card", self.get(self.evaluator, f"/phieu/{self.card.pk}/"), floor)

    def _version_number(self) -> int:
        return Scorecard.objects.using(OWNER).only("version_number").get(pk=self.card.pk).version_number

    def _save(self, count: int) -> Callable[[], Any]:
        criteria = [criterion for criterion in self.card.version.compiled().criteria if criterion.entered][
            :count
        ]
        state = {"turn": 0}

        def run() -> None:
            state["turn"] += 1
            value = Decimal("0.25") * (state["turn"] % 4)
            expected = self._version_number()
            stages.save_evaluation(
                actor=self.evaluator,
                moment=database_now(),
                card=self.card,
                expected=expected,
                entries={criterion.key: Entry(value) for criterion in criteria},
                reason="đo",
            )

        return run

    def save_one(self) -> Figure:
        return figure("save one score", self._save(1), self._save_floor(1), SAVE_NOTE)

    def save_card(self) -> Figure:
        return figure("save a card of 18 scores", self._save(18), self._save_floor(18), SAVE_NOTE)

    def save_by_request(self) -> Figure:
        """What the evaluator's browser waits for: the form read, the domain call, the answer."""
        self.client.force_login(self.evaluator)
        address = f"/phieu/{self.card.pk}/danh-gia/"
        criteria = [entry for entry in self.card.version.compiled().criteria if entry.entered]
        state = {"turn": 0}

        def run() -> None:
            state["turn"] += 1
            value = f"0,{25 * (state['turn'] % 3 + 1)}"
            expected = self._version_number()
            sent = {SCORE + criterion.key: value for criterion in criteria}
            response = self.client.post(address, {"expected": expected, "reason": "đo", **sent})
            assert response.status_code == 302, (address, response.status_code)

        return figure("the same, whole request", run, self._save_floor(18))

    def _save_floor(self, count: int) -> Callable[[], Any]:
        """The rows that such a save must write, in plain SQL: scores, their history, result, card and ledger."""
        copied = _shared_columns(HISTORY_OF_SCORES, "evaluation_score")
        ledger = _columns("audit_ledgerentry", without="id")
        rows = (
            "SELECT s.id FROM evaluation_score s JOIN evaluation_assessment a ON a.id = s.assessment_id "
            f"WHERE a.card_id = {self.card.pk} AND a.stage = 'evaluator' ORDER BY s.id LIMIT {count}"
        )
        statements = (
            f"UPDATE evaluation_score SET value = value WHERE id IN ({rows})",
            (
                f"INSERT INTO {HISTORY_OF_SCORES} ({copied}, history_date, history_type) "
                f"SELECT {copied}, CURRENT_TIMESTAMP, '~' FROM evaluation_score WHERE id IN ({rows})"
            ),
            f"UPDATE evaluation_scorecard SET version_number = version_number WHERE id = {self.card.pk}",
            f"UPDATE evaluation_cardresult SET computed_at = computed_at WHERE card_id = {self.card.pk}",
            (
                f"INSERT INTO audit_ledgerentry ({ledger}) SELECT {ledger} FROM audit_ledgerentry "
                "WHERE id = (SELECT max(id) FROM audit_ledgerentry)"
            ),
        )

        def run() -> None:
            with transaction.atomic(OWNER), connections[OWNER].cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

        return run

    def recompute(self) -> Figure:
        def run() -> None:
            report = recompute_period(
                actor=system_user(), moment=database_now(), period=self.july, write=False
            )
            assert report.computed == Scorecard.objects.using(OWNER).filter(period=self.july).count()

        measured = once("recompute the month", run)
        started = time.perf_counter()
        sql("SELECT assessment_id, sum(value) FROM evaluation_score GROUP BY assessment_id")()
        measured.floor = (time.perf_counter() - started) * 1000
        measured.ratio = measured.median / measured.floor
        return measured

    def impact(self) -> Figure:
        """A draft of the set on every decided card of the month, as its author asks for it: nobody's card is read."""
        author = User.objects.get(username="chinh-sach")
        past = past_of(f"{self.july.pk}/BENCH", "state")
        specification = {**deepcopy(benchmark_specification()), "law": ""}
        specification["sections"][-1]["combination"]["expression"] = "(a + b + c) / 4 * 70"
        draft = compile_set(specification)
        total = decided_cards(actor=author, past=past)

        def run() -> None:
            collector = Collector(past, "state", draft, Scope.of(author))
            done = 0
            for batch in rescored(actor=author, past=past, draft=draft):
                collector.take(batch)
                done += len(batch)
            assert collector.finished()["cells"]
            assert done == total

        return once("effect of a draft on the month", run, f"{total} cards")

    def open_month(self) -> Figure:
        august = Period.objects.get(number=8)
        policy = User.objects.get(username="chinh-sach")
        floor = self._open_floor(august)
        job = open_period(actor=policy, moment=database_now(), period=august)
        measured = once("open the next month", lambda: run_job.call(str(job.pk)), note="cards with history")
        measured.floor, measured.ratio = floor, measured.median / floor
        assert Job.objects.get(pk=job.pk).state == "done"
        cards = Scorecard.objects.using(OWNER)
        assert cards.filter(period=august).count() == cards.filter(period=self.july).count()
        return measured

    def _open_floor(self, august: Period) -> float:
        """Milliseconds of the same cards and history by INSERT … SELECT, taken back before the real opening."""
        copied = _columns("evaluation_scorecard", without="id", replaced={"period_id": str(august.pk)})
        names = _columns("evaluation_scorecard", without="id")
        history = _shared_columns("evaluation_historicalscorecard", "evaluation_scorecard")
        started = time.perf_counter()
        with transaction.atomic(OWNER), connections[OWNER].cursor() as cursor:
            cursor.execute(
                f"INSERT INTO evaluation_scorecard ({names}) SELECT {copied} FROM evaluation_scorecard "
                "WHERE period_id = %s",
                [self.july.pk],
            )
            cursor.execute(
                f"INSERT INTO evaluation_historicalscorecard ({history}, history_date, history_type) "
                f"SELECT {history}, CURRENT_TIMESTAMP, '+' FROM evaluation_scorecard WHERE period_id = %s",
                [august.pk],
            )
            elapsed = (time.perf_counter() - started) * 1000
            transaction.set_rollback(True, OWNER)
        return elapsed


def _names(table: str) -> list[str]:
    owner = connections[OWNER]
    with owner.cursor() as cursor:
        return [column.name for column in owner.introspection.get_table_description(cursor, table)]


def _columns(table: str, *, without: str, replaced: Mapping[str, str] | None = None) -> str:
    """The columns of a table for an INSERT … SELECT, some of them replaced by a value."""
    return ", ".join((replaced or {}).get(name, f'"{name}"') for name in _names(table) if name != without)


def _shared_columns(table: str, other: str) -> str:
    """The columns that both tables have."""
    known = set(_names(other))
    return ", ".join(f'"{name}"' for name in _names(table) if name in known)


def as_rows(figures: list[Figure]) -> list[dict[str, Any]]:
    return [asdict(entry) for entry in figures]


def print_table(figures: Sequence[Figure]) -> None:
    width = max(46, *(len(entry.name) + 1 for entry in figures))
    print(f"{'':{width}}{'median ms':>10}{'p95 ms':>10}{'queries':>9}{'CPU ms':>9}{'SQL ms':>9}{'ratio':>7}")
    for entry in figures:
        queries = "" if entry.queries is None else str(entry.queries)
        floor = "" if entry.floor is None else f"{entry.floor:.1f}"
        ratio = "" if entry.ratio is None else f"{entry.ratio:.1f}"
        print(
            f"{entry.name:{width}}{entry.median:10.1f}{entry.p95:10.1f}{queries:>9}{entry.cpu:9.1f}{floor:>9}{ratio:>7}"
        )
