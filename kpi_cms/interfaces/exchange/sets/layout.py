"""The sheets of a criteria set's workbook, and which value of the specification stands in which column.

A `Field` is one value: its path inside the node, its column, and what an empty cell means (`OMIT`: the specification
does not have it). A `Table` is a sheet of rows: the parts of a set, or what stands inside a criterion, which its rows
name by their code. What an author fills in by hand and what an export writes are the same sheets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from criteria_pages.domain.vocabulary import FIELDS, KINDS, VALUES
from criteria_pages.enums import CitedStep
from kpi_cms.foundation.core.workbooks import Format
from kpi_cms.foundation.engine import MAY_NOT_APPLY
from kpi_cms.interfaces.exchange.imports.columns import Column

from .columns import (
    DayColumn,
    LabelColumn,
    ListColumn,
    NameColumn,
    NumberColumn,
    OneOfColumn,
    WordColumn,
    YesNoColumn,
    choices_of,
    spellings,
)

Text = str | Promise


class Omitted:
    """In the place of a value that a specification does not have."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "OMIT"


OMIT = Omitted()

OWN_MAXIMUM = frozenset({"number", "deduction", "bonus", "penalty", "task_points", "formula"})
"""Kinds that say their maximum themselves; of a number the criterion says it as well."""


@dataclass(frozen=True)
class Field:
    """One value. `kinds`: only criteria scored in one of these ways have it."""

    path: str
    column: Column
    empty: Any = OMIT
    kinds: frozenset[str] | None = None
    width: float = 18

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def format(self) -> Format:
        if isinstance(self.column, DayColumn):
            return Format.DATE
        return Format.NUMBER if isinstance(self.column, NumberColumn) else Format.TEXT


@dataclass(frozen=True)
class Table:
    """A sheet of rows. `anchors`: columns of which a header has one; `inside`: where in a criterion it belongs."""

    name: str
    title: Text
    fields: tuple[Field, ...]
    anchors: tuple[str, ...]
    inside: str = ""
    kinds: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(field.column for field in self.fields)

    def field(self, name: str) -> Field | None:
        """The column for a value, by the last part of its path."""
        return next((field for field in self.fields if field.name == name), None)


def _column(kind: type[Column], path: str, label: Text | None, **options: Any) -> Any:
    said = label or FIELDS[path.rpartition(".")[2]]
    return kind(key=path, label=said, aliases=spellings(said), required=False, **options)


def _word(path: str, empty: Any = "", label: Text | None = None, width: float = 40, **more: Any) -> Field:
    return Field(path, _column(WordColumn, path, label), empty, width=width, **more)


def _code(path: str, label: Text | None = None, width: float = 14) -> Field:
    return Field(path, _column(LabelColumn, path, label), "", width=width)


def _number(
    path: str, empty: Any = OMIT, label: Text | None = None, *, whole: bool = False, **more: Any
) -> Field:
    return Field(path, _column(NumberColumn, path, label, whole=whole), empty, width=12, **more)


def _choice(
    path: str, values: Mapping[str, Text], empty: Any = OMIT, label: Text | None = None, **more: Any
) -> Field:
    return Field(path, _column(OneOfColumn, path, label, choices=choices_of(values)), empty, width=26, **more)


def _yes(path: str, empty: Any = False, *, open_: bool = False) -> Field:
    return Field(path, _column(YesNoColumn, path, None, open=open_), empty, width=12)


def _list(path: str, empty: Any, values: Mapping[str, Text] | None = None, *, lines: bool = False) -> Field:
    column = _column(ListColumn, path, None, choices=choices_of(values or {}), lines=lines)
    return Field(path, column, empty, width=40 if lines else 26)


