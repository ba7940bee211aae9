"""Forms of the issuer's console."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.issuers import own_hosts
from plaudit_site.issuers.domain_names import DomainRefused, domain_form
from plaudit_site.issuers.founding import look_alike, skeleton
from plaudit_site.issuers.logos import MOST_BYTES, LogoRefused, reencode
from plaudit_site.issuers.models import Domain, Group, Issuer, IssuerLink, Role
from plaudit_site.showing.words import visible


class IssuerForm(forms.ModelForm):  # type: ignore[type-arg]
    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG or JPEG, best square, at most 2 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )

    class Meta:
        model = Issuer
        fields = ("name", "short_name", "url", "email", "description", "linkedin_id")
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "short_name": _("Stands small on designed badges, such as “APLEAD”."),
            "url": _("Your organisation’s own web site, beginning with https://"),
            "email": _("Answers to invitations go there. Files for older systems name it, too."),
            "linkedin_id": _(
                "The number in the address of your LinkedIn page’s admin view: linkedin.com/company/12345/admin. "
                "With it, your logo stands beside the badge on LinkedIn."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].assume_scheme = "https"  # type: ignore[attr-defined]
        self.logo: bytes | None = None

    def clean_name(self) -> str:
        name = visible(self.cleaned_data["name"])
        if not skeleton(name):
            raise forms.ValidationError(_now("A name needs letters that people can see."))
        return name

    def clean_short_name(self) -> str:
        return visible(self.cleaned_data["short_name"])

    def clean_linkedin_id(self) -> str:
        value = self.cleaned_data["linkedin_id"].strip()
        if value and not re.fullmatch(r"[0-9]{1,20}", value):
            raise forms.ValidationError(_now("It is a number, like 12345."))
        return str(value)

    def clean_logo_file(self) -> None:
        file = self.cleaned_data.get("logo_file")
        if file:
            if file.size > MOST_BYTES:
                raise forms.ValidationError(_now("The file is larger than 2 MB."))
            try:
                self.logo = reencode(file.read())
            except LogoRefused as error:
                raise forms.ValidationError(str(error)) from error

    @property
    def looks_like(self) -> str:
        return look_alike(self.cleaned_data["name"], apart_from=self.instance if self.instance.pk else None)


class LinkForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = IssuerLink
        fields = ("group", "label", "url")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].assume_scheme = "https"  # type: ignore[attr-defined]
        self.fields["group"].label = _("Group")
        self.fields["group"].choices = Group.choices  # type: ignore[attr-defined]

    def clean_label(self) -> str:
        label = visible(self.cleaned_data["label"])
        if not label:
            raise forms.ValidationError(_now("A link needs a text that people can see."))
        return label


class DomainForm(forms.Form):
    name = forms.CharField(
        label=_("Web address"),
        max_length=300,
        help_text=_("The name alone, like example.org."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}),
    )

    def clean_name(self) -> str:
        try:
            return domain_form(self.cleaned_data["name"])
        except DomainRefused as error:
            raise forms.ValidationError(str(error)) from error


class HostForm(forms.Form):
    host = forms.CharField(
        label=_("Name of your badge site"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "dir": "ltr"}),
    )

    def __init__(self, *args: Any, domain: Domain, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.domain = domain
        self.fields["host"].help_text = _now("%(name)s, or a name below it like badges.%(name)s.") % {
            "name": domain.name
        }

    def clean_host(self) -> str:
        try:
            return own_hosts.host_form(self.cleaned_data["host"], self.domain)
        except DomainRefused as error:
            raise forms.ValidationError(str(error)) from error


class InviteForm(forms.Form):
    address = forms.CharField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.AWARDER)

    def clean_address(self) -> str:
        try:
            return address_form(self.cleaned_data["address"])
        except AddressRefused as error:
            raise forms.ValidationError(str(error)) from error


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
