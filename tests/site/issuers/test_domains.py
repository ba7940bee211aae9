"""A web address is proven by what stands in its DNS or on its web site, looked for every day (J43, DECISIONS 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from plaudit import FetchError, MappedFetch, WebFetch
from plaudit.fetch import Fetched
from plaudit_site.accounts.models import User
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards.models import Award
from plaudit_site.issuers import domain_names, domain_proving, name_servers, own_hosts
from plaudit_site.issuers.domain_names import DomainRefused
from plaudit_site.issuers.domain_proving import Finding
from plaudit_site.issuers.models import Domain, Issuer
from plaudit_site.mail.models import Message
from tests import people
from tests.people import World
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
OURS = "did:web:badges.example.com:issuers:abc"
FILE = "https://leaders.example.org/.well-known/plaudit-issuers.txt"


def no_records(_name: str) -> list[str]:
    return []


# The name


GOOD_NAMES = {
    "example.org": "example.org",
    "https://www.Example.org/about?x=1": "example.org",
    " badges.example.org. ": "badges.example.org",
    "http://user@example.org:8080/": "example.org",
    "bücher.example": "xn--bcher-kva.example",
}
BAD_NAMES = [
    "", "localhost", "example", "127.0.0.1", "[::1]", "10.0.0.1", "0x7f.1", "2130706433", "-a.example", "a..example",
    "exa mple.org", "example.org\x00", "_plaudit.example.org", "a" * 64 + ".example", ("a" * 60 + ".") * 5 + "example",
    "https://", "javascript:alert(1)", "evil.localhost", "example.1", "xn--\u202e.example",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "name"), GOOD_NAMES.items())
def test_the_name_is_found_in_what_was_typed(typed: str, name: str) -> None:
    assert domain_names.domain_form(typed) == name


@pytest.mark.parametrize("typed", BAD_NAMES)
def test_what_is_no_public_name_is_refused(typed: str) -> None:
    """D12: no address of a machine, and none of this site itself."""
    with pytest.raises(DomainRefused):
        domain_names.domain_form(typed)


# Looking


def test_the_record_in_the_dns_proves_it() -> None:
    def texts(name: str) -> list[str]:
        assert name == "_plaudit.leaders.example.org"
        return ["v=spf1 -all", "plaudit-issuer=did:web:other.example:issuers:x", f"plaudit-issuer={OURS} "]

    assert domain_proving.look("leaders.example.org", OURS, texts=texts, fetch=MappedFetch({})) == Finding(
        "dns"
    )


@pytest.mark.parametrize("before", ["", "plaudit-issuer="])
@pytest.mark.parametrize("name_servers_answer", [True, False])
def test_the_file_on_the_web_site_proves_it(before: str, name_servers_answer: bool) -> None:
    def texts(_name: str) -> list[str]:
        if not name_servers_answer:
            raise name_servers.NoAnswer("LifetimeTimeout")
        return []

    fetch = MappedFetch({FILE: f"did:web:other.example:issuers:x\r\n{before}{OURS}\r\n".encode()})
    assert domain_proving.look("leaders.example.org", OURS, texts=texts, fetch=fetch) == Finding("file")


NOT_PROVEN: dict[str, tuple[list[str], dict[str, bytes | Fetched], str]] = {
    "nothing anywhere": ([], {}, "no DNS record"),
    "another issuer": ([f"plaudit-issuer={OURS}2"], {}, "names another issuer"),
    "part of a text": ([f"x plaudit-issuer={OURS}", OURS], {}, "no DNS record"),
    "part of a line": ([], {FILE: f"not {OURS}".encode()}, "does not name this issuer"),
    "an empty file": ([], {FILE: b""}, "does not name this issuer"),
    "no text at all": ([], {FILE: b"\xff\xfe" * 1000}, "does not name this issuer"),
    # B16: a web site that leads anywhere it is told lends its name to nobody.
    "a file elsewhere": (
        [],
        {FILE: Fetched("https://evil.example/x", 200, "", OURS.encode())},
        "another web site",
    ),
    "a name that begins alike": (
        [],
        {FILE: Fetched("https://leaders.example.org.evil.example/x", 200, "", OURS.encode())},
        "another web site",
    ),
}


@pytest.mark.parametrize("case", NOT_PROVEN)
def test_nothing_else_does(case: str) -> None:
    records, files, why = NOT_PROVEN[case]
    found = domain_proving.look(
        "leaders.example.org", OURS, texts=lambda _name: records, fetch=MappedFetch(files)
    )
    assert found.how == ""
    assert why in found.problem


def test_the_www_of_an_address_may_hold_the_file() -> None:
    at_www = Fetched("https://www.leaders.example.org/x", 200, "text/plain", OURS.encode())
    found = domain_proving.look(
        "leaders.example.org", OURS, texts=no_records, fetch=MappedFetch({FILE: at_www})
    )
    assert found == Finding("file")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_into_our_own_network_is_not_asked(address: str) -> None:
    """D12."""
    fetch = WebFetch(domain_proving.LIMITS, resolve=lambda _host, _port: [address])
    found = domain_proving.look("leaders.example.org", OURS, texts=no_records, fetch=fetch)
    assert "not on the public internet" in found.problem


def test_only_a_few_are_looked_for_at_once() -> None:
    """Slow name servers of strangers hold up nobody else."""
    asked: list[str] = []

    def slowly(_name: str) -> list[str]:
        asked.append("")
        if len(asked) < domain_proving.MOST_AT_ONCE:
            domain_proving.look("a.example", OURS, texts=slowly, fetch=MappedFetch({}))
        else:
            with pytest.raises(domain_proving.Busy):
                domain_proving.look("a.example", OURS, texts=slowly, fetch=MappedFetch({}))
        return []

    domain_proving.look("a.example", OURS, texts=slowly, fetch=MappedFetch({}))
    assert len(asked) == domain_proving.MOST_AT_ONCE
    assert domain_proving.look("a.example", OURS, texts=no_records, fetch=MappedFetch({})).how == ""


def test_a_flood_of_records_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    class Record:
        def __init__(self, *strings: bytes) -> None:
            self.strings = strings

    class Resolver:
        cache = None

        def resolve(self, name: str, kind: str, **limits: object) -> list[Record]:
            assert (name, kind, limits) == ("_plaudit.a.example.", "TXT", {"lifetime": 5.0, "search": False})
            return [Record(b"two ", b"strings"), Record(b"\xff"), Record(b"x" * 255, b"x" * 900)] + [
                Record(b"more")
            ] * 10_000

    monkeypatch.setattr(name_servers.dns.resolver, "Resolver", Resolver)
    found = name_servers.texts("_plaudit.a.example")
    assert found[:2] == ["two strings", "\ufffd"]
    assert len(found) == name_servers.MOST_TEXTS - 1


# What becomes of it


class Place:
    """What stands at the address now; looked for by the worker as in service."""

    def __init__(self) -> None:
        self.how = ""

    def __call__(self, _name: str, _identifier: str) -> Finding:
        return Finding(self.how, "" if self.how else "There is no DNS record of ours.")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Place:
    stands = Place()
    monkeypatch.setattr(domain_proving, "look", stands)
    return stands


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], datetime]:
    """Moves time, and lets the worker look."""
    at = [timezone.now()]
    monkeypatch.setattr(timezone, "now", lambda: at[0])

    def later(step: timedelta) -> datetime:
        at[0] += step
        domain_proving.check_some("test")
        return at[0]

    return later


@pytest.fixture
def domain(world: World, there: Place) -> Domain:
    return domain_proving.claim(world.issuer, "leaders.example", by=world.ada.public_id)


def state(domain: Domain) -> str:
    domain.refresh_from_db()
    return domain.state


def page(award: Award) -> str:
    return Client().get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode()


@pytest.mark.journey("J43", "J37")
def test_what_was_found_stands_on_the_pages(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime], award: Award
) -> None:
    assert "leaders.example</" not in page(award)
    clock(timedelta())
    assert state(domain) == "waiting"
    assert "Controls" not in page(award)
    there.how = "dns"
    clock(timedelta(minutes=16))
    assert (state(domain), domain.how) == ("proven", "dns")
    html = page(award)
    assert "Controls leaders.example" in html
    assert "The DNS record _plaudit.leaders.example names this issuer" in html
    assert '<details class="passed"><summary>' in html[html.index("Controls leaders") - 900 :]
    site = Client().get(f"/i/{award.issuer.slug}/").content.decode()
    assert "Controls leaders.example" in site
    assert "checked on" in site


@pytest.mark.journey("J43", "J42")
def test_the_verify_page_says_it_of_our_own_issuers(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime], award: Award
) -> None:
    address = f"http://localhost:8000/i/{award.issuer.slug}/c/{award.public_id}"
    first = Client().post("/verify/", {"text": address}, follow=True).content.decode()
    assert "This badge is authentic" in first
    assert "Controls" not in first
    there.how = "file"
    clock(timedelta(minutes=16))
    assert (
        "Controls leaders.example, checked on"
        in Client().post("/verify/", {"text": address}, follow=True).content.decode()
    )


@pytest.mark.journey("J43")
def test_it_is_looked_for_every_day_and_lost_after_seven(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime], award: Award
) -> None:
    there.how = "dns"
    begin = clock(timedelta(minutes=16))
    assert state(domain) == "proven"
    assert domain.due_at == begin + timedelta(days=1)
    clock(timedelta(hours=23))
    assert domain.found_at == begin
    there.how = ""
    failed = clock(timedelta(hours=1))
    assert (state(domain), domain.failing_since) == ("failing", failed)
    assert "Controlled leaders.example until lately" in page(award)
    assert Message.objects.filter(kind="domain_failing").count() == 2  # the contact address and the owner
    clock(timedelta(days=6, hours=23))
    assert state(domain) == "failing"
    clock(timedelta(days=1))
    assert state(domain) == "lost"
    html = page(award)
    assert "No longer shows that it controls leaders.example" in html
    assert "This badge is authentic" in html, "the badge itself stays what it was"
    assert "No longer shows" in Client().get(f"/i/{award.issuer.slug}/").content.decode()
    mails = Message.objects.filter(kind="domain_lost")
    assert {mail.context["address"] for mail in mails} == {"badges@leaders.example", "ada@leaders.example"}
    people.run_worker()
    assert set(mails.values_list("state", "error", "code")) == {("sent", "", "")}
    for days in range(3):
        clock(timedelta(days=1 + days))
    assert mails.count() == 2
    there.how = "file"
    again = clock(timedelta(days=1))
    assert (state(domain), domain.proven_at) == ("proven", again)
    assert domain.failing_since is None


def test_an_hour_without_it_changes_nothing_for_long(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime]
) -> None:
    there.how = "dns"
    begin = clock(timedelta())
    there.how = ""
    clock(timedelta(days=1))
    there.how = "dns"
    clock(timedelta(hours=1))
    assert (state(domain), domain.proven_at, domain.failing_since) == ("proven", begin, None)


def test_what_never_comes_is_not_looked_for_without_end(
    domain: Domain, clock: Callable[[timedelta], datetime]
) -> None:
    for _day in range(32):
        clock(timedelta(days=1))
    state(domain)
    assert domain.due_at is None
    assert Message.objects.filter(kind__startswith="domain").count() == 0


def test_new_badges_name_the_sites_own_identifier_whatever_becomes_of_it(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime], world: World
) -> None:
    """DECISIONS 5: an identifier of one's own domain is a step of its own (test_own_identifiers.py)."""
    there.how = "dns"
    clock(timedelta())
    award = world.award(badge=world.badge_like("Another"))
    assert award.credential
    assert f'"id":"{world.issuer.identifier}"'.encode() in bytes(award.credential.content)


