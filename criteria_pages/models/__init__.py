"""Public door of the rulebook's tables."""

from .versions import CriteriaVersion, FrozenCriterion

__all__ = ["CriteriaVersion", "FrozenCriterion"]
