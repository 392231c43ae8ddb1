"""Taking a list out of the product is an act of its own: who may, the workbook, and the ledger's entry."""

from datetime import datetime

from django.utils import timezone

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.access_search import AccessSearch, search_access
from kpi_cms.evaluation.fit_queries import fit_of, opinions_of
from kpi_cms.evaluation.ledger_search import Search, search
from kpi_cms.evaluation.period_queries import people_in_order
from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY, SEE_OPENING_LISTS
from kpi_cms.foundation.access.rules import in_state, somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.interfaces.workspace.presentation.accesses import access_workbook
from kpi_cms.interfaces.workspace.presentation.fit import Asked, fit_workbook
from kpi_cms.interfaces.workspace.presentation.inspection import search_workbook
from kpi_cms.interfaces.workspace.presentation.opening import list_workbook, plan_of
from kpi_cms.interfaces.workspace.presentation.review import review_workbook, rules_workbook
from snippets.domain.periods import label as period_label
from snippets.models import Period, Unit
from snippets.review_queries import givers, grants_to_review
from snippets.rule_table import REVIEW_GRANTS

MOST_EXPORTED = 5_000


@business_verb
def export_review(*, actor: User, moment: datetime) -> bytes:
    """Who holds what on the actor's units, now, as a workbook; recorded with the units and the number of rows."""
    scope = _reviewer(actor)
    grants = list(grants_to_review(scope, timezone.localdate(moment)))
    tops = list(Unit.objects.filter(path__in=scope.paths(*REVIEW_GRANTS.capabilities)).order_by("path"))
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=actor,
        label="access review",
        unit=tops[0] if len(tops) == 1 else None,
        after={"export": "access_review", "rows": len(grants), "units": [unit.code for unit in tops]},
    )
    return review_workbook(grants, givers(grants), moment)


@business_verb
def export_search(*, actor: User, moment: datetime, asked: Search, question: str = "") -> bytes:
    """What an auditor's search finds, up to MOST_EXPORTED entries, as a workbook; recorded with what was asked."""
    scope = Scope.of(actor)
    if not somewhere(READ_UNIT_HISTORY, scope):
        raise NotFound
    found = search(scope, asked, size=MOST_EXPORTED)
    said = ({"question": question} if question else {}) | asked.described()
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=actor,
        label="ledger search",
        unit=asked.unit,
        after={"export": "ledger_search", "rows": len(found.entries), "all": found.after is None, **said},
    )
    return search_workbook(found.entries, said, moment)


@business_verb
def export_accesses(*, actor: User, moment: datetime, asked: AccessSearch) -> bytes:
    """What an auditor finds in the access log, up to MOST_EXPORTED entries; recorded with what was asked."""
    scope = Scope.of(actor)
    if not somewhere(READ_UNIT_HISTORY, scope):
        raise NotFound
    found = search_access(scope, asked, size=MOST_EXPORTED)
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=actor,
        label="access log",
        unit=asked.unit,
        after={"export": "access_log", "rows": len(found.entries), "all": found.after is None}
        | asked.described(),
    )
    return access_workbook(found.entries, moment)


@business_verb
def export_rules(*, actor: User, moment: datetime) -> bytes:
    """The matrix of the rules as a workbook; recorded. It names nobody."""
    _reviewer(actor)
    ledger.record(Act.EXPORT_TAKEN, subject=actor, label="rules", after={"export": "rules"})
    return rules_workbook(moment)


@business_verb
def export_opening_list(*, actor: User, moment: datetime, period: Period, group: str) -> bytes:
    """One list of the plan of an opening with every name in it, as a workbook; recorded with its number of rows.

    Raises NotFound for a list that the plan has not, and for a period that has no plan in its state.
    """
    rules.see_opening_lists(Scope.of(actor), period.units.all()).require()
    if not in_state(SEE_OPENING_LISTS, period.state):
        raise NotFound
    chosen = next((each for each in plan_of(period)[0] if each.key == group), None)
    if chosen is None:
        raise NotFound
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=period,
        label=period_label(period),
        period_id=period.pk,
        after={"export": "opening_list", "list": group, "rows": chosen.count},
    )
    return list_workbook(period, chosen, people_in_order(chosen.people))


@business_verb
def export_fit(*, actor: User, moment: datetime, asked: Asked) -> bytes:
    """How the criteria of a version were scored, as a workbook; recorded with what was asked."""
    scope = Scope.of(actor)
    if not rules.see_fit(scope, asked.period, asked.period.units.all()):
        raise NotFound
    found = fit_of(scope, asked.period, asked.version, block=asked.block, kind=asked.kind)
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=asked.period,
        label=period_label(asked.period),
        period_id=asked.period.pk,
        after={"export": "fit", "version": str(asked.version), "block": asked.block, "kind": asked.kind},
    )
    said = opinions_of(scope, asked.period, asked.version, block=asked.block, kind=asked.kind)
    return fit_workbook(asked, found, said)


def _reviewer(actor: User) -> Scope:
    scope = Scope.of(actor)
    if not somewhere(REVIEW_GRANTS, scope):
        raise NotFound
    return scope
