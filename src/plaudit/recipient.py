"""Whom a badge is for: identifiers in clear or hashed with a salt (Open Badges 3.0, IdentityObject).

The form of an address is fixed before it is hashed, so that issuer and checker mean the same: spaces around it are
cut off, ASCII letters become small, the domain becomes its A-label; the part before the @ is never folded beyond
ASCII, since two mailboxes that differ there are two people. A name is trimmed and put in Unicode's NFC.

The salt is public: it keeps one hash from being looked up in a list made for all badges, but whoever holds the file
can still try addresses against it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from plaudit.errors import IssueError

MAX_VALUE_CHARACTERS: Final = 1000
"""Longer than any mail address (254) or name; hashing is linear, but somebody chooses what we hash."""

_UPPER_TO_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_NOT_IN_AN_ADDRESS = re.compile(r"[\s<>,;\0]")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def email_form(address: str) -> str:
    """The form of a mail address that is hashed: trimmed, ASCII in small letters, the domain as A-label.

    Raises IssueError when it is not one address with one domain.
    """
    local, at, domain = address.strip().translate(_UPPER_TO_LOWER).rpartition("@")
    if not at or not local or _NOT_IN_AN_ADDRESS.search(local + domain):
        raise IssueError("", f"{address[:80]!r} is not a mail address")
    # A long text of a stranger is not remembered.
    ascii_domain = (_ascii_domain if len(domain) < 256 else _ascii_domain.__wrapped__)(domain)
    if not ascii_domain:
        raise IssueError("", f"{domain[:80]!r} is not a mail domain")
    return f"{local}@{ascii_domain}"


@lru_cache(maxsize=1000)
def _ascii_domain(domain: str) -> str:
    """The domain as A-label; empty when it is none. A list of people has many addresses in few domains."""
    try:
        found = domain.encode("idna").decode("ascii").translate(_UPPER_TO_LOWER)
    except UnicodeError:
        return ""
    return found if all(_LABEL.fullmatch(label) for label in found.split(".")) else ""


def name_form(name: str) -> str:
    """The form of a name that is hashed: trimmed, in NFC."""
    return unicodedata.normalize("NFC", name.strip())


def telephone_form(number: str) -> str:
    """A telephone number without what people put between its digits (E.164 keeps only + and digits)."""
    return re.sub(r"[\s().-]", "", number)


def identity_hash(value: str, salt: str) -> str:
    """The value of `identityHash`: "sha256$" and the hex digest of the value followed by the salt."""
    return "sha256$" + hashlib.sha256((value + salt).encode("utf-8")).hexdigest()


def identity_object(identity_type: str, value: str, salt: str | None) -> dict[str, Any]:
    """An IdentityObject for "emailAddress", "name" or another identityType; in clear when the salt is None.

    The value is put in its form first. Each identity object wants a salt of its own: 16 random bytes as text.
    """
    formed = {"emailAddress": email_form, "name": name_form}.get(identity_type, str)(value)
    entry: dict[str, Any] = {"type": "IdentityObject", "hashed": salt is not None}
    entry["identityHash"] = formed if salt is None else identity_hash(formed, salt)
    entry["identityType"] = identity_type
    return entry if salt is None else entry | {"salt": salt}


def matches(
    identity_objects: Iterable[Mapping[str, Any]],
    *,
    email: str | None = None,
    name: str | None = None,
    url: str | None = None,
    telephone: str | None = None,
) -> bool:
    """Whether any of the identity objects is about this mail address, name, web address or telephone number.

    Each is tried in its form, and as it was typed: other issuers hash what they were given.
    """
    candidates = {
        "emailAddress": set(_forms(email, email_form)),
        "name": set(_forms(name, name_form)),
        "url": set(_forms(url, str.strip)),
        "telephone": set(_forms(telephone, telephone_form)),
    }
    return any(
        _matches_one(entry, value)
        for entry in identity_objects
        for value in candidates.get(str(entry.get("identityType")), ())
    )


def _forms(value: str | None, form: Any) -> Iterator[str]:
    if value is None or len(value) > MAX_VALUE_CHARACTERS:
        return
    yield value
    yield value.strip()
    try:
        yield form(value)
    except IssueError:
        return


def _matches_one(entry: Mapping[str, Any], value: str) -> bool:
    stated, salt = entry.get("identityHash"), entry.get("salt", "")
    if not isinstance(stated, str) or not isinstance(salt, str):
        return False
    if entry.get("hashed") is not True:
        return hmac.compare_digest(stated.encode(), value.encode()) or (
            entry.get("identityType") == "emailAddress" and _same_address(stated, value)
        )
    algorithm, _, digest = stated.partition("$")
    if algorithm not in ("sha256", "md5"):
        return False
    hashed = hashlib.new(algorithm, (value + salt).encode("utf-8"), usedforsecurity=False).hexdigest()
    return hmac.compare_digest(digest.lower().encode(), hashed.encode())


def _same_address(stated: str, value: str) -> bool:
    try:
        return email_form(stated) == email_form(value)
    except IssueError:
        return False
