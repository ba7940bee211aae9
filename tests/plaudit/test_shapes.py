"""The fast road: the same bytes and the same refusals as the general road, whatever the document."""

import json
from pathlib import Path
from typing import Any

from plaudit import canonical, shapes, terms
from plaudit.errors import PlauditError

VECTORS = sorted((Path(__file__).parents[1] / "vectors").rglob("*.json"))


def general(document: Any) -> bytes | str:
    """What the general road says: the bytes, or the error."""
    try:
        return canonical.rdfc_prepared(terms.prepare(document))
    except PlauditError as error:
        return repr(error)


def fast(document: Any) -> bytes | str | None:
    """What the fast road says of a document whose shape is known; None when it leaves the word to the general one."""
    shapes.cache.clear()
    try:
        for _ in range(2):
            found = shapes.find(document, canonical.parse)
        return None if found is None else found[0].fill(found[1])
    except PlauditError as error:
        return repr(error)


def through_the_cache(document: Any) -> bytes | str:
    try:
        return canonical.rdfc(document)
    except PlauditError as error:
        return repr(error)


def same(document: Any) -> bool:
    """Compare the roads; answers whether the fast one was taken."""
    expected = general(document)
    answer = fast(document)
    assert answer is None or answer == expected, json.dumps(document)
    assert through_the_cache(document) == expected
    return answer is not None
