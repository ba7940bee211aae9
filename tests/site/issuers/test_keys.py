"""Keys: encrypted at rest, rotated without voiding what was signed, taken out when somebody else has one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import serializers
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit_site.awards import own_documents
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import SigningKey
from plaudit_site.secrets_file import Secrets
from tests.people import World

pytestmark = pytest.mark.django_db


def report(content: bytes) -> plaudit.Report:
    return plaudit.verify(content, fetch=own_documents.fetch(), at=timezone.now())


@pytest.mark.journey("J43")
def test_three_rotations_later_all_four_generations_verify(world: World) -> None:
    """SECURITY A25: no change of keys voids what was signed."""
    contents = []
    for number in range(4):
        award = world.award(badge=world.badge_like(f"Badge {number}"))
        assert award.credential is not None
        contents.append(bytes(award.credential.content))
        keys.rotate(world.issuer, by="ada")
    methods = {json.loads(c)["proof"][0]["verificationMethod"] for c in contents}
    assert len(methods) == 4
    assert all(report(content).verified for content in contents)


def test_a_key_that_somebody_else_has_vouches_for_nothing_any_more(world: World) -> None:
    first = world.award()
    assert first.credential is not None
    keys.mark_compromised(first.credential.key, by="ada")
    assert not report(bytes(first.credential.content)).verified
    second = world.award(badge=world.badge_like("Next"))
    assert second.credential is not None
    assert report(bytes(second.credential.content)).verified


def test_a_stolen_database_holds_no_readable_private_key(world: World) -> None:
    """SECURITY K1."""
    key = keys.current_key(world.issuer)
    pem = keys._open(key)
    from plaudit.keys import PrivateKey

    seed = PrivateKey.from_pem(pem).secret
    stored = serializers.serialize("json", SigningKey.objects.all())
    for form in (
        seed.hex(),
        base64.b64encode(seed).decode(),
        base64.urlsafe_b64encode(seed).decode().rstrip("="),
        "PRIVATE",
    ):
        assert form not in stored
    assert seed not in bytes(key.private_encrypted)


def test_a_sealed_key_opens_only_for_its_own_issuer_and_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = keys.current_key(world.issuer)
    moved = SigningKey.objects.exclude(issuer=world.issuer).first()
    assert moved is not None
    moved.private_encrypted = key.private_encrypted
    with pytest.raises(keys.KeyNotOpened):
        keys.signer(moved, moved.issuer.identifier)
    monkeypatch.setattr(settings, "SECRETS", Secrets(b"x" * 32))
    with pytest.raises(keys.KeyNotOpened):
        keys.signer(key, key.issuer.identifier)


def test_the_did_document_has_one_form_of_key_per_method_and_absolute_ids(world: World) -> None:
    keys.rotate(world.issuer, by="ada")
    document: dict[str, Any] = keys.document(world.issuer)
    assert document["id"] == world.issuer.identifier
    assert len(document["verificationMethod"]) == 4
    for method in document["verificationMethod"]:
        assert method["id"].startswith(world.issuer.identifier + "#key-")
        assert method["controller"] == world.issuer.identifier
        assert ("publicKeyMultibase" in method) != ("publicKeyJwk" in method)
    assert document["assertionMethod"] == [m["id"] for m in document["verificationMethod"]]


def test_our_own_checks_read_at_once_what_a_stranger_reads_of_an_issuers_keys(world: World) -> None:
    """The document is written once for the same keys: a new, a retired, a lost and a compromised one each change it."""

    def to_both() -> tuple[Any, Any]:
        address = f"{settings.BASE_URL}/issuers/{world.issuer.public_id}/did.json"
        here, there = own_documents.read(address), Client().get(address)
        assert here is not None
        return json.loads(here), there.json()

    first = keys.current_key(world.issuer)
    seen = [to_both()]
    keys.rotate(world.issuer, by="ada")
    seen.append(to_both())
    keys.mark_compromised(first, by="ada")
    seen.append(to_both())
    keys.know_again(world.issuer, SigningKey.Kind.ED25519, 7, first.public)
    seen.append(to_both())
    assert all(here == there for here, there in seen)
    assert [len(here["verificationMethod"]) for here, _there in seen] == [2, 4, 3, 4]
    assert own_documents.read(f"{settings.BASE_URL}/issuers/{'0' * 26}/did.json") is None


def test_the_key_file_is_readable_by_its_owner_alone() -> None:
    assert Path(settings.KEY_FILE).stat().st_mode & 0o077 == 0
