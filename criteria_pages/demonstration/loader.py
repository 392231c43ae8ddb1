"""Write and issue the demonstration's sets, once."""

from datetime import datetime

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb

from .. import rules
from ..domain.publishing import last_version, publish
from ..domain.setup import criteria_index
from ..models import CriteriaSetPage, CriteriaVersion
from .quarter import DANG_QUY
from .sets import DANG_17, ND335_LD, ND335_NV, DemonstrationSet

SETS = (ND335_NV, ND335_LD, DANG_17, DANG_QUY)


def draft_of(entry: DemonstrationSet) -> CriteriaSetPage:
    """The set's page, not yet in the tree and not saved."""
    return CriteriaSetPage(title=entry.title, code=entry.code, live=False, **entry.fields)


@business_verb
def load_sets(*, actor: User, moment: datetime, author: User | None = None) -> dict[str, CriteriaVersion]:
    """Set code → its version in force, written by `author` (the actor) and issued by the actor.

    A set that has a version already is left as it is, however it was changed.
    """
    rules.issue(actor, Scope.of(actor)).require()
    writer = actor if author is None else author
    return {entry.code: _load(entry, writer, actor=actor, moment=moment) for entry in SETS}


def _load(entry: DemonstrationSet, writer: User, *, actor: User, moment: datetime) -> CriteriaVersion:
    version = last_version(entry.code)
    if version is not None:
        return version
    page = CriteriaSetPage.objects.filter(code=entry.code).first()
    if page is None:
        page = draft_of(entry)
        page.owner = writer
        criteria_index().add_child(instance=page)
        page.save_revision(user=writer, clean=False)
    return publish(actor=actor, moment=moment, page=page)
