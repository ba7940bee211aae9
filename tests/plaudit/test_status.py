"""Status lists: bits that come back, limits on what unpacks, and an order nobody can guess."""

import gzip
import itertools
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plaudit.encoding import base64url_encode
from plaudit.errors import UnreadableError
from plaudit.status import (
    MAX_LIST_BYTES,
    MIN_ENTRIES,
    StatusBits,
    permute,
    status_entry,
    status_list_credential,
)
from tests.plaudit.samples import AT, ISSUER, LIST


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, MIN_ENTRIES - 1), max_size=50))
def test_bits_come_back(indices: set[int]) -> None:
    bits = StatusBits.decode(StatusBits.of(indices).encode())
    assert bits.size == MIN_ENTRIES
    assert {index for index in range(MIN_ENTRIES) if bits.get(index)} == indices


def test_bit_0_is_the_leftmost() -> None:
    assert StatusBits.of([0]).data[0] == 0x80
    assert StatusBits.of([7]).data[0] == 0x01
    assert StatusBits.of([8]).data[:2] == b"\x00\x80"


def test_a_bit_can_be_cleared_again() -> None:
    bits = StatusBits.of([5, 6])
    bits.set(5, False)
    assert (bits.get(5), bits.get(6)) == (False, True)


def test_the_same_bits_are_the_same_text() -> None:
    assert StatusBits.of([3, 1]).encode() == StatusBits.of([1, 3]).encode()


def test_an_index_outside_is_an_error() -> None:
    for index in (-1, MIN_ENTRIES):
        with pytest.raises(IndexError):
            StatusBits.empty().get(index)
        with pytest.raises(IndexError):
            StatusBits.empty().set(index)


@pytest.mark.parametrize("size", [0, MIN_ENTRIES - 8, MIN_ENTRIES + 1, MAX_LIST_BYTES * 8 + 8])
def test_a_list_of_another_size_is_not_made(size: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        StatusBits.empty(size)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(bytes(1024 * 1024)) for _ in range(64)) + bomb.flush()
    with pytest.raises(UnreadableError, match="unpacks to more"):
        StatusBits.decode("u" + base64url_encode(packed))


GOOD = StatusBits.empty().encode()


@pytest.mark.parametrize(
    "text", ["", "z" + GOOD[1:], GOOD[1:], "u", "u!", GOOD[:-8], "uAAAA", None, 7, [GOOD]]
)
def test_what_is_no_list_is_refused(text: object) -> None:
    with pytest.raises(UnreadableError):
        StatusBits.decode(text)


def test_padding_of_other_writers_is_read() -> None:
    packed = gzip.compress(bytes(MIN_ENTRIES // 8))
    assert StatusBits.decode("u" + base64url_encode(packed) + "=").size == MIN_ENTRIES


def test_the_credential_and_its_entry_fit_together() -> None:
    document = status_list_credential(LIST, ISSUER, "revocation", StatusBits.empty(), AT)
    assert document["validFrom"] == "2026-11-22T12:00:00Z"
    assert document["validUntil"] == "2026-12-22T12:00:00Z"
    assert document["credentialSubject"]["ttl"] == 300_000
    entry = status_entry(LIST, "revocation", 7)
    assert entry["statusListCredential"] == document["id"]
    assert entry["id"] != document["id"]
    assert entry["statusListIndex"] == "7"
    with pytest.raises(ValueError, match="not negative"):
        status_entry(LIST, "revocation", -1)


KEY = bytes(range(32))


@pytest.mark.parametrize("size", [1, 2, 3, 10, 64, 1000])
def test_a_permutation_meets_every_index_once(size: int) -> None:
    assert sorted(permute(number, KEY, size) for number in range(size)) == list(range(size))


def test_indices_of_a_real_list_do_not_collide_and_have_no_order() -> None:
    found = [permute(number, KEY) for number in range(2000)]
    assert len(set(found)) == 2000
    assert all(0 <= index < MIN_ENTRIES for index in found)
    rising = sum(a < b for a, b in itertools.pairwise(found))
    assert 850 < rising < 1150
    # Chi-square over sixteen parts of the list: 15 degrees of freedom, 0.1 % lies above 37.7.
    parts = [sum(index * 16 // MIN_ENTRIES == part for index in found) for part in range(16)]
    assert sum((count - 125) ** 2 / 125 for count in parts) < 37.7


def test_another_key_is_another_order() -> None:
    assert [permute(n, KEY) for n in range(9)] != [permute(n, KEY[::-1]) for n in range(9)]
    assert permute(5, KEY) == permute(5, KEY)


def test_a_permutation_refuses_what_it_cannot_do() -> None:
    for number in (-1, MIN_ENTRIES):
        with pytest.raises(ValueError, match="outside"):
            permute(number, KEY)
    with pytest.raises(ValueError, match="16 bytes"):
        permute(1, b"short")
