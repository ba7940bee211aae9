"""The badge site on the issuer's own host: what it answers, what it never does, where links lead (J34)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from plaudit import MappedFetch
from plaudit.fetch import Fetched
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, counting, sharing
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack import own_addresses
from plaudit_site.issuers import access, domain_names, domain_proving, founding, own_hosts
from plaudit_site.issuers.domain_proving import Finding
from plaudit_site.issuers.models import Domain, Issuer
from tests.people import World, make_badge
from tests.site.conftest import signed_in
from tests.site.public.doors import Door

pytestmark = pytest.mark.django_db
HOST = "badges.leaders.example"


@pytest.fixture
def domain(award: Award) -> Domain:
    """Proven, and the host seen to lead here."""
    now = timezone.now()
    found = Domain.objects.create(
        issuer=award.issuer, name="leaders.example", state="proven", how="dns", found_at=now, proven_at=now,
        checked_at=now, host=HOST, host_seen_at=now,
    )  # fmt: skip
    Issuer.objects.filter(pk=award.issuer_id).update(host=HOST)
    award.issuer.refresh_from_db()
    return found


@pytest.fixture
def theirs(world: World, eve: User) -> Award:
    """An award of another issuer of this site."""
    other = founding.found(
        world.ada,
        name="Guild of Others",
        url="https://others.example",
        email="o@others.example",
        standing="approved",
    )
    badge = make_badge(other, "Something else")
    access.set_role(other, world.ben, "awarder", by="test")
    award = world.award(badge=badge)
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    return award


@pytest.fixture
def there() -> Client:
    """Somebody at the issuer's own host."""
    return Client(headers={"host": HOST})


def slug_of(award: Award) -> str:
    return award.issuer.slug


# What it answers


@pytest.mark.journey("J34")
def test_a_certificate_stands_at_the_issuers_own_host(domain: Domain, award: Award, there: Client) -> None:
    path = f"/c/{award.public_id}"
    page = there.get(path, headers={"accept": "text/html"})
    html = page.content.decode()
    assert page.status_code == 200
    assert "<h1>Certificate of Authenticity</h1>" in html
    assert f'<link rel="canonical" href="http://{HOST}{path}">' in html
    assert "Controls leaders.example" in html
    assert not page.cookies
    assert (
        there.get(path, headers={"accept": "application/json"}).json()["id"] == f"{settings.BASE_URL}{path}"
    )
    loaded = re.findall(r'<(?:img|script|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"', html)
    assert loaded
    for address in loaded:
        assert address.startswith("/"), address
        if not address.startswith("/static/"):
            assert there.get(address).status_code == 200, address


@pytest.mark.journey("J30", "J34")
def test_views_are_counted_there_and_the_channel_stays_on_the_way(
    domain: Domain, award: Award, there: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[int, str]] = []
    monkeypatch.setattr(counting, "note", lambda award, via: noted.append((award, via)))
    person = {"accept": "text/html", "user-agent": "Mozilla/5.0 Firefox/140.0"}
    own = f"http://{HOST}/c/{award.public_id}"
    for path in (f"/i/{slug_of(award)}/c/{award.public_id}", f"/c/{award.public_id}"):
        assert Client().get(f"{path}?via=li", headers=person)["Location"] == f"{own}?via=li"
        assert Client().get(path, headers=person)["Location"] == own
    assert noted == []
    moved = there.get(f"/i/{slug_of(award)}/c/{award.public_id}?via=li", headers=person)
    assert moved["Location"] == f"/c/{award.public_id}?via=li"
    assert there.get(moved["Location"], headers=person).status_code == 200
    assert there.get(moved["Location"], headers=person | {"user-agent": "Googlebot/2.1"}).status_code == 200
    assert noted == [(award.pk, "li")]


@pytest.mark.journey("J34", "J40")
def test_the_root_is_the_badge_site(domain: Domain, award: Award, there: Client) -> None:
    html = there.get("/").content.decode()
    assert "Open Badges of" in html
    assert "Certified Product Manager" in html
    for link in set(re.findall(r'href="(/(?!static/)[^"]*)"', html)):
        answer = there.get(link)
        assert answer.status_code == 200 or answer["Location"].startswith((settings.BASE_URL, "/")), link


