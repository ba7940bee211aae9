"""The only place where our rows become the standard's document (OB 3.0 AchievementCredential)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from plaudit import recipient, status
from plaudit_site.achievements.models import Version
from plaudit_site.awards.models import Award, StatusList
from plaudit_site.awards.sharing import permanent_url, picture_url, version_url
from plaudit_site.awards.statuslists import list_url
from plaudit_site.issuers.models import Issuer

CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]


def stamp(at: datetime) -> str:
    """An xsd:dateTimeStamp in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def profile(issuer: Issuer) -> dict[str, Any]:
    """OB 3.0 Profile of the issuer, as it stands in each credential."""
    content: dict[str, Any] = {
        "id": issuer.identifier,
        "type": ["Profile"],
        "name": issuer.name,
        "url": issuer.url,
    }
    if issuer.description:
        content["description"] = issuer.description
    return content


def achievement(version: Version) -> dict[str, Any]:
    """OB 3.0 Achievement of one version; its id carries the version and never changes."""
    criteria: dict[str, Any] = {"narrative": version.criteria}
    if version.criteria_url:
        criteria["id"] = version.criteria_url
    content: dict[str, Any] = {
        "id": version_url(version),
        "type": ["Achievement"],
        "name": version.title,
        "description": version.description,
        "criteria": criteria,
        "image": {"id": picture_url(version), "type": "Image", "caption": picture_text(version)},
        "version": str(version.number),
    }
    if version.skills:
        content["tag"] = list(version.skills)
    return content


def picture_text(version: Version) -> str:
    return version.picture_alt or version.title


def digest_sri(data: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()


@lru_cache(maxsize=1000)
def _picture_digest(version_id: int, _made_at: datetime) -> str:
    """Of a version's picture, which never changes once something was awarded with it."""
    return digest_sri(bytes(Version.objects.values_list("picture_png", flat=True).get(pk=version_id)))


def holes(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Pointers to the texts that differ between two awards of one badge (plaudit.Template)."""
    identifiers = document["credentialSubject"]["identifier"]
    found = [
        "/id",
        "/validFrom",
        "/awardedDate",
        "/credentialSubject/id",
        *(f"/credentialSubject/identifier/{n}/identityHash" for n in range(len(identifiers))),
        *(f"/credentialSubject/identifier/{n}/salt" for n, one in enumerate(identifiers) if "salt" in one),
        "/credentialStatus/id",
        "/credentialStatus/statusListIndex",
        "/credentialStatus/statusListCredential",
    ]
    found += ["/validUntil"] if "validUntil" in document else []
    return (*found, "/evidence/0/id") if "evidence" in document else tuple(found)


def document(award: Award, status_list: StatusList, index: int) -> dict[str, Any]:
    """The unsigned credential of `award`. Salts and the subject's id are fresh each time (DECISIONS 8)."""
    version = award.version
    subject: dict[str, Any] = {
        "id": f"urn:uuid:{uuid.uuid4()}",
        "type": ["AchievementSubject"],
        "identifier": [
            recipient.identity_object("emailAddress", award.address, secrets.token_urlsafe(16)),
            _name_identity(award),
        ],
        "achievement": achievement(version),
    }
    content: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": permanent_url(award),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": version.title,
        "issuer": profile(award.issuer),
        "validFrom": stamp(award.awarded_at),
        "awardedDate": stamp(award.awarded_at),
        "credentialSubject": subject,
        "credentialStatus": status.status_entry(list_url(status_list), "revocation", index),
        "relatedResource": [
            {
                "id": picture_url(version),
                "mediaType": "image/png",
                "digestSRI": _picture_digest(version.pk, version.made_at),
            }
        ],
    }
    if award.expires_at:
        content["validUntil"] = stamp(award.expires_at)
    if award.evidence_url:
        content["evidence"] = [{"id": award.evidence_url, "type": ["Evidence"]}]
    return content


def _name_identity(award: Award) -> dict[str, Any]:
    """The name hashed with a salt of its own, or in clear where the badge is set to carry names."""
    salt = None if award.version.names_in_clear else secrets.token_urlsafe(16)
    return recipient.identity_object("name", award.name, salt)
