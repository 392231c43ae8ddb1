"""Registers for tests: written straight into the tables, so a test of the domain begins where the domain does not."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.text import fold, name_sort_key
from snippets.domain.projection import project
from snippets.enums import (
    ROLE_CAPABILITIES,
    Block,
    CatalogueState,
    GrantSource,
    PeriodKind,
    PeriodState,
    PostRole,
    ProductScope,
    StaffKind,
    UnitLevel,
)
from snippets.models import (
    Appointment,
    Catalogue,
    Grant,
    JobPosition,
    ParticipatingUnit,
    Period,
    Person,
    Position,
    Product,
    Unit,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LONG_AGO = date(2025, 7, 1)


class UserFactory(DjangoModelFactory[User]):
    """An account that can sign in; `.inactive` cannot."""

    class Meta:
        model = User

    class Params:
        inactive = factory.Trait(is_active=False)

    username = factory.Sequence(lambda n: f"TK{n:04d}")
    display_name = "Hồ Thị Thử"
    is_active = True


class UnitFactory(DjangoModelFactory[Unit]):
    """A constituent unit below `parent`, or a top of the tree; `.using`, `.grouping`, `.closed`."""

    class Meta:
        model = Unit

    class Params:
        using = factory.Trait(level=UnitLevel.USING)
        grouping = factory.Trait(level=UnitLevel.GROUPING)
        closed = factory.Trait(closed_on=date(2026, 1, 1))

    parent: Any = None
    code = factory.Sequence(lambda n: f"DV{n:04d}")
    name = factory.LazyAttribute(lambda unit: f"Đơn vị {unit.code}")
    search_text = factory.LazyAttribute(lambda unit: fold(f"{unit.code} {unit.name}"))
    block = Block.GOVERNMENT
    level = UnitLevel.CONSTITUENT
    opened_on = LONG_AGO

    @classmethod
    def _create(cls, model_class: type[Unit], *args: Any, **kwargs: Any) -> Unit:
        parent = kwargs.pop("parent", None)
        unit = model_class(**kwargs)
        if parent is None:
            model_class.add_root(instance=unit)
        else:
            Unit.objects.get(pk=parent.pk).add_child(instance=unit)
        return unit


class PositionFactory(DjangoModelFactory[Position]):
    class Meta:
        model = Position

    class Params:
        head = factory.Trait(role=PostRole.HEAD)
        deputy = factory.Trait(role=PostRole.DEPUTY)

    code = factory.Sequence(lambda n: f"CV{n:04d}")
    title = factory.LazyAttribute(lambda position: f"Chức vụ {position.code}")
    role = PostRole.MEMBER
    search_text = factory.LazyAttribute(lambda position: fold(f"{position.code} {position.title}"))


class JobPositionFactory(DjangoModelFactory[JobPosition]):
    class Meta:
        model = JobPosition

    class Params:
        facing_citizens = factory.Trait(faces_citizens=True)

    code = factory.Sequence(lambda n: f"VT{n:04d}")
    title = factory.LazyAttribute(lambda job: f"Vị trí {job.code}")
    search_text = factory.LazyAttribute(lambda job: fold(f"{job.code} {job.title}"))


class PersonFactory(DjangoModelFactory[Person]):
    """A civil servant of `unit`; `.with_account` can sign in."""

    class Meta:
        model = Person

    class Params:
        with_account = factory.Trait(
            user=factory.SubFactory(
                UserFactory,
                username=factory.SelfAttribute("..staff_code"),
                display_name=factory.SelfAttribute("..full_name"),
            )
        )

    staff_code = factory.Sequence(lambda n: f"NV{n:05d}")
    full_name = "Nguyễn Thị Thử Nghiệm"
    sort_key = factory.LazyAttribute(lambda person: name_sort_key(person.full_name))
    search_text = factory.LazyAttribute(lambda person: fold(f"{person.full_name} {person.staff_code}"))
    kind = StaffKind.CIVIL_SERVANT
    unit = factory.SubFactory(UnitFactory)


class AppointmentFactory(DjangoModelFactory[Appointment]):
    """A main appointment in the person's unit since long ago; `.head`, `.deputy`, `.acting_head`, `.secondary`."""

    class Meta:
        model = Appointment

    class Params:
        head = factory.Trait(role=PostRole.HEAD)
        deputy = factory.Trait(role=PostRole.DEPUTY)
        acting_head = factory.Trait(role=PostRole.HEAD, acting=True)
        secondary = factory.Trait(is_main=False)

    person = factory.SubFactory(PersonFactory)
    unit = factory.SelfAttribute("person.unit")
    position = factory.SubFactory(PositionFactory)
    role = PostRole.MEMBER
    starts_on = LONG_AGO