def test_links_that_programs_read_answer_at_every_address(
    domain: Domain, award: Award, there: Client
) -> None:
    """DECISIONS 5: what was signed is at the site; it answers there for ever, and at the issuer's host as well."""
    assert award.credential
    public = award.version.achievement.public_id
    for path in (
        f"/c/{award.public_id}.json",
        f"/c/{award.public_id}.png",
        f"/issuers/{award.issuer.public_id}/did.json",
        f"/status/{award.credential.status_list.public_id}",
        f"/b/{public}/v1",
        f"/b/{public}/v1.png",
        f"/embed/{award.public_id}",
    ):
        here, own = Client().get(path), there.get(path)
        assert (here.status_code, own.status_code) == (200, 200), path
        if "embed" not in path:
            assert here.content == own.content


@pytest.mark.journey("J34", "J36")
def test_pages_here_lead_there_and_links_are_made_for_there(domain: Domain, award: Award, eve: User) -> None:
    page = f"http://{HOST}/c/{award.public_id}"
    assert sharing.certificate_url(award) == page
    for door in (Door("django"), Door("thin")):
        for path in (f"/c/{award.public_id}", f"/i/{slug_of(award)}/c/{award.public_id}"):
            for _time in range(2):
                answer = door.ask(path, accept="text/html")
                assert (answer.status, answer.headers["location"]) == (302, page), path
        found = door.ask(f"/c/{award.public_id}.json")
        assert found.status == 200
        assert f'<{page}>; rel="canonical"' in found.headers["link"]
    assert Client().get(f"/i/{slug_of(award)}/")["Location"] == f"http://{HOST}/"
    below = f"/i/{slug_of(award)}/how-to-check/"
    assert Client().get(below)["Location"] == f"http://{HOST}{below}"
    mine = signed_in(eve).get(f"/i/{slug_of(award)}/c/{award.public_id}")
    assert "This is how others see your badge" in mine.content.decode(), (
        "who is signed in stays where that holds"
    )


def test_every_page_there_finds_all_its_links(domain: Domain, award: Award, there: Client) -> None:
    """A name that the list of the host does not know would be an empty link, or no page at all."""
    slug, badge = slug_of(award), award.version.achievement.public_id
    for path in (
        f"/c/{award.public_id}", f"/i/{slug}/b/{badge}/", f"/i/{slug}/how-to-claim/", f"/i/{slug}/how-to-check/",
        "/not-there", f"/c/{'0' * 26}",
    ):  # fmt: skip
        html = there.get(path, headers={"accept": "text/html"}).content.decode()
        assert "</html>" in html, path
        assert 'href=""' not in html, path


def test_at_the_host_older_addresses_lead_to_the_page(domain: Domain, award: Award, there: Client) -> None:
    before = slug_of(award)
    founding.change_slug(award.issuer, "leaders", by="test")
    for slug in (before, "leaders"):
        assert there.get(f"/i/{slug}/c/{award.public_id}")["Location"] == f"/c/{award.public_id}"
        assert there.get(f"/i/{slug}/")["Location"] == "/"


# What search engines are told (ADR 0060)


