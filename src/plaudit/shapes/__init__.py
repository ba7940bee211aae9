"""The fast road to canonical form: the work of JSON-LD is done once per shape of document, then filled in.

Two documents have one shape when they differ in nothing but their strings and the size of their numbers. The shape
holds all that the walk over the words (`plaudit.terms`) looks at: every member's name in its order, every `@context`
and `type`, the JSON type of every value. What the walk asks of single strings is asked again of each document: that
identifiers are absolute IRIs, that no inner object takes the document's own id. Strings with a meaning beyond their
characters (words of a vocabulary, language tags, datatypes) are compared with those the shape was made from. So a
document of a known shape would pass the walk, or it is not taken here.

RDF is the same for all documents of a shape but for those strings, so one pass of the JSON-LD processor, over a
document with marks in place of strings, gives the statements of all of them. Blank nodes are named by their
first-degree hashes (RDFC-1.0 section 4.6), if those are all different.

Whenever anything is not as simple as that, the answer is None, and the general road of `plaudit.canonical` decides.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from plaudit.shapes.filling import IRI, PIN, Filler, Shape, is_given_iri, is_plain, literal, wide
from plaudit.shapes.making import make, places, pointer_parts
from plaudit.shapes.skeleton import Key, read

if TYPE_CHECKING:
    import pyoxigraph

__all__ = [
    "IRI", "PIN", "Filler", "Shape", "cache", "find", "is_given_iri", "is_plain", "literal", "make", "places",
    "pointer_parts", "read", "wide",
]  # fmt: skip

MAX_SHAPES: Final = 512
"""An issuer needs about five for each badge."""
MAX_CACHE_BYTES: Final = 32 * 1024 * 1024
"""All shapes together; one badge takes some 30 kB."""
MAX_SHAPE_BYTES: Final = 512 * 1024
"""A single shape; what is larger is an odd document, and takes the general road."""
MAX_SEEN: Final = 4_096
"""Shapes met once. Only the second document of a shape is worth the making of it."""


def find(
    document: object, parse: Callable[[Mapping[str, Any]], pyoxigraph.Dataset] | None
) -> tuple[Shape, list[Any]] | None:
    """The shape of a document and its values, when this or another document of the shape was met before.

    `parse` is the JSON-LD processor, for the second document of a shape; without it only known shapes are found.
    """
    skeleton = read(document)
    if skeleton is None:
        return None
    key, values = skeleton
    whole, shape = cache.find(key, values)
    if shape is None:
        if parse is None or not cache.is_second(whole):
            return None
        assert isinstance(document, dict)
        shape = make(document, parse)
        if shape is None:
            return None
        cache.keep(key, values, shape)
    return shape, values


class _Cache:
    """The shapes met lately, bounded in number and in bytes; for many threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.shapes: OrderedDict[Key, tuple[tuple[int, ...], Shape | None, int]] = OrderedDict()
        self.seen: OrderedDict[int, None] = OrderedDict()
        self.bytes = 0

    def find(self, key: Key, values: Sequence[Any]) -> tuple[Key, Shape | None]:
        """The shape, if it is known, and the whole key: with the values that must be just those."""
        with self.lock:
            entry = self.shapes.get(key)
            if entry is None:
                return key, None
            self.shapes.move_to_end(key)
            if not entry[0]:
                return key, entry[1]
            key = (*key, *[values[index] for index in entry[0]])
            entry = self.shapes.get(key)
            if entry is None:
                return key, None
            self.shapes.move_to_end(key)
            return key, entry[1]

    def is_second(self, key: Key) -> bool:
        """Whether a document of this shape was met before."""
        number = hash(key)
        with self.lock:
            if number in self.seen:
                del self.seen[number]
                return True
            self.seen[number] = None
            if len(self.seen) > MAX_SEEN:
                self.seen.popitem(last=False)
            return False

    def keep(self, key: Key, values: Sequence[Any], shape: Shape) -> None:
        pins = tuple(index for index, role in enumerate(shape.roles) if role == PIN)
        size = shape.filler.size + sum(map(sys.getsizeof, (key, *(k for k in key if isinstance(k, str)))))
        if size > MAX_SHAPE_BYTES:
            return
        with self.lock:
            if pins:
                self._put(key, (pins, None, 0))
                key = (*key, *[values[index] for index in pins])
            self._put(key, ((), shape, size))
            while len(self.shapes) > MAX_SHAPES or self.bytes > MAX_CACHE_BYTES:
                self.bytes -= self.shapes.popitem(last=False)[1][2]

    def _put(self, key: Key, entry: tuple[tuple[int, ...], Shape | None, int]) -> None:
        old = self.shapes.pop(key, None)
        self.bytes += entry[2] - (old[2] if old else 0)
        self.shapes[key] = entry

    def clear(self) -> None:
        with self.lock:
            self.shapes.clear()
            self.seen.clear()
            self.bytes = 0


cache: Final = _Cache()
