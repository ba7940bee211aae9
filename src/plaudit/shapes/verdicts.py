"""Verdicts by shape: a check that one document has passed is asked again of another only where the two may differ.

What a check of the structure says depends on the names, types and kinds of values, which the shape fixes, and on the
characters of some values. The check itself says which: it is run once over the document with slots, and every value it
looks into is noted with the question. Only "passed" is remembered; whatever does not hold for the next document is
decided by the whole check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plaudit.shapes.filling import IRI, Shape
from plaudit.shapes.making import SLOTS, with_slots

Asked = list[tuple[str, Any]]
"""The questions of a check: (kind, value)."""
_OF_ANY_TEXT: Final = frozenset({"text", "any"})
_OF_ANY_NUMBER: Final = frozenset({"number", "any"})
"""Questions that the kind of a value answers, whatever its characters or its size."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must hold of the values of a document, that a check would pass it.

    It presumes that the shape was filled with them (`Shape.fill`): its addresses are absolute IRIs, and no text holds
    half of a surrogate pair.
    """

    asked: tuple[tuple[str, int], ...]
    """(kind, index of a value)"""
    numbers: tuple[int, ...]
    alike: tuple[tuple[int, ...], ...]
    """The values of one array."""

    def holds(self, values: Sequence[Any], fits: Callable[[str, Any], bool]) -> bool:
        """Whether every question about a value has the answer that passes."""
        return all(fits(kind, values[index]) for kind, index in self.asked)

    def differ(self, values: Sequence[Any]) -> bool:
        """Whether no array holds one value twice."""
        return all(
            len({(type(values[i]), values[i]) for i in places}) == len(places) for places in self.alike
        )


def learn(
    shape: Shape, document: Mapping[str, Any], check: Callable[[Mapping[str, Any], Asked], object]
) -> Verdict:
    """The verdict for a shape, from a document of it that `check` passes; it is run again, and notes its questions."""
    slotted = with_slots(document, [])
    asked: Asked = []
    check(slotted, asked)
    questions: dict[tuple[str, int], None] = {}
    for kind, item in asked:
        if not isinstance(item, SLOTS) or kind in (_OF_ANY_TEXT if isinstance(item, str) else _OF_ANY_NUMBER):
            continue
        if kind != "iri" or shape.roles[item.place] != IRI:
            questions[kind, item.place] = None
    alike: list[tuple[int, ...]] = []
    numbers: list[int] = []
    _look_for_values(slotted, numbers, alike)
    return Verdict(tuple(questions), tuple(numbers), tuple(alike))


def _look_for_values(value: Any, numbers: list[int], alike: list[tuple[int, ...]]) -> None:
    if isinstance(value, list):
        places = tuple(item.place for item in value if isinstance(item, SLOTS))
        if len(places) > 1:
            alike.append(places)
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            _look_for_values(item, numbers, alike)
        elif isinstance(item, SLOTS) and not isinstance(item, str):
            numbers.append(item.place)


def ids_are_addresses(shape: Shape, document: Mapping[str, Any]) -> bool:
    """Whether every `id` of the document is one that filling the shape asks to be an absolute IRI."""
    return _ids_are_addresses(with_slots(document, []), shape)


def _ids_are_addresses(value: Any, shape: Shape) -> bool:
    if isinstance(value, dict):
        for name, item in value.items():
            if name in ("id", "@id") and (not isinstance(item, SLOTS) or shape.roles[item.place] != IRI):
                return False
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_ids_are_addresses(item, shape) for item in items)
