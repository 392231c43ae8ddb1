"""Choices of a criteria set, as its author meets them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from snippets.enums import PeriodKind


class Law(models.TextChoices):
    """Whose constants the set must keep: they are checked when it is issued."""

    ND335 = "nd335", _("Decree 335/2025/NĐ-CP")
    NONE = "", _("None: the set brings its own")


class PartCode(models.TextChoices):
    """The parts of a set. Form 01 has the first two; a set may have any of them."""

    COMMON = "common", _("Common criteria")
    RESULTS = "results", _("Task results")
    BONUS = "bonus", _("Bonus points")
    DEDUCTIONS = "deductions", _("Points deducted")
    OTHER = "other", _("Another part")


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
    COLLECTIVE = "collective", _("A group or collective")
    EVALUATOR = "evaluator", _("The competent person")
    ENDORSEMENT = "endorsement", _("The head of the agency endorses")


class StageWho(models.TextChoices):
    """Who acts at a stage: as usual, or whom the set says. A specification leaves the usual out."""

    USUAL = "usual", _("As usual: the competent person by law (Article 10), a collective by a dated decision")
    DIRECT_HEAD = "direct_head", _("The direct head: the head of the person's constituent unit")
    AGENCY_HEAD = "agency_head", _("The superior: the head of the using agency")


class Leadership(models.TextChoices):
    """Who of those in the kinds of staff chosen: Đ14 or Đ15 of the decree, or both."""

    ANY = "any", _("Everybody")
    OTHERS = "others", _("Those who hold no post of leadership")
    LEADERS = "leaders", _("Heads and deputies")
    HEADS = "heads", _("Heads only")
    DEPUTIES = "deputies", _("Deputies only")


class Evaluated(models.TextChoices):
    """Whom a set evaluates: people (Chapter III) on their cards, or organisations (Chapter II)."""

    PEOPLE = "people", pgettext_lazy("evaluated by a set", "People")
    ORGANISATIONS = "organisations", pgettext_lazy("evaluated by a set", "Organisations")


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
    LEFT_OUT = "left_out", _("The ratios are left out, and the other criteria count for them")


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


# --- What the later kinds and the rules of a set are chosen from -------------------------------------------------
class Direction(models.TextChoices):
    """Which way an indicator is better."""

    HIGHER = "higher", _("More is better: reached ÷ target")
    LOWER = "lower", _("Less is better: target ÷ reached")


class Attribute(models.TextChoices):
    """What a task's coefficient depends on."""

    GROUP = "group", _("Group of products")
    POSITION = "position", _("Position of the person")
    ROLE = "role", _("Role of the person in the task")
    PRIORITY = "priority", _("Priority")
    DIFFICULTY = "difficulty", _("Difficulty")


class DayCount(models.TextChoices):
    CALENDAR = "calendar", _("Calendar days")
    WORKING = "working", _("Working days of a calendar")


class Normalise(models.TextChoices):
    """How the points of all tasks become the points of the criterion."""

    CAP = "cap", _("The sum, at most the maximum")
    FULL = "full", _("A number of points stands for the maximum")
    POSSIBLE = "possible", _("All tasks in time and at quality 1 stand for the maximum")


class TaskScope(models.TextChoices):
    """Whose tasks a roll-up counts."""

    OWN = "own", _("The person's own")
    APPROVED = "approved", _("Those the person approved")
    FIELD = "field", _("Those of the person's field")
    UNITS = "units", _("Those of the person's units")


class ResultsOf(models.TextChoices):
    SUBORDINATES = "subordinates", _("The people managed")
    UNIT = "unit", _("The unit")


class ResultsHow(models.TextChoices):
    MEAN = "mean", _("Their mean")
    MINIMUM = "minimum", _("The lowest of them")
    SHARE_REACHING = "share_reaching", _("How many of them reach a threshold")


class RoundingMode(models.TextChoices):
    HALF_UP = "half_up", _("Half up")
    UP = "up", _("Always up")
    DOWN = "down", _("Always down")


class RoundingWhen(models.TextChoices):
    TOTAL = "total", _("The total only, once")
    PARTS = "parts", _("Each part before they are added")
    SECTIONS = "sections", _("Each section before they are added")


class GateEffect(models.TextChoices):
    FORCE = "force", _("The band is this one")
    LIMIT = "limit", _("The band is at most this one")


class FactAnswer(models.TextChoices):
    """What a fact is answered with."""

    YES_NO = "yes_no", _("Yes or no")
    SHARE = "share", _("A share, in per cent")
    NUMBER = "number", _("A number")


class RatedPeriod(models.TextChoices):
    """Kinds of period as the calculation names them."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    HALF_YEAR = "half_year", _("Half-year")
    YEAR = "year", _("Year")


_RATED = {PeriodKind.HALF.value: RatedPeriod.HALF_YEAR.value}


def rated(kind: str) -> str:
    """A kind of period as the calculation names it."""
    return _RATED.get(kind, kind)


class QuotaBase(models.TextChoices):
    """The number that the share of a quota is taken of."""

    GOOD = "good", _("Those rated in the next lower band")
    GOOD_BY_SCORE = "good_by_score", _("Those whose points are in the next lower band")
    GOOD_OR_BETTER = "good_or_better", _("Those in either of the two bands")
    EVERYONE = "everyone", _("Everybody who was rated")


class QuotaScope(models.TextChoices):
    UNIT = "unit", _("Within the agency")
    PEER_GROUP = "peer_group", _("Within each group with similar duties")


class MeanOf(models.TextChoices):
    """How shorter periods make a longer one."""

    MEAN = "mean", _("Mean")
    WORKED_MEAN = "worked_mean", _("Mean weighed by the time actually worked")
    MINIMUM = "minimum", _("The lowest")
    LAST = "last", _("The last one")


class MissingPeriod(models.TextChoices):
    LEFT_OUT = "left_out", _("Is left out")
    CARRIED_OVER = "carried_over", _("Has the points of the one before")
    WAITS = "waits", _("Is waited for")


class Absence(models.TextChoices):
    """Reasons that excuse too few periods (Đ19.3)."""

    SICK_LEAVE = "sick_leave", _("Sick leave")
    MATERNITY_LEAVE = "maternity_leave", _("Maternity leave")
    UNPAID_LEAVE = "unpaid_leave", _("Unpaid leave")


class ItemKind(models.TextChoices):
    """What an item of the library is, and so where a set takes it over."""

    SCALE = "scale", _("Scale")
    BANDS = "bands", _("Table of bands")
    DOCUMENT = "document", _("Legal basis")
    CRITERION = "criterion", _("Criterion")
