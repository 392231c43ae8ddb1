"""“Sổ tay tiêu chí”: what staff read about the sets they are scored with."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV
from criteria_pages.domain import handbook
from criteria_pages.domain.publishing import specification_of
from criteria_pages.queries import in_force
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import NotFound
from tests.factories.criteria_pages import draft, version
from tests.factories.snippets import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def criterion(book: handbook.Handbook, code: str) -> handbook.CriterionEntry:
    return next(
        entry
        for part in book.parts
        for section in part.sections
        for entry in section.criteria
        if entry.code == code
    )


def section(book: handbook.Handbook, code: str) -> handbook.SectionEntry:
    return next(section for part in book.parts for section in part.sections if section.code == code)


def test_a_leaders_set_reads_complete() -> None:
    book = handbook.read(version(entry=ND335_LD))

    assert [(part.label, part.maximum) for part in book.parts] == [
        ("Điểm tiêu chí chung", Decimal(30)),
        ("Điểm tiêu chí kết quả thực hiện nhiệm vụ", Decimal(70)),
    ]
    assert section(book, "KQ").how == "(a + b + c + d + đ + e) ÷ 6 × 70, at most 70 points"
    assert section(book, "I").how == "The sum of the criteria's points"
    assert criterion(book, "I.1").how == "From 0 to 5 points, in steps of 0.25"
    assert len(criterion(book, "I.1").guidance) == 8
    assert criterion(book, "d").how == (
        "Computed: 100% when everybody managed has 50 points or more, otherwise 50%"
    )
    assert (
        criterion(book, "đ")
        .options[0]
        .startswith("100%, with grounds: Đơn vị hoàn thành đầy đủ các nhiệm vụ")
    )
    assert criterion(book, "a").maximum is None
    assert book.total == (
        "Điểm tiêu chí chung + Điểm tiêu chí kết quả thực hiện nhiệm vụ, at most 100 points, rounded once to 2 places"
    )
    assert book.bands == (
        ("Hoàn thành xuất sắc nhiệm vụ", "90 points or more"),
        ("Hoàn thành tốt nhiệm vụ", "From 70 to less than 90 points"),
        ("Hoàn thành nhiệm vụ", "From 50 to less than 70 points"),
        ("Không hoàn thành nhiệm vụ", "Less than 50 points"),
    )
    assert book.stages == (
        ("Cá nhân tự chấm", ""),
        ("Cấp có thẩm quyền theo dõi, đánh giá", "Decides the result"),
    )
    assert book.rules == (
        "Each ratio counts at most 100%.",
        "Each major error or delay takes 25% of one product's points, unless excused.",
        "Of the people managed these count: Civil servant.",
        "The result waits for those who are not confirmed yet.",
        "Those who have no result in the period are left out and listed.",
        "A leader who manages nobody has 100%.",
        "Nothing assigned in the period: no result, not rated.",
        "Work that the head moves before its due date leaves the total of the person who had it.",
        "Bands are read from the exact points.",
        "Quarter and year are the mean of the published months, at two places.",
    )


def test_both_texts_of_ii_4_are_shown_with_their_posts() -> None:
    entry = criterion(handbook.read(version()), "II.4")

    assert entry.label == "Thái độ phục vụ người dân, doanh nghiệp và khả năng phối hợp với đồng nghiệp"
    assert [str(wording.posts) for wording in entry.wordings] == [
        "Posts that face citizens and businesses",
        "Posts that do not face citizens and businesses",
    ]
    assert entry.wordings[0].text.startswith("Được người dân, doanh nghiệp đánh giá tích cực")
    assert entry.wordings[1].text.startswith("Được đánh giá có tinh thần trách nhiệm, hợp tác")


def test_guidance_that_repeats_the_criterion_is_shown_once() -> None:
    assert criterion(handbook.read(version()), "III.1").guidance == ()


def test_met_or_not_is_said_so() -> None:
    book = handbook.read(version(entry=DANG_17))

    assert criterion(book, "I.1").how == "Met: 2 points. Not met: 0 points."
    assert criterion(book, "II.1").how == "Met: 1 points. Not met: 0 points."


def test_other_rules_read_otherwise() -> None:
    page = draft(
        ND335_NV,
        law="",
        code="BO-KHAC",
        ratio_cap=None,
        penalty_scope="batch",
        moved_leaves_total=False,
        means_of="exact",
        total_kind="formula",
        total_expression="common + results",
        unit_blocks=["party"],
        positions=["cv-1"],
        job_positions=["vt-1"],
        takes_precedence=True,
        leadership="heads",
    )
    content = specification_of(page)
    collective = {"key": "collective", "label": "Tập thể", "decides": False, "optional": False}
    content["stages"].insert(1, collective | {"blind_to": ["self"]})
    content["stages"][2]["blind_to"] = ["collective"]
    content["stages"][1]["who"], content["stages"][2]["who"] = "direct_head", "agency_head"
    content["schema_version"] = 2
    content["stages"].append({"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": True})
    content["sections"][0]["combination"] = {"kind": "weighted_mean", "expression": "", "cap": None}
    for item, weight in zip(content["sections"][0]["criteria"], ("40", "60"), strict=True):
        item["weight"] = weight
    content["sections"][1]["combination"] = {"kind": "capped_sum", "expression": "", "cap": "8"}
    options = [{"value": value, "label": "…", "grounds_required": False} for value in ("0", "2.5")]
    content["sections"][2]["criteria"][0] |= {
        "max": None,
        "kind": {"type": "choice", "unit": "points", "options": options},
    }

    content["sections"][1]["criteria"][0]["stages"] = ["self"]
    content["sections"][1]["criteria"][1]["stages"] = ["evaluator"]

    book = handbook.read(version(content, code="BO-KHAC"))

    assert (
        section(book, "I").how
        == "The mean of the criteria by their weights (I.1 40%, I.2 60%), out of 10 points"
    )
    assert section(book, "II").how == "The sum of the criteria's points, at most 8"
    assert criterion(book, "III.1").maximum == Decimal("2.5")
    assert criterion(book, "III.1").options == ("0: …", "2.5: …")
    assert book.total == "common + results, at most 100 points, rounded once to 2 places"
    assert [said for _label, said in book.stages] == [
        "",
        (
            "By the head of the person's constituent unit; left out for heads, for staff directly in the agency and "
            "while the unit has no head; does not see before sending its own: The person"
        ),
        (
            "Decides the result; by the head of the using agency; of the head of the agency by the head of the "
            "managing agency; does not see before sending its own: A group or collective"
        ),
        "",
    ]
    assert [criterion(book, code).scored_by for code in ("II.1", "II.2", "II.3")] == [
        "Scored by the person only; their score counts for the result.",
        "Scored at these stages only: The competent person.",
        "",
    ]
    assert book.audience == (
        ("Kinds of staff", "Civil servant"),
        ("Who of them", "Head"),
        ("Positions", "cv-1"),
        ("Job positions", "vt-1"),
        ("Blocks", "Party bodies"),
        ("Takes precedence", "Over sets that name no position, job position or unit"),
        ("Periods", "Month, Quarter"),
    )
    assert book.rules == (
        "A ratio may exceed 100%; the section's cap still holds.",
        "Each major error or delay takes 25% of the task's points, unless excused.",
        "Nothing assigned in the period: no result, not rated.",
        "Work that the head moves before its due date stays in the total of the person who had it.",
        "Bands are read from the exact points.",
        "Quarter and year are the mean of the exact months.",
    )


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (
            {"managed_kinds": ["vien_chuc", "cong_chuc"]},
            "Of the people managed these count: Civil servant, Public employee.",
        ),
        ({"managed_unconfirmed": "left_out"}, "Those who are not confirmed yet are left out."),
        (
            {"managed_unconfirmed": "failing"},
            "Those who are not confirmed yet count as having too few points.",
        ),
        (
            {"managed_without_result": "failing"},
            "Those who have no result in the period count as having too few points.",
        ),
        (
            {"nothing_assigned": "zero"},
            "Nothing assigned in the period: each ratio counts 0%, whatever the extra tasks.",
        ),
        ({"band_from": "rounded"}, "Bands are read from the points as they are rounded."),
    ],
)
def test_an_open_point_that_is_decided_otherwise_is_said(setting: dict[str, Any], sentence: str) -> None:
    usual = handbook.read(version(entry=ND335_LD)).rules
    content = specification_of(draft(ND335_LD, code="BO-KHAC", **setting))

    rules = handbook.read(version(content, code="BO-KHAC")).rules

    assert [rule for rule in rules if rule not in usual] == [sentence]
    assert len(rules) == len(usual)


def test_a_quota_is_read_whole_with_where_it_holds_and_what_may_be_more() -> None:
    quotas = [
        {
            "key": "q1", "band": "excellent", "share": "0.2", "base": "good", "scopes": ["unit", "peer_group"],
            "exception": "0.25", "small_below": 5, "small_allowed": 1, "citation": "",
        },
        {"key": "q2", "band": "good", "share": "0.5", "base": "everyone", "scopes": ["unit"]},
    ]  # fmt: skip
    longer = [
        {
            "period": "year", "of": "month", "count": 12, "how": "mean", "missing": "left_out", "minimum": 6,
            "exempt": ["sick_leave", "maternity_leave"],
        },
        {"period": "quarter", "of": "month", "count": 3, "how": "last", "missing": "waits", "minimum": 2},
        {"period": "half_year", "of": "month", "count": 6, "how": "minimum", "missing": "left_out"},
    ]  # fmt: skip
    usual = specification_of(draft(code="BO-HAN-MUC", law=""))
    content = usual | {"quotas": quotas, "aggregation": longer, "schema_version": 2}

    rules = handbook.read(version(content, code="BO-HAN-MUC")).rules

    assert [rule for rule in rules if rule.startswith(("At most", "Year", "Quarter of", "Half"))] == [
        (
            "At most 20% in the band “Hoàn thành xuất sắc nhiệm vụ”, of: Those rated in the next lower band. It holds: "
            "Within the agency; Within each group with similar duties. By decision at most 25%, for an organisation "
            "with outstanding results. A group of fewer than 5 people has instead: 1."
        ),
        "At most 50% in the band “Hoàn thành tốt nhiệm vụ”, of: Everybody who was rated. It holds: Within the agency.",
        (
            "Year of 12 (Month): Mean; a period without points: Is left out. With fewer than 6 there is no result, "
            "except for: Sick leave; Maternity leave."
        ),
        (
            "Quarter of 3 (Month): The last one; a period without points: Is waited for. With fewer than 2 there is no "
            "result."
        ),
        "Half-year of 6 (Month): The lowest; a period without points: Is left out.",
    ]


def test_a_set_for_everybody_says_so() -> None:
    page = draft(ND335_NV, leadership="any")
    content = specification_of(page)
    content["applicability"] |= {"staff_kinds": [], "period_kinds": []}

    book = handbook.read(version(content))

    assert book.audience == (
        ("Kinds of staff", "everybody"),
        ("Who of them", "everybody"),
        ("Blocks", "all"),
        ("Periods", "all"),
    )


def test_a_set_for_some_units_names_them() -> None:
    book = handbook.read(version(specification_of(draft(units=["SNV", "BTC"]))))

    assert ("Units, each with everything below it", "BTC, SNV") in book.audience


def test_the_handbook_says_what_each_band_stands_for() -> None:
    content = specification_of(draft(ND335_NV, code="BO-HS")) | {"schema_version": 2, "band_value": "Hệ số"}
    content["bands"] = [
        {**band, "value": value}
        for band, value in zip(content["bands"], ("1.2", "1", "0.8", "0"), strict=True)
    ]
    book = handbook.read(version(content, code="BO-HS"))
    assert [said for _name, said in book.bands] == [
        "90 points or more. Hệ số: 1.2",
        "From 70 to less than 90 points. Hệ số: 1",
        "From 50 to less than 70 points. Hệ số: 0.8",
        "Less than 50 points. Hệ số: 0",
    ]


def test_of_each_set_the_version_that_took_effect_last_is_in_force() -> None:
    version(number=1, effective_on=date(2026, 7, 1))
    second = version(number=2, effective_on=date(2026, 8, 1))
    third = version(number=3, effective_on=date(2026, 8, 1))
    version(number=4, effective_on=date(2026, 10, 1))
    ended = version(entry=DANG_17, effective_on=date(2026, 7, 1), effective_until=date(2026, 8, 31))

    assert in_force(date(2026, 6, 30)) == []
    assert [entry.number for entry in in_force(date(2026, 7, 31)) if entry.set_code == "ND335-NV"] == [1]
    assert in_force(date(2026, 8, 31)) == [ended, third]
    assert in_force(date(2026, 9, 1)) == [third]
    assert second not in in_force(date(2026, 8, 31))


def test_a_version_that_is_not_there_is_not_found() -> None:
    version()

    with pytest.raises(NotFound):
        handbook.find("ND335-NV", 2)


# --- Pages -------------------------------------------------------------------------------------------------
@pytest.fixture
def reader(db: Any) -> User:
    return UserFactory()


def test_visitors_are_asked_to_sign_in(client: Client) -> None:
    version()

    for address in ("/so-tay/", "/so-tay/ND335-NV/", "/so-tay/ND335-NV/1/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/tai-khoan/dang-nhap/")


def test_any_signed_in_person_reads_the_versions_in_force_and_the_others(
    reader: User, signed_in: SignIn
) -> None:
    old = version(number=1, effective_on=date(2020, 1, 1))
    current = version(number=2, effective_on=date(2021, 1, 1))
    party = version(entry=DANG_17, effective_on=date(2021, 1, 1), is_demonstration=True)

    response = signed_in(reader).get("/so-tay/")

    assert response.status_code == 200
    assert response.context["current"] == [party, current]
    assert response.context["others"] == [old]
    body = response.content.decode()
    assert "/so-tay/DANG-17/1/" in body
    assert "/so-tay/ND335-NV/2/" in body


def test_an_empty_handbook_says_so(reader: User, signed_in: SignIn) -> None:
    response = signed_in(reader).get("/so-tay/")

    assert response.status_code == 200
    assert b"kpi-empty" in response.content


def test_a_version_is_read_whole_and_for_ever(reader: User, signed_in: SignIn) -> None:
    old = version(number=1, effective_on=date(2020, 1, 1))
    version(number=2, effective_on=date(2021, 1, 1))

    body = signed_in(reader).get("/so-tay/ND335-NV/1/").content.decode()

    assert old.sha256[:32] in body
    assert "01/01/2020" in body
    assert "335/2025/NĐ-CP" not in old.citations
    assert "Đ16.1" in body
    assert "Được người dân, doanh nghiệp đánh giá tích cực" in body
    assert "0,25" in body


def test_the_legal_basis_stands_with_its_day(reader: User, signed_in: SignIn) -> None:
    citation = {
        "number": "335/2025/NĐ-CP",
        "title": "Nghị định",
        "issued_on": "2025-12-21",
        "clauses": "Điều 12",
    }
    version(citations=[citation, citation | {"number": "366-QĐ/TW", "issued_on": ""}], is_demonstration=True)

    body = signed_in(reader).get("/so-tay/ND335-NV/1/").content.decode()

    assert "(21/12/2025)" in body
    assert "366-QĐ/TW" in body


def test_a_set_s_address_leads_to_its_version_in_force(reader: User, signed_in: SignIn) -> None:
    version(number=1, effective_on=date(2020, 1, 1))
    version(number=2, effective_on=date(2021, 1, 1))
    client = signed_in(reader)

    assert client.get("/so-tay/ND335-NV/")["Location"] == "/so-tay/ND335-NV/2/"
    assert client.get("/so-tay/KHONG-CO/").status_code == 404
    assert client.get("/so-tay/ND335-NV/3/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_for_versions_twice_however_many_there_are(
    reader: User, signed_in: SignIn, count: int
) -> None:
    for number in range(1, count + 1):
        version(number=number, effective_on=date(2020, 1, number))
    client = signed_in(reader)

    with CaptureQueriesContext(connection) as queries:
        client.get("/so-tay/")

    assert len([query for query in queries if "criteriaversion" in query["sql"]]) == 2


def test_the_handbook_speaks_the_reader_s_language() -> None:
    with translation.override("vi"):
        assert criterion(handbook.read(version()), "I.1").how != "From 0 to 5 points, in steps of 0.25"
