"""The head's answer to a proposed task: accepted with or without a product, declined; and the product named later."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpi_cms.evaluation import queries
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.asked_queries import not_said, said_of
from kpi_cms.evaluation.domain import proposals
from kpi_cms.evaluation.models import Task
from kpi_cms.interfaces.workspace.forms.tasks import DecisionForm, NameProductForm
from snippets.models import Product

from .task_actions import TaskAction

PRODUCTS_SHOWN = 20


class Decide(TaskAction):
    """The head accepts a proposed task as an extra, naming its product, or declines it."""

    template = "workspace/task_decide.html"
    form_class: ClassVar[type[forms.Form]] = DecisionForm
    rule = table.DECIDE_PROPOSAL
    title = gettext_lazy("Decide on a proposed task")
    lead = gettext_lazy(
        "An accepted task counts as an extra, outside the total assigned. Without a product of the catalogue it stays "
        "unscored until one is decided (Article 13)."
    )
    button = gettext_lazy("Decide")
    done = gettext_lazy("The proposal is decided.")

    def asks(self, task: Task) -> dict[str, Any]:
        return {"products": queries.products_for(task.period, task.unit), "asked": self.questions_for(task)}

    def initial(self, task: Task) -> dict[str, Any]:
        return {"product": task.product_id, **said_of(task)}

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return proposals.decide_proposal(
            **common,
            task=task,
            accepted=values["decision"] == "accept",
            product=values["product"],
            reason=values["reason"],
            attributes=values["attributes"],
        )

    def more(self, task: Task, form: forms.Form) -> dict[str, Any]:
        return product_choice(self.request, queries.products_for(task.period, task.unit), form)


class NameProduct(Decide):
    """The product of an accepted task that had none in the catalogue (Đ13.3)."""

    form_class = NameProductForm
    rule = table.NAME_PRODUCT
    title = gettext_lazy("Name the product")
    lead = gettext_lazy(
        "The task stood outside the catalogue. With its product it is scored; the product cannot be changed after that."
    )
    button = gettext_lazy("Name the product")
    done = gettext_lazy("The product is named: the task is scored from now on.")

    def asks(self, task: Task) -> dict[str, Any]:
        return {**super().asks(task), "asked": not_said(task, self.questions_for(task))}

    def take(self, task: Task, common: dict[str, Any], values: dict[str, Any]) -> Any:
        return proposals.name_product(**common, task=task, **values)


def product_choice(request: HttpRequest, products: Any, form: forms.Form) -> dict[str, Any]:
    """The products found by `?q=`, and the one chosen already, as choices of the form."""
    text = (request.POST.get("q") or request.GET.get("q") or "")[:100].strip()
    found: list[Product] = list(
        (queries.find_products(products, text) if text else products)[: PRODUCTS_SHOWN + 1]
    )
    more, found = len(found) > PRODUCTS_SHOWN, found[:PRODUCTS_SHOWN]
    chosen = str(form["product"].value() or request.GET.get("san-pham") or "")
    if chosen.isascii() and chosen.isdigit() and all(str(product.pk) != chosen for product in found):
        found = [*products.filter(pk=chosen), *found]
    return {
        "q": text,
        "products": found,
        "more_products": more,
        "chosen": chosen,
        "nothing_found": _("Nothing found. Try fewer letters.") if text and not found else "",
    }
