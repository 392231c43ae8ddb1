"""What authors keep for the next criteria set. Nothing refers to it: a set takes its values over."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.audit.history import tracked

from ..enums import ItemKind

NAME_LENGTH = 160


class LibraryItem(models.Model):
    """A scale, a table of bands, a document or a criterion. Written by `criteria_pages.domain.library` only.

    `content` is one block of `blocks.library.LibraryBlock` as plain values, {"type": …, "value": …}: it has no keys, so
    that a set can only copy it. Items are never deleted, only offered no longer.
    """

    kind = models.CharField(_("kind"), max_length=9, choices=ItemKind)
    name = models.CharField(
        _("name"),
        max_length=NAME_LENGTH,
        help_text=_("How authors find it, for example Five levels, 2 to 10."),
    )
    content = models.JSONField(_("content"))
    retired = models.BooleanField(
        _("no longer offered"),
        default=False,
        help_text=_("It stays here with its history. Sets that took it over keep their values."),
    )
    search_text = models.CharField(max_length=220, editable=False, db_index=True, default="")

    history = tracked(excluded=["search_text"])

    class Meta:
        verbose_name = _("library item")
        verbose_name_plural = _("library items")
        default_permissions = ()
        ordering = ["kind", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="criteria_library_name",
                violation_error_message=_("The library has this name already. Choose another one."),
            ),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="criteria_library_kind"),
            models.CheckConstraint(condition=~Q(name=""), name="criteria_library_named"),
        ]

    def __str__(self) -> str:
        return self.name
