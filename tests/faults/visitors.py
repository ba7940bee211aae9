"""People without a browser: each with cookies and the token of its forms, and many who press at the same moment."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.cookiejar import CookieJar
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from tests.faults.strangers import MailServer

T = TypeVar("T")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class _Stay(urllib.request.HTTPRedirectHandler):
    """Where an answer leads is looked at, not followed."""

    def redirect_request(self, *_request: Any) -> None:
        return None


class Visitor:
    """Somebody at the pages of a site."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Stay)

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(self.url + path))[:2]

    def form(self, path: str) -> dict[str, str]:
        """What a page's forms send without being asked, the first of each name."""
        status, page = self.get(path)
        assert status == 200, (path, status)
        return dict(reversed(HIDDEN.findall(page)))

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str, str]:
        """Status, page, and where it leads."""
        return self._ask(urllib.request.Request(self.url + path, urlencode(fields).encode()))

    def press(self, path: str, **fields: str) -> tuple[int, str, str]:
        """The form of a page, sent."""
        return self.post(path, self.form(path) | fields)

    def sign_in(self, address: str, password: str) -> None:
        assert self.press("/accounts/login/", login=address, password=password)[0] == 302

    def _ask(self, request: urllib.request.Request) -> tuple[int, str, str]:
        request.add_header("Referer", self.url)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), ""
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers.get("Location", "")


def at_once(*presses: Callable[[], T]) -> list[T]:
    """What each of them got; all begin at the same moment."""
    barrier = threading.Barrier(len(presses))
    given: list[Any] = [None] * len(presses)

    def run(number: int) -> None:
        barrier.wait()
        try:
            given[number] = presses[number]()
        except (OSError, http.client.HTTPException) as error:
            given[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(presses))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    broken = [one for one in given if isinstance(one, Exception)]
    assert broken == [], "everybody is answered"
    return cast(list[T], given)


class Letterbox(MailServer):
    """Takes everything, and keeps what came for whom."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: defaultdict[str, list[str]] = defaultdict(list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        said = await super().handle_DATA(server, session, envelope)
        mail = cast(EmailMessage, message_from_bytes(envelope.content, policy=policy.default))
        plain = mail.get_body(("plain",))
        assert plain is not None
        self.letters[envelope.rcpt_tos[0]].append(plain.get_content())
        return said

    def find(self, address: str, pattern: str) -> str:
        """The first thing of that kind in the newest of its mails that has one; empty while there is none."""
        for letter in reversed(self.letters[address]):
            if found := re.search(pattern, letter):
                return found[1]
        return ""
