"""A small reader of Excel's formulas, in Excel's own arithmetic: binary floating point. It shares nothing with the
engine: the tokens are openpyxl's, the rules of precedence and of rounding are written down here once more.
"""

import math
import operator
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

STRENGTH = {"=": 1, "<>": 1, "<": 1, "<=": 1, ">": 1, ">=": 1, "+": 2, "-": 2, "*": 3, "/": 3}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


class ExcelError(Exception):
    """What Excel shows in place of a value, as #DIV/0!."""


def _round(value: float, places: float, mode: str) -> float:
    """Excel rounds what it shows, 15 digits of it, not the binary number below."""
    shown = Decimal(f"{value:.15g}")
    return float(shown.quantize(Decimal(1).scaleb(-int(places)), mode))


def _numbers(values: list[Any]) -> list[float]:
    flat = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    return [float(entry) for entry in flat if isinstance(entry, int | float)]


class Sheet:
    """The values of one worksheet; formulas are computed when they are asked for."""

    def __init__(self, worksheet: Worksheet) -> None:
        self.worksheet = worksheet
        self.known: dict[str, Any] = {}

    def enter(self, cell: str, value: Any) -> None:
        self.worksheet[cell] = value

    def value(self, cell: str) -> Any:
        if cell not in self.known:
            raw = self.worksheet[cell].value
            self.known[cell] = (
                _Reading(self, raw).result() if isinstance(raw, str) and raw.startswith("=") else raw
            )
        return self.known[cell]

    def area(self, reference: str) -> Any:
        reference = reference.replace("$", "")
        if ":" not in reference:
            return self.value(reference)
        first, top, last, bottom = range_boundaries(reference)
        cells = [
            self.worksheet.cell(row, column)
            for row in range(top, bottom + 1)
            for column in range(first, last + 1)
        ]
        return [self.value(cell.coordinate) for cell in cells]


class _Reading:
    """One formula. What IF does not need is parsed, not computed."""

    def __init__(self, sheet: Sheet, formula: str) -> None:
        self.sheet = sheet
        self.tokens = [token for token in Tokenizer(formula).items if token.type != "WHITE-SPACE"]
        self.next = 0

    def result(self) -> Any:
        value = self._expression(0)()
        assert self.next == len(self.tokens)
        return value

    def _peek(self) -> Any:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def _take(self) -> Any:
        self.next += 1
        return self.tokens[self.next - 1]

    def _expression(self, least: int) -> Callable[[], Any]:
        left = self._operand()
        while (token := self._peek()) and token.type == "OPERATOR-INFIX" and STRENGTH[token.value] > least:
            self._take()
            left = self._operation(token.value, left, self._expression(STRENGTH[token.value]))
        return left

    def _operation(self, sign: str, left: Callable[[], Any], right: Callable[[], Any]) -> Callable[[], Any]:
        def compute() -> Any:
            one, other = left(), right()
            if sign in ("=", "<>") and (isinstance(one, str) or isinstance(other, str)):
                return OPERATORS[sign]("" if one is None else one, "" if other is None else other)
            try:
                return OPERATORS[sign](0.0 if one is None else one, 0.0 if other is None else other)
            except (ZeroDivisionError, TypeError) as error:
                raise ExcelError(sign) from error

        return compute

    def _operand(self) -> Callable[[], Any]:
        token = self._take()
        if token.type == "OPERATOR-PREFIX":
            inner = self._operand()
            return lambda: -inner()
        if token.type == "PAREN":
            inner = self._expression(0)
            self._take()
            return inner
        if token.type == "FUNC":
            return self._function(token.value[:-1])
        if token.subtype == "RANGE":
            return lambda: self.sheet.area(token.value)
        if token.subtype == "NUMBER":
            return lambda: float(token.value)
        if token.subtype == "LOGICAL":
            return lambda: token.value == "TRUE"
        assert token.subtype == "TEXT", token
        return lambda: token.value.strip('"')

    def _function(self, name: str) -> Callable[[], Any]:
        arguments = []
        while self._peek().subtype != "CLOSE":
            arguments.append(self._expression(0))
            if self._peek().type == "SEP":
                self._take()
        self._take()
        return lambda: self._call(name, arguments)

    def _call(self, name: str, arguments: list[Callable[[], Any]]) -> Any:
        if name == "IF":
            return arguments[1]() if arguments[0]() else arguments[2]()
        values = [argument() for argument in arguments]
        if name == "COUNTBLANK":
            cells = values[0] if isinstance(values[0], list) else [values[0]]
            return float(sum(cell in (None, "") for cell in cells))
        if name == "INDEX":
            return values[0][int(values[1]) - 1]
        if name in ("AND", "OR"):
            return all(values) if name == "AND" else any(values)
        if name in ("ROUND", "ROUNDUP", "ROUNDDOWN"):
            mode = {"ROUND": ROUND_HALF_UP, "ROUNDUP": ROUND_UP, "ROUNDDOWN": ROUND_DOWN}[name]
            return _round(float(values[0] or 0), values[1], mode)
        # A single empty cell among the arguments is left out, as in a range; MIN and MAX of cells alone never see one.
        numbers = _numbers(values)
        return {
            "SUM": math.fsum,
            "MIN": min,
            "MAX": max,
            "AVERAGE": lambda found: math.fsum(found) / len(found),
        }[name](numbers)
