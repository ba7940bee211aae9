"""A request held against its declaration: JSON Schema 2020-12, the few words of it that we use, answered in sentences.

The same declarations stand in the OpenAPI document (openapi.py). A word that is not known here is refused when the
module that uses it is imported, so a declaration never says more than what is checked; a test holds both against an
independent implementation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from plaudit_site.api.problem import Fault
from plaudit_site.ids import IdConverter

Schema = Mapping[str, Any]
SAID = frozenset({"description", "title", "example", "examples", "default", "contentMediaType"})
"""Words that only tell something."""
KNOWN = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "format", "pattern"}
    | {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "minimum", "maximum"}
)
ID_PATTERN = f"^{IdConverter.regex}$"
ONE_LINE = "^[^\\r\\n]*$"
# What people read instead of a regular expression.
PATTERNS = {
    ID_PATTERN: "Take the “id” from an earlier answer.",
    ONE_LINE: "Write it in one line.",
}
_TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
_NAMES = {
    "object": "an object",
    "array": "an array",
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def faults(schema: Schema, value: Any, pointer: str = "") -> Iterator[Fault]:
    """Every place where `value` is not what the declaration says."""
    kind = schema["type"]
    if type(value) is not _TYPES[kind]:  # exactly: to Python true is a whole number
        yield Fault("is not " + _NAMES[kind], f"Write {_NAMES[kind]} here.", pointer)
    elif kind == "object":
        yield from _of_object(schema, value, pointer)
    elif kind == "array":
        yield from _of_array(schema, value, pointer)
    elif kind == "string":
        yield from _of_text(schema, value, pointer)
    elif kind == "integer":
        least, most = schema["minimum"], schema["maximum"]
        if not least <= value <= most:
            yield Fault(f"is not between {least} and {most}", "Take a number between these.", pointer)


def _of_object(schema: Schema, value: dict[str, Any], pointer: str) -> Iterator[Fault]:
    known: Schema = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault("is missing", f"Add “{name}”.", f"{pointer}/{escaped(name)}")
    if len(value) < schema.get("minProperties", 0):
        yield Fault("is empty", f"Say at least one of {_list(known)}.", pointer)
    for name, item in value.items():
        place = f"{pointer}/{escaped(name[:80])}"
        if "\x00" in name:
            yield Fault("is a name with the sign NUL", "Take it out.", pointer)
        elif name in known:
            yield from faults(known[name], item, place)
        elif others is False:
            yield Fault("is not known here", f"Take it out; known are {_list(known)}.", place)
        elif isinstance(others, Mapping):
            yield from faults(others, item, place)


def _of_array(schema: Schema, value: list[Any], pointer: str) -> Iterator[Fault]:
    if len(value) < schema.get("minItems", 0):
        yield Fault("is empty", "Put something in.", pointer)
    if len(value) > schema["maxItems"]:
        yield Fault(
            f"holds more than {schema['maxItems']} items", "Send them in parts, or as a file.", pointer
        )
        return
    for number, item in enumerate(value):
        yield from faults(schema["items"], item, f"{pointer}/{number}")


def _of_text(schema: Schema, value: str, pointer: str) -> Iterator[Fault]:
    if "enum" in schema and value not in schema["enum"]:
        yield Fault("is none of the possible values", f"Take one of {_list(schema['enum'])}.", pointer)
        return
    if len(value) < schema.get("minLength", 0):
        yield Fault("is empty", "Fill it in.", pointer)
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        most = schema["maxLength"]
        yield Fault(f"is longer than {most} signs", f"Shorten it to {most}.", pointer)
        return
    if "\x00" in value:
        yield Fault("holds the sign NUL", "Take it out.", pointer)
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", "\\Z"), value):
        yield Fault("is not in the right form", PATTERNS[schema["pattern"]], pointer)
    if "format" in schema:
        wrong = FORMATS[schema["format"]](value)
        if wrong:
            yield Fault(*wrong, pointer)


def _day(value: str) -> tuple[str, str] | None:
    said = "is not a date", "Write it like 2026-11-23."
    if not _DATE.fullmatch(value):
        return said
    try:
        date.fromisoformat(value)
    except ValueError:
        return said
    return None


def _moment(value: str) -> tuple[str, str] | None:
    said = "is not a moment", "Write it like 2026-11-23T09:00:00Z."
    if not _MOMENT.fullmatch(value):
        return said
    try:
        datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return said
    return None


FORMATS = {"date": _day, "date-time": _moment}


def escaped(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _list(names: Any) -> str:
    return ", ".join(f"“{name}”" for name in names)


def unknown_words(schema: Schema) -> set[str]:
    """Words of the declaration that nothing here checks."""
    found = set(schema) - KNOWN - SAID
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, Mapping):
            found |= unknown_words(inner)
    for inner in schema.get("properties", {}).values():
        found |= unknown_words(inner)
    return found
