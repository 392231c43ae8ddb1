"""What authors keep for the next set, and how an item is written. Taking over is `domain.taking`.

An item holds plain values of the blocks of a set, checked as the editor checks them, and not one key: nothing can refer
to it, so changing it or ending its offer changes no draft and no version.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.blocks import StreamValue

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.canonical import json_text
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.text import fold, normal

from .. import rules
from ..blocks.library import SCALES, LibraryBlock
from ..enums import ItemKind
from ..models import CriteriaIndexPage, LibraryItem
from ..models.library import NAME_LENGTH
from .setup import criteria_index

LIBRARY = LibraryBlock()

INCOMPLETE = gettext_lazy("What is to be kept is not complete. Fill in what is missing, then keep it.")

Raw = Mapping[str, Any]
"""A block as plain values, {"type": …, "value": …}."""


@business_verb
def add_item(*, actor: User, moment: datetime, name: str, content: Raw, reason: str = "") -> LibraryItem:
    """Keep something for the next set. Raises Refused, and Invalid with the sentences for `name` and `content`."""
    rules.write(Scope.of(actor)).require()
    return write_item(LibraryItem(), name=name, content=content, retired=False, reason=reason)


@business_verb
def change_item(
    *,
    actor: User,
    moment: datetime,
    item: LibraryItem,
    name: str,
    content: Raw,
    retired: bool,
    reason: str = "",
) -> LibraryItem:
    """Change what is kept, or offer it no longer. What was taken over before keeps its values. Raises as `add_item`."""
    rules.write(Scope.of(actor)).require()
    item = LibraryItem.objects.select_for_update().get(pk=item.pk)
    return write_item(item, name=name, content=content, retired=retired, reason=reason)


def write_item(item: LibraryItem, *, name: str, content: Raw, retired: bool, reason: str) -> LibraryItem:
    """The one place an item is written, new or locked; without a difference nothing is.

    Of two authors who choose one name at once the second waits here, and reads that it is taken.
    """
    CriteriaIndexPage.objects.select_for_update().get(pk=criteria_index().pk)
    name = normal(name)
    plain = checked(content)
    kind = kind_of(plain) if plain is not None else ""
    problems = {
        "content": [] if plain is not None else [str(INCOMPLETE)],
        "name": _problems_of_name(item, kind, name),
    }
    if any(problems.values()):
        raise Invalid(next(found[0] for found in problems.values() if found), problems=problems)
    before = _facts(item) if item.pk is not None else None
    item.kind, item.name, item.content, item.retired = kind, name, plain, retired
    item.search_text = fold(name)[:220]
    after = _facts(item)
    if before == after:
        return item
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(item, reason_key=reason_key)
    ledger.record(
        Act.REGISTER_CHANGED, subject=item, label=name, before=before, after=after, reason_key=reason_key
    )
    return item


def _problems_of_name(item: LibraryItem, kind: str, name: str) -> list[str]:
    if not name:
        return [_("Give it a name by which authors find it.")]
    if len(name) > NAME_LENGTH:
        return [_("The name is longer than %(limit)s characters: shorten it.") % {"limit": NAME_LENGTH}]
    if LibraryItem.objects.filter(kind=kind, name=name).exclude(pk=item.pk).exists():
        return [_("The library has this name already. Choose another one.")]
    return []


def checked(content: Raw) -> Raw | None:
    """The block as plain values without any key; None where the editor would not accept it as complete."""
    if content.get("type") not in LIBRARY.child_blocks:
        return None
    try:
        clean = LIBRARY.clean(LIBRARY.to_python([dict(content)]))
    except (ValidationError, TypeError, ValueError, KeyError, AttributeError):
        return None
    plain = plain_of(clean)
    is_empty = (
        plain["type"] in SCALES and [] in plain["value"].values()
    )  # a list may be left empty in a draft
    return None if is_empty else plain


def plain_of(value: StreamValue) -> Raw:
    """The one block of an item as plain values."""
    (block,) = json.loads(json.dumps(LIBRARY.get_prep_value(value), cls=DjangoJSONEncoder))
    found: Raw = plain_values(block)
    return found


def block_of(item: LibraryItem) -> Any:
    """The block of an item as the editor has it: `block` and `value`."""
    return LIBRARY.to_python([item.content])[0]


def plain_values(raw: Any) -> Any:
    """Stored blocks as values without keys: what a set and the library exchange."""
    if isinstance(raw, list):
        return [plain_values(entry) for entry in raw]
    if not isinstance(raw, Mapping):
        return raw
    if set(raw) == {"type", "value", "id"} and raw["type"] == "item":  # an entry of a list block
        return plain_values(raw["value"])
    return {name: plain_values(value) for name, value in raw.items() if name != "id"}


def kind_of(content: Raw) -> str:
    """What an item with this content is."""
    name = content["type"]
    if name in SCALES:
        return ItemKind.SCALE
    return name if name in ItemKind.values else ItemKind.CRITERION


def _facts(item: LibraryItem) -> dict[str, Any]:
    """What the ledger says of an item; the values themselves stand in its history."""
    content = sha256(json_text(item.content).encode()).hexdigest()
    return {"kind": str(item.kind), "name": item.name, "content": content, "retired": item.retired}
