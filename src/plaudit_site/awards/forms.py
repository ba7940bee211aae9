"""Forms of the earner's pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from plaudit_site.awards.models import Visibility


class AcceptForm(forms.Form):
    """The press: which of the two buttons, and whether Trust Issuer is ticked. Never ticked beforehand."""

    trust_issuer = forms.BooleanField(label=_("Trust Issuer"), required=False)
    visibility = forms.ChoiceField(
        choices=[(Visibility.LINK, _("Save and Share")), (Visibility.ONLY_ME, _("Save for me only"))],
        initial=Visibility.LINK,
        widget=forms.HiddenInput,
    )


class VisibilityForm(forms.Form):
    visibility = forms.ChoiceField(
        label=_("Who can see it"), choices=Visibility.choices, widget=forms.RadioSelect
    )


class ReportForm(forms.Form):
    text = forms.CharField(
        label=_("What is wrong?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The people who run this site read it. The issuer does not see who wrote it."),
    )
