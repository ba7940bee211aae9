"""Signing keys of issuers: made, encrypted at rest, rotated, published in the issuer's did document."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from plaudit import Signer, did
from plaudit.keys import KeyType, PrivateKey, PublicKey
from plaudit_site.asking import NUMBER, PLACE, Question
from plaudit_site.audit.models import record
from plaudit_site.issuers.models import Issuer, OwnIdentifier, SigningKey, fragment

MOST_WRITTEN = 500  # did documents, of a kilobyte or two
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
        record("keys rotated", actor=by, subject=f"issuer:{issuer.public_id}", made=_made_last(issuer))


def mark_compromised(key: SigningKey, *, by: str) -> None:
    """The key leaves the document: what it signed no longer verifies. A new one takes its place."""
    with transaction.atomic():
        now = timezone.now()
        key = SigningKey.objects.select_for_update().get(pk=key.pk)  # it may have been retired a moment ago
        was_current = key.retired_at is None
        SigningKey.objects.filter(pk=key.pk).update(compromised_at=now, retired_at=key.retired_at or now)
        if was_current:
            _make(key.issuer, SigningKey.Kind(key.kind))
        else:
            Issuer.objects.filter(pk=key.issuer_id).update(key_generation=F("key_generation") + 1)
        record(
            "key compromised",
            actor=by,
            subject=f"issuer:{key.issuer.public_id}",
            key=key.fragment,
            made=_made_last(key.issuer),
        )


def _made_last(issuer: Issuer) -> list[list[Any]]:
    """The public halves that sign from now on: they must be known after a restore, too."""
    keys = issuer.keys.filter(retired_at__isnull=True).order_by("kind")
    return [[key.kind, key.number, key.public] for key in keys]


def know_again(issuer: Issuer, kind: str, number: int, public: dict[str, Any]) -> bool:
    """A key whose private half was lost with the database: it verifies what it signed, and signs no more."""
    now = timezone.now()
    _key, made = SigningKey.objects.get_or_create(
        issuer=issuer,
        kind=kind,
        number=number,
        defaults={"public": public, "private_encrypted": b"", "made_at": now, "retired_at": now},
    )
    if made:
        Issuer.objects.filter(pk=issuer.pk).update(key_generation=F("key_generation") + 1)
    return made


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


def key_of(issuer: Issuer, kind: SigningKey.Kind, at: datetime) -> SigningKey | None:
    """The key of a kind that was in use at a time, or the next one that is sound. None when there is none.

    A key whose private half was lost with a database (`know_again`) verifies, and signs nothing.
    """
    usable = (
        issuer.keys.select_related("issuer")
        .filter(kind=kind, compromised_at__isnull=True)
        .exclude(private_encrypted=b"")
    )
    # The first that was not retired by then: a signature's time is cut to the second, a key's is not.
    return usable.filter(Q(retired_at__isnull=True) | Q(retired_at__gt=at)).order_by("number").first()


def signer(key: SigningKey, identifier: str) -> Signer:
    """What the library signs with, under one of the issuer's identifiers. Raises KeyNotOpened."""
    return Signer(PrivateKey.from_pem(_open(key)), key.method_of(identifier))


def still_vouches(key: SigningKey) -> bool:
    """Whether what the key has signed may be stored. To the end of this transaction nobody can give it up."""
    rows = SigningKey.objects.filter(pk=key.pk, compromised_at__isnull=True)
    if not connection.features.has_select_for_update:  # whoever writes is alone
        return rows.exists()
    statement, values = rows.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} FOR SHARE", values)  # many may store at once
        return cursor.fetchone() is not None


def fits(key: SigningKey) -> bool:
    """Whether the private half is that of the published one. Raises KeyNotOpened."""
    return PrivateKey.from_pem(_open(key)).public() == _public(key.kind, key.public)


def document(issuer: Issuer, identifier: str = "") -> dict[str, Any]:
    """The did document of one of the issuer's identifiers, of this site's unless another is named.

    It has every key that still vouches, retired ones included (DECISIONS 3, 4), and names the others (DECISIONS 5).
    """
    return _made(*_facts(issuer.pk, issuer.identifier, identifier, _SOUND))


def document_of(public_id: str) -> bytes | None:
    """The same as bytes, of this site's identifier. None when there is no such issuer."""
    found = _ISSUER.ask(public_id)
    return None if found is None else _written(*_facts(found[0], found[1], "", _SOUND))


def whole_document(issuer: Issuer, identifier: str = "") -> dict[str, Any]:
    """With the compromised ones too: whether bytes are as they were signed. Never published."""
    return _made(*_facts(issuer.pk, issuer.identifier, identifier, _ALL))


Stored = tuple[str, int, str]
"""Of a key: its kind, its number, and its public half as JSON."""


def _rows(keys: QuerySet[SigningKey]) -> Question:
    return Question(keys.order_by("kind", "number").values_list("kind", "number", "public"), NUMBER)


_ISSUER = Question(Issuer.objects.filter(public_id=PLACE).values_list("pk", "identifier"))
_SOUND = _rows(SigningKey.objects.filter(issuer=NUMBER, compromised_at__isnull=True))
_ALL = _rows(SigningKey.objects.filter(issuer=NUMBER))
# One whose host leads elsewhere by now is somebody else's to speak of.
_OWN = Question(
    OwnIdentifier.objects.filter(issuer=NUMBER, host=F("issuer__host"))
    .order_by("pk")
    .values_list("identifier"),
    NUMBER,
)


def _facts(
    issuer: int, main: str, identifier: str, keys: Question
) -> tuple[str, tuple[Stored, ...], tuple[str, ...]]:
    identifier = identifier or main
    others = (main,) if identifier != main else tuple(own for (own,) in _OWN.ask_all(issuer))
    return identifier, tuple(map(tuple, keys.ask_all(issuer))), others


def _made(identifier: str, stored: tuple[Stored, ...], others: tuple[str, ...]) -> dict[str, Any]:
    methods = [
        did.Method(f"{identifier}#{fragment(kind, number)}", _public(kind, json.loads(public)))
        for kind, number, public in stored
    ]
    return did.controller_document(identifier, methods, others)


@lru_cache(MOST_WRITTEN)
def _written(identifier: str, stored: tuple[Stored, ...], others: tuple[str, ...]) -> bytes:
    return json.dumps(_made(identifier, stored, others)).encode()


def _public(kind: str, public: dict[str, Any]) -> PublicKey:
    if kind == SigningKey.Kind.ED25519:
        return PublicKey.from_multibase(public["publicKeyMultibase"])
    return PublicKey.from_jwk(public["publicKeyJwk"])


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
