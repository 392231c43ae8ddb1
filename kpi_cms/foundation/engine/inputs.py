"""What a card brings to the engine."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from kpi_cms.foundation.engine.calendars import Calendar
from kpi_cms.foundation.engine.people import ManagedPeople
from kpi_cms.foundation.engine.task_points import PointTask
from kpi_cms.foundation.engine.tasks import TaskInput

_NOTHING: Mapping[str, Decimal] = MappingProxyType({})
_NO_SETTINGS: Mapping[str, object] = MappingProxyType({})
_NO_DETAILS: Mapping[str, Mapping[str, object]] = MappingProxyType({})
_NO_CALENDARS: Mapping[str, Calendar] = MappingProxyType({})
_NO_TASKS: Mapping[str, Sequence[TaskInput]] = MappingProxyType({})
_NO_RESULTS: Mapping[str, Sequence[Decimal | Fraction]] = MappingProxyType({})


class Said(NamedTuple):
    """What a rater of another stage gave, as `entered` and `details` of `CardInputs`."""

    entered: Mapping[str, Decimal | str]
    details: Mapping[str, Mapping[str, object]] = _NO_DETAILS


class CardInputs(NamedTuple):
    """One card's inputs at one stage.

    `entered`: criterion key → points as a decimal, or the value of the option chosen; a fact's key → its answer; keys
    the set does not have are left alone, so that a card can be tried under another set. `period`: the kind of
    period, which says which gates bear on the card; "": all of them. `people` None: not known yet, d is
    pending. `part_totals`: part code → points that replace the part's own computation, past every step check.
    `settings`: open settings that replace the set's. `given`: criterion code → value that replaces its
    scoring (a share of 1, or points). `details`: criterion key → name → number, for the kinds entered so.
    `work`: the tasks that task points count, with `calendars` of working days by name. `others`: scope → tasks of
    other people; `results`: "subordinates" or "unit" → points; what is not there is pending.
    `said`: voice → what was given at the other stages, where the set decides with it (`ScoringPlan.heard`):
    a voice that is not there said nothing. None: the points of this stage alone, whatever the set's raters.
    """

    entered: Mapping[str, Decimal | str]
    tasks: Sequence[TaskInput] = ()
    people: ManagedPeople | None = None
    part_totals: Mapping[str, Decimal] = _NOTHING
    settings: Mapping[str, object] = _NO_SETTINGS
    given: Mapping[str, Decimal | Fraction] = _NOTHING
    details: Mapping[str, Mapping[str, object]] = _NO_DETAILS
    work: Sequence[PointTask] = ()
    calendars: Mapping[str, Calendar] = _NO_CALENDARS
    others: Mapping[str, Sequence[TaskInput]] = _NO_TASKS
    results: Mapping[str, Sequence[Decimal | Fraction]] = _NO_RESULTS
    said: Mapping[str, Said] | None = None
    period: str = ""
