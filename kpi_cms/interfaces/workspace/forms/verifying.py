"""What is verified: a card by what is written of it, an anchor by its file."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

CODE, LINK = re.compile(r"P\d{1,9}-(\d{1,18})", re.IGNORECASE), re.compile(r"/phieu/(\d{1,18})/")


class CardForm(forms.Form):
    """A card by its code, as the form prints it, or by the address of one of its pages."""

    phieu = forms.CharField(
        label=_("Code or link of the card"),
        help_text=_("For example P12-3456, as the form shows it."),
        max_length=300,
        error_messages={"required": _("Write the code of the card, or paste its link.")},
    )

    def clean_phieu(self) -> int:
        """The key of the card, which may be nobody's."""
        text = self.cleaned_data["phieu"].strip()
        found = CODE.fullmatch(text) or LINK.search(text)
        if found is None:
            raise ValidationError(_("This is no code and no link of a card. Write it as the form shows it."))
        return int(found[1])


class AnchorForm(forms.Form):
    """The file of one anchor, as it was written into the folder."""

    neo = forms.FileField(
        label=_("File of an anchor"),
        help_text=_("kpi-anchor-….json, at most 20 MB: everything is compared with it alone."),
        widget=forms.FileInput(attrs={"accept": ".json"}),
        allow_empty_file=True,  # refused with a sentence that says what to do
        error_messages={"required": _("Choose the file of an anchor.")},
    )

    def clean_neo(self) -> Any:
        file = self.cleaned_data["neo"]
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            raise ValidationError(
                _("The file is larger than 20 MB. Let the operator verify it by the command.")
            )
        return file
