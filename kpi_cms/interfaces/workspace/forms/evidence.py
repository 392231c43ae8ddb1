"""What is typed beside a file of evidence, and the file."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.text import normal

from .fields import text_area

# What a phone or a file dialog offers; what is taken is judged by content.
ACCEPTED = ".pdf,.docx,.xlsx,image/jpeg,image/png"
LONGEST = 200


class EvidenceForm(forms.Form):
    """The file comes last: what is typed arrives before it, and is drawn again when the file is refused."""

    title = forms.CharField(
        label=_("What the file shows"),
        help_text=_("For example: decision on the plan of July. Left empty, the file's own name is used."),
        max_length=LONGEST,
        required=False,
    )
    number = forms.CharField(
        label=_("Document number"),
        help_text=_("If the document has one, for example 125/TTr-UBND."),
        max_length=120,
        required=False,
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, Word (.docx), Excel (.xlsx), JPEG or PNG, at most 20 MB."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        allow_empty_file=True,  # refused with a sentence that says what to do
        error_messages={"required": _("Choose the file to attach.")},
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        file = values.get("file")
        if file is not None and not values.get("title") and "title" not in self.errors:
            values["title"] = normal(PurePath(file.name).stem)[:LONGEST]
        return values

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes as they were received: it was cut off just behind the limit."""
        return iter(self.cleaned_data["file"].chunks())


class WithdrawForm(forms.Form):
    """Why a file is taken back: the domain asks for it where somebody else may have seen the file."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed when others may have seen the file. They read it."),
        max_length=4000,
        required=False,
        widget=text_area(),
    )
