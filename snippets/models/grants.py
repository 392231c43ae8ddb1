"""Who was given what, on which unit, from when to when: append-only truth and today's projection of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.audit.history import tracked

from ..enums import Capability, GrantSource, Role
from .organisation import Unit


class GrantQuerySet(RestrictedQuerySet):
    def on(self, day: object) -> "GrantQuerySet":
        """Grants in force on a day (`ends_on` is the last day) that nobody ended before."""
        return self.filter(starts_on__lte=day, ended_at__isnull=True).filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day)
        )


class Grant(models.Model):
    """One capability on one unit and its subtree, for a time. Given and ended by `snippets.domain.grants` only.

    Rows are never deleted. `ends_on` is agreed when the grant is given; `ended_at` ends it at once, and once only.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("account"), on_delete=models.PROTECT, related_name="grants"
    )
    capability = models.CharField(_("capability"), max_length=20, choices=Capability)
    role = models.CharField(_("given as"), max_length=12, choices=Role, blank=True)
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="grants")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=12, choices=GrantSource, default=GrantSource.DECISION)
    appointment = models.ForeignKey(
        "snippets.Appointment",
        verbose_name=_("appointment"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="grants",
    )
    reason_key = models.UUIDField(_("reason"), null=True)
    given_by = models.BigIntegerField(_("given by"))

    history = tracked()
    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="snippets_grant_ends_after_start",
                violation_error_message=_("A grant cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=Q(source="appointment", appointment__isnull=False)
                | (~Q(source="appointment") & Q(appointment__isnull=True)),
                name="snippets_grant_appointment_named",
                violation_error_message=_("A grant from an appointment names it."),
            ),
        ]
        indexes = [models.Index(fields=["user", "capability"], name="snippets_grant_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.capability} {self.unit_id}"


class UnitUserObjectPermission(UserObjectPermissionBase):
    """Today's projection of the grants, what `has_perm` reads. Written by `snippets.domain.grants.project` only."""

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        default_permissions = ()
        verbose_name = _("grant in force today")
        verbose_name_plural = _("grants in force today")
