"""The scores of one stage of a card as they are typed: read whole, so that every mistake is named at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from criteria_pages.enums import FactAnswer
from kpi_cms.evaluation.domain.details import CHECKLIST, PLACES, details_of, part_label
from kpi_cms.evaluation.domain.entries import facts_of
from kpi_cms.evaluation.domain.saving import Entry, check_answer, check_entry, sentence_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.queries import StageRecord
from kpi_cms.foundation.core.number_words import of_typed
from kpi_cms.foundation.core.numbers import DIGITS_OF_AMOUNT, format_typed, read_decimal
from kpi_cms.foundation.engine import NOT_ARISEN, CompiledCriterion, Fact, decimal_text

SCORE, GROUNDS, ABSENT = "s-", "g-", "n-"
COMMENTS_OF = {
    StageKey.SELF: ("strengths", "weaknesses"),
    StageKey.COLLECTIVE: ("comment",),
    StageKey.EVALUATOR: ("comment",),
}
ALL_TOGETHER = frozenset({"indicator", "formula"})  # one number is nothing without the others
LONGEST_NUMBER = 30
LONGEST = 10_000  # a comment longer than this is a pasted document


@dataclass
class ScoreForm:
    """What stands in the fields of one stage: `typed` and `grounds` by criterion key, problems by field.

    `seat`: of which rater of a collective, where it has several. A criterion is a field when people score it at the
    stage; what did not arise is `typed` as `NOT_ARISEN`. Numbers stay text as typed; choices are the option's value as
    the domain keeps it ("100"). A criterion given item by item has its texts by name in `parts`; what is `typed` for it
    is all of them as one text.
    """

    card: Scorecard
    stage: StageKey
    seat: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)
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
            if self.card.is_scored(criterion, self.stage)
        ]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that are recorded here: with the evaluation, and nowhere else."""
        return facts_of(self.card) if self.stage == StageKey.EVALUATOR else ()

    @property
    def comment_names(self) -> tuple[str, ...]:
        return COMMENTS_OF[self.stage]

    @classmethod
    def stored(
        cls, card: Scorecard, stage: StageKey, record: StageRecord | None, seat: str = ""
    ) -> "ScoreForm":
        """The form as it stands in the database."""
        form = cls(card, stage, seat, expected=card.version_number)
        for criterion in form.criteria:
            given = record.given.get(criterion.key) if record else None
            form._fill(criterion, given)
        for fact in form.facts:
            given = record.given.get(fact.key) if record else None
            form.typed[fact.key] = fact_text(fact, given)
            form.grounds[fact.key] = given.grounds if given else ""
        form.comments = {name: getattr(record, name) if record else "" for name in form.comment_names}
        return form

    @classmethod
    def sent(cls, card: Scorecard, stage: StageKey, data: Mapping[str, Any]) -> "ScoreForm":
        """The form as it was sent; `is_valid` says whether every field can be read."""
        seat = str(data.get("seat", ""))[:64] if stage == StageKey.COLLECTIVE else ""
        form = cls(card, stage, seat, bound=True)
        try:
            form.expected = int(data.get("expected", ""))
        except ValueError:
            form.expected = -1
        for criterion in form.criteria:
            names = [part_name(criterion.key, number) for number in range(len(criterion.details))]
            typed = [str(data.get(name, "")).strip()[:LONGEST_NUMBER] for name in names]
            form.parts[criterion.key] = dict(zip(criterion.details, typed, strict=True))
            form.typed[criterion.key] = (
                " ".join(filter(None, typed))
                if criterion.detailed
                else str(data.get(SCORE + criterion.key, "")).strip()
            )
            if criterion.may_not_apply and _says_absent(data, criterion.key):
                form.typed[criterion.key] = NOT_ARISEN
            form.grounds[criterion.key] = str(data.get(GROUNDS + criterion.key, "")).strip()[:LONGEST]
        for fact in form.facts:
            form.typed[fact.key] = str(data.get(SCORE + fact.key, "")).strip()[:LONGEST_NUMBER]
            form.grounds[fact.key] = str(data.get(GROUNDS + fact.key, "")).strip()[:LONGEST]
        form.comments = {name: str(data.get(name, ""))[:LONGEST] for name in form.comment_names}
        form.reason = str(data.get("reason", ""))[:LONGEST]
        return form

    def _fill(self, criterion: CompiledCriterion, given: Any) -> None:
        """Put what is stored for one criterion into its fields."""
        self.typed[criterion.key] = written(criterion, given)
        self.grounds[criterion.key] = given.grounds if given else ""
        by_name = criterion.detailed and given is not None and given.choice != NOT_ARISEN
        stored = details_of(given.choice) if by_name else {}
        self.parts[criterion.key] = {
            name: number_text(criterion, stored[name]) if name in stored else "" for name in criterion.details
        }

    def entries(self) -> dict[str, Entry]:
        """What is sent to the domain; notes a problem at every field that it would refuse."""
        found: dict[str, Entry] = {}
        for criterion in self.criteria:
            typed, grounds = self.typed[criterion.key], self.grounds[criterion.key]
            entry = Entry(None, grounds)
            try:
                if criterion.is_absent(typed):
                    entry = Entry(typed, grounds)
                elif typed and criterion.detailed:
                    entry = Entry(self._numbers(criterion), grounds)
                elif typed:
                    entry = Entry(typed if criterion.options else read_decimal(typed), grounds)
            except ValueError as error:
                self.problems[criterion.key] = [of_typed(error, _("Write a number such as 4,5."))]
                continue
            if criterion.key in self.problems:
                continue
            problem = None if entry.value is None else check_entry(criterion, entry.value)
            if problem is not None:
                self.problems[criterion.key] = [sentence_of(problem)]
            found[criterion.key] = entry
        for fact in self.facts:
            self._answer(fact, found)
        return found

    def _answer(self, fact: Fact, found: dict[str, Entry]) -> None:
        """The answer of a fact as it is sent to the domain; nothing typed clears it."""
        typed, grounds = self.typed[fact.key].removesuffix("%").strip(), self.grounds[fact.key]
        try:
            entry = Entry(read_decimal(typed) if typed else None, grounds)
        except ValueError as error:
            self.problems[fact.key] = [of_typed(error, _("Write a number such as 4,5."))]
            return
        problem = check_answer(fact, entry.value)
        if problem:
            self.problems[fact.key] = [problem]
        found[fact.key] = entry

    def _numbers(self, criterion: CompiledCriterion) -> dict[str, Decimal]:
        """The numbers of a criterion that is given item by item. Raises ValueError for what is none.

        Where one is needed beside the others and missing, that is a problem of the criterion.
        """
        typed = self.parts[criterion.key]
        if criterion.kind in ALL_TOGETHER:
            for name, text in typed.items():
                if not text:
                    sentence = _("Fill in “%(field)s” too.") % {"field": part_label(criterion, name)}
                    self.problems[criterion.key] = [sentence]
        return {name: read_decimal(text, digits=DIGITS_OF_AMOUNT) for name, text in typed.items() if text}

    def take_over(self, key: str, record: StageRecord | None) -> None:
        """Put the person's own score into one field: an explicit act for one criterion, saved by nobody yet."""
        criterion = self.card.version.compiled().criterion(key)
        given = record.given.get(key) if record else None
        if criterion is not None and given is not None and key in self.typed:
            self._fill(criterion, given)

    def errors(self) -> list[dict[str, str]]:
        """For the error summary: each sentence with its criterion and a way to its field."""
        names = {criterion.key: criterion.code for criterion in self.criteria}
        names |= {fact.key: fact.label for fact in self.facts}
        return [
            {
                "text": f"{names[key]}: {sentence}" if key in names else str(sentence),
                "href": self._anchor(key) if key in names else f"#{key}",
            }
            for key, sentences in self.problems.items()
            for sentence in sentences
        ]

    def _anchor(self, key: str) -> str:
        """The first field of a criterion."""
        return "#" + (part_name(key, 0) if self.parts.get(key) else SCORE + key)


