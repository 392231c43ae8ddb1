"""The catalogue as a whole: drafted, sent, returned, approved (Đ13)."""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.text import fold, normal

from ... import rule_table as table
from ...enums import CatalogueState
from ...models import Catalogue, Product, Unit
from ...rules import may, may_approve_catalogue
from .common import coefficient, label, locked, require_time, standard_problem, title_problem


@business_verb
def create_catalogue(
    *,
    actor: User,
    moment: datetime,
    unit: Unit,
    title: str,
    standard_points: Decimal = Decimal(5),
    reason: str = "",
) -> Catalogue:
    """A draft with the unit's next version number and no products yet. `standard_points` make coefficient 1.00."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    may(actor, table.CREATE_CATALOGUE, unit).require()
    problems: dict[str, list[str]] = {}
    if sentence := title_problem(title):
        problems["title"] = [sentence]
    if sentence := standard_problem(standard_points):
        problems["standard_points"] = [sentence]
    if unit.closed_by(timezone.localdate(moment)):
        problems["unit"] = [_("This unit is closed. Choose another one.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    last = Catalogue.objects.filter(unit=unit).aggregate(last=Max("number"))["last"] or 0
    catalogue = Catalogue(
        unit=unit,
        number=last + 1,
        title=normal(title),
        standard_points=standard_points,
        search_text=fold(f"{title} {unit.code} {unit.name}")[:220],
    )
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(catalogue, reason_key=reason_key)
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=catalogue,
        label=label(catalogue),
        unit=unit,
        after={"number": catalogue.number, "standard_points": str(standard_points)},
        reason_key=reason_key,
    )
    return catalogue


@business_verb
def copy_catalogue(*, actor: User, moment: datetime, catalogue: Catalogue, reason: str = "") -> Catalogue:
    """The next version, as a draft with the same products."""
    source = Catalogue.objects.select_related("unit").get(pk=catalogue.pk)
    draft = create_catalogue(
        actor=actor,
        moment=moment,
        unit=source.unit,
        title=source.title,
        standard_points=source.standard_points,
        reason=reason,
    )
    products = list(Product.objects.filter(catalogue=source).order_by("pk"))
    for product in products:
        product.pk, product.catalogue = None, draft
        product._state.adding = True
    Product.objects.bulk_create(products, batch_size=500)
    return draft


@business_verb
def change_catalogue(
    *,
    actor: User,
    moment: datetime,
    catalogue: Catalogue,
    title: str,
    standard_points: Decimal,
    reason: str = "",
) -> Catalogue:
    """Change a draft's title and standard product; every coefficient is computed again."""
    catalogue = locked(catalogue)
    may(actor, table.CHANGE_CATALOGUE, catalogue.unit).require()
    require_time(table.CHANGE_CATALOGUE, catalogue)
    for field, sentence in (
        ("title", title_problem(title)),
        ("standard_points", standard_problem(standard_points)),
    ):
        if sentence:
            raise Invalid(sentence, problems={field: [sentence]})
    before = {"title": catalogue.title, "standard_points": str(catalogue.standard_points)}
    after = {"title": normal(title), "standard_points": str(standard_points)}
    if catalogue.title == normal(title) and catalogue.standard_points == standard_points:
        return catalogue
    rescaled = catalogue.standard_points != standard_points
    catalogue.title, catalogue.standard_points = normal(title), standard_points
    catalogue.search_text = fold(f"{title} {catalogue.unit.code} {catalogue.unit.name}")[:220]
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(catalogue, reason_key=reason_key, update_fields=["title", "standard_points", "search_text"])
    if rescaled:
        products = list(Product.objects.filter(catalogue=catalogue))
        for product in products:
            product.coefficient = coefficient(product.points, standard_points)
        Product.objects.bulk_update(products, ["coefficient"], batch_size=500)
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=catalogue,
        label=label(catalogue),
        unit=catalogue.unit,
        before=before,
        after=after,
        reason_key=reason_key,
    )
    return catalogue


@business_verb
def send_catalogue(*, actor: User, moment: datetime, catalogue: Catalogue, reason: str = "") -> Catalogue:
    """Draft → sent: for the personnel body to standardise. An empty catalogue is not sent."""
    catalogue = locked(catalogue)
    may(actor, table.SEND_CATALOGUE, catalogue.unit).require()
    require_time(table.SEND_CATALOGUE, catalogue)
    if not Product.objects.filter(catalogue=catalogue).exists():
        raise WrongState(_("The catalogue has no products yet. Add or import them, then send it."))
    catalogue.sent_by = actor.pk
    return _step(catalogue, CatalogueState.SENT, Act.CATALOGUE_SENT, reason, ["state", "sent_by"])


@business_verb
def return_catalogue(*, actor: User, moment: datetime, catalogue: Catalogue, reason: str) -> Catalogue:
    """Sent → draft, with the reason its unit needs in order to correct it."""
    catalogue = locked(catalogue)
    may(actor, table.RETURN_CATALOGUE, catalogue.unit).require()
    require_time(table.RETURN_CATALOGUE, catalogue)
    if not reason.strip():
        sentence = _("Say what must be corrected: the unit reads it.")
        raise Invalid(sentence, problems={"reason": [sentence]})
    return _step(catalogue, CatalogueState.DRAFT, Act.CATALOGUE_RETURNED, reason, ["state"])


@business_verb
def approve_catalogue(
    *,
    actor: User,
    moment: datetime,
    catalogue: Catalogue,
    decision_number: str,
    decision_date: date,
    signer: str,
    effective_on: date,
    reason: str = "",
) -> Catalogue:
    """Sent → approved, with the decision of the head with authority. From then on nothing in it changes.

    Whoever sent it does not approve it: somebody else standardises what a unit proposes (Đ13).
    """
    catalogue = locked(catalogue)
    may_approve_catalogue(actor, catalogue).require()
    require_time(table.APPROVE_CATALOGUE, catalogue)
    problems: dict[str, list[str]] = {}
    if not normal(decision_number):
        problems["decision_number"] = [_("Give the number of the decision.")]
    if not normal(signer):
        problems["signer"] = [_("Say who signed the decision.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    catalogue.decision_number = normal(decision_number)
    catalogue.decision_date = decision_date
    catalogue.signer = normal(signer)
    catalogue.effective_on = effective_on
    return _step(
        catalogue,
        CatalogueState.APPROVED,
        Act.CATALOGUE_APPROVED,
        reason,
        ["state", "decision_number", "decision_date", "signer", "effective_on"],
        decision_number=catalogue.decision_number,
        effective_on=effective_on.isoformat(),
    )


def _step(
    catalogue: Catalogue, state: CatalogueState, act: Act, reason: str, fields: list[str], **after: str
) -> Catalogue:
    before = catalogue.state
    catalogue.state = state
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(catalogue, reason_key=reason_key, update_fields=fields)
    ledger.record(
        act,
        subject=catalogue,
        label=label(catalogue),
        unit=catalogue.unit,
        before={"state": str(before)},
        after={"state": str(state), **after},
        reason_key=reason_key,
    )
    return catalogue
