"""Addresses of an award, and the links by which its earner shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from plaudit_site.achievements.models import Version
from plaudit_site.asking import PLACE, Whole
from plaudit_site.awards import counting
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.ids import grouped
from plaudit_site.issuers import own_hosts
from plaudit_site.issuers.models import Issuer

MOST_X, MOST_BLUESKY = 280, 300
EMBED_WIDTH, EMBED_HEIGHT = 360, 440
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")


class Sight(StrEnum):
    """How a visitor sees an award: not at all, removed, as its owner alone, or as anyone."""

    NOTHING = "nothing"
    GONE = "gone"
    OWNER = "owner"
    ANYONE = "anyone"


_SIGNED = Whole(
    Award.objects.with_badge()
    .select_related("issuer__domain")
    .filter(public_id=PLACE, credential__isnull=False)
    .order_by()
)


def look_up(public_id: str, visitor: object) -> tuple[Award | None, Sight]:
    """An award by its id, as far as this visitor may know of it. Private and unknown are the same (J38)."""
    award = _SIGNED.first(public_id)
    if award is None:
        return None, Sight.NOTHING
    shown = award.visibility != Visibility.ONLY_ME
    if award.state == Award.State.ACCEPTED:
        if shown:
            return award, Sight.ANYONE
        if award.earner_id is not None and award.earner_id == getattr(visitor, "pk", None):
            return award, Sight.OWNER
    if award.state in {Award.State.REMOVED, Award.State.ERASED} and shown:
        return None, Sight.GONE
    return None, Sight.NOTHING


def permanent_address(public_id: str) -> str:
    """`/c/<id>`: for ever; a browser is led to the page, a program gets the files. The credential's own id."""
    return f"{settings.BASE_URL}/c/{public_id}"


def permanent_url(award: Award) -> str:
    return permanent_address(award.public_id)


def certificate_url(award: Award) -> str:
    """The Certificate of Authenticity on the issuer's badge site, at a host of its own where it has one (J34)."""
    if award.issuer.host:
        return f"{own_hosts.address(award.issuer)}/c/{award.public_id}"
    return f"{settings.BASE_URL}/i/{award.issuer.slug}/c/{award.public_id}"


def badge_site_url(issuer: Issuer) -> str:
    if issuer.host:
        return f"{own_hosts.address(issuer)}/"
    return f"{settings.BASE_URL}/i/{issuer.slug}/"


def path_of(url: str) -> str | None:
    """The path of an address of this site, or of an issuer's own host here; None for any other."""
    if url.startswith(f"{settings.BASE_URL}/"):
        return url.removeprefix(settings.BASE_URL)
    parts = urlsplit(url)
    scheme = urlsplit(settings.BASE_URL).scheme
    if parts.scheme != scheme or not parts.netloc or own_hosts.issuer_at(parts.netloc) is None:
        return None
    return url.removeprefix(f"{scheme}://{parts.netloc}") or "/"


def how_to_claim_url(issuer: Issuer) -> str:
    return f"{settings.BASE_URL}/i/{issuer.slug}/how-to-claim/"


def version_url(version: Version) -> str:
    """The achievement's identifier: carries its version and never changes (DECISIONS 9)."""
    return f"{settings.BASE_URL}/b/{version.achievement.public_id}/v{version.number}"


def picture_url(version: Version, form: str = "png") -> str:
    return f"{version_url(version)}.{form}"


@dataclass(frozen=True)
class Channel:
    """A plain link. `pattern` is the same address with {text} where the earner's own words go, if any can.

    `most` is how much the network takes where it counts: the words, a space, and `address`.
    """

    name: str
    label: str
    icon: str
    url: str
    pattern: str = ""
    most: int = 0
    address: str = ""


