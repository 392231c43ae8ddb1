"""What a decision was taken from: a digest of everything that was on the screen, and the moment it was shown (T15).

The page carries it, signed, and the decision brings it back. Where it is not what stands in the tables any more, the
decision is refused with the difference, read from history between the two moments.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core import signing

from .models import CardResult, Scorecard, Task
from .queries import StageRecord, results_of, stage_records

SALT = "evaluation.seen"


def content_digest(
    card: Scorecard,
    records: Mapping[str, StageRecord],
    results: Mapping[str, CardResult],
    tasks: Iterable[Task],
) -> str:
    """SHA-256 of the version, every stage's scores and comments, the tasks and the results; canonical JSON.

    Of stages that are kept from the reader `records` and `results` say nothing, so that no digest can be tried on
    values which the page did not show.
    """
    content = {
        "card": [card.pk, card.version.sha256, card.version_number, card.state, card.proposed_basis],
        "said": {
            stage: [
                record.strengths, record.weaknesses, record.comment,
                sorted(
                    [key, _text(given.value), given.choice, given.grounds] for key, given in record.given.items()
                ),
            ]
            for stage, record in records.items()
        },
        "results": {
            stage: [result.numerator, result.denominator, result.shown, result.band, result.pending]
            for stage, result in results.items()
        },
        "tasks": sorted(
            [
                task.pk, task.state, task.role, task.priority, task.difficulty, task.quality,
                *map(_text, (task.assigned, task.completed, task.accepted, task.handed_over)),
            ]
            for task in tasks
        ),
    }  # fmt: skip
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def digest_now(card: Scorecard, unseen: Collection[str] = ()) -> str:
    """The digest of what stands in the tables, without the `unseen` stages."""
    tasks = Task.objects.filter(period_id=card.period_id, person_id=card.person_id)
    return content_digest(card, stage_records(card, unseen), results_of(card, unseen), tasks)


def _text(value: Any) -> str:
    return "" if value is None else f"{value.normalize():f}"


def token(card: Scorecard, digest: str, moment: datetime) -> str:
    """What the page carries. Signed: the difference is told between moments that the product itself has shown."""
    return signing.dumps([card.pk, digest, moment.isoformat()], salt=SALT)


def read_token(card: Scorecard, text: str) -> tuple[str, datetime | None]:
    """The digest and the moment it was shown; ("", None) for anything that was not made for this card."""
    try:
        key, digest, moment = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return "", None
    return (digest, datetime.fromisoformat(moment)) if key == card.pk else ("", None)
