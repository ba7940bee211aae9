"""npm jose reads our JWTs as we do: it accepts what we sign, and refuses the same bent ones."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from plaudit import Signer
from plaudit.encoding import base64url_encode
from plaudit.errors import UnreadableError
from plaudit.issue import issue_jwt
from plaudit.keys import KeyType
from plaudit.proofs import jose
from tests.conformance.judges import ask_jose
from tests.plaudit.samples import AT, DAY, METHOD, credential, key_of

pytestmark = pytest.mark.conformance

KINDS = [KeyType.RSA, KeyType.P256, KeyType.ED25519]
NOW = "2026-11-22T12:00:00Z"


def token(kind: KeyType, **changes: Any) -> str:
    return issue_jwt(credential(**changes), Signer(key_of("guild", kind), METHOD), AT - DAY)


def job(text: str, kind: KeyType, **more: Any) -> dict[str, Any]:
    return {"token": text, "jwk": key_of("guild", kind).public().jwk(), "now": NOW, **more}


def with_payload(text: str, change: Callable[[dict[str, Any]], Any]) -> str:
    head, payload, signature = text.split(".")
    content = json.loads(base64.urlsafe_b64decode(payload + "=="))
    change(content)
    return f"{head}.{base64url_encode(json.dumps(content).encode())}.{signature}"


def with_header(text: str, kind: KeyType, **header: Any) -> str:
    """The same payload under another header, signed well."""
    _, payload, _ = text.split(".")
    head = f"{base64url_encode(json.dumps(header).encode())}.{payload}"
    return f"{head}.{base64url_encode(key_of('guild', kind).sign(head.encode()))}"


TAMPERED: dict[str, Callable[[str, KeyType], str]] = {
    "a name": lambda text, _: with_payload(text, lambda content: content.update(name="PhD")),
    "an issuer": lambda text, _: with_payload(
        text, lambda content: content.update(iss="did:web:evil.example")
    ),
    "a later end": lambda text, _: with_payload(text, lambda content: content.update(exp=9_999_999_999)),
    "no signature": lambda text, _: text.rpartition(".")[0] + ".",
    "half a signature": lambda text, _: text[:-40],
    "alg none": lambda text, kind: with_header(text, kind, alg="none", typ="JWT"),
    "alg HS256": lambda text, kind: with_header(text, kind, alg="HS256", typ="JWT"),
    "another alg": lambda text, kind: with_header(text, kind, alg="PS256", typ="JWT"),
    "an extension": lambda text, kind: with_header(text, kind, alg=jose.ALGORITHM_OF[kind], crit=["x"], x=1),
    "another type": lambda text, kind: with_header(text, kind, alg=jose.ALGORITHM_OF[kind], typ="at+jwt"),
}


def ours(text: str, kind: KeyType) -> bool:
    """What the library says of the token, apart from the dates and the issuer's document."""
    try:
        parts = jose.read_jws(text)
        read, header, payload = jose.read_vc_jwt(text)
    except UnreadableError:
        return False
    if jose.fault_of_vc_header(header | {"kid": METHOD}) or jose.fault_of_claims(read, payload):
        return False
    return jose.verify(parts, key_of("guild", kind).public())


def test_jose_accepts_what_we_sign() -> None:
    texts = [(token(kind), kind) for kind in KINDS]
    for answer in ask_jose([job(text, kind) for text, kind in texts]):
        assert answer["verified"], answer
    assert all(ours(text, kind) for text, kind in texts)


def test_jose_and_we_refuse_what_was_tampered_with() -> None:
    bent = [(name, change(token(kind), kind), kind) for name, change in TAMPERED.items() for kind in KINDS]
    for (name, text, kind), answer in zip(
        bent, ask_jose([job(text, kind) for _, text, kind in bent]), strict=True
    ):
        assert not answer["verified"], (name, kind)
        assert not ours(text, kind), (name, kind)


def test_jose_reads_the_same_payload_out_of_any_jws() -> None:
    payloads = [b"", b"{}", b"\0\xff", "“solder” ☃".encode()]
    jobs = [job(jose.sign(payload, key_of("guild", kind), {}), kind, plain=True)
            for payload in payloads for kind in KINDS]  # fmt: skip
    answers = ask_jose(jobs)
    found = [base64.b64decode(answer["payload"]) for answer in answers]
    assert found == [payload for payload in payloads for _ in KINDS]


def test_jose_refuses_an_expired_and_an_early_badge() -> None:
    late = token(KeyType.RSA, validUntil="2026-11-22T11:59:00Z")
    early = token(KeyType.RSA, validFrom="2026-11-22T12:01:00Z")
    assert [answer["verified"] for answer in ask_jose([job(late, KeyType.RSA), job(early, KeyType.RSA)])] == [
        False,
        False,
    ]
