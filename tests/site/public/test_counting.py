"""Views are counted by channel, as numbers and nothing else (SECURITY E10); counting costs the page nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plaudit_site.accounts.models import User
from plaudit_site.awards import counting, keeping, sharing
from plaudit_site.awards.models import Award, ViewCount
from plaudit_site.public import codes
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Never(threading.Timer):
    """Tests write by hand."""

    def start(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    counting._noted.clear()
    monkeypatch.setattr(counting, "_timer", None)
    monkeypatch.setattr(counting.threading, "Timer", Never)
    yield
    counting._noted.clear()
    counting._timer = None


def path_of(award: Award, **query: str) -> str:
    return f"/i/{award.issuer.slug}/c/{award.public_id}" + "".join(f"?{k}={v}" for k, v in query.items())


def look(client: Client, path: str, method: str = "get", agent: str = PERSON, **headers: str) -> None:
    answer = getattr(client, method)(path, headers={"User-Agent": agent, **headers})
    assert answer.status_code == 200


def counted(award: Award) -> dict[str, int]:
    counting.write()
    return dict(ViewCount.objects.filter(award=award).values_list("channel", "views"))


@pytest.mark.journey("J29", "J30")
def test_views_are_shown_in_manage_by_the_channel_they_came_from(award: Award, eve: User) -> None:
    client = Client()
    for channel, times in (("li", 3), ("wa", 1), ("nonsense", 1), ("", 2)):
        for _ in range(times):
            look(client, path_of(award, **({"via": channel} if channel else {})))
    assert counted(award) == {"li": 3, "wa": 1, "": 3}
    look(client, path_of(award, via="li"))
    assert counted(award)["li"] == 4
    page = signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode()
    assert "LinkedIn 4" in page
    assert "WhatsApp 1" in page
    assert "?via=li" in page or "%3Fvia%3Dli" in page
    assert "via" not in client.get(path_of(award, via="li")).content.decode().split("</head>")[0], "canonical"


@pytest.mark.journey("J30")
def test_codes_and_frames_tell_their_channel_too(award: Award, eve: User, settings: Any) -> None:
    """Of a printed certificate, and of a page that shows the badge."""
    client, permanent = Client(), f"/c/{award.public_id}"
    address = f"{settings.BASE_URL}{permanent}?via=qr"
    assert client.get(f"{permanent}/qr.svg").content == codes.qr(address)
    followed = client.get(f"{permanent}?via=qr", headers={"Accept": "text/html"})
    assert followed["Location"] == path_of(award, via="qr")
    assert client.get(f"{permanent}?via=%22x", headers={"Accept": "text/html"})["Location"] == path_of(award)
    look(client, followed["Location"])
    (link,) = re.findall(
        r'<a class="btn sm" href="([^"]+)"', client.get(f"/embed/{award.public_id}").content.decode()
    )
    look(client, link.removeprefix(settings.BASE_URL))
    assert counted(award) == {"qr": 1, "web": 1}
    page = signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode()
    assert "QR code 1" in page
    assert "Web page 1" in page
    settings.COUNT_VIEWS = False
    assert client.get(f"{permanent}/qr.svg").content == codes.qr(f"{settings.BASE_URL}{permanent}")
    assert "via=" not in client.get(f"/embed/{award.public_id}").content.decode()


def test_programs_heads_owners_and_second_looks_are_not_counted(award: Award, eve: User) -> None:
    client = Client()
    for agent in (
        "",
        "Googlebot/2.1",
        "LinkedInBot/1.0",
        "facebookexternalhit/1.1",
        "curl/8",
        "python-requests/2",
    ):
        look(client, path_of(award), agent=agent)
    look(client, path_of(award), "head")
    look(client, path_of(award, fresh="1"))
    look(client, path_of(award), **{"Sec-Purpose": "prefetch;prerender"})
    look(signed_in(eve), path_of(award))
    assert client.get(f"/c/{award.public_id}.json", headers={"User-Agent": PERSON}).status_code == 200
    keeping.set_visibility(award, eve, "only_me")
    assert client.get(path_of(award), headers={"User-Agent": PERSON}).status_code == 404
    assert counted(award) == {}


def test_a_view_asks_the_database_nothing_more(award: Award, settings: Any) -> None:
    client = Client()
    look(client, path_of(award))
    with CaptureQueriesContext(connection) as counted_ones:
        look(client, path_of(award))
    settings.COUNT_VIEWS = False
    with CaptureQueriesContext(connection) as uncounted:
        look(client, path_of(award))
    assert len(counted_ones) == len(uncounted)
    for _ in range(200):
        counting.note(award.pk, "li")
    settings.COUNT_VIEWS = True
    for _ in range(200):
        counting.note(award.pk, "li")
    with CaptureQueriesContext(connection) as written:
        assert counting.write() == 202
    assert len(written) <= 12, "however many views, some statements for each channel"


def test_the_table_holds_numbers_alone(award: Award) -> None:
    """E10: no address, no agent, no time."""
    look(Client(), path_of(award), **{"X-Forwarded-For": "203.0.113.9"})
    counting.write()
    fields = {field.name for field in ViewCount._meta.get_fields()}
    assert fields == {"id", "award", "channel", "views"}
    assert not Client().get(path_of(award), headers={"User-Agent": PERSON}).cookies


def test_earner_and_operator_switch_it_off(award: Award, eve: User, settings: Any) -> None:
    client = signed_in(eve)
    look(Client(), path_of(award))
    assert counted(award) == {"": 1}
    assert "Stop counting" in client.get("/account").content.decode()
    client.post("/account/counting", {"count": "off"})
    assert counted(award) == {}, "and what was counted is forgotten"
    look(Client(), path_of(award))
    assert counted(award) == {}
    client.post("/account/counting", {"count": "on"})
    look(Client(), path_of(award))
    assert counted(award) == {"": 1}
    settings.COUNT_VIEWS = False
    look(Client(), path_of(award))
    assert counted(award) == {"": 1}
    assert "Stop counting" not in client.get("/account").content.decode()
    assert "via" not in sharing.channels(award)[1].url


def test_two_processes_that_count_at_once_lose_nothing(award: Award) -> None:
    """The row is made by one of them; the other adds to it."""
    ViewCount.objects.create(award=award, channel="li", views=5)
    counting.note(award.pk, "li")
    assert counted(award) == {"li": 6}


def test_memory_is_not_filled_by_addresses(award: Award, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_NOTED", 1)
    for channel in ("li", "fb", "li"):
        counting.note(award.pk, channel)
    assert counted(award) == {"li": 2}
