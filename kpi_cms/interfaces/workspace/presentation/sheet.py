"""A card as rows: sections, criteria, what each stage gave, and the fields of the stage being written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from criteria_pages.enums import Condition
from kpi_cms.evaluation.domain.details import CHECKLIST, fact_in_words, in_words, part_label
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.evaluation.queries import Given, StageRecord
from kpi_cms.foundation.core.numbers import format_percent, format_points, format_quantity
from kpi_cms.foundation.engine import NOT_ARISEN, CompiledCriterion, CompiledSection, Fact, decimal_text
from kpi_cms.interfaces.workspace.forms.scores import (
    ABSENT,
    GROUNDS,
    SCORE,
    ScoreForm,
    button_text,
    part_name,
    written,
)

from .facts import FactRow, fact_rows


@dataclass(frozen=True)
class Column:
    """One stage, or one seat of a collective, beside the others: its entries and its result, where the reader may see
    them."""

    stage: StageKey
    heading: str
    record: StageRecord | None
    result: CardResult | None
    seat: str = ""


@dataclass(frozen=True)
class Cell:
    """What a column says in a row: text ready to read, grounds below it."""

    heading: str
    text: str
    grounds: str = ""


@dataclass(frozen=True)
class Choice:
    """One option of a choice, or met / not met."""

    value: str
    label: str
    points: str
    checked: bool
    id: str


@dataclass(frozen=True)
class FieldPart:
    """One number of a criterion that is given item by item: a field, or met and not met."""

    name: str
    label: str
    value: str
    choices: list[Choice]


@dataclass
class Field:
    """The field of a criterion in the stage being written: `parts` where it is given item by item, `absent_name` the
    box to tick where it may not have arisen."""

    name: str
    value: str
    choices: list[Choice] = field(default_factory=list)
    parts: list[FieldPart] = field(default_factory=list)
    hint: str = ""
    least: Decimal = Decimal(0)
    maximum: Decimal | None = None
    step: Decimal | None = None
    grounds_name: str = ""
    grounds: str = ""
    asks_grounds: bool = False
    absent_name: str = ""
    is_absent: bool = False
    error: str = ""
    taken_over: str = ""
    taken_over_value: str = ""
    taken_over_absent: bool = False
    can_take_over: bool = False


@dataclass
class Row:
    """A criterion with its text for this post."""

    key: str
    code: str
    label: str
    guidance: tuple[str, ...]
    citation: str
    maximum: Decimal | None
    step: Decimal | None
    computed: bool
    cells: list[Cell]
    evidence: list[dict[str, Any]] = field(default_factory=list)
    attachable: bool = False
    field: Field | None = None
    own: str = ""
    elsewhere: str = ""


@dataclass
class Section:
    """A section's rows with its points at each stage."""

    code: str
    label: str
    maximum: Decimal
    rows: list[Row]
    cells: list[Cell]
    own: str = ""

    live: bool = False

    @property
    def has_fields(self) -> bool:
        return any(row.field for row in self.rows)


@dataclass
class Part:
    """A part of the set under the name its author gave it."""

    code: str
    label: str
    maximum: Decimal
    sections: list[Section]


class Sheet(list[Part]):
    """The parts of a card, in order; `facts`: what its gates ask besides, where the reader sees the evaluation."""

    facts: Sequence[FactRow] = ()

    @property
    def has_running_total(self) -> bool:
        """Whether the points typed are the common criteria's: the page may add them up while they are typed.

        Of anything else it would show a number that is not the result.
        """
        writable = [(part, section) for part in self for section in part.sections if section.has_fields]
        plain = [(part, section) for part, section in writable if part.code == "common"]
        points = [
            (part, section)
            for part, section in writable
            if part.code == "common" or any(row.field and not row.field.asks_grounds for row in section.rows)
        ]
        return bool(plain) and points == plain and all(section.live for _part, section in plain)

    @property
    def running_label(self) -> str:
        """What the points that are added up are called: the part's own name."""
        return next((part.label for part in self if part.code == "common"), "")


