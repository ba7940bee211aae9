"""Filling a shape: from the values of one document to its canonical N-Quads."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, takewhile
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


def wide(text: str) -> str:
    """A text with one character for each byte of its UTF-8, the form in which statements are put together here.

    All of Python's quick roads for strings are open to it, it sorts as RDFC-1.0 asks (by code point), and it needs no
    encoding in the end but `latin-1`. Raises UnicodeEncodeError for half of a surrogate pair.
    """
    return text if text.isascii() else text.encode().decode("latin-1")


def literal(text: str) -> str:
    """A text as canonical N-Quads write it inside a literal (RDFC-1.0 section 5), made `wide`.

    Raises ValueError for what the walk over the words refuses in a text, and UnicodeEncodeError as `wide` does.
    """
    if is_plain(text):
        return wide(text)
    if "\ufffe" in text or "\uffff" in text:
        raise ValueError("no characters")
    return wide(text.translate(_ESCAPES))


LONGEST_IRI: Final = 4 * 1024
"""Each statement repeats the address of what it is about; with a longer one the general road counts what that makes."""
_LONGEST_KNOWN: Final = 2_000
_known_literal = lru_cache(maxsize=256)(literal)
"""Criteria and descriptions of more than one line are the same for all who hold a badge."""


def is_given_iri(text: str) -> bool:
    """Whether this is an absolute IRI in every context: its scheme is no word that could be a prefix."""
    scheme = iri_scheme(text)
    return scheme is not None and scheme not in pinned_words()


def is_plain(text: str) -> bool:
    """Whether neither a literal nor a JSON string writes any character of it as an escape."""
    return text.isprintable() and '"' not in text and "\\" not in text


def written(value: int | float, role: str) -> str:
    """A number as the text of its literal."""
    if role == WHOLE:
        return str(int(float(value)))
    # Of zeros there are two, which are equal.
    return _known_double(float(value)) if value else canonical_double(float(value))


_known_double = lru_cache(maxsize=256)(canonical_double)


def _picker(indices: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda values: tuple(values[index] for index in indices)


class _Format:
    """Lines of statements with places to fill: one `%`, and one split."""

    def __init__(self, lines: Iterable[Quad], place: Callable[[tuple[str, int]], str | int]) -> None:
        text: list[str] = []
        indices: list[int] = []
        for number, line in enumerate(lines):
            text.append("\n" if number else "")
            for part in line:
                placed = part if isinstance(part, str) else place(part)
                if isinstance(placed, str):
                    text.append(placed.replace("%", "%%"))
                else:
                    text.append("%s")
                    indices.append(placed)
        self.text = "".join(text)
        self.indices = indices
        self.pick = _picker(indices)

    def filled(self, values: Sequence[Any]) -> str:
        return self.text % self.pick(values)


def _digest(lines: str, is_sorted: bool) -> bytes:
    """The hash of a blank node: of the statements about it, in order (RDFC-1.0 section 4.6)."""
    if not is_sorted:
        lines = "\n".join(sorted(lines.split("\n")))
    return hashlib.sha256(f"{lines}\n".encode("latin-1")).digest()


def _seen_from(node: int, part: Part) -> Part:
    if isinstance(part, str) or part[0] == "slot":
        return part
    return "_:a" if part[1] == node else "_:z"


def _in_order(lines: list[Quad]) -> tuple[list[Quad], bool]:
    """Lines by what they begin with, and whether that settles their order whatever is filled in."""

    def beginning(line: Quad) -> str:
        return "".join(takewhile(lambda part: isinstance(part, str), line))  # type: ignore[arg-type]

    lines = sorted(lines, key=beginning)
    pairs = pairwise(map(beginning, lines))
    return lines, not any(later.startswith(earlier) for earlier, later in pairs)


def _may_meet(one: Quad, other: Quad) -> bool:
    """Whether there are values that make one statement of two: they have the same parts, but for those values."""
    if len(one) != len(other):
        return False
    pairs = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return not any(
        all(isinstance(part, str) for part in pair) or any(_is_node(part) for part in pair) for pair in pairs
    )


MAX_COMPARISONS: Final = 40_000
"""Of statements of one shape; some 0.15 s. A badge needs some hundred, and what needs more takes the general road."""


def _that_may_meet(varying: Sequence[Quad], always: Sequence[Quad]) -> list[int] | None:
    """Which of the varying statements may become another one's equal; None when that takes too long to say.

    Only statements with the same nameless objects in the same places are compared: an issuer of evil will find
    hundreds that differ in them alone.
    """
    groups: dict[tuple[Part | None, ...], list[Quad]] = {}
    for quad in (*varying, *always):
        groups.setdefault(_nodes_of(quad), []).append(quad)
    found, left = [], MAX_COMPARISONS
    for index, quad in enumerate(varying):
        for other in groups[_nodes_of(quad)]:
            left -= 1
            if other is not quad and _may_meet(quad, other):
                found.append(index)
                break
        if left < 0:
            return None
    return found


def _nodes_of(quad: Quad) -> tuple[Part | None, ...]:
    return tuple([part if _is_node(part) else None for part in quad])


def _is_node(part: Part) -> bool:
    return not isinstance(part, str) and part[0] == "node"


def _is_named(quad: Quad) -> bool:
    return any(map(_is_node, quad))


class Filler:
    """The statements of one shape, with some values given for good; `fill` takes all values of a document.

    Values are those of the slots as they stand in N-Quads: escaped texts, checked IRIs, written numbers; `wide`.
    """

    def __init__(self, quads: Sequence[Quad], nodes: int, given: Mapping[int, str]) -> None:
        quads = [
            tuple(p if isinstance(p, str) or p[0] == "node" else given.get(p[1], p) for p in quad)
            for quad in quads
        ]
        named = [quad for quad in quads if _is_named(quad)]
        bare = list(dict.fromkeys(quad for quad in quads if not _is_named(quad)))
        self.first_node = 1 + max(
            (p[1] for quad in quads for p in quad if not isinstance(p, str) and p[0] == "slot"), default=-1
        )
        self.can_fill = len(set(named)) == len(named)
        self._hash_nodes(named, nodes)
        labels = None if self.varying else self._labels(())
        if not self.varying and labels is None:
            self.can_fill = False

        def place(part: tuple[str, int]) -> str | int:
            kind, index = part
            if kind == "slot":
                return index
            return self.first_node + index if labels is None else labels[index]

        forms = [(quad, _Format([quad], place)) for quad in (*named, *bare)]
        self.form = _Format([quad for quad, form in forms if form.indices], place)
        self.named = sum(1 for quad, form in forms if form.indices and _is_named(quad))
        self.fixed = sorted(form.filled(()) for _, form in forms if not form.indices)
        self.fixed_set = frozenset(self.fixed)
        varying = [quad for quad, form in forms if form.indices]
        always = [quad for quad, form in forms if not form.indices]
        meeting = _that_may_meet(varying, always)
        self.can_fill = self.can_fill and meeting is not None
        self.meeting = _picker(meeting or [])
        self.all_named = self.named == len(named)
        self.size = sum(map(sys.getsizeof, (self.form.text, self.node_form.text, *self.fixed)))

    def _hash_nodes(self, named: Sequence[Quad], nodes: int) -> None:
        """Prepare the first-degree hashes: those that depend on values in one format, the others once and for all."""
        self.digests: list[bytes] = [b""] * nodes
        self.names = [f"_:c14n{number}" for number in range(nodes)]
        self.varying: list[tuple[int, bool]] = []
        texts: list[str] = []
        indices: list[int] = []
        about: list[list[Quad]] = [[] for _ in range(nodes)]
        for quad in named:
            for node in {part[1] for part in quad if not isinstance(part, str) and part[0] == "node"}:
                about[node].append(tuple(_seen_from(node, part) for part in quad))
        for node, seen in enumerate(about):
            lines, is_sorted = _in_order(seen)
            form = _Format(lines, lambda part: part[1])
            if form.indices:
                self.varying.append((node, is_sorted))
                texts.append(form.text)
                indices += form.indices
            else:
                self.digests[node] = _digest(form.filled(()), is_sorted)
        self.node_form = _Format((), lambda part: part[1])
        self.node_form.text, self.node_form.pick = "\0".join(texts), _picker(indices)

    def _labels(self, values: Sequence[Any]) -> list[str] | None:
        digests = list(self.digests)
        if self.varying:
            for (node, is_sorted), lines in zip(
                self.varying, self.node_form.filled(values).split("\0"), strict=True
            ):
                digests[node] = _digest(lines, is_sorted)
        numbers = dict(zip(sorted(digests), self.names, strict=True))
        return [numbers[digest] for digest in digests] if len(numbers) == len(digests) else None

    def fill(self, values: Sequence[Any]) -> bytes | None:
        """The canonical N-Quads, or None when blank nodes look alike or a statement about them is there twice."""
        if not self.can_fill:
            return None
        if self.varying:
            labels = self._labels(values)
            if labels is None:
                return None
            values = [*values[: self.first_node], *labels]
        varying = self.form.filled(values).split("\n") if self.form.text else []
        lines = self.fixed + varying
        lines.sort()
        if len(set(meeting := self.meeting(varying))) != len(meeting) or not self.fixed_set.isdisjoint(
            meeting
        ):
            named = varying[: self.named]
            if not self.all_named or len(set(named)) != len(named):
                return None
            lines = sorted(set(lines))
        return ("\n".join(lines) + "\n").encode("latin-1") if lines else b""


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
    verdicts: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What checks have said of a document of this shape (`plaudit.shapes.verdicts`)."""

    def written(self, values: Sequence[Any]) -> list[Any] | None:
        """The values as they stand in N-Quads; None when one of them needs the judgement of the walk."""
        result = list(values)
        if self.root is not None and values[self.root] in [values[index] for index in self.inner]:
            return None
        try:
            for index in self.iris:
                if len(values[index]) > LONGEST_IRI or not is_given_iri(values[index]):
                    return None
                result[index] = wide(values[index])
            joined = "".join([values[index] for index in self.texts])
            if not joined.isascii() or not is_plain(joined):
                for index in self.texts:
                    text = values[index]
                    if not (text.isascii() and text.isprintable()) or '"' in text or "\\" in text:
                        result[index] = _known_literal(text) if len(text) <= _LONGEST_KNOWN else literal(text)
        except ValueError:
            return None
        for index in self.numbers:
            result[index] = written(values[index], self.roles[index])
        return result

    def fill(self, values: Sequence[Any]) -> bytes | None:
        """The canonical N-Quads of a document with these values; None when the general road must decide."""
        ready = self.written(values)
        return None if ready is None else self.filler.fill(ready)
