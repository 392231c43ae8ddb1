"""Publish a closed period's totals, once: by unit and frame, as the results and the tree stand at that moment."""

from collections import Counter, defaultdict
from decimal import Decimal

from django.db.models import Count, Sum

from kpi_cms.evaluation.enums import DECIDED
from kpi_cms.evaluation.models import PublishedTotals, Scorecard
from kpi_cms.evaluation.progress_queries import decided_results, in_points
from kpi_cms.foundation.access.wall import beyond_the_wall
from snippets.models import Period, Unit
from snippets.queries import lineage


@beyond_the_wall("totals are of all results, and whoever closes the period reads none")
def publish_totals(period: Period) -> int:
    """Write the totals of every unit with decided cards and of the units above it; returns how many results they count.

    Part of closing: in its transaction, under its lock, in four queries whatever the size.
    """
    bands: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    points: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    results = decided_results(period).values_list("card__frame", "unit__path", "band")
    for frame, path, band, count, total in results.annotate(results=Count("pk"), sum=Sum("rounded")):
        bands[frame, path][band] += count
        points[frame, path] += in_points(total)
    cards = Scorecard.objects.filter(period=period, state__in=DECIDED).order_by()
    places = {
        (frame, above)
        for frame, path in cards.values_list("frame", "unit__path").distinct()
        for above in lineage(path)
    }
    units = {
        unit.path: unit
        for unit in Unit.objects.filter(path__in={path for _frame, path in places}).only("pk", "path")
    }
    PublishedTotals.objects.bulk_create(
        PublishedTotals(
            period=period,
            frame=frame,
            unit=units[path],
            path=path,
            results=bands[frame, path].total(),
            points=points[frame, path],
            bands=dict(bands[frame, path]),
        )
        for frame, path in sorted(places)
    )
    return sum(found.total() for found in bands.values())
