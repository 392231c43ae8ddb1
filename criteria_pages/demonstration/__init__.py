"""Three complete criteria sets for the demonstration: Decree 335 for staff and for leaders, a Party form for cán bộ;
and a library to begin others from.
"""

from .library import load_library
from .loader import draft_of, load_sets
from .sets import DANG_17, ND335_LD, ND335_NV, SETS

__all__ = ["DANG_17", "ND335_LD", "ND335_NV", "SETS", "draft_of", "load_library", "load_sets"]
