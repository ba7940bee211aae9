"""{% load keeping %}: parts of pages that are made once for all who see the same."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.urls import get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST_KEPT = 500


class Kept(Node):
    def __init__(self, names: Mapping[str, FilterExpression], nodelist: NodeList) -> None:
        self.names, self.nodelist = names, nodelist
        self._texts: dict[tuple[object, ...], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        values = {name: expression.resolve(context) for name, expression in self.names.items()}
        # The type too: what is marked as safe equals the same words that are not.
        typed = [(type(value), value) for value in values.values()]
        key = (get_language(), get_urlconf(), context.autoescape, *typed)
        text = self._texts.get(key)
        if text is None:
            text = self.nodelist.render(context.new(values))
            if len(self._texts) >= MOST_KEPT:
                self._texts.clear()
            self._texts[key] = text
        return text


@register.tag
def keep(parser: Parser, token: Token) -> Kept:
    """{% keep state name=issuer.name %}: the part up to endkeep, for these values and this language.

    What is inside sees these values and nothing else: neither the request nor who is signed in can find its way
    into what others are shown. Values must be hashable, and not change.
    """
    words = token.split_contents()[1:]
    plain: list[str] = []
    while words and "=" not in words[0]:
        plain.append(words.pop(0))
    named: dict[str, Any] = {name: parser.compile_filter(name) for name in plain}
    named |= token_kwargs(words, parser)
    if words or any("." in name or "|" in name for name in named):
        raise template.TemplateSyntaxError("keep takes names and name=value, names first")
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return Kept(named, nodelist)
