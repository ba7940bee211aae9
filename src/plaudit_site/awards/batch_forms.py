"""Forms of awarding by spreadsheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plaudit_site.achievements.models import Achievement
from plaudit_site.awards.console_forms import BadgeChoice, SendAt
from plaudit_site.issuers.models import Issuer


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet"), help_text=_("CSV or XLSX, with headings in the first row.")
    )
    badge = BadgeChoice(
        label=_("Badge"),
        queryset=Achievement.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("The one that each row names"),
        help_text=_("For the rows that name none in a column “Badge”."),
    )

    def __init__(self, issuer: Issuer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        badges = issuer.achievements.filter(state=Achievement.State.PUBLISHED).select_related("current")
        self.fields["badge"].queryset = badges.order_by("current__title")  # type: ignore[attr-defined]
        if len(found := list(badges[:2])) == 1 and not self.is_bound:
            self.initial["badge"] = found[0].public_id


class StartForm(forms.Form):
    send_at = SendAt()


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It is public: it stands on each certificate page, and those who accepted are told."),
    )
