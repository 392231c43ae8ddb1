"""Who was given what, on which unit, from when to when: append-only truth and today's projection of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.projection import ProjectedPermission
from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.audit.history import tracked

from ..enums import DELEGABLE, Capability, GrantSource, Role
from .organisation import Unit


def _dated(day: object, prefix: str = "") -> Q:
    """Begun, and not over by date."""
    over = f"{prefix}ends_on"
    return Q(**{f"{prefix}starts_on__lte": day}) & (
        Q(**{f"{over}__isnull": True}) | Q(**{f"{over}__gte": day})
    )


def _within_the_giver(day: object) -> Q:
    """What was delegated lasts while the giver's own grant does, on units still at or below the giver's."""
    return Q(delegated_from__isnull=True) | Q(
        _dated(day, "delegated_from__"),
        delegated_from__ended_at__isnull=True,
        delegated_from__delegated_from__isnull=True,
        delegated_from__user__is_active=True,
        unit__path__startswith=F("delegated_from__unit__path"),
    )


class GrantQuerySet(RestrictedQuerySet):
    def on(self, day: object) -> "GrantQuerySet":
        """Grants in force on a day (`ends_on` is the last day) that nobody ended before."""
        return self.filter(_dated(day), _within_the_giver(day), ended_at__isnull=True)

    def lasting(self, day: object) -> "GrantQuerySet":
        """Grants that nobody ended and that are not over on a day, those that lie ahead included."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), ended_at__isnull=True)

    def own(self) -> "GrantQuerySet":
        """Held in somebody's own right: what may be delegated."""
        return self.exclude(source=GrantSource.DELEGATION)


class Grant(models.Model):
    """One capability on one unit and its subtree, for a time. Given and ended by `snippets.domain.grants` and, where
    somebody absent delegates it, by `snippets.domain.delegation` only.

    Rows are never deleted. `ends_on` is agreed when the grant is given; `ended_at` ends it at once, and once only.
    `delegated_from` is the giver's own grant, without which a delegation is nothing.
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
    delegated_from = models.ForeignKey(
        "self",
        verbose_name=_("delegated from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="delegations",
    )
    reason_key = models.UUIDField(_("reason"), null=True)
    given_by = models.BigIntegerField(_("given by"))
    given_at = models.DateTimeField(_("given at"))

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
            models.CheckConstraint(
                condition=Q(source="delegation", delegated_from__isnull=False, ends_on__isnull=False)
                | (~Q(source="delegation") & Q(delegated_from__isnull=True)),
                name="snippets_grant_delegation_named",
                violation_error_message=_("A delegation names the giver's own grant and its last day."),
            ),
            models.CheckConstraint(
                condition=~Q(source="delegation") | Q(capability__in=[str(each) for each in DELEGABLE]),
                name="snippets_grant_delegable",
                violation_error_message=_("This capability cannot be delegated."),
            ),
            models.CheckConstraint(
                condition=~Q(source="delegation") | ~Q(user_id=F("given_by")),
                name="snippets_grant_not_delegated_to_oneself",
                violation_error_message=_("Nobody delegates to themselves."),
            ),
            models.CheckConstraint(
                condition=Q(source__in=GrantSource.values),
                name="snippets_grant_source_known",
                violation_error_message=_("A grant comes from a decision, an appointment or a delegation."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("given_at")),
                name="snippets_grant_ended_after_given",
                violation_error_message=_("A grant cannot end before it was given."),
            ),
        ]
        indexes = [models.Index(fields=["user", "capability"], name="snippets_grant_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.capability} {self.unit_id}"


class UnitUserObjectPermission(ProjectedPermission):
    """Today's projection of the grants, what `has_perm` reads. Written by `snippets.domain.projection` only."""

    content_object = models.ForeignKey(Unit, on_delete=models.CASCADE)

    class Meta(ProjectedPermission.Meta):
        abstract = False
        default_permissions = ()
        verbose_name = _("grant in force today")
        verbose_name_plural = _("grants in force today")
