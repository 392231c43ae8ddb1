"""Wagtail's weaknesses of 2026 (security.md), each replayed against our addresses by a minimal editor.

The editor enters the admin for one register of one unit, the catalogue of A1, and for nothing else. A replay holds when
nothing of anybody else appears, no row changes and no file leaves, whatever version of the host is installed.
"""

import hashlib
from importlib.metadata import version

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import reverse
from wagtail.blocks import RawHTMLBlock, RichTextBlock
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.whitelist import Whitelister

from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.access.viewsets import register_of
from snippets.models import Catalogue, Product
from tests.access.marks import marks_in, texts_of
from tests.access.probe import writes
from tests.factories.criteria_pages import blocks_of, draft, issue, parts_with
from tests.factories.snippets import UserFactory, hold
from tests.helpers.page_form import form_data
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db
SCRIPT = '"><script>alert(335)</script>'


@pytest.fixture
def editor(prober, client):
    """A browser of the minimal editor."""
    account = hold(UserFactory(username="bien-tap"), prober.made.units["A1"], "manage_catalogue", on=MOMENT)
    client.force_login(account)
    assert client.get("/admin/").status_code == 200
    return client


@pytest.fixture
def page(prober) -> CriteriaSetPage:
    """A criteria set that is none of the editor's business."""
    return prober.made.extra["page"]


def replayed(client, *requests: tuple[str, str, dict], status: int = 404) -> None:
    """Each request is answered as missing, tells nothing, changes nothing, and echoes no script."""
    for method, address, data in requests:
        with writes() as written:
            response = getattr(client, method)(address, data)
        told = {mark for text in texts_of(response) for mark in marks_in(text)}
        body = response.content.decode()
        assert (address, response.status_code, told, written) == (address, status, set(), set())
        assert ("ETag" in response, "Last-Modified" in response, "<script>alert" in body) == (
            False,
            False,
            False,
        )


def test_the_host_is_not_older_than_its_last_mended_release():
    assert tuple(int(part) for part in version("wagtail").split(".")) >= (7, 4, 4)


def test_the_apps_that_most_of_them_lived_in_are_not_installed():
    absent = (
        "wagtail.documents", "wagtail.images", "wagtail.embeds", "wagtail.contrib.forms", "wagtail.contrib.redirects",
        "wagtail.contrib.simple_translation", "wagtail.contrib.table_block", "wagtail.contrib.typed_table_block",
        "wagtail.api.v2", "wagtail.locales", "wagtail.contrib.settings", "wagtail.contrib.search_promotions",
    )  # fmt: skip
    assert [name for name in absent if apps.is_installed(name)] == []
    assert settings.WAGTAIL_I18N_ENABLED is False


# --- February and March -------------------------------------------------------------------------------------
def test_cve_2026_25517_a_preview_is_drawn_for_those_who_write_sets(editor, page):
    """Any editor could render a preview of any model with values of their choice."""
    form = form_data(page, title="Xem trước")
    new = f"/admin/pages/add/criteria_pages/criteriasetpage/{page.get_parent().pk}/preview/"
    replayed(
        editor,
        ("post", f"/admin/pages/{page.pk}/edit/preview/", form),
        ("get", f"/admin/pages/{page.pk}/edit/preview/?mode=", {}),
        ("post", new, form),
        ("get", f"{new}?mode=", {}),
        ("get", f"/admin/pages/{page.pk}/view_draft/", {}),
        ("get", "/admin/block-preview/?id=criteria", {}),
    )
    for model in ("catalogue", "product", "person", "unit"):
        base = f"/admin/snippets/snippets/{model}"
        replayed(
            editor,
            *(
                (method, f"{base}/preview/{tail}", {"title": "x"})
                for method in ("get", "post")
                for tail in ("", "1/")
            ),
        )


def test_cve_2026_28222_a_set_has_no_block_that_takes_markup(prober, page):
    """Stored script in a table's class: no block of ours is a table, raw markup or rich text."""

    def every(block, seen):
        for child in getattr(block, "child_blocks", {}).values():
            if type(child) not in seen:
                seen.add(type(child))
                every(child, seen)
        inner = getattr(block, "child_block", None)
        if inner is not None and type(inner) not in seen:
            seen.add(type(inner))
            every(inner, seen)
        return seen

    streams = [
        field.stream_block for field in CriteriaSetPage._meta.get_fields() if hasattr(field, "stream_block")
    ]
    kinds = set().union(*(every(stream, set()) for stream in streams))
    assert len(kinds) > 5
    assert [
        kind for kind in kinds if issubclass(kind, (RawHTMLBlock, RichTextBlock)) or "Table" in kind.__name__
    ] == []


