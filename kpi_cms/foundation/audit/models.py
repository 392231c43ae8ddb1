"""The ledger and the side table for text that the law may require to be erased."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .enums import Access, Act


class TextKind(models.TextChoices):
    NAME = "name", _("Name")
    COMMENT = "comment", _("Comment")
    REASON = "reason", _("Reason")


class ErasableText(models.Model):
    """A name, comment or reason. History and ledger rows hold only its key, which is its salted hash (`canonical`).

    Written once by `texts.keep`; `texts.erase` blanks text and salt when the law requires it, and nothing else does.
    """

    key = models.UUIDField(_("key"), primary_key=True, editable=False)
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
    stands here, only keys into `ErasableText`. `amount` is the change of points that is largest in size, with its sign;
    a first entry is no change.
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
    amount = models.DecimalField(_("largest change"), max_digits=12, decimal_places=3, null=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [
            models.Index(fields=["unit_id", "-id"], name="audit_ledger_unit"),
            models.Index(fields=["person_id", "-id"], name="audit_ledger_person"),
            models.Index(fields=["actor_id", "-id"], name="audit_ledger_actor"),
            models.Index(
                fields=["on_behalf_of_id", "-id"],
                condition=models.Q(on_behalf_of_id__isnull=False),
                name="audit_ledger_on_behalf_of",
            ),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_ledger_subject"),
            # An anchor follows each closing: asked every few seconds.
            models.Index(
                fields=["-id"], name="audit_ledger_closings", condition=models.Q(act="period.closed")
            ),
            models.Index(fields=["-id"], name="audit_ledger_erasures", condition=models.Q(act="text.erased")),
            # What an auditor searches by, newest first, at 10 million entries: docs/audit.md.
            models.Index(fields=["act", "-id"], name="audit_ledger_act"),
            models.Index(fields=["unit_id", "act", "-id"], name="audit_ledger_unit_act"),
            models.Index(fields=["at", "id"], name="audit_ledger_at"),
            models.Index(
                fields=["-id"],
                condition=models.Q(amount__gte=2) | models.Q(amount__lte=-2),
                name="audit_ledger_large",
            ),
            models.Index(
                fields=["unit_id", "-id"],
                condition=models.Q(amount__gte=2) | models.Q(amount__lte=-2),
                name="audit_ledger_unit_large",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject_label}"


def kinds_of_access() -> list[tuple[str, object]]:
    return list(Access.choices)


class AccessLogEntry(models.Model):
    """Who saw, tried or signed in: written by `access_log`, kept for twelve months, held by `AccessDigest` meanwhile.

    Codes and keys only, as in the ledger. `as_account_id` is the account that was looked as. A list names its unit and
    nobody on it. `route` and `status` say which door answered how.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind of access"), max_length=20, choices=kinds_of_access)
    at = models.DateTimeField(_("at"))
    account_id = models.BigIntegerField(_("account"), null=True)
    account_code = models.CharField(_("account name"), max_length=60, blank=True)
    as_account_id = models.BigIntegerField(_("looking as"), null=True)
    as_account_code = models.CharField(_("looking as, account name"), max_length=60, blank=True)
    unit_id = models.BigIntegerField(_("unit"), null=True)
    unit_code = models.CharField(_("unit code"), max_length=60, blank=True)
    person_id = models.BigIntegerField(_("person"), null=True)
    person_code = models.CharField(_("staff code"), max_length=40, blank=True)
    period_id = models.BigIntegerField(_("period"), null=True)
    subject_type = models.CharField(_("kind of record"), max_length=40, blank=True)
    subject_id = models.CharField(_("record"), max_length=64, blank=True)
    method = models.CharField(_("method"), max_length=8, blank=True)
    route = models.CharField(_("page"), max_length=100, blank=True)
    path = models.CharField(_("address of the page"), max_length=200, blank=True)
    status = models.SmallIntegerField(_("answer"), null=True)
    request_id = models.UUIDField(_("request"))
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        verbose_name = _("entry of the access log")
        verbose_name_plural = _("access log")
        default_permissions = ()
        indexes = [
            models.Index(fields=["person_id", "-id"], name="audit_access_person"),
            models.Index(fields=["account_id", "-id"], name="audit_access_account"),
            models.Index(fields=["unit_id", "-id"], name="audit_access_unit"),
            models.Index(fields=["kind", "-id"], name="audit_access_kind"),
            models.Index(fields=["at", "id"], name="audit_access_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_code} {self.person_code}"


class AccessDigest(models.Model):
    """SHA-256 over the entries of the access log behind the digest before, up to `last_id`. Append-only and sealed.

    `columns` is the header of `canonical.Form` by which they were hashed; `until` is the moment of the last of them.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"))
    last_id = models.BigIntegerField(_("last entry"))
    count = models.IntegerField(_("entries"))
    sha256 = models.CharField(_("digest of the entries"), max_length=64)
    columns = models.TextField(_("columns"))
    until = models.DateTimeField(_("moment of the last entry"))

    class Meta:
        verbose_name = _("digest of the access log")
        verbose_name_plural = _("digests of the access log")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.last_id} {self.sha256[:12]}"


class SealForm(models.Model):
    """The columns of a sealed table, in the order in which they are hashed. Written by `sealing` when they change.

    `columns` is the header of `canonical.Form`. A column added by a later release makes another form, and what was
    sealed by the old one is still verified by it; so a column of a sealed table is never dropped or renamed.
    """

    id = models.SmallAutoField(primary_key=True)
    source = models.CharField(_("table"), max_length=63)
    columns = models.TextField(_("columns"))

    class Meta:
        verbose_name = _("form of sealed rows")
        verbose_name_plural = _("forms of sealed rows")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["source", "columns"], name="audit_seal_form_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class SealWaiting(models.Model):
    """A row that is not sealed yet: put down by a trigger in its writer's transaction, taken away by `sealing`."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(_("table"), max_length=63)
    row_id = models.BigIntegerField(_("row"))

    class Meta:
        verbose_name = _("row waiting for its seal")
        verbose_name_plural = _("rows waiting for their seals")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source} {self.row_id}"


class Seal(models.Model):
    """One link of a chain: the hash of a row, and of all links before it (docs/ledger.md). Append-only.

    `chain` is the code of the unit of the second level above which the row happened, or that of the province.
    """

    id = models.BigAutoField(primary_key=True)
    chain = models.CharField(_("chain"), max_length=60)
    number = models.BigIntegerField(_("number"))
    form_id = models.SmallIntegerField(_("form"))
    row_id = models.BigIntegerField(_("row"))
    sealed_at = models.DateTimeField(_("sealed at"))
    row_hash = models.BinaryField(_("hash of the row"), max_length=32)
    head = models.BinaryField(_("head"), max_length=32)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="audit_seal_number_once"),
            models.UniqueConstraint(fields=["form_id", "row_id"], name="audit_seal_row_once"),
        ]

    def __str__(self) -> str:
        return f"{self.chain} {self.number}"


class Anchor(models.Model):
    """Heads of all chains, as they were written to places outside the database at a moment. Append-only.

    `heads` is chain → [number, head]. `sha256` is of the file's bytes, `previous` of the file before it.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    at = models.DateTimeField(_("at"))
    heads = models.JSONField(_("heads"))
    sha256 = models.CharField(_("digest of the file"), max_length=64)
    previous = models.CharField(_("digest of the file before"), max_length=64, blank=True)
    file_name = models.CharField(_("file"), max_length=120)
    occasion = models.CharField(_("occasion"), max_length=40)

    class Meta:
        verbose_name = _("anchor")
        verbose_name_plural = _("anchors")
        default_permissions = ()

    def __str__(self) -> str:
        return self.file_name
