"""What the ledger's verifier cannot know of cards by itself: texts that stand in two places, what a card was opened
with, results that must follow from their rows, and which records belong to a card."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import translation

from kpi_cms.foundation.audit import layouts, live, texts, verification
from kpi_cms.foundation.audit.chains import chain_of
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.ledger import rows_digest
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.audit.sealing import reading_everything
from kpi_cms.foundation.audit.source import Part
from kpi_cms.foundation.audit.verifying import Finding, Wrong
from snippets.enums import PeriodState
from snippets.models import Period, Person

from .domain.comparing import compare_results
from .domain.evidence import words_of
from .domain.opening import FROZEN, pinned
from .domain.saving import COMMENT_FIELDS, comments_text
from .domain.task_support import TYPED
from .models import (
    Assessment,
    CalendarPin,
    CataloguePin,
    CriterionFeedback,
    Delay,
    Evidence,
    Fault,
    ObjectiveCause,
    Score,
    Scorecard,
    Task,
    VersionPin,
)

CHUNK = 2_000
PINS = {"versions": VersionPin, "catalogues": CataloguePin, "calendar": CalendarPin}
BLANK = ("", texts.ERASED)  # what a record may show of a text that was erased


def register() -> None:
    """From `ready()`."""
    live.checks += [check_copies, check_frozen, check_pins, check_results]
    verification.parts["card"] = card_part


# --- Texts that stand in two places -------------------------------------------------------------------------
Kept = Callable[[Mapping[str, Any]], Iterable[str]]


def _column(name: str) -> Kept:
    return lambda row: [row[name]]


def _comments(row: Mapping[str, Any]) -> Iterator[str]:
    """As they were put together, in whichever language."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            yield comments_text(row)


def check_copies(part: Part) -> Iterator[Finding]:
    """Each text that a record shows, against the one that its key was made of."""
    yield from _copies(part, Score, "grounds_key", ["grounds"], _column("grounds"))
    for field, key in TYPED.items():
        yield from _copies(part, Task, key, [field], _column(field))
    yield from _copies(part, Assessment, "comments_key", COMMENT_FIELDS, _comments)
    yield from _copies(
        part, Evidence, "words_key", ["title", "number"], lambda row: [words_of(row["title"], row["number"])]
    )
    yield from _copies(part, CriterionFeedback, "remark_key", ["remark"], _column("remark"))
    yield from _copies(part, Person, "name_key", ["full_name"], _column("full_name"))


def _copies(part: Part, model: Any, key: str, fields: Iterable[str], kept: Kept) -> Iterator[Finding]:
    table = model._meta.db_table
    every = model._base_manager.order_by("pk")
    if part.records is not None:
        every = every.filter(pk__in=part.records.get(table, ()))
    if part.units is not None:
        every = every.filter(unit_id__in=part.units)
    for pk in _without_key(every, key, fields).values_list("pk", flat=True):
        yield Finding(Wrong.COPY_DIFFERS, table=table, row_id=pk, detail=", ".join(fields))
    rows, last = every.filter(**{f"{key}__isnull": False}), 0
    while batch := list(rows.filter(pk__gt=last).values("pk", key, *fields)[:CHUNK]):
        found = texts.read(row[key] for row in batch)
        for row in batch:
            said = found.get(row[key])  # a text that is gone is found with the texts
            if (
                said is not None
                and said not in kept(row)
                and (said or any(row[name] not in BLANK for name in fields))
            ):
                yield Finding(Wrong.COPY_DIFFERS, table=table, row_id=row["pk"], detail=", ".join(fields))
        last = batch[-1]["pk"]


def _without_key(rows: Any, key: str, fields: Iterable[str]) -> Any:
    """Records that show words of which none were kept. A task that nobody named is called what its product is."""
    shown = Q()
    for name in fields:
        shown |= ~Q(**{f"{name}__in": BLANK})
    if rows.model is Task and "name" in fields:
        shown &= ~Q(name=F("product__duty")) | Q(product=None)
    return rows.filter(shown, **{f"{key}__isnull": True})


