"""The typed blocks a criteria set is written in. A block's id is the stable key of what it describes.

A new scoring kind is one more subclass of `CriterionBlock`, its place in `CriteriaBlock`, and its reading in
`domain/kind_blocks.py`. Required fields are asked for when the set is checked or issued, not while it is drafted.
"""

from .examples import ExamplesBlock
from .rules import (
    BandsBlock,
    DocumentsBlock,
    FactsBlock,
    GatesBlock,
    LongerPeriodsBlock,
    QuotasBlock,
    RatersBlock,
    StagesBlock,
    StepClausesBlock,
)
from .structure import CriteriaBlock, PartsBlock

__all__ = [
    "BandsBlock",
    "CriteriaBlock",
    "DocumentsBlock",
    "ExamplesBlock",
    "FactsBlock",
    "GatesBlock",
    "LongerPeriodsBlock",
    "PartsBlock",
    "QuotasBlock",
    "RatersBlock",
    "StagesBlock",
    "StepClausesBlock",
]
