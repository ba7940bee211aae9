"""`make fuzz`: mutants of good badges by the hundred thousand. None may be accepted, raise, or take its time.

FUZZ_CASES says how many in all (`make fuzz`: 100,000; the gate: 8,000), FUZZ_SEED where to begin; a failure prints the
seed of its case.
What is accepted must say the same as the badge it was made from: JSON can say one thing in several ways.
"""

import json
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, Method, bake, controller_document
from plaudit.encoding import base64url_decode, base64url_encode
from plaudit.errors import PlauditError
from plaudit.status import StatusBits
from tests.fuzz.mutating import mutate_bytes, mutate_json, same_meaning
from tests.plaudit import guild2
from tests.plaudit.disclosing import ISSUER_KEY as PROVER
from tests.plaudit.disclosing import disclosed
from tests.plaudit.samples import (
    AT,
    DAY,
    GUILD,
    ISSUER,
    ISSUER_DOCUMENT,
    LIST,
    METHOD,
    STRANGER,
    SVG,
    credential,
    png,
    signed,
    status_list,
    web,
)

CASES = int(os.environ.get("FUZZ_CASES", "8000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
SHARDS = 8
MOST_SECONDS = 2.0
"""Of processor time in this process, for one case."""
MOST_GROWTH = 96 * 1024
"""KiB that the process may grow by between the first fifth of its cases and the last."""

GOOD = json.loads(signed())
FETCH = MappedFetch(web())


def judge(badge: Any, answers: dict[str, bytes] | None = None) -> plaudit.Report:
    return plaudit.verify(badge, fetch=FETCH if answers is None else MappedFetch(answers), at=AT)


def refuse(report: plaudit.Report, case: str) -> None:
    if report.verified:
        assert report.credential is not None
        assert says_the_same(report.credential, GOOD), f"accepted: {case}"


def says_the_same(one: Any, two: Any) -> bool:
    """One good proof is enough, so whatever stands beside it is nobody's word, and is not compared."""
    said, meant = (
        {name: value for name, value in document.items() if name != "proof"} for document in (one, two)
    )
    return same_meaning(said, meant)


def of_structure(chance: random.Random, case: str) -> None:
    refuse(judge(mutate_json(chance, GOOD)), case)


def of_bytes(chance: random.Random, case: str) -> None:
    refuse(judge(mutate_bytes(chance, signed())), case)


def of_a_png(chance: random.Random, case: str) -> None:
    refuse(judge(mutate_bytes(chance, BAKED_PNG)), case)


def of_an_svg(chance: random.Random, case: str) -> None:
    refuse(judge(mutate_bytes(chance, BAKED_SVG)), case)


def of_the_issuers_document(chance: random.Random, case: str) -> None:
    document = mutate_json(chance, json.loads(web()[ISSUER_DOCUMENT]))
    report = judge(signed(), web() | {ISSUER_DOCUMENT: json.dumps(document).encode()})
    if report.verified:
        assert METHOD_ENTRY["publicKeyMultibase"] in json.dumps(document), f"accepted: {case}"


def of_the_list(chance: random.Random, case: str) -> None:
    content = status_list(4711) if chance.random() < 0.5 else web()[LIST]
    changed = mutate_json(chance, json.loads(content))
    report = judge(signed(), web() | {LIST: json.dumps(changed).encode()})
    if report.verified:
        assert says_the_same(changed, json.loads(web()[LIST])), f"accepted: {case}"


def of_the_bits(chance: random.Random, case: str) -> None:
    encoded = mutate_bytes(chance, StatusBits.of([1, 2, 3]).encode().encode())
    try:
        bits = StatusBits.decode(encoded.decode("latin-1"))
    except PlauditError:
        return
    assert bits.size <= 1 << 26, case


def of_a_token(chance: random.Random, case: str) -> None:
    refuse(judge(mutate_bytes(chance, TOKEN)), case)


def of_the_parts_of_a_token(chance: random.Random, case: str) -> None:
    """Header and payload changed as JSON, under the old signature or, half the time, a stranger's."""
    head, payload, signature = TOKEN.decode().split(".")
    parts = [json.loads(base64url_decode(part)) for part in (head, payload)]
    index = chance.randrange(2)
    parts[index] = mutate_json(chance, parts[index])
    text = ".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
    if chance.random() < 0.5:
        signature = base64url_encode(STRANGER.key.sign(text.encode()))
    report = judge(f"{text}.{signature}".encode())
    if report.verified:
        assert f"{text}.{signature}" == TOKEN.decode(), f"accepted: {case}"


def of_the_web_of_an_older_badge(chance: random.Random, case: str) -> None:
    """One document of a hosted or signed badge changed: nothing may raise, and what is shown must stand there."""
    web_of, badge = chance.choice(OLDER)
    url = chance.choice([*web_of])
    changed = mutate_json(chance, web_of[url])
    answers = {name: json.dumps(changed if name == url else item).encode() for name, item in web_of.items()}
    report = judge(badge, answers)
    if report.verified:
        assert report.credential is not None, case


def of_a_signed_older_badge(chance: random.Random, case: str) -> None:
    answers = {url: json.dumps(item).encode() for url, item in OLDER[1][0].items()}
    changed = mutate_bytes(chance, guild2.token().encode())
    if judge(changed, answers).verified:
        assert changed.strip() == guild2.token().encode(), f"accepted: {case}"


def of_a_derived_proof(chance: random.Random, case: str) -> None:
    proof = DERIVED["proof"]
    if chance.random() < 0.5:
        data = bytearray(base64url_decode(proof["proofValue"][1:]))
        value = "u" + base64url_encode(mutate_bytes(chance, bytes(data)))
        document = DERIVED | {"proof": proof | {"proofValue": value}}
    else:
        document = mutate_json(chance, DERIVED)
    report = judge(document, DERIVED_WEB)
    if report.outcome_of("proof") == "passed" and report.credential is not None:
        assert says_the_same(report.credential, DERIVED), f"accepted: {case}"


KINDS: list[Callable[[random.Random, str], None]] = [
    of_structure, of_structure, of_structure, of_bytes, of_a_png, of_an_svg, of_the_issuers_document, of_the_list,
    of_the_bits, of_a_token, of_the_parts_of_a_token, of_the_web_of_an_older_badge, of_a_signed_older_badge,
    of_a_derived_proof,
]  # fmt: skip
METHOD_ENTRY = json.loads(web()[ISSUER_DOCUMENT])["verificationMethod"][0]
TOKEN = plaudit.issue_jwt(credential(), GUILD, AT - DAY).encode()
OLDER = [(guild2.hosted_web(), guild2.ADDRESS), (guild2.signed_web(), guild2.token())]
DERIVED = credential() | {"proof": disclosed(credential())}
DERIVED_WEB = web() | {
    ISSUER_DOCUMENT: json.dumps(controller_document(ISSUER, [Method(METHOD, PROVER.public())])).encode()
}
BAKED_PNG, BAKED_SVG = bake(png(), signed()), bake(SVG, signed())


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_mutant_is_accepted_raises_or_takes_its_time(shard: int) -> None:
    cases = range(shard, CASES, SHARDS)
    early = 0
    for number, seed in enumerate(cases):
        chance = random.Random(SEED * 1_000_000_007 + seed)
        kind = KINDS[seed // SHARDS % len(KINDS)]
        case = f"{kind.__name__}, FUZZ_SEED={SEED}, case {seed}"
        began = time.process_time()
        try:
            kind(chance, case)
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"raised {type(error).__name__}: {case}") from error
        assert time.process_time() - began < MOST_SECONDS, f"took its time: {case}"
        if number == len(cases) // 5:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early < MOST_GROWTH, "memory grows"


def test_what_is_mutated_is_good_itself() -> None:
    for badge in (GOOD, signed(), BAKED_PNG, BAKED_SVG, TOKEN):
        assert judge(badge).verified
    for documents, badge in OLDER:
        assert judge(badge, {url: json.dumps(item).encode() for url, item in documents.items()}).verified
    assert judge(DERIVED, DERIVED_WEB).outcome_of("proof") == "passed"


def test_the_mutations_do_change_something() -> None:
    """Nearly all mutants differ from what they were made from, and no two seeds give the same one."""
    chances = [random.Random(seed) for seed in range(200)]
    assert len({json.dumps(mutate_json(chance, GOOD)) for chance in chances}) > 180
    assert len({mutate_bytes(chance, signed()) for chance in chances}) > 180
