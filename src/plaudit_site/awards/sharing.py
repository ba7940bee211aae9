"""Addresses of an award, and the links by which its earner shows it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit_site.achievements.models import Version
from plaudit_site.awards.models import Award
from plaudit_site.ids import grouped
from plaudit_site.issuers.models import Issuer


def permanent_url(award: Award) -> str:
    """`/c/<id>`: for ever; a browser is led to the page, a program gets the files. The credential's own id."""
    return f"{settings.BASE_URL}/c/{award.public_id}"


def certificate_url(award: Award) -> str:
    """The Certificate of Authenticity on the issuer's badge site."""
    return f"{settings.BASE_URL}/i/{award.issuer.slug}/c/{award.public_id}"


def badge_site_url(issuer: Issuer) -> str:
    return f"{settings.BASE_URL}/i/{issuer.slug}/"


def how_to_claim_url(issuer: Issuer) -> str:
    return f"{settings.BASE_URL}/i/{issuer.slug}/how-to-claim/"


def version_url(version: Version) -> str:
    """The achievement's identifier: carries its version and never changes (DECISIONS 9)."""
    return f"{settings.BASE_URL}/b/{version.achievement.public_id}/v{version.number}"


def picture_url(version: Version, form: str = "png") -> str:
    return f"{version_url(version)}.{form}"


@dataclass(frozen=True)
class Channel:
    name: str
    label: str
    icon: str
    url: str


def linkedin_fields(award: Award) -> list[tuple[str, str, str]]:
    """(parameter, label, value) of LinkedIn's “add to profile”; what is not known is left out."""
    issuer = award.issuer
    fields = [
        ("name", _("Name"), award.version.title),
        ("organizationId", _("Organisation id"), issuer.linkedin_id),
        ("organizationName", _("Issuing organisation"), issuer.name),
        ("issueYear", _("Issue year"), str(award.awarded_at.year)),
        ("issueMonth", _("Issue month"), str(award.awarded_at.month)),
    ]
    if award.expires_at:
        fields += [
            ("expirationYear", _("Expiration year"), str(award.expires_at.year)),
            ("expirationMonth", _("Expiration month"), str(award.expires_at.month)),
        ]
    fields += [
        ("certUrl", _("Credential URL"), certificate_url(award)),
        ("certId", _("Credential ID"), grouped(award.public_id)),
    ]
    return [field for field in fields if field[2]]


def linkedin_profile_url(award: Award) -> str:
    known = {name: value for name, _label, value in linkedin_fields(award)}
    query = urlencode({"startTask": "CERTIFICATION_NAME", **known}, quote_via=quote)
    return f"https://www.linkedin.com/profile/add?{query}"


def sentence(award: Award) -> str:
    return _("I earned the badge “%(title)s” from %(issuer)s.") % {
        "title": award.version.title,
        "issuer": award.issuer.name,
    }


def channels(award: Award) -> list[Channel]:
    """Plain links; nothing is asked of anybody else before the press."""
    url = certificate_url(award)
    text = sentence(award)
    u, t = quote(url, safe=""), quote(text, safe="")
    body = quote(f"{text}\r\n\r\n{url}\r\n", safe="")
    offsite = "https://www.linkedin.com/sharing/share-offsite/?url="
    return [
        Channel("linkedin-profile", _("Add to LinkedIn profile"), "linkedin", linkedin_profile_url(award)),
        Channel("linkedin-post", _("Post on LinkedIn"), "linkedin", f"{offsite}{u}"),
        Channel("facebook", "Facebook", "facebook", f"https://www.facebook.com/sharer/sharer.php?u={u}"),
        Channel("x", "X", "x", f"https://x.com/intent/post?text={t}&url={u}"),
        Channel(
            "email", _("E-mail"), "mail", f"mailto:?subject={quote(award.version.title, safe='')}&body={body}"
        ),
    ]
