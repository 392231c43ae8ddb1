"""Rules of units and periods: lists, history, progress, opening and closing."""

from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import Relation
from kpi_cms.evaluation.models.scorecard import READING_CAPABILITIES
from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, Reach, Rule
from kpi_cms.foundation.core.errors import Sentence
from snippets.enums import Capability, PeriodState
from snippets.rule_table import ONESELF

from .cards import TAKE_CARD_BUNDLE
from .shared import CONCERNED, OPEN
from .tasks import TASK_CAPABILITIES

# Held on a unit, each of these lets its holder follow the unit's progress and totals.
FOLLOWING_CAPABILITIES = (Capability.PROGRESS, Capability.VIEW)

READ_UNIT_CARDS = Rule(
    act="read_unit_cards",
    label=_("List the cards of a unit"),
    subject="unit",
    capabilities=READING_CAPABILITIES,
    note=_("An evaluator finds there the cards that name them, and no other."),
)
READ_UNIT_TASKS = Rule(
    act="read_unit_tasks",
    label=_("List the tasks of a unit"),
    subject="unit",
    capabilities=TASK_CAPABILITIES,
    note=_("An evaluator finds there the people whose cards name them, and no other."),
)
READ_UNIT_HISTORY = Rule(
    act="read_unit_history",
    verbs=(
        "kpi_cms.evaluation.domain.sampling.draw_sample",
        "kpi_cms.interfaces.workspace.exporting.export_search",
        "kpi_cms.interfaces.workspace.exporting.export_sample",
        "kpi_cms.interfaces.workspace.exporting.export_accesses",
        "kpi_cms.interfaces.workspace.verifying.start_verification",
    ),
    reading=True,
    label=_("Read the history of a unit"),
    subject="unit",
    capabilities=(Capability.AUDIT,),
)
TAKE_UNIT_BUNDLE = Rule(
    act="take_unit_bundle",
    verbs=("kpi_cms.interfaces.reporting.unit_evidence.take_unit_bundle",),
    reading=True,
    label=_("Take the evidence of a unit's period away"),
    subject="unit",
    capabilities=TAKE_CARD_BUNDLE.capabilities,
    note=_("Of each card it is asked whether its evidence may be taken; one's own is left out."),
)
FOLLOW_PROGRESS = Rule(
    act="follow_progress",
    label=_("Follow progress and totals of a unit"),
    subject="unit",
    capabilities=FOLLOWING_CAPABILITIES,
    note=_("Numbers of fewer than five people are not shown outside the unit."),
)
RECEIVE_RESULTS = Rule(
    act="receive_results",
    label=_("Receive the confirmed results of a unit"),
    subject="unit",
    law="Đ17.3",
    capabilities=(Capability.RECEIVE_RESULTS,),
)

SEE_UNIT_RESULT = Rule(
    act="see_unit_result",
    label=_("See the result of an organisation"),
    subject="unit",
    capabilities=(*READING_CAPABILITIES, Capability.RECEIVE_RESULTS),
    note=_("Besides: whoever may record it. Whoever reads a card reads the points that it counts."),
)
RECORD_UNIT_RESULT = Rule(
    act="record_unit_result",
    label=_("Record, correct or withdraw the result of an organisation"),
    subject="unit",
    law="Đ5",
    verbs=(
        "kpi_cms.evaluation.domain.unit_results.record_unit_results",
        "kpi_cms.evaluation.domain.unit_results.correct_unit_result",
        "kpi_cms.evaluation.domain.unit_results.withdraw_unit_result",
    ),
    forbidden={
        Relation.OWN: _(
            "You belong to this organisation, and its result counts for your own points. Somebody who does not belong "
            "to it records it."
        )
    },
    capabilities=(Capability.RECEIVE_RESULTS,),
    seen_with=READING_CAPABILITIES,
    refusal=_("The result of an organisation is recorded by the personnel office of its superior."),
    period_states=OPEN,
    note=_(
        "Held on the superior: the using agency above a constituent unit, else the managing agency. Never by anybody "
        "who belongs to the organisation or to a unit below it."
    ),
)


