"""Calls about what a program needs first: which badges there are, and what its token may."""

from __future__ import annotations

from plaudit_site.api import describing
from plaudit_site.api.calls import Call
from plaudit_site.api.repeating import Answer
from plaudit_site.awards import staging


def find(call: Call) -> Answer:
    """Every badge of the issuer that can be awarded."""
    return Answer(200, {"badges": [describing.badge(badge) for badge in staging.published(call.issuer)]})


def token(call: Call) -> Answer:
    """The token that asks."""
    return Answer(200, describing.token(call.token))
