"""What the library's tests share: a moment, keys that are always the same, one good badge and its issuer's web."""

import hashlib
import random
import zlib
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from plaudit import KeyType, Method, PrivateKey, Signer, controller_document
from plaudit.documents import ISSUED
from plaudit.issue import issue
from plaudit.recipient import identity_object
from plaudit.status import StatusBits, status_entry, status_list_credential

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

ISSUER = "did:web:guild.example:issuers:7f1c"
ISSUER_DOCUMENT = "https://guild.example/issuers/7f1c/did.json"
METHOD = f"{ISSUER}#key-ed25519-1"
LIST = "https://guild.example/status/1"
EMAIL, NAME = "eve@mail.example", "Eve Earner"


@cache
def key_of(whom: str, kind: KeyType = KeyType.ED25519) -> PrivateKey:
    """A key that is the same in every run. Never do this outside of tests."""
    if kind is KeyType.RSA:
        return _rsa_key_of(whom)
    hashed = hashlib.sha384 if kind is KeyType.P384 else hashlib.sha256
    return PrivateKey(kind, hashed(b"plaudit test key: " + whom.encode()).digest())


def _rsa_key_of(whom: str) -> PrivateKey:
    """Two primes from a generator that always begins at the same place (a second of work)."""
    chance, e = random.Random(f"plaudit test key: {whom}"), 65537
    p, q = (_prime(chance) for _ in range(2))
    numbers = rsa.RSAPublicNumbers(e, p * q)
    d = pow(e, -1, (p - 1) * (q - 1))
    parts = (d % (p - 1), d % (q - 1), pow(q, -1, p))
    key = rsa.RSAPrivateNumbers(p, q, d, *parts, numbers).private_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return PrivateKey.from_pem(pem)


def _prime(chance: random.Random) -> int:
    """A number of 1,024 bits that is prime by Fermat's test, which is good enough for a key nobody trusts."""
    while True:
        candidate = chance.getrandbits(1024) | 3 << 1022 | 1
        is_prime = all(candidate % n for n in range(3, 1000, 2)) and pow(2, candidate - 1, candidate) == 1
        if is_prime and candidate % 65537 != 1:
            return candidate


GUILD = Signer(key_of("guild"), METHOD)
STRANGER = Signer.from_did_key(key_of("stranger"))


def issuer_document() -> dict[str, Any]:
    return controller_document(ISSUER, [Method(METHOD, GUILD.key.public())])


def credential(**changes: Any) -> dict[str, Any]:
    """One good badge, with something in it of every kind of value; `changes` replace its members."""
    document: dict[str, Any] = {
        "@context": [*ISSUED],
        "id": "urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d7f01",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Soldering, first class",
        "issuer": {
            "id": ISSUER,
            "type": ["Profile"],
            "name": "Makers’ Guild",
            "url": "https://guild.example/",
            "address": {"type": ["Address"], "addressCountry": "Ireland"},
        },
        "validFrom": "2026-11-01T09:00:00Z",
        "validUntil": "2028-11-01T09:00:00Z",
        "awardedDate": "2026-10-31T09:00:00+01:00",
        "credentialSubject": {
            "id": "urn:uuid:9ad2b7d4-73a7-45c5-a0c9-61a5b8f2c3d4",
            "type": ["AchievementSubject"],
            "identifier": [
                identity_object("emailAddress", EMAIL, "c2FsdC1vZi10aGUtbWFpbA"),
                identity_object("name", NAME, "c2FsdC1vZi10aGUtbmFtZQ"),
            ],
            "creditsEarned": 2.5,
            "activityStartDate": "2026-09-01",
            "role": "apprentice",
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": "https://guild.example/b/soldering/v1#joints",
                    "value": "12",
                }
            ],
            "achievement": {
                "id": "https://guild.example/b/soldering/v1",
                "type": ["Achievement"],
                "achievementType": "Badge",
                "name": "Soldering",
                "description": "Joins wires that stay joined: “solder”, 锡焊, ☃, and \t \\ too.",
                "criteria": {"narrative": "Solder ten joints.\nNone may break."},
                "image": {"id": "https://guild.example/b/soldering/v1.png", "type": "Image"},
                "tag": ["electronics", "craft"],
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetName": "Joining metals",
                        "targetUrl": "https://skills.example/joining",
                    }
                ],
                "resultDescription": [
                    {
                        "id": "https://guild.example/b/soldering/v1#joints",
                        "type": ["ResultDescription"],
                        "name": "Joints",
                        "resultType": "RawScore",
                        "allowedValue": ["10", "11", "12"],
                    }
                ],
            },
        },
        "evidence": [{"type": ["Evidence"], "name": "Ten joints", "narrative": "A photograph of each."}],
        "credentialStatus": status_entry(LIST, "revocation", 4711),
    }
    return deepcopy(document | changes)


def signed(**changes: Any) -> bytes:
    return issue(credential(**changes), GUILD, AT - DAY)


def status_list(
    *indices: int, signer: Signer = GUILD, purpose: str = "revocation", at: datetime = AT - DAY
) -> bytes:
    """The guild's status list, signed, with these bits set."""
    return issue(
        status_list_credential(LIST, signer.controller, purpose, StatusBits.of(indices), at), signer, at
    )


def web() -> dict[str, bytes]:
    """The guild's web: its document and its status list."""
    import json

    return {ISSUER_DOCUMENT: json.dumps(issuer_document()).encode(), LIST: status_list(1, 2, 3)}


def png(width: int = 4, height: int = 4) -> bytes:
    """A small picture with an extra chunk behind its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    rows = b"".join(b"\0" + bytes([200, 30, 60]) * width for _ in range(height))
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"tEXt", b"Title\0A badge"), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*pair) for pair in chunks)


SVG = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- <svg> is drawn below -->\n'
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" aria-label="a > b">\n'
    b'  <circle cx="4" cy="4" r="3"/>\n</svg>\n'
)


def poison(size: int = 12) -> dict[str, Any]:
    """Two nameless objects with the same nameless objects in each: about 3 kB that RDF canonicalisation would take
    ages over, since it tries every order of what looks alike."""
    inside = {"type": ["Profile"], "description": "one of many"}
    twin = {"type": ["AchievementSubject"], "source": [deepcopy(inside) for _ in range(size)]}
    return credential(credentialSubject=[twin, deepcopy(twin)])