def _of(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


def _stage(path: str, label: Text | None = None) -> Field:
    return Field(path, _column(NameColumn, path, label, choices=choices_of(VALUES["stages"])), "", width=22)


CRITERION = _code("criterion", _("Code of the criterion"))
KEY = Field("key", _column(LabelColumn, "key", _("Key (do not change)")), "", width=38)
ITEMS = _of("checklist", "deduction", "bonus", "penalty")

SET = Table(
    "set",
    _("Criteria set"),
    (
        _code("about.code", _("Code of the set"), 30),
        _word("about.title", label=_("Title of the set")),
        Field("about.effective_on", _column(DayColumn, "about.effective_on", _("in effect from")), None),
        Field("about.effective_until", _column(DayColumn, "about.effective_until", _("in effect to")), None),
        Field(
            "about.is_demonstration",
            _column(YesNoColumn, "about.is_demonstration", _("demonstration only")),
            False,
        ),
        _choice("frame", VALUES["frame"]),
        _choice("law", VALUES["law"], ""),
        _choice("applicability.evaluates", VALUES["evaluates"]),
        _list("applicability.staff_kinds", [], VALUES["applicability.staff_kinds"]),
        _yes("applicability.leader", None, open_=True),
        _list("applicability.roles", [], VALUES["applicability.roles"]),
        _list("applicability.positions", []),
        _list("applicability.job_positions", OMIT),
        _list("applicability.blocks", [], VALUES["applicability.blocks"]),
        _list("applicability.units", OMIT),
        _yes("applicability.precedence", OMIT, open_=True),
        _list("applicability.period_kinds", [], VALUES["applicability.period_kinds"]),
        _word("band_value", OMIT),
        _choice("total.kind", VALUES["total.kind"], label=FIELDS["total"]),
        _word("total.expression", label=_("formula of the total")),
        _number("total.max", None, _("maximum of the total")),
        _number("rounding.places", whole=True),
        _choice("rounding.mode", VALUES["mode"]),
        _choice("rounding.when", VALUES["when"]),
        _number("settings.ratio_cap", None),
        _choice("settings.penalty_scope", VALUES["penalty_scope"]),
        _number("settings.penalty_per_fault"),
        _choice("settings.nothing_assigned", VALUES["nothing_assigned"]),
        _number("settings.extras_warning"),
        Field(
            "settings.moved_leaves_total",
            _column(YesNoColumn, "settings.moved_leaves_total", None, open=True),
        ),
        _list("settings.managed_kinds", OMIT, VALUES["managed_kinds"]),
        _choice("settings.managed_unconfirmed", VALUES["managed_unconfirmed"]),
        _choice("settings.managed_without_result", VALUES["managed_without_result"]),
        _number("settings.nobody_managed"),
        _choice("settings.band_from", VALUES["band_from"]),
        _choice("settings.means_of", VALUES["means_of"]),
    ),
    (),
)

DOCUMENTS = Table(
    "documents",
    _("Legal basis"),
    (
        _word("number", label=_("Number"), width=22),
        _word("title", label=_("Title")),
        Field("issued_on", _column(DayColumn, "issued_on", _("Issued on")), "", width=14),
        _word("clauses", label=_("Clauses")),
    ),
    ("number", "title"),
)

PARTS = Table(
    "parts", _("Parts"), (_code("code"), _word("label"), _number("max", None), KEY), ("code", "label")
)

SECTIONS = Table(
    "sections",
    _("Sections"),
    (
        _code("part", _("Code of the part")),
        _code("code"),
        _word("label"),
        _number("max", None),
        _choice("combination.kind", VALUES["combination.kind"], label=FIELDS["combination"]),
        _word("combination.expression"),
        _number("combination.cap", None),
        _word("citation"),
        KEY,
    ),
    ("code", "label"),
)

CRITERIA = Table(
    "criteria",
    _("Criteria"),
    (
        _code("section", _("Code of the section")),
        _code("code"),
        _word("label", width=60),
        _choice("kind.type", KINDS),
        _number("max", None),
        _number("kind.step", kinds=_of("number", "levels")),
        _number("weight", None),
        _choice("kind.unit", VALUES["unit"], kinds=_of("choice", "levels")),
        _choice("kind.measure", VALUES["measure"], kinds=_of("task_ratio", "roll_up")),
        _choice("kind.scope", VALUES["scope"], kinds=_of("roll_up")),
        _choice("kind.of", VALUES["kind.of"], label=_("Whose results"), kinds=_of("result_of")),
        _choice("kind.how", VALUES["kind.how"], kinds=_of("result_of")),
        _number("kind.out_of", kinds=_of("result_of")),
        _number("kind.threshold", kinds=_of("result_of", "people_managed")),
        _number("kind.reached", kinds=_of("people_managed")),
        _number("kind.failed", kinds=_of("people_managed")),
        _number("kind.nobody", kinds=_of("result_of")),
        _choice("kind.direction", VALUES["direction"], kinds=_of("indicator")),
        _number("kind.target", kinds=_of("indicator")),
        _number("kind.cap", kinds=_of("indicator")),
        _number("kind.floor", kinds=_of("deduction")),
        _word("kind.expression", OMIT, kinds=_of("formula")),
        _choice("kind.time.count", VALUES["time.count"], label=_("Days are"), kinds=_of("task_points")),
        _word("kind.time.calendar", OMIT, width=18, kinds=_of("task_points")),
        _number("kind.time.unfinished", kinds=_of("task_points")),
        _choice(
            "kind.normalise.to", VALUES["normalise.to"], label=FIELDS["normalise"], kinds=_of("task_points")
        ),
        _number("kind.normalise.full", kinds=_of("task_points")),
        _list("stages", None, VALUES["stages"]),
        Field(
            "may_not_apply",
            _column(YesNoColumn, "may_not_apply", None, only=True),
            kinds=MAY_NOT_APPLY,
            width=12,
        ),
        _number("kind.min", kinds=_of("number")),
        _list("guidance", [], lines=True),
        _word("citation"),
        KEY,
    ),
    ("code", "label"),
)

DETAILS = (
    Table(
        "options",
        _("Values to choose"),
        (CRITERION, _number("value", None), _word("label"), _yes("grounds_required")),
        ("criterion",),
        "kind.options",
        _of("choice"),
    ),
    Table(
        "levels",
        _("Levels"),
        (CRITERION, _word("label"), _number("from", None), _number("to"), _word("guidance", OMIT)),
        ("criterion",),
        "kind.levels",
        _of("levels"),
    ),
    Table(
        "items",
        _("Items"),
        (
            CRITERION,
            _code("code"),
            _word("label"),
            _number("value", None),
            _number("limit", whole=True),
            _number("cap"),
        ),
        ("criterion",),
        "kind.items",
        ITEMS,
    ),
    Table(
        "inputs",
        _("Inputs of formulas"),
        (CRITERION, _code("code"), _word("label"), _number("max")),
        ("criterion",),
        "kind.inputs",
        _of("formula"),
    ),
    Table(
        "coefficients",
        _("Coefficients of tasks"),
        (
            CRITERION,
            _choice("attribute", VALUES["attribute"]),
            _number("default"),
            _code("code"),
            _word("label"),
            _number("value", None),
        ),
        ("criterion",),
        "kind.coefficients",
        _of("task_points"),
    ),
    Table(
        "quality",
        _("Quality of tasks"),
        (CRITERION, _code("code"), _word("label"), _number("value", None)),
        ("criterion",),
        "kind.quality",
        _of("task_points"),
    ),
    Table(
        "early",
        _("Finished early"),
        (CRITERION, _number("days", None, whole=True), _number("value", None)),
        ("criterion",),
        "kind.time.early",
        _of("task_points"),
    ),
    Table(
        "late",
        _("Finished late"),
        (CRITERION, _number("days", None, whole=True), _number("value", None)),
        ("criterion",),
        "kind.time.late",
        _of("task_points"),
    ),
    Table(
        "alternatives",
        _("Wordings for some posts"),
        (CRITERION, _choice("condition", VALUES["condition"], label=_("For")), _word("label")),
        ("criterion",),
        "alternatives",
        frozenset(KINDS),
    ),
)
"""What stands inside a criterion: each row names the criterion by its code."""

LISTS = (
    Table(
        "bands",
        _("Point bands"),
        (_code("code"), _word("label"), _number("from", None), _number("value")),
        ("code", "label"),
    ),
    Table(
        "stages",
        _("Stages"),
        (
            _stage("key", _("Stage")),
            _word("label"),
            _yes("decides"),
            _yes("optional"),
            _list("blind_to", OMIT, VALUES["blind_to"]),
            _choice("who", VALUES["who"]),
        ),
        ("key", "label"),
    ),
    Table(
        "facts",
        _("Facts"),
        (_code("code"), _word("label"), _choice("answer", VALUES["answer"]), KEY),
        ("code", "label"),
    ),
    Table(
        "gates",
        _("Gates"),
        (
            _word("label"),
            _word("condition"),
            _choice("effect", VALUES["effect"]),
            _code("band"),
            _word("reason"),
            _list("periods", [], VALUES["periods"]),
            _word("citation"),
            KEY,
        ),
        ("condition", "effect"),
    ),
    Table(
        "quotas",
        _("Quotas"),
        (
            _code("band"),
            _number("share", None),
            _choice("base", VALUES["base"]),
            _list("scopes", [], VALUES["scopes"]),
            _number("exception"),
            _number("small_below", whole=True),
            _number("small_allowed", whole=True),
            _word("citation", OMIT),
            KEY,
        ),
        ("band", "share"),
    ),
    Table(
        "raters",
        _("Raters"),
        (_word("label"), _stage("stage"), _number("weight", None), KEY),
        ("label", "weight"),
    ),
    Table(
        "aggregation",
        _("Longer periods"),
        (
            _choice("period", VALUES["period"]),
            _choice("of", VALUES["of"]),
            _number("count", whole=True),
            _choice("how", VALUES["how"]),
            _choice("missing", VALUES["missing"]),
            _number("minimum", whole=True),
            _list("exempt", []),
        ),
        ("period", "of"),
    ),
)
"""Lists of the set itself."""

OPTIONAL_LISTS = frozenset({"facts", "gates", "quotas", "raters", "aggregation"})
"""A set that says nothing does not have them."""

CLAUSES = Table(
    "citations",
    _("Clauses of steps"),
    (
        Field(
            "step",
            _column(
                NameColumn, "step", _("Part of the calculation"), choices=choices_of(dict(CitedStep.choices))
            ),
            "",
        ),
        _word("clause", label=FIELDS["citation"]),
    ),
    ("step",),
)

BANDS, STAGES, FACTS, GATES, QUOTAS, RATERS, AGGREGATION = LISTS
TABLES = (PARTS, SECTIONS, CRITERIA, *DETAILS, *LISTS, CLAUSES, DOCUMENTS)
EXACT = _("Exact values (do not change)")
CALCULATION = _("Calculation")
GUIDE = _("Guide")
CHOICES = _("Choice lists")

DEFAULT_SETTINGS: Mapping[str, Any] = {
    "ratio_cap": "1",
    "penalty_scope": "unit",
    "penalty_per_fault": "0.25",
    "nothing_assigned": "insufficient",
    "extras_warning": "0.3",
    "moved_leaves_total": True,
    "managed_kinds": ["cong_chuc"],
    "managed_unconfirmed": "pending",
    "managed_without_result": "left_out",
    "nobody_managed": "1",
    "band_from": "exact",
    "means_of": "published",
}
"""What the template is filled in with; the decree's, and what a set that says nothing computes with."""
