"""An approval under way: for whom a set waits, and what every approval must hold to."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.models import Page, Task, TaskState

from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Refused, WrongState

from .. import rule_table as table
from .. import rules
from ..models import CriteriaSetPage
from .authors import changed_since, last_author


def may_approve(page: Page, user: User) -> Decision:
    """Whoever may issue the set and did not make its last change.

    The host asks a dozen times for one page of the editor, so the answer stays with the account of the request, for
    each draft. It only offers: `keep_approvals_sound` and `publish` ask afresh.
    """
    known: dict[tuple[int, int | None], Decision] = getattr(user, "_may_approve", {})
    draft = (page.pk, page.latest_revision_id)
    if draft not in known:
        scope = Scope.of(user)
        may = rules.issue(user, scope)
        known[draft] = rules.issue(user, scope, author=last_author(page)) if may else may
        user._may_approve = known  # type: ignore[attr-defined]  # the request's, never stored
    return known[draft]


def waiting_for(task: Task, user: User) -> QuerySet[TaskState]:
    """The sets that wait at this step for this account. Those it changed last wait for somebody else."""
    waiting: QuerySet[TaskState] = task.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
    if not rules.issue(user, Scope.of(user)):
        return waiting.none()
    own = [state.pk for state in waiting if not may_approve(state.workflow_state.content_object, user)]
    return waiting.exclude(pk__in=own)


def keep_approvals_sound(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Before a step of an approval is stored: its approver is not who made the last change, at no step, and approves
    what was sent.

    Asked where every approval passes, whichever kind of task and whichever view it comes from.
    """
    if instance.status != TaskState.STATUS_APPROVED or instance.finished_by_id is None:
        return
    page = instance.workflow_state.content_object
    if not (isinstance(page, Page) and issubclass(page.specific_class or Page, CriteriaSetPage)):
        return
    approver = User.objects.get(pk=instance.finished_by_id)
    if rules.is_author(approver, last_author(page)):
        raise Refused(table.ISSUE.forbidden[table.LAST_AUTHOR])
    if changed_since(page, instance.started_at):
        raise WrongState(
            _(
                "This criteria set was changed after it was sent for approval. Send it back, so that it is sent again "
                "as it is now."
            )
        )
