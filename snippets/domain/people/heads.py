"""A unit has one head at a time, beside whom others act or are seconded: a second one is refused, never chosen between.

The database keeps the part of it that both databases know: one appointment as head without an end
(`snippets_appointment_one_open_head`). Days that overlap are asked here, under the unit's lock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.utils.translation import gettext as _

from kpi_cms.foundation.core.errors import WrongState

from ...enums import PostRole
from ...models import Appointment, Unit

T = TypeVar("T")


def is_only_head(appointment: Appointment) -> bool:
    """A head who neither acts for somebody nor is lent to the unit."""
    return appointment.role == PostRole.HEAD and not (appointment.acting or appointment.seconded)


def require_only_head(appointment: Appointment, unit: Unit) -> None:
    """Raises WrongState with who heads the unit on some of these days; the unit's row is locked by the caller."""
    if not is_only_head(appointment):
        return
    for other in Appointment.objects.only_heads().filter(unit=unit).exclude(pk=appointment.pk).with_names():
        if _overlap(other, appointment):
            raise WrongState(_sentence(other, unit))


def second_heads(
    wanted: Sequence[tuple[T, Appointment]],
    written: Iterable[Appointment],
    units: dict[int, Unit],
    *,
    lock: bool,
) -> Iterable[tuple[T, str]]:
    """Which of these new or corrected appointments would make a second head, each with its sentence.

    `written`: every known appointment that is written together with them, as it will stand. Those of each unit are read
    in one query, its rows locked before where something is to be written.
    """
    heads = [(item, appointment) for item, appointment in wanted if is_only_head(appointment)]
    keys = {appointment.unit_id for _item, appointment in heads}
    if not keys:
        return
    if lock:
        list(Unit.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    changed = {appointment.pk: appointment for appointment in written}
    standing: dict[int, list[Appointment]] = defaultdict(list)
    for known in Appointment.objects.only_heads().filter(unit__in=keys).with_names():
        if known.pk not in changed:
            standing[known.unit_id].append(known)
    corrected = {id(appointment) for _item, appointment in heads}
    for each in changed.values():
        if id(each) not in corrected and is_only_head(each):
            standing[each.unit_id].append(each)
    for item, appointment in heads:
        others = standing[appointment.unit_id]
        other = next((each for each in others if _overlap(each, appointment)), None)
        if other is not None:
            yield item, _sentence(other, units[appointment.unit_id])
        others.append(appointment)


def _overlap(one: Appointment, other: Appointment) -> bool:
    return (one.ends_on is None or one.ends_on >= other.starts_on) and (
        other.ends_on is None or other.ends_on >= one.starts_on
    )


def _sentence(head: Appointment, unit: Unit) -> str:
    values = {
        "name": head.person.full_name,
        "code": head.person.staff_code,
        "unit": unit.name,
        "first": f"{head.starts_on:%d/%m/%Y}",
    }
    if head.ends_on is None:
        return (
            _(
                "%(name)s (%(code)s) heads “%(unit)s” from %(first)s. End that appointment on an earlier day first, or "
                "record this one as acting."
            )
            % values
        )
    return _(
        "%(name)s (%(code)s) heads “%(unit)s” from %(first)s to %(last)s. Choose other days, or record this one as "
        "acting."
    ) % {**values, "last": f"{head.ends_on:%d/%m/%Y}"}
