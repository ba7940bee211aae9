"""The words of Open Badges 2.0 and 2.1, what makes a document one of them, and how older badges are read as such.

Clauses: Open Badges 2.0 ("Data Classes", "Extensions", "Verification"), 2.1 (the same classes), 1.1 (upgraded).
An object that the standard lets a document name by its address alone may be a string in its place. Members that
these classes have no word for live in `more` and survive; so do extensions.
"""

# ruff: noqa: RUF009 -- `member` and `part` only wrap dataclasses.field

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from plaudit.errors import Fault, UnreadableError
from plaudit.members import ANY, BOOLEAN, DATE_TIME, IRI, NUMBER, TEXT, Node, Row, member, part, rows_of
from plaudit.reading import describe, is_absolute_iri, parse_date_time

CONTEXT: Final = "https://w3id.org/openbadges/v2"
CONTEXT_1: Final = "https://w3id.org/openbadges/v1"
EXTENSIONS: Final = "https://w3id.org/openbadges/extensions"
INLINE_CONTEXTS: Final = frozenset(
    {
        "82e4ff41d4dafd098c27a82756153a9d99095a6cf68ecdb56fb9af7e7e390c75",
        "7a026527bedcc0565a37eb3359eb0526aa419b16ee8ab61979da5da370ddaba7",
    }
)
"""SHA-256 of the published context written out (members sorted, separators ", " and ": "): as its
specification has it, and as the validator of its publisher does, with another IRI for targetFramework."""
HOSTED: Final = frozenset({"hosted", "HostedBadge"})
SIGNED: Final = frozenset({"signed", "SignedBadge"})
IDENTITY_TYPES: Final = frozenset({"email", "url", "telephone", "id"})
MAX_FAULTS: Final = 20
"""More than anybody reads."""


@dataclass(frozen=True, kw_only=True)
class Word(Node):
    """What the words of Open Badges 2.0 have in common: one type, which some may leave out."""

    SINGLE_TYPE = True
    NAMES: ClassVar[tuple[str, ...]] = ()
    """Types one of which makes an object this word; the first is written when none is given."""
    TYPED: ClassVar[bool] = False
    """Whether the type has to be there."""
    BY_ADDRESS: ClassVar[bool] = False
    """Whether a document may give the address in place of the object."""

    def __post_init__(self) -> None:
        if self.TYPED and not self.type:
            object.__setattr__(self, "type", self.NAMES[:1])


@dataclass(frozen=True, kw_only=True)
class IdentityObject(Word):
    """Whom a badge is for: `type` is email, url, telephone or id, `identity` the value or "sha256$" and its hash."""

    TYPED = True
    NAMES = ("email", "url", "telephone", "id")
    identity: str | None = member(TEXT, required=True)
    hashed: bool | None = member(BOOLEAN, required=True)
    salt: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class VerificationObject(Word):
    """How an assertion is verified (`type`, `creator`), or which addresses an issuer's badges may have."""

    NAMES = ("HostedBadge", "SignedBadge", "hosted", "signed", "VerificationObject")
    creator: str | None = member(IRI)
    verification_property: str | None = member(TEXT)
    starts_with: tuple[str, ...] = member(IRI, many=True)
    allowed_origins: tuple[str, ...] = member(TEXT, many=True)


@dataclass(frozen=True, kw_only=True)
class Image(Word):
    """A picture: `id` is its address, or a data URI."""

    NAMES = ("schema:ImageObject", "ImageObject", "Image")
    BY_ADDRESS = True
    id: str | None = member(IRI, required=True)
    caption: str | None = member(TEXT)
    author: str | None = member(IRI)


@dataclass(frozen=True, kw_only=True)
class Criteria(Word):
    """What has to be done for a badge."""

    NAMES = ("Criteria",)
    BY_ADDRESS = True
    id: str | None = member(IRI)
    narrative: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Evidence(Word):
    """What the earner has done."""

    NAMES = ("Evidence",)
    BY_ADDRESS = True
    id: str | None = member(IRI)
    narrative: str | None = member(TEXT)
    name: str | None = member(TEXT)
    description: str | None = member(TEXT)
    genre: str | None = member(TEXT)
    audience: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class AlignmentObject(Word):
    """What in a framework of skills or standards a badge corresponds to."""

    NAMES = ("AlignmentObject",)
    target_name: str | None = member(TEXT, required=True)
    target_url: str | None = member(IRI, required=True)
    target_description: str | None = member(TEXT)
    target_framework: str | None = member(TEXT)
    target_code: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class CryptographicKey(Word):
    """An issuer's key for signed badges, at an address of its own."""

    NAMES = ("CryptographicKey",)
    BY_ADDRESS = True
    context: Any = member(ANY, name="@context")
    id: str | None = member(IRI)
    owner: str | None = member(IRI, required=True)
    public_key_pem: str | None = member(TEXT, required=True)


