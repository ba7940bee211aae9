"""A program with a token, whose every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jsonschema_rs
import pytest
from django.http import HttpResponse
from django.test import Client

from plaudit_site.accounts.models import User
from plaudit_site.api import openapi, tokens
from plaudit_site.api.models import Scope
from plaudit_site.issuers.models import Issuer
from tests.people import World

ALL = tuple(Scope.values)


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    return json.loads(json.dumps(openapi.document()))  # type: ignore[no-any-return]


@lru_cache(maxsize=50)
def validator(schema: str) -> Any:
    document = described()
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": document["components"]},
        validate_formats=True,
    )


def check_described(method: str, path: str, answer: Any) -> None:
    """Status, type of content and body are what the document promises for this call."""
    document = described()
    plain = path.partition("?")[0].removeprefix(openapi.PREFIX)
    template = re.sub(r"/rows/[0-9]+", "/rows/{line}", re.sub(r"[0-9a-hjkmnp-tv-z]{26}", "{id}", plain))
    operation = document["paths"].get(template, {}).get(method.lower())
    if operation is None:
        assert answer.status_code in {401, 404, 405}, (method, path, answer.status_code)
        validator("Problem").validate(json.loads(answer.content))
        return
    responses = operation["responses"]
    assert str(answer.status_code) in responses, (method, path, answer.status_code, answer.content)
    content = responses[str(answer.status_code)]["content"]
    kind = answer["Content-Type"]
    assert kind in content, (kind, sorted(content))
    validator(content[kind]["schema"]["$ref"].rpartition("/")[2]).validate(json.loads(answer.content))


@dataclass
class Program:
    """Calls the API with one token; `get` and `post` take paths below /api/v1."""

    token: str
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        if more.pop("key", None) is not None:
            raise AssertionError("say headers={'Idempotency-Key': …}")
        data: Any = body if isinstance(body, bytes | str) else json.dumps(body) if body is not None else b""
        kind = more.pop("content_type", "application/json" if body is not None else "")
        address = path if path.startswith("/api") else openapi.PREFIX + path
        answer = self.client.generic(method, address, data, content_type=kind, headers=headers, **more)
        if not answer.streaming and method != "HEAD":
            check_described(method, address, answer)
        return answer

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", path, body, **more)

    def with_key(self, key: str, path: str, body: Any = None, **more: Any) -> Any:
        return self.post(path, body, headers={"Idempotency-Key": key}, **more)

    def form(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        answer = self.client.post(
            openapi.PREFIX + path,
            fields,
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
        )
        check_described("POST", openapi.PREFIX + path, answer)
        return answer


def program(issuer: Issuer, by: User, *scopes: str) -> Program:
    _row, secret = tokens.make(issuer, name="Course system", scopes=scopes or ALL, days=90, by=by)
    return Program(secret)


def problem(answer: HttpResponse, kind: str) -> dict[str, Any]:
    """The problem that the answer is; of that kind."""
    told = json.loads(answer.content)
    assert told["type"].endswith(f"#problem-{kind}"), told
    assert told["status"] == answer.status_code
    return told  # type: ignore[no-any-return]


@pytest.fixture
def ada(world: World) -> Program:
    """Ada's program, which may everything that she may."""
    return program(world.issuer, world.ada)
