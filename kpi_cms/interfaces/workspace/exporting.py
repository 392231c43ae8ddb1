"""Taking a list out of the product is an act of its own: who may, the workbook, and the ledger's entry."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.access_search import AccessSearch, search_access
from kpi_cms.evaluation.fit_queries import fit_of, opinions_of
from kpi_cms.evaluation.ledger_search import Search, search
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.period_queries import people_in_order
from kpi_cms.evaluation.queries import in_name_order
from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY, SEE_OPENING_LISTS
from kpi_cms.evaluation.saved_questions import MOST_GROUPS, Question, sample_drawn
from kpi_cms.foundation.access.rules import in_state, somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.interfaces.workspace.presentation.accesses import access_workbook
from kpi_cms.interfaces.workspace.presentation.fit import Asked, fit_workbook
from kpi_cms.interfaces.workspace.presentation.inspection import (
    card_rows,
    group_rows,
    rows_workbook,
    search_workbook,
)
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
def export_search(
    *,
    actor: User,
    moment: datetime,
    asked: Search,
    question: Question | None = None,
    period: Period | None = None,
    oldest_first: bool = False,
) -> bytes:
    """What an auditor's search finds or a question answers, the rows of the page up to MOST_EXPORTED, as a workbook.

    Recorded with what was asked, as far as it narrowed what was found: entries by all of it, groups by all but the act,
    cards by their period alone.
    """
    scope = _auditor(actor)
    said = {"question": question.key} if question is not None else {}
    if question is not None and question.of_a_period and period is not None:
        said |= {"period": period_label(period)}
    if question is not None and question.cards is not None:
        cards = question.cards(scope, period) if period is not None else Scorecard.objects.none()
        page = in_name_order(cards.select_related("person", "unit"), size=MOST_EXPORTED)
        _taken(actor, "question cards", len(page.cards), said, whole=page.after is None)
        return rows_workbook(str(question.label), *card_rows(page.cards), said, moment)
    if question is not None and question.groups is not None:
        asked = replace(asked, acts=())  # the question says which
        groups, said = question.groups(scope, asked), said | asked.described()
        _taken(actor, "question groups", len(groups), said, unit=asked.unit, whole=len(groups) < MOST_GROUPS)
        return rows_workbook(str(question.label), *group_rows(groups), said, moment)
    if question is not None and question.narrow is not None:
        asked = question.narrow(asked, period)
    found, said = (
        search(scope, asked, oldest_first=oldest_first, size=MOST_EXPORTED),
        said | asked.described(),
    )
    _taken(actor, "ledger search", len(found.entries), said, unit=asked.unit, whole=found.after is None)
    return search_workbook(found.entries, said, moment)


@business_verb
def export_sample(*, actor: User, moment: datetime, drawing: int) -> bytes:
    """The cards of a sample that the actor drew, by the number of its entry, as a workbook; recorded with its seed."""
    drawn = sample_drawn(_auditor(actor), drawing)
    said = {
        "period": period_label(drawn.period), "seed": drawn.seed, "number": drawn.number, "of": drawn.of,
        "drawing": drawn.drawing,
    }  # fmt: skip
    _taken(actor, "sample", len(drawn.cards), said)
    return rows_workbook(_("A random sample of cards"), *card_rows(drawn.cards), said, moment)


def _taken(
    actor: User,
    what: str,
    rows: int,
    said: Mapping[str, Any],
    *,
    unit: Unit | None = None,
    whole: bool = True,
) -> None:
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=actor,
        label=what,
        unit=unit,
        after={"export": what.replace(" ", "_"), "rows": rows, "all": whole, **said},
    )


@business_verb
def export_accesses(*, actor: User, moment: datetime, asked: AccessSearch) -> bytes:
    """What an auditor finds in the access log, up to MOST_EXPORTED entries; recorded with what was asked."""
    scope = _auditor(actor)
    found = search_access(scope, asked, size=MOST_EXPORTED)
    whole = found.after is None
    _taken(actor, "access log", len(found.entries), asked.described(), unit=asked.unit, whole=whole)
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


def _auditor(actor: User) -> Scope:
    scope = Scope.of(actor)
    if not somewhere(READ_UNIT_HISTORY, scope):
        raise NotFound
    return scope


def _reviewer(actor: User) -> Scope:
    scope = Scope.of(actor)
    if not somewhere(REVIEW_GRANTS, scope):
        raise NotFound
    return scope
