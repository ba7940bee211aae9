"""What stands around every request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from random import getrandbits

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase


class RequestId:
    """A number to name when something went wrong; the only detail an error page gives away. It is no secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = f"{getrandbits(48):012x}"  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class UsualPolicy(CSPMiddleware):
    """The policy of the settings is written once, for nearly all answers have it; any other as it always was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._usual = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.DEBUG or HEADER in response or _has_own_policy(request, response):
            return super().process_response(request, response)
        response[HEADER] = self._usual
        # Whoever asks for a nonce now is told that it is too late, as the library does.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response


def _has_own_policy(request: HttpRequest, response: HttpResponseBase) -> bool:
    """The decorators of the library, and what asks for a nonce, leave a note."""
    return hasattr(request, "_csp_nonce") or any(name.startswith("_csp") for name in vars(response))


class NoNul:
    """Nothing that we are asked for holds the sign NUL, and PostgreSQL refuses it even in a question (D20)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the query")
        return self.get_response(request)


class SecretPaths(logging.Filter):
    """Django's log names the path of what went wrong, and some paths are secrets (E7)."""

    SECRET = re.compile(r"(/(?:claim|u|undo|join|key|s)/)[^/\s?]+")

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if self.SECRET.search(message):
            record.msg, record.args = self.SECRET.sub(r"\1…", message), None
        return True


class Refused(logging.Filter):
    """What was refused because of how somebody asked is one line: a traceback of it is noise that anybody can make."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True
