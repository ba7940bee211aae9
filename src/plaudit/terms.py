"""Does every word of a document have a meaning? The walk that asks, before anything is put in canonical form.

JSON-LD drops what no context defines, and a signature does not cover what was dropped. So a document is walked
with its active, type-scoped and property-scoped contexts (JSON-LD 1.1 API sections 4.1 and 5.1), and every key and
every value of a type or of a vocabulary position must expand to an absolute IRI or a keyword; every value in an
IRI position must be an absolute IRI. What the walk does not understand it refuses: the only keywords allowed in a
document are @id, @type, @value and @language, and a `@context` may only list pinned addresses.

Two documents that say the same in RDF may still look different to somebody who reads them as JSON. A signed status
entry whose key is spelled out as an IRI would be covered by the signature and yet be overlooked. Hence a word that
a pinned context defines must be written as that word, and no object inside the document may repeat its id.

The walk also returns the document as the canonicaliser wants it: contexts inlined, and numbers that JSON-LD
processors write differently turned into typed values (see `_number`).
"""

from __future__ import annotations

import decimal
import re
from collections.abc import Mapping
from typing import Any, Final

from plaudit import documents
from plaudit.contexts import (
    NO_CONTEXT,
    ActiveContext,
    ContextLoader,
    RefusedError,
    Term,
    defined_words,
    expand_iri,
    keyword_of,
    pinned_context,
    process_context,
)
from plaudit.errors import ComplexityError, Fault, TermsError
from plaudit.reading import describe, is_absolute_iri

MAX_CONTEXTS: Final = 8
"""In one place; badges name two or three."""
MAX_CONTEXTS_IN_ALL: Final = 64
"""In the whole document, embedded endorsements included: each is worked through, and is 20 kB long."""
MAX_WORK: Final = 5_000
"""Objects and the contexts their types bring, counted together: each costs JSON-LD processors some 0.1 ms. A badge
comes to about thirty."""
MAX_REPEATED: Final = 32 * 1024 * 1024
"""Characters of identifiers, in each statement about what they name: one of a megabyte makes gigabytes of N-Quads."""
MAX_FAULTS: Final = 10
"""Enough to mend a document by; a hostile one shall not fill a page."""
LARGEST_EXACT_INTEGER: Final = 2**53 - 1
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

_ODD_CHARACTERS = re.compile("[\ufffe\uffff]")
"""No characters, says Unicode; I-JSON forbids them (RFC 7493 section 2.1). jsonld.js writes them into N-Quads as they
are, others as escapes, and the names of blank nodes may depend on it."""
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_SIXTEEN_DIGITS = decimal.Context(prec=16, rounding=decimal.ROUND_HALF_UP)


def prepare(document: Mapping[str, Any], load: ContextLoader = documents.load_context) -> dict[str, Any]:
    """Walk a document and return the form of it that `canonical` takes; the document is left as it is.

    Raises TermsError with at most ten faults when any word or value has no signed meaning, and
    UnknownContextError when the document names a context that `load` does not have; ComplexityError beyond MAX_WORK.
    """
    walk = Walk(load)
    prepared = walk.document(document)
    if walk.faults:
        raise TermsError(tuple(walk.faults[:MAX_FAULTS]))
    return prepared


