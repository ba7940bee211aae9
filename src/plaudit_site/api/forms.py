"""The forms by which tokens and webhooks are made."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plaudit_site.api.hooks.events import KINDS
from plaudit_site.api.models import Scope, Webhook
from plaudit_site.api.tokens import DAYS, DEFAULT_DAYS
from plaudit_site.ids import new_id
from plaudit_site.showing.words import visible


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("The program that will use it, such as “Course system”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ, Scope.AWARD],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Never more than you may do yourself at that moment."),
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[
            *((days, _("%(days)s days") % {"days": days}) for days in DAYS),
            (0, _("Until it is revoked")),
        ],
        initial=DEFAULT_DAYS,
    )
    # Made with the page: the same page sent twice makes one token.
    press = forms.CharField(max_length=26, widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not self.is_bound:
            self.initial["press"] = new_id()

    def clean_name(self) -> str:
        name = visible(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_now("A name needs letters that people can see."))
        return name


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("A public https address of your own, such as https://example.org/hooks."),
        widget=forms.URLInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        choices=[(kind.name, kind.name) for kind in KINDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everything, also what is added later."),
    )
    # Made with the page: the same page sent twice makes one webhook.
    press = forms.CharField(max_length=26, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, webhook: Webhook | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        words = [(kind.name, f"{kind.name}: {kind.words}") for kind in KINDS]
        self.fields["events"].choices = words  # type: ignore[attr-defined]
        if webhook is not None:
            self.initial.update(url=webhook.url, events=webhook.kinds)
        elif not self.is_bound:
            self.initial["press"] = new_id()
