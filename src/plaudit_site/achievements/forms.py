"""The form of a badge: what it says, and its picture."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from plaudit_site.achievements import designing
from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.achievements.publishing import Content
from plaudit_site.showing.words import visible

MOST_UPLOAD = 2 * 1024 * 1024
MOST_SKILLS = 20


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
        label=_("“The work required”: text of a link"), max_length=80, required=False
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
        label=_("Your picture (PNG, at most 2 MB)"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/png"}),
    )
    title_in_picture = forms.ChoiceField(
        label=_("The title"),
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
