"""An evidence bundle of one card: who may take it, what is in it, and the ledger's entry."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

from django.utils.translation import override

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.ledger_checks import card_part
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.past_queries import PastCard, card_at
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import bundle, ledger
from kpi_cms.foundation.audit.canonical import time_text
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.interfaces.reporting.printing import rendered_form01

FORM, CARD = "form-01.pdf", "card.json"


@business_verb
def take_card_bundle(*, actor: User, moment: datetime, card: Scorecard) -> bytes:
    """Form 01 and the card as they stand, with everything of the ledger that proves them, as one zip; recorded.

    `card` has its context loaded. Of all other rows of the chain the zip holds hashes alone. The taking is recorded
    before the bundle is written, so that it is the last entry in it.
    """
    scope = Scope.of(actor)
    rules.take_card_bundle(scope, card).require()
    stands = card_at(card, moment)
    assert stands is not None  # a card begins with its history
    pdf, code = rendered_form01(card, moment, scope)
    content = card_json(card, stands)
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        after={
            "export": "card_bundle",
            "ledger": code,
            FORM: sha256(pdf).hexdigest(),
            CARD: sha256(content).hexdigest(),
        },
    )
    out = BytesIO()
    bundle.write(out, card_part(card.code), moment=moment, files=[(FORM, pdf), (CARD, content)])
    return out.getvalue()


def card_json(card: Scorecard, stands: PastCard) -> bytes:
    """What the card says, in Vietnamese words, as whoever audits it reads it."""
    with override("vi"):
        said: Mapping[str, Any] = {
            "card": card.code,
            "person": {"code": card.person.staff_code, "name": card.person.full_name},
            "unit": {"code": card.unit.code, "name": card.unit_name},
            "period": str(card.period),
            "moment": time_text(stands.moment),
            "state": str(stands.state),
            "version": stands.version.sha256,
            "people": dict(stands.people),
            "content": stands.content(),
        }
        return (json.dumps(said, ensure_ascii=False, indent=1, default=str) + "\n").encode()
