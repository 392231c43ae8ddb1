"""A small world written straight into the tables: two agencies, a department each, one version, one open month.

For tests of the rooms above the registers. What the registers' own verbs do is tested in tests/snippets.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from criteria_pages.domain.publishing import said_by
from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.models import CataloguePin, Scorecard, VersionPin
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.text import fold, name_sort_key
from kpi_cms.foundation.engine import canonical_json, compile_set, digest
from snippets.enums import Block, CatalogueState, PeriodState, PostRole, ProductScope, StaffKind, UnitLevel
from snippets.models import Appointment, Catalogue, Period, Person, Position, Product, Unit
from tests.foundation.engine import specs

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 7, 1), date(2026, 7, 31)
SINCE = date(2025, 7, 1)


def unit(
    code: str,
    *,
    parent: Unit | None,
    level: UnitLevel,
    block: Block = Block.GOVERNMENT,
    managing: Unit | None = None,
) -> Unit:
    """A unit of the tree."""
    values = {
        "code": code,
        "name": f"Đơn vị {code}",
        "search_text": fold(f"Đơn vị {code} {code}"),
        "block": block,
        "level": level,
        "managing_unit": managing,
        "opened_on": SINCE,
    }
    if parent is None:
        return Unit.add_root(**values)
    return Unit.objects.get(pk=parent.pk).add_child(**values)


def name_key(code: str, name: str) -> uuid.UUID:
    """The world names people past the register: no text stands behind the key, unless a test puts one there."""
    return uuid.uuid4()


def person(
    code: str,
    name: str,
    at: Unit,
    *,
    role: PostRole = PostRole.MEMBER,
    kind: StaffKind = StaffKind.CIVIL_SERVANT,
) -> Person:
    """A person with an account of the same name and one main appointment since 2025."""
    user = User.objects.create(username=code.lower(), display_name=name)
    made = Person.objects.create(
        staff_code=code,
        full_name=name,
        sort_key=name_sort_key(name),
        search_text=fold(f"{name} {code}"),
        kind=kind,
        unit=at,
        user=user,
        name_key=name_key(code, name),
    )
    appoint(made, at, role=role)
    return made


def appoint(who: Person, at: Unit, *, role: PostRole, main: bool = True, **more: Any) -> Appointment:
    position, _created = Position.objects.get_or_create(
        code=f"cv-{role}", defaults={"title": f"Chức vụ {role}", "role": role}
    )
    return Appointment.objects.create(
        person=who, unit=at, position=position, role=role, is_main=main, starts_on=SINCE, **more
    )


def version(spec: dict[str, Any], code: str, *, number: int = 1, frame: str = "state") -> CriteriaVersion:
    """A frozen version of a specification."""
    compiled = compile_set(spec)
    made = CriteriaVersion.objects.create(
        set_code=code,
        number=number,
        page_id=1,
        title=f"Bộ {code}",
        frame=frame,
        effective_on=FIRST,
        specification=spec,
        sha256=digest(spec),
        **said_by(compiled),
        published_at=MOMENT,
        published_by=0,
    )
    assert canonical_json(spec)
    FrozenCriterion.objects.bulk_create(
        FrozenCriterion(
            version=made,
            key=criterion.key,
            code=criterion.code,
            label=criterion.label,
            section_code=criterion.section,
            order=criterion.index,
            entered=criterion.entered,
            maximum=criterion.max or Decimal(1),
        )
        for criterion in compiled.criteria
    )
    FrozenCriterion.objects.bulk_create(
        FrozenCriterion(
            version=made, key=fact.key, code=fact.code, label=fact.label, section_code="",
            order=len(compiled.criteria) + number, entered=False, maximum=1, is_fact=True,
        )
        for number, fact in enumerate(compiled.specification.facts)
    )  # fmt: skip
    return made


def staff_spec(**more: Any) -> dict[str, Any]:
    return specs.staff() | {"applicability": {"staff_kinds": ["cong_chuc"], "leader": False}} | more


def leader_spec(**more: Any) -> dict[str, Any]:
    return specs.leader() | {"applicability": {"staff_kinds": ["cong_chuc"], "leader": True}} | more


@dataclass
class World:
    """Agency A with department A1 (head Hà, deputy Dũng, staff Lan and Minh), chaired by Chí; agency B beside it."""

    root: Unit
    agency: Unit
    department: Unit
    other_agency: Unit
    other_department: Unit
    chair: Person
    head: Person
    deputy: Person
    lan: Person
    minh: Person
    other_head: Person
    stranger: Person
    period: Period
    staff: CriteriaVersion
    leaders: CriteriaVersion
    product: Product
    extra: dict[str, Any] = field(default_factory=dict)

    def card(self, who: Person) -> Scorecard:
        return Scorecard.objects.with_context().get(period=self.period, person=who)


def build() -> World:
    """Everything up to a draft period with its versions and catalogue pinned; no cards yet."""
    root = unit("TINH", parent=None, level=UnitLevel.GROUPING)
    manager = unit("QUAN-LY", parent=root, level=UnitLevel.USING)
    agency = unit("A", parent=root, level=UnitLevel.USING, managing=manager)
    department = unit("A1", parent=agency, level=UnitLevel.CONSTITUENT)
    other = unit("B", parent=root, level=UnitLevel.USING, managing=manager)
    other_department = unit("B1", parent=other, level=UnitLevel.CONSTITUENT)
    boss = person("CC000", "Lê Văn Quản", manager, role=PostRole.HEAD)
    chair = person("CC001", "Trần Đức Chí", agency, role=PostRole.HEAD)
    head = person("CC002", "Nguyễn Thị Hà", department, role=PostRole.HEAD)
    deputy = person("CC003", "Phạm Tiến Dũng", department, role=PostRole.DEPUTY)
    lan = person("CC004", "Hồ Thị Lan", department)
    minh = person("CC005", "Võ Quang Minh", department)
    other_head = person("CC101", "Đặng Văn Đông", other_department, role=PostRole.HEAD)
    stranger = person("CC102", "Bùi Thị Xa", other_department)
    period = Period.objects.create(
        year=2026,
        number=7,
        starts_on=FIRST,
        ends_on=LAST,
        self_due_at=datetime(2026, 8, 5, 17, tzinfo=UTC),
        evaluation_due_at=datetime(2026, 8, 10, 17, tzinfo=UTC),
    )
    period.units.add(agency, other)
    staff, leaders = version(staff_spec(), "NV"), version(leader_spec(), "LD")
    VersionPin.objects.bulk_create([VersionPin(period=period, version=pinned) for pinned in (staff, leaders)])
    catalogue = Catalogue.objects.create(
        unit=root,
        number=1,
        title="Danh mục",
        state=CatalogueState.APPROVED,
        decision_number="01/QĐ",
        decision_date=FIRST,
        effective_on=FIRST,
    )
    product = Product.objects.create(
        catalogue=catalogue,
        code="DC.01",
        scope=ProductScope.SHARED,
        duty="Soạn thảo văn bản",
        group=1,
        frame_low=1,
        frame_high=10,
        points=10,
        coefficient=2,
    )
    CataloguePin.objects.create(period=period, catalogue=catalogue)
    return World(
        root,
        agency,
        department,
        other,
        other_department,
        chair,
        head,
        deputy,
        lan,
        minh,
        other_head,
        stranger,
        period,
        staff,
        leaders,
        product,
        {"boss": boss, "manager": manager},
    )


def open_month(world: World) -> None:
    """Mark the period open and make its cards as opening does."""
    from kpi_cms.evaluation.domain import opening
    from kpi_cms.evaluation.domain.evaluators import Organisation
    from kpi_cms.evaluation.domain.planning import plan_opening
    from kpi_cms.foundation.accounts.domain import system_user
    from kpi_cms.foundation.core.actor import as_actor

    with as_actor(system_user(), MOMENT):
        plan = plan_opening(world.period)
        opening._make_batch(world.period, Organisation(LAST), plan.cards)
    Period.objects.filter(pk=world.period.pk).update(state=PeriodState.OPEN, opened_at=MOMENT)
    world.period.refresh_from_db()


def opened(world: World) -> World:
    """The same world, with its month open."""
    open_month(world)
    return world
