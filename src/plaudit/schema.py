"""The JSON Schema (2019-09) of the words of Open Badges 3.0, made from the table that reads and checks them.

It is the strict form, that of what `plaudit.issue` signs: arrays wherever many are allowed, the types as the
standard writes them. Values that a schema can only name by a format (addresses, dates) are checked by
`plaudit.rules`, which knows more than any schema can say.
"""

from __future__ import annotations

from typing import Any, Final

from plaudit.documents import CREDENTIALS_V2
from plaudit.members import ANY, BOOLEAN, DATE, DATE_TIME, IRI, NUMBER, TEXT, Node, Row, rows_of
from plaudit.model import (
    ACHIEVEMENT_TYPES,
    CLOSED_VOCABULARY,
    OWN_WORD,
    VOCABULARIES,
    AchievementCredential,
    AchievementSubject,
    CredentialSchema,
    Criteria,
    EndorsementCredential,
    TermsOfUse,
)

DIALECT: Final = "https://json-schema.org/draft/2019-09/schema"
OPEN_BADGES_PATTERN: Final = r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$"

_VALUES: Final[dict[str, dict[str, Any]]] = {
    TEXT: {"type": "string"},
    IRI: {"type": "string", "format": "iri"},
    DATE_TIME: {"type": "string", "format": "date-time"},
    DATE: {"type": "string", "format": "date"},
    NUMBER: {"type": "number"},
    BOOLEAN: {"type": "boolean"},
    ANY: {},
}
_ONE_OF: Final[dict[type[Node], tuple[str, ...]]] = {
    Criteria: ("id", "narrative"),
    AchievementSubject: ("id", "identifier"),
}
"""Of these members, one must be there."""
_ANY_TYPE: Final = (CredentialSchema, TermsOfUse)
"""Words whose type is another standard's, and has to be there."""
_TYPED_OBJECT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"type": {"type": ["string", "array"]}},
    "required": ["type"],
}
"""What Verifiable Credentials 2.0 asks of an object whose kind it leaves to others (section 4.5)."""


def json_schema(cls: type[Node] = AchievementCredential) -> dict[str, Any]:
    """The schema of one word of Open Badges 3.0, with those it uses in `$defs`; without an `$id`."""
    definitions: dict[str, Any] = {}
    schema = _object(cls, definitions)
    if definitions:
        schema["$defs"] = {name: definitions[name] for name in sorted(definitions)}
    return {"$schema": DIALECT, "title": cls.__name__, **schema}


def _object(cls: type[Node], definitions: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for row in rows_of(cls):
        if row.name == "type":
            if cls.TYPES or cls in _ANY_TYPE:
                properties["type"] = _types(cls)
                required.append("type")
            continue
        properties[row.name] = _contexts() if row.name == "@context" else _member(cls, row, definitions)
        if row.required:
            required.append(row.name)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    if cls in _ONE_OF:
        schema["anyOf"] = [{"required": [name]} for name in _ONE_OF[cls]]
    schema["additionalProperties"] = not cls.CLOSED
    return schema


def _types(cls: type[Node]) -> dict[str, Any]:
    if cls.SINGLE_TYPE:
        return {"type": "string", "enum": [*cls.TYPES]} if cls.TYPES else {"type": "string"}
    wanted = [sorted(ACHIEVEMENT_TYPES) if name in ACHIEVEMENT_TYPES else [name] for name in cls.TYPES]
    arrays: list[dict[str, Any]] = [
        {"type": "array", "minItems": 1, "items": {"type": "string"}, "contains": {"enum": names}}
        for names in wanted
    ]
    return arrays[0] if len(arrays) == 1 else {"allOf": arrays}


def _contexts() -> dict[str, Any]:
    return {
        "type": "array",
        "minItems": 2,
        "items": [{"enum": [CREDENTIALS_V2]}, {"type": "string", "pattern": OPEN_BADGES_PATTERN}],
    }


def _member(cls: type[Node], row: Row, definitions: dict[str, Any]) -> dict[str, Any]:
    if row.kind != "part":
        value = _words(cls, row.name) or dict(_VALUES[row.kind])
        if row.name in ("credentialStatus", "refreshService", "proof"):
            value = dict(_TYPED_OBJECT)
        if row.name in ("credentialStatus", "refreshService"):
            value = {"anyOf": [value, {"type": "array", "minItems": 1, "items": value}]}
    else:
        value = {"$ref": _reference(row, definitions)}
        if row.name == "issuer" and cls in (AchievementCredential, EndorsementCredential):
            value = {"anyOf": [{"type": "string", "format": "iri"}, value]}
    return {"type": "array", "items": value} if row.many else value


def _words(cls: type[Node], name: str) -> dict[str, Any]:
    """One of the words that the standard lists for a member, or one of somebody's own; empty where there is no list."""
    words = VOCABULARIES.get((cls.__name__, name))
    if words is None:
        return {}
    listed: dict[str, Any] = {"type": "string", "enum": sorted(words)}
    if (cls.__name__, name) == CLOSED_VOCABULARY:
        return listed
    return {"anyOf": [listed, {"type": "string", "pattern": f"^{OWN_WORD}$"}]}


def _reference(row: Row, definitions: dict[str, Any]) -> str:
    name = row.word.__name__
    if name not in definitions:
        definitions[name] = {}  # Profiles hold endorsements, whose issuers are profiles.
        definitions[name] = _object(row.word, definitions)
    return f"#/$defs/{name}"
