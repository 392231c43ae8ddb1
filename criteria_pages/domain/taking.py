"""“Take from the library” and “Keep in the library”: values are copied between a working copy and the library.

What is taken over gets keys of its own, and the draft says nothing of where it comes from; what is kept has no keys.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.blocks import StreamValue
from wagtail.models import Page, Revision

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale

from .. import rules
from ..blocks.library import SCALES, ChoiceScaleBlock, LevelScaleBlock
from ..blocks.shared import CODE_LENGTH
from ..enums import ItemKind
from ..models import CriteriaSetPage, LibraryItem
from .keeping import page_to_change
from .library import Raw, plain_values, write_item
from .publishing import latest_draft
from .specification import specification_of

_FIELDS = {
    "level_scale": tuple(LevelScaleBlock.base_blocks),
    "choice_scale": tuple(ChoiceScaleBlock.base_blocks),
}

Node = dict[str, Any]


class Place(NamedTuple):
    """A place of a draft: what sends it back, and what its author reads."""

    key: str
    label: str


def stamp_of(page: Page) -> str:
    """The last saved draft as one word; not its number, since autosave writes a revision over in place."""
    content = Revision.objects.filter(pk=page.latest_revision_id).values_list("content", flat=True).first()
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# --- From the library into a draft --------------------------------------------------------------------------
def places_for(draft: CriteriaSetPage, item: LibraryItem) -> list[Place] | None:
    """Where a draft may take an item over, in its order; None for what belongs to the set as a whole."""
    parts = _raw(draft.parts)
    if item.kind == ItemKind.CRITERION:
        return [Place(section["id"], _label(section)) for section in _sections(parts)]
    if item.kind == ItemKind.SCALE:
        wanted = SCALES[item.content["type"]]
        return [Place(one["id"], _label(one)) for one in _criteria(parts) if one["type"] == wanted]
    return None


@business_verb
def take_item(
    *, actor: User, moment: datetime, page_id: int, item_id: int, into: str, code: str, shown: str
) -> LibraryItem:
    """Copy an item into the draft: a criterion into the section `into` under `code`, a scale into the criterion `into`,
    bands in place of the set's, a document behind the others.

    Writes one revision, in the actor's name. `shown` is the `stamp_of` the draft that its author looked at: another one
    is Stale. Raises Refused, NotFound, WrongState while the page is locked for the actor, and Invalid with the sentence
    for `into`, `code` or `item`.
    """
    rules.write(Scope.of(actor)).require()
    page = page_to_change(
        actor,
        page_id,
        gettext_lazy("“%(title)s” is locked. Ask whoever locked it before you take something over."),
    )
    item = LibraryItem.objects.filter(pk=item_id, retired=False).first()
    if item is None:
        raise NotFound
    _require_shown(page, shown)
    draft = latest_draft(page)
    _COPY[item.kind](draft, deepcopy(item.content), into, code.strip())
    draft.save_revision(user=actor, clean=False)
    return item


def _require_shown(page: Page, shown: str) -> None:
    present = stamp_of(page)
    if shown != present:
        raise Stale(
            _(
                "Somebody saved this criteria set after you looked at it. Nothing was copied: look at it again."
            ),
            mine={_("Digest"): shown},
            theirs={_("Digest"): present},
        )


def _copy_criterion(draft: CriteriaSetPage, content: Node, into: str, code: str) -> None:
    parts = _raw(draft.parts)
    section = _found(_sections(parts), into, _("Choose the section that takes the criterion."))
    _require_free(draft, code)
    section["value"]["criteria"] = [
        *(section["value"].get("criteria") or ()),
        {"type": content["type"], "value": content["value"] | {"code": code}, "id": _new_key()},
    ]
    draft.parts = parts


def _require_free(draft: CriteriaSetPage, code: str) -> None:
    """Parts, sections, criteria and facts share one list of codes, because formulas name them."""
    if not code:
        sentence = _("Give the criterion a code: formulas name it by that.")
    elif len(code) > CODE_LENGTH:
        sentence = _("The code is longer than %(limit)s characters: shorten it.") % {"limit": CODE_LENGTH}
    elif code in _codes(specification_of(draft)):
        sentence = _("The set has the code “%(code)s” already: give the criterion another one.") % {
            "code": code
        }
    else:
        return
    raise _wrong("code", sentence)


def _codes(specification: Node) -> set[str]:
    sections = specification["sections"]
    named = [*specification["parts"], *sections, *specification.get("facts", ())]
    return {node["code"] for node in (*named, *(one for each in sections for one in each["criteria"]))}


def _copy_scale(draft: CriteriaSetPage, content: Node, into: str, code: str) -> None:
    parts = _raw(draft.parts)
    fitting = (one for one in _criteria(parts) if one["type"] == SCALES[content["type"]])
    criterion = _found(fitting, into, _("Choose the criterion that takes the scale."))
    criterion["value"] |= content["value"]
    draft.parts = parts


def _copy_bands(draft: CriteriaSetPage, content: Node, into: str, code: str) -> None:
    draft.bands = [band | {"id": _new_key()} for band in content["value"]]


def _copy_document(draft: CriteriaSetPage, content: Node, into: str, code: str) -> None:
    present = _raw(draft.legal_basis)
    number = content["value"]["number"]
    if any((document["value"].get("number") or "").strip() == number for document in present):
        raise _wrong(
            "item", _("The set rests on %(number)s already: nothing was added.") % {"number": number}
        )
    draft.legal_basis = [*present, content | {"id": _new_key()}]


_COPY: Mapping[str, Callable[[CriteriaSetPage, Node, str, str], None]] = {
    ItemKind.CRITERION: _copy_criterion,
    ItemKind.SCALE: _copy_scale,
    ItemKind.BANDS: _copy_bands,
    ItemKind.DOCUMENT: _copy_document,
}


# --- From a draft into the library --------------------------------------------------------------------------
def sources_of(draft: CriteriaSetPage) -> dict[ItemKind, list[Place]]:
    """What of a draft can be kept, by kind; kinds of which it has nothing are left out."""
    parts = _raw(draft.parts)
    kinds = set(SCALES.values())
    found = {
        ItemKind.CRITERION: [_place(ItemKind.CRITERION, one, _label(one)) for one in _criteria(parts)],
        ItemKind.SCALE: [
            _place(ItemKind.SCALE, one, _label(one)) for one in _criteria(parts) if one["type"] in kinds
        ],
        ItemKind.BANDS: [Place(ItemKind.BANDS.value, _("The bands of the set"))] if draft.bands else [],
        ItemKind.DOCUMENT: [
            _place(ItemKind.DOCUMENT, one, one["value"].get("number") or "–")
            for one in _raw(draft.legal_basis)
        ],
    }
    return {kind: places for kind, places in found.items() if places}


@business_verb
def keep_in_library(
    *, actor: User, moment: datetime, page_id: int, source: str, name: str, shown: str
) -> LibraryItem:
    """Keep what `sources_of` the draft names, as a new item. The draft stays as it is, locked or not.

    Raises Refused, NotFound, Stale as `take_item` does, and Invalid with the sentence for `source` or `name`.
    """
    rules.write(Scope.of(actor)).require()
    page = CriteriaSetPage.objects.filter(pk=page_id).first()
    if page is None:
        raise NotFound
    _require_shown(page, shown)
    content = _content(latest_draft(page), source)
    if content is None:
        raise _wrong("source", _("Choose what to keep in the library."))
    try:
        return write_item(LibraryItem(), name=name, content=content, retired=False, reason="")
    except Invalid as error:
        problems = {"source" if at == "content" else at: found for at, found in error.problems.items()}
        raise Invalid(error.sentence, problems=problems) from error


def _content(draft: CriteriaSetPage, source: str) -> Raw | None:
    """The block that a source names, as plain values; None where the draft has no such thing."""
    kind, _colon, key = source.partition(":")
    if kind == ItemKind.BANDS:
        return {"type": "bands", "value": plain_values(_raw(draft.bands))} if draft.bands else None
    blocks = _raw(draft.legal_basis) if kind == ItemKind.DOCUMENT else _criteria(_raw(draft.parts))
    block = next((one for one in blocks if one["id"] == key), None)
    if block is None or kind not in ItemKind.values:
        return None
    plain: Raw = plain_values(block)
    if kind != ItemKind.SCALE:
        return plain
    scale = next((name for name, of in SCALES.items() if of == plain["type"]), None)
    if scale is None:
        return None
    return {"type": scale, "value": {name: plain["value"].get(name) for name in _FIELDS[scale]}}


# --- Blocks as they are stored ------------------------------------------------------------------------------
def _raw(stream: StreamValue) -> list[Node]:
    """A stream of a draft as its revision holds it, to be changed freely."""
    found: list[Node] = json.loads(json.dumps(stream.get_prep_value(), cls=DjangoJSONEncoder))
    return found


def _sections(parts: Iterable[Node]) -> Iterator[Node]:
    for part in parts:
        yield from part["value"].get("sections") or ()


def _criteria(parts: Iterable[Node]) -> Iterator[Node]:
    for section in _sections(parts):
        yield from section["value"].get("criteria") or ()


def _label(block: Node) -> str:
    """A section or criterion by its code and the beginning of its wording."""
    value = block["value"]
    words = " · ".join(text for text in (value.get("code"), value.get("label")) if text)
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"


SHOWN = 100
"""Characters of a wording in a list of choices."""


def _place(kind: ItemKind, block: Node, label: str) -> Place:
    return Place(f"{kind}:{block['id']}", label)


def _found(blocks: Iterable[Node], key: str, sentence: str) -> Node:
    block = next((one for one in blocks if one["id"] == key), None)
    if block is None:
        raise _wrong("into", sentence)
    return block


def _new_key() -> str:
    return str(uuid4())


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, problems={field: [sentence]})
