"""The only place where our rows become the standard's document (OB 3.0 AchievementCredential)."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from plaudit import recipient, status
from plaudit.reading import format_date_time
from plaudit_site.achievements import saying
from plaudit_site.achievements.models import Version
from plaudit_site.awards.sharing import permanent_address, picture_url, version_url
from plaudit_site.ids import random_signs
from plaudit_site.issuers.models import Issuer

SALT_LENGTH = 26  # signs, 130 bits: one salt for each hash
CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]


@lru_cache(maxsize=1000)
def stamp(at: datetime) -> str:
    """An xsd:dateTimeStamp in UTC, to the second."""
    return format_date_time(at)


def profile(issuer: Issuer) -> dict[str, Any]:
    """OB 3.0 Profile of the issuer, as it stands in each credential."""
    content: dict[str, Any] = {
        "id": issuer.signing_identifier,
        "type": ["Profile"],
        "name": issuer.name,
        "url": issuer.url,
    }
    if issuer.description:
        content["description"] = issuer.description
    return content


def achievement(version: Version, language: str = "") -> dict[str, Any]:
    """OB 3.0 Achievement of one version in one of its languages; its id carries both and never changes."""
    texts = saying.said(version, language)
    criteria: dict[str, Any] = {"narrative": texts.criteria}
    if version.criteria_url:
        criteria["id"] = version.criteria_url
    content: dict[str, Any] = {
        "id": language_url(version, texts.language),
        "type": ["Achievement"],
        "name": texts.title,
        "description": texts.description,
        "criteria": criteria,
        "image": {"id": picture_url(version), "type": "Image", "caption": picture_text(version)},
        "version": str(version.number),
    }
    if version.skills:
        content["tag"] = list(version.skills)
    if spoken := texts.language or version.language:
        content["inLanguage"] = spoken
    if version.alignments:
        content["alignment"] = [{"type": ["Alignment"], **one} for one in version.alignments]
    if version.results:
        content["resultDescription"] = [result_description(version)]
    return content


def language_url(version: Version, language: str) -> str:
    return f"{version_url(version)}/{language}" if language else version_url(version)


def result_description(version: Version) -> dict[str, Any]:
    """Which results there are (OB 3.0 ResultDescription)."""
    found: dict[str, Any] = {
        "id": f"{version_url(version)}#result",
        "type": ["ResultDescription"],
        "name": "Result",
        "resultType": "RawScore" if version.results["kind"] == "number" else "Result",
    }
    if version.results["kind"] == "number":
        return found | {
            name: f"{version.results[end]:g}" for name, end in (("valueMin", "low"), ("valueMax", "high"))
        }
    return found | {"allowedValue": list(version.results["values"])}


def related(version: Version, language: str = "") -> list[dict[str, Any]]:
    """The same badge in its other languages (OB 3.0 Related)."""
    spoken = saying.said(version, language).language
    others = [(code, code) for code in sorted(version.translations)] + [("", version.language)]
    return [
        {"id": language_url(version, code), "type": ["Related"]} | ({"inLanguage": named} if named else {})
        for code, named in others
        if code != spoken
    ]


def picture_text(version: Version) -> str:
    return version.picture_alt or version.title


def digest_sri(data: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()


@lru_cache(maxsize=1000)
def _picture_digest(version_id: int, _made_at: datetime) -> str:
    """Of a version's picture, which never changes once something was awarded with it."""
    return digest_sri(bytes(Version.objects.values_list("picture_png", flat=True).get(pk=version_id)))


class Given(NamedTuple):
    """What one credential says that others of its badge do not."""

    public_id: str
    address: str
    name: str
    awarded_at: datetime
    expires_at: datetime | None
    evidence_url: str
    result: str = ""
    language: str = ""


def skeleton(
    issuer: Issuer,
    version: Version,
    *,
    ends: bool,
    has_evidence: bool,
    has_result: bool = False,
    can_suspend: bool = False,
    language: str = "",
) -> dict[str, Any]:
    """The unsigned credential of a badge, with nothing where two awards differ: `texts` says what stands there."""
    content: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": "",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": saying.said(version, language).title,
        "issuer": profile(issuer),
        "validFrom": "",
        "awardedDate": "",
        "credentialSubject": {
            "id": "",
            "type": ["AchievementSubject"],
            "identifier": [_identity("emailAddress", hashed=True), _name_identity(version)],
            "achievement": achievement(version, language),
        },
        "credentialStatus": status.status_entry("", "revocation", 0) | {"id": "", "statusListIndex": ""},
        "relatedResource": [
            {
                "id": picture_url(version),
                "mediaType": "image/png",
                "digestSRI": _picture_digest(version.pk, version.made_at),
            }
        ],
    }
    if can_suspend:
        held = status.status_entry("", "suspension", 0) | {"id": "", "statusListIndex": ""}
        content["credentialStatus"] = [content["credentialStatus"], held]
    if ends:
        content["validUntil"] = ""
    if has_evidence:
        content["evidence"] = [{"id": "", "type": ["Evidence"]}]
    if has_result:
        described = {"resultDescription": f"{version_url(version)}#result"} if version.results else {}
        content["credentialSubject"]["result"] = [{"type": ["Result"], **described, "value": ""}]
    return content


class Place(NamedTuple):
    """Where an award stands in a status list."""

    list_address: str
    at: int

    def texts(self, pointer: str) -> dict[str, str]:
        return {
            f"{pointer}/id": f"{self.list_address}#{self.at}",
            f"{pointer}/statusListIndex": str(self.at),
            f"{pointer}/statusListCredential": self.list_address,
        }


def texts(given: Given, places: Sequence[Place], *, name_in_clear: bool) -> dict[str, str]:
    """JSON pointers into the skeleton, and what stands there. Salts and the subject's id are fresh (DECISIONS 8)."""
    salt, begins = random_signs(SALT_LENGTH), stamp(given.awarded_at)
    address = recipient.email_form(given.address)
    found = {
        "/id": permanent_address(given.public_id),
        "/validFrom": begins,
        "/awardedDate": begins,
        "/credentialSubject/id": f"urn:uuid:{uuid.uuid4()}",
        "/credentialSubject/identifier/0/identityHash": recipient.identity_hash(address, salt),
        "/credentialSubject/identifier/0/salt": salt,
        "/credentialSubject/identifier/1/identityHash": recipient.name_form(given.name),
    }
    # One entry is written as an object, several as an array (DECISIONS 7).
    for number, place in enumerate(places):
        found |= place.texts("/credentialStatus" if len(places) == 1 else f"/credentialStatus/{number}")
    if not name_in_clear:
        salt, name = random_signs(SALT_LENGTH), "/credentialSubject/identifier/1/"
        found[f"{name}identityHash"] = recipient.identity_hash(found[f"{name}identityHash"], salt)
        found[f"{name}salt"] = salt
    if given.expires_at:
        found["/validUntil"] = stamp(given.expires_at)
    if given.evidence_url:
        found["/evidence/0/id"] = given.evidence_url
    if given.result:
        found["/credentialSubject/result/0/value"] = given.result
    return found


def _identity(identity_type: str, *, hashed: bool) -> dict[str, Any]:
    empty = {"type": "IdentityObject", "hashed": hashed, "identityHash": "", "identityType": identity_type}
    return empty | {"salt": ""} if hashed else empty


def _name_identity(version: Version) -> dict[str, Any]:
    """The name hashed with a salt of its own, or in clear where the badge is set to carry names."""
    return _identity("name", hashed=not version.names_in_clear)
