"""Signing keys of issuers: made, encrypted at rest, rotated, published in the issuer's did document."""

from __future__ import annotations

import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from plaudit import Signer, did
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit_site.audit.models import record
from plaudit_site.issuers.models import Issuer, SigningKey

KEY_TYPES = {SigningKey.Kind.ED25519: KeyType.ED25519, SigningKey.Kind.P256: KeyType.P256}


class KeyNotOpened(Exception):
    """The key file does not open this stored key."""


def make_keys(issuer: Issuer) -> None:
    """The first pair of each kind (DECISIONS 3)."""
    for kind in SigningKey.Kind:
        _make(issuer, kind)


def rotate(issuer: Issuer, *, by: str) -> None:
    """New keys sign from now on; the old ones stay in the document and keep verifying."""
    with transaction.atomic():
        issuer.keys.filter(retired_at__isnull=True).update(retired_at=timezone.now())
        make_keys(issuer)
        record("keys rotated", actor=by, subject=f"issuer:{issuer.public_id}")


def mark_compromised(key: SigningKey, *, by: str) -> None:
    """The key leaves the document: what it signed no longer verifies. A new one takes its place."""
    with transaction.atomic():
        now = timezone.now()
        was_current = key.retired_at is None
        SigningKey.objects.filter(pk=key.pk).update(compromised_at=now, retired_at=key.retired_at or now)
        if was_current:
            _make(key.issuer, SigningKey.Kind(key.kind))
        else:
            Issuer.objects.filter(pk=key.issuer_id).update(key_generation=F("key_generation") + 1)
        record("key compromised", actor=by, subject=f"issuer:{key.issuer.public_id}", key=key.fragment)


def _make(issuer: Issuer, kind: SigningKey.Kind) -> SigningKey:
    pair = PrivateKey.generate(KEY_TYPES[kind])
    public: dict[str, Any] = (
        {"publicKeyMultibase": pair.public().multibase()}
        if kind == SigningKey.Kind.ED25519
        else {"publicKeyJwk": pair.public().jwk()}
    )
    last = issuer.keys.filter(kind=kind).order_by("-number").first()
    key = SigningKey(issuer=issuer, kind=kind, number=last.number + 1 if last else 1, public=public)
    key.private_encrypted = _seal(key, pair.pem())
    key.save()
    Issuer.objects.filter(pk=issuer.pk).update(key_generation=F("key_generation") + 1)
    return key


def current_key(issuer: Issuer) -> SigningKey:
    """The Ed25519 key that signs now."""
    return issuer.keys.select_related("issuer").get(kind=SigningKey.Kind.ED25519, retired_at__isnull=True)


def signer(key: SigningKey) -> Signer:
    """What the library signs with. Raises KeyNotOpened."""
    return Signer(PrivateKey.from_pem(_open(key)), key.method)


def document(issuer: Issuer) -> dict[str, Any]:
    """The issuer's did document: every key that still vouches, retired ones included (DECISIONS 3, 4)."""
    keys = issuer.keys.filter(compromised_at__isnull=True).select_related("issuer").order_by("kind", "number")
    return did.controller_document(issuer.identifier, [did.Method(key.method, _public(key)) for key in keys])


def _public(key: SigningKey) -> PublicKey:
    if key.kind == SigningKey.Kind.ED25519:
        return PublicKey.from_multibase(key.public["publicKeyMultibase"])
    return PublicKey.from_jwk(key.public["publicKeyJwk"])


def _about(key: SigningKey) -> bytes:
    return f"{key.issuer.public_id}#{key.fragment}".encode()


def _box() -> AESGCM:
    return AESGCM(settings.SECRETS.derive("signing keys at rest"))


def _seal(key: SigningKey, private: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + _box().encrypt(nonce, private, _about(key))


def _open(key: SigningKey) -> bytes:
    sealed = bytes(key.private_encrypted)
    try:
        return _box().decrypt(sealed[:12], sealed[12:], _about(key))
    except InvalidTag as error:
        raise KeyNotOpened(f"{key.fragment} of issuer {key.issuer.public_id}") from error
