"""A page in each folder of a static copy that has none: a web server that lists folders lists none of these.

A badge that only its link leads to has its address as its secret (SECURITY E1); a list of the folder tells them all.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from django.utils.translation import gettext as _


def leads_to(path: str) -> bytes:
    """A page in the place of one whose address was another one before."""
    words = escape(_("It is here now."))
    again = f'<meta http-equiv="refresh" content="0; url={path}">'
    return _page(words, again, f'<p><a href="{path}">{words}</a></p>')


def unlist(copy: Path) -> None:
    nothing, front = escape(_("Nothing is listed here.")), escape(_("The front page of this copy"))
    page = _page(nothing, "", f'<p>{nothing} <a href="/">{front}</a></p>')
    for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
        index = folder / "index.html"
        if not index.exists():
            index.write_bytes(page)


def _page(title: str, more: str, body: str) -> bytes:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta name="robots" content="noindex">{more}{body}</html>\n'
    ).encode()
