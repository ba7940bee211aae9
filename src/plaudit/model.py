"""The words of Open Badges 3.0 as frozen dataclasses, and the check that a document uses them rightly.

One table serves both: a field of a dataclass says how the member is called, what it may hold, whether it is
required and whether there may be many. `from_json` and `to_json` are each other's inverse; members that the standard
does not name live in `more` and survive. `check_credential` walks a document with the same table.

Clauses: Open Badges 3.0 data model (appendix "Open Badges Data Models"), Verifiable Credentials 2.0 section 4.
"""

# ruff: noqa: RUF009 -- `_member` and `_part` only wrap dataclasses.field

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Final, Self, cast

from plaudit.documents import CREDENTIALS_V2, OPEN_BADGES_V3
from plaudit.errors import Fault, UnreadableError
from plaudit.reading import describe, is_absolute_iri, parse_date_time

TEXT, IRI, DATE_TIME, DATE, NUMBER, BOOLEAN, ANY = (
    "text",
    "iri",
    "datetime",
    "date",
    "number",
    "boolean",
    "any",
)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?")


def _member(
    kind: str, *, required: bool = False, many: bool = False, name: str | None = None, of: str | None = None
) -> Any:
    metadata = {"kind": kind, "required": required, "many": many, "name": name, "of": of}
    if many:
        return field(default=(), metadata=metadata)
    return field(default=None, metadata=metadata)


def _part(of: str, *, required: bool = False, many: bool = False) -> Any:
    return _member("part", required=required, many=many, of=of)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True)
