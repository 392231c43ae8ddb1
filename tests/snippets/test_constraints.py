"""What the database keeps of the registers whatever writes into them, and the sentence that somebody reads."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models.constraints import BaseConstraint
from django.utils import timezone
from django.utils.translation import override

from snippets.enums import PeriodState
from snippets.models import ParticipatingUnit, Period
from tests.factories.snippets import PeriodFactory, UnitFactory

pytestmark = pytest.mark.django_db

# The projection of the grants is computed: nobody types into it, so nobody reads a sentence about it.
COMPUTED = {"UnitUserObjectPermission"}


def test_every_constraint_says_what_is_wrong_in_words_of_its_own():
    named = [
        constraint
        for model in apps.get_app_config("snippets").get_models()
        if model.__name__ not in COMPUTED
        for constraint in model._meta.constraints
    ]
    silent = [
        constraint.name
        for constraint in named
        if constraint.violation_error_message == BaseConstraint.default_violation_error_message
    ]
    assert silent == []
    with override("vi"):
        untranslated = [
            constraint.name
            for constraint in named
            if str(constraint.violation_error_message) == _english(constraint.violation_error_message)
        ]
    assert untranslated == []


def _english(sentence) -> str:
    with override("en"):
        return str(sentence)


@pytest.mark.parametrize(
    ("state", "closed"),
    [("closed", False), ("draft", True), ("opening", True), ("open", True)],
)
def test_a_closed_period_has_its_moment_and_no_other_has_one(state, closed):
    """Raw SQL, as no function of ours writes it."""
    period = PeriodFactory(units=[UnitFactory()])
    moment = timezone.now() if closed else None
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE snippets_period SET state = %s, closed_at = %s WHERE id = %s", [state, moment, period.pk]
        )
    period.state, period.closed_at = state, moment
    with pytest.raises(ValidationError) as refused:
        period.full_clean()
    assert refused.value.message_dict == {
        "__all__": ["A closed period says when it was closed, and no other does."]
    }


@pytest.mark.parametrize(
    ("column", "other", "by"),
    [
        ("collective_due_at", "self_due_at", 0),
        ("collective_due_at", "evaluation_due_at", 1),
        ("endorsement_due_at", "evaluation_due_at", 0),
    ],
)
def test_deadlines_out_of_their_order_are_refused_whatever_writes_them(column, other, by):
    period = PeriodFactory(units=[UnitFactory()])
    wrong = getattr(period, other) + timedelta(seconds=by)
    with pytest.raises(IntegrityError), transaction.atomic():
        Period.objects.filter(pk=period.pk).update(**{column: wrong})


def test_a_period_that_closes_with_its_moment_is_kept():
    period = PeriodFactory(units=[UnitFactory()])
    Period.objects.update(state=PeriodState.CLOSED, closed_at=timezone.now())
    period.refresh_from_db()
    period.full_clean()
    assert period.state == PeriodState.CLOSED


def test_a_unit_takes_part_in_a_period_once():
    unit = UnitFactory()
    period = PeriodFactory(units=[unit])
    again = ParticipatingUnit(period=period, unit=unit)
    with pytest.raises(ValidationError) as refused:
        again.full_clean()
    assert refused.value.message_dict == {"__all__": ["This unit takes part in the period already."]}
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()
