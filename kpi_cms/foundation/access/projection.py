"""What the scope reads: one row for each capability that an account holds on a unit today, and on whose behalf."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase


class ProjectedPermission(UserObjectPermissionBase):
    """Base of the scope model's direct-foreign-key permissions: guardian's row and, where it was delegated, by whom.

    An account may hold the same capability on the same unit in its own right and for each of several absent people:
    one row each, because what it may do with them differs. To guardian all of them are the one permission.
    """

    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("on behalf of"),
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
    )

    class Meta:
        abstract = True
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user", "permission", "content_object"],
                condition=Q(on_behalf_of__isnull=True),
                name="%(app_label)s_%(class)s_own_once",
            ),
            models.UniqueConstraint(
                fields=["user", "permission", "content_object", "on_behalf_of"],
                name="%(app_label)s_%(class)s_once",
            ),
        ]
