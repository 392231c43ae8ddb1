from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CriteriaPagesConfig(AppConfig):
    name = "criteria_pages"
    verbose_name = _("Criteria sets")

    def ready(self) -> None:
        from kpi_cms.foundation.audit import append_only

        append_only.register("criteria_pages_criteriaversion")
        append_only.register("criteria_pages_frozencriterion")
