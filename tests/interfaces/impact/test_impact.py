"""The effect of a draft on past cards: who is told what of it, on the page and in the workbook; nothing is written."""

import io
import re
from copy import deepcopy
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.urls import reverse

from criteria_pages.demonstration import ND335_NV
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import AccessLogEntry, LedgerEntry
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.interfaces.impact import domain, views
from kpi_cms.interfaces.impact.collecting import Collector
from kpi_cms.interfaces.reporting.unit_evidence import forget_bundles
from snippets.domain.grants import end_grant
from snippets.enums import Block, Capability, Role
from snippets.models import Grant, Unit
from tests.factories.criteria_pages import edit, parts_with
from tests.factories.snippets import hold, holder, in_role
from tests.helpers import pages
from tests.helpers.results import close, more_people
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.scored import scored
from tests.helpers.world import World

PAGE = 22 + pages.LOG_ROW + (connection.vendor == "postgresql")  # its clock is asked once by the view
pytestmark = pytest.mark.django_db
OF_B1 = ("85.00", "50.00", "Nguyễn Văn B")  # before and after of three people, and their names


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def author(world: World) -> User:
    """Writes criteria, and reads nobody's card."""
    return holder(world.root, Capability.AUTHOR, username="soan")


def address(page: CriteriaSetPage, unit: Unit | None = None) -> str:
    path = reverse("impact:show", args=[page.pk])
    return f"{path}?don-vi={unit.code}" if unit is not None else path


def workbook(page: CriteriaSetPage) -> str:
    return reverse("impact:export", args=[page.pk])


def choice(world: World) -> str:
    return f"{world.period.pk}/ND335-NV"


@pytest.fixture
def compute(world: World, page: CriteriaSetPage, django_capture_on_commit_callbacks: Any) -> Any:
    """Ask for the effect and let the worker finish."""

    def computed(user: User) -> Client:
        client = signed_in(user)
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(address(page), {"past": choice(world)})
        job = Job.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])
        assert job.state == JobState.DONE, job.message
        return client

    return computed


def units(world: World) -> list[Unit]:
    return [world.root, world.agency, world.department, world.other_agency, world.other_department]


def everything(client: Client, page: CriteriaSetPage, world: World) -> str:
    """What is read on the page of each unit."""
    return " ".join(pages.text(client.get(address(page, unit))) for unit in units(world))


def taken(client: Client, page: CriteriaSetPage) -> dict[str, list[list[Any]]]:
    answer = client.post(workbook(page))
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return {sheet.title: [list(row) for row in sheet.values][4:] for sheet in book}


