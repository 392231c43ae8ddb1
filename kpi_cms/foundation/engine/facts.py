"""Facts: what is known about a person besides the points, such as a disciplinary decision. Gates ask for them.

    facts  [{key, code, label, answer ("yes_no" | "share" | "number"; yes_no where it says nothing)}]

A condition reads yes as 1 and no as 0, a share written in per cent as a share of 1, a number as it is written.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine.exact import parse_decimal
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader

YES_NO, SHARE, NUMBER = "yes_no", "share", "number"
ANSWERS = (YES_NO, SHARE, NUMBER)
YES, NO = Decimal(1), Decimal(0)
MOST, PLACES = Decimal(10_000), 3


@dataclass(frozen=True)
class Fact:
    """One question about a person. `answer` says what it is answered with."""

    key: str
    code: str
    label: str
    answer: str = YES_NO

    def read(self, value: object) -> Problem | Fraction:
        """What an answer is worth in a condition, or why it is refused."""
        number = parse_decimal(value)
        if self.answer == YES_NO:
            return Fraction(number) if number in (YES, NO) else self._refused("fact_yes_no", _YES_OR_NO)
        if number is None or not 0 <= number <= MOST or round(number, PLACES) != number:
            return self._refused("fact_number", _NUMBER)
        return Fraction(number) / 100 if self.answer == SHARE else Fraction(number)

    def _refused(self, code: str, template: str) -> Problem:
        return Problem(code, self.key, template, {"fact": self.label, "most": MOST, "places": PLACES})


def read_facts(reader: Reader, spec: Node) -> tuple[Fact, ...]:
    """The facts of a specification."""
    return tuple(
        Fact(
            key := reader.text(node, "key", ""),
            reader.text(node, "code", key),
            reader.text(node, "label", key),
            reader.choice(node, "answer", key, ANSWERS, YES_NO),
        )
        for node in reader.each(spec, "facts", "")
    )


_YES_OR_NO = N_("“%(fact)s” is answered with yes or no: choose one.")
_NUMBER = N_(
    "“%(fact)s” is answered with a number from 0 to %(most)s with at most %(places)s decimals: correct it."
)