def test_another_name_begins_anew(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime]
) -> None:
    there.how = "dns"
    clock(timedelta())
    same = domain_proving.claim(domain.issuer, "leaders.example", by="test")
    assert same.state == "proven"
    other = domain_proving.claim(domain.issuer, "guild.example", by="test")
    assert other.state == "waiting"
    assert other.found_at is None


def test_a_worker_that_lost_its_lease_writes_nothing(domain: Domain, there: Place) -> None:
    there.how = "dns"
    now = timezone.now()
    (held,) = domain_proving.leases.claim(Domain.objects.all(), worker="one", now=now, most=1)
    Domain.objects.filter(pk=domain.pk).update(lease_holder="two", attempts=9)
    assert not domain_proving.note(held, Finding("dns"), now)
    assert state(domain) == "waiting"


def test_the_history_names_no_address(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime]
) -> None:
    """DECISIONS 26."""
    there.how = "dns"
    clock(timedelta())
    events = AuditEvent.objects.filter(subject=f"issuer:{domain.issuer.public_id}", kind__startswith="domain")
    assert [event.kind for event in events.order_by("pk")] == ["domain named", "domain proven"]
    assert "leaders.example" not in str([event.__dict__ for event in events])


# The console


@pytest.mark.journey("J43")
def test_an_owner_names_the_address_and_looks_at_once(world: World, there: Place) -> None:
    client, path = signed_in(world.ada), f"/manage/{world.issuer.slug}/domain"
    assert 'value="leaders.example"' in client.get(path).content.decode(), "what the profile says is offered"
    refused = client.post(path, {"name": "localhost"})
    assert refused.status_code == 400
    assert "Write the name alone" in refused.content.decode()
    shown = client.post(path, {"name": "https://www.leaders.example/"}, follow=True).content.decode()
    for said in (
        "_plaudit.leaders.example",
        f"plaudit-issuer={world.issuer.identifier}",
        "https://leaders.example/.well-known/plaudit-issuers.txt",
        "Not proven yet",
    ):
        assert said in shown, said
    assert "Not found yet" in client.post(f"{path}/check", follow=True).content.decode()
    there.how = "file"
    found = client.post(f"{path}/check", follow=True).content.decode()
    assert "Found: you control leaders.example" in found
    assert "by a file on its web site" in found
    for _press in range(10):
        often = client.post(f"{path}/check", follow=True).content.decode()
    assert "That was often" in often


