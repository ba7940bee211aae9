"""The ways out: SMTP, or the demo's mailbox. A way takes letters and says of each what came of it."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Protocol

from django.conf import settings

from plaudit_site.mail import reasons
from plaudit_site.mail.models import State

SMTP_TIMEOUT = 20
CONNECT_TIMEOUT = 8
CONTENT_TIMEOUT = 150
"""For the word on a content, which many servers look through before they answer. Whoever hangs up before it sends again
what was taken (RFC 5321, 4.5.3.2.6, asks for ten minutes; a row's lease must outlive this)."""
LINE_OF_ONE_DOT = re.compile(rb"^\.", re.MULTILINE)
# Nothing that could end the brackets or the line it is written into.
PLAIN_ADDRESS = re.compile(r"[!-;=?-~]+")


class ServerGone(Exception):
    """No connection could be made: no other mail of this round would leave either."""


@dataclass(frozen=True)
class Letter:
    """One mail as it is handed over: the envelope's two addresses and the bytes.

    `waits`: how many seconds the server may take for its word on them; None as long as it may at most.
    """

    sender: str
    recipient: str
    data: bytes
    waits: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one hand-over. `maybe_left`: it broke off, so the server may have taken it all the same."""

    state: State
    error: str = ""
    code: str = ""
    maybe_left: bool = False


class Transport(Protocol):
    """Hands letters over, in order, and yields the outcome of each as soon as it is known.

    Raises ServerGone before the letter that it could make no connection for.
    """

    keeps: bool

    def hand_over_all(self, letters: Sequence[Letter]) -> Iterator[Outcome]: ...

    def close(self) -> None: ...


class OneByOne:
    """A way that takes a single letter: it raises smtplib.SMTPException or OSError when that did not leave."""

    keeps = False

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        raise NotImplementedError

    def hand_over_all(self, letters: Sequence[Letter]) -> Iterator[Outcome]:
        for letter in letters:
            yield self._tried(letter)

    def close(self) -> None:
        pass

    def _tried(self, letter: Letter) -> Outcome:
        try:
            self.hand_over(letter.sender, letter.recipient, letter.data)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            return refused(code, reason, of_recipient=True)
        except smtplib.SMTPResponseException as error:
            return refused(error.smtp_code, error.smtp_error, of_recipient=False)
        except UnicodeEncodeError:
            return Outcome(State.FAILED, "the address needs SMTPUTF8", "5.6.7")
        except (smtplib.SMTPException, OSError) as error:
            return broken_off(error)
        return Outcome(State.SENT)


class Mailbox(OneByOne):
    """The demo's transport: nothing leaves this machine, the row keeps the bytes for /mailbox/."""

    keeps = True

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        del sender, recipient, data


class _Patient(smtplib.SMTP):
    """It waits longer for the word on a content than for that on a command."""

    waits: float | None = None

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, said = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, said)
        self.send(_dotted(msg))
        return _word_on_content(self, self.waits)


class _PatientOverTls(_Patient, smtplib.SMTP_SSL):
    pass


