from django.apps import AppConfig


class ImpactConfig(AppConfig):
    name = "kpi_cms.interfaces.impact"
    label = "impact"

    def ready(self) -> None:
        from . import domain  # noqa: F401  # registers the job
