"""Whose badge it is: the identities that its issuer signed, compared with the proven addresses of an account.

Nobody is told which address a hash belongs to; only addresses that the person has proven are tried (J16, B2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plaudit import recipient

Identity = dict[str, Any]


def identities(credential: Mapping[str, Any]) -> list[Identity]:
    """Every e-mail address, in clear or hashed, that a credential of any version names as its holder's."""
    return list(_of_3(credential)) + list(_of_2(credential))


def matching(credential: Mapping[str, Any], addresses: Iterable[str]) -> str:
    """The first of these addresses that the badge was awarded to; "" for none."""
    listed = identities(credential)
    return next((one for one in addresses if recipient.matches(listed, email=one)), "")


def told_address(credential: Mapping[str, Any]) -> str:
    """The address, where the badge names it in clear; "" where it is hashed, or there is none."""
    clear = (one for one in identities(credential) if one.get("hashed") is not True)
    return next((str(one["identityHash"])[:254] for one in clear if "@" in str(one.get("identityHash"))), "")


def _of_3(credential: Mapping[str, Any]) -> Iterator[Identity]:
    for subject in _objects(credential.get("credentialSubject")):
        identifier = str(subject.get("id") or "")
        if identifier.lower().startswith("mailto:"):
            yield _clear(identifier[7:])
        for one in _objects(subject.get("identifier")):
            if one.get("identityType") == "emailAddress":
                yield dict(one)


def _of_2(credential: Mapping[str, Any]) -> Iterator[Identity]:
    """Open Badges 2: a recipient of its own form."""
    for one in _objects(credential.get("recipient")):
        kinds = one.get("type")
        if "email" in (kinds if isinstance(kinds, list) else [kinds]):
            yield {
                "identityType": "emailAddress",
                "hashed": one.get("hashed") is True,
                "identityHash": one.get("identity"),
                "salt": one.get("salt") or "",
            }


def _clear(address: str) -> Identity:
    return {"identityType": "emailAddress", "hashed": False, "identityHash": address}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, Mapping)]
