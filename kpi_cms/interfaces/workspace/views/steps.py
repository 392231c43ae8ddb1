"""The steps of a card, each on a page that shows what is agreed to: one domain call when it is pressed."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.http import require_POST

from kpi_cms.evaluation import queries, rules, seen
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.basis_words import basis_text, what_is_waited_for
from kpi_cms.evaluation.domain import notifying, stages
from kpi_cms.evaluation.domain.others import changes_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.evaluation.waiting_words import insufficient_tasks
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.foundation.engine import NOT_ARISEN, Fact, voice_of
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.forms.steps import DecideForm, EndorseForm, ReasonForm, SeenForm, StepForm
from kpi_cms.interfaces.workspace.presentation.card import (
    CardReading,
    figures_of,
    page_of,
    read_card,
    state_of_result,
)
from kpi_cms.interfaces.workspace.presentation.evidence import add_evidence
from kpi_cms.interfaces.workspace.presentation.seats import at_seat
from kpi_cms.interfaces.workspace.presentation.sheet import Column, sheet_of
from snippets.models import Period, Unit

from .shared import add_problems, refused, scope_of, with_expected

Text = str | Promise


class CardStep(LoginRequiredMixin, View):
    """GET shows the card as it would be sent on, POST sends it on."""

    http_method_names = ("get", "post")
    template = "workspace/card_step.html"
    form_class: ClassVar[type[StepForm]] = StepForm
    rule: ClassVar[Rule]
    title: ClassVar[Text] = ""
    lead: ClassVar[Text] = ""
    button: ClassVar[Text] = ""
    done: ClassVar[Text] = ""
    warning = False

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        """The one domain call; `common` holds actor, moment, card and the save number on the screen."""
        raise NotImplementedError

    def missing(self, reading: CardReading) -> list[dict[str, str]]:
        """What has to be done first: {text, url}."""
        return []

    def is_time(self, scope: Scope, card: Scorecard) -> bool:
        """Whether the page shows the step, or leads back to the card."""
        return rules.is_time(self.rule, scope, card)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        scope = scope_of(request)
        card = queries.card_for(scope, pk)
        rules.may(self.rule, scope, card).require()
        if not self.is_time(scope, card):
            return redirect("workspace:card", pk)
        reading = read_card(scope, card)
        form = self.form_class(initial={"expected": card.version_number, **seen_of(reading)})
        return self._page(request, reading, form)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        scope = scope_of(request)
        card = queries.card_for(scope, pk)
        form = self.form_class(request.POST)
        errors: list[dict[str, str]] = []
        error: Invalid | Stale | None = None
        if form.is_valid():
            common = {
                "actor": actor_of(request),
                "moment": database_now(),
                "card": card,
                "expected": form.cleaned_data["expected"],
            }
            try:
                self.take(card, common, form)
            except Invalid as caught:
                error, errors = caught, add_problems(form, caught)
            except Stale as caught:
                error = caught
            else:
                messages.success(request, str(self.done))
                return redirect(self.next_url(card))
        else:
            rules.may(self.rule, scope, card).require()
        reading = read_card(scope, queries.card_for(scope, pk))
        if isinstance(error, Stale):
            # Agreed to again by whoever has seen what changed; the reason stays as it was typed.
            with_expected(form, reading.card.version_number, **seen_of(reading))
        return self._page(request, reading, form, error=error or Invalid(""), errors=errors)

    def next_url(self, card: Scorecard) -> str:
        return reverse("workspace:card", args=[card.pk])

    def columns(self, reading: CardReading) -> list[Column]:
        return reading.columns()

    def more(self, reading: CardReading) -> dict[str, Any]:
        return {}

    def _page(
        self,
        request: HttpRequest,
        reading: CardReading,
        form: StepForm,
        *,
        error: Invalid | Stale | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> HttpResponse:
        columns = self.columns(reading)
        result = columns[-1].result if columns else None
        missing = self.missing(reading)
        context = page_of(reading) | {
            "step": self,
            "form": form,
            "columns": columns,
            "sheet": sheet_of(reading.card, columns),
            "figures": figures_of(reading.card, result),
            "result_note": state_of_result(reading.card, result),
            "missing": missing,
            "back_url": self.next_url(reading.card),
            **self.more(reading),
        }
        add_evidence({**context, "form": None})
        if error is None:
            return TemplateResponse(request, self.template, context)
        return refused(request, self.template, context, error, errors=errors)


def seen_of(reading: CardReading) -> dict[str, str]:
    """What a decision brings back: the points, and a digest of everything that was on the screen."""
    digest = seen.content_digest(reading.card, reading.records, reading.results, reading.tasks)
    return {"shown": points_shown(reading), "seen": seen.token(reading.card, digest, database_now())}


def points_shown(reading: CardReading) -> str:
    """The points that are agreed to, as the result has them; "" where there are none."""
    result = reading.results.get(StageKey.EVALUATOR)
    return result.shown if result is not None else ""


def incomplete(reading: CardReading, stage: StageKey, page: str, seat: str = "") -> list[dict[str, str]]:
    """Criteria of a stage, or of a seat there, without a score or without the grounds that its option asks for."""
    card, voice = reading.card, voice_of(stage, seat)
    form = ScoreForm.stored(card, stage, reading.records.get(voice), seat)
    url = at_seat(reverse(page, args=[card.pk]), seat)
    found = []
    for criterion in form.criteria:
        typed = form.typed[criterion.key]
        asks = criterion.kind == "choice" or typed == NOT_ARISEN
        needs_grounds = bool(typed) and asks and not form.grounds[criterion.key]
        if not typed or (needs_grounds and stages.grounds_required(criterion, typed)):
            sentence = _("State the grounds for this choice.") if typed else _("Give this criterion a score.")
            found.append({"text": f"{criterion.code}: {sentence}", "url": f"{url}#s-{criterion.key}"})
    return found + [
        {"text": f"{fact.label}: {sentence}", "url": f"{url}#s-{fact.key}"}
        for fact, sentence in _open_facts(form, reading.results.get(voice))
    ]


def _open_facts(form: ScoreForm, result: CardResult | None) -> Iterator[tuple[Fact, str]]:
    """Facts that the band waits for, and those whose answer does not say what it rests on."""
    waits = result is not None and bool(result.shown) and not result.band
    for fact in form.facts:
        typed = form.typed[fact.key]
        if not typed and waits:
            yield fact, _("Answer this: the band depends on it.")
        elif typed not in ("", "0") and not form.grounds[fact.key]:
            yield fact, _("Say what this rests on, such as a decision with its number.")


class Submit(CardStep):
    """The person sends the self-assessment to the competent person (Đ17.2)."""

    rule = table.SUBMIT_SELF
    title = gettext_lazy("Send the self-assessment")
    lead = gettext_lazy("After sending, you can change it only when the evaluator returns the card.")
    button = gettext_lazy("Send to the evaluator")
    done = gettext_lazy("The self-assessment is sent. The evaluator sees it now.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.submit_self(**common)

    def missing(self, reading: CardReading) -> list[dict[str, str]]:
        found = incomplete(reading, StageKey.SELF, "workspace:card")
        unreported = sum(task.state == "assigned" for task in reading.tasks)
        if unreported:
            text = _("%(count)s tasks have no report yet. They count as not completed.") % {
                "count": unreported
            }
            found.append({"text": text, "url": tasks_url(reading.card)})
        return found


class Confirm(CardStep):
    """The competent person confirms the result (Đ17.2)."""

    form_class = DecideForm
    rule = table.CONFIRM
    title = gettext_lazy("Confirm the result")
    lead = gettext_lazy(
        "Confirming makes the result final until it is decided anew. Nothing is confirmed by silence."
    )
    button = gettext_lazy("Confirm the result")
    done = gettext_lazy("The result is confirmed. Notify the person of it next.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.confirm(**common, shown=form.cleaned_data["shown"], seen=form.cleaned_data["seen"])

    def missing(self, reading: CardReading) -> list[dict[str, str]]:
        found = incomplete(reading, StageKey.EVALUATOR, "workspace:evaluate")
        undecided = sum(task.state in queries.TO_DECIDE for task in reading.tasks)
        if undecided:
            text = _("%(count)s reported or proposed tasks wait for your decision.") % {"count": undecided}
            found.append({"text": text, "url": tasks_url(reading.card)})
        result = reading.results.get(StageKey.EVALUATOR)
        if result is not None and result.pending:
            criteria = reading.card.version.compiled().criteria
            of_tasks = insufficient_tasks(each for each in criteria if each.code not in result.values)
            url = reverse("workspace:trace", args=[reading.card.pk, "danh-gia"])
            text = what_is_waited_for(reading.card, result.values)
            found.append({"text": text, "url": tasks_url(reading.card) if of_tasks else url})
        return found


class ReturnCard(CardStep):
    """The evaluator sends the card back to the person with a reason."""

    form_class = ReasonForm
    rule = table.RETURN_TO_PERSON
    title = gettext_lazy("Return the card to the person")
    lead = gettext_lazy("The person reads the reason, corrects the self-assessment and sends it again.")
    button = gettext_lazy("Return the card")
    done = gettext_lazy("The card is returned. The person sees your reason.")
    warning = True

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.return_to_person(**common, reason=form.cleaned_data["reason"])


class TakeUp(CardStep):
    """The evaluator takes up a card whose self-assessment did not come."""

    form_class = ReasonForm
    rule = table.TAKE_UP
    title = gettext_lazy("Take the card up")
    lead = gettext_lazy(
        "The deadline has passed. A self-assessment that was returned counts as it was submitted; without one, you "
        "evaluate without the person's own scores. Say why you take the card up."
    )
    button = gettext_lazy("Take the card up")
    done = gettext_lazy("You can evaluate the card now.")

    def is_time(self, scope: Scope, card: Scorecard) -> bool:
        """Until the deadline the person may still submit, and the page has nothing to offer."""
        return super().is_time(scope, card) and database_now() >= card.period.self_due_at

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.evaluate_without_self(**common, reason=form.cleaned_data["reason"])


class Endorse(CardStep):
    """The head of the agency endorses, where the set has this stage."""

    form_class = EndorseForm
    rule = table.ENDORSE
    title = gettext_lazy("Endorse the evaluation")
    lead = gettext_lazy("Endorsing makes the result final until it is decided anew.")
    button = gettext_lazy("Endorse")
    done = gettext_lazy("The evaluation is endorsed: the result is decided.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.endorse(
            **common,
            shown=form.cleaned_data["shown"],
            seen=form.cleaned_data["seen"],
            comment=form.cleaned_data["comment"],
        )

    def missing(self, reading: CardReading) -> list[dict[str, str]]:
        undecided = sum(task.state in queries.TO_DECIDE for task in reading.tasks)
        if not undecided:
            return []
        text = _("%(count)s tasks were reported or proposed after the evaluation.") % {"count": undecided}
        return [{"text": text, "url": tasks_url(reading.card)}]


class ReturnEvaluation(CardStep):
    """The head of the agency asks the evaluator to look again."""

    form_class = ReasonForm
    rule = table.RETURN_TO_EVALUATOR
    title = gettext_lazy("Return the evaluation")
    lead = gettext_lazy("The evaluator reads the reason and evaluates again.")
    button = gettext_lazy("Return to the evaluator")
    done = gettext_lazy("The evaluation is returned. The evaluator sees your reason.")
    warning = True

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.return_to_evaluator(**common, reason=form.cleaned_data["reason"])


class AcceptBasis(CardStep):
    """A leader's result is confirmed anew with the d proposed since (rules.md §4)."""

    form_class = SeenForm
    rule = table.ACCEPT_NEW_BASIS
    title = gettext_lazy("Confirm the result with the new basis")
    lead = gettext_lazy("The result is computed anew with the new basis and has to be notified again.")
    button = gettext_lazy("Confirm anew")
    done = gettext_lazy("The result is confirmed anew. Notify the person of it next.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return stages.accept_new_basis(**common, seen=form.cleaned_data["seen"])

    def more(self, reading: CardReading) -> dict[str, Any]:
        card = reading.card
        return {
            "basis": [
                row
                for code, before, now in changes_of(card)
                for row in (
                    {"key": _("%(code)s when confirmed") % {"code": code}, "value": basis_text(before)},
                    {"key": _("%(code)s now") % {"code": code}, "value": basis_text(now)},
                )
            ]
        }


@login_required
@require_POST
def notify(request: HttpRequest, pk: int) -> HttpResponse:
    """Notify one person of the confirmed result (Đ17.3)."""
    card = queries.card_for(scope_of(request), pk)
    stages.notify(actor=actor_of(request), moment=database_now(), card=card)
    messages.success(request, _("The person is notified. From today they can appeal against the result."))
    return redirect("workspace:card", pk)


@login_required
@require_POST
def notify_unit(request: HttpRequest, code: str) -> HttpResponse:
    """Notify everybody of a unit whose result is confirmed."""
    unit = Unit.objects.filter(code=code).first()
    number = request.POST.get("period", "")
    period = Period.objects.filter(pk=number).first() if number.isascii() and number.isdigit() else None
    if unit is None or period is None:
        raise NotFound
    notified = notifying.notify_confirmed(
        actor=actor_of(request),
        moment=database_now(),
        period=period,
        unit=unit,
    )
    messages.success(request, _("%(count)s people are notified of their results.") % {"count": len(notified)})
    return redirect(f"{reverse('workspace:unit', args=[code])}?ky={period.pk}")


def tasks_url(card: Scorecard) -> str:
    """The tasks of the card's person in its period."""
    return f"{reverse('workspace:person_tasks', args=[card.person_id])}?ky={card.period_id}"
