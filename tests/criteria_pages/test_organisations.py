"""A set for organisations (Chapter II): what it may say, what the decree fixes of it, and that it opens no card."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from criteria_pages.domain.comparison import differences
from criteria_pages.domain.importing import filled
from criteria_pages.domain.publishing import check, latest_draft, publish
from criteria_pages.domain.specification import specification_of
from criteria_pages.domain.starting import start_from_template
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import CardInputs, check_specification, compile_set, digest
from kpi_cms.interfaces.exchange.sets.reading import read_set
from kpi_cms.interfaces.exchange.sets.writing import set_workbook
from tests.factories.criteria_pages import MOMENT
from tests.foundation.engine import specs
from tests.helpers.page_form import form_data
from tests.helpers.shared import SHARED

pytestmark = pytest.mark.django_db
ABOUT = {"code": "TC-2027", "title": "Bộ tiêu chí tổ chức"}


@pytest.fixture
def page(writer: User) -> CriteriaSetPage:
    made = start_from_template(actor=writer, moment=MOMENT, template="organisations", **ABOUT)
    return latest_draft(made)


@pytest.fixture
def spec(page: CriteriaSetPage) -> dict[str, Any]:
    return specification_of(page)


def codes(spec: dict[str, Any]) -> list[str]:
    return [problem.code for problem in check_specification(spec)]


# --- What it says ---------------------------------------------------------------------------------------------
@pytest.mark.shared_data
def test_the_wording_is_the_decree_s_word_for_word(spec: dict[str, Any]) -> None:
    decree = (SHARED.parent / "domain" / "nd335.txt").read_text(encoding="utf-8")
    lines = {line.partition(" ")[2].strip() for line in decree.splitlines()}
    labels = [node["label"] for section in spec["sections"] for node in section["criteria"]]

    assert len(labels) == 3 + 8
    assert [label for label in labels if label not in lines] == []


def test_it_has_thirty_points_in_three_groups_and_seventy_in_eight_results_of_the_year(
    spec: dict[str, Any],
) -> None:
    points = [(node["code"], node["max"]) for section in spec["sections"] for node in section["criteria"]]

    assert {part["code"]: part["max"] for part in spec["parts"]} == {"common": "30", "results": "70"}
    assert points[:3] == [("I.1", "10"), ("II.1", "10"), ("III.1", "10")]
    assert points[3:] == [(code, "8.75") for code in "abcdđegh"]
    assert (spec["applicability"]["evaluates"], spec["applicability"]["period_kinds"]) == (
        "organisations",
        ["year"],
    )
    assert [quota["citation"] for quota in spec["quotas"]] == ["Đ8.5"]


GOOD = {
    "hoan_thanh": "100", "dat": "1", "vuot": "30", "cham": "0", "ke_hoach": "100", "bat_kha_khang": "0",
    "cap_duoi": "0", "con_han_che": "0", "sai_pham": "0",
}  # fmt: skip


@pytest.mark.parametrize(
    ("points", "facts", "band"),
    [
        ("1", {}, "excellent"),
        ("1", {"vuot": "29.9"}, "good"),
        ("1", {"cap_duoi": "1"}, "good"),
        ("1", {"con_han_che": "1"}, "good"),
        ("1", {"dat": "0"}, "completed"),
        ("1", {"dat": "0", "cham": "20"}, "completed"),
        ("1", {"dat": "0", "cham": "20.1"}, "failed"),
        ("1", {"hoan_thanh": "99"}, "failed"),
        ("1", {"hoan_thanh": "99", "ke_hoach": "69", "bat_kha_khang": "1"}, "completed"),
        ("1", {"ke_hoach": "69.9"}, "failed"),
        ("1", {"sai_pham": "1"}, "failed"),
        ("0.8", {}, "good"),
        ("0.4", {}, "failed"),
    ],
)
def test_the_conditions_of_article_8_stand_beyond_the_points(
    spec: dict[str, Any], points: str, facts: dict[str, str], band: str
) -> None:
    compiled = compile_set(spec)
    keys = {fact.code: fact.key for fact in compiled.specification.facts}
    entered = {keys[code]: value for code, value in (GOOD | facts).items()}
    for criterion in compiled.entered:
        assert criterion.max is not None
        quarters = criterion.max * Decimal(points) * 4 // 1
        entered[criterion.key] = str(quarters / 4)

    assert compiled.score(CardInputs(entered=entered, period="year")).band == band


# --- What the decree fixes, and what it does not ---------------------------------------------------------------
def test_the_law_of_people_does_not_fire_and_that_of_organisations_does(spec: dict[str, Any]) -> None:
    def changed(**changes: Any) -> dict[str, Any]:
        return deepcopy(spec) | changes

    parts = [{**part, "max": "50"} for part in spec["parts"]]
    month = {**spec["applicability"], "period_kinds": ["month", "year"]}
    bands = [{**band, "from": "95"} if band["code"] == "excellent" else band for band in spec["bands"]]
    quotas = [{**spec["quotas"][0], "share": "0.3", "exception": "0.3"}]

    assert codes(spec) == []
    assert "nd335_parts" in codes(changed(parts=parts))
    assert codes(changed(applicability=month)) == ["nd335_year"]
    assert codes(changed(bands=bands)) == ["nd335_bands"]
    assert codes(changed(quotas=quotas)) == ["nd335_quota"]
    people = {name: value for name, value in spec["applicability"].items() if name != "evaluates"}
    assert codes(changed(applicability=people)) == ["nd335_results"]  # the same set for people


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "task_ratio", "measure": "quantity"},
        {"type": "people_managed", "threshold": "50", "reached": "1", "failed": "0.5"},
        {"type": "roll_up", "scope": "units", "measure": "quality"},
        {"type": "result_of", "of": "unit"},
    ],
)
def test_an_organisation_is_not_scored_by_anybody_s_tasks_or_results(
    spec: dict[str, Any], kind: dict[str, Any]
) -> None:
    spec["sections"][-1]["criteria"][0] = specs.computed("a", kind, max="8.75")

    assert codes(spec) == ["organisation_kind"]


def test_a_set_that_says_nothing_evaluates_people_and_keeps_its_schema() -> None:
    assert codes(specs.staff()) == []
    assert codes(specs.staff() | {"applicability": {"evaluates": "teams"}}) != []
    assert "schema_version" in codes(specs.staff() | {"applicability": {"evaluates": "people"}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("staff_kinds", ["cong_chuc"]),
        ("leadership", "heads"),
        ("positions", ["cv"]),
        ("job_positions", ["kt"]),
    ],
)
def test_an_organisation_is_of_no_kind_of_staff_and_holds_no_post(
    page: CriteriaSetPage, field: str, value: Any
) -> None:
    assert check(page) == []
    setattr(page, field, value)

    assert [(problem.code, problem.field) for problem in check(page)] == [("organisations", field)]


# --- Issued, compared, taken to Excel and back -------------------------------------------------------------------
def test_it_goes_to_excel_and_comes_back_with_the_same_digest(spec: dict[str, Any]) -> None:
    about = {
        **ABOUT,
        "documents": [],
        "effective_on": None,
        "effective_until": None,
        "is_demonstration": True,
    }
    for language in ("vi", "en"):
        with translation.override(language):
            reading = read_set(set_workbook(spec, about))
            assert [problem.sentence for problem in reading.problems] == []
            assert reading.sha256 == digest(spec)
            again = filled(reading.specification, reading.about)
            assert digest(specification_of(again)) == digest(spec)
            assert again.evaluates == "organisations"


def test_whom_a_set_evaluates_is_compared_and_told_in_the_handbook(
    page: CriteriaSetPage, policy: User, spec: dict[str, Any], signed_in: Any
) -> None:
    people = deepcopy(spec)
    del people["applicability"]["evaluates"]
    (change,) = differences(people, spec)
    assert [(detail.name, detail.new) for detail in change.details] == [("evaluates", "Organisations")]

    version = publish(actor=policy, moment=MOMENT, page=page)
    with translation.override("vi"):
        shown = signed_in(policy).get(f"/so-tay/{version.set_code}/{version.number}/").content.decode()
    assert "Đối tượng đánh giá" in shown
    assert "Loại nhân sự" not in shown
    assert CriteriaVersion.objects.get().evaluates == "organisations"


def test_its_author_and_issuer_are_told_that_organisations_are_not_scored_yet(
    page: CriteriaSetPage, policy: User, signed_in: Any
) -> None:
    with translation.override("vi"):
        note = gettext(
            "Organisations are not scored in the product yet: no card is opened with this set. It can be tried, "
            "printed, compared and taken to Excel; the result that the superior recognises is entered in the register "
            "“Results of organisations”."
        )
    client: Client = signed_in(policy)
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    checked = client.post(edit, form_data(page, **{"action-check": "1"}), follow=True)

    assert note in checked.content.decode()
    assert note in client.get(reverse("criteria_sets:issue", args=[page.pk])).content.decode()
