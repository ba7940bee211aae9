"""The one call that needs no token, as it is declared: verifying anybody's badge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plaudit_site.api.problem import KINDS

ARCHIVE = "application/zip"
KINDS_OF_BODY = (
    "application/json",
    "application/ld+json",
    "application/vc+ld+json",
    "application/vc",
    "application/jwt",
    "application/vc+jwt",
    "image/png",
    "image/svg+xml",
    "application/pdf",
    "text/plain",
    ARCHIVE,
    "application/octet-stream",
)
PROBLEMS = ("length-needed", "too-large", "wrong-type", "too-often", "busy", "our-fault", "unreadable")


def _said_of(kind: str) -> str:
    if kind == ARCHIVE:
        return "Up to 200 badges; the answer is an ArchiveReport."
    return "The badge itself."


def described(reference: Callable[[str], dict[str, str]]) -> dict[str, Any]:
    """This call in the OpenAPI document."""
    by_status: dict[str, list[str]] = {}
    for kind in PROBLEMS:
        by_status.setdefault(str(KINDS[kind].status), []).append(KINDS[kind].title)
    return {
        "operationId": "verifyBadge",
        "summary": "Verify anybody's badge; needs no token",
        "security": [{}],
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"description": _said_of(kind)}} for kind in KINDS_OF_BODY},
        },
        "responses": {
            "200": {
                "description": "What was found, whether good or bad.",
                "content": {
                    "application/json": {
                        "schema": {"anyOf": [reference("Report"), reference("ArchiveReport")]}
                    }
                },
            },
            **{
                status: {
                    "description": "; ".join(titles) + ".",
                    "content": {"application/problem+json": {"schema": reference("Problem")}},
                }
                for status, titles in by_status.items()
            },
        },
    }
