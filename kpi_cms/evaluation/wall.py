"""Which rows of the evaluation the second wall shows and takes (`access.wall`): the querysets' rules once more, in SQL.

It knows whose card a row belongs to, not which stage of it is open to whom today: that stays with `rules`. Three
lists answer all: cards (`Scorecard.objects.visible_to`), tasks (`queries.tasks_visible_to`), and the ledger of both.
A table that hangs on a card or a task is put behind the wall here, with one call of `protect` for it and one of
`_protect_history` for its history.
"""

from django.db.models import Model

from kpi_cms.foundation.access.wall import NOBODY, all_of, any_of, define, held_on, protect
from kpi_cms.foundation.audit import touched
from kpi_cms.foundation.audit.models import AccessLogEntry, LedgerEntry
from snippets.enums import UnitLevel
from snippets.models import Person, Unit

from . import rule_table as table
from .enums import CardState, StageKey, TaskState
from .models import (
    Assessment,
    CardResult,
    CriterionFeedback,
    Delay,
    Evidence,
    Fault,
    ObjectiveCause,
    Reopening,
    Score,
    Scorecard,
    Task,
    UnitResult,
)

REOPENING_CAPABILITIES = (*table.ASK_REOPENING.capabilities, *table.APPROVE_REOPENING.capabilities)
OWN = "person_id = (SELECT kpi_person())"
NOT_OWN = "person_id IS DISTINCT FROM (SELECT kpi_person())"
UNIT_OF_CARD = held_on("unit_id", *table.SEE_CARD.capabilities)
UNIT_OF_TASK = held_on("unit_id", *table.SEE_TASK.capabilities)
# In hand: evaluated by the actor, also in the place of somebody absent, or endorsed. Evaluated: the first alone.
CARD_IN_HAND = "card_id IN (SELECT kpi_cards_in_hand())"
WORK_IN_HAND = "(period_id, person_id) IN (SELECT period, person FROM kpi_work_in_hand())"
TASK_IN_HAND = "task_id IN (SELECT kpi_tasks_in_hand())"

READS_CARD = any_of(OWN, UNIT_OF_CARD, CARD_IN_HAND)
READS_WORK = any_of(OWN, UNIT_OF_TASK, WORK_IN_HAND)
READS_TASK = any_of(OWN, UNIT_OF_TASK, TASK_IN_HAND)


def protect_all() -> None:
    """From `ready()`: every table of cards, tasks, evidence, their history and the ledger."""
    _define_helpers()
    _protect_cards()
    _protect_tasks()
    _protect_evidence()
    _protect_results_of_units()
    # What belongs to no unit is read by auditors of the whole province.
    audited = any_of(
        held_on("unit_id", *table.READ_UNIT_HISTORY.capabilities),
        all_of("unit_id IS NULL", "(SELECT kpi_audits_the_province())"),
    )
    protect(
        LedgerEntry._meta.db_table,
        reads=any_of(
            "actor_id = kpi_actor()",  # what one did oneself
            audited,
            all_of("period_id IS NOT NULL", any_of(OWN, UNIT_OF_CARD, WORK_IN_HAND)),
        ),
        inserts="true",
        author="actor_id",
    )
    # Who saw whom is read by auditors; no page writes it.
    protect(AccessLogEntry._meta.db_table, reads=audited, forgotten=True)


# --- What conditions ask ------------------------------------------------------------------------------------
def _standing_in(of: str = "") -> str:
    return f"({of}evaluator_id, {of}unit_id) IN (SELECT evaluator, unit FROM kpi_stands_in())"


