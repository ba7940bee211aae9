"""Forms of the issuer's awards pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.achievements.models import Achievement
from plaudit_site.ids import new_id
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import own_wording
from plaudit_site.showing.words import visible


class BadgeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Achievement) -> str:
        return obj.current.title if obj.current else obj.public_id


class AwardForm(forms.Form):
    """One person, four fields (J45)."""

    badge = BadgeChoice(label=_("Badge"), queryset=Achievement.objects.none(), to_field_name="public_id")
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("As it should stand on the certificate.")
    )
    address = forms.CharField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    note = forms.CharField(
        label=_("A line from you"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands in the mail and on the page where the badge is accepted."),
    )
    # Made with the page: the same page sent twice awards once.
    press = forms.CharField(max_length=26, widget=forms.HiddenInput)

    def __init__(self, issuer: Issuer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        badges = issuer.achievements.filter(state=Achievement.State.PUBLISHED).select_related("current")
        self.fields["badge"].queryset = badges.order_by("current__title")  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial["press"] = new_id()

    def clean_address(self) -> str:
        try:
            return address_form(self.cleaned_data["address"])
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from error

    def clean_name(self) -> str:
        name = visible(self.cleaned_data["name"])
        if not any(c.isalpha() for c in name):
            raise forms.ValidationError(_now("A name needs letters that people can see."))
        return name


class CorrectForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    address = forms.CharField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput)

    clean_address = AwardForm.clean_address
    clean_name = AwardForm.clean_name


class WordsForm(forms.Form):
    """The issuer's own words of an invitation; checked where they are used, too."""

    subject = forms.CharField(label=_("Subject"), max_length=own_wording.LONGEST_SUBJECT, required=False)
    text = forms.CharField(
        label=_("Text"),
        max_length=own_wording.LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 9}),
    )

    def clean_subject(self) -> str:
        return self._checked("subject", subject=True)

    def clean_text(self) -> str:
        return self._checked("text", subject=False)

    def _checked(self, name: str, *, subject: bool) -> str:
        try:
            return own_wording.checked(self.cleaned_data[name], subject=subject)
        except own_wording.WordsRefused as error:
            raise forms.ValidationError(str(error)) from error


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It is public: it stands on the certificate page, and the earner is told."),
    )
