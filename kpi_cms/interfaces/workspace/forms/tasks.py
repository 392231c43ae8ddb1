"""What the screens of tasks take in. Quantities and days are read here; every rule is the domain's."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.asked_queries import Question, Questions, together
from kpi_cms.evaluation.domain.tasks import proposes_delay, undelayed_units
from kpi_cms.evaluation.models import Task
from kpi_cms.foundation.engine import QUALITY, SAID
from snippets.models import Person, Product

from .fields import DayField, QuantityField, text_area
from .steps import StepForm
from .task_words import WordsForm, said_in, word_field

REASON_REQUIRED = {"required": _("Give a reason.")}


def reason_field(**options: Any) -> forms.CharField:
    """A reason the person reads."""
    return forms.CharField(
        label=_("Reason"),
        help_text=_("The person reads it."),
        max_length=4000,
        widget=text_area(),
        error_messages=REASON_REQUIRED,
        **options,
    )


def named(person: Person) -> str:
    """A person among others of the same name."""
    return f"{person.full_name} ({person.staff_code})"


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Person) -> str:
        return named(obj)


class ReasonOnlyForm(forms.Form):
    reason = reason_field()


class ReportForm(StepForm):
    """The person's report on a task (Đ18.2)."""

    completed = QuantityField(label=_("Quantity completed"))
    completed_on = DayField(label=_("Completed on"), required=False)
    evidence_number = forms.CharField(
        label=_("Document number"),
        help_text=_("The number of the document that shows the product, for example 125/TTr-UBND."),
        max_length=120,
        required=False,
    )
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=text_area())


class NewTaskForm(WordsForm):
    """A product of the period's catalogues for one person."""

    product = forms.ModelChoiceField(
        queryset=Product.objects.none(),
        label=_("Product or task"),
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose a product of the list."),
            "invalid_choice": _("Choose a product of the list."),
        },
    )
    quantity = QuantityField(label=_("Quantity"))
    due_on = DayField(label=_("Due on"))
    sudden = forms.BooleanField(
        label=_("Sudden, outside the plan"),
        help_text=_("It stays outside the total assigned and counts in what is completed (Article 18)."),
        required=False,
    )
    note = forms.CharField(label=_("Note"), max_length=4000, required=False, widget=text_area())

    def __init__(self, *args: Any, products: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]  # a model choice


class ProposalForm(NewTaskForm):
    """A sudden task that the person proposes; the product may be left to the head."""

    sudden = None  # type: ignore[assignment]  # a proposal always is
    later = True  # the head says what the person does not
    name = forms.CharField(label=_("What the task is"), max_length=1000, required=False, widget=text_area(2))
    field_order = ("name", "product", "quantity", "due_on", "note")

    def __init__(self, *args: Any, products: Any, **options: Any) -> None:
        super().__init__(*args, products=products, **options)
        self.fields["product"].required = False