def test_cve_2026_28222_script_in_the_words_of_a_set_stays_words(prober):
    """Through editor, handbook and list of versions, as whoever writes and whoever reads."""
    made = draft(
        code="XSS", title=f"Bộ {SCRIPT}", parts=parts_with(I_1={"label": SCRIPT, "guidance": [SCRIPT]})
    )
    version = issue(made)
    author, reader = prober.client("policy"), prober.client("person")
    pages = [
        author.get(f"/admin/pages/{made.pk}/edit/"), author.get(reverse("criteria_sets:versions", args=[made.pk])),
        author.get("/admin/"), reader.get(reverse("handbook:version", args=["XSS", version.number])),
        reader.get(reverse("handbook:list")),
    ]  # fmt: skip
    assert {page.status_code for page in pages} == {200}
    assert [page for page in pages if "<script>alert" in page.content.decode()] == []
    assert all("alert(335)" in page.content.decode() for page in pages[:1] + pages[3:4])
    assert len(list(blocks_of(made.parts.raw_data))) > 5


def test_cve_2026_28223_there_is_no_translation_to_send(editor, page):
    """Stored script in the message of simple_translation."""
    replayed(
        editor,
        ("get", f"/admin/translation/submit/page/{page.pk}/", {}),
        ("post", f"/admin/translation/submit/page/{page.pk}/", {"locales": "1"}),
        ("get", "/admin/translation/submit/snippet/snippets/catalogue/1/", {}),
        ("get", f"/admin/translation/submit/page/{page.pk}/?x={SCRIPT}", {}),
    )


# --- May ----------------------------------------------------------------------------------------------------
def test_cve_2026_44197_revisions_are_compared_by_those_who_write_sets(editor, page):
    revision = page.get_latest_revision().pk
    tails = ("live...latest", "earliest...latest", f"{revision}...{revision}", f"{revision}...live")
    replayed(editor, *(("get", f"/admin/pages/{page.pk}/revisions/compare/{tail}/", {}) for tail in tails))
    replayed(
        editor,
        ("get", f"/admin/pages/{page.pk}/revisions/{revision}/view/", {}),
        ("get", f"/admin/pages/{page.pk}/revisions/{revision}/revert/", {}),
        ("post", f"/admin/pages/{page.pk}/revisions/{revision}/revert/", form_data(page)),
    )


def test_cve_2026_44198_the_history_of_a_set_is_read_by_those_who_write_sets(editor, page, prober):
    state = prober.made.extra["workflow_state"].pk
    tails = (
        "history",
        "history/results",
        "workflow_history",
        f"workflow_history/detail/{state}",
        "revisions",
        "usage",
    )
    replayed(editor, *(("get", f"/admin/pages/{page.pk}/{tail}/", {}) for tail in tails))
    replayed(
        editor,
        ("get", "/admin/reports/site-history/", {}),
        ("get", "/admin/reports/site-history/results/", {}),
    )


def test_cve_2026_44199_there_is_no_form_whose_submissions_could_be_deleted(editor, page):
    replayed(
        editor,
        ("get", "/admin/forms/", {}),
        ("get", f"/admin/forms/submissions/{page.pk}/", {}),
        ("post", f"/admin/forms/submissions/{page.pk}/delete/?selected-submissions=1", {}),
    )


def test_cve_2026_44200_a_set_is_not_copied_by_whoever_may_not_read_it(editor, page):
    index = page.get_parent()
    data = {
        "new_title": "Bản sao",
        "new_slug": "ban-sao",
        "new_parent_page": str(index.pk),
        "copy_subpages": "on",
    }
    before = Page.objects.count()
    for key in (page.pk, index.pk, 1):
        replayed(
            editor, ("get", f"/admin/pages/{key}/copy/", {}), ("post", f"/admin/pages/{key}/copy/", data)
        )
    assert Page.objects.count() == before


def test_cve_2026_44200_whoever_writes_sets_copies_nothing_but_sets(prober, page):
    """The host checked where to, not where from: the root of the tree and the folder stay uncopied."""
    index, author = page.get_parent(), prober.client("policy")
    before = Page.objects.count()
    for key in (index.pk, 1):
        data = {"new_title": "Bản sao", "new_slug": "ban-sao-2", "new_parent_page": str(index.pk)}
        assert author.post(f"/admin/pages/{key}/copy/", data).status_code in (302, 403, 404)
    assert Page.objects.count() == before


