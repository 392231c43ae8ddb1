from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "kpi_cms.evaluation"
    label = "evaluation"
    verbose_name = _("Evaluation")

    def ready(self) -> None:
        from criteria_pages.domain import pins
        from kpi_cms.foundation.audit import append_only
        from snippets.signals import fields_changed, posts_changed

        from . import frozen, ledger_checks, wall
        from .domain import following
        from .models import PublishedSpread, PublishedTotals
        from .queries import periods_of_versions
        from .signals import evaluation_reopened

        append_only.register(PublishedTotals._meta.db_table)
        append_only.register(PublishedSpread._meta.db_table)
        pins.register(periods_of_versions)
        wall.protect_all()
        frozen.guard_all()
        posts_changed.connect(following.follow_change, dispatch_uid="evaluators follow posts")
        fields_changed.connect(following.follow_fields, dispatch_uid="deputies' cards follow their fields")
        evaluation_reopened.connect(following.follow_card, dispatch_uid="evaluators follow a reopened card")
        ledger_checks.register()
