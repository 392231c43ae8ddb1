"""What catalogues and products share: the coefficient, the lock, the state."""

from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.rules import Rule, in_state
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.text import fold, normal

from ...enums import CatalogueState
from ...models import Catalogue, Product

CENT = Decimal("0.01")
GROUPS = range(1, 6)


def coefficient_of(points: Decimal, standard_points: Decimal) -> Decimal:
    """Points of the item over points of the standard product, rounded half-up to 2 places (Đ13)."""
    return (points / standard_points).quantize(CENT, ROUND_HALF_UP)


def holds(model: type[Model], field: str, number: Decimal) -> bool:
    """Whether a number fits the column that keeps it, before and after the comma."""
    try:
        model._meta.get_field(field).run_validators(number)  # type: ignore[union-attr]  # a decimal field
    except ValidationError:
        return False
    return True


def standard_problem(standard_points: Decimal) -> str:
    """Why these cannot be the points of the standard product; "" when they can."""
    if standard_points <= 0:
        return _("The standard product has more than 0 points.")
    if not holds(Catalogue, "standard_points", standard_points):
        return _("The standard product has at most 9999,99 points, with at most two decimals.")
    return ""


def title_problem(title: str) -> str:
    """Why this cannot be the title of a catalogue; "" when it can."""
    longest = Catalogue._meta.get_field("title").max_length
    if not normal(title):
        return _("Give the catalogue a title.")
    if len(normal(title)) > (longest or 0):
        return _("The title has more than %(limit)s characters. Shorten it.") % {"limit": longest}
    return ""


def search_text(product: Product) -> str:
    """What a product is found by: code, duty, work and product without marks."""
    return fold(f"{product.code} {product.duty} {product.work} {product.output}")


def locked(catalogue: Catalogue) -> Catalogue:
    """The catalogue read again under its lock, with its unit."""
    fresh: Catalogue = (
        Catalogue.objects.select_for_update(of=("self",)).select_related("unit").get(pk=catalogue.pk)
    )
    return fresh


def require_time(rule: Rule, catalogue: Catalogue) -> None:
    """Refuse what the present state does not allow."""
    if in_state(rule, catalogue.state):
        return
    sentences = {
        CatalogueState.DRAFT: _("This catalogue is still a draft. Send it first."),
        CatalogueState.SENT: _(
            "This catalogue was sent for standardisation. It changes only after it is returned."
        ),
        CatalogueState.APPROVED: _("An approved catalogue never changes. Begin its next version instead."),
    }
    raise WrongState(sentences[CatalogueState(catalogue.state)])


def label(catalogue: Catalogue) -> str:
    """Unit code and version: what the ledger calls it."""
    return f"{catalogue.unit.code} {catalogue.number}"


def coefficient(points: Decimal, standard_points: Decimal) -> Decimal:
    """The coefficient that is stored: one that rounds to nothing, or that no column holds, is refused."""
    found = coefficient_of(points, standard_points)
    sentence = ""
    if found <= 0:
        sentence = _("With these points the coefficient would be 0,00. Give more points.")
    elif not holds(Product, "coefficient", found):
        sentence = _("With these points the coefficient would be too large to keep. Give fewer points.")
    if sentence:
        raise Invalid(sentence, problems={"points": [sentence]})
    return found


def outside_frame(points: Decimal, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    """Points outside the frame of their group; a missing end is no limit."""
    return (low is not None and points < low) or (high is not None and points > high)
