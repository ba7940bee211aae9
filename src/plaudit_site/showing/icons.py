"""The icons, read once from icons.svg."""

import re
from functools import cache
from pathlib import Path

SHIELD = (
    '<path class="field-of" d="M15 1C11 4 6.5 5 2 5v12c0 8 5.5 13 13 16 7.5-3 13-8 13-16V5'
    'C23.5 5 19 4 15 1Z"/>'
    '<path class="letter" d="M9.3 11h11.4v3h-4v10.5h-3.4V14h-4Z"/>'
)


@cache
def drawings() -> dict[str, str]:
    """Name of an icon -> what stands inside its <svg>."""
    sprite = Path(__file__).with_name("icons.svg").read_text(encoding="utf-8")
    symbols = re.findall(r'<symbol id="([\w-]+)" viewBox="0 0 24 24">(.*?)</symbol>', sprite, re.DOTALL)
    return {name: re.sub(r">\s+<", "><", content.strip()) for name, content in symbols}
