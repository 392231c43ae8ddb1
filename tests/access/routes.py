"""Everything the product answers to: each pattern of the URLconf with the methods its view takes, and what runs
without a browser (management commands, background jobs, daily work)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.management import get_commands
from django.urls import get_resolver

METHODS = ("get", "post")


@dataclass(frozen=True)
class Route:
    """One pattern. `parameters` are what has to be filled in; unnamed groups of an old pattern count as 0, 1, 2."""

    pattern: str
    name: str
    parameters: tuple[str, ...]
    view: Any

    @property
    def key(self) -> str:
        """The name by which the rules speak of it; a pattern without one goes by its pattern."""
        return self.name or self.pattern

    @property
    def in_admin(self) -> bool:
        return self.pattern.startswith("admin/")


def walk(patterns: list[Any], prefix: str = "", namespace: str = "") -> Iterator[Route]:
    for entry in patterns:
        text = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from walk(entry.url_patterns, text, inner)
            continue
        groups = re.compile(entry.pattern.regex.pattern).groups
        named = tuple(re.compile(entry.pattern.regex.pattern).groupindex)
        outer = tuple(re.findall(r"<(?:\w+:)?(\w+)>", prefix))
        own = named or tuple(str(number) for number in range(groups))
        yield Route(text, f"{namespace}{entry.name}" if entry.name else "", (*outer, *own), entry.callback)


@cache
def routes() -> tuple[Route, ...]:
    """Every pattern, in the order in which it is matched."""
    return tuple(walk(get_resolver().url_patterns))


def keys() -> list[str]:
    """One key for each pattern; patterns that share a name are told apart by their parameters."""
    counted: dict[str, int] = {}
    for route in routes():
        counted[route.key] = counted.get(route.key, 0) + 1
    return [
        route.key if counted[route.key] == 1 else f"{route.key}({','.join(route.parameters)})"
        for route in routes()
    ]


def address(route: Route, values: dict[str, str]) -> str:
    """The path of a route with its parameters filled in, made from the pattern itself: no second reading of names."""
    missing = set(route.parameters) - set(values)
    if missing:
        raise LookupError(f"{route.key} needs {sorted(missing)}: say in its rule what they are.")
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], route.pattern)
    for number in route.parameters:
        if number.isdigit():
            path = re.sub(r"\((?:[^()]*)\)", lambda _match, n=number: values[n], path, count=1)
    return "/" + re.sub(r"[\^$\\]", "", path)


def programs() -> dict[str, str]:
    """What is started without a browser, by kind: commands of every app, jobs, and what the scheduler calls."""
    from kpi_cms.foundation.core import jobs

    found = {f"command {name}": app for name, app in get_commands().items()}
    found |= {f"job {name}": runner.__module__ for name, runner in jobs._runners.items()}
    found |= {f"daily {name}": call for name, (_time, call) in settings.DAILY_WORK.items()}
    return found
