"""One seam through which everything acts: who, when, from where, in one transaction."""

import uuid
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from kpi_cms.foundation.core.actor import (
    Origin,
    as_actor,
    business_verb,
    coming_from,
    current_action,
    database_now,
)
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.core.models import Job
from tests.factories.snippets import UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@business_verb
def make_job(*, actor, moment, key, fail=False):
    """A verb that writes one row, and may be refused after it wrote."""
    made = Job.objects.create(name="x", key=key, actor_id=actor.pk, created_at=moment)
    if fail:
        raise Refused("You may not do this.")
    return made, current_action()


def test_a_verb_knows_who_acts_when_and_from_where():
    user = UserFactory()
    origin = Origin(request_id=uuid.uuid4(), address="10.1.2.3")
    with coming_from(origin):
        _made, action = make_job(actor=user, moment=MOMENT, key="a")
    assert (action.actor, action.moment, action.origin) == (user, MOMENT, origin)
    assert current_action() is None


def test_a_verb_without_a_request_has_an_origin_of_its_own():
    _made, one = make_job(actor=UserFactory(), moment=MOMENT, key="a")
    _made, other = make_job(actor=UserFactory(), moment=MOMENT, key="b")
    assert one.origin.address is None
    assert one.origin.request_id != other.origin.request_id


def test_a_refused_verb_leaves_nothing_and_nobody_acting():
    with pytest.raises(Refused):
        make_job(actor=UserFactory(), moment=MOMENT, key="a", fail=True)
    assert not Job.objects.exists()
    assert current_action() is None


def test_a_verb_inside_a_verb_joins_its_transaction():
    user = UserFactory()

    @business_verb
    def both(*, actor, moment):
        make_job(actor=actor, moment=moment, key="inner")
        raise WrongState("Too late.")

    with pytest.raises(WrongState):
        both(actor=user, moment=MOMENT)
    assert not Job.objects.exists()


def test_the_outer_actor_acts_again_after_an_inner_one():
    outer, inner = UserFactory(), UserFactory()
    with as_actor(outer, MOMENT):
        with as_actor(inner, MOMENT):
            assert current_action().actor == inner
        assert current_action().actor == outer


@pytest.mark.postgresql
def test_postgresql_hears_the_actor_until_the_transaction_ends():
    user = UserFactory()
    with as_actor(user, MOMENT) as action, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('kpi.actor'), current_setting('kpi.request')")
        assert cursor.fetchone() == (str(user.pk), str(action.origin.request_id))


@pytest.mark.postgresql
def test_postgresql_forgets_the_actor_with_the_transaction(scratch_database):
    with as_actor(UserFactory(), MOMENT):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('kpi.actor', true)")
        assert cursor.fetchone()[0] in (None, "")


def test_the_database_tells_the_time_with_its_zone(monkeypatch):
    before = timezone.now()
    now = database_now()
    assert now.tzinfo is not None
    assert abs((now - before).total_seconds()) < 60


@pytest.mark.postgresql
def test_the_web_servers_own_clock_is_not_read(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2001, 1, 1, tzinfo=UTC))
    assert database_now().year > 2020


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("Ask your head."), 403),
        (NotFound("Gone."), 404),
        (WrongState("Already sent."), 409),
        (Stale("Somebody saved.", mine={"a": "1"}, theirs={"a": "2"}), 409),
        (Invalid("Too long.", problems={"title": ["Shorten it."]}), 422),
    ],
)
def test_every_refusal_has_its_status_and_its_sentence(error, status):
    assert isinstance(error, DomainError)
    assert error.status == status
    assert str(error) == error.sentence


def test_missing_has_one_sentence_for_everything():
    assert str(NotFound()) == str(NotFound())
    assert str(NotFound())


def test_a_stale_save_keeps_both_values():
    error = Stale("Somebody saved.", mine={"II.4": "4,5"}, theirs={"II.4": "5"})
    assert (error.mine, error.theirs) == ({"II.4": "4,5"}, {"II.4": "5"})


def test_a_wrong_input_keeps_each_fields_sentences():
    assert Invalid("Wrong.", problems={"title": ("a", "b")}).problems == {"title": ["a", "b"]}
    assert Invalid("Wrong.").problems == {}


def test_the_account_is_the_custom_one():
    assert get_user_model()._meta.label == "accounts.User"
