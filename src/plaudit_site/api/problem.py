"""What went wrong, as RFC 9457 says it: one table of kinds, and the exception that carries one."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """`mend` says what to do about it; it stands on the page that the problem's `type` leads to."""

    status: int
    title: str
    mend: str


KINDS: dict[str, Kind] = {
    "unreadable": Kind(
        400,
        "The request can’t be read",
        "Send one JSON object in UTF-8, each member once, without NaN or infinity.",
    ),
    "token-needed": Kind(
        401,
        "No token",
        "Send the header “Authorization: Bearer plaudit_…”. Tokens are made in the issuer’s console under API. "
        "A token in the address is not looked at.",
    ),
    "token-not-valid": Kind(
        401,
        "This token opens nothing",
        "It is mistyped, revoked or too old, or who made it has left the issuer. Make a new one.",
    ),
    "not-allowed": Kind(
        403,
        "The token may not do this",
        "Make a token with the scope that is named, by somebody whose role may do it.",
    ),
    "not-found": Kind(
        404,
        "Nothing here",
        "There is no such thing, or it belongs to another issuer: the answer is the same.",
    ),
    "no-such-method": Kind(405, "This address takes other methods", "The header Allow names them."),
    "awarded-before": Kind(
        409,
        "Awarded before",
        "The badge is given once and this address has it. “award” names the earlier one.",
    ),
    "not-possible": Kind(
        409,
        "Not possible as things stand",
        "“detail” says why. Look at the award or list again: it has changed, or was never in that state.",
    ),
    "refused": Kind(
        409,
        "Not allowed to award this",
        "“detail” says what to do: publish the badge, wait for approval, or go on tomorrow.",
    ),
    "key-used-before": Kind(
        409,
        "This Idempotency-Key belongs to another request",
        "Within 24 hours the same key means the same request. Take a new key; “errors” names what differs.",
    ),
    "still-worked-on": Kind(
        409,
        "The first request with this key is still being worked on",
        "Send the same request again after the seconds that Retry-After says.",
    ),
    "length-needed": Kind(411, "The length is missing", "Send Content-Length, not a body in chunks."),
    "too-large": Kind(
        413, "Too large", "“detail” says how much is taken. Send a spreadsheet instead of JSON."
    ),
    "wrong-type": Kind(415, "Another type of content is needed", "“detail” says which ones are taken."),
    "not-valid": Kind(
        422,
        "Something in the request is not valid",
        "“errors” names each place by its JSON pointer or parameter, what is wrong, and what to do.",
    ),
    "file-refused": Kind(422, "This file can’t be read as a list", "“detail” says why and what to do."),
    "too-often": Kind(429, "Too many requests", "Wait the seconds that Retry-After says."),
    "no-room": Kind(
        507,
        "No room left",
        "The disk is full. Nothing was done: send the same again later, with the same Idempotency-Key.",
    ),
    "our-fault": Kind(
        500, "Something broke here", "Tell the people who run this site the number in “instance”."
    ),
    "busy": Kind(
        503,
        "Busy just now",
        "Send the same request again, with the same key, after the seconds of Retry-After.",
    ),
}


@dataclass(frozen=True)
class Fault:
    """One place of the request, what is wrong there, and how to mend it."""

    detail: str
    mend: str
    pointer: str | None = None
    parameter: str | None = None

    def shown(self) -> dict[str, str]:
        where = {"pointer": self.pointer, "parameter": self.parameter}
        return {
            **{name: text for name, text in where.items() if text is not None},
            "detail": self.detail,
            "mend": self.mend,
        }


@dataclass
class Problem(Exception):
    """Answered as problem+json. `more` are members besides those of RFC 9457."""

    kind: str
    detail: str
    errors: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return KINDS[self.kind].status

    def shown(self) -> dict[str, Any]:
        kind = KINDS[self.kind]
        shown = {
            "type": f"{settings.BASE_URL}/api/#problem-{self.kind}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
        }
        if self.errors:
            shown["errors"] = [fault.shown() for fault in self.errors]
        return {**shown, **self.more}


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE_FULL, _POSTGRESQL_FULL = 13, "53100"


def is_of_a_full_disk(error: BaseException | None) -> bool:
    """Told by the numbers of the system and of both databases, also of what the error came from."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if getattr(error, "sqlite_errorcode", None) == _SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == _POSTGRESQL_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def no_room() -> Problem:
    return Problem("no-room", "The disk is full; nothing of this request was done.")


def not_found() -> Problem:
    """The same for what never was and for what is somebody else's."""
    return Problem("not-found", "There is nothing at this address.")
