"""Rows of lists of cards: each card's points where the reader may see them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import band_words, queries, rules
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.visibility import sight_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.engine import CompiledSet

from .card import shown_text


def card_rows(cards: list[Any], scope: Scope) -> list[dict[str, Any]]:
    """What a list says of each card; cards come with `queries.with_results` and their people. One query."""
    versions = CriteriaVersion.objects.in_bulk({card.version_id for card in cards})
    labels = {
        (key, band.code): _with_value(each.compiled(), band.code, band.label)
        for key, each in versions.items()
        for band in each.compiled().bands
    }
    rows = []
    for card in cards:
        card.version = versions[card.version_id]
        seen = sight_of(scope, card)
        rows.append(
            {
                "card": card,
                "url": reverse("workspace:card", args=[card.pk]),
                "self_points": shown_text(card.self_shown or "") if seen.of_self else "–",
                "evaluator_points": shown_text(card.evaluator_shown or "") if seen.of_evaluation else "–",
                "band": labels.get((card.version_id, card.evaluator_band or ""), "")
                if seen.of_evaluation
                else "",
                "is_own": rules.is_own(scope.user_id, card),
                "basis_changed": card.basis_changed_at is not None and seen.of_new_basis,
                "waits": card.state == CardState.SUBMITTED and rules.evaluates(scope, card),
            }
        )
    return rows


def _with_value(compiled: CompiledSet, code: str, label: str) -> str:
    """A band, and what it stands for where its set says so."""
    found = band_words.band_value(compiled, code)
    if found is None:
        return label
    return f"{label} ({found[0]}: {format_quantity(found[1], language=get_language() or 'vi')})"


def page_links(request: HttpRequest, page: queries.Slice) -> dict[str, str]:
    """Addresses for `includes/pager.html`: the same filters, another place in the list."""

    def link(**changes: int) -> str:
        query = request.GET.copy()
        for name in ("sau", "truoc"):
            query.pop(name, None)
        for name, value in changes.items():
            query[name] = str(value)
        return f"{request.path}?{query.urlencode()}" if query else request.path

    return {
        "first_url": link() if page.before is not None else "",
        "previous_url": link(truoc=page.before) if page.before is not None else "",
        "next_url": link(sau=page.after) if page.after is not None else "",
    }
