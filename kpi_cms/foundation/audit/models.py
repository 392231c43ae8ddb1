"""The ledger and the side table for text that the law may require to be erased."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from .enums import Act


class TextKind(models.TextChoices):
    NAME = "name", _("Name")
    COMMENT = "comment", _("Comment")
    REASON = "reason", _("Reason")


class ErasableText(models.Model):
    """A name, comment or reason. History and ledger rows hold only its key (and, once sealed, a salted hash).

    Written once by `texts.keep`; `text` is blanked, never changed, when the law requires it.
    """

    key = models.UUIDField(_("key"), primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=TextKind)
    text = models.TextField(_("text"))
    salt = models.CharField(_("salt"), max_length=32)
    person_code = models.CharField(_("staff code it is about"), max_length=40, blank=True, db_index=True)
    erased_at = models.DateTimeField(_("erased at"), null=True)

    class Meta:
        verbose_name = _("erasable text")
        verbose_name_plural = _("erasable texts")

    def __str__(self) -> str:
        return str(self.key)


def acts() -> list[tuple[str, object]]:
    """The acts by reference: a new one is no change of the table, and needs no migration."""
    return list(Act.choices)


class LedgerEntry(models.Model):
    """One business act. Append-only at the database (`append_only`); written by `ledger.record` only.

    Actor, unit, person and subject are copied as ids and codes: the row outlives them. No name, comment or reason
    stands here, only keys into `ErasableText`.
    """

    id = models.BigAutoField(primary_key=True)
    act = models.CharField(_("act"), max_length=40, choices=acts)
    at = models.DateTimeField(_("at"))
    actor_id = models.BigIntegerField(_("actor"))
    actor_code = models.CharField(_("account name"), max_length=60)
    on_behalf_of_id = models.BigIntegerField(_("on behalf of"), null=True)
    on_behalf_of_code = models.CharField(_("on behalf of, account name"), max_length=60, blank=True)
    unit_id = models.BigIntegerField(_("unit"), null=True)
    unit_code = models.CharField(_("unit code"), max_length=60, blank=True)
    person_id = models.BigIntegerField(_("person"), null=True)
    person_code = models.CharField(_("staff code"), max_length=40, blank=True)
    subject_type = models.CharField(_("kind of record"), max_length=40)
    subject_id = models.CharField(_("record"), max_length=64)
    subject_label = models.CharField(_("label"), max_length=200, blank=True)
    period_id = models.BigIntegerField(_("period"), null=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    reason_key = models.UUIDField(_("reason"), null=True)
    request_id = models.UUIDField(_("request"))
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [
            models.Index(fields=["unit_id", "-id"], name="audit_ledger_unit"),
            models.Index(fields=["person_id", "-id"], name="audit_ledger_person"),
            models.Index(fields=["actor_id", "-id"], name="audit_ledger_actor"),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_ledger_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject_label}"
