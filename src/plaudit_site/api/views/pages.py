"""The API for people: every call, field and problem on one page, from what the requests are checked against."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from plaudit_site.accounts.guards import anyone
from plaudit_site.api import openapi
from plaudit_site.api.calls import Operation
from plaudit_site.api.hooks import events
from plaudit_site.api.models import Scope
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.api.problem import KINDS
from plaudit_site.api.schemas import COMPONENTS


@anyone
@require_http_methods(["GET", "HEAD"])
def api(request: HttpRequest) -> HttpResponse:
    """The same for everybody: it holds no example of anybody's."""
    return render(
        request,
        "api/api.html",
        {
            "base_url": settings.BASE_URL,
            "prefix": openapi.PREFIX,
            "a_minute": settings.API_A_MINUTE,
            "scopes": Scope.choices,
            "kinds": events.KINDS,
            "calls": [_shown(operation) for operation in OPERATIONS],
            "problems": [{"name": name, "kind": kind} for name, kind in KINDS.items()],
        },
    )


def _shown(operation: Operation) -> dict[str, Any]:
    schema = COMPONENTS[operation.body] if operation.body else None
    return {
        "operation": operation,
        "scope": operation.scope.value,
        "parameters": [
            {**one, "schema": one["schema"], "limits": _limits(one["schema"])}
            for one in openapi.parameters_of(operation)
            if one["name"] != "Idempotency-Key"
        ],
        "members": _members(schema) if schema else [],
        "example": _example(operation),
        "status": operation.answers[0],
        "answer": openapi.words_of_answer(operation),
        "problems": openapi.problems_of(operation),
    }


def _members(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "needed": name in schema["required"],
            "words": one["description"],
            "limits": _limits(one),
        }
        for name, one in schema["properties"].items()
    ]


def _limits(schema: dict[str, Any]) -> str:
    """What of a value can be said in few words."""
    told = [schema.get("format", schema["type"])]
    if "enum" in schema:
        told = [" | ".join(schema["enum"])]
    if "maxLength" in schema:
        told.append(f"≤ {schema['maxLength']}")
    if "maximum" in schema:
        told.append(f"{schema['minimum']} … {schema['maximum']}")
    return ", ".join(told)


def _example(operation: Operation) -> str:
    """A call to copy, with the members that it needs."""
    lines = [
        f"curl {settings.BASE_URL}{openapi.PREFIX}{operation.path.replace('{id}', 'ID').replace('{line}', '2')}"
    ]
    lines.append('-H "Authorization: Bearer $TOKEN"')
    if operation.takes_file:
        lines.append("-F file=@people.csv")
    elif operation.method == "POST":
        schema = COMPONENTS[operation.body]
        needed = schema["required"] or (list(schema["properties"]) if schema.get("minProperties") else [])
        body = {name: schema["properties"][name].get("example", "…") for name in needed[:3]}
        if not body:
            lines.append("-X POST")
        else:
            lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body, ensure_ascii=False)}'"]
    if operation.method == "POST":
        lines.insert(2, '-H "Idempotency-Key: $(uuidgen)"')
    return " \\\n  ".join(lines)