@pytest.mark.parametrize("kind", ["documents", "images"])
def test_cve_2026_44201_there_is_no_api_of_documents_and_images(editor, kind):
    for root in ("/admin/api/main", "/api/v2", "/api/v3", "/api"):
        replayed(editor, ("get", f"{root}/{kind}/", {}), ("get", f"{root}/{kind}/1/", {"fields": "*"}))


# --- June ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["documents", "images"])
def test_cve_2026_54259_no_chooser_tells_chosen_documents_or_images(editor, kind):
    chooser = f"/admin/{kind}/chooser"
    replayed(
        editor,
        ("get", f"{chooser}/", {}),
        ("get", f"{chooser}/1/", {}),
        ("get", f"{chooser}/chosen-multiple/", {"id": "1"}),
        ("get", f"{chooser}/results/", {"q": "a"}),
    )


def test_cve_2026_54259_our_own_choosers_tell_chosen_records_of_the_own_unit_only(editor, prober):
    """The same weakness in the choosers that we do have: one by one and several at once."""
    made = prober.made
    for word, model in (("catalogue_draft", Catalogue), ("item", Product)):
        chooser = register_of(model).chooser_viewset
        foreign, own = made.extra[word]["C1"].pk, made.extra[word]["A1"].pk
        replayed(editor, ("get", reverse(chooser.get_url_name("chosen"), args=[foreign]), {}))
        several = editor.get(reverse(chooser.get_url_name("chosen_multiple")), {"id": [foreign, own]}).json()
        assert [row["id"] for row in several["result"]] == [str(own)]


@pytest.mark.parametrize("spec", ["fill-99999x99999|" * 50, "original", "width-1|" * 5_000])
def test_cve_2026_54260_no_address_computes_a_picture(editor, spec):
    """Filter specifications without a bound."""
    replayed(
        editor,
        ("get", f"/admin/images/generate_url/1/{spec}/", {}),
        ("get", f"/admin/images/1/preview/{spec}/", {}),
    )


def test_cve_2026_54261_there_is_no_preview_of_a_picture(editor):
    replayed(editor, ("get", "/admin/images/1/preview/original/", {}), ("get", "/admin/images/1/", {}))


def test_cve_2026_54262_no_translations_are_told(editor, prober, page):
    key = page.pk
    replayed(
        editor,
        ("get", f"/admin/api/main/pages/?translation_of={key}", {}),
        ("get", f"/admin/api/main/pages/{key}/?fields=translations", {}),
    )
    assert "translations" not in prober.client("policy").get(f"/admin/api/main/pages/{key}/").json()["meta"]


def test_cve_2026_54263_nothing_of_a_dynamic_picture_s_address_comes_back(editor):
    """Reflected script in the address of a picture."""
    replayed(
        editor,
        ("get", f"/images/sai/1/{SCRIPT}/", {}),
        ("get", f"/admin/images/generate_url/1/{SCRIPT}/", {}),
        ("get", f"/images/{SCRIPT}/1/original/", {}),
    )


# --- August -------------------------------------------------------------------------------------------------
def test_cve_2026_55468_ghsa_3vrh_m9w7_v94f_the_api_of_pages_answers_those_who_write_sets(editor, page):
    """It returned api_fields without access control."""
    for query in (
        "",
        "?fields=*",
        "?fields=parts,title",
        "?type=criteria_pages.CriteriaSetPage&fields=*",
        "?for_explorer=1",
    ):
        replayed(
            editor,
            ("get", f"/admin/api/main/pages/{query}", {}),
            ("get", f"/admin/api/main/pages/{page.pk}/{query}", {}),
        )
    replayed(
        editor,
        ("get", f"/admin/api/main/pages/find/?id={page.pk}", {}),
        ("get", "/admin/api/main/pages/find/?html_path=/", {}),
    )


def test_ghsa_92hv_j533_69wc_a_guessed_digest_is_never_confirmed(editor, prober):
    """Conditional requests revealed the SHA-1 of a document. There are none; evidence answers no validator either."""
    evidence = prober.made.files["sa", "notified", "m"]
    guesses = {"If-None-Match": f'"{evidence.sha256}"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    for address in (
        "/documents/1/a.pdf",
        "/admin/documents/edit/1/",
        reverse("workspace:evidence", args=[evidence.key]),
    ):
        response = editor.get(address, headers=guesses)
        assert (response.status_code, "ETag" in response, "Last-Modified" in response) == (404, False, False)
    reading = prober.client("head").get(reverse("workspace:evidence", args=[evidence.key]), headers=guesses)
    assert (reading.status_code, "ETag" in reading, "Last-Modified" in reading) == (200, False, False)
    assert hashlib.sha256(reading.getvalue()).hexdigest() == evidence.sha256


