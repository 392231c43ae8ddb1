"""Minh chứng: a file that somebody attached to a criterion of their card, or to a task of theirs."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.enums import EvidenceState
from kpi_cms.foundation.audit.history import tracked
from kpi_cms.foundation.core.files.kinds import KINDS, Kind
from snippets.models import Period, Person, Unit

from .scorecard import Scorecard
from .task import Task

HELD = [EvidenceState.KEPT, EvidenceState.QUARANTINED]
SHOWN = [*HELD, EvidenceState.REMOVED]


class Evidence(models.Model):
    """One file. Attached and withdrawn by `domain.evidence`, its bytes removed by `domain.evidence_tidying` only.

    `key` stands in addresses, `storage_name` never leaves the server. `sha256` is of the file that is kept,
    `sent_sha256` of the one that was sent (a picture is drawn anew). `title` and `number` are words somebody wrote:
    history has `words_key`, the key of both in the erasable side table. A withdrawn file stays until `erased_at`, for
    which the ledger has an act of its own; the row stays for ever. What a lawful erasure took (`domain.erasing_files`)
    is shown as removed, with the day.
    """

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+")
    card = models.ForeignKey(
        Scorecard,
        verbose_name=_("card"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
    )
    criterion = models.ForeignKey(
        FrozenCriterion,
        verbose_name=_("criterion"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    task = models.ForeignKey(
        Task, verbose_name=_("task"), on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("attached by"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=12, choices=EvidenceState, default=EvidenceState.KEPT)
    title = models.CharField(_("what it shows"), max_length=200)
    number = models.CharField(_("document number"), max_length=120, blank=True)
    words_key = models.UUIDField(null=True, editable=False)
    kind = models.CharField(_("kind of file"), max_length=8, blank=True)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("digest"), max_length=64)
    sent_sha256 = models.CharField(_("digest of the file as it was sent"), max_length=64)
    storage_name = models.CharField(_("name in the store"), max_length=120, unique=True)
    attached_at = models.DateTimeField(_("attached at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("file erased at"), null=True, blank=True)

    history = tracked(excluded=["title", "number", "storage_name"])

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        default_permissions = ()
        ordering = ["attached_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(card__isnull=False, criterion__isnull=False, task__isnull=True)
                | Q(card__isnull=True, criterion__isnull=True, task__isnull=False),
                name="evaluation_evidence_of_one_thing",
                violation_error_message=_(
                    "Evidence belongs to a criterion of a card or to a task, not to both."
                ),
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="evaluation_evidence_size"),
            models.CheckConstraint(
                condition=~Q(state="kept") | ~Q(kind=""), name="evaluation_evidence_kept_has_kind"
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | Q(withdrawn_at__isnull=False),
                name="evaluation_evidence_withdrawn_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state="removed") | Q(erased_at__isnull=False),
                name="evaluation_evidence_removed_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | ~Q(state="kept"),
                name="evaluation_evidence_kept_is_not_erased",
                violation_error_message=_("A file that is evidence is not erased. Withdraw it first."),
            ),
            models.UniqueConstraint(
                fields=["card", "criterion", "sent_sha256"],
                condition=Q(state__in=["kept", "quarantined"], card__isnull=False),
                name="evaluation_evidence_once_for_a_criterion",
                violation_error_message=_("This file is attached here already."),
            ),
            models.UniqueConstraint(
                fields=["task", "sent_sha256"],
                condition=Q(state__in=["kept", "quarantined"], task__isnull=False),
                name="evaluation_evidence_once_for_a_task",
                violation_error_message=_("This file is attached here already."),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "period"], name="evaluation_evidence_person"),
            models.Index(fields=["sent_sha256"], name="evaluation_evidence_sent"),
            models.Index(fields=["number"], name="evaluation_evidence_number"),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def is_kept(self) -> bool:
        return self.state == EvidenceState.KEPT

    @property
    def file_kind(self) -> Kind | None:
        """None for malware, which is of no kind that anybody opens."""
        return KINDS.get(self.kind)


class EvidenceUsage(models.Model):
    """Bytes that a unit's files take in the store; its row is locked while they are counted against the quota.

    Counted here and not over the files, because whoever attaches one may not see those of others. Derived, untracked.
    """

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, primary_key=True, related_name="+")
    bytes = models.BigIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("space of a unit's evidence")
        verbose_name_plural = _("space of units' evidence")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(bytes__gte=0), name="evaluation_evidence_usage_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.bytes}"
