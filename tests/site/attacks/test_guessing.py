"""Addresses that nobody can guess are not guessed at full speed either (ADR 0064)."""

from __future__ import annotations

import pytest
from django.test import Client

from plaudit_site.accounts import throttling
from plaudit_site.accounts.throttling import MOST_MISSES, Misses
from plaudit_site.awards import invitations
from tests.people import World

pytestmark = pytest.mark.django_db

STRANGER, OTHER = "203.0.113.7", "203.0.113.8"
NOTHING = "0123456789abcdefghjkmnpqrs"
KINDS = (
    f"/claim/{NOTHING}", f"/u/{NOTHING}", f"/c/{NOTHING}", f"/shown/{NOTHING}", f"/verify/{NOTHING}",
    f"/embed/{NOTHING}",
    f"/i/nobody/c/{NOTHING}", f"/status/{NOTHING}", f"/b/{NOTHING}/v1.png",
)  # fmt: skip


def guess(client: Client, paths: tuple[str, ...], *, number: int = MOST_MISSES) -> None:
    for at in range(number):
        assert client.get(paths[at % len(paths)]).status_code == 404


def test_after_many_misses_hit_and_miss_are_the_same_429_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [61.0]
    monkeypatch.setattr(throttling, "now", lambda: now[0])
    path = f"/claim/{invitations.token(world.award())}"
    client = Client(REMOTE_ADDR=STRANGER)
    guess(client, KINDS)
    for one in (path, *KINDS):
        answer = client.get(one)
        assert (answer.status_code, answer["Retry-After"]) == (429, "59"), one
        assert "Too many tries" in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
    assert client.post(path, {"visibility": "link"}).status_code == 429
    for free in ("/", "/verify/", "/help/", f"/i/{world.issuer.slug}/"):
        assert client.get(free).status_code == 200, "what anybody can guess is answered"
    assert Client(REMOTE_ADDR=OTHER).get(path).status_code == 200, "somebody else is not held up"
    now[0] = 121.0
    assert client.get(path).status_code == 200


def test_hits_never_count_and_neither_does_what_nobody_has_to_guess(world: World) -> None:
    path = f"/claim/{invitations.token(world.award())}"
    client = Client(REMOTE_ADDR=STRANGER)
    guess(client, KINDS, number=MOST_MISSES - 1)
    for _ in range(5):
        assert client.get(path).status_code == 200
        assert client.get("/i/nobody-at-all/").status_code == 404
        assert client.get("/wp-login.php").status_code == 404
    assert client.get(path).status_code == 200
    guess(client, KINDS, number=1)
    assert client.get(path).status_code == 429, "the control: one miss more"


def test_who_is_counted() -> None:
    assert throttling.network_of("203.0.113.7") == throttling.network_of("::ffff:203.0.113.7") == STRANGER
    assert throttling.network_of("2001:db8:1:2::a") == throttling.network_of("2001:db8:1:2:ffff::b")
    assert throttling.network_of("2001:db8:1:2::a") != throttling.network_of("2001:db8:1:3::a")
    for nobody in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "", "unknown"):
        assert throttling.network_of(nobody) == ""


def test_the_count_is_bounded_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "MOST_CLIENTS", 2)
    now = [0.0]
    monkeypatch.setattr(throttling, "now", lambda: now[0])
    misses = Misses()
    for client in ("a", "b", "c", ""):
        for _ in range(MOST_MISSES):
            misses.note(client)
    assert [misses.wait(client) for client in ("a", "b", "c", "")] == [60, 60, 0, 0]
    assert len(misses._counted) == 2
    now[0] = 60.0
    assert misses.wait("a") == 0
    assert misses.is_idle()
