"""The issuer's badges: list, design, publish, archive."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from plaudit_site.accounts.models import User
from plaudit_site.achievements import designing, publishing, saying
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.achievements.forms import BadgeForm, TranslationForm, initial
from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.achievements.pictures import PictureError
from plaudit_site.issuers.guards import member
from plaudit_site.issuers.models import Issuer
from plaudit_site.issuers.views import console


def actor(request: HttpRequest) -> str:
    return cast(User, request.user).public_id


@member("see")
@require_http_methods(["GET", "HEAD"])
def badges(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    rows = (
        issuer.achievements.select_related("current")
        .annotate(awarded=Count("versions__awards"))
        .order_by("state", "current__title")
    )
    return render(request, "achievements/badges.html", {**console(request, issuer, "badges"), "badges": rows})


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    form = BadgeForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            achievement = publishing.make(issuer, form.content(), by=actor(request))
        except (PictureError, designing.DesignError) as error:
            form.add_error("upload" if isinstance(error, PictureError) else "title", str(error))
        else:
            messages.success(request, _("Saved as a draft. Look at it, then publish it."))
            return redirect("badge", issuer.slug, achievement.public_id)
    return badge_form(request, issuer, form, None)


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    achievement = _badge(issuer, public_id)
    version = achievement.current
    if version is None:
        return redirect("badges", issuer.slug)
    form = BadgeForm(
        request.POST or None, request.FILES or None, initial=initial(achievement, version), has_picture=True
    )
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            made = publishing.edit(achievement, form.content(), by=actor(request))
        except (PictureError, designing.DesignError) as error:
            form.add_error("upload" if isinstance(error, PictureError) else "title", str(error))
        else:
            messages.success(
                request,
                _("Saved as version %(number)s. What was awarded stays as it was.") % {"number": made.number},
            )
            return redirect("badge", issuer.slug, public_id)
    return badge_form(request, issuer, form, achievement)


def badge_form(
    request: HttpRequest, issuer: Issuer, form: BadgeForm, achievement: Achievement | None
) -> HttpResponse:
    """The form beside a picture of what it would look like now."""
    return render(
        request,
        "achievements/badge_form.html",
        {
            **console(request, issuer, "badges"),
            "form": form,
            "achievement": achievement,
            "preview": _preview(form, issuer),
        },
    )


def _preview(form: BadgeForm, issuer: Issuer) -> str:
    """The designed picture as a data address; empty when the words do not make one yet."""

    def value(name: str) -> Any:
        return form[name].value() or ""

    try:
        design = designing.Design(
            title=value("title") or _("Your title"),
            issuer=issuer.short_name or issuer.name[:24],
            shape=value("shape"),
            palette=value("palette"),
            symbol=value("symbol"),
        )
        return f"data:image/svg+xml,{quote(designing.draw(design))}"
    except (designing.DesignError, KeyError):
        return ""


def _languages(version: Version | None) -> list[dict[str, Any]]:
    """Every language that a badge can speak: its code, its name, and whether it does."""
    if version is None:
        return []
    return [
        {"code": code, "name": name, "is_there": code in version.translations}
        for code, name in saying.languages()
        if code != version.language
    ]


@member("see")
@require_http_methods(["GET", "HEAD"])
def badge(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    achievement = _badge(issuer, public_id)
    return render(
        request,
        "achievements/badge.html",
        {
            **console(request, issuer, "badges"),
            "achievement": achievement,
            "version": achievement.current,
            "criteria": criteria_html(achievement.current.criteria) if achievement.current else "",
            "missing": publishing.what_is_missing(achievement),
            "versions": achievement.versions.annotate(awarded=Count("awards")),
            "languages": _languages(achievement.current),
        },
    )


@member("edit")
@require_http_methods(["GET", "HEAD", "POST"])
def translate(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    """The texts of a badge in one more language; `in` says which."""
    achievement = _badge(issuer, public_id)
    version, code = achievement.current, request.GET.get("in", "")
    languages = dict(saying.languages())
    if version is None or code not in languages or code == version.language:
        return redirect("badge", issuer.slug, public_id)
    form = TranslationForm(request.POST or None, initial=version.translations.get(code, {}))
    if request.method == "POST" and "remove" in request.POST:
        publishing.translate(achievement, code, None, by=actor(request))
        messages.success(request, _("This language is gone from the badge. What was awarded in it stays."))
        return redirect("badge", issuer.slug, public_id)
    if request.method == "POST" and form.is_valid():
        made = publishing.translate(achievement, code, form.cleaned_data, by=actor(request))
        messages.success(
            request,
            _("Saved as version %(number)s. What was awarded stays as it was.") % {"number": made.number},
        )
        return redirect("badge", issuer.slug, public_id)
    more = {
        "achievement": achievement,
        "version": version,
        "form": form,
        "language": languages[code],
        "code": code,
        "is_there": code in version.translations,
    }
    return render(request, "achievements/translate.html", {**console(request, issuer, "badges"), **more})


@member("edit")
@require_POST
def publish(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    achievement = _badge(issuer, public_id)
    try:
        publishing.publish(achievement, by=actor(request))
    except publishing.NotPublishable as error:
        for reason in error.reasons:
            messages.error(request, reason)
    else:
        messages.success(request, _("Published. You can award it now."))
    return redirect("badge", issuer.slug, public_id)


@member("edit")
@require_POST
def archive(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    publishing.archive(_badge(issuer, public_id), by=actor(request))
    messages.success(request, _("Archived: no further awards. What was awarded stays valid."))
    return redirect("badge", issuer.slug, public_id)


def _badge(issuer: Issuer, public_id: str) -> Achievement:
    return get_object_or_404(
        Achievement.objects.select_related("current", "issuer"), public_id=public_id, issuer=issuer
    )
