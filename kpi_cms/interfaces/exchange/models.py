"""A workbook between its upload and its application: the bytes stay here, never with the browser."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from snippets.models import Unit

from .enums import ImportKind


class ImportUpload(models.Model):
    """The bytes somebody looked at before applying them. Kept and applied by `exchange.domain` only.

    Applying reads these bytes again, whose digest is checked, so that what is applied is what was seen. `content` is
    emptied when it was applied; an upload that was not is forgotten after `expires_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=ImportKind)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("content"))
    actor_id = models.BigIntegerField(_("actor"))
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("kept until"), db_index=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    passwords_taken_at = models.DateTimeField(_("first passwords downloaded at"), null=True)

    class Meta:
        verbose_name = _("uploaded workbook")
        verbose_name_plural = _("uploaded workbooks")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="people", unit__isnull=True) | Q(kind="catalogue", unit__isnull=False),
                name="exchange_upload_catalogue_has_unit",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"
