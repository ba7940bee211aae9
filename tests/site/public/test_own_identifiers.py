"""Badges signed under the issuer's own name: what they say, who can check them, what becomes of it (DECISIONS 5)."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch, Outcome
from plaudit_site.audit.models import AuditEvent
from plaudit_site.awards import claiming, jwt_signing, own_documents, suspending
from plaudit_site.awards.models import Award, Credential, StatusList, Visibility
from plaudit_site.backpack import verifying
from plaudit_site.examining import whole
from plaudit_site.issuers import domain_proving, keys, own_hosts, own_identifiers, reapplying
from plaudit_site.issuers.models import Domain, Issuer, OwnIdentifier
from plaudit_site.mail.models import Message
from tests import people
from tests.people import World
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
HOST = "badges.leaders.example"


@pytest.fixture
def domain(world: World) -> Domain:
    """Proven, and the host seen to lead here."""
    now = timezone.now()
    found = Domain.objects.create(
        issuer=world.issuer, name="leaders.example", state="proven", how="dns", found_at=now, proven_at=now,
        checked_at=now, host=HOST, host_seen_at=now,
    )  # fmt: skip
    Issuer.objects.filter(pk=world.issuer.pk).update(host=HOST)
    world.issuer.refresh_from_db()
    return found


@pytest.fixture
def own(domain: Domain, world: World) -> str:
    identifier = own_identifiers.begin(world.issuer, by="test")
    world.issuer.refresh_from_db()
    world.badge.issuer.refresh_from_db()
    return identifier


@pytest.fixture
def award(own: str, world: World, eve: Any) -> Award:
    return shared(world, eve)


def shared(world: World, eve: Any, **more: Any) -> Award:
    award = world.award(**more)
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    return award


def content(award: Award) -> bytes:
    assert award.credential
    return bytes(award.credential.content)


def over_the_web(url: str) -> bytes | None:
    """What a stranger's program is answered at an address, at whatever host of ours."""
    _, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    answer = Client(headers={"host": host}).get(f"/{path}")
    return bytes(answer.content) if answer.status_code == 200 else None


def report_of(award: Award) -> plaudit.Report:
    """By somebody else's server, which knows nothing but what is answered at addresses."""
    fetch = MappedFetch(over_the_web, localhost=settings.SITE_HOST)
    return plaudit.verify(content(award), fetch=fetch, at=timezone.now())


def failed(report: plaudit.Report) -> list[str]:
    return [one.id for one in report.checks if one.outcome in {Outcome.FAILED, Outcome.UNKNOWN}]


@pytest.mark.journey("J34", "J43")
def test_a_badge_names_the_issuers_own_host_and_anybody_can_check_it_there(
    award: Award, own: str, world: World
) -> None:
    signed = json.loads(content(award))
    assert own == f"did:web:{HOST}:own:{world.issuer.public_id}"
    assert signed["issuer"]["id"] == own
    assert signed["proof"][0]["verificationMethod"].startswith(f"{own}#key-ed25519-")
    report = report_of(award)
    assert failed(report) == []
    assert report.credential
    # Its list of revoked badges names the same issuer, and so does the token that is made of it.
    assert award.credential
    assert json.loads(bytes(award.credential.status_list.content))["issuer"] == own
    token = plaudit.verify(
        jwt_signing.token(award.credential),
        fetch=MappedFetch(over_the_web, localhost=settings.SITE_HOST),
        at=timezone.now(),
    )
    assert failed(token) == []


