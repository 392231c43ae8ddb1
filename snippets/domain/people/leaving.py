"""Leaving the service, and what is put right about it: a day that was wrong, somebody who did not leave at all."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState

from ... import rule_table as table
from ...models import Appointment, Person, Unit
from ...rules import may, not_oneself
from .. import grants, projection
from ..announcing import announce_appointments, announce_posts
from .appointments import end_on, facts, settle_unit
from .heads import require_only_head
from .records import locked, record_change

ONE_DAY = timedelta(days=1)


@business_verb
def leave_service(*, actor: User, moment: datetime, person: Person, on: date, reason: str) -> Person:
    """The person leaves: `on` is the first day they no longer serve. Every appointment ends the day before, and every
    grant with them."""
    person = locked(person)
    may(actor, table.LEAVE_SERVICE, person.unit).require()
    if person.left_on is not None:
        raise WrongState(_("%(code)s has left the service already.") % {"code": person.staff_code})
    lasting = list(
        Appointment.objects.select_for_update(of=("self",))
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), person=person)
        .select_related("unit")
    )
    if any(item.starts_on >= on for item in lasting):
        raise WrongState(
            _("An appointment of %(code)s starts after that day. End it first.") % {"code": person.staff_code}
        )
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    for item in lasting:
        end_on(actor, moment, item, on - ONE_DAY, reason_key)
    _end_what_is_held(person, on, moment, reason_key)
    person.left_on = on
    save_tracked(person, reason_key=reason_key, update_fields=["left_on"])
    record_change(person, reason_key, after={"left_on": on.isoformat()})
    announce_posts(people=[person.pk])
    return person


@business_verb
def correct_leaving(*, actor: User, moment: datetime, person: Person, on: date | None, reason: str) -> Person:
    """Put the first day on which somebody no longer serves right, or withdraw that they leave (`on` None).

    Posts that ended with the leaving last again as they did before it, until the day before a new one and as long as
    their units exist. What the person was given by decision or delegation ended with the leaving and is given anew by
    whoever gives it. Nobody does this about themselves. Raises Invalid without a reason, NotFound, Refused, WrongState
    where nobody leaves, where the day is the same, where an appointment begins later, or where somebody else heads the
    unit meanwhile.
    """
    person = locked(person)
    may(actor, table.CORRECT_LEAVING, person.unit).require()
    not_oneself(actor, person, table.CORRECT_LEAVING).require()
    before = person.left_on
    if before is None:
        raise WrongState(_("%(code)s has not left the service.") % {"code": person.staff_code})
    if before == on:
        raise WrongState(
            _("%(code)s leaves the service on %(day)s already.")
            % {"code": person.staff_code, "day": f"{before:%d/%m/%Y}"}
        )
    if not reason.strip():
        sentence = _("Say why: the reason stands in the history of this record.")
        raise Invalid(sentence, problems={"reason": [sentence]})
    posts = Appointment.objects.select_for_update(of=("self",)).select_related("unit", "person")
    if on is not None and posts.filter(person=person, starts_on__gte=on).exists():
        raise WrongState(
            _("An appointment of %(code)s starts after that day. End it first.") % {"code": person.staff_code}
        )
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    last_day = on - ONE_DAY if on is not None else None
    lengthened = []
    for post, former in _ended_by_leaving(person, before):
        closed_on = post.unit.closed_on
        ends = (former, last_day, closed_on - ONE_DAY if closed_on is not None else None)
        ends_on = min((day for day in ends if day is not None), default=None)
        if ends_on is None or ends_on >= before:
            _lengthen(actor, moment, post, ends_on, reason_key)
            lengthened.append(post)
    if last_day is not None:
        for post in posts.filter(person=person, ends_on__gt=last_day):
            end_on(actor, moment, post, last_day, reason_key)
    if on is not None and on < before:
        _end_what_is_held(person, on, moment, reason_key)
    person.left_on = on
    save_tracked(person, reason_key=reason_key, update_fields=["left_on"])
    settle_unit(person, moment, reason_key)
    record_change(
        person,
        reason_key,
        before={"left_on": before.isoformat()},
        after={
            "left_on": on.isoformat() if on is not None else None,
            "appointments": [facts(post) for post in lengthened],
        },
    )
    announce_posts(people=[person.pk])
    return person


def _end_what_is_held(person: Person, on: date, moment: datetime, reason_key: Any) -> None:
    """What the account was given ends on the day before."""
    if person.user_id is not None:
        move = grants.Move(person.user_id, person.unit, None, on - ONE_DAY)
        concerned = grants.follow_moves([move], moment=moment, reason_key=reason_key)
        projection.project_many(concerned, moment=moment)


def _ended_by_leaving(person: Person, left_on: date) -> Iterator[tuple[Appointment, date | None]]:
    """Posts that leaving ended, each with the last day it had before: the act's key stands in the history of both."""
    leaving = set(
        person.history.filter(left_on__isnull=False, history_change_reason__isnull=False).values_list(
            "history_change_reason", flat=True
        )
    )
    ended = Appointment.objects.select_for_update(of=("self",)).select_related("unit", "person")
    for post in ended.filter(person=person, ends_on=left_on - ONE_DAY).order_by("pk"):
        rows = list(post.history.order_by("-history_id"))
        former = next((row for row in rows if row.history_change_reason not in leaving), None)
        if former is not None and former is not rows[0]:
            yield post, former.ends_on


def _lengthen(
    actor: User, moment: datetime, post: Appointment, ends_on: date | None, reason_key: Any
) -> None:
    """The post lasts longer again, with what a head holds by it."""
    post.ends_on = ends_on
    require_only_head(post, Unit.objects.select_for_update().get(pk=post.unit_id))
    save_tracked(post, reason_key=reason_key, update_fields=["ends_on"])
    concerned = grants.unfollow_appointments([post], actor=actor, moment=moment)
    concerned |= grants.follow_appointments([post], actor=actor, moment=moment)
    projection.project_many(concerned, moment=moment)
    announce_appointments(post)
