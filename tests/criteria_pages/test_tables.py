"""The rulebook's tables and what must stand before them."""

import pytest
from django.db import IntegrityError, models, transaction
from wagtail.models import Locale, Page, Revision

from criteria_pages.domain.setup import criteria_index
from criteria_pages.fields import ChoiceListField
from criteria_pages.models import CriteriaIndexPage, CriteriaSetPage, CriteriaVersion
from tests.factories.criteria_pages import draft, issued, version

pytestmark = pytest.mark.django_db


def test_the_folder_is_made_again_where_every_row_was_emptied() -> None:
    Revision.objects.all().delete()
    CriteriaIndexPage.objects.all().delete()
    Page.objects.all().delete()
    Locale.objects.all().delete()

    index = criteria_index()

    assert (index.depth, index.url_path, index.locale.language_code) == (2, "/bo-tieu-chi/", "vi")
    assert criteria_index() == index
    assert draft().get_parent().specific == index


def test_the_folder_is_put_below_a_root_that_stands() -> None:
    CriteriaIndexPage.objects.all().delete()

    assert criteria_index().get_parent() == Page.get_first_root_node()


def test_the_page_tree_begins_with_the_folder_and_nothing_of_the_host_s() -> None:
    assert [page.title for page in Page.objects.order_by("path")] == ["Root", "Bộ tiêu chí"]
    assert Page.find_problems() == ([], [], [], [], [])


def test_a_version_and_its_criteria_are_named_shortly() -> None:
    _page, first = issued()

    assert str(first) == "ND335-NV v1"
    assert str(first.criteria.get(code="III.2")).startswith("III.2 Sẵn sàng tham gia")


def test_a_version_compiles_once() -> None:
    first = version()

    assert first.compiled() is CriteriaVersion.objects.get(pk=first.pk).compiled()


@pytest.mark.parametrize(
    "changes",
    [{"number": 1}, {"number": 2, "effective_until": "2026-06-30"}],
    ids=["number twice", "ends before it starts"],
)
def test_the_database_keeps_versions_in_order(changes: dict[str, object]) -> None:
    version(number=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        version(**changes)


def test_the_database_keeps_codes_apart() -> None:
    draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        CriteriaSetPage.objects.filter(pk=draft(code="KHAC").pk).update(code="ND335-NV")


def test_many_sets_may_have_no_code_yet() -> None:
    draft(code="")
    draft(code="")

    assert CriteriaSetPage.objects.filter(code="").count() == 2


def test_a_list_of_choices_offers_what_its_options_say_and_migrations_offer_nothing() -> None:
    field = ChoiceListField("tên", options=lambda: [("a", "A")])
    field.set_attributes_from_name("kinds")

    assert field.formfield().choices == [("a", "A")]
    assert ChoiceListField("tên").formfield().choices == []
    assert isinstance(field, models.JSONField)
    assert "options" not in field.deconstruct()[3]
