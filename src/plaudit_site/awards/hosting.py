"""An award in the words of Open Badges 2.0, hosted: for the systems that know no later version.

Three documents at addresses of their own, made from what was signed and from rows that never change again. They hold
because of where they stand, so only an award that everybody with its link may see has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

import plaudit
from plaudit import convert, issue_ob2, ob2
from plaudit.fetch import Fetched
from plaudit_site.achievements.models import Achievement, Version
from plaudit_site.awards import credentials, own_documents, sharing
from plaudit_site.awards.models import Award, Revocation, Suspension
from plaudit_site.awards.sharing import permanent_address, version_url
from plaudit_site.issuers.models import Issuer

MEDIA_TYPE = issue_ob2.MEDIA_TYPE
ENDING = "ob2.json"


_ID = "([0-9a-hjkmnp-tv-z]{26})"
_ASSERTION = re.compile(rf"/c/{_ID}\.ob2\.json")
_BADGE = re.compile(rf"/b/{_ID}/v([1-9][0-9]{{0,8}})\.ob2\.json")
_ISSUER = re.compile(rf"/issuers/{_ID}\.ob2\.json")


def assertion_url(public_id: str) -> str:
    return f"{permanent_address(public_id)}.{ENDING}"


def badge_url(version: Version) -> str:
    return f"{version_url(version)}.{ENDING}"


def issuer_url(issuer: Issuer) -> str:
    return f"{settings.BASE_URL}/issuers/{issuer.public_id}.{ENDING}"


def assertion(award: Award, signed: Mapping[str, Any]) -> dict[str, Any]:
    """The assertion; `signed` is the document whose signature the caller has just checked."""
    converted = _converted(signed, award)
    documents = issue_ob2.hosted_documents(
        converted.assertion, converted.badge_class, _with_mail(converted.issuer, award.issuer)
    )
    return documents[assertion_url(award.public_id)]


def taken_back(award: Award) -> Revocation | Suspension | None:
    """Version 2.0 knows no suspension: as long as one lasts, an assertion is as good as revoked."""
    return getattr(award, "revocation", None) or getattr(award, "suspension", None)


def withdrawn(award: Award) -> dict[str, Any]:
    """What stands at the assertion's address once the award holds no longer; it goes out with status 410."""
    why = taken_back(award)
    return issue_ob2.withdrawn(assertion_url(award.public_id), why.reason if why else None)


def _converted(signed: Mapping[str, Any], award: Award) -> convert.OpenBadge2:
    return convert.to_ob2(
        {name: value for name, value in signed.items() if name != "proof"},
        assertion_id=assertion_url(award.public_id),
        badge_id=badge_url(award.version),
        issuer_id=issuer_url(award.issuer),
    )


def badge_class(version: Version) -> dict[str, Any]:
    """The version as a BadgeClass."""
    issuer = version.achievement.issuer
    content = {
        "id": permanent_address(version.achievement.public_id),
        "name": version.title,
        "issuer": credentials.profile(issuer),
        "validFrom": credentials.stamp(version.made_at),
        "credentialSubject": {
            "id": issuer.identifier,  # nobody: an assertion says whom, and this part is thrown away
            "achievement": credentials.achievement(version),
        },
    }
    converted = convert.to_ob2(content, badge_id=badge_url(version), issuer_id=issuer_url(issuer))
    return {"@context": ob2.CONTEXT, **replace(converted.badge_class, issuer=issuer_url(issuer)).to_json()}


def issuer_profile(issuer: Issuer) -> dict[str, Any]:
    """The issuer's Profile. Version 2.0 demands a mail address in it."""
    profile = ob2.Profile(
        type=("Issuer",),
        id=issuer_url(issuer),
        name=issuer.name,
        url=issuer.url or settings.BASE_URL,
        email=issuer.email,
        description=issuer.description or None,
    )
    return {"@context": ob2.CONTEXT, **profile.to_json()}


def _with_mail(profile: ob2.Profile, issuer: Issuer) -> ob2.Profile:
    return replace(profile, email=issuer.email)


# As a verifier reads them, without the network


def read(url: str, at: datetime) -> Fetched | None:
    """What one of these addresses answers to a stranger; None for any other address, or when nothing stands there."""
    path = url.removeprefix(settings.BASE_URL)
    if found := _ASSERTION.fullmatch(path):
        return _read_assertion(url, found[1], at)
    document = None
    if found := _BADGE.fullmatch(path):
        version = (
            Version.objects.select_related("achievement__issuer")
            .filter(achievement__public_id=found[1], number=int(found[2]))
            .exclude(achievement__state=Achievement.State.DRAFT)
            .first()
        )
        document = badge_class(version) if version else None
    elif issuer := issuer_at(url):
        document = issuer_profile(issuer)
    return Fetched(url, 200, MEDIA_TYPE, json.dumps(document).encode()) if document else None


def issuer_at(url: str) -> Issuer | None:
    """Our issuer whose Profile stands at an address."""
    found = _ISSUER.fullmatch(url.removeprefix(settings.BASE_URL))
    ours = found is not None and url.startswith(f"{settings.BASE_URL}/")
    return Issuer.objects.filter(public_id=found[1]).first() if ours and found else None


def award_at(url: str) -> Award | None:
    """Our award whose assertion stands at an address, if everybody may see it."""
    found = _ASSERTION.fullmatch(url.removeprefix(settings.BASE_URL))
    return sharing.look_up(found[1], AnonymousUser())[0] if found else None


def _read_assertion(url: str, public_id: str, at: datetime) -> Fetched | None:
    award, _sight = sharing.look_up(public_id, AnonymousUser())
    if award is None or award.credential is None:
        return None
    if taken_back(award) is not None:
        gone = json.dumps(withdrawn(award)).encode()
        return Fetched(url, 410, MEDIA_TYPE, gone)
    report = plaudit.verify(bytes(award.credential.content), fetch=own_documents.fetch(), at=at)
    if report.credential is None:
        return None
    return Fetched(url, 200, MEDIA_TYPE, json.dumps(assertion(award, report.credential)).encode())
