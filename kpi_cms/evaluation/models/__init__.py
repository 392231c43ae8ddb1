"""Public door of the evaluation's tables."""

from .assessment import Assessment
from .evidence import Evidence, EvidenceUsage
from .feedback import CriterionFeedback
from .pin import CalendarPin, CataloguePin, VersionPin
from .reopening import Reopening
from .result import CardResult
from .score import Score
from .scorecard import Scorecard
from .task import Delay, Fault, ObjectiveCause, Task
from .total import PublishedSpread, PublishedTotals
from .unit_result import UnitResult

__all__ = [
    "Assessment",
    "CalendarPin",
    "CardResult",
    "CataloguePin",
    "CriterionFeedback",
    "Delay",
    "Evidence",
    "EvidenceUsage",
    "Fault",
    "ObjectiveCause",
    "PublishedSpread",
    "PublishedTotals",
    "Reopening",
    "Score",
    "Scorecard",
    "Task",
    "UnitResult",
    "VersionPin",
]
