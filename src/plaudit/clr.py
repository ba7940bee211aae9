"""Comprehensive Learner Record 2.0: its words, the rules for them, and the credentials inside a record.

A record is one credential whose subject holds other credentials, each signed by whoever issued it, achievements
that the record's own issuer vouches for, and how all of these belong together.

Clauses: CLR 2.0, data models (ClrCredential, ClrSubject, Association).
"""

# ruff: noqa: RUF009 -- `member` and `part` only wrap dataclasses.field

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from plaudit.errors import Fault
from plaudit.members import ANY, DATE_TIME, IRI, TEXT, Node, member, part
from plaudit.model import Achievement, EndorsementCredential, IdentityObject, Image, Profile
from plaudit.reading import describe, is_absolute_iri, listed

CONTEXT: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
CONTEXT_PREFIX: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context"
OPEN_BADGES_PREFIX: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context"
ASSOCIATION_TYPES: Final = frozenset(
    {
        "exactMatchOf", "isChildOf", "isParentOf", "isPartOf", "isPeerOf", "isRelatedTo", "precedes", "replacedBy",
    }
)  # fmt: skip
"""How two achievements can belong together; `ext:` and a name of one's own is allowed beside them."""
MAX_PARTS: Final = 1000
"""Credentials listed in one record."""


@dataclass(frozen=True, kw_only=True)
class Association(Node):
    """How two achievements or credentials of the record, named by their ids, belong together."""

    TYPES = ("Association",)
    SINGLE_TYPE = True
    CLOSED = True
    association_type: str | None = member(TEXT, required=True)
    source_id: str | None = member(IRI, required=True)
    target_id: str | None = member(IRI, required=True)


@dataclass(frozen=True, kw_only=True)
class ClrSubject(Node):
    """Whose record it is, and what is in it: the `credentialSubject` of a record."""

    TYPES = ("ClrSubject",)
    id: str | None = member(IRI)
    identifier: tuple[IdentityObject, ...] = part("IdentityObject", many=True)
    achievement: tuple[Achievement, ...] = part("Achievement", many=True)
    verifiable_credential: tuple[Mapping[str, Any], ...] = member(ANY, many=True, required=True)
    association: tuple[Association, ...] = part("Association", many=True)


@dataclass(frozen=True, kw_only=True)
class ClrCredential(Node):
    """A learner's record, as one credential."""

    TYPES = ("VerifiableCredential", "ClrCredential")
    context: tuple[str, ...] = member(ANY, many=True, required=True, name="@context")
    id: str | None = member(IRI, required=True)
    name: str | None = member(TEXT, required=True)
    description: str | None = member(TEXT)
    partial: bool | None = member("boolean")
    image: Image | None = part("Image")
    issuer: Profile | None = part("Profile", required=True)
    credential_subject: ClrSubject | None = part("ClrSubject", required=True)
    valid_from: str | None = member(DATE_TIME, required=True)
    valid_until: str | None = member(DATE_TIME)
    awarded_date: str | None = member(DATE_TIME)
    credential_status: Mapping[str, Any] | None = member(ANY)
    endorsement: tuple[EndorsementCredential, ...] = part("EndorsementCredential", many=True)
    endorsement_jwt: tuple[str, ...] = member(TEXT, many=True)
    proof: tuple[Mapping[str, Any], ...] = member(ANY, many=True)


def is_clr(document: Mapping[str, Any]) -> bool:
    """Whether a credential means to be a learner record, by its type."""
    return "ClrCredential" in listed(document.get("type", []))


def parts(document: Mapping[str, Any]) -> list[Mapping[str, Any] | str]:
    """The credentials inside a record, in order: objects, and compact JWS as text. What is neither is left out.

    Each is to be verified as its own: the record's signature says only that its issuer put them together.
    """
    found: list[Mapping[str, Any] | str] = []
    for subject in listed(document.get("credentialSubject", [])):
        if isinstance(subject, Mapping):
            for item in listed(subject.get("verifiableCredential", [])):
                if isinstance(item, Mapping | str):
                    found.append(item)
    return found[:MAX_PARTS]