def _says_absent(data: Mapping[str, Any], key: str) -> bool:
    """Ticked, or written where there is only one field."""
    return bool(data.get(ABSENT + key)) or str(data.get(SCORE + key, "")).strip().casefold() == NOT_ARISEN


def part_name(key: str, number: int) -> str:
    """The field of one number of a criterion."""
    return f"{SCORE}{key}-{number}"


def fact_text(fact: Fact, given: Any) -> str:
    """A stored answer as it stands in its field: "1" or "0" for yes or no, else a number."""
    if given is None or given.value is None:
        return ""
    if fact.answer == FactAnswer.YES_NO:
        return decimal_text(given.value)
    return format_typed(given.value, language=get_language() or "vi", places=PLACES)


def number_text(criterion: CompiledCriterion, number: Decimal) -> str:
    """A number as it stands in its field; of a checklist the value of the button."""
    if criterion.kind == CHECKLIST:
        return decimal_text(number)
    return format_typed(number, language=get_language() or "vi", places=PLACES)


def written(criterion: CompiledCriterion, given: Any) -> str:
    """A stored score as it stands in its field: "4,5", an option's value, or ""."""
    if given is None:
        return ""
    if given.choice:
        return str(given.choice)
    if given.value is None:
        return ""
    if criterion.step is not None and criterion.step == criterion.max:
        return button_text(given.value)
    return format_typed(given.value, language=get_language() or "vi")


def button_text(points: Decimal) -> str:
    """What the button of met or not met sends: the same in every language, and read as any number."""
    return format_typed(points, language="en")
