"""The holes of a template: what each of them may be filled with, and the JSON text around them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, Final

from plaudit import shapes
from plaudit.reading import is_absolute_iri
from plaudit.rules import is_anything, is_date, is_date_time, is_text

_ONLY_TEXT: Final = frozenset({str})

# Texts that need no second look, by what their place asks for: plain ASCII that nobody writes as an escape, every day
# but the 29th of February, schemes that are no word of a context. Whatever else is given is judged in full.
_DAY: Final = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_DATE_TIME: Final = f"[12][0-9]{{3}}-{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_IRI: Final = "(?:urn:uuid:[0-9a-f-]+|https?://[a-z0-9.-]+(?::[0-9]+)?/[A-Za-z0-9/._~#-]*)"
_TEXT: Final = r"[ !#-\[\]-~]+"


class Judge:
    """Says whether a shape can be filled with some texts, and how statements and JSON write them."""

    def __init__(
        self,
        shape: shapes.Shape,
        values: Sequence[Any],
        places: Sequence[int],
        fits: Sequence[Callable[[Any], bool]],
    ) -> None:
        holes = set(places)
        self._values, self._places = values, places
        self._is_iri = [shape.roles[place] == shapes.IRI for place in places]
        self._asks = [
            (index, ask)
            for index, (ask, iri) in enumerate(zip(fits, self._is_iri, strict=True))
            if not iri or ask is not is_absolute_iri
        ]
        self._usual = _usual(fits, self._is_iri)
        is_free = shape.root is None or not holes & {shape.root, *shape.inner}
        self._root = None if is_free else shape.root
        self._inner = shape.inner
        self.filler = shapes.Filler(
            shape.quads,
            shape.nodes,
            {index: value for index, value in enumerate(values) if index not in holes},
        )

    def __call__(self, texts: Sequence[str]) -> tuple[list[Any], Sequence[str]] | None:
        """All values of the shape as N-Quads write them, and the texts as JSON does (both `wide`).

        None when one of them wants the judgement of `issue`.
        """
        # What inherits from text may be written in another way than it looks.
        if not _ONLY_TEXT.issuperset(map(type, texts)):
            return None
        values = list(self._values)
        written: Sequence[str] = texts
        if self._usual is not None and self._usual.fullmatch("\n".join(texts)):
            for place, text in zip(self._places, texts, strict=True):
                values[place] = text
        else:
            if not all(texts) or not all(ask(texts[index]) for index, ask in self._asks):
                return None
            try:
                for place, text, is_iri in zip(self._places, texts, self._is_iri, strict=True):
                    if is_iri and not shapes.is_given_iri(text):
                        return None
                    values[place] = shapes.wide(text) if is_iri else shapes.literal(text)
            except ValueError:
                return None
            # What N-Quads need not escape, JSON need not either; nor does it the last two.
            written = [shapes.wide(encode_basestring(text)[1:-1]) for text in texts]
        if self._root is not None and values[self._root] in [values[index] for index in self._inner]:
            return None
        return values, written


def _usual(fits: Sequence[Callable[[Any], bool]], is_iri: Sequence[bool]) -> re.Pattern[str] | None:
    """What usual texts look like, one a line; None when a hole asks for something that this cannot say."""
    patterns: dict[Any, str] = {
        is_date_time: _DATE_TIME,
        is_date: _DATE_TIME,
        is_absolute_iri: _IRI,
        is_text: _TEXT,
        is_anything: _TEXT,
    }
    lines = []
    for ask, iri in zip(fits, is_iri, strict=True):
        if iri and ask not in (is_absolute_iri, is_anything):
            return None
        line = _IRI if iri else patterns.get(ask)
        if line is None:
            return None
        lines.append(line)
    return re.compile("\n".join(lines))


class Marks:
    """Texts that stand in for others while a JSON text is made, to find their places in it."""

    def __init__(self, count: int) -> None:
        self._mark = f"hole-{secrets.token_hex(12)}-"
        self.texts = [f"{self._mark}{number}-" for number in range(count)]

    def cut(self, text: str, *, numbers: int = 0) -> Cut:
        """A JSON text without its marks; the last `numbers` of them stand for numbers, which have no quotes."""
        pieces = re.split(f'"{self._mark}([0-9]+)-"', text)
        order = [int(number) for number in pieces[1::2]]
        ends = ['"%s"' if number < len(self.texts) - numbers else "%s" for number in order]
        fixed = [shapes.wide(piece).replace("%", "%%") for piece in pieces[::2]]
        return Cut("".join(map("".join, zip(fixed, [*ends, ""], strict=True))), order)


class Cut:
    """A JSON text with places to fill, each with what has the number of its mark."""

    def __init__(self, text: str, order: Sequence[int]) -> None:
        self.text = text
        self._pick = itemgetter(*order)

    def filled(self, written: Sequence[object]) -> bytes:
        text: str = self.text % self._pick(written)
        return text.encode("latin-1")
