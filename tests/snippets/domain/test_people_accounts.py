"""Accounts of people: made, reset, unlocked and closed by whoever keeps accounts wherever their owners reach."""

from datetime import date

import pytest

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound, Refused, WrongState
from snippets.domain import people
from snippets.enums import Capability
from snippets.models import EvaluatorDecision
from tests.factories.snippets import (
    AppointmentFactory,
    GrantFactory,
    PersonFactory,
    UnitFactory,
    UserFactory,
    hold,
    holder,
)

pytestmark = pytest.mark.django_db


def test_an_account_is_named_by_the_staff_code_and_must_change_its_password(moment):
    person = PersonFactory(staff_code="NV7", full_name="Lê Văn Tám", email="tam@example.vn")
    clerk = holder(person.unit, Capability.MANAGE_ACCOUNTS)

    password = people.create_account_for(actor=clerk, moment=moment, person=person)

    person.refresh_from_db()
    user = person.user
    assert (user.username, user.display_name, user.email, user.must_change_password) == (
        "NV7",
        "Lê Văn Tám",
        "tam@example.vn",
        True,
    )
    assert user.check_password(password)
    with pytest.raises(WrongState):
        people.create_account_for(actor=clerk, moment=moment, person=person)


def test_reset_unlock_and_deactivation(moment):
    person = PersonFactory(with_account=True)
    clerk = holder(person.unit, Capability.MANAGE_ACCOUNTS)

    password = people.reset_account(actor=clerk, moment=moment, person=person, reason="Quên mật khẩu")
    people.unlock_account(actor=clerk, moment=moment, person=person, reason="Nhập sai")
    user = User.objects.get(pk=person.user_id)
    assert user.check_password(password)

    people.deactivate_account(actor=clerk, moment=moment, person=person, reason="Nghỉ việc")
    user.refresh_from_db()
    assert (user.is_active, user.deactivated_at) == (False, moment)
    assert list(LedgerEntry.objects.order_by("pk").values_list("act", flat=True)) == [
        Act.ACCOUNT_RESET,
        Act.ACCOUNT_UNLOCKED,
        Act.ACCOUNT_DEACTIVATED,
    ]


def test_a_clerk_cannot_become_somebody_who_holds_more_than_they_keep(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    clerk = holder(own, Capability.MANAGE_ACCOUNTS)
    auditor = PersonFactory(unit=own, with_account=True)
    hold(auditor.user, next_door, Capability.AUDIT)
    password = auditor.user.password

    for verb in (people.reset_account, people.unlock_account, people.deactivate_account):
        with pytest.raises(Refused):
            verb(actor=clerk, moment=moment, person=auditor, reason="x")
    assert User.objects.get(pk=auditor.user_id).password == password
    assert LedgerEntry.objects.count() == 0


def second_post(person, unit):
    AppointmentFactory(person=person, unit=unit, head=True, secondary=True, starts_on=date(2027, 1, 1))


def to_decide(person, unit):
    EvaluatorDecision.objects.create(
        person=PersonFactory(unit=unit), evaluator=person, starts_on=date(2027, 1, 1), decision_number="QĐ 3"
    )


def future_grant(person, unit):
    GrantFactory(user=person.user, unit=unit, capability="evaluate", starts_on=date(2027, 1, 1))


@pytest.mark.parametrize("elsewhere", [second_post, to_decide])
def test_a_clerk_gets_no_first_password_of_somebody_who_decides_elsewhere(moment, elsewhere):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    clerk = holder(own, Capability.MANAGE_ACCOUNTS)
    person = PersonFactory(unit=own)
    elsewhere(person, next_door)

    with pytest.raises(Refused, match="works, decides or holds rights outside the units"):
        people.create_account_for(actor=clerk, moment=moment, person=person)
    person.refresh_from_db()
    assert (person.user, LedgerEntry.objects.count()) == (None, 0)
    people.create_account_for(actor=holder(root, Capability.MANAGE_ACCOUNTS), moment=moment, person=person)


@pytest.mark.parametrize("elsewhere", [second_post, to_decide, future_grant])
def test_a_clerk_does_not_reset_somebody_who_will_decide_elsewhere(moment, elsewhere):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    clerk = holder(own, Capability.MANAGE_ACCOUNTS)
    person = PersonFactory(unit=own, with_account=True)
    elsewhere(person, next_door)
    password = person.user.password

    for verb in (people.reset_account, people.unlock_account, people.deactivate_account):
        with pytest.raises(Refused):
            verb(actor=clerk, moment=moment, person=person, reason="x")
    assert User.objects.get(pk=person.user_id).password == password


def test_what_is_over_elsewhere_keeps_no_account_from_its_clerk(moment):
    own, next_door = UnitFactory(), UnitFactory()
    person = PersonFactory(unit=own)
    AppointmentFactory(person=person, unit=next_door, head=True, secondary=True, ends_on=date(2026, 6, 30))

    people.create_account_for(actor=holder(own, Capability.MANAGE_ACCOUNTS), moment=moment, person=person)


def test_accounts_are_kept_in_the_units_they_belong_to_and_not_by_their_owner(moment):
    person = PersonFactory(with_account=True)
    hold(person.user, person.unit, Capability.MANAGE_ACCOUNTS)
    nobody = PersonFactory(unit=person.unit)

    with pytest.raises(NotFound):
        people.reset_account(actor=UserFactory(), moment=moment, person=person, reason="x")
    with pytest.raises(Refused):
        people.reset_account(actor=person.user, moment=moment, person=person, reason="x")
    with pytest.raises(WrongState):
        people.reset_account(actor=person.user, moment=moment, person=nobody, reason="x")
