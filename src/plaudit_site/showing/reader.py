"""What a page asks about its reader, once; and a value as it is said to them: for tags, and for folding pages."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from django.template import Context
from django.template.base import VariableNode, render_value_in_context
from django.urls import get_urlconf
from django.utils.functional import SimpleLazyObject, empty
from django.utils.safestring import SafeString
from django.utils.translation import get_language


def spoken(context: Context) -> str | None:
    """The reader's language: a page asks a hundred times, and is told once."""
    known = vars(context)
    if "spoken" not in known:
        known["spoken"] = get_language()
    language: str | None = known["spoken"]
    return language


def addresses(context: Context) -> str | None:
    """The list of addresses that a page is made for, asked once too: the site's own, or that of issuers' hosts."""
    known = vars(context)
    if "addresses" not in known:
        known["addresses"] = get_urlconf()
    found: str | None = known["addresses"]
    return found


MISSED = object()


def unwrapped(lazy: Any) -> Any:
    """Whoever asks a lazy object for an attribute finds that it has an item too, and must ask for that first."""
    if lazy._wrapped is empty:
        lazy._setup()
    return lazy._wrapped


def quickly(context: Context, names: Iterable[str]) -> Any:
    """What a template means by `page.holder`; MISSED where that is Django's to find, or to miss.

    Django asks everything for an item first, and catches what that raises. In a mapping or a plain object it is found
    directly, and instead of a lazy object that is asked which it stands for.
    """
    found: Any = context
    for name in names:
        kind = type(found)
        if kind is SimpleLazyObject:
            found = unwrapped(found)
            kind = type(found)
        try:
            if kind is dict:
                found = found[name]
            elif found is context:
                found = context[name]
            elif hasattr(kind, "__getitem__"):
                return MISSED
            else:
                found = getattr(found, name)
        except (AttributeError, KeyError, TypeError):
            return MISSED
        except Exception as error:
            if getattr(error, "silent_variable_failure", False):
                return MISSED
            raise
        if callable(found):
            return MISSED
    return found


class Said(VariableNode):
    """A value in a text. Words need no look at how the reader writes numbers and dates."""

    def render(self, context: Context) -> str:
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return ""
        if type(value) is SafeString:
            return value
        if type(value) is str and context.autoescape:
            return html.escape(value)
        return render_value_in_context(value, context)
