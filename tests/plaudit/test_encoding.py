"""Base58, base64url and multibase: what is written is read back, and nothing else is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaudit.encoding import (
    base58_decode,
    base58_encode,
    base64url_decode,
    base64url_encode,
    multibase_decode,
    multibase_encode,
)
from plaudit.errors import KeyFormatError


@given(st.binary(max_size=96))
def test_bytes_come_back(data: bytes) -> None:
    assert base58_decode(base58_encode(data)) == data
    assert base64url_decode(base64url_encode(data)) == data
    assert multibase_decode(multibase_encode(data)) == data
    assert multibase_decode("u" + base64url_encode(data)) == data


# draft-msporny-base58, section 5
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (b"The quick brown fox jumps over the lazy dog.",
         "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    ],
)  # fmt: skip
def test_published_examples_of_base58(data: bytes, text: str) -> None:
    assert base58_encode(data) == text
    assert base58_decode(text) == data


@pytest.mark.parametrize(
    "text", ["z0", "zO", "zI", "zl", "z ", "", "m", "f00", "u=", "u+/", "uA", "z" * 1026, None, 7]
)
def test_what_is_no_multibase_is_refused(text: object) -> None:
    with pytest.raises(KeyFormatError):
        multibase_decode(text)


DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def by_long_division(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = DIGITS[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


@given(st.binary(max_size=300))
def test_base58_is_that_of_long_division(data: bytes) -> None:
    assert base58_encode(data) == by_long_division(data)


@pytest.mark.parametrize("power", range(100))
def test_base58_around_every_power_of_58(power: int) -> None:
    for number in (58**power - 1, 58**power, 58**power + 1, 57 * 58**power, 29 * 58**power - 1):
        data = number.to_bytes((number.bit_length() + 7) // 8)
        assert base58_encode(data) == by_long_division(data)
