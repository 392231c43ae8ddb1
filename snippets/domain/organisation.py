"""Units are created, renamed, changed, moved and closed here; each step is in history and ledger."""

from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.many import move_nodes
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.text import fold, normal

from .. import rule_table as table
from ..models import Appointment, Unit
from ..queries import Tree
from ..rules import may, may_create_root
from .announcing import announce_posts
from .grants import follow_tree


def search_text(code: str, name: str) -> str:
    """What a unit is found by: code and name without marks."""
    return fold(f"{code} {name}")[:280]


def locked(unit: Unit) -> Unit:
    """The unit read again under its lock: its path may have changed since the caller read it."""
    fresh: Unit = Unit.objects.select_for_update().get(pk=unit.pk)
    return fresh


def _checked_name(name: str) -> str:
    name = normal(name)
    if not name:
        raise Invalid(_("Give the unit a name."), problems={"name": [_("Give the unit a name.")]})
    return name


def _require_open(unit: Unit, moment: datetime) -> None:
    """It exists today, though a day to come may be known on which it closes."""
    if unit.closed_by(timezone.localdate(moment)):
        raise WrongState(
            _("The unit “%(name)s” was closed on %(day)s and cannot be changed any more.")
            % {"name": unit.name, "day": f"{unit.closed_on:%d/%m/%Y}"}
        )


def _require_lasting(unit: Unit, moment: datetime) -> None:
    """It exists and is not to close: nothing is put below a unit that would leave it behind."""
    _require_open(unit, moment)
    if unit.closed_on is not None:
        raise WrongState(
            _("The unit “%(name)s” closes on %(day)s. Choose one that lasts.")
            % {"name": unit.name, "day": f"{unit.closed_on:%d/%m/%Y}"}
        )


def _require_managing_unit(moment: datetime, unit: Unit | None, managing_unit: Unit | None) -> None:
    """The managing agency must be a unit that exists now, and never the unit itself (Đ10.1a)."""
    if managing_unit is None:
        return
    if unit is not None and managing_unit.pk == unit.pk:
        sentence = _("A unit cannot be its own managing agency. Choose another one.")
        raise Invalid(sentence, problems={"managing_unit": [sentence]})
    if managing_unit.closed_by(timezone.localdate(moment)):
        sentence = _("The managing agency was closed. Choose a unit that exists.")
        raise Invalid(sentence, problems={"managing_unit": [sentence]})


def _one_after_the_other() -> None:
    """Taken before any other lock by whoever changes which unit stands above which: of two changes at the same moment
    that would close a circle together, the second sees the first."""
    list(Unit.objects.select_for_update(no_key=True).filter(depth=1).order_by("pk"))


def _circle() -> str:
    return _(
        "A unit would stand above itself in the end, because what is to be above it is managed by way of it. Choose "
        "another one."
    )


@business_verb
def create_unit(
    *,
    actor: User,
    moment: datetime,
    parent: Unit | None,
    code: str,
    name: str,
    block: str,
    level: str,
    managing_unit: Unit | None = None,
    opened_on: date,
    reason: str = "",
) -> Unit:
    """A new unit as the last one below `parent`.

    The actor keeps units on the parent; only the system account makes a top of the tree. The code is for ever: it is
    compared without regard to case, and no later unit may have it. Raises Invalid, Refused, NotFound.
    """
    code = normal(code).upper()
    name = _checked_name(name)
    if parent is None:
        may_create_root(actor).require()
    else:
        parent = locked(parent)
        may(actor, table.CREATE_UNIT, parent).require()
        _require_lasting(parent, moment)
    if not code or " " in code:
        sentence = _("The code is short and has no spaces.")
        raise Invalid(sentence, problems={"code": [sentence]})
    if Unit.objects.filter(code__iexact=code).exists():
        sentence = _("A unit with the code %(code)s exists already. Choose another code.") % {"code": code}
        raise Invalid(sentence, problems={"code": [sentence]})
    _require_managing_unit(moment, None, managing_unit)
    unit = Unit(
        code=code,
        name=name,
        search_text=search_text(code, name),
        block=block,
        level=level,
        managing_unit=managing_unit,
        opened_on=opened_on,
    )
    reason_key = texts.keep(TextKind.REASON, reason)
    # treebeard saves the instance itself: simple-history finds the reason on it.
    unit._change_reason = reason_key
    if parent is None:
        Unit.add_root(instance=unit)
    else:
        parent.add_child(instance=unit)
    del unit._change_reason
    ledger.record(
        Act.UNIT_CREATED,
        subject=unit,
        label=unit.code,
        unit=unit,
        after={**_facts(unit), "parent": parent.code if parent is not None else None},
        reason_key=reason_key,
    )
    return unit


def _facts(unit: Unit) -> dict[str, Any]:
    return {
        "block": unit.block,
        "level": unit.level,
        "managing_unit": unit.managing_unit.code if unit.managing_unit is not None else None,
        "opened_on": unit.opened_on.isoformat(),
    }


@business_verb
def rename_unit(*, actor: User, moment: datetime, unit: Unit, name: str, reason: str = "") -> Unit:
    """Give the unit another name; cards opened before keep the name they were opened with."""
    unit = locked(unit)
    may(actor, table.RENAME_UNIT, unit).require()
    _require_open(unit, moment)
    before, unit.name = unit.name, _checked_name(name)
    if unit.name == before:
        return unit
    unit.search_text = search_text(unit.code, unit.name)
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(unit, reason_key=reason_key, update_fields=["name", "search_text"])
    ledger.record(
        Act.UNIT_RENAMED,
        subject=unit,
        label=unit.code,
        unit=unit,
        before={"name": before},
        after={"name": unit.name},
        reason_key=reason_key,
    )
    return unit


