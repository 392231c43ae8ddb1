from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_save
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "kpi_cms.foundation.access"
    label = "access"
    verbose_name = _("Access")

    def ready(self) -> None:
        from wagtail.users.models import UserProfile

        from kpi_cms.foundation.core import health

        from . import checks, host_mail, wall_install  # noqa: F401  (checks register themselves)

        # Once, after all migrations: the signal is sent for each app that has models, and this one has none.
        post_migrate.connect(
            wall_install.install_after_migrate,
            sender=apps.get_app_config("accounts"),
            dispatch_uid="access.wall",
        )
        pre_save.connect(host_mail.send_nothing, sender=UserProfile, dispatch_uid="access.host_mail")
        health.say("second_wall", wall_install.is_in_force)