def test_both_documents_have_the_same_keys_and_name_each_other(own: str, world: World) -> None:
    """DECISIONS 5: alsoKnownAs (did-core 5.1.3), at the addresses that did:web prescribes; open to programs."""
    issuer = world.issuer
    here = Client().get(f"/issuers/{issuer.public_id}/did.json")
    there = Client(headers={"host": HOST}).get(f"/own/{issuer.public_id}/did.json")
    site, mine = here.json(), there.json()
    assert (site["id"], site["alsoKnownAs"]) == (issuer.identifier, [own])
    assert (mine["id"], mine["alsoKnownAs"]) == (own, [issuer.identifier])
    assert there["Access-Control-Allow-Origin"] == "*"
    assert not there.cookies
    for document in (site, mine):
        for method in document["verificationMethod"]:
            assert method["controller"] == document["id"]
        assert document["assertionMethod"] == [one["id"] for one in document["verificationMethod"]]
    public = [
        {key: value for key, value in one.items() if key not in {"id", "controller"}}
        for one in site["verificationMethod"]
    ]
    assert public == [
        {key: value for key, value in one.items() if key not in {"id", "controller"}}
        for one in mine["verificationMethod"]
    ]
    keys.mark_compromised(keys.current_key(issuer), by="test")
    after = Client(headers={"host": HOST}).get(f"/own/{issuer.public_id}/did.json").json()
    gone = {one["publicKeyMultibase"] for one in mine["verificationMethod"] if "publicKeyMultibase" in one}
    assert not gone & {one.get("publicKeyMultibase") for one in after["verificationMethod"]}


def test_what_was_awarded_before_stays_as_it_is(domain: Domain, world: World, eve: Any) -> None:
    before = shared(world, eve)
    own_identifiers.begin(world.issuer, by="test")
    world.issuer.refresh_from_db()
    after = world.award("later@example.org", badge=world.badge_like("Later"))
    assert json.loads(content(before))["issuer"]["id"] == world.issuer.identifier
    assert json.loads(content(after))["issuer"]["id"] == world.issuer.signs_as
    assert failed(report_of(before)) == []
    assert before.credential
    assert after.credential
    assert before.credential.status_list_id != after.credential.status_list_id, "a list has one issuer"


def test_our_own_pages_and_the_examination_know_it(award: Award, own: str, world: World) -> None:
    page = Client(headers={"host": HOST, "accept": "text/html"}).get(f"/c/{award.public_id}")
    html = page.content.decode()
    assert "This badge is authentic" in html
    assert "the issuer no longer uses" not in html
    report = verifying.verify(content(award), timezone.now())
    assert verifying.state_of(report) == "authentic"
    assert verifying.vouched_issuer(report) == world.issuer
    assert whole.examine(settle_seconds=0).findings == []
    Credential.objects.filter(pk=award.credential_id).update(
        status_list=StatusList.objects.create(issuer=world.issuer)
    )
    found = whole.examine(settle_seconds=0).findings
    assert any("another issuer than its status list" in str(one) for one in found)


@pytest.mark.journey("J43")
def test_an_owner_takes_the_step_knowing_what_it_depends_on(domain: Domain, world: World) -> None:
    client = fresh(world.ada)
    page = client.get(f"/manage/{world.issuer.slug}/domain").content.decode()
    assert f"did:web:{HOST}:own:{world.issuer.public_id}" in page
    assert f"only while <bdi>{HOST}</bdi> leads here" in page
    path = f"/manage/{world.issuer.slug}/domain/signing"
    answer = client.post(path, {}, follow=True).content.decode()
    assert "Tick that you have read" in answer
    assert not OwnIdentifier.objects.exists()
    answer = client.post(path, {"understood": "yes"}, follow=True).content.decode()
    assert "signed under your own name" in answer
    assert AuditEvent.objects.filter(kind="own identifier", actor=world.ada.public_id).count() == 1
    answer = client.post(path, {"site": "1"}, follow=True).content.decode()
    assert "name this site’s address for you again" in answer
    world.issuer.refresh_from_db()
    assert world.issuer.signs_as == ""
    assert OwnIdentifier.objects.count() == 1, "what was signed under it is never forgotten"
    # Others of the issuer may not, and a session that is not fresh is asked first.
    assert fresh(world.ben).post(path, {"understood": "yes"}).status_code == 404
    assert "/account/confirm" in signed_in(world.ada).post(path, {"understood": "yes"})["Location"]


