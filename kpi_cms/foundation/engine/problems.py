"""What is wrong, as data: where it belongs, an English message id, and the values that fill it.

The engine imports no Django, so it marks its sentences with `N_` and leaves the translating to the doors:
`gettext(problem.template) % problem.params`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a message that is only marked
    """Mark a sentence for the translators without translating it."""
    return message


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    `code` is a stable short name for programs; `key` is the key of the block the message belongs at, or ""
    for the whole set; `template` is an English sentence with named %-placeholders filled from `params`. `path` is
    the place in the specification where it is known, as "sections[0].criteria[2].kind.items[1]".
    """

    code: str
    key: str
    template: str
    params: Mapping[str, object] = field(default_factory=dict)
    path: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.template % self.params


class SpecificationError(ValueError):
    """The specification cannot be compiled; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class ScoringError(Exception):
    """A card's inputs contradict the set; `problem` says how. Nothing was computed."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class EntryError(ScoringError):
    """An entered score is not one the criterion accepts."""
