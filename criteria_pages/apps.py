from django.apps import AppConfig
from django.db.models.signals import pre_delete, pre_save
from django.utils.translation import gettext_lazy as _


class CriteriaPagesConfig(AppConfig):
    name = "criteria_pages"
    verbose_name = _("Criteria sets")

    def ready(self) -> None:
        from wagtail.models import TaskState

        from kpi_cms.foundation.audit import append_only

        from .domain.authors import keep_authors_from_approving
        from .domain.guards import keep_pinned_pages
        from .forms import CriteriaSetForm
        from .models import CriteriaSetPage

        append_only.register("criteria_pages_criteriaversion")
        append_only.register("criteria_pages_frozencriterion")
        pre_delete.connect(
            keep_pinned_pages, sender=CriteriaSetPage, dispatch_uid="criteria_pages.keep_pinned"
        )
        pre_save.connect(
            keep_authors_from_approving, sender=TaskState, dispatch_uid="criteria_pages.not_by_its_author"
        )
        # The form stands above the model in the ladder, so the model cannot name it.
        CriteriaSetPage.base_form_class = CriteriaSetForm
