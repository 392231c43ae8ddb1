"""A frozen version as people read it: every criterion, how its points come about in words, and where the law says so.

Built from the frozen specification alone, so an old version reads the same years later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.engine import Settings
from snippets.enums import Block, PeriodKind, PostRole, StaffKind

from ..enums import (
    BandSource,
    Combination,
    Condition,
    Evaluated,
    Means,
    NothingAssigned,
    PenaltyScope,
    RoundingMode,
    RoundingWhen,
    StageName,
    StageWho,
    TotalKind,
    Unconfirmed,
    WithoutResult,
)
from ..models import CriteriaVersion
from .handbook_kinds import Node, how, in_words, maximum_of, number, options, percent
from .handbook_ratings import rating_rules
from .kind_blocks import kind_of
from .trial import ROW_LABELS, TASK_FIELDS, WORK_FIELDS

Text = str | Promise


@dataclass(frozen=True)
class Wording:
    """A text for some posts only."""

    posts: Text
    text: str


@dataclass(frozen=True)
class CriterionEntry:
    """`maximum` is None for a share of 100%; `how` says who or what gives the points."""

    code: str
    label: str
    maximum: Decimal | None
    how: str
    citation: str
    guidance: tuple[str, ...]
    wordings: tuple[Wording, ...]
    options: tuple[str, ...]
    scored_by: str
    may_not_apply: str


@dataclass(frozen=True)
class SectionEntry:
    code: str
    label: str
    maximum: Decimal
    how: str
    citation: str
    criteria: tuple[CriterionEntry, ...]


@dataclass(frozen=True)
class PartEntry:
    label: str
    maximum: Decimal
    sections: tuple[SectionEntry, ...]


@dataclass(frozen=True)
class ExampleEntry:
    """A card by hand that the set was issued with: what is filled in, and what it comes to."""

    name: str
    note: str
    values: tuple[str, ...]
    tasks: tuple[str, ...]
    total: Decimal
    band: str


@dataclass(frozen=True)
class Handbook:
    """One version, ready to be shown."""

    version: CriteriaVersion
    parts: tuple[PartEntry, ...]
    total: str
    bands: tuple[tuple[str, str], ...]
    stages: tuple[tuple[str, str], ...]
    audience: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    examples: tuple[ExampleEntry, ...]


def find(set_code: str, number: int) -> CriteriaVersion:
    """The version with this code and number. Raises NotFound."""
    version = CriteriaVersion.objects.filter(set_code=set_code, number=number).first()
    if version is None:
        raise NotFound
    return version


def read(version: CriteriaVersion) -> Handbook:
    """The version's handbook page in the reader's language; the set's own texts as they were issued."""
    specification: Node = version.specification
    return Handbook(
        version=version,
        parts=tuple(_parts(specification)),
        total=_total(specification),
        bands=tuple(_bands(specification["bands"], specification.get("band_value", ""))),
        stages=tuple((stage["label"], _stage(stage)) for stage in specification["stages"]),
        audience=tuple(_audience(specification["applicability"])),
        rules=tuple(_rules(specification, version.compiled().rules.settings)),
        examples=tuple(_examples(version)),
    )


def _examples(version: CriteriaVersion) -> Iterator[ExampleEntry]:
    labels = {band["code"]: band["label"] for band in version.specification["bands"]}
    for example in version.examples:
        rows = [*example["tasks"], *example["work"]]
        yield ExampleEntry(
            name=example["name"],
            note=example["note"],
            values=tuple(example["values"].splitlines()),
            tasks=tuple("; ".join(_told(row)) for row in rows),
            total=Decimal(example["total"]),
            band=labels[example["band"]],
        )


def _told(row: Mapping[str, str]) -> Iterator[str]:
    """A row of an example in words: “Coefficient: 2”, in the order of its form: PostgreSQL keeps another."""
    for name in dict.fromkeys((*TASK_FIELDS, *WORK_FIELDS)):
        if name in row:
            yield str(ROW_LABELS[name]) if name == "extra" else f"{ROW_LABELS[name]}: {row[name]}"


def issued_on(citation: Mapping[str, str]) -> date | None:
    """The day a cited document was issued, where the set says it."""
    return date.fromisoformat(citation["issued_on"]) if citation.get("issued_on") else None


def _parts(specification: Node) -> Iterator[PartEntry]:
    for part in specification["parts"]:
        sections = [
            _section(section) for section in specification["sections"] if section["part"] == part["code"]
        ]
        yield PartEntry(part["label"], Decimal(part["max"]), tuple(sections))


def _section(section: Node) -> SectionEntry:
    return SectionEntry(
        code=section["code"],
        label=section["label"],
        maximum=Decimal(section["max"]),
        how=_combination(section),
        citation=section["citation"],
        criteria=tuple(_criterion(item) for item in section["criteria"]),
    )


