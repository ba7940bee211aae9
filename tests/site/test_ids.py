"""Public identifiers: what they are drawn from, and the order of those that have one."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from plaudit_site import ids


def test_every_sign_is_as_likely_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 256 equally likely bytes eight become each of the 32 signs: 5 bits a sign, 130 an identifier."""
    every_byte = iter(bytes(range(256)))
    monkeypatch.setattr("os.urandom", lambda count: bytes(next(every_byte) for _ in range(count)))
    signs = Counter(ids.random_signs(256))
    assert signs == dict.fromkeys(ids.ALPHABET, 8)
    assert len(ids.ALPHABET) == 32
    assert ids.LENGTH * 5 >= 128


def test_an_identifier_asks_the_system_for_each_of_its_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def urandom(count: int) -> bytes:
        asked.append(count)
        return bytes(count)

    monkeypatch.setattr("os.urandom", urandom)
    ids.new_id()
    ids.new_id_in_order()
    assert asked == [26, 16]  # 130 bits; a moment and 80 bits


def test_identifiers_fit_in_addresses_and_differ() -> None:
    made = [make() for make in (ids.new_id, ids.new_id_in_order) for _ in range(1000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(ids.IdConverter.regex, one) for one in made)


def test_those_in_order_tell_when_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """J46: mails in the order in which they were queued, whatever their random part; the form of earlier rows stays."""
    made = []
    for milliseconds in (1, 31, 32, 1_000_000_000_000, 1_764_000_000_000, 1_764_000_000_001, 2**48 - 1):
        monkeypatch.setattr("time.time", lambda at=milliseconds: at / 1000 + 0.0002)
        one = ids.new_id_in_order()
        assert one[: ids.TIME_LENGTH] == ids.encode(milliseconds.to_bytes(6) + bytes(10))[: ids.TIME_LENGTH]
        made.append(one)
    assert made == sorted(made)
