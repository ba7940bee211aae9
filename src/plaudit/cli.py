"""The command line: keygen, issue, verify, bake, unbake. The only place that asks for the time.

Exit codes: 0 done, or verified; 1 a check failed, or the credential was not signed; 2 nothing failed, but something
could not be checked; 3 the input cannot be read; 64 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from plaudit.baking import bake, unbake
from plaudit.checks.withdrawal import LIST_ACCEPT
from plaudit.did import Method, Signer, controller_document, did_key, did_key_method
from plaudit.errors import AmbiguousError, IssueError, PlauditError, UnsupportedError
from plaudit.fetch import Fetch, MappedFetch, WebFetch, offline
from plaudit.issue import issue
from plaudit.keys import KeyType, PrivateKey
from plaudit.reading import parse_date_time, parse_json_object
from plaudit.report import Report
from plaudit.verify import read_input, verify

EXIT_FAILED: Final = 1
EXIT_UNREADABLE: Final = 3
EXIT_USAGE: Final = 64
ANY_ACCEPT: Final = LIST_ACCEPT + ", image/png;q=0.7, image/svg+xml;q=0.7"

DESCRIPTIONS: Final = {
    "keygen": "Make a key pair. The private key goes into a new file that only you can read.",
    "issue": "Sign a credential: a JSON file as in the Open Badges 3.0 standard, without a proof.",
    "verify": "Check a badge: a JSON file, or a PNG or SVG picture with a credential inside.",
    "bake": "Put a credential into a PNG or SVG picture.",
    "unbake": "Take the credential out of a PNG or SVG picture.",
}
EPILOG: Final = (
    "Exit codes: 0 done, or verified; 1 a check failed, or the credential was not signed; 2 nothing failed, but "
    "something could not be checked; 3 the input cannot be read; 64 wrong usage."
)


class _Parser(argparse.ArgumentParser):
    """A parser whose wrong usage ends with 64, since 2 says something about a badge."""

    def __init__(self, **options: Any) -> None:
        # A fixed width: docs/cli.md shows these texts.
        super().__init__(
            epilog=EPILOG,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
            **options,
        )

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; docs/cli.md shows its help texts."""
    parser = _Parser(prog="plaudit", description="Open Badges you can check.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(name: str) -> argparse.ArgumentParser:
        text = DESCRIPTIONS[name]
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", help="answer in JSON")
        return sub

    keygen = command("keygen")
    keygen.add_argument("key", metavar="KEY.pem", type=Path, help="the file to make; it must not exist yet")
    keygen.add_argument("--type", choices=[*KeyType], default=KeyType.ED25519, help="default: Ed25519")
    keygen.add_argument(
        "--issuer",
        metavar="ID",
        help="a did:web or https identifier; also answers the document to publish there",
    )
    keygen.add_argument(
        "--name", default="key-1", help="the name of the key in that document; default: key-1"
    )

    sign = command("issue")
    sign.add_argument("credential", metavar="CREDENTIAL", help="a JSON file, or - for standard input")
    sign.add_argument(
        "--key", metavar="KEY.pem", type=Path, required=True, help="the private key to sign with"
    )
    sign.add_argument("--method", metavar="ID", help="the key's published identifier; default: its did:key")
    sign.add_argument("--at", metavar="TIME", type=_time, help="when it was signed; default: now")
    sign.add_argument("--out", metavar="FILE", help="where to write it; default: standard output")

    check = command("verify")
    check.add_argument("badge", metavar="BADGE", help="a file, an https address, or - for standard input")
    check.add_argument("--recipient", metavar="WHO", help="a mail address or name it should be awarded to")
    check.add_argument("--at", metavar="TIME", type=_time, help="the moment to judge by; default: now")
    check.add_argument("--offline", action="store_true", help="read no address from the network")
    check.add_argument(
        "--map", metavar="URL=FILE", type=_mapping, action="append", default=[],
        help="answer this address from a file; may be given several times",
    )  # fmt: skip
    check.add_argument(
        "--allow-localhost", metavar="HOST:PORT", help="for development: read this address by plain http"
    )

    put = command("bake")
    put.add_argument("picture", metavar="PICTURE", help="a PNG or SVG file")
    put.add_argument(
        "credential", metavar="CREDENTIAL", help="the signed credential, or - for standard input"
    )
    put.add_argument(
        "--out", metavar="FILE", required=True, help="the picture to write, or - for standard output"
    )

    take = command("unbake")
    take.add_argument("picture", metavar="PICTURE", help="a PNG or SVG file, or - for standard input")
    take.add_argument("--out", metavar="FILE", help="where to write it; default: standard output")
    return parser


def _time(text: str) -> datetime:
    at = parse_date_time(text)
    if at is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-11-22T12:00:00Z")
    return at


def _mapping(text: str) -> tuple[str, Path]:
    url, equals, name = text.rpartition("=")
    if not equals or not url or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not URL=FILE")
    return url, Path(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` are those of the process by default."""
    options = build_parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except IssueError as error:
        _complain(f"not signed: {error}")
        return EXIT_FAILED
    except (PlauditError, OSError) as error:
        _complain(str(error))
        return EXIT_UNREADABLE


def _complain(text: str) -> None:
    print(f"plaudit: {_plain(text)}", file=sys.stderr)


def _plain(text: object) -> str:
    """A stranger's text on one line of a terminal: whatever is not printable is shown as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )


def _read_file(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def _write_file(name: str | None, data: bytes) -> None:
    if name is None or name == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        Path(name).write_bytes(data)


def _say(options: argparse.Namespace, lines: Sequence[str], data: Mapping[str, Any]) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2) if options.json else "\n".join(lines))


def _keygen(options: argparse.Namespace) -> int:
    key = PrivateKey.generate(KeyType(options.type))
    issuer = options.issuer or did_key(key.public())
    method = f"{issuer}#{options.name}" if options.issuer else did_key_method(key.public())
    answer: dict[str, Any] = {
        "issuer": issuer,
        "method": method,
        "publicKeyMultibase": key.public().multibase(),
    }
    lines = [f"key     {options.key}", f"issuer  {issuer}", f"method  {method}"]
    if options.issuer:
        document = controller_document(issuer, [Method(method, key.public())])
        answer["document"] = document
        lines += ["publish this document:", json.dumps(document, indent=2)]
    descriptor = os.open(options.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.pem())
    _say(options, lines, answer)
    return 0


def _issue(options: argparse.Namespace) -> int:
    key = PrivateKey.from_pem(options.key.read_bytes())
    signer = Signer(key, options.method) if options.method else Signer.from_did_key(key)
    credential = parse_json_object(_read_file(options.credential))
    signed = issue(credential, signer, options.at or datetime.now(UTC))
    _write_file(options.out, signed if options.out else signed + b"\n")
    if options.out:
        answer = {"file": options.out, "method": signer.verification_method}
        _say(options, [f"signed  {options.out}", f"method  {signer.verification_method}"], answer)
    return 0


def _verify(options: argparse.Namespace) -> int:
    fetch = _fetch_for(options)
    badge: str = options.badge
    is_address = badge.startswith(("https://", "http://"))
    data = fetch(badge, ANY_ACCEPT).body if is_address else _read_file(badge)
    with contextlib.suppress(AmbiguousError, UnsupportedError):
        read_input(data)  # The report has words for these two; other unreadable input ends here, with 3.
    report = verify(data, fetch=fetch, at=options.at or datetime.now(UTC), recipient=options.recipient)
    _say(options, _lines(report), report.as_dict())
    return report.exit_code


def _fetch_for(options: argparse.Namespace) -> Fetch:
    web: Fetch = offline if options.offline else WebFetch(allow_localhost=options.allow_localhost)
    known = {url: path.read_bytes() for url, path in options.map}
    return MappedFetch(known, web, options.allow_localhost)


HEADLINES: Final = {0: "verified", 1: "NOT VERIFIED", 2: "NOT FULLY CHECKED"}


def _lines(report: Report) -> list[str]:
    lines = [f"{HEADLINES[report.exit_code]}  (judged at {report.at.isoformat()})"]
    if report.credential is not None:
        issuer = report.credential.get("issuer")
        identifier = issuer.get("id") if isinstance(issuer, Mapping) else issuer
        lines.append(f"badge   {_plain(report.credential.get('name', ''))}")
        lines.append(f"issuer  {_plain(identifier)}")
    for check in report.checks:
        lines.append(f"{check.number}  {check.outcome:<9}{check.title}: {_plain(check.sentence)}")
        if check.detail and check.outcome not in ("passed", "absent"):
            lines.append(f"{'':12}{_plain(check.detail)}")
    return lines


def _bake(options: argparse.Namespace) -> int:
    baked = bake(Path(options.picture).read_bytes(), _read_file(options.credential).strip())
    _write_file(options.out, baked)
    if options.out != "-":
        _say(options, [f"baked  {options.out}"], {"file": options.out})
    return 0


def _unbake(options: argparse.Namespace) -> int:
    text = unbake(_read_file(options.picture))
    if options.json and options.out is None:
        print(json.dumps({"credential": text}, ensure_ascii=False))
        return 0
    _write_file(options.out, text.encode("utf-8"))
    if options.out:
        _say(options, [f"wrote  {options.out}"], {"file": options.out})
    return 0


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "keygen": _keygen,
    "issue": _issue,
    "verify": _verify,
    "bake": _bake,
    "unbake": _unbake,
}
