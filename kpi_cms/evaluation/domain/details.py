"""Criteria given as several numbers by name, such as a checklist or counts of breaches: one text in a score row.

The row keeps them as it keeps a chosen value, so that history, ledger, comparison and copies hold for both alike.
"""

import json
from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from criteria_pages.domain.trial import item_label
from criteria_pages.enums import FactAnswer
from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.engine import (
    NOT_ARISEN,
    CompiledCriterion,
    CompiledSet,
    Fact,
    decimal_text,
    parse_decimal,
)

CHECKLIST = "checklist"
PLACES = 6
"""Decimals of an entered number that are shown."""

Raw = Mapping[str, Decimal | str]
Details = dict[str, Decimal]
part_label = item_label


def text_of(details: Mapping[str, Decimal]) -> str:
    """The one text of numbers by name; "" for none."""
    if not details:
        return ""
    written = {name: decimal_text(number) for name, number in details.items()}
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def details_of(text: str) -> Details:
    """The numbers of a stored text."""
    found: Details = {}
    for name, written in (json.loads(text) if text else {}).items():
        number = parse_decimal(written)
        assert number is not None  # written by `text_of` only
        found[name] = number
    return found


def is_whole(criterion: CompiledCriterion, details: Mapping[str, Decimal]) -> bool:
    """Whether an entry can be computed with: of a checklist every item is answered, none is not met by silence."""
    return bool(details) and (criterion.kind != CHECKLIST or len(details) == len(criterion.details))


def fact_in_words(fact: Fact, stored: Decimal | str) -> str:
    """A stored answer as people read it: yes, no, 92,5%, a number; "" for none."""
    if stored == "":
        return ""
    number = Decimal(stored)
    if fact.answer == FactAnswer.YES_NO:
        return _("Yes") if number else _("No")
    text = format_quantity(number, language=get_language() or "vi", places=PLACES)
    return f"{text}%" if fact.answer == FactAnswer.SHARE else text


def in_words(criterion: CompiledCriterion | Fact, stored: str) -> str:
    """A stored text as people read it: “Late to a meeting: 2; …”. A chosen value stays as it is."""
    if isinstance(criterion, Fact):
        return fact_in_words(criterion, stored)
    if stored == NOT_ARISEN:
        return _("Did not arise")
    if not criterion.detailed:
        return stored
    language = get_language() or "vi"
    said = []
    for name, number in details_of(stored).items():
        text = format_quantity(number, language=language, places=PLACES)
        if criterion.kind == CHECKLIST:
            text = _("Met") if number else _("Not met")
        said.append(f"{part_label(criterion, name)}: {text}")
    return "; ".join(said)


def split(compiled: CompiledSet, raw: Raw) -> tuple[dict[str, Decimal | str], dict[str, Details]]:
    """What stands in the score rows of a card as the engine takes it: single scores, and numbers by name."""
    if not compiled.later:
        return dict(raw), {}
    entered: dict[str, Decimal | str] = {}
    detailed: dict[str, Details] = {}
    for key, value in raw.items():
        criterion = compiled.criterion(key)
        if criterion is None or not criterion.detailed or value == NOT_ARISEN:
            entered[key] = value
            continue
        found = details_of(str(value))
        if is_whole(criterion, found):
            detailed[key] = found
    return entered, detailed
