"""Verifying fully: a known shape with and without its status list, and shapes never met before."""

import json
import tempfile
from pathlib import Path
from typing import Any

import measuring
from badges import AT, DAY, GUILD, badge, fetchable, job

import plaudit
from plaudit import canonical, shapes

chosen = measuring.options(__doc__)
MANY = 50
web = plaudit.MappedFetch(fetchable())
signed = [plaudit.issue(badge(number), GUILD, AT - DAY) for number in range(MANY)]
plain = [
    plaudit.issue(
        {name: value for name, value in badge(number).items() if name != "credentialStatus"}, GUILD, AT - DAY
    )
    for number in range(MANY)
]


def check(document: bytes) -> None:
    assert plaudit.verify(document, fetch=web, at=AT).verified


def shapes_of_proofs() -> dict[Any, Any]:
    """The options of proofs are of one shape for all badges: only the badge itself is new."""
    shapes.cache.clear()
    options = json.loads(plain[0])["proof"][0]
    del options["proofValue"]
    for _ in range(2):
        canonical.rdfc(options | {"@context": json.loads(plain[0])["@context"]})
    return dict(shapes.cache.shapes)


def unseen(number: int) -> None:
    shapes.cache.clear()
    shapes.cache.shapes.update(known)
    check(plain[number % MANY])


def verifying_limit() -> float:
    from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

    public, secret = crypto_sign_seed_keypair(GUILD.key.secret)
    text = crypto_sign(b"m" * 64, secret)
    return measuring.rate(lambda _: crypto_sign_open(text, public), chosen)


limit = verifying_limit()
with_list = measuring.rate(lambda number: check(signed[number % MANY]), chosen)
without = measuring.rate(lambda number: check(plain[number % MANY]), chosen)
known = shapes_of_proofs()
first = measuring.rate(unseen, chosen)
peers: dict[str, dict[str, float]] = {"verify": {}, "verify-plain": {}}
with tempfile.TemporaryDirectory() as folder:
    lists = [[json.loads(text) for text in texts[:50]] for texts in (signed, plain)]
    task = job(Path(folder), *lists, 50) | {"works": ["verify", "verify-plain"], "schema": measuring.schema()}
    for answer in measuring.ask(measuring.PEER_NODE, task, chosen):
        peers[answer["work"]]["@digitalbazaar/vc"] = answer["cpu"]
    for answer in measuring.ask(measuring.PEER_PYTHON, task, chosen):
        peers["verify"][answer["work"].partition("/")[2]] = answer["cpu"]

measuring.show(
    [
        measuring.Line("verify, with its status list", "1/cpu-s", with_list, peers["verify"], limit,
                       "≥ 30 ×, ≥ 15 % of libsodium"),
        measuring.Line("verify, no status list", "1/cpu-s", without, peers["verify-plain"], limit,
                       "≥ 30 ×, ≥ 15 % of libsodium"),
        measuring.Line("verify, a badge of a new shape, no status list", "1/cpu-s", first, peers["verify-plain"], limit,
                       "≥ 1.5 ×"),
    ],
    chosen,
)  # fmt: skip
