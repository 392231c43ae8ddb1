from django.apps import AppConfig
from django.db.models.signals import pre_delete, pre_save
from django.utils.translation import gettext_lazy as _


class CriteriaPagesConfig(AppConfig):
    name = "criteria_pages"
    verbose_name = _("Criteria sets")

    def ready(self) -> None:
        from wagtail.models import TaskState

        from kpi_cms.foundation.audit import append_only

        from .domain import approving
        from .domain.guards import keep_pinned_pages
        from .forms import CriteriaSetForm, SendBackForm
        from .models import ApprovalTask, CriteriaSetPage

        append_only.register("criteria_pages_criteriaversion")
        append_only.register("criteria_pages_frozencriterion")
        pre_delete.connect(
            keep_pinned_pages, sender=CriteriaSetPage, dispatch_uid="criteria_pages.keep_pinned"
        )
        pre_save.connect(
            approving.keep_approvals_sound, sender=TaskState, dispatch_uid="criteria_pages.sound_approvals"
        )
        # Forms and decisions stand above the models in the ladder, so the models cannot name them.
        CriteriaSetPage.base_form_class = CriteriaSetForm
        ApprovalTask.decisions = approving
        ApprovalTask.return_form = SendBackForm
