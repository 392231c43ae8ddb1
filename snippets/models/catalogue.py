"""The converted list of products and tasks (Đ13)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.audit.history import tracked

from ..enums import CatalogueState, ProductScope
from .organisation import Unit


class CatalogueQuerySet(RestrictedQuerySet):
    def in_force(self, day: object) -> "CatalogueQuerySet":
        """Approved catalogues in effect on a day, the newest of each unit first."""
        return self.filter(state=CatalogueState.APPROVED, effective_on__lte=day).order_by(
            "-effective_on", "-number"
        )


class Catalogue(models.Model):
    """A numbered version of one agency's list. Draft → sent → approved by `snippets.domain.catalogue` only.

    `standard_points` are the points of the standard product (in Nghệ An 5 = coefficient 1.00). An approved one
    never changes: a new version replaces it. Whoever sent it (`sent_by`, an account) does not approve it.
    """

    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="catalogues"
    )
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=CatalogueState, default=CatalogueState.DRAFT)
    standard_points = models.DecimalField(
        _("points of the standard product"), max_digits=6, decimal_places=2, default=5
    )
    sent_by = models.BigIntegerField(_("sent by"), null=True, editable=False)
    decision_number = models.CharField(_("decision number"), max_length=60, blank=True)
    decision_date = models.DateField(_("decision date"), null=True, blank=True)
    signer = models.CharField(_("signed by"), max_length=120, blank=True)
    effective_on = models.DateField(_("in effect from"), null=True, blank=True)
    search_text = models.CharField(max_length=220, editable=False, db_index=True, default="")

    history = tracked(excluded=["signer", "search_text"])
    objects = CatalogueQuerySet.as_manager()

    class Meta:
        verbose_name = _("catalogue")
        verbose_name_plural = _("catalogues")
        default_permissions = ()
        ordering = ["unit", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "number"],
                name="snippets_catalogue_number",
                violation_error_message=_("This unit has a catalogue with this version number already."),
            ),
            models.CheckConstraint(
                condition=Q(standard_points__gt=0),
                name="snippets_catalogue_standard_positive",
                violation_error_message=_("The standard product has more than 0 points."),
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (~Q(decision_number="") & Q(decision_date__isnull=False) & Q(effective_on__isnull=False)),
                name="snippets_catalogue_approved_has_decision",
                violation_error_message=_(
                    "An approved catalogue has a decision number, its date and a date of effect."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class ProductQuerySet(RestrictedQuerySet):
    unit_path = "catalogue__unit__path"


class Product(models.Model):
    """One product or task of a catalogue. `unit` is empty where its department matches no unit of the tree."""

    catalogue = models.ForeignKey(
        Catalogue, verbose_name=_("catalogue"), on_delete=models.CASCADE, related_name="products"
    )
    code = models.CharField(_("code"), max_length=40)
    scope = models.CharField(_("used by"), max_length=12, choices=ProductScope)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    department = models.CharField(_("department in the workbook"), max_length=200, blank=True)
    duty = models.TextField(_("duty"))
    work = models.TextField(_("work in detail"), blank=True)
    output = models.TextField(_("product"), blank=True)
    group = models.PositiveSmallIntegerField(_("group of complexity"))
    frame_low = models.DecimalField(
        _("point frame from"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    frame_high = models.DecimalField(
        _("point frame to"), max_digits=8, decimal_places=2, null=True, blank=True
    )
    points = models.DecimalField(_("points"), max_digits=8, decimal_places=2)
    coefficient = models.DecimalField(_("coefficient"), max_digits=8, decimal_places=2)
    note = models.TextField(_("note"), blank=True)
    search_text = models.TextField(editable=False, default="")

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        default_permissions = ()
        ordering = ["catalogue", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["catalogue", "code"],
                name="snippets_product_code",
                violation_error_message=_("This catalogue has a product with this code already."),
            ),
            models.CheckConstraint(
                condition=Q(group__gte=1, group__lte=5),
                name="snippets_product_group",
                violation_error_message=_("There are at most five groups (Article 13)."),
            ),
            models.CheckConstraint(
                condition=Q(coefficient__gt=0, points__gt=0),
                name="snippets_product_coefficient_positive",
                violation_error_message=_("Points and coefficient are more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(frame_low__lte=F("frame_high")),
                name="snippets_product_frame",
                violation_error_message=_("The point frame starts below its end."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.duty}"