def test_only_an_owner_does(world: World, domain: Domain, eve: User) -> None:
    path = f"/manage/{world.issuer.slug}/domain"
    for who in (world.ben, eve):
        client = signed_in(who)
        assert [
            client.get(path).status_code,
            client.post(path, {"name": "evil.example"}).status_code,
            client.post(f"{path}/check").status_code,
        ] == [404] * 3
    assert Domain.objects.get(pk=domain.pk).name == "leaders.example"


def test_a_suspended_issuer_shows_no_address(
    domain: Domain, there: Place, clock: Callable[[timedelta], datetime], award: Award
) -> None:
    there.how = "dns"
    clock(timedelta(minutes=16))
    assert "Controls" in page(award)
    Issuer.objects.filter(pk=award.issuer_id).update(standing="suspended")
    assert "Controls" not in page(award)
    assert "Controls" not in Client().get(f"/i/{award.issuer.slug}/").content.decode()


def test_a_fetch_error_is_said_in_words() -> None:
    for reason, said in (
        ("answered with status 404", "answered with status 404"),
        ("could not be reached (gaierror: [Errno -2] Name or service not known)", "could not be reached"),
    ):

        def fetch(url: str, accept: str, reason: str = reason) -> Fetched:
            raise FetchError(url, reason, status=404)

        found = domain_proving.look("leaders.example.org", OURS, texts=no_records, fetch=fetch)
        assert found.problem.endswith(f"The file: {said}.")
        assert own_hosts.look("badges.example", OURS, fetch=fetch) == f"badges.example: {said}."
