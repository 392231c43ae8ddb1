"""Sets with criteria of the later kinds, and a plain reading of each kind in fractions."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from kpi_cms.foundation.engine import (
    CardInputs,
    EntryError,
    check_specification,
    compile_set,
    decimal_text,
    formulas,
)
from tests.foundation.engine import reference, specs


def items(*entries):
    """Items (code, value, then limit or cap by name)."""
    return [{"code": code, "label": f"Mục {code}", "value": value, **more} for code, value, more in entries]


def criterion(code, kind, **more):
    return specs.computed(code, kind, **more)


def whole(*criteria, combination=None, maximum="10", **more):
    """A set of one section; its total is a formula, so that nothing has to add up."""
    spec = specs.party() | {"schema_version": 2} | more
    combination = combination or {"kind": "formula", "expression": f"[{criteria[0]['code']}]", "cap": None}
    section = specs.section("S", maximum, "common", [*criteria])
    section["combination"] = combination
    spec["sections"] = [section]
    spec["parts"] = [{"key": "key-common", "code": "common", "label": "Điểm", "max": maximum}]
    spec["total"] = {"kind": "sum", "expression": "", "max": maximum}
    for band, share in zip(spec["bands"], (90, 70, 50, 0), strict=True):
        band["from"] = decimal_text(Decimal(maximum) * share / 100)
    return spec


def sum_of_items(kind, entry):
    total = Fraction(0)
    for item in kind["items"]:
        count = int(entry.get(item["code"], 0))
        count = min(count, item.get("limit") or count)
        points = count * Fraction(item["value"])
        total += min(points, Fraction(item["cap"])) if item.get("cap") else points
    return total


def worked_days(calendar, due, done):
    first, last = min(due, done), max(due, done)
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    count = sum(
        day in calendar.worked_instead or (day.weekday() < 5 and day not in calendar.holidays) for day in days
    )
    return count if done > due else -count


def time_factor(rule, task, calendars):
    if task.done is None:
        return Fraction(rule.get("unfinished", 0))
    if task.due is None:
        return Fraction(1)
    days = (task.done - task.due).days
    if rule.get("count") == "working":
        days = worked_days(calendars[rule["calendar"]], task.due, task.done)
    steps = rule.get("late" if days > 0 else "early", [])
    reached = [step for step in steps if step["days"] <= abs(days)]
    return Fraction(max(reached, key=lambda step: step["days"])["value"]) if reached else Fraction(1)


def task_points(kind, tasks, calendars):
    """The points, "wait" while a quality is not known, None when nothing is possible."""
    total, possible = Fraction(0), Fraction(0)
    qualities = {step["code"]: Fraction(step["value"]) for step in kind.get("quality", [])}
    for task in tasks:
        worth = Fraction(task.points) * Fraction(task.quantity)
        for coefficient in kind.get("coefficients", []):
            values = {value["code"]: value["value"] for value in coefficient["values"]}
            worth *= Fraction(
                values.get(task.attributes.get(coefficient["attribute"]), coefficient.get("default"))
            )
        possible += worth
        if qualities and task.done is not None:
            if task.quality is None:
                return "wait"
            worth *= qualities[task.quality]
        total += worth * time_factor(kind.get("time", {}), task, calendars)
    maximum, normalise = Fraction(kind["max"]), kind.get("normalise", {})
    if normalise.get("to") == "full":
        total = total / Fraction(normalise["full"]) * maximum
    if normalise.get("to") == "possible":
        if not possible:
            return None
        total = total / possible * maximum
    return min(total, maximum)


def indicator(kind, entry):
    cap = Fraction(kind.get("cap", 1))
    actual, target = Fraction(str(entry["actual"])), Fraction(str(kind.get("target") or entry["target"]))
    if kind.get("direction") == "lower":
        return cap if actual == 0 else min(cap, target / actual)
    return min(cap, actual / target)


def result_of(kind, results):
    full = Fraction(kind.get("out_of", 100))
    points = [Fraction(value) for value in results]
    if not points:
        return Fraction(kind.get("nobody", 1))
    if kind.get("how") == "minimum":
        return min(points) / full
    if kind.get("how") == "share_reaching":
        return Fraction(len([value for value in points if value >= Fraction(kind["threshold"])]), len(points))
    return sum(points) / len(points) / full


def value(kind, inputs, key, settings):
    """What a criterion of a later kind is worth; "wait" or None when it has no value."""
    entry = inputs.details.get(key)
    match kind["type"]:
        case "levels":
            given = Fraction(inputs.entered[key])
            return given / 100 if kind["unit"] == "percent" else given
        case "checklist":
            return sum_of_items(kind, entry)
        case "deduction":
            return max(Fraction(kind["max"]) - sum_of_items(kind, entry), Fraction(kind.get("floor", 0)))
        case "bonus":
            return min(sum_of_items(kind, entry or {}), Fraction(kind["max"]))
        case "indicator":
            return indicator(kind, entry)
        case "task_points":
            return task_points(kind, inputs.work, inputs.calendars)
        case "roll_up":
            tasks = inputs.tasks if kind["scope"] == "own" else inputs.others[kind["scope"]]
            found = reference.ratios(tuple(tasks), settings)
            return None if found is None else found[kind["measure"]]
        case "result_of":
            return result_of(kind, inputs.results[kind["of"]])
    raise AssertionError(kind["type"])


KEY = "key-x"


def one(kind, **more):
    return compile_set(
        whole(criterion("x", kind, **more), **({"maximum": more["max"]} if "max" in more else {}))
    )


def worth(kind, **inputs):
    return one(kind).score(CardInputs({}, **inputs)).values.get("x")


def detailed(kind, **entry):
    return worth(kind, details={KEY: entry})


def refused(kind, entry):
    with pytest.raises(EntryError) as error:
        one(kind).score(CardInputs({}, details={KEY: entry}))
    assert error.value.problem.key == KEY
    assert one(kind).check_details(KEY, entry) == error.value.problem
    return error.value.problem.code, str(error.value)


def problems(kind, **more):
    found = check_specification(whole(criterion("x", kind, **more)))
    return [(item.code, str(item), item.path) for item in found]


def lines(kind, **inputs):
    """The trace of the criterion: (code, name, formula, value), each formula computed again."""
    found = []
    for step in one(kind).trace(CardInputs({}, **inputs)):
        if step.code == "x" or step.code.startswith("x: "):
            if step.formula:
                tree = formulas.parse(step.formula)
                assert formulas.evaluate(tree, dict(step.inputs).__getitem__) == step.value
            found.append((step.code, step.name_template % step.params, step.formula, step.value))
    return found


AT = "sections[0].criteria[0]"
