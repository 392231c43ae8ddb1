"""What a head who will be absent says: to whom, what, where, from when to when, and why."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from snippets.delegation_queries import Delegable
from snippets.models import Person, Unit

from .fields import DayField, text_area


class _PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Person) -> str:
        return f"{obj.full_name} ({obj.staff_code}), {obj.unit.name}"


class _UnitChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Unit) -> str:
        return obj.indented


def _at_most() -> str:
    days = settings.DELEGATION_MAX_DAYS
    return ngettext(
        "At most %(days)d day. It ends by itself after this day.",
        "At most %(days)d days. It ends by itself after this day.",
        days,
    ) % {"days": days}


class DelegationForm(forms.Form):
    """The choices are the giver's own; every rule is the domain's."""

    to = _PersonChoice(
        label=_("To whom"),
        queryset=Person.objects.none(),
        help_text=_("Somebody of your own units who signs in. They cannot pass it on."),
        empty_label=_("Choose a person"),
        error_messages={
            "required": _("Choose a person."),
            "invalid_choice": _("Choose a person of your units."),
        },
    )
    unit = _UnitChoice(
        label=_("On which unit"),
        queryset=Unit.objects.none(),
        help_text=_("It covers this unit and everything below it."),
        empty_label=None,
        error_messages={
            "required": _("Choose one of your units."),
            "invalid_choice": _("Choose one of your units."),
        },
    )
    capabilities = forms.MultipleChoiceField(
        label=_("What"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one thing to delegate."),
            "invalid_choice": _("Choose at least one thing to delegate."),
        },
    )
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"), help_text=lazy(_at_most, str)())
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the record of grants."),
        max_length=1000,
        widget=text_area(2),
        error_messages={"required": _("Give a reason.")},
    )

    def __init__(self, *args: Any, delegable: Delegable, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].queryset = delegable.people()  # type: ignore[attr-defined]  # a model choice
        self.fields["unit"].queryset = delegable.units()  # type: ignore[attr-defined]  # a model choice
        self.fields["capabilities"].choices = [  # type: ignore[attr-defined]  # a choice
            (str(capability), str(capability.label)) for capability in delegable.capabilities
        ]
