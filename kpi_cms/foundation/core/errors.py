"""What the domain answers when it does not do what was asked.

Every error carries the sentence its reader sees: a full sentence, translated, that says what to do next.
The doors turn it into a status: 403, 404, 409, 422 or 503. Nothing was written when one of these leaves a domain
function, because the function's transaction rolls back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Sentence = str | Promise


class DomainError(Exception):
    """Base of all refusals. `sentence` is what the user reads; `status` is the HTTP status of every door."""

    status = 400

    def __init__(self, sentence: Sentence, **details: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details

    def __str__(self) -> str:
        return str(self.sentence)


class Refused(DomainError):
    """The actor sees the object, but may not do this to it."""

    status = 403


class Walled(Refused):
    """The database itself refused the row: the second wall stood where a rule was missing."""

    def __init__(self) -> None:
        super().__init__(
            _("The database does not let you change this record. Nothing was saved; tell the operators.")
        )


class NotFound(DomainError):
    """Missing, or not the actor's to see: the two are never told apart."""

    status = 404

    def __init__(self, sentence: Sentence | None = None) -> None:
        super().__init__(sentence or _("There is nothing here that you can see."))


class WrongState(DomainError):
    """The step is not possible in the object's present state."""

    status = 409


class NotWritten(WrongState):
    """A change reached fewer records than it was meant for, and was taken back."""

    def __init__(self) -> None:
        super().__init__(
            _("A record could not be changed any more. Nothing was saved; reload the page and try again.")
        )


class ReadOnly(DomainError):
    """Nobody changes anything now, whoever asks: the product waits for its operators. Reading works."""

    status = 503


class Stale(DomainError):
    """Somebody saved in between. `mine` and `theirs` map a field's label to its value, so that nothing is lost."""

    status = 409

    def __init__(self, sentence: Sentence, *, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        super().__init__(sentence, mine=dict(mine), theirs=dict(theirs))
        self.mine = dict(mine)
        self.theirs = dict(theirs)


class Invalid(DomainError):
    """The input is wrong. `problems` maps a field (or a criterion's key) to the sentences about it."""

    status = 422

    def __init__(
        self, sentence: Sentence, *, problems: Mapping[str, Sequence[Sentence]] | None = None, **details: Any
    ) -> None:
        super().__init__(sentence, **details)
        self.problems = {key: list(value) for key, value in (problems or {}).items()}
