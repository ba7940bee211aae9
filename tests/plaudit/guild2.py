"""The guild's Open Badges 2.0: one good hosted badge, one good signed one, and the web they stand in."""

import json
from functools import cache
from typing import Any

from plaudit import KeyType, PrivateKey
from plaudit.errors import FetchError
from plaudit.fetch import Fetched, MappedFetch
from plaudit.issue_ob2 import hosted_documents, sign_assertion
from plaudit.ob2 import Assertion, BadgeClass, Criteria, Evidence, IdentityObject, Profile
from plaudit.recipient import identity_hash
from tests.plaudit.samples import EMAIL, key_of

ADDRESS = "https://guild.example/2/a/1"
BADGE = "https://guild.example/2/b/soldering"
ISSUER2 = "https://guild.example/2/issuer"
KEY = "https://guild.example/2/key"
REVOKED = "https://guild.example/2/revoked"
OUTSIDE = "https://evil.example/a/1"

ISSUER_2 = Profile(
    id=ISSUER2, name="Makers’ Guild", url="https://guild.example/", email="hello@guild.example"
)
BADGE_2 = BadgeClass(
    id=BADGE,
    name="Soldering",
    description="Joins wires that stay joined.",
    image="https://guild.example/2/b/soldering.png",
    criteria=Criteria(narrative="Solder ten joints."),
    tags=("solder", "tin"),
    issuer=ISSUER2,
)
ASSERTION_2 = Assertion(
    id=ADDRESS,
    recipient=IdentityObject(
        type=("email",), hashed=True, identity=identity_hash(EMAIL, "salt-1"), salt="salt-1"
    ),
    badge=BADGE,
    issued_on="2026-11-01T09:00:00Z",
    expires="2028-11-01T09:00:00Z",
    narrative="Ten joints, no burns.",
    evidence=(Evidence(id="https://guild.example/work/1", name="The joints"),),
)


@cache
def rsa_key() -> PrivateKey:
    return key_of("guild", KeyType.RSA)


def signed_web() -> dict[str, Any]:
    key = rsa_key().public()
    return hosted_documents(ASSERTION_2, BADGE_2, ISSUER_2, key=key, key_id=KEY, revocation_list_id=REVOKED)


def hosted_web() -> dict[str, Any]:
    return hosted_documents(ASSERTION_2, BADGE_2, ISSUER_2)


def token() -> str:
    return sign_assertion(ASSERTION_2, rsa_key(), KEY)


class Web:
    """Documents by address; counts what is read. A value may be JSON, bytes, a Fetched or a status."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.read: list[str] = []

    def __call__(self, url: str, accept: str) -> Fetched:
        self.read.append(url)
        found = self.documents.get(url)
        if found is None:
            raise FetchError(url, "nothing there")
        if isinstance(found, int):
            raise FetchError(url, f"answered with status {found}", status=found)
        if isinstance(found, Fetched | bytes):
            return MappedFetch({url: found})(url, accept)
        return Fetched(url, 200, "application/ld+json", json.dumps(found).encode())