def locations(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml; charset=utf-8"), path
    return re.findall(r"<loc>([^<]*)</loc>", answer.content.decode())


@pytest.mark.journey("J34", "J40")
def test_the_host_has_a_map_of_its_own_and_no_map_lists_an_address_that_leads_on(
    domain: Domain, award: Award, theirs: Award, there: Client
) -> None:
    badge = award.version.achievement.public_id
    assert there.get("/robots.txt").content.decode().splitlines() == [
        "User-agent: *", "Allow: /", "", f"Sitemap: http://{HOST}/sitemap.xml",
    ]  # fmt: skip
    own = locations(there, "/sitemap.xml")
    assert {f"http://{HOST}/", f"http://{HOST}/i/{slug_of(award)}/b/{badge}/"} <= set(own)
    for address in own:
        answer = there.get(address.removeprefix(f"http://{HOST}"))
        assert (answer.status_code, "noindex" in answer.content.decode()) == (200, False), address
        if "how-to" not in address:
            assert f'<link rel="canonical" href="{address}">' in answer.content.decode()
    assert not [one for one in own if theirs.version.achievement.public_id in one or award.public_id in one]
    mapped = [
        address
        for index in locations(Client(), "/sitemap.xml")
        for address in locations(Client(), index.removeprefix(settings.BASE_URL))
    ]
    assert f"{settings.BASE_URL}/i/{theirs.issuer.slug}/" in mapped
    assert not [address for address in mapped if badge in address or f"/i/{slug_of(award)}/" in address]
    for address in mapped:
        assert Client().get(address.removeprefix(settings.BASE_URL)).status_code == 200, address
    for path in ("/sitemap-issuers-1.xml", "/sitemap-badges-1.xml", "/sitemap-profiles-1.xml"):
        assert there.get(path).status_code == 404, "the site's own parts"


@pytest.mark.parametrize("why", ["nothing leads there yet", "suspended", "not approved yet"])
def test_a_host_whose_pages_are_not_to_be_listed_has_no_map(
    domain: Domain, award: Award, there: Client, why: str
) -> None:
    if why == "nothing leads there yet":
        Issuer.objects.filter(pk=award.issuer_id).update(host="")
    else:
        Issuer.objects.filter(pk=award.issuer_id).update(
            standing="suspended" if why == "suspended" else "pending"
        )
    assert there.get("/sitemap.xml").status_code == 404
    told = there.get("/robots.txt")
    assert (told.status_code, b"Sitemap" in told.content, b"Disallow" in told.content) == (200, False, False)


def test_only_what_nobody_can_turn_round_leads_on_for_good(
    domain: Domain, award: Award, there: Client
) -> None:
    """J39: a remembered 301 to a host that its issuer gives up would break every link that was shared."""
    slug, here = slug_of(award), f"/c/{award.public_id}"
    for path in (f"/i/{slug}{here}", f"/i/{slug}/"):
        answer = there.get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (301, "no-cache"), path
    for client, path in (
        (Client(), f"/i/{slug}{here}"), (Client(), f"/i/{slug}/"), (Client(), here),
        (there, "/help/"), (there, "/accounts/login/"),
    ):  # fmt: skip
        assert client.get(path, headers={"accept": "text/html"}).status_code == 302, path
    own_hosts.leave(domain, by="test")
    assert Client().get(f"/i/{slug}{here}", headers={"accept": "text/html"}).status_code == 200


@pytest.mark.journey("J38")
def test_an_older_address_does_not_say_that_a_private_badge_is_there(
    domain: Domain, award: Award, there: Client
) -> None:
    path = f"/i/{slug_of(award)}/c/{award.public_id}"
    assert there.get(path).status_code == 301, "the control"
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)
    hidden, unknown = there.get(path), there.get(f"/i/{slug_of(award)}/c/{'0' * 26}")
    assert (hidden.status_code, unknown.status_code) == (404, 404)


def test_the_question_whose_it_is_is_answered_there(domain: Domain, award: Award, there: Client) -> None:
    path = f"/i/{slug_of(award)}/c/{award.public_id}/is-it"
    html = there.post(path, {"address": "eve@example.org"}).content.decode()
    assert "Yes. This badge was awarded to" in html


def test_an_address_at_the_host_is_known_as_ours(domain: Domain, award: Award) -> None:
    """Verify and oEmbed: the site never asks itself over the network, and its own links are its own everywhere."""
    address = f"http://{HOST}/c/{award.public_id}"
    told = Client().get("/oembed", {"url": address})
    assert (told.status_code, told.json()["author_url"]) == (200, f"http://{HOST}/")
    found = own_addresses.read(address)
    assert isinstance(found, Fetched)
    assert award.credential
    assert found.body == bytes(award.credential.content)
    assert own_addresses.read(f"http://evil.example/c/{award.public_id}") is None


# What it does not


@pytest.mark.parametrize(
    "path",
    ["/badges", "/accounts/logout/", "/manage/x/awards", "/operator/", "/issuers", "/api/v1/badges", "/api/v1/verify",
     "/health/ready", "/oembed", "/claim/x", "/account", "/mailbox/", "/hooks/mail"],
)  # fmt: skip
def test_nothing_of_the_site_is_there(domain: Domain, there: Client, path: str) -> None:
    """DECISIONS 29: only that issuer's public addresses."""
    assert there.get(path).status_code == 404
    assert there.post(path).status_code in {403, 404}


def test_every_address_there_is_for_anyone() -> None:
    """The list of the host holds no view that would ask who somebody is."""
    patterns = get_resolver("plaudit_site.public.host_urls").url_patterns
    assert len(patterns) > 20
    assert {getattr(pattern.callback, "who", "") for pattern in patterns} == {"anyone"}


def test_sign_in_and_help_lead_to_the_sites_own_host(domain: Domain, there: Client) -> None:
    for path in (
        "/accounts/login/?next=/badges",
        "/help/",
        "/verify/",
        "/privacy/",
        "/verify/in-your-browser",
    ):
        answer = there.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"{settings.BASE_URL}{path}")
        assert there.post(path).status_code in {403, 405}


