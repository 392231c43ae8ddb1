"""Formulas over the codes of a criteria set, with the names officials know from Excel.

    formula    = sum [("=" | "<>" | "<" | "<=" | ">" | ">=") sum]
    sum        = product {("+" | "-") product}
    product    = unary {("*" | "/") unary}
    unary      = "-" unary | number ["%"] | name | "[" any code "]" | function "(" arguments ")" | "(" formula ")"
               | "APPLIES" "(" (name | "[" any code "]") ")"
    arguments  = formula {("," | ";") formula}

Exact, bounded in length, nesting, number of parts and size of every number, and closed: a formula is read into
the six node types of `formula_nodes.py` and nothing else; there is no way from it to Python, the file system
or the clock. Every error carries the position of the character it is about (0 is the first). Functions: SUM MIN
MAX AVERAGE ROUND ROUNDUP ROUNDDOWN IF AND OR, in any case, and APPLIES: 1 where what has a code applies on the card,
else 0, which `value_of` is asked by `applies_name(code)`. A condition (a gate's) is a formula that is true or
false. `formula_excel.py` writes a formula as Excel's own, `formula_graph.py` puts formulas into order.
"""

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor

from kpi_cms.foundation.engine.formula_nodes import (
    FUNCTIONS,
    ROUNDINGS,
    Applies,
    Call,
    FormulaError,
    LinearForm,
    Name,
    Negation,
    Node,
    Number,
    Operation,
    applies_name,
    asked,
    linear,
    names,
)
from kpi_cms.foundation.engine.formula_parser import (
    MAX_DIGITS,
    MAX_LENGTH,
    MAX_NESTING,
    MAX_NODES,
    MAX_PLACES,
    check_separators,
    parse,
    parse_condition,
)
from kpi_cms.foundation.engine.problems import N_

MAX_BITS = 8192
"""Size of a numerator or denominator: formulas that feed one another would double it each time."""

__all__ = [
    "FUNCTIONS",
    "MAX_BITS",
    "MAX_DIGITS",
    "MAX_LENGTH",
    "MAX_NESTING",
    "MAX_NODES",
    "MAX_PLACES",
    "Applies",
    "Call",
    "FormulaError",
    "LinearForm",
    "Name",
    "Negation",
    "Node",
    "Number",
    "Operation",
    "applies_name",
    "asked",
    "check_separators",
    "evaluate",
    "holds",
    "linear",
    "names",
    "parse",
    "parse_condition",
]

_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ROUND: Mapping[str, Callable[[Fraction], int]] = {
    "ROUND": lambda size: floor(size + Fraction(1, 2)),
    "ROUNDUP": ceil,
    "ROUNDDOWN": floor,
}


def evaluate(node: Node, value_of: Callable[[str], Fraction]) -> Fraction:
    """The exact value of a formula. Only what is needed is computed: IF leaves the other branch alone.

    Raises FormulaError for a division by zero or a number past `MAX_BITS`, and whatever `value_of` raises.
    """
    match node:
        case Number():
            return node.value
        case Name():
            return value_of(node.code)
        case Applies():
            return value_of(node.name)
        case Negation():
            return -evaluate(node.operand, value_of)
        case Operation():
            return _bounded(_operation(node, value_of), node.position)
        case _:
            return _bounded(_call(node, value_of), node.position)


def _bounded(value: Fraction, position: int) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise FormulaError(_TOO_BIG, position)
    return value


def _operation(node: Operation, value_of: Callable[[str], Fraction]) -> Fraction:
    left, right = evaluate(node.left, value_of), evaluate(node.right, value_of)
    if node.operator == "+":
        return left + right
    if node.operator == "-":
        return left - right
    if node.operator == "*":
        return left * right
    if not right:
        raise FormulaError(_DIVISION_BY_ZERO, node.position)
    return left / right


def holds(node: Node, value_of: Callable[[str], Fraction]) -> bool:
    """Whether a condition of a formula is true."""
    if isinstance(node, Operation):
        return _COMPARE[node.operator](evaluate(node.left, value_of), evaluate(node.right, value_of))
    assert isinstance(node, Call)  # the parser lets nothing else stand where a condition is needed
    answers = (holds(argument, value_of) for argument in node.arguments)
    return all(answers) if node.function == "AND" else any(answers)


def _call(node: Call, value_of: Callable[[str], Fraction]) -> Fraction:
    if node.function == "IF":
        condition, then, otherwise = node.arguments
        return evaluate(then if holds(condition, value_of) else otherwise, value_of)
    values = [evaluate(argument, value_of) for argument in node.arguments]
    if node.function in ROUNDINGS:
        scale = 10 ** int(values[1])
        size = Fraction(_ROUND[node.function](abs(values[0]) * scale), scale)
        return -size if values[0] < 0 else size
    if node.function == "MIN":
        return min(values)
    if node.function == "MAX":
        return max(values)
    total = sum(values, Fraction(0))
    return total / len(values) if node.function == "AVERAGE" else total


_DIVISION_BY_ZERO = N_("The division at character %(position)s is by zero: guard it with IF.")
_TOO_BIG = N_("The number computed at character %(position)s is too large: make the formula simpler.")
