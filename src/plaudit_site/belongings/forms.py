"""Forms check shape; the jobs check meaning."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plaudit_site.awards.models import Visibility
from plaudit_site.belongings import profiles
from plaudit_site.showing.words import visible

_LINK = re.compile(r"https://[^\s<>\"@\\]{4,300}")


class ProfileForm(forms.Form):
    is_on = forms.BooleanField(
        label=gettext_lazy("Show my profile"),
        required=False,
        help_text=gettext_lazy("Off: its address answers as if there were nothing."),
    )
    name = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=31,
        required=False,
        help_text=gettext_lazy(
            "3 to 30 letters, digits, - or _. It stays yours: an earlier one leads to the new one."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false", "autocomplete": "off"}),
    )
    shown_name = forms.CharField(
        label=gettext_lazy("Your name, as others see it there"), max_length=200, required=False
    )
    line = forms.CharField(
        label=gettext_lazy("A line about you"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("For example what you do, and where."),
    )
    links = forms.CharField(
        label=gettext_lazy("Links, one in each line"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("Addresses that begin with https://, five at most."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "dir": "ltr"}),
    )
    may_be_found = forms.BooleanField(
        label=gettext_lazy("Search engines may list it"),
        required=False,
        help_text=gettext_lazy("With it also the certificates of the badges that are public there."),
    )

    def clean_shown_name(self) -> str:
        return " ".join(visible(self.cleaned_data["shown_name"]).split())

    def clean_line(self) -> str:
        return " ".join(visible(self.cleaned_data["line"]).split())

    def clean_links(self) -> list[str]:
        found = [line.strip() for line in self.cleaned_data["links"].splitlines() if line.strip()]
        for address in found:
            if not _LINK.fullmatch(address):
                raise forms.ValidationError(
                    _("“%(address)s” is no address that begins with https://") % {"address": address[:60]}
                )
        if len(found) > profiles.MOST_LINKS:
            raise forms.ValidationError(_("Five links at most."))
        return list(dict.fromkeys(found))


class CollectionForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the collection"), max_length=80)


class CollectionPageForm(CollectionForm):
    text = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    visibility = forms.ChoiceField(
        label=gettext_lazy("Who can see it"), choices=Visibility.choices, widget=forms.RadioSelect
    )

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).strip()
