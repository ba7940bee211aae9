"""What all commands share: files, standard input and output, and texts that are safe for a terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plaudit.did import Signer
from plaudit.fetch import Fetch, MappedFetch, WebFetch, offline
from plaudit.keys import PrivateKey
from plaudit.reading import parse_date_time


def time_of(text: str) -> datetime:
    """A time from the command line."""
    at = parse_date_time(text)
    if at is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-11-22T12:00:00Z")
    return at


def mapping(text: str) -> tuple[str, Path]:
    """`NAME=FILE` from the command line; the name may hold equals signs itself."""
    url, equals, name = text.rpartition("=")
    if not equals or not url or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not URL=FILE")
    return url, Path(name)


def now() -> datetime:
    """The time of the machine; the library itself never asks."""
    return datetime.now(UTC)


def complain(text: str) -> None:
    """One line on standard error."""
    print(f"plaudit: {plain(text)}", file=sys.stderr)


def plain(text: object) -> str:
    """A stranger's text on one line of a terminal: whatever is not printable is shown as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )


def read_file(name: str) -> bytes:
    """A file, or standard input for `-`."""
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def write_file(name: str | None, data: bytes) -> None:
    """Into a file, or to standard output for `-` or nothing."""
    if name is None or name == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        Path(name).write_bytes(data)


def say(options: argparse.Namespace, lines: Sequence[str], data: Mapping[str, Any]) -> None:
    """An answer: text for people, JSON for programs."""
    print(json.dumps(data, ensure_ascii=False, indent=2) if options.json else "\n".join(lines))


def signer_of(options: argparse.Namespace) -> Signer:
    """The key and method the command names."""
    key = PrivateKey.from_pem(options.key.read_bytes())
    return Signer(key, options.method) if options.method else Signer.from_did_key(key)


def fetch_of(options: argparse.Namespace) -> Fetch:
    """The network as the command allows it."""
    web: Fetch = offline if options.offline else WebFetch(allow_localhost=options.allow_localhost)
    known = {url: path.read_bytes() for url, path in options.map}
    return MappedFetch(known, web, options.allow_localhost)
