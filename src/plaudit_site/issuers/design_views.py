"""The console's page on how certificates look."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from plaudit_site.issuers import designing_certificates as designs
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.logos import MOST_BYTES, LogoRefused, reencode
from plaudit_site.issuers.models import CertificateDesign, Issuer
from plaudit_site.issuers.views import console, me
from plaudit_site.showing.words import day_text


class DesignForm(forms.ModelForm):  # type: ignore[type-arg]
    signature_file = forms.FileField(
        label=_("A picture of the signature"),
        required=False,
        help_text=_("PNG or JPEG, at most 2 MB; best dark on a transparent ground."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    without_signature = forms.BooleanField(label=_("Without a picture of a signature"), required=False)

    class Meta:
        model = CertificateDesign
        fields = ("layout", "colour", "wording", "signatory", "signatory_role")
        widgets = {"layout": forms.RadioSelect, "colour": forms.TextInput(attrs={"type": "color"})}
        help_texts = {
            "colour": _("Dark enough to be read on white."),
            "wording": _(
                "It stands below the issuer. These are filled in: {{ name }}, {{ badge }}, {{ issuer }}, {{ date }}."
            ),
            "signatory": _("A name and a picture are an ornament: what counts is the digital signature."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A browser fills no file in again: what was chosen goes with the form, cleaned, until it is saved.
        self.chosen = self._kept(self.data.get("chosen_signature", ""))
        if not (self.instance.signature or self.chosen or self.files):
            del self.fields["without_signature"]

    @staticmethod
    def _kept(text: str) -> bytes | None:
        """A picture that came back with the form is as much a stranger's as one that was never seen."""
        try:
            return reencode(base64.b64decode(text, validate=True)) if text else None
        except (binascii.Error, LogoRefused, ValueError):
            return None

    def clean_colour(self) -> str:
        return self._checked(designs.checked_colour, "colour")

    def clean_wording(self) -> str:
        return self._checked(designs.checked_wording, "wording")

    def _checked(self, check: Any, name: str) -> str:
        try:
            return str(check(self.cleaned_data[name]))
        except designs.DesignRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_signature_file(self) -> bytes | None:
        file = self.cleaned_data.get("signature_file")
        if not file:
            return None
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_now("The file is larger than 2 MB."))
        try:
            self.chosen = reencode(file.read())
        except LogoRefused as error:
            raise forms.ValidationError(str(error)) from error
        return self.chosen

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("without_signature"):
            self.chosen = None
        return given

    @property
    def chosen_text(self) -> str:
        return base64.b64encode(self.chosen).decode() if self.chosen else ""

    def design(self) -> CertificateDesign:
        made: CertificateDesign = self.save(commit=False)
        if self.cleaned_data.get("without_signature"):
            made.signature = None
        elif self.chosen:
            made.signature = self.chosen
        return made


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The form beside a sheet as it would look; “Show it” saves nothing."""
    form = DesignForm(request.POST or None, request.FILES or None, instance=designs.new_design(issuer))
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            designs.save(form.design(), by=me(request).public_id)
        except designs.DesignRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Saved. All certificates look like this from now on."))
            return redirect("certificate_design", issuer.slug)
    saved = Issuer.objects.select_related("certificate_design").get(pk=issuer.pk)
    return render(
        request,
        "issuers/design.html",
        {
            **console(request, issuer, "settings"),
            "form": form,
            "sample": _sample(form, issuer),
            "signature": _signature(form, saved),
        },
    )


def _sample(form: DesignForm, issuer: Issuer) -> dict[str, str]:
    """The sheet with what stands in the form, or with what was there before where that is no good."""
    shown = {name: str(form[name].value() or "") for name in DesignForm.Meta.fields}
    if form.is_bound and form.errors:
        shown |= {name: str(form.initial.get(name, "")) for name in form.errors if name in shown}
    badge, holder = _now("Certified Example"), _now("Robin Sample")
    values = {
        "name": holder,
        "badge": badge,
        "issuer": issuer.name,
        "date": day_text(timezone.now(), "long"),
    }
    return {**shown, "badge": badge, "holder": holder, "wording": designs.filled(shown["wording"], values)}


def _signature(form: DesignForm, saved: Issuer) -> str:
    """The address of the picture on the sheet: of the one that was chosen, or of the one that is there."""
    if "without_signature" in form.fields and form["without_signature"].value():
        return ""
    if form.chosen:
        return f"data:image/png;base64,{form.chosen_text}"
    look = designs.look_of(saved)
    if look is None or not look.signature:
        return ""
    return reverse("certificate_signature", args=[saved.slug, look.version])


@member("edit")
@require_safe
def sample_style(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    """The style of a colour that is tried out."""
    try:
        text = designs.style(request.GET.get("colour") or designs.new_design(issuer).colour)
    except designs.DesignRefused as refusal:
        raise Http404 from refusal
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": "private, no-store"})
