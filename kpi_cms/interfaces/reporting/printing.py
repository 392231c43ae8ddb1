"""Printing is an act of its own: who may, the form, and the ledger's entry."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.rule_table import PRINT_CARD
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, sealing
from kpi_cms.foundation.audit.anchors import printed_code
from kpi_cms.foundation.audit.chains import chain_of
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.interfaces.reporting.card_form import build_form01
from kpi_cms.interfaces.reporting.forms import render_form01


@business_verb
def print_form01(*, actor: User, moment: datetime, card: Scorecard) -> bytes:
    """Form 01 of a card the actor may see, as PDF/A; recorded. `card` has its context loaded.

    Everything that waits is sealed first, and the sheet carries the head of its unit's chain: what stands in the ledger
    until now cannot be written anew without contradicting paper.
    """
    scope = Scope.of(actor)
    rules.may(PRINT_CARD, scope, card).require()
    pdf, code = rendered_form01(card, moment, scope)
    ledger.record(
        Act.FORM_PRINTED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        after={
            "form": "01",
            "state": card.state,
            "version": card.version.sha256,
            "ledger": code,
            "sha256": sha256(pdf).hexdigest(),
        },
    )
    return pdf


def rendered_form01(card: Scorecard, moment: datetime, scope: Scope) -> tuple[bytes, str]:
    """The sheet for one reader, and the short code of the ledger's head on it; what waits is sealed first."""
    sealing.seal_now()
    chain = chain_of(card.unit)
    code = printed_code(chain, sealing.head_of(chain))
    form = build_form01(card, moment, scope)
    return render_form01(replace(form, ledger_code=code.short, ledger_whole=code.whole)), code.short
