"""What the demonstration is made of, before anything is written."""

from collections import Counter
from datetime import datetime
from itertools import groupby

import pytest
from django.utils import timezone

from criteria_pages.demonstration.sets import EFFECTIVE_ON
from kpi_cms.demonstration import catalogue, organisation, people, posts
from kpi_cms.demonstration.draw import Draw
from kpi_cms.demonstration.names import FEMALE, MALE, NameBook
from kpi_cms.demonstration.registers import first_moment, months
from kpi_cms.demonstration.workbooks import catalogue_workbook, people_workbook
from kpi_cms.interfaces.exchange.imports.catalogue import parse_catalogue
from kpi_cms.interfaces.exchange.imports.people import parse_people
from snippets.domain.periods import span
from snippets.enums import Block, PostRole, StaffKind, UnitLevel


# --- Names -------------------------------------------------------------------------------------------------
def test_a_seed_draws_the_same_names_on_every_python():
    book = NameBook("pinned")
    assert [book.name(gender) for gender in (MALE, FEMALE, MALE, FEMALE, MALE, FEMALE)] == [
        "Hoàng Thanh Hải",
        "Đỗ Thị Hương",
        "Phạm Trọng Tâm",
        "Hoàng Thị Quỳnh Hà",
        "Nguyễn Thanh Tuấn",
        "Đặng Thị Yến",
    ]


def test_another_seed_draws_other_names():
    first, second = NameBook("one"), NameBook("two")
    assert [first.name(MALE) for _each in range(20)] != [second.name(MALE) for _each in range(20)]


def test_no_name_comes_twice_and_nguyen_is_the_commonest_family():
    everybody = people.people()
    assert len({person.full_name for person in everybody}) == len(everybody)
    families = Counter(person.full_name.split()[0] for person in everybody)
    assert families.most_common(1)[0][0] == "Nguyễn"


def test_the_womens_union_is_led_by_women():
    book = NameBook(people.SEED)
    assert (
        people._gender(book, posts.Post("X-DT", "CT-PN", PostRole.DEPUTY, StaffKind.OFFICIAL, "LDQL", 1))
        == FEMALE
    )
    assert (
        people._gender(book, posts.Post("X-DT", "CT-CCB", PostRole.DEPUTY, StaffKind.OFFICIAL, "LDQL", 1))
        == MALE
    )


def test_a_draw_stays_below_its_limit_and_a_weight_of_nothing_is_never_drawn():
    draw = Draw("limits")
    assert {draw.below(3) for _each in range(200)} == {0, 1, 2}
    assert {draw.weighted((("never", 0), ("always", 5))) for _each in range(50)} == {"always"}
    assert {draw.chance(0) for _each in range(50)} == {False}


# --- Units and posts ---------------------------------------------------------------------------------------
def test_the_pilot_has_its_nine_units_and_the_four_blocks_of_each_commune():
    by_code = {plan.code: plan for plan in organisation.units()}
    assert organisation.PILOT == (
        "BTCTU", "VPTU", "SNV", "MTTQ", "SKHCN", "THANH-VINH", "HUNG-NGUYEN", "HAI-CHAU", "NAM-CAN",
    )  # fmt: skip
    assert {by_code[code].parent for code in organisation.PILOT} == {"NGHE-AN"}
    for commune in organisation.COMMUNES:
        blocks = {
            code.removeprefix(f"{commune}-"): plan.block
            for code, plan in by_code.items()
            if plan.parent == commune
        }
        assert blocks == {"DANG": Block.PARTY, "CQ": Block.GOVERNMENT, "MT": Block.FRONT, "DT": Block.MASS}


def test_every_using_agency_has_a_managing_agency_with_a_head_and_no_chain_is_a_circle():
    plans = organisation.units()
    by_code = {plan.code: plan for plan in plans}
    headed = {post.unit for post in posts.posts() if post.role == PostRole.HEAD}
    for plan in plans:
        if plan.level == UnitLevel.USING:
            assert plan.managing in headed, plan.code
        seen = {plan.code}
        above = plan.managing
        while above is not None:
            assert above not in seen
            seen.add(above)
            above = by_code[above].managing


