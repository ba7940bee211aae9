"""An issuer's logo: re-encoded, small, nothing hidden in it."""

from __future__ import annotations

import io

from django.utils.translation import gettext as _
from PIL import Image

SIDE = 400
MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 4096 * 4096


class LogoRefused(ValueError):
    """This file cannot be a logo; the text says why."""


def reencode(data: bytes) -> bytes:
    """`data` (PNG or JPEG) as a PNG of at most 400 × 400 pixels without metadata. Raises LogoRefused."""
    if len(data) > MOST_BYTES:
        raise LogoRefused(_("The file is larger than 2 MB."))
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MOST_PIXELS or max(picture.size) > 4096:
                raise LogoRefused(_("The picture is larger than 4096 pixels on a side."))
            picture.load()
            small = picture.convert("RGBA")
    except LogoRefused:
        raise
    except (ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise LogoRefused(_("This is not a PNG or JPEG picture.")) from error
    small.thumbnail((SIDE, SIDE))
    clean = Image.new("RGBA", small.size)
    clean.paste(small)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
