"""A run as a workbook: the same numbers and people as on its pages, of every unit."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from kpi_cms.evaluation.impact_numbers import Shown
from kpi_cms.foundation.core.numbers import format_moment
from kpi_cms.foundation.core.workbooks import Format, OutColumn, OutSheet, OutValue, write_workbook
from kpi_cms.foundation.engine import round_half_up

from .results import Changed, Line, Run
from .wording import reason_text, why_text


def impact_workbook(run: Run, people: Iterable[Changed], moment: datetime) -> bytes:
    """Units with their bands, moves between these, blocks, why cards cannot be told, and people."""
    headings = [
        _("Effect of a draft on past cards"),
        f"{run.past.period} · {run.past.set_code} · SHA-256 {run.sha256}",
        _("Computed %(moment)s, taken %(now)s")
        % {"moment": format_moment(run.moment), "now": format_moment(moment)},
    ]
    sheets = [
        _units(run, headings), _moves(run, headings), _blocks(run, headings), _reasons(run, headings),
        _people(run, people, headings),
    ]  # fmt: skip
    return write_workbook(sheets)


def _number(label: str) -> OutColumn:
    return OutColumn(header=label, width=14, format=Format.NUMBER)


def _units(run: Run, headings: Sequence[str]) -> OutSheet:
    bands = [
        _number(f"{label} ({when})") for label in run.bands.values() for when in (_("before"), _("after"))
    ]
    columns = [
        OutColumn(header=_("Unit code"), width=14),
        OutColumn(header=_("Unit"), width=44),
        _number(_("Compared")),
        _number(_("Mean before")),
        _number(_("Mean after")),
        _number(_("Higher band")),
        _number(_("Lower band")),
        _number(_("Cannot be told")),
        *bands,
    ]
    rows = [_unit_row(run, line) for line in run.every_line()]
    return OutSheet(title=_("Units"), columns=columns, rows=rows, headings=headings)


def _moves(run: Run, headings: Sequence[str]) -> OutSheet:
    """Of every unit that something is told of, a row for each band before: how many are in which one after."""
    columns = [
        OutColumn(header=_("Unit code"), width=14),
        OutColumn(header=_("Unit"), width=44),
        OutColumn(header=_("Band before"), width=24),
        *(_number(_("to %(band)s") % {"band": label}) for label in run.bands.values()),
    ]
    codes = list(run.bands)
    rows: list[list[OutValue]] = []
    for line in run.every_line():
        if line.shown is not None:
            found = zip(codes, line.shown.matrix(codes), strict=True)
            name = _named(line, _aside(line))
            rows += [[line.unit.code, name, run.bands[was], *numbers] for was, numbers in found]
    return OutSheet(title=_("Moves between bands"), columns=columns, rows=rows, headings=headings)


def _blocks(run: Run, headings: Sequence[str]) -> OutSheet:
    columns = [
        OutColumn(header=_("Block"), width=44),
        _number(_("Compared")),
        _number(_("Mean before")),
        _number(_("Mean after")),
        _number(_("Higher band")),
        _number(_("Lower band")),
        _number(_("Cannot be told")),
    ]
    rows: list[list[OutValue]] = [
        [label, told.compared, *_means(told), told.up, told.down, told.untold]
        if told is not None
        else [label, *[_("not shown")] * 6]
        for label, told in run.blocks()
    ]
    return OutSheet(title=_("Blocks"), columns=columns, rows=rows, headings=headings)


def _unit_row(run: Run, line: Line) -> list[OutValue]:
    aside, told = _aside(line), line.shown
    if told is None:
        return [line.unit.code, _named(line, aside), *[_("not shown")] * (6 + 2 * len(run.bands))]
    shared: list[OutValue] = []
    for code in run.bands:
        shared += [told.before.bands[code], told.after.bands[code]]
    numbers = [told.compared, *_means(told), told.up, told.down, told.untold]
    return [line.unit.code, _named(line, aside), *numbers, *shared]


def _aside(line: Line) -> str:
    """What the numbers of a line are of, beside its unit."""
    if line.told is None and line.mine is not None:
        return _("of the cards that you may read")
    return _("directly") if line.directly else ""


def _named(line: Line, aside: str) -> str:
    return f"{line.unit.name} ({aside})" if aside else line.unit.name


def _means(told: Shown) -> list[Decimal | None]:
    means = (told.before.mean, told.after.mean)
    return [None if mean is None else round_half_up(mean, 2) for mean in means]


def _reasons(run: Run, headings: Sequence[str]) -> OutSheet:
    columns = [
        OutColumn(header=_("Unit"), width=44),
        OutColumn(header=_("Why cards cannot be told"), width=80),
        _number(_("Cards")),
    ]
    rows: list[list[OutValue]] = []
    for line in run.every_line():
        if line.shown is not None and not line.directly:
            rows += [
                [line.unit.name, reason_text(reason, run.labels), count]
                for reason, count in run.reasons(line.shown)
            ]
    return OutSheet(title=_("Cannot be told"), columns=columns, rows=rows, headings=headings)


def _people(run: Run, people: Iterable[Changed], headings: Sequence[str]) -> OutSheet:
    columns = [
        OutColumn(header=_("Staff code"), width=14),
        OutColumn(header=_("Person"), width=28),
        OutColumn(header=_("Unit"), width=36),
        OutColumn(header=_("Before"), width=12),
        OutColumn(header=_("Band before"), width=24),
        OutColumn(header=_("After"), width=12),
        OutColumn(header=_("Band after"), width=24),
        OutColumn(header=_("Why"), width=80),
    ]
    rows = (
        [
            changed.card.person.staff_code, changed.card.person.full_name, changed.card.unit_name, changed.before,
            changed.before_band, changed.after, changed.after_band, why_text(changed, run.labels),
        ]
        for changed in people
    )  # fmt: skip
    return OutSheet(title=_("People"), columns=columns, rows=rows, headings=headings)