@pytest.mark.parametrize("kind", ["documents", "images"])
def test_ghsa_c2xx_cjmh_9q8f_no_child_of_a_private_collection_is_listed(editor, kind):
    replayed(
        editor,
        ("get", f"/admin/api/main/{kind}/?collection_id=2", {}),
        ("get", "/admin/collections/", {}),
        ("get", "/admin/collections/1/", {}),
    )


@pytest.mark.parametrize("place", ["A1", "C1"])
def test_ghsa_x5cx_w6p2_mxf2_a_record_is_not_copied_with_the_right_to_add(editor, prober, place):
    """The host's copy showed a record's content to whoever may only add. The editor may add to A1."""
    for word, model in (("catalogue_approved", "catalogue"), ("item", "product")):
        key = prober.made.extra[word][place].pk
        address = f"/admin/snippets/snippets/{model}/copy/{key}/"
        replayed(editor, ("get", address, {}), ("post", address, {"title": "x"}))


def test_ghsa_jm5p_837g_rv8g_a_set_is_not_copied_for_translation(editor, prober, page):
    before = Page.objects.count()
    address = f"/admin/api/main/pages/{page.pk}/action/copy_for_translation/"
    data = {"locale": "en", "copy_parents": "true", "recursive": "true"}
    replayed(editor, ("post", address, data), ("get", address, {}))
    assert prober.client("policy").post(address, data).status_code in (400, 403, 404)
    assert Page.objects.count() == before


# --- October: the difference between 7.4.3 and 7.4.4 ---------------------------------------------------------
def test_source_difference_7_4_4_the_list_of_pages_in_the_api_is_cut_to_their_parents(prober, page):
    """Fields and a type that were asked for are not read, not even for whoever writes sets."""
    author = prober.client("policy")
    plain = author.get("/admin/api/main/pages/").json()
    for query in ("?fields=*", "?fields=parts,law,settings", "?fields=_,parts"):
        assert author.get(f"/admin/api/main/pages/{query}").json() == plain
    for query in ("?type=criteria_pages.CriteriaSetPage", "?type=wagtailcore.Page&fields=*"):
        response = author.get(f"/admin/api/main/pages/{query}")
        assert response.status_code == 400 or response.json() == plain
    assert {key for item in plain["items"] for key in item} <= {"id", "meta", "title", "admin_display_title"}


def test_source_difference_7_4_4_the_privacy_of_a_collection_is_nobodys(editor, prober):
    """It asked about the model, not about the collection."""
    replayed(
        editor,
        ("get", "/admin/collections/1/privacy/", {}),
        ("post", "/admin/collections/1/privacy/", {"restriction_type": "login"}),
    )
    answer = prober.client("policy").post("/admin/collections/1/privacy/", {"restriction_type": "login"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_source_difference_7_4_4_a_register_exports_nothing(editor, form):
    """The host's export wrote cells that begin with “=” as formulas: no register of ours has one."""
    for model in (Catalogue, Product):
        listed = editor.get(reverse(register_of(model).get_url_name("list")), {"export": form})
        assert listed["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "dirty",
    [
        "<foo><bar><script>alert(335)</script></bar></foo>",
        "<foo></foo><script>alert(335)</script><foo></foo>",
        "<p><x><y><a href='javascript:alert(335)'>a</a></y></x></p>",
        "<script><script>alert(335)</script></script>",
        "<x><script>1</script></x>" * 3,
    ],
)
def test_source_difference_7_4_4_the_cleaner_of_rich_text_passes_nothing_over(dirty):
    """It iterated over what it was changing. No model of ours has rich text; the cleaner is held to it all the same."""
    clean = str(Whitelister().clean(dirty))
    assert [part for part in ("<script", "javascript:", "<foo", "<x>") if part in clean] == []
    ours = [
        model
        for model in apps.get_models()
        if model.__module__.startswith(("kpi_cms", "snippets", "criteria_pages"))
    ]
    assert [
        field for model in ours for field in model._meta.get_fields() if isinstance(field, RichTextField)
    ] == []
