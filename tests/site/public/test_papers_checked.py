"""Our own certificate on paper, or in a presentation, is one badge to library, page, API and command (J42)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import Fetched, MappedFetch, offline
from plaudit.cli import main
from plaudit_site.awards import claiming
from plaudit_site.awards.models import Award, Visibility
from plaudit_site.backpack import own_addresses
from tests.people import World
from tests.site.public.test_verify import give

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.journey("J42")]


@pytest.fixture
def accepted(world: World) -> Award:
    award = world.award()
    claiming.accept_with_new_account(award, visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    return award


@pytest.fixture
def paper(accepted: Award, client: Client) -> bytes:
    found = client.get(f"/c/{accepted.public_id}.pdf")
    assert found["Content-Type"] == "application/pdf"
    return found.content


def test_the_page_finds_the_badge_in_our_certificate(client: Client, accepted: Award, paper: bytes) -> None:
    page = give(client, paper, "certificate.pdf")
    assert "This badge is authentic" in page
    assert accepted.version.title in page


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream"])
def test_the_api_finds_it_too(client: Client, accepted: Award, paper: bytes, kind: str) -> None:
    told = client.post("/api/v1/verify", data=paper, content_type=kind)
    assert told.status_code == 200, told.content
    found = told.json()
    assert (found["state"], found["verified"], found["container"]) == ("authentic", True, "a PDF file")
    assert found["credential"]["id"] == f"{settings.BASE_URL}/c/{accepted.public_id}"


def test_the_command_finds_it_too(paper: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, bytes] = {}

    def ours(url: str) -> bytes | Fetched | None:
        found = own_addresses.read(url)
        if found is not None:
            asked[url] = found.body if isinstance(found, Fetched) else found
        return found

    at = timezone.now()
    localhost = None if settings.SECURE else settings.SITE_HOST
    report = plaudit.verify(paper, fetch=MappedFetch(ours, offline, localhost), at=at)
    assert report.verified, report.as_dict()
    assert asked
    maps = []
    for number, (url, body) in enumerate(asked.items()):
        (tmp_path / str(number)).write_bytes(body)
        maps.append(f"--map={url}={tmp_path / str(number)}")
    (tmp_path / "certificate.pdf").write_bytes(paper)
    arguments = ["verify", str(tmp_path / "certificate.pdf"), "--offline", f"--at={at.isoformat()}", *maps]
    arguments += [f"--allow-localhost={localhost}"] if localhost else []
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["container"] == "a PDF file"


def test_a_pdf_without_a_badge_says_what_to_do_everywhere(
    client: Client, site: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = b"%PDF-1.7\nnothing\n%%EOF\n"
    page = give(client, bare, "other.pdf")
    assert "There is no badge in this" in page
    assert "printed on it, and paste that address here" in page
    told = client.post("/api/v1/verify", data=bare, content_type="application/pdf").json()
    assert told["state"] == "nothing"
    assert "printed on it" in told["checks"][0]["detail"]
    (tmp_path / "other.pdf").write_bytes(bare)
    assert main(["verify", str(tmp_path / "other.pdf"), "--offline"]) == 3
    assert "printed on it" in capsys.readouterr().err


def test_the_form_lets_a_pdf_be_chosen(client: Client, site: object) -> None:
    page = client.get("/verify/").content.decode()
    assert ".pdf" in page
    assert "the PDF of a certificate" in page


def test_a_presentation_of_our_badge_is_the_badge_on_page_and_by_api(client: Client, accepted: Award) -> None:
    assert accepted.credential is not None
    badge = json.loads(bytes(accepted.credential.content))
    proof = {"type": "DataIntegrityProof", "proofValue": "z1111"}
    one = {"@context": [badge["@context"][0]], "type": ["VerifiablePresentation"], "proof": proof}
    given = json.dumps(one | {"verifiableCredential": [badge]}).encode()
    page = give(client, given)
    assert "This badge is authentic" in page
    assert "the presentation around the badge was not judged" in page
    told = client.post("/api/v1/verify", data=given, content_type="application/json").json()
    assert (told["state"], told["verified"]) == ("authentic", True)
    assert "was not judged" in told["checks"][7]["sentence"]
    several = json.dumps(one | {"verifiableCredential": [badge, badge]}).encode()
    page = give(client, several)
    assert "a presentation of 2 badges" in page
    assert "one by one" in page
    assert 'class="verdict grey"' in page
    told = client.post("/api/v1/verify", data=several, content_type="application/json").json()
    assert (told["state"], told["verified"]) == ("unknown", False)
    assert told["checks"][0]["detail"] == "a presentation of 2 credentials; give them one by one"
    assert told["presented"] == 2
