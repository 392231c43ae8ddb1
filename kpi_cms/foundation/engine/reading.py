"""From a specification's JSON to typed values, collecting every problem instead of stopping at one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from unicodedata import normalize

from kpi_cms.foundation.engine.exact import parse_decimal
from kpi_cms.foundation.engine.problems import N_, Problem

Node = Mapping[str, object]


class Reader:
    """Takes typed values out of JSON mappings; what is malformed becomes a problem and a safe value."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._path: list[str] = []

    def add(self, code: str, key: str, template: str, **params: object) -> None:
        """Record a problem at a block."""
        self.problems.append(Problem(code, key, template, params, ".".join(self._path)))

    @contextmanager
    def inside(self, place: str) -> Iterator[None]:
        """What is wrong in here is wrong at this place of the specification."""
        self._path.append(place)
        yield
        self._path.pop()

    def text(self, node: Node, field: str, key: str, *, required: bool = True) -> str:
        """A text; "" when it is missing."""
        value = node.get(field)
        if isinstance(value, str) and (value.strip() or not required):
            return normalize("NFC", value)
        if value is not None and not isinstance(value, str):
            self.add("field", key, _NOT_TEXT, field=field)
        elif required:
            self.add("field", key, _MISSING, field=field)
        return ""

    def choice(
        self, node: Node, field: str, key: str, allowed: Sequence[str], default: str | None = None
    ) -> str:
        """One of the allowed texts."""
        value = node.get(field, default)
        if isinstance(value, str) and value in allowed:
            return value
        self.add("field", key, _NOT_ALLOWED, field=field, allowed=", ".join(allowed))
        return default if default is not None else ""

    def decimal(self, node: Node, field: str, key: str, *, required: bool = False) -> Decimal | None:
        """A decimal that is not negative; None when it is missing or null."""
        value = node.get(field)
        if value is None:
            if required:
                self.add("field", key, _MISSING, field=field)
            return None
        number = parse_decimal(value)
        if number is None or number < 0:
            self.add("field", key, _NOT_DECIMAL, field=field)
            return None
        return number

    def flag(self, node: Node, field: str, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = node.get(field, default)
        if isinstance(value, bool):
            return value
        self.add("field", key, _NOT_FLAG, field=field)
        return default

    def whole(self, node: Node, field: str, key: str, allowed: range, default: int | None = None) -> int:
        """A whole number within a range."""
        value = node.get(field, default)
        if isinstance(value, int) and not isinstance(value, bool) and value in allowed:
            return value
        self.add("field", key, _NOT_WHOLE, field=field, lowest=allowed[0], highest=allowed[-1])
        return default if default is not None else allowed[0]

    def each(self, node: Node, field: str, key: str) -> Iterator[Node]:
        """The mappings of a list one by one; what is wrong with one is wrong at its place."""
        for index, item in enumerate(self.mappings(node, field, key)):
            with self.inside(f"{field}[{index}]"):
                yield item

    def mapping(self, node: Node, field: str, key: str) -> Node:
        """A nested mapping; empty when it is missing."""
        return self._mapping(node.get(field, {}), field, key)

    def mappings(self, node: Node, field: str, key: str) -> list[Node]:
        """A list of mappings; empty when it is missing."""
        return [self._mapping(item, field, key) for item in self._list(node, field, key)]

    def texts(self, node: Node, field: str, key: str) -> tuple[str, ...]:
        """A list of texts; empty when it is missing."""
        items = self._list(node, field, key)
        if all(isinstance(item, str) for item in items):
            return tuple(normalize("NFC", str(item)) for item in items)
        self.add("field", key, _NOT_TEXTS, field=field)
        return ()

    def _list(self, node: Node, field: str, key: str) -> Sequence[object]:
        value = node.get(field, ())
        if isinstance(value, (list, tuple)):
            return value
        self.add("field", key, _NOT_LIST, field=field)
        return ()

    def _mapping(self, value: object, field: str, key: str) -> Node:
        if isinstance(value, Mapping):
            return value
        self.add("field", key, _NOT_MAPPING, field=field)
        return {}


_MISSING = N_("“%(field)s” is missing: fill it in.")
_NOT_TEXT = N_("“%(field)s” is not a text: write it as one.")
_NOT_TEXTS = N_("“%(field)s” is not a list of texts: write it as one.")
_NOT_ALLOWED = N_("“%(field)s” is not one of the possible values (%(allowed)s): choose one.")
_NOT_DECIMAL = N_("“%(field)s” is not a number of at least 0: write it like 2.5.")
_NOT_FLAG = N_("“%(field)s” is neither yes nor no: choose one.")
_NOT_WHOLE = N_("“%(field)s” is not a whole number from %(lowest)s to %(highest)s: correct it.")
_NOT_LIST = N_("“%(field)s” is not a list: write it as one.")
_NOT_MAPPING = N_("“%(field)s” does not have the expected parts: fill it in again.")
