"""Public door: people are registered, appointed, transferred, imported and given accounts here, and nowhere else.

Direction inside: imports → plan → accounts; leaving → appointments → heads; all → records.
"""

from .accounts import create_account_for, deactivate_account, reset_account, unlock_account
from .appointments import appoint, end_appointment, settle_units, transfer
from .decisions import assign_field, decide_evaluator, end_evaluator_decision, end_field
from .imports import PeopleImportResult, apply_people_import
from .leaving import correct_leaving, leave_service
from .plan import Change, PeoplePlan, PersonRow, PlannedPerson, Problem, plan_people_import
from .records import change_person, register_person

__all__ = [
    "Change",
    "PeopleImportResult",
    "PeoplePlan",
    "PersonRow",
    "PlannedPerson",
    "Problem",
    "apply_people_import",
    "appoint",
    "assign_field",
    "change_person",
    "correct_leaving",
    "create_account_for",
    "deactivate_account",
    "decide_evaluator",
    "end_appointment",
    "end_evaluator_decision",
    "end_field",
    "leave_service",
    "plan_people_import",
    "register_person",
    "reset_account",
    "settle_units",
    "transfer",
    "unlock_account",
]