@business_verb
def change_unit(
    *,
    actor: User,
    moment: datetime,
    unit: Unit,
    block: str,
    level: str,
    managing_unit: Unit | None,
    reason: str = "",
) -> Unit:
    """Set block, level and managing agency: the facts that decide who evaluates whom, on open cards too.

    Raises Invalid, Refused, NotFound, WrongState.
    """
    _one_after_the_other()
    unit = locked(unit)
    may(actor, table.CHANGE_UNIT, unit).require()
    _require_open(unit, moment)
    _require_managing_unit(moment, unit, managing_unit)
    before = _facts(unit)
    unit.block, unit.level, unit.managing_unit = block, level, managing_unit
    after = _facts(unit)
    if before == after:
        return unit
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(unit, reason_key=reason_key, update_fields=["block", "level", "managing_unit"])
    if Tree().in_circles(unit.path):
        raise Invalid(_circle(), problems={"managing_unit": [_circle()]})
    ledger.record(
        Act.UNIT_CHANGED,
        subject=unit,
        label=unit.code,
        unit=unit,
        before=before,
        after=after,
        reason_key=reason_key,
    )
    announce_posts(units=Unit.objects.filter(path__startswith=unit.path).values_list("pk", flat=True))
    return unit


@business_verb
def move_unit(*, actor: User, moment: datetime, unit: Unit, new_parent: Unit, reason: str) -> Unit:
    """Put the unit, with everything below it, below another unit.

    The actor keeps units at both ends. What people hold moves with the paths at once, because every request reads
    them afresh. Each node that moved gets a history row: the tree library writes none. Raises WrongState for a move
    below itself.
    """
    _one_after_the_other()
    new_parent = locked(new_parent)
    moving = list(Unit.objects.select_for_update().filter(path__startswith=locked(unit).path))
    unit = moving[0]
    may(actor, table.MOVE_UNIT, unit).require()
    may(actor, table.MOVE_UNIT, new_parent).require()
    _require_lasting(new_parent, moment)
    if new_parent.path.startswith(unit.path):
        raise WrongState(
            _("“%(name)s” cannot move below itself or below a unit of its own. Choose a unit outside it.")
            % {"name": unit.name}
        )
    old_parent = unit.get_parent()
    if old_parent is not None and old_parent.pk == new_parent.pk:
        return unit
    reason_key = texts.keep(TextKind.REASON, reason)
    moved = move_nodes(unit, new_parent, moving, reason_key=reason_key)
    if Tree().in_circles(moved[0].path):
        raise WrongState(_circle())
    follow_tree([node.pk for node in moved], moment=moment)
    ledger.record(
        Act.UNIT_MOVED,
        subject=unit,
        label=unit.code,
        unit=unit,
        before={"parent": old_parent.code if old_parent is not None else None},
        after={"parent": new_parent.code, "units_moved": len(moved)},
        reason_key=reason_key,
    )
    announce_posts(units=[node.pk for node in moved])
    return moved[0]


@business_verb
def close_unit(
    *, actor: User, moment: datetime, unit: Unit, on: date, successor: Unit | None = None, reason: str
) -> Unit:
    """Close the unit: `on` is the first day on which it no longer exists.

    Its people and the units below it go first, so nobody is left without a unit. It is never deleted: with a
    successor it moves below it, so that whoever holds a capability there reaches the old cards.
    """
    _one_after_the_other()
    unit = locked(unit)
    may(actor, table.CLOSE_UNIT, unit).require()
    if unit.closed_on is not None:
        raise WrongState(
            _("“%(name)s” is registered as closed on %(day)s already.")
            % {"name": unit.name, "day": f"{unit.closed_on:%d/%m/%Y}"}
        )
    if on <= unit.opened_on:
        sentence = _("A unit closes after the day it was opened (%(day)s).") % {
            "day": f"{unit.opened_on:%d/%m/%Y}"
        }
        raise Invalid(sentence, problems={"on": [sentence]})
    below = (
        Unit.objects.filter(path__startswith=unit.path, closed_on__isnull=True).exclude(pk=unit.pk).count()
    )
    if below:
        raise WrongState(
            ngettext(
                "%(count)d unit below “%(name)s” still exists. Move or close it first.",
                "%(count)d units below “%(name)s” still exist. Move or close them first.",
                below,
            )
            % {"count": below, "name": unit.name}
        )
    staying = Appointment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on), unit=unit).count()
    if staying:
        raise WrongState(
            ngettext(
                "%(count)d appointment in “%(name)s” lasts beyond that day. End it or transfer the person first.",
                "%(count)d appointments in “%(name)s” last beyond that day. End them or transfer the people first.",
                staying,
            )
            % {"count": staying, "name": unit.name}
        )
    reason_key = texts.keep(TextKind.REASON, reason)
    if successor is not None:
        successor = locked(successor)
        _require_lasting(successor, moment)
        if successor.path.startswith(unit.path):
            raise WrongState(
                _("The successor cannot be the unit itself or lie below it. Choose another unit.")
            )
        unit = move_unit(actor=actor, moment=moment, unit=unit, new_parent=successor, reason=reason)
    unit.closed_on, unit.successor = on, successor
    save_tracked(unit, reason_key=reason_key, update_fields=["closed_on", "successor"])
    ledger.record(
        Act.UNIT_CLOSED,
        subject=unit,
        label=unit.code,
        unit=unit,
        after={"closed_on": on.isoformat(), "successor": successor.code if successor is not None else None},
        reason_key=reason_key,
    )
    return unit
