"""Sets for organisations (Chapter II): what they cannot ask, and what the decree fixes beside points and bands."""

from kpi_cms.foundation.engine import law
from kpi_cms.foundation.engine.kinds import PeopleManagedKind, TaskRatioKind
from kpi_cms.foundation.engine.others import ResultOfKind, RollUpKind
from kpi_cms.foundation.engine.problems import N_
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.specification import Specification
from kpi_cms.foundation.engine.task_points import TaskPointsKind

OF_PEOPLE = (TaskRatioKind, PeopleManagedKind, RollUpKind, ResultOfKind, TaskPointsKind)
"""Kinds whose value comes of a person's tasks, or of other people."""


def check_organisations(reader: Reader, specification: Specification) -> None:
    """An organisation has no tasks here, its people's results are not its own, and its year is whole (Đ6, Đ7, Đ9.1)."""
    for place, section in enumerate(specification.sections):
        for index, criterion in enumerate(section.criteria):
            if isinstance(criterion.kind, OF_PEOPLE):
                with reader.inside(f"sections[{place}].criteria[{index}]"):
                    reader.add("organisation_kind", criterion.key, _OF_PEOPLE, criterion=criterion.code)
    if specification.law == law.ND335 and specification.period_kinds != law.ORGANISATIONS_IN:
        reader.add("nd335_year", "", _YEAR)


_OF_PEOPLE = N_(
    "Nobody assigns tasks to an organisation here, and people's results are not its own: let the criterion "
    "%(criterion)s be given as points."
)
_YEAR = N_(
    "Decree 335/2025 evaluates organisations by the year: choose the year and no other kind of period."
)
