"""The form of a badge: what it says, and its picture."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plaudit_site.achievements import designing, saying
from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.achievements.publishing import Content
from plaudit_site.showing.words import visible

MOST_UPLOAD = 2 * 1024 * 1024
MOST_SKILLS = 20
MOST_ALIGNMENTS = 20
MOST_VALUES = 30
ALIGNMENT = ("targetName", "targetUrl", "targetFramework", "targetCode")
"""The parts of a line, in the order written; PostgreSQL keeps the names of an object in an order of its own."""
_RANGE = re.compile(r"(-?\d{1,6}(?:\.\d{1,3})?)\s*(?:to|[–—-]|\.\.)\s*(-?\d{1,6}(?:\.\d{1,3})?)")
_web_address = URLValidator(schemes=["http", "https"])


def _languages() -> list[tuple[str, Any]]:
    """Asked for when the form is shown: fifty languages are read from as many files."""
    return [("", _("not said")), *saying.languages()]


class BadgeForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=80)
    description = forms.CharField(
        label=_("What it stands for"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    criteria = forms.CharField(
        label=_("What must be done to earn it"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("A line that begins with a hyphen becomes an item of a list."),
    )
    criteria_url = forms.URLField(
        label=_("Address of the full requirements"), max_length=500, required=False, assume_scheme="https"
    )
    skills = forms.CharField(
        label=_("Skills"), max_length=600, required=False, help_text=_("Separated by commas.")
    )
    language = forms.ChoiceField(label=_("Language of these texts"), choices=_languages, required=False)
    alignments = forms.CharField(
        label=_("Frameworks it maps to"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: name | address | framework | code. The last two may be left out."),
    )
    result_kind = forms.ChoiceField(
        label=_("Results"),
        choices=[
            ("", _("Any words, or none")),
            ("words", _("One of these words")),
            ("number", _("A number in this range")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    result_values = forms.CharField(
        label=_("The words, or the range"),
        max_length=500,
        required=False,
        help_text=_("Words separated by commas, like “passed, with distinction”; a range like “0 to 100”."),
    )
    valid_months = forms.IntegerField(
        label=_("Valid for (months)"),
        min_value=1,
        max_value=1200,
        required=False,
        help_text=_("Empty: for ever."),
    )
    repeat = forms.ChoiceField(
        label=_("How often"),
        choices=Achievement.Repeat.choices,
        initial=Achievement.Repeat.ONCE,
        widget=forms.RadioSelect,
    )
    claim_needs_code = forms.BooleanField(
        label=_("Ask for a mailed code when it is claimed (for badges that matter a lot)"), required=False
    )
    names_in_clear = forms.BooleanField(
        label=_("Write the holder’s name readably into the file (for diplomas); the holder is told before"),
        required=False,
    )
    link_label = forms.CharField(
        label=_("“The work required”: text of a link"),
        max_length=80,
        required=False,
        help_text=_(
            "To be published a badge needs this link, the address above, or one of your issuer’s links."
        ),
    )
    link_url = forms.URLField(label=_("Its address"), max_length=500, required=False, assume_scheme="https")
    picture = forms.ChoiceField(
        label=_("Picture"),
        choices=[("design", _("Design it here")), ("upload", _("Upload a picture"))],
        initial="design",
        widget=forms.RadioSelect,
    )
    shape = forms.ChoiceField(label=_("Shape"), choices=list(designing.SHAPES.items()), initial="hexagon")
    palette = forms.ChoiceField(
        label=_("Colours"),
        choices=[(key, value.name) for key, value in designing.PALETTES.items()],
        initial="ink",
    )
    symbol = forms.ChoiceField(label=_("Symbol"), choices=list(designing.SYMBOLS.items()), initial="award")
    upload = forms.FileField(
        label=_("Your picture (PNG up to 2 MB, or SVG up to 512 kB)"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/svg+xml,.svg"}),
    )
    title_in_picture = forms.ChoiceField(
        label=_("The title in your picture"),
        choices=[("in", _("The title is in the picture")), ("draw", _("Draw it for me"))],
        initial="in",
        widget=forms.RadioSelect,
    )
    picture_alt = forms.CharField(
        label=_("What the picture shows, for people who do not see it"), max_length=250, required=False
    )

    def __init__(self, *args: Any, has_picture: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_picture = has_picture

    def clean_title(self) -> str:
        title = visible(self.cleaned_data["title"])
        if not any(c.isalnum() for c in title):
            raise forms.ValidationError(_now("A title needs letters that people can see."))
        return title

    def clean_link_label(self) -> str:
        return visible(self.cleaned_data["link_label"])

    def clean_skills(self) -> tuple[str, ...]:
        skills = [visible(part) for part in self.cleaned_data["skills"].split(",")]
        return tuple(skill[:60] for skill in dict.fromkeys(skills) if skill)[:MOST_SKILLS]

    def clean_alignments(self) -> tuple[dict[str, str], ...]:
        found = []
        for number, line in enumerate(self.cleaned_data["alignments"].splitlines(), start=1):
            parts = [visible(part) for part in line.split("|")]
            if not any(parts):
                continue
            alignment = {name: part[:500] for name, part in zip(ALIGNMENT, parts, strict=False) if part}
            try:
                _web_address(alignment.get("targetUrl", ""))
            except forms.ValidationError:
                alignment = {}
            if "targetName" not in alignment or len(parts) > len(ALIGNMENT):
                words = _now(
                    "Line %(number)s needs a name and a web address, like: Soldering | https://example.org/x"
                )
                raise forms.ValidationError(words % {"number": number})
            found.append(alignment)
        return tuple(found[:MOST_ALIGNMENTS])

    def _results(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What an award's result may be. Adds the error where it cannot be understood."""
        kind, text = cleaned.get("result_kind", ""), cleaned.get("result_values", "")
        if kind == "words":
            values = [word for part in text.split(",") if (word := visible(part)[:100])]
            if values:
                return {"kind": kind, "values": list(dict.fromkeys(values))[:MOST_VALUES]}
            self.add_error("result_values", _now("Name the words, separated by commas."))
        if kind == "number":
            found = _RANGE.fullmatch(text.strip())
            if found and float(found[1]) < float(found[2]):
                return {"kind": kind, "low": float(found[1]), "high": float(found[2])}
            self.add_error("result_values", _now("Write the range like “0 to 100”."))
        return {}

    def clean_upload(self) -> bytes | None:
        file = self.cleaned_data.get("upload")
        if not file:
            return None
        if file.size > MOST_UPLOAD:
            raise forms.ValidationError(_now("The file is larger than 2 MB."))
        return bytes(file.read())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        uploads = cleaned.get("picture") == "upload"
        if uploads and not cleaned.get("upload") and not self.has_picture and "upload" not in self.errors:
            self.add_error("upload", _now("Choose a picture, or design one here."))
        if bool(cleaned.get("link_label")) != bool(cleaned.get("link_url")):
            missing = "link_label" if cleaned.get("link_url") else "link_url"
            if missing not in self.errors:
                self.add_error(missing, _now("A link needs a text and an address."))
        cleaned["results"] = self._results(cleaned)
        return cleaned

    def design(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("shape", "palette", "symbol")}

    def content(self) -> Content:
        """What was filled in, for the job."""
        data = self.cleaned_data
        uploads = data["picture"] == "upload"
        links = ((data["link_label"], data["link_url"]),) if data["link_label"] else ()
        return Content(
            title=data["title"],
            description=data["description"],
            criteria=data["criteria"],
            criteria_url=data["criteria_url"],
            skills=data["skills"],
            language=data["language"],
            alignments=data["alignments"],
            results=data["results"],
            valid_months=data["valid_months"],
            names_in_clear=data["names_in_clear"],
            repeat=data["repeat"],
            claim_needs_code=data["claim_needs_code"],
            design=None if uploads else self.design(),
            upload=data["upload"] if uploads else None,
            draw_title=uploads and data["title_in_picture"] == "draw",
            picture_alt=data["picture_alt"],
            links=links,
        )