def _combination(section: Node) -> str:
    combination = section["combination"]
    off = [item["kind"]["type"] == "penalty" for item in section["criteria"]]
    cap = number(combination["cap"] or section["max"])
    if combination["kind"] == Combination.FORMULA:
        return _("%(formula)s, at most %(cap)s points") % {
            "formula": in_words(combination["expression"]),
            "cap": cap,
        }
    if combination["kind"] == Combination.WEIGHTED_MEAN:
        weights = ", ".join(f"{item['code']} {number(item['weight'])}%" for item in section["criteria"])
        return _("The mean of the criteria by their weights (%(weights)s), out of %(max)s points") % {
            "weights": weights,
            "max": number(section["max"]),
        }
    if combination["kind"] == Combination.CAPPED_SUM:
        if any(off) and not all(off):
            return _("The sum of the criteria's points, less the points taken off, at most %(cap)s") % {
                "cap": cap
            }
        return _("The sum of the criteria's points, at most %(cap)s") % {"cap": cap}
    if any(off):
        return (
            _("The points taken off")
            if all(off)
            else _("The sum of the criteria's points, less those taken off")
        )
    return _("The sum of the criteria's points")


def criterion_of(block_type: str, value: Mapping[str, Any]) -> CriterionEntry:
    """A criterion that stands in no set: the example of the block picker."""
    maximum, kind = kind_of(block_type, value)
    code, label = str(value["code"]), str(value["label"])
    return _criterion(
        {
            "code": code, "label": label, "max": maximum, "kind": kind, "citation": "", "guidance": (),
            "alternatives": (),
        }
    )  # fmt: skip


def _criterion(item: Node) -> CriterionEntry:
    kind = item["kind"]
    return CriterionEntry(
        code=item["code"],
        label=item["label"],
        maximum=maximum_of(item),
        how=how(kind),
        citation=item["citation"],
        # Annex I repeats the form's sentence for some criteria: the reader needs it once.
        guidance=tuple(text for text in item["guidance"] if text != item["label"]),
        wordings=tuple(
            Wording(Condition(entry["condition"]).label, entry["label"]) for entry in item["alternatives"]
        ),
        options=tuple(options(kind)),
        scored_by=_scored_by(item.get("stages")),
        may_not_apply=_("May be left out, with grounds, where it did not arise in the period.")
        if item.get("may_not_apply")
        else "",
    )


def _scored_by(stages: list[str] | None) -> str:
    """Who scores a criterion; "" where everybody does."""
    if stages == [StageName.SELF]:
        return _("Scored by the person only; their score counts for the result.")
    names = ", ".join(str(StageName(stage).label) for stage in stages or ())
    return _("Scored at these stages only: %(stages)s.") % {"stages": names} if names else ""


def _total(specification: Node) -> str:
    total = specification["total"]
    if total["kind"] == TotalKind.FORMULA:
        formula = in_words(total["expression"])
    else:
        formula = " + ".join(part["label"] for part in specification["parts"])
    rounding = specification["rounding"]
    sentence = {
        RoundingMode.HALF_UP.value: _(
            "%(formula)s, at most %(max)s points, rounded once to %(places)s places"
        ),
        RoundingMode.UP.value: _("%(formula)s, at most %(max)s points, rounded up to %(places)s places"),
        RoundingMode.DOWN.value: _("%(formula)s, at most %(max)s points, rounded down to %(places)s places"),
    }[rounding.get("mode", RoundingMode.HALF_UP.value)]
    early = {
        RoundingWhen.PARTS.value: _("; each part is rounded before they are added"),
        RoundingWhen.SECTIONS.value: _("; each section is rounded before they are added"),
    }
    return sentence % {
        "formula": formula,
        "max": number(total["max"]),
        "places": rounding["places"],
    } + early.get(rounding.get("when", ""), "")


def _bands(bands: list[Node], name: str) -> Iterator[tuple[str, str]]:
    above: str | None = None
    for band in bands:
        start = number(band["from"])
        if above is None:
            sentence = _("%(start)s points or more") % {"start": start}
        elif Decimal(band["from"]) == 0:
            sentence = _("Less than %(end)s points") % {"end": above}
        else:
            sentence = _("From %(start)s to less than %(end)s points") % {"start": start, "end": above}
        above = start
        if name:
            sentence = f"{sentence}. {name}: {number(band['value'])}"
        yield band["label"], sentence


def _stage(stage: Node) -> str:
    said: list[str | Promise] = []
    if stage["decides"]:
        said.append(_("Decides the result"))
    elif stage["optional"] and stage["key"] == StageName.COLLECTIVE:  # of no other is it so on a card
        said.append(_("May be left out"))
    if stage.get("who"):
        said.append(_ACTING[stage["who"]])
    if stage.get("blind_to"):
        names = ", ".join(str(StageName(name).label) for name in stage["blind_to"])
        said.append(_("does not see before sending its own: %(stages)s") % {"stages": names})
    sentence = "; ".join(map(str, said))
    return sentence[:1].upper() + sentence[1:]


