"""Every form a badge can be had in: what it holds, who gets it, and that it is checked without this site (J32)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch
from plaudit.baking import read_picture
from plaudit.fetch import Fetched
from plaudit.proofs import jose
from plaudit_site.accounts.models import User
from plaudit_site.awards import claiming, downloads, jwt_signing, keeping, revoking
from plaudit_site.awards.models import Award, Credential, Visibility
from plaudit_site.backpack import contents, verifying
from plaudit_site.issuers import keys
from plaudit_site.issuers.models import SigningKey
from tests.conformance.judges import ask_digitalbazaar, ask_jose, ask_openbadges, ask_openbadgeslib
from tests.people import EVE, World
from tests.site.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
ENDINGS = [ending for ending in downloads.ENDINGS if ending != "pdf"]


@pytest.fixture
def award(world: World, eve: User) -> Award:
    award = world.award(expires_at=timezone.now() + timedelta(days=400), result="87 %")
    claiming.accept(award, eve, visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    return award


@pytest.fixture
def over_http(browser: Client) -> MappedFetch:
    """A verifier somewhere else: all it has is what our addresses answer."""

    def read(url: str) -> Fetched:
        answer = browser.get(url.removeprefix(settings.BASE_URL))
        media_type = answer["Content-Type"].partition(";")[0]
        return Fetched(url, answer.status_code, media_type, answer.content)

    return MappedFetch(read, localhost=settings.SITE_HOST)


def get(browser: Client, award: Award, ending: str) -> bytes:
    answer = browser.get(f"/c/{award.public_id}.{ending}")
    assert answer.status_code == 200, ending
    assert answer["Content-Type"] == downloads.ENDINGS[ending].media_type
    return answer.content


# Each is checked without us


@pytest.mark.journey("J32")
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_form_verifies_by_our_library_over_http(
    award: Award, browser: Client, over_http: MappedFetch, ending: str
) -> None:
    report = plaudit.verify(get(browser, award, ending), fetch=over_http, at=timezone.now(), recipient=EVE)
    assert report.verified, [*report.failed, *report.unknown]


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_form_verifies_after_a_revocation(
    world: World, award: Award, browser: Client, over_http: MappedFetch, ending: str
) -> None:
    before = get(browser, award, ending)
    revoking.revoke(award, reason="A mistake", by=world.ben)
    from tests.people import run_worker

    run_worker()
    report = plaudit.verify(before, fetch=over_http, at=timezone.now())
    assert [one.id for one in report.failed] == ["status"], [*report.failed, *report.unknown]


@pytest.mark.parametrize("ending", ["ob2.png", "ob2.svg"])
def test_a_picture_of_2_holds_an_assertion_alone(award: Award, browser: Client, ending: str) -> None:
    found = read_picture(get(browser, award, ending))
    assert found.credential is None
    assert found.assertion is not None
    assert json.loads(found.assertion)["id"] == f"{settings.BASE_URL}/c/{award.public_id}.ob2.json"


def test_verify_a_badge_reads_our_own_older_forms_without_the_network(award: Award, browser: Client) -> None:
    for ending in ("ob2.png", "ob2.json", "jwt"):
        report = verifying.verify(get(browser, award, ending), timezone.now())
        assert verifying.state_of(report) is verifying.State.AUTHENTIC, ending
        shown = contents.shown(report)
        assert shown is not None
        assert shown.award == award


# The token


def test_the_token_is_the_same_each_time_and_says_what_was_signed(award: Award, browser: Client) -> None:
    assert award.credential
    text = get(browser, award, "jwt")
    assert get(browser, award, "jwt") == text
    credential, header, payload = jose.read_vc_jwt(text.decode())
    signed = json.loads(bytes(award.credential.content))
    signed.pop("proof")
    assert credential == signed
    assert header["alg"] == "ES256"
    assert header["kid"] == f"{award.issuer.identifier}#key-p256-1"
    assert payload["iat"] == int(award.credential.signed_at.timestamp())


def test_a_rotation_leaves_the_token_as_it_was(award: Award, browser: Client, over_http: MappedFetch) -> None:
    before = get(browser, award, "jwt")
    keys.rotate(award.issuer, by="test")
    assert get(browser, award, "jwt") == before
    assert plaudit.verify(before, fetch=over_http, at=timezone.now()).verified


def test_a_compromised_token_key_gives_way_to_the_next(
    award: Award, browser: Client, over_http: MappedFetch
) -> None:
    before = get(browser, award, "jwt")
    keys.mark_compromised(award.issuer.keys.get(kind=SigningKey.Kind.P256), by="test")
    after = get(browser, award, "jwt")
    assert not plaudit.verify(before, fetch=over_http, at=timezone.now()).verified
    assert plaudit.verify(after, fetch=over_http, at=timezone.now()).verified


def test_nothing_is_signed_anew_for_what_a_stolen_key_signed(award: Award, browser: Client) -> None:
    """Otherwise a thief's badge, put into the database, would come out with a good signature."""
    assert get(browser, award, "jwt")
    keys.mark_compromised(keys.current_key(award.issuer), by="test")
    award.credential.refresh_from_db()  # type: ignore[union-attr]
    for ending in ("jwt", "ob2.json", "ob2.png"):
        assert browser.get(f"/c/{award.public_id}.{ending}").status_code == 404, ending
    with pytest.raises(jwt_signing.NotSigned):
        jwt_signing.token(Credential.objects.get(award=award))