def check_clr(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What is wrong with a document as a learner record, beyond what any credential must have.

    Types and contexts, the subject, its achievements and associations; the credentials inside are not judged, only
    that they are there and are credentials.
    """
    return tuple(_check(document))


def _check(document: Mapping[str, Any]) -> Iterator[Fault]:
    contexts = [url for url in listed(document.get("@context", []))[1:3] if isinstance(url, str)]
    for index, prefix in enumerate((CONTEXT_PREFIX, OPEN_BADGES_PREFIX)):
        if not contexts[index : index + 1] or not contexts[index].startswith(prefix):
            yield Fault(f"/@context/{index + 1}", f"must be {prefix}…")
    if not is_clr(document):
        yield Fault("/type", "must include ClrCredential")
    for name in ("id", "name"):
        if name not in document:
            yield Fault("", f"must have the member {name!r}")
    issuer = document.get("issuer")
    if isinstance(issuer, Mapping) and "Profile" not in listed(issuer.get("type", [])):
        yield Fault("/issuer/type", "must include Profile")
    subject = document.get("credentialSubject")
    if isinstance(subject, Mapping):
        yield from _check_subject(subject, "/credentialSubject")
    else:
        yield Fault("/credentialSubject", f"must be an object (ClrSubject), not {describe(subject)}")


def _check_subject(subject: Mapping[str, Any], path: str) -> Iterator[Fault]:
    if "ClrSubject" not in listed(subject.get("type", [])):
        yield Fault(f"{path}/type", "must include ClrSubject")
    if not is_absolute_iri(subject.get("id")) and not subject.get("identifier"):
        yield Fault(path, "must have an id or an identifier, or it is nobody's record")
    for index, item in enumerate(listed(subject.get("identifier", []))):
        if not isinstance(item, Mapping) or "IdentityObject" not in listed(item.get("type", [])):
            yield Fault(f"{path}/identifier/{index}", "must be an IdentityObject")
    inside = listed(subject.get("verifiableCredential", []))
    if not inside:
        yield Fault(f"{path}/verifiableCredential", "must hold at least one credential")
    known: set[Any] = set()
    for index, item in enumerate(inside):
        if isinstance(item, Mapping):
            if "VerifiableCredential" not in listed(item.get("type", [])):
                yield Fault(f"{path}/verifiableCredential/{index}/type", "must include VerifiableCredential")
        elif not isinstance(item, str):
            yield Fault(f"{path}/verifiableCredential/{index}", f"must be a credential, not {describe(item)}")
    for index, item in enumerate(listed(subject.get("achievement", []))):
        yield from _check_achievement(item, f"{path}/achievement/{index}", known)
    for index, item in enumerate(listed(subject.get("association", []))):
        yield from _check_association(item, f"{path}/association/{index}")


def _check_achievement(item: Any, path: str, known: set[Any]) -> Iterator[Fault]:
    if not isinstance(item, Mapping):
        yield Fault(path, f"must be an object (Achievement), not {describe(item)}")
        return
    if "Achievement" not in listed(item.get("type", [])):
        yield Fault(f"{path}/type", "must include Achievement")
    for name in ("id", "name", "description"):
        if not isinstance(item.get(name), str | Mapping):
            yield Fault(path, f"must have the member {name!r}")
    criteria = item.get("criteria")
    if not isinstance(criteria, Mapping) or not (criteria.get("id") or criteria.get("narrative")):
        yield Fault(f"{path}/criteria", "must have an id or a narrative")
    identifier = item.get("id")
    if isinstance(identifier, str):
        if identifier in known:
            yield Fault(f"{path}/id", "is there twice, so nobody knows which achievement is meant")
        known.add(identifier)


def _check_association(item: Any, path: str) -> Iterator[Fault]:
    if not isinstance(item, Mapping):
        yield Fault(path, f"must be an object (Association), not {describe(item)}")
        return
    if "Association" not in listed(item.get("type", [])):
        yield Fault(f"{path}/type", "must be Association")
    kind = item.get("associationType")
    if not isinstance(kind, str) or not (kind in ASSOCIATION_TYPES or kind.startswith("ext:")):
        yield Fault(f"{path}/associationType", f"{str(kind)[:60]!r} is no way to belong together")
    for name in ("sourceId", "targetId"):
        if not is_absolute_iri(item.get(name)):
            yield Fault(f"{path}/{name}", "must be an absolute IRI")
    for name in item:
        if name not in ("id", "type", "associationType", "sourceId", "targetId"):
            yield Fault(f"{path}/{name}", "a member the standard does not allow in Association")
