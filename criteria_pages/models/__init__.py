"""Public door of the rulebook's tables."""

from .approval import ApprovalTask
from .library import LibraryItem
from .pages import CriteriaIndexPage, CriteriaSetPage
from .versions import CriteriaVersion, FrozenCriterion

__all__ = [
    "ApprovalTask",
    "CriteriaIndexPage",
    "CriteriaSetPage",
    "CriteriaVersion",
    "FrozenCriterion",
    "LibraryItem",
]