@dataclass(frozen=True, kw_only=True)
class RevocationList(Word):
    """The signed assertions that an issuer took back: addresses, or objects with `id` or `uid` and a reason."""

    TYPED = True
    NAMES = ("RevocationList",)
    BY_ADDRESS = True
    context: Any = member(ANY, name="@context")
    id: str | None = member(IRI)
    issuer: str | None = member(IRI)
    revoked_assertions: tuple[Any, ...] = member(ANY, many=True)


@dataclass(frozen=True, kw_only=True)
class Related(Word):
    """Another version of a badge class, in another language for one."""

    NAMES = ("BadgeClass", "Assertion", "Issuer", "Profile", "Endorsement")
    BY_ADDRESS = True
    id: str | None = member(IRI, required=True)
    language: str | None = member(TEXT, name="@language")
    version: Any = member(ANY)


@dataclass(frozen=True, kw_only=True)
class _Document(Word):
    """What the documents with an address of their own have in common."""

    TYPED = True
    BY_ADDRESS = True
    context: Any = member(ANY, name="@context")
    id: str | None = member(IRI, required=True)
    language: str | None = member(TEXT, name="@language")
    version: Any = member(ANY)
    related: tuple[Related | str, ...] = part("Related", many=True)


@dataclass(frozen=True, kw_only=True)
class Profile(_Document):
    """An issuer, or another person or organisation."""

    NAMES = ("Issuer", "Profile")
    name: str | None = member(TEXT, required=True)
    url: str | None = member(IRI, required=True)
    email: str | None = member(TEXT, required=True)
    telephone: str | None = member(TEXT)
    description: str | None = member(TEXT)
    image: Image | str | None = part("Image")
    public_key: tuple[CryptographicKey | str, ...] = part("CryptographicKey", many=True)
    verification: VerificationObject | None = part("VerificationObject")
    revocation_list: RevocationList | str | None = part("RevocationList")
    endorsement: tuple[Endorsement | str, ...] = part("Endorsement", many=True)


@dataclass(frozen=True, kw_only=True)
class BadgeClass(_Document):
    """What can be awarded."""

    NAMES = ("BadgeClass",)
    name: str | None = member(TEXT, required=True)
    description: str | None = member(TEXT, required=True)
    image: Image | str | None = part("Image")
    criteria: Criteria | str | None = part("Criteria", required=True)
    issuer: Profile | str | None = part("Profile", required=True)
    alignment: tuple[AlignmentObject, ...] = part("AlignmentObject", many=True)
    tags: tuple[str, ...] = member(TEXT, many=True)
    endorsement: tuple[Endorsement | str, ...] = part("Endorsement", many=True)


@dataclass(frozen=True, kw_only=True)
class Assertion(_Document):
    """A badge awarded to somebody."""

    NAMES = ("Assertion",)
    recipient: IdentityObject | None = part("IdentityObject", required=True)
    badge: BadgeClass | str | None = part("BadgeClass", required=True)
    verification: VerificationObject | None = part("VerificationObject", required=True)
    issued_on: str | None = member(DATE_TIME, required=True)
    expires: str | None = member(DATE_TIME)
    image: Image | str | None = part("Image")
    narrative: str | None = member(TEXT)
    evidence: tuple[Evidence | str, ...] = part("Evidence", many=True)
    revoked: bool | None = member(BOOLEAN)
    revocation_reason: str | None = member(TEXT)
    endorsement: tuple[Endorsement | str, ...] = part("Endorsement", many=True)


