"""Words that are made once for each language they are read in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.urls import get_urlconf
from django.utils.translation import get_language

P = ParamSpec("P")
R = TypeVar("R")

MOST_KEPT = 500


def words_once(function: Callable[P, R]) -> Callable[P, R]:
    """For what depends on its arguments and on the reader's language, and on nothing else: no address is in it.

    Arguments are hashable and given by place; what comes out is not changed by anybody.
    """

    @lru_cache(MOST_KEPT, typed=True)
    def made(_language: str | None, *given: Any) -> R:
        return function(*given)  # type: ignore[call-arg]

    @wraps(function)
    def asked(*given: Any) -> R:
        return made(get_language(), *given)

    return asked  # type: ignore[return-value]


def once_a_language(function: Callable[P, R]) -> Callable[P, R]:
    """The same for what holds addresses too: the site's own host has other ones than an issuer's."""

    @words_once
    def made(_addresses: str | None, *given: Any) -> R:
        return function(*given)  # type: ignore[call-arg]

    @wraps(function)
    def asked(*given: Any) -> R:
        return made(get_urlconf(), *given)

    return asked  # type: ignore[return-value]
