from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "kpi_cms.foundation.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from . import append_only, checks  # noqa: F401  (checks register themselves)

        # A migration that rebuilds a SQLite table drops its triggers without a word: put them back each time.
        post_migrate.connect(append_only.install_after_migrate, dispatch_uid="audit.append_only")
