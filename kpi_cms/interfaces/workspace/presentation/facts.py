"""What gates ask about the person besides the points, as rows of a card: the answer, and the evaluator's field."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from kpi_cms.evaluation.domain.details import fact_in_words
from kpi_cms.evaluation.domain.entries import facts_of, period_kind
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.queries import StageRecord
from kpi_cms.foundation.engine import Fact
from kpi_cms.foundation.engine.facts import NUMBER, SHARE, YES_NO
from kpi_cms.interfaces.workspace.forms.scores import GROUNDS, SCORE, ScoreForm


@dataclass(frozen=True)
class Answer:
    """One way to answer with yes or no."""

    value: str
    label: str
    checked: bool
    id: str


@dataclass(frozen=True)
class FactField:
    """The field of a fact: `choices` for yes or no, else a number in `unit`."""

    name: str
    value: str
    choices: list[Answer]
    unit: str
    grounds_name: str
    grounds: str
    error: str


@dataclass(frozen=True)
class FactRow:
    """A fact with what the evaluator answered, and the gates that ask it."""

    key: str
    label: str
    text: str
    grounds: str
    gates: list[str] = field(default_factory=list)
    field: FactField | None = None


def fact_rows(card: Scorecard, record: StageRecord | None, form: ScoreForm | None) -> list[FactRow]:
    """The facts of a card. `record`: the evaluator's stage, where the reader may see it; a form of it has fields."""
    return [
        FactRow(
            key=fact.key,
            label=fact.label,
            text=answer_text(fact, record),
            grounds="" if form is not None else grounds_of(fact, record),
            gates=gates_asking(card, fact),
            field=field_of(fact, form) if form is not None else None,
        )
        for fact in facts_of(card)
    ]


def gates_asking(card: Scorecard, fact: Fact) -> list[str]:
    """Why it is asked: the gates that it decides, with their clauses."""
    compiled, kind = card.version.compiled(), period_kind(card)
    asking = [gate.spec for gate in compiled.gates if fact.code in gate.codes and gate.bears_on(kind)]
    return [f"{gate.label} ({gate.citation})" if gate.citation else gate.label for gate in asking]


def answer_text(fact: Fact, record: StageRecord | None) -> str:
    given = record.given.get(fact.key) if record is not None else None
    return "–" if given is None or given.value is None else fact_in_words(fact, given.value)


def grounds_of(fact: Fact, record: StageRecord | None) -> str:
    given = record.given.get(fact.key) if record is not None else None
    return given.grounds if given is not None else ""


def field_of(fact: Fact, form: ScoreForm) -> FactField:
    """Nothing is preselected: silence is no answer."""
    name, typed = SCORE + fact.key, form.typed.get(fact.key, "")
    choices = []
    if fact.answer == YES_NO:
        choices = [
            Answer("1", _("Yes"), typed == "1", name),
            Answer("0", _("No"), typed == "0", f"{name}-1"),
        ]
    return FactField(
        name=name,
        value=typed,
        choices=choices,
        unit={SHARE: "%", NUMBER: ""}.get(fact.answer, ""),
        grounds_name=GROUNDS + fact.key,
        grounds=form.grounds.get(fact.key, ""),
        error=" ".join(str(sentence) for sentence in form.problems.get(fact.key, ())),
    )
