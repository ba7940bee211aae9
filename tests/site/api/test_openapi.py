"""The description: a valid OpenAPI 3.1 document that says what is so, and the page made from it.

openapi-3.1-schema.json is the OpenAPI Initiative's schema of 2022-10-07 (Apache-2.0), byte for byte as the PyPI
package openapi-spec-validator 0.9.0 carries it.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plaudit_site.api import openapi
from plaudit_site.api.checking import faults
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.api.problem import KINDS
from plaudit_site.api.schemas import COMPONENTS
from tests.site.api.conftest import described

META = Path(__file__).with_name("openapi-3.1-schema.json")
DIGEST = "e7cb616a2a10849a166c4e4a93c62c56cfea02cc00eadf287e2fb875e7124098"


def test_the_schema_of_openapi_is_the_published_one() -> None:
    assert hashlib.sha256(META.read_bytes()).hexdigest() == DIGEST


def test_the_document_is_openapi_3_1() -> None:
    meta = json.loads(META.read_text())
    jsonschema_rs.Draft202012Validator(meta).validate(described())
    broken = {**described(), "openapi": "3.0.0"}
    assert not jsonschema_rs.Draft202012Validator(meta).is_valid(broken)


def test_every_schema_in_it_is_json_schema() -> None:
    for name, schema in described()["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert schema["type"] == "object", name


def test_every_reference_leads_somewhere() -> None:
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described())))
    assert references
    assert references <= set(COMPONENTS)
    assert {operation.body for operation in OPERATIONS} - {""} <= references


def test_names_are_given_once() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    places = [(operation.method, operation.path) for operation in OPERATIONS]
    assert len(set(places)) == len(places)


@pytest.mark.django_db
def test_the_document_is_open_and_tells_nothing_of_anybody() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content) == described()
    assert Client().post("/api/v1/openapi.json").status_code == 405


@pytest.mark.django_db
def test_the_page_shows_every_call_every_member_and_every_problem() -> None:
    page = Client().get("/api/").content.decode()
    for operation in OPERATIONS:
        assert f'id="{operation.name}"' in page
        if operation.body:
            for member in COMPONENTS[operation.body]["properties"]:
                assert f"<code>{member}</code>" in page
    for kind in KINDS:
        assert f'id="problem-{kind}"' in page
    here = set(re.findall(r'href="#([\w-]+)"', page))
    assert here - {"main"} <= set(re.findall(r'id="([\w-]+)"', page))


@pytest.mark.django_db
def test_what_a_problem_says_it_is_leads_to_its_words(client: Client) -> None:
    told = json.loads(client.get("/api/v1/awards").content)
    path, _sign, place = told["type"].removeprefix("http://localhost:8000").partition("#")
    assert f'id="{place}"' in client.get(path).content.decode()


# What is checked is what is declared

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**6), st.text(max_size=6),
    st.sampled_from(["day-first", "a@b.example", "2026-02-28", "2026-02-30", "0" * 26, "line\nbreak", "x" * 1001]),
)  # fmt: skip


def bodies(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Objects with the right names and some others, and all kinds of values."""
    names = st.sampled_from([*schema.get("properties", {"x": 0}), "unknown", ""])
    inner = st.one_of(
        scalars,
        st.dictionaries(st.sampled_from(["name", "address", "x"]), scalars, max_size=3),
        st.lists(
            st.dictionaries(st.sampled_from(["name", "address", "note", "x"]), scalars, max_size=3),
            max_size=3,
        ),
    )
    return st.one_of(scalars, st.dictionaries(names, inner, max_size=6))


@pytest.mark.parametrize(
    "name", [name for name in COMPONENTS if name.endswith("Request") and name != "FileRequest"]
)
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_our_checking_agrees_with_an_independent_one(name: str, data: st.DataObject) -> None:
    """But for NUL, which JSON Schema cannot forbid and no database takes."""
    value = data.draw(bodies(COMPONENTS[name]))
    judge = jsonschema_rs.Draft202012Validator(COMPONENTS[name], validate_formats=True)
    ours = [fault for fault in faults(COMPONENTS[name], value) if "NUL" not in fault.detail]
    assert (not ours) == judge.is_valid(value), (value, ours)


def test_every_problem_says_what_to_do() -> None:
    for name, kind in KINDS.items():
        assert 400 <= kind.status < 600, name
        assert len(kind.mend) > 20, name
    told = {kind for operation in OPERATIONS for kind in openapi.problems_of(operation)}
    assert set(KINDS) - told == {"no-such-method"}
