"""The files behind a card as its printed annex lists them: a name, a number, and the digest that tells the file."""

from collections.abc import Iterable, Iterator

from kpi_cms.evaluation import evidence_queries
from kpi_cms.evaluation.models import Evidence, Scorecard, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.interfaces.reporting.forms import Form01Document


def documents_of(card: Scorecard, scope: Scope, tasks: Iterable[Task]) -> Iterator[Form01Document]:
    """What this reader sees attached, criterion by criterion, then task by task; malware held back is no document.

    Of the tasks those that are printed: a file of a declined proposal stands behind nothing. One query.
    """
    attached = evidence_queries.attached_to(scope, card)
    criteria = card.version.compiled().criteria
    for place, files in (
        *((criterion.code, attached.to_criteria.get(criterion.key, ())) for criterion in criteria),
        *((task.code or task.name, attached.to_tasks.get(task.pk, ())) for task in tasks),
    ):
        yield from (_document(place, evidence) for evidence in files if evidence.is_kept)


def _document(place: str, evidence: Evidence) -> Form01Document:
    return Form01Document(place=place, title=evidence.title, number=evidence.number, digest=evidence.sha256)
