"""Who made the last change of a criteria set: somebody else approves and issues it (security.md T02).

A save that changes nothing of what would be issued is nobody's change, so that saving another's draft once more makes
nobody its author, and its author no other.
"""

from typing import Any

from wagtail.models import Page, Revision, TaskState

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Refused

from .. import rule_table as table
from .. import rules
from ..models import CriteriaSetPage
from .examples import frozen_examples
from .specification import citations_of, specification_of


def last_author(page: Page) -> int | None:
    """The account behind the last change; None where the product itself made it."""
    revisions = Revision.objects.for_instance(page).order_by("-created_at", "-pk").iterator(chunk_size=10)
    author, content = None, None
    for revision in revisions:
        said = _issued_of(revision.as_object())
        if content is not None and said != content:
            break
        author, content = revision.user_id, said
    return author


def _issued_of(draft: CriteriaSetPage) -> tuple[Any, ...]:
    """What issuing would freeze of a draft. Moves in the tree, locks and comments are no change of it."""
    return (
        draft.title,
        draft.code,
        specification_of(draft),
        draft.effect,
        citations_of(draft),
        draft.is_demonstration,
        frozen_examples(draft),
    )


def keep_authors_from_approving(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Before a step of an approval is stored: its approver is not who made the last change, at no step.

    Asked where every approval passes, whichever kind of task and whichever view it comes from.
    """
    if instance.status != TaskState.STATUS_APPROVED or instance.finished_by_id is None:
        return
    page = instance.workflow_state.content_object
    if isinstance(page, Page) and issubclass(page.specific_class or Page, CriteriaSetPage):
        approver = User.objects.get(pk=instance.finished_by_id)
        if rules.is_author(approver, last_author(page)):
            raise Refused(table.ISSUE.forbidden[table.LAST_AUTHOR])
