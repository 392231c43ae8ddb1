"""The step of an approval that asks for the capability to issue; Wagtail's own step asks for a group."""

from types import ModuleType
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.models import Task, TaskState

from kpi_cms.foundation.core.errors import Invalid


class ApprovalTask(Task):
    """A set that waits for somebody who may issue it and did not make its last change.

    Approving issues it, through the end of the workflow; sending it back needs a comment. While it waits, everybody
    else reads it only. One stands in the workflow on the folder of all sets (migration 0002).
    """

    # Both stand above the models in the ladder, so they are named when the app is ready.
    decisions: ClassVar[ModuleType]
    return_form: ClassVar[type[Any]]

    class Meta:
        verbose_name = _("approval by whoever may issue")
        verbose_name_plural = _("approvals by whoever may issue")

    @classmethod
    def get_description(cls) -> Any:
        return _("Whoever may issue criteria sets and did not make the last change approves or sends back.")

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        return not self.decisions.may_approve(obj, user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        """Name, label, and whether a comment is asked for first."""
        if not self.decisions.may_approve(obj, user):
            return []
        return [
            ("reject", _("Request changes"), True),
            ("approve", _("Approve"), False),
            ("approve", _("Approve with comment"), True),
        ]

    def get_form_for_action(self, action: str) -> Any:
        return self.return_form if action == "reject" else super().get_form_for_action(action)

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> QuerySet[TaskState]:
        waiting: QuerySet[TaskState] = self.decisions.waiting_for(self, user)
        return waiting

    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> Any:
        if action_name == "reject" and not kwargs.get("comment", "").strip():
            raise Invalid(_("Say what is to be changed before you send the criteria set back."))
        return super().on_action(task_state, user, action_name, **kwargs)
