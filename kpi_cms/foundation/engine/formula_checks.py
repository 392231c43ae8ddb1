"""What is wrong with the formulas of a set: of its sections, its total, and its criteria."""

from collections import Counter
from collections.abc import Callable

from kpi_cms.foundation.engine import formulas
from kpi_cms.foundation.engine.formula_graph import circles
from kpi_cms.foundation.engine.formula_kind import FormulaKind
from kpi_cms.foundation.engine.problems import N_
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.specification import CriterionSpec, Specification

MAX_TOGETHER = 20_000
"""Characters of all criteria's formulas: how long a card can take at most."""


def check_formulas(
    reader: Reader, specification: Specification, check_code: Callable[[str, str], None]
) -> None:
    """Every formula of a set. `check_code` looks at the form of a code: (block key, code)."""
    found = [criterion for section in specification.sections for criterion in section.criteria]
    criteria = {criterion.code for criterion in found}
    sections = {section.code: section for section in specification.sections}
    uses: dict[str, list[str]] = {}
    for section in specification.sections:
        if section.combination == "formula" and section.expression:
            used = _check(reader, section.key, section.expression, criteria | set(sections))
            uses[section.code] = [code for code in used if code in sections and code not in criteria]
    for code in circles(uses):
        reader.add("formula_circle", sections[code].key, _CIRCLE, criterion=code)
    parts = {part.code for part in specification.parts}
    if specification.total == "formula" and specification.total_expression:
        _check(reader, "", specification.total_expression, criteria | set(sections) | parts)
    taken = criteria | set(sections) | parts | {fact.code for fact in specification.facts}
    _check_criteria(reader, found, criteria, taken, check_code)


def _check_criteria(
    reader: Reader,
    found: list[CriterionSpec],
    criteria: set[str],
    taken: set[str],
    check_code: Callable[[str, str], None],
) -> None:
    uses: dict[str, list[str]] = {}
    keys: dict[str, str] = {}
    length = 0
    for criterion in found:
        kind = criterion.kind
        if not isinstance(kind, FormulaKind):
            continue
        own = [item.code for item in kind.inputs]
        found_own = Counter(own)
        for index, code in enumerate(own):
            with reader.inside(f"inputs[{index}]"):
                check_code(criterion.key, code)
                if found_own[code] > 1 or code in taken:
                    reader.add("input_code", criterion.key, _INPUT, criterion=code)
                    found_own[code] = 0  # said once, where it is met first
        length += len(kind.expression)
        keys[criterion.code] = criterion.key
        uses[criterion.code] = []
        if kind.expression:
            uses[criterion.code] = _check(reader, criterion.key, kind.expression, criteria | set(own))
    for code in circles(uses):
        reader.add("formula_circle", keys[code], _CIRCLE_OF_CRITERION, criterion=code)
    if length > MAX_TOGETHER:
        reader.add("formulas_long", "", _TOO_LONG, limit=MAX_TOGETHER)


def _check(reader: Reader, key: str, expression: str, known: set[str]) -> list[str]:
    try:
        found = list(formulas.names(formulas.parse(expression)))
    except formulas.FormulaError as error:
        reader.add("formula", key, error.template, **error.params)
        return []
    for name in found:
        if name.code not in known:
            reader.add("formula_name", key, _NO_NAME, criterion=name.code, position=name.position + 1)
    return [name.code for name in found]


_NO_NAME = N_("“%(criterion)s” at character %(position)s is not a code of this set: correct the formula.")
_CIRCLE = N_("The formula of section %(criterion)s depends on itself: break the circle.")
_CIRCLE_OF_CRITERION = N_("The formula of criterion %(criterion)s depends on itself: break the circle.")
_INPUT = N_("The input “%(criterion)s” of the formula has a code that is already used: choose another.")
_TOO_LONG = N_("The formulas of all criteria are longer than %(limit)s characters together: shorten them.")
