"""Is it an Open Badge? The check of a document against the words of `plaudit.model`.

Clauses: Open Badges 3.0 data model (appendix "Open Badges Data Models"), Verifiable Credentials 2.0 section 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from plaudit.documents import CREDENTIALS_V1, CREDENTIALS_V2
from plaudit.errors import Fault
from plaudit.members import ANY, BOOLEAN, DATE, DATE_TIME, IRI, NUMBER, TEXT, Node, Row, rows_of
from plaudit.model import (
    ACHIEVEMENT_TYPES,
    CLASSES,
    CLOSED_VOCABULARY,
    OWN_WORD,
    VOCABULARIES,
    AchievementSubject,
    Criteria,
    Profile,
    credential_class,
    period_names,
)
from plaudit.reading import describe, is_absolute_iri, parse_date_time

SOME: Final = "some"
"""Asked of a value that must not be empty."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?")


def check_credential(
    document: Mapping[str, Any], *, strict: bool = False, asked: list[tuple[str, Any]] | None = None
) -> tuple[Fault, ...]:
    """What is wrong with a document as an Open Badges 3.0 credential; empty when nothing is.

    With `strict`, as for what we sign ourselves, whatever may be there many times must be an array, and what has a list
    of words in the standard (`plaudit.model.VOCABULARIES`) must be one of them.
    A document that is no Open Badge is checked as a plain Verifiable Credential.

    `asked` is filled with every question about the characters of a value, as (kind, value): all else depends on the
    structure and the types alone (`plaudit.shapes.verdicts`).
    """
    cls = credential_class(document)
    faults = list(_check_contexts(document, cls))
    look = _Look(strict, faults, asked)
    faults += _check_related(document, look)
    if cls is None:
        return (*faults, *_check_plain(document, look))
    _check_node(document, cls, (), look)
    return (*faults, *_check_types_of_parts(document))


class _Look:
    """One look at a document: what it is held to, what was wrong, and which values were asked about."""

    __slots__ = ("asked", "faults", "strict")

    def __init__(self, strict: bool, faults: list[Fault], asked: list[tuple[str, Any]] | None) -> None:
        self.strict, self.faults, self.asked = strict, faults, asked

    def fits(self, kind: str, item: Any) -> bool:
        """Whether a value is of a kind; the only place where the characters of a value are looked at."""
        if self.asked is not None:
            self.asked.append((kind, item))
        return fits(kind, item)


def fits(kind: str, item: Any) -> bool:
    """Whether a value is of a kind of `plaudit.members`, or there at all (`SOME`)."""
    return bool(_FITS[kind](item))


def fits_at(document: Mapping[str, Any], parts: Sequence[str]) -> Callable[[Any], bool]:
    """The rule for a single value at a place (the parts of a JSON pointer) in a document that is good as a whole."""
    cls = credential_class(document)
    for part in parts:
        if cls is None:
            break
        row = _table(cls.__name__, period_names(document))[0].get(part)
        if row is None:
            if not part.isdecimal():
                return is_anything
        elif row.of is None:
            fits: Callable[[Any], bool] = _FITS[vocabulary_of(cls, part) or row.kind]
            return fits
        else:
            cls = CLASSES[row.of]
    return _FITS[_PLAIN_KINDS.get(parts[-1], ANY)] if cls is None else is_absolute_iri


def vocabulary_of(cls: type[Node], member: str) -> str:
    """The kind that asks whether a value is a word of the standard's list for that member; "" where there is none."""
    return f"{cls.__name__}.{member}" if (cls.__name__, member) in VOCABULARIES else ""


_PLAIN_KINDS: Final = {"id": IRI, "issuer": IRI, "validFrom": DATE_TIME, "validUntil": DATE_TIME}


def is_anything(item: Any) -> bool:
    return item is not None


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


def _check_plain(document: Mapping[str, Any], look: _Look) -> Iterator[Fault]:
    """VCDM 2.0 sections 4.4 to 4.9, for credentials that are no badges (status lists, for one)."""
    types = document.get("type")
    if "VerifiableCredential" not in (types if isinstance(types, list) else [types]):
        yield Fault("/type", "must include VerifiableCredential")
    issuer = document.get("issuer")
    if not look.fits(IRI, issuer.get("id") if isinstance(issuer, Mapping) else issuer):
        yield Fault("/issuer", "must be an absolute IRI, or an object with one as its id")
    subjects = document.get("credentialSubject")
    subjects = subjects if isinstance(subjects, list) else [subjects]
    if not subjects or not all(isinstance(subject, Mapping) and subject for subject in subjects):
        yield Fault("/credentialSubject", "must be an object, or an array of them")
    if "id" in document and not look.fits(IRI, document["id"]):
        yield Fault("/id", "must be an absolute IRI")
    for name in ("validFrom", "validUntil", "issuanceDate", "expirationDate"):
        if name in document and not look.fits(DATE_TIME, document[name]):
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


def _check_related(document: Mapping[str, Any], look: _Look) -> Iterator[Fault]:
    """VCDM 2.0 section 5.3: each resource once, by its address, and with a digest, or nothing is said of it."""
    if "relatedResource" not in document:
        return
    value, seen = document["relatedResource"], set[Any]()
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        path = f"/relatedResource/{index}" if isinstance(value, list) else "/relatedResource"
        if not isinstance(item, Mapping) or not look.fits(IRI, item.get("id")):
            yield Fault(path, "must be an object with an absolute IRI as its id")
            continue
        if item["id"] in seen:
            yield Fault(f"{path}/id", "is there twice, so nobody knows which digest counts")
        seen.add(item["id"])
        digests = [item[name] for name in ("digestSRI", "digestMultibase") if name in item]
        several = [text for one in digests for text in (one if isinstance(one, list) else [one])]
        are_texts = all(isinstance(text, str) for text in several)
        if not are_texts or not any(look.fits(SOME, text) for text in several):
            yield Fault(path, "must have a digest (digestSRI or digestMultibase)")


