"""The library of criteria: who reaches it, what it never changes, and what is copied either way."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from wagtail.models import Revision

from criteria_pages.demonstration import load_library
from criteria_pages.domain.authors import last_author
from criteria_pages.domain.library import add_item, change_item
from criteria_pages.domain.publishing import check, latest_draft, publish
from criteria_pages.domain.specification import citations_of, specification_of
from criteria_pages.domain.starting import start_from_template
from criteria_pages.domain.taking import keep_in_library, places_for, sources_of, stamp_of, take_item
from criteria_pages.models import CriteriaSetPage, LibraryItem
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.engine import digest
from snippets.enums import Capability, Role
from snippets.models import Unit
from tests.access.routes import address, routes
from tests.factories.criteria_pages import MOMENT, draft, edit, issued
from tests.factories.snippets import UnitFactory, holder, in_role
from tests.helpers.page_form import item_form

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

SECRET = "Mười mức kín"
LEVELS = [
    {"label": "Tốt", "start": "8", "end": "10", "guidance": ""},
    {"label": "Đạt", "start": "5", "end": "7.5", "guidance": "Đủ việc"},
    {"label": "Kém", "start": "0", "end": None, "guidance": ""},
]
SCALE = {"type": "level_scale", "value": {"unit": "points", "levels": LEVELS, "step": "0.5"}}
BANDS = {
    "type": "bands",
    "value": [
        {"type": "band", "value": {"code": "pass", "label": "Đạt", "start": "60"}},
        {"type": "band", "value": {"code": "fail", "label": "Không đạt", "start": "0"}},
    ],
}
DOCUMENT = {
    "type": "document",
    "value": {"number": "12/QĐ", "title": "Quyết định", "issued_on": "2026-05-04", "clauses": "Điều 2"},
}
CRITERION = {
    "type": "levels",
    "value": {"code": "M.1", "label": "Tham mưu", "guidance": ["Đúng hạn"], "alternatives": [], "citation": "",
              "weight": None, "stages": [], **SCALE["value"], "maximum": None},
}  # fmt: skip


def kept(actor: User, content: dict[str, Any] = SCALE, name: str = SECRET) -> LibraryItem:
    return add_item(actor=actor, moment=MOMENT, name=name, content=content)


def change(actor: User, item: LibraryItem, **said: Any) -> LibraryItem:
    values = {"name": item.name, "content": item.content, "retired": item.retired} | said
    return change_item(actor=actor, moment=MOMENT, item=item, **values)


def take(
    actor: User, page: CriteriaSetPage, item: LibraryItem, into: str = "", code: str = "", **said: Any
) -> Any:
    given = {
        "shown": stamp_of(CriteriaSetPage.objects.get(pk=page.pk)),
        "page_id": page.pk,
        "item_id": item.pk,
    }
    return take_item(actor=actor, moment=MOMENT, into=into, code=code, **given | said)


def keep(actor: User, page: CriteriaSetPage, source: str, name: str = SECRET, **said: Any) -> LibraryItem:
    given = {"shown": stamp_of(CriteriaSetPage.objects.get(pk=page.pk)), "page_id": page.pk}
    return keep_in_library(actor=actor, moment=MOMENT, source=source, name=name, **given | said)


def first_place(page: CriteriaSetPage, item: LibraryItem) -> str:
    places = places_for(latest_draft(page), item)
    return places[0].key if places else ""


def everything(page: CriteriaSetPage) -> list[Any]:
    """Every revision of a page, and what is live of it."""
    rows = Revision.objects.for_instance(page).order_by("pk").values_list("pk", "content")
    return [*rows, CriteriaSetPage.objects.filter(pk=page.pk).values_list("latest_revision_id", "live").get()]


# --- Who must not -------------------------------------------------------------------------------------------
@pytest.fixture
def item(writer: User) -> LibraryItem:
    return kept(writer)


def outsiders(province: Unit) -> dict[str, User]:
    """Everybody who enters the admin for something else, reads the ledger, evaluates, or follows criteria."""
    roles = (Role.CLERK, Role.HEAD, Role.AUDITOR, Role.PERSONNEL, Role.ACCESS)
    found = {role.value: in_role(province, role, username=role.value) for role in roles}
    found["progress"] = holder(province, Capability.PROGRESS, Capability.MANAGE_PERIODS, username="progress")
    return found


def addresses(item: LibraryItem, page: CriteriaSetPage) -> list[str]:
    """All there are: register, choosers, the two pages, and what the host offers for any model by its name."""
    known = {"pk": str(item.pk), "page_id": str(page.pk)}
    own = [
        address(route, known)
        for route in routes()
        if "libraryitem" in route.name or route.name in ("criteria_sets:take", "criteria_sets:keep")
    ]
    bulk = f"/admin/bulk/criteria_pages/libraryitem/delete/?id={item.pk}&next=/admin/"
    chosen = reverse("wagtailsnippetchoosers_criteria_pages_libraryitem:chosen_multiple") + f"?id={item.pk}"
    named = [f"/admin/reports/site-history/?content_type={ContentType.objects.get_for_model(item).pk}"]
    return [*own, f"{reverse('criteria_sets:take', args=[page.pk])}?muc={item.pk}", bulk, chosen, *named]


def test_nobody_but_authors_sees_or_does_anything_by_any_address(
    province: Unit, item: LibraryItem, client: Client
) -> None:
    page = draft()
    found, before = addresses(item, page), everything(page)
    data = {"name": "Của tôi", "into": first_place(page, item), "source": "bands", "shown": stamp_of(page)}
    assert len(found) > 15

    for name, user in outsiders(province).items():
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for to in found:
            for answer in (client.get(to), client.post(to, data)):
                assert answer.status_code in (302, 404, 405), f"{name}: {to}"
                assert SECRET not in answer.content.decode(), f"{name}: {to}"

    assert list(LibraryItem.objects.values_list("name", "kind")) == [(SECRET, "scale")]
    assert everything(page) == before


def test_nobody_but_authors_may_by_the_domain(province: Unit, item: LibraryItem) -> None:
    page = draft()
    before = everything(page)
    acts: list[Callable[[User], Any]] = [
        kept,
        lambda user: change(user, item, name="Khác"),
        lambda user: take(user, page, item),
        lambda user: keep(user, page, "bands"),
    ]

    for user in outsiders(province).values():
        for act in acts:
            with pytest.raises(Refused):
                act(user)

    assert (LibraryItem.objects.get().name, everything(page)) == (SECRET, before)


def test_an_auditor_finds_in_the_ledger_that_it_was_kept_only_for_the_whole_province(
    province: Unit, item: LibraryItem, signed_in: SignIn
) -> None:
    """No act is hidden from who audits everything; whoever audits one unit finds nothing that belongs to none."""
    entry = LedgerEntry.objects.get(subject_type="criteria_pages.LibraryItem")
    for where, found in ((province, True), (UnitFactory(parent=province), False)):
        auditor = in_role(where, Role.AUDITOR, username=f"auditor-{found}")

        answer = signed_in(auditor).get(reverse("workspace:inspection"))

        assert (entry.subject_label, answer.status_code) == (SECRET, 200)
        assert (SECRET in answer.content.decode()) is found


# --- What the library never changes -------------------------------------------------------------------------
def test_changing_or_retiring_an_item_changes_no_draft_and_no_version(writer: User, policy: User) -> None:
    page, version = issued()
    items = [
        kept(writer, content, name) for content, name in ((BANDS, "a"), (DOCUMENT, "b"), (CRITERION, "c"))
    ]
    for item in items:
        take(writer, page, item, first_place(page, item), "M.1" if item.kind == "criterion" else "")
    before, frozen = everything(page), (version.sha256, version.specification, version.citations)

    for item, content in zip(items, (DOCUMENT, BANDS, SCALE), strict=True):
        change(policy, item, name=f"{item.name} mới", content=content, retired=True)
    LibraryItem.objects.all()._raw_delete("default")  # no door does it; even then

    version.refresh_from_db()
    assert (version.sha256, version.specification, version.citations) == frozen
    assert everything(page) == before
    assert latest_draft(page).get_latest_revision().content == before[-2][1]


def test_nothing_of_a_set_names_the_item_it_came_from(writer: User) -> None:
    page, item = draft(), kept(writer, CRITERION)
    take(writer, page, item, first_place(page, item), "M.1")
    revision = latest_draft(page).get_latest_revision()

    assert "library" not in str(revision.content).lower()
    assert SECRET not in str(revision.content)
    assert not [field for field in CriteriaSetPage._meta.get_fields() if field.related_model is LibraryItem]


# --- A copy that is refused ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "into", "code", "field", "sentence"),
    [
        (CRITERION, "", "M.1", "into", "Choose the section that takes the criterion."),
        (CRITERION, "elsewhere", "M.1", "into", "Choose the section that takes the criterion."),
        (CRITERION, None, "", "code", "Give the criterion a code: formulas name it by that."),
        (CRITERION, None, "I.1", "code", "The set has the code “I.1” already: give the criterion another one."),
        (CRITERION, None, "KQ", "code", "The set has the code “KQ” already: give the criterion another one."),
        (CRITERION, None, "M" * 41, "code", "The code is longer than 40 characters: shorten it."),
        (SCALE, "", "", "into", "Choose the criterion that takes the scale."),
        (DOCUMENT | {"value": DOCUMENT["value"] | {"number": "335/2025/NĐ-CP"}}, "", "", "item",
         "The set rests on 335/2025/NĐ-CP already: nothing was added."),
    ],
)  # fmt: skip
def test_what_cannot_be_copied_is_told_in_one_sentence_and_nothing_is_written(
    content: dict[str, Any], into: str | None, code: str, field: str, sentence: str, writer: User
) -> None:
    page, item = draft(), kept(writer, content)
    before = everything(page)

    with pytest.raises(Invalid) as error:
        take(writer, page, item, first_place(page, item) if into is None else into, code)

    assert (error.value.problems, str(error.value.sentence)) == ({field: [sentence]}, sentence)
    assert everything(page) == before


def test_a_scale_goes_into_no_criterion_of_another_kind(writer: User) -> None:
    page, item = draft(), kept(writer)
    number = sources_of(page)["criterion"][0].key.partition(":")[2]

    with pytest.raises(Invalid, match=r"Choose the criterion that takes the scale\."):
        take(writer, page, item, number)

    assert places_for(page, item) == []


def test_a_draft_that_somebody_saved_since_is_refused_both_ways(writer: User) -> None:
    page, item = draft(), kept(writer, BANDS)
    shown = stamp_of(page)
    edit(page, title="Của người khác")
    before = everything(page)

    for act in (
        lambda: take(writer, page, item, shown=shown),
        lambda: keep(writer, page, "bands", "Khác", shown=shown),
    ):
        with pytest.raises(Stale):
            act()

    assert (everything(page), LibraryItem.objects.count()) == (before, 1)


def test_a_draft_that_autosave_wrote_over_in_place_is_refused(writer: User) -> None:
    page, item = draft(), kept(writer, BANDS)
    shown = stamp_of(page)
    revision = page.get_latest_revision()
    latest = revision.as_object()
    latest.title = "Viết tiếp"
    latest.save_revision(clean=False, overwrite_revision=revision)

    with pytest.raises(Stale):
        take(writer, page, item, shown=shown)


def test_a_set_that_somebody_else_locked_is_refused_and_may_still_be_kept_from(
    writer: User, policy: User
) -> None:
    page, item = draft(), kept(writer, BANDS)
    CriteriaSetPage.objects.filter(pk=page.pk).update(locked=True, locked_by=policy, locked_at=MOMENT)
    before = everything(page)

    with pytest.raises(WrongState) as error:
        take(writer, page, item)

    assert str(error.value.sentence).endswith(
        "is locked. Ask whoever locked it before you take something over."
    )
    assert everything(page) == before
    assert keep(writer, page, "bands", "Của bộ").kind == "bands"


def test_what_is_retired_or_missing_is_taken_over_by_nobody(writer: User) -> None:
    page, item = draft(), kept(writer, BANDS)
    change(writer, item, retired=True)
    before = everything(page)

    for said in ({}, {"item_id": item.pk + 1}, {"page_id": page.pk + 1}):
        with pytest.raises(NotFound):
            take(writer, page, item, **said)

    assert everything(page) == before


# --- A copy that is made ------------------------------------------------------------------------------------
def test_a_criterion_comes_with_a_key_of_its_own_each_time_behind_the_others(writer: User) -> None:
    page, item = draft(), kept(writer, CRITERION)
    into = first_place(page, item)
    before = specification_of(page)["sections"][0]["criteria"]

    take(writer, page, item, into, "M.1")
    take(writer, page, item, into, "M.2")

    *same, one, other = specification_of(latest_draft(page))["sections"][0]["criteria"]
    assert same == before
    assert (one["code"], other["code"], one["label"], one["guidance"]) == (
        "M.1",
        "M.2",
        "Tham mưu",
        ["Đúng hạn"],
    )
    assert [level["label"] for level in one["kind"]["levels"]] == ["Tốt", "Đạt", "Kém"]
    assert len({one["key"], other["key"], *(node["key"] for node in same)}) == len(same) + 2
    assert LibraryItem.objects.get().content["value"]["code"] == "M.1"


def test_a_scale_replaces_the_scale_and_nothing_else_of_the_criterion(writer: User) -> None:
    page, criterion = draft(), kept(writer, CRITERION, "Tham mưu")
    take(writer, page, criterion, first_place(page, criterion), "M.1")
    before = specification_of(latest_draft(page))["sections"][0]["criteria"][-1]
    two = {"unit": "points", "levels": LEVELS[1:], "step": "0.25"}
    scale = kept(writer, {"type": "level_scale", "value": two})
    assert [place.label for place in places_for(latest_draft(page), scale) or ()] == ["M.1 · Tham mưu"]

    take(writer, page, scale, first_place(page, scale))

    after = specification_of(latest_draft(page))["sections"][0]["criteria"][-1]
    assert [level["label"] for level in after["kind"]["levels"]] == ["Đạt", "Kém"]
    assert after["kind"]["step"] == "0.25"
    assert after | {"kind": None} == before | {"kind": None}


def test_bands_take_the_place_of_the_sets_own_and_a_document_stands_behind_the_others(writer: User) -> None:
    page = draft()
    take(writer, page, kept(writer, BANDS, "Hai mức"))
    take(writer, page, kept(writer, DOCUMENT, "Quyết định"))

    after = latest_draft(page)
    assert [(band["code"], band["from"]) for band in specification_of(after)["bands"]] == [
        ("pass", "60"),
        ("fail", "0"),
    ]
    assert [entry["number"] for entry in citations_of(after)] == ["335/2025/NĐ-CP", "12/QĐ"]
    assert citations_of(after)[1] == DOCUMENT["value"]


def test_whoever_took_something_over_made_the_last_change_and_does_not_issue_it(
    policy: User, writer: User
) -> None:
    page = draft()
    take(policy, page, kept(policy, DOCUMENT))

    assert (last_author(page), check(latest_draft(page))) == (policy.pk, [])
    with pytest.raises(Refused):
        publish(actor=policy, moment=MOMENT, page=page)


# --- The way back -------------------------------------------------------------------------------------------
def test_a_set_made_of_what_was_kept_from_another_says_the_same(writer: User) -> None:
    """Criterion, bands and documents go out of one set and into another; keys apart, nothing is lost."""
    page = draft()
    sources = sources_of(page)
    assert {kind: len(places) for kind, places in sources.items()} == {
        "criterion": 13,
        "bands": 1,
        "document": 1,
    }
    criterion = keep(writer, page, sources["criterion"][0].key, "Tiêu chí")
    bands, document = (
        keep(writer, page, "bands", "Mức"),
        keep(writer, page, sources["document"][0].key, "Nghị định"),
    )
    other = draft(code="KHAC", bands=[], legal_basis=[])

    take(writer, other, criterion, first_place(other, criterion), "X.1")
    take(writer, other, bands)
    take(writer, other, document)

    mine, theirs = specification_of(page), specification_of(latest_draft(other))
    came = theirs["sections"][0]["criteria"][-1]
    assert came | {"key": "", "code": ""} == mine["sections"][0]["criteria"][0] | {"key": "", "code": ""}
    assert theirs["bands"] == mine["bands"]
    assert citations_of(latest_draft(other)) == citations_of(page)


def test_keeping_leaves_the_draft_as_it_is_and_a_scale_leaves_its_criterion_behind(writer: User) -> None:
    page, criterion = draft(), kept(writer, CRITERION, "Tham mưu")
    take(writer, page, criterion, first_place(page, criterion), "M.1")
    before, said = everything(page), digest(specification_of(latest_draft(page)))
    (scale,) = sources_of(latest_draft(page))["scale"]

    item = keep(writer, page, scale.key)

    assert item.content == SCALE
    assert (everything(page), digest(specification_of(latest_draft(page)))) == (before, said)


@pytest.mark.parametrize(
    ("source", "name", "field", "sentence"),
    [
        ("", "x", "source", "Choose what to keep in the library."),
        ("scale:x", "x", "source", "Choose what to keep in the library."),
        ("khac:x", "x", "source", "Choose what to keep in the library."),
        ("bands", " ", "name", "Give it a name by which authors find it."),
        ("bands", "x" * 161, "name", "The name is longer than 160 characters: shorten it."),
        ("bands", "Hai mức ", "name", "The library has this name already. Choose another one."),
    ],
)
def test_what_cannot_be_kept_is_told_in_one_sentence(
    source: str, name: str, field: str, sentence: str, writer: User
) -> None:
    page = draft()
    kept(writer, BANDS, "Hai mức")

    with pytest.raises(Invalid) as error:
        keep(writer, page, source, name)

    assert {at: list(map(str, found)) for at, found in error.value.problems.items() if found} == {
        field: [sentence]
    }
    assert LibraryItem.objects.count() == 1


def test_an_unfinished_criterion_is_not_kept(writer: User) -> None:
    page = draft()
    parts = [dict(part) for part in page.parts.raw_data]
    parts[0]["value"]["sections"][0]["value"]["criteria"][0]["value"]["label"] = ""
    page = edit(page, parts=parts)

    with pytest.raises(Invalid) as error:
        keep(writer, page, sources_of(page)["criterion"][0].key)

    sentence = "What is to be kept is not complete. Fill in what is missing, then keep it."
    assert error.value.problems["source"] == [sentence]
    assert LibraryItem.objects.count() == 0


@pytest.mark.parametrize("content", [{}, {"type": "section", "value": {}}, {"type": "bands", "value": []},
                                     {"type": "level_scale", "value": {"unit": "points", "levels": [], "step": "1"}},
                                     {"type": "levels", "value": 5}])  # fmt: skip
def test_no_item_holds_what_is_no_block_of_the_library(content: dict[str, Any], writer: User) -> None:
    with pytest.raises(Invalid):
        kept(writer, content)

    assert LibraryItem.objects.count() == 0


def test_every_item_of_the_demonstration_goes_into_a_new_set_and_computes_there(writer: User) -> None:
    """A blank frame takes all of them; its examples are named as such, and what the decree fixes is the decree's."""
    page = start_from_template(actor=writer, moment=MOMENT, template="blank", code="MOI", title="Mới")
    assert load_library(actor=writer, moment=MOMENT) == load_library(actor=writer, moment=MOMENT) == 7
    items = {item.name: item for item in LibraryItem.objects.all()}
    criteria = [item for item in items.values() if item.kind == "criterion"]

    for item in [*criteria, *(item for item in items.values() if item.kind != "criterion")]:
        code = item.content["value"]["code"] if item.kind == "criterion" else ""
        take(writer, page, item, first_place(page, item), code)

    draft_now = latest_draft(page)
    said = specification_of(draft_now)
    assert {problem.code for problem in check(draft_now)} == {
        "staff_kinds",
        "criteria_sum",
    }  # 2 and 10 of 100 points
    assert [one["code"] for one in said["sections"][0]["criteria"]] == ["CLTM", "I.1"]
    assert [band["from"] for band in said["bands"]] == ["90", "70", "50", "0"]
    assert {entry["number"] for entry in citations_of(draft_now)} == {"335/2025/NĐ-CP", "366-QĐ/TW"}
    assert sorted(name for name in items if "(ví dụ)" in name) == [
        "Ba mức, thang 10 điểm (ví dụ)", "Chất lượng tham mưu, năm mức (ví dụ)", "Năm mức, thang 10 điểm (ví dụ)",
    ]  # fmt: skip


