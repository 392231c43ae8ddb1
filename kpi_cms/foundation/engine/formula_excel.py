"""A formula as Excel writes it, so that an exported card stays a live calculation with the same result.

Excel computes in binary floating point. Both sides of a comparison, and what is rounded, therefore go through
`ROUND(…,9)` first: without it the wrong band appeared in 6 of 200,000 cards, with it in none. Excel's AND and
OR compute all their arguments where ours stop early; a later argument that divides is therefore asked inside an
IF, which does stop.
"""

from collections.abc import Callable
from fractions import Fraction

from kpi_cms.foundation.engine.formula_nodes import (
    CONDITION_FUNCTIONS,
    ROUNDINGS,
    Applies,
    Call,
    FormulaError,
    Name,
    Negation,
    Node,
    Number,
    Operation,
    is_condition,
)
from kpi_cms.foundation.engine.problems import N_

GUARD = 9
MAX_LENGTH = 8000
"""Excel takes 8,192 characters."""

_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def excel(node: Node, cell_of: Callable[[str], str]) -> str:
    """The formula without its "=": names become what `cell_of` gives (a cell, as `B7` or `Sheet!$B$7`). It is asked for
    `applies_name(code)`, too, and gives what is 1 or 0.

    Arguments are parted by commas, decimals have a point: that is what a workbook stores in any language.
    Raises FormulaError when it is too long for Excel.
    """
    text = _write(node, cell_of, 0)
    if len(text) > MAX_LENGTH:
        raise FormulaError(_TOO_LONG, 0, limit=MAX_LENGTH)
    return text


def _write(node: Node, cell_of: Callable[[str], str], strength: int) -> str:
    """`strength`: how tightly the place binds; anything looser is put into brackets."""
    match node:
        case Number():
            return _number(node.value)
        case Name():
            return cell_of(node.code)
        case Applies():
            return cell_of(node.name)
        case Negation():
            return f"(-{_write(node.operand, cell_of, 3)})"
        case Operation():
            return _operation(node, cell_of, strength)
        case _:
            return _call(node, cell_of)


def _number(value: Fraction) -> str:
    """Literals have few digits and are decimals, or hundredths of one."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _operation(node: Operation, cell_of: Callable[[str], str], strength: int) -> str:
    if is_condition(node):
        left, right = (_guarded(side, cell_of) for side in (node.left, node.right))
        return f"{left}{node.operator}{right}"
    own = _STRENGTH[node.operator]
    text = f"{_write(node.left, cell_of, own)}{node.operator}{_write(node.right, cell_of, own + 1)}"
    return f"({text})" if own < strength else text


def _guarded(node: Node, cell_of: Callable[[str], str]) -> str:
    return (
        _write(node, cell_of, 0) if isinstance(node, Number) else f"ROUND({_write(node, cell_of, 0)},{GUARD})"
    )


def _call(node: Call, cell_of: Callable[[str], str]) -> str:
    if node.function in ROUNDINGS:
        return (
            f"{node.function}({_guarded(node.arguments[0], cell_of)},{_write(node.arguments[1], cell_of, 0)})"
        )
    texts = [_write(argument, cell_of, 0) for argument in node.arguments]
    if node.function in CONDITION_FUNCTIONS and any(map(_may_fail, node.arguments[1:])):
        return _one_by_one(node.function, texts)
    return f"{node.function}({','.join(texts)})"


def _one_by_one(function: str, texts: list[str]) -> str:
    written = texts[-1]
    for text in reversed(texts[:-1]):
        written = f"IF({text},{written},FALSE)" if function == "AND" else f"IF({text},TRUE,{written})"
    return written


def _may_fail(node: Node) -> bool:
    match node:
        case Operation():
            return node.operator == "/" or _may_fail(node.left) or _may_fail(node.right)
        case Negation():
            return _may_fail(node.operand)
        case Call():
            return any(map(_may_fail, node.arguments))
        case _:
            return False


_TOO_LONG = N_("The formula is longer in Excel than %(limit)s characters: split it.")
