"""The one secret file: 32 random bytes, from which every other secret of the site is derived.

It lives outside the database and is copied apart from it: a stolen database signs nothing.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Secrets:
    """What is derived from the file's bytes, each for one purpose only."""

    master: bytes

    def derive(self, purpose: str) -> bytes:
        """32 bytes for `purpose` (HKDF-Expand of RFC 5869 with SHA-256; the master is uniform)."""
        return hmac.new(self.master, purpose.encode() + b"\x01", hashlib.sha256).digest()

    @property
    def django(self) -> str:
        return self.derive("plaudit django secret key").hex()

    @property
    def fingerprint(self) -> str:
        """Names the file without giving it away; the database keeps it to notice a wrong file."""
        return self.derive("plaudit fingerprint").hex()[:32]


def open_or_make(path: Path) -> Secrets:
    """The secrets in `path`; a new file (mode 0600) where there is none.

    Raises ImproperlyConfigured when the file is there and is not one of ours, or can be neither read nor made.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        try:
            content = _make(path)
        except OSError as error:
            raise ImproperlyConfigured(
                f"PLAUDIT_KEY_FILE={path} cannot be made: {error.strerror}."
            ) from error
    except OSError as error:
        raise ImproperlyConfigured(f"PLAUDIT_KEY_FILE={path} cannot be read: {error.strerror}.") from error
    try:
        master = base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        master = b""
    if len(master) != 32:
        raise ImproperlyConfigured(
            f"PLAUDIT_KEY_FILE={path} is not a Plaudit key file. Put back the one you copied when the site was made."
        )
    return Secrets(master)


def _make(path: Path) -> bytes:
    content = base64.b64encode(secrets.token_bytes(32)) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was quicker: its file counts
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return content
