"""A person's own cards, one card as its readers see it, and why each number is what it is."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from criteria_pages.domain.explaining import part_names, trace_rows
from criteria_pages.enums import TaskScope
from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.domain import people_managed, saving, scoring, stages
from kpi_cms.evaluation.domain.others import recorded_for
from kpi_cms.evaluation.enums import CardState, StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.models.scorecard import READING_CAPABILITIES
from kpi_cms.evaluation.rule_table import SAVE_SELF
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.foundation.engine import voice_of
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.navigation import waiting
from kpi_cms.interfaces.workspace.presentation.card import (
    CardReading,
    figures_of,
    page_of,
    read_card,
    read_stages,
    shown_text,
    state_of_result,
)
from kpi_cms.interfaces.workspace.presentation.evidence import add_evidence
from kpi_cms.interfaces.workspace.presentation.seats import SEAT, at_seat
from kpi_cms.interfaces.workspace.presentation.sheet import sheet_of
from snippets.models import Person

from .shared import refused, scope_of

STAGE_SLUGS = {"tu-cham": StageKey.SELF, "tap-the": StageKey.COLLECTIVE, "danh-gia": StageKey.EVALUATOR}


@login_required
@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """Every card of the account's own person, the newest period first."""
    found = queries.with_results(
        Scorecard.objects.visible_to(scope_of(request)).filter(person_id=waiting(request).person_id)
    )
    rows = found.select_related("period", "evaluator", "decided_by").order_by(
        "-period__starts_on", "frame", "pk"
    )
    return TemplateResponse(
        request, "workspace/cards.html", {"rows": [_own_row(card) for card in rows[:240]]}
    )


def _own_row(card: Any) -> dict[str, Any]:
    notified = card.state == CardState.NOTIFIED
    return {
        "card": card,
        "url": reverse("workspace:card", args=[card.pk]),
        "self_points": shown_text(card.self_shown or ""),
        "evaluator_points": shown_text(card.evaluator_shown or "") if notified else "–",
    }


@login_required
@require_http_methods(["GET", "POST"])
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """One card. For the person while it is with them, its self-assessment is a form; POST saves it."""
    if request.method == "POST":
        return _save_self(request, pk)
    scope = scope_of(request)
    reading = read_card(scope, queries.card_for(scope, pk))
    form = None
    if _is_writable(reading):
        record = reading.records.get(StageKey.SELF)
        form = ScoreForm.stored(reading.card, StageKey.SELF, record)
    return TemplateResponse(request, "workspace/card.html", add_evidence(card_page(reading, form)))


def _is_writable(reading: CardReading) -> bool:
    return rules.may_now(SAVE_SELF, reading.scope, reading.card)


def _save_self(request: HttpRequest, pk: int) -> HttpResponse:
    form, error = keep_scores(request, pk, StageKey.SELF, SAVE_SELF, stages.save_self)
    if error is not None:
        return draw_again(request, "workspace/card.html", pk, form, error, card_page)
    messages.success(request, _("The self-assessment is saved. It is not sent yet."))
    wanted = request.POST.get("evidence", "")
    if wanted in form.typed:
        return redirect("workspace:attach_evidence", pk, wanted)
    return redirect("workspace:submit" if "review" in request.POST else "workspace:card", pk)


def open_scores(
    request: HttpRequest,
    pk: int,
    stage: StageKey,
    rule: Rule,
    template: str,
    page: Any,
    seat_of: Callable[[CardReading], str] = lambda _reading: "",
) -> HttpResponse:
    """The page on which another stage than the person's is scored; the card itself when it is not the time."""
    scope = scope_of(request)
    card = queries.card_for(scope, pk)
    rules.may(rule, scope, card).require()
    if not rules.is_time(rule, scope, card):
        return redirect("workspace:card", pk)
    reading = read_card(scope, card)
    seat = seat_of(reading)
    form = ScoreForm.stored(card, stage, reading.records.get(voice_of(stage, seat)), seat)
    return TemplateResponse(request, template, add_evidence(page(reading, form)))


def keep_scores(
    request: HttpRequest, pk: int, stage: StageKey, rule: Rule, save: Callable[..., Any]
) -> tuple[ScoreForm, Invalid | Stale | None]:
    """What was typed for a stage, and why the domain's verb did not save it; None where it did."""
    card = queries.card_to_change(pk)
    form = ScoreForm.sent(card, stage, request.POST)
    entries = form.entries()
    try:
        if form.problems:
            scope = scope_of(request)
            rules.may(rule, scope, queries.card_for(scope, pk)).require()
            raise Invalid(_("Some scores cannot be used. Correct them and save again; nothing was saved."))
        save(
            actor=actor_of(request),
            moment=database_now(),
            card=card,
            expected=form.expected,
            entries=entries,
            comments=form.comments,
            reason=form.reason,
            **({"seat": form.seat} if form.seat else {}),
        )
    except (Invalid, Stale) as error:
        return form, error
    return form, None


def draw_again(
    request: HttpRequest, template: str, pk: int, form: ScoreForm, error: Invalid | Stale, page: Any
) -> HttpResponse:
    """The same page with everything typed, the mistakes at their fields, and the card's present save number."""
    scope = scope_of(request)
    reading = read_card(scope, queries.card_for(scope, pk))
    if isinstance(error, Invalid):
        form.problems.update({key: [str(text) for text in texts] for key, texts in error.problems.items()})
    form.card = reading.card
    form.expected = reading.card.version_number if isinstance(error, Stale) else form.expected
    return refused(request, template, add_evidence(page(reading, form)), error, errors=form.errors())


