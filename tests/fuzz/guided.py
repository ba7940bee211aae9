"""`make fuzz`, second part: atheris looks for bytes that reach new branches of the readers of foreign input.

    python tests/fuzz/guided.py READER SECONDS

Every reader may only return, or raise an error of ours. Anything else, more than two seconds for one input, or more
than 1 GiB of memory, is a finding: libFuzzer prints it and the exit code is not 0.
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["plaudit"]):
    import plaudit
    from plaudit import baking, containers, did, encoding, keys, reading, status
    from plaudit.errors import PlauditError
    from plaudit.proofs import jose, selective_disclosure

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tests.plaudit.samples import AT, SVG, png, signed, status_list  # noqa: E402


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass") if _is_utf8(data) else data.decode("latin-1")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def of_dates(data: bytes) -> None:
    at = reading.parse_date_time(text_of(data))
    if at is not None:
        assert reading.parse_date_time(reading.format_date_time(at)) == at.replace(microsecond=0)


def of_multibase(data: bytes) -> None:
    key = keys.PublicKey.from_multibase(text_of(data))
    assert keys.PublicKey.from_multibase(key.multibase()) == key


def of_identifiers(data: bytes) -> None:
    with contextlib.suppress(plaudit.FetchError):
        did.resolve(text_of(data), plaudit.offline)


def of_badges(data: bytes) -> None:
    report = plaudit.verify(data, fetch=plaudit.offline, at=AT)
    assert not report.verified, "nobody's key was read"


READERS: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "json": (reading.parse_json, [signed(), b'{"a":[1,2.5e3,"\\u00e9"]}']),
    "pictures": (baking.read_picture, [baking.bake(png(), signed()), baking.bake(SVG, signed()), png(), SVG]),
    "containers": (containers.open_bytes, [signed(), b"a.b.c", b"https://x.example/"]),
    "jws": (lambda data: jose.read_vc_jwt(text_of(data)), [b"eyJhbGciOiJFZERTQSJ9.e30.AA"]),
    "derived proofs": (lambda data: selective_disclosure.read_proof_value(text_of(data)), [b"u2V0BhVhA"]),
    "status lists": (
        lambda data: status.StatusBits.decode(text_of(data)), [status.StatusBits.empty().encode().encode()]),
    "base64url": (lambda data: encoding.base64url_decode(text_of(data)), [b"AAAA"]),
    "multibase": (of_multibase, [b"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"]),
    "identifiers": (of_identifiers, [b"did:web:a.example:b", b"did:key:z6Mk", b"did:jwk:e30"]),
    "dates": (of_dates, [b"2026-11-22T12:00:00.123+14:00"]),
    "badges": (of_badges, [signed(), status_list(1)]),
}  # fmt: skip


def main() -> None:
    name, seconds = sys.argv[1], sys.argv[2]
    read, seeds = READERS[name]

    def once(data: bytes) -> None:
        with contextlib.suppress(PlauditError):
            read(data)

    folder = tempfile.mkdtemp()
    for number, seed in enumerate(seeds):
        (Path(folder) / str(number)).write_bytes(seed)
    limits = [
        f"-max_total_time={seconds}",
        "-timeout=2",
        "-rss_limit_mb=1024",
        "-max_len=8192",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", folder], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
