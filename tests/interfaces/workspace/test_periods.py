"""Policy staff open, follow and close periods; to everybody else these pages do not exist."""

import io
import re
import uuid
from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from kpi_cms.evaluation.domain.planning import plan_opening
from kpi_cms.evaluation.models import Scorecard, VersionPin
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.interfaces.workspace.presentation.opening import groups_of
from snippets.enums import PeriodState, Role, StaffKind
from snippets.models import CalendarDay, Period, Person
from tests.evaluation.test_planning import counting
from tests.factories.snippets import CatalogueFactory, in_role
from tests.helpers import world as worlds
from tests.helpers.thawed import repin
from tests.helpers.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(drafted: World) -> World:
    return drafted


@pytest.fixture
def policy(world: World, client: Client):
    user = in_role(world.root, Role.POLICY)
    client.force_login(user)
    return user


def page(client: Client, name: str, *args, status: int = 200, **query) -> str:
    response = client.get(reverse(f"workspace:{name}", args=args), query, headers={"accept-language": "en"})
    assert response.status_code == status
    return response.content.decode()


def text_of(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    words = re.sub(r'<[^>"]*(?:"[^"]*"[^>"]*)*>', " ", main)
    return re.sub(r" ([:,.)])", r"\1", re.sub(r"\s+", " ", words)).strip()


def addresses(world: World) -> list[tuple[str, str]]:
    pk = world.period.pk
    return [
        ("get", reverse("workspace:periods")),
        ("get", reverse("workspace:period", args=[pk])),
        ("get", reverse("workspace:period_names", args=[pk, "no-account"])),
        ("post", reverse("workspace:period_names_export", args=[pk, "no-account"])),
        ("get", reverse("workspace:period_versions", args=[pk])),
        ("get", reverse("workspace:period_deadlines", args=[pk])),
        ("get", reverse("workspace:period_close", args=[pk])),
        ("get", reverse("workspace:period_missing", args=[pk])),
        ("get", reverse("workspace:period_catalogues", args=[pk])),
        ("post", reverse("workspace:period_versions", args=[pk])),
        ("post", reverse("workspace:period_catalogues", args=[pk])),
        ("post", reverse("workspace:period_open", args=[pk])),
        ("post", reverse("workspace:period_deadlines", args=[pk])),
        ("post", reverse("workspace:period_close", args=[pk])),
    ]


def rows_of(world: World) -> tuple[object, ...]:
    period = Period.objects.get(pk=world.period.pk)
    return (
        period.state,
        period.self_due_at,
        period.evaluation_due_at,
        VersionPin.objects.filter(period=period).count(),
        Scorecard.objects.count(),
        Job.objects.count(),
        LedgerEntry.objects.count(),
    )


@pytest.mark.parametrize("state", [PeriodState.DRAFT, PeriodState.OPEN])
@pytest.mark.parametrize("role", [Role.HEAD, Role.CLERK, Role.PERSONNEL, Role.AUDITOR, Role.ACCESS, None])
def test_without_the_capability_no_period_page_exists_and_nothing_changes(
    world: World, client: Client, role, state
) -> None:
    Period.objects.filter(pk=world.period.pk).update(state=state)
    client.force_login(in_role(world.root, role) if role else world.stranger.user)
    before = rows_of(world)
    for method, address in addresses(world):
        response = getattr(client, method)(address, {"seen": "0", "agreed": "on"})
        assert response.status_code == 404, address
        assert "Hồ Thị Lan" not in response.content.decode()
    assert rows_of(world) == before


def test_policy_staff_of_another_agency_see_no_period_that_is_not_wholly_theirs(
    world: World, client: Client
) -> None:
    """B's policy staff keep one of the two agencies that take part: half a period is nobody's to open."""
    client.force_login(in_role(world.other_agency, Role.POLICY))
    before = rows_of(world)
    for method, address in addresses(world)[1:]:
        assert getattr(client, method)(address, {"seen": "0", "agreed": "on"}).status_code == 404, address
    assert "No period yet" in page(client, "periods")
    assert rows_of(world) == before


def test_a_visitor_is_asked_to_sign_in(world: World, client: Client) -> None:
    for method, address in addresses(world):
        response = getattr(client, method)(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:sign_in"))


def test_before_opening_everybody_in_scope_stands_in_a_list(world: World, client: Client, policy) -> None:
    Person.objects.filter(pk=world.minh.pk).update(kind=StaffKind.CONTRACT, user=None)
    world.head.appointments.update(ends_on=datetime(2026, 6, 30, tzinfo=UTC).date())
    Person.objects.filter(pk=world.stranger.pk).update(left_on=datetime(2026, 7, 16, tzinfo=UTC).date())
    shown = text_of(page(client, "period", world.period.pk))
    assert "People in scope 7 Cards planned 4" in shown
    assert "No appointment on the last day of the period: 2 people" in shown
    assert "Nguyễn Thị Hà (CC002), Đơn vị A1: appointed until 30/06/2026" in shown
    assert "Bùi Thị Xa (CC102), Đơn vị B1: left the service on 16/07/2026" in shown
    # Hà's department is without a head: Dũng and Lan go to Chí; Đông as before.
    assert "Bộ NV, version 1: 1 person" in shown
    assert "Bộ LD, version 1: 3 people" in shown
    assert "No criteria version applies: 1 person" in shown
    assert "Võ Quang Minh (CC005), Đơn vị A1" in shown
    assert "Two versions of one frame apply: 0 people" in shown
    assert "Agencies without a catalogue: 0" in shown


def test_two_versions_no_evaluator_and_no_catalogue_are_named(world: World, client: Client, policy) -> None:
    second = worlds.version(worlds.staff_spec(), "NV-KHAC")
    VersionPin.objects.create(period=world.period, version=second)
    world.period.catalogue_pins.all().delete()
    world.product.catalogue.__class__.objects.update(state="draft", effective_on=None)
    world.agency.managing_unit = None
    world.agency.save()
    Person.objects.filter(pk=world.deputy.pk).update(user=None)
    shown = text_of(page(client, "period", world.period.pk))
    assert "Two versions of one frame apply: 3 people" in shown
    assert "Hồ Thị Lan (CC004), Đơn vị A1: NV v1, NV-KHAC v1 apply at the same time" in shown
    assert "Nobody could be found to evaluate: 1 person" in shown
    assert "Trần Đức Chí (CC001), Đơn vị A" in shown
    assert "Without an account: 1 person" in shown
    assert "Phạm Tiến Dũng (CC003), Đơn vị A1" in shown
    assert "Agencies without a catalogue: 2" in shown
    assert "Đơn vị A (A) Đơn vị B (B)" in shown


def test_two_sets_that_no_task_could_satisfy_are_named(world: World, client: Client, policy) -> None:
    world.period.version_pins.all().delete()
    for version in (counting("NV-UT", "state", "gap"), counting("DANG-UT", "party", "khan")):
        VersionPin.objects.create(period=world.period, version=version)
    shown = text_of(page(client, "period", world.period.pk))
    assert "Two sets that no task could satisfy: 3 people" in shown
    assert "Hồ Thị Lan (CC004), Đơn vị A1: DANG-UT v1, NV-UT v1: Priority" in shown


def test_whoever_gets_the_set_that_takes_precedence_is_named_with_the_reason(
    world: World, client: Client, policy
) -> None:
    asked = {"staff_kinds": ["cong_chuc"], "leader": False, "units": ["A1"], "precedence": True}
    special = worlds.version(worlds.staff_spec(schema_version=2, applicability=asked), "NV-A1")
    VersionPin.objects.create(period=world.period, version=special)
    shown = text_of(page(client, "period", world.period.pk))
    assert "One set takes precedence over another: 2 people" in shown
    assert (
        "Hồ Thị Lan (CC004), Đơn vị A1: NV-A1 v1 before NV v1: it names a position, job position or unit and takes "
        "precedence"
    ) in shown
    assert (
        "Two versions of one frame apply: 0 people" in shown or "Two versions of one frame apply: 0" in shown
    )


def test_a_list_has_every_name_a_hundred_on_a_page(world: World, client: Client, policy) -> None:
    for number in range(103):
        worlds.person(f"TT{number:03d}", f"Nguyễn Văn An {number:03d}", world.department)
    key = f"version-{world.staff.pk}"
    first = page(client, "period_names", world.period.pk, key)
    second = page(client, "period_names", world.period.pk, key, trang="2")
    names = re.findall(r'role="rowheader">([^<]+)<', first + second)
    assert len(names) == len(set(names)) == 106
    assert names.index("Hồ Thị Lan") < names.index("Võ Quang Minh")
    assert "1–100 of 106 people" in first
    assert "101–106 of 106 people" in second
    page(client, "period_names", world.period.pk, "no-such-list", status=404)


def test_whoever_gets_none_reads_in_words_why(world: World, client: Client, policy) -> None:
    Person.objects.filter(pk=world.minh.pk).update(kind=StaffKind.PUBLIC_EMPLOYEE)
    shown = text_of(page(client, "period", world.period.pk))
    assert (
        "Võ Quang Minh (CC005), Đơn vị A1: no version is for Public employee, Member, Government, Month; "
        "the nearest and what differs: NV v1 (Kinds of staff); LD v1 (Posts of leadership, Kinds of staff)"
    ) in shown


def test_whoever_opens_a_longer_period_is_told_which_tasks_count(world: World) -> None:
    """Tasks of the months within a quarter are none of the quarter's: its cards would be without a result."""
    spec = worlds.staff_spec(law="")
    spec |= {"sections": spec["sections"][:-1], "parts": spec["parts"][:1], "bands": spec["bands"][-1:]}
    spec["total"]["max"] = "30"
    given = worlds.version(spec, "NV-CHAM", frame="party")
    versions = [world.staff, given]
    told = "It counts tasks that are assigned in this very period, not those of the months within it"
    for kind, said in (("month", [False, False]), ("quarter", [True, False])):
        groups = groups_of(plan_opening(world.period, versions), versions, period_kind=kind)
        assert [(group.count, told in group.explanation) for group in groups[:2]] == [
            (3, says) for says in said
        ]


def names_in(html: str) -> list[str]:
    return re.findall(r'role="rowheader">([^<]+)<', html)


def test_a_list_is_searched_by_name_and_code_and_narrowed_to_an_agency(
    world: World, client: Client, policy
) -> None:
    ask = partial(page, client, "period_names", world.period.pk, f"version-{world.staff.pk}")
    assert names_in(ask()) == ["Hồ Thị Lan", "Võ Quang Minh", "Bùi Thị Xa"]
    assert names_in(ask(q="ho lan")) == ["Hồ Thị Lan"]
    assert names_in(ask(q="cc102")) == ["Bùi Thị Xa"]
    assert names_in(ask(**{"don-vi": "B"})) == ["Bùi Thị Xa"]
    assert names_in(ask(q="lan", **{"don-vi": "B"})) == []
    assert "Nobody stands here" in ask(q="lan", **{"don-vi": "B"})
    assert names_in(ask(**{"don-vi": "TINH"})) == names_in(ask())
    narrowed = ask(**{"don-vi": "B"})
    assert '<option value="A">Đơn vị A (2)</option>' in narrowed
    assert '<option value="B" selected>Đơn vị B (1)</option>' in narrowed
    assert "1–1 of 1 people" in narrowed


def test_the_pages_of_a_search_go_on_with_it(world: World, client: Client, policy) -> None:
    for number in range(103):
        worlds.person(f"TT{number:03d}", f"Nguyễn Văn An {number:03d}", world.department)
    ask = partial(page, client, "period_names", world.period.pk, f"version-{world.staff.pk}")
    assert f'/danh-sach/version-{world.staff.pk}/?q=an&amp;trang=2"' in ask(q="an")
    assert "101–105 of 105 people" in ask(q="an", trang="2")


def test_a_list_is_taken_along_whole_and_recorded(world: World, client: Client, policy) -> None:
    second = worlds.version(worlds.staff_spec(), "NV-KHAC")
    VersionPin.objects.create(period=world.period, version=second)
    address = reverse("workspace:period_names_export", args=[world.period.pk, "two-versions"])
    response = client.post(address)
    [sheet] = load_workbook(io.BytesIO(response.content)).worksheets
    found = [[cell.value for cell in row] for row in sheet.iter_rows() if row[1].value]
    assert found == [
        ["Name", "Staff code", "Unit", "Note"],
        ["Hồ Thị Lan", "CC004", "Đơn vị A1", "NV v1, NV-KHAC v1 apply at the same time"],
        ["Võ Quang Minh", "CC005", "Đơn vị A1", "NV v1, NV-KHAC v1 apply at the same time"],
        ["Bùi Thị Xa", "CC102", "Đơn vị B1", "NV v1, NV-KHAC v1 apply at the same time"],
    ]
    [entry] = LedgerEntry.objects.filter(act=Act.EXPORT_TAKEN)
    assert (entry.actor_id, entry.after) == (
        policy.pk, {"export": "opening_list", "list": "two-versions", "rows": 3},
    )  # fmt: skip


def test_no_list_is_taken_that_is_not_there(world: World, client: Client, policy) -> None:
    pk = world.period.pk
    taken = reverse("workspace:period_names_export", args=[pk, "no-account"])
    assert client.post(reverse("workspace:period_names_export", args=[pk, "khong-co"])).status_code == 404
    assert client.get(taken).status_code == 405
    Period.objects.filter(pk=pk).update(state=PeriodState.OPENING)
    assert client.post(taken).status_code == 404
    assert not LedgerEntry.objects.filter(act=Act.EXPORT_TAKEN).exists()


@pytest.mark.parametrize("more", [0, 2])
def test_a_list_takes_the_same_queries_for_one_and_for_three(
    world: World, client: Client, policy, django_assert_num_queries, more: int
) -> None:
    for number in range(more):
        worlds.person(f"TT{number}", f"Nguyễn An {number}", world.department)
    address = reverse("workspace:period_names", args=[world.period.pk, f"version-{world.staff.pk}"])
    with django_assert_num_queries(24):
        client.get(address, {"q": "an"})


@pytest.mark.parametrize("more", [0, 2])
def test_the_plan_takes_the_same_queries_for_a_few_and_for_more(
    world: World, client: Client, policy, django_assert_num_queries, more: int
) -> None:
    for number in range(more):
        worlds.person(f"TT{number}", f"Nguyễn An {number}", world.department)
    with django_assert_num_queries(23):
        client.get(reverse("workspace:period", args=[world.period.pk]))


@pytest.mark.parametrize("more", [0, 2])
def test_the_list_of_periods_takes_the_same_queries_for_one_and_for_three(
    world: World, client: Client, policy, django_assert_num_queries, more: int
) -> None:
    for number in range(8, 8 + more):
        period = Period.objects.create(
            year=2026,
            number=number,
            starts_on=datetime(2026, number, 1, tzinfo=UTC).date(),
            ends_on=datetime(2026, number, 28, tzinfo=UTC).date(),
            self_due_at=datetime(2026, 12, 1, tzinfo=UTC),
            evaluation_due_at=datetime(2026, 12, 2, tzinfo=UTC),
        )
        period.units.add(world.agency)
    with django_assert_num_queries(8):
        response = client.get(reverse("workspace:periods"))
    assert response.content.decode().count('role="rowheader"') == 1 + more


def test_versions_are_chosen_until_the_period_opens(world: World, client: Client, policy) -> None:
    address = reverse("workspace:period_versions", args=[world.period.pk])
    assert "Bộ LD, version 1, in effect from 01/07/2026" in text_of(client.get(address).content.decode())
    refused = client.post(address, {})
    assert refused.status_code == 422
    assert "Choose at least one version." in refused.content.decode()
    assert client.post(address, {"versions": [world.staff.pk]}).status_code == 302
    assert [pin.version for pin in VersionPin.objects.filter(period=world.period)] == [world.staff]
    Period.objects.filter(pk=world.period.pk).update(state=PeriodState.OPEN)
    late = client.post(address, {"versions": [world.leaders.pk]})
    assert late.status_code == 409
    assert [pin.version for pin in VersionPin.objects.filter(period=world.period)] == [world.staff]


def test_opening_makes_the_cards_and_shows_how_far_it_is(
    world: World, client: Client, policy, django_capture_on_commit_callbacks
) -> None:
    world.period.catalogue_pins.all().delete()
    for day, kind in ((22, "off"), (23, "ordinary"), (25, "worked")):
        CalendarDay.objects.create(day=date(2026, 7, day), kind=kind, name="Nghỉ bù")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("workspace:period_open", args=[world.period.pk]))
    job = Job.objects.get()
    assert response["Location"] == reverse("workspace:job", args=[job.pk])
    assert job.state == JobState.DONE
    state = client.get(reverse("workspace:job_state", args=[job.pk])).json()
    assert state == {
        "state": "done",
        "done": 7,
        "total": 7,
        "text": "Done.",
        "redirect": reverse("workspace:period", args=[world.period.pk]),
    }
    assert Scorecard.objects.filter(period=world.period).count() == 7
    assert Period.objects.get(pk=world.period.pk).state == PeriodState.OPEN
    assert "The work is done." in page(client, "job", job.pk)
    CalendarDay.objects.update(kind="ordinary")
    shown = text_of(page(client, "period", world.period.pk))
    assert "Days off in the calendar of the period 22/07/2026 Where a set" in shown
    assert "Days worked in the place of others 25/07/2026 Where a set" in shown


def test_missing_cards_are_listed_and_opened(
    world: World, client: Client, policy, django_capture_on_commit_callbacks
) -> None:
    worlds.open_month(world)
    late = worlds.person("CC006", "Phan Thị Muộn", world.department)
    shown = text_of(page(client, "period_missing", world.period.pk))
    assert "Without a card so far: 1 person to be solved" in shown
    assert "Phan Thị Muộn (CC006), Đơn vị A1" in shown
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("workspace:period_open", args=[world.period.pk]))
    assert Scorecard.objects.filter(person=late).count() == 1
    assert "Without a card so far: 0 people" in text_of(page(client, "period_missing", world.period.pk))