class _Row:
    """One member of a class of the standard, as its field declares it."""

    attribute: str
    name: str
    kind: str
    required: bool
    many: bool
    of: str | None


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all words of the standard have in common. `type` is completed with the class's own name."""

    TYPES: ClassVar[tuple[str, ...]] = ()
    """The types an object of this class must carry; the first is its name in the standard."""
    SINGLE_TYPE: ClassVar[bool] = False
    """Whether the standard writes `type` as one string rather than an array."""
    CLOSED: ClassVar[bool] = False
    """Whether the standard allows no other members."""

    type: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """Members this library has no word for, as they were read."""

    def __post_init__(self) -> None:
        missing = tuple(name for name in self.TYPES if name not in self.type)
        object.__setattr__(self, "type", (*missing, *self.type))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read an object. It is not checked (see `check_credential`); UnreadableError when it is no object."""
        if not isinstance(value, Mapping):
            raise UnreadableError(f"{cls.__name__} is {describe(value)}, not an object")
        rows = {row.name: row for row in _rows(cls)}
        known: dict[str, Any] = {}
        more: dict[str, Any] = {}
        for name, item in value.items():
            row = rows.get(name)
            if name == "type":
                known["type"] = tuple(item) if isinstance(item, list) else (item,)
            elif row is None:
                more[name] = item
            else:
                known[row.attribute] = _read(row, item)
        return cls(**known, more=more)

    def to_json(self) -> dict[str, Any]:
        """The object as the standard writes it: no null, no empty array, arrays wherever many are allowed."""
        result: dict[str, Any] = {}
        for row in _rows(type(self)):
            if row.name == "type":
                if self.type:
                    result["type"] = (
                        self.type[0] if self.SINGLE_TYPE and len(self.type) == 1 else [*self.type]
                    )
                continue
            value = getattr(self, row.attribute)
            if value is None or value == ():
                continue
            result[row.name] = [_write(item) for item in value] if row.many else _write(value)
        return result | dict(self.more)


def _read(row: _Row, item: Any) -> Any:
    if row.many:
        return tuple(_read_one(row, entry) for entry in (item if isinstance(item, list) else [item]))
    return _read_one(row, item)


def _read_one(row: _Row, item: Any) -> Any:
    if row.of is not None and isinstance(item, Mapping):
        return CLASSES[row.of].from_json(item)
    return item


def _write(value: Any) -> Any:
    return value.to_json() if isinstance(value, Node) else value


def _rows(cls: type[Node]) -> tuple[_Row, ...]:
    """The members of a class, `id` and `type` first."""
    return _rows_by_name(cls.__name__)


@cache
def _rows_by_name(name: str) -> tuple[_Row, ...]:
    cls = CLASSES[name]
    rows = [_Row("type", "type", "types", bool(cls.TYPES), True, None)]
    for item in fields(cls):
        if item.name in ("type", "more"):
            continue
        data = item.metadata
        assert item.default is not MISSING
        member = data["name"] or _camel(item.name)
        row = _Row(item.name, member, data["kind"], data["required"], data["many"], data["of"])
        if member in ("id", "@context"):
            rows.insert(0 if member == "@context" else len(rows) - 1, row)
        else:
            rows.append(row)
    return tuple(rows)


@dataclass(frozen=True, kw_only=True)
class Image(Node):
    """A picture: `id` is its address."""

    TYPES = ("Image",)
    SINGLE_TYPE = True
    CLOSED = True
    id: str | None = _member(IRI, required=True)
    caption: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class IdentifierEntry(Node):
    """Another identifier of something, with its kind."""

    TYPES = ("IdentifierEntry",)
    SINGLE_TYPE = True
    CLOSED = True
    identifier: str | None = _member(TEXT, required=True)
    identifier_type: str | None = _member(TEXT, required=True)


@dataclass(frozen=True, kw_only=True)
class IdentityObject(Node):
    """Whom a badge is for, hashed or in clear (`plaudit.recipient` makes and compares them)."""

    TYPES = ("IdentityObject",)
    SINGLE_TYPE = True
    CLOSED = True
    hashed: bool | None = _member(BOOLEAN, required=True)
    identity_hash: str | None = _member(TEXT, required=True)
    identity_type: str | None = _member(TEXT, required=True)
    salt: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class GeoCoordinates(Node):
    """A place on the globe."""

    TYPES = ("GeoCoordinates",)
    SINGLE_TYPE = True
    latitude: float | None = _member(NUMBER, required=True)
    longitude: float | None = _member(NUMBER, required=True)


@dataclass(frozen=True, kw_only=True)
class Address(Node):
    """A postal address."""

    TYPES = ("Address",)
    address_country: str | None = _member(TEXT)
    address_country_code: str | None = _member(TEXT)
    address_region: str | None = _member(TEXT)
    address_locality: str | None = _member(TEXT)
    street_address: str | None = _member(TEXT)
    post_office_box_number: str | None = _member(TEXT)
    postal_code: str | None = _member(TEXT)
    geo: GeoCoordinates | None = _part("GeoCoordinates")


@dataclass(frozen=True, kw_only=True)
class Profile(Node):
    """An issuer, or another person or organisation."""

    TYPES = ("Profile",)
    id: str | None = _member(IRI, required=True)
    name: str | None = _member(TEXT)
    url: str | None = _member(IRI)
    phone: str | None = _member(TEXT)
    description: str | None = _member(TEXT)
    endorsement: tuple[EndorsementCredential, ...] = _part("EndorsementCredential", many=True)
    image: Image | None = _part("Image")
    email: str | None = _member(TEXT)
    address: Address | None = _part("Address")
    other_identifier: tuple[IdentifierEntry, ...] = _part("IdentifierEntry", many=True)
    official: str | None = _member(TEXT)
    parent_org: Profile | None = _part("Profile")
    family_name: str | None = _member(TEXT)
    given_name: str | None = _member(TEXT)
    additional_name: str | None = _member(TEXT)
    patronymic_name: str | None = _member(TEXT)
    honorific_prefix: str | None = _member(TEXT)
    honorific_suffix: str | None = _member(TEXT)
    family_name_prefix: str | None = _member(TEXT)
    date_of_birth: str | None = _member(DATE)


@dataclass(frozen=True, kw_only=True)
class Alignment(Node):
    """What in a framework of skills or standards something corresponds to."""

    TYPES = ("Alignment",)
    target_name: str | None = _member(TEXT, required=True)
    target_url: str | None = _member(IRI, required=True)
    target_code: str | None = _member(TEXT)
    target_description: str | None = _member(TEXT)
    target_framework: str | None = _member(TEXT)
    target_type: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Criteria(Node):
    """What has to be done for an achievement: an address, or a text (Markdown), or both."""

    id: str | None = _member(IRI)
    narrative: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Evidence(Node):
    """What the earner has done."""

    TYPES = ("Evidence",)
    id: str | None = _member(IRI)
    narrative: str | None = _member(TEXT)
    name: str | None = _member(TEXT)
    description: str | None = _member(TEXT)
    genre: str | None = _member(TEXT)
    audience: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class RubricCriterionLevel(Node):
    """One level of a rubric."""

    TYPES = ("RubricCriterionLevel",)
    id: str | None = _member(IRI, required=True)
    name: str | None = _member(TEXT, required=True)
    alignment: tuple[Alignment, ...] = _part("Alignment", many=True)
    description: str | None = _member(TEXT)
    level: str | None = _member(TEXT)
    points: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class ResultDescription(Node):
    """What results an achievement can have."""

    TYPES = ("ResultDescription",)
    id: str | None = _member(IRI, required=True)
    name: str | None = _member(TEXT, required=True)
    result_type: str | None = _member(TEXT, required=True)
    alignment: tuple[Alignment, ...] = _part("Alignment", many=True)
    allowed_value: tuple[str, ...] = _member(TEXT, many=True)
    required_level: str | None = _member(IRI)
    required_value: str | None = _member(TEXT)
    rubric_criterion_level: tuple[RubricCriterionLevel, ...] = _part("RubricCriterionLevel", many=True)
    value_max: str | None = _member(TEXT)
    value_min: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Result(Node):
    """A result the earner reached."""

    TYPES = ("Result",)
    achieved_level: str | None = _member(IRI)
    alignment: tuple[Alignment, ...] = _part("Alignment", many=True)
    result_description: str | None = _member(IRI)
    status: str | None = _member(TEXT)
    value: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Related(Node):
    """Another achievement that this one is related to."""

    TYPES = ("Related",)
    id: str | None = _member(IRI, required=True)
    in_language: str | None = _member(TEXT)
    version: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class Achievement(Node):
    """What can be awarded: on our pages, a badge."""

    TYPES = ("Achievement",)
    id: str | None = _member(IRI, required=True)
    name: str | None = _member(TEXT, required=True)
    description: str | None = _member(TEXT, required=True)
    criteria: Criteria | None = _part("Criteria", required=True)
    achievement_type: str | None = _member(TEXT)
    alignment: tuple[Alignment, ...] = _part("Alignment", many=True)
    creator: Profile | None = _part("Profile")
    credits_available: float | None = _member(NUMBER)
    endorsement: tuple[EndorsementCredential, ...] = _part("EndorsementCredential", many=True)
    field_of_study: str | None = _member(TEXT)
    human_code: str | None = _member(TEXT)
    image: Image | None = _part("Image")
    in_language: str | None = _member(TEXT)
    other_identifier: tuple[IdentifierEntry, ...] = _part("IdentifierEntry", many=True)
    related: tuple[Related, ...] = _part("Related", many=True)
    result_description: tuple[ResultDescription, ...] = _part("ResultDescription", many=True)
    specialization: str | None = _member(TEXT)
    tag: tuple[str, ...] = _member(TEXT, many=True)
    version: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class AchievementSubject(Node):
    """Who earned what: the `credentialSubject` of an achievement credential."""

    TYPES = ("AchievementSubject",)
    id: str | None = _member(IRI)
    achievement: Achievement | None = _part("Achievement", required=True)
    identifier: tuple[IdentityObject, ...] = _part("IdentityObject", many=True)
    activity_end_date: str | None = _member(DATE)
    activity_start_date: str | None = _member(DATE)
    credits_earned: float | None = _member(NUMBER)
    image: Image | None = _part("Image")
    license_number: str | None = _member(TEXT)
    narrative: str | None = _member(TEXT)
    result: tuple[Result, ...] = _part("Result", many=True)
    role: str | None = _member(TEXT)
    source: Profile | None = _part("Profile")
    term: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class EndorsementSubject(Node):
    """What is endorsed, and in which words: the `credentialSubject` of an endorsement."""

    TYPES = ("EndorsementSubject",)
    id: str | None = _member(IRI, required=True)
    endorsement_comment: str | None = _member(TEXT)


@dataclass(frozen=True, kw_only=True)
class _Credential(Node):
    """What both kinds of credential have in common."""

    context: tuple[str, ...] = _member(ANY, many=True, required=True, name="@context")
    id: str | None = _member(IRI)
    name: str | None = _member(TEXT)
    description: str | None = _member(TEXT)
    issuer: Profile | None = _part("Profile", required=True)
    valid_from: str | None = _member(DATE_TIME, required=True)
    valid_until: str | None = _member(DATE_TIME)
    awarded_date: str | None = _member(DATE_TIME)
    credential_status: Mapping[str, Any] | None = _member(ANY)
    proof: tuple[Mapping[str, Any], ...] = _member(ANY, many=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.context:
            object.__setattr__(self, "context", (CREDENTIALS_V2, OPEN_BADGES_V3))


@dataclass(frozen=True, kw_only=True)
class AchievementCredential(_Credential):
    """A badge awarded to somebody: the document that is signed. Its types complete themselves."""

    TYPES = ("VerifiableCredential", "OpenBadgeCredential")
    id: str | None = _member(IRI, required=True)
    credential_subject: AchievementSubject | None = _part("AchievementSubject", required=True)
    image: Image | None = _part("Image")
    evidence: tuple[Evidence, ...] = _part("Evidence", many=True)
    endorsement: tuple[EndorsementCredential, ...] = _part("EndorsementCredential", many=True)


@dataclass(frozen=True, kw_only=True)
class EndorsementCredential(_Credential):
    """Somebody's signed approval of an achievement, an award or an issuer."""

    TYPES = ("VerifiableCredential", "EndorsementCredential")
    credential_subject: EndorsementSubject | None = _part("EndorsementSubject", required=True)