# --- Who is told what ---------------------------------------------------------------------------------------
def test_an_author_without_cards_is_told_the_province_and_never_three_people(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    close(world)
    client = compute(author)
    top = pages.text(client.get(address(page)))
    assert "Cards compared 9" in top
    assert "Mean before 95.00" in top  # 6 × 100 and 3 × 85
    assert "Mean after 60.00" in top
    assert "Into a lower band 9" in top
    read = everything(client, page, world)
    assert [text for text in OF_B1 if text in read] == []
    assert "100.00" not in read  # of the six: the three would be the difference
    assert "Nguyễn Văn A" not in read
    assert "Not shown" in pages.text(client.get(address(page, world.other_department)))


def test_an_open_period_tells_an_author_without_cards_nothing(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    client = compute(author)
    read = everything(client, page, world)
    assert "This period is open." in read
    assert [text for text in (*OF_B1, "95.00", "60.00", "100.00", "65.00", "Nguyễn") if text in read] == []


@pytest.mark.parametrize("closed", [False, True])
def test_a_reader_of_one_unit_is_told_of_its_people_and_of_no_others(
    world: World, page: CriteriaSetPage, author: User, compute: Any, closed: bool
) -> None:
    """With the province beside it, the three people of B1 would be the difference."""
    hold(author, world.department, Capability.VIEW)
    if closed:
        close(world)
    client = compute(author)
    own = pages.text(client.get(address(page, world.department)))
    assert "Mean before 100.00" in own
    assert "Mean after 65.00" in own
    assert [f"Nguyễn Văn A{number}" in own for number in range(6)] == [True] * 6
    assert "KQ Kết quả thực hiện nhiệm vụ: 70 → 35" in own
    top = pages.text(client.get(address(page)))
    assert "What follows is of the cards that you may read." in top
    assert "Cards compared 6" in top
    assert "95.00" not in top
    read = everything(client, page, world)
    assert [text for text in OF_B1 if text in read] == []
    assert AccessLogEntry.objects.filter(account_code="soan", unit_code="A1", kind="listed").exists()


def test_whoever_reads_all_is_told_all(world: World, page: CriteriaSetPage, compute: Any) -> None:
    reader = in_role(world.root, Role.PERSONNEL, username="to-chuc")
    hold(reader, world.root, Capability.PUBLISH)
    client = compute(reader)
    below = pages.text(client.get(address(page, world.other_department)))
    assert "Mean before 85.00" in below
    assert "Nguyễn Văn B2" in below
    assert "Cards compared 9" in pages.text(client.get(address(page)))


@pytest.mark.parametrize("reads", ["nothing", "all"])
def test_blocks_and_moves_are_told_by_the_same_rule_on_the_page_and_in_the_workbook(
    world: World, page: CriteriaSetPage, author: User, compute: Any, reads: str
) -> None:
    """The three people of B1 are a block of their own; beside the province's nine they must not be told."""
    Unit.objects.filter(pk=world.other_department.pk).update(block=Block.PARTY)
    close(world)
    if reads == "all":
        hold(author, world.root, Capability.VIEW)
    client = compute(author)
    context = client.get(address(page)).context
    blocks = [
        [cell.get("text", cell.get("points")) for cell in row["cells"]] for row in context["blocks"]["rows"]
    ]
    hidden = ["not shown"] * 6
    assert blocks == (
        [["Government", *hidden], ["Party bodies", *hidden]]
        if reads == "nothing"
        else [["Government", 6, 100, 65, 0, 6, 0], ["Party bodies", 3, 85, 50, 0, 3, 0]]
    )
    sheets = taken(client, page)
    assert sheets["Blocks"] == blocks
    moves = [[cell["text"] for cell in row["cells"]] for row in context["moves"]["rows"]]
    assert {row[0]: row[1:] for row in moves if row[-1] != "0"} == {
        "Hoàn thành xuất sắc nhiệm vụ": ["0", "0", "6", "0", "6"],
        "Hoàn thành tốt nhiệm vụ": ["0", "0", "3", "0", "3"],
    }
    told = {row[1] for row in sheets["Moves between bands"]}
    assert (world.other_department.name in told) is (reads == "all")
    assert client.get(address(page, world.department)).context["blocks"] is None


@pytest.mark.postgresql
def test_behind_the_wall_the_same_is_told(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    require_roles()
    close(world)
    hold(author, world.agency, Capability.VIEW)
    with acting_as_the_application():
        client = compute(author)
        assert "Cards compared 6" in pages.text(client.get(address(page, world.agency)))
        read = everything(client, page, world)
        assert "Nguyễn Văn A3" in read
        assert [text for text in OF_B1 if text in read] == []
        assert len(taken(client, page)["People"]) == 6
        stranger = holder(world.root, Capability.AUTHOR, username="khac")
        assert "Mean before 95.00" in pages.text(compute(stranger).get(address(page)))


def test_rights_that_changed_since_show_nothing(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    hold(author, world.department, Capability.VIEW)
    client = compute(author)
    [grant] = Grant.objects.filter(user=author, capability=Capability.VIEW)
    end_grant(
        actor=system_user(), moment=grant.given_at + timedelta(days=1), grant=grant, reason="Chuyển công tác"
    )
    answer = client.get(address(page, world.department))
    assert "Your rights to read cards are others" in pages.text(answer)
    assert "Nguyễn Văn A1" not in pages.text(answer)
    assert client.post(workbook(page)).status_code == 404


def test_a_run_that_an_earlier_release_kept_is_asked_for_anew(
    world: World, page: CriteriaSetPage, author: User, compute: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As runs were kept before there were blocks and moves between bands."""
    finished = Collector.finished

    def as_before(collector: Collector) -> dict[str, Any]:
        made = finished(collector)
        for cell in made["cells"].values():
            for tally in cell.values():
                del tally["moves"]
        return {name: kept for name, kept in made.items() if name not in ("layout", "blocks")}

    hold(author, world.department, Capability.VIEW)
    with monkeypatch.context() as patch:
        patch.setattr(Collector, "finished", as_before)
        client = compute(author)
    answer = client.get(address(page, world.department))
    assert "or an earlier release computed it. Compute it again." in pages.text(answer)
    assert "Nguyễn Văn A1" not in pages.text(answer)
    assert client.post(workbook(page)).status_code == 404
    assert "Nguyễn Văn A1" in pages.text(compute(author).get(address(page, world.department)))


def test_one_reader_s_run_is_nobody_else_s(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    hold(author, world.department, Capability.VIEW)
    compute(author)
    other = holder(world.root, Capability.AUTHOR, username="khac")
    read = pages.text(signed_in(other).get(address(page)))
    assert "Cards compared" not in read
    assert signed_in(other).post(workbook(page)).status_code == 404


def test_whoever_writes_no_criteria_finds_nothing(world: World, page: CriteriaSetPage) -> None:
    for user in (world.head.user, world.lan.user, in_role(world.root, Role.AUDITOR)):
        client = signed_in(user)
        assert client.get(address(page)).status_code == 404
        assert client.post(address(page), {"past": choice(world)}).status_code == 404
        assert client.post(workbook(page)).status_code == 404
    assert Client().get(address(page)).status_code == 302
    assert not Job.objects.exists()


def test_a_unit_without_cards_and_a_page_that_is_not_there_are_missing(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    client = compute(author)
    assert client.get(address(page, world.extra["manager"])).status_code == 404
    assert client.get(f"{address(page)}?don-vi=KHONG").status_code == 404
    assert client.get(reverse("impact:show", args=[999_999])).status_code == 404


# --- The workbook -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reads", ["nothing", "one unit", "all"])
def test_the_workbook_holds_what_the_pages_show_and_no_more(
    world: World, page: CriteriaSetPage, author: User, compute: Any, reads: str
) -> None:
    close(world)
    if reads != "nothing":
        hold(author, world.department if reads == "one unit" else world.root, Capability.VIEW)
    client = compute(author)
    sheets = taken(client, page)
    for unit in units(world):
        whole = client.get(address(page, unit)).context["whole"]
        shown = whole.shown
        [row] = [row for row in sheets["Units"] if row[0] == unit.code and "directly" not in row[1]]
        if shown is None:
            assert set(row[2:]) == {"not shown"}
        else:
            assert ("of the cards that you may read" in row[1]) is (whole.told is None)
            assert row[2:5] == [shown.compared, float(shown.before.mean), float(shown.after.mean)]
            assert row[5:8] == [shown.up, shown.down, shown.untold]
    named = {row[1] for row in sheets["People"]}
    read = everything(client, page, world)
    assert named == set(re.findall(r"Nguyễn Văn [AB]\d", read))
    assert len(named) == {"nothing": 0, "one unit": 6, "all": 9}[reads]
    [entry] = LedgerEntry.objects.filter(act="export.taken")
    assert (entry.after["export"], entry.after["rows"], entry.after["set"]) == (
        "impact",
        len(named),
        "ND335-NV",
    )
    assert (entry.subject_label, entry.period_id, entry.actor_code) == ("ND335-NV", world.period.pk, "soan")


def test_a_unit_with_cards_of_its_own_above_others_is_told_apart(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    scored(world, more_people(world, world.agency, 5, "C"))
    close(world)
    hold(author, world.root, Capability.VIEW)
    client = compute(author)
    assert "Directly in this unit 5" in pages.text(client.get(address(page, world.agency)))
    rows = {row[1]: row[2] for row in taken(client, page)["Units"] if row[0] == "A"}
    assert rows == {"Đơn vị A": 11, "Đơn vị A (directly)": 5}


def test_other_limits_alone_are_said_to_be_the_reason(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    bands = deepcopy(ND335_NV.fields["bands"])
    bands[0]["value"]["start"] = "86"
    bands[1]["value"]["start"] = "85.5"
    edit(page, parts=ND335_NV.fields["parts"], bands=bands)
    hold(author, world.other_agency, Capability.VIEW)
    read = pages.text(compute(author).get(address(page, world.other_department)))
    assert "The same points; the limits of the bands or the gates differ" in read


# --- What is computed, and when -----------------------------------------------------------------------------
def test_nothing_of_the_evaluation_is_written(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    before = list(CardResult.objects.order_by("pk").values()), list(Scorecard.objects.order_by("pk").values())
    compute(author)
    assert before == (
        list(CardResult.objects.order_by("pk").values()),
        list(Scorecard.objects.order_by("pk").values()),
    )
    [entry] = LedgerEntry.objects.filter(act="impact.asked")
    assert (entry.actor_code, entry.subject_label, entry.period_id) == ("soan", "ND335-NV", world.period.pk)
    assert (entry.after["set"], entry.after["cards"], len(entry.after["sha256"])) == ("ND335-NV", 9, 64)


def test_a_draft_that_was_saved_since_is_said(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    client = compute(author)
    assert "The draft was changed since" not in pages.text(client.get(address(page)))
    edit(page, parts=parts_with(KQ={"expression": "(a + b + c) / 5 * 70"}))
    assert "The draft was changed since" in pages.text(client.get(address(page)))


def test_cards_that_cannot_be_told_are_named_with_their_reason(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    """I.1 gives at most 4 points: the six of A1 have 5."""
    parts = parts_with(I_1={"maximum": "4"}, I_2={"maximum": "6"})
    edit(page, parts=parts)
    hold(author, world.root, Capability.VIEW)
    client = compute(author)
    read = pages.text(client.get(address(page)))
    assert "Cards compared 3" in read
    assert "Cannot be told 6" in read
    assert re.search(r"The entry lies outside of what the draft accepts: I\.1 .*: 6", read)
    assert "cannot be told" in pages.text(client.get(address(page, world.department)))
    sheets = taken(client, page)
    assert [row[2] for row in sheets["Cannot be told"]] == [6, 6, 6]
    assert {row[5] for row in sheets["People"]} == {None}


def test_three_people_who_cannot_be_told_are_not_counted_outside(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    """The three of B1 have 1.25 of 2.5 points in II.1, which the draft gives in whole points."""
    edit(page, parts=parts_with(II_1={"step": "0.5"}))
    close(world)
    client = compute(author)
    read = pages.text(client.get(address(page)))
    assert "Fewer than 5 of the cards that you do not read cannot be told" in read
    assert "Cannot be told 0" in read
    assert "II.1" in read
    assert "Cards compared 6" in read
    assert {(row[1] or "").count("II.1") for row in taken(client, page)["Cannot be told"]} == {1}
    assert {row[2] for row in taken(client, page)["Cannot be told"]} == {None}


def test_a_second_one_waits_for_the_first(world: World, page: CriteriaSetPage, author: User) -> None:
    client = signed_in(author)
    assert client.post(address(page), {"past": choice(world)}).status_code == 302
    other = signed_in(holder(world.root, Capability.AUTHOR, username="khac"))
    answer = other.post(address(page), {"past": choice(world)})
    assert answer.status_code == 409
    assert "already under way" in pages.text(answer)
    assert reverse("workspace:job", args=[Job.objects.get().pk]) in pages.body(client.get(address(page)))


def test_a_draft_that_computes_no_card_and_a_set_without_decided_cards_are_refused(
    world: World, page: CriteriaSetPage, author: User
) -> None:
    client = signed_in(author)
    nobody = client.post(address(page), {"past": f"{world.period.pk}/LD"})
    assert (nobody.status_code, "No card of this set is decided" in pages.text(nobody)) == (409, True)
    assert client.post(address(page), {"past": "x"}).status_code == 404
    edit(page, parts=parts_with(I_1={"maximum": "9"}))
    wrong = client.post(address(page), {"past": choice(world)})
    assert (wrong.status_code, "“Check the criteria set” in the editor says why" in pages.text(wrong)) == (
        422,
        True,
    )
    assert not Job.objects.exists()


def test_without_an_opened_period_there_is_nothing_to_choose(
    world: World, page: CriteriaSetPage, author: User
) -> None:
    edit(page, frame="party")
    assert "No period was opened with a set of this frame yet." in pages.text(
        signed_in(author).get(address(page))
    )


def test_a_killed_worker_s_job_begins_anew_and_says_the_same(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    close(world)
    client = compute(author)
    before = everything(client, page, world)
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, cursor={}, done=0, finished_at=None)
    domain.jobs.run_job.enqueue(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 9, 9)
    assert everything(client, page, world) == before
    assert LedgerEntry.objects.filter(act="impact.asked").count() == 1


def test_a_failure_is_told_in_its_sentence(
    world: World, page: CriteriaSetPage, author: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = signed_in(author)
    client.post(address(page), {"past": choice(world)})
    Job.objects.update(state=JobState.FAILED, message="The work stopped because of an error.")
    assert "The work stopped because of an error." in pages.text(client.get(address(page)))


def test_a_right_that_ended_before_the_worker_came_leaves_no_result(
    world: World, page: CriteriaSetPage, author: User
) -> None:
    signed_in(author).post(address(page), {"past": choice(world)})
    [grant] = Grant.objects.filter(user=author)
    end_grant(
        actor=system_user(), moment=grant.given_at + timedelta(days=1), grant=grant, reason="Chuyển công tác"
    )
    with pytest.raises(NotFound):
        list(domain.compute_impact(Job.objects.get(), User.objects.get(pk=author.pk)))


def test_results_of_yesterday_are_forgotten(
    world: World, page: CriteriaSetPage, author: User, compute: Any
) -> None:
    client = compute(author)
    job = Job.objects.get()
    name = f"{job.pk}.json"
    later = storages["exports"].get_modified_time(name) + timedelta(hours=25)
    forget_bundles(actor=system_user(), moment=later)
    assert not storages["exports"].exists(name)
    Job.objects.update(created_at=job.created_at - timedelta(days=2))
    assert "Cards compared" not in pages.text(client.get(address(page)))


def test_many_people_come_in_pages(
    world: World, page: CriteriaSetPage, author: User, compute: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PEOPLE_SHOWN", 4)
    hold(author, world.root, Capability.VIEW)
    client = compute(author)
    found = [
        sorted(
            set(re.findall(r"Nguyễn Văn [AB]\d", pages.text(client.get(f"{address(page)}?trang={number}"))))
        )
        for number in ("1", "2", "3", "9", "x")
    ]
    assert [len(names) for names in found] == [4, 4, 1, 1, 4]
    assert len({*found[0], *found[1], *found[2]}) == 9
    assert "5–8 of 9" in pages.text(client.get(f"{address(page)}?trang=2"))


def test_the_page_costs_the_same_whatever_the_number_of_people(
    world: World, page: CriteriaSetPage, author: User, compute: Any, django_assert_num_queries: Any
) -> None:
    hold(author, world.root, Capability.VIEW)
    client = compute(author)
    for unit in (world.department, world.other_department):
        client.get(address(page, unit))
        with django_assert_num_queries(PAGE):
            assert client.get(address(page, unit)).context["people"]


# --- From the editor ----------------------------------------------------------------------------------------
def test_the_editor_and_the_confirmation_lead_there(world: World, page: CriteriaSetPage) -> None:
    policy = signed_in(in_role(world.root, Role.POLICY))
    for place in (
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        reverse("criteria_sets:issue", args=[page.pk]),
    ):
        assert f'href="{address(page)}"' in pages.body(policy.get(place))