def test_every_kind_of_staff_is_there_and_one_department_has_no_head():
    found = posts.posts()
    assert Counter(str(post.kind) for post in found) == {
        "can_bo": 62,
        "cong_chuc": 297,
        "vien_chuc": 29,
        "hop_dong": 23,
    }
    heads = Counter(post.unit for post in found if post.role == PostRole.HEAD)
    assert set(heads.values()) == {1}
    working = {plan.code for plan in organisation.units() if plan.level != UnitLevel.GROUPING}
    assert working - set(heads) == {"THANH-VINH-CQ-VHXH"}


def test_whatever_names_a_post_names_one_that_exists():
    keys = {post.key for post in posts.posts()}
    named = {account.post for account in people.ACCOUNTS}
    named |= {further.post for further in people.further_appointments()}
    named |= {field.post for field in people.fields()} | {people.ACTING}
    assert named - keys == set()


# --- Catalogue ---------------------------------------------------------------------------------------------
def test_the_catalogue_has_unique_codes_and_points_inside_the_frame_of_their_group():
    listed = catalogue.items()
    assert len(listed) == 64
    assert len({item.code for item in listed}) == 64
    assert {item.group for item in listed} == {1, 2, 3, 4, 5}
    assert all(item.frame[0] <= item.points <= item.frame[1] for item in listed)


def test_the_standard_product_is_the_first_shared_one():
    standard = next(item for item in catalogue.items() if item.code == "DC.01")
    assert (standard.duty, standard.points) == (
        "Soạn thảo văn bản hành chính đơn giản",
        catalogue.STANDARD_POINTS,
    )


def test_each_pilot_unit_lists_leaders_shared_work_and_its_own_departments_only():
    def prefixes(agency):
        return [
            key for key, _group in groupby(item.code.split(".")[0] for item in catalogue.items_of(agency))
        ]

    assert prefixes("HUNG-NGUYEN") == ["QL", "DC", "VPD", "XDD", "UBK", "VP", "KT", "VX", "HCC", "MT", "DT"]
    assert prefixes("NAM-CAN") == ["QL", "DC", "XDD", "VP", "KT", "VX", "HCC", "MT", "DT"]
    assert prefixes("SNV") == ["QL", "DC", "SNV"]


# --- Months ------------------------------------------------------------------------------------------------
def _local(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("moment", "past", "playing", "following", "quarter"),
    [
        (_local(2026, 10, 1, 8), (2026, 8), (2026, 9), (2026, 10), (2026, 3)),
        (_local(2026, 11, 23, 17), (2026, 9), (2026, 10), (2026, 11), (2026, 3)),
        (_local(2027, 1, 1, 0, 30), (2026, 11), (2026, 12), (2027, 1), (2026, 4)),
        (_local(2028, 3, 31, 23, 59), (2028, 1), (2028, 2), (2028, 3), (2027, 4)),
    ],
)
def test_last_month_and_the_last_quarter_are_open_and_every_deadline_lies_ahead(
    moment, past, playing, following, quarter
):
    wanted = months(moment)
    planned = (wanted.past, wanted.playing, wanted.following, wanted.quarter)
    assert [(each.year, each.number) for each in planned] == [past, playing, following, quarter]
    assert [each.kind for each in planned] == ["month", "month", "month", "quarter"]
    for each in planned:
        assert moment < each.self_due_at < each.evaluation_due_at
    assert wanted.quarter.self_due_at < wanted.quarter.collective_due_at < wanted.quarter.evaluation_due_at


def test_the_first_quarter_is_the_one_in_which_the_criteria_sets_take_effect():
    wanted = months(first_moment()).quarter
    assert span(wanted.kind, wanted.year, wanted.number)[0] == EFFECTIVE_ON


# --- Workbooks ---------------------------------------------------------------------------------------------
def test_the_people_workbook_is_read_without_a_word_of_complaint():
    parsed = parse_people(people_workbook())
    assert (parsed.problems, parsed.notices) == ((), ())
    assert [row.staff_code for row in parsed.rows] == ["NA09001", "NA09002", "NA09003", "NA09004", "NA09005"]
    known = {person.full_name for person in people.people()}
    assert known.isdisjoint(row.full_name for row in parsed.rows)


def test_the_catalogue_workbook_adds_two_products_to_the_ones_in_force():
    parsed = parse_catalogue(catalogue_workbook())
    assert (parsed.problems, parsed.notices, parsed.ignored_sheets) == ((), (), ())
    in_force = {item.code for item in catalogue.items_of("HUNG-NGUYEN")}
    assert {product.code for product in parsed.products} - in_force == {"DC.13", "KT.06"}
    assert len(parsed.products) == len(in_force) + 2
