"""Printing is an act of its own: who may, the form, and the ledger's entry."""

from datetime import datetime

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.rule_table import PRINT_CARD
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.interfaces.reporting.card_form import build_form01
from kpi_cms.interfaces.reporting.forms import render_form01


@business_verb
def print_form01(*, actor: User, moment: datetime, card: Scorecard) -> bytes:
    """Form 01 of a card the actor may see, as PDF/A; recorded. `card` has its context loaded."""
    scope = Scope.of(actor)
    rules.may(PRINT_CARD, scope, card).require()
    pdf = render_form01(build_form01(card, moment, scope))
    ledger.record(
        Act.FORM_PRINTED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        after={"form": "01", "state": card.state, "version": card.version.sha256},
    )
    return pdf