CLASSES: Final[Mapping[str, type[Node]]] = {
    cls.__name__: cls
    for cls in (
        Image, IdentifierEntry, IdentityObject, GeoCoordinates, Address, Profile, Alignment, Criteria, Evidence,
        RubricCriterionLevel, ResultDescription, Result, Related, Achievement, AchievementSubject,
        EndorsementSubject, AchievementCredential, EndorsementCredential,
    )
}  # fmt: skip
"""Every word of the standard that this library knows, by its name there."""

ACHIEVEMENT_TYPES: Final = frozenset({"OpenBadgeCredential", "AchievementCredential"})
"""Two names of one type; the context gives them the same IRI."""


def credential_class(document: Mapping[str, Any]) -> type[Node] | None:
    """The class whose rules a document must keep, by its types; None when it is no Open Badge."""
    types = document.get("type")
    names = {name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)}
    if names & ACHIEVEMENT_TYPES:
        return AchievementCredential
    return EndorsementCredential if "EndorsementCredential" in names else None


def check_credential(document: Mapping[str, Any], *, strict: bool = False) -> tuple[Fault, ...]:
    """What is wrong with a document as an Open Badges 3.0 credential; empty when nothing is.

    With `strict`, as for what we sign ourselves, whatever may be there many times must be an array.
    A document that is no Open Badge is checked as a plain Verifiable Credential.
    """
    cls = credential_class(document)
    faults = list(_check_contexts(document, cls))
    if cls is None:
        return (*faults, *_check_plain(document))
    return (*faults, *_check_node(document, cls, "", strict), *_check_types_of_parts(document))