@dataclass(frozen=True, kw_only=True)
class EndorsementClaim(Word):
    """What is endorsed (`id`), and in which words."""

    NAMES = ("EndorsementClaim",)
    id: str | None = member(IRI, required=True)
    endorsement_comment: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Endorsement(_Document):
    """Somebody's approval of a badge, an award or an issuer."""

    NAMES = ("Endorsement",)
    claim: EndorsementClaim | None = part("EndorsementClaim", required=True)
    issuer: Profile | str | None = part("Profile", required=True)
    issued_on: str | None = member(DATE_TIME, required=True)
    verification: VerificationObject | None = part("VerificationObject", required=True)
    revoked: bool | None = member(BOOLEAN)
    revocation_reason: str | None = member(TEXT)


@dataclass(frozen=True, kw_only=True)
class ExampleExtension(Word):
    """The extension that the standard explains extensions with."""

    NAMES = ("extensions:ExampleExtension",)
    example_property: str | None = member(TEXT)
    text: str | None = member(TEXT, name="http://schema.org/text")


@dataclass(frozen=True, kw_only=True)
class ApplyLink(Word):
    """Where one can apply for a badge."""

    NAMES = ("extensions:ApplyLink",)
    url: str | None = member(IRI, required=True)


@dataclass(frozen=True, kw_only=True)
class _Place(Word):
    """A point on the globe, in degrees."""

    latitude: float | None = member(NUMBER, required=True)
    longitude: float | None = member(NUMBER, required=True)


@dataclass(frozen=True, kw_only=True)
class GeoCoordinates(Word):
    """Where a badge belongs."""

    NAMES = ("extensions:GeoCoordinates",)
    name: str | None = member(TEXT)
    description: str | None = member(TEXT)
    geo: _Place | None = part("_Place", required=True)


@dataclass(frozen=True, kw_only=True)
class Accessibility(Word):
    """Who can take part in what a badge is awarded for."""

    NAMES = ("extensions:Accessibility",)
    accessibility_api: tuple[str, ...] = member(TEXT, many=True, name="accessibilityAPI")
    accessibility_control: tuple[str, ...] = member(TEXT, many=True)
    accessibility_feature: tuple[str, ...] = member(TEXT, many=True)
    accessibility_hazard: tuple[str, ...] = member(TEXT, many=True)
    url: str | None = member(IRI)


CLASSES: Final[Mapping[str, type[Word]]] = {
    name: cls
    for cls in (
        Assertion, BadgeClass, Profile, Endorsement, CryptographicKey, RevocationList, AlignmentObject, Criteria,
        Evidence, Image, VerificationObject, EndorsementClaim,
    )
    for name in cls.NAMES
}  # fmt: skip
"""The types an object can have -> its class."""

EXTENSION_CLASSES: Final[Mapping[str, type[Word]]] = {
    cls.NAMES[0].removeprefix("extensions:").lower(): cls
    for cls in (ExampleExtension, ApplyLink, GeoCoordinates, Accessibility)
}
"""The extensions whose members are known here, by their names in small letters."""

_TYPES: Final = frozenset(CLASSES) | {
    "Extension", "IdentityObject", "ImageObject", "FrameValidation", "TypeValidation", "schema:ImageObject",
    "VerificationObjectAssertion", "VerificationObjectIssuer", "email", "url", "telephone", "id",
}  # fmt: skip


def class_of(document: Mapping[str, Any]) -> type[Word] | None:
    """The class that a document's type names; None when it names none of Open Badges 2.0."""
    types = document.get("type")
    for name in types if isinstance(types, list) else [types]:
        if isinstance(name, str) and name in CLASSES:
            return CLASSES[name]
    return None


def is_open_badge_2(document: Mapping[str, Any]) -> bool:
    """Whether a document means to be of Open Badges 2.x or 1.x: by its context, or by the members of 1.x."""
    contexts = document.get("@context")
    listed = contexts if isinstance(contexts, list) else [contexts]
    if any(isinstance(url, str) and url.startswith("https://w3id.org/openbadges/") for url in listed):
        return True
    if any(isinstance(item, Mapping) and is_published_context(item) for item in listed):
        return True
    return contexts is None and is_open_badge_1(document)


def is_open_badge_1(document: Mapping[str, Any]) -> bool:
    """Whether a document is an assertion of Open Badges 1.0 or 1.1, which named its members otherwise."""
    return isinstance(document.get("verify"), Mapping) and "verification" not in document


