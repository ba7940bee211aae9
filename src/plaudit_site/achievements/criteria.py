"""Criteria are written in Markdown and shown as HTML that can do nothing."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {"p", "ul", "ol", "li", "strong", "em", "a", "br", "h3", "h4", "blockquote", "code", "hr"}
SCHEMES = {"https", "http", "mailto"}
MOST = 8000

# Linear in what it reads; raw HTML is shown as text, pictures and tables are not ours to show.
_markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).disable(
    ["image", "html_block", "html_inline"]
)


@lru_cache(maxsize=256)
def criteria_html(text: str, *, most: int = MOST) -> SafeString:
    """`text` (Markdown) as HTML: an allow-list of tags and schemes after rendering; headings begin at h3."""
    html = _markdown.render(text[:most])
    for high, low in (("h1", "h3"), ("h2", "h4")):
        html = html.replace(f"<{high}>", f"<{low}>").replace(f"</{high}>", f"</{low}>")
    cleaned = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel="noopener nofollow",
    )
    return mark_safe(cleaned)  # noqa: S308 - cleaned by nh3's allow-list one line above
