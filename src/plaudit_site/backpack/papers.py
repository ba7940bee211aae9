"""The credential inside a PDF of ours: printed certificates carry the signed file as an attachment (PDF/A-3)."""

from __future__ import annotations

import re
import zlib
from typing import Final

MOST_ATTACHED: Final = 1024 * 1024
MOST_TRIED: Final = 20
_EMBEDDED: Final = re.compile(rb"/Type\s*/EmbeddedFile\b")
_STREAM: Final = re.compile(rb"stream\r?\n")


def is_paper(given: bytes) -> bool:
    return given.startswith(b"%PDF-")


def attached(given: bytes) -> bytes | None:
    """The first attachment that can be a badge, unpacked; None where there is none. Nothing else of the PDF is read."""
    for number, mark in enumerate(_EMBEDDED.finditer(given)):
        if number >= MOST_TRIED:
            break
        begin = _STREAM.search(given, mark.end(), mark.end() + 2_000)
        end = given.find(b"endstream", begin.end()) if begin else -1
        if begin is None or end < 0:
            continue
        content = _unpacked(
            given[begin.end() : end], b"/FlateDecode" in given[mark.start() - 500 : begin.start()]
        )
        if content is not None and content.lstrip()[:1] in (b"{", b"e"):
            return content
    return None


def _unpacked(data: bytes, is_packed: bool) -> bytes | None:
    if not is_packed:
        return data[:MOST_ATTACHED].rstrip(b"\r\n")
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(data, MOST_ATTACHED + 1)
    except zlib.error:
        return None
    return content if unpacker.eof and len(content) <= MOST_ATTACHED else None
