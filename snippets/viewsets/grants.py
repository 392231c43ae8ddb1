"""Grants: who holds what, on which unit, from when to when. Given and ended by access administrators."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from kpi_cms.foundation.access.forms import GuardedForm, ReasonForm
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import Action, GuardedViewSet, Outcome
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.errors import Invalid

from .. import rule_table as table
from ..domain import grants
from ..enums import Capability, GrantSource, Role
from ..models import Grant, Unit
from ..rules import READS_GRANTS, may_now
from .shared import RegisterFilterSet, WordsColumn, choice_filter, subtree_filter, words


def _units(scope: Scope, instance: Any) -> QuerySet[Unit]:
    units: QuerySet[Unit] = scope.units(Capability.MANAGE_GRANTS).filter(Unit.open_on(timezone.localdate()))
    return units


class GrantAddForm(GuardedForm):
    """The account is named by its account name: there is no list of accounts to look through."""

    username = forms.CharField(
        label=gettext_lazy("account name"), max_length=60, help_text=gettext_lazy("As a rule the staff code.")
    )
    role = forms.ChoiceField(
        label=gettext_lazy("role"),
        required=False,
        choices=[("", "---------"), *Role.choices],
        help_text=gettext_lazy("Gives every capability of the role. Or choose one capability below."),
    )
    capability = forms.ChoiceField(
        label=gettext_lazy("one capability"), required=False, choices=[("", "---------"), *Capability.choices]
    )
    narrowed = {"unit": _units}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if bool(cleaned.get("role")) == bool(cleaned.get("capability")):
            self.add_error("role", _("Choose a role or one capability, not both."))
        return cleaned

    def _post_clean(self) -> None:
        """The record is made by the domain: there is none here whose fields could be checked."""

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        user = User.objects.filter(username=data["username"], is_active=True).first()
        if user is None:
            sentence = _("No account in use has this name. Check the spelling.")
            raise Invalid(sentence, problems={"username": [sentence]})
        common = {
            "actor": actor,
            "moment": moment,
            "user": user,
            "unit": data["unit"],
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "reason": data["reason"],
        }
        if data["role"]:
            return grants.give_role(role=data["role"], **common)[0]
        return grants.give(capability=data["capability"], **common)


def _end(*, actor: Any, moment: datetime, instance: Grant, data: dict[str, Any]) -> Outcome:
    grants.end_grant(actor=actor, moment=moment, grant=instance, reason=data["reason"])
    return Outcome(_("The grant has ended."))


def _may_end(scope: Scope, grant: Grant) -> bool:
    lasting = grant.ended_at is None and (grant.ends_on is None or grant.ends_on >= timezone.localdate())
    decided = grant.source != GrantSource.APPOINTMENT
    return lasting and decided and may_now(table.END_GRANT, scope, grant.unit)


class GrantFilterSet(RegisterFilterSet):
    unit = subtree_filter(READS_GRANTS)
    role = choice_filter(Role, gettext_lazy("given as"))
    source = choice_filter(GrantSource, gettext_lazy("source"))

    class Meta:
        model = Grant
        fields = ["unit", "role", "source"]


class GrantViewSet(GuardedViewSet):
    model = Grant
    icon = "key"
    menu_order = 600
    reads = READS_GRANTS
    adds = READS_GRANTS
    related = ("unit", "user", "delegated_from__user")
    title_column = ("user.username", gettext_lazy("Account"))
    list_display = [
        "capability",
        "role",
        "unit",
        WordsColumn("starts_on", label=gettext_lazy("From")),
        WordsColumn("ends_on", label=gettext_lazy("To")),
        WordsColumn("ended_at", label=gettext_lazy("Ended at")),
    ]
    folded_search = False
    filterset_class = GrantFilterSet
    add_form = GrantAddForm
    add_panels = [
        MultiFieldPanel(
            [FieldPanel(name) for name in ("username", "role", "capability", "unit")],
            gettext_lazy("Who and what"),
        ),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("starts_on", "ends_on", "reason")], gettext_lazy("Time and reason")
        ),
    ]
    prefill = ("unit",)
    actions = (
        Action(
            "end",
            gettext_lazy("End"),
            "cross",
            ReasonForm,
            _may_end,
            _end,
            gettext_lazy("Ends at once. The record of the grant stays for ever."),
        ),
    )

    def rows(self, scope: Scope) -> QuerySet[Grant]:
        return super().rows(scope).order_by("-pk")

    def title_of(self, instance: Grant) -> str:
        return f"{instance.user.username}: {instance.get_capability_display()}"

    def details(self, scope: Scope, instance: Grant) -> list[tuple[str | Promise, str]]:
        giver = User.objects.filter(pk=instance.given_by).first()
        return [
            (gettext_lazy("Account"), f"{instance.user} ({instance.user.username})"),
            (gettext_lazy("Capability"), str(instance.get_capability_display())),
            (gettext_lazy("Given as"), str(instance.get_role_display()) if instance.role else ""),
            (gettext_lazy("Unit"), instance.unit.name),
            (gettext_lazy("From"), words(instance.starts_on)),
            (gettext_lazy("To"), words(instance.ends_on)),
            (gettext_lazy("Ended at"), words(instance.ended_at)),
            (gettext_lazy("Source"), str(instance.get_source_display())),
            (
                gettext_lazy("On behalf of"),
                str(instance.delegated_from.user) if instance.delegated_from else "",
            ),
            (gettext_lazy("Given by"), str(giver) if giver is not None else ""),
            (gettext_lazy("Reason"), "".join(texts.read([instance.reason_key]).values())),
        ]
