"""Profiles and collections as others see them: off until switched on, in an order of their own (J31)."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, keeping, revoking
from plaudit_site.awards.models import Award, Collection
from plaudit_site.belongings import collecting, profiles
from plaudit_site.belongings.models import Profile, ProfileName
from plaudit_site.issuers.models import Site
from plaudit_site.public import collection_papers, exporting, people, records, typesetting
from tests.people import EVE, World
from tests.site.belongings.test_addresses import fresh
from tests.site.belongings.test_merging import merged, proven
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
FORM = {"is_on": "on", "name": "eve", "shown_name": "Eve Earner", "line": "", "links": ""}


def earned(world: World, eve: User, title: str, visibility: str = "public") -> Award:
    award = world.award(badge=world.badge_like(title))
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    keeping.set_visibility(award, eve, visibility)
    return award


def switch_on(user: User, **changes: str) -> Any:
    return signed_in(user).post("/account/profile", {**FORM, **changes})


def titles(page: str) -> list[str]:
    return re.findall(r'class="title" href="[^"]*" dir="auto">([^<]*)<', page)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


@pytest.mark.journey("J31")
def test_a_profile_is_off_until_switched_on_and_shows_what_is_public(world: World, eve: User) -> None:
    award = earned(world, eve, "Public one")
    earned(world, eve, "By link", "link")
    earned(world, eve, "Mine alone", "only_me")
    client = signed_in(eve)
    assert "It is off until you switch it on" in text_of(client, "/account/profile")
    assert Client().get("/@eve").status_code == 404
    switch_on(eve, line="Leads products.", links="https://eve.example/\nhttps://work.example/eve")
    page = text_of(Client(), "/@eve")
    assert titles(page) == ["Public one"]
    for words in (
        "Eve Earner",
        "Leads products.",
        "https://eve.example/",
        "Authentic",
        f"/c/{award.public_id}",
    ):
        assert words in page
    for words in (EVE, "By link", "Mine alone", "This is how others see it", "Trusted issuer"):
        assert words not in page
    mine = text_of(client, "/@eve")
    assert "This is how others see it" in mine
    assert "/account/profile" in mine
    assert Client().get("/@eve/qr.svg")["Content-Type"] == "image/svg+xml"
    assert Client().get("/@EVE")["Location"] == "/@eve"


@pytest.mark.journey("J31")
def test_the_order_is_its_owners_and_new_badges_stand_first(world: World, eve: User) -> None:
    made = {title: earned(world, eve, title) for title in ("One", "Two", "Three")}
    switch_on(eve)
    client = signed_in(eve)
    ids = [made[title].public_id for title in ("Two", "One", "Three")]
    client.post("/account/profile/order", {"order": ids})
    assert titles(text_of(Client(), "/@eve")) == ["Two", "One", "Three"]
    client.post("/account/profile/order", {"order": ids, "down": ids[0]})
    assert titles(text_of(Client(), "/@eve")) == ["One", "Two", "Three"]
    client.post("/account/profile/order", {"order": [ids[1], ids[0], ids[2]], "up": ids[2]})
    assert titles(text_of(Client(), "/@eve")) == ["One", "Three", "Two"]
    earned(world, eve, "New")
    assert titles(text_of(Client(), "/@eve")) == ["New", "One", "Three", "Two"]
    for nonsense in (["x", "\0", "0" * 26], [ids[0]] * 40, []):
        assert client.post("/account/profile/order", {"order": nonsense, "up": "nothing"}).status_code == 302
    assert sorted(titles(text_of(Client(), "/@eve"))) == ["New", "One", "Three", "Two"]


def test_every_door_of_a_profile_that_is_off_is_the_door_of_nobody(world: World, eve: User) -> None:
    """E3, J38: off, unknown, shut and given up look alike."""
    earned(world, eve, "One")
    switch_on(eve)
    assert Client().get("/@eve").status_code == 200, "the control"
    signed_in(eve).post("/account/profile", {**FORM, "is_on": ""})

    def seen(name: str) -> tuple[Any, ...]:
        found: list[Any] = []
        for path in (f"/@{name}", f"/@{name}/qr.svg"):
            answer = Client().get(path)
            text = re.sub(r'<span class="mono">\w+</span>', "", answer.content.decode()).replace(name, "NAME")
            kept = {k: v for k, v in answer.headers.items() if k not in {"X-Request-Id", "Content-Length"}}
            found += [answer.status_code, re.sub(r'value="\w+"', "", text), kept]
        return tuple(map(str, found))

    assert seen("eve") == seen("nobody-else")
    assert "404" in seen("eve")
    Profile.objects.update(is_on=True)
    User.objects.filter(pk=eve.pk).update(is_active=False)
    assert seen("eve") == seen("nobody-else")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("ab", "3 to 30"), ("a" * 31, ""), ("-eve", "3 to 30"), ("eve-", "3 to 30"), ("e--e", "3 to 30"),
        ("ève", "3 to 30"), ("е̇ve", "3 to 30"), ("e ve", "3 to 30"), ("../x", "3 to 30"), ("admin", "kept for"),
        ("Ad-min", "kept for"), ("well-known", "kept for"), ("verify", "kept for"),
    ],
)  # fmt: skip
def test_names_that_are_none(eve: User, name: str, word: str) -> None:
    answer = switch_on(eve, name=name)
    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert not ProfileName.objects.exists()
    assert not Profile.objects.get().is_on


def test_a_name_is_nobody_elses_for_ever(world: World, eve: User, sam: User) -> None:
    switch_on(eve)
    switch_on(eve, name="Eve2")
    assert Client().get("/@eve")["Location"] == "/@eve2", "an earlier name leads to the new one"
    answer = switch_on(sam, name="eve")
    assert "Somebody has or had this name" in answer.content.decode()
    switch_on(eve, name="eve")
    assert Client().get("/@eve2")["Location"] == "/@eve", "and it can be taken again by its owner"
    for number in range(3, 8):
        last = switch_on(eve, name=f"eve{number}")
    assert "used up five names" in last.content.decode()
    eve.delete()
    assert "Somebody has or had this name" in switch_on(sam, name="eve").content.decode()
    assert Client().get("/@eve").status_code == 404


def test_what_was_typed_stays_where_something_is_wrong_with_it(eve: User) -> None:
    answer = switch_on(eve, name="eve", links="https://good.example/\njavascript:alert(1)", line="A <b>line")
    page = answer.content.decode()
    assert "no address that begins with https" in page
    assert "A &lt;b&gt;line" in page
    assert "https://good.example/" in page
    assert "Choose the name" in switch_on(eve, name="").content.decode()
    six = "\n".join(f"https://{n}.example/" for n in range(6))
    assert "Five links at most" in switch_on(eve, links=six).content.decode()


# Search engines


@pytest.mark.journey("J31")
def test_search_engines_are_let_in_by_the_earner_alone(world: World, eve: User) -> None:
    """E8: noindex unless the holder says otherwise; the person part of the data with it (UX 3.3)."""
    public, linked = earned(world, eve, "Public one"), earned(world, eve, "By link", "link")
    switch_on(eve)
    certificate = f"/i/{world.issuer.slug}/c/{public.public_id}"
    for path in ("/@eve", certificate):
        answer = Client().get(path)
        assert answer["X-Robots-Tag"] == "noindex", path
        assert 'content="noindex"' in answer.content.decode()
        assert '"Person"' not in answer.content.decode(), "whose it is, is not told"
    assert "/@eve" not in everything_mapped()
    switch_on(eve, may_be_found="on", shown_name="</script><b>Eve & Co")
    for path in ("/@eve", certificate):
        answer = Client().get(path)
        assert "X-Robots-Tag" not in answer, path
        assert "noindex" not in answer.content.decode()
        data = re.search(r'<script type="application/ld\+json">(.*?)</script>', answer.content.decode())
        assert data
        about = json.loads(data[1])
        assert about["mainEntity"]["@type"] == "Person"
        assert "<" not in data[1]
    assert json.loads(data[1])["mainEntity"]["name"] == "Eve Earner", "on the certificate as it was signed"
    assert "/@eve" in everything_mapped()
    other = Client().get(f"/i/{world.issuer.slug}/c/{linked.public_id}")
    assert other["X-Robots-Tag"] == "noindex", "only what is public on the profile"
    switch_on(eve, may_be_found="on", is_on="")
    assert Client().get(certificate)["X-Robots-Tag"] == "noindex"
    assert "/@eve" not in everything_mapped()


def everything_mapped() -> str:
    index = text_of(Client(), "/sitemap.xml")
    return "".join(
        text_of(Client(), address.partition("localhost:8000")[2])
        for address in re.findall(r"<loc>([^<]*)</loc>", index)
    )


def test_the_map_lists_issuers_and_badges_that_may_be_found_and_no_certificate(
    world: World, eve: User
) -> None:
    award = earned(world, eve, "One", "link")
    draft = world.badge_like("Draft one")
    draft.state = "draft"
    draft.save()
    mapped = everything_mapped()
    assert f"/i/{world.issuer.slug}/" in mapped
    assert world.badge.public_id in mapped
    assert draft.public_id not in mapped
    assert award.public_id not in mapped
    robots = Client().get("/robots.txt").content.decode()
    assert "Disallow" not in robots
    assert "http://localhost:8000/sitemap.xml" in robots
    for path in ("/sitemap-people-1.xml", "/sitemap-issuers-0.xml"):
        assert Client().get(path).status_code == 404
    world.issuer.standing = "suspended"
    world.issuer.save()
    assert world.badge.public_id not in everything_mapped()


# Collections


def collection_of(eve: User, *awards: Award, visibility: str = "link") -> Collection:
    made = collecting.make(eve, "For an application")
    collecting.choose(made, [award.public_id for award in awards])
    collecting.describe(made, name=made.name, text="Four years.", visibility=visibility)
    made.refresh_from_db()
    return made


@pytest.mark.journey("J31")
def test_a_collection_has_a_link_an_order_and_a_paper_of_its_own(world: World, eve: User) -> None:
    awards = [earned(world, eve, title) for title in ("One", "Two", "Three")]
    private = earned(world, eve, "Mine alone", "only_me")
    made = collection_of(eve, *awards, private, visibility="only_me")
    base, client = f"/badges/collections/{made.public_id}", signed_in(eve)
    public = f"/collection/{made.public_id}"
    for path in (public, f"{public}.pdf", f"{public}/qr.svg"):
        assert Client().get(path).status_code == 404, "only its owner's"
    form = {"name": "My best", "text": "Four years.", "visibility": "link"}
    client.post(base, form)
    ids = [award.public_id for award in (awards[1], awards[0], awards[2])]
    client.post(base, {"order": [*ids, private.public_id]})
    page = text_of(Client(), public)
    assert titles(page) == ["Two", "One", "Three"]
    for words in ("My best", "Four years.", "Eve Earner"):
        assert words in page
    assert "Mine alone" not in page
    assert "noindex" in page
    client.post(base, {"order": [*ids, private.public_id], "down": ids[0]})
    assert titles(text_of(Client(), public)) == ["One", "Two", "Three"]
    assert "visible to you alone" in text_of(client, base)
    paper = Client().get(f"{public}.pdf")
    assert paper.content.startswith(b"%PDF-")
    assert paper["X-Robots-Tag"] == "noindex"
    assert b"Mine alone" not in paper.content
    client.post(base, {"badges": "1", "badge": [ids[2], private.public_id]})
    assert titles(text_of(Client(), public)) == ["Three"]
    client.post(base, {**form, "visibility": "only_me"})
    assert Client().get(public).status_code == 404


@pytest.mark.journey("J31")
def test_a_public_collection_stands_on_the_profile(world: World, eve: User) -> None:
    made = collection_of(eve, earned(world, eve, "One"), visibility="public")
    switch_on(eve)
    page = text_of(Client(), "/@eve")
    assert made.name in page
    assert f"/collection/{made.public_id}" in page
    collecting.describe(made, name=made.name, text="", visibility="link")
    assert made.name not in text_of(Client(), "/@eve")
    assert "/@eve" in text_of(Client(), f"/collection/{made.public_id}")


def test_what_was_revoked_or_removed_says_so_or_is_not_there(world: World, eve: User) -> None:
    revoked, removed = earned(world, eve, "Revoked one"), earned(world, eve, "Removed one")
    made = collection_of(eve, revoked, removed)
    switch_on(eve)
    revoking.revoke(revoked, reason="Wrong", by=world.ben)
    keeping.remove(removed, eve)
    for path in ("/@eve", f"/collection/{made.public_id}"):
        page = text_of(Client(), path)
        assert titles(page) == ["Revoked one"], path
        assert "Revoked</span>" in page
        assert "chip ok" not in page


def test_a_strangers_hands_change_nothing_of_it(world: World, eve: User, sam: User) -> None:
    """B8, B10."""
    award = earned(world, eve, "One")
    made = collection_of(eve, award)
    thief = signed_in(sam)
    for data in (
        {"name": "Stolen", "visibility": "public"},
        {"order": [award.public_id]},
        {"delete": "1"},
        {"badges": "1"},
    ):
        assert thief.post(f"/badges/collections/{made.public_id}", data).status_code == 404
    own = collecting.make(sam, "Mine")
    thief.post(f"/badges/collections/{own.public_id}", {"badges": "1", "badge": [award.public_id]})
    assert collecting.entries(own) == []
    thief.post("/account/profile/order", {"order": [award.public_id]})
    assert Profile.objects.get(user=sam).order == []
    switch_on(sam, name="sam", user_id=str(eve.pk), order="x")
    assert ProfileName.objects.get(name="sam").user == sam


def test_a_large_profile_asks_the_database_a_few_times_for_each_badge(world: World, eve: User) -> None:
    for number in range(4):
        earned(world, eve, f"Badge {number}")
    switch_on(eve)
    client = Client()
    client.get("/@eve")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/@eve")
    assert len(few) < 12 + 4 * 5


@pytest.mark.journey("J17")
def test_merging_loses_no_profile_and_no_link_to_one(world: World, eve: User, sam: User) -> None:
    earned(world, eve, "One")
    switch_on(eve)
    switch_on(sam, name="sam")
    proving.prove(sam, "sam@work.example", how="code")
    merged(fresh(eve), "sam@work.example")
    assert Client().get("/@sam")["Location"] == "/@eve"
    eve.refresh_from_db()
    from tests.people import person

    third = person("Third", "third@example.org")
    merged(fresh(third), EVE)
    assert titles(text_of(Client(), "/@eve")) == ["One"]
    assert profiles.name_of(third) == "eve"


@pytest.mark.journey("J17")
def test_merging_into_an_account_that_only_looked_at_the_switch_loses_no_profile(
    world: World, eve: User, sam: User
) -> None:
    mine = earned(world, eve, "Mine")
    theirs = world.award(sam.email, badge=world.badge_like("Theirs"))
    claiming.accept(theirs, sam, visibility="public", trust_issuer=False)
    text_of(signed_in(eve), "/account/profile")  # its row is made, and is off
    profiles.take_name(eve, "former-eve")
    switch_on(sam, name="sam", line="Bakes.", links="https://sam.example/", may_be_found="on")
    profiles.arrange(profiles.profile_of(sam), [theirs.public_id])
    client = fresh(eve)
    proven(client, sam.email)
    offer = unescape(text_of(client, "/account/merge"))
    assert 'Its public profile, <bdi dir="ltr">' in offer
    assert "/@sam</bdi>, with its settings" in offer
    merged(client, sam.email)
    page = text_of(Client(), "/@sam")
    assert sorted(titles(page)) == ["Mine", "Theirs"]
    for words in ("Bakes.", "https://sam.example/"):
        assert words in page
    assert Client().get("/@former-eve")["Location"] == "/@sam"
    kept = Profile.objects.get()
    assert (kept.user_id, kept.is_on, kept.may_be_found) == (eve.pk, True, True)
    assert theirs.public_id in kept.order
    assert mine.public_id not in kept.order


@pytest.mark.journey("J17")
def test_of_two_profiles_both_lists_stay_and_search_engines_need_both(eve: User, sam: User) -> None:
    switch_on(eve, links="https://eve.example/", may_be_found="on")
    switch_on(sam, name="sam", line="Bakes.", links="https://eve.example/\nhttps://sam.example/")
    Profile.objects.filter(user=eve).update(order=["one"])
    Profile.objects.filter(user=sam).update(order=["two"])
    client = fresh(eve)
    proven(client, sam.email)
    offer = unescape(text_of(client, "/account/merge"))
    assert "/@sam</bdi> leads to yours" in offer
    merged(client, sam.email)
    assert Client().get("/@sam")["Location"] == "/@eve"
    kept = Profile.objects.get()
    assert (kept.line, kept.links) == ("Bakes.", ["https://eve.example/", "https://sam.example/"])
    assert (kept.order, kept.may_be_found) == (["one", "two"], False)


# On paper, as a card, as a record, and found in a crowd


@pytest.mark.journey("J31")
def test_a_profile_is_had_on_paper(world: World, eve: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for title in ("One", "Two"):
        earned(world, eve, title)
    switch_on(eve, line="Leads products.")
    said: list[str] = []
    compile_it = typesetting.typst.compile

    def compiled(*given: Any, **named: Any) -> Any:
        said.append(named["sys_inputs"]["said"])
        return compile_it(*given, **named)

    monkeypatch.setattr(typesetting.typst, "compile", compiled)
    answer = Client().get("/@eve.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    set_in_type = json.loads(said[0])
    assert (set_in_type["title"], set_in_type["by"]) == ("Eve Earner", "Leads products.")
    assert set_in_type["address"] == "http://localhost:8000/@eve"
    assert {one["title"] for one in set_in_type["badges"]} == {"One", "Two"}
    assert set_in_type["more"] == ""
    monkeypatch.setattr(collection_papers, "MOST", 1)
    Client().get("/@eve.pdf")
    shortened = json.loads(said[-1])
    assert (len(shortened["badges"]), shortened["more"]) == (1, "And 1 badge more at the address above.")
    assert "/@eve.pdf?download" in Client().get("/@eve").content.decode()
    switch_on(eve, is_on="")
    assert Client().get("/@eve.pdf").status_code == 404


@pytest.mark.journey("J31", "J36")
def test_profile_and_collection_have_a_card_for_previews(world: World, eve: User) -> None:
    award = earned(world, eve, "One")
    switch_on(eve)
    made = collection_of(eve, award)
    for path in ("/@eve", f"/collection/{made.public_id}"):
        html = Client().get(path).content.decode()
        found = re.search(r'<meta property="og:image" content="http://localhost:8000([^"]+)">', html)
        assert found, path
        card = Client().get(found[1])
        assert (card.status_code, card["Content-Type"]) == (200, "image/png")
        assert Image.open(io.BytesIO(card.content)).size == (1200, 630)
        assert len(card.content) < 200_000
        before = found[1]
    collecting.describe(made, name="Another name", text="", visibility="link")
    html = Client().get(path).content.decode()
    assert before not in html, "previews made elsewhere are fetched anew"
    collecting.describe(made, name="Another name", text="", visibility="only_me")
    switch_on(eve, is_on="")
    for path in ("/@eve/card.png", f"/collection/{made.public_id}/card.png"):
        assert Client().get(path).status_code == 404


@pytest.mark.journey("J31", "J32")
def test_a_collection_is_had_as_a_record_that_verifies(world: World, eve: User) -> None:
    awards = [earned(world, eve, title) for title in ("One", "Two")]
    hidden = earned(world, eve, "Hidden", "only_me")
    made = collection_of(eve, *awards, hidden)
    path = f"/collection/{made.public_id}.json"
    assert path in Client().get(f"/collection/{made.public_id}").content.decode()
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vc+ld+json")
    record = answer.json()
    assert "ClrCredential" in record["type"]
    assert record["name"] == records.NAME
    assert "For an application" not in answer.content.decode()
    inside = record["credentialSubject"]["verifiableCredential"]
    assert {one["id"].rpartition("/")[2] for one in inside} == {one.public_id for one in awards}
    shown = titles(Client().get(f"/collection/{made.public_id}").content.decode())
    assert [one["credentialSubject"]["achievement"]["name"] for one in inside] == shown, (
        "in its earner's order"
    )
    assert "identifier" not in record["credentialSubject"], "E1: no hash of an address at a public link"
    told = Client().post("/api/v1/verify", data=answer.content, content_type="application/json").json()
    assert (told["state"], len(told["inner"])) == ("authentic", 2)
    assert Client().get(path).json()["id"] == record["id"], "the same content is the same record"
    for part in ("2", "0", "x", "-1", "9" * 30, "\u0661"):
        assert Client().get(path, {"part": part}).status_code == 404, part
    collecting.describe(made, name=made.name, text="", visibility="only_me")
    assert Client().get(path).status_code == 404
    assert signed_in(eve).get(path)["Cache-Control"] == "private, no-store"


@pytest.mark.journey("J42")
def test_a_record_is_verified_by_its_address(
    world: World, eve: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "RECORD_PARTS", 1)
    made = collection_of(eve, earned(world, eve, "One"), earned(world, eve, "Two"))
    here = f"{settings.BASE_URL}/collection/{made.public_id}"

    def told(address: str) -> Any:
        return Client().post("/api/v1/verify", data=address, content_type="text/plain").json()

    for address in (here, f"{here}.json", f"{here}.json?part=2"):
        assert (told(address)["state"], len(told(address)["inner"])) == ("authentic", 1), address
    for address in (f"{here}.json?part=3", f"{here}.json?part=x", here.replace(made.public_id, "0" * 26)):
        assert told(address)["state"] == "unknown", address
    collecting.describe(made, name=made.name, text="", visibility="only_me")
    assert told(f"{here}.json")["state"] == "unknown"


DOCTOR = "Doctor of Medicine, University X"


@pytest.mark.parametrize("of_today", [True, False])
def test_what_a_holder_writes_is_never_told_as_authentic(world: World, eve: User, of_today: bool) -> None:
    """A record is this site's word that badges belong together; its holder's words over it are nobody's (ADR 0067)."""
    made = collection_of(eve, earned(world, eve, "One"))
    collecting.describe(made, name=DOCTOR, text=f"{DOCTOR}, with honours", visibility="link")
    given = Client().get(f"/collection/{made.public_id}.json").content
    if of_today:
        assert DOCTOR not in given.decode()
    else:
        given = with_free_words(given)
        assert DOCTOR in given.decode()
    told = Client().post("/verify/", {"file": SimpleUploadedFile("record.json", given)})
    page = unescape(Client().get(told["Location"]).content.decode())
    assert 'class="verdict ok"' in page
    assert "These badges belong together</h2>" in page
    assert "This badge is authentic" not in page
    assert '<p class="what" dir="auto">Badges put together by their holder</p>' in page
    assert "awarded by" not in page
    assert DOCTOR not in page
    assert "One: genuine, signed by " in page, "and each badge says whose word it is"


