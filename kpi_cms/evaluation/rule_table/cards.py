"""Rules of a card: who reads what of it, and who takes it a step further."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import (
    DECIDED,
    UNDECIDED,
    WITH_THE_EVALUATOR,
    WITH_THE_PERSON,
    CardState,
    Relation,
    StageKey,
)
from kpi_cms.evaluation.models.scorecard import READING_CAPABILITIES
from kpi_cms.foundation.access.rules import SYSTEM, Rule
from kpi_cms.foundation.core.errors import Sentence
from snippets.enums import Capability

from .shared import CONCERNED, EVALUATING, OPEN

AWAY_FROM_THE_PERSON = tuple(state for state in CardState if state not in WITH_THE_PERSON)
# Held on a card's unit, each of these lets its holder have its evaluator named: whoever keeps the people, or receives
# the results.
NAMING_CAPABILITIES = (Capability.MANAGE_PEOPLE, Capability.RECEIVE_RESULTS)
STAGES = "kpi_cms.evaluation.domain.stages"

_SELF = _("Only the person themselves writes their self-assessment.")
_EVALUATE = _("Only the evaluator named on the card evaluates and confirms it.")
_EVALUATE_OWN = _("Nobody evaluates their own card. The evaluator named on it does.")
_ENDORSE = _("Only the head of the agency named on the card endorses it.")
_ENDORSE_OWN = _("Nobody endorses their own card.")

# --- Reading a card ----------------------------------------------------------------------------------------
SEE_CARD = Rule(
    act="see_card",
    label=_("See a card"),
    subject="card",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    note=_("Each score on it is shown when its own rule lets it be read."),
)
READ_SELF_ASSESSMENT = Rule(
    act="read_self_assessment",
    label=_("Read the self-assessment"),
    subject="card",
    law="Đ17.2",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    states=AWAY_FROM_THE_PERSON,
    states_for={Relation.OWN: tuple(CardState)},
    note=_(
        "Until it is submitted, and again once it is returned, a self-assessment is the person's alone. A set may keep "
        "it from whoever scores at a later stage until they have sent their own."
    ),
)
READ_EVIDENCE = Rule(
    act="read_evidence",
    label=_("Read the evidence of a card"),
    subject="card",
    law="Đ24",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    states=tuple(state for state in CardState if state not in WITH_THE_PERSON),
    states_for={Relation.OWN: tuple(CardState)},
    note=_("What was sent with the self-assessment; a withdrawn file nobody reads."),
)
READ_EVALUATION = Rule(
    act="read_evaluation",
    label=_("Read the evaluator's scores and comments"),
    subject="card",
    law="Đ17.3, Đ22",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    states=DECIDED,
    states_for={
        Relation.OWN: (CardState.NOTIFIED,),
        Relation.EVALUATOR: AWAY_FROM_THE_PERSON,
        Relation.DELEGATE: AWAY_FROM_THE_PERSON,
        Relation.ENDORSER: (CardState.EVALUATED, *DECIDED),
    },
    note=_("The person reads them when the result is notified, which opens the right to appeal."),
)
READ_COLLECTIVE = Rule(
    act="read_collective",
    label=_("Read the scores of a collective"),
    subject="card",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    states=DECIDED,
    states_for={
        Relation.OWN: (CardState.NOTIFIED,),
        Relation.COLLECTIVE: tuple(CardState),
        Relation.EVALUATOR: AWAY_FROM_THE_PERSON,
        Relation.DELEGATE: AWAY_FROM_THE_PERSON,
        Relation.ENDORSER: (CardState.EVALUATED, *DECIDED),
    },
    note=_(
        "Once they are sent; until then they are theirs who enter them. A set may keep them from whoever scores at a "
        "later stage until they have sent their own."
    ),
)
# Rules that read what was given at one stage.
READS_STAGE: dict[Rule, str] = {
    READ_SELF_ASSESSMENT: StageKey.SELF,
    READ_COLLECTIVE: StageKey.COLLECTIVE,
    READ_EVALUATION: StageKey.EVALUATOR,
}
_WITHOUT_AN_EVALUATION = (CardState.OPENED, CardState.SUBMITTED, CardState.RETURNED)
# Who acts at a stage that a set may keep from seeing earlier ones (`blind_to`), and the states of the card in which
# what they give can still be changed: sent scores of a collective can until the evaluator has confirmed.
ACTS_AT: dict[str, tuple[tuple[Relation, ...], tuple[CardState, ...]]] = {
    StageKey.COLLECTIVE: ((Relation.COLLECTIVE,), _WITHOUT_AN_EVALUATION),
    StageKey.EVALUATOR: ((Relation.EVALUATOR, Relation.DELEGATE), _WITHOUT_AN_EVALUATION),
    StageKey.ENDORSEMENT: ((Relation.ENDORSER,), UNDECIDED),
}
READ_CARD_HISTORY = Rule(
    act="read_card_history",
    label=_("Read the history of a card"),
    subject="card",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    note=_("Of the stages whose scores the reader may read at that moment."),
)
READ_WHOLE_HISTORY = Rule(
    act="read_whole_history",
    label=_("Read the history of every stage of a card"),
    subject="card",
    capabilities=(Capability.AUDIT,),
    forbidden={Relation.OWN: _("Of your own card you read the history of what the card shows you.")},
)
TAKE_CARD_BUNDLE = Rule(
    act="take_card_bundle",
    verbs=("kpi_cms.interfaces.reporting.evidence.take_card_bundle",),
    reading=True,
    label=_("Take the evidence of a card away"),
    subject="card",
    capabilities=(Capability.AUDIT,),
    forbidden={Relation.OWN: _("The evidence of your own card is taken by somebody else who audits it.")},
    note=_("Recorded, with the digests of what was taken."),
)
EXPLAIN_CARD = Rule(
    act="explain_card",
    label=_("See who can see a card, and why"),
    subject="card",
    relations=(Relation.OWN,),
    capabilities=(Capability.AUDIT, Capability.MANAGE_GRANTS),
    seen_by=CONCERNED,
    seen_with=READING_CAPABILITIES,
    refusal=_(
        "Who can see this card is told to the person themselves, to the unit's auditor and to the access administrator."
    ),
    note=_("Without a score: whoever gives grants learns nothing about the result."),
)
PRINT_CARD = Rule(
    act="print_card",
    verbs=("kpi_cms.interfaces.reporting.printing.print_form01",),
    reading=True,
    label=_("Print the form of a card"),
    subject="card",
    law="Đ24",
    relations=CONCERNED,
    capabilities=READING_CAPABILITIES,
    note=_("With the scores that the reader may read."),
)


# --- A card's way ------------------------------------------------------------------------------------------
def _step(act: str, label: Sentence, relations: tuple[str, ...], refusal: Sentence, **more: Any) -> Rule:
    """A step of a card, taken in an open period; whoever sees the card and may not take it reads `refusal`."""
    return Rule(
        act=act,
        label=label,
        subject="card",
        verbs=(f"{more.pop('module', STAGES)}.{act}", *more.pop("verbs", ())),
        relations=relations,
        seen_by=CONCERNED,
        seen_with=READING_CAPABILITIES,
        refusal=refusal,
        period_states=OPEN,
        **more,
    )


GIVE_FEEDBACK = _step(
    "give_feedback",
    _("Say something about the criteria of a card"),
    (Relation.OWN, Relation.EVALUATOR),
    _("The criteria are commented on by those who were scored or score with them."),
    module="kpi_cms.evaluation.domain.feedback",
    note=_("Only counted and without a name for those who look at the criteria of a closed period."),
)


def _evaluator_step(act: str, label: Sentence, **more: Any) -> Rule:
    """Only the one competent person that the card names (Đ10.1), and never oneself."""
    return _step(act, label, EVALUATING, _EVALUATE, forbidden={Relation.OWN: _EVALUATE_OWN}, **more)


def _endorser_step(act: str, label: Sentence, **more: Any) -> Rule:
    """The head of the agency, where the criteria set has this stage."""
    return _step(act, label, (Relation.ENDORSER,), _ENDORSE, forbidden={Relation.OWN: _ENDORSE_OWN}, **more)


_COLLECTIVE = _("Only whoever the card names for the collective enters its scores.")
SAVE_COLLECTIVE = _step(
    "save_collective",
    _("Enter the scores of a collective, and send them"),
    (Relation.COLLECTIVE,),
    _COLLECTIVE,
    module="kpi_cms.evaluation.domain.collective",
    verbs=("kpi_cms.evaluation.domain.collective.send_collective",),
    forbidden={Relation.OWN: _("Nobody scores their own card for a collective.")},
    states=WITH_THE_EVALUATOR,
    note=_("Besides: before they are due, by default with the evaluation; complete where they are sent."),
)
SAVE_SELF = _step(
    "save_self",
    _("Write the self-assessment"),
    (Relation.OWN,),
    _SELF,
    law="Đ17.2",
    states=WITH_THE_PERSON,
)
ATTACH_EVIDENCE = _step(
    "attach_evidence",
    _("Attach evidence to a criterion, or withdraw it"),
    (Relation.OWN,),
    _("Only the person themselves attaches evidence to their card."),
    law="Đ24",
    module="kpi_cms.evaluation.domain.evidence",
    verbs=("kpi_cms.evaluation.domain.evidence.withdraw_evidence",),
    states=WITH_THE_PERSON,
    note=_(
        "Whoever judges does not also make the evidence: a return asks for more, a reason says what was wrong."
    ),
)
SUBMIT_SELF = _step(
    "submit_self",
    _("Send the self-assessment"),
    (Relation.OWN,),
    _SELF,
    law="Đ17.2",
    states=WITH_THE_PERSON,
    note=_(
        "Besides: before the deadline, for a returned card that of the evaluation; complete; somebody is named to "
        "evaluate."
    ),
)
TAKE_UP = _evaluator_step(
    "evaluate_without_self",
    _("Take up a card that did not come in time"),
    law="Đ17.2",
    states=WITH_THE_PERSON,
    note=_("Besides: after the person's deadline, with a reason. What was submitted once counts as it was."),
)
SAVE_EVALUATION = _evaluator_step(
    "save_evaluation", _("Write the evaluation"), law="Đ10.1, Đ17.2", states=WITH_THE_EVALUATOR
)
RETURN_TO_PERSON = _evaluator_step(
    "return_to_person", _("Return the card to the person"), law="Đ17.2", states=WITH_THE_EVALUATOR
)
CONFIRM = _evaluator_step(
    "confirm",
    _("Confirm the result"),
    law="Đ10.1, Đ17.2",
    states=WITH_THE_EVALUATOR,
    note=_(
        "Besides: before the deadline, complete scores, no task that waits, the results of the people managed known."
    ),
)
ENDORSE = _endorser_step(
    "endorse",
    _("Endorse the evaluation"),
    states=(CardState.EVALUATED,),
    note=_("Besides: before it is due, where the period says when; what the confirmation asked holds still."),
)
RETURN_TO_EVALUATOR = _endorser_step(
    "return_to_evaluator", _("Return the evaluation"), states=(CardState.EVALUATED,)
)
NOTIFY = _step(
    "notify",
    _("Notify the person of the result"),
    EVALUATING,
    _("The result is notified by the evaluator or by the personnel office."),
    law="Đ17.3",
    verbs=("kpi_cms.evaluation.domain.notifying.notify_confirmed",),
    capabilities=(Capability.RECEIVE_RESULTS,),
    forbidden={Relation.OWN: _("Nobody notifies themselves of their own result.")},
    states=(CardState.CONFIRMED,),
)
ACCEPT_NEW_BASIS = _evaluator_step(
    "accept_new_basis",
    _("Confirm the result with the new basis"),
    law="Đ14, Đ17.2",
    states=DECIDED,
    note=_("Besides: the results of the people the leader manages changed after the confirmation."),
)

_REOPENING = "kpi_cms.evaluation.domain.reopening"
_ANEW = "kpi_cms.evaluation.domain.deciding_anew"
ASK_REOPENING = Rule(
    act="ask_reopening",
    label=_("Ask that a decided card be reopened for some criteria"),
    subject="card",
    law="Đ21.3",
    verbs=(f"{_REOPENING}.ask_reopening",),
    relations=EVALUATING,
    capabilities=(Capability.RECEIVE_RESULTS,),
    forbidden={Relation.OWN: _("Nobody asks that their own result be reopened. Appeal against it.")},
    seen_by=CONCERNED,
    seen_with=READING_CAPABILITIES,
    refusal=_("A reopening is asked for by the evaluator or by the personnel office."),
    states=DECIDED,
    note=_("Besides: with a reason, chosen criteria and an end within 14 days."),
)
_NOT_BY_A_PARTY = _("A reopening is approved by somebody who has no part in the card.")
APPROVE_REOPENING = Rule(
    act="approve_reopening",
    label=_("Approve or decline the reopening of a card"),
    subject="card",
    law="Đ21.3",
    verbs=(f"{_REOPENING}.answer_reopening",),
    capabilities=(Capability.MANAGE_PERIODS,),
    forbidden=dict.fromkeys(CONCERNED, _NOT_BY_A_PARTY),
    seen_with=READING_CAPABILITIES,
    refusal=_NOT_BY_A_PARTY,
    states=DECIDED,
    note=_(
        "Besides: not whoever asked, and nobody who decides about one of them in the period or the reverse."
    ),
)
DECIDE_ANEW = Rule(
    act="decide_anew",
    label=_("Decide a reopened result anew"),
    subject="card",
    law="Đ21.3",
    verbs=(f"{_ANEW}.decide_anew",),
    relations=EVALUATING,
    forbidden={Relation.OWN: _EVALUATE_OWN},
    seen_by=CONCERNED,
    seen_with=READING_CAPABILITIES,
    refusal=_EVALUATE,
    states=DECIDED,
    note=_(
        "Besides: an approved reopening that has not ended, and its criteria alone. The old result stays readable. "
        "Where the head of the agency endorses, it is proposed to them."
    ),
)


def _endorsing_anew(act: str, label: Sentence, note: Sentence) -> Rule:
    """The same head of the agency, of a decided card; the period may be closed."""
    return Rule(
        act=act,
        label=label,
        subject="card",
        law="Đ21.3",
        verbs=(f"{_ANEW}.{act}",),
        relations=(Relation.ENDORSER,),
        forbidden={Relation.OWN: _ENDORSE_OWN},
        seen_by=CONCERNED,
        seen_with=READING_CAPABILITIES,
        refusal=_ENDORSE,
        states=DECIDED,
        note=note,
    )


ENDORSE_ANEW = _endorsing_anew(
    "endorse_anew",
    _("Endorse a result that is decided anew"),
    _("Besides: a new decision that waits, before the reopening ends. Until then the former result stands."),
)
RETURN_ANEW = _endorsing_anew(
    "return_anew",
    _("Return a new decision to the evaluator"),
    _("Besides: a new decision that waits, before the reopening ends, with a reason. Nothing of it applies."),
)


def _naming_anew(act: str, label: Sentence, chosen: Sentence, refusal: Sentence, note: Sentence) -> Rule:
    """The personnel office, and nobody who has a part in the card; the period may be closed."""
    return Rule(
        act=act,
        label=label,
        subject="card",
        law="Đ21.3",
        verbs=(f"kpi_cms.evaluation.domain.naming_anew.{act}",),
        capabilities=(Capability.RECEIVE_RESULTS,),
        forbidden=dict.fromkeys(CONCERNED, chosen),
        seen_with=READING_CAPABILITIES,
        refusal=refusal,
        states=DECIDED,
        note=note,
    )


NAME_EVALUATOR = _naming_anew(
    "name_evaluator",
    _("Name who decides a reopened result anew"),
    _("Whoever has a part in the card does not choose who decides it anew. The personnel office does."),
    _("Who decides a reopened card anew is named by the personnel office."),
    _(
        "By a decision with its number and day, of a card that is reopened: nobody who has another part in it, and "
        "nobody whose own result the person decides. A new decision that waits for the head is withdrawn."
    ),
)
NAME_ENDORSER = _naming_anew(
    "name_endorser",
    _("Name who endorses a result that is decided anew"),
    _("Whoever has a part in the card does not choose who endorses it. The personnel office does."),
    _("Who endorses a new decision is named by the personnel office."),
    _(
        "By a decision with its number and day, of a card that is reopened: nobody who has another part in it, and "
        "nobody whose own result the evaluator or the person decides."
    ),
)

NAME_COLLECTIVE = Rule(
    act="name_collective",
    label=_("Name a collective and who enters its scores"),
    subject="card",
    verbs=("kpi_cms.evaluation.domain.collective.name_collective",),
    capabilities=NAMING_CAPABILITIES,
    forbidden={Relation.OWN: _("Nobody names who scores their own card. Ask the personnel office.")},
    seen_by=CONCERNED,
    seen_with=READING_CAPABILITIES,
    refusal=_("A collective is named by the clerk of the unit or by the personnel office."),
    period_states=OPEN,
    note=_(
        "By a decision with its number and day, for the undecided cards of a unit whose set has this stage."
    ),
)
NAME_EVALUATORS = Rule(
    act="name_evaluators",
    label=_("Have the evaluator of an open card named"),
    subject="card",
    law="Đ10.1, Đ18",
    verbs=("kpi_cms.evaluation.domain.naming.name_evaluators",),
    capabilities=NAMING_CAPABILITIES,
    forbidden={
        Relation.OWN: _("Nobody has the evaluator of their own card named. Ask the personnel office.")
    },
    seen_by=CONCERNED,
    seen_with=READING_CAPABILITIES,
    refusal=_("An evaluator is named by the clerk of the unit or by the personnel office."),
    period_states=OPEN,
    note=_(
        "Nobody is chosen: a dated decision names the evaluator, or the rule as it stands today. A decided card only "
        "while a new basis of its result is to be confirmed."
    ),
)
FOLLOW_REGISTERS = Rule(
    act="follow_registers",
    label=_("Let the evaluator of open cards follow the registers"),
    subject="card",
    law="Đ10.1, Đ18",
    verbs=(
        "kpi_cms.evaluation.domain.following.follow_registers",
        "kpi_cms.evaluation.domain.following.follow_deputies",
    ),
    relations=(SYSTEM,),
    period_states=OPEN,
    note=_(
        "After each change of posts, decisions and units, and by night for what begins and ends by date. What a deputy "
        "is in charge of is counted anew on their cards."
    ),
)

CARD_RULES = (
    SEE_CARD,
    READ_SELF_ASSESSMENT,
    READ_EVIDENCE,
    READ_EVALUATION,
    READ_COLLECTIVE,
    READ_CARD_HISTORY,
    READ_WHOLE_HISTORY,
    TAKE_CARD_BUNDLE,
    EXPLAIN_CARD,
    PRINT_CARD,
    SAVE_SELF,
    ATTACH_EVIDENCE,
    SUBMIT_SELF,
    TAKE_UP,
    SAVE_COLLECTIVE,
    SAVE_EVALUATION,
    RETURN_TO_PERSON,
    CONFIRM,
    ENDORSE,
    RETURN_TO_EVALUATOR,
    NOTIFY,
    ACCEPT_NEW_BASIS,
    ASK_REOPENING,
    APPROVE_REOPENING,
    DECIDE_ANEW,
    ENDORSE_ANEW,
    RETURN_ANEW,
    NAME_EVALUATOR,
    NAME_ENDORSER,
    NAME_EVALUATORS,
    NAME_COLLECTIVE,
    FOLLOW_REGISTERS,
    GIVE_FEEDBACK,
)
