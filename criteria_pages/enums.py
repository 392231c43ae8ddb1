"""Choices of a criteria set, as its author meets them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Law(models.TextChoices):
    """Whose constants the set must keep: they are checked when it is issued."""

    ND335 = "nd335", _("Decree 335/2025/NĐ-CP")
    NONE = "", _("None: the set brings its own")


class PartCode(models.TextChoices):
    COMMON = "common", _("Common criteria")
    RESULTS = "results", _("Task results")


class Combination(models.TextChoices):
    """How the criteria of a section make its points."""

    SUM = "sum", _("Sum of the criteria")
    CAPPED_SUM = "capped_sum", _("Sum of the criteria, capped")
    WEIGHTED_MEAN = "weighted_mean", _("Mean of the criteria by their weights")
    FORMULA = "formula", _("Formula")


class TotalKind(models.TextChoices):
    SUM = "sum", _("Sum of the parts")
    FORMULA = "formula", _("Formula")


class ChoiceUnit(models.TextChoices):
    PERCENT = "percent", _("Per cent")
    POINTS = "points", _("Points")


class Measure(models.TextChoices):
    """The three ratios of Đ14.2."""

    QUANTITY = "quantity", _("Quantity (a)")
    QUALITY = "quality", _("Quality (b)")
    PROGRESS = "progress", _("Progress (c)")


class Condition(models.TextChoices):
    """Which posts a wording is for (Annex I, 2.d)."""

    FACES_CITIZENS = "faces_citizens", _("Posts that face citizens and businesses")
    OTHERS = "not_faces_citizens", _("Posts that do not face citizens and businesses")


class StageName(models.TextChoices):
    """Who scores, in order (Đ17.2; rules.md §7)."""

    SELF = "self", _("The person")
    EVALUATOR = "evaluator", _("The competent person")
    ENDORSEMENT = "endorsement", _("The head of the agency endorses")


class Leadership(models.TextChoices):
    """Who of those in the kinds of staff chosen: Đ14 or Đ15 of the decree, or both."""

    ANY = "any", _("Everybody")
    OTHERS = "others", _("Those who hold no post of leadership")
    LEADERS = "leaders", _("Heads and deputies")
    HEADS = "heads", _("Heads only")
    DEPUTIES = "deputies", _("Deputies only")


class PenaltyScope(models.TextChoices):
    UNIT = "unit", _("One unit of the quantity")
    BATCH = "batch", _("The whole task")


class Means(models.TextChoices):
    PUBLISHED = "published", _("Published months, at two places")
    EXACT = "exact", _("Exact months")


class WithoutResult(models.TextChoices):
    """Of the people a leader manages, those who have no result in the period."""

    LEFT_OUT = "left_out", _("Are left out and listed")
    FAILING = "failing", _("Count as having fewer points than required")


class Unconfirmed(models.TextChoices):
    """Of the people a leader manages, those whose result is not confirmed yet."""

    PENDING = "pending", _("Are waited for")
    LEFT_OUT = "left_out", _("Are left out and listed")
    FAILING = "failing", _("Count as having fewer points than required")


class NothingAssigned(models.TextChoices):
    INSUFFICIENT = "insufficient", _("No result: insufficient data, not rated")
    ZERO = "zero", _("Each ratio counts 0%")


class BandSource(models.TextChoices):
    EXACT = "exact", _("The exact points: 89.995 is not 90")
    ROUNDED = "rounded", _("The points as they are rounded")


class CitedStep(models.TextChoices):
    """Steps of a calculation that a set may cite a clause of its own for."""

    COMMON = "common", _("Points of the common criteria")
    RESULTS = "results", _("Points of the task results")
    ASSIGNED = "assigned", _("Quantity assigned")
    HANDED_OVER = "handed_over", _("Quantity handed over")
    EXTRAS = "extras", _("Extra tasks")
    QUANTITY = "quantity", _("Quantity (a)")
    QUALITY = "quality", _("Quality (b)")
    PROGRESS = "progress", _("Progress (c)")
    PEOPLE_MANAGED = "people_managed", _("Result of the people managed (d)")
    STAFF_FORMULA = "staff_formula", _("Formula for staff")
    LEADER_FORMULA = "leader_formula", _("Formula for leaders")
    TOTAL = "total", _("Total")
    BAND = "band", _("Point bands")


class Level(models.TextChoices):
    """What of a set is compared on its own."""

    PART = "part", _("Part")
    SECTION = "section", _("Section of criteria")
    CRITERION = "criterion", _("Criterion")
    BAND = "band", _("Band")
    STAGE = "stage", _("Stage")
    FACT = "fact", _("Fact")
    GATE = "gate", _("Gate")
    QUOTA = "quota", _("Quota")
    RATER = "rater", _("Rater")
    AGGREGATION = "aggregation", _("Longer period")
    SET = "set", _("The whole set")


class Difference(models.TextChoices):
    """What can differ between two versions of a set."""

    ADDED = "added", _("Added")
    REMOVED = "removed", _("Removed")
    REWORDED = "reworded", _("Reworded")
    MOVED = "moved", _("Moved")
    POINTS = "points", _("Other points or weight")
    SCORING = "scoring", _("Scored differently")
    RULES = "rules", _("Rules of the whole set")
