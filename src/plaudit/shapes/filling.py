"""Filling a shape: from the values of one document to its canonical N-Quads."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from plaudit.contexts import pinned_words
from plaudit.reading import iri_scheme
from plaudit.terms import canonical_double

TEXT, IRI, WHOLE, DOUBLE, PIN = "text", "iri", "whole", "double", "pin"
"""What a value is: the text of a literal, an address, a number (written in one of two ways), a word."""

Part = str | tuple[str, int]
"""A piece of a statement: fixed text, ("slot", index of a value) or ("node", index of a blank node)."""
Quad = tuple[Part, ...]

_ESCAPES: Final = {code: f"\\u{code:04X}" for code in [*range(0x20), 0x7F]} | {
    ord(character): escape
    for character, escape in {
        "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\",
    }.items()
}  # fmt: skip


def escape(text: str) -> str:
    """A text as canonical N-Quads write it inside a literal (RDF 1.2 N-Quads, canonical form)."""
    return text.translate(_ESCAPES)


def _is_plain(text: str) -> bool:
    return text.isprintable() and '"' not in text and "\\" not in text


def written(value: int | float, role: str) -> str:
    """A number as the text of its literal."""
    return str(int(float(value))) if role == WHOLE else canonical_double(float(value))


def _picker(indices: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda values: tuple(values[index] for index in indices)


class _Format:
    """Lines of statements with places to fill: one `%`, and one split."""

    def __init__(self, lines: Iterable[Quad], place: Callable[[Part], Part | int]) -> None:
        text: list[str] = []
        indices: list[int] = []
        for number, line in enumerate(lines):
            text.append("\n" if number else "")
            for part in line:
                placed = place(part)
                if isinstance(placed, str):
                    text.append(placed.replace("%", "%%"))
                elif isinstance(placed, int):
                    text.append("%s")
                    indices.append(placed)
        self.text = "".join(text)
        self.pick = _picker(indices)
        self.is_constant = not indices

    def lines(self, values: Sequence[Any]) -> list[str]:
        return (self.text % self.pick(values)).split("\n") if self.text else []


def _digest(lines: list[str]) -> bytes:
    lines.sort()
    return hashlib.sha256(("\n".join(lines) + "\n").encode()).digest()


class Filler:
    """The statements of one shape, with some values filled in for good; `fill` takes all values of a document.

    Values are those of the slots as they stand in N-Quads: escaped texts, checked IRIs, written numbers.
    """

    def __init__(self, quads: Sequence[Quad], nodes: int, given: Mapping[int, str]) -> None:
        self.first_node = 1 + max(
            (p[1] for quad in quads for p in quad if not isinstance(p, str) and p[0] == "slot"), default=-1
        )
        self.digests: list[bytes | None] = [None] * nodes
        self.formats: list[tuple[int, _Format]] = []

        def seen_from(node: int) -> Callable[[Part], Part | int]:
            def place(part: Part) -> Part | int:
                if isinstance(part, str):
                    return part
                if part[0] == "node":
                    return "_:a" if part[1] == node else "_:z"
                return given.get(part[1], part[1])

            return place

        for node in range(nodes):
            lines = [quad for quad in quads if ("node", node) in quad]
            form = _Format(lines, seen_from(node))
            if form.is_constant:
                self.digests[node] = _digest(form.lines(()))
            else:
                self.formats.append((node, form))
        labels = self._labels(()) if not self.formats else None
        self.labels = labels or []

        def place(part: Part) -> Part | int:
            if isinstance(part, str):
                return part
            if part[0] == "node":
                return labels[part[1]] if labels is not None else self.first_node + part[1]
            return given.get(part[1], part[1])

        forms = [(quad, _Format([quad], place)) for quad in quads]
        named = [quad for quad, form in forms if not form.is_constant and any(p[0] == "node" for p in quad)]
        bare = [quad for quad, form in forms if not form.is_constant and quad not in named]
        self.named = len(named)
        self.whole = not given
        """Whether every statement with a blank node is among the named ones."""
        self.form = _Format([*named, *bare], place)
        self.fixed = sorted({form.lines(())[0] for _, form in forms if form.is_constant})
        self.size = sum(map(sys.getsizeof, [self.form.text, *(form.text for _, form in self.formats)]))
        self.size += sum(map(sys.getsizeof, self.fixed))

    def _labels(self, values: Sequence[Any]) -> list[str] | None:
        digests = list(self.digests)
        for node, form in self.formats:
            digests[node] = _digest(form.lines(values))
        order = sorted(digests)  # type: ignore[type-var]  # none is None any more
        if len(set(order)) != len(order):
            return None
        numbers = {digest: f"_:c14n{number}" for number, digest in enumerate(order)}
        return [numbers[digest] for digest in digests]

    def fill(self, values: Sequence[Any]) -> bytes | None:
        """The canonical N-Quads, or None when blank nodes look alike or a statement about them is there twice."""
        try:
            if self.formats:
                labels = self._labels(values)
                if labels is None:
                    return None
                values = [*values[: self.first_node], *labels]
            varying = self.form.lines(values)
            lines = self.fixed + varying
            lines.sort()
            if len(set(lines)) != len(lines):
                named = varying[: self.named]
                if not self.whole or len(set(named)) != len(named):
                    return None
                lines = sorted(set(lines))
            return ("\n".join(lines) + "\n").encode() if lines else b""
        except UnicodeEncodeError:
            return None  # half of a surrogate pair: the general road says so


@dataclass(frozen=True, slots=True)
class Shape:
    """What all documents of a shape have in common. `roles` says what each value is, in the order of `read`."""

    roles: tuple[str, ...]
    quads: tuple[Quad, ...]
    nodes: int
    root: int | None
    inner: tuple[int, ...]
    texts: tuple[int, ...]
    iris: tuple[int, ...]
    numbers: tuple[int, ...]
    filler: Filler

    def written(self, values: Sequence[Any]) -> list[Any] | None:
        """The values as they stand in N-Quads; None when one of them needs the judgement of the walk."""
        result = list(values)
        words = pinned_words()
        for index in self.iris:
            scheme = iri_scheme(values[index])
            if scheme is None or scheme in words:
                return None
        if self.root is not None and values[self.root] in [values[index] for index in self.inner]:
            return None
        if not _is_plain("".join([values[index] for index in self.texts])):
            for index in self.texts:
                if not _is_plain(values[index]):
                    result[index] = escape(values[index])
        for index in self.numbers:
            result[index] = written(values[index], self.roles[index])
        return result

    def fill(self, values: Sequence[Any]) -> bytes | None:
        """The canonical N-Quads of a document with these values; None when the general road must decide."""
        ready = self.written(values)
        return None if ready is None else self.filler.fill(ready)