def sheet_of(
    card: Scorecard,
    columns: Sequence[Column],
    form: ScoreForm | None = None,
    *,
    record: StageRecord | None = None,
    result: CardResult | None = None,
) -> Sheet:
    """The whole card. With a form, its stage is one more column: fields where it scores, what is computed elsewhere.

    `record` is the person's own stage, whose scores the form may take over; `result` the stored one of its stage.
    """
    compiled = card.version.compiled()
    criteria = {criterion.key: criterion for criterion in compiled.criteria}
    parts = Sheet()
    for part in compiled.parts:
        sections = [
            _section(card, compiled.sections[index], criteria, columns, form, record, result)
            for index in part.sections
        ]
        parts.append(Part(part.code, part.label, part.max, sections))
    judged = [column.record for column in columns if column.stage == StageKey.EVALUATOR]
    judging = form if form is not None and form.stage == StageKey.EVALUATOR else None
    if judged or judging is not None:
        parts.facts = fact_rows(card, judged[0] if judged else None, judging)
    return parts


def label_of(criterion: CompiledCriterion, card: Scorecard) -> str:
    """The wording for this post: II.4 has one for those who face citizens and one for others (Annex I)."""
    wanted = Condition.FACES_CITIZENS if card.faces_citizens else Condition.OTHERS
    for alternative in criterion.alternatives:
        if alternative.condition == wanted:
            return alternative.label
    return criterion.label


def _section(
    card: Scorecard,
    section: CompiledSection,
    criteria: dict[str, CompiledCriterion],
    columns: Sequence[Column],
    form: ScoreForm | None,
    record: StageRecord | None,
    result: CardResult | None,
) -> Section:
    return Section(
        code=section.code,
        label=section.label,
        maximum=section.max,
        rows=[_row(card, criteria[key], columns, form, record, result) for key in section.criteria],
        cells=[Cell(column.heading, _points(column.result, section.code)) for column in columns],
        own=_points(result, section.code),
        live=section.combination == "sum" and all(_adds_up(criteria[key]) for key in section.criteria),
    )


def _adds_up(criterion: CompiledCriterion) -> bool:
    """Whether what is typed is what it adds to the section."""
    return criterion.entered and not criterion.share and not criterion.may_not_apply


def _row(
    card: Scorecard,
    criterion: CompiledCriterion,
    columns: Sequence[Column],
    form: ScoreForm | None,
    record: StageRecord | None,
    result: CardResult | None,
) -> Row:
    editable = form is not None and criterion.key in form.typed
    return Row(
        key=criterion.key,
        code=criterion.code,
        label=label_of(criterion, card),
        guidance=criterion.guidance,
        citation=criterion.citation,
        maximum=-criterion.max if criterion.is_penalty and criterion.max else criterion.max,
        step=criterion.step,
        computed=not criterion.by_hand,
        cells=[_cell(criterion, column) for column in columns],
        field=_field(criterion, form, record) if form is not None and editable else None,
        own=_computed(criterion, result) if not criterion.entered else "",
        elsewhere=_elsewhere(form) if form is not None and criterion.by_hand and not editable else "",
    )


def _elsewhere(form: ScoreForm) -> str:
    """Said in the place of a field: the stage being written does not score the criterion."""
    if form.stage != StageKey.EVALUATOR:
        return _("Not scored by you at this stage")
    return _("Scored by the person only; their score counts")


def _cell(criterion: CompiledCriterion, column: Column) -> Cell:
    given = column.record.given.get(criterion.key) if column.record else None
    taken = given is None and criterion.persons_own and column.stage == StageKey.EVALUATOR
    if taken or not criterion.by_hand:
        return Cell(column.heading, _computed(criterion, column.result))
    return Cell(column.heading, given_text(criterion, given), given.grounds if given else "")


def given_text(criterion: CompiledCriterion | Fact, given: Given | None) -> str:
    """A stored entry as it is read: points, a percentage, met or not met, yes or no; "–" for none."""
    language = get_language() or "vi"
    if given is None or (given.value is None and not given.choice):
        return "–"
    if isinstance(criterion, Fact):
        return fact_in_words(criterion, given.value or Decimal(0))
    if criterion.detailed or given.choice == NOT_ARISEN:
        return in_words(criterion, given.choice)
    if given.choice:
        number = format_quantity(given.choice, language=language)
        return f"{number}%" if criterion.share else number
    return format_quantity(given.value, language=language)


