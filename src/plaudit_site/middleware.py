"""What stands around every request."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase


class RequestId:
    """A number to name when something went wrong; the only detail an error page gives away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = secrets.token_hex(6)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


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