def _period(act: str, label: Sentence, verb: str, *states: str, law: str = "") -> Rule:
    """Policy staff whose units take part, all of them: nobody opens half a period."""
    return Rule(
        act=act,
        label=label,
        subject="period",
        law=law,
        verbs=(f"kpi_cms.evaluation.domain.{verb}",),
        capabilities=(Capability.MANAGE_PERIODS,),
        reach=Reach.EVERY_UNIT,
        states=states,
    )


CHOOSE_VERSIONS = _period(
    "choose_versions",
    _("Choose the criteria versions"),
    "opening.choose_versions",
    PeriodState.DRAFT,
)
SEE_OPENING_LISTS = Rule(
    act="see_opening_lists",
    verbs=("kpi_cms.interfaces.workspace.exporting.export_opening_list",),
    reading=True,
    label=_("See who gets which version and who gets none, and take a list along"),
    subject="period",
    capabilities=(Capability.MANAGE_PERIODS,),
    reach=Reach.EVERY_UNIT,
    states=(PeriodState.DRAFT, PeriodState.OPEN),
    note=_("The lists carry names and no points."),
)
OPEN_PERIOD = _period(
    "open_period",
    _("Open the period, or add the cards missing in it"),
    "opening.open_period",
    PeriodState.DRAFT,
    PeriodState.OPENING,
    PeriodState.OPEN,
)
ADD_CATALOGUES = _period(
    "add_catalogues",
    _("Add catalogues approved since the period opened"),
    "opening.add_catalogues",
    PeriodState.OPEN,
    law="Đ13.3",
)
CLOSE_PERIOD = _period("close_period", _("Close the period"), "closing.close_period", PeriodState.OPEN)

SEE_FIT = Rule(
    act="see_fit",
    verbs=("kpi_cms.interfaces.workspace.exporting.export_fit",),
    reading=True,
    label=_("See how the criteria of a closed period were scored, and take it along"),
    subject="period",
    capabilities=(Capability.PROGRESS, Capability.AUDIT),
    reach=Reach.EVERY_UNIT,
    states=(PeriodState.CLOSED,),
    note=_("Nothing about fewer than five people whose results the reader does not read one by one."),
)
SEE_JOB = Rule(
    act="see_job",
    label=_("Follow work in the background"),
    subject="period",
    relations=(ONESELF,),
    capabilities=(Capability.MANAGE_PERIODS,),
    reach=Reach.EVERY_UNIT,
    note=_("Whoever started it; the opening of a period also whoever keeps the period."),
)

# --- Evidence files ----------------------------------------------------------------------------------------
ERASE_EVIDENCE = Rule(
    act="erase_evidence",
    label=_("Remove the bytes of withdrawn evidence"),
    subject="task",
    verbs=("kpi_cms.evaluation.domain.evidence_tidying.erase_file",),
    relations=(SYSTEM,),
    note=_("By night, some time after it was withdrawn; its row and its history stay."),
)

# --- Texts about a person ----------------------------------------------------------------------------------
_NO_PART = _("Texts about a person are erased by somebody who has no part in their evaluation.")
ERASE_TEXTS = Rule(
    act="erase_texts",
    label=_("Erase texts about a person where the law requires it"),
    subject="person",
    law="Đ24",
    verbs=("kpi_cms.evaluation.domain.erasing.erase_texts",),
    capabilities=(Capability.RECEIVE_RESULTS,),
    reach=Reach.TOP,
    forbidden=dict.fromkeys(CONCERNED, _NO_PART),
    seen_by=(SIGNED_IN,),
    refusal=_("Texts about a person are erased by the personnel office of the whole province."),
    note=_("From the shell, with the legal ground. What stands on the form of a decided card only by name."),
)

UNIT_RULES = (
    READ_UNIT_CARDS,
    READ_UNIT_TASKS,
    READ_UNIT_HISTORY,
    TAKE_UNIT_BUNDLE,
    FOLLOW_PROGRESS,
    RECEIVE_RESULTS,
    SEE_UNIT_RESULT,
    RECORD_UNIT_RESULT,
)
PERIOD_RULES = (
    CHOOSE_VERSIONS,
    SEE_OPENING_LISTS,
    OPEN_PERIOD,
    ADD_CATALOGUES,
    CLOSE_PERIOD,
    SEE_FIT,
    SEE_JOB,
)