def _computed(criterion: CompiledCriterion, result: CardResult | None) -> str:
    stored = result.values.get(criterion.code) if result else None
    if stored is None:
        return "–"
    language = get_language() or "vi"
    value = -Fraction(stored) if criterion.is_penalty else Fraction(stored)
    return (
        format_percent(value, language=language)
        if criterion.share
        else format_points(value, language=language)
    )


def _points(result: CardResult | None, code: str) -> str:
    stored = result.values.get(code) if result else None
    return format_points(Fraction(stored) if stored else None, language=get_language() or "vi")


def _field(criterion: CompiledCriterion, form: ScoreForm, record: StageRecord | None) -> Field:
    typed = form.typed[criterion.key]
    given = record.given.get(criterion.key) if record else None
    known = given is not None and (given.value is not None or bool(given.choice))
    made = Field(
        name=SCORE + criterion.key,
        value=typed,
        choices=_choices(criterion, typed),
        parts=_parts(criterion, form),
        hint=_hint(criterion),
        maximum=Decimal(100) if criterion.share else criterion.max,
        least=criterion.least,
        step=_step_of(criterion),
        error=" ".join(str(sentence) for sentence in form.problems.get(criterion.key, ())),
        can_take_over=known,
    )
    if given is not None and known:
        made.taken_over = given_text(criterion, given)
        made.taken_over_value = written(criterion, given)
        made.taken_over_absent = given.choice == NOT_ARISEN
    made.asks_grounds = criterion.kind == "choice"
    if made.asks_grounds or criterion.may_not_apply:
        made.grounds_name = GROUNDS + criterion.key
        made.grounds = form.grounds[criterion.key]
    if criterion.may_not_apply:
        made.absent_name = ABSENT + criterion.key
        made.is_absent = typed == NOT_ARISEN
        made.value = "" if made.is_absent else typed
    return made


def _step_of(criterion: CompiledCriterion) -> Decimal | None:
    """The step that the page may check while one types: it knows multiples only."""
    step = criterion.step if criterion.kind == "number" else None
    return None if step is None or criterion.least % step else step


def _parts(criterion: CompiledCriterion, form: ScoreForm) -> list[FieldPart]:
    """The fields of a criterion that is given item by item."""
    found = []
    for number, (name, typed) in enumerate(form.parts[criterion.key].items()):
        field_name = part_name(criterion.key, number)
        choices = []
        if criterion.kind == CHECKLIST:
            choices = [
                Choice("1", _("Met"), "", typed == "1", field_name),
                Choice("0", _("Not met"), "", typed == "0", f"{field_name}-0"),
            ]
        found.append(FieldPart(field_name, part_label(criterion, name), typed, choices))
    return found


def _hint(criterion: CompiledCriterion) -> str:
    """What a number that is left empty means."""
    if criterion.kind == "deduction":
        return _("How many times each happened. Write 0 where nothing happened.")
    if criterion.is_penalty:
        return _("How many times each happened; nothing takes nothing off.")
    return _("How many times each was achieved; nothing counts 0.") if criterion.kind == "bonus" else ""


def _choices(criterion: CompiledCriterion, typed: str) -> list[Choice]:
    """Nothing is preselected: an option is checked when it was given, or typed."""
    options: list[tuple[str, str, str]] = []
    if criterion.options:
        for option in criterion.options:
            if option.value is not None:
                points = "" if criterion.share else decimal_text(option.value)
                options.append((decimal_text(option.value), option.label, points))
    elif criterion.step is not None and criterion.step == criterion.max:
        points = decimal_text(criterion.max)
        options = [(button_text(criterion.max), _("Met"), points), ("0", _("Not met"), "0")]
    return [
        Choice(value, label, points, value == typed, f"{SCORE}{criterion.key}{f'-{index}' if index else ''}")
        for index, (value, label, points) in enumerate(options)
    ]


def as_typed(value: Any) -> Any:
    """A value of a stale save as the reader writes it: "4.5" as a number, so that it is shown with a comma."""
    try:
        return Decimal(value) if isinstance(value, str) and value else value
    except ArithmeticError:
        return value
