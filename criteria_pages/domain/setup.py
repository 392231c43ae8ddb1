"""What must stand before a set can be written: the folder of all sets. Migration 0002 makes it."""

from django.conf import settings
from wagtail.models import Locale, Page

from ..models import CriteriaIndexPage

TITLE = "Bộ tiêu chí"


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
    return index