@pytest.mark.parametrize("state", ["waiting", "failing", "lost"])
def test_nobody_takes_it_for_a_name_that_is_not_proven(domain: Domain, world: World, state: str) -> None:
    """SECURITY A16, A17: no identifier under a name that the issuer does not show to control."""
    Domain.objects.filter(pk=domain.pk).update(state=state)
    with pytest.raises(own_identifiers.NotProven):
        own_identifiers.begin(world.issuer, by="test")
    Domain.objects.filter(pk=domain.pk).update(state="proven")
    Issuer.objects.filter(pk=world.issuer.pk).update(host="")
    with pytest.raises(own_identifiers.NotProven):
        own_identifiers.begin(world.issuer, by="test")
    answer = fresh(world.ada).post(
        f"/manage/{world.issuer.slug}/domain/signing", {"understood": "yes"}, follow=True
    )
    assert "has to come first" in answer.content.decode()


@pytest.mark.journey("J43")
@pytest.mark.parametrize("how", ["lost", "host gone", "left", "given up", "another name", "another host"])
def test_when_the_name_leads_elsewhere_new_badges_name_the_site_again_and_owners_hear_of_it(
    award: Award, own: str, world: World, domain: Domain, how: str
) -> None:
    """DECISIONS 5."""
    lose(domain, how)
    world.issuer.refresh_from_db()
    world.badge.issuer.refresh_from_db()
    assert world.issuer.signs_as == ""
    mails = Message.objects.filter(kind="own_identifier_ended")
    assert {mail.context["address"] for mail in mails} == {"badges@leaders.example", "ada@leaders.example"}
    people.run_worker("mail")
    assert set(mails.values_list("state", flat=True)) == {"sent"}
    later = world.award("later@example.org", badge=world.badge_like("Later"))
    assert json.loads(content(later))["issuer"]["id"] == world.issuer.identifier
    assert failed(report_of(later)) == []
    # What was signed is still what it was here, and the page says what cannot be done elsewhere.
    html = Client().get(f"/i/{world.issuer.slug}/c/{award.public_id}", follow=True).content.decode()
    assert "This badge is authentic" in html
    assert f"{HOST}, which the issuer no longer uses" in html
    assert own not in json.dumps(Client().get(f"/issuers/{world.issuer.public_id}/did.json").json())


def lose(domain: Domain, how: str) -> None:
    now = timezone.now()
    if how == "lost":
        Domain.objects.filter(pk=domain.pk).update(state="lost")
        own_hosts.note(domain, "", now)
    elif how == "host gone":
        domain.host_seen_at = now - timedelta(days=2)
        own_hosts.note(domain, "it answers nothing", now)
    elif how == "left":
        own_hosts.leave(domain, by="test")
    elif how == "given up":
        domain_proving.give_up(domain.issuer, by="test")
    elif how == "another name":
        domain_proving.claim(domain.issuer, "other.example", by="test")
    else:
        own_hosts.choose(domain, "certificates.leaders.example", by="test")


def test_a_former_host_goes_on_answering_for_what_was_signed_under_it(
    award: Award, own: str, domain: Domain, world: World
) -> None:
    """DECISIONS 5: at every address ever signed, on every host that still points here."""
    own_hosts.choose(domain, "certificates.leaders.example", by="test")
    assert failed(report_of(award)) == []
    ask = Client().get("/hosts/ask", {"domain": HOST})
    assert ask.status_code == 200, "its certificate for https is still to be had"
    # Once the domain is lost it shows no page any more; what was signed is answered as long as it points here.
    Domain.objects.filter(pk=domain.pk).update(state="lost")
    there = Client(headers={"host": HOST})
    assert there.get("/").status_code == 400
    assert there.get(f"/c/{award.public_id}").status_code == 400
    assert there.get(f"/own/{'0' * 26}/did.json").status_code == 400
    assert failed(report_of(award)) == []
    assert Client().get("/hosts/ask", {"domain": HOST}).status_code == 200