@pytest.mark.parametrize(
    ("values", "state", "text"),
    [
        ({"state": "queued"}, "waiting", "Waiting for its turn…"),
        ({"state": "running", "done": 128, "total": 400}, "running", "128 of 400 done"),
        ({"state": "failed", "message": "Trục trặc riêng."}, "failed", "Trục trặc riêng."),
    ],
)
def test_a_job_says_where_it_stands_with_and_without_script(
    world: World, client: Client, policy, values, state, text
) -> None:
    job = Job.objects.create(
        name="open_period",
        key="k",
        arguments={"period": world.period.pk},
        actor_id=policy.pk,
        created_at=worlds.MOMENT,
        **values,
    )
    answer = client.get(reverse("workspace:job_state", args=[job.pk])).json()
    assert (answer["state"], answer["text"], answer["redirect"]) == (state, text, "")
    html = page(client, "job", job.pk)
    assert text in html
    assert ('http-equiv="refresh"' in html) == (state != "failed")


def test_a_job_is_followed_by_its_starter_and_by_those_who_keep_its_period(
    world: World, client: Client
) -> None:
    job = Job.objects.create(
        name="open_period",
        key="k",
        arguments={"period": world.period.pk},
        actor_id=world.lan.user_id,
        created_at=worlds.MOMENT,
    )
    other = Job.objects.create(
        name="other", key="o", actor_id=world.lan.user_id, created_at=worlds.MOMENT, arguments={}
    )
    addresses = [reverse(f"workspace:{name}", args=[job.pk]) for name in ("job", "job_state")]
    allowed = [world.lan.user, in_role(world.root, Role.POLICY)]
    refused = [world.head.user, in_role(world.root, Role.AUDITOR), in_role(world.other_agency, Role.POLICY)]
    for user, status in [*((user, 200) for user in allowed), *((user, 404) for user in refused)]:
        client.force_login(user)
        assert [client.get(address).status_code for address in addresses] == [status, status]
    client.force_login(allowed[1])
    assert client.get(reverse("workspace:job", args=[other.pk])).status_code == 404
    assert client.get(reverse("workspace:job", args=[uuid.uuid4()])).status_code == 404


