"""Each scoring kind's block as the engine reads it. What is empty is left out: a set says only what it says."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from kpi_cms.foundation.engine import decimal_text

from ..enums import ChoiceUnit, DayCount, Normalise, ResultsHow

Node = dict[str, Any]
Value = Mapping[str, Any]
HUNDRED = Decimal(100)


def text(value: object) -> str:
    """A text without spaces at its ends; "" for nothing."""
    return "" if value is None else str(value).strip()


def decimal(value: Decimal | None) -> str | None:
    """A number as the specification writes it."""
    return None if value is None else decimal_text(Decimal(value))


def share(percent: Decimal | None) -> str | None:
    """A percentage as a share of 1, exactly."""
    return None if percent is None else decimal_text(Decimal(percent) / HUNDRED)


def said(**values: Any) -> Node:
    """The fields that have a value: an absent one is its default, whatever that is called in a form."""
    return {name.rstrip("_"): value for name, value in values.items() if value not in (None, "")}


def kind_of(block_type: str, value: Value) -> tuple[str | None, Node]:
    """The criterion's own maximum (None where the kind or the section gives it) and its kind."""
    return KINDS[block_type](value)


def _number(value: Value) -> tuple[str | None, Node]:
    maximum, least = decimal(value["maximum"]), decimal(value.get("minimum") or None)
    kind = {"type": "number", "max": maximum, "step": decimal(value["step"])}
    return maximum, kind | said(min=None if least == "0" else least)


def _choice(value: Value) -> tuple[str | None, Node]:
    options = [
        {
            "value": decimal(option["value"]),
            "label": text(option["label"]),
            "grounds_required": bool(option["grounds_required"]),
        }
        for option in value["options"]
    ]
    return _of_shares(value), {"type": "choice", "unit": text(value["unit"]), "options": options}


def _of_shares(value: Value) -> str | None:
    """Points in values bring their own maximum; per cent needs one."""
    return None if value["unit"] == ChoiceUnit.POINTS else decimal(value["maximum"])


def _levels(value: Value) -> tuple[str | None, Node]:
    levels = [
        said(
            label=text(level["label"]),
            from_=decimal(level["start"]),
            to=decimal(level["end"]),
            guidance=text(level["guidance"]),
        )
        for level in value["levels"]
    ]
    step = decimal(value["step"])
    return _of_shares(value), said(type="levels", unit=text(value["unit"]), step=step) | {"levels": levels}


def _items(items: Iterable[Value]) -> list[Node]:
    return [
        said(
            code=text(item["code"]),
            label=text(item["label"]),
            value=decimal(item["value"]),
            limit=item.get("limit"),
            cap=decimal(item.get("cap")),
        )
        for item in items
    ]


def _checklist(value: Value) -> tuple[str | None, Node]:
    return decimal(value["maximum"]), {"type": "checklist", "items": _items(value["items"])}


def _deduction(value: Value) -> tuple[str | None, Node]:
    floor, maximum = decimal(value["floor"]), decimal(value["maximum"])
    return None, said(type="deduction", max=maximum, floor=floor) | {"items": _items(value["items"])}


def _bonus(value: Value) -> tuple[str | None, Node]:
    return None, said(type="bonus", max=decimal(value["maximum"])) | {"items": _items(value["items"])}


def _penalty(value: Value) -> tuple[str | None, Node]:
    return None, said(type="penalty", max=decimal(value["maximum"])) | {"items": _items(value["items"])}


def _indicator(value: Value) -> tuple[str | None, Node]:
    return decimal(value["maximum"]), said(
        type="indicator",
        direction=text(value["direction"]),
        target=decimal(value["target"]),
        cap=share(value["cap"]),
    )


def _formula(value: Value) -> tuple[str | None, Node]:
    inputs = [
        said(code=text(item["code"]), label=text(item["label"]), max=decimal(item["maximum"]))
        for item in value["inputs"]
    ]
    kind = said(type="formula", expression=text(value["expression"]), max=decimal(value["maximum"]))
    return None, kind | {"inputs": inputs}


def _task_ratio(value: Value) -> tuple[str | None, Node]:
    return decimal(value["maximum"]), {"type": "task_ratio", "measure": text(value["measure"])}


def _people_managed(value: Value) -> tuple[str | None, Node]:
    return decimal(value["maximum"]), {
        "type": "people_managed",
        "threshold": decimal(value["threshold"]),
        "reached": share(value["reached"]),
        "failed": share(value["failed"]),
    }


def _by_code(values: Iterable[Value]) -> list[Node]:
    return [
        said(code=text(item["code"]), label=text(item["label"]), value=decimal(item["value"]))
        for item in values
    ]


def _days(steps: Iterable[Value]) -> list[Node]:
    return [said(days=step["days"], value=decimal(step["value"])) for step in steps]


def _task_points(value: Value) -> tuple[str | None, Node]:
    coefficients = [
        said(attribute=text(item["attribute"]), default=decimal(item["default"]))
        | {"values": _by_code(item["values"])}
        for item in value["coefficients"]
    ]
    count = text(value["count"])
    time = said(
        count=count,
        calendar=text(value["calendar"]) if count == DayCount.WORKING else "",
        unfinished=decimal(value["unfinished"]),
    )
    to = text(value["normalise"])
    full = decimal(value["full"]) if to == Normalise.FULL else None
    return None, said(type="task_points", max=decimal(value["maximum"])) | {
        "coefficients": coefficients,
        "time": time | {"early": _days(value["early"]), "late": _days(value["late"])},
        "quality": _by_code(value["quality"]),
        "normalise": said(to=to, full=full),
    }


def _roll_up(value: Value) -> tuple[str | None, Node]:
    return decimal(value["maximum"]), {
        "type": "roll_up",
        "scope": text(value["scope"]),
        "measure": text(value["measure"]),
    }


def _result_of(value: Value) -> tuple[str | None, Node]:
    how = text(value["how"])
    return decimal(value["maximum"]), said(
        type="result_of",
        of=text(value["of"]),
        how=how,
        out_of=decimal(value["out_of"]),
        threshold=decimal(value["threshold"]) if how == ResultsHow.SHARE_REACHING else None,
        nobody=share(value["nobody"]),
    )


KINDS: Mapping[str, Callable[[Value], tuple[str | None, Node]]] = {
    "number": _number,
    "choice": _choice,
    "levels": _levels,
    "checklist": _checklist,
    "deduction": _deduction,
    "bonus": _bonus,
    "penalty": _penalty,
    "indicator": _indicator,
    "formula": _formula,
    "task_ratio": _task_ratio,
    "task_points": _task_points,
    "roll_up": _roll_up,
    "people_managed": _people_managed,
    "result_of": _result_of,
}
"""Block type → its reading."""
