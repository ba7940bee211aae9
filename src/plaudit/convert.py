"""One award in the words of Open Badges 2.0 and in those of 3.0.

`PAIRS` is the whole correspondence: what stands in it survives both ways, and whatever else a document says is
named in `lost`, by its JSON pointer. Signatures, status entries, keys and revocation lists are not content: they
belong to one form of the award and are made anew when the other is issued.

Clauses: Open Badges 3.0 and 2.0 data models; Open Badges 3.0 Implementation Guide, "Migrating".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from plaudit import ob2
from plaudit.documents import ISSUED
from plaudit.errors import IssueError
from plaudit.members import Node
from plaudit.model import AchievementCredential
from plaudit.reading import format_date_time, is_absolute_iri, parse_date_time

PAIRS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "image": (("id", "id", ""), ("caption", "caption", "")),
    "criteria": (("id", "id", ""), ("narrative", "narrative", "")),
    "evidence": (
        ("id", "id", ""),
        ("narrative", "narrative", ""),
        ("name", "name", ""),
        ("description", "description", ""),
        ("genre", "genre", ""),
        ("audience", "audience", ""),
    ),
    "alignment": (
        ("targetName", "targetName", ""),
        ("targetUrl", "targetUrl", ""),
        ("targetCode", "targetCode", ""),
        ("targetDescription", "targetDescription", ""),
        ("targetFramework", "targetFramework", ""),
    ),
    "related": (("id", "id", ""), ("inLanguage", "@language", ""), ("version", "version", "")),
    "profile": (
        ("id", "id", ""),
        ("name", "name", ""),
        ("url", "url", ""),
        ("email", "email", ""),
        ("phone", "telephone", ""),
        ("description", "description", ""),
        ("image", "image", "image"),
    ),
    "achievement": (
        ("id", "id", ""),
        ("name", "name", ""),
        ("description", "description", ""),
        ("criteria", "criteria", "criteria"),
        ("image", "image", "image"),
        ("alignment", "alignment", "alignment"),
        ("tag", "tags", ""),
        ("version", "version", ""),
        ("inLanguage", "@language", ""),
        ("related", "related", "related"),
    ),
    "credential": (
        ("id", "id", ""),
        ("validFrom", "issuedOn", "moment"),
        ("validUntil", "expires", "moment"),
        ("evidence", "evidence", "evidence"),
        ("image", "image", "image"),
    ),
    "subject": (("narrative", "narrative", ""),),
}
"""Part -> (member in 3.0, member in 2.0, the part it holds or how it is written)."""
IDENTITY_TYPES: Final = {"emailAddress": "email", "ext:url": "url", "ext:telephone": "telephone"}
"""`identityType` of 3.0 -> `type` of 2.0. An identity of type id, in clear, is the subject's id."""
NOT_CONTENT: Final = frozenset(
    {
        "@context", "type", "proof", "credentialStatus", "verification", "publicKey", "revocationList", "revoked",
        "revocationReason",
    }
)  # fmt: skip
"""Members that are no part of what is awarded to whom, and are made anew."""
_MANY_IN_3: Final = frozenset({"evidence", "alignment", "related", "tag", "tags"})


@dataclass(frozen=True, slots=True)
class OpenBadge2:
    """An award in the words of 2.0, three documents, and what of the other form they could not say."""

    assertion: ob2.Assertion
    badge_class: ob2.BadgeClass
    issuer: ob2.Profile
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenBadge3:
    """An award in the words of 3.0, to be signed, and what of the other form it could not say."""

    credential: AchievementCredential
    lost: tuple[str, ...]


