"""Forms of the issuer's awards pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.achievements import saying
from plaudit_site.achievements.models import Achievement
from plaudit_site.achievements.saying import fault_of_result
from plaudit_site.awards.awarding import NotThen, check_moment
from plaudit_site.ids import new_id
from plaudit_site.issuers import registering
from plaudit_site.issuers.models import Issuer, Person
from plaudit_site.mail import own_wording
from plaudit_site.showing.words import visible


class BadgeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Achievement) -> str:
        return obj.current.title if obj.current else obj.public_id


class SendAt(forms.DateTimeField):
    """A day and time at which it is awarded and mailed; empty: now."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Send on"),
            required=False,
            help_text=_("Date and time in UTC. Empty: at once."),
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )

    def clean(self, value: Any) -> Any:
        at = super().clean(value)
        if at is not None:
            try:
                check_moment(at)
            except NotThen as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return at


def checked_address(text: str) -> str:
    try:
        return address_form(text)
    except AddressRefused as error:
        raise forms.ValidationError(str(error)) from error


def checked_name(text: str) -> str:
    name = visible(text)
    if not any(c.isalpha() for c in name):
        raise forms.ValidationError(_now("A name needs letters that people can see."))
    return name


class AwardForm(forms.Form):
    """One person, four fields (J45); three `more` for those who ask for them."""

    badge = BadgeChoice(
        label=_("Badge"),
        queryset=Achievement.objects.none(),
        to_field_name="public_id",
        empty_label=_("Choose a badge"),
    )
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("As it should stand on the certificate.")
    )
    address = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label=_("A line from you"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Stands in the mail and on the page where the badge is accepted."),
    )
    result = forms.CharField(
        label=_("Result"),
        max_length=100,
        required=False,
        help_text=_("What was reached, like “87 %” or “with distinction”. It is signed and shown."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=saying.languages,
        initial="en",
        required=False,
        help_text=_("Of the mail and of the badge’s texts, where they are written in it."),
    )
    send_at = SendAt()
    # Made with the page: the same page sent twice awards once.
    press = forms.CharField(max_length=26, widget=forms.HiddenInput)

    def __init__(self, issuer: Issuer, *args: Any, more: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not more:
            del self.fields["result"], self.fields["language"], self.fields["send_at"]
        self.issuer = issuer
        self.person: Person | None = None
        if issuer.register.exists():
            self.fields["name"].required = False
            self.fields["address"].label = _("E-mail address, or id")
            self.fields["address"].help_text = _("The id of somebody in your register stands for both.")
        badges = issuer.achievements.filter(state=Achievement.State.PUBLISHED).select_related("current")
        self.fields["badge"].queryset = badges.order_by("current__title")  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial["press"] = new_id()

    def clean_address(self) -> str:
        """The address; an id of the register stands for the one that is there."""
        text = self.cleaned_data["address"]
        if "@" not in text and self.issuer.register.exists():
            self.person = registering.known(self.issuer, [text]).get(registering.key_of(text))
            if self.person is None:
                raise forms.ValidationError(
                    _now("This is no address, and nobody in your register has this id.")
                )
            return str(self.person.address)
        return checked_address(text)

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"]) if self.cleaned_data["name"] else ""

    def clean(self) -> dict[str, Any]:
        badge, result = self.cleaned_data.get("badge"), self.cleaned_data.get("result")
        if badge and badge.current and result and (fault := fault_of_result(badge.current.results, result)):
            self.add_error("result", _now("“%(result)s” %(fault)s") % {"result": result, "fault": fault})
        if not self.cleaned_data.get("name") and "name" not in self.errors:
            if self.person is not None:
                self.cleaned_data["name"] = self.person.name
            elif "address" not in self.errors:
                self.add_error("name", _now("Type the name as it should stand on the certificate."))
        return self.cleaned_data

    def clean_result(self) -> str:
        return visible(self.cleaned_data["result"])


class CorrectForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    address = forms.CharField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput)

    def clean_address(self) -> str:
        return checked_address(self.cleaned_data["address"])

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])


class WordsForm(forms.Form):
    """The issuer's own words of a mail in one language; checked where they are used, too."""

    subject = forms.CharField(label=_("Subject"), max_length=own_wording.LONGEST_SUBJECT, required=False)
    text = forms.CharField(
        label=_("Text"),
        max_length=own_wording.LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 9}),
    )

    def __init__(self, language: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"lang": language, "dir": "auto"} if language else {"dir": "auto"}

    def clean_subject(self) -> str:
        return self._checked("subject", subject=True)

    def clean_text(self) -> str:
        return self._checked("text", subject=False)

    def _checked(self, name: str, *, subject: bool) -> str:
        try:
            return own_wording.checked(self.cleaned_data[name], subject=subject)
        except own_wording.WordsRefused as error:
            raise forms.ValidationError(str(error)) from error


class NoticesForm(forms.Form):
    are_sent = forms.BooleanField(label=_("Send these mails"), required=False)


class SuspendForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason to suspend"),
        max_length=300,
        help_text=_("It is public: it stands on the certificate page, and the earner is told."),
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It is public: it stands on the certificate page, and the earner is told."),
    )
