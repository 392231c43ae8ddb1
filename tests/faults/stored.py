"""What the database holds afterwards, compared with what clients were told: acknowledged ⊆ stored, once, and whole."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.core.models import Job
from snippets.models import Period
from tests.faults.journal import Attempt, Outcome

MARKER = re.compile(r"#\d{7}#")
TRACKED = (Score, Assessment, Scorecard, Task, Period)
# Which entries answer a request of each kind.
ACTS = {
    "save": {Act.SCORE_CHANGED, Act.COMMENT_CHANGED},
    "evaluate": {Act.SCORE_CHANGED, Act.COMMENT_CHANGED},
    "submit": {Act.CARD_SUBMITTED},
    "return": {Act.CARD_RETURNED},
    "report": {Act.TASK_REPORTED},
    "confirm": {Act.TASK_CONFIRMED},
    "assign": {Act.TASK_ASSIGNED},
    "open": {Act.PERIOD_OPENING},
}
# Sent again with the key of their form, these are acknowledged without being done again.
ONCE = ("assign",)
# Saves and steps are counted on the card, on the task: one for each of these entries.
COUNTED = {
    "evaluation.Scorecard": {Act.SCORE_CHANGED, Act.COMMENT_CHANGED, Act.CARD_SUBMITTED, Act.CARD_RETURNED},
    "evaluation.Task": {Act.TASK_ASSIGNED, Act.TASK_REPORTED, Act.TASK_CONFIRMED},
}
Rows = Counter[tuple[str, str]]  # (model, "+" or "~") → how many rows of history


@dataclass(frozen=True)
class Entry:
    """One entry of the ledger."""

    act: str
    request: str
    subject: tuple[str, int]
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Stored:
    """`rows`: request → rows of history. `numbers`: record → its save number. `cards`: period → people's cards.

    `acts_before`: requests of whoever made the world, before the first client.
    """

    entries: list[Entry] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)
    markers: Counter[str] = field(default_factory=Counter)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    jobs: dict[str, tuple[str, int]] = field(default_factory=dict)  # job → state, period
    cards: dict[int, Counter[int]] = field(default_factory=dict)
    made: dict[int, Counter[int]] = field(default_factory=dict)  # the same, as history has it
    before: set[str] = field(default_factory=set)


def requests() -> set[str]:
    """Every request that history or ledger name so far."""
    found = set(LedgerEntry.objects.values_list("request_id", flat=True))
    for model in TRACKED:
        found |= set(model.history.values_list("history_request_id", flat=True))
    return {str(request) for request in found}


def read(before: set[str]) -> Stored:
    stored = Stored(before=before)
    for row in LedgerEntry.objects.order_by("pk"):
        kind, key = row.subject_type, int(row.subject_id) if row.subject_id.isdecimal() else 0
        stored.entries.append(Entry(row.act, str(row.request_id), (kind, key), row.after or {}))
    rows: dict[str, Rows] = defaultdict(Counter)
    for model in TRACKED:
        for request, kind in model.history.values_list("history_request_id", "history_type"):
            rows[str(request)][model.__name__, kind] += 1
    stored.rows = dict(rows)
    for text in ErasableText.objects.values_list("text", flat=True):
        stored.markers.update(MARKER.findall(text))
    for model in (Scorecard, Task):
        for key, number in model._base_manager.values_list("pk", "version_number"):
            stored.numbers[model._meta.label, key] = number
    for key, state, arguments in Job.objects.values_list("pk", "state", "arguments"):
        stored.jobs[str(key)] = state, arguments["period"]
    stored.cards = _by_period(Scorecard._base_manager.values_list("period_id", "person_id"))
    stored.made = _by_period(Scorecard.history.filter(history_type="+").values_list("period_id", "person_id"))
    return stored


def _by_period(pairs: Iterable[tuple[int, int]]) -> dict[int, Counter[int]]:
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for period, person in pairs:
        found[period][person] += 1
    return dict(found)


def differences(attempts: Sequence[Attempt], stored: Stored) -> list[str]:
    """What does not hold, in sentences; nothing when all of it does."""
    return [
        *_acknowledged(attempts, stored),
        *_markers(attempts, stored),
        *_whole(stored),
        *_counted(stored),
        *_jobs(stored),
    ]


def _acknowledged(attempts: Sequence[Attempt], stored: Stored) -> Iterator[str]:
    """Who was told that it is done finds exactly one entry of it; who was refused finds none."""
    by_request: dict[str, list[Entry]] = defaultdict(list)
    for entry in stored.entries:
        by_request[entry.request].append(entry)
    lost = {each.marker for each in attempts if each.kind in ONCE and each.outcome == Outcome.UNKNOWN}
    for attempt in attempts:
        if not attempt.request:
            continue
        found = by_request.get(attempt.request, [])
        said = f"{attempt.kind} of {attempt.subject} {attempt.marker} ({attempt.request})"
        if attempt.outcome == Outcome.REFUSED:
            if found or attempt.request in stored.rows:
                yield f"refused and stored: {said}"
        elif attempt.outcome == Outcome.ACKNOWLEDGED:
            if [entry.act for entry in found if entry.act in ACTS[attempt.kind]] != [
                entry.act for entry in found
            ]:
                yield f"acknowledged and stored as something else: {said}"
            elif not found and attempt.marker in lost:
                continue  # the request before did it, and its answer was lost: `_markers` counts it
            elif len(found) != 1:
                yield f"acknowledged and stored {len(found)} times: {said}"
            elif attempt.kind != "assign" and found[0].subject[1] != attempt.subject:
                yield f"acknowledged and stored elsewhere: {said}"
            else:
                yield from _values(attempt, found[0], said)


def _values(attempt: Attempt, entry: Entry, said: str) -> Iterator[str]:
    """What changed is what was sent."""
    for name, value in attempt.sent.items():
        if name in entry.after and _plain(entry.after[name]) != _plain(value):
            yield f"acknowledged {name} = {value}, stored {entry.after[name]}: {said}"


def _plain(value: Any) -> str:
    text = str(value).replace(",", ".")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _markers(attempts: Sequence[Attempt], stored: Stored) -> Iterator[str]:
    """A text, sent once or again for want of an answer, is stored once where anybody was told so, else at most once."""
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for attempt in attempts:
        if attempt.marker:
            outcomes[attempt.marker].append(attempt.outcome)
    for marker, found in outcomes.items():
        number = stored.markers[marker]
        if Outcome.ACKNOWLEDGED in found and number != 1:
            yield f"the text {marker} was acknowledged and is stored {number} times"
        elif number > 1:
            yield f"the text {marker} is stored {number} times"
        elif number and set(found) == {Outcome.REFUSED}:
            yield f"the text {marker} was refused each time and is stored"
        if found.count(Outcome.ACKNOWLEDGED) > 1:
            yield f"the text {marker} was acknowledged twice"
    for marker in stored.markers.keys() - outcomes.keys():
        yield f"the text {marker} was sent by nobody"


def _whole(stored: Stored) -> Iterator[str]:
    """Of each request that left anything: the rows of history that its entry stands for, all of them and no other."""
    acts: dict[str, list[Entry]] = defaultdict(list)
    for entry in stored.entries:
        if entry.request not in stored.before:
            acts[entry.request].append(entry)
    for request in stored.rows.keys() - stored.before - acts.keys():
        yield f"request {request} wrote {dict(stored.rows[request])} and no entry of the ledger"
    for request, entries in acts.items():
        rows = Counter(stored.rows.get(request, Counter()))
        if len(entries) != 1:
            yield f"request {request} has {len(entries)} entries: {', '.join(entry.act for entry in entries)}"
            continue
        entry = entries[0]
        if rows not in _shapes(entry, stored):
            yield f"request {request} is stored in part: {entry.act} with {dict(rows)}"


def _shapes(entry: Entry, stored: Stored) -> list[Rows]:
    """The rows of history that an act may leave. The first save of a stage makes its assessment as well."""
    if entry.act in (Act.SCORE_CHANGED, Act.COMMENT_CHANGED):
        scores = len(entry.after.keys() - {"stage", "comments"})
        shapes = []
        for created in (0, scores) if scores else (0,):
            for first in (0, 1):
                rows: Rows = Counter()
                rows["Score", "+"], rows["Score", "~"] = created, scores - created
                rows["Assessment", "+"], rows["Assessment", "~"] = first, int("comments" in entry.after)
                shapes.append(+rows)
        return shapes
    if entry.act in (Act.CARD_SUBMITTED, Act.CARD_RETURNED):
        return [Counter({("Scorecard", "~"): 1, ("Assessment", "~"): 1})]
    if entry.act == Act.TASK_ASSIGNED:
        return [Counter({("Task", "+"): 1})]
    if entry.act in (Act.TASK_REPORTED, Act.TASK_CONFIRMED):
        return [Counter({("Task", "~"): 1})]
    if entry.act == Act.PERIOD_OPENING:
        return [Counter({("Period", "~"): 1}), Counter()]
    if entry.act == Act.PERIOD_OPENED:
        made = sum(stored.made.get(entry.subject[1], Counter()).values())
        # Opened once more, because nobody knew that it was: there is nothing left to make.
        return [Counter({("Period", "~"): 1, ("Scorecard", "+"): made}), Counter()]
    if entry.act == Act.GRANTS_CHECKED:  # the night's work, which each scheduler that starts does
        return [Counter()]
    return []


def _counted(stored: Stored) -> Iterator[str]:
    """The save number of a card and of a task: one for each act on it."""
    acts: Counter[tuple[str, int]] = Counter()
    for entry in stored.entries:
        if entry.act in COUNTED.get(entry.subject[0], set()):
            acts[entry.subject] += 1
    for record, number in stored.numbers.items():
        if number != acts[record]:
            yield f"{record} counts {number} saves, the ledger {acts[record]}"
    for record in acts.keys() - stored.numbers.keys():
        yield f"{record} stands in the ledger and nowhere else"


def _jobs(stored: Stored) -> Iterator[str]:
    """Work in the background that began has ended, once, and everybody has one card."""
    opened = Counter(entry.request for entry in stored.entries if entry.act == Act.PERIOD_OPENED)
    for job, (state, period) in stored.jobs.items():
        if state != "done":
            yield f"the job {job} of period {period} is {state}"
        elif opened[job] != 1:
            yield f"the job {job} of period {period} is done and recorded {opened[job]} times"
    for request in opened.keys() - stored.jobs.keys():
        yield f"a period was opened by {request}, which is no job"
    for period, people in stored.cards.items():
        twice = [person for person, number in people.items() if number != 1]
        if twice:
            yield f"people of period {period} have several cards: {twice}"
        if stored.made.get(period) != people:
            yield f"the cards of period {period} are not those of its history"
