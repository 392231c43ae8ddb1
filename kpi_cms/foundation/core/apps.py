from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "kpi_cms.foundation.core"
    label = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        from . import beats, checks, health, lists  # noqa: F401  (checks register themselves once every app is loaded)

        lists.register()
        health.say("worker", beats.worker_is_alive)
        health.say("scheduler", beats.scheduler_is_alive)
