"""The nodes a formula is read into, and what can be said of them without computing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
CONDITION_FUNCTIONS = frozenset({"AND", "OR"})
ROUNDINGS = frozenset({"ROUND", "ROUNDUP", "ROUNDDOWN"})
FUNCTIONS = CONDITION_FUNCTIONS | ROUNDINGS | {"SUM", "MIN", "MAX", "AVERAGE", "IF"}
APPLIES = "APPLIES"
"""A function only before a bracket: a set that was frozen with a code of this name reads it as ever."""


class FormulaError(ValueError):
    """The formula cannot be read or computed. `template` % `params` says why, `position` where."""

    def __init__(self, template: str, position: int, **params: object) -> None:
        self.template = template
        self.position = position
        self.params: dict[str, object] = {**params, "position": position + 1}
        super().__init__(template % self.params)


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: Fraction
    position: int


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a criterion, section or part, by its code."""

    code: str
    position: int


@dataclass(frozen=True, slots=True)
class Applies:
    """1 where what has a code applies on the card, 0 where it does not. `name` is what its value is asked by."""

    code: str
    position: int

    @property
    def name(self) -> str:
        return applies_name(self.code)


@dataclass(frozen=True, slots=True)
class Negation:
    """Minus an operand."""

    operand: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands joined by + - * / or a comparison; `position` is the operator's."""

    operator: str
    left: "Node"
    right: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: "tuple[Node, ...]"
    position: int


Node = Number | Name | Applies | Negation | Operation | Call


@dataclass(frozen=True)
class LinearForm:
    """constant + Σ coefficient × name: what most formulas are, and what is computed fastest."""

    constant: Fraction
    coefficients: Mapping[str, Fraction]

    def plus(self, other: "LinearForm", factor: Fraction = Fraction(1)) -> "LinearForm":
        merged = dict(self.coefficients)
        for code, coefficient in other.coefficients.items():
            merged[code] = merged.get(code, Fraction(0)) + coefficient * factor
        return LinearForm(self.constant + other.constant * factor, merged)

    def times(self, factor: Fraction) -> "LinearForm":
        return LinearForm(Fraction(0), {}).plus(self, factor)


def applies_name(code: str) -> str:
    """Under which name a formula asks whether what has a code applies. No code has brackets."""
    return f"{APPLIES}([{code}])"


def names(node: Node) -> Iterator[Name]:
    """Every name in a formula, from left to right; those whether which applies is asked, too."""
    for leaf in _coded(node):
        yield leaf if isinstance(leaf, Name) else Name(leaf.code, leaf.position)


def asked(node: Node) -> Iterator[str]:
    """What a formula asks the value of, from left to right: codes, and `applies_name` of them."""
    for leaf in _coded(node):
        yield leaf.code if isinstance(leaf, Name) else leaf.name


def _coded(node: Node) -> Iterator[Name | Applies]:
    """The nodes that have a code, from left to right."""
    match node:
        case Name() | Applies():
            yield node
        case Negation():
            yield from _coded(node.operand)
        case Operation():
            yield from _coded(node.left)
            yield from _coded(node.right)
        case Call():
            for argument in node.arguments:
                yield from _coded(argument)


def linear(node: Node) -> LinearForm | None:
    """The formula as a sum of multiples of its names, or None when it is not one."""
    match node:
        case Number():
            return LinearForm(node.value, {})
        case Name():
            return LinearForm(Fraction(0), {node.code: Fraction(1)})
        case Negation():
            form = linear(node.operand)
            return None if form is None else form.times(Fraction(-1))
        case Operation():
            return _linear_operation(node)
        case Call():
            return _linear_call(node)
        case _:
            return None


def _linear_operation(node: Operation) -> LinearForm | None:
    left, right = linear(node.left), linear(node.right)
    if left is None or right is None:
        return None
    if node.operator in ("+", "-"):
        return left.plus(right, Fraction(1 if node.operator == "+" else -1))
    if node.operator == "*" and not left.coefficients:
        return right.times(left.constant)
    if right.coefficients:
        return None
    return left.times(right.constant if node.operator == "*" else 1 / right.constant)


def _linear_call(node: Call) -> LinearForm | None:
    if node.function not in ("SUM", "AVERAGE"):
        return None
    total = LinearForm(Fraction(0), {})
    for argument in node.arguments:
        form = linear(argument)
        if form is None:
            return None
        total = total.plus(form)
    return total.times(Fraction(1, len(node.arguments))) if node.function == "AVERAGE" else total


def is_condition(node: Node) -> bool:
    """Whether a node is true or false, not a number."""
    if isinstance(node, Operation):
        return node.operator in COMPARISONS
    return isinstance(node, Call) and node.function in CONDITION_FUNCTIONS
