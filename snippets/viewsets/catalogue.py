"""Catalogues and their products: drafted and sent by the unit, returned or approved by the personnel body (Đ13)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from kpi_cms.foundation.access.forms import ActionForm, DateInput, GuardedForm, ReasonForm
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import (
    Action,
    Cell,
    GuardedViewSet,
    Outcome,
    RelatedTable,
    register_of,
)
from kpi_cms.foundation.core.text import is_key

from .. import rule_table as table
from ..domain import catalogue as domain
from ..enums import CatalogueState, ProductScope
from ..models import Catalogue, Product, Unit
from ..rules import READS_CATALOGUE, may_now
from .shared import RegisterFilterSet, WordsColumn, choice_filter, subtree_filter, words

KEEPS = table.CHANGE_CATALOGUE.capabilities
SHOWN_PRODUCTS = 50


def _units_kept(scope: Scope, instance: Any) -> QuerySet[Unit]:
    kept: QuerySet[Unit] = scope.units(*KEEPS).filter(Unit.open_on(timezone.localdate()))
    return kept


def _drafts_kept(scope: Scope, instance: Any) -> QuerySet[Catalogue]:
    kept: QuerySet[Catalogue] = Catalogue.objects.within(scope, *KEEPS).filter(state=CatalogueState.DRAFT)
    return kept


# --- Catalogues --------------------------------------------------------------------------------------------
class CatalogueAddForm(GuardedForm):
    narrowed = {"unit": _units_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return domain.create_catalogue(
            actor=actor,
            moment=moment,
            unit=data["unit"],
            title=data["title"],
            standard_points=data["standard_points"],
            reason=data["reason"],
        )


class CatalogueEditForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return domain.change_catalogue(
            actor=actor,
            moment=moment,
            catalogue=self.instance,
            title=data["title"],
            standard_points=data["standard_points"],
            reason=data["reason"],
        )


class SendForm(ActionForm):
    """Nothing to ask: the page explains."""


class ApproveForm(ActionForm):
    decision_number = forms.CharField(label=gettext_lazy("decision number"), max_length=60)
    decision_date = forms.DateField(label=gettext_lazy("decision date"), widget=DateInput())
    signer = forms.CharField(label=gettext_lazy("signed by"), max_length=120)
    effective_on = forms.DateField(label=gettext_lazy("in effect from"), widget=DateInput())


def _send(*, actor: Any, moment: datetime, instance: Catalogue, data: dict[str, Any]) -> Outcome:
    domain.send_catalogue(actor=actor, moment=moment, catalogue=instance)
    return Outcome(_("The catalogue was sent for standardisation."))


def _return(*, actor: Any, moment: datetime, instance: Catalogue, data: dict[str, Any]) -> Outcome:
    domain.return_catalogue(actor=actor, moment=moment, catalogue=instance, reason=data["reason"])
    return Outcome(_("The catalogue was returned to its unit."))


def _may_approve(scope: Scope, catalogue: Catalogue) -> bool:
    """Not offered to whoever sent it."""
    return catalogue.sent_by != scope.user_id and _may(table.APPROVE_CATALOGUE)(scope, catalogue)


def _approve(*, actor: Any, moment: datetime, instance: Catalogue, data: dict[str, Any]) -> Outcome:
    domain.approve_catalogue(actor=actor, moment=moment, catalogue=instance, **data)
    return Outcome(_("The catalogue is approved and no longer changes."))


def _copy(*, actor: Any, moment: datetime, instance: Catalogue, data: dict[str, Any]) -> Outcome:
    draft = domain.copy_catalogue(actor=actor, moment=moment, catalogue=instance)
    return Outcome(
        _("Version %(number)d was begun with the same products.") % {"number": draft.number},
        goes_to=register_of(Catalogue).page_url(draft),
    )


def _may_copy(scope: Scope, catalogue: Catalogue) -> bool:
    approved = catalogue.state == CatalogueState.APPROVED
    return approved and may_now(table.COPY_CATALOGUE, scope, catalogue.unit)


def _may(rule: Rule) -> Callable[[Scope, Catalogue], bool]:
    def may(scope: Scope, catalogue: Catalogue) -> bool:
        return may_now(rule, scope, catalogue.unit, catalogue.state)

    return may


class CatalogueFilterSet(RegisterFilterSet):
    unit = subtree_filter(READS_CATALOGUE)
    state = choice_filter(CatalogueState, gettext_lazy("state"))

    class Meta:
        model = Catalogue
        fields = ["unit", "state"]


class CatalogueViewSet(GuardedViewSet):
    model = Catalogue
    icon = "list-ul"
    menu_order = 400
    reads = READS_CATALOGUE
    adds = changes = KEEPS
    related = ("unit",)
    title_column = ("title", gettext_lazy("Title"))
    list_display = [
        "number",
        "unit",
        "state",
        WordsColumn("effective_on", label=gettext_lazy("In effect from")),
    ]
    filterset_class = CatalogueFilterSet
    add_form = CatalogueAddForm
    edit_form = CatalogueEditForm
    add_panels = [FieldPanel(name) for name in ("unit", "title", "standard_points", "reason")]
    edit_panels = [FieldPanel(name) for name in ("title", "standard_points", "reason")]
    prefill = ("unit",)
    refusal = gettext_lazy(
        "This catalogue cannot be changed by you now. A draft is changed by whoever keeps its unit."
    )
    actions = (
        Action(
            "send",
            gettext_lazy("Send"),
            "mail",
            SendForm,
            _may(table.SEND_CATALOGUE),
            _send,
            gettext_lazy("The personnel body standardises it. Until it is returned, nothing in it changes."),
        ),
        Action(
            "approve",
            gettext_lazy("Approve"),
            "check",
            ApproveForm,
            _may_approve,
            _approve,
            gettext_lazy(
                "Enter the decision of the head with authority. Afterwards nothing in the catalogue changes."
            ),
        ),
        Action(
            "return",
            gettext_lazy("Return"),
            "rotate",
            ReasonForm,
            _may(table.RETURN_CATALOGUE),
            _return,
            gettext_lazy("The unit reads what must be corrected and may change the catalogue again."),
        ),
        Action(
            "next-version",
            gettext_lazy("Begin the next version"),
            "copy",
            SendForm,
            _may_copy,
            _copy,
            gettext_lazy("A draft with the same products; the approved version stays in effect."),
        ),
    )

    def may_change(self, scope: Scope, instance: Catalogue) -> bool:
        return may_now(table.CHANGE_CATALOGUE, scope, instance.unit, instance.state)

    def details(self, scope: Scope, instance: Catalogue) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Title"), instance.title),
            (gettext_lazy("Version"), str(instance.number)),
            (gettext_lazy("Unit"), instance.unit.name),
            (gettext_lazy("State"), str(instance.get_state_display())),
            (gettext_lazy("Points of the standard product"), words(instance.standard_points)),
            (gettext_lazy("Decision number"), instance.decision_number),
            (gettext_lazy("Decision date"), words(instance.decision_date)),
            (gettext_lazy("Signed by"), instance.signer),
            (gettext_lazy("In effect from"), words(instance.effective_on)),
        ]

    def tables(self, scope: Scope, instance: Catalogue) -> list[RelatedTable]:
        products = list(Product.objects.filter(catalogue=instance).order_by("pk")[: SHOWN_PRODUCTS + 1])
        register = register_of(Product)
        rows: list[tuple[Cell, ...]] = [
            (
                Cell(product.code, register.page_url(product)),
                Cell(product.duty),
                Cell(product.output),
                Cell(f"N{product.group}"),
                Cell(words(product.points)),
                Cell(words(product.coefficient)),
            )
            for product in products[:SHOWN_PRODUCTS]
        ]
        if len(products) > SHOWN_PRODUCTS:
            every = _("All products of this catalogue")
            rows.append(
                (
                    Cell(every, f"{register.list_url()}?catalogue={instance.pk}"),
                    *(Cell("") for _place in range(5)),
                )
            )
        adding = self.may_change(scope, instance)
        return [
            RelatedTable(
                gettext_lazy("Products"),
                (
                    gettext_lazy("Code"),
                    gettext_lazy("Duty"),
                    gettext_lazy("Product"),
                    gettext_lazy("Group"),
                    gettext_lazy("Points"),
                    gettext_lazy("Coefficient"),
                ),
                rows,
                gettext_lazy("The catalogue has no products yet."),
                add_url=register.add_url(catalogue=instance.pk) if adding else "",
                add_label=gettext_lazy("Add a product"),
            )
        ]


# --- Products ----------------------------------------------------------------------------------------------
def _units_of_catalogue(scope: Scope, instance: Any) -> QuerySet[Unit]:
    """Below the catalogue's unit; while it is not chosen yet, what the actor keeps (the domain checks the rest)."""
    kept = _units_kept(scope, instance)
    if getattr(instance, "catalogue_id", None) is not None:
        return kept.filter(path__startswith=instance.catalogue.unit.path)
    return kept


