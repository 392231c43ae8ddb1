"""What is done with tasks, each on a page of its own: one domain call when the form is sent."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views import View

from kpi_cms.evaluation import evidence_queries, queries, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.asked_queries import Questions, asked_about, asked_of, not_said, said_of, words_of
from kpi_cms.evaluation.domain import deductions, moving
from kpi_cms.evaluation.domain import tasks as domain
from kpi_cms.evaluation.domain.counted_tasks import good_so_far
from kpi_cms.evaluation.enums import EXTRA_KINDS, TaskState
from kpi_cms.evaluation.models import Delay, Fault, ObjectiveCause, Task
from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.foundation.engine import QUALITY
from kpi_cms.interfaces.workspace.forms.tasks import (
    ChangeForm,
    ConfirmTaskForm,
    DeductionForm,
    ReasonOnlyForm,
    ReportForm,
    TransferForm,
)
from kpi_cms.interfaces.workspace.presentation.evidence import evidence_lines, same_elsewhere
from kpi_cms.interfaces.workspace.presentation.tasks import KINDS

from .shared import add_problems, by_whoever_assigns, refused, scope_of, with_expected


class TaskAction(LoginRequiredMixin, View):
    """GET shows the form, POST does it. Whoever does not see the task gets 404, who may not do it 403."""

    http_method_names = ("get", "post")
    template = "workspace/task_form.html"
    form_class: ClassVar[type[forms.Form]] = forms.Form
    rule: ClassVar[Rule]
    title: ClassVar[str | Promise] = ""
    lead: ClassVar[str | Promise] = ""
    button: ClassVar[str | Promise] = ""
    done: ClassVar[str | Promise] = ""
    warning = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.choices: dict[str, Any] = {}
        self.questions: Questions | None = None

    def allowed(self, task: Task) -> Decision:
        return self._asked(self.rule, task)

    def asks(self, task: Task) -> dict[str, Any]:
        """What the form needs to know about the task."""
        return {}

    def questions_for(self, task: Task) -> Questions:
        """What the sets of its person ask of the task; read once for each request."""
        if self.questions is None:
            self.questions = asked_about(task)
        return self.questions

    def initial(self, task: Task) -> dict[str, Any]:
        return {}

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        """The one domain call; `common` holds actor and moment."""
        raise NotImplementedError

    def next_url(self, task: Task) -> str:
        return reverse("workspace:task", args=[task.pk])

    def more(self, task: Task, form: forms.Form) -> dict[str, Any]:
        return {}

    @method_decorator(by_whoever_assigns)
    def get(self, request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
        task = queries.task_for(scope_of(request), pk)
        self.allowed(task).require()
        if not rules.is_task_time(self.rule, task):
            return redirect("workspace:task", pk)
        initial = {"expected": task.version_number, **self.initial(task)}
        return self._page(request, task, self.form_class(initial=initial, **self.asks(task)))

    @method_decorator(by_whoever_assigns)
    def post(self, request: HttpRequest, pk: int, **named: Any) -> HttpResponse:
        task = queries.task_for(scope_of(request), pk)
        form = self.form_class(request.POST, **self.asks(task))
        errors: list[dict[str, str]] = []
        error: Invalid | Stale = Invalid("")
        if form.is_valid():
            common = {"actor": actor_of(request), "moment": database_now()}
            try:
                self.take(task, common, form.cleaned_data)
            except Invalid as caught:
                error, errors = caught, add_problems(form, caught)
            except Stale as caught:
                error = caught
            else:
                messages.success(request, str(self.done))
                return redirect(self.next_url(task))
        else:
            self.allowed(task).require()
        if isinstance(error, Stale):
            task = queries.task_for(scope_of(request), pk)
            with_expected(form, task.version_number)
        return self._page(request, task, form, error=error, errors=errors)

    def _page(
        self,
        request: HttpRequest,
        task: Task,
        form: forms.Form,
        *,
        error: Invalid | Stale | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> HttpResponse:
        context = {
            "step": self,
            "task": task,
            "words": words_of(task, self.questions_for(task)),
            "form": form,
            "back_url": reverse("workspace:task", args=[task.pk]),
            **self.more(task, form),
        }
        if error is None:
            return TemplateResponse(request, self.template, context)
        return refused(request, self.template, context, error, errors=errors)

    def _asked(self, rule: Rule, task: Task) -> Decision:
        scope = scope_of(self.request)
        standing = queries.standing(scope, task.period_id, task.person_id)
        return rules.may_with_tasks(rule, scope, task.person, task.unit, **standing.relation)


class Report(TaskAction):
    """The person reports what is completed (Đ18.2)."""

    form_class = ReportForm
    rule = table.REPORT_TASK
    title = gettext_lazy("Report on a task")
    lead = gettext_lazy(
        "Say how much is completed in all, on which day, and which document shows it. What your head has confirmed "
        "stays confirmed."
    )
    button = gettext_lazy("Report")
    done = gettext_lazy("The report is saved. Your head confirms it.")

    def allowed(self, task: Task) -> Decision:
        return rules.report_task(scope_of(self.request), task.person, task.unit)

    def initial(self, task: Task) -> dict[str, Any]:
        if task.state == TaskState.ASSIGNED:
            return {"note": task.note}
        return {
            "completed": task.completed,
            "completed_on": task.completed_on,
            "evidence_number": task.evidence_number,
            "note": task.note,
        }

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return domain.report_task(**common, task=task, **values)

    def next_url(self, task: Task) -> str:
        return f"{reverse('workspace:tasks')}?ky={task.period_id}"


class Change(TaskAction):
    """Another quantity or due date before the person has reported."""

    form_class = ChangeForm
    rule = table.CHANGE_TASK
    title = gettext_lazy("Change a task")
    lead = gettext_lazy("Quantity and due date can change until the person has reported.")
    button = gettext_lazy("Save the change")
    done = gettext_lazy("The task is changed. The person sees your reason.")

    def allowed(self, task: Task) -> Decision:
        return self._asked(table.GIVE_EXTRAS if task.kind in EXTRA_KINDS else self.rule, task)

    def asks(self, task: Task) -> dict[str, Any]:
        return {"asked": self.questions_for(task)}

    def initial(self, task: Task) -> dict[str, Any]:
        return {"quantity": task.assigned, "due_on": task.due_on, **said_of(task)}

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return domain.change_task(**common, task=task, **values)


class Confirm(TaskAction):
    """The head confirms a report."""

    form_class = ConfirmTaskForm
    rule = table.CONFIRM_TASK
    title = gettext_lazy("Confirm a task")
    lead = gettext_lazy("Say how much of what was completed met quality. What is never accepted counts 0.")
    button = gettext_lazy("Confirm")
    done = gettext_lazy("The task is confirmed.")

    def asks(self, task: Task) -> dict[str, Any]:
        asked = self.questions_for(task)
        quality = asked.get(QUALITY) if task.completed else None
        return {"task": task, "quality": quality, "asked": not_said(task, asked)}

    def initial(self, task: Task) -> dict[str, Any]:
        good = good_so_far(task.state, task.completed, task.accepted, task.confirmed_before)
        return {"accepted": task.completed if good is None else good, QUALITY: task.quality}

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return domain.confirm_task(
            **common,
            task=task,
            expected=values["expected"],
            accepted=values["accepted"],
            delayed=values.get("delayed") == "yes",
            reason=values.get("reason", ""),
            quality=values.get(QUALITY, ""),
            attributes=values["attributes"],
        )

    def more(self, task: Task, form: forms.Form) -> dict[str, Any]:
        scope = scope_of(self.request)
        attached = evidence_queries.attached_to_task(scope, task)
        return {"evidence": evidence_lines(attached), "elsewhere": same_elsewhere(scope, task, attached)}

    def next_url(self, task: Task) -> str:
        return f"{reverse('workspace:person_tasks', args=[task.person_id])}?ky={task.period_id}"


class RecordFault(TaskAction):
    """A major error on one unit of the quantity: minus 25% of its quality points (Đ14.2.b)."""

    form_class = DeductionForm
    rule = table.RECORD_DEDUCTION
    title = gettext_lazy("Record a major error")
    lead = gettext_lazy(
        "Each major error takes 25% of the quality points of one unit of the quantity (Article 14)."
    )
    button = gettext_lazy("Record the major error")
    done = gettext_lazy("The major error is recorded. The person sees your reason.")
    warning = True

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return deductions.record_fault(**common, task=task, **values)


class RecordDelay(RecordFault):
    """A delay of one unit of the quantity: minus 25% of its progress points (Đ14.2.c)."""

    title = gettext_lazy("Record a delay")
    lead = gettext_lazy(
        "Each delay takes 25% of the progress points of one unit of the quantity (Article 14)."
    )
    button = gettext_lazy("Record the delay")
    done = gettext_lazy("The delay is recorded. The person sees your reason.")

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return deductions.record_delay(**common, task=task, **values)


class DeductionAction(TaskAction):
    """About one recorded error or delay, named by its kind and key in the address."""

    form_class = ReasonOnlyForm

    def deduction(self, task: Task) -> Fault | Delay:
        model = KINDS.get(self.kwargs["kind"])
        found: Fault | Delay | None = (
            model._default_manager.filter(pk=self.kwargs["deduction"], task=task).first() if model else None
        )
        if found is None:
            raise NotFound
        found.task = task
        return found

    def more(self, task: Task, form: forms.Form) -> dict[str, Any]:
        return {"deduction": self.deduction(task)}


class WithdrawDeduction(DeductionAction):
    """Take back what was recorded wrongly."""

    rule = table.WITHDRAW_DEDUCTION
    title = gettext_lazy("Take a deduction back")
    lead = gettext_lazy("It was recorded wrongly. It no longer counts and stays readable in the history.")
    button = gettext_lazy("Take it back")
    done = gettext_lazy("The deduction is taken back.")
    warning = True

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return deductions.withdraw_deduction(**common, deduction=self.deduction(task), **values)


class ConfirmCause(DeductionAction):
    """An objective cause lifts the deduction while it stands (Đ14.2)."""

    rule = table.CONFIRM_CAUSE
    title = gettext_lazy("Confirm an objective cause")
    lead = gettext_lazy("The deduction is lifted for as long as the objective cause stands (Article 14).")
    button = gettext_lazy("Confirm the objective cause")
    done = gettext_lazy("The objective cause is confirmed: the deduction is lifted.")

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return deductions.confirm_cause(**common, deduction=self.deduction(task), **values)


class RevokeCause(DeductionAction):
    """The confirmation of an objective cause is taken back: the deduction counts again."""

    rule = table.CONFIRM_CAUSE
    title = gettext_lazy("Take an objective cause back")
    lead = gettext_lazy("The deduction counts again.")
    button = gettext_lazy("Take it back")
    done = gettext_lazy("The objective cause is taken back: the deduction counts again.")
    warning = True

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        found = self.deduction(task)
        cause: ObjectiveCause | None = found.causes.filter(revoked_at__isnull=True).order_by("pk").first()
        if cause is None:
            raise NotFound
        return deductions.revoke_cause(**common, cause=cause, **values)


class HandOver(TaskAction):
    """The person cannot do it: somebody else gets it (Đ18.1d)."""

    form_class = TransferForm
    rule = table.HAND_OVER_TASK
    title = gettext_lazy("Hand a task over")
    lead = gettext_lazy(
        "The person reported that they cannot do it. It stays in their total and leaves what they completed; whoever "
        "takes it over gets it as an extra."
    )
    button = gettext_lazy("Hand over")
    done = gettext_lazy("The task is handed over.")
    warning = True

    def asks(self, task: Task) -> dict[str, Any]:
        people = queries.people_to_give_work_to(scope_of(self.request), task.period, task.unit)
        return {"people": people.exclude(pk=task.person_id), "asked": self._asked_of_taker(task)}

    def _asked_of_taker(self, task: Task) -> Questions:
        """Once somebody is chosen: what their sets need and the task does not say in their words."""
        taker = self.request.POST.get("taker", "")
        if not (task.is_asked and taker.isascii() and taker.isdigit()):  # type: ignore[attr-defined]  # read with it
            return {}
        return not_said(task, asked_of(task.period_id, [int(taker)]).get(int(taker), {}))

    def initial(self, task: Task) -> dict[str, Any]:
        return {"quantity": task.rest, "due_on": task.due_on}

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return moving.hand_over(**common, task=task, **values)


class Move(HandOver):
    """Work moved for leave or balance before its due date (rules.md §4)."""

    rule = table.MOVE_TASK
    title = gettext_lazy("Move work")
    lead = gettext_lazy(
        "For leave or balance, before the due date, with a reason. It leaves the total of the person who had it unless "
        "the criteria set says otherwise; whoever gets it has it as an extra."
    )
    button = gettext_lazy("Move the work")
    done = gettext_lazy("The work is moved.")

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return moving.move_task(**common, task=task, **values)
