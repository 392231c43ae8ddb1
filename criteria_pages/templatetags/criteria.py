"""What the block picker of the editor shows of a scoring kind."""

from typing import Any

from django import template

from ..domain import handbook

register = template.Library()


@register.simple_tag
def criterion_entry(bound_block: Any) -> handbook.CriterionEntry:
    """A criterion's block as the handbook reads it."""
    block = bound_block.block
    return handbook.criterion_of(block.name, {**dict.fromkeys(block.child_blocks), **bound_block.value})
