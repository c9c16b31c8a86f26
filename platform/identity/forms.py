"""allauth's forms in our words, and signing up as a person: patients, and staff who were invited."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from identity import attempts
from kernel.limits import TooMany

GOOD_PASSWORD = _("12 characters or more. A few words that only you put together are best.")

LABELS = {
    "login": _("E-mail"),
    "email": _("E-mail"),
    "oldpassword": _("Password now"),
    "code": _("Code"),
}


class OurWords(forms.Form):
    """Labels and help as on all other forms; no placeholder that repeats the label."""

    labels = LABELS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if field.widget.attrs.get("autocomplete") == "new-password":
                field.help_text = GOOD_PASSWORD if name == "password1" else ""


class PersonalSignupForm(OurWords, account.SignupForm):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ["name", "email", "password1"]

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class ElsewhereSignupForm(OurWords, SocialSignupForm):
    """For who comes from a provider that does not say their address, or says one that cannot be used."""

    name = PersonalSignupForm.declared_fields["name"]
    field_order = ["name", "email"]

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class SignInForm(OurWords, account.LoginForm):
    pass


class AddressForm(OurWords, account.AddEmailForm):
    pass


class LostPasswordForm(OurWords, account.ResetPasswordForm):
    pass


class NewPasswordForm(OurWords, account.ResetPasswordKeyForm):
    labels = LABELS | {"password1": _("New password"), "password2": _("New password, once more")}


class ChangePasswordForm(OurWords, account.ChangePasswordForm):
    labels = NewPasswordForm.labels


class PasswordAgainForm(OurWords, account.ReauthenticateForm):
    pass


class FewTries(forms.Form):
    """A code is six digits: whoever may try for long enough finds it."""

    user: Any

    def clean_code(self) -> str:
        try:
            attempts.begin_code(self.user)
        except TooMany as error:
            raise attempts.form_error(error) from error
        code: str = super().clean_code()  # type: ignore[misc]
        attempts.note_code_was_right(self.user)
        return code


class CodeForm(FewTries, OurWords, mfa.AuthenticateForm):
    pass


class ReauthenticateByCodeForm(FewTries, OurWords, mfa.ReauthenticateForm):
    pass


class AddPasskeyForm(OurWords, webauthn.AddWebAuthnForm):
    labels = LABELS | {"name": _("Its name")}


class RenamePasskeyForm(OurWords, webauthn.EditWebAuthnForm):
    labels = AddPasskeyForm.labels


class TurnOnCodesForm(OurWords, ActivateTOTPForm):
    labels = LABELS | {"code": _("The six digits")}
