"""A badge with its picture inside may have five megabytes; what is hostile of that size still costs little."""

import json
import os
import resource
import time
from collections.abc import Callable
from typing import Any

import pytest

import plaudit
from plaudit import MappedFetch, bake, baking, papers
from plaudit.reading import MAX_JSON_BYTES
from plaudit.report import TOO_LARGE
from tests.plaudit.samples import AT, DAY, GUILD, SVG, credential, png, signed, web
from tests.plaudit.test_papers import packed, paper

FETCH = MappedFetch(web())
MEGABYTE = 1024 * 1024
MOST_SECONDS = 2.0
MOST_MEMORY = 400 * MEGABYTE
"""More than before. One badge of 900 kB had taken six gigabytes."""


def with_picture(size: int) -> dict[str, Any]:
    document = credential()
    picture = {"id": "data:image/png;base64," + "A" * size, "type": "Image", "caption": "Iron"}
    document["credentialSubject"]["achievement"]["image"] = picture
    return document


def large(size: int = 1_300_000) -> bytes:
    return plaudit.issue(with_picture(size), GUILD, AT - DAY)


IN: dict[str, Callable[[], bytes]] = {
    "JSON": large,
    "JSON, nearly as large as may be": lambda: large(5_100_000),
    "a token": lambda: plaudit.issue_jwt(with_picture(1_300_000), GUILD, AT - DAY).encode(),
    "a PNG": lambda: bake(png(), large()),
    "an SVG": lambda: bake(SVG, large()),
    "a PDF": lambda: paper(packed(large())),
}


@pytest.mark.parametrize("given", IN.values(), ids=IN)
def test_a_badge_with_its_picture_inside_is_verified(given: Callable[[], bytes]) -> None:
    report = plaudit.verify(given(), fetch=FETCH, at=AT)
    assert report.verified, [check for check in report.checks if check.outcome != "passed"]


def padded() -> bytes:
    return signed()[:-1] + b" " * MAX_JSON_BYTES + b"}"


TOO_MUCH: dict[str, Callable[[], bytes]] = {
    "a text": padded,
    "a text of small values": lambda: b'{"@context": [' + b"1," * 1_000_000 + b"1]}",
    "in a PDF": lambda: paper(packed(padded())),
    "a picture": lambda: png() + bytes(baking.MAX_PICTURE_BYTES),
    "in an SVG": lambda: bake(SVG, signed()).replace(b"Soldering", b"Soldering" + b"x" * MAX_JSON_BYTES, 1),
}


@pytest.mark.parametrize("given", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_too_large_is_not_said_to_be_no_badge(given: Callable[[], bytes]) -> None:
    report = plaudit.verify(given(), fetch=FETCH, at=AT)
    first = report.checks[0]
    assert (first.id, first.outcome, first.code) == ("parse", "unknown", TOO_LARGE)
    assert (report.credential, report.exit_code, report.readable) == (None, 2, True)
    assert papers.MOST_ATTACHED == MAX_JSON_BYTES


def named(size: int, statements: int) -> bytes:
    document = json.loads(signed())
    document["credentialSubject"]["achievement"]["id"] = "urn:x:" + "a" * size
    document["credentialSubject"]["achievement"]["tag"] = [f"t{number}" for number in range(statements)]
    return json.dumps(document).encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a name of 400 kB in 15,000 statements": lambda: named(400_000, 15_000),
    "a name of 2 MB in 15,000 statements": lambda: named(2 * MEGABYTE, 15_000),
    "a name of 4 kB in 19,000 statements": lambda: named(4_000, 19_000),
    "a property of 1 MB with 10,000 values": lambda: json.dumps(
        json.loads(signed()) | {"urn:x:" + "x" * MEGABYTE: [f"{number}" for number in range(10_000)]}
    ).encode(),
    "90,000 statements": lambda: named(1, 90_000),
    "2,000 names of 2 kB": lambda: json.dumps(
        json.loads(signed())
        | {
            "evidence": [
                {"id": f"urn:x:{number}" + "a" * 2_000, "type": ["Evidence"]} for number in range(2_000)
            ]
        }
    ).encode(),
    "a text of escapes": lambda: json.dumps(json.loads(signed()) | {"name": '\\"' * MEGABYTE}).encode(),
}


@pytest.mark.parametrize("given", HOSTILE.values(), ids=HOSTILE)
def test_what_is_hostile_and_large_is_judged_within_its_limits(given: Callable[[], bytes]) -> None:
    """In a process of its own, for its memory; twice, since the second of a kind may take a quicker road."""
    badge = given()
    child = os.fork()
    if child == 0:
        soft = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin, code = time.process_time(), 1
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            is_refused = not any(plaudit.verify(badge, fetch=FETCH, at=AT).verified for _ in range(2))
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - soft) * 1024
            is_quick = time.process_time() - begin < 2 * MOST_SECONDS
            code = 0 if is_refused and is_quick and grown < MOST_MEMORY else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