class Walk:
    """One walk over one document. Faults are collected; what was at fault is left out of the result."""

    def __init__(self, load: ContextLoader) -> None:
        self.load = load
        self.faults: list[Fault] = []
        self.root_id: object = None
        self.contexts = 0
        self.work = 0
        self.repeated = 0
        # Contexts already computed in this walk; the keys hold their objects alive, so ids stay true.
        self.scoped: dict[tuple[int, int, bool], tuple[ActiveContext, object, ActiveContext]] = {}

    def fault(self, path: str, reason: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(path, reason))

    def document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        if not document.get("@context"):
            self.fault("/@context", "there is no context, so no word in the document has a meaning")
            return {}
        self.root_id = document.get("id")
        prepared = self.node(document, ActiveContext(), None, "")
        if not self.faults and not prepared.keys() - {"@context", "id", "@id"}:
            self.fault("", "a document that states nothing")
        return prepared

    def local_context(
        self, active: ActiveContext, local: object, path: str
    ) -> tuple[ActiveContext, list[Any]]:
        """The context after a `@context` member, and that member with every address replaced by its text."""
        urls: list[Any] = local if isinstance(local, list) else [local]
        if not all(isinstance(url, str) for url in urls) or len(urls) > MAX_CONTEXTS:
            self.fault(
                path, "a context here may only be the address of a pinned context, or a short list of them"
            )
            return active, []
        self.contexts += len(urls)
        if self.contexts > MAX_CONTEXTS_IN_ALL:
            self.fault(path, f"the document names more than {MAX_CONTEXTS_IN_ALL} contexts in all")
            return active, []
        loaded = [self.load(url) for url in urls]
        try:
            if self.load is documents.load_context and not active.terms:
                return pinned_context(tuple(urls)), loaded
            return process_context(active, urls, self.load), loaded
        except RefusedError as error:
            self.fault(path, str(error))
            return active, []

    def count(self) -> None:
        """Count one object or context; ComplexityError when the document is too large to be worked through."""
        self.work += 1
        if self.work > MAX_WORK:
            raise ComplexityError(f"more than {MAX_WORK} objects and contexts")

    def count_repeats(self, value: Mapping[str, Any], id_key: str | None) -> None:
        """Count what this object's statements repeat: each its identifier, and those of one property its name."""
        about = value.get(id_key) if id_key is not None else None
        begins = len(about) if isinstance(about, str) else 0
        for key, item in value.items():
            self.repeated += (begins + len(key)) * (len(item) if isinstance(item, list) else 1)
        if self.repeated > MAX_REPEATED:
            raise ComplexityError(f"identifiers of more than {MAX_REPEATED} characters in all its statements")

    def apply(self, active: ActiveContext, local: object, *, by_type: bool) -> ActiveContext:
        """The context inside a type (`by_type`) or a property that brings its own."""
        self.count()
        key = (id(active), id(local), by_type)
        if key not in self.scoped:
            inside = process_context(
                active, local, self.load, override_protected=not by_type, propagate=not by_type
            )
            self.scoped[key] = (active, local, inside)
        return self.scoped[key][2]

    def node(
        self, value: Mapping[str, Any], active: ActiveContext, term: Term | None, path: str
    ) -> dict[str, Any]:
        self.count()
        names = {keyword_of(active, key) for key in value}
        if "@value" in names:
            return self.value_object(value, active, path)
        if active.previous is not None and names != {"@id"}:
            active = active.previous
        prepared: dict[str, Any] = {}
        try:
            if term is not None and term.scoped is not NO_CONTEXT:
                active = self.apply(active, term.scoped, by_type=False)
            if "@context" in value:
                active, prepared["@context"] = self.local_context(
                    active, value["@context"], path + "/@context"
                )
            outer = active
            for key in sorted(value):
                if keyword_of(outer, key) == "@type":
                    active = self.type_scoped(active, outer, value[key])
        except RefusedError as error:
            self.fault(path, str(error))
            return prepared
        seen: dict[str, str] = {}
        for key, item in value.items():
            if key != "@context":
                self.member(prepared, seen, key, item, active, outer, f"{path}/{_escape(key)}")
        self.count_repeats(value, seen.get("@id"))
        if path and self.root_id is not None and seen.keys() - {"@id", "@type"}:
            self.refuse_second_root(value, path)
        return prepared

    def refuse_second_root(self, value: Mapping[str, Any], path: str) -> None:
        if self.root_id in (value.get("id"), value.get("@id")):
            self.fault(path, "an object inside the document speaks in the name of the document itself")

    def type_scoped(self, active: ActiveContext, outer: ActiveContext, types: object) -> ActiveContext:
        """Apply the contexts that the types bring, in the order of their names."""
        words = types if isinstance(types, list) else [types]
        for word in sorted(word for word in words if isinstance(word, str)):
            term = outer.terms.get(word)
            if term is not None and term.scoped is not NO_CONTEXT:
                active = self.apply(active, term.scoped, by_type=True)
        return active

    def member(
        self,
        prepared: dict[str, Any],
        seen: dict[str, str],
        key: str,
        item: Any,
        active: ActiveContext,
        outer: ActiveContext,
        path: str,
    ) -> None:
        term = active.terms.get(key)
        iri = term.iri if term is not None else expand_iri(active, key)
        if iri in seen:
            self.fault(path, f"says the same as {seen[iri]!r}")
        seen[iri] = key
        if key in _SPELLED_OUT and _is_defined(active, key.removeprefix("@"), key):
            self.fault(path, f"the word {key.removeprefix('@')!r} must be written as that word")
        if iri == "@type":
            prepared[key] = self.types(item, outer, path)
        elif iri == "@id":
            prepared[key] = self.identifier(item, active, path)
        elif iri.startswith("@"):
            self.fault(path, f"the keyword {iri} may not be used here")
        elif not is_absolute_iri(iri):
            self.fault(path, "no context defines this word, so no signature covers it")
        elif term is None and iri in defined_words():
            self.fault(path, f"the word {defined_words()[iri]!r} must be written as that word")
        else:
            prepared[key] = self.value(item, active, term or Term(iri), path)

    def types(self, item: Any, outer: ActiveContext, path: str) -> Any:
        if not isinstance(item, list):
            return self.type(item, outer, path)
        return [self.type(entry, outer, f"{path}/{index}") for index, entry in enumerate(item)]

    def type(self, item: Any, outer: ActiveContext, path: str) -> Any:
        if not isinstance(item, str):
            self.fault(path, f"a type must be a string, not {describe(item)}")
        elif not is_absolute_iri(expand_iri(outer, item)):
            self.fault(path, f"no context defines the type {item[:80]!r}, so no signature covers it")
        return item

    def identifier(self, item: Any, active: ActiveContext, path: str) -> Any:
        if not isinstance(item, str):
            self.fault(path, f"an identifier must be a string, not {describe(item)}")
        elif item.startswith("_:"):
            self.fault(path, "the label of a blank node is covered by no signature")
        elif not is_absolute_iri(expand_iri(active, item, vocabulary=False)):
            self.fault(path, f"{item[:80]!r} is not an absolute IRI")
        return item

    def value(self, item: Any, active: ActiveContext, term: Term, path: str) -> Any:
        """The value of a property: each item of an array, or the one there is."""
        if term.coercion == "@json":
            return item
        if not isinstance(item, list):
            return self.item(item, active, term, path)
        return [self.item(entry, active, term, f"{path}/{index}") for index, entry in enumerate(item)]

    def item(self, item: Any, active: ActiveContext, term: Term, path: str) -> Any:
        if isinstance(item, dict):
            prepared = self.node(item, active, term, path)
            # In a graph JSON-LD drops a bare value (API section 7.2), and an object without statements.
            says_nothing = "@value" in item or not prepared.keys() - {"@context", "id", "@id"}
            if "@graph" in term.container and says_nothing:
                self.fault(path, "an object that states nothing")
            return prepared
        if isinstance(item, list):
            self.fault(path, "an array inside an array")
        elif item is None:
            self.fault(path, "null states nothing, so no signature covers it")
        elif "@graph" in term.container:
            self.fault(path, f"must be an object, not {describe(item)}")
        elif isinstance(item, str):
            return self.string(item, active, term, path)
        elif not isinstance(item, bool):
            return self.number(item, term)
        return item

    def string(self, item: str, active: ActiveContext, term: Term, path: str) -> str:
        if term.scoped is not NO_CONTEXT:
            active = self.apply(active, term.scoped, by_type=False)
        if term.coercion == "@id":
            return str(self.identifier(item, active, path))
        if term.coercion == "@vocab" and not is_absolute_iri(expand_iri(active, item)):
            self.fault(path, f"no context defines {item[:80]!r}, so no signature covers it")
        if _ODD_CHARACTERS.search(item):
            self.fault(path, "holds U+FFFE or U+FFFF, which processors write differently")
        return item

    def number(self, item: int | float, term: Term) -> int | dict[str, str]:
        return _number(item, term)

    def value_object(self, value: Mapping[str, Any], active: ActiveContext, path: str) -> dict[str, Any]:
        """`{"@value": …}` with a language or a datatype (JSON-LD 1.1 section 9.5)."""
        members = {keyword_of(active, key): item for key, item in value.items()}
        content, datatype, language = (members.get(name) for name in ("@value", "@type", "@language"))
        if not members.keys() <= {"@value", "@type", "@language"} or len(members) != len(value):
            self.fault(path, "a value object may only have @value with @type or @language")
        elif isinstance(content, dict | list) or content is None:
            self.fault(path, f"@value must be a string, a number or a boolean, not {describe(content)}")
        elif isinstance(content, str) and _ODD_CHARACTERS.search(content):
            self.fault(path, "holds U+FFFE or U+FFFF, which processors write differently")
        elif "@language" in members:
            good = isinstance(language, str) and _LANGUAGE.fullmatch(language) and "@type" not in members
            if not good or not isinstance(content, str):
                self.fault(path, "@language must be a language tag beside a string, and without @type")
            elif isinstance(language, str):
                # RDF's language tags are compared in small letters, and jsonld.js writes them so.
                return {"@value": content, "@language": language.lower()}
        elif "@type" in members:
            iri = expand_iri(active, datatype) if isinstance(datatype, str) else ""
            if not is_absolute_iri(iri):
                self.fault(path, "the @type of a value must be an IRI")
            elif iri == XSD + "double" and isinstance(content, str):
                self.fault(path, "processors write a text typed as xsd:double differently; use a number")
            elif isinstance(content, int | float) and not isinstance(content, bool):
                return _typed_number(content, iri)
        elif isinstance(content, int | float) and not isinstance(content, bool):
            return _typed_number(content, None)
        return dict(value)


