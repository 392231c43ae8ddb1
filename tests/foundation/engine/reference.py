"""A plain reading of a specification with fractions: slow, obvious, and independent of the compiled engine.

It reads the JSON itself and knows nothing of tables, denominators or plans. Formulas are given as functions.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kpi_cms.foundation.engine import CardInputs, ManagedPeople, TaskInput

Formula = Callable[[Mapping[str, Fraction]], Fraction]


def unit_sizes(quantity: Fraction) -> list[Fraction]:
    """A quantity cut into units of 1, the last one what is left."""
    sizes = []
    while quantity > 0:
        sizes.append(min(quantity, Fraction(1)))
        quantity -= 1
    return sizes


def points_left(quantity: Fraction, deductions: Any, penalty: Fraction, scope: str) -> Fraction:
    """The quantity less its deductions."""
    counting = [unit for unit, excused in deductions if not excused]
    if scope == "batch":
        return quantity * max(Fraction(0), 1 - penalty * len(counting))
    left = Fraction(0)
    for number, size in enumerate(unit_sizes(quantity), start=1):
        left += size * max(Fraction(0), 1 - penalty * counting.count(number))
    return left


def ratios(tasks: tuple[TaskInput, ...], settings: Mapping[str, Any]) -> dict[str, Fraction] | None:
    """Quantity, quality and progress; None when nothing is assigned."""
    penalty, scope = Fraction(settings["penalty_per_fault"]), settings["penalty_scope"]
    assigned = Fraction(0)
    sums = {"quantity": Fraction(0), "quality": Fraction(0), "progress": Fraction(0)}
    for task in tasks:
        coefficient, done = Fraction(task.coefficient), Fraction(task.completed)
        if not task.extra:
            assigned += coefficient * Fraction(task.assigned)
            if task.handed_over:
                done = min(done, max(Fraction(0), Fraction(task.assigned) - Fraction(task.handed_over)))
        good = done if task.accepted is None else min(done, Fraction(task.accepted))
        sums["quantity"] += coefficient * done
        sums["quality"] += coefficient * points_left(good, task.faults, penalty, scope)
        sums["progress"] += coefficient * points_left(done, task.delays, penalty, scope)
    if assigned == 0:
        return None
    cap = settings["ratio_cap"]
    values = {measure: total / assigned for measure, total in sums.items()}
    return (
        values if cap is None else {measure: min(value, Fraction(cap)) for measure, value in values.items()}
    )


def managed_value(
    kind: Mapping[str, Any], people: ManagedPeople | None, settings: Mapping[str, Any]
) -> Fraction | None:
    """d: one verdict for each person, then all of them together; None while anybody is waited for."""
    unconfirmed = settings.get("managed_unconfirmed", "pending")
    if people is None or (people.pending and unconfirmed == "pending"):
        return None
    verdicts = []
    for points in people.points:
        exact = Fraction(points)
        if settings.get("band_from", "exact") == "rounded":
            exact = half_up(exact)
        verdicts.append(exact >= Decimal(kind["threshold"]))
    if settings.get("managed_without_result", "left_out") == "failing":
        verdicts += [False] * people.without_result
    if unconfirmed == "failing":
        verdicts += [False] * people.pending
    if not verdicts:
        return Fraction(settings["nobody_managed"])
    return Fraction(kind["reached"] if all(verdicts) else kind["failed"])


def half_up(value: Fraction) -> Fraction:
    """Two places, as every set of these tests rounds."""
    return Fraction(int(value * 100 + Fraction(1, 2)), 100)


def criterion_value(criterion: Any, inputs: CardInputs, settings: Mapping[str, Any]) -> Fraction | None:
    """A criterion's points, or share of 1."""
    kind = criterion["kind"]
    if kind["type"] == "task_ratio":
        found = ratios(tuple(inputs.tasks), settings)
        if found is None and settings.get("nothing_assigned", "insufficient") == "zero":
            return Fraction(0)
        return None if found is None else found[kind["measure"]]
    if kind["type"] == "people_managed":
        return managed_value(kind, inputs.people, settings)
    value = inputs.entered.get(criterion["key"])
    if value is None:
        return None
    percent = kind["type"] == "choice" and kind.get("unit", "percent") == "percent"
    return Fraction(value) / 100 if percent else Fraction(value)


def is_share(criterion: Any) -> bool:
    """Whether the criterion's value is a share of 1."""
    kind = criterion["kind"]
    return kind["type"] in ("task_ratio", "people_managed") or kind.get("unit") == "percent"


def section_value(section: Any, values: Mapping[str, Fraction], formula: Formula | None) -> Fraction:
    """A section's points, held between 0 and its cap."""
    combination = section["combination"]
    total = Fraction(0)
    if combination["kind"] == "formula":
        assert formula is not None
        total = formula(values)
    else:
        for criterion in section["criteria"]:
            value = values[criterion["code"]]
            maximum = Fraction(criterion.get("max") or criterion["kind"].get("max") or 1)
            if combination["kind"] == "weighted_mean":
                share = value if is_share(criterion) else value / maximum
                total += share * Fraction(criterion["weight"]) / 100 * Fraction(section["max"])
            else:
                total += value * maximum if is_share(criterion) else value
    cap = Fraction(section["max"] if combination["cap"] is None else combination["cap"])
    return max(Fraction(0), min(total, cap))


def score(spec: Any, inputs: CardInputs, formulas: Mapping[str, Formula]) -> tuple[Fraction, str] | None:
    """The exact total and its band; None when an input is missing."""
    settings = {**spec["settings"], **inputs.settings}
    values = {}
    for section in spec["sections"]:
        for criterion in section["criteria"]:
            value = criterion_value(criterion, inputs, settings)
            if value is None:
                return None
            values[criterion["code"]] = value
    total = Fraction(0)
    for section in spec["sections"]:
        total += section_value(section, values, formulas.get(section["code"]))
    read = half_up(total) if settings.get("band_from", "exact") == "rounded" else total
    band = next(band["code"] for band in spec["bands"] if read >= Fraction(band["from"]))
    return total, band
