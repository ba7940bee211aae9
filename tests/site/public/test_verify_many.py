"""What people paste, archives with many badges, and issuers whose name looks like another one's (J42, A16)."""

from __future__ import annotations

import html
import io
import time
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch
from plaudit.fetch import Fetched
from plaudit_site.awards import claiming, revoking
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack import pasting, unpacking, verifying
from plaudit_site.ids import grouped
from plaudit_site.issuers.models import Issuer
from tests.people import World, run_worker
from tests.plaudit import samples
from tests.site.public.test_verify import PNG, accepted, content, elsewhere, give

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.journey("J42")]
__all__ = ["accepted", "elsewhere"]
YESTERDAY = timedelta(days=1)


def by_api(body: bytes, kind: str) -> dict[str, Any]:
    told = Client().post("/api/v1/verify", data=body, content_type=kind)
    assert told.status_code == 200, told.content
    return dict(told.json())


# What people paste

PASTED = {
    "the page": "{base}/i/{slug}/c/{id}",
    "with a channel": "{base}/i/{slug}/c/{id}?via=li",
    "with a mark": "{base}/c/{id}#main",
    "the permanent address": "{base}/c/{id}",
    "the picture": "{base}/c/{id}.png",
    "the drawing": "{base}/c/{id}.svg",
    "the paper": "{base}/c/{id}.pdf?paper=letter&download",
    "the file": "{base}/c/{id}.json",
    "the token": "{base}/c/{id}.jwt",
    "the older picture": "{base}/c/{id}.ob2.png",
    "the older file": "{base}/c/{id}.ob2.json",
    "the code": "{base}/c/{id}/qr.svg?via=qr",
    "the card": "{base}/c/{id}/card-0123456789ab.png",
    "the frame": "{base}/embed/{id}?theme=dark",
    "without a scheme": "{host}/c/{id}",
    "with another scheme": "https://{host}/c/{id}",
    "in large letters": "HTTP://{HOST}/c/{id}",
    "in angle brackets": " <{base}/c/{id}>\n",
    "the id": "{id}",
    "the id as it is printed": "{grouped}",
    "the id as somebody typed it": " {typed} ",
}


@pytest.mark.parametrize("how", PASTED)
def test_however_our_badge_is_named_it_is_found(client: Client, accepted: Award, how: str) -> None:
    Award.objects.filter(pk=accepted.pk).update(public_id="0h1jk" + accepted.public_id[5:])
    accepted.refresh_from_db()
    assert accepted.credential
    text = PASTED[how].format(
        base=settings.BASE_URL, host=settings.SITE_HOST, HOST=settings.SITE_HOST.upper(), slug=accepted.issuer.slug,
        id=accepted.public_id, grouped=grouped(accepted.public_id),
        typed=grouped(accepted.public_id).replace("-", " ").replace("0H1", "OhI"),
    )  # fmt: skip
    page = give(client, text)
    told = by_api(text.encode(), "text/plain")
    assert told["state"] == "authentic", told
    assert 'class="verdict ok"' in page
    assert accepted.version.title in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d0001", "only the name of a badge"),
        ("did:web:guild.example", "only the name of a badge"),
        ("hello", "There is no badge in this"),
        ("0" * 26, "There is nothing at this address"),
        ("{base}/s/{zero}", "There is nothing at this address"),
        ("{base}/badges", "This page is for whoever is signed in"),
    ],
)
def test_what_leads_to_no_badge_says_so(client: Client, site: object, text: str, words: str) -> None:
    asked = text.format(base=settings.BASE_URL, zero="0" * 26)
    page = html.unescape(give(client, asked))
    assert words in page
    assert 'class="verdict grey"' in page


