"""How a screen says in whose place somebody acts."""

from django.utils.translation import gettext as _

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope


def in_place_of(scope: Scope, card: Scorecard) -> str:
    """“on behalf of …”, where the account works on the card in the place of its evaluator; empty otherwise."""
    if rules.is_evaluator(scope.user_id, card) or rules.stands_in_for(scope, card) is None:
        return ""
    assert card.evaluator is not None  # nobody stands in for nobody
    return _("on behalf of %(name)s") % {"name": card.evaluator.full_name}