def card_page(reading: CardReading, form: ScoreForm | None = None) -> dict[str, Any]:
    """Context of the card's own page."""
    columns = reading.columns()
    result = columns[-1].result if columns else None
    shown = form is None
    return page_of(reading) | {
        "form": form,
        "columns": columns if shown else [],
        "sheet": sheet_of(
            reading.card, columns if shown else [], form, result=reading.results.get(StageKey.SELF)
        ),
        "figures": figures_of(reading.card, result),
        "result_note": state_of_result(reading.card, result),
        "asks_reason": _was_submitted(reading, StageKey.SELF),
        "comments": _comments(reading),
        "traces": [
            {
                "heading": column.heading,
                "url": at_seat(reverse("workspace:trace", args=[reading.card.pk, slug]), column.seat),
            }
            for column in columns
            for slug, stage in STAGE_SLUGS.items()
            if stage == column.stage and column.result is not None
        ],
    }


def _was_submitted(reading: CardReading, stage: StageKey) -> bool:
    record = reading.records.get(stage)
    return record is not None and record.submitted_at is not None


def _comments(reading: CardReading) -> list[dict[str, str]]:
    """Remarks of the stages the reader may see, in order; the endorsement's go with the evaluation."""
    spoken = [(column.heading, column.record) for column in reading.columns()]
    if reading.sight.of_evaluation:
        spoken.append((_("Endorsement"), reading.records.get(StageKey.ENDORSEMENT)))
    return [
        {"heading": f"{saving.comment_label(name)} ({heading})", "text": getattr(record, name)}
        for heading, record in spoken
        for name in saving.COMMENT_FIELDS
        if record is not None and getattr(record, name)
    ]


@login_required
@require_GET
def trace(request: HttpRequest, pk: int, stage: str) -> HttpResponse:
    """“Vì sao điểm này?”: every number of one stage, step by step, with its clause."""
    scope = scope_of(request)
    found = queries.card_for(scope, pk)
    key = STAGE_SLUGS.get(stage)
    reading = read_stages(scope, found)
    seat = request.GET.get(SEAT, "")
    column = next(
        (column for column in reading.columns() if (column.stage, column.seat) == (key, seat)), None
    )
    if column is None:
        raise NotFound
    context = {
        "card": found,
        "column": column,
        "steps": trace_rows(
            scoring.trace_of(found, column.stage, column.seat), part_names(found.version.compiled())
        ),
        "figures": figures_of(found, column.result),
        "result_note": state_of_result(found, column.result),
        "managed": _managed(scope, found),
        "counted": _counted(scope, found),
        "of_unit": recorded_for(found) if found.version.compiled().counts_unit else None,
    }
    return TemplateResponse(request, "workspace/trace.html", context)


def _managed(scope: Scope, found: Scorecard) -> list[dict[str, Any]]:
    """Whose results a leader's d counts, leaves out, or waits for: everybody managed.

    By name where the reader may see the cards of the person's unit, or of the person; the others are a number.
    """
    compiled = found.version.compiled()
    if not compiled.counts_results:
        return []
    people, settings = people_managed.managed(found), compiled.rules.settings
    missed = settings.managed_without_result == "failing"
    waiting = {
        "pending": _("Not confirmed yet"),
        "left_out": _("Left out: not confirmed yet"),
        "failing": _("Counted as having too few points: not confirmed yet"),
    }
    groups = (
        (_("Counted"), [person for person, _points in people.points]),
        (waiting[settings.managed_unconfirmed], list(people.pending)),
        (
            _("Counted as having too few points: no result") if missed else _("Left out: no result"),
            list(people.without_result),
        ),
        (
            _("Counted as having too few points: no card in this period")
            if missed
            else _("Left out: no card in this period"),
            list(people.without_card),
        ),
    )
    return _named(scope, found, groups)


def _counted(scope: Scope, found: Scorecard) -> list[dict[str, Any]]:
    """Whose tasks the roll-ups count, scope by scope; by name as above."""
    return _named(
        scope,
        found,
        [
            (TaskScope(each).label, people_managed.people_counted(found, each))
            for each in found.version.compiled().scopes
        ],
    )


def _named(
    scope: Scope, found: Scorecard, groups: Sequence[tuple[Any, Sequence[int]]]
) -> list[dict[str, Any]]:
    """Groups of people by name, as far as the reader may see them; the others are a number."""
    everybody = [person for _label, members in groups for person in members]
    if not everybody:
        return []
    seen = Scorecard.objects.visible_to(scope).filter(period_id=found.period_id, person_id__in=everybody)
    readable = Person.objects.filter(pk__in=everybody).filter(
        Q(pk__in=seen.values("person_id")) | scope.q(*READING_CAPABILITIES)
    )
    names = dict(readable.values_list("pk", "full_name"))
    return [
        {
            "label": label,
            "count": len(members),
            "names": [names[person] for person in members if person in names],
            "unseen": sum(person not in names for person in members),
        }
        for label, members in groups
        if members
    ]
