"""Issuing: one transaction that checks, freezes, makes live and records; a version never changes afterwards."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from wagtail.models import Page, Revision
from wagtail.signals import page_published

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, load_sets
from criteria_pages.domain.publishing import NotReady, check, publish, specification_of, summary_of
from criteria_pages.enums import Difference
from criteria_pages.models import CriteriaSetPage, CriteriaVersion, FrozenCriterion
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.engine import CardInputs, TaskInput, canonical_json, digest
from tests.factories.criteria_pages import MOMENT, draft, edit, issue, issued, key_of, parts_with

pytestmark = pytest.mark.django_db


def test_issuing_freezes_the_set_and_makes_its_page_live(policy: User) -> None:
    page = draft()

    version = publish(actor=policy, moment=MOMENT, page=page)

    page.refresh_from_db()
    assert page.live
    assert page.live_revision_id == page.latest_revision_id
    assert (str(version), version.page_id, version.title) == ("ND335-NV v1", page.pk, page.title)
    assert (version.effective_on, version.effective_until) == (date(2026, 7, 1), None)
    assert (version.published_at, version.published_by) == (MOMENT, policy.pk)
    assert version.sha256 == digest(specification_of(page)) == digest(version.specification)
    assert version.citations[0]["number"] == "335/2025/NĐ-CP"
    assert version.citations[0]["issued_on"] == "2025-12-21"


def test_every_criterion_is_frozen_as_a_row_that_scores_refer_to() -> None:
    _page, version = issued(ND335_LD)

    rows = list(version.criteria.values_list("code", "section_code", "entered", "maximum"))

    assert rows == [
        ("I.1", "I", True, Decimal(5)),
        ("I.2", "I", True, Decimal(5)),
        ("II.1", "II", True, Decimal("2.5")),
        ("II.2", "II", True, Decimal("2.5")),
        ("II.3", "II", True, Decimal("2.5")),
        ("II.4", "II", True, Decimal("2.5")),
        ("III.1", "III", True, Decimal("2.5")),
        ("III.2", "III", True, Decimal("2.5")),
        ("III.3", "III", True, Decimal("2.5")),
        ("III.4", "III", True, Decimal("2.5")),
        ("a", "KQ", False, Decimal(100)),
        ("b", "KQ", False, Decimal(100)),
        ("c", "KQ", False, Decimal(100)),
        ("d", "KQ", False, Decimal(100)),
        ("đ", "KQ", True, Decimal(100)),
        ("e", "KQ", True, Decimal(100)),
    ]
    keys = {criterion.code: criterion.key for criterion in version.criteria.all()}
    assert keys["II.4"] == key_of("II.4", ND335_LD)


def test_the_act_is_recorded_with_both_digests(policy: User) -> None:
    page, first = issued()
    edit(page, parts=parts_with(I_1={"label": "Phẩm chất"}))

    second = publish(actor=policy, moment=MOMENT, page=page)

    entry = LedgerEntry.objects.filter(act="version.published").latest("id")
    assert (entry.actor_code, entry.subject_label) == ("policy", "ND335-NV v2")
    assert entry.before == {"version": "ND335-NV v1", "sha256": first.sha256}
    assert entry.after == {
        "version": "ND335-NV v2",
        "sha256": second.sha256,
        "page": page.pk,
        "effective_on": "2026-07-01",
        "effective_until": None,
    }


def test_only_who_may_issue_issues(writer: User) -> None:
    page = draft()

    with pytest.raises(Refused, match="not issue them"):
        publish(actor=writer, moment=MOMENT, page=page)

    assert CriteriaVersion.objects.count() == 0
    assert not CriteriaSetPage.objects.get().live


def test_a_superuser_issues_nothing(db: Any) -> None:
    operator = User.objects.create_superuser("operator", "x")

    with pytest.raises(Refused):
        publish(actor=operator, moment=MOMENT, page=draft())


def test_a_missing_page_is_not_found(policy: User) -> None:
    with pytest.raises(NotFound):
        publish(actor=policy, moment=MOMENT, page=Page(pk=987654))


def test_a_set_with_problems_is_refused_with_all_of_them(policy: User) -> None:
    page = draft(staff_kinds=[], parts=parts_with(I_1={"maximum": "4"}))

    with pytest.raises(NotReady) as refused:
        publish(actor=policy, moment=MOMENT, page=page)

    assert set(refused.value.problems) == {"staff_kinds", key_of("I")}
    assert CriteriaVersion.objects.count() == 0


def test_an_exception_in_the_middle_leaves_neither_a_live_page_nor_a_version(policy: User) -> None:
    page = draft()

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("a receiver failed")

    page_published.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            publish(actor=policy, moment=MOMENT, page=page)
    finally:
        page_published.disconnect(fail)

    page.refresh_from_db()
    assert not page.live
    assert page.live_revision_id is None
    assert CriteriaVersion.objects.count() == FrozenCriterion.objects.count() == 0
    assert not LedgerEntry.objects.filter(act="version.published").exists()


def test_the_latest_draft_is_issued_not_the_live_page(policy: User) -> None:
    page, _first = issued()
    edit(page, parts=parts_with(I_1={"label": "Bản nháp mới"}))

    second = publish(actor=policy, moment=MOMENT, page=page)

    assert second.criteria.get(code="I.1").label == "Bản nháp mới"


def test_a_page_that_was_never_saved_as_a_draft_is_issued_as_it_stands(policy: User) -> None:
    page = draft()
    Page.objects.update(latest_revision=None)
    Revision.objects.all().delete()

    assert publish(actor=policy, moment=MOMENT, page=page).number == 1


def test_issuing_the_same_again_is_refused_with_a_sentence(policy: User) -> None:
    page, first = issued()
    edit(page, title="Một tên khác")

    with pytest.raises(WrongState, match="Nothing changed since version 1 of ND335-NV"):
        publish(actor=policy, moment=MOMENT, page=page)

    assert list(CriteriaVersion.objects.all()) == [first]


def test_other_dates_of_effect_are_reason_enough(policy: User) -> None:
    page, first = issued()
    edit(page, effective_until=date(2026, 8, 31))

    second = publish(actor=policy, moment=MOMENT, page=page)

    assert second.number == 2
    assert second.sha256 == first.sha256
    assert second.effective_until == date(2026, 8, 31)


def test_a_draft_saved_after_it_was_shown_is_not_issued(policy: User) -> None:
    page = draft()
    shown = summary_of(page).sha256
    edit(page, parts=parts_with(I_1={"label": "Ai đó đã sửa"}))

    with pytest.raises(Stale):
        publish(actor=policy, moment=MOMENT, page=page, expected_sha256=shown)

    assert CriteriaVersion.objects.count() == 0


def test_a_draft_makes_no_version() -> None:
    page = draft()
    for text in ("một", "hai", "ba"):
        edit(page, parts=parts_with(I_1={"label": text}))

    assert CriteriaVersion.objects.count() == 0


def test_title_number_and_dates_are_no_part_of_the_digest() -> None:
    page, first = issued()
    edit(page, title="Tên mới của bộ", effective_until=date(2027, 6, 30))

    second = issue(page)

    assert (second.number, second.title) == (2, "Tên mới của bộ")
    assert second.sha256 == first.sha256


def test_ticking_boxes_in_another_order_is_the_same_set() -> None:
    page = draft(period_kinds=["quarter", "month"], unit_blocks=["party", "government"])
    before = digest(specification_of(page))

    page.period_kinds, page.unit_blocks = ["month", "quarter"], ["government", "party"]

    assert digest(specification_of(page)) == before


LATER = {
    "managed_kinds": (["cong_chuc"], ["vien_chuc", "cong_chuc"], ["cong_chuc", "vien_chuc"]),
    "managed_without_result": ("left_out", "failing", "failing"),
    "managed_unconfirmed": ("pending", "left_out", "left_out"),
    "nothing_assigned": ("insufficient", "zero", "zero"),
    "band_from": ("exact", "rounded", "rounded"),
}


@pytest.mark.parametrize(("name", "values"), LATER.items())
def test_an_open_point_is_frozen_where_it_differs_from_its_default_only(
    name: str, values: tuple[Any, Any, Any]
) -> None:
    """Sets issued before the setting existed, and sets that never touch it, keep their digest."""
    default, chosen, frozen = values
    page = draft(ND335_LD)
    before = specification_of(page)
    assert (getattr(page, name), name in before["settings"]) == (default, False)

    setattr(page, name, chosen)
    after = specification_of(page)

    assert after["settings"] == before["settings"] | {name: frozen}
    setattr(page, name, default)
    assert specification_of(page) == before


def test_a_draft_saved_before_a_setting_existed_has_its_default() -> None:
    page = draft(ND335_LD)
    before = digest(specification_of(page))
    revision = page.get_latest_revision()
    for name in LATER:
        del revision.content[name]
    revision.save()

    old = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()

    assert {name: getattr(old, name) for name in LATER} == {name: values[0] for name, values in LATER.items()}
    assert digest(specification_of(old)) == before


def test_blocks_keep_their_digest_across_two_saves() -> None:
    page = draft(ND335_LD)
    before = digest(specification_of(page))

    once = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    once.save_revision(clean=False)
    twice = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()

    assert digest(specification_of(twice)) == before
    assert canonical_json(specification_of(twice)) == canonical_json(specification_of(page))


def test_editing_and_issuing_again_leaves_the_old_version_equal() -> None:
    page, first = issued()
    kept = canonical_json(first.specification)
    edit(page, parts=parts_with(I_1={"label": "Khác", "step": "0.5"}, a={"citation": "Đ14"}))

    second = issue(page)

    first = CriteriaVersion.objects.get(pk=first.pk)
    assert canonical_json(first.specification) == kept
    assert digest(first.specification) == first.sha256 != second.sha256
    assert (
        first.criteria.get(code="I.1").label
        == "Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ"
    )


def test_version_1_computes_the_same_digits_after_version_2() -> None:
    page, first = issued()
    inputs = CardInputs(
        entered={},
        tasks=[TaskInput(Decimal(3), Decimal(7), Decimal(6))],
        part_totals={"common": Decimal("28.25")},
    )
    before = first.compiled().score(inputs)
    edit(page, law="", parts=parts_with(KQ={"expression": "(a + b + c) / 3 * 60"}), examples=[])
    second = issue(page)

    after = CriteriaVersion.objects.get(pk=first.pk).compiled().score(inputs)

    assert (after.rounded, after.band, after.shown) == (before.rounded, before.band, before.shown)
    assert after.rounded == Decimal("88.25")
    assert second.compiled().score(inputs).rounded == Decimal("79.68")


@pytest.mark.parametrize("table", ["criteria_pages_criteriaversion", "criteria_pages_frozencriterion"])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET id = id", "DELETE FROM {table}"])
def test_the_database_refuses_to_change_what_was_issued(table: str, statement: str) -> None:
    _page, version = issued()

    refused = pytest.raises((DatabaseError, IntegrityError), match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table))

    assert CriteriaVersion.objects.get() == version
    assert version.criteria.count() == 13


def test_a_version_outlives_its_page(policy: User) -> None:
    page, version = issued()

    CriteriaSetPage.objects.get(pk=page.pk).delete()

    assert CriteriaVersion.objects.get().sha256 == version.sha256


def test_the_numbers_go_on_when_a_deleted_set_is_written_again(policy: User) -> None:
    page, _first = issued()
    CriteriaSetPage.objects.get(pk=page.pk).delete()

    again = draft(effective_on=date(2026, 9, 1))

    assert publish(actor=policy, moment=MOMENT, page=again).number == 2


def test_the_summary_says_what_would_be_issued() -> None:
    page, _first = issued()
    edit(page, parts=parts_with(I_1={"label": "Khác"}))

    summary = summary_of(page)

    assert (summary.number, summary.unchanged, summary.problems) == (2, False, [])
    assert [(change.kind, change.code, change.label) for change in summary.changes] == [
        (Difference.REWORDED, "I.1", "Khác")
    ]
    assert summary_of(draft(DANG_17)).number == 1


def test_the_demonstration_is_loaded_once(db: Any) -> None:
    first = load_sets(actor=system_user(), moment=MOMENT)
    again = load_sets(actor=system_user(), moment=datetime(2026, 7, 2, tzinfo=UTC))

    assert first == again
    assert sorted(str(version) for version in CriteriaVersion.objects.all()) == [
        "DANG-17 v1",
        "DANG-QUY v1",
        "ND335-LD v1",
        "ND335-NV v1",
    ]
    assert {version.effective_on for version in first.values()} == {date(2026, 7, 1)}


def test_the_demonstration_takes_up_a_page_that_was_not_issued_yet(db: Any) -> None:
    page = draft(ND335_NV)

    assert load_sets(actor=system_user(), moment=MOMENT)["ND335-NV"].page_id == page.pk


def test_nobody_loads_the_demonstration_who_may_not_issue(writer: User) -> None:
    with pytest.raises(Refused):
        load_sets(actor=writer, moment=MOMENT)


def test_the_sets_of_the_demonstration_have_no_problems() -> None:
    assert [check(draft(entry)) for entry in (ND335_NV, ND335_LD, DANG_17)] == [[], [], []]