def test_what_belongs_to_another_issuer_is_not_there(
    domain: Domain, award: Award, theirs: Award, there: Client
) -> None:
    assert theirs.credential
    badge = theirs.version.achievement.public_id
    for path in (
        f"/c/{theirs.public_id}",
        f"/c/{theirs.public_id}.json",
        f"/c/{theirs.public_id}/qr.svg",
        f"/c/{theirs.public_id}/qr.png",
        f"/embed/{theirs.public_id}",
        f"/i/{theirs.issuer.slug}/",
        f"/i/{theirs.issuer.slug}/c/{theirs.public_id}",
        f"/i/{slug_of(award)}/c/{theirs.public_id}",
        f"/i/{slug_of(award)}/b/{badge}/",
        f"/b/{badge}/v1",
        f"/b/{badge}/v1.json",
        f"/b/{badge}/v1.png",
        f"/status/{theirs.credential.status_list.public_id}",
        f"/status/{theirs.credential.status_list.public_id}.json",
        f"/issuers/{theirs.issuer.public_id}/did.json",
        f"/i/{theirs.issuer.slug}/logo.png",
    ):
        assert there.get(path, headers={"accept": "application/json"}).status_code == 404, path
    assert Client().get(f"/c/{theirs.public_id}.json").status_code == 200


def test_no_cookie_is_read_or_set_there(
    domain: Domain, award: Award, there: Client, eve: User, world: World
) -> None:
    """A session of the site, should it ever get there, opens nothing; and none is given."""
    Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)
    mine = signed_in(eve)
    for client in (there, mine):
        for path in ("/", f"/c/{award.public_id}", "/nothing", f"/i/{slug_of(award)}/how-to-claim/"):
            answer = client.get(path, headers={"host": HOST, "accept": "text/html"})
            assert not answer.cookies, path
            assert "Set-Cookie" not in answer
            assert b"csrfmiddlewaretoken" not in answer.content
        assert client.get(f"/c/{award.public_id}", headers={"host": HOST}).status_code == 404
    assert mine.get(f"/c/{award.public_id}.json").status_code == 200, "the control: at the site it is hers"


