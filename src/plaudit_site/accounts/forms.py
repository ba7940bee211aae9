"""Forms check shape; the jobs check meaning."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from allauth.account.utils import url_str_to_user_pk, user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import LoginWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_decode, websafe_encode

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.accounts.models import FormerAccount
from plaudit_site.showing.words import visible


class SignInForm(LoginForm):  # type: ignore[misc]
    """One field is enough: without a password a code is mailed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs.pop("placeholder", None)
        self.fields["password"].required = False
        self.fields["password"].label = _("Password, if you have set one")
        self.fields["password"].help_text = _("Leave it empty and we mail you a code.")
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields.pop("remember", None)

    def clean_login(self) -> str:
        try:
            return address_form(self.cleaned_data["login"])
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from error


class SignUpForm(SignupForm):  # type: ignore[misc]
    """The address alone; a passkey or password is offered afterwards."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password1", None)
        self.fields.pop("password2", None)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs.pop("placeholder", None)


class PasskeyForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey names the account that it was made for; since a merge that may be another one."""

    def clean_credential(self) -> Authenticator:
        given = self.cleaned_data["credential"]
        answer = given.get("response") if isinstance(given, dict) else None
        if isinstance(answer, dict):
            answer["userHandle"] = _handle_of_now(answer.get("userHandle"))
        return super().clean_credential()


def _handle_of_now(handle: Any) -> Any:
    """Only a name: whether the key fits is checked against the keys of the account it leads to."""
    try:
        former = FormerAccount.objects.filter(former_pk=url_str_to_user_pk(websafe_decode(handle).decode()))
    except (ValueError, TypeError, AttributeError):
        return handle
    found = former.select_related("user").first()
    return websafe_encode(user_pk_to_url_str(found.user).encode()) if found else handle


class AddressForm(forms.Form):
    address = forms.CharField(
        label=_("Another e-mail address of yours"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_address(self) -> str:
        try:
            return address_form(self.cleaned_data["address"])
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from error


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("The six digits from the mail"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def clean_name(self) -> str:
        return visible(self.cleaned_data["name"])
