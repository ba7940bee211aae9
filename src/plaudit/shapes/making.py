"""Making a shape: one walk over the words and one pass of the JSON-LD processor, with marks in place of values."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from plaudit import documents
from plaudit.contexts import ActiveContext, Term, keyword_of
from plaudit.errors import ComplexityError, UnknownContextError
from plaudit.shapes.filling import DOUBLE, IRI, PIN, TEXT, WHOLE, Filler, Part, Quad, Shape, literal, wide
from plaudit.shapes.skeleton import FIXED, LARGEST_WHOLE, NotTakenError
from plaudit.terms import XSD, Walk

if TYPE_CHECKING:
    import pyoxigraph


class _TextSlot(str):
    place: int


class _WholeSlot(int):
    place: int


class _FractionSlot(float):
    place: int


SLOTS: Final = (_TextSlot, _WholeSlot, _FractionSlot)


def with_slots(value: Any, values: list[Any]) -> Any:
    """The document with every value of `read` as an object that knows its index."""
    if isinstance(value, dict):
        return {name: item if name in FIXED else with_slots(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [with_slots(item, values) for item in value]
    if isinstance(value, bool):
        return value
    slot: Any
    if isinstance(value, str):
        slot = _TextSlot(value)
    elif float(value).is_integer() and abs(value) < LARGEST_WHOLE:
        slot = _WholeSlot(value)
    else:
        slot = _FractionSlot(value)
    slot.place = len(values)
    values.append(value)
    return slot


class _MarkingWalk(Walk):
    """The walk over the words of a document with slots; what it returns has marks in their places."""

    def __init__(self) -> None:
        super().__init__(documents.load_context)
        self.prefix = f"urn:plaudit-slot-{secrets.token_hex(12)}:"
        self.roles: dict[int, str] = {}
        self.is_plain = True

    def mark(self, item: Any, role: str) -> Any:
        if not isinstance(item, SLOTS):
            self.is_plain = False
            return item
        if self.roles.setdefault(item.place, role) != role:
            self.is_plain = False
        return item if role == PIN else f"{self.prefix}{item.place}"

    def identifier(self, item: Any, active: ActiveContext, path: str) -> Any:
        return self.mark(super().identifier(item, active, path), IRI)

    def string(self, item: str, active: ActiveContext, term: Term, path: str) -> str:
        result = super().string(item, active, term, path)
        if term.coercion == "@id":
            return result
        return str(self.mark(item, PIN if term.coercion == "@vocab" else TEXT))

    def number(self, item: int | float, term: Term) -> int | dict[str, str]:
        result = super().number(item, term)
        coercion = term.coercion if term.coercion and not term.coercion.startswith("@") else None
        datatype = result["@type"] if isinstance(result, dict) else coercion or XSD + "integer"
        return self.marked_number(item, datatype)

    def marked_number(self, item: int | float, datatype: str) -> dict[str, str]:
        is_whole = isinstance(item, _WholeSlot) and datatype != XSD + "double"
        return {"@value": self.mark(item, WHOLE if is_whole else DOUBLE), "@type": datatype}

    def value_object(self, value: Mapping[str, Any], active: ActiveContext, path: str) -> dict[str, Any]:
        result = super().value_object(value, active, path)
        if self.faults:
            return result
        for key, item in value.items():
            if keyword_of(active, key) != "@value":
                if isinstance(item, SLOTS):
                    self.mark(item, PIN)
            elif isinstance(item, str):
                result[key] = self.mark(item, TEXT)
            elif not isinstance(item, bool) and isinstance(item, int | float):
                return self.marked_number(item, result["@type"])
        return result


def make(document: dict[str, Any], parse: Callable[[Mapping[str, Any]], pyoxigraph.Dataset]) -> Shape | None:
    """The shape of a document that passes the walk; None when it does not, or is not simple enough."""
    values: list[Any] = []
    slotted = with_slots(document, values)
    walk = _MarkingWalk()
    nodes: dict[Any, int] = {}
    try:
        prepared = walk.document(slotted)
        if walk.faults or not walk.is_plain or len(walk.roles) != len(values):
            return None
        roles = tuple(walk.roles[index] for index in range(len(values)))
        quads = tuple(_quad(quad, walk.prefix, roles, nodes) for quad in parse(prepared))
    except (NotTakenError, ComplexityError, UnknownContextError):
        return None
    found = {part[1] for quad in quads for part in quad if part[0] == "slot"}
    if found != {index for index, role in enumerate(roles) if role != PIN}:
        return None  # a value that states nothing
    inner: list[int] = []
    root = slotted.get("id")
    _find_ids(slotted, inner)
    return Shape(
        roles, quads, len(nodes), root.place if isinstance(root, _TextSlot) else None,
        tuple(index for index in inner if not isinstance(root, _TextSlot) or index != root.place),
        tuple(index for index, role in enumerate(roles) if role == TEXT),
        tuple(index for index, role in enumerate(roles) if role == IRI),
        tuple(index for index, role in enumerate(roles) if role in (WHOLE, DOUBLE)),
        Filler(quads, len(nodes), {}),
    )  # fmt: skip


def places(document: Mapping[str, Any], pointers: Iterable[str]) -> list[int]:
    """Which of a document's values (in the order of `read`) stand at these JSON pointers (RFC 6901).

    ValueError for a pointer to anything but a string outside of `type` and `@context`.
    """
    slotted = with_slots(document, [])
    found: list[int] = []
    for pointer in pointers:
        value = slotted
        for part in pointer_parts(pointer):
            try:
                value = value[int(part) if isinstance(value, list) else part]
            except (KeyError, IndexError, TypeError, ValueError):
                raise ValueError(f"there is nothing at {pointer!r}") from None
        if not isinstance(value, _TextSlot):
            raise ValueError(f"{pointer!r} is not a text that may vary")
        found.append(value.place)
    return found


def pointer_parts(pointer: str) -> list[str]:
    """The parts of a JSON pointer, unescaped; ValueError when it does not begin with a slash."""
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is not a JSON pointer into the document")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _find_ids(value: Any, found: list[int]) -> None:
    if isinstance(value, dict):
        found += [value[name].place for name in ("id", "@id") if isinstance(value.get(name), _TextSlot)]
        for item in value.values():
            _find_ids(item, found)
    elif isinstance(value, list):
        for item in value:
            _find_ids(item, found)


def _quad(quad: pyoxigraph.Quad, prefix: str, roles: Sequence[str], nodes: dict[Any, int]) -> Quad:
    """One statement as pieces; every mark must be a whole IRI, or the whole text of a literal."""
    import pyoxigraph

    parts: list[Part] = []
    for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
        if isinstance(term, pyoxigraph.DefaultGraph):
            continue
        if isinstance(term, pyoxigraph.BlankNode):
            parts += [("node", nodes.setdefault(term, len(nodes))), " "]
        elif isinstance(term, pyoxigraph.NamedNode):
            text = _slot(term.value, prefix, roles, (IRI,))
            parts += ["<", wide(text) if isinstance(text, str) else text, "> "]
        else:
            assert isinstance(term, pyoxigraph.Literal)
            text = _slot(term.value, prefix, roles, (TEXT, WHOLE, DOUBLE))
            datatype = term.datatype.value
            suffix = f"@{term.language}" if term.language else f"^^<{wide(datatype)}>"
            parts += ['"', literal(text) if isinstance(text, str) else text]
            parts += ['" ' if datatype == XSD + "string" else f'"{suffix} ']
    return (*parts, ".")


def _slot(text: str, prefix: str, roles: Sequence[str], allowed: Sequence[str]) -> Part:
    if prefix not in text:
        return text
    index = text.removeprefix(prefix)
    if not index.isdecimal() or roles[int(index)] not in allowed:
        raise NotTakenError
    return "slot", int(index)
