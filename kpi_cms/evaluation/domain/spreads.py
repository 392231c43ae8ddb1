"""Publish how each criterion of a closed period was scored, once: counted by block and kind of staff, no name."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction

from django.db.models import Count, Q

from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.enums import DECIDED, StageKey
from kpi_cms.evaluation.models import Assessment, CardResult, PublishedSpread, Score
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.engine import CompiledCriterion
from snippets.models import Period

# Criterion (its row), block, kind of staff.
Cell = tuple[int, str, str]
# Version → its criteria, each with the key of its row.
Criteria = dict[int, list[tuple[int, CompiledCriterion]]]


# The value that counts and the person's own, as they are stored; None where the person gave none.
Pair = tuple[str, str | None]


@beyond_the_wall("spreads are of all results, and whoever closes the period reads none")
def publish_spreads(period: Period) -> None:
    """Part of closing, in its transaction, under its lock; one pass over the results that count."""
    criteria = _criteria(period)
    by_row = {pk: criterion for listed in criteria.values() for pk, criterion in listed}
    counted: dict[Cell, Counter[Pair]] = defaultdict(Counter)
    for cell, pair in _scored(period, criteria):
        counted[cell][pair] += 1
    comments = _comments(period)
    PublishedSpread.objects.bulk_create(
        [
            PublishedSpread(
                period=period,
                criterion_id=criterion,
                block=block,
                staff_kind=kind,
                comments=comments.get((criterion, block, kind), 0),
                **_told(by_row[criterion], counted[criterion, block, kind]),
            )
            for criterion, block, kind in sorted(counted)
        ],
        batch_size=500,
    )


def _told(criterion: CompiledCriterion, pairs: Counter[Pair]) -> dict[str, dict[str, int]]:
    """Stored texts as shares of the maximum: each distinct one is read once, however many people have it."""
    values: Counter[str] = Counter()
    distances: Counter[str] = Counter()
    for (text, own), people in pairs.items():
        value = criterion.as_share(Fraction(text))
        values[str(value)] += people
        if own is not None:
            distances[str(value - criterion.as_share(Fraction(own)))] += people
    return {"values": dict(values), "distances": dict(distances)}


def _scored(period: Period, criteria: Criteria) -> Iterator[tuple[Cell, Pair]]:
    """Each value that counts, with the person's own where they gave one."""
    rows = (
        CardResult.objects.filter(
            Q(stage=StageKey.EVALUATOR, rounded__isnull=False)
            | Q(stage=StageKey.SELF, card__without_self=False),
            period=period,
            card__state__in=DECIDED,
        )
        .order_by("card_id", "-stage")  # the person's own first
        .values_list(
            "card_id", "stage", "card__version_id", "card__unit__block", "card__staff_kind", "values"
        )
    )
    whose, own = 0, dict[str, str]()
    for card, stage, version, block, kind, values in rows.iterator(chunk_size=2_000):
        if stage == StageKey.SELF:
            whose, own = card, values
            continue
        said = own if whose == card else {}
        for pk, criterion in criteria[version]:
            if criterion.code in values:
                beside = (
                    None if criterion.persons_own else said.get(criterion.code)
                )  # the same score, not another's
                yield (pk, block, kind), (values[criterion.code], beside)


def _criteria(period: Period) -> Criteria:
    """Version → its criteria, each with the key of its frozen row."""
    versions = CriteriaVersion.objects.filter(cards__period=period).distinct().in_bulk()
    rows = {
        (version, key): pk
        for pk, version, key in FrozenCriterion.objects.filter(version__in=versions).values_list(
            "pk", "version_id", "key"
        )
    }
    return {
        pk: [(rows[pk, criterion.key], criterion) for criterion in version.compiled().criteria]
        for pk, version in versions.items()
    }


def _comments(period: Period) -> dict[Cell, int]:
    """How many scores that count have grounds, by criterion, block and kind of staff."""
    assessments = Assessment.objects.that_count().filter(card__period=period, card__state__in=DECIDED)
    rows = (
        Score.objects.filter(assessment__in=assessments, grounds_key__isnull=False)
        .order_by()
        .values_list("criterion_id", "assessment__card__unit__block", "assessment__card__staff_kind")
        .annotate(number=Count("pk"))
    )
    return {(criterion, block, kind): number for criterion, block, kind, number in rows}