def _product_values(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in domain.PRODUCT_FIELDS if name in data}


class ProductAddForm(GuardedForm):
    narrowed = {"catalogue": _drafts_kept, "unit": _units_of_catalogue}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return domain.add_product(
            actor=actor, moment=moment, catalogue=data["catalogue"], **_product_values(data)
        )


class ProductEditForm(GuardedForm):
    narrowed = {"unit": _units_of_catalogue}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        return domain.change_product(
            actor=actor, moment=moment, product=self.instance, **_product_values(self.cleaned_data)
        )


def _remove(*, actor: Any, moment: datetime, instance: Product, data: dict[str, Any]) -> Outcome:
    domain.remove_product(actor=actor, moment=moment, product=instance)
    return Outcome(
        _("The product was taken out of the draft."),
        goes_to=register_of(Catalogue).page_url(instance.catalogue),
    )


def _in_draft_kept(scope: Scope, product: Product) -> bool:
    catalogue = product.catalogue
    return may_now(table.CHANGE_CATALOGUE, scope, catalogue.unit, catalogue.state)


class ProductFilterSet(RegisterFilterSet):
    unit = subtree_filter(READS_CATALOGUE, "catalogue__unit")
    scope = choice_filter(ProductScope, gettext_lazy("used by"))

    class Meta:
        model = Product
        fields = ["unit", "scope"]

    def filter_queryset(self, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """`?catalogue=` comes from a catalogue's page; the rows are the reader's already."""
        key = self.data.get("catalogue", "") if self.data else ""
        rows: QuerySet[Product] = super().filter_queryset(queryset)
        return rows.filter(catalogue_id=int(key)) if is_key(key) else rows


_TEXTS = [FieldPanel(name) for name in ("code", "scope", "unit", "department", "duty", "work", "output")]
_POINTS = [
    FieldRowPanel([FieldPanel("group"), FieldPanel("points")]),
    FieldRowPanel([FieldPanel("frame_low"), FieldPanel("frame_high")]),
    FieldPanel("note"),
]


class ProductViewSet(GuardedViewSet):
    model = Product
    icon = "doc-full"
    menu_order = 410
    reads = READS_CATALOGUE
    adds = changes = KEEPS
    unit_path = "catalogue__unit__path"
    related = ("catalogue__unit", "unit")
    title_column = ("duty", gettext_lazy("Duty"))
    list_display = [
        "code",
        "catalogue",
        "scope",
        WordsColumn("points", label=gettext_lazy("Points")),
        WordsColumn("coefficient", label=gettext_lazy("Coefficient")),
    ]
    filterset_class = ProductFilterSet
    add_form = ProductAddForm
    edit_form = ProductEditForm
    add_panels = [
        FieldPanel("catalogue"),
        MultiFieldPanel(_TEXTS, gettext_lazy("Product")),
        MultiFieldPanel(_POINTS, gettext_lazy("Complexity; the coefficient is computed")),
    ]
    edit_panels = [
        MultiFieldPanel(_TEXTS, gettext_lazy("Product")),
        MultiFieldPanel(_POINTS, gettext_lazy("Complexity; the coefficient is computed")),
    ]
    prefill = ("catalogue",)
    refusal = gettext_lazy(
        "Products change only while their catalogue is a draft, and by whoever keeps its unit."
    )
    actions = (
        Action(
            "remove",
            gettext_lazy("Take out"),
            "bin",
            SendForm,
            _in_draft_kept,
            _remove,
            gettext_lazy("The product leaves the draft. Approved versions keep theirs."),
        ),
    )

    def may_change(self, scope: Scope, instance: Product) -> bool:
        return _in_draft_kept(scope, instance)

    def title_of(self, instance: Product) -> str:
        return f"{instance.code} {instance.duty}"

    def details(self, scope: Scope, instance: Product) -> list[tuple[str | Promise, str]]:
        frame = (
            ""
            if instance.frame_low is None
            else f"{words(instance.frame_low)} – {words(instance.frame_high)}"
        )
        return [
            (gettext_lazy("Catalogue"), str(instance.catalogue)),
            (gettext_lazy("Code"), instance.code),
            (gettext_lazy("Used by"), str(instance.get_scope_display())),
            (gettext_lazy("Unit"), instance.unit.name if instance.unit is not None else ""),
            (gettext_lazy("Department in the workbook"), instance.department),
            (gettext_lazy("Duty"), instance.duty),
            (gettext_lazy("Work in detail"), instance.work),
            (gettext_lazy("Product"), instance.output),
            (gettext_lazy("Group of complexity"), f"N{instance.group}"),
            (gettext_lazy("Point frame"), frame),
            (gettext_lazy("Points"), words(instance.points)),
            (gettext_lazy("Coefficient"), words(instance.coefficient)),
            (gettext_lazy("Note"), instance.note),
        ]