class DecisionForm(WordsForm):
    """Accept a proposed task as an extra, or decline it."""

    later = True  # who declines says nothing; the domain asks whoever accepts

    decision = forms.ChoiceField(
        label=_("Your decision"),
        choices=[("accept", _("Accept it as an extra task")), ("decline", _("Decline it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    product = forms.ModelChoiceField(
        queryset=Product.objects.none(),
        label=_("Product or task"),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Choose a product of the list.")},
    )
    reason = reason_field(required=False)

    def __init__(self, *args: Any, products: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]  # a model choice


class NameProductForm(WordsForm):
    """The product of a task that had none."""

    product = forms.ModelChoiceField(
        queryset=Product.objects.none(),
        label=_("Product or task"),
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose a product of the list."),
            "invalid_choice": _("Choose a product of the list."),
        },
    )
    reason = reason_field(required=False)

    def __init__(self, *args: Any, products: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]  # a model choice


class ChangeForm(WordsForm, StepForm):
    quantity = QuantityField(label=_("Quantity"))
    due_on = DayField(label=_("Due on"))
    reason = reason_field()
    concluding = ("reason",)


class ConfirmTaskForm(WordsForm, StepForm):
    """How much met quality; after a late completion, whether it counts as a delay: nothing is preselected.

    Where a delay stands on every unit of that completion there is nothing left to ask. `quality`: the steps at which a
    set of the person accepts; `asked`: what the task should have said before.
    """

    concluding = ("delayed", "reason")

    accepted = QuantityField(
        label=_("Quantity that met quality"),
        help_text=_(
            "The units numbered first count as accepted: of 5 with 3 accepted these are units 1 to 3; units 4 and 5 "
            "count 0."
        ),
    )
    delayed = forms.ChoiceField(
        label=_("It was completed after its due date. Does it count as a delay?"),
        choices=[("yes", _("Yes, record a delay")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    reason = reason_field(required=False)

    def __init__(self, *args: Any, task: Task, quality: Question | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if quality is not None:
            self.fields[QUALITY] = word_field(quality, required=True)
            self.order_fields(["expected", "accepted", QUALITY])
        late = undelayed_units(task) if proposes_delay(task) else []
        if not late:
            del self.fields["delayed"]
            del self.fields["reason"]
        else:
            units = ", ".join(map(str, late))
            self.fields["delayed"].help_text = gettext("It falls on units: %(units)s.") % {"units": units}
            self.fields["reason"].help_text = gettext(
                "Needed where a delay is recorded. The person reads it."
            )


class DeductionForm(forms.Form):
    """A major error or a delay of one unit of the quantity."""

    unit_number = forms.IntegerField(
        label=_("Unit of quantity"),
        help_text=_(
            "1 is the first piece. The units numbered first count as completed, and the first of these as accepted: a "
            "unit above them counts 0 already."
        ),
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = reason_field()


class TransferForm(WordsForm, StepForm):
    """Work that changes hands. `asked`: what the sets of whoever takes it need and the task does not say to them."""

    taker = PersonChoice(
        queryset=Person.objects.none(),
        label=_("Given to"),
        empty_label=_("Choose a person"),
        error_messages={"required": _("Choose a person.")},
    )
    quantity = QuantityField(label=_("Quantity"))
    due_on = DayField(label=_("Due on"))
    reason = reason_field()
    concluding = ("reason",)

    def __init__(self, *args: Any, people: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["taker"].queryset = people  # type: ignore[attr-defined]  # a model choice


class PartForm(forms.Form):
    """One person's part of a larger product; a row without a person is not used."""

    person = PersonChoice(
        queryset=Person.objects.none(), label=_("Person"), required=False, empty_label=_("Nobody")
    )
    label = forms.CharField(label=_("Output"), max_length=200, required=False)
    share = QuantityField(label=_("Share"), required=False)
    due_on = DayField(label=_("Due on"), required=False, help_text="")

    def __init__(
        self, *args: Any, people: Any, names: Any, asked: Mapping[int, Questions], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.asked = asked
        for name, question in together(asked.values()).items():
            self.fields[name] = word_field(question, required=False)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]  # a model choice
        # Read once for all rows, not once for each.
        self.fields["person"].choices = names  # type: ignore[attr-defined]  # a model choice

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("person"):
            for name, sentence in (
                ("label", gettext("Say what this part produces.")),
                ("share", gettext("Give the share, for example 0,5.")),
                ("due_on", gettext("Give the due date.")),
            ):
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, sentence)
            for name, question in self.asked.get(values["person"].pk, {}).items():
                if name in SAID and question.required and not values.get(name) and name not in self.errors:
                    self.add_error(name, gettext("Choose one: this person's criteria set counts by it."))
        values["attributes"] = {name: code for name, code in said_in(values).items() if code}
        return values

    def words(self) -> Iterator[forms.BoundField]:
        """The fields of what the sets of these people ask."""
        return (self[name] for name in SAID if name in self.fields)


def names_of(people: Any) -> list[tuple[Any, str]]:
    """The choices of every row's person."""
    return [("", gettext("Nobody")), *((person.pk, named(person)) for person in people)]


PartFormSet = forms.formset_factory(PartForm, extra=6, max_num=12, absolute_max=12)


class ProductForm(forms.Form):
    """The product that parts are made of."""

    product = forms.ModelChoiceField(
        queryset=Product.objects.none(),
        label=_("Product or task"),
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Choose a product of the list."),
            "invalid_choice": _("Choose a product of the list."),
        },
    )

    def __init__(self, *args: Any, products: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]  # a model choice
