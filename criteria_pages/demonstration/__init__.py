"""Three complete criteria sets for the demonstration: Decree 335 for staff and for leaders, a Party form for cán bộ."""

from .loader import draft_of, load_sets
from .sets import DANG_17, ND335_LD, ND335_NV, SETS

__all__ = ["DANG_17", "ND335_LD", "ND335_NV", "SETS", "draft_of", "load_sets"]