def test_nothing_is_made_of_bytes_that_were_not_signed(award: Award, browser: Client) -> None:
    import hashlib

    assert award.credential
    changed = bytes(award.credential.content).replace(b"Certified Product", b"Certified Cheating")
    Credential.objects.filter(pk=award.credential.pk).update(
        content=changed, sha256=hashlib.sha256(changed).hexdigest()
    )
    for ending in ("jwt", "ob2.json", "ob2.svg", "pdf"):
        answer = browser.get(f"/c/{award.public_id}.{ending}")
        assert answer.status_code == 404, ending
        assert b"Cheating" not in answer.content


# Open Badges 2.0


def test_the_documents_of_2_stand_where_they_say(award: Award, browser: Client) -> None:
    assertion = json.loads(get(browser, award, "ob2.json"))
    badge = browser.get(assertion["badge"].removeprefix(settings.BASE_URL)).json()
    issuer = browser.get(badge["issuer"].removeprefix(settings.BASE_URL)).json()
    assert badge["id"] == assertion["badge"]
    assert badge["id"].endswith("/v1.ob2.json")
    assert issuer["id"] == badge["issuer"]
    assert (issuer["type"], issuer["email"]) == ("Issuer", "badges@leaders.example")
    assert EVE not in json.dumps([assertion, badge, issuer])
    assert assertion["recipient"]["hashed"] is True
    assert assertion["verification"] == {"type": "HostedBadge"}


def test_a_revoked_assertion_is_gone_and_says_why(world: World, award: Award, browser: Client) -> None:
    revoking.revoke(award, reason="A mistake", by=world.ben)
    for ending in ("ob2.json", "ob2.png", "ob2.svg"):
        answer = browser.get(f"/c/{award.public_id}.{ending}")
        assert answer.status_code == 410
        assert answer["Content-Type"] == "application/ld+json"
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer.json() == {
            "@context": "https://w3id.org/openbadges/v2",
            "id": f"{settings.BASE_URL}/c/{award.public_id}.ob2.json",
            "type": "Assertion",
            "revoked": True,
            "revocationReason": "A mistake",
        }
    page = browser.get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode()
    assert "ob2." not in page


def test_what_only_its_earner_sees_has_no_hosted_form(award: Award, eve: User) -> None:
    keeping.set_visibility(award, eve, Visibility.ONLY_ME)
    mine = signed_in(eve)
    for ending in ("ob2.json", "ob2.png", "ob2.svg"):
        assert mine.get(f"/c/{award.public_id}.{ending}").status_code == 404
    manage = mine.get(f"/badges/{award.public_id}/manage").content.decode()
    assert "ob2." not in manage
    assert f"/c/{award.public_id}.jwt?download=1" in manage


def test_a_draft_has_no_public_badge_class(world: World, browser: Client) -> None:
    from plaudit_site.achievements import publishing

    content = publishing.Content(
        title="Draft",
        description="d",
        criteria="c",
        design={"shape": "hexagon", "palette": "ink", "symbol": "award"},
    )
    draft = publishing.make(world.issuer, content, by="test")
    assert browser.get(f"/b/{draft.public_id}/v1.ob2.json").status_code == 404
    assert browser.get(f"/b/{world.badge.public_id}/v1.ob2.json").status_code == 200
    assert browser.get(f"/b/{world.badge.public_id}/v2.ob2.json").status_code == 404
    assert browser.get(f"/issuers/{'0' * 26}.ob2.json").status_code == 404


