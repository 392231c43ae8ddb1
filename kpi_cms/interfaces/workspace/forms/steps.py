"""What a step of a card asks for: the save number that was on the screen, and sometimes a reason."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import text_area


class StepForm(forms.Form):
    """A step that is only agreed to."""

    expected = forms.IntegerField(widget=forms.HiddenInput)


class SeenForm(StepForm):
    """A step that decides: the digest of what was on the screen goes with it. The domain refuses it without one."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class DecideForm(SeenForm):
    """A step that decides a result: the points that were on the screen as well."""

    shown = forms.CharField(required=False, empty_value=None, widget=forms.HiddenInput)


def _comment() -> forms.CharField:
    return forms.CharField(
        label=_("Comment"),
        help_text=_("Optional. Whoever reads the evaluation reads it too."),
        required=False,
        max_length=4000,
        widget=text_area(4),
    )


class EndorseForm(DecideForm):
    """An endorsement may be commented on."""

    comment = _comment()


class EndorseAnewForm(SeenForm):
    """So may that of a new decision; its points are those that the reopening keeps."""

    comment = _comment()


class ReasonForm(StepForm):
    """A step with a reason that the other person reads."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The other person reads it."),
        max_length=4000,
        widget=text_area(4),
        error_messages={"required": _("Give a reason.")},
    )
