"""“Start from a template”: which one, and the code and title of the set that is made. The domain says what is wrong."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.errors import Sentence


class ToldForm(forms.Form):
    """Nothing is required here: the domain's sentence for what is missing stands at the field."""

    def mark(self, problems: Mapping[str, Sequence[Sentence]]) -> None:
        """Each sentence at its field."""
        for name, sentences in problems.items():
            for sentence in sentences:
                self.add_error(name, str(sentence))


class StartForm(ToldForm):
    template = forms.CharField(label=_("Template"), required=False)
    code = forms.CharField(
        label=_("Code"),
        required=False,
        help_text=_("Unique, for example ND335-NV. It does not change once a version is issued."),
    )
    title = forms.CharField(label=_("Title"), required=False)
