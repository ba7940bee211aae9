"""The picture of a badge from elsewhere: what the issuer signed, or else what the file looks like, to its owner alone.

A good credential can be baked into any picture (“Attendance” into a doctor's diploma), so others see a picture only
when its bytes are in the credential, or their digest is (DECISIONS 18). Everything is drawn anew before it is shown.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from plaudit import PlauditError, baking
from plaudit_site.achievements import pictures
from plaudit_site.awards.credentials import digest_sri


def picture(credential: Mapping[str, Any], content: bytes) -> tuple[bytes, bool]:
    """A PNG of ours, and whether the issuer signed what it shows; nothing where there is none."""
    inside = _inside(credential)
    if inside and (drawn := _drawn(inside)):
        return drawn, True
    if not baking.is_png(content):
        return b"", False
    try:
        plain = baking.png_without_credential(content)
    except PlauditError:
        return b"", False
    return _drawn(plain), _digest_is_signed(credential, plain)


def _drawn(png: bytes) -> bytes:
    try:
        return pictures.reencode_upload(png)
    except pictures.PictureError:
        return b""


def _inside(credential: Mapping[str, Any]) -> bytes:
    """The picture as a data: address in the signed text."""
    subject = credential.get("credentialSubject")
    holder = subject.get("achievement") if isinstance(subject, Mapping) else credential.get("badge")
    image = holder.get("image") if isinstance(holder, Mapping) else None
    address = image.get("id") if isinstance(image, Mapping) else image
    if not isinstance(address, str) or not address.startswith("data:image/png;base64,"):
        return b""
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _digest_is_signed(credential: Mapping[str, Any], png: bytes) -> bool:
    listed = credential.get("relatedResource")
    related = [one for one in (listed if isinstance(listed, list) else [listed]) if isinstance(one, Mapping)]
    return digest_sri(png) in {one.get("digestSRI") for one in related}
