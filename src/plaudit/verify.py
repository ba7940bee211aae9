"""Verifying: one numbered list of checks, each with the clause it comes from.

  1 parse      the input is one JSON document, or a picture that holds one      RFC 8259, RFC 7493; OB 3.0 baking
  2 terms      every word has a meaning, so that the signature covers it        VC Data Integrity 1.0 section 2.4.1
  3 model      it is an Open Badge, with everything such a badge must have      OB 3.0 data model; VCDM 2.0 section 4
  4 proof      the signature belongs to exactly this content                    VC Data Integrity 1.0 section 4.4
  5 key        the signing key is one that the issuer's own document allows     CID 1.0 section 3.3; OB 3.0 section 9
  6 dates      valid now: validFrom, validUntil                                 VCDM 2.0 section 4.9
  7 status     neither revoked nor suspended                                    Bitstring Status List 1.0 section 3.2
  8 recipient  it was awarded to the person asked about                         OB 3.0 IdentityObject

All that can be run is run; nothing stops at the first failure. What was not found out is `unknown`, never `passed`.
Of the addresses that the document names, only the issuer's own is read before its signature is known to be good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from plaudit import baking
from plaudit.checks.case import FAILED, PASSED, UNKNOWN, Case, Finding
from plaudit.checks.content import check_dates, check_model, check_recipient, check_terms
from plaudit.checks.signature import check_proof
from plaudit.checks.withdrawal import check_status
from plaudit.errors import AmbiguousError, UnreadableError, UnsupportedError
from plaudit.fetch import Budget, Fetch, Limits
from plaudit.reading import parse_json_object
from plaudit.report import Check, Report

_COMPACT_JWS = re.compile(r"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\s*")
_NOT_READ: Final = "This was not checked, because no credential could be read."

TITLES: Final[Mapping[str, str]] = {
    "parse": "The file can be read",
    "terms": "Every word is covered",
    "model": "It is a complete badge",
    "proof": "The content is unaltered",
    "key": "The issuer signed it",
    "dates": "It is valid now",
    "status": "It was not withdrawn",
    "recipient": "It belongs to this person",
}
"""The checks in order: id and title."""

CHECKS: Final[Mapping[str, Callable[[Case], Finding]]] = {
    "terms": check_terms,
    "model": check_model,
    "proof": check_proof,  # finds "key" on the way
    "dates": check_dates,
    "status": check_status,
    "recipient": check_recipient,
}
"""What is run on a credential that could be read, in order."""


def verify(
    document: bytes | str | Mapping[str, Any],
    *,
    fetch: Fetch,
    at: datetime,
    recipient: str | None = None,
    limits: Limits | None = None,
) -> Report:
    """Check a credential and report; nothing about the credential raises an exception.

    `document` is JSON text, a mapping that was read from JSON, or the bytes of a PNG or SVG picture with a
    credential baked in. `fetch` is the only way to any address (see `plaudit.fetch`); `at` is the moment to judge
    by, with a zone. `recipient` is a mail address or a name to compare with those the badge was awarded to.
    Raises ValueError when `at` has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    try:
        content, parsed = read_input(document)
    except UnsupportedError as error:
        unknown = Finding(UNKNOWN, "This is a kind of badge that cannot be checked here yet.", str(error))
        return _report({"parse": unknown}, None, at)
    except UnreadableError as error:
        return _report({"parse": _unreadable(error)}, None, at)
    limits = limits or Limits()
    case = Case(content, Budget(fetch, limits), at, recipient, max_depth=limits.depth)
    case.findings["parse"] = parsed
    case.run(CHECKS)
    return _report(case.findings, content if case.is_signed else None, at)


def _unreadable(error: UnreadableError) -> Finding:
    if isinstance(error, AmbiguousError):
        return Finding(FAILED, "The picture holds more than one badge, so it is ambiguous.", str(error))
    return Finding(FAILED, "No credential could be read from this.", str(error))


def _report(findings: Mapping[str, Finding], content: Mapping[str, Any] | None, at: datetime) -> Report:
    not_run = Finding(UNKNOWN, _NOT_READ)
    checks = tuple(
        Check(name, number, title, *findings.get(name, not_run))
        for number, (name, title) in enumerate(TITLES.items(), start=1)
    )
    return Report(checks, content, at)


# 1 parse


def read_input(document: bytes | str | Mapping[str, Any]) -> tuple[Mapping[str, Any], Finding]:
    """The credential in the input, and what check 1 says of it.

    Raises UnreadableError (AmbiguousError among them), and UnsupportedError for kinds this version cannot check.
    """
    if isinstance(document, Mapping):
        try:
            document = json.dumps(document, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UnreadableError(f"the mapping is not JSON: {error}") from None
    if isinstance(document, str):
        document = document.encode("utf-8", "surrogatepass")
    if baking.is_png(document) or baking.is_svg(document):
        return _read_picture(document)
    text = document[: 2 * 1024 * 1024]
    if _COMPACT_JWS.fullmatch(text.decode("latin-1")):
        raise UnsupportedError("a credential in the form of a JWT")
    return parse_json_object(document), Finding(PASSED, "The file could be read.")


def _read_picture(picture: bytes) -> tuple[Mapping[str, Any], Finding]:
    baked = baking.read_picture(picture)
    if baked.credential is None:
        if baked.assertion is not None:
            raise UnsupportedError("an Open Badges 2.0 assertion baked into the picture")
        raise UnreadableError("there is no credential in the picture")
    if _COMPACT_JWS.fullmatch(baked.credential):
        raise UnsupportedError("a credential in the form of a JWT, baked into the picture")
    content = parse_json_object(baked.credential)
    if baked.assertion is not None:
        sentence = "The picture holds a second, older badge, which cannot be checked here yet."
        return content, Finding(UNKNOWN, sentence, "an Open Badges 2.0 assertion beside the credential")
    return content, Finding(PASSED, "The picture holds a badge that could be read.")
