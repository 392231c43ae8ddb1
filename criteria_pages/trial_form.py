"""The trial card of a set as a form: one field for each value its scoring kinds need, and rows of tasks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpi_cms.foundation.core.numbers import format_typed
from kpi_cms.foundation.engine import (
    NOT_ARISEN,
    CompiledCriterion,
    CompiledSet,
    Fact,
    decimal_text,
    stage_and_seat,
)

from .blocks.shared import LABEL_LENGTH
from .domain.examples import Example
from .domain.handbook_kinds import Node, how, options
from .domain.trial import (
    PEOPLE,
    PERIOD,
    ROW_LABELS,
    ROWS,
    SAID_BY,
    TASK_FIELDS,
    UNSAID,
    WORK_FIELDS,
    Mistake,
    TrialCard,
    item_label,
    raters_beside,
)
from .enums import Attribute, FactAnswer, RatedPeriod, TaskScope

LONGEST = 2_000
Rows = list[dict[str, str]]

_OWN_FIGURE = {
    "task_ratio": gettext_lazy("Per cent, such as 92,5. Empty: from the tasks below."),
    "task_points": gettext_lazy("Points. Empty: from the tasks with points below."),
    "roll_up": gettext_lazy(
        "Per cent, such as 92,5. Empty: from the tasks below, where they are the person's own."
    ),
    "people_managed": gettext_lazy(
        "Everybody's points, such as 60; 75,5, or the value itself, such as 100%."
    ),
    "result_of": gettext_lazy("Their points, such as 60; 75,5, or the value itself, such as 90%."),
}
_HINTS = {
    "accepted": gettext_lazy("Empty: all that are completed."),
    "faults": gettext_lazy("The number of the unit, once for each time, for example 1; 1; 3."),
    "delays": gettext_lazy("The number of the unit, once for each time, for example 1; 1; 3."),
    "done": gettext_lazy("Empty: not done."),
}
_INPUTS = {"extra": "checkbox", "due": "date", "done": "date"}


class _Value(NamedTuple):
    """A field of a criterion: its name in the form, and what it is of. `by`: of which rater beside the one who decides,
    as a name begins with it."""

    html: str
    criterion: CompiledCriterion
    item: str = ""
    by: str = ""

    @property
    def whole(self) -> str:
        """The criterion's name on a trial card."""
        return self.by + self.criterion.code

    @property
    def name(self) -> str:
        """The value's own name on a trial card."""
        return f"{self.whole}: {self.item}" if self.item else self.whole