def is_published_context(value: Mapping[str, Any]) -> bool:
    """Whether an object is the published context of Open Badges 2.0, written out."""
    try:
        text = json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return False
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() in INLINE_CONTEXTS


# Dates

_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2})?(\.[0-9]{1,12})?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


def parse_moment(value: object) -> datetime | None:
    """An ISO 8601 date and time with a zone, as aware UTC; seconds may be missing. None when it is not one.

    Open Badges 2.0, "DateTime": the zone is to be written. Versions 1.x allowed a date alone, and a number of
    seconds since 1970; `upgrade` writes these in full.
    """
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[5] is None:
        return None
    zone = found[5] if found[5] == "Z" or ":" in found[5] else f"{found[5][:3]}:{found[5][3:]}"
    return parse_date_time(f"{found[1]}T{found[2]}{found[3] or ':00'}{found[4] or ''}{zone}")


def _moment_of_1(value: Any) -> Any:
    """A date as versions 1.x wrote it, in full; anything else as it is."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return f"{value}T00:00:00Z"
    if isinstance(value, str) and re.fullmatch(r"[0-9]{9,10}", value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**33:
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and (found := _MOMENT.fullmatch(value)) and found[2] and not found[5]:
        return f"{value}Z"
    return value


# Open Badges 1.0 and 1.1


def upgrade(document: Mapping[str, Any], cls: type[Word], address: str | None = None) -> Mapping[str, Any]:
    """A document of Open Badges 1.0 or 1.1 in the words of 2.0; one that is of 2.0 already, as it is.

    `cls` says what it should be: Assertion, BadgeClass, Profile or RevocationList, which had no `type` then;
    `address` is where it was read, which was its identity. Badges of before 1.0, with the issuer named by an
    `origin`, are not upgraded: nothing in them can be checked today.
    """
    contexts = document.get("@context")
    of_2 = contexts is not None and CONTEXT_1 not in (contexts if isinstance(contexts, list) else [contexts])
    convert = _UPGRADES.get(cls)
    if of_2 or convert is None or (contexts is None and "type" in document):
        return document
    result = dict(document)
    convert(result)
    result["@context"] = CONTEXT
    if class_of(result) is not cls:
        result["type"] = cls.NAMES[0]
    if "id" not in result and address is not None:
        result["id"] = address
    return result


def _upgrade_assertion(result: dict[str, Any]) -> None:
    verify = result.pop("verify", None)
    if isinstance(verify, Mapping):
        url = verify.get("url")
        if verify.get("type") in SIGNED:
            result["verification"] = {"type": "SignedBadge", "creator": url}
        elif verify.get("type") in HOSTED:
            result["verification"] = {"type": "HostedBadge"}
            result.setdefault("id", url)
    uid = result.get("uid")
    if "id" not in result and isinstance(uid, str):
        result["id"] = uid if is_absolute_iri(uid) else f"urn:x-badge-uid:{uid}"
    for name in ("issuedOn", "expires"):
        if name in result:
            result[name] = _moment_of_1(result[name])


def _upgrade_badge(result: dict[str, Any]) -> None:
    alignment = result.get("alignment")
    if alignment is not None:
        names = {"name": "targetName", "url": "targetUrl", "description": "targetDescription"}
        result["alignment"] = [
            {names.get(name, name): value for name, value in item.items()}
            if isinstance(item, Mapping)
            else item
            for item in (alignment if isinstance(alignment, list) else [alignment])
        ]


def _upgrade_profile(result: dict[str, Any]) -> None:
    # Version 1 did not ask for a mail address; one that is not there is not invented.
    result.setdefault("type", "Issuer")


def _upgrade_revocations(result: dict[str, Any]) -> None:
    if "revokedAssertions" not in result:
        entries = [
            {"uid": name, "revocationReason": reason}
            for name, reason in result.items()
            if name not in ("@context", "id", "type") and isinstance(reason, str)
        ]
        for entry in entries:
            del result[entry["uid"]]
        result["revokedAssertions"] = entries


_UPGRADES: Final[Mapping[type[Word], Callable[[dict[str, Any]], None]]] = {
    Assertion: _upgrade_assertion,
    BadgeClass: _upgrade_badge,
    Profile: _upgrade_profile,
    RevocationList: _upgrade_revocations,
}


# What makes a document one of these


def required_of(cls: type[Word]) -> frozenset[str]:
    """The members that a word must have."""
    return frozenset(row.name for row in rows_of(cls) if row.required)


def check_context(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    """What is wrong with the `@context` of a document: it must name that of Open Badges 2.0."""
    contexts = document.get("@context")
    listed = contexts if isinstance(contexts, list) else [contexts]
    if CONTEXT in listed or any(isinstance(item, Mapping) and is_published_context(item) for item in listed):
        return ()
    return (Fault("/@context", f"must include {CONTEXT}"),)


def foreign_contexts(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Contexts beside that of the standard and its extensions: an address each, "inline" for an object."""
    contexts = document.get("@context")
    found: list[str] = []
    for item in contexts if isinstance(contexts, list) else [contexts]:
        if isinstance(item, Mapping) and not is_published_context(item):
            found.append("inline")
        elif isinstance(item, str) and item != CONTEXT and not item.startswith(f"{EXTENSIONS}/"):
            found.append(item[:200])
    return tuple(found)


