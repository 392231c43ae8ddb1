"""Who, when, why: in the ledger once for each act, in history once for each change; names in neither."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.core import serializers

from kpi_cms.foundation.accounts.domain import deactivate, reset_password
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry, TextKind
from kpi_cms.foundation.audit.texts import keep, keep_many, keep_required, read
from kpi_cms.foundation.core.actor import Origin, as_actor, coming_from
from snippets.models import Unit
from tests.factories.snippets import PersonFactory, UnitFactory, UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def everything(*models):
    """All rows of some tables as one text, to look for what must not be there."""
    return "\n".join(
        serializers.serialize("json", model.objects.all(), ensure_ascii=False) for model in models
    )


def newest(record):
    """The row written last: `latest()` asks the moments of the acts, which lie in the past here."""
    return record.history.order_by("-history_id").first()


def test_an_entry_says_who_when_what_about_whom_and_from_where():
    actor, unit = UserFactory(), UnitFactory()
    person = PersonFactory(unit=unit)
    origin = Origin(request_id=uuid.uuid4(), address="10.0.0.7")
    with coming_from(origin), as_actor(actor, MOMENT):
        ledger.record(
            Act.SCORE_CHANGED,
            subject=person,
            label="II.4",
            unit=unit,
            person=person,
            period_id=7,
            before={"II.4": "4.5"},
            after={"II.4": "5"},
            reason="Chấm nhầm",
        )
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.at) == ("score.changed", MOMENT)
    assert (entry.actor_id, entry.actor_code) == (actor.pk, actor.username)
    assert (entry.unit_id, entry.unit_code) == (unit.pk, unit.code)
    assert (entry.person_id, entry.person_code) == (person.pk, person.staff_code)
    assert (entry.subject_type, entry.subject_id, entry.subject_label) == (
        "snippets.Person",
        str(person.pk),
        "II.4",
    )
    assert (entry.period_id, entry.before, entry.after) == (7, {"II.4": "4.5"}, {"II.4": "5"})
    assert (entry.request_id, entry.address) == (origin.request_id, "10.0.0.7")
    assert read([entry.reason_key]) == {entry.reason_key: "Chấm nhầm"}
    assert ErasableText.objects.get().person_code == person.staff_code
    assert str(entry) == "score.changed II.4"


def test_an_act_without_an_actor_is_a_defect():
    with pytest.raises(RuntimeError, match="as_actor"):
        ledger.record(Act.UNIT_CLOSED, subject=UnitFactory())
    assert not LedgerEntry.objects.exists()


def test_an_entry_needs_neither_unit_person_nor_reason():
    actor = UserFactory()
    with as_actor(actor, MOMENT):
        entry = ledger.record(Act.ACCOUNT_CREATED, subject=actor)
    assert (entry.unit_id, entry.unit_code, entry.person_id, entry.person_code) == (None, "", None, "")
    assert (entry.before, entry.after, entry.reason_key) == (None, None, None)
    assert not ErasableText.objects.exists()


def test_a_reason_kept_before_is_pointed_at_and_not_kept_twice():
    actor = UserFactory()
    with as_actor(actor, MOMENT):
        key = keep(TextKind.REASON, "Một lý do cho cả hai")
        first = ledger.record(Act.UNIT_CHANGED, subject=actor, reason_key=key)
        second = ledger.record(Act.UNIT_MOVED, subject=actor, reason_key=key)
    assert first.reason_key == second.reason_key == key
    assert ErasableText.objects.count() == 1


def test_an_act_that_is_refused_leaves_no_entry():
    actor = UserFactory()

    def act():
        with as_actor(actor, MOMENT):
            ledger.record(Act.ACCOUNT_CREATED, subject=actor)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert not LedgerEntry.objects.exists()


def test_history_says_who_when_and_from_where():
    actor, unit = UserFactory(), UnitFactory()
    origin = Origin(request_id=uuid.uuid4(), address="10.0.0.7")
    with coming_from(origin), as_actor(actor, MOMENT):
        unit.name = "Đơn vị mới"
        save_tracked(unit, reason="Theo quyết định 15")
    row = newest(unit)
    assert (row.history_user_id, row.history_user, row.history_date) == (actor.pk, actor, MOMENT)
    assert (row.history_request_id, row.history_address) == (origin.request_id, "10.0.0.7")
    assert row.name == "Đơn vị mới"
    assert read([row.history_change_reason]) == {row.history_change_reason: "Theo quyết định 15"}


def test_a_reason_is_written_once_and_not_repeated_at_the_next_save():
    actor, unit = UserFactory(), UnitFactory()
    with as_actor(actor, MOMENT):
        save_tracked(unit, reason="Đổi tên")
        unit.name = "Sau đó"
        save_tracked(unit)
        unit.save()
    latest = list(unit.history.order_by("-history_id")[:3])
    assert [row.history_change_reason is None for row in latest] == [True, True, False]


def test_a_failed_save_does_not_hand_its_reason_to_the_next():
    unit, other = UnitFactory(), UnitFactory()
    with as_actor(UserFactory(), MOMENT):
        unit.code = other.code
        with pytest.raises(Exception, match=r"(?i)unique"), as_actor(UserFactory(), MOMENT):
            save_tracked(unit, reason="Trùng mã")
        unit.code = "MOI"
        unit.save()
    assert newest(unit).history_change_reason is None


@pytest.mark.unwatched
def test_only_the_named_fields_are_saved():
    unit = UnitFactory(name="Trước")
    with as_actor(UserFactory(), MOMENT):
        unit.name, unit.closed_on = "Sau", date(2027, 1, 1)
        save_tracked(unit, update_fields=["closed_on"])
    unit.refresh_from_db()
    assert (unit.name, unit.closed_on) == ("Trước", date(2027, 1, 1))


def test_a_change_outside_any_action_has_no_author():
    unit = UnitFactory()
    row = newest(unit)
    assert (row.history_user_id, row.history_user, row.history_request_id) == (None, None, None)


def test_history_outlives_the_account_it_names():
    actor, unit = UserFactory(), UnitFactory()
    with as_actor(actor, MOMENT):
        save_tracked(unit)
    row = newest(unit)
    number = actor.pk
    actor.delete()
    row = type(row).objects.get(pk=row.pk)
    assert (row.history_user_id, row.history_user) == (number, None)


def test_the_author_can_be_set_by_simple_history_itself():
    unit, user = UnitFactory(), UserFactory()
    row = newest(unit)
    row.history_user = user
    assert row.history_user_id == user.pk
    row.history_user = None
    assert row.history_user_id is None


def test_no_name_and_no_reason_stands_in_history_or_ledger():
    clerk = UserFactory(display_name="Trần Kín Đáo")
    person = PersonFactory(full_name="Lê Bí Mật", email="mat@example.vn", phone="0912345678")
    user = UserFactory(display_name="Lê Bí Mật")
    with as_actor(clerk, MOMENT):
        person.full_name = "Lê Bí Mật Hơn"
        save_tracked(person, reason="Vì lý do riêng", person_code=person.staff_code)
    reset_password(actor=clerk, moment=MOMENT, user=user, reason="Quên mật khẩu ở nhà")
    deactivate(actor=clerk, moment=MOMENT, user=user, reason="Nghỉ việc vì bệnh")
    written = everything(LedgerEntry, type(person).history.model, Unit.history.model)
    for secret in ["Bí Mật", "Kín Đáo", "mat@", "0912345678", "lý do riêng", "Quên", "bệnh"]:
        assert secret not in written
    kept = set(ErasableText.objects.values_list("text", flat=True))
    assert {"Vì lý do riêng", "Quên mật khẩu ở nhà", "Nghỉ việc vì bệnh"} <= kept


def test_reading_no_keys_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert read([None, None]) == {}


def test_many_texts_are_read_in_one_query(django_assert_num_queries):
    keys = [keep(TextKind.COMMENT, f"Nhận xét {number}") for number in range(3)]
    with django_assert_num_queries(1):
        assert read([*keys, None]) == {key: f"Nhận xét {number}" for number, key in enumerate(keys)}


def test_an_empty_text_needs_no_key():
    assert keep(TextKind.NAME, "") is None
    assert not ErasableText.objects.exists()


def test_every_kept_text_has_a_salt_of_its_own():
    keep(TextKind.NAME, "Lê Văn A")
    keep(TextKind.NAME, "Lê Văn A")
    salts = set(ErasableText.objects.values_list("salt", flat=True))
    assert [len(salt) for salt in salts] == [32, 32]
    assert {str(kept) for kept in ErasableText.objects.all()} == {
        str(kept.pk) for kept in ErasableText.objects.all()
    }


def test_a_text_that_is_required_cannot_be_empty():
    key = keep_required(TextKind.COMMENT, "Có căn cứ", person_code="CB001")
    assert read([key]) == {key: "Có căn cứ"}
    with pytest.raises(ValueError, match="empty"):
        keep_required(TextKind.COMMENT, "")


def test_many_texts_are_kept_in_their_order_and_empty_ones_need_no_key():
    keys = keep_many(TextKind.REASON, [("Một", "CB001"), ("", "CB002"), ("Ba", "CB003")])
    assert keys[1] is None
    assert read(keys) == {keys[0]: "Một", keys[2]: "Ba"}
