"""What a criteria set means: specification and inputs in, an exact result with its trace out.

Plain Python at the bottom of the ladder: imports the standard library only, and is imported by the rulebook
(checking and freezing), by evaluation (scoring) and by the doors. Nobody else does arithmetic on scores.
"""

from kpi_cms.foundation.engine.absent import MAY_NOT_APPLY, NOT_ARISEN
from kpi_cms.foundation.engine.aggregation import PeriodScore
from kpi_cms.foundation.engine.authoring import check_authored, zero_divisions
from kpi_cms.foundation.engine.bands import Standing
from kpi_cms.foundation.engine.calendars import Calendar
from kpi_cms.foundation.engine.canonical import canonical_json, digest
from kpi_cms.foundation.engine.checking import check_specification
from kpi_cms.foundation.engine.compile import CompiledSet, compile_set
from kpi_cms.foundation.engine.compiled import CompiledCriterion, CompiledPart, CompiledSection
from kpi_cms.foundation.engine.exact import decimal_text, parse_decimal
from kpi_cms.foundation.engine.facts import Fact
from kpi_cms.foundation.engine.formula_excel import excel
from kpi_cms.foundation.engine.formulas import FormulaError
from kpi_cms.foundation.engine.gates import Rating
from kpi_cms.foundation.engine.inputs import CardInputs, Said
from kpi_cms.foundation.engine.others import APPROVED, FIELD, SUBORDINATES, UNIT, UNITS
from kpi_cms.foundation.engine.people import ManagedPeople, points_counted, tally
from kpi_cms.foundation.engine.problems import N_, EntryError, Problem, ScoringError, SpecificationError
from kpi_cms.foundation.engine.quota import Allowed, Candidate, Choice, QuotaCounts, choose
from kpi_cms.foundation.engine.raters import Rater, stage_and_seat, voice_of
from kpi_cms.foundation.engine.rating import Combined
from kpi_cms.foundation.engine.rounding import round_half_up
from kpi_cms.foundation.engine.schema import SCHEMA_VERSION, SCHEMA_VERSIONS, needed_version
from kpi_cms.foundation.engine.scoring import Outcome
from kpi_cms.foundation.engine.specification import AGENCY_HEAD, DIRECT_HEAD, Settings
from kpi_cms.foundation.engine.spread import Distance, Grade, Spread, distance_of, spread_of, unused
from kpi_cms.foundation.engine.steps import Step
from kpi_cms.foundation.engine.task_points import QUALITY, SAID, Asked, PointTask
from kpi_cms.foundation.engine.tasks import Deduction, TaskInput, TaskTotals, TaskUnits
from kpi_cms.foundation.engine.vectors import check_period, check_quota, check_vector

__all__ = [
    "AGENCY_HEAD",
    "APPROVED",
    "DIRECT_HEAD",
    "FIELD",
    "MAY_NOT_APPLY",
    "NOT_ARISEN",
    "N_",
    "QUALITY",
    "SAID",
    "SCHEMA_VERSION",
    "SCHEMA_VERSIONS",
    "SUBORDINATES",
    "UNIT",
    "UNITS",
    "Allowed",
    "Asked",
    "Calendar",
    "Candidate",
    "CardInputs",
    "Choice",
    "Combined",
    "CompiledCriterion",
    "CompiledPart",
    "CompiledSection",
    "CompiledSet",
    "Deduction",
    "Distance",
    "EntryError",
    "Fact",
    "FormulaError",
    "Grade",
    "ManagedPeople",
    "Outcome",
    "PeriodScore",
    "PointTask",
    "Problem",
    "QuotaCounts",
    "Rater",
    "Rating",
    "Said",
    "ScoringError",
    "Settings",
    "SpecificationError",
    "Spread",
    "Standing",
    "Step",
    "TaskInput",
    "TaskTotals",
    "TaskUnits",
    "canonical_json",
    "check_authored",
    "check_period",
    "check_quota",
    "check_specification",
    "check_vector",
    "choose",
    "compile_set",
    "decimal_text",
    "digest",
    "distance_of",
    "excel",
    "needed_version",
    "parse_decimal",
    "points_counted",
    "round_half_up",
    "spread_of",
    "stage_and_seat",
    "tally",
    "unused",
    "voice_of",
    "zero_divisions",
]
