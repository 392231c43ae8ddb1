"""What publishing freezes: written once, refused to everybody by the database afterwards (security.md T16)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.engine import CompiledSet, compile_set
from snippets.enums import Frame

from ..enums import Evaluated

# By digest: a version never changes, so neither does what it compiles to.
_compiled: dict[str, CompiledSet] = {}


class CriteriaVersion(models.Model):
    """A numbered, hashed version of a criteria set; made by `criteria_pages.domain.publishing` only.

    `specification` is the canonical specification that the engine computes with, `sha256` its digest. Title, number,
    dates and examples describe the version and are no part of the digest. There is no foreign key to the page: the
    version outlives it.
    """

    set_code = models.CharField(_("code of the set"), max_length=60)
    number = models.PositiveIntegerField(_("version"))
    page_id = models.BigIntegerField(_("page"))
    title = models.CharField(_("title"), max_length=255)
    frame = models.CharField(_("frame"), max_length=6, choices=Frame)
    is_demonstration = models.BooleanField(_("demonstration only"), default=False)
    citations = models.JSONField(_("legal basis"), default=list)
    effective_on = models.DateField(_("in effect from"))
    effective_until = models.DateField(_("in effect to"), null=True, blank=True)
    specification = models.JSONField(_("specification"))
    sha256 = models.CharField(_("digest"), max_length=64)
    counts_tasks = models.BooleanField(
        _("counts tasks of others"),
        default=False,
        help_text=_("Cards of this version follow the tasks of other people: said by its specification."),
    )
    counts_unit = models.BooleanField(
        _("counts a unit's result"),
        default=False,
        help_text=_("Cards of this version follow the result of their unit: said by its specification."),
    )
    hides_stages = models.BooleanField(
        _("keeps stages unseen"),
        default=False,
        help_text=_(
            "Whoever scores at a stage of it does not see an earlier one yet: said by its specification."
        ),
    )
    asks_of_tasks = models.BooleanField(
        _("asks more of tasks"),
        default=False,
        help_text=_(
            "Tasks say their role, priority or difficulty, or are accepted at a step of quality: said by its "
            "specification."
        ),
    )
    examples = models.JSONField(
        _("examples"),
        default=list,
        help_text=_("Cards with the total and band they came to when it was issued."),
    )
    published_at = models.DateTimeField(_("issued at"))
    published_by = models.BigIntegerField(_("issued by"))
    authored_by = models.BigIntegerField(
        _("written by"), null=True, blank=True, help_text=_("Empty where the product itself wrote it.")
    )

    class Meta:
        verbose_name = _("criteria version")
        verbose_name_plural = _("criteria versions")
        default_permissions = ()
        ordering = ["set_code", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["set_code", "number"], name="criteria_version_number"),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gte=models.F("effective_on")),
                name="criteria_version_effect_in_order",
                violation_error_message=_("The last day in effect cannot lie before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.set_code} v{self.number}"

    @property
    def address(self) -> str:
        """Code and number, as a form names a version."""
        return f"{self.set_code}/{self.number}"

    @property
    def evaluates(self) -> str:
        """Whom: people, where the specification says nothing."""
        found: str = (self.specification.get("applicability") or {}).get("evaluates", Evaluated.PEOPLE.value)
        return found

    def compiled(self) -> CompiledSet:
        """The set ready to compute with; compiled once in each process, one that is not issued whenever it is asked."""
        if self._state.adding:
            return compile_set(self.specification)
        compiled = _compiled.get(self.sha256)
        if compiled is None:
            compiled = _compiled[self.sha256] = compile_set(self.specification)
        return compiled


class FrozenCriterionQuerySet(models.QuerySet["FrozenCriterion"]):
    def scored(self) -> "FrozenCriterionQuerySet":
        """The criteria that make the points, in the set's order: without the facts."""
        return self.filter(is_fact=False).order_by("order")


class FrozenCriterion(models.Model):
    """A criterion of a version: the row that scores refer to. `key` is the block's stable id.

    A fact that gates ask is a row as well, behind the criteria: its answers are kept as scores are.
    """

    version = models.ForeignKey(CriteriaVersion, on_delete=models.PROTECT, related_name="criteria")
    key = models.CharField(_("key"), max_length=64)
    code = models.CharField(_("code"), max_length=40)
    label = models.TextField(_("criterion"))
    section_code = models.CharField(_("section"), max_length=40)
    order = models.PositiveIntegerField(_("order"))
    entered = models.BooleanField(_("scored by people"))
    maximum = models.DecimalField(_("maximum"), max_digits=8, decimal_places=3)
    is_fact = models.BooleanField(_("fact that gates ask"), default=False)

    objects = FrozenCriterionQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen criterion")
        verbose_name_plural = _("frozen criteria")
        default_permissions = ()
        ordering = ["version", "order"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="criteria_frozen_key"),
            models.UniqueConstraint(fields=["version", "code"], name="criteria_frozen_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"