HOSTS = [
    "evil.example", "evil.example:8000", f"{HOST}.evil.example", f"evil{HOST}", f"{HOST}@evil.example", f"{HOST}.",
    "localhost:8000@evil.example", "", " ", "[::1]", "127.0.0.1", f"{HOST}:port", f"{HOST}/x", "leaders.example",
    "badges.leaders.exam\u0440le", "x" * 5000, f"{HOST}\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_any_other_host_gets_nothing(domain: Domain, award: Award, host: str) -> None:
    """B17: not even a page that names it."""
    for path in (
        "/",
        f"/c/{award.public_id}.json",
        "/accounts/password/reset/",
        "/health/live",
        "/static/css/base.css",
    ):
        for door in ("django", "thin", "told"):
            answer = Door(door).ask(path, host=host)
            assert answer.status == 400, (path, door)
            assert b"evil" not in answer.body
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_forwarded_names_are_not_believed(domain: Domain, award: Award) -> None:
    """B17: what a proxy or a stranger claims the host to be."""
    for header in ("x-forwarded-host", "forwarded", "x-host", "x-original-host"):
        assert Client().get("/badges", headers={header: HOST}).status_code == 302
        assert Client().get("/", headers={"host": "evil.example", header: "localhost"}).status_code == 400


@pytest.mark.parametrize("state", ["waiting", "lost"])
def test_a_host_whose_domain_is_not_proven_gets_nothing(
    domain: Domain, award: Award, there: Client, state: str
) -> None:
    assert there.get("/").status_code == 200
    Domain.objects.filter(pk=domain.pk).update(state=state)
    assert there.get("/").status_code == 400
    assert Client().get("/hosts/ask", {"domain": HOST}).status_code == 404


def test_a_proxy_asks_which_names_may_have_a_certificate(domain: Domain) -> None:
    for asked_at in ("localhost:8000", "127.0.0.1:8000", "plaudit:8000"):
        client = Client(headers={"host": asked_at})
        assert client.get("/hosts/ask", {"domain": HOST}).status_code == 200
        assert client.get("/hosts/ask", {"domain": "localhost"}).status_code == 200
        for other in ("evil.example", "", "leaders.example", f"x.{HOST}", "'; drop table"):
            assert client.get("/hosts/ask", {"domain": other}).status_code == 404


# How it comes to be


def test_a_name_must_be_the_domain_or_below_it(domain: Domain) -> None:
    assert own_hosts.host_form("Badges.Leaders.example", domain) == "badges.leaders.example"
    assert own_hosts.host_form("leaders.example", domain) == "leaders.example"
    for typed in (
        "badges.other.example",
        "evilleaders.example",
        "leaders.example.evil.example",
        "localhost",
        "",
    ):
        with pytest.raises(domain_names.DomainRefused):
            own_hosts.host_form(typed, domain)


def test_a_name_belongs_to_one_issuer(domain: Domain, theirs: Award) -> None:
    now = timezone.now()
    other = Domain.objects.create(issuer=theirs.issuer, name="leaders.example", state="proven", proven_at=now)
    with pytest.raises(own_hosts.HostTaken):
        own_hosts.choose(other, HOST, by="test")


SEEN: dict[str, tuple[dict[str, bytes | Fetched], str]] = {
    "it leads here": ({f"https://{HOST}/.well-known/plaudit-host": b"OURS\n"}, ""),
    "another issuer": ({f"https://{HOST}/.well-known/plaudit-host": b"did:web:x"}, "another web site"),
    "it leads elsewhere": (
        {f"https://{HOST}/.well-known/plaudit-host": Fetched("https://evil.example/", 200, "", b"OURS")},
        "another web site",
    ),
    "nothing": ({}, "not read"),
}


@pytest.mark.parametrize("case", SEEN)
def test_the_site_looks_whether_the_name_leads_here(case: str) -> None:
    known, words = SEEN[case]
    assert words in own_hosts.look(HOST, "OURS", fetch=MappedFetch(known))
    assert bool(words) == bool(own_hosts.look(HOST, "OURS", fetch=MappedFetch(known)))


@pytest.mark.journey("J34", "J43")
def test_an_owner_sets_it_up(award: Award, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"how": "dns", "host": "badges.leaders.example: could not be reached."}
    monkeypatch.setattr(domain_proving, "look", lambda *_about: Finding(answers["how"]))
    monkeypatch.setattr(own_hosts, "look", lambda *_about: answers["host"])
    client, path = signed_in(world.ada), f"/manage/{world.issuer.slug}/domain"
    session = client.session
    session["fresh_at"] = int(timezone.now().timestamp())
    session.save()
    client.post(path, {"name": "leaders.example"})
    assert (
        "Prove the web address first"
        in client.post(f"{path}/host", {"host": HOST}, follow=True).content.decode()
    )
    client.post(f"{path}/check")
    assert f"badges.{'leaders.example'}" in client.get(path).content.decode()
    refused = client.post(f"{path}/host", {"host": "badges.other.example"})
    assert refused.status_code == 400
    assert "It must be leaders.example or end with it" in refused.content.decode()
    told = client.post(f"{path}/host", {"host": HOST}, follow=True).content.decode()
    assert f"{HOST}. CNAME localhost." in told
    assert "Not in use yet" in told
    client.post(f"{path}/check")
    assert "could not be reached" in client.get(path).content.decode()
    assert Client().get(f"/i/{world.issuer.slug}/").status_code == 200, "no link leads where nothing is"
    answers["host"] = ""
    assert "In use" in client.post(f"{path}/check", follow=True).content.decode()
    assert Client().get(f"/i/{world.issuer.slug}/")["Location"] == f"http://{HOST}/"
    client.post(f"{path}/host", {"leave": "1"})
    assert Client().get(f"/i/{world.issuer.slug}/").status_code == 200
    left = Client(headers={"host": HOST}).get("/")
    assert left.status_code == 200, "whoever has the link finds it while the name leads here"
    here = f"{settings.BASE_URL}/i/{world.issuer.slug}/"
    assert f'<link rel="canonical" href="{here}">' in left.content.decode()


def test_a_host_that_no_longer_leads_here_is_no_longer_linked(domain: Domain, award: Award) -> None:
    begin = timezone.now()

    def after(step: timedelta, problem: str, how: str = "dns") -> str:
        row = Domain.objects.get(pk=domain.pk)
        (held,) = domain_proving.leases.claim(
            Domain.objects.filter(pk=row.pk), worker="w", now=_due(row), most=1
        )
        domain_proving.note(held, Finding(how), begin + step, problem)
        return Issuer.objects.get(pk=award.issuer_id).host

    def _due(row: Domain) -> Any:
        Domain.objects.filter(pk=row.pk).update(due_at=begin)
        return timezone.now()

    assert after(timedelta(hours=1), "gone") == HOST, "an hour is no reason to move links"
    assert after(timedelta(hours=30), "gone") == ""
    assert after(timedelta(hours=31), "") == HOST
    assert after(timedelta(days=2), "", how="") == HOST, "the proof is missing since today"
    assert after(timedelta(days=10), "", how="") == ""
