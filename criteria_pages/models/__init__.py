"""Public door of the rulebook's tables."""

from .pages import CriteriaIndexPage, CriteriaSetPage
from .versions import CriteriaVersion, FrozenCriterion

__all__ = ["CriteriaIndexPage", "CriteriaSetPage", "CriteriaVersion", "FrozenCriterion"]
