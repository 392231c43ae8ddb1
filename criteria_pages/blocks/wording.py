"""A block's value in words, for a page that only shows it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from wagtail import blocks

from kpi_cms.foundation.core.numbers import format_quantity


def lines_of(block: blocks.Block, value: Any) -> Iterator[tuple[str, str]]:
    """(Label, words) of each field that says something, in the order of the block."""
    if not isinstance(block, blocks.StructBlock):
        yield str(block.label), words_of(block, value)
        return
    for name, child in block.child_blocks.items():
        words = words_of(child, value.get(name))
        if words:
            yield str(child.label), words


def words_of(block: blocks.Block, value: Any) -> str:
    """The value of any block; entries of a list stand one a line. "" for nothing."""
    if isinstance(block, blocks.StructBlock):
        said = (words_of(child, value.get(name)) for name, child in block.child_blocks.items())
        return " · ".join(words for words in said if words)
    if isinstance(block, blocks.StreamBlock):
        return "\n".join(words_of(child.block, child.value) for child in value or ())
    if isinstance(block, blocks.ListBlock):
        return "\n".join(words_of(block.child_block, entry) for entry in value or ())
    if isinstance(block, blocks.ChoiceBlock | blocks.MultipleChoiceBlock):
        chosen = value if isinstance(value, list) else [value]
        labels = dict(block.field.choices)
        return ", ".join(str(labels.get(one, one)) for one in chosen if one)
    return str(block.label) if value is True else _plain(value)


def _plain(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal | int):
        return format_quantity(value, language=get_language() or "vi")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value).strip()
