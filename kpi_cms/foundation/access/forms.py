"""Forms of the registers: every choice narrowed to what the actor holds, and `save()` one domain call.

Closed by default: a field that chooses records which nobody narrowed offers none.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Model, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminAutoHeightTextInput, AdminDateInput, AdminDateTimeInput
from wagtail.snippets.widgets import AdminSnippetChooser

from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.core.errors import DomainError, Invalid, Stale

from .history_rows import plain
from .scope import Scope

DATE, DATETIME = "%d/%m/%Y", "%d/%m/%Y %H:%M"

Narrow = Callable[[Scope, Any], QuerySet[Any]]
Spoken = Callable[[Any], str]
"""A stored value as its reader reads it."""


class DateInput(AdminDateInput):
    """A day as it is written in Việt Nam, whatever the language of the page."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format=DATE, **kwargs)


class DateTimeInput(AdminDateTimeInput):
    """A local date and time, Asia/Ho_Chi_Minh."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format=DATETIME, **kwargs)


class GuardedChooser(AdminSnippetChooser):
    """Shows the title of what is chosen only where the field would accept it; until it is bound it shows none.

    The host's own widget reads any record by its key, so a posted key would be answered with its title.
    """

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        # Past the host's own constructor, which would fix these texts in the language of the moment.
        super(AdminSnippetChooser, self).__init__(
            choose_one_text=_("Choose"),
            choose_another_text=_("Choose another"),
            show_edit_link=False,
            **kwargs,
        )
        self.allowed: QuerySet[Any] = model._default_manager.none()

    def get_instance(self, value: Any) -> Any:
        if value is None:
            return None
        key = value.pk if isinstance(value, Model) else value
        try:
            return self.allowed.filter(pk=key).first()
        except (TypeError, ValueError):
            return None


class NarrowedFields:
    """`narrowed` maps the name of a choosing field to `(scope, instance) → queryset` of what may be chosen."""

    narrowed: ClassVar[Mapping[str, Narrow]] = {}
    fields: dict[str, forms.Field]

    def narrow(self, scope: Scope, instance: Any) -> None:
        """Narrow every choice; labels begin with a capital, as the host's own do."""
        for name, field in self.fields.items():
            field.label = capfirst(field.label)
            if not isinstance(field, forms.ModelChoiceField):
                continue
            rule = self.narrowed.get(name)
            field.queryset = rule(scope, instance) if rule is not None else _nothing(field)
            if isinstance(field.widget, GuardedChooser):
                field.widget.allowed = field.queryset

    def add_refusal(self, error: DomainError) -> None:
        """Put what the domain answered where its reader looks for it."""
        problems = error.problems if isinstance(error, Invalid) else {}
        placed = False
        for name, sentences in problems.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, str(sentence))  # type: ignore[attr-defined]  # a form
                placed = True
        if not placed:
            self.add_error(None, str(error.sentence))  # type: ignore[attr-defined]  # a form


class GuardedForm(NarrowedFields, WagtailAdminModelForm):
    """Create or change one record of a register. Subclasses say in `perform` which domain function that is.

    `seen` is the last history row that the form was made from: a save over somebody else's is refused with both
    values (the host only warns, and lets the second editor overwrite).
    """

    spoken: ClassVar[Mapping[str, Spoken]] = {}
    """Fields whose values need words of their own, in the comparison with what somebody else saved."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=AdminAutoHeightTextInput(attrs={"rows": 2}),
        help_text=_("Stands in the history of this record."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope_of(self.for_user)
        self.narrow(self.scope, self.instance)
        if self.instance.pk is not None:
            self.fields["seen"].initial = last_history_id(self.instance)

    def _post_clean(self) -> None:
        """Fields are checked here, constraints by the domain: it makes room first (one appointment ends another)."""
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()
        del self.instance.validate_constraints

    def validate_unique(self) -> None:
        """The domain's question too."""

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        """The one domain call. Returns the record that the page goes on with."""
        raise NotImplementedError

    def save(self, commit: bool = True) -> Model:
        actor, moment = self.for_user, database_now()
        with as_actor(actor, moment):
            if self.instance.pk is not None:
                self._require_fresh()
            return self.perform(actor=actor, moment=moment)

    def _require_fresh(self) -> None:
        model = type(self.instance)
        present = model._default_manager.select_for_update(of=("self",)).get(pk=self.instance.pk)
        last = last_history_id(present)
        if last is None or last == self.cleaned_data.get("seen"):
            return
        names = [name for name in self.changed_data if name in {field.name for field in model._meta.fields}]
        raise Stale(
            _(
                "Somebody saved this record after you opened it. Nothing of yours was saved; compare and save again."
            ),
            mine={
                str(self.fields[name].label): self._words(name, self.cleaned_data.get(name)) for name in names
            },
            theirs={
                str(self.fields[name].label): self._words(name, getattr(present, name)) for name in names
            },
        )

    def _words(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if name in self.spoken:
            return self.spoken[name](value)
        return plain(self.instance._meta.get_field(name), value)


class ActionForm(NarrowedFields, forms.Form):
    """What an action asks for; narrowed to the actor and to the record that it concerns."""

    def __init__(self, *args: Any, scope: Scope, instance: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scope = scope
        self.instance = instance
        self.narrow(scope, instance)


class ReasonForm(ActionForm):
    """An action that needs nothing but its reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=AdminAutoHeightTextInput(attrs={"rows": 2}),
        help_text=_("Stands in the history of this record."),
    )


def scope_of(user: Any) -> Scope:
    """The reader's scope: read once for each guarded request, which leaves it on the account it belongs to."""
    scope = getattr(user, "guarded_scope", None)
    return scope if scope is not None else Scope.of(user)


def last_history_id(instance: Model) -> int | None:
    """The newest history row of a record; None for a model that keeps none."""
    history = getattr(type(instance), "history", None)
    if history is None:
        return None
    rows = history.filter(**{type(instance)._meta.pk.name: instance.pk})
    found: int | None = rows.order_by("-history_id").values_list("history_id", flat=True).first()
    return found


def _nothing(field: forms.ModelChoiceField) -> QuerySet[Any]:
    assert field.queryset is not None
    return field.queryset.none()
