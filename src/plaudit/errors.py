"""Every exception of this library, drawn from one base.

    PlauditError
    ├── UnreadableError      the bytes are no JSON text, no picture, or none that holds a credential
    │   ├── AmbiguousError   the picture holds more than one credential of a kind
    │   ├── PageError        the address leads to a page for people, and no badge is behind it
    │   ├── PictureError     a picture without a badge in it
    │   └── TooLargeError    it may hold a good one, and is larger than what is read
    ├── IssueError           the credential we were asked to sign would not be a good one; names the path
    ├── KeyFormatError       a key, Multikey, JWK or PEM that cannot be read, or that no one may use
    ├── KeyRefusedError      the issuer's own document does not allow this key
    ├── FetchError           an address could not be read; carries the reason
    ├── TermsError           words that no pinned context defines, with their paths
    ├── UnknownContextError  a context address we hold no copy of
    ├── UnsupportedError     something correct that this version does not know
    │   └── SeveralError     a presentation of several credentials (VCDM 2.0 section 4.13); says how many
    ├── ComplexityError      a document too tangled to be put into canonical form within the limits
    └── BusyError            this machine had no time for a tangled document; it may have later

Exceptions are for input that cannot be read and for callers that misuse the library. What is wrong with a
credential is a result: `plaudit.verify` catches the last seven and reports them as checks.
"""

from __future__ import annotations

from dataclasses import dataclass


class PlauditError(Exception):
    """Base of every exception this library raises on purpose."""


class UnreadableError(PlauditError):
    """The input is not something a credential could be read from."""


class AmbiguousError(UnreadableError):
    """The input holds several credentials, so nobody can say which one is meant.

    `container` is what they came in, in words for a report; "" when only the picture's bytes were looked at.
    """

    def __init__(self, reason: str, container: str = "") -> None:
        super().__init__(reason)
        self.container = container


class PageError(UnreadableError):
    """An address answers with a page for people. `is_part` where that page says that it shows a part of a badge."""

    def __init__(self, reason: str, *, is_part: bool = False) -> None:
        super().__init__(reason)
        self.is_part = is_part


class PictureError(UnreadableError):
    """A picture in which there is no badge: a preview of one, a code that leads to one, or anything else."""


class TooLargeError(UnreadableError):
    """Larger than what is read: nobody looked what it holds, so it is not said to hold nothing."""


class IssueError(PlauditError):
    """A credential was not signed; `path` names the member at fault (a JSON pointer), `reason` the fault."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or '/'}: {reason}")
        self.path = path
        self.reason = reason


class KeyFormatError(PlauditError):
    """A key, or a text that should be one, cannot be read or is of a kind nobody may use."""


class KeyRefusedError(PlauditError):
    """The issuer's document was read, and it does not let this key speak for the issuer."""


class FetchError(PlauditError):
    """An address could not be read. `url` is the address, `reason` a short sentence about the cause.

    `status` is the HTTP status when there was one, and `body` what a page that is gone for good (410) said:
    Open Badges 2.0 tells so that a hosted badge was withdrawn, and why.
    """

    def __init__(self, url: str, reason: str, *, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at one place: `path` is a JSON pointer into the document ("" is the document)."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.reason}"


class TermsError(PlauditError):
    """Words or values that no context gives a meaning, so that no signature covers them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class UnknownContextError(PlauditError):
    """The document names a context of which this library holds no pinned copy; it is never downloaded."""

    def __init__(self, url: str) -> None:
        super().__init__(f"no pinned copy of the context {url}")
        self.url = url


class UnsupportedError(PlauditError):
    """The input may be perfectly good, but this version does not know how to check it."""


class SeveralError(UnsupportedError):
    """A presentation of several credentials (VCDM 2.0 section 4.13), of which one is checked at a time.

    `number` says how many there are.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"a presentation of {number} credentials; give them one by one")
        self.number = number


class ComplexityError(PlauditError):
    """The document could not be put into canonical form within the limits of time and size."""


class BusyError(PlauditError):
    """The work was not begun, because others of its kind keep this machine busy."""
