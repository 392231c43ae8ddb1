from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "kpi_cms.evaluation"
    label = "evaluation"
    verbose_name = _("Evaluation")

    def ready(self) -> None:
        from criteria_pages.domain import pins

        from .queries import periods_of_versions

        pins.register(periods_of_versions)
