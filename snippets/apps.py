from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SnippetsConfig(AppConfig):
    name = "snippets"
    verbose_name = _("Registers")

    def ready(self) -> None:
        from kpi_cms.foundation.audit import append_only

        # A grant is given once: afterwards only its end may be written, never who holds what.
        append_only.register("snippets_grant", mutable=["ends_on", "ended_at"])
