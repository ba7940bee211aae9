"""A credential as VC-JWT: derived from the stored bytes, with the issuer's P-256 key, the same each time (ADR 0038)."""

from __future__ import annotations

import json

import plaudit
from plaudit_site.awards.models import Credential
from plaudit_site.issuers.keys import key_of, signer
from plaudit_site.issuers.models import SigningKey


class NotSigned(Exception):
    """There is no key that could sign this form."""


def token(credential: Credential) -> str:
    """The compact JWS. The caller has just found the stored bytes to be those that were signed.

    ES256 here is deterministic (RFC 6979), `iat` is the time of the first signature, and the key is the one that was
    in use then: so the same award gives the same text, and nothing has to be kept. Raises NotSigned.
    """
    issuer = credential.key.issuer
    key = key_of(issuer, SigningKey.Kind.P256, credential.signed_at)
    if key is None or credential.key.compromised_at is not None:
        raise NotSigned
    document = json.loads(bytes(credential.content))
    document.pop("proof")
    return plaudit.issue_jwt(document, signer(key, document["issuer"]["id"]), credential.signed_at)
