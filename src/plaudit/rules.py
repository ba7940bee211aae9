"""Is it an Open Badge? The check of a document against the words of `plaudit.model`.

Clauses: Open Badges 3.0 data model (appendix "Open Badges Data Models"), Verifiable Credentials 2.0 section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from plaudit.documents import CREDENTIALS_V1, CREDENTIALS_V2
from plaudit.errors import Fault
from plaudit.members import ANY, BOOLEAN, DATE, DATE_TIME, IRI, NUMBER, TEXT, Node, Row, rows_of
from plaudit.model import (
    ACHIEVEMENT_TYPES,
    CLASSES,
    AchievementSubject,
    Criteria,
    Profile,
    credential_class,
    period_names,
)
from plaudit.reading import describe, is_absolute_iri, parse_date_time

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?")


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
    """VCDM 2.0 and 1.1 section 4.3; Open Badges 3.0: the two contexts, in this order."""
    contexts = document.get("@context")
    listed = contexts if isinstance(contexts, list) else [contexts]
    if listed[:1] not in ([CREDENTIALS_V2], [CREDENTIALS_V1]):
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
    for name in ("validFrom", "validUntil", "issuanceDate", "expirationDate"):
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
    names = dict(zip(("validFrom", "validUntil"), period_names(value), strict=True))
    rows = {names.get(row.name, row.name): row for row in rows_of(cls)}
    for name, row in rows.items():
        if row.required and name not in value:
            yield Fault(path, f"must have the member {name!r}")
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


def _check_member(item: Any, row: Row, path: str, strict: bool) -> Iterator[Fault]:
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


def _check_value(item: Any, row: Row, path: str, strict: bool) -> Iterator[Fault]:
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
