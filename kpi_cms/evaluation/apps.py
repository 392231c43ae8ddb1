from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "kpi_cms.evaluation"
    label = "evaluation"
    verbose_name = _("Evaluation")

    def ready(self) -> None:
        from criteria_pages.domain import pins
        from kpi_cms.foundation.audit import append_only

        from . import wall
        from .models import PublishedTotals
        from .queries import periods_of_versions

        append_only.register(PublishedTotals._meta.db_table)
        pins.register(periods_of_versions)
        wall.protect_all()