class CatalogueFactory(DjangoModelFactory[Catalogue]):
    """A draft; `.sent`, `.approved` (decision 01/QĐ of 01/07/2026, in effect from that day)."""

    class Meta:
        model = Catalogue

    class Params:
        sent = factory.Trait(state=CatalogueState.SENT)
        approved = factory.Trait(
            state=CatalogueState.APPROVED,
            decision_number="01/QĐ",
            decision_date=date(2026, 7, 1),
            signer="Lê Văn Ký",
            effective_on=date(2026, 7, 1),
        )

    unit = factory.SubFactory(UnitFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = "Danh mục sản phẩm, công việc"
    search_text = factory.LazyAttribute(lambda catalogue: fold(catalogue.title))


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    catalogue = factory.SubFactory(CatalogueFactory)
    code = factory.Sequence(lambda n: f"DC{n:03d}")
    scope = ProductScope.SHARED
    duty = "Soạn thảo văn bản"
    work = "Soạn thảo văn bản hành chính thông thường"
    output = "Văn bản được ban hành"
    group = 1
    frame_low = Decimal(1)
    frame_high = Decimal(10)
    points = Decimal(5)
    coefficient = Decimal("1.00")
    search_text = factory.LazyAttribute(lambda product: fold(f"{product.code} {product.duty}"))


class PeriodFactory(DjangoModelFactory[Period]):
    """July 2026, being prepared; `units=[…]` take part."""

    class Meta:
        model = Period
        skip_postgeneration_save = True

    kind = PeriodKind.MONTH
    year = 2026
    number = 7
    starts_on = date(2026, 7, 1)
    ends_on = date(2026, 7, 31)
    self_due_at = datetime(2026, 7, 29, 17, 0, tzinfo=HANOI)
    evaluation_due_at = datetime(2026, 8, 5, 17, 0, tzinfo=HANOI)
    state = PeriodState.DRAFT
    closed_at = factory.LazyAttribute(
        lambda made: made.evaluation_due_at if made.state == PeriodState.CLOSED else None
    )

    @factory.post_generation
    def units(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        for unit in extracted or ():
            ParticipatingUnit.objects.create(period=self, unit=unit)


class GrantFactory(DjangoModelFactory[Grant]):
    """One capability in force. Its projection is not made here: see `hold`."""

    class Meta:
        model = Grant

    user = factory.SubFactory(UserFactory)
    unit = factory.SubFactory(UnitFactory)
    capability = "manage_people"
    starts_on = LONG_AGO
    given_by = 0
    given_at = datetime(2025, 7, 1, tzinfo=HANOI)


class DelegationFactory(GrantFactory):
    """What somebody absent left to another: give `delegated_from`, the rest follows from it."""

    source = GrantSource.DELEGATION
    unit = factory.SelfAttribute("delegated_from.unit")
    capability = factory.SelfAttribute("delegated_from.capability")
    given_by = factory.SelfAttribute("delegated_from.user_id")
    ends_on = date(2030, 12, 31)


def hold(user: User, unit: Unit, *capabilities: str, on: datetime | None = None) -> User:
    """Let an account hold capabilities on a unit today, projected as the product does it."""
    from django.utils import timezone

    for capability in capabilities:
        GrantFactory(user=user, unit=unit, capability=capability)
    project(user, moment=on or timezone.now())
    return user


def holder(unit: Unit, *capabilities: str, **account: Any) -> User:
    """A new account that holds capabilities on a unit."""
    return hold(UserFactory(**account), unit, *capabilities)


def in_role(unit: Unit, role: str, **account: Any) -> User:
    """A new account that holds a role on a unit."""
    return holder(unit, *ROLE_CAPABILITIES[role], **account)
