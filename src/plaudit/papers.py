"""The credential attached to a PDF: printed certificates carry the signed file inside (PDF/A-3, ISO 19005-3).

Only attachments are looked for; nothing else of the PDF is read, and no reference in it is followed. A stream is
never inside another one (ISO 32000-1, 7.5.7), so what is attached can be found without reading the PDF's tables.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from plaudit.errors import AmbiguousError, TooLargeError
from plaudit.proofs import jose
from plaudit.reading import MAX_JSON_BYTES

MOST_ATTACHED: Final = MAX_JSON_BYTES
MOST_TRIED: Final = 20
_EMBEDDED: Final = re.compile(rb"/Type\s*/EmbeddedFile\b")
_STREAM: Final = re.compile(rb"stream\r?\n")
_LONGEST_HEAD: Final = 2_000


def is_paper(given: bytes) -> bool:
    return given.startswith(b"%PDF-")


def attached(given: bytes) -> bytes | None:
    """The attachment that can be a badge, unpacked; None where there is none.

    Raises AmbiguousError for several, and TooLargeError for one that is longer than what is read.
    """
    found: set[bytes] = set()
    for number, mark in enumerate(_EMBEDDED.finditer(given)):
        if number >= MOST_TRIED:
            break
        begin = _STREAM.search(given, mark.end(), mark.end() + _LONGEST_HEAD)
        end = given.find(b"endstream", begin.end()) if begin else -1
        if begin is None or end < 0:
            continue
        head = given[max(0, mark.start() - 500) : begin.start()]
        content = _unpacked(given[begin.end() : end], b"/FlateDecode" in head)
        if content is not None and _can_be_a_badge(content):
            found.add(content)
        if len(found) > 1:
            raise AmbiguousError("more than one badge is attached to the PDF file", "a PDF file")
    if any(len(content) > MOST_ATTACHED for content in found):
        raise TooLargeError("what is attached to the PDF file is longer than 5 MiB")
    return found.pop() if found else None


def _can_be_a_badge(content: bytes) -> bool:
    """Whether it is worth a check: other programs attach files of their own, tables and notes among them."""
    text = content.strip()
    return (text[:1] == b"{" and b'"@context"' in text) or jose.looks_like_jws(text.decode("latin-1"))


def _unpacked(data: bytes, is_packed: bool) -> bytes | None:
    if not is_packed:
        return data[: MOST_ATTACHED + 1].rstrip(b"\r\n")
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(data, MOST_ATTACHED + 1)
    except zlib.error:
        return None
    return content if unpacker.eof or len(content) > MOST_ATTACHED else None
