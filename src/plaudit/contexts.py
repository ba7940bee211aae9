"""Contexts in force: the context processing of JSON-LD 1.1, as far as the pinned contexts need it.

A test holds that they use no more than this (`CONTEXT_KEYWORDS`, `DEFINITION_KEYWORDS`, `CONTAINERS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

from plaudit import documents
from plaudit.reading import is_absolute_iri

ContextLoader = Callable[[str], Any]

KEYWORDS: Final = frozenset({"@id", "@type", "@value", "@language"})
CONTEXT_KEYWORDS: Final = frozenset({"@protected", "@propagate", "@version"})
DEFINITION_KEYWORDS: Final = frozenset({"@id", "@type", "@container", "@context", "@protected", "@prefix"})
CONTAINERS: Final = frozenset({"@set", "@list", "@graph"})
NO_CONTEXT: Final = object()


@dataclass(frozen=True, slots=True)
class Term:
    """What an active context knows about one word."""

    iri: str
    coercion: str | None = None
    container: frozenset[str] = frozenset()
    scoped: object = NO_CONTEXT
    protected: bool = False
    prefix: bool = False

    def same_as(self, other: Term) -> bool:
        """Whether two definitions differ in nothing but protection (JSON-LD 1.1 API section 4.2.2)."""
        mine = (self.iri, self.coercion, self.container, self.scoped, self.prefix)
        return mine == (other.iri, other.coercion, other.container, other.scoped, other.prefix)


@dataclass(frozen=True, slots=True, eq=False)
class ActiveContext:
    """The words in force at one place; `previous` is what to go back to below a type-scoped context."""

    terms: Mapping[str, Term] = field(default_factory=dict)
    previous: ActiveContext | None = None


class RefusedError(Exception):
    """A reason, on its way to the place that knows the path."""


def process_context(
    active: ActiveContext,
    local: object,
    load: ContextLoader,
    *,
    override_protected: bool = False,
    propagate: bool = True,
) -> ActiveContext:
    """The context processing algorithm (JSON-LD 1.1 API section 4.1.2) for the pinned contexts.

    `local` may be null, an address, a context object, or a list of them. Raises UnknownContextError for an
    address the loader does not have, and TermsError for a protected word given another meaning.
    """
    result = active
    contexts: list[Any] = [*local] if isinstance(local, list | tuple) else [local]
    for context in contexts:
        if context is None:
            if not override_protected and any(term.protected for term in result.terms.values()):
                raise RefusedError("a context may not be emptied here")
            result = ActiveContext({}, None if propagate else result)
        elif isinstance(context, str):
            result = process_context(
                result, load(context), load, override_protected=override_protected, propagate=propagate
            )
        else:
            result = _define_all(result, context, override_protected, propagate)
    return result


def _define_all(
    active: ActiveContext, context: Mapping[str, Any], override_protected: bool, propagate: bool
) -> ActiveContext:
    definer = _Definer(active.terms, context, override_protected)
    for name in context:
        if not name.startswith("@"):
            definer.define(name)
        elif name not in CONTEXT_KEYWORDS:
            raise RefusedError(f"{name} in a context")
    previous = active.previous
    if not context.get("@propagate", propagate) and previous is None:
        previous = active
    return ActiveContext(definer.terms, previous)


class _Definer:
    """The words of one context object, which may refer to one another (JSON-LD 1.1 API section 4.2)."""

    def __init__(
        self, known: Mapping[str, Term], context: Mapping[str, Any], override_protected: bool
    ) -> None:
        self.known, self.context, self.override = known, context, override_protected
        self.terms = dict(known)
        self.done: dict[str, bool] = {}

    def define(self, name: str) -> None:
        """Define a word, and first those its definition uses."""
        if name in self.done:
            if not self.done[name]:
                raise RefusedError(f"the definition of {name!r} goes in a circle")
            return
        self.done[name] = False
        term = _definition(name, self.context[name], self.context.get("@protected", False), self.expand)
        known = self.known.get(name)
        if known is not None and known.protected and not self.override:
            if not term.same_as(known):
                raise RefusedError(f"the protected word {name!r} is given another meaning")
            term = known
        self.terms[name] = term
        self.done[name] = True

    def expand(self, value: str) -> str:
        """What a text in a definition stands for."""
        if value in KEYWORDS:
            return value
        if value in self.context and not value.startswith("@"):
            self.define(value)
            return self.terms[value].iri
        prefix, colon, suffix = value.partition(":")
        if colon and prefix in self.context and not suffix.startswith("//"):
            self.define(prefix)
        if colon and prefix in self.terms and self.terms[prefix].prefix and not suffix.startswith("//"):
            return self.terms[prefix].iri + suffix
        if colon:
            return value
        if value in self.terms:
            return self.terms[value].iri
        raise RefusedError(f"{value!r} in a context is not an IRI")


def _definition(name: str, value: object, protected: bool, expand: Callable[[str], str]) -> Term:
    if isinstance(value, str):
        iri = expand(value) if value != name else value
        return Term(iri, protected=protected, prefix=iri[-1] in ":/?#[]@")
    if not isinstance(value, dict) or not value.keys() <= DEFINITION_KEYWORDS or "@id" not in value:
        raise RefusedError(f"the definition of {name!r} uses what this library does not")
    iri = value["@id"] if value["@id"] == name else expand(value["@id"])
    coercion = value.get("@type")
    if coercion is not None and coercion not in ("@id", "@vocab", "@json", "@none"):
        coercion = expand(coercion)
    container = value.get("@container", [])
    containers = frozenset([container] if isinstance(container, str) else container)
    if not containers <= CONTAINERS:
        raise RefusedError(f"the definition of {name!r} uses a container this library does not")
    return Term(
        iri,
        coercion,
        containers,
        value.get("@context", NO_CONTEXT),
        value.get("@protected", protected),
        bool(value.get("@prefix", False)),
    )


@lru_cache(maxsize=64)
def pinned_context(urls: tuple[str, ...]) -> ActiveContext:
    """The context after a list of pinned addresses; remembered, since nearly all badges have the same two."""
    return process_context(ActiveContext(), urls, documents.load_context)


@cache
def defined_words() -> Mapping[str, str]:
    """Every IRI that any pinned context has a word for, and that word."""
    found: dict[str, str] = {}

    def collect(context: Mapping[str, Any]) -> None:
        for word, definition in context.items():
            iri = definition.get("@id") if isinstance(definition, dict) else definition
            if isinstance(iri, str) and is_absolute_iri(iri):
                found.setdefault(iri, word)
            if isinstance(definition, dict) and isinstance(definition.get("@context"), dict):
                collect(definition["@context"])

    for url in documents.PINNED:
        collect(documents.load_context(url))
    return found


@cache
def pinned_words() -> frozenset[str]:
    """Every word that any pinned context defines, anywhere in it."""
    found: set[str] = set()

    def collect(context: Mapping[str, Any]) -> None:
        for word, definition in context.items():
            found.add(word)
            inner = definition.get("@context") if isinstance(definition, dict) else None
            if isinstance(inner, dict):
                collect(inner)

    for url in documents.PINNED:
        collect(documents.load_context(url))
    return frozenset(found)


def keyword_of(active: ActiveContext, key: str) -> str:
    """What a key stands for when it is a keyword or an alias of one; otherwise the key itself."""
    term = active.terms.get(key)
    return term.iri if term is not None and term.iri.startswith("@") else key


def expand_iri(active: ActiveContext, value: str, *, vocabulary: bool = True) -> str:
    """IRI expansion (JSON-LD 1.1 API section 5.2) without a base: what stays relative is no IRI."""
    term = active.terms.get(value)
    if term is not None and vocabulary:
        return term.iri
    prefix, colon, suffix = value.partition(":")
    known = active.terms.get(prefix)
    if colon and known is not None and known.prefix and prefix != "_" and not suffix.startswith("//"):
        return known.iri + suffix
    return value