def to_ob2(
    credential: Mapping[str, Any] | AchievementCredential,
    *,
    assertion_id: str | None = None,
    badge_id: str | None = None,
    issuer_id: str | None = None,
) -> OpenBadge2:
    """An Open Badges 3.0 credential as assertion, badge class and issuer of 2.0, to be hosted or signed.

    The three are documents with web addresses: each is given, or the identifier of 3.0 is one already. The
    recipient is the subject's mail address (or telephone number or address on the web) if there is one, else its
    id; 2.0 has room for one. Raises IssueError where an address or the recipient is missing.
    """
    document = credential.to_json() if isinstance(credential, Node) else credential
    lost: list[str] = []
    subject = _object(document, "credentialSubject", "")
    achievement = _object(subject, "achievement", "/credentialSubject")
    issuer = document.get("issuer")
    issuer = {"id": issuer} if isinstance(issuer, str) else _object(document, "issuer", "")

    assertion = _converted(document, "credential", "", True, lost, {"credentialSubject", "issuer"})
    assertion |= _converted(subject, "subject", "/credentialSubject", True, lost, _SUBJECT)
    if document.get("name") == achievement.get("name") and "/name" in lost:
        lost.remove("/name")
    assertion["recipient"] = _recipient_of_2(subject, lost)
    badge = _converted(achievement, "achievement", "/credentialSubject/achievement", True, lost)
    profile = _converted(issuer, "profile", "/issuer", True, lost)
    for target, given, path in (
        (assertion, assertion_id, "/id"),
        (badge, badge_id, "/credentialSubject/achievement/id"),
        (profile, issuer_id, "/issuer/id"),
    ):
        target["id"] = given or target.get("id")
        if not str(target["id"]).startswith(("https://", "http://")):
            raise IssueError(path, "2.0 wants a web address here, and none was given")
    assertion |= {"badge": badge["id"], "verification": {"type": "HostedBadge"}, "@context": ob2.CONTEXT}
    badge |= {"issuer": profile["id"], "@context": ob2.CONTEXT}
    profile["@context"] = ob2.CONTEXT
    return OpenBadge2(
        ob2.Assertion.from_json(assertion),
        ob2.BadgeClass.from_json(badge),
        ob2.Profile.from_json(profile),
        tuple(lost),
    )


_SUBJECT: Final = frozenset({"id", "identifier", "achievement"})


def to_ob3(
    assertion: Mapping[str, Any] | ob2.Assertion,
    badge_class: Mapping[str, Any] | ob2.BadgeClass | None = None,
    issuer: Mapping[str, Any] | ob2.Profile | None = None,
    *,
    credential_id: str | None = None,
    achievement_id: str | None = None,
    issuer_id: str | None = None,
) -> OpenBadge3:
    """An assertion of Open Badges 2.0 with its badge class and issuer as one credential of 3.0, to be signed.

    Badge class and issuer may be left out where they are embedded, as `checks.hosted.examine` shows them. The
    identifiers are kept unless others are given; a signer's issuer is usually another (a DID). Raises IssueError
    where a part is missing.
    """
    award, badge = _plain(assertion), _plain(badge_class)
    badge = badge or _object(award, "badge", "")
    profile = _plain(issuer) or _object(badge, "issuer", "/badge")
    lost: list[str] = []
    document: dict[str, Any] = {"@context": [*ISSUED], "name": badge.get("name")}
    document |= _converted(award, "credential", "", False, lost, {"badge", "recipient", "narrative"})
    achievement = _converted(badge, "achievement", "/badge", False, lost, {"issuer"})
    document["issuer"] = _converted(profile, "profile", "/badge/issuer", False, lost)
    document["credentialSubject"] = {
        **_recipient_of_3(_object(award, "recipient", ""), lost),
        **_converted(
            {name: award[name] for name in ("narrative",) if name in award}, "subject", "", False, lost
        ),
        "achievement": achievement,
    }
    for target, given, path in (
        (document, credential_id, "/id"),
        (achievement, achievement_id, "/badge/id"),
        (document["issuer"], issuer_id, "/badge/issuer/id"),
    ):
        target["id"] = given or target.get("id")
        if not is_absolute_iri(target["id"]):
            raise IssueError(path, "is no absolute IRI, and none was given")
    return OpenBadge3(AchievementCredential.from_json(document), tuple(lost))


def _plain(value: Mapping[str, Any] | Node | None) -> Mapping[str, Any]:
    return {} if value is None else value.to_json() if isinstance(value, Node) else value


