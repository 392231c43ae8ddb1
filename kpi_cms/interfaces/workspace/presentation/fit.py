"""How criteria fitted, as rows: the page and the workbook show the same."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import Opinion
from kpi_cms.evaluation.fit_queries import Fit, Opinions
from kpi_cms.foundation.core.numbers import format_percent, format_quantity
from kpi_cms.foundation.core.workbooks import OutColumn, OutSheet, OutValue, write_workbook
from kpi_cms.foundation.engine import Grade
from snippets.enums import Block, StaffKind
from snippets.models import Period


@dataclass(frozen=True)
class Asked:
    """One version in one closed period, of all blocks and kinds of staff ("") or of one."""

    period: Period
    version: CriteriaVersion
    block: str = ""
    kind: str = ""

    @property
    def whom(self) -> str:
        """In words."""
        named = [
            str(choices(value).label)
            for choices, value in ((Block, self.block), (StaffKind, self.kind))
            if value
        ]
        return ", ".join(named) or _("All blocks and kinds of staff")


def headers() -> list[str]:
    return [
        _("Criterion"),
        _("Number of people"),
        _("Lower quartile"),
        _("Median"),
        _("Upper quartile"),
        _("At the maximum"),
        _("Distance from self"),
        _("Same as self"),
        _("Never given"),
        _("With grounds"),
    ]


def table_of(found: Iterable[Fit]) -> dict[str, Any]:
    """Context of the table; what may not be told says so."""
    columns = [{"label": label, "number": 0 < place != 8} for place, label in enumerate(headers())]
    return {"columns": columns, "rows": [{"cells": _cells(fit)} for fit in found]}


def _cells(fit: Fit) -> list[dict[str, Any]]:
    first = {"text": fit.criterion.code, "hint": fit.criterion.label}
    if fit.spread is None:
        return [first, {"text": _("not shown")}, *({"text": ""} for _header in headers()[2:])]
    spread = fit.spread
    return [
        first,
        {"text": spread.people},
        {"text": _percent(spread.lower)},
        {"text": _percent(spread.median)},
        {"text": _percent(spread.upper)},
        {"text": _percent(spread.at_maximum)},
        *({"text": text} for text in _distance(fit)),
        {"text": grades_in_words(fit)},
        {"text": fit.comments},
    ]


def _distance(fit: Fit) -> tuple[str, str]:
    """Mean with its sign and who agree; "" for what is computed from the same tasks at each stage."""
    if not fit.criterion.entered:
        return "", ""
    if fit.distance is None:
        return _("not shown"), _("not shown")
    return _signed(fit.distance.mean), _percent(fit.distance.same)


def _percent(value: Fraction) -> str:
    return format_percent(value, language=get_language() or "vi", places=1)


def _signed(value: Fraction) -> str:
    return f"+{_percent(value)}" if value > 0 else _percent(value)


def grades_in_words(fit: Fit) -> str:
    """Those that nobody was given: levels by name, values as they are entered, several beside each other as a range."""
    missing = set(fit.nobody_given)
    parts: list[str] = []
    for run in _runs(fit.grades, missing):
        first, last = _said(run[0], fit.share), _said(run[-1], fit.share)
        parts.append(first if len(run) == 1 else f"{first} – {last}")
    return "; ".join(parts)


def _runs(grades: Iterable[Grade], missing: Container[Grade]) -> Iterator[list[Grade]]:
    """Grades that stand beside each other and are missing, together."""
    for absent, run in groupby(grades, key=lambda grade: grade in missing):
        if absent:
            yield list(run)


def _said(grade: Grade, share: bool) -> str:
    if grade.value is None:
        return grade.label
    return f"{format_quantity(grade.value, language=get_language() or 'vi')}{'%' if share else ''}"


# --- What those who scored with them say ---------------------------------------------------------------------
def opinion_headers() -> list[str]:
    return [
        _("Criterion"),
        _("Number of people"),
        _("Clear"),
        _("Can be measured"),
        _("Fits the job"),
        pgettext("feedback", "Remarks"),
    ]


def opinions_table(found: Sequence[Fit], said: Mapping[int, Opinions]) -> dict[str, Any]:
    """Context of the second table and of the remarks below it; per cent of those who answered the question yes."""
    columns = [{"label": label, "number": place > 0} for place, label in enumerate(opinion_headers())]
    return {
        "opinion_columns": columns,
        "opinion_rows": [{"cells": _opinion_cells(fit, said.get(fit.criterion.pk))} for fit in found],
        "remarks": [
            {"criterion": fit.criterion, "remarks": said[fit.criterion.pk].remarks}
            for fit in found
            if fit.criterion.pk in said and said[fit.criterion.pk].remarks
        ],
    }


def _opinion_cells(fit: Fit, said: Opinions | None) -> list[dict[str, Any]]:
    first = {"text": fit.criterion.code, "hint": fit.criterion.label}
    if said is None:
        return [first, *({"text": _("not shown")} for _header in opinion_headers()[1:])]
    shares = [agreeing(said, question) for question in said.answers]
    return [
        first,
        {"text": said.people},
        *({"text": "" if share is None else _percent(share)} for share in shares),
        {"text": len(said.remarks)},
    ]


def agreeing(said: Opinions, question: str) -> Fraction | None:
    """Yes, of those who answered the question."""
    counts = said.answers[question]
    answered = sum(counts[answer] for answer in Opinion.values)
    return Fraction(counts[Opinion.YES], answered) if answered else None


def _opinion_row(fit: Fit, said: Opinions | None) -> list[OutValue]:
    first = f"{fit.criterion.code} {fit.criterion.label}"
    if said is None:
        return [first, *(_("not shown") for _header in opinion_headers()[1:])]
    shares = [agreeing(said, question) for question in said.answers]
    return [
        first,
        said.people,
        *(None if share is None else _number(share) for share in shares),
        "\n".join(said.remarks),
    ]


def fit_workbook(asked: Asked, found: Sequence[Fit], said: Mapping[int, Opinions]) -> bytes:
    """Per cent as numbers rounded to one place, so that they can be reckoned with."""
    title = _("Fit of the criteria")
    widths = (60, 10, 14, 14, 14, 14, 14, 14, 40, 12)
    columns = [OutColumn(header=label, width=width) for label, width in zip(headers(), widths, strict=True)]
    headings = [
        title,
        f"{asked.version.title}, {asked.version.address}",
        f"{asked.period}. {asked.whom}",
        _("Quartiles, shares and distances are per cent: of the criterion's maximum, and of the people."),
    ]
    rows = [_row(fit) for fit in found]
    of_opinions = [
        OutColumn(header=label, width=width)
        for label, width in zip(opinion_headers(), (60, 10, 14, 14, 14, 80), strict=True)
    ]
    opinions = [_opinion_row(fit, said.get(fit.criterion.pk)) for fit in found]
    return write_workbook(
        [
            OutSheet(title=title, columns=columns, rows=rows, headings=headings),
            OutSheet(title=_("Feedback"), columns=of_opinions, rows=opinions, headings=headings[:3]),
        ]
    )


def _row(fit: Fit) -> list[OutValue]:
    first = f"{fit.criterion.code} {fit.criterion.label}"
    if fit.spread is None:
        return [first, *(_("not shown") for _header in headers()[1:])]
    spread = fit.spread
    return [
        first,
        spread.people,
        *(_number(value) for value in (spread.lower, spread.median, spread.upper, spread.at_maximum)),
        *_distance_as_numbers(fit),
        grades_in_words(fit),
        fit.comments,
    ]


def _distance_as_numbers(fit: Fit) -> tuple[OutValue, OutValue]:
    if fit.distance is None or not fit.criterion.entered:
        return _distance(fit)
    return _number(fit.distance.mean), _number(fit.distance.same)


def _number(value: Fraction) -> Decimal:
    tenths = value * 1000
    return Decimal(round_tenths(tenths)) / 10


def round_tenths(value: Fraction) -> int:
    """Half away from zero, as the page rounds."""
    whole = (abs(value) * 2 + 1) // 2
    return whole if value >= 0 else -whole
