"""REST v1: each address asks for a token, reads, calls one job, and answers JSON. Cookies are not looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from plaudit_site.accounts.guards import View
from plaudit_site.api import batch_calls, openapi, repeating, tokens
from plaudit_site.api.calls import Call, Operation
from plaudit_site.api.models import Token
from plaudit_site.api.openapi import PREFIX
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.api.problem import CONTENT_TYPE, Problem, is_of_a_full_disk, no_room, not_found
from plaudit_site.api.repeating import Answer
from plaudit_site.api.views import reading
from plaudit_site.audit.models import record

REALM = 'Bearer realm="plaudit"'
BUSY_SECONDS = "2"
PRIVATE = "private, no-store"


def by_token(view: Callable[..., HttpResponseBase]) -> View:
    """For programs with a token. No cookie opens anything here, so there is no request to forge (SECURITY B9)."""
    guarded = csrf_exempt(view)
    guarded.who = "program with a token"  # type: ignore[attr-defined]
    return guarded


def view_of(path: str) -> View:
    """The view of one address, for all its methods."""
    methods = {operation.method: operation for operation in OPERATIONS if operation.path == path}
    if "GET" in methods:
        methods["HEAD"] = methods["GET"]

    @by_token
    def view(request: HttpRequest, **ids: Any) -> HttpResponseBase:
        try:
            return _answered(request, methods, ids)
        except Problem as problem:
            return said(request, problem)
        except OperationalError as error:
            if is_of_a_full_disk(error):
                return said(request, no_room())
            return said(
                request, Problem("busy", "The database is busy.", headers={"Retry-After": BUSY_SECONDS})
            )

    return view


@by_token
def nothing(request: HttpRequest, **_rest: str) -> HttpResponse:
    """Any other address below /api/v1/."""
    return said(request, not_found())


@by_token
def description(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; it tells nothing of anybody, so it needs no token."""
    if request.method not in {"GET", "HEAD"}:
        return said(request, other_method(["GET", "HEAD"]))
    answer = answered(200, openapi.document())
    answer["Cache-Control"] = "public, max-age=300"
    return answer


def said(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as RFC 9457 wants it."""
    number = getattr(request, "request_id", "")
    shown = {**problem.shown(), **({"instance": f"urn:plaudit:request:{number}"} if number else {})}
    answer = answered(problem.status, shown, CONTENT_TYPE)
    for name, value in problem.headers.items():
        answer[name] = value
    return answer


def _answered(request: HttpRequest, methods: dict[str, Operation], ids: dict[str, Any]) -> HttpResponseBase:
    token = _token(request)
    operation = methods.get(request.method or "")
    if operation is None:
        raise other_method(sorted(methods))
    wait = tokens.count(token)
    if wait:
        raise Problem(
            "too-often",
            f"This token has sent its requests of this minute. Go on in {wait} s.",
            headers={"Retry-After": str(wait)},
        )
    if not tokens.allows(token, operation.scope):
        raise _not_allowed(token, operation)
    asked = reading.query(request, operation)
    if operation.method == "GET":
        answer = operation.run(Call(token, ids, asked))
        return answered(200, answer.body) if answer.lines is None else _file(operation, answer, answer.lines)
    key = reading.idempotency_key(request)
    members, upload = reading.body(request, operation, asked)
    try:
        answer, again = _acted(operation, Call(token, ids, asked, members, upload), request.path, key)
    finally:
        reading.close(upload)
    response = answered(answer.status, answer.body)
    for name, value in answer.headers:
        response[name] = value
    if again:
        response["Idempotent-Replayed"] = "true"
    return response


def _file(operation: Operation, answer: Answer, lines: Iterator[str]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type=f"{operation.gives_file}; charset=utf-8")
    response["Cache-Control"] = PRIVATE
    for name, value in answer.headers:
        response[name] = value
    return response


def _acted(operation: Operation, call: Call, path: str, key: str) -> tuple[Answer, bool]:
    """The effect, the event and the kept answer together, or none of them."""

    def act() -> Answer:
        if operation.takes_file:  # it stores the file and is done in several short transactions
            answer = operation.run(call)
            _record(operation, call, answer)
            return answer
        with transaction.atomic():
            answer = operation.run(call)
            _record(operation, call, answer)
        return answer

    if not key:
        return act(), False
    content: Any = dict(call.body)
    if call.upload is not None and "rows" not in call.body:
        content |= {"file": call.upload.sha256}
    request = repeating.Request(call.issuer, f"POST {path}", key, content)
    if operation.takes_file:
        return repeating.once_apart(request, act, lambda kept: batch_calls.find_made(call, kept))
    return repeating.once(request, act)


def _record(operation: Operation, call: Call, answer: Answer) -> None:
    record(
        "by program",
        actor=f"token:{call.token.public_id}",
        subject=answer.subject,
        call=operation.name,
        maker=call.by.public_id,
    )


def _token(request: HttpRequest) -> Token:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Problem(
            "token-needed",
            "Send a token: Authorization: Bearer plaudit_…",
            headers={"WWW-Authenticate": REALM},
        )
    token = tokens.find(secret.strip())
    if token is None:
        raise Problem(
            "token-not-valid",
            "This token opens nothing.",
            headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
        )
    return token


def _not_allowed(token: Token, operation: Operation) -> Problem:
    if operation.scope in token.scopes:
        detail = "Who made this token may not do this for the issuer any more."
    else:
        detail = f"This needs the scope “{operation.scope.value}”; the token has {', '.join(token.scopes)}."
    challenge = f'{REALM}, error="insufficient_scope", scope="{operation.scope.value}"'
    return Problem("not-allowed", detail, headers={"WWW-Authenticate": challenge})


def other_method(methods: list[str]) -> Problem:
    return Problem(
        "no-such-method",
        f"This address takes {' and '.join(methods)}.",
        headers={"Allow": ", ".join(methods)},
    )


def answered(status: int, body: dict[str, Any], kind: str = "application/json") -> HttpResponse:
    answer = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=kind)
    answer["Cache-Control"] = PRIVATE
    return answer


def is_for_programs(request: HttpRequest) -> bool:
    """Whether who asks reads JSON rather than a page; error_views.py answers accordingly."""
    return request.path.startswith(f"{PREFIX}/")
