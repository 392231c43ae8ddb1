"""What the health page says beside being alive: each room adds a word about itself."""

from collections.abc import Callable

from django.db import DatabaseError

_said: dict[str, Callable[[], bool]] = {}


def say(name: str, holds: Callable[[], bool]) -> None:
    """Show on the health page whether something holds. Called from `ready()`."""
    _said[name] = holds


def states() -> dict[str, bool | None]:
    """Name → whether it holds; None while the database does not answer."""
    return {name: _asked(holds) for name, holds in _said.items()}


def _asked(holds: Callable[[], bool]) -> bool | None:
    try:
        return holds()
    except DatabaseError:
        return None
