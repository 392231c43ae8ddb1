"""An answer to "may this person?" that carries the sentence a refused person reads."""

from dataclasses import dataclass

from kpi_cms.foundation.core.errors import NotFound, Refused, Sentence


@dataclass(frozen=True)
class Decision:
    """Truthy when allowed. `because` says what allowed it: a relation or a capability.

    `on_behalf_of` is the account that is absent, where only its delegation allowed it. An unseen object is refused as
    missing (404), a seen one with its sentence (403).
    """

    allowed: bool
    sentence: Sentence = ""
    because: str = ""
    seen: bool = True
    on_behalf_of: int | None = None

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise NotFound or Refused unless allowed."""
        if self.allowed:
            return
        if not self.seen:
            raise NotFound
        raise Refused(self.sentence)


def allow(because: str, *, on_behalf_of: int | None = None) -> Decision:
    return Decision(True, because=because, on_behalf_of=on_behalf_of)


def refuse(sentence: Sentence) -> Decision:
    return Decision(False, sentence)


def unseen() -> Decision:
    return Decision(False, seen=False)
