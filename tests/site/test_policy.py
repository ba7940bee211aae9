"""The Content-Security-Policy is the library's, letter for letter, though the usual one is written once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from csp.constants import NONCE, SELF
from csp.decorators import csp_exempt, csp_replace, csp_update
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from plaudit_site.middleware import UsualPolicy

View = Callable[[HttpRequest], HttpResponse]


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def with_its_own(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Content-Security-Policy": "sandbox"})


def with_a_nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]


VIEWS: dict[str, View] = {
    "the usual one": plain,
    "its own header": with_its_own,
    "more of it": csp_update({"connect-src": ["https:"]})(plain),
    "another one": csp_replace({"frame-ancestors": ["*"]})(plain),  # type: ignore[dict-item]
    "none": csp_exempt()(plain),
    "a nonce": csp_update({"script-src": [SELF, NONCE]})(with_a_nonce),
}


def policies(view: View, middleware: type[CSPMiddleware]) -> list[set[str]]:
    """Twice, for what is remembered; in any order, as the library has none."""
    answers, fixed = middleware(view), RequestFactory()
    found = []
    for _again in range(2):
        request = fixed.get("/")
        request._csp_nonce = "always the same"  # type: ignore[attr-defined]
        if view is not VIEWS["a nonce"]:
            del request._csp_nonce  # type: ignore[attr-defined]
        answer = answers(request)
        assert isinstance(answer, HttpResponse)
        found.append(set(answer.headers.get("Content-Security-Policy", "").split("; ")))
    return found


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("debug", [False, True])
def test_it_is_what_the_library_writes(name: str, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        assert policies(VIEWS[name], UsualPolicy) == policies(VIEWS[name], CSPMiddleware)


def test_one_answer_with_more_does_not_widen_the_next() -> None:
    (more, _), (usual, _) = (policies(VIEWS[name], UsualPolicy) for name in ("more of it", "the usual one"))
    views = iter([VIEWS["the usual one"], VIEWS["more of it"], VIEWS["the usual one"]])
    answers = UsualPolicy(lambda request: next(views)(request))
    said = []
    for _each in range(3):
        answer = answers(RequestFactory().get("/"))
        assert isinstance(answer, HttpResponse)
        said.append(set(answer["Content-Security-Policy"].split("; ")))
    assert said == [usual, more, usual]
    assert more != usual


def test_who_asks_for_a_nonce_too_late_is_told() -> None:
    request = RequestFactory().get("/")
    UsualPolicy(plain)(request)
    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)  # type: ignore[attr-defined]