def test_deadlines_change_with_a_reason_once_the_period_is_open(world: World, client: Client, policy) -> None:
    worlds.open_month(world)
    address = reverse("workspace:period_deadlines", args=[world.period.pk])
    assert 'value="06/08/2026 00:00"' in client.get(address).content.decode()
    wanted = {"self_due_at": "07/08/2026 17:00", "evaluation_due_at": "12/08/2026 17:00", "reason": ""}
    refused = client.post(address, wanted)
    assert refused.status_code == 422
    assert "say why its deadlines change" in refused.content.decode()
    wrong = client.post(address, {**wanted, "self_due_at": "ngày mai"})
    assert (wrong.status_code, "Write day and time as 05/08/2026 17:00." in wrong.content.decode()) == (
        422,
        True,
    )
    assert Period.objects.get(pk=world.period.pk).self_due_at == world.period.self_due_at
    assert client.post(address, {**wanted, "reason": "Bão số 5"}).status_code == 302
    period = Period.objects.get(pk=world.period.pk)
    assert period.self_due_at == datetime(2026, 8, 7, 10, tzinfo=UTC)
    assert period.evaluation_due_at == datetime(2026, 8, 12, 10, tzinfo=UTC)


def test_the_deadline_of_a_stage_is_asked_for_and_shown_where_cards_have_the_stage(
    world: World, client: Client, policy
) -> None:
    spec = worlds.staff_spec(law="")
    stage = {"key": "collective", "label": "Tập thể", "decides": False, "optional": False}
    own, evaluator = spec["stages"]
    without, with_it = (
        worlds.version(spec, "NV-0"),
        worlds.version(spec | {"stages": [own, stage, evaluator]}, "NV-TT"),
    )
    page = reverse("workspace:period", args=[world.period.pk])
    address = reverse("workspace:period_deadlines", args=[world.period.pk])
    wanted = {
        "self_due_at": "07/08/2026 17:00",
        "collective_due_at": "10/08/2026 17:00",
        "evaluation_due_at": "12/08/2026 17:00",
        "endorsement_due_at": "14/08/2026 17:00",
    }
    repin(world.period, world.staff, without)
    assert "_due_at" not in client.get(address).content.decode().replace("self_due_at", "").replace(
        "evaluation_due_at", ""
    )
    assert client.post(address, wanted).status_code == 302
    period = Period.objects.get(pk=world.period.pk)
    assert (period.collective_due_at, period.endorsement_due_at) == (None, None)

    repin(world.period, without, with_it)
    shown = client.get(address).content.decode()
    assert ("collective_due_at" in shown, "endorsement_due_at" in shown) == (True, False)
    late = client.post(address, wanted | {"collective_due_at": "12/08/2026 17:01"})
    assert late.status_code == 422
    assert "due after the self-assessment and not after the evaluation" in late.content.decode()
    assert client.post(address, wanted).status_code == 302
    assert "Scores of a collective or direct head due before 10/08/2026 17:00" in text_of(
        client.get(page).content.decode()
    )

    repin(world.period, with_it, without)
    assert "Scores of a collective" not in text_of(client.get(page).content.decode())


