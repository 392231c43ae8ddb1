"""Forms of the sign-in pages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """One sentence for every failure: it never tells whether the account exists."""

    error_messages = {
        "invalid_login": _(
            "The account name or the password is not right. Five wrong attempts lock the account."
        ),
        "inactive": _("The account name or the password is not right. Five wrong attempts lock the account."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Account name")
        self.fields["password"].label = _("Password")


class ChangePasswordForm(forms.Form):
    current = forms.CharField(
        label=_("Present password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label=_("New password"),
        help_text=_("At least 14 characters. A sentence you can remember is good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("New password, once more"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("new") != cleaned.get("repeated"):
            self.add_error("repeated", _("The two new passwords differ. Type the new password again."))
        return cleaned
