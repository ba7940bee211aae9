"""Who only reads a public page never waits for those who send slowly (docs/adr/0047)."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from plaudit_site.lanes import Lanes
from plaudit_site.public import fast

ID = "0" * 26


class Answer:
    def __init__(self) -> None:
        self.status = 0
        self.thread = 0
        self.given = threading.Event()

    def response_bytes(self, status: int, _headers: Any, _body: bytes) -> None:
        if not self.status:  # as granian's, which takes the first alone
            self.status, self.thread = status, threading.get_ident()
        self.given.set()


def scope(path: str) -> dict[str, str]:
    return {"REQUEST_METHOD": "GET", "PATH_INFO": path}


def test_who_only_reads_is_answered_at_once_while_all_others_wait() -> None:
    slow = threading.Event()

    def answered(answer: Answer, asked: Any) -> None:
        if asked["PATH_INFO"] == "/slow":
            assert slow.wait(20)
        answer.response_bytes(200, [], b"")

    lanes = Lanes(answered, fast.is_quick, 2)
    waiting = [Answer() for _ in range(5)]
    for one in waiting:
        lanes(one, scope("/slow"))
    quick = Answer()
    lanes(quick, scope(f"/c/{ID}.json"))
    assert quick.status == 200
    assert quick.thread == threading.get_ident()
    assert not any(one.given.is_set() for one in waiting)
    slow.set()
    assert all(one.given.wait(20) for one in waiting)
    assert threading.get_ident() not in {one.thread for one in waiting}


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_what_goes_wrong_elsewhere_is_answered_and_logged(
    raised: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def answered(_answer: Answer, _asked: Any) -> None:
        raise raised("no")

    answer = Answer()
    lanes = Lanes(answered, fast.is_quick, 1)
    lanes(answer, scope("/anything"))
    assert answer.given.wait(20)
    assert answer.status == 500
    assert "no answer to GET /anything" in caplog.text
    again = Answer()
    lanes(again, scope("/anything"))
    assert again.given.wait(20)  # the thread lives on


def unlike() -> Iterator[dict[str, str]]:
    good = scope(f"/i/acme/c/{ID}")
    yield good | {"REQUEST_METHOD": "POST"}
    yield good | {"CONTENT_LENGTH": "5"}
    yield good | {"HTTP_TRANSFER_ENCODING": "chunked"}
    yield good | {"HTTP_AUTHORIZATION": "Bearer x"}
    yield good | {"HTTP_COOKIE": f"a=b; {settings.SESSION_COOKIE_NAME}=x"}
    for path in (
        "/",
        "/verify",
        f"/c/{ID}.pdf",
        f"/c/{ID}.json/",
        f"/i/acme/c/{ID}/is-it",
        "/c/../verify",
        "//c/",
    ):
        yield scope(path)


def test_quick_are_public_reads_without_body_or_account() -> None:
    for path in (f"/c/{ID}", f"/c/{ID}.json", f"/status/{ID}", f"/i/acme/c/{ID}"):
        assert fast.is_quick(scope(path)), path
        assert fast.is_quick(scope(path) | {"REQUEST_METHOD": "HEAD", "HTTP_COOKIE": "a=b"}), path
    for asked in unlike():
        assert not fast.is_quick(asked), asked
