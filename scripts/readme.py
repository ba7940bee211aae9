"""Writes into README.md what must not be retyped: the library's example and the commands' help.

python scripts/readme.py            write
python scripts/readme.py --check    say whether README.md is up to date
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def example() -> str:
    """The example of the library's docstring, as a program."""
    import plaudit

    prompts = (">>> ", "... ")
    lines = [line for line in (plaudit.__doc__ or "").splitlines() if line.startswith(prompts)]
    return "```python\n" + "\n".join(line[4:] for line in lines) + "\n```"


def site_help() -> str:
    from plaudit_site.__main__ import parser

    os.environ["COLUMNS"] = "80"
    return f"```text\n$ plaudit-site --help\n{parser().format_help().strip()}\n```"


def written(text: str) -> str:
    for name, make in (("example", example), ("site-help", site_help)):
        place = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)", re.DOTALL)
        assert place.search(text), f"README.md has no place for {name}"
        content = make()
        text = place.sub(lambda match, content=content: match[1] + content + match[2], text)  # type: ignore[misc]
    return text


def main(arguments: list[str]) -> int:
    before = README.read_text(encoding="utf-8")
    after = written(before)
    if arguments == ["--check"]:
        if before != after:
            print("README.md is not up to date: run `make docs`")
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