def linkedin_fields(award: Award) -> list[tuple[str, str, str]]:
    """(parameter, label, value) of LinkedIn's “add to profile”; what is not known is left out."""
    issuer = award.issuer
    fields = [
        ("name", _("Name"), award.title),
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


def card_url(award: Award) -> str:
    """Leads to the picture that other sites show beside the link, as the certificate is now."""
    return f"{permanent_url(award)}/card-{'0' * 12}.png"


def sentence(award: Award) -> str:
    return _("I earned the badge “%(title)s” from %(issuer)s.") % {
        "title": award.title,
        "issuer": award.issuer.name,
    }


def via(address: str, channel: str) -> str:
    """The address with the channel that it is shared on (counting.py); as it is where nothing is counted."""
    return f"{address}?via={channel}" if settings.COUNT_VIEWS and channel in counting.CHANNELS else address


def _shared_on(award: Award, channel: str) -> str:
    return quote(via(certificate_url(award), channel), safe="")


def channels(award: Award) -> list[Channel]:
    """Plain links; nothing is asked of anybody else before the press."""
    subject = quote(award.title, safe="")
    patterns = {
        "x": f"https://x.com/intent/post?text={{text}}&url={_shared_on(award, 'x')}",
        "bluesky": f"https://bsky.app/intent/compose?text={{text}}%20{_shared_on(award, 'bs')}",
        "threads": f"https://www.threads.net/intent/post?url={_shared_on(award, 'th')}&text={{text}}",
        "whatsapp": f"https://wa.me/?text={{text}}%20{_shared_on(award, 'wa')}",
        "email": f"mailto:?subject={subject}&body={{text}}%0D%0A%0D%0A{_shared_on(award, 'mail')}%0D%0A",
    }
    text = quote(sentence(award), safe="")
    with_text = {name: (pattern.replace("{text}", text), pattern) for name, pattern in patterns.items()}
    offsite = "https://www.linkedin.com/sharing/share-offsite/?url="
    return [
        Channel("linkedin-profile", _("Add to LinkedIn profile"), "linkedin", linkedin_profile_url(award)),
        Channel("linkedin-post", _("Post on LinkedIn"), "linkedin", f"{offsite}{_shared_on(award, 'li')}"),
        Channel(
            "facebook",
            "Facebook",
            "facebook",
            f"https://www.facebook.com/sharer/sharer.php?u={_shared_on(award, 'fb')}",
        ),
        Channel("x", "X", "x", *with_text["x"], MOST_X, via(certificate_url(award), "x")),
        Channel(
            "bluesky",
            "Bluesky",
            "bluesky",
            *with_text["bluesky"],
            MOST_BLUESKY,
            via(certificate_url(award), "bs"),
        ),
        Channel("mastodon", "Mastodon", "mastodon", reverse("share_mastodon", args=[award.public_id])),
        Channel("threads", "Threads", "at-sign", *with_text["threads"]),
        Channel("whatsapp", "WhatsApp", "whatsapp", *with_text["whatsapp"]),
        Channel("email", _("E-mail"), "mail", *with_text["email"]),
    ]


def mastodon_host(typed: str) -> str:
    """The server meant by “mastodon.social”, “https://mastodon.social/@me” or “me@mastodon.social”; "" for none."""
    host = typed.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    host = host.rpartition("@")[2]
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return ""
    return host if len(host) <= 253 and _HOST.fullmatch(host) else ""


def mastodon_link(award: Award) -> str:
    return via(certificate_url(award), "ma")


def mastodon_url(award: Award, host: str) -> str:
    text = quote(f"{sentence(award)} {mastodon_link(award)}", safe="")
    return f"https://{host}/share?text={text}"


# Put into other pages


def embed_url(award: Award) -> str:
    return f"{settings.BASE_URL}/embed/{award.public_id}"


def awarded_to(award: Award, holder: str) -> str:
    """What is shown, in a line for whoever does not see it."""
    if not holder:
        return award.title
    return _("%(title)s, awarded to %(name)s") % {"title": award.title, "name": holder}


def embed_code(
    award: Award, *, width: int = EMBED_WIDTH, height: int = EMBED_HEIGHT, holder: str = "", title: str = ""
) -> str:
    """What somebody pastes into a page: a frame that checks the badge anew whenever it is shown.

    `title` is for one of which nothing is to be named.
    """
    title = escape(title or awarded_to(award, holder))
    return (
        f'<iframe src="{escape(embed_url(award))}" title="{title}" width="{width}" height="{height}"'
        ' style="border:0" loading="lazy" referrerpolicy="no-referrer"></iframe>'
    )


def signature_code(award: Award) -> str:
    """What somebody pastes into the signature of their mails."""
    address = via(certificate_url(award), "sig")
    return (
        f'<a href="{escape(address)}"><img src="{escape(picture_url(award.version))}" width="120"'
        f' height="120" alt="{escape(award.title)}"></a>'
    )