# Found from everywhere


@pytest.mark.journey("J34")
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/vc+jwt", "application/vc+jwt"),
        ("application/jwt", "application/vc+jwt"),
        ("image/png", "image/png"),
        ("image/svg+xml", "image/svg+xml"),
        ("application/pdf", "application/pdf"),
        ("application/vc", "application/vc"),
        ("audio/ogg", "application/vc+ld+json"),
    ],
)
def test_the_permanent_address_answers_in_the_form_that_is_asked_for(
    award: Award, browser: Client, accept: str, media_type: str
) -> None:
    answer = browser.get(f"/c/{award.public_id}", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)
    assert "Accept" in answer["Vary"]


def test_every_form_is_linked_from_every_other_one(award: Award, browser: Client) -> None:
    for path in (
        f"/c/{award.public_id}",
        f"/c/{award.public_id}.png",
        f"/i/{award.issuer.slug}/c/{award.public_id}",
    ):
        linked = re.findall(r"<([^>]+)>; rel=\"alternate\"; type=\"([^\"]+)\"", browser.get(path)["Link"])
        assert len(linked) == 8
        for url, media_type in linked:
            answer = browser.get(url.removeprefix(settings.BASE_URL))
            assert (answer.status_code, answer["Content-Type"]) == (200, media_type), url


@pytest.mark.journey("J29", "J32")
def test_page_and_manage_offer_every_form(award: Award, eve: User, browser: Client) -> None:
    for html in (
        browser.get(f"/i/{award.issuer.slug}/c/{award.public_id}").content.decode(),
        signed_in(eve).get(f"/badges/{award.public_id}/manage").content.decode(),
    ):
        for ending in downloads.ENDINGS:
            assert f'href="{settings.BASE_URL}/c/{award.public_id}.{ending}?download=1"' in html, ending
        assert "For older systems (Open Badges 2.0)" in html


# Before foreign judges


@pytest.mark.conformance
@pytest.mark.journey("J32")
def test_foreign_judges_accept_what_the_site_gives_out(award: Award, browser: Client, tmp_path: Path) -> None:
    def saved(name: str, path: str) -> Path:
        (tmp_path / name).write_bytes(browser.get(path).content)
        return tmp_path / name

    files = {ending: saved(f"badge.{ending}", f"/c/{award.public_id}.{ending}") for ending in ENDINGS}
    host, issuer = settings.SITE_HOST, award.issuer.public_id
    assert award.credential
    status = f"/status/{award.credential.status_list.public_id}"
    keys_file, list_file = saved("did.json", f"/issuers/{issuer}/did.json"), saved("list.json", status)
    web = {f"https://{host}/issuers/{issuer}/did.json": keys_file, f"{settings.BASE_URL}{status}": list_file}
    now = timezone.now().isoformat()

    (first,) = ask_digitalbazaar([{"file": files["json"], "maps": web, "now": now}], tmp_path)
    assert first["verified"], first
    for verdict in ask_openbadgeslib([files["json"], files["png"], files["svg"]], web):
        assert verdict["verified"], verdict

    jwk = next(
        method["publicKeyJwk"]
        for method in json.loads(keys_file.read_text())["verificationMethod"]
        if method["id"].endswith("#key-p256-1")
    )
    (token,) = ask_jose([{"token": files["jwt"].read_text(), "jwk": jwk, "now": now}])
    assert token["verified"], token
    older: dict[str, Any] = json.loads(files["ob2.json"].read_text())
    web = {
        older["id"]: files["ob2.json"],
        older["badge"]: saved("class.json", older["badge"].removeprefix(settings.BASE_URL)),
    }
    badge = json.loads(web[older["badge"]].read_text())
    web[badge["issuer"]] = saved("issuer.json", badge["issuer"].removeprefix(settings.BASE_URL))
    web[badge["image"]["id"]] = saved("picture.png", badge["image"]["id"].removeprefix(settings.BASE_URL))
    for verdict in ask_openbadges([older["id"], files["ob2.png"], files["ob2.svg"]], web, EVE):
        assert verdict["verified"], verdict
