"""Issuing Open Badges 2.0: the documents to be served, and signed assertions.

Open Badges 2.0, "Verification". A hosted badge is true because of where it stands, so the addresses are checked
with the eyes of a verifier: the assertion within what the issuer's profile allows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from plaudit import ob2
from plaudit.checks.addresses import Page, fault_of_scope, origin_of
from plaudit.errors import IssueError, KeyFormatError
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit.proofs import jose

MEDIA_TYPE: Final = "application/ld+json"
"""How all of these documents are served; a withdrawn assertion with status 410."""


def hosted_documents(
    assertion: ob2.Assertion,
    badge_class: ob2.BadgeClass,
    issuer: ob2.Profile,
    *,
    key: PublicKey | None = None,
    key_id: str | None = None,
    revocation_list_id: str | None = None,
    revoked: Iterable[Mapping[str, Any]] = (),
) -> dict[str, dict[str, Any]]:
    """Address -> document, ready to be served as `MEDIA_TYPE`.

    Without a key: assertion, badge class and issuer, hosted. With an RSA `key` at the address `key_id`, for
    signed badges: badge class, issuer, CryptographicKey, and with `revocation_list_id` the RevocationList with
    the entries `revoked` (`id` or `uid`, and `revocationReason`). Raises IssueError, naming the path, for
    anything that a verifier would refuse.
    """
    words: list[ob2.Word] = []
    if key is None:
        words.append(_hosted(assertion, badge_class, issuer))
    else:
        issuer, key_word = _with_key(issuer, key, key_id)
        words.append(key_word)
    if revocation_list_id is not None:
        issuer = replace(issuer, revocation_list=revocation_list_id)
        words.append(
            ob2.RevocationList(id=revocation_list_id, issuer=issuer.id, revoked_assertions=tuple(revoked))
        )
    words += [replace(badge_class, issuer=issuer.id), issuer]
    result: dict[str, dict[str, Any]] = {}
    for word in words:
        document = {"@context": ob2.CONTEXT, **word.to_json()}
        if isinstance(word, ob2.RevocationList):
            document.setdefault("revokedAssertions", [])
        address = document.get("id")
        if origin_of(address) is None or str(address) in result:
            raise IssueError("/id", f"{type(word).__name__} has no web address of its own")
        result[str(address)] = _checked(document, type(word))
    return result


def _hosted(assertion: ob2.Assertion, badge_class: ob2.BadgeClass, issuer: ob2.Profile) -> ob2.Assertion:
    if origin_of(assertion.id) is None or origin_of(issuer.id) is None:
        raise IssueError("/id", "a hosted assertion and its issuer must stand at web addresses")
    if fault := fault_of_scope(str(assertion.id), Page(str(issuer.id), issuer.to_json())):
        raise IssueError("/id", fault)
    return replace(
        assertion, badge=badge_class.id, verification=ob2.VerificationObject(type=("HostedBadge",))
    )


def _with_key(
    issuer: ob2.Profile, key: PublicKey, key_id: str | None
) -> tuple[ob2.Profile, ob2.CryptographicKey]:
    """The issuer listing the key, and the key naming the issuer: a verifier wants both."""
    if key.type is not KeyType.RSA or key_id is None:
        raise IssueError("/publicKey", "signed badges want an RSA key, at a web address")
    word = ob2.CryptographicKey(
        type=("CryptographicKey",), id=key_id, owner=issuer.id, public_key_pem=key.pem().decode("ascii")
    )
    return replace(issuer, public_key=(*_without(issuer.public_key, key_id), key_id)), word


def _without(keys: tuple[Any, ...], key_id: str) -> list[Any]:
    return [item for item in keys if key_id not in (item, getattr(item, "id", None))]


def withdrawn(assertion_id: str, reason: str | None = None) -> dict[str, Any]:
    """What stands at the address of a hosted assertion that was withdrawn, served with HTTP status 410."""
    document: dict[str, Any] = {
        "@context": ob2.CONTEXT,
        "id": assertion_id,
        "type": "Assertion",
        "revoked": True,
    }
    return document if reason is None else document | {"revocationReason": reason}


def sign_assertion(assertion: ob2.Assertion, key: PrivateKey, creator: str) -> str:
    """A signed badge: the assertion as compact JWS with RS256. `creator` is the address of the key's document.

    Raises IssueError for an assertion that a verifier would refuse, and for keys that are not RSA.
    """
    verification = ob2.VerificationObject(type=("SignedBadge",), creator=creator)
    assertion = replace(assertion, verification=verification, context=assertion.context or ob2.CONTEXT)
    if isinstance(assertion.badge, ob2.BadgeClass):
        assertion = replace(assertion, badge=assertion.badge.id)
    document = _checked(assertion.to_json(), ob2.Assertion)
    if key.type is not KeyType.RSA:
        raise IssueError("/verification/creator", "signed badges want an RSA key")
    try:
        payload = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(
            "utf-8"
        )
        return jose.sign(payload, key, {"typ": "JWT"})
    except (ValueError, KeyFormatError) as error:
        raise IssueError("", f"cannot be signed: {error}") from None


def _checked(document: dict[str, Any], cls: type[ob2.Word]) -> dict[str, Any]:
    for fault in (*ob2.check_context(document), *ob2.check_document(document, cls)):
        raise IssueError(fault.path, fault.reason)
    return document
