"""A page as a PDF: archivable and accessible where there is a font for each of its letters, and set in any case."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import typst

log = logging.getLogger(__name__)

SIZES = {"a4": "a4", "letter": "us-letter"}
FONTS = ("Libertinus Serif",)
"""Comes with the program that sets the page, as do its italics; it has Latin, Greek, Cyrillic and Hebrew."""
STANDARDS: Final[list[Any]] = ["a-3b", "ua-1"]


def set_page(sheet: bytes, given: Mapping[str, str], at: datetime, *, name: str) -> bytes:
    """PDF/A-3 and PDF/UA where there is a font for every letter.

    Where the site's own have none, fonts of this machine are asked, and in the end the page is set without that
    promise: a name never breaks it. The same words give the same bytes, whenever they are asked for. `name` says
    in the log which paper it was.
    """
    try:
        return _set(sheet, given, at, STANDARDS, _own_fonts())
    except typst.TypstError:
        pass
    try:
        return _set(sheet, given, at, STANDARDS, _fonts())
    except typst.TypstError as error:
        log.info("%s is no PDF/A: %s", name, error)
    return _set(sheet, given, at, [], _fonts())


def _set(
    sheet: bytes, given: Mapping[str, str], at: datetime, standards: list[Any], fonts: typst.Fonts
) -> bytes:
    pdf = typst.compile(
        sheet,
        format="pdf",
        pdf_standards=standards,
        font_paths=fonts,
        sys_inputs=dict(given),
        timestamp=at,
    )
    if not isinstance(pdf, bytes):
        raise TypeError("one document was asked for")
    return pdf


# Looked for once by each process: to go through a machine's fonts takes longer than to set a page.


@functools.cache
def _own_fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()
