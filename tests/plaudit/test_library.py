"""The library as a whole: its example runs, it imports quickly, and it touches nothing it should not."""

import ast
import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import plaudit

SOURCE = Path(plaudit.__file__).parent


def test_the_example_in_the_docstring_runs() -> None:
    failed, tried = doctest.testmod(plaudit)
    assert (failed, tried > 5) == (0, True)


def test_every_public_name_is_there_and_explained() -> None:
    assert sorted(plaudit.__all__) == list(plaudit.__all__)
    for name in plaudit.__all__:
        assert getattr(plaudit, name).__doc__, name


def test_the_functions_are_functions_whatever_was_imported_first() -> None:
    code = "import plaudit.verify, plaudit.issue, plaudit; assert callable(plaudit.verify) and callable(plaudit.issue)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SOURCE.parent)


def test_importing_it_brings_none_of_the_heavy_packages() -> None:
    heavy = [
        "pyoxigraph",
        "lxml",
        "rfc8785",
        "http.client",
        "ssl",
        "django",
        "joserfc",
        "jsonschema_rs",
        "email",
    ]
    code = f"import sys, plaudit; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=SOURCE.parent, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.name)
def test_no_function_is_longer_than_a_page(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            limit = 60 if node.name == "build_parser" else 45  # a parser is a table
            assert node.end_lineno - node.lineno < limit, node.name
