"""What must stand before a set can be written: the folder of all sets and their approval. Migration 0002 makes both."""

from django.conf import settings
from wagtail.models import Locale, Page, Workflow, WorkflowPage, WorkflowTask

from ..models import ApprovalTask, CriteriaIndexPage

TITLE = "Bộ tiêu chí"
APPROVAL = "Phê duyệt bộ tiêu chí"


def criteria_index() -> CriteriaIndexPage:
    """The folder; made again, with the tree's root, in a database whose rows were emptied."""
    existing: CriteriaIndexPage | None = CriteriaIndexPage.objects.first()
    if existing is not None:
        return existing
    if not Locale.objects.exists():
        Locale.objects.create(language_code=settings.LANGUAGE_CODE)
    root = Page.get_first_root_node() or Page.add_root(instance=Page(title="Root", slug="root"))
    index = CriteriaIndexPage(title=TITLE, slug="bo-tieu-chi")
    root.add_child(instance=index)
    workflow = Workflow.objects.create(name=APPROVAL)
    WorkflowTask.objects.create(workflow=workflow, task=ApprovalTask.objects.create(name=APPROVAL))
    WorkflowPage.objects.create(workflow=workflow, page=index)
    return index
