"""What one item of the library may be: a scale, a table of bands, a document, or a criterion of any kind.

These are the very blocks of a criteria set: a scale has the fields in which a criterion says its levels or values.
"""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .kinds import ChoiceCriterionBlock, LevelsBlock
from .rules import BandsBlock, DocumentBlock
from .structure import CriteriaBlock

FOR_CRITERIA, FOR_SETS = _("For criteria"), _("For the whole set")


class LevelScaleBlock(blocks.StructBlock):
    """Described levels, without a criterion."""

    unit = LevelsBlock.base_blocks["unit"]
    levels = LevelsBlock.base_blocks["levels"]
    step = LevelsBlock.base_blocks["step"]

    class Meta:
        icon = "list-ol"
        label = _("Scale of levels")


class ChoiceScaleBlock(blocks.StructBlock):
    """The values of a choice, without a criterion."""

    unit = ChoiceCriterionBlock.base_blocks["unit"]
    options = ChoiceCriterionBlock.base_blocks["options"]

    class Meta:
        icon = "radio-full"
        label = _("Scale of values")


class LibraryBlock(CriteriaBlock):
    """Exactly one of them."""

    level_scale = LevelScaleBlock(group=FOR_CRITERIA)
    choice_scale = ChoiceScaleBlock(group=FOR_CRITERIA)
    bands = BandsBlock(group=FOR_SETS, label=_("Table of bands"), icon="list-ol")
    document = DocumentBlock(group=FOR_SETS)

    class Meta:
        max_num = 1
        collapsed = False


# Block of a scale → the kind of criterion whose fields it has.
SCALES = {"level_scale": "levels", "choice_scale": "choice"}
