"""The scores of one stage of a card as they are typed: read whole, so that every mistake is named at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.evaluation.domain.saving import Entry, sentence_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.queries import StageRecord
from kpi_cms.foundation.core.numbers import format_quantity, read_decimal
from kpi_cms.foundation.engine import CompiledCriterion, decimal_text

SCORE, GROUNDS = "s-", "g-"
COMMENTS_OF = {
    StageKey.SELF: ("strengths", "weaknesses"),
    StageKey.EVALUATOR: ("comment",),
}
LONGEST = 10_000  # a comment longer than this is a pasted document


@dataclass
class ScoreForm:
    """What stands in the fields of one stage: `typed` and `grounds` by criterion key, problems by field.

    A criterion is a field when people score it at the stage. Numbers stay text as typed; choices are the option's
    value as the domain keeps it ("100").
    """

    card: Scorecard
    stage: StageKey
    typed: dict[str, str] = field(default_factory=dict)
    grounds: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    expected: int = 0
    problems: dict[str, list[str]] = field(default_factory=dict)
    bound: bool = False

    @property
    def criteria(self) -> list[CompiledCriterion]:
        """The criteria that are scored here, in the set's order."""
        return [
            criterion
            for criterion in self.card.version.compiled().criteria
            if criterion.entered and self.stage in criterion.stages
        ]

    @property
    def comment_names(self) -> tuple[str, ...]:
        return COMMENTS_OF[self.stage]

    @classmethod
    def stored(cls, card: Scorecard, stage: StageKey, record: StageRecord | None) -> "ScoreForm":
        """The form as it stands in the database."""
        form = cls(card, stage, expected=card.version_number)
        for criterion in form.criteria:
            given = record.given.get(criterion.key) if record else None
            form.typed[criterion.key] = written(criterion, given)
            form.grounds[criterion.key] = given.grounds if given else ""
        form.comments = {name: getattr(record, name) if record else "" for name in form.comment_names}
        return form

    @classmethod
    def sent(cls, card: Scorecard, stage: StageKey, data: Mapping[str, Any]) -> "ScoreForm":
        """The form as it was sent; `is_valid` says whether every field can be read."""
        form = cls(card, stage, bound=True)
        try:
            form.expected = int(data.get("expected", ""))
        except ValueError:
            form.expected = -1
        for criterion in form.criteria:
            form.typed[criterion.key] = str(data.get(SCORE + criterion.key, "")).strip()
            form.grounds[criterion.key] = str(data.get(GROUNDS + criterion.key, "")).strip()[:LONGEST]
        form.comments = {name: str(data.get(name, ""))[:LONGEST] for name in form.comment_names}
        form.reason = str(data.get("reason", ""))[:LONGEST]
        return form

    def entries(self) -> dict[str, Entry]:
        """What is sent to the domain; notes a problem at every field that it would refuse."""
        compiled = self.card.version.compiled()
        found: dict[str, Entry] = {}
        for criterion in self.criteria:
            typed, grounds = self.typed[criterion.key], self.grounds[criterion.key]
            entry = Entry(None, grounds)
            if typed and criterion.kind == "choice":
                entry = Entry(typed, grounds)
            elif typed:
                try:
                    entry = Entry(read_decimal(typed), grounds)
                except ValueError:
                    self.problems[criterion.key] = [_("Write a number such as 4,5.")]
                    continue
            problem = None if entry.value is None else compiled.check_entry(criterion.key, entry.value)
            if problem is not None:
                self.problems[criterion.key] = [sentence_of(problem)]
            found[criterion.key] = entry
        return found

    def take_over(self, key: str, record: StageRecord | None) -> None:
        """Put the person's own score into one field: an explicit act for one criterion, saved by nobody yet."""
        criterion = self.card.version.compiled().criterion(key)
        given = record.given.get(key) if record else None
        if criterion is not None and given is not None and key in self.typed:
            self.typed[key] = written(criterion, given)
            self.grounds[key] = given.grounds

    def errors(self) -> list[dict[str, str]]:
        """For the error summary: each sentence with its criterion and a way to its field."""
        names = {criterion.key: criterion.code for criterion in self.criteria}
        return [
            {
                "text": f"{names[key]}: {sentence}" if key in names else str(sentence),
                "href": f"#{SCORE}{key}" if key in names else f"#{key}",
            }
            for key, sentences in self.problems.items()
            for sentence in sentences
        ]


def written(criterion: CompiledCriterion, given: Any) -> str:
    """A stored score as it stands in its field: "4,5", an option's value, or ""."""
    if given is None:
        return ""
    if given.choice:
        return str(given.choice)
    if given.value is None:
        return ""
    if criterion.step is not None and criterion.step == criterion.max:
        return decimal_text(given.value)
    return format_quantity(given.value, language=get_language() or "vi")