def _object(document: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    value = document.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        raise IssueError(f"{path}/{name}", "must be an object to be converted")
    return value


def _converted(
    source: Mapping[str, Any],
    part: str,
    path: str,
    to_2: bool,
    lost: list[str],
    elsewhere: frozenset[str] | set[str] = frozenset(),
) -> dict[str, Any]:
    """The members of one object by the table; what is not in it is lost, unless it is dealt with elsewhere."""
    names = {(new, old)[not to_2]: ((old, new)[not to_2], kind) for new, old, kind in PAIRS[part]}
    result: dict[str, Any] = {}
    for name, value in source.items():
        here = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        if name in NOT_CONTENT or name in elsewhere or value is None or value == []:
            continue
        if name not in names:
            lost.append(here)
            continue
        target, kind = names[name]
        converted = _value(value, kind, here, to_2, lost, many=name in _MANY_IN_3)
        if converted is not None:
            result[target] = converted
    return result


def _value(value: Any, kind: str, path: str, to_2: bool, lost: list[str], *, many: bool) -> Any:
    if isinstance(value, list) and not many and len(value) == 1:
        value = value[0]
    if many:
        entries = value if isinstance(value, list) else [value]
        found = [
            _value(entry, kind, f"{path}/{index}", to_2, lost, many=False)
            for index, entry in enumerate(entries)
        ]
        return [entry for entry in found if entry is not None] or None
    if kind in PAIRS:
        if isinstance(value, str):
            return value if to_2 else {"id": value}
        if not isinstance(value, Mapping):
            lost.append(path)
            return None
        part = _converted(value, kind, path, to_2, lost)
        may_be_address = to_2 and kind in ("image", "criteria", "evidence", "related")
        return part["id"] if may_be_address and part.keys() == {"id"} else part or None
    if kind == "moment":
        return _moment(value)
    if isinstance(value, Mapping) and isinstance(value.get("@value"), str):
        lost.append(f"{path}/@language")
        return value["@value"]
    if isinstance(value, int | float) and not isinstance(value, bool) and path.endswith("/version"):
        return str(value)
    return value


def _moment(value: Any) -> Any:
    """A date both versions take: 3.0 wants the seconds written, which 2.0 does not."""
    if parse_date_time(value) is not None:
        return value
    moment = ob2.parse_moment(value)
    return value if moment is None else format_date_time(moment)


def _recipient_of_2(subject: Mapping[str, Any], lost: list[str]) -> dict[str, Any]:
    """The one identity that 2.0 has room for, a mail address before others."""
    identities = subject.get("identifier")
    entries = identities if isinstance(identities, list) else [] if identities is None else [identities]
    ranks: Callable[[int], int] = lambda index: _rank(entries[index])  # noqa: E731
    best = min(range(len(entries)), key=ranks, default=None)
    if best is not None and ranks(best) < len(IDENTITY_TYPES):
        lost += [f"/credentialSubject/identifier/{index}" for index in range(len(entries)) if index != best]
        if subject.get("id") is not None:
            lost.append("/credentialSubject/id")
        entry = entries[best]
        result = {
            "type": IDENTITY_TYPES[entry["identityType"]],
            "hashed": entry.get("hashed") is True,
            "identity": entry.get("identityHash"),
        }
        return result | ({"salt": entry["salt"]} if "salt" in entry else {})
    lost += [f"/credentialSubject/identifier/{index}" for index in range(len(entries))]
    if not isinstance(subject.get("id"), str):
        raise IssueError("/credentialSubject", "names nobody in a way that 2.0 could")
    return {"type": "id", "hashed": False, "identity": subject["id"]}


def _rank(entry: Any) -> int:
    kind = entry.get("identityType") if isinstance(entry, Mapping) else None
    return [*IDENTITY_TYPES].index(kind) if kind in IDENTITY_TYPES else len(IDENTITY_TYPES)


def _recipient_of_3(entry: Mapping[str, Any], lost: list[str]) -> dict[str, Any]:
    names = {old: new for new, old in IDENTITY_TYPES.items()}
    kind = entry.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    hashed, value = entry.get("hashed") is True, entry.get("identity")
    lost += [f"/recipient/{name}" for name in entry if name not in ("type", "hashed", "identity", "salt")]
    if kind == "id" and not hashed and is_absolute_iri(value):
        return {"id": value}
    if kind not in names:
        raise IssueError("/recipient/type", f"{str(kind)[:40]!r} is no kind of recipient that 3.0 knows")
    identity = {
        "type": "IdentityObject",
        "hashed": hashed,
        "identityHash": value,
        "identityType": names[str(kind)],
    }
    return {"identifier": [identity | ({"salt": entry["salt"]} if "salt" in entry else {})]}
