"""Evidence: attach a file, withdraw it, hand it out. Each address makes the read check of its card or task anew."""

import uuid
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_GET

from kpi_cms.evaluation import evidence_queries, queries, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.domain import evidence as domain
from kpi_cms.evaluation.models import Evidence, Scorecard, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.files.intake import Taken, taken
from kpi_cms.interfaces.workspace.forms.evidence import EvidenceForm, WithdrawForm
from kpi_cms.interfaces.workspace.presentation.evidence import download_name, evidence_lines
from kpi_cms.interfaces.workspace.presentation.sheet import label_of

from .shared import add_problems, refused, scope_of

# A download and nothing else: no page of ours frames it, no browser guesses at it, nothing keeps a copy.
SEALED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@login_required
@require_GET
def download(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """One file. No validator leaves with it, so that nothing about a file can be asked without the check."""
    found = evidence_queries.evidence_for(scope_of(request), key)
    kind = found.file_kind
    if not found.is_kept or kind is None:
        raise NotFound
    stream = keeping.hand_out(domain.STORE, found.storage_name, found.sha256)
    response = FileResponse(stream, content_type=kind.content_type)
    for name, value in {**SEALED, "Content-Disposition": download_name(found)}.items():
        response[name] = value
    return response


def _require_own(scope: Scope, task: Task) -> None:
    """Whoever came so far sees the task: everybody but its person is refused with the sentence, not as missing."""
    rule = table.ATTACH_TO_TASK
    rules.may_with_tasks(rule, scope, task.person, task.unit, evaluates=True).require()


class Attach(LoginRequiredMixin, View):
    """GET shows what is attached and the form, POST attaches one file and shows the page again."""

    http_method_names = ("get", "post")
    template = "workspace/evidence.html"

    def load(self, request: HttpRequest, pk: int) -> None:
        """Read what the file belongs to; 404 for what is not seen, 403 for what is not the reader's to change."""
        raise NotImplementedError

    def is_time(self) -> bool:
        raise NotImplementedError

    def attached(self) -> list[Evidence]:
        raise NotImplementedError

    def attach(self, common: dict[str, Any], file: Taken) -> Evidence:
        """The one domain call; `common` holds actor, moment, title and number."""
        raise NotImplementedError

    def back_url(self) -> str:
        raise NotImplementedError

    def about(self) -> dict[str, Any]:
        """What the page says the file belongs to."""
        raise NotImplementedError

    def get(self, request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
        self.load(request, pk)
        if not self.is_time():
            return redirect(self.back_url())
        return TemplateResponse(request, self.template, self._context(EvidenceForm()))

    def post(self, request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
        self.load(request, pk)
        form = EvidenceForm(request.POST, request.FILES)
        errors: list[dict[str, str]] = []
        if form.is_valid():
            words = {"title": form.cleaned_data["title"], "number": form.cleaned_data["number"]}
            try:
                # The file is judged before anything is locked: a large one takes seconds.
                with taken(form.chunks()) as file:
                    common = {"actor": actor_of(request), "moment": database_now(), **words}
                    made = self.attach(common, file)
            except Invalid as caught:
                errors = add_problems(form, caught)
            else:
                self._say(request, made)
                return redirect(request.path)
        return refused(request, self.template, self._context(form), Invalid(""), errors=errors)

    @staticmethod
    def _say(request: HttpRequest, made: Evidence) -> None:
        if made.is_kept:
            messages.success(request, _("“%(title)s” is attached.") % {"title": made.title})
        else:
            messages.warning(
                request,
                _(
                    "Malware was found in “%(title)s”. The file is held back and nobody can open it. Tell your "
                    "administrator, and check the device it came from."
                )
                % {"title": made.title},
            )

    def _context(self, form: EvidenceForm) -> dict[str, Any]:
        return {
            "form": form,
            "lines": evidence_lines(self.attached(), withdrawable=True),
            "back_url": self.back_url(),
            **self.about(),
        }


class AttachToCriterion(Attach):
    """To a criterion of one's own card."""

    def load(self, request: HttpRequest, pk: int) -> None:
        self.scope = scope_of(request)
        self.card: Scorecard = queries.card_for(self.scope, pk)
        rules.may(table.ATTACH_EVIDENCE, self.scope, self.card).require()
        criterion = self.card.version.compiled().criterion(self.kwargs["criterion"])
        if criterion is None or not criterion.by_hand:
            raise NotFound
        self.criterion = criterion

    def is_time(self) -> bool:
        return rules.is_time(table.ATTACH_EVIDENCE, self.scope, self.card)

    def attached(self) -> list[Evidence]:
        found = evidence_queries.attached_to(self.scope, self.card)
        return found.to_criteria.get(self.criterion.key, [])

    def attach(self, common: dict[str, Any], file: Taken) -> Evidence:
        return domain.attach_evidence(**common, card=self.card, criterion=self.criterion.key, file=file)

    def back_url(self) -> str:
        return f"{reverse('workspace:card', args=[self.card.pk])}#c-{self.criterion.key}"

    def about(self) -> dict[str, Any]:
        return {
            "caption": f"{self.card.period}, {self.card.unit_name}",
            "subject": f"{self.criterion.code}. {label_of(self.criterion, self.card)}",
            "back_text": _("Back to the card"),
        }


class AttachToTask(Attach):
    """To a task of one's own."""

    def load(self, request: HttpRequest, pk: int) -> None:
        self.scope = scope_of(request)
        self.task: Task = queries.task_for(self.scope, pk)
        _require_own(self.scope, self.task)

    def is_time(self) -> bool:
        standing = queries.standing(self.scope, self.task.period_id, self.task.person_id)
        return rules.is_task_time(table.ATTACH_TO_TASK, self.task) and standing.is_time(table.ATTACH_TO_TASK)

    def attached(self) -> list[Evidence]:
        return evidence_queries.attached_to_task(self.scope, self.task)

    def attach(self, common: dict[str, Any], file: Taken) -> Evidence:
        return domain.attach_to_task(**common, task=self.task, file=file)

    def back_url(self) -> str:
        return reverse("workspace:task", args=[self.task.pk])

    def about(self) -> dict[str, Any]:
        return {
            "caption": str(self.task.period),
            "subject": f"{self.task.code} {self.task.name}".strip(),
            "back_text": _("Back to the task"),
        }


class Withdraw(LoginRequiredMixin, View):
    """GET asks, POST withdraws. Others who see the file get 403, everybody else 404."""

    http_method_names = ("get", "post")
    template: ClassVar[str] = "workspace/evidence_withdraw.html"

    def get(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        found = self._found(request, key)
        return TemplateResponse(request, self.template, self._context(found, WithdrawForm()))

    def post(self, request: HttpRequest, key: uuid.UUID) -> HttpResponse:
        found = self._found(request, key)
        form = WithdrawForm(request.POST)
        errors: list[dict[str, str]] = []
        if form.is_valid():
            try:
                domain.withdraw_evidence(
                    actor=actor_of(request),
                    moment=database_now(),
                    evidence=found,
                    reason=form.cleaned_data["reason"],
                )
            except Invalid as caught:
                errors = add_problems(form, caught)
            else:
                messages.success(request, _("“%(title)s” is withdrawn.") % {"title": found.title})
                return redirect(self._back_url(found))
        return refused(request, self.template, self._context(found, form), Invalid(""), errors=errors)

    @staticmethod
    def _found(request: HttpRequest, key: uuid.UUID) -> Evidence:
        scope = scope_of(request)
        found = evidence_queries.evidence_for(scope, key)
        if found.card is not None:
            rules.may(table.ATTACH_EVIDENCE, scope, found.card).require()
        else:
            assert found.task is not None  # the database keeps exactly one of the two
            _require_own(scope, found.task)
        return found

    @staticmethod
    def _back_url(found: Evidence) -> str:
        if found.card is not None and found.criterion is not None:
            return reverse("workspace:attach_evidence", args=[found.card.pk, found.criterion.key])
        return reverse("workspace:attach_to_task", args=[found.task_id])

    def _context(self, found: Evidence, form: WithdrawForm) -> dict[str, Any]:
        return {"form": form, "lines": evidence_lines([found]), "back_url": self._back_url(found)}
