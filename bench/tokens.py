"""Signing VC-JWTs, from an award's row and from any JSON of a known shape: EdDSA, ES256 and RS256."""

import json

import measuring
from badges import AT, HOLES, METHOD, Signer, badge, row
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

import plaudit
from plaudit.keys import KeyType
from plaudit.proofs import jose
from tests.plaudit.samples import key_of

chosen = measuring.options(__doc__)
documents = [badge(number) for number in range(50)]
rows = [row(number) for number in range(50)]
keys = {
    "EdDSA": key_of("guild"),
    "ES256": key_of("guild", KeyType.P256),
    "RS256": key_of("guild", KeyType.RSA),
}
# What the bare algorithm leaves room for (docs/adr/0043).
goals = {"EdDSA": "≥ 1.2 ×, ≥ 35 %", "ES256": "≥ 1.2 ×, ≥ 45 %", "RS256": "≥ 1 ×, ≥ 80 %"}


def limit(name: str) -> float:
    """The bare algorithm over the bytes of a token, by the fastest library at hand."""
    message = plaudit.issue_jwt(documents[0], Signer(keys[name], METHOD), AT).rpartition(".")[0].encode()
    native = keys[name]._native()
    if name == "EdDSA":
        from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

        _, secret = crypto_sign_seed_keypair(keys[name].secret)
        return measuring.rate(lambda _: crypto_sign(message, secret), chosen)
    if name == "ES256":
        return measuring.rate(lambda _: native.sign(message, ec.ECDSA(hashes.SHA256())), chosen)
    return measuring.rate(lambda _: native.sign(message, padding.PKCS1v15(), hashes.SHA256()), chosen)


by_row, by_shape, limits = {}, {}, {}
for name, key in keys.items():
    signer = Signer(key, METHOD)
    template = plaudit.Template(badge(), signer, HOLES)
    limits[name] = limit(name)
    by_row[name] = measuring.rate(
        lambda number, template=template: template.issue_jwt(rows[number % 50], AT), chosen
    )
    by_shape[name] = measuring.rate(
        lambda number, signer=signer: plaudit.issue_jwt(documents[number % 50], signer, AT), chosen
    )
signer = Signer(keys["EdDSA"], METHOD)
tokens = [plaudit.issue_jwt(document, signer, AT) for document in documents]
task = {
    "works": [f"sign {name}" for name in keys],
    "pems": {name: key.pem().decode() for name, key in keys.items()},
    "payloads": [json.loads(jose.read_jws(token).payload) for token in tokens],
}
peers: dict[str, dict[str, float]] = {name: {} for name in keys}
for answer in measuring.ask(measuring.PEER_PYTHON, task, chosen):
    work, _, peer = answer["work"].partition("/")
    peers[work.removeprefix("sign ")][peer] = answer["cpu"]

measuring.show(
    [
        measuring.Line(
            f"sign a VC-JWT, {name}, {way}",
            "1/cpu-s",
            figures[name],
            peers[name],
            limits[name],
            goal if figures is by_row else "",
        )
        for way, figures in (("from award row", by_row), ("any JSON, judged", by_shape))
        for name, goal in goals.items()
    ],
    chosen,
)
