"""Two units side by side with one record of every register in each; what stands next door carries a mark."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model

from kpi_cms.foundation.access.viewsets import GuardedViewSet
from snippets.models import (
    Appointment,
    Catalogue,
    EvaluatorDecision,
    FieldAssignment,
    Grant,
    Period,
    Person,
    Product,
    Unit,
)
from tests.factories.snippets import (
    LONG_AGO,
    AppointmentFactory,
    CatalogueFactory,
    GrantFactory,
    PeriodFactory,
    PersonFactory,
    PositionFactory,
    ProductFactory,
    UnitFactory,
    UserFactory,
)

MARK = "BIMAT"
SCOPED = (
    Unit,
    Person,
    Appointment,
    FieldAssignment,
    EvaluatorDecision,
    Catalogue,
    Product,
    Period,
    Grant,
)


def viewset(model: type[Model]) -> GuardedViewSet:
    return model.snippet_viewset  # type: ignore[attr-defined]  # set when registered


@dataclass
class Side:
    """One unit and its records, by model."""

    unit: Unit
    records: dict[type[Model], Any]


def side(root: Unit, mark: str, number: int) -> Side:
    unit = UnitFactory(parent=root, using=True, code=f"{mark}-{number}", name=f"Đơn vị {mark}")
    person = PersonFactory(
        unit=unit, full_name=f"Người {mark}", staff_code=f"{mark}{number}", with_account=True
    )
    other = PersonFactory(unit=unit, full_name=f"Khác {mark}", staff_code=f"{mark}X{number}")
    catalogue = CatalogueFactory(unit=unit, title=f"Danh mục {mark}")
    records = {
        Unit: unit,
        Person: person,
        Appointment: AppointmentFactory(person=person, position=PositionFactory(title=f"Chức {number}")),
        FieldAssignment: FieldAssignment.objects.create(
            person=person, unit=unit, starts_on=LONG_AGO, decision_number=f"QĐ {mark}"
        ),
        EvaluatorDecision: EvaluatorDecision.objects.create(
            person=person, evaluator=other, starts_on=LONG_AGO, decision_number=f"QĐ {mark}"
        ),
        Catalogue: catalogue,
        Product: ProductFactory(catalogue=catalogue, code=f"{mark}{number}", duty=f"Nhiệm vụ {mark}"),
        Period: PeriodFactory(units=[unit], number=number),
        Grant: GrantFactory(unit=unit, user=UserFactory(username=f"tk-{mark}-{number}"), capability="audit"),
    }
    return Side(unit, records)


@dataclass
class World:
    root: Unit
    own: Side
    next_door: Side


@pytest.fixture
def world(db: None) -> World:
    root = UnitFactory(grouping=True, code="TINH", name="Tỉnh")
    return World(root, side(root, "CUAMINH", 1), side(root, MARK, 2))
