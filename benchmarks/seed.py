"""A province as it will be: 70,000 people, 1,500 units, one month scored and one about to open.

Every value, names included, is arithmetic on a row's number, and rows are written set-based: the same size gives the
same rows on both databases, and nothing is drawn.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from criteria_pages.domain.publishing import said_by
from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.demonstration.names import FAMILY_NAMES, FEMALE_GIVEN, FEMALE_MIDDLES
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.enums import EvaluatorBasis
from kpi_cms.evaluation.models import CataloguePin, VersionPin
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.text import fold, name_sort_key
from kpi_cms.foundation.engine import compile_set, digest
from snippets.domain.projection import project_all
from snippets.enums import (
    ROLE_CAPABILITIES,
    Block,
    Capability,
    CatalogueState,
    GrantSource,
    PeriodState,
    PostRole,
    ProductScope,
    Role,
    StaffKind,
    UnitLevel,
)
from snippets.models import Appointment, Catalogue, Grant, Period, Person, Position, Product, Unit

UNUSABLE = make_password(None)  # nobody signs in to a benchmark
SINCE = date(2025, 7, 1)
MOMENT = datetime(2026, 8, 9, 3, 0, tzinfo=UTC)
CONSTITUENTS = 9
SCORES = 18
STAGES = ("self", "evaluator", "endorsement")
TASKS = 10


@dataclass(frozen=True)
class Size:
    """How large a province to seed."""

    people: int
    units: int

    @property
    def agencies(self) -> int:
        return max(1, self.units // (CONSTITUENTS + 1))


SIZES = {"full": Size(70_000, 1_500), "small": Size(2_000, 50), "ledger": Size(15_000, 1_500)}


def benchmark_specification() -> dict[str, Any]:
    """18 entered criteria in 3 sections (30 points), results from tasks (70), three stages."""
    stages = [
        {"key": key, "label": key, "decides": key == "evaluator", "optional": key == "endorsement"}
        for key in STAGES
    ]
    sections = [
        {
            "key": f"section-{number}", "code": f"{'I' * number}", "label": f"Nhóm {number}", "max": "10",
            "part": "common", "combination": {"kind": "sum", "expression": "", "cap": None},
            "criteria": [
                {
                    "key": f"criterion-{number}-{place}", "code": f"{'I' * number}.{place}",
                    "label": f"Tiêu chí {number}.{place}", "max": maximum,
                    "kind": {"type": "number", "max": maximum, "step": "0.25"}, "stages": list(STAGES),
                }
                for place, maximum in enumerate(("2", "2", "2", "2", "1", "1"), start=1)
            ],
        }
        for number in (1, 2, 3)
    ]  # fmt: skip
    ratios = {
        "key": "section-results", "code": "KQ", "label": "Kết quả", "max": "70", "part": "results",
        "combination": {"kind": "formula", "expression": "(a+b+c)/3*70", "cap": "70"},
        "criteria": [
            {"key": f"ratio-{code}", "code": code, "label": code, "kind": {"type": "task_ratio", "measure": measure}}
            for code, measure in (("a", "quantity"), ("b", "quality"), ("c", "progress"))
        ],
    }  # fmt: skip
    return {
        "schema_version": 1,
        "law": "nd335",
        "frame": "state",
        "parts": [
            {"key": "part-common", "code": "common", "label": "Tiêu chí chung", "max": "30"},
            {"key": "part-results", "code": "results", "label": "Kết quả", "max": "70"},
        ],
        "sections": [*sections, ratios],
        "total": {"kind": "sum", "max": "100"},
        "rounding": {"places": 2, "mode": "half_up"},
        "bands": [
            {"code": "excellent", "label": "Hoàn thành xuất sắc nhiệm vụ", "from": "90"},
            {"code": "good", "label": "Hoàn thành tốt nhiệm vụ", "from": "70"},
            {"code": "completed", "label": "Hoàn thành nhiệm vụ", "from": "50"},
            {"code": "failed", "label": "Không hoàn thành nhiệm vụ", "from": "0"},
        ],
        "stages": stages,
        "settings": {},
        "applicability": {"staff_kinds": [StaffKind.CIVIL_SERVANT]},
        "citations": {},
    }


def name_of(number: int) -> str:
    """A plausible name for a number, spread over the tables by coprime steps."""
    family = FAMILY_NAMES[number * 7 % len(FAMILY_NAMES)][0]
    middle = FEMALE_MIDDLES[number * 11 // 3 % len(FEMALE_MIDDLES)][0]
    return f"{family} {middle} {FEMALE_GIVEN[number * 13 // 5 % len(FEMALE_GIVEN)][0]}"


class Seeder:
    """Writes one province of a size; `steps` says how long each part took."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.steps: list[tuple[str, float]] = []

    def run(self) -> list[tuple[str, float]]:
        for name in (
            "units",
            "rules",
            "people",
            "grants",
            "periods",
            "cards",
            "scores",
            "tasks",
            "history",
            "results",
        ):
            started = time.perf_counter()
            with transaction.atomic():  # each part whole, so that a seed that was stopped is seen
                if connection.vendor == "postgresql":
                    # Foreign keys of rows made by SELECT hold by construction; checking 20 million takes minutes.
                    self._execute("SET LOCAL session_replication_role = replica")
                getattr(self, f"_{name}")()
            self.steps.append((name, time.perf_counter() - started))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
        return self.steps

    # --- Registers -----------------------------------------------------------------------------------------
    def _units(self) -> None:
        root = Unit.add_root(
            code="TINH",
            name="Tỉnh",
            search_text="tinh",
            block=Block.PARTY,
            level=UnitLevel.GROUPING,
            opened_on=SINCE,
        )
        rows: list[Unit] = []
        for agency in range(1, self.size.agencies + 1):
            path = Unit._get_path(root.path, 2, agency)
            rows.append(self._unit(path, 2, f"A{agency:04d}", UnitLevel.USING, CONSTITUENTS))
            rows += [
                self._unit(
                    Unit._get_path(path, 3, place), 3, f"A{agency:04d}-{place}", UnitLevel.CONSTITUENT, 0
                )
                for place in range(1, CONSTITUENTS + 1)
            ]
        Unit.objects.bulk_create(rows, batch_size=500)
        Unit.objects.filter(pk=root.pk).update(numchild=self.size.agencies)
        first = Unit.objects.filter(level=UnitLevel.USING).first()
        assert first is not None
        Unit.objects.filter(level=UnitLevel.USING).exclude(pk=first.pk).update(managing_unit=first)

    @staticmethod
    def _unit(path: str, depth: int, code: str, level: str, children: int) -> Unit:
        return Unit(
            path=path, depth=depth, numchild=children, code=code, name=f"Đơn vị {code}",
            search_text=fold(f"Đơn vị {code} {code}"), block=Block.GOVERNMENT, level=level, opened_on=SINCE,
        )  # fmt: skip

    def _rules(self) -> None:
        spec = benchmark_specification()
        plan = compile_set(spec)
        version = CriteriaVersion.objects.create(
            set_code="BENCH", number=1, page_id=0, title="Bộ đo", frame="state", effective_on=date(2026, 7, 1),
            specification=spec, sha256=digest(spec), published_at=MOMENT, published_by=0, **said_by(plan),
        )  # fmt: skip
        FrozenCriterion.objects.bulk_create(
            FrozenCriterion(
                version=version, key=criterion.key, code=criterion.code, label=criterion.label,
                section_code=criterion.section, order=criterion.index, entered=criterion.entered,
                maximum=criterion.max or Decimal(1),
            )
            for criterion in plan.criteria
        )  # fmt: skip
        root = Unit.objects.get(code="TINH")
        catalogue = Catalogue.objects.create(
            unit=root, number=1, title="Danh mục đo", state=CatalogueState.APPROVED, decision_number="1",
            decision_date=SINCE, effective_on=SINCE,
        )  # fmt: skip
        Product.objects.bulk_create(
            Product(
                catalogue=catalogue, code=f"DC.{number:02d}", scope=ProductScope.SHARED, duty=f"Việc {number}", group=1,
                frame_low=1, frame_high=100, points=number, coefficient=Decimal(number) / 5,
                search_text=f"viec {number}",
            )
            for number in range(1, 61)
        )  # fmt: skip

    def _people(self) -> None:
        units = list(Unit.objects.exclude(level=UnitLevel.GROUPING))
        position = {
            role: Position.objects.create(code=f"cv-{role}", title=f"Chức vụ {role}", role=role)
            for role in (PostRole.HEAD, PostRole.MEMBER)
        }
        total = self.size.people
        for first in range(0, total, 10_000):
            numbers = range(first, min(first + 10_000, total))
            full_names = [name_of(number) for number in numbers]
            users = User.objects.bulk_create(
                User(username=f"u{number:06d}", display_name=name, password=UNUSABLE)
                for number, name in zip(numbers, full_names, strict=True)
            )
            people = Person.objects.bulk_create(
                Person(
                    staff_code=f"CC{number:06d}", full_name=name, name_key=uuid.UUID(int=number + 1),
                    sort_key=name_sort_key(name), search_text=fold(f"{name} CC{number:06d}"),
                    kind=StaffKind.CIVIL_SERVANT, unit=units[number % len(units)], user=user,
                )
                for number, name, user in zip(numbers, full_names, users, strict=True)
            )  # fmt: skip
            Appointment.objects.bulk_create(
                Appointment(
                    person=person, unit_id=person.unit_id, starts_on=SINCE,
                    position=position[PostRole.HEAD if number < len(units) else PostRole.MEMBER],
                    role=PostRole.HEAD if number < len(units) else PostRole.MEMBER,
                )
                for number, person in zip(numbers, people, strict=True)
            )  # fmt: skip

    def _grants(self) -> None:
        heads = Appointment.objects.filter(role=PostRole.HEAD).select_related("person")
        Grant.objects.bulk_create(
            Grant(
                user_id=head.person.user_id, capability=capability, role=Role.HEAD, unit_id=head.unit_id,
                starts_on=SINCE, source=GrantSource.APPOINTMENT, appointment=head, given_by=0, given_at=MOMENT,
            )
            for head in heads
            for capability in ROLE_CAPABILITIES[Role.HEAD]
        )  # fmt: skip
        root = Unit.objects.get(code="TINH")
        policy, auditor = (
            User.objects.create(username=username, password=UNUSABLE)
            for username in ("chinh-sach", "kiem-tra")
        )
        Grant.objects.bulk_create(
            Grant(
                user=policy,
                capability=capability,
                role=Role.POLICY,
                unit=root,
                starts_on=SINCE,
                given_by=0,
                given_at=MOMENT,
            )
            for capability in ROLE_CAPABILITIES[Role.POLICY]
        )
        agencies = Unit.objects.filter(level=UnitLevel.USING).order_by("path")[
            : max(1, self.size.agencies // 3)
        ]
        Grant.objects.bulk_create(
            Grant(
                user=auditor,
                capability=Capability.AUDIT,
                role=Role.AUDITOR,
                unit=unit,
                starts_on=SINCE,
                given_by=0,
                given_at=MOMENT,
            )
            for unit in agencies
        )
        project_all(actor=system_user(), moment=MOMENT)

    def _periods(self) -> None:
        version, catalogue = CriteriaVersion.objects.get(), Catalogue.objects.get()
        root = Unit.objects.get(code="TINH")
        for number, last, state in ((7, 31, PeriodState.OPEN), (8, 31, PeriodState.DRAFT)):
            period = Period.objects.create(
                year=2026, number=number,
                starts_on=date(2026, number, 1), ends_on=date(2026, number, last),
                self_due_at=datetime(2036, 1, 5, tzinfo=UTC), evaluation_due_at=datetime(2036, 1, 10, tzinfo=UTC),
            )  # fmt: skip
            period.units.add(root)
            VersionPin.objects.create(period=period, version=version)
            if state == PeriodState.OPEN:
                CataloguePin.objects.create(period=period, catalogue=catalogue)
                Period.objects.filter(pk=period.pk).update(state=state)

    # --- The scored month ----------------------------------------------------------------------------------
    def _execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)  # without parameters a % stays a %

    def _numbers(self, most: int) -> None:
        self._execute("CREATE TEMPORARY TABLE IF NOT EXISTS bench_number (n integer PRIMARY KEY)")
        self._execute("DELETE FROM bench_number")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO bench_number VALUES (%s)", [(n,) for n in range(most)])

    def _cards(self) -> None:
        period = Period.objects.get(number=7)
        version = CriteriaVersion.objects.get()
        self._execute(
            f"""
            INSERT INTO evaluation_scorecard
              (period_id, person_id, frame, version_id, unit_id, agency_id, state, version_number, staff_kind, role,
               is_leader, position_code, position_title, unit_name, faces_citizens, appointments, evaluator_id,
               evaluator_basis, evaluator_details, endorser_id, submitted_at, without_self, evaluated_at, confirmed_at,
               notified_at, result_final_at, confirmed_basis, proposed_basis, collective)
            SELECT %s, p.id, 'state', %s, u.id, agency.id,
                   CASE WHEN p.id %% 10 = 0 THEN 'submitted' ELSE 'notified' END, 3,
                   p.kind, a.role, {self._false}, '', 'Chức vụ', u.name, {self._false}, '[]',
                   CASE WHEN head.person_id <> p.id THEN head.person_id
                        ELSE (SELECT min(other.id) FROM snippets_person other WHERE other.id <> p.id) END,
                   %s, '{{}}',
                   CASE WHEN head.person_id NOT IN (p.id, chair.person_id) AND chair.person_id <> p.id
                        THEN chair.person_id END,
                   %s, {self._false}, %s,
                   %s, CASE WHEN p.id %% 10 = 0 THEN NULL ELSE {self._moment} END, %s, '{{}}', '{{}}', '{{}}'
            FROM snippets_person p
            JOIN snippets_appointment a ON a.person_id = p.id
            JOIN snippets_unit u ON u.id = p.unit_id
            JOIN snippets_unit agency ON agency.path = substr(u.path, 1, 8)
            JOIN snippets_appointment head ON head.unit_id = u.id AND head.role = 'head'
            LEFT JOIN snippets_appointment chair ON chair.unit_id = agency.id AND chair.role = 'head'
            """,
            [period.pk, version.pk, EvaluatorBasis.UNIT_HEAD, MOMENT, MOMENT, MOMENT, MOMENT],
        )

    @property
    def _false(self) -> str:
        return "false" if connection.vendor == "postgresql" else "0"

    @property
    def _moment(self) -> str:
        return (
            "timestamptz '2026-08-09 03:00+00'"
            if connection.vendor == "postgresql"
            else "'2026-08-09 03:00:00'"
        )

    def _scores(self) -> None:
        raters = ("c.person_id", "c.evaluator_id", "COALESCE(c.endorser_id, c.evaluator_id)")
        for stage, rater in zip(STAGES, raters, strict=True):
            self._execute(
                f"""
                INSERT INTO evaluation_assessment
                  (card_id, stage, seat, rater_id, unit_id, person_id, state,
                   strengths, weaknesses, comment, submitted_at)
                SELECT c.id, '{stage}', '', {rater}, c.unit_id, c.person_id, 'submitted',
                       '', '', '', {self._moment}
                FROM evaluation_scorecard c
                """
            )
        self._execute(
            """
            INSERT INTO evaluation_score
              (assessment_id, criterion_id, unit_id, person_id, value, choice, grounds)
            SELECT a.id, f.id, a.unit_id, a.person_id,
                   f.maximum - 0.25 * ((a.person_id * 7 + f.id * 13 + length(a.stage)) % 5), '', ''
            FROM evaluation_assessment a CROSS JOIN criteria_pages_frozencriterion f
            WHERE f.maximum > 0 AND f.key LIKE 'criterion-%'
            """
        )

    def _tasks(self) -> None:
        self._numbers(TASKS)
        self._execute(
            """
            INSERT INTO evaluation_task
              (period_id, person_id, unit_id, product_id, kind, state, code, name, coefficient, catalogue_version,
               part_label, share, assigned, due_on, completed, completed_on, in_time, in_time_on,
               confirmed_before, accepted, handed_over,
               role, priority, difficulty, quality, evidence_number, note, version_number)
            SELECT c.period_id, c.person_id, c.unit_id, p.id, 'planned', 'confirmed', p.code, p.duty, p.coefficient,
                   'Danh mục đo (1)', '', 1, 1 + n.n % 4, '2026-07-20', 1 + n.n % 4 - (c.person_id + n.n) % 2,
                   '2026-07-18', 1 + n.n % 4 - (c.person_id + n.n) % 2, '2026-07-18',
                   0, 1 + n.n % 4 - (c.person_id + n.n) % 2, 0, '', '', '', '', 'VB', '', 3
            FROM evaluation_scorecard c CROSS JOIN bench_number n
            JOIN snippets_product p ON p.id = (SELECT min(id) FROM snippets_product) + (c.person_id * 3 + n.n * 7) % 60
            """
        )

    def _history(self) -> None:
        for table in (
            "evaluation_scorecard", "evaluation_assessment", "evaluation_score", "evaluation_task", "snippets_person",
            "snippets_appointment", "snippets_unit",
        ):  # fmt: skip
            self._copy_history(table)

    def _copy_history(self, table: str) -> None:
        """One “created” history row for each row, by INSERT … SELECT over the columns both tables have."""
        app, model = table.split("_", 1)
        target = f"{app}_historical{model}"
        with connection.cursor() as cursor:
            columns = {
                column.name for column in connection.introspection.get_table_description(cursor, table)
            }
            kept = [
                column.name
                for column in connection.introspection.get_table_description(cursor, target)
                if column.name in columns
            ]
        names = ", ".join(f'"{name}"' for name in kept)
        request = "'00000000000000000000000000000001'"
        if connection.vendor == "postgresql":
            request = "uuid '00000000-0000-0000-0000-000000000001'"
        self._execute(
            f"INSERT INTO {target} ({names}, history_date, history_type, history_user_id, history_request_id) "
            f"SELECT {names}, {self._moment}, '+', 1, {request} FROM {table}"
        )

    def _results(self) -> None:
        self._execute("ANALYZE")  # the planner has not seen the rows of this run yet
        period = Period.objects.get(number=7)
        for stage in ("self", "evaluator"):
            recompute_period(actor=system_user(), moment=MOMENT, period=period, stage=stage)
