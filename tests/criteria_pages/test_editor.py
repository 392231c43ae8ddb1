"""The page editor as an author meets it: drafts, “Check”, “Issue…”, the confirmation and the list of versions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from criteria_pages.demonstration import ND335_LD
from criteria_pages.domain import pins
from criteria_pages.domain.publishing import specification_of, summary_of
from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import digest
from tests.factories.criteria_pages import draft, edit, issue, issued, key_of, parts_with
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def said(message: str, **params: Any) -> str:
    """A sentence as the admin shows it: in Vietnamese."""
    with translation.override("vi"):
        return gettext(message) % params


def latest(page: CriteriaSetPage) -> CriteriaSetPage:
    found: CriteriaSetPage = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return found


def test_a_draft_is_saved_incomplete_and_keeps_its_blocks(policy: User, signed_in: SignIn) -> None:
    page = draft()
    data = form_data(latest(page), code="", effective_on="", title="Bản nháp")

    response = signed_in(policy).post(f"/admin/pages/{page.pk}/edit/", data)

    assert response.status_code == 302
    saved = latest(page)
    assert (saved.title, saved.code, saved.effective_on) == ("Bản nháp", "", None)
    assert digest(specification_of(saved)) == digest(specification_of(page))
    assert CriteriaVersion.objects.count() == 0


def test_autosaving_makes_no_version_and_nothing_live(policy: User, signed_in: SignIn) -> None:
    page = draft()
    client = signed_in(policy)
    for title in ("một", "hai", "ba"):
        data = form_data(latest(page), title=title)
        response = client.post(f"/admin/pages/{page.pk}/edit/", data, headers={"accept": "application/json"})
        assert response.json()["success"] is True

    assert latest(page).title == "ba"
    assert not CriteriaSetPage.objects.get(pk=page.pk).live
    assert CriteriaVersion.objects.count() == 0


def test_check_shows_a_problem_at_its_block_and_saves_nothing(policy: User, signed_in: SignIn) -> None:
    page = draft()
    before = page.latest_revision_id
    wrong = latest(page)
    wrong.parts = parts_with(I={"maximum": "11"}, I_1={"step": "0.3"}, KQ={"expression": "(a + b"})
    wrong.effective_on = None

    response = signed_in(policy).post(
        f"/admin/pages/{page.pk}/edit/", form_data(wrong, **{"action-check": "1"})
    )

    assert response.status_code == 200
    errors = response.context["form"].errors.as_data()
    assert set(errors) == {"effective_on", "parts"}
    part_errors = errors["parts"][0].block_errors
    sections = part_errors[0].block_errors["sections"].block_errors
    criterion = sections[0].block_errors["criteria"].block_errors[0]
    assert [error.code for error in criterion.block_errors["step"].error_list] == ["step"]
    assert [error.code for error in sections[0].non_block_errors.as_data()] == ["criteria_sum"]
    results = part_errors[1].block_errors["sections"].block_errors[0]
    assert [error.code for error in results.block_errors["expression"].error_list] == ["formula"]
    assert [error.code for error in part_errors[0].non_block_errors.as_data()] == ["sections_sum"]
    assert CriteriaSetPage.objects.get(pk=page.pk).latest_revision_id == before


def test_check_shows_a_problem_of_a_whole_stream_at_that_stream(policy: User, signed_in: SignIn) -> None:
    page = draft()
    wrong = latest(page)
    wrong.bands = []

    response = signed_in(policy).post(
        f"/admin/pages/{page.pk}/edit/", form_data(wrong, **{"action-issue": "1"})
    )

    error = response.context["form"].errors.as_data()["bands"][0]
    assert sorted(found.code for found in error.non_block_errors.as_data()) == ["bands_none", "nd335_bands"]


def test_check_shows_a_problem_without_a_place_above_the_form(policy: User, signed_in: SignIn) -> None:
    page = draft()
    wrong = latest(page)
    wrong.parts = parts_with(I_1={"maximum": "5"})
    # The block is gone from the stream that the form shows, as when two editors work at once.
    from criteria_pages.domain.problems import PageProblem
    from criteria_pages.forms import errors_of

    found = list(errors_of(wrong, [PageProblem("x", "Sai", key="gone"), PageProblem("y", "Sai")]))

    assert [(field, error.message) for field, error in found] == [(None, "Sai"), (None, "Sai")]


def test_check_of_a_sound_set_saves_it_and_says_so(policy: User, signed_in: SignIn) -> None:
    page = draft()

    response = signed_in(policy).post(
        f"/admin/pages/{page.pk}/edit/", form_data(latest(page), **{"action-check": "1"}), follow=True
    )

    assert said("The criteria set has no problems: it can be issued.") in response.content.decode()
    assert CriteriaVersion.objects.count() == 0


def test_issuing_from_the_editor_asks_to_confirm_and_then_issues(policy: User, signed_in: SignIn) -> None:
    page = draft()
    client = signed_in(policy)

    asked = client.post(f"/admin/pages/{page.pk}/edit/", form_data(latest(page), **{"action-issue": "1"}))
    assert (asked.status_code, asked["Location"]) == (302, f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/")

    shown = client.get(asked["Location"])
    sha256 = shown.context["summary"].sha256
    assert sha256 in shown.content.decode()
    assert "3, ví dụ nào cũng ra đúng tổng điểm và mức" in shown.content.decode()
    done = client.post(asked["Location"], {"sha256": sha256})

    assert (done.status_code, done["Location"]) == (302, f"/admin/bo-tieu-chi/{page.pk}/phien-ban/")
    version = CriteriaVersion.objects.get()
    assert (version.sha256, version.published_by) == (sha256, policy.pk)
    assert CriteriaSetPage.objects.get(pk=page.pk).live


def test_the_confirmation_lists_problems_with_links_to_their_places(policy: User, signed_in: SignIn) -> None:
    page = draft(parts=parts_with(I_1={"step": "0.3"}), staff_kinds=[])

    body = signed_in(policy).get(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/").content.decode()

    assert f'href="/admin/pages/{page.pk}/edit/#block-{key_of("I.1")}-section"' in body
    assert f'href="/admin/pages/{page.pk}/edit/#id_staff_kinds"' in body
    assert 'name="sha256"' not in body


def test_the_confirmation_shows_what_differs_from_the_last_version(policy: User, signed_in: SignIn) -> None:
    page, _version = issued()
    edit(page, parts=parts_with(I_1={"label": "Lời văn mới"}))

    body = signed_in(policy).get(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/").content.decode()

    assert "I.1 · Lời văn mới" in body
    assert "Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ" in body


def test_nothing_to_issue_is_said(policy: User, signed_in: SignIn) -> None:
    page, _version = issued()

    body = signed_in(policy).get(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/").content.decode()

    assert (
        said(
            "Nothing changed since version %(number)s of %(code)s: there is nothing to issue.",
            number=1,
            code="ND335-NV",
        )
        in body
    )


def test_a_draft_saved_in_between_is_not_issued(policy: User, signed_in: SignIn) -> None:
    page = draft()
    shown = summary_of(page).sha256
    edit(page, parts=parts_with(I_1={"label": "Ai đó vừa lưu"}))

    response = signed_in(policy).post(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/", {"sha256": shown})

    assert response.status_code == 409
    assert CriteriaVersion.objects.count() == 0
    assert response.context["summary"].sha256 != shown


def test_without_the_digest_that_was_shown_nothing_is_issued(policy: User, signed_in: SignIn) -> None:
    page = draft()

    response = signed_in(policy).post(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/")

    assert response.status_code == 409
    assert CriteriaVersion.objects.count() == 0


def test_who_may_only_write_is_not_offered_to_issue(writer: User, signed_in: SignIn) -> None:
    page = draft()
    client = signed_in(writer)

    editor = client.get(f"/admin/pages/{page.pk}/edit/").content.decode()
    assert 'name="action-check"' in editor
    assert 'name="action-issue"' not in editor

    confirmation = client.get(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/").content.decode()
    assert 'name="sha256"' not in confirmation

    refused = client.post(f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/", {"sha256": summary_of(page).sha256})
    assert refused.status_code == 403
    assert CriteriaVersion.objects.count() == 0


def test_the_versions_of_a_set_are_listed_with_who_and_where_used(
    policy: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, first = issued()
    edit(page, parts=parts_with(I_1={"label": "Khác"}))
    second = issue(page)
    monkeypatch.setattr(
        pins, "_readers", [lambda ids: {first.pk: ["Tháng 7/2026"]} if first.pk in ids else {}]
    )

    response = signed_in(policy).get(f"/admin/bo-tieu-chi/{page.pk}/phien-ban/")

    assert [(row["version"].number, row["issuer"], row["periods"]) for row in response.context["rows"]] == [
        (2, "Hệ thống", []),
        (1, "Hệ thống", ["Tháng 7/2026"]),
    ]
    body = response.content.decode()
    assert second.sha256[:12] in body
    assert "/so-tay/ND335-NV/2/" in body


def test_a_set_without_versions_says_so(policy: User, signed_in: SignIn) -> None:
    page = draft()

    body = signed_in(policy).get(f"/admin/bo-tieu-chi/{page.pk}/phien-ban/").content.decode()

    assert said("No version was issued yet. “Issue…” in the editor makes the first one.") in body


def test_the_editor_offers_no_schedule_no_publishing_and_no_privacy(policy: User, signed_in: SignIn) -> None:
    page, _version = issued()

    body = signed_in(policy).get(f"/admin/pages/{page.pk}/edit/").content.decode()

    for absent in (
        "action-publish",
        "action-unpublish",
        "go_live_at",
        "expire_at",
        "set_privacy",
    ):
        assert absent not in body
    assert f"/admin/bo-tieu-chi/{page.pk}/phien-ban/" in body


def test_the_list_of_sets_does_not_warn_of_a_missing_site(policy: User, signed_in: SignIn) -> None:
    draft()

    body = signed_in(policy).get(f"/admin/pages/{criteria_index().pk}/").content.decode()

    assert "ND335-NV · Bộ tiêu chí" in body
    assert "help-warning" not in body


def test_a_new_set_is_written_in_the_editor(policy: User, signed_in: SignIn) -> None:
    parent = criteria_index()
    client = signed_in(policy)
    address = f"/admin/pages/add/criteria_pages/criteriasetpage/{parent.pk}/"
    assert client.get(address).status_code == 200

    response = client.post(address, form_data(CriteriaSetPage(live=False), title="Bộ mới", law="nd335"))

    page = CriteriaSetPage.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/admin/pages/{page.pk}/edit/")
    assert (page.title, page.live, page.slug, page.owner) == ("Bộ mới", False, "bộ-mới", policy)


def test_two_sets_cannot_have_one_code(policy: User, signed_in: SignIn) -> None:
    draft()
    other = draft(ND335_LD)

    response = signed_in(policy).post(
        f"/admin/pages/{other.pk}/edit/", form_data(latest(other), code="ND335-NV")
    )

    assert said("Another criteria set has this code. Choose another one.") in response.content.decode()
    assert latest(other).code == "ND335-LD"


def test_a_copy_has_no_code_and_no_dates_and_keeps_its_blocks(policy: User, signed_in: SignIn) -> None:
    page, version = issued()

    response = signed_in(policy).post(
        f"/admin/pages/{page.pk}/copy/",
        {"new_title": "Bản sao", "new_slug": "ban-sao", "new_parent_page": str(criteria_index().pk)},
    )

    assert response.status_code == 302
    copy = CriteriaSetPage.objects.get(slug="ban-sao")
    assert (copy.live, copy.code, copy.effective_on) == (False, "", None)
    assert digest(specification_of(copy)) == version.sha256
    assert (latest(copy).code, latest(copy).effective_on) == ("", None)


def test_the_titles_of_the_admin_carry_the_code(policy: User, signed_in: SignIn) -> None:
    page = draft()

    assert page.get_admin_display_title().startswith("ND335-NV · Bộ tiêu chí theo dõi")
    page.code = ""
    assert page.get_admin_display_title().startswith("Bộ tiêu chí theo dõi")