class Smtp(OneByOne):
    """One connection, reused for the letters of a round; with PIPELINING (RFC 2920) one exchange for each letter."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.wanted = wanted
        self.connection: _Patient | None = None

    def hand_over_all(self, letters: Sequence[Letter]) -> Iterator[Outcome]:
        left = list(letters)
        while left:
            if not _is_plain(left[0]):
                left.pop(0)
                yield Outcome(State.FAILED, "the address needs SMTPUTF8", "5.6.7")
                continue
            connection = self._connected()
            if not connection.has_extn("pipelining"):
                connection.waits = left[0].waits
                yield self._tried(left.pop(0))
                continue
            for outcome in pipelined(connection, list(takewhile(_is_plain, left))):
                left.pop(0)
                yield outcome

    def hand_over(self, sender: str, recipient: str, data: bytes) -> None:
        connection = self._connected()
        try:
            connection.sendmail(sender, [recipient], data)
        except smtplib.SMTPServerDisconnected:
            self.close()
            raise
        except smtplib.SMTPException:  # an answer about this mail; the connection is as good as before
            raise
        except OSError:
            self.close()
            raise

    def _connected(self) -> _Patient:
        if self.connection is not None and self.connection.sock is None:  # the server said 421 and hung up
            self.close()
        return self.connection or self._connect()

    def _connect(self) -> _Patient:
        wanted = self.wanted
        # Reading the machine's certificates takes 50 ms: only for a server that shows one.
        context = ssl.create_default_context() if wanted["tls"] else None
        connection: _Patient
        try:
            if wanted["tls"] == "implicit":
                connection = _PatientOverTls(
                    wanted["host"], wanted["port"], timeout=CONNECT_TIMEOUT, context=context
                )
            else:
                connection = _Patient(wanted["host"], wanted["port"], timeout=CONNECT_TIMEOUT)
                if wanted["tls"] == "starttls":
                    connection.starttls(context=context)
            if wanted["user"]:
                connection.login(wanted["user"], wanted["password"])
            connection.ehlo_or_helo_if_needed()
        except (smtplib.SMTPException, OSError) as error:
            raise ServerGone(type(error).__name__) from error
        if connection.sock is not None:
            connection.sock.settimeout(SMTP_TIMEOUT)
            # Else the system waits for more to send, while the server waits for the end of what it has.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        return connection

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()


Reply = tuple[int, bytes]


def _is_plain(letter: Letter) -> bool:
    return all(PLAIN_ADDRESS.fullmatch(address) for address in (letter.sender, letter.recipient))


def pipelined(connection: smtplib.SMTP, letters: Sequence[Letter]) -> Iterator[Outcome]:
    """MAIL, RCPT and DATA of a letter leave together, behind the content of the one before (RFC 2920).

    The outcomes of as many letters, in order, as the connection lasts for: of at least one. Who asks for no more of
    them leaves a connection that is closed, for the envelope of the next is on its way.
    """
    content, waits = b"", None
    for letter in letters:
        try:
            connection.send(content + _envelope(connection, letter))
            answer = _word_on_content(connection, waits) if content else None
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            yield broken_off(error, maybe_left=bool(content))
            return
        content = b""
        if answer is not None:
            try:
                yield _of_content(answer)
            except GeneratorExit:
                connection.close()
                raise
            if connection.sock is None:
                return
        try:
            refusal = _refusal(connection, _replies(connection, 3))
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            yield broken_off(error, maybe_left=False)
            return
        if refusal is None:
            content, waits = _dotted(letter.data), letter.waits
            continue
        yield refusal
        if connection.sock is None:
            return
    if content:
        yield _last(connection, content, waits)


def _last(connection: smtplib.SMTP, content: bytes, waits: float | None) -> Outcome:
    try:
        connection.send(content)
        answer = _word_on_content(connection, waits)
    except (smtplib.SMTPException, OSError) as error:
        connection.close()
        return broken_off(error)
    return _of_content(answer)


def _envelope(connection: smtplib.SMTP, letter: Letter) -> bytes:
    size = f" SIZE={len(letter.data)}" if connection.has_extn("size") else ""
    return f"MAIL FROM:<{letter.sender}>{size}\r\nRCPT TO:<{letter.recipient}>\r\nDATA\r\n".encode("ascii")


def _dotted(data: bytes) -> bytes:
    """As content is sent: its end is where we end it (RFC 5321, 4.5.2)."""
    end = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
    return LINE_OF_ONE_DOT.sub(b"..", data) + end


def _word_on_content(connection: smtplib.SMTP, waits: float | None) -> Reply:
    with _waiting(connection, CONTENT_TIMEOUT if waits is None else waits):
        (answer,) = _replies(connection, 1)
    return answer


@contextmanager
def _waiting(connection: smtplib.SMTP, seconds: float) -> Iterator[None]:
    if connection.sock is not None:
        connection.sock.settimeout(seconds)
    yield
    if connection.sock is not None:
        connection.sock.settimeout(SMTP_TIMEOUT)


def _replies(connection: smtplib.SMTP, number: int) -> list[Reply]:
    """That many answers; fewer when the server says that it hangs up."""
    found: list[Reply] = []
    while len(found) < number:
        found.append(connection.getreply())
        if found[-1][0] == 421:
            connection.close()
            break
    return found


def _refusal(connection: smtplib.SMTP, replies: list[Reply]) -> Outcome | None:
    """Why this letter is not taken; None when its content is waited for."""
    good = (range(200, 300), range(200, 300), range(354, 355))
    bad = next((n for n, (code, _text) in enumerate(replies) if code not in good[n]), None)
    if bad is None:
        return None
    if connection.sock is not None:
        if replies[-1][0] == 354:  # it takes content for nobody: it gets none
            connection.send(b".\r\n")
            _replies(connection, 1)
        if connection.sock is not None:
            connection.rset()
    return refused(*replies[bad], of_recipient=bad == 1)


def _of_content(answer: Reply) -> Outcome:
    code, text = answer
    return Outcome(State.SENT) if code == 250 else refused(code, text, of_recipient=False)


def broken_off(error: Exception, *, maybe_left: bool = True) -> Outcome:
    said = f"the mail server could not be reached ({type(error).__name__})"
    return Outcome(State.DEFERRED, said, "4.4.2", maybe_left=maybe_left)


def refused(reply: int, reason: bytes | str, *, of_recipient: bool) -> Outcome:
    """What a server's answer means: for good or for now, of this address or of this mail."""
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    words = " ".join(words.split())
    code = reasons.code_of(reply, words)
    for_good = State.BOUNCED if of_recipient or code in reasons.HARD else State.FAILED
    state = for_good if 500 <= reply < 600 else State.DEFERRED
    return Outcome(state, f"{reply} {words}"[:300], code)


def transport() -> Transport:
    wanted = settings.MAIL_TRANSPORT
    return Mailbox() if wanted["kind"] == "mailbox" else Smtp(wanted)
