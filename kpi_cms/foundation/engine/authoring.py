"""What whoever writes a set may not say any more, though a set that was frozen with it is computed as it was.

`checking.py` asks what has no meaning, of every set, old ones included. Here is what has one that was hardly meant.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import formulas
from kpi_cms.foundation.engine.checking import all_criteria, criterion_maximum, read_and_check
from kpi_cms.foundation.engine.formula_kind import FormulaKind
from kpi_cms.foundation.engine.itemised import DeductionKind
from kpi_cms.foundation.engine.kinds import ChoiceKind, NumberKind, PeopleManagedKind
from kpi_cms.foundation.engine.levels import LevelsKind
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.specification import CriterionSpec, Specification


def check_authored(spec: Mapping[str, object]) -> list[Problem]:
    """Everything that is wrong with a specification that somebody writes now: `check_specification`, and more."""
    specification, problems = read_and_check(spec)
    reader = Reader()
    for key, expression in written_formulas(specification):
        _check_separators(reader, "formula_separator", key, expression)
    for index, gate in enumerate(specification.gates):
        with reader.inside(f"gates[{index}]"):
            _check_separators(reader, "gate_condition_separator", gate.key, gate.condition)
    return problems + reader.problems


def written_formulas(specification: Specification) -> Iterator[tuple[str, str]]:
    """The formulas that give a number, each with the key of its block; "" for the total's."""
    for section in specification.sections:
        if section.combination == "formula":
            yield section.key, section.expression
    if specification.total == "formula":
        yield "", specification.total_expression
    for criterion in all_criteria(specification):
        if isinstance(criterion.kind, FormulaKind):
            yield criterion.key, criterion.kind.expression


def _check_separators(reader: Reader, code: str, key: str, expression: str) -> None:
    try:
        formulas.check_separators(expression)
    except formulas.FormulaError as error:
        reader.add(code, key, error.template, **error.params)


# --- Divisions that some card cannot compute ---------------------------------------------------------------------
def zero_divisions(spec: Mapping[str, object]) -> list[Problem]:
    """Where a formula of a sound set divides by what can be 0, and no IF around it asks about it. Nothing is wrong with
    such a set: the card on which it happens is refused, so its author should know.

    Said only where it is certain: of sums of criteria and inputs, with no sign of minus, that can all be 0 at once.
    """
    specification = read_and_check(spec)[0]
    zeros = {each.code for each in all_criteria(specification) if _lowest(each) == 0}
    named = {section.key: section.code for section in specification.sections}
    own: dict[str, set[str]] = {}
    for each in all_criteria(specification):
        named[each.key] = each.code
        if isinstance(each.kind, FormulaKind):
            own[each.key] = {item.code for item in each.kind.inputs}
    found: list[Problem] = []
    for key, expression in written_formulas(specification):
        for position, codes in _divisors(
            formulas.parse(expression), zeros | own.get(key, set()), frozenset()
        ):
            params = {"criterion": named.get(key, ""), "position": position + 1, "divisor": ", ".join(codes)}
            found.append(Problem("formula_zero", key, _ZERO if key else _ZERO_OF_TOTAL, params))
    return found


def _divisors(node: formulas.Node, zeros: set[str], asked: frozenset[str]) -> Iterator[tuple[int, list[str]]]:
    """Each division by what can be 0: its place and the codes it is made of. `asked`: those an IF around it names."""
    if isinstance(node, formulas.Operation):
        if node.operator == "/":
            form = formulas.linear(node.right)
            codes = list(form.coefficients) if form is not None and form.constant == 0 else []
            positive = form is not None and all(value > 0 for value in form.coefficients.values())
            if codes and positive and set(codes) <= zeros and not asked & set(codes):
                yield node.position, codes
        inside: tuple[formulas.Node, ...] = (node.left, node.right)
    elif isinstance(node, formulas.Call):
        if node.function == "IF":
            condition, *inside_if = node.arguments
            yield from _divisors(condition, zeros, asked)
            asked, inside = asked | {name.code for name in formulas.names(condition)}, tuple(inside_if)
        else:
            inside = node.arguments
    else:
        inside = (node.operand,) if isinstance(node, formulas.Negation) else ()
    for each in inside:
        yield from _divisors(each, zeros, asked)


def _lowest(criterion: CriterionSpec) -> Fraction | None:
    """The least a criterion can be worth; None where it is computed and is not said here."""
    kind = criterion.kind
    if criterion.may_not_apply:
        return Fraction(0)  # what a formula reads where it does not apply
    if isinstance(kind, FormulaKind):
        return None
    if isinstance(kind, ChoiceKind):
        return min(kind.values(criterion_maximum(criterion) or Decimal(0)), default=None)
    if isinstance(kind, LevelsKind):
        return min(kind.values(), default=None)
    if isinstance(kind, PeopleManagedKind):
        return min((Fraction(each) for each in (kind.reached, kind.failed) if each is not None), default=None)
    if isinstance(kind, NumberKind):
        return Fraction(kind.min)
    return Fraction(kind.floor) if isinstance(kind, DeductionKind) else Fraction(0)


_ZERO = N_(
    "The formula of “%(criterion)s” divides, at character %(position)s, by what is 0 when %(divisor)s is 0. Nobody can "
    "save that on a card. Guard it with IF, such as IF(x = 0; 0; y / x)."
)
_ZERO_OF_TOTAL = N_(
    "The formula of the total divides, at character %(position)s, by what is 0 when %(divisor)s is 0. Nobody can save "
    "that on a card. Guard it with IF, such as IF(x = 0; 0; y / x)."
)
