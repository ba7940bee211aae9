"""Issuing: from an award's row to signed bytes, and from any JSON of a known shape."""

import json
import tempfile
from pathlib import Path

import measuring
from badges import AT, GUILD, HOLES, badge, job, row

import plaudit

chosen = measuring.options(__doc__)
MANY = 2_000
message = b"m" * 64


def signing_limits() -> dict[str, float]:
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

    _, secret = crypto_sign_seed_keypair(GUILD.key.secret)
    openssl = ed25519.Ed25519PrivateKey.from_private_bytes(GUILD.key.secret)
    return {
        "libsodium": measuring.rate(lambda _: crypto_sign(message, secret), chosen),
        "OpenSSL": measuring.rate(lambda _: openssl.sign(message), chosen),
    }


rows = [row(number) for number in range(MANY)]
documents = [badge(number) for number in range(50)]
template = plaudit.Template(badge(), GUILD, HOLES)
assert template.issue(rows[7], AT) == plaudit.issue(documents[7], GUILD, AT)

limits = signing_limits()
by_row = measuring.rate(lambda number: template.issue(rows[number % MANY], AT), chosen)
by_shape = measuring.rate(lambda number: plaudit.issue(documents[number % 50], GUILD, AT), chosen)
signed = [json.loads(template.issue(values, AT)) for values in rows[:50]]
peers: dict[str, float] = {}
with tempfile.TemporaryDirectory() as folder:
    task = job(Path(folder), signed, signed, 50) | {"works": ["issue"]}
    for answer in measuring.ask(measuring.PEER_NODE, task, chosen):
        peers["@digitalbazaar/vc"] = answer["cpu"]
    for answer in measuring.ask(measuring.PEER_PYTHON, task, chosen):
        peers[answer["work"].partition("/")[2]] = answer["cpu"]

measuring.show(
    [
        measuring.Line("issue, from award row to signed bytes", "1/cpu-s", by_row, peers, limits["libsodium"],
                       "≥ 100 × @digitalbazaar/vc, ≥ 25 % of libsodium"),
        measuring.Line("issue any JSON of a known shape", "1/cpu-s", by_shape, peers, limits["OpenSSL"],
                       "≥ 40 ×, ≥ 15 % of OpenSSL"),
    ],
    chosen,
)  # fmt: skip
