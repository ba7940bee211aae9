"""An issuer's badge site: its badges with the work each requires, how to claim, how to check."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.achievements.models import Achievement
from plaudit_site.awards.sharing import badge_site_url, picture_url
from plaudit_site.issuers import own_hosts
from plaudit_site.issuers.models import Group, Issuer
from plaudit_site.public import certificates, lines, link_groups, people
from plaudit_site.showing.context import FROZEN

Page = Callable[..., HttpResponseBase]


def of_issuer(view: Page) -> Page:
    """Finds the issuer; a slug it had before redirects to the one it has (J34)."""

    @anyone
    @require_safe
    @wraps(view)
    def found(request: HttpRequest, slug: str, **rest: Any) -> HttpResponseBase:
        issuer, current = certificates.find_issuer(slug)
        if issuer is None:
            raise Http404
        if issuer.host and not hasattr(request, "host_issuer") and FROZEN not in request.META:
            whole = request.resolver_match is not None and request.resolver_match.url_name == "issuer_site"
            path = "/" if whole else request.path_info
            return redirect(f"{own_hosts.address(issuer)}{path}")
        if not current and request.resolver_match:
            away: HttpResponseBase = redirect(
                request.resolver_match.url_name or "issuer_site", slug=issuer.slug, **rest
            )
            return away
        answer: HttpResponseBase = view(request, issuer, **rest)
        return answer

    guarded: Page = found
    return guarded


def offered(achievement: Achievement) -> dict[str, Any]:
    version = achievement.current
    if version is None:
        raise Http404
    return {
        "title": version.title,
        "description": version.description,
        "criteria": criteria_html(version.criteria),
        "criteria_url": version.criteria_url,
        "skills": version.skills,
        "valid_months": version.valid_months,
        "picture_url": picture_url(version),
        "picture_alt": version.picture_alt,
        "archived": achievement.state == Achievement.State.ARCHIVED,
        "links": list(achievement.links.all()),
        "url": reverse("badge_page", args=[achievement.issuer.slug, achievement.public_id]),
    }


def public_badges(issuer: Issuer) -> list[Achievement]:
    return list(
        Achievement.objects.filter(issuer=issuer, current__isnull=False)
        .exclude(state=Achievement.State.DRAFT)
        .select_related("current", "issuer")
        .prefetch_related("links")
        .order_by("state", "current__title")
    )


@of_issuer
def site(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    badges = [offered(achievement) for achievement in public_badges(issuer)]
    return render(
        request,
        "public/issuer.html",
        {
            "issuer": issuer,
            "canonical": badge_site_url(issuer),
            "badges": [one for one in badges if not one["archived"]],
            "archived": [one for one in badges if one["archived"]],
            "links": list(issuer.links.filter(group=Group.ISSUER)),
            **about_domain(issuer),
        },
    )


def about_domain(issuer: Issuer) -> dict[str, Any]:
    """The web address that the issuer was seen to control, and how to look for oneself."""
    domain = lines.domain_of(issuer)
    if domain is None or issuer.standing == Issuer.Standing.SUSPENDED:
        return {"domain": None}
    return {"domain": domain, "controls": lines.controls(domain), "controls_how": lines.controls_how(domain)}


@of_issuer
def badge(request: HttpRequest, issuer: Issuer, public_id: str) -> HttpResponse:
    achievement = next((one for one in public_badges(issuer) if one.public_id == public_id), None)
    if achievement is None:
        raise Http404
    return render(
        request,
        "public/badge.html",
        {
            "issuer": issuer,
            "canonical": _badge_url(issuer, achievement),
            "badge": offered(achievement),
            "groups": link_groups.groups(issuer, achievement),
            "about": described(issuer, achievement),
        },
    )


def _badge_url(issuer: Issuer, achievement: Achievement) -> str:
    """Of its page: at the issuer's own host, where it has one."""
    return f"{own_hosts.address(issuer)}{reverse('badge_page', args=[issuer.slug, achievement.public_id])}"


def described(issuer: Issuer, achievement: Achievement) -> SafeString:
    """The badge in schema.org's words, for search engines; data, not code."""
    version = achievement.current
    content = {
        "@context": "https://schema.org",
        "@type": "EducationalOccupationalCredential",
        "@id": _badge_url(issuer, achievement),
        "name": version.title if version else "",
        "description": version.description if version else "",
        "image": picture_url(version) if version else "",
        "credentialCategory": {"@type": "DefinedTerm", "name": "Open Badge", "termCode": "badge"},
        "competencyRequired": list(version.skills) if version else [],
        "recognizedBy": {"@type": "Organization", "name": issuer.name, "url": issuer.url},
    }
    if version and version.valid_months:
        content["validFor"] = f"P{version.valid_months}M"
    return people.as_data(content)


@of_issuer
def how_to_claim(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    if FROZEN in request.META:
        return render(request, "public/help_in_copy.html", {"issuer": issuer})
    needs_code = Achievement.objects.filter(
        issuer=issuer, state=Achievement.State.PUBLISHED, claim_needs_code=True
    ).exists()
    return render(request, "public/how_to_claim.html", {"issuer": issuer, "needs_code": needs_code})


@of_issuer
def how_to_check(request: HttpRequest, issuer: Issuer) -> HttpResponse:
    return render(request, "public/how_to_check.html", {"issuer": issuer})
