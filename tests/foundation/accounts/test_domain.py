"""Accounts: made, reset, unlocked, deactivated; never deleted, and each act is in the ledger."""

import re
from datetime import UTC, datetime

import pytest
from axes.models import AccessAttempt

from kpi_cms.foundation.accounts import domain
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.audit.texts import read
from kpi_cms.foundation.core.errors import Invalid
from tests.factories.snippets import UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return UserFactory(username="dau-moi")


def entry_of(user):
    entry = LedgerEntry.objects.get(subject_type="accounts.User", subject_id=str(user.pk))
    return (
        entry.act,
        entry.at,
        entry.actor_code,
        entry.subject_label,
        read([entry.reason_key]).get(entry.reason_key),
    )


def test_a_new_account_must_change_the_password_it_is_handed(clerk):
    user, password = domain.create_account(
        actor=clerk, moment=MOMENT, username="CB001", display_name="Lê Văn Mới", email="moi@example.vn"
    )
    user.refresh_from_db()
    assert user.check_password(password)
    assert (user.must_change_password, user.is_active, user.is_staff, user.is_superuser) == (
        True,
        True,
        False,
        False,
    )
    assert (str(user), user.get_full_name(), user.get_short_name()) == ("Lê Văn Mới", "Lê Văn Mới", "Mới")
    assert (user.first_name, user.last_name) == ("Mới", "")
    assert entry_of(user) == ("account.created", MOMENT, "dau-moi", "CB001", None)


def test_the_password_stands_nowhere(clerk):
    user, password = domain.create_account(
        actor=clerk, moment=MOMENT, username="CB001", display_name="Lê Văn Mới"
    )
    entry = LedgerEntry.objects.get()
    assert password not in f"{vars(entry)}{vars(user)}"
    assert not ErasableText.objects.exists()


def test_a_first_password_can_be_read_from_paper_and_is_never_the_same():
    passwords = {domain.first_password() for _number in range(200)}
    assert len(passwords) == 200
    assert all(
        re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", password) for password in passwords
    )


def test_a_name_is_given_once(clerk):
    UserFactory(username="CB001")
    with pytest.raises(Invalid) as refusal:
        domain.create_account(actor=clerk, moment=MOMENT, username="CB001", display_name="Người khác")
    assert "CB001" in str(refusal.value)
    assert User.objects.filter(username="CB001").count() == 1
    assert not LedgerEntry.objects.exists()


def test_a_reset_gives_a_new_first_password_and_lifts_the_lockout(clerk, client):
    user = User.objects.create_user("CB001", "mật khẩu đã quên mất")
    for _attempt in range(5):
        client.post("/tai-khoan/dang-nhap/", {"username": "CB001", "password": "sai"})
    password = domain.reset_password(actor=clerk, moment=MOMENT, user=user, reason="Quên mật khẩu")
    user.refresh_from_db()
    assert user.check_password(password)
    assert user.must_change_password
    assert not AccessAttempt.objects.filter(username="CB001").exists()
    assert entry_of(user) == ("account.reset", MOMENT, "dau-moi", "CB001", "Quên mật khẩu")
    assert (
        client.post("/tai-khoan/dang-nhap/", {"username": "CB001", "password": password}).status_code == 302
    )


def test_a_reset_ends_the_sessions_of_the_account(clerk, client):
    user = User.objects.create_user("CB001", "mật khẩu đã lộ ra ngoài")
    client.force_login(user)
    assert client.get("/tai-khoan/mat-khau/").status_code == 200
    domain.reset_password(actor=clerk, moment=MOMENT, user=user, reason="Lộ mật khẩu")
    assert client.get("/tai-khoan/mat-khau/").status_code == 302


def test_unlocking_changes_no_password(clerk):
    user = User.objects.create_user("CB001", "mật khẩu vẫn như cũ")
    domain.unlock(actor=clerk, moment=MOMENT, user=user, reason="Gõ nhầm")
    user.refresh_from_db()
    assert user.check_password("mật khẩu vẫn như cũ")
    assert entry_of(user) == ("account.unlocked", MOMENT, "dau-moi", "CB001", "Gõ nhầm")


