"""The profile as its owner edits it: what is on it, and in which order."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.guards import signed_in
from plaudit_site.accounts.models import User
from plaudit_site.belongings import profiles
from plaudit_site.belongings.forms import ProfileForm
from plaudit_site.belongings.models import Profile


def me(request: HttpRequest) -> User:
    return cast(User, request.user)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = me(request)
    found = profiles.profile_of(user)
    name = profiles.name_of(user)
    initial = {
        "is_on": found.is_on,
        "name": name,
        "shown_name": user.name,
        "line": found.line,
        "links": "\n".join(found.links),
        "may_be_found": found.may_be_found,
    }
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(user, found, form):
        messages.success(request, _("Saved."))
        return redirect("profile")
    return render(
        request,
        "belongings/profile.html",
        {
            "form": form,
            "profile": found,
            "name": name,
            "url": profiles.url_of(name) if name else "",
            "entries": order_rows([(one.public_id, _title(one)) for one in profiles.listed(found)]),
            "collections": profiles.collections(found),
        },
    )


def _title(one: profiles.Listed) -> str:
    return one.award.title if one.award else one.imported.title if one.imported else ""


def order_rows(rows: list[tuple[str, str]]) -> list[dict[str, object]]:
    """What the part `_order.html` shows: a badge at its place."""
    last = len(rows) - 1
    return [
        {"id": public_id, "title": title, "first": number == 0, "last": number == last}
        for number, (public_id, title) in enumerate(rows)
    ]


def named_order(request: HttpRequest) -> list[str]:
    """The ids in their order. One field holds them all: of fields a request may have only so many."""
    return [one for field in request.POST.getlist("order") for one in field.split()]


def _saved(user: User, found: Profile, form: ProfileForm) -> bool:
    """The name first: without one a profile has no address to be switched on at."""
    given = form.cleaned_data
    try:
        name = profiles.take_name(user, given["name"]) if given["name"] else profiles.name_of(user)
    except profiles.NameRefused as refusal:
        form.add_error("name", _why(refusal.why))
        return False
    if given["is_on"] and not name:
        form.add_error("name", _("Choose the name that stands in its address."))
        return False
    User.objects.filter(pk=user.pk).update(name=given["shown_name"])
    Profile.objects.filter(pk=found.pk).update(
        is_on=given["is_on"],
        line=given["line"],
        links=given["links"],
        may_be_found=given["may_be_found"],
    )
    return True


def _why(code: str) -> str:
    return {
        "form": _("3 to 30 signs: small letters, digits, and - or _ between them."),
        "reserved": _("This name is kept for the site itself. Choose another one."),
        "taken": _("Somebody has or had this name. Choose another one."),
        "many": _("You have used up five names; each stays yours. Choose one of them."),
    }[code]


@signed_in
@require_POST
def profile_order(request: HttpRequest) -> HttpResponse:
    """The whole order as it stands in the form, and then perhaps one step up or down."""
    found = profiles.profile_of(me(request))
    profiles.arrange(found, named_order(request))
    for button, by in (("up", -1), ("down", 1)):
        if moved := request.POST.get(button, ""):
            profiles.move(found, moved, by)
            return redirect(f"/account/profile?moved={moved[:26]}#order")
    messages.success(request, _("Saved."))
    return redirect("profile")