def with_free_words(given: bytes) -> bytes:
    """As this site signed them before: the name and text of the collection are signed too."""
    document = json.loads(given) | {"name": DOCTOR, "description": f"{DOCTOR}, with honours"}
    del document["proof"]
    issuer = Site.objects.select_related("issuer").get(pk=1).issuer
    assert issuer is not None
    return json.dumps(exporting.signed(document, issuer, timezone.now().replace(microsecond=0))).encode()


def test_a_long_record_comes_in_parts(world: World, eve: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "RECORD_PARTS", 2)
    made = collection_of(eve, *(earned(world, eve, title) for title in ("One", "Two", "Three")))
    path = f"/collection/{made.public_id}"
    assert "As a record, part 2" in Client().get(path).content.decode()
    numbers = [
        len(Client().get(f"{path}.json", {"part": part}).json()["credentialSubject"]["verifiableCredential"])
        for part in (1, 2)
    ]
    assert numbers == [2, 1]


@pytest.mark.journey("J31")
def test_many_badges_on_a_profile_are_searched(
    world: World, eve: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("Welding", "Sewing", "Knots & splices"):
        earned(world, eve, title)
    switch_on(eve)
    assert 'type="search"' not in Client().get("/@eve").content.decode(), "three are seen at a glance"
    monkeypatch.setattr(people, "WORTH_A_SEARCH", 3)

    def found(**asked: str) -> set[str]:
        html = Client().get("/@eve", asked).content.decode()
        assert 'type="search"' in html
        return {unescape(one) for one in re.findall(r'<a class="title"[^>]*>([^<]*)</a>', html)}

    assert found() == {"Welding", "Sewing", "Knots & splices"}
    assert found(q="  SEWING ") == {"Sewing"}
    assert found(q="knots &") == {"Knots & splices"}
    assert found(issuer=world.issuer.name, q="ing") == {"Welding", "Sewing"}
    assert found(issuer="Nobody") == {"Welding", "Sewing", "Knots & splices"}, (
        "an issuer that is not there is none"
    )
    empty = Client().get("/@eve", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "No badge here matches that." in empty
    assert "<script>alert" not in empty
    monkeypatch.setattr(people, "PER_PAGE", 1)
    more = Client().get("/@eve", {"q": "ing"}).content.decode()
    assert "?q=ing&amp;page=2" in more, "the search goes on with the list"
