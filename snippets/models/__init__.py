"""Public door of the registers' tables. Everything above may import from here; nothing here imports upward."""

from .calendar import CalendarDay
from .catalogue import Catalogue, Product
from .grants import Grant, UnitUserObjectPermission
from .organisation import Unit
from .people import Appointment, EvaluatorDecision, FieldAssignment, JobPosition, Person, Position
from .periods import ParticipatingUnit, Period

__all__ = [
    "Appointment",
    "CalendarDay",
    "Catalogue",
    "EvaluatorDecision",
    "FieldAssignment",
    "Grant",
    "JobPosition",
    "ParticipatingUnit",
    "Period",
    "Person",
    "Position",
    "Product",
    "Unit",
    "UnitUserObjectPermission",
]
