"""Groups that several rules name."""

from kpi_cms.evaluation.enums import Relation
from snippets.enums import PeriodState

EVALUATING = (Relation.EVALUATOR, Relation.DELEGATE)
CONCERNED = (Relation.OWN, *EVALUATING, Relation.ENDORSER, Relation.COLLECTIVE)
OPEN = (PeriodState.OPEN,)
