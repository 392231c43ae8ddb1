"""Public door of the rulebook's tables."""

from .library import LibraryItem
from .pages import CriteriaIndexPage, CriteriaSetPage
from .versions import CriteriaVersion, FrozenCriterion

__all__ = ["CriteriaIndexPage", "CriteriaSetPage", "CriteriaVersion", "FrozenCriterion", "LibraryItem"]
