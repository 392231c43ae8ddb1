"""A set from its author to whoever issues it: seen as it will be, commented on, sent back, sent again, approved."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys import conduct
from tests.journeys.people import SECOND, SIX, Somebody, Town, vi

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("story")]

AUTHOR = SIX[0]
TITLE = "Bộ tiêu chí gửi duyệt"
COMMENT = "Ghi rõ tên bộ tiêu chí."
DRAFT: dict[str, str] = {}  # the address of the editor, once there is a draft


def footer(somebody: Somebody, name: str) -> Locator:
    """A button of the editor's menu of actions, which is opened for it."""
    somebody.page.locator("footer [data-w-dropdown-target='toggle']").last.click()
    return somebody.page.get_by_role("button", name=name, exact=True)


@contextmanager
def saving(somebody: Somebody) -> Iterator[None]:
    """What is done inside is saved by the editor itself."""
    edit = somebody.product.address + DRAFT["edit"]
    with somebody.page.expect_response(lambda answer: answer.url == edit and answer.status == 200):
        yield


def test_an_author_sends_a_draft(town: Town) -> None:
    author = town[AUTHOR].open("/admin/bo-tieu-chi/tu-mau/")
    author.page.locator("input[name='template'][value='staff']").check()
    author.page.fill("input[name='code']", "DUYET-1")
    author.page.fill("input[name='title']", TITLE)
    author.go(author.page.locator("main form button[type='submit']").last)
    DRAFT["edit"] = author.page.url.removeprefix(author.product.address)
    author.shot("editor", whole=False)
    author.go(footer(author, vi("Submit for approval")))
    author.open("/admin/").shot("sent", whole=False)


def test_the_approver_sees_it_as_it_will_be(town: Town) -> None:
    approver = town[SECOND].open("/admin/").shot("waiting", whole=False)
    expect(approver.page.locator("#awaiting-review-content")).to_contain_text(TITLE)
    approver.open(DRAFT["edit"]).shot("approver-editor", whole=False)
    page_id = re.findall(r"\d+", DRAFT["edit"])[0]
    approver.open(f"/so-tay/xem-truoc/{page_id}/").reads(TITLE).shot("preview")
    answer = approver.page.request.get(f"{approver.product.address}/in/bo-tieu-chi/{page_id}/mau-01/")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF")


def test_the_approver_comments_and_sends_it_back(town: Town) -> None:
    approver = town[SECOND].open(DRAFT["edit"])
    approver.page.locator("[data-side-panel-toggle='comments']").click()
    field = approver.page.locator("[data-contentpath='title']").first
    field.hover()
    field.locator("[data-comment-add]").first.click()
    approver.page.locator("#comments textarea").first.fill(COMMENT)
    approver.shot("comment", whole=False)
    with saving(approver):
        approver.page.locator("#comments form button[type='submit']").first.click()
    approver.open(DRAFT["edit"])
    footer(approver, vi("Request changes")).click()
    approver.page.locator(".modal textarea").fill("Xem nhận xét tại tên bộ tiêu chí.")
    approver.shot("send-back", whole=False)
    approver.go(approver.page.locator(".modal button[type='submit']"))


def test_its_author_reads_why_and_sends_it_again(town: Town) -> None:
    author = town[AUTHOR].open(DRAFT["edit"])
    expect(author.page.locator(".messages")).to_contain_text("Xem nhận xét tại tên bộ tiêu chí.")
    author.page.locator("[data-side-panel-toggle='comments']").click()
    expect(author.page.locator("#comments")).to_contain_text(COMMENT)
    author.shot("returned", whole=False)
    conduct.write(author, author.page.locator("input[name='title']"), f"{TITLE} 2027")
    author.go(footer(author, vi("Submit for approval again")))


def test_the_approver_issues_it(town: Town) -> None:
    approver = town[SECOND].open(DRAFT["edit"]).shot("again", whole=False)
    approver.go(footer(approver, f"{vi('Approve')} và ban hành"))
    approver.open("/so-tay/DUYET-1/1/").reads(f"{TITLE} 2027").shot("issued", whole=False)
