"""Reading what strangers wrote: JSON, dates and addresses, with every limit named.

The parsers of the standard library accept more than the specifications do (duplicate members, NaN, numbers
that overflow, half characters, any depth). A signed document must mean one thing only, so these refuse.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from plaudit.errors import TooLargeError, UnreadableError

MAX_JSON_BYTES: Final = 5 * 1024 * 1024
"""A badge is a few kilobytes; one with its picture inside can have some megabytes. What is read from an address has a
limit of its own (`Limits.bytes`)."""
MAX_PLAIN_BYTES: Final = 1024 * 1024
"""A longer text is one long value or a few, a picture as a rule, …"""
MAX_MARKS: Final = 100_000
"""… and has no more commas and brackets than these: small values take a hundred times their text in memory."""
MAX_JSON_DEPTH: Final = 64
"""A badge nests about eight deep. The walk over a document is recursive, and this bounds it."""
MAX_NUMBER_CHARACTERS: Final = 400
"""No IEEE double needs more digits than this written out in full; Python's integers would take any number."""

type_of_json = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}

_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?"
    r"(Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
)
_USUAL_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z")
"""The form that nearly all issuers write; here the standard library reads just what we do."""
_LONGEST_DATE_TIME: Final = 38
_LONGEST_REMEMBERED: Final = 300
_HALF = re.compile("[\ud800-\udfff]")
_ABSOLUTE_IRI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):[^\x00-\x20<>\"{}|^`\\\x7f\ufffe\uffff]+")


def parse_json(data: bytes | str) -> Any:
    """Parse one JSON text of at most 5 MiB, of which all but 1 MiB is in long values.

    Raises TooLargeError beyond that, and UnreadableError for anything but UTF-8, duplicate members, NaN and infinities,
    numbers beyond an IEEE double, half surrogate pairs, and more than 64 levels (RFC 8259, RFC 7493, 2.1 to 2.3).
    """
    if len(data) > MAX_PLAIN_BYTES:
        _refuse_too_large(data)
    if isinstance(data, bytes) and (read := _read_quickly(data)) is not None:
        return read
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError:
        raise UnreadableError(f"the JSON text nests deeper than {MAX_JSON_DEPTH} levels") from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"the text is not UTF-8: {error.reason}") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"not JSON: {error.msg} at line {error.lineno}") from None
    # A text with few brackets cannot be deep, and one without escapes holds a half only if it came as one.
    if text.count("{") + text.count("[") > MAX_JSON_DEPTH or "\\u" in text or not _is_encodable(text):
        _refuse_depth_and_halves(value, 0)
    return value


def _refuse_too_large(data: bytes | str) -> None:
    if len(data) > MAX_JSON_BYTES:
        raise TooLargeError(f"the JSON text is longer than {MAX_JSON_BYTES} bytes")
    if isinstance(data, bytes):
        marks = data.count(b",") + data.count(b"[") + data.count(b"{")
    else:
        marks = data.count(",") + data.count("[") + data.count("{")
    if marks > MAX_MARKS:
        raise TooLargeError(
            f"the JSON text is longer than {MAX_PLAIN_BYTES} bytes and holds more than {MAX_MARKS} values"
        )


def _read_quickly(data: bytes) -> dict[str, Any] | None:
    """The object in a text that orjson reads and writes again as the very same bytes; None for any other text.

    orjson drops the first of two equal members, and rounds what no double holds. Bytes that come back whole cannot have
    lost anything: they say what the slow road would read in them. Escapes and many brackets want its judgement.
    """
    quick = _quick()
    if quick is None or b"\\u" in data or data.count(b"{") + data.count(b"[") > MAX_JSON_DEPTH:
        return None
    try:
        value = quick.loads(data)
        return value if type(value) is dict and quick.dumps(value) == data else None
    except ValueError:
        return None  # what is wrong is said by the slow road, in our words


@lru_cache(maxsize=1)
def _quick() -> ModuleType | None:
    """orjson, where the extra `fast` is installed; some milliseconds that only who reads JSON pays."""
    try:
        import orjson
    except ImportError:
        return None
    return orjson


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_json_object(data: bytes | str) -> dict[str, Any]:
    """The same, for a text that must be a JSON object."""
    value = parse_json(data)
    if not isinstance(value, dict):
        raise UnreadableError(f"the JSON text is {describe(value)}, not an object")
    return value


def describe(value: object) -> str:
    """What a JSON value is, in words: "an array", "a number"."""
    return type_of_json.get(type(value), "a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise UnreadableError(f"the member {name[:80]!r} is there twice in one object")
            seen.add(name)
    return members


def _refuse_constant(text: str) -> Any:
    raise UnreadableError(f"{text} is not a JSON number")


def _float(text: str) -> float:
    value = float(text) if len(text) <= MAX_NUMBER_CHARACTERS else math.inf
    if math.isinf(value):
        raise UnreadableError("a number is too large")
    return value


def _int(text: str) -> int:
    _float(text)
    return int(text)


def _refuse_depth_and_halves(value: object, depth: int) -> None:
    if isinstance(value, str):
        if _HALF.search(value):
            raise UnreadableError("a string holds half of a surrogate pair")
    elif isinstance(value, dict | list):
        if depth >= MAX_JSON_DEPTH:
            raise UnreadableError(f"the JSON text nests deeper than {MAX_JSON_DEPTH} levels")
        if isinstance(value, dict):
            for name in value:
                _refuse_depth_and_halves(name, depth + 1)
        for item in value.values() if isinstance(value, dict) else value:
            _refuse_depth_and_halves(item, depth + 1)


def listed(value: Any) -> list[Any]:
    """The value as an array: JSON-LD writes one of many without one."""
    return value if isinstance(value, list) else [value]


def parse_date_time(text: object) -> datetime | None:
    """An xsd:dateTimeStamp as an aware UTC datetime, or None when it is not one.

    The zone is required (VCDM 2.0 section 4.9 and XML Schema 1.1 part 2 section 3.4.28); leap seconds,
    24:00:00 and years before 0001 are not accepted. Digits beyond microseconds are cut off.
    """
    return _date_time(text) if isinstance(text, str) and len(text) <= _LONGEST_DATE_TIME else None


@lru_cache(maxsize=1024)
def _date_time(text: str) -> datetime | None:
    if _USUAL_DATE_TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return None
    *fields, fraction, zone = found.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    try:
        year, month, day, hour, minute, second = map(int, fields)
        offset = UTC if zone == "Z" else datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo
        return datetime(year, month, day, hour, minute, second, micro, tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_date_time(at: datetime) -> str:
    """An aware datetime as an xsd:dateTimeStamp in UTC, to the second; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("the time has no zone")
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def is_absolute_iri(text: object) -> bool:
    """Whether this is a string with a scheme and none of the characters RFC 3987 keeps out of IRIs."""
    return isinstance(text, str) and iri_scheme(text) is not None


def iri_scheme(text: str) -> str | None:
    """The scheme of an absolute IRI as it is written, None for what `is_absolute_iri` refuses."""
    return _known_scheme(text) if len(text) <= _LONGEST_REMEMBERED else _scheme(text)


def _scheme(text: str) -> str | None:
    found = _ABSOLUTE_IRI.fullmatch(text)
    return found[1] if found is not None else None


_known_scheme = lru_cache(maxsize=4096)(_scheme)
"""The same few addresses are in all badges of an issuer."""