def test_a_private_badge_is_found_by_none_of_its_addresses(client: Client, accepted: Award) -> None:
    """E3: the checker is no side door."""
    Award.objects.filter(pk=accepted.pk).update(visibility=Visibility.ONLY_ME)
    for pattern in PASTED.values():
        text = pattern.format(
            base=settings.BASE_URL, host=settings.SITE_HOST, HOST=settings.SITE_HOST.upper(),
            slug=accepted.issuer.slug, id=accepted.public_id, grouped=grouped(accepted.public_id),
            typed=grouped(accepted.public_id),
        )  # fmt: skip
        told = by_api(text.encode(), "text/plain")
        assert (told["credential"], told["verified"]) == (None, False), text
        cache.clear()


TEXTS = {
    "a file": ('{"id": "https://x.example/c/1"}', None),
    "a token": ("eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.AAAA", None),
    "an address of others": ("HTTPS://Guild.example/Badge?x=1", "https://Guild.example/Badge?x=1"),
    "without a scheme": ("guild.example/badge", "https://guild.example/badge"),
    "a sentence": ("see guild.example/badge please", None),
    "a file name": ("badge.json", None),
    "27 signs": ("0" * 27, None),
    "an id with a sign that none has": ("u" * 26, None),
    "nothing": ("  ", None),
    "another host that ends like ours": ("evil-{host}/c/x", None),
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_is_an_address_only_where_one_is_meant(what: str, settings: Any) -> None:
    text, address = TEXTS[what]
    if what == "an id with a sign that none has":
        assert pasting.meant(text).endswith(f"/c/{'u' * 26}"), "and nothing stands there"
        return
    assert pasting.meant(text.replace("{host}", settings.SITE_HOST)) == (
        address or text.replace("{host}", settings.SITE_HOST)
    )


def test_the_page_of_another_site_leads_to_its_file(
    client: Client, site: object, elsewhere: dict[str, Any]
) -> None:
    page = "https://badges.guild.example/i/guild/c/1"
    elsewhere[page] = Fetched(
        page, 200, "text/html", b'<link rel="alternate" type="application/vc+ld+json" href="/c/1.json">'
    )
    elsewhere["https://badges.guild.example/c/1.json"] = plaudit.issue(
        samples.credential(), samples.GUILD, timezone.now() - YESTERDAY
    )
    assert "do not know its issuer" in give(client, page)
    assert by_api(page.encode(), "text/plain")["state"] == "genuine"


# Look-alikes

NAMES = {
    "the very same": "Society of Product Leaders",
    "in other letters": "Soc\u0456ety of Product L\u0435aders",
    "with a sign that nobody sees": "Society of\u200b Product Leaders",
    "in capitals": "SOCIETY OF PRODUCT LEADERS",
    "with points": "Society-of Product.Leaders!",
    "with digits": "S0ciety of Product Leaders",
}


def from_elsewhere(name: str) -> bytes:
    issuer = samples.credential()["issuer"] | {"name": name}
    return plaudit.issue(samples.credential(issuer=issuer), samples.GUILD, timezone.now() - YESTERDAY)


@pytest.mark.parametrize("how", NAMES)
def test_who_only_looks_like_an_issuer_known_here_is_warned_of(
    client: Client, world: World, elsewhere: dict[str, Any], how: str
) -> None:
    """# SECURITY A16: on the page, in the verdict, by program."""
    assert world.issuer.name == "Society of Product Leaders"
    badge = from_elsewhere(NAMES[how])
    page = html.unescape(give(client, badge))
    assert "Be careful: the name of this issuer looks like “Society of Product Leaders”" in page
    assert "genuine, but not from the issuer it looks like" in page
    assert 'class="verdict warn"' in page
    told = by_api(badge, "application/json")
    assert (told["state"], told["look_alike"]) == ("genuine", "Society of Product Leaders")


def test_others_and_the_issuer_itself_are_not_warned_of(
    client: Client, world: World, accepted: Award, elsewhere: dict[str, Any]
) -> None:
    for badge in (from_elsewhere("Society of Product Followers"), content(accepted)):
        assert "Be careful" not in give(client, badge)
        assert by_api(badge, "application/json")["look_alike"] == ""
    Issuer.objects.filter(pk=world.issuer.pk).update(standing=Issuer.Standing.PENDING)
    assert by_api(from_elsewhere(NAMES["in capitals"]), "application/json")["look_alike"] == "", (
        "nobody vouches for that one either"
    )


def test_a_changed_badge_is_not_read_for_the_name_that_it_claims(
    client: Client, world: World, elsewhere: dict[str, Any]
) -> None:
    forged = from_elsewhere("Guild").replace(b'"Guild"', b'"Society of Product Leaders"')
    assert by_api(forged, "application/json")["look_alike"] == ""
    assert "Society of Product Leaders" not in give(client, forged)


# Archives


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.fixture
def archive(world: World, accepted: Award, elsewhere: dict[str, Any]) -> bytes:
    revoked = world.award(address="mallory@example.org")
    claiming.accept_with_new_account(revoked, visibility=Visibility.LINK, trust_issuer=False)
    revoked.refresh_from_db()
    revoking.revoke(revoked, reason="A mistake", by=world.ben)
    run_worker()
    good = content(accepted)
    return packed(
        {
            "mine/good.json": good,
            "good.png": Client().get(f"/c/{accepted.public_id}.png").content,
            "changed.json": good.replace(accepted.version.title.encode(), b"Doctor of Everything"),
            "revoked.json": content(revoked),
            "elsewhere.json": from_elsewhere("Guild"),
            "shot.png": PNG,
            "more.zip": packed({"x.json": good}),
            "__MACOSX/._good.json": b"x",
        }
    )


STATES = {
    "good.json": "authentic", "good.png": "authentic", "changed.json": "invalid", "revoked.json": "revoked",
    "elsewhere.json": "genuine", "shot.png": "nothing", "more.zip": "nested",
}  # fmt: skip


def test_every_badge_of_an_archive_has_its_own_verdict(
    client: Client, archive: bytes, accepted: Award
) -> None:
    told = by_api(archive, "application/zip")
    found = {one["name"]: one["reason"] or one["report"]["state"] for one in told["files"]}
    assert (found, told["state"]) == (STATES, "invalid")
    page = html.unescape(give(client, archive, "badges.zip"))
    assert "7 files in this archive" in page
    for words in (
        "2 authentic",
        "1 genuine, issuer not known here",
        "1 revoked",
        "1 not to be trusted",
        "1 no badge",
    ):
        assert words in page, words
    assert page.count('class="verdict ok"') == 2
    assert page.count('<details class="onefile') == 7
    assert "An archive inside an archive" in page
    assert "Doctor of Everything" not in page
    assert page.index("changed.json") < page.index("good.json"), "what has to be looked at comes first"


HOSTILE = {
    "damaged": (b"PK\x03\x04" + b"\0" * 40, 400, "cannot be read"),
    "empty": (packed({}), 400, "no file in this archive"),
    "folders alone": (packed({"a/": b""}), 400, "no file in this archive"),
    "a bomb": (packed({f"{n}.json": b"\0" * 6_000_000 for n in range(20)}), 302, ""),
    "a path": (packed({"../../etc/passwd": b"{}"}), 302, ""),
    "many": (packed({f"{n}.json": b"{}" for n in range(300)}), 302, ""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_held_to_the_bounds_of_the_backpack(
    client: Client, site: object, what: str
) -> None:
    """# SECURITY D9, D11."""
    data, status, words = HOSTILE[what]
    begin = time.monotonic()
    answer = client.post("/verify/", {"file": SimpleUploadedFile("x.zip", data)})
    assert answer.status_code == status
    assert words in html.unescape(answer.content.decode())
    assert time.monotonic() - begin < 20
    if status == 302:
        page = client.get(answer["Location"]).content.decode()
        assert page.count('<details class="onefile') <= unpacking.MOST_ENTRIES + 1
        assert "etc/passwd" not in page
        assert 'class="verdict ok"' not in page
    told = Client().post("/api/v1/verify", data=data, content_type="application/zip")
    assert told.status_code in {200, 400}


def test_an_archive_is_large_and_counts_as_five_checks(client: Client, site: object) -> None:
    large = SimpleUploadedFile("x.zip", b"PK\x03\x04" + b"x" * unpacking.MOST_ARCHIVE)
    assert client.post("/verify/", {"file": large}).status_code == 413
    some = packed({"x.json": b"{}"})
    for _number in range(verifying.CHECKS // verifying.AN_ARCHIVE_COUNTS):
        assert client.post("/verify/", {"file": SimpleUploadedFile("x.zip", some)}).status_code == 302
    assert client.post("/verify/", {"file": SimpleUploadedFile("x.zip", some)}).status_code == 429
    assert Client().post("/api/v1/verify", data=some, content_type="application/zip").status_code == 429


def test_what_takes_too_long_is_named_and_the_rest_of_the_archive_waits_for_nobody(
    client: Client, site: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place among those who ask other servers, for as long as the archive may take."""

    def slow(url: str) -> bytes | None:
        time.sleep(0.3)
        return None

    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(slow))
    monkeypatch.setattr(verifying, "ARCHIVE_SECONDS", 0.5)
    many = packed({f"{number}.json": from_elsewhere("Guild") for number in range(20)})
    begin = time.monotonic()
    told = by_api(many, "application/zip")
    assert time.monotonic() - begin < 10
    reasons = [one["reason"] for one in told["files"]]
    assert reasons[0] == ""
    assert reasons[-1] == "time"
    assert verifying._places.acquire(blocking=False)
    assert verifying._places.acquire(blocking=False), "no place is kept"
    verifying._places.release(verifying.MOST_REMOTE)


def test_when_all_places_are_taken_those_that_need_none_are_checked_all_the_same(
    client: Client, accepted: Award, elsewhere: dict[str, Any]
) -> None:
    for _number in range(verifying.MOST_REMOTE):
        assert verifying._places.acquire(blocking=False)
    try:
        told = by_api(
            packed({"a.json": from_elsewhere("Guild"), "b.json": content(accepted)}), "application/zip"
        )
    finally:
        verifying._places.release(verifying.MOST_REMOTE)
    assert [one["reason"] for one in told["files"]] == ["busy", ""]
    assert told["files"][1]["report"]["state"] == "authentic"


# Examples


@pytest.fixture
def named(world: World, accepted: Award, settings: Any) -> list[Award]:
    """One that holds and one that was revoked, which the operator names."""
    revoked = world.award(address="mallory@example.org")
    claiming.accept_with_new_account(revoked, visibility=Visibility.LINK, trust_issuer=False)
    revoking.revoke(revoked, reason="To try it", by=world.ben)
    run_worker()
    settings.EXAMPLES = (revoked.public_id, accepted.public_id)
    return [accepted, revoked]


def test_examples_that_the_operator_names_show_how_it_works(client: Client, named: list[Award]) -> None:
    page = client.get("/verify/").content.decode()
    told = {}
    for kind in ("good", "revoked", "changed"):
        assert f'name="example" value="{kind}"' in page
        answer = client.post("/verify/", {"example": kind, "text": ""})
        assert answer.status_code == 302
        told[kind] = html.unescape(client.get(answer["Location"]).content.decode())
    assert "This badge is authentic" in told["good"]
    assert "This badge was revoked" in told["revoked"]
    assert "can’t be trusted" in told["changed"]
    assert "with distinction" not in told["changed"]
    assert client.post("/verify/", {"example": "another"}).status_code == 400


def test_no_badge_becomes_an_example_that_is_not_named_or_not_shown(
    client: Client, named: list[Award], settings: Any
) -> None:
    Award.objects.update(visibility=Visibility.ONLY_ME)
    assert 'name="example"' not in client.get("/verify/").content.decode()
    assert client.post("/verify/", {"example": "good"}).status_code == 400
    Award.objects.update(visibility=Visibility.LINK)
    assert 'name="example"' in client.get("/verify/").content.decode(), "the control"
    settings.EXAMPLES = ()
    assert 'name="example"' not in client.get("/verify/").content.decode()