def _check_contexts(document: Mapping[str, Any], cls: type[Node] | None) -> Iterator[Fault]:
    """VCDM 2.0 section 4.3; Open Badges 3.0: the two contexts, in this order."""
    contexts = document.get("@context")
    listed = contexts if isinstance(contexts, list) else [contexts]
    if listed[:1] != [CREDENTIALS_V2]:
        yield Fault("/@context/0", f"the first context must be {CREDENTIALS_V2}")
    elif cls is not None and not any(
        isinstance(url, str) and url.startswith("https://purl.imsglobal.org/spec/ob/v3p0/context")
        for url in listed[1:2]
    ):
        yield Fault("/@context/1", "the second context must be that of Open Badges 3.0")


def _check_plain(document: Mapping[str, Any]) -> Iterator[Fault]:
    """VCDM 2.0 sections 4.4 to 4.9, for credentials that are no badges (status lists, for one)."""
    types = document.get("type")
    if "VerifiableCredential" not in (types if isinstance(types, list) else [types]):
        yield Fault("/type", "must include VerifiableCredential")
    issuer = document.get("issuer")
    if not is_absolute_iri(issuer.get("id") if isinstance(issuer, Mapping) else issuer):
        yield Fault("/issuer", "must be an absolute IRI, or an object with one as its id")
    subjects = document.get("credentialSubject")
    subjects = subjects if isinstance(subjects, list) else [subjects]
    if not subjects or not all(isinstance(subject, Mapping) and subject for subject in subjects):
        yield Fault("/credentialSubject", "must be an object, or an array of them")
    if "id" in document and not is_absolute_iri(document["id"]):
        yield Fault("/id", "must be an absolute IRI")
    for name in ("validFrom", "validUntil"):
        if name in document and parse_date_time(document[name]) is None:
            yield Fault(f"/{name}", "must be a date with a time and a zone")
    yield from _check_types_of_parts(document)


