"""Mutants: documents and bytes that differ from a good badge in a few places, the same ones for the same seed."""

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Json = Any

WORDS = [
    "", "x", "PhD", "@id", "@type", "@context", "@graph", "_:b0", "urn:x:1", "https://x.example/", "did:web:x.example",
    "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "revocation", "\u0000", "\u202e",
    "\U0001f525", "a" * 3000, "0", "-1",
]  # fmt: skip
VALUES: list[Json] = [
    None, True, False, 0, 1, -1, 2.5, 1e300, 2**53 + 1, 10**21, [], {}, [None], [[]], {"id": "urn:x:1"},
    {"@value": "x"}, {"@id": "urn:x:1"}, {"type": ["Profile"]}, {"@context": None}, [1, "1"],
]  # fmt: skip
NAMES = [
    "id", "type", "name", "@context", "@id", "@type", "@graph", "@included", "@nest", "@reverse", "@value", "@list",
    "proof", "credentialStatus", "validUntil", "validFrom", "issuer", "credentialSubject", "achievement", "evidence",
    "endorsement", "endorsementJwt", "medicalLicence", "https://schema.org/name", "termsOfUse", "refreshService",
    "relatedResource", "previousProof", "cryptosuite", "proofValue", "domain", "",
]  # fmt: skip


def places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything in a document but the document itself."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from places(item, (*path, key))


def at(value: Json, path: tuple[Any, ...]) -> Json:
    for step in path:
        value = value[step]
    return value


def other_text(chance: random.Random, text: str) -> str:
    """A text near this one."""
    kind = chance.randrange(6)
    where = chance.randrange(len(text) + 1)
    if kind == 0 or not text:
        return chance.choice(WORDS)
    if kind == 1:
        return text[:where] + chance.choice(WORDS) + text[where:]
    if kind == 2:
        return text[:where] + text[where + 1 :]
    if kind == 3:
        return text.swapcase()
    if kind == 4:
        return text + chance.choice((" ", "\u00a0", "\n", "/", "#", "?", "=", "."))
    where = min(where, len(text) - 1)
    return text[:where] + chr(ord(text[where]) ^ 1) + text[where + 1 :]


def mutate_json(chance: random.Random, document: Json) -> Json:
    """A copy with one to three changes of its structure or values."""
    changed = deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        paths = list(places(changed))
        if not paths:
            return changed
        path = chance.choice(paths)
        place, key = at(changed, path[:-1]), path[-1]
        _change_place(chance, changed, place, key, paths)
    return changed


def _change_place(chance: random.Random, whole: Json, place: Json, key: Any, paths: list[Any]) -> None:
    kind = chance.randrange(8)
    if kind == 0:
        del place[key]
    elif kind == 1:
        place[key] = deepcopy(chance.choice(VALUES))
    elif kind == 2:
        place[key] = chance.choice(WORDS)
    elif kind == 3 and isinstance(place[key], str):
        place[key] = other_text(chance, place[key])
    elif kind == 4:
        place[key] = deepcopy(at(whole, chance.choice(paths)))
    elif kind == 5 and isinstance(place, dict):
        place[chance.choice(NAMES)] = deepcopy(chance.choice([*VALUES, *WORDS]))
    elif kind == 6 and isinstance(place, dict):
        place[other_text(chance, key)] = place.pop(key)
    elif isinstance(place, list):
        place.append(deepcopy(chance.choice([*VALUES, *place])))
    elif isinstance(place[key], int | float):
        place[key] = place[key] + chance.choice((1, -1, 0.5, 1e-9))
    else:
        place[key] = [place[key], deepcopy(chance.choice(VALUES))]


def mutate_bytes(chance: random.Random, data: bytes) -> bytes:
    """A copy with one to three changes of its bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        chance.choice(_BYTE_CHANGES)(chance, changed)
    return bytes(changed)


def _flip(chance: random.Random, data: bytearray) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.choice((1, 4, 100, len(data)))]


def _insert(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = chance.choice(
        (b"\0", b'"', b"{", b"\xff\xff\xff\xff", b"\\u0000", b"]]>", b"<", b".")
    )


def _repeat(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.choice((1, 12, 200, 4000))]
    where = chance.randrange(len(data) + 1)
    data[where:where] = piece


def _swap(chance: random.Random, data: bytearray) -> None:
    if len(data) > 1:
        one, two = chance.randrange(len(data)), chance.randrange(len(data))
        data[one], data[two] = data[two], data[one]


_BYTE_CHANGES: list[Callable[[random.Random, bytearray], None]] = [
    _flip,
    _flip,
    _cut,
    _insert,
    _repeat,
    _swap,
]


def same_meaning(one: Json, two: Json) -> bool:
    """Whether two documents say the same: a set has no order, holds a value once, and says nothing when it is empty."""
    return _plain(one) == _plain(two)


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return ("{}", frozenset((key, _plain(item)) for key, item in value.items() if item != []))
    if isinstance(value, list):
        items = frozenset(_plain(item) for item in value)
        return next(iter(items)) if len(items) == 1 else ("[]", items)
    return (type(value).__name__ if isinstance(value, bool) else "", value)