# --- What a card was opened with ----------------------------------------------------------------------------
def check_frozen(part: Part) -> Iterator[Finding]:
    """The cards of each period against what its opening recorded of them last; of one card its own period's.

    Of a unit none: an opening has one digest for all its cards, and their units have many periods.
    """
    if part.units is not None:
        return
    entries = LedgerEntry.objects.filter(act=Act.PERIOD_OPENED).order_by("pk")
    if part.records is not None:
        entries = entries.filter(period_id__in=list(_cards(part).values_list("period_id", flat=True)))
    last: dict[int, dict[str, Any]] = {}
    for period_id, after in entries.values_list("period_id", "after"):
        if period_id is not None and after and "frozen" in after:
            last[period_id] = after["frozen"]
    for period_id, said in last.items():
        cards = Scorecard.objects.filter(period_id=period_id, pk__gte=said["from"], pk__lte=said["to"])
        if rows_digest(layouts.form_of(Scorecard, only=FROZEN), cards) != said:
            yield Finding(
                Wrong.DIGEST_DIFFERS,
                table="snippets_period",
                row_id=period_id,
                detail=Scorecard._meta.db_table,
            )


# --- What a period is scored with ---------------------------------------------------------------------------
def check_pins(part: Part) -> Iterator[Finding]:
    """Versions, catalogues and calendar of each period against what its opening recorded; few rows, so in every part.

    They are chosen before it, so the first entry of an opening is the one that holds; after it only catalogues are
    added, each by an entry that says which.
    """
    first: dict[int, dict[str, Any]] = {}
    acts = [Act.PERIOD_OPENING, Act.PERIOD_OPENED, Act.PERIOD_CHANGED]
    entries = LedgerEntry.objects.filter(act__in=acts).order_by("pk")
    for period_id, act, before, after in entries.values_list("period_id", "act", "before", "after"):
        if period_id is None or not after:
            continue
        if act != Act.PERIOD_CHANGED:
            first[period_id] = {**after, **first.get(period_id, {})}
        elif "catalogues" in after and "catalogues" in first.get(period_id, {}):
            added = {*after["catalogues"]} - {*(before or {})["catalogues"]}
            first[period_id]["catalogues"] = sorted({*first[period_id]["catalogues"], *added})
    for period in Period.objects.filter(pk__in=list(first)).exclude(state=PeriodState.DRAFT).order_by("pk"):
        said, now = first[period.pk], pinned(period)
        for name, model in PINS.items():
            if name in said and said[name] != now[name]:
                lost, more = sorted({*said[name]} - {*now[name]}), sorted({*now[name]} - {*said[name]})
                detail = ", ".join(
                    [model._meta.db_table, *(f"-{each}" for each in lost), *(f"+{each}" for each in more)]
                )
                yield Finding(Wrong.PINS_DIFFER, table="snippets_period", row_id=period.pk, detail=detail)


# --- Results ------------------------------------------------------------------------------------------------
def check_results(part: Part) -> Iterator[Finding]:
    """Each stored result of the part's cards against the one that its rows give, and whether each is there."""
    for period in Period.objects.exclude(state=PeriodState.DRAFT).order_by("pk"):
        yield from compare_results(period, _cards(part).filter(period=period))


def _cards(part: Part) -> Any:
    cards = Scorecard.objects.all()
    if part.records is not None:
        cards = cards.filter(pk__in=part.records.get(Scorecard._meta.db_table, ()))
    if part.units is not None:
        cards = cards.filter(unit_id__in=part.units)
    return cards


# --- One card -----------------------------------------------------------------------------------------------
def card_part(code: str) -> Part:
    """The chain of a card's unit, and the card's own records, also those that are gone. Raises LookupError."""
    found = re.fullmatch(r"P(\d+)-(\d+)", code.strip())
    with reading_everything("verifying a card reads its rows"):
        card = (
            found and Scorecard.objects.filter(period_id=found[1], pk=found[2]).select_related("unit").first()
        )
        if not card:
            raise LookupError(code)
        assessments = _ids(Assessment, card_id=card.pk)
        tasks = _ids(Task, period_id=card.period_id, person_id=card.person_id)
        faults, delays = _ids(Fault, task_id__in=tasks), _ids(Delay, task_id__in=tasks)
        records = {
            Scorecard: [card.pk],
            Assessment: assessments,
            Score: _ids(Score, assessment_id__in=assessments),
            Task: tasks,
            Fault: faults,
            Delay: delays,
            ObjectiveCause: _ids(ObjectiveCause, fault_id__in=faults)
            + _ids(ObjectiveCause, delay_id__in=delays),
            Evidence: _ids(Evidence, card_id=card.pk) + _ids(Evidence, task_id__in=tasks),
        }
        return Part(
            chain_of(card.unit), records={model._meta.db_table: ids for model, ids in records.items()}
        )


def _ids(model: Any, **where: Any) -> list[int]:
    """Of records that are there and of those that history knows."""
    live_ids = model._base_manager.filter(**where).values_list("pk", flat=True)
    past = model.history.model._base_manager.filter(**where).values_list("id", flat=True)
    return sorted({*live_ids, *past})