def test_a_deactivated_account_stays_in_the_table(clerk):
    user = UserFactory(username="CB001")
    domain.deactivate(actor=clerk, moment=MOMENT, user=user, reason="Chuyển công tác")
    user.refresh_from_db()
    assert (user.is_active, user.deactivated_at) == (False, MOMENT)
    assert entry_of(user) == ("account.deactivated", MOMENT, "dau-moi", "CB001", "Chuyển công tác")


def test_nobody_deactivates_themselves(clerk):
    with pytest.raises(Invalid):
        domain.deactivate(actor=clerk, moment=MOMENT, user=clerk, reason="Nhầm")
    clerk.refresh_from_db()
    assert clerk.is_active
    assert not LedgerEntry.objects.exists()


def test_the_system_account_is_one_and_nobody_can_sign_in_with_it(client):
    system = domain.system_user()
    assert domain.system_user() == system
    assert (system.is_active, system.has_usable_password()) == (False, False)
    client.post("/tai-khoan/dang-nhap/", {"username": system.username, "password": ""})
    assert "_auth_user_id" not in client.session


def test_a_changed_password_names_every_rule_it_breaks():
    user = User.objects.create_user("CB001", "12345678901234")
    with pytest.raises(Invalid) as refusal:
        domain.change_own_password(actor=user, moment=MOMENT, current="12345678901234", new="12345678")
    assert len(refusal.value.problems["new"]) == 2
    with pytest.raises(Invalid) as refusal:
        domain.change_own_password(actor=user, moment=MOMENT, current="sai", new="một câu dài dễ nhớ")
    assert list(refusal.value.problems) == ["current"]


def test_a_bare_account_has_the_name_of_the_account():
    user = User.objects.create_user("CB001")
    assert (str(user), user.get_full_name(), user.get_short_name()) == ("CB001", "CB001", "CB001")
    assert not user.has_usable_password()


def test_an_operator_is_made_for_the_shell_and_holds_no_card():
    operator = User.objects.create_superuser("van-hanh", "một câu dài dễ nhớ")
    assert (operator.is_superuser, operator.is_staff) == (True, True)


# --- Many at once -------------------------------------------------------------------------------------------


def many(clerk, *names):
    wanted = [(name, f"Người {name}", f"{name}@example.vn") for name in names]
    return domain.create_accounts(actor=clerk, moment=MOMENT, wanted=wanted)


def test_many_accounts_get_a_first_password_each_and_one_entry_names_them(clerk):
    made = many(clerk, "CB001", "CB002")
    assert sorted(made) == ["CB001", "CB002"]
    for name, (user, password) in made.items():
        user.refresh_from_db()
        assert (user.username, user.display_name, user.email) == (name, f"Người {name}", f"{name}@example.vn")
        assert user.must_change_password
        assert user.check_password(password)
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.after) == ("account.created", {"usernames": ["CB001", "CB002"]})


def test_no_account_is_no_act(clerk):
    assert many(clerk) == {}
    assert not LedgerEntry.objects.exists()


def test_one_taken_name_makes_none(clerk):
    UserFactory(username="CB002")
    with pytest.raises(Invalid) as refusal:
        many(clerk, "CB001", "CB002")
    assert "CB002" in str(refusal.value)
    assert not User.objects.filter(username="CB001").exists()


def test_a_first_password_is_hashed_cheaply_and_at_full_cost_when_it_is_used(clerk, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    user, password = many(clerk, "CB001")["CB001"]
    cheap = user.password
    assert cheap.startswith("argon2$argon2id$v=19$m=512,t=1,p=1$")
    assert user.check_password(password)
    user.refresh_from_db()
    assert user.password != cheap
    assert not user.password.startswith("argon2$argon2id$v=19$m=512,")
