"""“Verify a badge” over HTTP: any badge, any container, what is green and what is not, what is never shown (J42)."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import FetchError, MappedFetch, WebFetch
from plaudit.reading import MAX_JSON_BYTES
from plaudit_site.awards import claiming, revoking
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack import keeping, verifying
from plaudit_site.backpack.models import Result
from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Issuer
from tests.people import EVE, World, run_worker
from tests.plaudit import samples
from tests.plaudit.test_large import large
from tests.site.conftest import signed_in
from tests.vectors.containers import itxt, picture

pytestmark = pytest.mark.django_db
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FOREIGN_NAME = json.loads(samples.web()[samples.ISSUER_DOCUMENT]) and samples.credential()["issuer"]["name"]


@pytest.fixture
def accepted(world: World) -> Award:
    award = world.award()
    claiming.accept_with_new_account(award, visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    return award


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The web of another issuer, in memory, instead of the network."""
    web = dict(samples.web())
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(web))
    return web


def content(award: Award) -> bytes:
    assert award.credential is not None
    return bytes(award.credential.content)


def give(client: Client, given: bytes | str, name: str = "badge.json") -> str:
    """Post it as a file or as a text, and read the page that the press leads to."""
    data = {"file": SimpleUploadedFile(name, given)} if isinstance(given, bytes) else {"text": given}
    answer = client.post("/verify/", data)
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "noindex" in page["X-Robots-Tag"]
    return page.content.decode()


@pytest.mark.journey("J42")
def test_our_badge_is_green_as_file_picture_drawing_text_and_address(client: Client, accepted: Award) -> None:
    files = {
        ending: client.get(f"/c/{accepted.public_id}.{ending}").content for ending in ("json", "png", "svg")
    }
    pages = [give(client, data, f"badge.{ending}") for ending, data in files.items()]
    pages.append(give(client, files["json"].decode()))
    for path in (f"/c/{accepted.public_id}", f"/i/{accepted.issuer.slug}/c/{accepted.public_id}"):
        pages.append(give(client, f"{settings.BASE_URL}{path}"))
    for page in pages:
        assert "This badge is authentic" in page
        assert 'class="verdict ok"' in page
        assert accepted.version.title in page
        assert f"/c/{accepted.public_id}" in page


@pytest.mark.journey("J42")
def test_a_badge_of_an_issuer_nobody_here_knows_is_amber_and_says_what_it_calls_itself(
    client: Client, elsewhere: dict[str, bytes]
) -> None:
    signed = plaudit.issue(samples.credential(), samples.GUILD, timezone.now() - timedelta(days=1))
    page = give(client, signed)
    assert 'class="verdict warn"' in page
    assert "do not know its issuer" in page
    assert "calls itself" in page
    assert FOREIGN_NAME in page
    assert 'class="verdict ok"' not in page
    token = plaudit.issue_jwt(samples.credential(), samples.GUILD, timezone.now() - timedelta(days=1))
    assert 'class="verdict warn"' in give(client, token)


@pytest.mark.journey("J42")
def test_a_badge_whose_issuer_has_closed_its_list_says_of_which_day_that_is(
    client: Client, elsewhere: dict[str, bytes]
) -> None:
    """As a static copy leaves it, and as the check in one's own browser says it."""
    document = json.loads(elsewhere[samples.LIST])
    for name in ("proof", "validUntil"):
        del document[name]
    document["description"] = "The last state of this list, frozen on 2026-11-20."
    elsewhere[samples.LIST] = plaudit.issue(document, samples.GUILD, timezone.now() - timedelta(days=1))
    signed = plaudit.issue(samples.credential(), samples.GUILD, timezone.now() - timedelta(days=1))
    page = give(client, signed)
    assert "Whether it was revoked is known as of 20 Nov 2026" in page
    assert "Not revoked, as of 20 Nov 2026" in page
    assert "This list is the issuer’s last one. What was revoked later is not in it." in page
    told = client.post("/api/v1/verify", data=signed, content_type="application/json").json()
    assert [check["as_of"] for check in told["checks"] if check["id"] == "status"] == ["2026-11-20"]
    assert told["state"] == "genuine"


