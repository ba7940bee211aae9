"""One sample of each kind that 1EdTech and W3C publish: library, page, API and command say the same of it (J42).

Read in place from PLAUDIT_VECTORS, as by test_published_samples.py and test_published_ob2.py, whose webs are used: no
address is read over the network.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import Fetched, MappedFetch
from plaudit.baking import read_picture
from plaudit.cli import main
from plaudit_site.backpack import verifying
from plaudit_site.backpack.models import Result
from plaudit_site.public import results
from tests.conformance import test_published_ob2, test_published_samples
from tests.conformance.test_published_samples import sample

pytestmark = [pytest.mark.django_db, pytest.mark.journey("J42")]

# Each kind of file, form of signature and version; and what a person is told of it on the day of this test.
SAMPLES = {
    "1edtech-ob30-simple.json": "genuine",
    "1edtech-ob30-simple.1ob": "genuine",
    "1edtech-ob30-simple_v1.json": "genuine",
    "1edtech-ob30-simple-did-web-method.json": "genuine",
    "1edtech-ob30-simple-json.png": "genuine",
    "1edtech-ob30-simple-json.svg": "genuine",
    "1edtech-ob30-simple-jwt.png": "genuine",
    "1edtech-ob30-simple-jwt.svg": "genuine",
    "1edtech-ob30-simple.jwt": "invalid",
    "1edtech-ob30-velocity.jwt": "unknown",
    "1edtech-ob30-endorsement-valid.json": "genuine",
    "1edtech-ob30-sd-derivedcredential.json": "unknown",
    "1edtech-ob30-simple-noproof.json": "invalid",
    "1edtech-ob30-simple-err-proof-value.json": "invalid",
    "1edtech-ob30-simple-err-expired.json": "expired",
    "1edtech-ob30-simple-err-issued.json": "invalid",
    "1edtech-ob30-bit-string-list-credential-status-revoked.json": "revoked",
    "1edtech-clr20-simple.json": "genuine",
    "1edtech-clr20-simple-noproof.json": "invalid",
    "w3c-eddsa-eddsa-rdfc-2022-employ-signedDataInt.json": "invalid",
    "1edtech-ob20-basic-assertion.json": "genuine",
    "1edtech-ob20-simple-badge.png": "genuine",
    "1edtech-ob20-simple.jwt": "genuine",
    "1edtech-ob20-simple-revoked.jwt": "revoked",
    "1edtech-ob20-basic-assertion-expired.json": "expired",
    "1edtech-ob20-basic-assertion-in-future.json": "early",
}
MIME = {
    "json": "application/json", "1ob": "application/octet-stream", "png": "image/png", "svg": "image/svg+xml",
    "jwt": "application/jwt",
}  # fmt: skip
HEADLINES = {0: "verified", 1: "NOT VERIFIED", 2: "NOT FULLY CHECKED", 3: "NOT READ"}


class Web:
    """The web of a sample, in memory; it remembers what was read, for the command."""

    def __init__(self, name: str, data: bytes) -> None:
        self.fetch = _web_of(name, data)
        self.asked: dict[str, bytes] = {}

    def __call__(self, url: str) -> Fetched | bytes | None:
        try:
            found = self.fetch(url, "")
        except plaudit.FetchError:
            return None
        self.asked[url] = found.body
        return found

    def maps(self, folder: Path) -> Iterator[str]:
        for number, (url, body) in enumerate(self.asked.items()):
            (folder / str(number)).write_bytes(body)
            yield f"--map={url}={folder / str(number)}"


def _web_of(name: str, data: bytes) -> MappedFetch:
    if not name.startswith("1edtech-ob20-"):
        return MappedFetch(test_published_samples.web_for(data))
    text = read_picture(data).assertion if name.endswith(".png") else data.decode()
    content = json.loads(text) if text and text.lstrip().startswith("{") else text
    return test_published_ob2.web_for(content, test_published_ob2.name_of(name))


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """A report without the moment it was made at: each of the four asks for its own."""
    return {key: value for key, value in report.items() if key not in ("at", "state", "look_alike")}


@pytest.mark.parametrize("name", SAMPLES)
def test_library_page_api_and_command_say_the_same(
    name: str,
    client: Client,
    site: object,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = sample(name)
    web, at = Web(name, data), timezone.now()
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(web))
    judged = plaudit.verify(data, fetch=MappedFetch(web), at=at)
    report = json.loads(json.dumps(judged.as_dict()))
    state = verifying.state_of(report)
    assert str(state) == SAMPLES[name], report

    # The page
    answer = client.post("/verify/", {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302
    page = html.unescape(client.get(answer["Location"]).content.decode())
    kept = Result.objects.latest("pk")
    assert timeless(kept.report) == timeless(report)
    assert results.page(kept).state == str(state)
    assert f"{results._heading(state)}</h2>" in page
    assert f'class="verdict {results.TONE[state]}"' in page

    # The API
    told = client.post("/api/v1/verify", data=data, content_type=MIME[name.rpartition(".")[2]]).json()
    assert (told["state"], told["verified"]) == (str(state), report["verified"])
    assert timeless(told) == timeless(report)

    # The command
    (tmp_path / name).write_bytes(data)
    arguments = ["verify", str(tmp_path / name), "--offline", f"--at={at.isoformat()}", *web.maps(tmp_path)]
    assert main([*arguments, "--json"]) == judged.exit_code
    assert timeless(json.loads(capsys.readouterr().out)) == timeless(report)
    assert main(arguments) == judged.exit_code
    assert capsys.readouterr().out.startswith(HEADLINES[judged.exit_code])


def test_what_is_told_of_the_samples_is_of_every_kind() -> None:
    told = set(SAMPLES.values())
    assert told == {str(state) for state in verifying.State} - {"authentic", "nothing"}
