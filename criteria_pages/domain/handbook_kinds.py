"""Each scoring kind in words, from the frozen specification: how its points come about, and the values it lists."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.numbers import format_percent, format_quantity

from ..enums import (
    Attribute,
    DayCount,
    Direction,
    Measure,
    Normalise,
    ResultsHow,
    ResultsOf,
    TaskScope,
)

Node = Mapping[str, Any]


def how(kind: Node) -> str:
    """How the points of a criterion of this kind come about."""
    return _HOW[kind["type"]](kind)


def options(kind: Node) -> Iterator[str]:
    """The values, items, levels or steps that a kind lists, one a line."""
    return _OPTIONS.get(kind["type"], _none)(kind)


def maximum_of(item: Node) -> Decimal | None:
    """A criterion's points at most; None for a share of 100%."""
    if item["max"] is not None:
        return Decimal(item["max"])
    kind = item["kind"]
    if kind.get("max") is not None:
        return Decimal(kind["max"])
    if kind["type"] == "checklist":
        return sum((Decimal(entry["value"]) for entry in kind["items"]), Decimal(0))
    if kind.get("unit") == "points":
        return max(
            Decimal(entry.get("to") or entry.get("from") or entry["value"]) for entry in _entries(kind)
        )
    return None


def in_words(expression: str) -> str:
    """A formula in the signs of a printed page."""
    return expression.replace("*", "×").replace("/", "÷")


def number(value: str | Decimal) -> str:
    return format_quantity(value, language=get_language() or "vi")


def percent(share: str | Decimal) -> str:
    return format_percent(share, language=get_language() or "vi")


def _entries(kind: Node) -> list[Node]:
    found: list[Node] = kind.get("options") or kind["levels"]
    return found


def _how_number(kind: Node) -> str:
    if kind["step"] == kind["max"]:
        return _("Met: %(max)s points. Not met: 0 points.") % {"max": number(kind["max"])}
    if kind.get("min"):
        return _("From %(min)s to %(max)s points, in steps of %(step)s") % {
            "min": number(kind["min"]),
            "max": number(kind["max"]),
            "step": number(kind["step"]),
        }
    return _("From 0 to %(max)s points, in steps of %(step)s") % {
        "max": number(kind["max"]),
        "step": number(kind["step"]),
    }


def _how_choice(kind: Node) -> str:
    return _("One of these values is chosen; none is chosen beforehand.")


def _how_task_ratio(kind: Node) -> str:
    return {
        Measure.QUANTITY.value: _("Computed: converted quantity completed ÷ converted quantity assigned"),
        Measure.QUALITY.value: _(
            "Computed: converted quantity completed and meeting quality, less the deductions for major errors, ÷ "
            "converted quantity assigned"
        ),
        Measure.PROGRESS.value: _(
            "Computed: converted quantity completed, less the deductions for delays, ÷ converted quantity assigned"
        ),
    }[kind["measure"]]


def _how_people_managed(kind: Node) -> str:
    return _(
        "Computed: %(reached)s when everybody managed has %(threshold)s points or more, otherwise %(failed)s"
    ) % {
        "reached": percent(kind["reached"]),
        "threshold": number(kind["threshold"]),
        "failed": percent(kind["failed"]),
    }


def _how_levels(kind: Node) -> str:
    if kind.get("step"):
        return _("One of these levels is chosen, with a value in it in steps of %(step)s.") % {
            "step": number(kind["step"])
        }
    return _("One of these levels is chosen; none is chosen beforehand.")


def _how_checklist(kind: Node) -> str:
    return _("The points of the items that are met are added up.")


def _how_deduction(kind: Node) -> str:
    return _("Starts at %(max)s points; each breach takes its points, never below %(floor)s.") % {
        "max": number(kind["max"]),
        "floor": number(kind.get("floor") or "0"),
    }


def _how_bonus(kind: Node) -> str:
    return _("The points of what was achieved are added up, at most %(max)s in the period.") % {
        "max": number(kind["max"])
    }


def _how_penalty(kind: Node) -> str:
    return _("The points of what happened are taken off, at most %(max)s in the period.") % {
        "max": number(kind["max"])
    }


def _how_indicator(kind: Node) -> str:
    sentence = {
        Direction.HIGHER.value: _("What was reached ÷ the target of %(target)s, at most %(cap)s"),
        Direction.LOWER.value: _("The target of %(target)s ÷ what was reached, at most %(cap)s"),
    }[kind.get("direction", Direction.HIGHER.value)]
    target = kind.get("target")
    return sentence % {
        "target": number(target) if target else _("the card"),
        "cap": percent(kind.get("cap") or "1"),
    }


def _how_formula(kind: Node) -> str:
    return _("Computed: %(formula)s, from 0 to %(max)s points") % {
        "formula": in_words(kind["expression"]),
        "max": number(kind["max"]),
    }


