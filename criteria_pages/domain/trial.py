"""One card by hand: what an author filled in, as the engine's inputs, and what it comes to. Nothing is written.

Every value stays text as it was typed until here, so that a form and a stored example are read by one reader, which
names every mistake at its place: ("values", "I.1"), ("tasks", 0, "completed") or () for the card.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpi_cms.foundation.core.number_words import of_typed
from kpi_cms.foundation.core.numbers import DIGITS, DIGITS_OF_AMOUNT, read_decimal
from kpi_cms.foundation.engine import (
    NOT_ARISEN,
    Calendar,
    CardInputs,
    CompiledCriterion,
    CompiledSet,
    Deduction,
    Fact,
    ManagedPeople,
    Outcome,
    PointTask,
    Problem,
    Said,
    ScoringError,
    Step,
    TaskInput,
    stage_and_seat,
)

from ..enums import Attribute, FactAnswer, RatedPeriod
from .kind_blocks import share
from .places import Place
from .problems import of_engine

TASK_FIELDS = (
    "label", "coefficient", "assigned", "completed", "accepted", "handed_over", "extra", "faults", "delays",
)  # fmt: skip
WORK_FIELDS = ("label", "points", "quantity", *Attribute.values, "due", "done", "quality")
UNSAID = {"coefficient": ("", "1"), "quantity": ("", "1")}
"""What stands in a row that nobody filled in."""
ROWS = 50
"""Rows of tasks that a card by hand has at most."""

ROW_LABELS = {
    "label": gettext_lazy("Name of the task"),
    "coefficient": gettext_lazy("Coefficient"),
    "assigned": gettext_lazy("Assigned"),
    "completed": gettext_lazy("Completed"),
    "accepted": gettext_lazy("Met quality"),
    "handed_over": gettext_lazy("Handed over"),
    "extra": gettext_lazy("Extra, outside the assigned total"),
    "faults": gettext_lazy("Major errors, by unit"),
    "delays": gettext_lazy("Delays, by unit"),
    "points": gettext_lazy("Points of one"),
    "quantity": gettext_lazy("Quantity"),
    "due": gettext_lazy("Due on"),
    "done": gettext_lazy("Done on"),
    "quality": gettext_lazy("Step of quality"),
    **{choice.value: choice.label for choice in Attribute},
}
"""What the fields of a row are called."""

PERIOD = "period"
"""The name under which a card by hand says its kind of period, for gates that hold in some kinds only."""

NOT_ARISEN_WORDS = (NOT_ARISEN, "không phát sinh", "did not arise")
"""What an author may write of a criterion that did not arise; a form sends the first."""

SAID_BY = " | "
"""Between a rater and what they gave, in the name of a value: `Tập thể | I.1`."""

PEOPLE = frozenset({"people_managed", "result_of"})
ALL_TOGETHER = frozenset({"indicator", "formula"})  # one number is nothing without the others
_APART = re.compile(r"[;\s]+")

Row = Mapping[str, str]


@dataclass(frozen=True)
class TrialCard:
    """What was filled in. `values`: code of a criterion or a fact, "code: item" of a criterion with items, or `PERIOD`
    → text, what another rater gave behind their name (`raters_beside`); rows: field → text."""

    values: Mapping[str, str] = field(default_factory=dict)
    tasks: Sequence[Row] = ()
    work: Sequence[Row] = ()


@dataclass(frozen=True)
class Mistake:
    """A sentence about one thing that was filled in, and where it stands."""

    place: Place
    sentence: str


@dataclass(frozen=True)
class Trial:
    """A card and what it comes to; with mistakes there is no outcome. `waiting`: codes that keep it from a total;
    `unsaid`: what every task must say, where one does not.
    """

    mistakes: tuple[Mistake, ...]
    outcome: Outcome | None = None
    steps: tuple[Step, ...] = ()
    waiting: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    @property
    def result(self) -> tuple[Decimal, str] | None:
        """The total as it is shown, and the code of its band; None while there is none."""
        if self.outcome is None or self.outcome.band is None:
            return None
        return Decimal(self.outcome.shown), self.outcome.band

    @property
    def unfinished(self) -> str:
        """Why there is no total; "" where there is one, or a mistake says it."""
        if self.outcome is None or self.result is not None:
            return ""
        if self.outcome.insufficient and self.outcome.absent and not self.outcome.parts:
            return _("There is no result: nothing in the set applies to this card.")
        if self.outcome.insufficient:
            return _("There is no result: nothing is assigned. Fill in a task, or the ratios themselves.")
        if self.outcome.total is not None:
            waiting = self.outcome.unanswered or self.outcome.undecided
            labels = "”, “".join(each.label for each in waiting)
            return _("The points are known, the band is not: it depends on “%(facts)s”.") % {"facts": labels}
        if self.outcome.unsaid:
            sentence = _("There is no total yet: not everything that counts is filled in for “%(raters)s”.")
            return sentence % {"raters": "”, “".join(self.outcome.unsaid)}
        if self.unsaid:
            names = ", ".join(str(ROW_LABELS[name]) for name in self.unsaid)
            return _(
                "There is no total yet: every task must say this, a finished one its quality: %(names)s."
            ) % {"names": names}
        return _("There is no total yet: %(codes)s have no value.") % {"codes": ", ".join(self.waiting)}


def try_card(compiled: CompiledSet, card: TrialCard, calendar: Calendar | None = None) -> Trial:
    """What the set makes of the card, where it counts working days by `calendar`, by default Monday to Friday.

    Reads nothing but its arguments; `working_days.registered` is the calendar of the registers.
    """
    reader = _Reader(compiled, calendar or Calendar())
    inputs = reader.inputs(card)
    if reader.mistakes:
        return Trial(tuple(reader.mistakes))
    try:
        outcome = compiled.score(inputs)
        steps = tuple(compiled.trace(inputs))
    except ScoringError as error:
        return Trial((_contradiction(compiled, error.problem),))
    waiting = [criterion.code for criterion in compiled.criteria if criterion.key in outcome.missing]
    unsaid = dict.fromkeys(
        name for code in outcome.pending for name in compiled.criterion_by_code(code).must_be_said
    )
    return Trial((), outcome, steps, (*waiting, *outcome.pending), tuple(unsaid))


def raters_beside(compiled: CompiledSet) -> dict[str, str]:
    """Whoever counts with a weight beside the competent person: the name under which a card by hand says what they gave
    → their voice. The label, with a number where another one has it too."""
    found: dict[str, str] = {}
    for rater, voice in zip(compiled.raters, compiled.voices, strict=True):
        if voice != compiled.deciding:
            same = sum(name == rater.label or name.startswith(f"{rater.label} (") for name in found)
            found[f"{rater.label} ({same + 1})" if same else rater.label] = voice
    return found


def is_blank(row: Row) -> bool:
    """Whether nobody filled in a row."""
    return all(text.strip() in UNSAID.get(name, ("",)) for name, text in row.items())


def written(values: Mapping[str, str]) -> str:
    """The values as an example keeps them: one a line."""
    return "\n".join(f"{name} = {text}" for name, text in values.items())


def read_lines(text: str) -> tuple[dict[str, str], list[Mistake]]:
    """The values of an example's lines by name, and the lines that say none."""
    values: dict[str, str] = {}
    mistakes = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, sign, value = (part.strip() for part in line.rpartition("="))
        if not (sign and name):
            sentence = _("“%(line)s” says no value: write “code = number”.") % {"line": line}
            mistakes.append(Mistake(("values",), sentence))
        elif name in values:
            sentence = _("“%(name)s” has two values: remove one.") % {"name": name}
            mistakes.append(Mistake(("values", name), sentence))
        else:
            values[name] = value
    return values, mistakes


