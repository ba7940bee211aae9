"""What search engines are told: where the pages are that may be listed. All others say noindex themselves (UX 3.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard
from xml.etree import ElementTree

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone
from plaudit_site.achievements.models import Achievement
from plaudit_site.belongings import profiles
from plaudit_site.belongings.models import ProfileName
from plaudit_site.issuers import own_hosts
from plaudit_site.issuers.models import Issuer

PART = 10_000  # the protocol lets 50,000 stand in one file
MOST_AT_A_HOST = 40_000
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
KEPT = "public, max-age=3600"


def _approved() -> QuerySet[Issuer]:
    return Issuer.objects.filter(standing=Issuer.Standing.APPROVED, is_site=False)


def _issuers() -> QuerySet[Issuer]:
    """Those whose pages stand here: a host of an issuer's own has a map of its own."""
    return _approved().filter(host="").order_by("pk")


def _badges_of(issuers: QuerySet[Issuer]) -> QuerySet[Achievement]:
    approved = Achievement.objects.filter(issuer__in=issuers, current__isnull=False)
    return approved.exclude(state=Achievement.State.DRAFT).select_related("issuer").order_by("pk")


def _badges() -> QuerySet[Achievement]:
    return _badges_of(_issuers())


def _profiles() -> QuerySet[ProfileName]:
    listed = {"user__is_active": True, "user__profile__is_on": True, "user__profile__may_be_found": True}
    return ProfileName.objects.filter(is_current=True, **listed).order_by("pk")


ROWS: dict[str, Callable[[], QuerySet]] = {"issuers": _issuers, "badges": _badges, "profiles": _profiles}  # type: ignore[type-arg]


def _address(row: object) -> str:
    if isinstance(row, Issuer):
        return f"{settings.BASE_URL}{reverse('issuer_site', args=[row.slug])}"
    if isinstance(row, Achievement):
        return f"{settings.BASE_URL}{reverse('badge_page', args=[row.issuer.slug, row.public_id])}"
    assert isinstance(row, ProfileName)
    return profiles.url_of(row.name)


@anyone
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing is shut out: a crawler that may not read a page never sees its noindex, and previews need it."""
    return _robots(["User-agent: *", "Allow: /", "", f"Sitemap: {settings.BASE_URL}/sitemap.xml"])


@anyone
@require_safe
def sitemaps(request: HttpRequest) -> HttpResponse:
    root = ElementTree.Element("sitemapindex", xmlns=_SPACE)
    for kind, rows in ROWS.items():
        for number in range(1, -(-rows().count() // PART) + 1):
            one = ElementTree.SubElement(root, "sitemap")
            address = f"{settings.BASE_URL}{reverse('sitemap', args=[kind, number])}"
            ElementTree.SubElement(one, "loc").text = address
    return _xml(root)


@anyone
@require_safe
def sitemap(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    if kind not in ROWS or not 1 <= number <= 10_000:
        raise Http404
    root = ElementTree.Element("urlset", xmlns=_SPACE)
    for row in ROWS[kind]()[(number - 1) * PART : number * PART]:
        one = ElementTree.SubElement(root, "url")
        ElementTree.SubElement(one, "loc").text = _address(row)
    return _xml(root)


# At an issuer's own host


def _is_mapped(issuer: Issuer | None) -> TypeGuard[Issuer]:
    """Whether this host is where the issuer's pages are, and they may be listed.

    A host that leads here and is not linked yet, or no longer, shows pages whose canonical address is elsewhere.
    """
    return issuer is not None and bool(issuer.host) and _approved().filter(pk=issuer.pk).exists()


@anyone
@require_safe
def host_robots(request: HttpRequest) -> HttpResponse:
    issuer: Issuer | None = getattr(request, "host_issuer", None)
    lines = ["User-agent: *", "Allow: /"]
    if _is_mapped(issuer):
        lines += ["", f"Sitemap: {own_hosts.address(issuer)}/sitemap.xml"]
    return _robots(lines)


@anyone
@require_safe
def host_sitemap(request: HttpRequest) -> HttpResponse:
    """The badge site, its pages and its badges, in one file."""
    issuer: Issuer | None = getattr(request, "host_issuer", None)
    if not _is_mapped(issuer):
        raise Http404
    home = own_hosts.address(issuer)
    badges = _badges_of(Issuer.objects.filter(pk=issuer.pk)).values_list("public_id", flat=True)
    paths = ["/", *(reverse("how_to_claim", args=[issuer.slug]), reverse("how_to_check", args=[issuer.slug]))]
    paths += [reverse("badge_page", args=[issuer.slug, public_id]) for public_id in badges[:MOST_AT_A_HOST]]
    root = ElementTree.Element("urlset", xmlns=_SPACE)
    for path in paths:
        one = ElementTree.SubElement(root, "url")
        ElementTree.SubElement(one, "loc").text = f"{home}{path}"
    return _xml(root)


def _robots(lines: list[str]) -> HttpResponse:
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = KEPT
    return response


def _xml(root: ElementTree.Element) -> HttpResponse:
    text = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    response = HttpResponse(text, content_type="application/xml; charset=utf-8")
    response["Cache-Control"] = KEPT
    return response
