"""What a template says to all who read one language is made once for each language, and not anew for each page.

A page is half made of fixed words, translated and escaped, of icons and of addresses of our own files: tags, each
a call or ten. Templates come folded out of this loader: runs of such tags, and the text between them, are one node
that remembers what came out. What depends on anything else stays as it was written, and is looked up without detours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from django.template import Context, Template
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    TextNode,
    Variable,
    VariableNode,
)
from django.template.defaulttags import CommentNode, IfNode, LoadNode
from django.template.library import SimpleNode
from django.template.loader_tags import BLOCK_CONTEXT_KEY, BlockNode, IncludeNode
from django.template.loaders import base, cached
from django.template.smartif import TokenBase
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString

from plaudit_site.showing.reader import MISSED, Said, quickly, spoken
from plaudit_site.showing.templatetags.showing import icon, shield

FIXED_TAGS = (icon, shield)


class Folded(Node):
    """Nodes whose text is settled by the language, and by whether it is escaped."""

    child_nodelists = ()

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self._texts: dict[tuple[str | None, bool], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = (spoken(context), context.autoescape)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = NodeList(self.nodes).render(context)
        return text


class Quick(Variable):
    """A variable that is looked up without detours (reader.quickly)."""

    __slots__ = ()

    def _resolve_lookup(self, context: Context) -> Any:
        found = quickly(context, self.lookups or ())
        return super()._resolve_lookup(context) if found is MISSED else found  # type: ignore[misc]


class Plain(FilterExpression):
    """The same for one without filters: one call, and not three in each other."""

    __slots__ = ()

    def resolve(self, context: Context, ignore_failures: bool = False) -> Any:
        found = quickly(context, self.var.lookups)
        return super().resolve(context, ignore_failures) if found is MISSED else found


class _Folding(base.Loader):
    def get_template(self, template_name: str, skip: Any = None) -> Template:
        template = super().get_template(template_name, skip)
        if not self.engine.debug:  # whose error page shows the line of each tag
            fold(template.nodelist)
            template.nodelist = Whole(template.nodelist)
        return template


class Spoken(LanguageNode):
    """A part in another language, of which those in it and after it must know."""

    def render(self, context: Context) -> str:
        try:
            vars(context).pop("spoken", None)
            return super().render(context)
        finally:
            vars(context).pop("spoken", None)


class Block(BlockNode):
    """A block of which nothing need be put by, unless it asks for the one that it stands in the place of."""

    asks = True  # settled when its template is folded

    def render(self, context: Context) -> SafeString:
        blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
        shown = blocks.get_block(self.name) if blocks is not None else None
        if not isinstance(shown, Block) or shown.asks:
            return super().render(context)
        with context.push():
            return shown.nodelist.render(context)


class Whole(NodeList):
    """All nodes of a template; which of them are blocks is asked for each page that extends it, and found once."""

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self.contains_nontext = nodes.contains_nontext
        self._found: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        if nodetype not in self._found:
            self._found[nodetype] = super().get_nodes_by_type(nodetype)
        return self._found[nodetype]


class Loader(cached.Loader, _Folding):
    """Django's own, that parses a file once; between the two it is folded."""


def fold(nodes: NodeList) -> None:
    """In place."""
    kept: list[Node] = []
    for fixed, run in groupby(nodes, _is_fixed):
        found = list(run)
        if fixed and not all(isinstance(node, TextNode) for node in found):
            found = [Folded(found)]
        kept += map(_quickened, found)
    nodes[:] = kept
    for node in kept:
        for inner in _inside(node):
            fold(inner)


def _quickened(node: Node) -> Node:
    for expression in _expressions(vars(node).values()):
        variable = expression.var
        if isinstance(variable, Variable) and variable.lookups is not None and not variable.translate:
            if expression.filters:
                expression.var = Quick(variable.var)
            else:
                expression.__class__ = Plain
    if hasattr(node, "is_folded"):
        node.is_folded = True
    if type(node) is BlockNode:
        node.__class__ = Block
        vars(node)["asks"] = _asks_for_another(node.nodelist)
    if type(node) is LanguageNode:
        told = Spoken(node.nodelist, node.language)
        told.token, told.origin = node.token, node.origin
        return told
    if type(node) is not VariableNode:
        return node
    said = Said(node.filter_expression)
    said.token, said.origin = node.token, node.origin
    return said


def _asks_for_another(nodes: NodeList) -> bool:
    """By {{ block.super }}; what is included is not looked into, and may."""
    return any(
        isinstance(node, IncludeNode)
        or any("block" in expression.token for expression in _expressions(vars(node).values()))
        for node in nodes.get_nodes_by_type(Node)
    )


def _expressions(values: Iterable[object]) -> Iterator[FilterExpression]:
    for value in values:
        if isinstance(value, FilterExpression):
            yield value
        elif isinstance(value, dict):
            yield from _expressions(value.values())
        elif isinstance(value, TokenBase):  # of a condition
            yield from _expressions(vars(value).values())
        elif isinstance(value, list | tuple) and not isinstance(value, NodeList):
            yield from _expressions(value)


def _inside(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):  # its `nodelist` is a copy
        yield from (nodes for _condition, nodes in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        nodes = getattr(node, name, None)
        if isinstance(nodes, NodeList):
            yield nodes


def _is_fixed(node: Node) -> bool:
    if isinstance(node, TextNode | LoadNode | CommentNode):
        return True
    if isinstance(node, TranslateNode):
        return not node.asvar and not node.message_context and _is_literal(node.filter_expression)
    if isinstance(node, StaticNode):
        return not node.varname and _is_literal(node.path)
    if isinstance(node, SimpleNode):
        given = [*node.args, *node.kwargs.values()]
        return node.func in FIXED_TAGS and node.target_var is None and all(_is_literal(one) for one in given)
    return False


def _is_literal(expression: FilterExpression) -> bool:
    variable = expression.var
    return not expression.filters and (not isinstance(variable, Variable) or variable.lookups is None)
