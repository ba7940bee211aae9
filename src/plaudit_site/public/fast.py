"""The thin path: what strangers and programs ask for most, answered in front of Django (DECISIONS 30, ADR 0030).

It answers GET and HEAD without a cookie of ours and without authorization, at the site's own host, for awards that
everybody with the link may see, with 200 or 304; whatever is in any way unusual goes to Django. What keeps it honest:

- What may be seen is read from the rows at each request (visible.py).
- Its headers are those that Django's own answer had: for each kind of answer Django is asked once, with a request
  that is made here, so that nothing which a stranger sent stays in a kept answer.
- A kept page is served only while every row that it was made from is as it was, and never longer than its verdict
  is good for. So it need not be told of changes, by this process or any other.
- What was answered is answered again without a question while nothing at all was committed to the database since.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from random import getrandbits
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language_from_request

from plaudit_site.asking import Question
from plaudit_site.awards import counting, downloads
from plaudit_site.bridge import Answer, Application, Environ, Headers, answer_of, decoded, encoded, never
from plaudit_site.generation import Generation, Remembered
from plaudit_site.public import visible
from plaudit_site.public.by_rows import ByRows
from plaudit_site.public.usual import CHANNEL, FILE, LIST, PAGE, is_quick_page, is_usual
from plaudit_site.public.views import answers

PACKED = re.compile(r"\bgzip\b")  # as Django looks for it
TAG_LENGTH = 32  # of the letters of a hash
TAG = re.compile(rf'(?:W/)?"([0-9a-f]{{{TAG_LENGTH}}})"')
FILES = ("/c/", "/status/")
PUBLIC = (*FILES, "/i/")
FORESEEN = (visible.TAG, visible.FILE, visible.LIST, visible.PAGE)
TOLD = "plaudit.told"  # in an environ: a question, and what it gave
HERE, ISSUER = b"\x01", b"\x02"  # stand in kept headers for an id, and for its issuer's address
MOST_KEPT = 32 * 1024 * 1024  # bytes of pages in each process: about a thousand of them
MOST_SAID = 16 * 1024 * 1024  # bytes of files and lists: some thousands of files
MOST_SEEN = 4 * 1024 * 1024  # of what is known of awards whose pages are kept
NEGOTIATED = (
    "REQUEST_METHOD",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_IF_NONE_MATCH",
)
OWN_TO_EACH = frozenset({b"etag", b"content-length", b"x-request-id"})


class Asked(NamedTuple):
    """What a request says that an answer may depend on."""

    path: str
    host: str
    proto: str
    language: str
    encoding: str = ""


class Kind(NamedTuple):
    """What kind of document is asked for, and whether Django may be asked how its answers look."""

    address: str
    media_type: str
    may_ask: bool


class Head(NamedTuple):
    """The headers of a kind of answer: the same for all of that kind, and those that name what was asked for."""

    same: Headers
    filled: Headers

    @classmethod
    def of(cls, headers: Headers, public_id: str, slug: str) -> Head:
        """Links lead to the other forms and to the page: an id, and below its issuer's address."""
        issuer, own = f"/i/{slug}/".encode(), public_id.encode()
        marked = [
            (name, value.replace(issuer, ISSUER).replace(own, HERE) if slug else value)
            for name, value in headers
        ]
        return cls(
            [pair for pair in marked if HERE not in pair[1]], [pair for pair in marked if HERE in pair[1]]
        )


