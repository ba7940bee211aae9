"""Writes docs/journey.md: what must be true for people, and the tests that prove it.

    python scripts/journey.py            write the page
    python scripts/journey.py --check    say whether it is what the tests say

A test names the statements it proves: @pytest.mark.journey("J21", "J22"). Its kind follows from where it
stands: a browser test drives Chromium against running processes, an http test asks through the web server or
Django's test client, a unit test calls a job.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "journey.md"

CHAPTERS: dict[str, dict[str, str]] = {
    "The invitation": {
        "J1": "Every issuer has a public page on claiming its badges, and every invitation links it",
        "J2": "One award sends one mail, once it is stored; the same again sends none; two reminders at most",
        "J3": "The sender reads “issuer via site”, from the site's own address",
        "J4": "The subject is “You’ve been given credit”, unless issuer or language say otherwise",
        "J5": "The mail has text and HTML, the badge's picture and reason, and one button “Save and Share”",
        "J6": "One click leads to the claim page, where a new account needs nothing typed",
        "J7": "Opening the link changes nothing, whoever opens it",
        "J8": "The claim page lets its reader decline, report, look first, or use another account",
    },
    "The account": {
        "J9": "Who has an account signs in to it; a link signs nobody in",
        "J10": "An address is the same in any case, with any space around it, in either form of its domain",
        "J11": "A pending award's address can be corrected, and the earlier link dies",
        "J12": "One press makes the account, proves the address and accepts; a mail allows to undo it",
        "J13": "Another address than the awarded one does not get the badge, and the page says why",
        "J14": "Addresses are added, proven, switched and removed, and no badge is lost",
        "J15": "Help on addresses is one click away",
        "J16": "Awards to any proven address of an account arrive in it",
        "J17": "Two accounts of one person become one, and nothing is lost",
    },
    "Accepting, trusting, earning": {
        "J18": "A pending badge shows its own “Save and Share” after sign-in",
        "J19": "The first badge of an issuer waits for its earner's press",
        "J20": "Accepting is one press: shared by link or kept private, with trust offered and not presumed",
        "J21": "A trusted issuer's later badges are accepted and shown without a visit",
        "J22": "Without trust the next badge asks again, and trust in one issuer is no trust in another",
        "J23": "Trust is given and withdrawn later; what was accepted stays",
        "J24": "The mail about an accepted badge says that nothing needs doing",
        "J25": "Earned lists accepted badges, newest first, beside Waiting, Collections and Hidden",
        "J26": "A new account gets the site's own badge of welcome, once for ever",
        "J27": "A trusted issuer's badge shows the T on its shield, to its earner alone",
    },
    "Manage, share, display": {
        "J28": "“Manage” appears under the pointer, under the keyboard's focus, and always on touch screens",
        "J29": "Manage shows every detail and every thing that can be done",
        "J30": "A badge is shared in all the usual places, with no foreign script",
        "J31": "A profile and collections show badges in their earner's order",
        "J32": "Every download verifies without an account",
    },
    "The Certificate of Authenticity": {
        "J33": "The title is in the picture, stands below it as a link, and the issuer's name under that",
        "J34": "The title opens this very award, on a page titled “Certificate of Authenticity”",
        "J35": "The page links the badges, the work required and the issuer, and none of the three is empty",
        "J36": "Every share link leads to this page",
        "J37": "A visitor sees that the badge is authentic, check by check, and how to check it elsewhere",
        "J38": "Revoked, expired and broken awards say so; a private one looks like one that never was",
        "J39": "Trusted badges have their certificate without a visit; a share link outlives every session",
        "J40": "The issuer's badge site lists its badges with the work each requires",
        "J41": "A visitor can ask whether an address is the holder's",
        "J42": "Any Open Badge of any issuer can be verified, with one report everywhere",
    },
    "The issuer": {
        "J43": "An issuer is people in roles, a profile, a domain, keys and badges",
        "J44": "A badge is designed, described and versioned; what was awarded never changes",
        "J45": "Awarding is quick for one and forgiving for many, and survives a crash",
        "J46": "Each award shows its life, and can be resent, corrected, revoked and exported",
        "J47": "A register of people keeps awards going to the current address",
        "J48": "Nobody can pose as somebody else",
    },
    "Terms": {
        "J49": "Terms and privacy have versions, and what is never claimed is erased",
    },
}

# Statements that no test proves over HTTP or in a browser yet. One that gains its test must leave this list.
NOT_YET: frozenset[str] = frozenset({})

ASKS_OVER_HTTP = {"client", "admin_client", "live", "site", "own_site", "browse", "visitor"}


@dataclass(frozen=True, order=True)
class Proof:
    """One test, and how near to a person's experience it is."""

    kind: str
    path: str
    name: str