_SPELLED_OUT: Final = frozenset({"@id", "@type"})


def _is_defined(active: ActiveContext, word: str, keyword: str) -> bool:
    """Whether a word stands for that keyword here, so that whoever reads JSON looks for the word."""
    term = active.terms.get(word)
    return term is not None and term.iri == keyword


def _escape(key: str) -> str:
    """A member name as a part of a JSON pointer (RFC 6901 section 3), cut to a readable length."""
    return key[:80].replace("~", "~0").replace("/", "~1")


def _number(value: int | float, term: Term) -> int | dict[str, str]:
    """A JSON number as JSON-LD 1.1 writes it in RDF (API section 8.6), wherever processors differ.

    JSON numbers are IEEE doubles. Integers that a double holds exactly are left alone; all others become
    typed values: the decimal digits of the double below 1e21, else the canonical form of xsd:double with its
    sixteen digits, rounded half up as ECMAScript's toExponential(15) does.
    """
    datatype = term.coercion if term.coercion and not term.coercion.startswith("@") else None
    number = float(value)
    if number.is_integer() and abs(number) <= LARGEST_EXACT_INTEGER and datatype != XSD + "double":
        return int(number)
    return _typed_number(number, datatype)


def _typed_number(value: int | float, datatype: str | None) -> dict[str, str]:
    number = float(value)
    if number.is_integer() and abs(number) < 1e21 and datatype != XSD + "double":
        return {"@value": str(int(number)), "@type": datatype or XSD + "integer"}
    return {"@value": canonical_double(number), "@type": datatype or XSD + "double"}


def canonical_double(number: float) -> str:
    """The canonical form of an xsd:double with sixteen significant digits: 2.5 is "2.5E0"."""
    sign, digits, exponent = _SIXTEEN_DIGITS.create_decimal(decimal.Decimal(number)).as_tuple()
    text = "".join(map(str, digits))
    power = int(exponent) + len(text) - 1 if number else 0
    return f"{'-' if sign else ''}{text[0]}.{text[1:].rstrip('0') or '0'}E{power}"