def _contradiction(compiled: CompiledSet, problem: Problem) -> Mistake:
    """What the engine refuses while it computes, such as a division by zero that only this card reaches."""
    sentence = str(of_engine(problem).sentence)
    criterion = compiled.criterion(problem.key)
    sections = {section.key: section.code for section in compiled.sections}
    code = criterion.code if criterion else sections.get(problem.key, "")
    place: Place = ("values", code) if criterion else ()
    return Mistake(place, f"{code}: {sentence}" if code else sentence)


Values = dict[str, dict[str, Any]]


def _nothing() -> Values:
    """What somebody gave, by the way it is counted."""
    return {"entered": {}, "details": {}, "given": {}, "points": {}}


class _Reader:
    """Text → inputs, with every mistake on the way."""

    def __init__(self, compiled: CompiledSet, calendar: Calendar) -> None:
        self._set = compiled
        self._calendar = calendar
        self._by_code = {criterion.code: criterion for criterion in compiled.criteria}
        self._facts = {fact.code: fact for fact in compiled.specification.facts}
        self._beside = raters_beside(compiled)
        self.mistakes: list[Mistake] = []

    def inputs(self, card: TrialCard) -> CardInputs:
        found = _nothing()
        beside: dict[str, Values] = {}
        period = ""
        for name, text in card.values.items():
            rater, rest = self._said_by(name)
            if rater and text.strip():
                self._of_rater(rater, rest, text.strip(), beside.setdefault(rater, _nothing()))
            elif rater:
                continue
            elif name in self._facts and text.strip():
                self._fact(self._facts[name], text.strip(), found["entered"])
            elif name == PERIOD and name not in self._by_code:
                period = self._period(text.strip())
            elif text.strip():
                self._value(name, text.strip(), found)
        details = dict(self._whole(found["details"]))
        said = {
            self._beside[rater]: Said(given["entered"], dict(self._whole(given["details"], rater + SAID_BY)))
            for rater, given in beside.items()
        }
        people = found["points"].pop("people_managed", None)
        return CardInputs(
            entered=found["entered"],
            tasks=[self._task(row, at) for row, at in self._rows("tasks", card.tasks)],
            people=None if people is None else ManagedPeople(people),
            given=found["given"],
            details=details,
            work=[self._work(row, at) for row, at in self._rows("work", card.work)],
            calendars=dict.fromkeys(self._set.calendars, self._calendar),
            results=found["points"],
            said=said or None,  # nobody beside: the points of one rater alone
            period=period,
        )

    # --- What other raters gave -----------------------------------------------------------------------------
    def _said_by(self, name: str) -> tuple[str, str]:
        """Who gave a value and what it is of; ("", the name) for the one who decides."""
        rater, sign, rest = (each.strip() for each in name.partition(SAID_BY.strip()))
        return (rater, rest) if sign and rater in self._beside and name not in self._by_code else ("", name)

    def _of_rater(self, rater: str, name: str, text: str, found: Values) -> None:
        """What is computed is the same for everybody; by hand each gives what their stage scores."""
        criterion, _item = self._named(name)
        stage, _seat = stage_and_seat(self._beside[rater])
        if criterion is not None and stage not in criterion.stages:
            sentence = _("“%(rater)s” gives no points for %(code)s: remove the value.")
            place: Place = ("values", f"{rater}{SAID_BY}{name}")
            self._say(place, sentence % {"rater": rater, "code": criterion.code})
        else:
            self._value(name, text, found, rater + SAID_BY)

    def _say(self, place: Place, sentence: str) -> None:
        self.mistakes.append(Mistake(place, sentence))

    # --- What gates ask -------------------------------------------------------------------------------------
    def _fact(self, fact: Fact, text: str, entered: dict[str, Any]) -> None:
        place: Place = ("values", fact.code)
        number = self._number(text, place, percent=fact.answer == FactAnswer.SHARE)
        problem = None if number is None else fact.read(number)
        if isinstance(problem, Problem):
            self._say(place, str(of_engine(problem).sentence))
        entered[fact.key] = number

    def _period(self, text: str) -> str:
        if text and text not in RatedPeriod.values:
            sentence = _("“%(text)s” is no kind of period: write one of %(kinds)s.")
            self._say(("values", PERIOD), sentence % {"text": text, "kinds": ", ".join(RatedPeriod.values)})
        return text

    # --- Values of criteria ---------------------------------------------------------------------------------
    def _value(self, name: str, text: str, found: Values, by: str = "") -> None:
        criterion, item = self._named(name)
        place: Place = ("values", by + name)
        if criterion is None:
            sentence = _("“%(name)s” is no criterion of this set: remove its value, or name another one.")
            self._say(place, sentence % {"name": name})
        elif not item and criterion.may_not_apply and text.casefold() in NOT_ARISEN_WORDS:
            found["entered"][criterion.key] = NOT_ARISEN
        elif item or criterion.detailed:
            self._item(criterion, item, text, place, found["details"])
        elif criterion.kind in PEOPLE and not text.endswith("%"):
            self._points(criterion, text, place, found["points"])
        elif criterion.entered:
            number = self._number(text, place, percent=criterion.share)
            problem = None if number is None else self._set.check_entry(criterion.key, number)
            if problem is not None:
                self._say(place, str(of_engine(problem).sentence))
            found["entered"][criterion.key] = number
        elif criterion.kind == "formula":
            sentence = _("The criterion %(code)s is computed by its formula: leave it empty.")
            self._say(place, sentence % {"code": criterion.code})
        else:
            self._given(criterion, text, place, found["given"])

    def _named(self, name: str) -> tuple[CompiledCriterion | None, str]:
        """The criterion of a name, and the item within it."""
        if name in self._by_code:
            return self._by_code[name], ""
        for at in (match.start() for match in re.finditer(":", name)):
            criterion = self._by_code.get(name[:at].strip())
            if criterion is not None:
                return criterion, name[at + 1 :].strip()
        return None, ""

    def _item(
        self, criterion: CompiledCriterion, item: str, text: str, place: Place, details: dict[str, Any]
    ) -> None:
        if item not in criterion.details:
            sentence = _("%(code)s has no item “%(item)s”: name one of %(items)s.")
            if not criterion.details:
                sentence = _("%(code)s has no items: give it one value.")
            elif not item:
                sentence = _("%(code)s has items: give each of %(items)s its number.")
            params = {"code": criterion.code, "item": item, "items": ", ".join(criterion.details)}
            self._say(place, sentence % params)
            return
        number = self._number(text, place, digits=DIGITS_OF_AMOUNT)
        if number is not None:
            details.setdefault(criterion.key, {})[item] = number

    def _whole(
        self, details: Mapping[str, dict[str, Decimal]], by: str = ""
    ) -> Iterator[tuple[str, dict[str, Decimal]]]:
        """The criteria whose items can be computed with. Of a checklist every item is answered, as on a card."""
        for key, entry in details.items():
            criterion = self._set.criterion(key)
            assert criterion is not None  # found by its code before
            left_out = [item for item in criterion.details if item not in entry]
            if criterion.kind == "checklist" and left_out:
                continue
            if criterion.kind in ALL_TOGETHER and left_out:
                sentence = _("Fill in “%(field)s” too.") % {"field": item_label(criterion, left_out[0])}
                self._say(("values", f"{by}{criterion.code}: {left_out[0]}"), sentence)
                continue
            problem = criterion.refuse(entry)
            if problem is not None:
                self._say(("values", by + criterion.code), f"{criterion.code}: {of_engine(problem).sentence}")
            yield key, entry

    def _points(self, criterion: CompiledCriterion, text: str, place: Place, points: dict[str, Any]) -> None:
        numbers = [self._number(part.strip(), place) for part in text.split(";") if part.strip()]
        source = criterion.detail_kind.of if criterion.kind == "result_of" else criterion.kind  # type: ignore[union-attr]  # the kind is known
        if points.setdefault(source, numbers) != numbers:
            sentence = _(
                "%(code)s counts people that another criterion counts with other points: write the same."
            )
            self._say(place, sentence % {"code": criterion.code})

    def _given(self, criterion: CompiledCriterion, text: str, place: Place, given: dict[str, Any]) -> None:
        """The value of a computed criterion itself: per cent of a share, else points."""
        number = self._number(text, place, percent=criterion.share)
        if number is None:
            return
        value = Decimal(share(number) or 0) if criterion.share else number
        if not criterion.allows(Fraction(value)):
            sentence = _("“%(value)s” is no possible value of %(code)s: correct it.")
            self._say(place, sentence % {"value": text, "code": criterion.code})
        given[criterion.code] = value

    def _number(
        self, text: str, place: Place, *, percent: bool = False, digits: int = DIGITS
    ) -> Decimal | None:
        try:
            return read_decimal(text.removesuffix("%") if percent else text, digits=digits)
        except ValueError as error:
            sentence = _("“%(text)s” is no number: write one such as 4,5.") % {"text": text}
            self._say(place, of_typed(error, sentence))
            return None

    # --- Rows of tasks --------------------------------------------------------------------------------------
    def _rows(self, name: str, rows: Sequence[Row]) -> Iterator[tuple[Row, Place]]:
        if len(rows) > ROWS:
            self._say(
                (name,), _("A card by hand has at most %(limit)s tasks: remove some.") % {"limit": ROWS}
            )
        for index, row in enumerate(rows[:ROWS]):
            if not is_blank(row):
                yield {key: text.strip() for key, text in row.items()}, (name, index)

    def _quantity(self, row: Row, at: Place, name: str) -> Decimal:
        text = row.get(name, "")
        if not text:
            self._say((*at, name), _("Fill in this number too; 0 where there is nothing."))
        return (self._number(text, (*at, name)) if text else None) or Decimal(0)

    def _task(self, row: Row, at: Place) -> TaskInput:
        extra = bool(row.get("extra"))
        return TaskInput(
            coefficient=self._quantity(row, at, "coefficient"),
            assigned=Decimal(0) if extra and not row.get("assigned") else self._quantity(row, at, "assigned"),
            completed=self._quantity(row, at, "completed"),
            accepted=self._quantity(row, at, "accepted") if row.get("accepted") else None,
            handed_over=self._quantity(row, at, "handed_over") if row.get("handed_over") else Decimal(0),
            extra=extra,
            faults=self._units(row, at, "faults"),
            delays=self._units(row, at, "delays"),
            label=row.get("label", ""),
        )

    def _units(self, row: Row, at: Place, name: str) -> list[Deduction]:
        texts = list(filter(None, _APART.split(row.get(name, ""))))
        if not all(re.fullmatch(r"[1-9][0-9]{0,5}", text, re.ASCII) for text in texts):
            self._say((*at, name), _("Write units by their number, from 1, such as 1; 1; 3."))
            return []
        return [Deduction(int(text)) for text in texts]

    def _work(self, row: Row, at: Place) -> PointTask:
        return PointTask(
            points=self._quantity(row, at, "points"),
            quantity=self._quantity(row, at, "quantity"),
            attributes={name: row[name] for name in Attribute.values if row.get(name)},
            due=self._day(row, at, "due"),
            done=self._day(row, at, "done"),
            quality=row.get("quality") or None,
            label=row.get("label", ""),
        )

    def _day(self, row: Row, at: Place, name: str) -> date | None:
        text = row.get(name, "")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._say((*at, name), _("“%(text)s” is no day: write it as 2026-07-31.") % {"text": text})
            return None


def item_label(criterion: CompiledCriterion, item: str) -> str:
    """What an item of a criterion is called: the set's own words, but for an indicator."""
    own = {"actual": _("Reached"), "target": _("Target")}
    return criterion.details[item] or own[item]
