"""An address as a QR code, always dark on white."""

from __future__ import annotations

from io import BytesIO

import segno

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_SCALES = {"svg": 4, "png": 12}
"""Pixels to a module: a PNG is for printing and for documents, so it is some 500 pixels wide."""


def qr(address: str, ending: str = "svg", *, border: int = 2) -> bytes:
    """As a drawing ("svg") or as a picture ("png")."""
    code = BytesIO()
    written = segno.make(address, error="m", micro=False)
    more = {"xmldecl": False} if ending == "svg" else {}
    written.save(
        code, kind=ending, scale=_SCALES[ending], border=border, dark="#1b2430", light="#ffffff", **more
    )
    return code.getvalue()
