"""Each stored result against the one that its rows give: every stage and seat, everything it says but its moment.

What the person sent, and what is stored of a collective, stays as it was then, while tasks and the people managed go
on. Where they give another number by now, these parts are taken from the result itself and all that follows from them
is computed anew; the exact total of a self-assessment is compared with the entry of its sending as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

from criteria_pages.enums import rated
from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import WITH_THE_PERSON, CardState, StageKey
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.audit.verifying import Finding, Wrong
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.engine import (
    CardInputs,
    CompiledSet,
    Outcome,
    PointTask,
    ScoringError,
)
from snippets.models import Period

from . import scoring
from .recompute import COMPARED, Computable, Given, read_batch, read_given

REFERENCE = ("period_id", "unit_id", "person_id")
SENT = ("total", "rounded", "band")  # what the entry of a sending says of the result
# A task that says nothing: what counts tasks waits for it.
UNSAID = (PointTask(Decimal(1)),)
# What a stored number, choice or value that nobody has entered makes of a computation.
UNREADABLE = "cannot be computed"
NOT_COMPUTED = (ScoringError, ValueError, TypeError, ArithmeticError, LookupError, AssertionError)

At = tuple[str, str]
"""A stage, and the seat there."""


def compare_results(period: Period, cards: Any) -> Iterator[Finding]:
    """What does not hold among the results of these cards of a period; nothing is written."""
    compiled: dict[int, CompiledSet] = {}
    findings: list[Finding] = []
    with as_actor(system_user(), database_now()):
        for version in CriteriaVersion.objects.filter(cards__in=cards).distinct():
            try:
                compiled[version.pk] = version.compiled()
            except NOT_COMPUTED:  # its row differs from its seal; the chain says so
                findings.append(
                    Finding(
                        Wrong.RESULT_DIFFERS, table=CriteriaVersion._meta.db_table, row_id=version.pk, detail=UNREADABLE
                    )
                )  # fmt: skip
    yield from findings
    cards = cards.filter(version__in=list(compiled))
    last = 0
    while True:
        with as_actor(system_user(), database_now()):
            batch = read_batch(cards.filter(pk__gt=last), compiled, rated(period.kind))
            findings = list(_of_batch(batch)) if batch else []
        yield from findings
        if not batch:
            return
        last = batch[-1].card.pk


def _of_batch(batch: list[Computable]) -> Iterator[Finding]:
    keys = [each.card.pk for each in batch]
    stored = {
        (result.card_id, result.stage, result.seat): result
        for result in CardResult.objects.filter(card_id__in=keys)
    }
    sent = _sent(keys)
    places: dict[At, list[Computable]] = {}
    for each in batch:
        for at in _places(each.compiled):
            places.setdefault(at, []).append(each)
    for (stage, seat), some in places.items():
        given = read_given(some, stage, seat)
        for each in some:
            result = stored.pop((each.card.pk, stage, seat), None)
            if result is not None:
                said = sent.get(each.card.pk) if stage == StageKey.SELF else None
                yield from _of_result(each, given, result, said)
            elif _has_result(each, given, stage):
                yield Finding(
                    Wrong.RESULT_MISSING, table=Scorecard._meta.db_table, row_id=each.card.pk, detail=_name(stage, seat)
                )  # fmt: skip
    for (_card, stage, seat), result in stored.items():
        yield _finding(Wrong.RESULT_ADDED, result, _name(stage, seat))


def _places(compiled: CompiledSet) -> Iterator[At]:
    """Where cards of a set have results. Every set begins with the person's own stage."""
    yield StageKey.EVALUATOR.value, ""
    yield StageKey.SELF.value, ""
    if any(stage.key == StageKey.COLLECTIVE for stage in compiled.stages):
        seats = compiled.seats(StageKey.COLLECTIVE)
        yield from ((StageKey.COLLECTIVE.value, seat.key) for seat in seats)
        if not seats:
            yield StageKey.COLLECTIVE.value, ""


def _has_result(each: Computable, given: Given, stage: str) -> bool:
    """Whether the card must have a result there: what somebody gave, sent or took up was computed."""
    if stage == StageKey.EVALUATOR:
        return each.card.state != CardState.OPENED
    return each.card.pk in given.given or (stage == StageKey.SELF and each.card.submitted_at is not None)


def _of_result(
    each: Computable, given: Given, result: CardResult, sent: Mapping[str, Any] | None
) -> Iterator[Finding]:
    said = {name: getattr(result, name) for name in (*REFERENCE, *COMPARED)}
    at = _name(result.stage, result.seat)
    differing: list[str] = []
    for number, inputs in enumerate(_ways(each, given, result)):
        try:
            outcome = each.compiled.score(inputs)
            computed = scoring.result_fields(outcome, result.computed_at)
        except NOT_COMPUTED:
            continue
        fields = {**each.card.reference, **computed}
        found = [name for name, value in said.items() if value != fields[name]]
        if not found:
            if sent is not None and each.card.state not in WITH_THE_PERSON and _differs(sent, outcome):
                yield _finding(Wrong.RESULT_DIFFERS, result, f"{at}: not what was sent")
            return
        if not number:
            differing = found
    yield _finding(Wrong.RESULT_DIFFERS, result, f"{at}: {', '.join(differing) or UNREADABLE}")


def _ways(each: Computable, given: Given, result: CardResult) -> Iterator[CardInputs]:
    """What a result may come of: the rows as they are now and, where it stays as it was sent, as they were then.

    Nothing where a text is stored that nobody has entered.
    """
    with suppress(*NOT_COMPUTED):
        inputs = given.inputs_of(each)
        yield inputs
        sent = result.stage == StageKey.SELF and each.card.state not in WITH_THE_PERSON
        if sent or result.stage == StageKey.COLLECTIVE:
            yield _as_it_was(inputs, each.compiled, result)


def _as_it_was(inputs: CardInputs, compiled: CompiledSet, result: CardResult) -> CardInputs:
    """The inputs with what the result itself says of tasks and of others in their place."""
    later = [each for each in compiled.criteria if each.is_from_tasks or each.is_from_others]
    given = {each.code: Fraction(result.values[each.code]) for each in later if each.code in result.values}
    empty = {each.scope: () for each in later if each.scope and each.code not in given}
    return inputs._replace(
        tasks=(),
        work=UNSAID if result.pending else (),
        people=None,
        results={},
        others={} if result.pending else empty,
        given=given,
    )


def _sent(keys: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Card → what the entry of its last sending says of the result; none where it says nothing."""
    entries = LedgerEntry.objects.filter(
        act=Act.CARD_SUBMITTED, subject_type=Scorecard._meta.label, subject_id__in=[str(key) for key in keys]
    ).order_by("pk")
    found = {int(key): after or {} for key, after in entries.values_list("subject_id", "after")}
    return {key: after for key, after in found.items() if "total" in after}


def _differs(sent: Mapping[str, Any], outcome: Outcome) -> bool:
    now = scoring.summary(outcome)
    return any(sent.get(name) != now[name] for name in SENT)


def _name(stage: str, seat: str) -> str:
    return f"{stage} {seat}".rstrip()


def _finding(wrong: Wrong, result: CardResult, detail: str) -> Finding:
    return Finding(
        wrong, table=CardResult._meta.db_table, row_id=result.pk, detail=f"card {result.card_id}, {detail}"
    )
