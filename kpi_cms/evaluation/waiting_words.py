"""That a result waits for its own tasks, as everybody who looks at the card reads it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from kpi_cms.foundation.engine import CompiledCriterion

from .asked_queries import label_of


def insufficient_tasks(waiting: Iterable[CompiledCriterion]) -> str:
    """That tasks do not say what they are counted by, where one of the criteria that wait needs it; else ""."""
    names = dict.fromkeys(name for criterion in waiting for name in criterion.must_be_said)
    if not names:
        return ""
    return _(
        "Insufficient data: not every task says what this criteria set counts it by: %(names)s. Whoever gives or "
        "confirms the tasks says it there, then the total follows."
    ) % {"names": ", ".join(str(label_of(name)) for name in names)}
