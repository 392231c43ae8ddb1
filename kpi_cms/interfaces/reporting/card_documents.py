"""The files behind a card as its printed annex lists them: a name, a number, and the digest that tells the file."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from kpi_cms.evaluation import evidence_queries
from kpi_cms.evaluation.enums import EvidenceState
from kpi_cms.evaluation.models import Evidence, Scorecard, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.numbers import format_day
from kpi_cms.interfaces.reporting.forms import Form01Document


def documents_of(card: Scorecard, scope: Scope, tasks: Iterable[Task]) -> Iterator[Form01Document]:
    """What this reader sees attached, criterion by criterion, then task by task; malware held back is no document, and
    what a lawful erasure removed says so.

    Of the tasks those that are printed: a file of a declined proposal stands behind nothing. One query.
    """
    attached = evidence_queries.attached_to(scope, card)
    criteria = card.version.compiled().criteria
    for place, files in (
        *((criterion.code, attached.to_criteria.get(criterion.key, ())) for criterion in criteria),
        *((task.code or task.name, attached.to_tasks.get(task.pk, ())) for task in tasks),
    ):
        yield from (_document(place, evidence) for evidence in files if evidence.kind)


def _document(place: str, evidence: Evidence) -> Form01Document:
    title = evidence.title
    if evidence.state == EvidenceState.REMOVED:
        title = _("%(title)s (removed by lawful erasure on %(day)s)") % {
            "title": title, "day": format_day(evidence.erased_at),
        }  # fmt: skip
    return Form01Document(place=place, title=title, number=evidence.number, digest=evidence.sha256)
