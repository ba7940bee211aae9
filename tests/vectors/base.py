"""What all parts of the corpus share: a case, and the ways to alter a good badge in exactly one thing."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plaudit.did import Signer
from plaudit.proofs import data_integrity
from plaudit.status import MIN_ENTRIES, StatusBits, status_list_credential
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    LIST,
    issuer_document,
    signed,
    web,
)

Json = dict[str, Any]
ACHIEVEMENT = ("credentialSubject", "achievement")
CRED = "https://www.w3.org/2018/credentials#"


@dataclass
class Case:
    """One folder of the corpus; `expect` names the outcome of each check that the case is about."""

    about: str
    badge: bytes
    expect: Mapping[str, str] = field(default_factory=dict)
    at: Any = AT
    recipient: str | None = None
    web: dict[str, bytes] = field(default_factory=web)
    suffix: str = "json"


def altered(change: Callable[[Json], Any], **changes: Any) -> bytes:
    """A good badge, changed after it was signed."""
    document = json.loads(signed(**changes))
    change(document)
    return dump(document)


def dump(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def resigned(document: Json, signer: Signer = GUILD) -> bytes:
    """Signed without any of the care that `issue` takes, as a hostile issuer would."""
    proof = data_integrity.sign(
        document, signer.key, verification_method=signer.verification_method, created=AT - DAY
    )
    return dump(document | {"proof": [proof]})


def put(path: tuple[str, ...], name: str, value: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        place = document
        for step in path:
            place = place[step]
        place[name] = value

    return change


def rename(
    path: tuple[str, ...], old: str, new: str, wrap: Callable[[Any], Any] = lambda value: value
) -> Any:
    def change(document: Json) -> None:
        place = document
        for step in path:
            place = place[step]
        place[new] = wrap(place.pop(old))

    return change


def document_with(**changes: Any) -> dict[str, bytes]:
    """The guild's web, its document changed."""
    return web() | {ISSUER_DOCUMENT: dump(issuer_document() | changes)}


def method_with(**changes: Any) -> dict[str, bytes]:
    """The guild's web, the one key in its document changed; None takes a member away."""
    entry = issuer_document()["verificationMethod"][0] | changes
    entry = {name: value for name, value in entry.items() if value is not None}
    return document_with(verificationMethod=[entry])


def list_with(content: bytes) -> dict[str, bytes]:
    return web() | {LIST: content}


def plain_list(**changes: Any) -> Json:
    return status_list_credential(LIST, ISSUER, "revocation", StatusBits.empty(), AT - DAY) | changes


def short_list() -> bytes:
    document = plain_list()
    document["credentialSubject"]["encodedList"] = StatusBits(bytearray(MIN_ENTRIES // 16)).encode()
    return resigned(document)