def test_an_issuer_of_ours_that_nobody_approved_is_not_green(client: Client, accepted: Award) -> None:
    Issuer.objects.filter(pk=accepted.issuer_id).update(standing=Issuer.Standing.PENDING)
    page = give(client, content(accepted))
    assert 'class="verdict warn"' in page
    assert 'class="verdict ok"' not in page


@pytest.mark.journey("J42")
def test_one_changed_letter_is_red_and_nothing_of_the_content_is_shown(
    client: Client, accepted: Award
) -> None:
    title = accepted.version.title
    forged = content(accepted).replace(title.encode(), b"Doctor of Everything")
    assert forged != content(accepted)
    page = give(client, forged)
    assert 'class="verdict bad"' in page
    for word in ("Doctor of Everything", title, accepted.issuer.name):
        assert word not in page
    stored = Result.objects.latest("pk").report
    assert stored["credential"] is None


def test_a_revoked_badge_says_so_and_is_not_green(client: Client, world: World, accepted: Award) -> None:
    revoking.revoke(accepted, reason="A mistake", by=world.ben)
    run_worker()
    page = give(client, content(accepted))
    assert "This badge was revoked" in page
    assert 'class="verdict ok"' not in page


def test_out_of_date_and_not_valid_yet(client: Client, elsewhere: dict[str, bytes]) -> None:
    at = timezone.now()
    ended = samples.credential(validUntil="2026-01-02T00:00:00Z", validFrom="2026-01-01T00:00:00Z")
    assert "out of date" in give(client, plaudit.issue(ended, samples.GUILD, at))
    early = samples.credential(validUntil="2091-01-02T00:00:00Z", validFrom="2090-01-01T00:00:00Z")
    assert "not valid yet" in give(client, plaudit.issue(early, samples.GUILD, at))


def test_what_cannot_be_reached_is_grey_and_never_passed(client: Client, elsewhere: dict[str, bytes]) -> None:
    signed = plaudit.issue(samples.credential(), samples.GUILD, timezone.now() - timedelta(days=1))
    del elsewhere[samples.LIST]
    page = give(client, signed)
    assert 'class="verdict grey"' in page
    assert "Whether it was revoked could not be checked" in page
    assert 'class="verdict ok"' not in page
    elsewhere.clear()
    page = give(client, signed)
    assert 'class="verdict grey"' in page
    assert FOREIGN_NAME not in page


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (PNG, "screenshot.png", "no proof inside this picture"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 64, "badge.jpg", "This is only a picture"),
        (b"%PDF-1.7\n", "certificate.pdf", "the code or the address that is printed on it"),
        (b"hello", "notes.txt", "There is no badge in this"),
        (b"{}", "a.json", "can’t be trusted"),
    ],
)
@pytest.mark.journey("J42")
def test_what_holds_no_badge_is_recognised_and_explained(
    client: Client, data: bytes, name: str, said: str
) -> None:
    page = give(client, data, name)
    assert said in page
    assert 'class="verdict ok"' not in page


def test_a_private_badge_has_no_address_to_check(client: Client, world: World) -> None:
    award = world.award()
    page = give(client, f"{settings.BASE_URL}/c/{award.public_id}")
    unknown = give(client, f"{settings.BASE_URL}/c/{'0' * 26}")
    assert award.version.title not in page
    assert 'class="verdict grey"' in page
    assert 'class="verdict grey"' in unknown