# --- History and the pages of the admin ---------------------------------------------------------------------
def test_every_change_of_an_item_stands_in_its_history_in_words(writer: User, signed_in: SignIn) -> None:
    item = change(writer, kept(writer), content=SCALE | {"value": SCALE["value"] | {"step": "0.25"}})
    change(writer, item)  # nothing new

    assert [row.history_user_id for row in LibraryItem.history.all()] == [writer.pk, writer.pk]
    assert LedgerEntry.objects.filter(subject_type="criteria_pages.LibraryItem").count() == 2
    page = signed_in(writer).get(
        reverse("wagtailsnippets_criteria_pages_libraryitem:history", args=[item.pk])
    )
    text = page.content.decode()
    assert "Đạt · 5 · 7,5 · Đủ việc" in text
    assert "level_scale" not in text


def test_an_author_keeps_an_item_through_the_editors_own_form(writer: User, signed_in: SignIn) -> None:
    client, add = signed_in(writer), reverse("wagtailsnippets_criteria_pages_libraryitem:add")
    assert client.get(add).status_code == 200

    client.post(add, item_form("Ba mức", SCALE))
    item = LibraryItem.objects.get()
    edit_url = reverse("wagtailsnippets_criteria_pages_libraryitem:edit", args=[item.pk])
    seen = {"seen": str(LibraryItem.history.get().history_id)}
    assert json.dumps("Đủ việc")[1:-1] in client.get(edit_url).content.decode()
    stale = client.post(edit_url, item_form("Chậm", DOCUMENT, seen="0"))
    client.post(edit_url, item_form("Căn cứ", DOCUMENT, retired="on", **seen))

    assert (item.kind, item.name, item.content) == ("scale", "Ba mức", SCALE)
    assert stale.status_code == 409
    item.refresh_from_db()
    assert (item.kind, item.name, item.content, item.retired) == ("document", "Căn cứ", DOCUMENT, True)
    details = client.get(reverse("wagtailsnippets_criteria_pages_libraryitem:inspect", args=[item.pk]))
    assert "04/05/2026" in details.content.decode()


