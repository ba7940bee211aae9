"""Between a web server that speaks ASGI and an application that speaks WSGI: bodies come and go without a thread.

Whoever sends slowly, or holds on to a connection, takes room and no thread (D21): what is sent is gathered first, a
little in memory and more in a file, and only then somebody is asked to answer it.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig

Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]  # as ASGI has them, names in small letters
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

IN_MEMORY = 64 * 1024  # bytes of one body; the rest is in a file
PIECE = 256 * 1024  # written at once
PAUSE_SECONDS = 60.0  # the longest between two parts, in both directions
AT_ONCE = 1024 * 1024  # bytes of an answer that is sent in one part; a longer one as it is made
ROOM = 2 * 1024 * 1024 * 1024  # bytes in files, of all bodies that are on their way to a process
UNSUITABLE = b"_"  # would be mistaken for the name with a hyphen, which a proxy vouches for

EVERY: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


class Answer(NamedTuple):
    """A whole answer."""

    status: str
    headers: Headers
    body: bytes


class Gone(Exception):
    """Nobody waits for an answer any more."""


class Late(Exception):
    """Nothing came for a minute."""


class Unwritten(Exception):
    """There was no place on the disk for what was sent; the system's error is its cause."""


class Full(Exception):
    """Too much is on its way at this moment."""


@lru_cache(maxsize=1000)
def _name(of: bytes) -> str:
    if UNSUITABLE in of:
        return ""
    name = of.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def environ_of(scope: Message) -> Environ:
    """The request as PEP 3333 has it."""
    environ = EVERY.copy()
    path: bytes = scope["raw_path"]
    environ["REQUEST_METHOD"] = scope["method"]
    # Its bytes as PEP 3333 wants them; the server reads them as UTF-8, and signs of its own where they are none.
    environ["PATH_INFO"] = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
    environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
    environ["SERVER_PROTOCOL"] = f"HTTP/{scope['http_version']}"
    environ["SERVER_NAME"], environ["SERVER_PORT"] = scope["server"]
    environ["REMOTE_ADDR"] = scope["client"][0]
    environ["wsgi.input"] = io.BytesIO()
    environ["wsgi.url_scheme"] = scope["scheme"]
    for raw, value in scope["headers"]:
        name = _name(raw)
        if name in environ:
            environ[name] += (";" if name == "HTTP_COOKIE" else ",") + value.decode("latin-1")
        elif name:
            environ[name] = value.decode("latin-1")
    return environ


def length_of(environ: Environ) -> int:
    """As many bytes as are announced. Of a body in chunks nobody knows, and Django reads nothing (PEP 3333)."""
    announced = environ.get("CONTENT_LENGTH", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


class Broken(io.RawIOBase):
    """Stands in the place of a body that could not be taken: whoever reads it learns why."""

    def __init__(self, why: Exception) -> None:
        super().__init__()
        self._why = why

    def read(self, _size: int | None = -1) -> bytes:
        if isinstance(self._why, OSError):  # which Django would take for a broken connection
            raise Unwritten from self._why
        raise self._why

    def readline(self, _size: int | None = -1) -> bytes:
        return self.read()


class Bodies:
    """Takes what is sent to one process."""

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self._folder, self._room = folder, room

    async def take(self, receive: Receive, length: int, most: int) -> IO[bytes]:
        """A file that stands at its begin, to be given back. Raises Gone, Late and Full.

        Nothing is taken of what is longer than `most`. Then, and where the disk has no place, whoever reads the
        file learns what happened, and can say it in the words of the page.
        """
        if length > most:
            return Broken(RequestDataTooBig(f"a body of {length} bytes; {most} are taken"))  # type: ignore[return-value]
        file: IO[bytes] = io.BytesIO()
        on_disk = came = 0
        pieces: list[bytes] = []
        waiting = 0
        try:
            while came < length:
                piece = await _next(receive)
                pieces.append(piece)
                came += len(piece)
                waiting += len(piece)
                if came <= IN_MEMORY or (waiting < PIECE and came < length):
                    continue
                if self._room < waiting:
                    raise Full
                self._room -= waiting
                on_disk += waiting
                file = await asyncio.to_thread(self._write, file, b"".join(pieces))
                pieces, waiting = [], 0
        except OSError as error:
            file.close()
            self._room += on_disk
            return Broken(error)  # type: ignore[return-value]
        except BaseException:
            file.close()
            self._room += on_disk
            raise
        if not on_disk:
            return io.BytesIO(b"".join(pieces))
        file.seek(0)
        return file

    def _write(self, file: IO[bytes], content: bytes) -> IO[bytes]:
        if isinstance(file, io.BytesIO):
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - give_back closes it
        try:
            file.write(content)
            file.flush()
        except OSError:
            file.close()
            raise
        return file

    def give_back(self, file: IO[bytes]) -> None:
        if not isinstance(file, io.BytesIO | Broken):
            self._room += file.seek(0, io.SEEK_END)
        file.close()


async def _next(receive: Receive) -> bytes:
    try:
        async with asyncio.timeout(PAUSE_SECONDS):
            message = await receive()
    except TimeoutError:
        raise Late from None
    if message["type"] != "http.request" or not (message.get("body") or message.get("more_body")):
        raise Gone
    return bytes(message.get("body", b""))


class Listener:
    """Who waits for a long answer, told of it by the thread that makes it."""

    def __init__(self, receive: Receive, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._receive, self._send, self._loop = receive, send, loop
        self._watching: asyncio.Task[None] | None = None
        self._is_gone = False

    def tell(self, message: Message) -> None:
        """Returns when there is room for more. Raises Gone: also where a minute went by."""
        if self._is_gone:
            raise Gone
        try:
            asyncio.run_coroutine_threadsafe(self._say(message), self._loop).result(PAUSE_SECONDS)
        except TimeoutError:
            raise Gone from None

    async def _say(self, message: Message) -> None:
        if self._watching is None:  # a server takes what is sent to nobody without a word
            self._watching = asyncio.create_task(self._watch())
        await self._send(message)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True


def answer_of(
    application: Application, environ: Environ, pass_on: Callable[[Message], None]
) -> Answer | None:
    """Runs in a thread. None where the answer is long, or as long as it will be: it has been passed on then."""
    begun: list[Any] = []
    parts = application(environ, lambda status, headers, _error=None: begun.extend((status, headers)))
    try:
        status, headers = begun[0], encoded(begun[1])
        if not getattr(parts, "streaming", False) or _is_short(headers):
            return Answer(status, headers, b"".join(parts))
        pass_on(_start(status, headers))
        for piece in _gathered(parts):
            pass_on({"type": "http.response.body", "body": piece, "more_body": True})
        pass_on({"type": "http.response.body", "body": b"", "more_body": False})
        return None
    finally:
        if close := getattr(parts, "close", None):
            close()


def never(_message: Message) -> None:
    """For a page that is made at once: there is nobody to pass its parts on to."""
    raise TypeError("a page is sent whole")


def encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    """Those of WSGI."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def decoded(headers: Headers) -> list[tuple[str, str]]:
    """For WSGI."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _is_short(headers: Headers) -> bool:
    for name, value in headers:
        if name == b"content-length":
            return int(value) <= AT_ONCE
    return False


def _gathered(parts: Iterable[bytes]) -> Iterable[bytes]:
    """In pieces that are worth their way."""
    held = bytearray()
    for part in parts:
        held += part
        if len(held) >= IN_MEMORY:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _start(status: str, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": int(status[:3]), "headers": headers}


async def tell(send: Send, answer: Answer) -> None:
    """A whole answer."""
    await send(_start(answer.status, answer.headers))
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