def test_closing_shows_who_is_not_notified_and_asks(world: World, client: Client, policy) -> None:
    worlds.open_month(world)
    address = reverse("workspace:period_close", args=[world.period.pk])
    shown = text_of(client.get(address).content.decode())
    assert "The results of 7 people are not notified yet." in shown
    assert "Đơn vị A1 Self-assessment open 4" in shown
    unticked = client.post(address, {"seen": "7"})
    assert (unticked.status_code, "Tick the box" in unticked.content.decode()) == (422, True)
    stale = client.post(address, {"seen": "5", "agreed": "on"})
    assert stale.status_code == 409
    assert "7 people are not notified now, not the 5 you saw." in stale.content.decode()
    assert 'value="7"' in stale.content.decode()
    assert Period.objects.get(pk=world.period.pk).state == PeriodState.OPEN
    done = client.post(address, {"seen": "7", "agreed": "on"}, follow=True)
    assert "The period is closed." in done.content.decode()
    assert Period.objects.get(pk=world.period.pk).state == PeriodState.CLOSED
    again = client.post(address, {"seen": "7", "agreed": "on"})
    assert again.status_code == 409
    assert LedgerEntry.objects.filter(act="period.closed").count() == 1


def test_policy_staff_see_names_and_no_points(world: World, client: Client, policy) -> None:
    worlds.open_month(world)
    Person.objects.filter(pk=world.lan.pk).update(user=None)
    Scorecard.objects.update(confirmed_basis={"d": "0.731"})
    for name in ("period", "period_missing", "period_close"):
        assert "0.731" not in page(client, name, world.period.pk)
    assert "Hồ Thị Lan" in page(client, "period_missing", world.period.pk)


