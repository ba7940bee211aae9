"""An address as a QR code, always dark on white."""

from __future__ import annotations

from io import BytesIO

import segno


def qr_svg(address: str, *, border: int = 2) -> bytes:
    svg = BytesIO()
    segno.make(address, error="m", micro=False).save(
        svg, kind="svg", scale=4, border=border, dark="#1b2430", light="#ffffff", xmldecl=False
    )
    return svg.getvalue()