def _as_line(alignment: dict[str, str]) -> str:
    return " | ".join(alignment.get(name, "") for name in ALIGNMENT).rstrip(" |")


def _as_written(results: dict[str, Any]) -> str:
    if results.get("kind") == "number":
        return f"{results['low']:g} to {results['high']:g}"
    return ", ".join(results.get("values", []))


class TranslationForm(forms.Form):
    """The texts of a badge in one more language."""

    title = BadgeForm.base_fields["title"]
    description = BadgeForm.base_fields["description"]
    criteria = BadgeForm.base_fields["criteria"]

    clean_title = BadgeForm.clean_title


def initial(achievement: Achievement, version: Version) -> dict[str, Any]:
    """The form as it was last saved."""
    link = achievement.links.first()
    design = version.design or {}
    return {
        "title": version.title,
        "description": version.description,
        "criteria": version.criteria,
        "criteria_url": version.criteria_url,
        "skills": ", ".join(version.skills),
        "language": version.language,
        "alignments": "\n".join(_as_line(one) for one in version.alignments),
        "result_kind": version.results.get("kind", ""),
        "result_values": _as_written(version.results),
        "valid_months": version.valid_months,
        "repeat": achievement.repeat,
        "claim_needs_code": achievement.claim_needs_code,
        "names_in_clear": version.names_in_clear,
        "link_label": link.label if link else "",
        "link_url": link.url if link else "",
        "picture": "design" if design else "upload",
        "picture_alt": version.picture_alt,
        **{name: design[name] for name in ("shape", "palette", "symbol") if name in design},
    }