@dataclass
class TrialForm:
    """What stands in the fields: `values` by name as a trial card has them, rows of tasks, and a name to keep it by."""

    compiled: CompiledSet
    specification: Node
    values: dict[str, str] = field(default_factory=dict)
    tasks: Rows = field(default_factory=list)
    work: Rows = field(default_factory=list)
    name: str = ""
    note: str = ""
    shown: str = ""
    errors: dict[tuple[str | int, ...], list[str]] = field(default_factory=dict)

    @property
    def card(self) -> TrialCard:
        return TrialCard(self.values, self.tasks, self.work)

    @classmethod
    def of_example(cls, compiled: CompiledSet, specification: Node, example: Example | None) -> "TrialForm":
        """An empty form, or what a stored example says as far as the set still asks for it."""
        form = cls(compiled, specification)
        if example is not None:
            said = {_joined(name): text for name, text in example.card.values.items()}
            names = [value.name for value in form._values()]
            names += [name for _html, name in form._asked()]
            form.values = {name: said.get(_joined(name), "") for name in names}
            form.tasks = [dict(row) for row in example.card.tasks]
            form.work = [dict(row) for row in example.card.work]
            form.name, form.note = example.name, example.note
        form._fill_up()
        return form

    @classmethod
    def sent(cls, compiled: CompiledSet, specification: Node, data: Mapping[str, Any]) -> "TrialForm":
        """The form as it was sent; a name without a field is left alone."""
        form = cls(compiled, specification)
        for value in form._values():
            form.values[value.name] = str(data.get(value.html, ""))[:LONGEST].strip()
        for html, name in form._asked():
            form.values[name] = str(data.get(html, ""))[:LONGEST].strip()
        form.tasks = _rows(data, "tasks", TASK_FIELDS)
        form.work = _rows(data, "work", WORK_FIELDS)
        form.name = str(data.get("name", "")).strip()[: LABEL_LENGTH + 1]
        form.note = str(data.get("note", "")).strip()[:LONGEST]
        form.shown = str(data.get("shown", ""))
        more = data.get("more")
        for name, rows in (("tasks", form.tasks), ("work", form.work)):
            if more == name and len(rows) < ROWS:
                rows.append({})
        form._fill_up()
        return form

    def _fill_up(self) -> None:
        """At least one row to fill in; an empty one has what a row begins with."""
        for name, rows in (("tasks", self.tasks), ("work", self.work)):
            if not rows:
                rows.append({})
            for row in rows:
                for key in TASK_FIELDS if name == "tasks" else WORK_FIELDS:
                    row.setdefault(key, UNSAID[key][-1] if key in UNSAID else "")

    def _values(self) -> Iterator[_Value]:
        """Each value of whoever decides, then of the raters beside."""
        for criterion in self.compiled.criteria:
            yield from self._of(criterion)
        for number, (rater, stage) in enumerate(self._beside()):
            for criterion in self.compiled.criteria:
                if stage in criterion.stages:
                    yield from self._of(criterion, f"r{number}", rater + SAID_BY)

    def _beside(self) -> list[tuple[str, str]]:
        """The raters who count beside the one who decides, each with their stage."""
        return [(name, stage_and_seat(voice)[0]) for name, voice in raters_beside(self.compiled).items()]

    def _of(self, criterion: CompiledCriterion, start: str = "v", by: str = "") -> Iterator[_Value]:
        if criterion.detailed:
            for number, item in enumerate(criterion.details):
                yield _Value(f"{start}-{criterion.key}-{number}", criterion, item, by)
            if criterion.may_not_apply:
                yield _Value(f"{start}-{criterion.key}", criterion, by=by)
        elif criterion.kind != "formula":
            yield _Value(f"{start}-{criterion.key}", criterion, by=by)

    def _asked(self) -> Iterator[tuple[str, str]]:
        """What the gates ask besides the points: each field's name, and its name on a trial card."""
        for fact in self.compiled.facts_asked(""):
            yield f"v-{fact.key}", fact.code
        if any(gate.spec.periods for gate in self.compiled.gates):
            yield "v-period", PERIOD

    def add_mistakes(self, mistakes: tuple[Mistake, ...]) -> None:
        for mistake in mistakes:
            self.errors.setdefault(mistake.place, []).append(mistake.sentence)

    @property
    def summary(self) -> list[dict[str, str]]:
        """Every mistake with a way to its field."""
        ids: dict[tuple[str | int, ...], str] = {}
        for value in self._values():
            ids[("values", value.name)] = value.html
            ids.setdefault(("values", value.whole), value.html)
        ids |= {("values", name): html for html, name in self._asked()}
        return [
            {
                "text": sentence,
                "target": ids.get(place, "") if "values" in place else "-".join(map(str, place)),
            }
            for place, sentences in self.errors.items()
            for sentence in sentences
        ]

    # --- As the template shows it ---------------------------------------------------------------------------
    @property
    def parts(self) -> list[dict[str, Any]]:
        """Parts → sections → criteria, each with its fields."""
        kinds = self._kinds()
        sections = {
            section.key: {
                "code": section.code,
                "label": section.label,
                "criteria": [
                    self._criterion(criterion, kinds[criterion.key])
                    for criterion in self.compiled.criteria
                    if criterion.section == section.key
                ],
            }
            for section in self.compiled.sections
        }
        return [
            {
                "label": part.label,
                "sections": [sections[self.compiled.sections[index].key] for index in part.sections],
            }
            for part in self.compiled.parts
        ]

    @property
    def beside(self) -> list[dict[str, Any]]:
        """What each rater beside the one who decides gives, in the set's order."""
        kinds = self._kinds()
        return [
            {
                "label": rater,
                "criteria": [
                    self._criterion(criterion, kinds[criterion.key], f"r{number}", rater + SAID_BY)
                    for criterion in self.compiled.criteria
                    if stage in criterion.stages
                ],
            }
            for number, (rater, stage) in enumerate(self._beside())
        ]

    def _kinds(self) -> dict[str, Node]:
        return {
            node["key"]: node["kind"]
            for section in self.specification["sections"]
            for node in section["criteria"]
        }

    def _criterion(
        self, criterion: CompiledCriterion, kind: Node, start: str = "v", by: str = ""
    ) -> dict[str, Any]:
        fields = [self._field(value) for value in self._of(criterion, start, by)]
        return {
            "code": criterion.code,
            "label": criterion.label,
            "hint": how(kind),
            "lines": list(options(kind)),
            "fields": fields,
            "own": _OWN_FIGURE.get(criterion.kind, ""),
            "by_item": criterion.detailed,
        }

    def _field(self, field: _Value) -> dict[str, Any]:
        criterion, item = field.criterion, field.item
        choices: list[tuple[str, Any]] = []
        absent = [(NOT_ARISEN, _("Did not arise"))] if criterion.may_not_apply and not item else []
        if criterion.detailed and not item:
            choices = absent
        elif criterion.options:
            sign = "%" if criterion.share else ""
            choices = [
                (
                    format_typed(option.value, language="en"),
                    f"{decimal_text(option.value)}{sign} · {option.label}",
                )
                for option in criterion.options
                if option.value is not None
            ] + absent
        elif criterion.kind == "checklist":
            choices = [("1", _("Met")), ("0", _("Not met"))]
        value = self.values.get(field.name, "")
        errors = list(self.errors.get(("values", field.name), ()))
        if item and item == next(iter(criterion.details)):
            errors += self.errors.get(("values", field.whole), ())
        return {
            "name": field.html,
            "label": item_label(criterion, item) if item else f"{criterion.code} · {criterion.label}",
            "hint": _("Write n/a where it did not arise.") if absent and not choices else "",
            "choices": choices,
            "value": value.removesuffix("%").strip() if choices else value,
            "errors": errors,
            "wide": criterion.kind in PEOPLE,
        }

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The fields of what the gates ask."""
        facts = {fact.code: fact for fact in self.compiled.specification.facts}
        return [
            {
                "name": html,
                "label": f"{name} · {facts[name].label}" if name in facts else _("Kind of period"),
                "choices": self._answers(facts.get(name)),
                "value": self.values.get(name, ""),
                "errors": self.errors.get(("values", name), []),
                "hint": _("In per cent, such as 92,5.")
                if name in facts and facts[name].answer == FactAnswer.SHARE
                else "",
            }
            for html, name in self._asked()
        ]

    def _answers(self, fact: Fact | None) -> list[tuple[str, Any]]:
        if fact is None:
            return [(period.value, period.label) for period in RatedPeriod]
        return [("1", _("Yes")), ("0", _("No"))] if fact.answer == FactAnswer.YES_NO else []

    @property
    def tables(self) -> list[dict[str, Any]]:
        """The rows of tasks that the set's kinds count, with their fields."""
        kinds = {criterion.kind for criterion in self.compiled.criteria}
        own = any(
            criterion.detail_kind.scope == TaskScope.OWN  # type: ignore[union-attr]  # the kind is known
            for criterion in self.compiled.later
            if criterion.kind == "roll_up"
        )
        tables = []
        if "task_ratio" in kinds or own:
            tables.append(self._table("tasks", _("Tasks"), self.tasks, TASK_FIELDS, {}))
        if "task_points" in kinds:
            offered = self._offered()
            names = tuple(name for name in WORK_FIELDS if name not in offered or offered[name])
            tables.append(self._table("work", _("Tasks with points"), self.work, names, offered))
        return tables

    def _offered(self) -> dict[str, list[str]]:
        """The codes that the set knows for each attribute of a task; none for one that it does not ask."""
        offered: dict[str, list[str]] = {name: [] for name in (*Attribute.values, "quality")}
        for criterion in self.compiled.later:
            if criterion.kind == "task_points":
                kind: Any = criterion.detail_kind
                named = {entry.attribute: entry.values for entry in kind.coefficients} | {
                    "quality": kind.quality
                }
                for name, codes in named.items():
                    offered[name] += [code for code in codes if code not in offered[name]]
        return offered

    def _table(
        self, name: str, title: str, rows: Rows, fields: tuple[str, ...], offered: Mapping[str, list[str]]
    ) -> dict[str, Any]:
        return {
            "name": name,
            "title": title,
            "errors": self.errors.get((name,), []),
            "rows": [
                [
                    {
                        "name": f"{name}-{at}-{key}",
                        "label": ROW_LABELS[key],
                        "hint": _HINTS.get(key, ""),
                        "type": _INPUTS.get(key, "text"),
                        "choices": [(code, code) for code in offered.get(key, ())],
                        "value": row[key],
                        "errors": self.errors.get((name, at, key), []),
                    }
                    for key in fields
                ]
                for at, row in enumerate(rows)
            ],
        }


def _joined(name: str) -> str:
    """A value's name whatever spaces stand around its colon, and behind its rater."""
    return re.sub(r"\s*([:|])\s*", r"\1", name)


def _rows(data: Mapping[str, Any], name: str, fields: tuple[str, ...]) -> Rows:
    """The rows that were sent, as far as a card by hand has any."""
    rows = []
    for at in range(ROWS):
        if not any(f"{name}-{at}-{key}" in data for key in fields):
            break
        rows.append({key: str(data.get(f"{name}-{at}-{key}", ""))[:LABEL_LENGTH].strip() for key in fields})
    return rows
