"""What a criteria set means: specification and inputs in, an exact result with its trace out.

Plain Python at the bottom of the ladder: imports the standard library only, and is imported by the rulebook
(checking and freezing), by evaluation (scoring) and by the doors. Nobody else does arithmetic on scores.
"""

from kpi_cms.foundation.engine.canonical import canonical_json, digest
from kpi_cms.foundation.engine.checking import check_specification
from kpi_cms.foundation.engine.compile import CompiledSet, compile_set
from kpi_cms.foundation.engine.compiled import CompiledCriterion, CompiledPart, CompiledSection
from kpi_cms.foundation.engine.exact import decimal_text, parse_decimal
from kpi_cms.foundation.engine.formulas import FormulaError
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.people import ManagedPeople, tally
from kpi_cms.foundation.engine.problems import N_, EntryError, Problem, ScoringError, SpecificationError
from kpi_cms.foundation.engine.rounding import round_half_up
from kpi_cms.foundation.engine.scoring import Outcome
from kpi_cms.foundation.engine.specification import SCHEMA_VERSION, Settings
from kpi_cms.foundation.engine.tasks import Deduction, TaskInput, TaskTotals, TaskUnits
from kpi_cms.foundation.engine.trace import Step
from kpi_cms.foundation.engine.vectors import check_vector

__all__ = [
    "N_",
    "SCHEMA_VERSION",
    "CardInputs",
    "CompiledCriterion",
    "CompiledPart",
    "CompiledSection",
    "CompiledSet",
    "Deduction",
    "EntryError",
    "FormulaError",
    "ManagedPeople",
    "Outcome",
    "Problem",
    "ScoringError",
    "Settings",
    "SpecificationError",
    "Step",
    "TaskInput",
    "TaskTotals",
    "TaskUnits",
    "canonical_json",
    "check_specification",
    "check_vector",
    "compile_set",
    "decimal_text",
    "digest",
    "parse_decimal",
    "round_half_up",
    "tally",
]
