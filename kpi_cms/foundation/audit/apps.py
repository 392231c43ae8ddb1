from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "kpi_cms.foundation.audit"
    label = "audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from kpi_cms.foundation.core import actor, health

        from . import append_only, checks, guards, restores, state  # noqa: F401  (checks register themselves)
        from .history import HistoryRow

        append_only.register("audit_ledgerentry")
        # Text that the law wants erased is blanked with its salt, without which its key tells nothing about it.
        append_only.register("audit_erasabletext", mutable=["text", "salt", "erased_at"], sealed=False)
        for table in ("audit_seal", "audit_sealform", "audit_anchor"):
            append_only.register(table, sealed=False)
        for model in apps.get_models():
            if issubclass(model, HistoryRow):
                append_only.register(model._meta.db_table)

        actor.ask_before_acting(restores.require_writable)
        append_only.register("audit_accessdigest")
        # The access log is deleted after twelve months (access_log.forget), and not a day before.
        log = "audit_accesslogentry"
        guards.guard("access_log_kept", log, "UPDATE")
        guards.guard(
            "access_log_a_year",
            log,
            "DELETE",
            unless="OLD.at < now() - interval '365 days'",
            on_sqlite="OLD.at < datetime('now', '-365 days')",
        )

        health.say("append_only", state.is_append_only)
        health.say("guarded", state.is_guarded)
        health.say("writable", state.is_writable)
        health.say("ledger_sealed", state.is_sealed)
        health.say("ledger_anchored", state.is_anchored)
        health.say("auditors_told", state.auditors_are_told)
        health.say("ledger_verified", state.is_verified)

        # A migration that rebuilds a SQLite table drops its triggers without a word: put them back each time.
        # The signal is sent for each app, after all migrations: once, for this one, is enough.
        post_migrate.connect(append_only.install_after_migrate, sender=self, dispatch_uid="audit.append_only")
        post_migrate.connect(guards.install_after_migrate, sender=self, dispatch_uid="audit.guards")
