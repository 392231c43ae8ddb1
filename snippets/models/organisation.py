"""The organisation tree."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.audit.history import tracked

from ..enums import Block, Capability, UnitLevel


class UnitQuerySet(RestrictedQuerySet, MP_NodeQuerySet):
    unit_path = "path"

    def in_service(self, day: date) -> "UnitQuerySet":
        """Units that exist on a day."""
        return self.filter(Unit.open_on(day), opened_on__lte=day)


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]  # Django builds the base at run time
    def get_queryset(self) -> UnitQuerySet:
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class Unit(MP_Node):
    """A node of the tree. Created, renamed, moved and closed by `snippets.domain.organisation` only.

    A unit that closes or merges stays in the tree below its successor, so that old cards remain reachable.
    `managing_unit` is the agency whose head evaluates this unit's head (Đ10.1a): stored, never guessed from the tree.
    """

    code = models.CharField(
        _("code"),
        max_length=60,
        unique=True,
        help_text=_("Short, without spaces; never reused."),
        error_messages={"unique": _("A unit with this code exists already.")},
    )
    name = models.CharField(_("name"), max_length=200)
    search_text = models.CharField(max_length=280, editable=False, db_index=True)
    block = models.CharField(_("block"), max_length=12, choices=Block)
    level = models.CharField(_("level"), max_length=12, choices=UnitLevel)
    managing_unit = models.ForeignKey(
        "self",
        verbose_name=_("managing agency"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_units",
        help_text=_("The agency whose head evaluates the head of this unit."),
    )
    opened_on = models.DateField(_("exists from"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    successor = models.ForeignKey(
        "self",
        verbose_name=_("successor"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
    )

    history = tracked(excluded=["search_text", "numchild"])
    objects = UnitManager()

    node_order_by: list[str] = []

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        default_permissions = ()
        permissions = [(capability.value, capability.label) for capability in Capability]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gt=F("opened_on")),
                name="snippets_unit_closed_after_opened",
                violation_error_message=_("A unit closes after the day it was opened."),
            ),
            models.CheckConstraint(
                condition=Q(managing_unit__isnull=True) | ~Q(managing_unit=F("id")),
                name="snippets_unit_not_managed_by_itself",
                violation_error_message=_("A unit cannot be its own managing agency."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ledger_code(self) -> str:
        return self.code

    @staticmethod
    def open_on(day: date) -> Q:
        """Units that are not closed by a day: `closed_on` is the first day on which a unit no longer exists."""
        return Q(closed_on__isnull=True) | Q(closed_on__gt=day)

    def closed_by(self, day: date) -> bool:
        """No longer there on that day."""
        return self.closed_on is not None and self.closed_on <= day

    @property
    def indented(self) -> str:
        """The name as a list of the tree shows it."""
        return f"{'– ' * (self.depth - 1)}{self.name}"