def marks(function: ast.FunctionDef | ast.ClassDef) -> list[str]:
    found = []
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.journey":
            found += [argument.value for argument in decorator.args if isinstance(argument, ast.Constant)]
    return [str(number) for number in found]


def marks_of_module(tree: ast.Module) -> list[str]:
    """`pytestmark = pytest.mark.journey("J1")`, alone or in a list."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            for call in (one for one in ast.walk(node.value) if isinstance(one, ast.Call)):
                if ast.unparse(call.func) == "pytest.mark.journey":
                    found += [
                        str(argument.value) for argument in call.args if isinstance(argument, ast.Constant)
                    ]
    return found


def kind_of(path: Path, function: ast.FunctionDef) -> str:
    if "browser" in path.parts:
        return "browser"
    takes = {argument.arg for argument in function.args.args}
    source = ast.unparse(function)
    asks = takes & ASKS_OVER_HTTP or "Client(" in source or "client." in source or "urlopen(" in source
    return "http" if asks else "unit"


def proofs() -> dict[str, list[Proof]]:
    """Statement -> the tests that name it."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        of_module = marks_of_module(tree)
        for node in tree.body:
            inside = [node] if isinstance(node, ast.FunctionDef) else getattr(node, "body", [])
            of_class = marks(node) if isinstance(node, ast.ClassDef) else []
            for function in inside:
                if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                    for number in dict.fromkeys([*of_module, *of_class, *marks(function)]):
                        proof = Proof(kind_of(path, function), str(path.relative_to(ROOT)), function.name)
                        found[number].append(proof)
    return found


def page(found: dict[str, list[Proof]]) -> str:
    lines = [
        "# The journey, and what proves it",
        "",
        "Written by `make docs` from the tests; a test of the house compares it. Each line is something that must",
        "be true for the people who use Plaudit. *browser*: Chromium against a running site. *http*: a request",
        "and its answer. *unit*: a job called by itself.",
    ]
    for chapter, statements in CHAPTERS.items():
        lines += ["", f"## {chapter}", "", "| | what must be true | proven by |", "|---|---|---|"]
        for number, title in statements.items():
            tests = "<br>".join(
                f"{proof.kind}: [{words(proof.name)}](../{proof.path})"
                for proof in sorted(found.get(number, []))
            )
            lines.append(f"| {number} | {title} | {tests or '*nothing yet*'} |")
    return "\n".join(lines) + "\n"


def words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def complaints(found: dict[str, list[Proof]]) -> list[str]:
    known = {number for chapter in CHAPTERS.values() for number in chapter}
    shown = {number for number, tests in found.items() if any(proof.kind != "unit" for proof in tests)}
    return [
        *(f"{number} is no statement of the journey" for number in sorted(set(found) - known)),
        *(f"{number} has no http or browser test" for number in sorted(known - shown - NOT_YET)),
        *(f"{number} has its test now: take it out of NOT_YET" for number in sorted(shown & NOT_YET)),
    ]


def main(arguments: list[str]) -> int:
    found = proofs()
    text = page(found)
    if arguments == ["--check"]:
        wrong = complaints(found)
        if not PAGE.exists() or PAGE.read_text() != text:
            wrong.append("docs/journey.md is not what the tests say: run `make docs`")
        print("\n".join(wrong))
        return int(bool(wrong))
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
