"""{% load keeping %}: parts of pages that are made once for all who see the same."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from plaudit_site.showing.reader import Said, addresses, spoken

register = template.Library()

MOST_KEPT = 500


class Holes:
    """Where in a text that is being made its open places are. Nobody can write the marks into a page: they are new."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(16)
        self.found: list[Live | Open] = []

    def dig(self, place: "Live | Open") -> SafeString:
        """A value that stands in several places is one."""
        same = (number for number, known in enumerate(self.found) if place.says_the_same_as(known))
        number = next(same, len(self.found))
        if number == len(self.found):
            self.found.append(place)
        return SafeString(f"{self.mark}{number};")

    def cut(self, text: str) -> "Cut":
        parts = re.split(f"{self.mark}([0-9]+);", text)
        return Cut([int(part) if at % 2 else part for at, part in enumerate(parts)], self.found)


class Cut(NamedTuple):
    """A text in pieces, and what is put between them: a number is the place of that in `open`."""

    pieces: "list[str | int]"
    open: "list[Live | Open]"

    def filled(self, context: template.Context) -> SafeString:
        said = [place.now(context) for place in self.open]
        return SafeString("".join([said[one] if type(one) is int else one for one in self.pieces]))  # type: ignore[misc]


class Kept(Node):
    is_folded = False  # then whatever changes the language in the middle of a page says so (folding.Spoken)

    def __init__(self, names: Mapping[str, FilterExpression], nodelist: NodeList) -> None:
        self.names, self.nodelist = names, nodelist
        self._texts: dict[tuple[object, ...], Cut] = {}

    def render(self, context: template.Context) -> SafeString:
        values = {name: expression.resolve(context) for name, expression in self.names.items()}
        # The type too: what is marked as safe equals the same words that are not.
        typed = [(type(value), value) for value in values.values()]
        language = spoken(context) if self.is_folded else get_language()
        key = (language, addresses(context), context.autoescape, *typed)
        text = self._texts.get(key)
        if text is None:
            text = self._made(context.new(values))
            if len(self._texts) >= MOST_KEPT:
                self._texts.clear()
            self._texts[key] = text
        return text.filled(context)

    def _made(self, inside: template.Context) -> Cut:
        holes = vars(inside)["holes"] = Holes()
        return holes.cut(self.nodelist.render(inside))


class Live(Said):
    def render(self, context: template.Context) -> str:
        holes: Holes | None = vars(context).get("holes")
        return self.now(context) if holes is None else holes.dig(self)

    now = Said.render

    def says_the_same_as(self, other: object) -> bool:
        if not isinstance(other, Live):
            return False
        ours, theirs = self.filter_expression, other.filter_expression
        return ours.token == theirs.token and ours.filters == theirs.filters


class Open(Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> str:
        holes: Holes | None = vars(context).get("holes")
        return self.now(context) if holes is None else holes.dig(self)

    def now(self, context: template.Context) -> str:
        return self.nodelist.render(context)

    def says_the_same_as(self, other: object) -> bool:
        return self is other


@register.tag
def keep(parser: Parser, token: Token) -> Kept:
    """{% keep state name=issuer.name %}: the part up to endkeep, for these values and this language.

    What is inside sees these values and nothing else: neither the request nor who is signed in can find its way
    into what others are shown. Values must be hashable, and not change. {% live %} and {% open %} inside stay open.
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


@register.tag
def live(parser: Parser, token: Token) -> Live:
    """{% live page.holder %}: a value as {{ }} shows it, looked up each time where the {% keep %} around it stands."""
    words = token.split_contents()
    if len(words) != 2:
        raise template.TemplateSyntaxError("live takes one value")
    return Live(parser.compile_filter(words[1]))


@register.tag("open")
def open_part(parser: Parser, _token: Token) -> Open:
    """{% open %}: the part up to endopen is made each time, of what is seen where the {% keep %} around it stands."""
    nodelist = parser.parse(("endopen",))
    parser.delete_first_token()
    return Open(nodelist)