@pytest.mark.journey("J34", "J39")
@pytest.mark.parametrize("how", ["left", "another host", "given up", "another name"])
def test_links_to_a_former_host_go_on_leading_to_the_badge(
    domain: Domain, world: World, eve: Any, how: str
) -> None:
    """They were shared, and its name still leads here; also of an issuer that never signed under it."""
    award = shared(world, eve)
    there = Client(headers={"host": HOST, "accept": "text/html"})
    path = f"/c/{award.public_id}"
    assert "This badge is authentic" in there.get(path).content.decode()
    lose(domain, how)
    assert "This badge is authentic" in there.get(path).content.decode()
    assert Client().get("/hosts/ask", {"domain": HOST}).status_code == 200
    # Not another issuer's pages, and none at all once its domain was lost; not when it is given up after that, either.
    other = people.founding.found(
        world.ada, name="Others", url="https://o.example", email="o@o.example", standing="approved"
    )
    assert there.get(f"/i/{other.slug}/").status_code == 404
    domain_proving.claim(world.issuer, "third.example", by="test")
    assert there.get(path).status_code == 200, "its name still leads here"
    Domain.objects.filter(issuer=world.issuer).update(state="lost")
    assert there.get(path).status_code == 400
    domain_proving.give_up(world.issuer, by="test")
    assert there.get(path).status_code == 400


def test_no_host_answers_for_an_identifier_that_is_not_its_own(
    own: str, domain: Domain, world: World
) -> None:
    """SECURITY D22, J38: another issuer's, one that was never taken, one of another host."""
    there = Client(headers={"host": HOST})
    assert there.get(f"/own/{'0' * 26}/did.json").status_code == 404
    other = people.founding.found(
        world.ada, name="Others", url="https://o.example", email="o@o.example", standing="approved"
    )
    assert there.get(f"/own/{other.public_id}/did.json").status_code == 404
    assert Client().get(f"/own/{other.public_id}/did.json").status_code == 404
    now = timezone.now()
    Domain.objects.create(
        issuer=other,
        name="o.example",
        state="proven",
        how="dns",
        found_at=now,
        proven_at=now,
        host="o.example",
    )
    elsewhere = Client(headers={"host": "o.example"})
    assert elsewhere.get(f"/own/{world.issuer.public_id}/did.json").status_code == 404
    assert own_documents.read(f"https://o.example/own/{world.issuer.public_id}/did.json") is None
    assert own_documents.read(f"https://{HOST}.evil.example/own/{world.issuer.public_id}/did.json") is None


def test_a_restored_backup_knows_it_again(award: Award, own: str, world: World) -> None:
    """SECURITY F10: badges name it, so its document must be answered."""
    event = AuditEvent.objects.filter(kind="own identifier").get()
    OwnIdentifier.objects.all().delete()
    Issuer.objects.filter(pk=world.issuer.pk).update(signs_as="")
    line = reapplying.journal.Line(event.pk, event.at, event.kind, event.actor, event.subject, event.details)
    assert reapplying.own_identifier(line)
    assert not reapplying.own_identifier(line), "once"
    assert failed(report_of(award)) == []
    world.issuer.refresh_from_db()
    assert world.issuer.signs_as == own
    ended = reapplying.journal.Line(
        event.pk, event.at, "own identifier ended", event.actor, event.subject, {}
    )
    assert reapplying.own_identifier_ended(ended), "and what was ended after it stays ended"
    assert not reapplying.own_identifier_ended(ended)
    world.issuer.refresh_from_db()
    assert world.issuer.signs_as == ""


def test_suspension_and_lists_are_of_that_identifier_too(own: str, world: World, eve: Any) -> None:
    Issuer.objects.filter(pk=world.issuer.pk).update(may_suspend=True)
    world.badge.issuer.refresh_from_db()
    award = shared(world, eve)
    assert award.credential
    held = award.credential.suspension_list
    assert held
    assert held.signed_as == own
    suspending.suspend(award, reason="Under review", by=world.ben)
    people.run_worker()
    assert failed(report_of(award)) == ["status"]


def fresh(user: Any) -> Client:
    client = signed_in(user)
    session = client.session
    session["fresh_at"] = int(time.time())
    session.save()
    return client
