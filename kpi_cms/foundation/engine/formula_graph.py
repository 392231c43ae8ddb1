"""Formulas that use one another: an order to compute them in, and the circles that allow none."""

from collections.abc import Iterable, Mapping, Sequence


def circles(uses: Mapping[str, Iterable[str]]) -> list[str]:
    """The names that depend on themselves, in the order given. `uses`: a name → the names its formula has."""
    return [name for name in uses if _reaches(uses, name)]


def in_order(uses: Mapping[str, Iterable[str]]) -> list[str]:
    """The names, each after those it uses; otherwise as they were given. `uses` holds no circle."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        for other in uses[name]:
            if other in uses and other not in order:
                visit(other)
        order[name] = None

    for name in uses:
        if name not in order:
            visit(name)
    return list(order)


def _reaches(uses: Mapping[str, Iterable[str]], goal: str) -> bool:
    seen: set[str] = set()
    waiting: list[str] = [goal]
    while waiting:
        for name in _known(uses, waiting.pop()):
            if name == goal:
                return True
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return False


def _known(uses: Mapping[str, Iterable[str]], name: str) -> Sequence[str]:
    return [other for other in uses.get(name, ()) if other in uses]