def names_several(document: Mapping[str, Any]) -> bool:
    """Whether a credential names several resources: that all are different is no question about one value alone."""
    named = document.get("relatedResource")
    return isinstance(named, list) and len(named) > 1


@cache
def _table(word: str, period: tuple[str, str]) -> tuple[Mapping[str, Row], tuple[str, ...]]:
    """The members of a class by name, and the names it cannot do without; `period` as `period_names` says."""
    names = dict(zip(("validFrom", "validUntil"), period, strict=True))
    rows = {names.get(row.name, row.name): row for row in rows_of(CLASSES[word])}
    return rows, tuple(name for name, row in rows.items() if row.required)


Path = tuple[Any, ...]
"""Where a value is: (path of what holds it, name or index there). It becomes a text only for a fault."""


def fault_at(path: Path, reason: str) -> Fault:
    """A fault at a place that was kept as a nest of tuples, as walks over a document do."""
    parts: list[str] = []
    while path:
        path, name = path
        parts.append(f"/{name}")
    return Fault("".join(reversed(parts)), reason)


def _check_node(value: Mapping[str, Any], cls: type[Node], path: Path, look: _Look) -> None:
    rows, required = _table(cls.__name__, period_names(value))
    for name in required:
        if name not in value:
            look.faults.append(fault_at(path, f"must have the member {name!r}"))
    for name, item in value.items():
        row = rows.get(name)
        if row is None:
            if cls.CLOSED:
                reason = f"a member the standard does not allow in {cls.__name__}"
                look.faults.append(fault_at((path, name), reason))
        elif name == "type":
            _check_types(item, cls, (path, name), look)
        elif row.many:
            _check_many(item, row, (path, name), look)
        elif row.of is not None or not look.fits(row.kind, item):
            _check_value(item, row, (path, name), look)
        elif look.strict and (kind := vocabulary_of(cls, name)) and not look.fits(kind, item):
            look.faults.append(
                fault_at((path, name), "is not one of the standard's words, nor begins with ext:")
            )
    if cls is Criteria and not any(look.fits(SOME, value.get(name)) for name in ("id", "narrative")):
        look.faults.append(fault_at(path, "must have an id or a narrative"))
    if cls is AchievementSubject and not any(
        look.fits(SOME, value.get(name)) for name in ("id", "identifier")
    ):
        look.faults.append(fault_at(path, "must have an id or an identifier, or nobody has earned anything"))


def _check_types(item: Any, cls: type[Node], path: Path, look: _Look) -> None:
    types = item if isinstance(item, list) else [item]
    if look.strict and cls.TYPES and isinstance(item, list) is cls.SINGLE_TYPE:
        look.faults.append(fault_at(path, "must be one string" if cls.SINGLE_TYPE else "must be an array"))
    for wanted in cls.TYPES:
        accepted = ACHIEVEMENT_TYPES if wanted in ACHIEVEMENT_TYPES else (wanted,)
        if not any(isinstance(name, str) and name in accepted for name in types):
            look.faults.append(fault_at(path, f"must include {wanted}"))


def _check_many(item: Any, row: Row, path: Path, look: _Look) -> None:
    if not isinstance(item, list):
        if look.strict:
            look.faults.append(fault_at(path, "must be an array, since there may be many"))
        item = [item]
    elif row.required and not item:
        look.faults.append(fault_at(path, "is empty"))
    for index, entry in enumerate(item):
        _check_value(entry, row, (path, index), look)


def _check_value(item: Any, row: Row, path: Path, look: _Look) -> None:
    if row.of is not None:
        cls = CLASSES[row.of]
        if isinstance(item, Mapping):
            _check_node(item, cls, path, look)
        elif not (cls is Profile and look.fits(IRI, item)):
            # An issuer may be given by its identifier alone (Open Badges 3.0, ProfileRef).
            look.faults.append(fault_at(path, f"must be an object ({cls.__name__}), not {describe(item)}"))
    elif not look.fits(row.kind, item):
        look.faults.append(fault_at(path, f"must be {_WORDS[row.kind]}, not {describe(item)}"))


def is_text(item: Any) -> bool:
    # VCDM 2.0 section 11.1: a text may also be an object with a language.
    return isinstance(item, str) or (isinstance(item, Mapping) and isinstance(item.get("@value"), str))


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def is_date_time(item: Any) -> bool:
    return parse_date_time(item) is not None


def is_date(item: Any) -> bool:
    return isinstance(item, str) and (_DATE.fullmatch(item) is not None or parse_date_time(item) is not None)


def _in_vocabulary(word: str, name: str) -> Callable[[Any], bool]:
    words, may_be_own = VOCABULARIES[word, name], (word, name) != CLOSED_VOCABULARY

    def fits(item: Any) -> bool:
        if not isinstance(item, str):
            return False
        return item in words or (may_be_own and re.fullmatch(OWN_WORD, item) is not None)

    return fits


_FITS: Final[Mapping[str, Any]] = {
    TEXT: is_text,
    IRI: is_absolute_iri,
    DATE_TIME: is_date_time,
    DATE: is_date,
    NUMBER: _is_number,
    BOOLEAN: lambda item: isinstance(item, bool),
    ANY: is_anything,
    SOME: bool,
    **{f"{word}.{name}": _in_vocabulary(word, name) for word, name in VOCABULARIES},
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
