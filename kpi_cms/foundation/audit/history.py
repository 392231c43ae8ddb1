"""The base of every tracked model: who changed which field, when, from where, and why.

History rows are append-only and outlive people, so they hold no name, comment or reason: those fields are excluded
and their keys into the erasable side table are tracked instead. The actor is an id without a foreign key, because
blanking the author of a deleted account would be an UPDATE of history (traps.md 25, 27).
"""

import uuid
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import DatabaseError, models
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords
from simple_history.signals import pre_create_historical_record

from kpi_cms.foundation.core.actor import Action, current_action
from kpi_cms.foundation.core.errors import NotWritten

from . import texts
from .models import TextKind

M = TypeVar("M", bound=models.Model)


class HistoryRow(models.Model):
    """What every history row says beside the record's own fields."""

    history_request_id = models.UUIDField(_("request"), null=True)
    history_address = models.GenericIPAddressField(_("address"), null=True)
    history_on_behalf_of_id = models.BigIntegerField(_("on behalf of"), null=True)

    class Meta:
        abstract = True


def _actor_id(instance: Any = None, request: Any = None, **kwargs: Any) -> Any:
    action = current_action()
    return action.actor if action is not None else None


def _read_user(row: Any) -> Any:
    if row.history_user_id is None:
        return None
    return get_user_model().objects.filter(pk=row.history_user_id).first()


def _write_user(row: Any, user: Any) -> None:
    row.history_user_id = user.pk if user is not None else None


class _Manager(HistoryManager):
    """The library would make a class of manager and queryset whenever `history` is read, so at each save."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: type[models.QuerySet[Any]]) -> type[HistoryManager]:
        return super().from_queryset(queryset_class)


def tracked(*, excluded: Sequence[str] = (), **options: Any) -> HistoricalRecords:
    """`history = tracked(excluded=[…])`: the one way a model of ours is tracked."""
    return HistoricalRecords(
        bases=[HistoryRow],
        excluded_fields=list(excluded),
        get_user=_actor_id,
        history_user_id_field=models.BigIntegerField(null=True),
        history_user_getter=_read_user,
        history_user_setter=_write_user,
        history_change_reason_field=models.UUIDField(null=True),
        history_manager=_Manager,
        **options,
    )


@receiver(pre_create_historical_record, dispatch_uid="audit.history_origin")
def _write_origin(sender: Any, history_instance: Any, **kwargs: Any) -> None:
    """Stamp a row with the action under way: its moment, request and address."""
    action = current_action()
    if action is None or not hasattr(history_instance, "history_request_id"):
        return
    history_instance.history_date = action.moment
    for name, value in stamp(action).items():
        setattr(history_instance, name, value)


def stamp(action: Action) -> dict[str, Any]:
    """What every row of history written by an action says of it, beside its actor, moment and reason."""
    return {
        "history_request_id": action.origin.request_id,
        "history_address": action.origin.address,
        "history_on_behalf_of_id": action.on_behalf_of.pk if action.on_behalf_of is not None else None,
    }


def save_tracked(
    instance: M,
    *,
    reason: str = "",
    reason_key: uuid.UUID | None = None,
    person_code: str = "",
    update_fields: Iterable[str] | None = None,
) -> M:
    """Save a tracked record with its reason, once: simple-history would repeat it at the next save (traps.md 24).

    Raises NotWritten where the row of a record that was read is not there, or not there for this actor, any more:
    Django would insert it again.
    """
    key = reason_key or texts.keep(TextKind.REASON, reason, person_code=person_code)
    instance._change_reason = key  # type: ignore[attr-defined]  # simple-history's own channel
    try:
        instance.save(update_fields=update_fields, force_update=not instance._state.adding)
    except DatabaseError as error:
        if error.__cause__ is not None:  # what the database itself said
            raise
        raise NotWritten from error
    finally:
        del instance._change_reason  # type: ignore[attr-defined]  # the same channel, emptied
    return instance
