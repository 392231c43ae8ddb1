"""Background work that survives a killed worker."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])


class Job(models.Model):
    """One piece of background work: `core.jobs` is the only door that changes it.

    The task backend never reclaims a task whose worker was killed; this row's heartbeat and cursor let the next
    worker take it up where its last committed batch ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=60)
    key = models.CharField(_("key"), max_length=120, help_text=_("Two unfinished jobs never share a key."))
    arguments = models.JSONField(_("arguments"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    cursor = models.JSONField(_("cursor"), default=dict)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    message = models.TextField(_("message"), blank=True)
    actor_id = models.BigIntegerField(_("actor"))
    created_at = models.DateTimeField(_("created at"))
    heartbeat_at = models.DateTimeField(_("heartbeat at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    worker = models.CharField(_("worker"), max_length=80, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(state__in=["queued", "running"]),
                name="core_job_one_unfinished_per_key",
                violation_error_message=_("This work is already under way."),
            ),
        ]
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="core_job_state")]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"


class Heartbeat(models.Model):
    """The last sign of life of the background worker and of the scheduler. `core.beats` writes it."""

    name = models.CharField(_("name"), max_length=20, primary_key=True)
    at = models.DateTimeField(_("heartbeat at"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class SentForm(models.Model):
    """A form that an account has sent, by the key it carried, and where it was led. `core.sending` writes it."""

    account_id = models.BigIntegerField(_("account"))
    key = models.UUIDField(_("key"))
    answer = models.TextField(_("answer"), blank=True)
    at = models.DateTimeField(_("sent at"), db_index=True)

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "key"],
                name="core_sentform_once",
                violation_error_message=_("This form was sent before."),
            )
        ]

    def __str__(self) -> str:
        return str(self.key)