def _check_types_of_parts(document: Mapping[str, Any]) -> Iterator[Fault]:
    """VCDM 2.0 section 4.5: these must say what they are, or nobody could know what they ask for."""
    for name in ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence"):
        if name not in document:
            continue
        value = document[name]
        if value == [] and name == "credentialStatus":
            yield Fault(f"/{name}", "is empty")
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(item, Mapping) or not item.get("type"):
                yield Fault(f"/{name}/{index}" if isinstance(value, list) else f"/{name}", "must have a type")


def _check_node(value: Mapping[str, Any], cls: type[Node], path: str, strict: bool) -> Iterator[Fault]:
    rows = {row.name: row for row in _rows(cls)}
    for row in rows.values():
        if row.required and row.name not in value:
            yield Fault(path, f"must have the member {row.name!r}")
    for name, item in value.items():
        here = f"{path}/{name}"
        if name == "type":
            yield from _check_types(item, cls, here, strict)
        elif name in rows:
            yield from _check_member(item, rows[name], here, strict)
        elif cls.CLOSED:
            yield Fault(here, f"a member the standard does not allow in {cls.__name__}")
    if cls is Criteria and not value.get("id") and not value.get("narrative"):
        yield Fault(path, "must have an id or a narrative")
    if cls is AchievementSubject and not value.get("id") and not value.get("identifier"):
        yield Fault(path, "must have an id or an identifier, or nobody has earned anything")


def _check_types(item: Any, cls: type[Node], path: str, strict: bool) -> Iterator[Fault]:
    types = item if isinstance(item, list) else [item]
    if strict and cls.TYPES and isinstance(item, list) is cls.SINGLE_TYPE:
        yield Fault(path, "must be one string" if cls.SINGLE_TYPE else "must be an array")
    for wanted in cls.TYPES:
        accepted = ACHIEVEMENT_TYPES if wanted in ACHIEVEMENT_TYPES else {wanted}
        if not any(isinstance(name, str) and name in accepted for name in types):
            yield Fault(path, f"must include {wanted}")


def _check_member(item: Any, row: _Row, path: str, strict: bool) -> Iterator[Fault]:
    if not row.many:
        yield from _check_value(item, row, path, strict)
        return
    if not isinstance(item, list):
        if strict:
            yield Fault(path, "must be an array, since there may be many")
        item = [item]
    elif row.required and not item:
        yield Fault(path, "is empty")
    for index, entry in enumerate(item):
        yield from _check_value(entry, row, f"{path}/{index}", strict)


def _check_value(item: Any, row: _Row, path: str, strict: bool) -> Iterator[Fault]:
    if row.kind == "part":
        cls = CLASSES[cast("str", row.of)]
        if isinstance(item, Mapping):
            yield from _check_node(item, cls, path, strict)
        elif not (cls is Profile and is_absolute_iri(item)):
            # An issuer may be given by its identifier alone (Open Badges 3.0, ProfileRef).
            yield Fault(path, f"must be an object ({cls.__name__}), not {describe(item)}")
    elif not _FITS[row.kind](item):
        yield Fault(path, f"must be {_WORDS[row.kind]}, not {describe(item)}")


def _is_text(item: Any) -> bool:
    # VCDM 2.0 section 11.1: a text may also be an object with a language.
    return isinstance(item, str) or (isinstance(item, Mapping) and isinstance(item.get("@value"), str))


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _is_date(item: Any) -> bool:
    return isinstance(item, str) and (_DATE.fullmatch(item) is not None or parse_date_time(item) is not None)


_FITS: Final[Mapping[str, Any]] = {
    TEXT: _is_text,
    IRI: is_absolute_iri,
    DATE_TIME: lambda item: parse_date_time(item) is not None,
    DATE: _is_date,
    NUMBER: _is_number,
    BOOLEAN: lambda item: isinstance(item, bool),
    ANY: lambda item: item is not None,
}
_WORDS: Final = {
    TEXT: "text",
    IRI: "an absolute IRI",
    DATE_TIME: "a date with a time and a zone",
    DATE: "a date",
    NUMBER: "a number",
    BOOLEAN: "true or false",
    ANY: "a value",
}