def check_document(document: Mapping[str, Any], cls: type[Word] | None = None) -> tuple[Fault, ...]:
    """What is wrong with a document as the word `cls`, or as the one its type names; at most twenty faults.

    Types, required members, kinds of values, languages and extensions are looked at, embedded objects too; what
    stands at an address is not. The context is left to `check_context`.
    """
    faults: list[Fault] = []
    for fault in _check_types_are_known(document):
        faults.append(fault)
    found = class_of(document)
    if cls is not None and found is not cls:
        faults.append(Fault("/type", f"must be {' or '.join(cls.NAMES[:2])}"))
    if (word := cls or found) is not None:
        for fault in _check_word(document, word, "", 0):
            faults.append(fault)
            if len(faults) >= MAX_FAULTS:
                break
    return tuple(faults)


def _check_types_are_known(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Each type is a word of the standard, or an absolute IRI that is somebody else's."""
    types = document.get("type")
    names = types if isinstance(types, list) else [types]
    if not names:
        yield Fault("/type", "is empty")
    for name in names:
        if not isinstance(name, str) or not (name in _TYPES or is_absolute_iri(name)):
            yield Fault("/type", f"must be a type of the standard or an IRI, not {str(name)[:80]}")


def _check_word(value: Mapping[str, Any], cls: type[Word], path: str, depth: int) -> Iterator[Fault]:
    rows = {row.name: row for row in rows_of(cls)}
    for row in rows.values():
        if row.required and value.get(row.name) is None:
            yield Fault(path, f"must have the member {row.name!r}")
    if path:
        yield from _check_type_of_part(value, cls, path)
    for name, item in value.items():
        here = f"{path}/{name}"
        if name == "type" or item is None:
            continue
        if name in rows:
            yield from _check_member(item, rows[name], here, cls, depth)
        elif isinstance(item, Mapping) and _extension_name(name, item) is not None:
            yield from _check_extension(item, name, here, depth)


def _check_type_of_part(value: Mapping[str, Any], cls: type[Word], path: str) -> Iterator[Fault]:
    types = value.get("type")
    names = [] if types is None else types if isinstance(types, list) else [types]
    if cls.TYPED and not any(name in cls.NAMES for name in names if isinstance(name, str)):
        yield Fault(f"{path}/type", f"must be one of {', '.join(cls.NAMES)}")
    for name in names:
        if not isinstance(name, str):
            yield Fault(f"{path}/type", f"must be text, not {describe(name)}")


def _check_member(item: Any, row: Row, path: str, cls: type[Word], depth: int) -> Iterator[Fault]:
    if row.kind == ANY and not row.many:
        return
    if not row.many and isinstance(item, list):
        if len(item) != 1:
            yield Fault(path, "must be one value, not many")
        item = item[:1]
    for index, entry in enumerate(item if isinstance(item, list) else [item]):
        here = f"{path}/{index}" if row.many and isinstance(item, list) else path
        if row.kind != "part":
            yield from _check_value(entry, row, here)
        elif isinstance(entry, Mapping):
            word = row.word
            if depth < 6 and issubclass(word, Word):
                yield from _check_word(entry, word, here, depth + 1)
        elif not (issubclass(row.word, Word) and row.word.BY_ADDRESS and _is_address(entry, row, cls)):
            yield Fault(here, f"must be an object ({row.word.__name__}), not {describe(entry)}")


def _is_address(entry: Any, row: Row, cls: type[Word]) -> bool:
    if not is_absolute_iri(entry):
        return False
    # An award's own picture is a baked one, at an address; only a badge's or an issuer's may be written out.
    return not (row.name == "image" and cls is Assertion and str(entry).lower().startswith("data:"))


def _check_value(item: Any, row: Row, path: str) -> Iterator[Fault]:
    if row.name == "@language":
        fits: bool = isinstance(item, str) and _LANGUAGE.fullmatch(item) is not None
        wanted = "a language tag (BCP 47)"
    elif row.name == "identity":
        fits = isinstance(item, str) and bool(item)
        wanted = "text"
    else:
        fits, wanted = _FITS[row.kind](item), _WANTED[row.kind]
    if not fits:
        yield Fault(path, f"must be {wanted}, not {describe(item)}")


_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,10}")
_BLANK = re.compile(r"_:[A-Za-z0-9_-]{1,100}")
"""JSON-LD's name for something without an address, where the standard says IRI."""
_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    TEXT: lambda item: isinstance(item, str),
    IRI: lambda item: is_absolute_iri(item) or (isinstance(item, str) and _BLANK.fullmatch(item) is not None),
    DATE_TIME: lambda item: parse_moment(item) is not None,
    NUMBER: lambda item: isinstance(item, int | float) and not isinstance(item, bool),
    BOOLEAN: lambda item: isinstance(item, bool),
    ANY: lambda item: item is not None,
}
_WANTED: Final = {
    TEXT: "text",
    IRI: "an absolute IRI",
    DATE_TIME: "a date with a time and a zone",
    NUMBER: "a number",
    BOOLEAN: "true or false",
    ANY: "a value",
}