_ACTING = {
    StageWho.DIRECT_HEAD.value: gettext_lazy(
        "by the head of the person's constituent unit; left out for heads, for staff directly in the agency and while "
        "the unit has no head"
    ),
    StageWho.AGENCY_HEAD.value: gettext_lazy(
        "by the head of the using agency; of the head of the agency by the head of the managing agency"
    ),
}


def _audience(applicability: Node) -> Iterator[tuple[str, str]]:
    if applicability.get("evaluates") == Evaluated.ORGANISATIONS:
        yield _("Whom the set evaluates"), str(Evaluated.ORGANISATIONS.label)
        yield from _where_and_when(applicability)
        return
    leader = applicability["leader"]
    everybody = _("everybody")
    who = {
        None: everybody,
        True: _("those in posts of leadership"),
        False: _("those in no post of leadership"),
    }
    yield _("Kinds of staff"), _labels(applicability["staff_kinds"], StaffKind) or everybody
    yield _("Who of them"), _labels(applicability["roles"], PostRole) or who[leader]
    if applicability["positions"]:
        yield _("Positions"), ", ".join(applicability["positions"])
    if applicability.get("job_positions"):
        yield _("Job positions"), ", ".join(applicability["job_positions"])
    yield from _where_and_when(applicability)


def _where_and_when(applicability: Node) -> Iterator[tuple[str, str]]:
    yield _("Blocks"), _labels(applicability["blocks"], Block) or _("all")
    if applicability.get("units"):
        yield _("Units, each with everything below it"), ", ".join(applicability["units"])
    if applicability.get("precedence"):
        yield _("Takes precedence"), _("Over sets that name no position, job position or unit")
    yield _("Periods"), _labels(applicability["period_kinds"], PeriodKind) or _("all")


def _labels(values: list[str], choices: Any) -> str:
    return ", ".join(str(choices(value).label) for value in values)


def _rules(specification: Node, settings: Settings) -> Iterator[str]:
    """The settings that bear on a score, as sentences; what a set does not say is the default it computes with."""
    if settings.ratio_cap is None:
        yield _("A ratio may exceed 100%; the section's cap still holds.")
    else:
        yield _("Each ratio counts at most %(cap)s.") % {"cap": percent(settings.ratio_cap)}
    penalty = {"share": percent(settings.penalty_per_fault)}
    if settings.penalty_scope == PenaltyScope.BATCH:
        yield _("Each major error or delay takes %(share)s of the task's points, unless excused.") % penalty
    else:
        yield (
            _("Each major error or delay takes %(share)s of one product's points, unless excused.") % penalty
        )
    if any(
        item["kind"]["type"] == "people_managed"
        for entry in specification["sections"]
        for item in entry["criteria"]
    ):
        yield from _rules_of_managed(settings)
    if any(item.get("may_not_apply") for entry in specification["sections"] for item in entry["criteria"]):
        yield _(
            "Where a criterion did not arise, the others of its section count for it by their maximums or weights; a "
            "section or part without any criterion left is counted by the others in the same way. A formula reads 0."
        )
    if settings.nothing_assigned == NothingAssigned.LEFT_OUT:
        yield _(
            "Nothing assigned in the period: the ratios are left out, and what is left counts for the whole."
        )
    elif settings.nothing_assigned == NothingAssigned.ZERO:
        yield _("Nothing assigned in the period: each ratio counts 0%, whatever the extra tasks.")
    else:
        yield _("Nothing assigned in the period: no result, not rated.")
    if settings.moved_leaves_total:
        yield _("Work that the head moves before its due date leaves the total of the person who had it.")
    else:
        yield _("Work that the head moves before its due date stays in the total of the person who had it.")
    if settings.band_from == BandSource.ROUNDED:
        yield _("Bands are read from the points as they are rounded.")
    else:
        yield _("Bands are read from the exact points.")
    yield from rating_rules(specification)
    if settings.means_of == Means.EXACT:
        yield _("Quarter and year are the mean of the exact months.")
    else:
        yield _("Quarter and year are the mean of the published months, at two places.")


def _rules_of_managed(settings: Settings) -> Iterator[str]:
    """Who counts for the people a leader manages, and what becomes of those without points."""
    yield _("Of the people managed these count: %(kinds)s.") % {
        "kinds": _labels(list(settings.managed_kinds), StaffKind)
    }
    yield {
        Unconfirmed.PENDING.value: _("The result waits for those who are not confirmed yet."),
        Unconfirmed.LEFT_OUT.value: _("Those who are not confirmed yet are left out."),
        Unconfirmed.FAILING.value: _("Those who are not confirmed yet count as having too few points."),
    }[settings.managed_unconfirmed]
    yield {
        WithoutResult.LEFT_OUT.value: _("Those who have no result in the period are left out and listed."),
        WithoutResult.FAILING.value: _(
            "Those who have no result in the period count as having too few points."
        ),
    }[settings.managed_without_result]
    yield _("A leader who manages nobody has %(share)s.") % {"share": percent(settings.nobody_managed)}