class Fast:
    """A WSGI application in front of Django's."""

    def __init__(self, django: Application) -> None:
        self._django = django
        self.watch(None)
        self._heads: dict[tuple[str, ...], Head] = {}
        self._pages: ByRows[Asked, Answer] = ByRows(MOST_KEPT)

    def watch(self, generation: Generation | None) -> None:
        """Let `known` remember what it has said for as long as this generation is the same."""
        self._said: Remembered[tuple[str | None, ...], Answer] = Remembered(
            generation, MOST_SAID, at_second=True
        )
        self._seen: Remembered[str, Sequence[Any] | None] = Remembered(generation, MOST_SEEN)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self._found(environ, may_ask=True)
        if answer is None:
            return self._django(environ, start_response)
        start_response(answer.status, decoded(answer.headers))
        return [answer.body]

    def known(self, environ: Environ) -> Answer | None:
        """The answer, where one question to the database is all that it takes, or none. For one thread."""
        if not is_usual(environ):
            return self._known_page(environ) if _is_quick_here(environ) else None
        if not environ["PATH_INFO"].startswith(FILES) or environ["QUERY_STRING"]:
            return self._found(environ, may_ask=False)
        asked = (environ["PATH_INFO"], *map(environ.get, NEGOTIATED))
        answer, generation = self._said.look(asked)
        if answer is None:
            answer = self._usual(environ, may_ask=False)
            if answer is not None:
                self._said.keep(asked, answer, generation, len(answer.body))
        return answer and _numbered(answer)

    def _known_page(self, environ: Environ) -> Answer | None:
        """Of somebody with a cookie."""
        found = PAGE.fullmatch(environ["PATH_INFO"])
        try:
            rows = self._as_seen(found[2]) if found else None
        except Error:
            return None
        return None if rows is None else self.told(environ, visible.PAGE, rows)

    def foreseen(self, environ: Environ) -> tuple[Question, str] | None:
        """The one question that the answer takes, and what it is about. None where there may be more, or none."""
        path, usual = environ["PATH_INFO"], is_usual(environ)
        if usual and not environ["QUERY_STRING"]:
            if found := FILE.fullmatch(path):
                if not kind_of_file(environ.get("HTTP_ACCEPT"), bool(found[2])):
                    return None
                is_known = TAG.fullmatch(environ.get("HTTP_IF_NONE_MATCH") or "")
                return (visible.TAG if is_known else visible.FILE), found[1]
            if found := LIST.fullmatch(path):
                return visible.LIST, found[1]
        found = PAGE.fullmatch(path)
        if found and (_is_quick_here(environ) or (usual and CHANNEL.fullmatch(environ["QUERY_STRING"]))):
            return visible.PAGE, found[2]
        return None

    def told(self, environ: Environ, question: Question, row: Sequence[Any]) -> Answer | None:
        """The answer, made of what a foreseen question gave and of nothing else; None where it takes more."""
        if is_usual(environ):
            return self._found({**environ, TOLD: (question, row)}, may_ask=False)
        made = answer_of(self._django, {**environ, answers.AT_ONCE: row}, never)
        return made if made is not None and made.status.startswith("200") else None

    def _ask(self, environ: Environ, question: Question, about: str) -> Sequence[Any] | None:
        if TOLD not in environ:
            return question.ask(about)
        asked, row = environ[TOLD]
        if asked is not question:
            raise NotTold
        return cast("Sequence[Any]", row)

    def _found(self, environ: Environ, *, may_ask: bool) -> Answer | None:
        if not environ["PATH_INFO"].startswith(PUBLIC) or not is_usual(environ):
            return None
        answer = self._usual(environ, may_ask)
        return answer and _numbered(answer)

    def _usual(self, environ: Environ, may_ask: bool) -> Answer | None:
        try:
            answer = self._answer(environ, may_ask)
        except Error:
            return None  # Django asks the database anew, and knows what to say when it is away
        if answer is None or environ["REQUEST_METHOD"] != "HEAD":
            return answer
        return answer._replace(body=b"")

    def _answer(self, environ: Environ, may_ask: bool) -> Answer | None:
        path, accept = environ["PATH_INFO"], environ.get("HTTP_ACCEPT")
        asked = Asked(
            path,
            environ["HTTP_HOST"],
            environ.get("HTTP_X_FORWARDED_PROTO", ""),
            language(environ.get("HTTP_ACCEPT_LANGUAGE", "")),
        )
        if environ["QUERY_STRING"]:
            return self._page_by_link(environ, asked, may_ask)
        if found := FILE.fullmatch(path):
            kind = Kind(f"/c/{found[2]}", kind_of_file(accept, bool(found[2])), may_ask)
            return self._file(environ, asked, found[1], kind)
        if found := LIST.fullmatch(path):
            kind = Kind("/status/", kind_of_file(accept, True), may_ask)
            return self._document(environ, asked, found[1], kind, self._ask(environ, visible.LIST, found[1]))
        return self._page_by_link(environ, asked, may_ask)

    def _file(self, environ: Environ, asked: Asked, public_id: str, kind: Kind) -> Answer | None:
        if not kind.media_type:
            return None
        known = TAG.fullmatch(environ.get("HTTP_IF_NONE_MATCH") or "")
        if known is not None:  # who has it need not wait until it is read and hashed
            row = self._ask(environ, visible.TAG, public_id)
            if row is not None and row[0][:TAG_LENGTH] == known[1]:
                return self._told(asked, public_id, kind, known[1], None, row[1], row[2])
        return self._document(environ, asked, public_id, kind, self._ask(environ, visible.FILE, public_id))

    def _document(
        self, environ: Environ, asked: Asked, public_id: str, kind: Kind, row: Any
    ) -> Answer | None:
        """Bytes as they were signed; nothing of them is kept here."""
        if row is None or not row[0]:
            return None
        content = bytes(row[0])
        # Of the bytes themselves: damaged ones have a tag of their own, and are asked for again when they are mended.
        tag = hashlib.sha256(content).hexdigest()[:TAG_LENGTH]
        known = TAG.fullmatch(environ["HTTP_IF_NONE_MATCH"]) if environ.get("HTTP_IF_NONE_MATCH") else None
        if known is None and environ.get("HTTP_IF_NONE_MATCH"):
            return None
        wanted = None if known is not None and known[1] == tag else content
        return self._told(asked, public_id, kind, tag, wanted, row[1], row[2])

    def _told(
        self,
        asked: Asked,
        public_id: str,
        kind: Kind,
        tag: str,
        content: bytes | None,
        slug: str,
        own_host: str,
    ) -> Answer | None:
        """The bytes, or None for those who have them, under the headers that Django gives to answers of this kind."""
        status = "304" if content is None else "200"
        key = (
            kind.address, kind.media_type, status, asked.host, asked.proto, asked.language, own_host
        )  # fmt: skip
        head = self._heads.get(key)
        if head is None:
            if not kind.may_ask:
                return None
            headers = self._learn(asked, kind.media_type, status, tag, content or b"")
            if headers is None:
                return None
            head = self._heads[key] = Head.of(headers, public_id, slug)
        headers = [*head.same, (b"etag", b'"%b"' % tag.encode())]
        own, issuer = public_id.encode(), f"/i/{slug}/".encode()
        for name, value in head.filled:
            headers.append((name, value.replace(HERE, own).replace(ISSUER, issuer)))
        if content is None:
            return Answer("304 Not Modified", headers, b"")
        headers.append((b"content-length", b"%d" % len(content)))
        return Answer("200 OK", headers, content)

    def _learn(self, asked: Asked, media_type: str, status: str, tag: str, content: bytes) -> Headers | None:
        """The headers of Django's answer to the same question; None where it answers otherwise."""
        more = {"HTTP_ACCEPT": media_type} | ({"HTTP_IF_NONE_MATCH": f'"{tag}"'} if status == "304" else {})
        answer = self._ask_django(asked, more)
        facts = dict(answer.headers)
        if (answer.status[:3], facts.get(b"etag"), answer.body) != (status, f'"{tag}"'.encode(), content):
            return None
        own = OWN_TO_EACH - {b"content-length"} if status == "304" else OWN_TO_EACH
        return [(name, value) for name, value in answer.headers if name not in own]

    def _page_by_link(self, environ: Environ, asked: Asked, may_ask: bool) -> Answer | None:
        """Most visitors come by one that says where it was shared: the same page, counted apart."""
        page, channel = PAGE.fullmatch(asked.path), CHANNEL.fullmatch(environ["QUERY_STRING"])
        if page is None or channel is None:
            return None
        packed = PACKED.search(environ.get("HTTP_ACCEPT_ENCODING", ""))
        asked = asked._replace(encoding="gzip") if packed else asked
        return self._page(environ, asked, page[1], page[2], may_ask)

    def _page(
        self, environ: Environ, asked: Asked, slug: str, public_id: str, may_ask: bool
    ) -> Answer | None:
        is_told = may_ask or TOLD in environ
        rows = self._ask(environ, visible.PAGE, public_id) if is_told else self._as_seen(public_id)
        if rows is None or not visible.is_plain(rows, slug):
            return None
        answer = self._kept_or_made(asked, public_id, rows, may_ask)
        if answer is not None and environ["REQUEST_METHOD"] == "GET":
            agent, purpose = environ.get("HTTP_USER_AGENT", ""), environ.get("HTTP_SEC_PURPOSE", "")
            # As the view counts; what it was asked here has no agent.
            if not counting.is_program(agent, purpose):
                via = environ["QUERY_STRING"].removeprefix("via=")
                counting.note(visible.whose(rows).pk, via)
        return answer

    def _as_seen(self, public_id: str) -> Sequence[Any] | None:
        rows, generation = self._seen.look(public_id)
        if rows is None:
            rows = visible.PAGE.ask(public_id)
            self._seen.keep(public_id, rows, generation, 0)
        return rows

    def _kept_or_made(
        self, asked: Asked, public_id: str, rows: Sequence[Any], may_ask: bool
    ) -> Answer | None:
        now = timezone.now()
        kept = self._pages.find(asked, rows, now)
        if kept is not None or not may_ask:
            return kept
        until: list[datetime] = []
        answer = self._ask_django(asked, {answers.MAY_KEEP: until, answers.ROWS: rows})
        if not answer.status.startswith("200") or not until:
            return None
        if visible.PAGE.ask(public_id) == rows:  # nothing changed while it was made
            headers = [(name, value) for name, value in answer.headers if name != b"x-request-id"]
            answer = Answer(answer.status, headers, answer.body)
            self._pages.keep(asked, rows, answer, len(answer.body), since=now, until=until[0])
            return answer
        return None

    def _ask_django(self, asked: Asked, more: dict[str, Any]) -> Answer:
        """A request of our own making: of what somebody sent, there is nothing in it but what `asked` names."""
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": asked.path,
            "QUERY_STRING": "",
            "SERVER_NAME": asked.host.partition(":")[0],
            "SERVER_PORT": asked.host.partition(":")[2] or "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": asked.host,
            "HTTP_ACCEPT_LANGUAGE": asked.language,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **({"HTTP_X_FORWARDED_PROTO": asked.proto} if asked.proto else {}),
            **({"HTTP_ACCEPT_ENCODING": asked.encoding} if asked.encoding else {}),
            **more,
        }
        begun: list[Any] = []
        parts = self._django(environ, lambda status, headers, _error=None: begun.extend((status, headers)))
        try:
            body = b"".join(parts)
        finally:
            if close := getattr(parts, "close", None):
                close()
        headers = encoded(begun[1])
        if any(name == b"set-cookie" for name, _value in headers):
            return Answer("500 A cookie for nobody", [], b"")
        return Answer(begun[0], headers, body)


class NotTold(Error):
    """Another question is asked than was foreseen."""


def _is_quick_here(environ: Environ) -> bool:
    return is_quick_page(environ) and environ.get("HTTP_HOST") == settings.SITE_HOST


def _numbered(answer: Answer) -> Answer:
    number = (b"x-request-id", b"%012x" % getrandbits(48))
    return Answer(answer.status, [*answer.headers, number], answer.body)


@lru_cache(maxsize=1000)
def kind_of_file(accept: str | None, suffixed: bool) -> str:
    """The media type that the view would choose; "" where it would answer with another form or lead to the page."""
    request = HttpRequest()
    if accept is not None:
        request.META["HTTP_ACCEPT"] = accept
    if not suffixed and answers.wanted_form(request) != downloads.JSON.ending:
        return ""
    return answers.chosen(request, answers.CREDENTIAL)


@lru_cache(maxsize=1000)
def language(accepted: str) -> str:
    """The language that Django would choose for a stranger."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return get_language_from_request(request)
