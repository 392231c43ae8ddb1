"""Rules of tasks: who assigns, reports, confirms, deducts and moves work."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import COUNTED_TASK_STATES, UNDECIDED, WITH_THE_PERSON, Relation, TaskState
from kpi_cms.evaluation.models.scorecard import READING_CAPABILITIES
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.core.errors import Sentence
from snippets.enums import Capability

from .shared import CONCERNED, EVALUATING, OPEN

TASKS = "kpi_cms.evaluation.domain.tasks"
DEDUCTIONS = "kpi_cms.evaluation.domain.deductions"
EVIDENCE = "kpi_cms.evaluation.domain.evidence"
MOVING = "kpi_cms.evaluation.domain.moving"
PROPOSALS = "kpi_cms.evaluation.domain.proposals"
# Held on a unit, each of these lets its holder read the tasks of the unit's people.
TASK_CAPABILITIES = (*READING_CAPABILITIES, Capability.ASSIGN)
UNFINISHED = (TaskState.ASSIGNED, TaskState.REPORTED)

SEE_TASK = Rule(
    act="see_task",
    label=_("See a person's tasks"),
    subject="task",
    relations=CONCERNED,
    capabilities=TASK_CAPABILITIES,
)


def _task(act: str, label: Sentence, verbs: tuple[str, ...], refusal: Sentence, **more: Any) -> Rule:
    """What changes a person's tasks: in an open period, while no result of theirs is decided."""
    return Rule(
        **{
            "act": act,
            "label": label,
            "subject": "task",
            "verbs": verbs,
            "seen_with": TASK_CAPABILITIES,
            "refusal": refusal,
            "card_states": UNDECIDED,
            "period_states": OPEN,
            **more,
        }
    )


def _assigner(act: str, label: Sentence, *verbs: str, **more: Any) -> Rule:
    """The evaluator, or somebody who holds it on the unit; nobody assigns work to themselves (Đ18.1)."""
    own = _("Nobody assigns tasks to themselves. Propose the task; your head decides.")
    return _task(
        act,
        label,
        verbs,
        _("You may see the tasks of this unit, but not assign them."),
        law="Đ18.1",
        relations=EVALUATING,
        capabilities=(Capability.ASSIGN,),
        forbidden={Relation.OWN: own},
        seen_with=READING_CAPABILITIES,
        **more,
    )


def _reporter(act: str, label: Sentence, *verbs: str, **more: Any) -> Rule:
    """Only the person who has the task (Đ18.2)."""
    refusal = _("Only the person who has the task reports on it.")
    return _task(act, label, verbs, refusal, relations=(Relation.OWN,), **more)


def _head(act: str, label: Sentence, *verbs: str, **more: Any) -> Rule:
    """Confirming, accepting, faults, delays and objective causes are the head's (Đ14.2, Đ18)."""
    return _task(
        act,
        label,
        verbs,
        _("Only the head confirms tasks and records errors and delays."),
        relations=EVALUATING,
        capabilities=(Capability.EVALUATE,),
        forbidden={Relation.OWN: _("Nobody confirms their own tasks. Your head does.")},
        **more,
    )


