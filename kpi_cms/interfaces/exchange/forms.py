"""What is uploaded."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from snippets.models import Unit

from .workbooks.errors import WorkbookRefused
from .workbooks.limits import Limits


class UploadForm(forms.Form):
    """A workbook."""

    file = forms.FileField(
        label=_("Workbook"),
        help_text=_("An Excel file (.xlsx)."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        allow_empty_file=True,  # the guard refuses it with a sentence that says what to do
        error_messages={"required": _("Choose the workbook to upload.")},
    )

    def bytes_within(self, limits: Limits) -> bytes:
        """The file's bytes. Raises WorkbookRefused for one too large to be read at all."""
        uploaded = self.cleaned_data["file"]
        if uploaded.size > limits.file_bytes:
            raise WorkbookRefused("file_too_large", limit=limits.file_bytes // 1024**2)
        content: bytes = uploaded.read()
        return content

    @property
    def file_name(self) -> str:
        """As it was called on the sender's machine; shown and recorded, never used as a path."""
        return str(self.cleaned_data["file"].name)


class UnitChoice(forms.ModelChoiceField):
    """Units indented by their depth."""

    def label_from_instance(self, obj: Unit) -> str:
        return f"{'– ' * (obj.depth - 1)}{obj.name} ({obj.code})"


class CatalogueUploadForm(UploadForm):
    """A catalogue's workbook, whose it is and what it is called."""

    unit = UnitChoice(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        help_text=_("Whose catalogue it is. Departments are looked for in this unit and below it."),
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    field_order = ["unit", "title", "file"]

    def __init__(self, *args: Any, units: QuerySet[Unit], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]  # a model choice field