def _define_helpers() -> None:
    """Short lists of one account, each read once for a statement, and what only the owner's index answers."""
    define(touched.FUNCTION, "SETOF bigint", touched.BODY, of=touched.PARAMETERS)
    person, account = Person._meta.db_table, Person._meta.get_field("user").related_model._meta.db_table
    card, assessment, task = (model._meta.db_table for model in (Scorecard, Assessment, Task))
    delegable = ",".join(table.CONFIRM_TASK.capabilities).join("{}")
    ids, work = "SETOF bigint", "TABLE (period bigint, person bigint)"

    def evaluated(columns: str) -> str:
        """Cards by index, one way after the other: joined by OR, each would be looked at."""
        return f"""SELECT {columns} FROM "{card}" card WHERE card.evaluator_id = (SELECT kpi_person())
            UNION SELECT {columns} FROM kpi_stands_in() absent
            JOIN "{card}" card ON card.evaluator_id = absent.evaluator AND card.unit_id = absent.unit"""

    def in_hand(columns: str) -> str:
        return f"""{evaluated(columns)}
            UNION SELECT {columns} FROM "{card}" card WHERE card.endorser_id = (SELECT kpi_person())
            UNION SELECT {columns} FROM "{card}" card WHERE card.secretary_id = (SELECT kpi_person())"""

    def decided(columns: str) -> str:
        return f"""{evaluated(columns)}
            UNION SELECT {columns} FROM "{card}" card WHERE card.endorser_id = (SELECT kpi_person())"""

    def said_on(cards: str) -> str:
        return f'SELECT said.id FROM ({cards}) mine JOIN "{assessment}" said ON said.card_id = mine.id'

    define(
        "kpi_person",
        "bigint",
        f"""RETURN (SELECT person.id FROM "{person}" person
            JOIN "{account}" account ON account.id = person.user_id AND account.is_active
            WHERE person.user_id = kpi_actor());""",
    )
    define(
        "kpi_stands_in",
        "TABLE (evaluator bigint, unit bigint)",
        f"""RETURN QUERY SELECT person.id, delegated.unit FROM kpi_delegated('{delegable}') delegated
            JOIN "{person}" person ON person.user_id = delegated.giver;""",
    )
    define("kpi_cards_to_decide", ids, f"RETURN QUERY {decided('card.id')};")
    # Of a collective with several raters the same account enters what each says.
    define(
        "kpi_cards_collected",
        ids,
        f"""RETURN QUERY SELECT card.id FROM "{card}" card WHERE card.secretary_id = (SELECT kpi_person());""",
    )
    define("kpi_cards_in_hand", ids, f"RETURN QUERY {in_hand('card.id')};")
    define("kpi_assessments_in_hand", ids, f"RETURN QUERY {said_on(in_hand('card.id'))};")
    # Whoever evaluates an agency has hundreds of cards in hand and writes on one of them.
    define(
        "kpi_writes_assessment",
        "boolean",
        f"""RETURN EXISTS (
            SELECT FROM "{assessment}" said JOIN "{card}" card ON card.id = said.card_id
            WHERE said.id = wanted AND CASE WHEN said.stage = '{StageKey.SELF}'
                THEN card.person_id = (SELECT kpi_person())
                WHEN said.stage = '{StageKey.COLLECTIVE}'
                THEN (SELECT kpi_person()) = card.secretary_id AND card.state = '{CardState.SUBMITTED}'
                    AND (CASE WHEN said.seat = '' THEN said.rater_id = card.secretary_id
                        ELSE said.vacated_at IS NULL END)
                ELSE card.person_id IS DISTINCT FROM (SELECT kpi_person()) AND (
                    (SELECT kpi_person()) IN (card.evaluator_id, card.endorser_id) OR {_standing_in("card.")})
                END);""",
        of="wanted bigint",
    )
    unit, receives = Unit._meta.db_table, ",".join(table.RECORD_UNIT_RESULT.capabilities).join("{}")
    # The superior of a unit, as `snippets.queries.Tree.superior` finds it.
    define(
        "kpi_records_result_of",
        "boolean",
        f"""RETURN EXISTS (
            SELECT FROM "{unit}" concerned WHERE concerned.id = wanted AND coalesce(
                (SELECT agency.id FROM "{unit}" agency
                    WHERE concerned.level <> '{UnitLevel.USING}' AND agency.level = '{UnitLevel.USING}'
                    AND agency.depth < concerned.depth AND starts_with(concerned.path, agency.path)
                    ORDER BY agency.depth DESC LIMIT 1),
                concerned.managing_unit_id
            ) IN (SELECT kpi_units('{receives}')));""",
        of="wanted bigint",
    )
    audits = ",".join(table.READ_UNIT_HISTORY.capabilities).join("{}")
    define(
        "kpi_audits_the_province",
        "boolean",
        f"""RETURN EXISTS (
            SELECT FROM "{unit}" top WHERE top.depth = 1 AND top.id IN (SELECT kpi_units('{audits}')));""",
    )
    for which, whose in (("in_hand", in_hand), ("evaluated", evaluated)):
        define(f"kpi_work_{which}", work, f"RETURN QUERY {whose('card.period_id, card.person_id')};")
        define(
            f"kpi_tasks_{which}",
            ids,
            f"""RETURN QUERY SELECT task.id FROM "{task}" task
                JOIN kpi_work_{which}() work ON work.period = task.period_id AND work.person = task.person_id;""",
        )
        for model in (Fault, Delay):
            define(
                f"kpi_{model._meta.model_name}s_{which}",
                ids,
                f"""RETURN QUERY SELECT deduction.id FROM "{model._meta.db_table}" deduction
                    WHERE deduction.task_id IN (SELECT kpi_tasks_{which}());""",
            )


# --- Tables -------------------------------------------------------------------------------------------------
def _table(model: type[Model]) -> str:
    return model._meta.db_table


