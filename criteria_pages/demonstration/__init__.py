"""Complete criteria sets for the demonstration: Decree 335 for staff and for leaders, a Party form for cán bộ, and one
for a quarter with a collective and gates; and a library to begin others from.
"""

from .library import load_library
from .loader import SETS, draft_of, load_sets
from .quarter import DANG_QUY
from .sets import DANG_17, ND335_LD, ND335_NV

__all__ = [
    "DANG_17", "DANG_QUY", "ND335_LD", "ND335_NV", "SETS", "draft_of", "load_library", "load_sets",
]  # fmt: skip
