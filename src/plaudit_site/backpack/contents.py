"""What a badge says of itself, in the few words that a page shows of it, whatever version it is written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext

from plaudit import clr
from plaudit_site.awards import hosting, sharing
from plaudit_site.awards.models import Award
from plaudit_site.issuers import own_identifiers
from plaudit_site.issuers.models import Issuer


@dataclass(frozen=True)
class Shown:
    """What a page says of a badge whose signature is good. Nothing that was not signed is in it."""

    title: str = ""
    description: str = ""
    criteria: str = ""
    criteria_url: str = ""
    holder: str = ""
    issuer: str = ""
    issuer_url: str = ""
    awarded: str = ""
    until: str = ""
    evidence: tuple[str, ...] = ()
    award: Award | None = None
    """Our own award, when it is one that everybody may see."""


def shown(report: Mapping[str, Any]) -> Shown | None:
    """What the badge says of itself; None when nobody vouches for any of it."""
    credential = report["credential"]
    if not isinstance(credential, Mapping):
        return None
    if isinstance(credential.get("badge"), Mapping):
        return _shown_2(credential)
    subject, issuer = (
        first_object(credential.get("credentialSubject")),
        first_object(credential.get("issuer")),
    )
    # A learner's record is called what it says itself; an achievement in it is one of many.
    badge = credential if clr.is_clr(credential) else first_object(subject.get("achievement"))
    if badge is credential and issuer_here(credential) is not None:
        # Its words were once those of its holder, and this site's own word is only that it was put together (0067).
        badge = {"name": gettext("Badges put together by their holder")}
    criteria = first_object(badge.get("criteria"))
    return Shown(
        title=_text(badge.get("name") or credential.get("name")),
        description=_text(badge.get("description")),
        criteria=_text(criteria.get("narrative")),
        criteria_url=_address(criteria.get("id")),
        holder=_holder(subject),
        issuer=_text(issuer.get("name")) or _text(issuer.get("id") or credential.get("issuer")),
        issuer_url=_address(issuer.get("url")),
        awarded=_text(
            credential.get("awardedDate") or credential.get("validFrom") or credential.get("issuanceDate")
        ),
        until=_text(credential.get("validUntil") or credential.get("expirationDate")),
        evidence=tuple(
            filter(
                None, (_address(first_object(item).get("id")) for item in _all(credential.get("evidence")))
            )
        ),
        award=_own_award(_text(credential.get("id"))),
    )


def _shown_2(assertion: Mapping[str, Any]) -> Shown:
    badge = first_object(assertion.get("badge"))
    issuer, criteria = first_object(badge.get("issuer")), first_object(badge.get("criteria"))
    return Shown(
        title=_text(badge.get("name")),
        description=_text(badge.get("description")),
        criteria=_text(criteria.get("narrative")),
        criteria_url=_address(criteria.get("id") or badge.get("criteria")),
        issuer=_text(issuer.get("name")) or _text(issuer.get("id")),
        issuer_url=_address(issuer.get("url")),
        awarded=_text(assertion.get("issuedOn")),
        until=_text(assertion.get("expires")),
        evidence=tuple(
            filter(
                None,
                (_address(first_object(item).get("id") or item) for item in _all(assertion.get("evidence"))),
            )
        ),
        award=hosting.award_at(_text(assertion.get("id"))),
    )


def issuer_here(credential: Mapping[str, Any]) -> Issuer | None:
    """The issuer of this site that is named as its issuer, whatever its standing."""
    issuer = credential.get("issuer") or first_object(credential.get("badge")).get("issuer")
    identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if not isinstance(identifier, str):
        return None
    return own_identifiers.whose(identifier) or hosting.issuer_at(identifier)


def _own_award(identifier: str) -> Award | None:
    if not identifier.startswith(f"{settings.BASE_URL}/c/"):
        return None
    return sharing.look_up(identifier.removeprefix(f"{settings.BASE_URL}/c/"), AnonymousUser())[0]


def _holder(subject: Mapping[str, Any]) -> str:
    """The holder's name, where the badge carries it in clear."""
    for identity in _all(subject.get("identifier")):
        one = first_object(identity)
        if one.get("identityType") == "name" and one.get("hashed") is not True:
            return _text(one.get("identityHash"))
    return ""


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def first_object(value: Any) -> Mapping[str, Any]:
    """An object, or the first of several."""
    first = next(iter(_all(value)), None)
    return first if isinstance(first, Mapping) else {}


def _text(value: Any) -> str:
    """A text as it may also stand in JSON-LD: with its language, or in several of them."""
    value = next(iter(_all(value)), "")
    if isinstance(value, Mapping):
        value = value.get("@value") or value.get("en") or next(iter(value.values()), "")
    return value if isinstance(value, str) else ""


def _address(value: Any) -> str:
    """A web address that a page may link to; "" for anything else."""
    text = _text(value)
    return text if re.fullmatch(r"https?://[^\s<>\"]+", text) else ""
