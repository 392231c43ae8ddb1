"""The stage of a collective or the direct head: scored and sent by whoever the card names, and the act naming them."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kpi_cms.evaluation import queries
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.domain import collective
from kpi_cms.evaluation.domain.direct_heads import by_direct_head
from kpi_cms.evaluation.domain.seats import seats_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound
from kpi_cms.foundation.engine import voice_of
from kpi_cms.interfaces.workspace.forms.collective import CollectiveForm
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.forms.steps import StepForm
from kpi_cms.interfaces.workspace.presentation.card import (
    CardReading,
    figures_of,
    page_of,
    state_of_result,
)
from kpi_cms.interfaces.workspace.presentation.seats import SEAT, at_seat, seats_to_enter
from kpi_cms.interfaces.workspace.presentation.sheet import sheet_of

from .asking import require_somewhere
from .cards import draw_again, keep_scores, open_scores
from .shared import add_problems, refused, scope_of
from .steps import CardStep, incomplete

TEMPLATE = "workspace/collective.html"
NAMING = "workspace/name_collective.html"


@login_required
@require_http_methods(["GET", "POST"])
def score(request: HttpRequest, pk: int) -> HttpResponse:
    """The collective's scores beside the person's; POST saves them."""
    if request.method == "POST":
        return _save(request, pk)
    return open_scores(
        request, pk, StageKey.COLLECTIVE, table.SAVE_COLLECTIVE, TEMPLATE, _page, partial(_seat, request)
    )


def _seat(request: HttpRequest, reading: CardReading) -> str:
    """The seat that the page is about: the one asked for, else the first that is not sent yet."""
    wanted = request.GET.get(SEAT, "")
    seats = [each.key for each in seats_of(reading.card.version)]
    if wanted and wanted not in seats:
        raise NotFound
    open_now = [each.seat for each in reading.of_collective if each.seat and not each.is_submitted]
    return wanted or next(iter(open_now + seats), "")


def _save(request: HttpRequest, pk: int) -> HttpResponse:
    form, error = keep_scores(
        request, pk, StageKey.COLLECTIVE, table.SAVE_COLLECTIVE, collective.save_collective
    )
    if error is not None:
        return draw_again(request, TEMPLATE, pk, form, error, _page)
    messages.success(request, _("The scores are saved."))
    if "review" in request.POST:
        return redirect("workspace:send_collective", pk)
    return redirect(at_seat(reverse("workspace:collective", args=[pk]), form.seat))


def _page(reading: CardReading, form: ScoreForm) -> dict[str, Any]:
    columns = [column for column in reading.columns() if column.stage == StageKey.SELF]
    voice = voice_of(StageKey.COLLECTIVE, form.seat)
    result, record = reading.results.get(voice), reading.records.get(voice)
    seats = seats_to_enter(reading, form.seat)
    return page_of(reading) | {
        "form": form,
        "seats": seats,
        "whose": next((seat["label"] for seat in seats if seat["current"]), ""),
        "by_direct_head": by_direct_head(reading.card),
        "columns": columns,
        "sheet": sheet_of(reading.card, columns, form, result=result),
        "figures": figures_of(reading.card, result),
        "result_note": state_of_result(reading.card, result),
        "asks_reason": record is not None and record.submitted_at is not None,
    }


class Send(CardStep):
    """The scores of the collective, or of the direct head, are complete: they are sent to the competent person."""

    rule = table.SAVE_COLLECTIVE
    title = gettext_lazy("Send the scores to the evaluator")
    lead = gettext_lazy("Until you send them nobody else sees them. A later change needs a reason.")
    button = gettext_lazy("Send to the evaluator")
    done = gettext_lazy("The scores are sent. The evaluator sees them now.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return collective.send_collective(**common)

    def missing(self, reading: CardReading) -> list[dict[str, str]]:
        seats = [(each.key, f"{each.label}, ") for each in seats_of(reading.card.version)] or [("", "")]
        return [
            {**line, "text": f"{label}{line['text']}"}
            for seat, label in seats
            for line in incomplete(reading, StageKey.COLLECTIVE, "workspace:collective", seat)
        ]


@login_required
@require_http_methods(["GET", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Name a collective and who enters its scores, for the undecided cards of a unit whose set has the stage."""
    require_somewhere(table.NAME_COLLECTIVE, scope_of(request))
    form = CollectiveForm(request.POST or None, seats=queries.seats_in_use())
    if request.method == "GET":
        return TemplateResponse(request, NAMING, {"form": form})
    error: Invalid = Invalid("")
    errors: list[dict[str, str]] = []
    if form.is_valid():
        try:
            named = collective.name_collective(
                actor=actor_of(request),
                moment=database_now(),
                reason=form.cleaned_data["reason"],
                **form.named(),
            )
        except Invalid as caught:
            error, errors = caught, add_problems(form, caught)
        else:
            messages.success(request, _("%(count)s cards name the collective now.") % {"count": len(named)})
            return redirect("workspace:name_collective")
    return refused(request, NAMING, {"form": form}, error, errors=errors)