def _extension_name(name: str, value: Mapping[str, Any]) -> str | None:
    """The name of an extension, from the member that holds it or from its types; None when it is none."""
    types = value.get("type")
    names = [name, *(types if isinstance(types, list) else [types])]
    for item in names:
        if isinstance(item, str) and (found := _EXTENSION.search(item)):
            return found[1].lower()
    return None


_EXTENSION = re.compile(r"(?:^extensions:|/extensions[/#]+)([A-Za-z]+)$")


def _check_extension(value: Mapping[str, Any], name: str, path: str, depth: int) -> Iterator[Fault]:
    """Open Badges 2.0, "Extensions": typed Extension and as itself; known ones by their members."""
    types = value.get("type")
    names = [item for item in (types if isinstance(types, list) else [types]) if isinstance(item, str)]
    if "Extension" not in names:
        yield Fault(f"{path}/type", "must include Extension")
    known = {found for item in [name, *names] if (found := _extension_name(item, {}))}
    for word in sorted(known & set(EXTENSION_CLASSES)):
        yield from _check_word({**value, "type": None}, EXTENSION_CLASSES[word], path, depth + 1)


def known_words(document: Mapping[str, Any], cls: type[Word] | None = None) -> dict[str, Any]:
    """The document without the members that Open Badges 2.0 has no word for; known extensions stay.

    This is what may be shown: nobody but its author could say what the rest means.
    """
    word = cls or class_of(document)
    rows = {row.name: row for row in rows_of(word)} if word is not None else {}
    result: dict[str, Any] = {}
    for name, item in document.items():
        row = rows.get(name)
        if name in ("@context", "id", "type"):
            result[name] = item
        elif row is not None:
            result[name] = _known_value(item, row)
        elif isinstance(item, Mapping) and (found := _extension_name(name, item)) in EXTENSION_CLASSES:
            result[name] = known_words(item, EXTENSION_CLASSES[str(found)])
    return result


def _known_value(item: Any, row: Row) -> Any:
    if isinstance(item, list):
        return [_known_value(entry, row) for entry in item]
    if isinstance(item, Mapping) and row.of is not None and issubclass(row.word, Word):
        return known_words(item, row.word)
    return item


def read(document: Mapping[str, Any]) -> Word:
    """A document as an object of its class; UnreadableError when its type is none of Open Badges 2.0."""
    cls = class_of(document)
    if cls is None:
        raise UnreadableError(f"the type {str(document.get('type'))[:80]} is no word of Open Badges 2.0")
    return cls.from_json(document)
