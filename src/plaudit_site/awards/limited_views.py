"""The earner's page of links that show less."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.guards import signed_in
from plaudit_site.awards import cards, limiting
from plaudit_site.awards.models import Award, LimitedLink, Visibility
from plaudit_site.awards.views import me, my_award


class LimitedLinkForm(forms.Form):
    note = forms.CharField(
        label=_("For whom"),
        max_length=80,
        required=False,
        help_text=_("Only you see this, to tell links apart."),
    )
    name_shown = forms.ChoiceField(label=_("Your name on it"), widget=forms.RadioSelect)
    hides_result = forms.BooleanField(label=_("Leave out the result"), required=False)
    hides_evidence = forms.BooleanField(label=_("Leave out the evidence"), required=False)
    days = forms.TypedChoiceField(
        label=_("How long it works"),
        coerce=int,
        initial=30,
        choices=[(days, ngettext_lazy("%d day", "%d days", days) % days) for days in limiting.DAYS],
    )

    def __init__(self, *args: object, award: Award, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        how = LimitedLink.NameShown
        names = [(value, limiting.shown_name(award.name, value) or _now("No name")) for value in how.values]
        self.fields["name_shown"].choices = names  # type: ignore[attr-defined]
        self.fields["name_shown"].initial = how.WHOLE
        # What is not there need not be left out.
        if not award.result:
            del self.fields["hides_result"]
        if not award.evidence_url:
            del self.fields["hides_evidence"]

    def wanted(self) -> limiting.Wanted:
        return limiting.Wanted(**self.cleaned_data)


def link_url(link: LimitedLink) -> str:
    return f"{settings.BASE_URL}{reverse('limited', args=[link.public_id])}"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, public_id: str) -> HttpResponse:
    """Those that work now, and the form for a new one."""
    award = my_award(request, public_id)
    if award.state != Award.State.ACCEPTED:
        raise Http404
    form = LimitedLinkForm(request.POST or None, award=award)
    if request.method == "POST" and form.is_valid():
        try:
            limiting.make(award, me(request), form.wanted())
        except limiting.TooMany:
            messages.error(request, _("There are very many links already. Switch one off first."))
        else:
            messages.success(request, _("The link works. Copy it below."))
            return redirect("limited_links", public_id)
    standing = limiting.standing(award, timezone.now())
    return render(
        request,
        "awards/limited_links.html",
        {
            "badge": cards.card(award, set()),
            "award": award,
            "form": form,
            "links": [
                {"link": one, "url": link_url(one), "name": limiting.shown_name(award.name, one.name_shown)}
                for one in standing
            ],
            "is_shared": award.visibility != Visibility.ONLY_ME,
        },
    )


@signed_in
@require_POST
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    award = my_award(request, public_id)
    link = request.POST.get("link", "").replace("\0", "")
    if limiting.end(award, me(request), link):
        messages.success(request, _("Switched off. Whoever opens it finds nothing."))
    return redirect("limited_links", public_id)