def _in(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def _protect_history(model: type[Model], reads: str) -> None:
    """History is read with its record, and written under one's own name."""
    rows = model.history.model  # type: ignore[attr-defined]  # simple-history adds the manager
    protect(_table(rows), reads=reads, inserts=reads, author="history_user_id")


def _protect_cards() -> None:
    decides = any_of(
        "evaluator_id = (SELECT kpi_person())", "endorser_id = (SELECT kpi_person())", _standing_in()
    )
    collects = "secretary_id = (SELECT kpi_person())"
    protect(
        _table(Scorecard),
        reads=any_of(OWN, UNIT_OF_CARD, decides, collects),
        inserts=NOBODY,  # opening a period makes them
        # Nobody decides their own card; the personnel office notifies (Đ17.3).
        updates=any_of(
            all_of(OWN, _in("state", CardState.OPENED, CardState.RETURNED, CardState.SUBMITTED)),
            all_of(NOT_OWN, decides),
            all_of(NOT_OWN, collects, _in("state", CardState.SUBMITTED)),
            all_of(NOT_OWN, held_on("unit_id", *table.NOTIFY.capabilities), _in("state", CardState.NOTIFIED)),
        ),
    )
    # A card's history goes by who evaluates it now, not by whom each row names.
    _protect_history(Scorecard, any_of(OWN, UNIT_OF_CARD, "id IN (SELECT kpi_cards_in_hand())"))
    protect(
        _table(Assessment),
        reads=READS_CARD,
        updates=any_of(
            all_of(OWN, _in("stage", StageKey.SELF)),
            all_of(
                NOT_OWN,
                "card_id IN (SELECT kpi_cards_collected())",
                _in("stage", StageKey.COLLECTIVE),
                any_of("seat = '' AND rater_id = (SELECT kpi_person())", "seat <> '' AND vacated_at IS NULL"),
            ),
            all_of(
                NOT_OWN,
                "card_id IN (SELECT kpi_cards_to_decide())",
                _in("stage", StageKey.EVALUATOR, StageKey.ENDORSEMENT),
            ),
        ),
    )
    _protect_history(Assessment, READS_CARD)
    of_score = any_of(OWN, UNIT_OF_CARD, "assessment_id IN (SELECT kpi_assessments_in_hand())")
    protect(_table(Score), reads=of_score, updates="kpi_writes_assessment(assessment_id)")
    _protect_history(Score, of_score)
    # A request to reopen is read and answered by policy staff, who do not read the card.
    asked = any_of(CARD_IN_HAND, held_on("unit_id", *REOPENING_CAPABILITIES))
    protect(_table(Reopening), reads=any_of(READS_CARD, asked), updates=all_of(NOT_OWN, asked))
    _protect_history(Reopening, any_of(READS_CARD, asked))
    # What somebody says about a criterion is theirs alone; of many it is counted, beyond the wall.
    protect(_table(CriterionFeedback), reads=OWN, updates=OWN)
    _protect_history(CriterionFeedback, OWN)
    # A result is never written by hand: it follows from its rows, beyond the wall.
    protect(_table(CardResult), reads=READS_CARD)


def _protect_tasks() -> None:
    """The person proposes and reports; whoever evaluates them, or holds it on the unit, does the rest."""
    protect(
        _table(Task),
        reads=READS_WORK,
        updates=any_of(
            all_of(OWN, _in("state", TaskState.PROPOSED, TaskState.REPORTED)),
            all_of(
                NOT_OWN,
                any_of(
                    "(period_id, person_id) IN (SELECT period, person FROM kpi_work_evaluated())",
                    held_on("unit_id", *table.ASSIGN_TASK.capabilities, *table.CONFIRM_TASK.capabilities),
                ),
            ),
        ),
    )
    _protect_history(Task, READS_WORK)
    by_the_head = held_on("unit_id", *table.CONFIRM_TASK.capabilities)
    for model in (Fault, Delay):
        evaluated = "task_id IN (SELECT kpi_tasks_evaluated())"
        protect(_table(model), reads=READS_TASK, updates=all_of(NOT_OWN, any_of(evaluated, by_the_head)))
        _protect_history(model, READS_TASK)
    in_hand, evaluated = (
        any_of(f"fault_id IN (SELECT kpi_faults_{which}())", f"delay_id IN (SELECT kpi_delays_{which}())")
        for which in ("in_hand", "evaluated")
    )
    of_cause = any_of(OWN, UNIT_OF_TASK, in_hand)
    protect(_table(ObjectiveCause), reads=of_cause, updates=all_of(NOT_OWN, any_of(evaluated, by_the_head)))
    _protect_history(ObjectiveCause, of_cause)


def _protect_evidence() -> None:
    """Read with its card or its task; attached and withdrawn by the person alone, erased by the night's work."""
    reads = any_of(
        OWN,
        all_of("card_id IS NOT NULL", any_of(UNIT_OF_CARD, CARD_IN_HAND)),
        all_of("task_id IS NOT NULL", any_of(UNIT_OF_TASK, TASK_IN_HAND)),
    )
    protect(_table(Evidence), reads=reads, updates=OWN)
    _protect_history(Evidence, reads)


def _protect_results_of_units() -> None:
    """Read with the unit, written by the personnel office of its superior; whose points it lifts, `rules` know."""
    records = "kpi_records_result_of(unit_id)"
    reads = any_of(held_on("unit_id", *table.SEE_UNIT_RESULT.capabilities), records)
    protect(_table(UnitResult), reads=reads, updates=records, author="recorded_by")
    _protect_history(UnitResult, reads)
