"""The stage of the direct head, where the set has one: the head of the person's constituent unit scores before the
superior who decides, and sends it.

It is the stage of a collective with nobody to name: the registers say who heads the unit, at the opening and for as
long as nothing was sent. The card names them as whoever enters the scores (`Scorecard.secretary`), and says of which
unit they are the head. Where there is none beside whoever decides, the card names nobody and the stage is left out.
"""

from typing import Any

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.engine import DIRECT_HEAD

from .evaluators import DirectHead


def stage_of_direct_head(version: CriteriaVersion) -> str:
    """What the set calls the stage; "" where it has none."""
    compiled = version.compiled()
    if compiled.who(StageKey.COLLECTIVE) != DIRECT_HEAD:
        return ""
    return next(stage.label for stage in compiled.stages if stage.key == StageKey.COLLECTIVE)


def by_direct_head(card: Scorecard) -> bool:
    """Whoever the card names there is the direct head; elsewhere a decision names them."""
    return "head_of" in card.collective


def is_left_out(card: Scorecard) -> bool:
    """The set has the stage, and nobody scores there on this card."""
    return card.secretary_id is None and bool(stage_of_direct_head(card.version))


def told(found: DirectHead, stage: str) -> dict[str, Any]:
    """What the card says of them: the stage's name, and the unit they are the head of."""
    if found.person_id is None:
        return {}
    return {"name": stage, "head_of": found.unit} | ({"acting": True} if found.acting else {})
