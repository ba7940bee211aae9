"""Reading strangers' JSON and dates: everything the standard library lets pass and a signature must not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit import reading
from plaudit.errors import TooLargeError, UnreadableError
from plaudit.reading import (
    MAX_JSON_BYTES,
    MAX_JSON_DEPTH,
    format_date_time,
    is_absolute_iri,
    parse_date_time,
    parse_json,
    parse_json_object,
)

REFUSED = {
    "nothing": b"",
    "a web page": b"<html>",
    "two texts": b"{} {}",
    "a member twice": b'{"a":1,"a":1}',
    "a member twice, deeper": b'[{"a":{"b":1,"b":2}}]',
    "the same name in two spellings": b'{"a":1,"\\u0061":2}',
    "NaN": b"[NaN]",
    "Infinity": b"[-Infinity]",
    "a number beyond a double": b"[1e999]",
    "an integer beyond a double": b"[" + b"9" * 500 + b"]",
    "half a surrogate pair": b'["\\ud800"]',
    "half a surrogate pair in a name": b'{"\\udfff":1}',
    "bytes that are no UTF-8": b'["\xff"]',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a trailing comma": b"[1,]",
    "a comment": b"[1] // one",
    "a control character in a string": b'["\n"]',
    "a mebibyte of brackets": b"[" * MAX_JSON_BYTES,
    "one level too deep": b"[" * (MAX_JSON_DEPTH + 1) + b"]" * (MAX_JSON_DEPTH + 1),
    "too long": b'"' + b"a" * MAX_JSON_BYTES + b'"',
    "five megabytes of small values": b"[" + b"1," * 2_000_000 + b"1]",
    "five megabytes of empty objects": b"[" + b"{}," * 1_500_000 + b"{}]",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_text_that_could_mean_two_things_is_refused(text: bytes) -> None:
    with pytest.raises(UnreadableError):
        parse_json(text)


@pytest.mark.parametrize(
    "name", ["too long", "five megabytes of small values", "five megabytes of empty objects"]
)
def test_what_is_too_large_is_told_from_what_is_no_json(name: str) -> None:
    text = REFUSED[name]
    for given_as in (text, text.decode()):
        with pytest.raises(TooLargeError):
            parse_json(given_as)
    with pytest.raises(UnreadableError) as refused:
        parse_json(b"{" * 90)
    assert not isinstance(refused.value, TooLargeError)


def test_five_megabytes_are_read_where_most_of_them_are_one_value() -> None:
    picture = "A" * (MAX_JSON_BYTES - 100)
    assert parse_json(json.dumps({"image": picture, "more": [1, 2]}).encode())["image"] == picture


def test_what_is_json_is_read() -> None:
    assert parse_json(b'{"a":[1,-0.5,true,null,"\\ud83d\\ude00","\\u0000"]}') == {
        "a": [1, -0.5, True, None, "\U0001f600", "\0"]
    }
    assert parse_json("\ufeff[]".encode()) == []
    assert parse_json(b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH)
    assert parse_json(b"[1.5, 12345678901234567890]") == [1.5, 12345678901234567890]


MEMBERS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([2**53, -(2**63), 2**64, -0.0, 1e22]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=3), inside, max_size=4),
    max_leaves=12,
)


def outcome(data: bytes) -> str:
    """What comes of reading it, with types, order and signs told apart."""
    try:
        return repr(parse_json(data))
    except UnreadableError as refusal:
        return f"refused: {refusal}"


def both_ways(data: bytes) -> tuple[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_quick", lambda: None)
        slow = outcome(data)
    return outcome(data), slow


@given(
    st.dictionaries(st.text(max_size=3), MEMBERS, max_size=4),
    st.sampled_from([(",", ":"), (", ", ": ")]),
    st.booleans(),
)
def test_the_quick_road_reads_what_the_slow_one_reads(
    document: dict[str, Any], separators: tuple[str, str], ascii_only: bool
) -> None:
    text = json.dumps(document, separators=separators, ensure_ascii=ascii_only)
    quick, slow = both_ways(text.encode("utf-8", "surrogatepass"))
    assert quick == slow


@given(
    st.lists(st.sampled_from([*b'{}[]:,"ab019.-+eE\\u\x00 ', 0xEF, 0xBB, 0xBF, 0xED, 0xA0, 0x80])).map(bytes)
)
def test_the_quick_road_reads_no_bytes_otherwise(inside: bytes) -> None:
    for data in (inside, b'{"a":' + inside + b"}", b'{"a":1,"' + inside + b'":2}'):
        quick, slow = both_ways(data)
        assert quick == slow


@pytest.mark.parametrize(
    "text", [b'{"a":1,"a":1}', b'{"a":{"b":1,"b":1}}', b'{"a":1e400}', b'{"a":18446744073709551616}']
)
def test_what_the_quick_road_would_lose_is_judged_by_the_slow_one(text: bytes) -> None:
    assert reading._read_quickly(text) is None
    assert reading._read_quickly(b'{"a":{"b":1}}') == {"a": {"b": 1}}


def test_an_object_is_an_object() -> None:
    with pytest.raises(UnreadableError, match="an array, not an object"):
        parse_json_object(b"[]")


GOOD_TIMES = {
    "2026-11-22T12:00:00Z": datetime(2026, 11, 22, 12, tzinfo=UTC),
    "2026-11-22T12:00:00+01:00": datetime(2026, 11, 22, 11, tzinfo=UTC),
    "2026-11-22T12:00:00.5-14:00": datetime(2026, 11, 23, 2, 0, 0, 500_000, tzinfo=UTC),
    "2026-11-22T12:00:00.123456789Z": datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=UTC),
    "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
}
BAD_TIMES = [
    "2026-11-22", "2026-11-22T12:00:00", "2026-11-22T12:00Z", "2026-11-22 12:00:00Z", "2026-11-22T12:00:00z",
    "2026-11-22t12:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T12:00:60Z",
    "2026-11-22T12:00:00+1:00", "2026-11-22T12:00:00+15:00", "2026-11-22T12:00:00+00:60", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "-2026-11-22T12:00:00Z", "12026-11-22T12:00:00Z",
    "２０２６-11-22T12:00:00Z", "2026-11-22T12:00:00Z\n", " 2026-11-22T12:00:00Z", "2026-11-22T12:00:00.Z", "", 0, None,
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD_TIMES)
def test_a_date_with_time_and_zone_is_read(text: str) -> None:
    assert parse_date_time(text) == GOOD_TIMES[text]


@pytest.mark.parametrize("text", BAD_TIMES)
def test_anything_else_is_no_date(text: object) -> None:
    assert parse_date_time(text) is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_come_back_to_the_second(at: datetime) -> None:
    assert parse_date_time(format_date_time(at)) == at.replace(microsecond=0)


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="no zone"):
        format_date_time(datetime(2026, 1, 1))  # noqa: DTZ001 -- that is the point


@pytest.mark.parametrize(
    "text", ["https://a.example/", "urn:uuid:1", "did:web:a", "a:b", "https://ä.example/☃"]
)
def test_an_absolute_iri(text: str) -> None:
    assert is_absolute_iri(text)


@pytest.mark.parametrize(
    "text", ["", "a", "/a", "1:b", "a:", "_:b0", "a b:c", "https://a b", "https://a/<b>", "x:\n", 7]
)
def test_no_absolute_iri(text: object) -> None:
    assert not is_absolute_iri(text)