ASSIGN_TASK = _assigner(
    "assign_task",
    _("Assign a task"),
    f"{TASKS}.assign_task",
    f"{TASKS}.assign_parts",
    card_states=WITH_THE_PERSON,
    note=_("Work of the plan, while the person can still report on it."),
)
GIVE_EXTRAS = _task(
    "give_extras",
    _("Give work outside the plan, or change it"),
    (f"{TASKS}.assign_task", f"{TASKS}.change_task", f"{MOVING}.hand_over", f"{MOVING}.move_task"),
    _("Only the head gives work outside the plan. Assign it in the plan, or ask the person to propose it."),
    law="Đ18.1.d",
    relations=EVALUATING,
    capabilities=(Capability.EVALUATE,),
    forbidden={
        Relation.OWN: _("Nobody gives extra tasks to themselves. Propose the task; your head decides.")
    },
)
CHANGE_TASK = _assigner(
    "change_task",
    _("Change a task"),
    f"{TASKS}.change_task",
    states=(TaskState.ASSIGNED,),
    note=_("More of a task of the plan only while the person can still report on it."),
)
REPORT_TASK = _reporter(
    "report_task",
    _("Report on a task"),
    f"{TASKS}.report_task",
    law="Đ18.2",
    states=COUNTED_TASK_STATES,
    card_states=WITH_THE_PERSON,
    note=_("Of a confirmed task only what was not completed yet."),
)
ATTACH_TO_TASK = _task(
    "attach_to_task",
    _("Attach evidence to a task, or withdraw it"),
    (f"{EVIDENCE}.attach_to_task", f"{EVIDENCE}.withdraw_evidence"),
    _("Only the person who has the task attaches evidence to it."),
    law="Đ18.2, Đ24",
    relations=(Relation.OWN,),
    seen_by=EVALUATING,
    states=(TaskState.PROPOSED, *UNFINISHED),
    card_states=WITH_THE_PERSON,
)
PROPOSE_TASK = _reporter(
    "propose_task",
    _("Propose a sudden task"),
    f"{PROPOSALS}.propose_task",
    law="Đ13.3, Đ18.1",
    card_states=WITH_THE_PERSON,
)
DECIDE_PROPOSAL = _head(
    "decide_proposal",
    _("Decide on a proposed task"),
    f"{PROPOSALS}.decide_proposal",
    law="Đ13.3",
    states=(TaskState.PROPOSED,),
)
NAME_PRODUCT = _head(
    "name_product",
    _("Name the product of a task that had none"),
    f"{PROPOSALS}.name_product",
    law="Đ13.3",
    states=COUNTED_TASK_STATES,
)
CONFIRM_TASK = _head(
    "confirm_task",
    _("Confirm a task"),
    f"{TASKS}.confirm_task",
    law="Đ14.2",
    states=(TaskState.REPORTED, TaskState.CONFIRMED),
)
RECORD_DEDUCTION = _head(
    "record_deduction",
    _("Record a major error or a delay"),
    f"{DEDUCTIONS}.record_fault",
    f"{DEDUCTIONS}.record_delay",
    law="Đ14.2",
    states=COUNTED_TASK_STATES,
)
WITHDRAW_DEDUCTION = _head(
    "withdraw_deduction",
    _("Take a deduction back"),
    f"{DEDUCTIONS}.withdraw_deduction",
    law="Đ14.2",
    states=COUNTED_TASK_STATES,
)
CONFIRM_CAUSE = _head(
    "confirm_cause",
    _("Confirm an objective cause, or take it back"),
    f"{DEDUCTIONS}.confirm_cause",
    f"{DEDUCTIONS}.revoke_cause",
    law="Đ14.2",
    states=COUNTED_TASK_STATES,
)
HAND_OVER_TASK = _head(
    "hand_over_task", _("Hand a task over"), f"{MOVING}.hand_over", law="Đ18.1", states=COUNTED_TASK_STATES
)
MOVE_TASK = _head(
    "move_task",
    _("Move work"),
    f"{MOVING}.move_task",
    law="Đ18.1",
    states=COUNTED_TASK_STATES,
    note=_("Besides: before the task's due date. Whoever takes it over is given it by their own head."),
)

TASK_RULES = (
    SEE_TASK,
    ASSIGN_TASK,
    GIVE_EXTRAS,
    CHANGE_TASK,
    REPORT_TASK,
    ATTACH_TO_TASK,
    PROPOSE_TASK,
    DECIDE_PROPOSAL,
    NAME_PRODUCT,
    CONFIRM_TASK,
    RECORD_DEDUCTION,
    WITHDRAW_DEDUCTION,
    CONFIRM_CAUSE,
    HAND_OVER_TASK,
    MOVE_TASK,
)