def test_the_site_never_asks_itself_over_the_network(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(url: str, accept: str) -> Any:
        raise AssertionError(url)

    monkeypatch.setattr(verifying, "WebFetch", lambda: never)
    give(client, f"{settings.BASE_URL}/health")
    give(client, f"{settings.BASE_URL}/c/{'0' * 26}?x=1#y")


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/x", "https://[::1]/", "https://10.0.0.1/", "http://169.254.169.254/"]
)
def test_addresses_inside_are_not_read(client: Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = address.split("/")[2].strip("[]")
    monkeypatch.setattr(verifying, "WebFetch", lambda: WebFetch(resolve=lambda host, port: [inside]))
    page = give(client, address)
    assert 'class="verdict grey"' in page
    assert "the host is not on the public internet" in page or "only https addresses" in page


def test_markup_in_a_badge_stays_text_and_scripts_are_no_links(
    client: Client, elsewhere: dict[str, bytes]
) -> None:
    nasty = samples.credential()
    achievement = nasty["credentialSubject"]["achievement"]
    achievement["name"] = "<script>alert(1)</script>"
    achievement["criteria"] = {"narrative": "[x](javascript:alert(1)) <img src=x onerror=alert(1)>"}
    nasty["issuer"]["url"] = "javascript:alert(2)"
    page = give(client, plaudit.issue(nasty, samples.GUILD, timezone.now() - timedelta(days=1)))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img src=x" not in page


def test_a_badge_of_more_than_a_megabyte_is_one_and_what_is_too_large_is_told_as_that(
    client: Client, elsewhere: dict[str, bytes]
) -> None:
    """“Up to 5 MB” is true of a text with its picture inside, too (J42)."""
    page = give(client, large())
    assert "This badge is genuine" in page
    bomb = picture(itxt(samples.signed()[:-1] + b" " * MAX_JSON_BYTES + b"}", packed=True))
    page = give(client, bomb, "badge.png")
    for words in (
        "We could not check everything</h2>",
        "It is too large to be checked here",
        "most of it a picture",
    ):
        assert words in page
    assert "no badge" not in page
    told = client.post("/api/v1/verify", data=bomb, content_type="image/png").json()
    assert told["state"] == "unknown"


def test_what_to_do_next_stands_under_the_badge_that_it_is_about(
    client: Client, elsewhere: dict[str, bytes]
) -> None:
    page = give(
        client, plaudit.bake(plaudit.bake(samples.png(), samples.signed()), "{}", version=2), "two.png"
    )
    assert "Two badges in one picture" in page
    assert page.count('<p class="next">') == 1


@pytest.mark.parametrize("kind", ["application/zip", "application/octet-stream", "application/json"])
def test_the_api_knows_an_archive_by_how_it_begins(client: Client, accepted: Award, kind: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("badge.json", content(accepted))
    told = client.post("/api/v1/verify", data=packed.getvalue(), content_type=kind).json()
    assert (told["state"], [one["name"] for one in told["files"]]) == ("authentic", ["badge.json"])


def test_checks_are_counted_by_network(site: object) -> None:
    """Whoever has one IPv6 address has 2^64 of them."""
    assert all(verifying.may_check(f"2001:db8:1:1::{n:x}") for n in range(verifying.CHECKS))
    assert not verifying.may_check("2001:db8:1:1:ffff::1")
    assert verifying.may_check("2001:db8:1:2::1")
    assert verifying.may_check("192.0.2.1")
    assert verifying.may_check("192.0.2.2")


def test_nothing_of_the_query_is_a_verdict(client: Client) -> None:
    page = client.get("/verify/?valid=1&name=<b>x</b>&address=%22%3E%3Cb%3Ehello").content.decode()
    assert "<b>hello" not in page
    assert "authentic" not in page


def test_two_badges_in_one_picture_are_two_answers_and_the_worse_one_counts(
    client: Client, accepted: Award, elsewhere: dict[str, bytes]
) -> None:
    good = content(accepted)
    forged = good.replace(accepted.version.title.encode(), b"Doctor of Everything")
    report = verifying.verify(good, timezone.now())
    bad = verifying.verify(forged, timezone.now())
    assert verifying.state_of(report) is verifying.State.AUTHENTIC
    assert verifying.state_of(report | {"beside": bad, "verified": False}) is verifying.State.INVALID
    assert verifying.state_of(bad | {"beside": report}) is verifying.State.INVALID


def test_only_two_checks_ask_other_servers_at_once(
    client: Client, elsewhere: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Barrier(3), threading.Event()

    def slow(url: str, accept: str) -> Any:
        inside.wait(10)
        go_on.wait(10)
        raise FetchError(url, "gone")

    monkeypatch.setattr(verifying, "WebFetch", lambda: slow)
    threads = [
        threading.Thread(target=verifying.verify, args=(f"https://slow{number}.example/", timezone.now()))
        for number in range(verifying.MOST_REMOTE)
    ]
    for thread in threads:
        thread.start()
    inside.wait(10)
    answer = client.post("/verify/", {"text": "https://third.example/badge"})
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "https://third.example/badge" in answer.content.decode(), "what was typed is lost"
    go_on.set()
    for thread in threads:
        thread.join(10)
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch({}))
    assert client.post("/verify/", {"text": "https://third.example/badge"}).status_code == 302


def test_empty_and_too_large_are_said_with_what_was_typed_kept(client: Client) -> None:
    empty = client.post("/verify/", {"text": " "})
    assert empty.status_code == 400
    assert "Choose a file" in empty.content.decode()
    large = client.post("/verify/", {"file": SimpleUploadedFile("a.png", b"x" * (verifying.MOST_BYTES + 1))})
    assert large.status_code == 413
    assert "more than 5 MB" in large.content.decode()
    assert not Result.objects.exists()


def test_visitors_are_held_to_thirty_checks_in_ten_minutes(client: Client, site: object) -> None:
    codes = [client.post("/verify/", {"text": "{}"}).status_code for _ in range(31)]
    assert codes == [302] * 30 + [429]


def test_a_result_is_there_for_a_day_and_then_forgotten(client: Client, accepted: Award) -> None:
    page = give(client, content(accepted))
    result = Result.objects.latest("pk")
    assert f"{settings.BASE_URL}/verify/{result.public_id}" in page
    assert keeping.forget_some() == 0
    Result.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/verify/{result.public_id}").status_code == 404
    run_worker()
    assert not Result.objects.exists()


def test_no_address_of_a_person_is_kept_with_a_result(client: Client, accepted: Award) -> None:
    give(client, content(accepted))
    assert EVE not in json.dumps(Result.objects.latest("pk").report)


@pytest.mark.journey("J42", "J48")
def test_whom_this_site_suspended_is_not_told_as_unknown(client: Client, accepted: Award) -> None:
    """Genuine it is; and who checks it hears what the people here have decided, as on its certificate."""
    founding.suspend(accepted.issuer, by="ozz")
    page = give(client, content(accepted).decode())
    assert "This badge is genuine, but its issuer is suspended" in page
    assert "have suspended this issuer, and do not vouch for it" in page
    assert "only you can judge" not in page
    certificate = client.get(f"/i/{accepted.issuer.slug}/c/{accepted.public_id}").content.decode()
    assert "Plaudit suspended this issuer" in certificate


def test_the_page_needs_no_cookie(client: Client, accepted: Award) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get("/verify/").cookies.output() == ""
    assert strict.post("/verify/", {"text": content(accepted).decode()}).status_code == 302


# By program


@pytest.mark.journey("J42")
def test_the_api_gives_the_same_report_without_a_token(
    client: Client, accepted: Award, elsewhere: dict[str, bytes]
) -> None:
    address = f"{settings.BASE_URL}/c/{accepted.public_id}"
    for body, kind in (
        (content(accepted), "application/json"),
        (client.get(f"/c/{accepted.public_id}.png").content, "image/png"),
        (address.encode(), "text/plain"),
    ):
        told = Client().post("/api/v1/verify", data=body, content_type=kind)
        assert told.status_code == 200, told.content
        found = told.json()
        assert (found["state"], found["verified"]) == ("authentic", True)
        assert found["credential"]["id"] == address
    forged = content(accepted).replace(accepted.version.title.encode(), b"Doctor of Everything")
    bad = Client().post("/api/v1/verify", data=forged, content_type="application/json").json()
    assert (bad["state"], bad["verified"], bad["credential"]) == ("invalid", False, None)
    assert "Access-Control-Allow-Origin" not in told


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b"\xff", "text/plain", 400),
        (b"x" * (5 * 1024 * 1024 + 1), "image/png", 413),
        (b"{}", "application/json", 200),
    ],
)
def test_the_api_says_what_it_takes(
    client: Client, site: object, body: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/v1/verify", data=body, content_type=kind)
    assert answer.status_code == status
    if status != 200:
        assert answer["Content-Type"] == "application/problem+json"
    assert client.get("/api/v1/verify").status_code == 405


@pytest.mark.parametrize("path", ["/verify/", "/badges/add"])
def test_a_pasted_text_may_be_as_long_as_a_file(world: World, path: str) -> None:
    """Between 3 and 5 MB it had been a bare 413."""
    client = signed_in(world.ben)
    most = verifying.MOST_BYTES
    assert client.post(path, {"text": "{" + " " * (most - 2000) + "}"}).status_code == 302
    if path == "/verify/":
        longer = client.post(path, {"text": "{" + "x" * most})
        assert longer.status_code == 413
        assert "more than 5 MB" in longer.content.decode()
        assert "<form" in longer.content.decode()
