"""The OpenAPI 3.1 document: the table of operations, and the declarations that requests are checked against."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from plaudit_site.api import verification
from plaudit_site.api.calls import Operation
from plaudit_site.api.checking import ID_PATTERN
from plaudit_site.api.models import Scope
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.api.problem import CONTENT_TYPE, KINDS
from plaudit_site.api.schemas import COMPONENTS

PREFIX = "/api/v1"
SPREADSHEETS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
MULTIPART = "multipart/form-data"
_ALWAYS = (
    "unreadable",
    "token-needed",
    "token-not-valid",
    "not-allowed",
    "too-often",
    "not-valid",
    "our-fault",
    "busy",
    "no-room",
)
_OF_POST = ("length-needed", "too-large", "wrong-type", "key-used-before", "still-worked-on")


def document() -> dict[str, Any]:
    """Everything a generator of clients needs."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    paths["/verify"] = {"post": verification.described(_reference)}
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": f"{settings.SITE_NAME}: awarding by program",
            "version": "1",
            "summary": "Award badges, see what became of each, take them back.",
            "description": f"For people: {settings.BASE_URL}/api/",
        },
        "servers": [{"url": settings.BASE_URL + PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "plaudit_…",
                    "description": "; ".join(f"{scope.value}: {scope.label}" for scope in Scope),
                }
            },
        },
    }


def problems_of(operation: Operation) -> list[str]:
    """The kinds of problem that it may answer, by status."""
    found = {*_ALWAYS, *operation.problems}
    if operation.method == "POST":
        found |= {*_OF_POST}
    if "{id}" in operation.path:
        found.add("not-found")
    return [kind for kind in KINDS if kind in found]


def parameters_of(operation: Operation) -> list[dict[str, Any]]:
    """Of address, query and header."""
    found: list[dict[str, Any]] = []
    if "{id}" in operation.path:
        found.append(
            {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": ID_PATTERN},
            }
        )
    if "{line}" in operation.path:
        words = "The line of the file; the first row of JSON is line 2."
        line = {"name": "line", "in": "path", "required": True, "description": words}
        found.append({**line, "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}})
    for name, schema in query_of(operation).items():
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    if operation.method == "POST":
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Any text of your own, best a UUID. Sent again within 24 hours, the same request has "
                "one effect and gets the same answer, with the header Idempotent-Replayed.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )
    return found


def query_of(operation: Operation) -> dict[str, Any]:
    """The parameters of its query; of an upload those that go with a file that is the whole body."""
    if operation.takes_file:
        return {
            "badge": COMPONENTS["FileRequest"]["properties"]["badge"],
            "name": {"type": "string", "maxLength": 200, "description": "What the file is called."},
        }
    return dict(operation.query)


def _operation(operation: Operation) -> dict[str, Any]:
    status, _schema = operation.answers
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"token": [operation.scope.value]}],
        "parameters": parameters_of(operation),
        "responses": {
            str(status): {
                "description": words_of_answer(operation),
                "headers": _headers(operation),
                "content": _content(operation),
            },
            **_problems(operation),
        },
    }
    if operation.body:
        found["requestBody"] = {
            "required": bool(COMPONENTS[operation.body]["required"]),
            "content": _bodies(operation),
        }
    return found


def words_of_answer(operation: Operation) -> str:
    """What it gives, for people."""
    if operation.gives_file:
        return "A file in UTF-8, with a row of headings."
    return str(COMPONENTS[operation.answers[1]]["description"])


def _content(operation: Operation) -> dict[str, Any]:
    if operation.gives_file:
        return {operation.gives_file: {"schema": {"type": "string", "description": "The file."}}}
    return {"application/json": {"schema": _reference(operation.answers[1])}}


def _bodies(operation: Operation) -> dict[str, Any]:
    bodies: dict[str, Any] = {"application/json": {"schema": _reference(operation.body)}}
    if operation.takes_file:
        bodies[MULTIPART] = {"schema": _reference("FileRequest")}
        bodies |= {kind: {"schema": {"description": "The file itself."}} for kind in SPREADSHEETS}
    return bodies


def _headers(operation: Operation) -> dict[str, Any]:
    if operation.method != "POST":
        return {}
    words = "true when this is the answer to an earlier request with the same key."
    found = {"Idempotent-Replayed": {"description": words, "schema": {"type": "string"}}}
    if operation.answers[0] == 201:
        found["Location"] = {"description": "Where it is.", "schema": {"type": "string", "format": "uri"}}
    return found


def _problems(operation: Operation) -> dict[str, Any]:
    by_status: dict[str, list[str]] = {}
    for kind in problems_of(operation):
        by_status.setdefault(str(KINDS[kind].status), []).append(KINDS[kind].title)
    return {
        status: {
            "description": "; ".join(titles) + ".",
            "content": {CONTENT_TYPE: {"schema": _reference("Problem")}},
        }
        for status, titles in by_status.items()
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
