"""A person's profile and collections as strangers see them: badges that are shown, each with its verdict of now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from plaudit_site.accounts.models import User
from plaudit_site.awards import sharing
from plaudit_site.awards.models import Award, Collection, CollectionItem, Visibility
from plaudit_site.backpack import cards as imported_cards
from plaudit_site.backpack import owning
from plaudit_site.backpack.models import Imported
from plaudit_site.backpack.verifying import State as Found
from plaudit_site.belongings import collecting, profiles
from plaudit_site.belongings.profiles import Listed
from plaudit_site.public import checking
from plaudit_site.public.certificates import Page
from plaudit_site.public.checking import State
from plaudit_site.public.looks import LOOKS, Look

PER_PAGE = 48
WORTH_A_SEARCH = 10  # badges; fewer are seen at a glance


@dataclass(frozen=True)
class Shown:
    """A badge in somebody's grid. No shield: trust is its earner's own mark, and no sign of authenticity (J27)."""

    title: str
    url: str
    issuer_name: str
    picture_url: str
    awarded_on: datetime
    state: str
    is_imported: bool
    award: Award | None = None
    imported: Imported | None = None

    @property
    def words(self) -> str:
        """The verdict in a word or two."""
        known = {
            str(State.AUTHENTIC): _("Authentic"),
            str(State.EXPIRING): _("Authentic"),
            str(State.UNVOUCHED): _("Issuer not known"),
            str(State.EXPIRED): _("Expired"),
            str(State.REPLACED): _("Renewed"),
            str(State.REVOKED): _("Revoked"),
            str(State.SUSPENDED): _("Suspended"),
            str(State.INVALID): _("Can’t be trusted"),
            str(Found.EARLY): _("Not valid yet"),
        }
        return known.get(self.state, _("Not fully checked"))

    @property
    def look(self) -> Look:
        return LOOKS[State(self.state) if self.state in set(State) else State.UNKNOWN]


@dataclass(frozen=True)
class Search:
    """What a visitor looks for on a long profile. Titles, issuers and skills are compared as people type them."""

    words: str = ""
    issuer: str = ""
    issuers: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Mapping[str, str], listed: Iterable[Listed]) -> Search:
        issuers = sorted({_issuer_of(one) for one in listed}, key=str.casefold)
        issuer = asked.get("issuer", "")
        return cls(
            " ".join(asked.get("q", "").split())[:80], issuer if issuer in issuers else "", tuple(issuers)
        )

    def among(self, listed: Iterable[Listed]) -> list[Listed]:
        wanted = self.words.casefold().split()
        return [
            one
            for one in listed
            if (not self.issuer or _issuer_of(one) == self.issuer)
            and all(word in _searched(one) for word in wanted)
        ]

    def query(self, **more: object) -> str:
        """The same search in an address."""
        said = {"q": self.words, "issuer": self.issuer} | more
        return urlencode({name: value for name, value in said.items() if value})


def _issuer_of(one: Listed) -> str:
    if one.award is not None:
        return str(one.award.issuer.name)
    return one.imported.issuer_name if one.imported is not None else ""


def _searched(one: Listed) -> str:
    if one.award is not None:
        version = one.award.version
        return " ".join([one.award.title, version.title, one.award.issuer.name, *version.skills]).casefold()
    return f"{one.imported.title} {one.imported.issuer_name}".casefold() if one.imported is not None else ""


def on_profile(chosen: Iterable[Listed]) -> list[Shown]:
    now = timezone.now()
    found = []
    for one in chosen:
        if one.award is not None:
            found.append(of_award(one.award, now))
        elif one.imported is not None:
            found.append(of_import(one.imported))
    return found


def in_collection(collection: Collection) -> list[Shown]:
    """What others see of it: badges that are visible to their earner alone are not there."""
    entries = collecting.entries(collection)
    awards = Award.objects.with_badge().in_bulk([e.pk for e in entries if e.row is CollectionItem])
    imports = Imported.objects.defer("content").in_bulk(
        [e.pk for e in entries if e.row is not CollectionItem]
    )
    now = timezone.now()
    found = []
    for entry in entries:
        badge: Any = awards[entry.pk] if entry.row is CollectionItem else imports[entry.pk]
        if badge.visibility != Visibility.ONLY_ME:
            found.append(of_award(badge, now) if isinstance(badge, Award) else of_import(badge))
    return found


def of_award(award: Award, now: datetime) -> Shown:
    verdict = checking.check(award, now)
    is_broken = verdict.state is State.INVALID
    return Shown(
        title=_("A badge that can’t be trusted") if is_broken else award.title,
        url=sharing.certificate_url(award),
        issuer_name=award.issuer.name,
        picture_url=imported_cards.neutral_picture_url() if is_broken else sharing.picture_url(award.version),
        awarded_on=award.awarded_at,
        state=str(verdict.state),
        is_imported=False,
        award=award,
    )


def of_import(imported: Imported) -> Shown:
    state = owning.state_now(imported, timezone.now())
    if state == Found.GENUINE:
        state = str(State.UNVOUCHED)
    return Shown(
        title=imported.title if state != Found.INVALID else _("A badge that can’t be trusted"),
        url=imported_cards.shown_url(imported),
        issuer_name=imported.issuer_name if state != Found.INVALID else "",
        picture_url=imported_cards.public_picture_url(imported),
        awarded_on=imported.awarded_at,
        state=state,
        is_imported=True,
        imported=imported,
    )


# In schema.org's words, for search engines that the person let in


def described(user: User, name: str, badges: list[Shown]) -> SafeString:
    return as_data(
        {
            "@context": "https://schema.org",
            "@type": "ProfilePage",
            "url": profiles.url_of(name),
            "mainEntity": {
                "@type": "Person",
                "name": user.name or name,
                "url": profiles.url_of(name),
                "hasCredential": [_credential(one) for one in badges if one.state != State.INVALID],
            },
        }
    )


def described_certificate(page: Page, award: Award, *, with_person: bool) -> SafeString:
    """What was earned, in the words that were signed; by whom, only where search engines may know (UX 3.3).

    A page that says noindex has it too: whoever is given the link, a program among them, reads the same there.
    """
    earned: dict[str, Any] = {
        "@type": "EducationalOccupationalCredential",
        "name": page.badge_title,
        "description": page.description,
        "url": page.address,
        "image": page.picture_url,
        "credentialCategory": {"@type": "DefinedTerm", "name": "Open Badge", "termCode": "badge"},
        "competencyRequired": list(page.skills),
        "recognizedBy": {"@type": "Organization", "name": award.issuer.name, "url": award.issuer.url},
        "identifier": award.public_id,
        "dateCreated": page.awarded_on.isoformat(),
        "expires": award.expires_at.date().isoformat() if award.expires_at else "",
    }
    earned = {name: value for name, value in earned.items() if value}
    if not with_person:
        return as_data({"@context": "https://schema.org", **earned})
    person = {"@type": "Person", "hasCredential": earned} | ({"name": page.holder} if page.holder else {})
    return as_data(
        {"@context": "https://schema.org", "@type": "ProfilePage", "url": page.address, "mainEntity": person}
    )


def _credential(badge: Shown) -> dict[str, Any]:
    content: dict[str, Any] = {
        "@type": "EducationalOccupationalCredential",
        "name": badge.title,
        "url": badge.url,
        "image": badge.picture_url,
        "credentialCategory": {"@type": "DefinedTerm", "name": "Open Badge", "termCode": "badge"},
        "recognizedBy": {"@type": "Organization", "name": badge.issuer_name},
        "dateCreated": badge.awarded_on.date().isoformat(),
    }
    if badge.award is not None:
        version = badge.award.version
        content |= {"identifier": badge.award.public_id, "description": version.description}
        if badge.award.expires_at:
            content["expires"] = badge.award.expires_at.date().isoformat()
    return content


def as_data(content: object) -> SafeString:
    """JSON for a script element that is data: no markup can begin in it."""
    text = json.dumps(content, ensure_ascii=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return mark_safe(text)  # noqa: S308 - JSON in which no markup can begin
