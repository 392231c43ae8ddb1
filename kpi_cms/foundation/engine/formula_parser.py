"""Reading a formula: tokens, then recursive descent over the grammar in `formulas.py`."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from kpi_cms.foundation.engine.formula_nodes import (
    APPLIES,
    COMPARISONS,
    CONDITION_FUNCTIONS,
    FUNCTIONS,
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
    linear,
)
from kpi_cms.foundation.engine.problems import N_

MAX_LENGTH = 1000
MAX_NESTING = 30
MAX_NODES = 300
MAX_PLACES = 9
MAX_DIGITS = 15


def parse(text: str) -> Node:
    """The tree of a formula that gives a number. Raises FormulaError."""
    return _parser(text).whole()


def parse_condition(text: str) -> Node:
    """The tree of a formula that is true or false. Raises FormulaError."""
    return _parser(text).whole_condition()


def check_separators(text: str) -> None:
    """Refuse what can be read and was hardly meant: in `MIN(a; 0,5)` the comma ends a value, so it has three.

    For whoever writes a formula now. `parse` does not ask: what was frozen is computed as it was. Raises FormulaError;
    a text that is no formula has no separators.
    """
    try:
        tokens = list(_tokens(unicodedata.normalize("NFC", text)))
    except FormulaError:
        return
    for before, sign, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        written = f"{before.text},{after.text}"
        if (
            (before.kind, sign.kind, after.kind) == ("number", ",", "number")
            and after.position + len(after.text) - before.position == len(written)  # no space in between
        ):
            raise FormulaError(_TWO_READINGS, sign.position, found=written)
    comma = next((token for token in tokens if token.kind == ","), None)
    if comma is not None and any(token.kind == ";" for token in tokens):
        raise FormulaError(_TWO_SEPARATORS, comma.position)


def _parser(text: str) -> "_Parser":
    text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_LENGTH:
        raise FormulaError(_TOO_LONG, MAX_LENGTH, limit=MAX_LENGTH)
    return _Parser(text)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "number", "name", "end" or the sign itself
    text: str
    position: int


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        start, character = position, text[position]
        if character.isspace():
            position += 1
        elif character in "0123456789":
            position = _while(text, position, lambda c: c in "0123456789.")
            yield _Token("number", text[start:position], start)
        elif character == "[":
            position = text.find("]", start) + 1
            if not position:
                raise FormulaError(_UNCLOSED_BRACKET, start)
            yield _Token("quoted", text[start + 1 : position - 1], start)
        elif character == "_" or character.isalpha():
            position = _while(text, position, lambda c: c in "._" or c.isalnum())
            yield _Token("name", text[start:position], start)
        else:
            sign = text[start : start + 2]
            sign = sign if sign in ("<=", ">=", "<>") else character
            if sign not in "+-*/()=<>,;%" and sign not in ("<=", ">=", "<>"):
                raise FormulaError(_BAD_CHARACTER, start, character=character)
            position += len(sign)
            yield _Token(sign, sign, start)
    yield _Token("end", "", len(text))


def _while(text: str, position: int, belongs: Callable[[str], bool]) -> int:
    while position < len(text) and belongs(text[position]):
        position += 1
    return position


class _Parser:
    """Recursive descent over the grammar in the module's docstring."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._nesting = 0
        self._nodes = 0

    def whole(self) -> Node:
        node = self._number(self._formula())
        self._expect("end")
        return node

    def whole_condition(self) -> Node:
        node = self._condition(self._formula())
        self._expect("end")
        return node

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _expect(self, kind: str) -> None:
        token = self._token
        if token.kind != kind:
            if token.kind == "end":
                raise FormulaError(_UNFINISHED, token.position)
            template = _DECIMAL_COMMA if token.kind in ",;" and kind == "end" else _UNEXPECTED
            raise FormulaError(template, token.position, found=token.text)
        self._next += 1

    def _count(self, position: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise FormulaError(_TOO_LARGE, position, limit=MAX_NODES)

    def _number(self, node: Node) -> Node:
        if is_condition(node):
            raise FormulaError(_NEEDS_NUMBER, node.position)
        return node

    def _condition(self, node: Node) -> Node:
        if not is_condition(node):
            raise FormulaError(_NEEDS_CONDITION, node.position)
        return node

    def _formula(self) -> Node:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise FormulaError(_TOO_DEEP, self._token.position, limit=MAX_NESTING)
        node = self._sum()
        if self._token.kind in COMPARISONS:
            node = self._operation(node, self._sum)
        self._nesting -= 1
        return node

    def _sum(self) -> Node:
        node = self._product()
        while self._token.kind in ("+", "-"):
            node = self._operation(node, self._product)
        return node

    def _product(self) -> Node:
        node = self._unary()
        while self._token.kind in ("*", "/"):
            node = self._operation(node, self._unary)
            if node.operator == "/":
                divisor = linear(node.right)
                if divisor is not None and not divisor.constant and not any(divisor.coefficients.values()):
                    raise FormulaError(_DIVISION_BY_ZERO, node.position)
        return node

    def _operation(self, left: Node, read_right: Callable[[], Node]) -> Operation:
        token = self._take()
        self._count(token.position)
        left, right = self._number(left), self._number(read_right())
        return Operation(token.kind, left, right, token.position)

    def _unary(self) -> Node:
        token = self._take()
        self._count(token.position)
        if token.kind == "-":
            self._nesting += 1
            if self._nesting > MAX_NESTING:
                raise FormulaError(_TOO_DEEP, token.position, limit=MAX_NESTING)
            operand = self._number(self._unary())
            self._nesting -= 1
            return Negation(operand, token.position)
        if token.kind == "number":
            value = _literal(token)
            if self._token.kind == "%":
                self._take()
                value /= 100
            return Number(value, token.position)
        if token.kind == "quoted":
            return Name(token.text.strip(), token.position)
        if token.kind == "name":
            if self._token.kind == "(":
                return self._function(token)
            return Name(token.text, token.position)
        if token.kind == "(":
            node = self._formula()
            self._expect(")")
            return node
        if token.kind == "end":
            raise FormulaError(_UNFINISHED, token.position)
        raise FormulaError(_UNEXPECTED, token.position, found=token.text)

    def _function(self, name: _Token) -> Node:
        function = name.text.upper()
        if function == APPLIES:
            return self._applies()
        if function not in FUNCTIONS:
            raise FormulaError(_NO_FUNCTION, name.position, name=name.text)
        self._take()
        arguments = [self._formula()]
        while self._token.kind in (",", ";"):
            self._take()
            arguments.append(self._formula())
        self._expect(")")
        if function == "IF":
            self._arity(name, arguments, 3)
            checked = [self._condition(arguments[0]), *map(self._number, arguments[1:])]
        elif function in CONDITION_FUNCTIONS:
            checked = [self._condition(argument) for argument in arguments]
        else:
            checked = [self._number(argument) for argument in arguments]
            if function in ROUNDINGS:
                self._arity(name, arguments, 2)
                places = arguments[1]
                if not isinstance(places, Number) or places.value not in range(MAX_PLACES + 1):
                    raise FormulaError(_ROUND_PLACES, places.position, limit=MAX_PLACES)
        return Call(function, tuple(checked), name.position)

    def _applies(self) -> Applies:
        self._take()
        token = self._take()
        if token.kind not in ("name", "quoted"):
            raise FormulaError(_NEEDS_CODE, token.position)
        self._expect(")")
        return Applies(token.text.strip(), token.position)

    def _arity(self, name: _Token, arguments: list[Node], wanted: int) -> None:
        if len(arguments) != wanted:
            raise FormulaError(_ARITY, name.position, name=name.text, wanted=wanted, found=len(arguments))


def _literal(token: _Token) -> Fraction:
    whole, point, rest = token.text.partition(".")
    if "." in rest or (point and not rest):
        raise FormulaError(_BAD_NUMBER, token.position, found=token.text)
    if len(whole) + len(rest) > MAX_DIGITS:
        raise FormulaError(_LONG_NUMBER, token.position, limit=MAX_DIGITS)
    return Fraction(token.text)


_TOO_LONG = N_("The formula is longer than %(limit)s characters: shorten it from character %(position)s on.")
_TOO_LARGE = N_("The formula has more than %(limit)s parts at character %(position)s: split it.")
_TOO_DEEP = N_(
    "The formula has more than %(limit)s brackets inside one another at character %(position)s: split it."
)
_BAD_CHARACTER = N_(
    "The sign “%(character)s” at character %(position)s has no meaning in a formula: remove it."
)
_BAD_NUMBER = N_("“%(found)s” at character %(position)s is not a number: write it like 2.5.")
_LONG_NUMBER = N_("The number at character %(position)s has more than %(limit)s digits: shorten it.")
_UNCLOSED_BRACKET = N_("The bracket [ at character %(position)s is never closed: add a ].")
_UNEXPECTED = N_("“%(found)s” at character %(position)s is not expected here: check what stands before it.")
_DECIMAL_COMMA = N_(
    "“%(found)s” at character %(position)s stands outside a function: write decimals with a point, like 2.5."
)
_TWO_READINGS = N_(
    "“%(found)s” can be one number or two (the comma at character %(position)s): write a decimal with a point, like "
    "0.5, and “;” between two values."
)
_TWO_SEPARATORS = N_(
    "The formula separates values with “,” (at character %(position)s) and with “;”: write “;” between values, and "
    "decimals with a point, like 0.5."
)
_UNFINISHED = N_("The formula ends too early, at character %(position)s: complete it.")
_NO_FUNCTION = N_(
    "There is no function “%(name)s” (character %(position)s): use SUM, MIN, MAX, AVERAGE, ROUND, IF, "
    "AND or OR."
)
_ARITY = N_("%(name)s at character %(position)s takes %(wanted)s values, not %(found)s: correct it.")
_ROUND_PLACES = N_("ROUND at character %(position)s needs a whole number of places from 0 to %(limit)s.")
_NEEDS_CODE = N_("APPLIES needs one code at character %(position)s, such as APPLIES(a).")
_NEEDS_NUMBER = N_("A number is needed at character %(position)s, not a comparison: put it into IF.")
_NEEDS_CONDITION = N_("A comparison is needed at character %(position)s, such as a >= 0.5: write one.")
_DIVISION_BY_ZERO = N_("The division at character %(position)s is by zero: guard it with IF.")
