"""Forms of awarding by spreadsheet."""

from __future__ import annotations

from io import BytesIO
from typing import Any, BinaryIO, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plaudit_site.achievements.models import Achievement
from plaudit_site.awards.console_forms import BadgeChoice, SendAt
from plaudit_site.issuers.models import Issuer
from plaudit_site.showing.words import day_text

MOST_PASTED = 2 * 1024 * 1024
"""Bytes. A form's text is held in memory, a file is not."""


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet"), help_text=_("CSV or XLSX, with headings in the first row."), required=False
    )
    pasted = forms.CharField(
        label=_("Or paste the rows here"),
        help_text=_("As copied from a spreadsheet, headings first; or lines with commas."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "wrap": "off", "dir": "auto"}),
        required=False,
        strip=False,
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
        for name in ("file", "pasted"):
            self.fields[name].or_another = True  # type: ignore[attr-defined] # one of them is not optional
        badges = issuer.achievements.filter(state=Achievement.State.PUBLISHED).select_related("current")
        self.fields["badge"].queryset = badges.order_by("current__title")  # type: ignore[attr-defined]
        if len(found := list(badges[:2])) == 1 and not self.is_bound:
            self.initial["badge"] = found[0].public_id

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file, pasted = given.get("file"), given.get("pasted", "")
        if self.errors:
            return given
        if file and pasted.strip():
            self.add_error("pasted", _("There is a file and pasted text too: take one of them."))
        elif not file and not pasted.strip():
            self.add_error("file", _("Choose a file, or paste the rows below."))
        elif not file and len(pasted.encode()) > MOST_PASTED:
            self.add_error("pasted", _("This is too much to paste: save it as a file, and choose that."))
        return given

    @property
    def list_field(self) -> str:
        """Where the list came in, and what is wrong with it is said."""
        return "file" if self.cleaned_data["file"] else "pasted"

    def as_file(self) -> tuple[BinaryIO, str]:
        """The list and what it is called, whichever way it came."""
        upload = self.cleaned_data["file"]
        if upload:
            return cast(BinaryIO, upload.file), upload.name or ""
        now = timezone.now()
        name = gettext("Pasted on %(day)s, %(time)s UTC") % {"day": day_text(now), "time": f"{now:%H:%M:%S}"}
        return BytesIO(self.cleaned_data["pasted"].encode()), name


class StartForm(forms.Form):
    send_at = SendAt()


class CorrectedForm(forms.Form):
    file = forms.FileField(
        label=_("The table with your corrections"),
        help_text=_(
            "CSV or XLSX, with the column “Award” as it was. Columns beside name and address are not read."
        ),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It is public: it stands on each certificate page, and those who accepted are told."),
    )