def test_a_catalogue_that_was_approved_meanwhile_is_shown_and_added_to_an_open_period(
    world: World, client: Client, policy
) -> None:
    address = reverse("workspace:period_catalogues", args=[world.period.pk])
    assert client.get(address).status_code == 409
    worlds.open_month(world)
    assert address not in page(client, "period", world.period.pk)
    assert "No catalogue was approved" in page(client, "period_catalogues", world.period.pk)
    made = CatalogueFactory.create(approved=True, unit=world.agency, number=2, title="Danh mục bổ sung")
    assert address in page(client, "period", world.period.pk)
    shown = page(client, "period_catalogues", world.period.pk)
    assert "Đơn vị A: Danh mục bổ sung (2) Decision 01/QĐ, in effect from 01/07/2026" in text_of(shown)
    for wrong in ({}, {"catalogue": ["x", "9" * 30]}, {"catalogue": [made.pk, made.pk + 1]}):
        assert client.post(address, wrong).status_code == 409
    assert client.post(address, {"catalogue": [made.pk]}).headers["Location"] == reverse(
        "workspace:period", args=[world.period.pk]
    )
    assert list(world.period.catalogue_pins.order_by("pk").values_list("catalogue__unit__code", flat=True)) == [
        "TINH", "A",
    ]  # fmt: skip
    assert address not in page(client, "period", world.period.pk)


@pytest.mark.parametrize("state", list(PeriodState))
def test_each_state_offers_its_own_steps(world: World, client: Client, policy, state) -> None:
    closed_at = worlds.MOMENT if state == PeriodState.CLOSED else None
    Period.objects.filter(pk=world.period.pk).update(state=state, closed_at=closed_at)
    html = page(client, "period", world.period.pk)
    offered = {
        name
        for name in ("period_open", "period_versions", "period_deadlines", "period_missing", "period_close")
        if reverse(f"workspace:{name}", args=[world.period.pk]) in html
    }
    assert (
        offered
        == {
            PeriodState.DRAFT: {"period_open", "period_versions", "period_deadlines"},
            PeriodState.OPENING: {"period_open"},
            PeriodState.OPEN: {"period_missing", "period_deadlines", "period_close"},
            PeriodState.CLOSED: set(),
        }[state]
    )
