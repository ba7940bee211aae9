"""The command line: `plaudit COMMAND`. The only place that asks for the time.

Exit codes: 0 done, or verified; 1 a check failed, or the credential was not signed; 2 nothing failed, but something
could not be checked; 3 the input cannot be read; 64 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from plaudit.cli import checking, making
from plaudit.cli.files import complain, mapping, time_of
from plaudit.errors import IssueError, PlauditError
from plaudit.keys import KeyType

EXIT_FAILED: Final = 1
EXIT_UNREADABLE: Final = 3
EXIT_USAGE: Final = 64
EXIT_PIPE: Final = 141
"""As a shell says it of a command that SIGPIPE ended."""

DESCRIPTIONS: Final = {
    "keygen": "Make a key pair. The private key goes into a new file that only you can read.",
    "issue": "Sign a credential: a JSON file as in the Open Badges 3.0 standard, without a proof.",
    "verify": "Check a badge: JSON, a JWT, a PNG or SVG picture or a PDF with a badge inside, or an address.",
    "bake": "Put a credential into a PNG or SVG picture.",
    "unbake": "Take the credential out of a PNG or SVG picture.",
    "convert": "Write a badge in another form. What was signed before must be signed again.",
    "status make": "Sign a new, empty status list.",
    "status set": "Set entries of a status list, and sign it again.",
    "status read": "Show a status list. It is not verified: that is what `plaudit verify` is for.",
    "did make": "Write the document that lists an issuer's keys, to be published at its identifier.",
    "did read": "Show the keys of an issuer, from a did:web, did:key, did:jwk or https identifier.",
}
"""Every command, and what it says of itself."""
GROUPS: Final = {
    "status": "Status lists: how an issuer withdraws a badge.",
    "did": "Issuers' identifiers, and the documents behind them.",
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


def build_parser() -> _Parser:
    """The parser of the whole command line; docs/cli.md shows its help texts."""
    return _with_commands()[0]


def help_texts() -> dict[str, str]:
    """The help of every command, by what one types; docs/cli.md holds exactly these."""
    parser, subs = _with_commands()
    return {"plaudit": parser.format_help()} | {
        f"plaudit {name}": sub.format_help() for name, sub in subs.items()
    }


def _with_commands() -> tuple[_Parser, dict[str, argparse.ArgumentParser]]:
    parser = _Parser(prog="plaudit", description="Open Badges you can check.")
    commands = parser.add_subparsers(dest="group", metavar="COMMAND", required=True, parser_class=_Parser)
    groups = {}
    subs: dict[str, argparse.ArgumentParser] = {}
    for name, text in DESCRIPTIONS.items():
        group, _, word = name.partition(" ")
        if word and group not in groups:
            inside = commands.add_parser(group, help=GROUPS[group], description=GROUPS[group])
            groups[group] = inside.add_subparsers(
                dest="word", metavar="COMMAND", required=True, parser_class=_Parser
            )
        place = groups[group] if word else commands
        sub = place.add_parser(word or group, help=text, description=text)
        sub.set_defaults(command=name)
        sub.add_argument("--json", action="store_true", help="answer in JSON")
        ARGUMENTS[name](sub)
        subs[name] = sub
    return parser, subs


def _keygen(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("key", metavar="KEY.pem", type=Path, help="the file to make; it must not exist yet")
    sub.add_argument("--type", choices=[*KeyType], default=KeyType.ED25519, help="default: Ed25519")
    sub.add_argument(
        "--issuer",
        metavar="ID",
        help="a did:web or https identifier; also answers the document to publish there",
    )
    sub.add_argument("--name", default="key-1", help="the name of the key in that document; default: key-1")


def _signing(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--key", metavar="KEY.pem", type=Path, required=True, help="the private key to sign with"
    )
    sub.add_argument("--method", metavar="ID", help="the key's published identifier; default: its did:key")
    sub.add_argument("--at", metavar="TIME", type=time_of, help="when it was signed; default: now")
    sub.add_argument("--out", metavar="FILE", help="where to write it; default: standard output")


def _issue(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("credential", metavar="CREDENTIAL", help="a JSON file, or - for standard input")
    _signing(sub)
    sub.add_argument(
        "--form", choices=["json", "jwt"], default="json",
        help="json: with a proof inside (default); jwt: a VC-JWT around it",
    )  # fmt: skip
    sub.add_argument(
        "--cryptosuite",
        choices=making.CRYPTOSUITES,
        help="default: eddsa-rdfc-2022, or ecdsa-rdfc-2019 for P-256 and P-384 keys",
    )


def _reading(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--offline", action="store_true", help="read no address from the network")
    sub.add_argument(
        "--map", metavar="URL=FILE", type=mapping, action="append", default=[],
        help="answer this address from a file; may be given several times",
    )  # fmt: skip
    sub.add_argument(
        "--allow-localhost", metavar="HOST:PORT", help="for development: read this address by plain http"
    )


def _verify(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("badge", metavar="BADGE", help="a file, an https address, or - for standard input")
    sub.add_argument("--recipient", metavar="WHO", help="a mail address or name it should be awarded to")
    sub.add_argument("--at", metavar="TIME", type=time_of, help="the moment to judge by; default: now")
    sub.add_argument(
        "--refresh",
        action="store_true",
        help="ask the issuer's refresh service for a newer form, and judge that",
    )
    _reading(sub)


def _bake(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("picture", metavar="PICTURE", help="a PNG or SVG file")
    sub.add_argument(
        "credential", metavar="CREDENTIAL", help="the signed credential, or - for standard input"
    )
    sub.add_argument(
        "--out", metavar="FILE", required=True, help="the picture to write, or - for standard output"
    )


def _unbake(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("picture", metavar="PICTURE", help="a PNG or SVG file, or - for standard input")
    sub.add_argument("--out", metavar="FILE", help="where to write it; default: standard output")


def _convert(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("badge", metavar="BADGE", help="JSON, a JWT or a picture, or - for standard input")
    sub.add_argument("--to", choices=["ob2", "ob3", "jwt"], required=True, help="the form to write")
    for name, what in (("id", "award"), ("badge-id", "badge"), ("issuer-id", "issuer")):
        sub.add_argument(f"--{name}", metavar="ID", help=f"the identifier of the {what} in the new form")
    sub.add_argument("--key", metavar="KEY.pem", type=Path, help="with jwt: the private key to sign with")
    sub.add_argument("--method", metavar="ID", help="the key's published identifier; default: its did:key")
    sub.add_argument("--at", metavar="TIME", type=time_of, help="the time of it; default: now")
    sub.add_argument("--out", metavar="FILE", help="where to write it; default: standard output")
    _reading(sub)


def _status_make(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("id", metavar="ADDRESS", help="the https address where the list will be served")
    sub.add_argument("--purpose", choices=["revocation", "suspension"], default="revocation")
    sub.add_argument(
        "--size", metavar="N", type=int, default=131_072, help="entries; default and least: 131072"
    )
    _signing(sub)


def _status_set(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("list", metavar="LIST", help="the file of the list, or - for standard input")
    sub.add_argument("index", metavar="INDEX", type=int, nargs="+", help="the entries to set")
    sub.add_argument("--clear", action="store_true", help="clear these entries instead")
    _signing(sub)


def _status_read(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("list", metavar="LIST", help="the file of the list, or - for standard input")
    sub.add_argument("index", metavar="INDEX", type=int, nargs="*", help="entries to show")


def _did_make(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("id", metavar="ID", help="the issuer's did:web or https identifier")
    sub.add_argument(
        "keys", metavar="NAME=KEY.pem", type=mapping, nargs="+", help="a key, and its name in the document"
    )
    sub.add_argument("--out", metavar="FILE", help="where to write it; default: standard output")


def _did_read(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("id", metavar="ID", help="the issuer's identifier")
    _reading(sub)


ARGUMENTS: Final[Mapping[str, Callable[[argparse.ArgumentParser], None]]] = {
    "keygen": _keygen,
    "issue": _issue,
    "verify": _verify,
    "bake": _bake,
    "unbake": _unbake,
    "convert": _convert,
    "status make": _status_make,
    "status set": _status_set,
    "status read": _status_read,
    "did make": _did_make,
    "did read": _did_read,
}
COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {**making.COMMANDS, **checking.COMMANDS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `arguments` are those of the process by default."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.command == "convert" and options.to == "jwt" and options.key is None:
        parser.error("--to jwt signs anew, and wants a --key")
    try:
        return COMMANDS[options.command](options)
    except BrokenPipeError:
        # Whoever read our answer has gone, as `head` does; Python shall not complain about it at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except IssueError as error:
        complain(f"not signed: {error}")
        return EXIT_FAILED
    except (PlauditError, OSError) as error:
        complain(str(error))
        return EXIT_UNREADABLE
