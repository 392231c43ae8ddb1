"""What a card brings to the engine."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from kpi_cms.foundation.engine.people import ManagedPeople
from kpi_cms.foundation.engine.tasks import TaskInput

_NOTHING: Mapping[str, Decimal] = MappingProxyType({})
_NO_SETTINGS: Mapping[str, object] = MappingProxyType({})


class CardInputs(NamedTuple):
    """One card's inputs at one stage.

    `entered`: criterion key → points as a decimal, or the value of the option chosen; keys the set does not
    have are left alone, so that a card can be tried under another set. `people` None: not known yet, d is
    pending. `part_totals`: part code → points that replace the part's own computation, past every step check.
    `settings`: open settings that replace the set's. `given`: criterion code → value that replaces its
    scoring (a share of 1, or points).
    """

    entered: Mapping[str, Decimal | str]
    tasks: Sequence[TaskInput] = ()
    people: ManagedPeople | None = None
    part_totals: Mapping[str, Decimal] = _NOTHING
    settings: Mapping[str, object] = _NO_SETTINGS
    given: Mapping[str, Decimal | Fraction] = _NOTHING
