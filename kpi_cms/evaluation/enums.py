"""States of a card and a task, and the named groups of them that rules speak of."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CardState(models.TextChoices):
    OPENED = "opened", _("Self-assessment open")
    SUBMITTED = "submitted", _("Submitted for evaluation")
    RETURNED = "returned", _("Returned to the person")
    EVALUATED = "evaluated", _("Evaluated, waiting for endorsement")
    CONFIRMED = "confirmed", _("Confirmed")
    NOTIFIED = "notified", _("Notified")


WITH_THE_PERSON = (CardState.OPENED, CardState.RETURNED)
WITH_THE_EVALUATOR = (CardState.SUBMITTED,)
DECIDED = (CardState.CONFIRMED, CardState.NOTIFIED)
UNDECIDED = tuple(state for state in CardState if state not in DECIDED)


class Relation(models.TextChoices):
    """How an account stands to a card and its tasks; what it holds on the card's unit is a capability."""

    OWN = "own", _("the person themselves")
    EVALUATOR = "evaluator", _("the evaluator named on the card")
    DELEGATE = "delegate", _("whoever stands in for the evaluator, by a dated delegation")
    ENDORSER = "endorser", _("the head of the agency named on the card")
    COLLECTIVE = "collective", _("whoever enters the scores of the collective named on the card")


class StageKey(models.TextChoices):
    """The stages a month or quarter can have; which ones it has comes from the frozen version."""

    SELF = "self", _("Self-assessment")
    COLLECTIVE = "collective", _("Group or collective")
    EVALUATOR = "evaluator", _("Competent person")
    ENDORSEMENT = "endorsement", _("Head of the agency endorses")


class AssessmentState(models.TextChoices):
    DRAFT = "draft", _("Being written")
    SUBMITTED = "submitted", _("Submitted")


class EvaluatorBasis(models.TextChoices):
    """Why this person evaluates (Đ10, Đ18; rules.md §7): explained on the card."""

    DECISION = "decision", _("By a dated decision")
    MANAGING_HEAD = "managing_head", _("Head of the managing agency")
    AGENCY_HEAD = "agency_head", _("Head of the using agency")
    SET = "set", _("Head of the using agency, by the criteria set")
    UNIT_HEAD = "unit_head", _("Head of the constituent unit")
    ACTING_HEAD = "acting_head", _("Acting head, by a dated decision")
    SUPERIOR = "superior", _("The superior's head, because the post of head is vacant")
    RECEIVING_HEAD = "receiving_head", _("Head of the unit that received the secondment")
    NONE = "none", _("Nobody could be found")


class NamingNeed(models.TextChoices):
    """Why the evaluator or endorser of an open card has to be named anew."""

    MISSING = "missing", _("Nobody is named to evaluate")
    LEFT = "left", _("The evaluator has left the service")
    DECISION = "decision", _("A dated decision names somebody else")
    RULE = "rule", _("By the rule somebody else evaluates today")
    ENDORSER = "endorser", _("Somebody else endorses today")
    DIRECT_HEAD = "direct_head", _("Somebody else is the direct head today")


class TaskKind(models.TextChoices):
    """Where a task stands in the total assigned (rules.md §4)."""

    PLANNED = "planned", _("Assigned in the plan")
    SUDDEN = "sudden", _("Sudden, outside the plan")
    TAKEN_OVER = "taken_over", _("Taken over")


EXTRA_KINDS = (TaskKind.SUDDEN, TaskKind.TAKEN_OVER)


class TaskState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed by the person")
    ASSIGNED = "assigned", _("Assigned")
    REPORTED = "reported", _("Reported")
    CONFIRMED = "confirmed", _("Confirmed")
    DECLINED = "declined", _("Proposal declined")
    WITHDRAWN = "withdrawn", _("Moved to somebody else")


COUNTED_TASK_STATES = (TaskState.ASSIGNED, TaskState.REPORTED, TaskState.CONFIRMED)


class EvidenceState(models.TextChoices):
    """Where a file stands. Only a kept one is handed out; quarantined is malware, which nobody ever opens. The bytes of
    a removed one are gone by a lawful erasure; its row is still shown."""

    KEPT = "kept", _("Attached")
    QUARANTINED = "quarantined", _("Held back: malware was found")
    WITHDRAWN = "withdrawn", pgettext_lazy("evidence", "Withdrawn")
    REMOVED = "removed", _("Removed by lawful erasure")


class ReopeningState(models.TextChoices):
    """A keyhole in a decided card. One that ended unused stays asked, approved or proposed, and opens nothing."""

    ASKED = "asked", _("Asked for")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    PROPOSED = "proposed", _("Decided anew, waiting for endorsement")
    USED = "used", _("Decided anew")


class Erasable(models.TextChoices):
    """What an erasure of texts about a person is asked for by. All but the first two only where they are
    named."""

    COMMENT = "comment", pgettext_lazy("erasing texts", "Comments, and what was typed on tasks and evidence")
    REASON = "reason", pgettext_lazy("erasing texts", "Reasons and grounds")
    FILE = "file", pgettext_lazy("erasing texts", "What stands on the forms of decided cards")
    NAME = "name", pgettext_lazy("erasing texts", "Former names")
    EVIDENCE = "evidence", pgettext_lazy("erasing texts", "Files of evidence")


class Opinion(models.TextChoices):
    """What somebody answers about a criterion."""

    YES = "yes", pgettext_lazy("feedback", "Yes")
    PARTLY = "partly", pgettext_lazy("feedback", "Partly")
    NO = "no", pgettext_lazy("feedback", "No")


class DeductionKind(models.TextChoices):
    FAULT = "fault", _("Major error")
    DELAY = "delay", _("Delay")