def test_the_two_pages_copy_and_tell_what_is_wrong_at_its_field(writer: User, signed_in: SignIn) -> None:
    page, item, client = draft(), kept(writer, CRITERION, "Tham mưu"), signed_in(writer)
    offers = reverse("criteria_sets:take", args=[page.pk])
    assert f'href="?muc={item.pk}"' in client.get(offers).content.decode()
    place = f"{offers}?muc={item.pk}"
    data = {"into": first_place(page, item), "shown": stamp_of(page)}
    assert client.get(place).context["form"]["code"].value() == "M.1"

    wrong = client.post(place, data | {"code": "I.1"})
    stale = client.post(place, data | {"code": "M.1", "shown": "x"})
    done = client.post(place, data | {"code": "M.1"})

    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["code"])
    assert (stale.status_code, done.status_code) == (409, 302)
    assert done["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    keep_url = reverse("criteria_sets:keep", args=[page.pk])
    shown = {"shown": client.get(keep_url).context["stamp"]}
    empty = client.post(keep_url, shown | {"source": "", "name": ""})
    made = client.post(keep_url, shown | {"source": "bands", "name": "Bốn mức"})
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["source"])
    assert made["Location"].endswith(f"/inspect/{LibraryItem.objects.get(kind='bands').pk}/")


def test_the_list_costs_the_same_for_one_item_and_for_three(writer: User, signed_in: SignIn) -> None:
    client, page = signed_in(writer), draft()
    asked = (
        reverse("wagtailsnippets_criteria_pages_libraryitem:list"),
        reverse("criteria_sets:take", args=[page.pk]),
    )
    kept(writer)
    client.get(asked[0])
    counts = [_queries(client, to) for to in asked]
    kept(writer, BANDS, "b")
    kept(writer, DOCUMENT, "c")

    assert [_queries(client, to) for to in asked] == counts


def _queries(client: Client, to: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(to).status_code == 200
    return len(queries)


def test_there_is_no_way_to_delete_copy_or_export_an_item() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("wagtailsnippets_criteria_pages_libraryitem:copy", args=[1])
