"""What the keys of history and ledger read as: people, accounts, and the kept texts, in three queries."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from snippets.models import Person

from .audit_tables import Written, stored_value


@dataclass
class Names:
    """What keys read as: people by key, accounts by key, kept texts by key."""

    people: dict[int, str] = field(default_factory=dict)
    accounts: dict[int, str] = field(default_factory=dict)
    texts: dict[uuid.UUID, str] = field(default_factory=dict)
    cards: dict[int, int] = field(default_factory=dict)


def names_in(changes: Iterable[Written]) -> Names:
    """Three queries: people, accounts, and every kept text, their names included."""
    people: set[int] = set()
    accounts: set[int] = set()
    kept: set[uuid.UUID | None] = set()
    for written in changes:
        for row in (written.row, written.before):
            if row is None:
                continue
            people.add(row.person_id)
            people.update(stored_value(row, name) for name in written.table.people)
            kept.update(getattr(row, name) for name in written.table.kept)
        kept.add(written.row.history_change_reason)
        accounts.update((written.row.history_user_id, written.row.history_on_behalf_of_id))
    return names_of(people, accounts, kept)


def names_of(
    people: Iterable[int | None], accounts: Iterable[int | None], kept: Iterable[uuid.UUID | None]
) -> Names:
    """What keys read as. An erased name reads as its code, another erased text as an empty one."""
    about = list(
        Person.objects.filter(pk__in={key for key in people if key is not None}).values_list(
            "pk", "staff_code", "name_key"
        )
    )
    acting = list(
        User.objects.filter(pk__in={key for key in accounts if key is not None}).values_list(
            "pk", "username", "display_name", "person__name_key"
        )
    )
    name_keys = {key for _pk, _code, key in about} | {key for _pk, _code, _name, key in acting}
    read = texts.read({*kept, *name_keys})
    return Names(
        people={pk: _named(read.get(key, "") if key else "", code) for pk, code, key in about},
        accounts={
            pk: _named(read.get(key, "") if key else name, username) for pk, username, name, key in acting
        },
        texts=read,
    )


def _named(name: str, code: str) -> str:
    return f"{name} ({code})" if name else code
