"""The picture of a badge from elsewhere: what the issuer signed, or else what the file looks like, to its owner alone.

A good credential can be baked into any picture (“Attendance” into a doctor's diploma), so others see a picture only
when its bytes are in the credential, or their digest is (DECISIONS 18). Everything is drawn anew before it is shown.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from plaudit import FetchError, PlauditError, baking
from plaudit.encoding import multibase_decode
from plaudit.errors import KeyFormatError
from plaudit.fetch import Budget
from plaudit_site.achievements import pictures, svg_cleaning

SIDE: Final = 240
"""Of a picture on the page of a check, in pixels: kept for a day, and a part of the page."""
LEAST_SECONDS: Final = 0.2
ACCEPT: Final = "image/png, image/svg+xml"
_DATA = re.compile(
    r"data:image/(?:png|svg\+xml)(?:;charset=[\w-]{1,20})?;base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE
)
_SRI = re.compile(r"(sha(?:256|384|512))-([A-Za-z0-9+/]+={0,2})")
_SHA2_256 = b"\x12\x20"
"""Of a multihash: the algorithm, and the length of what follows."""


def picture(credential: Mapping[str, Any], content: bytes) -> tuple[bytes, bool]:
    """A PNG of ours, and whether the issuer signed what it shows; nothing where there is none."""
    inside = _inside(credential)
    # A drawing would take a process of its own for each badge of an archive.
    if inside and not svg_cleaning.is_svg(inside) and (drawn := _drawn(inside)):
        return drawn, True
    plain = _plain(content)
    return (_drawn(plain), _is_signed(credential, plain)) if plain else (b"", False)


def signed_picture(
    credential: Mapping[str, Any], content: bytes, fetch: Budget, take_place: Callable[[], None]
) -> bytes:
    """What the issuer signed as the picture of the badge, as a small PNG of ours; b"" where there is none.

    Read from the signed text, or from the file that was given, or else at its address, within what is left of the
    check's time; bytes from elsewhere count only when a signed digest of that address is theirs. A drawing is drawn by
    a process of its own: that takes a place, and so it raises what `take_place` does.
    """
    signed = _signed_bytes(credential, content, fetch)
    if not signed:
        return b""
    if svg_cleaning.is_svg(signed):
        take_place()
    return _drawn(signed, SIDE, fetch)


def _signed_bytes(credential: Mapping[str, Any], content: bytes, fetch: Budget) -> bytes:
    if inside := _inside(credential):
        return inside
    if not list(_digests(credential)):
        return b""
    plain = _plain(content)
    if plain and _is_signed(credential, plain):
        return plain
    try:
        found = fetch(_address(credential), ACCEPT).body
    except FetchError:
        return b""
    return found if _is_signed(credential, found) else b""


def _drawn(image: bytes, side: int = pictures.SIDE, within: Budget | None = None) -> bytes:
    seconds = pictures.DRAWING_SECONDS if within is None else within.deadline - time.monotonic()
    if seconds < LEAST_SECONDS:
        return b""
    try:
        if svg_cleaning.is_svg(image):
            return pictures.rasterise_upload(svg_cleaning.clean(image), side, seconds)
        return pictures.reencode_upload(image, side)
    except pictures.PictureError:
        return b""


def _plain(content: bytes) -> bytes:
    """The PNG that was given, as it was before anything was baked into it."""
    if not baking.is_png(content):
        return b""
    try:
        return baking.png_without_credential(content)
    except PlauditError:
        return b""


def _address(credential: Mapping[str, Any]) -> str:
    """Where the picture of the badge is, or the picture itself as a data: address; "" when it has none."""
    subject = credential.get("credentialSubject")
    holder = subject.get("achievement") if isinstance(subject, Mapping) else credential.get("badge")
    image = holder.get("image") if isinstance(holder, Mapping) else None
    address = image.get("id") if isinstance(image, Mapping) else image
    return address if isinstance(address, str) else ""


def _inside(credential: Mapping[str, Any]) -> bytes:
    """The picture as a data: address in the signed text."""
    found = _DATA.fullmatch(_address(credential))
    try:
        return base64.b64decode(found[1], validate=True) if found else b""
    except (binascii.Error, ValueError):
        return b""


def _digests(credential: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What was signed of the bytes at the picture's address: algorithm and digest (VCDM 2.0 section 5.3)."""
    address, listed = _address(credential), credential.get("relatedResource")
    for one in listed if isinstance(listed, list) else [listed]:
        if not isinstance(one, Mapping) or not address or one.get("id") != address:
            continue
        for algorithm, digest in _SRI.findall(str(one.get("digestSRI", ""))):
            try:
                yield algorithm, base64.b64decode(digest, validate=True)
            except (binascii.Error, ValueError):
                continue
        try:
            multihash = multibase_decode(one.get("digestMultibase"))
        except KeyFormatError:
            continue
        if multihash.startswith(_SHA2_256):
            yield "sha256", multihash.removeprefix(_SHA2_256)


def _is_signed(credential: Mapping[str, Any], image: bytes) -> bool:
    """Every digest that was signed of it is the one of these bytes."""
    digests = list(_digests(credential))
    return bool(digests) and all(
        hashlib.new(algorithm, image).digest() == digest for algorithm, digest in digests
    )
