"""What the page editor would send for a page: the fields of its form, streams flattened as its script does."""

from typing import Any

from wagtail import blocks
from wagtail.models import Page

from criteria_pages.domain.library import LIBRARY


def form_data(page: Page, **changes: Any) -> dict[str, Any]:
    """POST data of the edit form with the page's present values; `changes` are further names and values."""
    form = page.get_edit_handler().get_form_class()(instance=page)
    data: dict[str, Any] = {}
    for formset in form.formsets.values():
        data.update({f"{formset.prefix}-TOTAL_FORMS": "0", f"{formset.prefix}-INITIAL_FORMS": "0"})
    for name in form.fields:
        value = form.initial.get(name, getattr(page, name, None))
        stream = getattr(page, name, None)
        if isinstance(stream, blocks.StreamValue):
            _stream(stream.stream_block, stream, name, data)
        elif isinstance(value, bool):
            data.update({name: "on"} if value else {})
        elif isinstance(value, (list, tuple)):
            data[name] = list(value)
        else:
            data[name] = "" if value is None else str(value)
    data.update(changes)
    return data


def _block(block: blocks.Block, value: Any, prefix: str, data: dict[str, Any]) -> None:
    if isinstance(block, blocks.StreamBlock):
        _stream(block, value, prefix, data)
    elif isinstance(block, blocks.StructBlock):
        for name, child in block.child_blocks.items():
            _block(child, value[name], f"{prefix}-{name}", data)
    elif isinstance(block, blocks.ListBlock):
        items = list(value.bound_blocks)
        data[f"{prefix}-count"] = str(len(items))
        for index, item in enumerate(items):
            _entry(f"{prefix}-{index}", index, "item", item.id, data)
            _block(block.child_block, item.value, f"{prefix}-{index}-value", data)
    elif isinstance(value, bool):
        data.update({prefix: "on"} if value else {})
    elif isinstance(value, (list, tuple)):
        data[prefix] = list(value)
    else:
        data[prefix] = "" if value is None else str(value)


def _stream(block: blocks.StreamBlock, value: Any, prefix: str, data: dict[str, Any]) -> None:
    children = list(value)
    data[f"{prefix}-count"] = str(len(children))
    for index, child in enumerate(children):
        _entry(f"{prefix}-{index}", index, child.block_type, child.id, data)
        _block(child.block, child.value, f"{prefix}-{index}-value", data)


def _entry(prefix: str, order: int, kind: str, key: str | None, data: dict[str, Any]) -> None:
    data.update(
        {
            f"{prefix}-deleted": "",
            f"{prefix}-order": str(order),
            f"{prefix}-type": kind,
            f"{prefix}-id": key or "",
        }
    )


def item_form(name: str, content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """POST data of the form of a library item."""
    data: dict[str, Any] = {"name": name, "reason": ""}
    _stream(LIBRARY, LIBRARY.to_python([content]), "content", data)
    return data | changes