def _how_task_points(kind: Node) -> str:
    normalise = kind["normalise"]
    sentence = {
        Normalise.CAP.value: _("Computed: the points of all tasks, at most %(max)s"),
        Normalise.FULL.value: _("Computed: the points of all tasks; %(full)s of them make %(max)s"),
        Normalise.POSSIBLE.value: _(
            "Computed: the points of all tasks; what they give in time and at quality 1 makes %(max)s"
        ),
    }[normalise["to"]]
    return sentence % {"max": number(kind["max"]), "full": number(normalise.get("full") or "0")}


def _how_roll_up(kind: Node) -> str:
    return _("%(ratio)s, over these tasks: %(tasks)s") % {
        "ratio": _how_task_ratio(kind),
        "tasks": TaskScope(kind["scope"]).label,
    }


def _how_result_of(kind: Node) -> str:
    if kind["of"] == ResultsOf.UNIT:
        return _("Computed from the result that is recorded for the unit")
    return _("Computed from the results of others (%(whose)s): %(how)s; %(nobody)s when there are none") % {
        "whose": ResultsOf(kind["of"]).label,
        "how": ResultsHow(kind["how"]).label,
        "nobody": percent(kind.get("nobody") or "1"),
    }


_HOW: Mapping[str, Callable[[Node], str]] = {
    "number": _how_number,
    "choice": _how_choice,
    "levels": _how_levels,
    "checklist": _how_checklist,
    "deduction": _how_deduction,
    "bonus": _how_bonus,
    "penalty": _how_penalty,
    "indicator": _how_indicator,
    "formula": _how_formula,
    "task_ratio": _how_task_ratio,
    "task_points": _how_task_points,
    "roll_up": _how_roll_up,
    "people_managed": _how_people_managed,
    "result_of": _how_result_of,
}


# --- What a kind lists -----------------------------------------------------------------------------------------
def _none(kind: Node) -> Iterator[str]:
    return iter(())


def _choices(kind: Node) -> Iterator[str]:
    for option in kind["options"]:
        value = number(option["value"]) + _sign(kind)
        said = {"value": value, "when": option["label"]}
        if option["grounds_required"]:
            yield _("%(value)s, with grounds: %(when)s") % said
        else:
            yield _("%(value)s: %(when)s") % said


def _levels(kind: Node) -> Iterator[str]:
    for level in kind["levels"]:
        value = number(level["from"])
        if level.get("to") and level["to"] != level["from"]:
            value = f"{value}–{number(level['to'])}"
        when = ". ".join(text for text in (level["label"], level.get("guidance", "")) if text)
        yield _("%(value)s: %(when)s") % {"value": value + _sign(kind), "when": when}


def _sign(kind: Node) -> str:
    return "%" if kind["unit"] == "percent" else ""


def _items(kind: Node) -> Iterator[str]:
    for item in kind["items"]:
        text = _("%(item)s: %(points)s points") % {"item": item["label"], "points": number(item["value"])}
        if item.get("limit"):
            text = _("%(text)s, at most %(limit)s times") % {"text": text, "limit": item["limit"]}
        if item.get("cap"):
            text = _("%(text)s, at most %(cap)s points") % {"text": text, "cap": number(item["cap"])}
        yield text


def _inputs(kind: Node) -> Iterator[str]:
    for item in kind["inputs"]:
        yield _("%(code)s is entered: %(label)s") % {"code": item["code"], "label": item["label"]}


def _task_points(kind: Node) -> Iterator[str]:
    for coefficient in kind["coefficients"]:
        values = [_value(item) for item in coefficient["values"]]
        yield f"{Attribute(coefficient['attribute']).label}: {'; '.join(values)}"
    time = kind["time"]
    days = DayCount(time["count"]).label
    for sentence, steps in ((_("Early"), time["early"]), (_("Late"), time["late"])):
        if steps:
            values = [f"≥ {step['days']}: × {number(step['value'])}" for step in steps]
            yield f"{sentence} ({days}): {'; '.join(values)}"
    if kind["quality"]:
        yield _("Quality: %(values)s") % {"values": "; ".join(_value(item) for item in kind["quality"])}


def _value(item: Node) -> str:
    return f"{item['label']} × {number(item['value'])}"


def _result_of(kind: Node) -> Iterator[str]:
    if kind.get("threshold"):
        yield _("Threshold: %(points)s points") % {"points": number(kind["threshold"])}


_OPTIONS: Mapping[str, Callable[[Node], Iterator[str]]] = {
    "choice": _choices,
    "levels": _levels,
    "checklist": _items,
    "deduction": _items,
    "bonus": _items,
    "penalty": _items,
    "formula": _inputs,
    "task_points": _task_points,
    "result_of": _result_of,
}
