"""Makes the corpus: `python -m tests.vectors.make` from the root of the repository.

Each folder is one case: a badge, what to answer for which address, the moment to judge by, and what must come out.
The name is the verdict. A `_fail` differs from a good badge in the one thing it is named after; a `_pass` shows
that the same thing done rightly is accepted. Keys are fixed, so a second run writes the same bytes. What the web
answers is kept once, in `web/`, under its digest.
"""

import hashlib
import json
import shutil
from pathlib import Path

from plaudit.reading import format_date_time
from tests.vectors import (
    attacks,
    containers,
    content,
    inner,
    older,
    records,
    signatures,
    tokens,
    withdrawal,
)
from tests.vectors.base import Case

HERE = Path(__file__).parent
PARTS = (attacks, content, signatures, withdrawal, containers, inner, records, tokens, older)


def cases() -> dict[str, Case]:
    """Every case by its name; a name that two parts use is an error."""
    found: dict[str, Case] = {}
    for part in PARTS:
        for name, case in part.cases().items():
            assert name not in found, name
            assert name.endswith(("_pass", "_fail")), name
            found[name] = case
    return found


def write(root: Path = HERE) -> None:
    """Write the whole corpus below `root`, after taking away the cases that are there."""
    made = cases()
    for folder in (*root.glob("*_[fp]a[is][ls]"), *root.glob("web")):
        shutil.rmtree(folder)
    (root / "web").mkdir(parents=True)
    for name, case in made.items():
        folder = root / name
        folder.mkdir()
        (folder / f"badge.{case.suffix}").write_bytes(case.badge)
        answers = {}
        for url, answer in sorted(case.web.items()):
            file = f"{hashlib.sha256(answer).hexdigest()[:16]}.txt"
            (root / "web" / file).write_bytes(answer)
            answers[url] = f"../web/{file}"
        description = {
            "about": case.about,
            "badge": f"badge.{case.suffix}",
            "at": format_date_time(case.at),
            "recipient": case.recipient,
            "web": answers,
            "expect": dict(case.expect),
        }
        (folder / "case.json").write_text(json.dumps(description, indent=1) + "\n")


if __name__ == "__main__":
    write()
