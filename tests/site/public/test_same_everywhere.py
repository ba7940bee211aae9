"""All samples of 1EdTech and W3C, and our own of kinds they lack: library, page, API and command say the same (J42).

Read in place from PLAUDIT_VECTORS, as by test_published_samples.py and test_published_ob2.py, whose webs are used: no
address is read over the network. Judged on the day of those two modules, so that no sample runs out while we look.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

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
from plaudit_site.public import results, verdict_words
from tests.conformance import test_published_ob2, test_published_samples
from tests.conformance.test_published_samples import ABSENT, AT, SAMPLES, sample
from tests.plaudit import test_vectors
from tests.plaudit.test_ob2_checks import ASSERTION_1, web_1

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.journey("J42")]

# What a person is told of each. Those that are not named are told to be invalid.
PUBLISHED = {
    "genuine": [
        *test_published_samples.VERIFIED,
        *(f"1edtech-ob20-{name}" for name in test_published_ob2.VERIFIED),
    ],
    "unknown": [
        "1edtech-ob30-velocity.jwt", "1edtech-ob30-sd-derivedcredential.json", "1edtech-ob30-complete.json",
        "1edtech-ob30-bitstring-testlist.json", "1edtech-clr20-simple.jwt",
        "1edtech-clr20-simple_old_safesigned.json", "1edtech-ob20-rdf-validation-valid-cool-class.json",
        *(f"1edtech-ob20-{name}" for name in test_published_ob2.COMPLETE),
    ],
    "expired": [
        "1edtech-ob30-simple-err-expired.json", "1edtech-ob20-basic-assertion-expired.json",
        "1edtech-ob20-basic-assertion-expired-before-issued.json",
    ],
    "early": ["1edtech-ob20-basic-assertion-in-future.json"],
    "revoked": [
        "1edtech-ob30-bit-string-list-credential-status-revoked.json",
        "1edtech-ob30-bit-string-list-credential-status-revoked-blank-nodes.json",
        "1edtech-ob30-credential-status-revoked.json", "1edtech-ob20-simple-revoked.jwt",
    ],
}  # fmt: skip
# Of tests/vectors: the kinds of which the published samples have no good one, or none at all.
OUR_OWN = {
    "genuine": [
        "issuer_key_pass", "issuer_https_pass", "key_as_jwk_pass", "key_as_2020_pass", "proof_jcs_pass",
        "suite_eddsa_jcs_pass", "suite_ecdsa_rdfc_p256_pass", "suite_ecdsa_rdfc_p384_pass", "suite_ecdsa_jcs_p256_pass",
        "suite_ecdsa_jcs_p384_pass", "two_proofs_pass", "bad_proof_beside_good_pass", "chain_pass",
        "jwt_pass", "jwt_rs256_pass", "jwt_eddsa_pass",
        "jwt_in_an_envelope_pass", "jwt_of_vcdm_1_pass", "jwt_in_png_pass", "jwt_in_svg_pass", "record_pass",
        "endorsed_award_pass", "no_status_pass", "suspension_pass", "signed_in_text_chunk_pass", "signed_in_svg_pass",
    ],
    "invalid": [
        "chain_first_changed_fail", "two_in_png_fail", "two_in_svg_fail", "jwt_none_fail",
        "suite_eddsa_jcs_altered_fail", "direction_fail", "png_altered_fail", "svg_altered_fail",
    ],
    "unknown": [
        "status_unreachable_fail", "key_unreachable_fail", "unknown_context_fail", "endorsement_altered_fail",
        "document_empty_fail", "expired_status_unreachable_fail", "expired_endorsement_altered_fail",
        "status_of_another_fail", "status_purpose_fail", "status_unsigned_fail", "status_altered_fail",
        "status_out_of_range_fail", "list_is_the_document_fail", "list_bits_changed_fail",
        "list_subject_without_type_fail", "status_index_words_fail",
    ],
    "expired": ["jwt_expired_fail"],
    "suspended": ["suspended_fail", "two_lists_suspended_fail"],
    "revoked": ["revoked_fail", "two_lists_both_fail", "jwt_revoked_fail", "signed_revoked_fail"],
}  # fmt: skip
SAID_OF_ENTRY = {
    "revoked": r"The issuer set entry \d+ of its status list to “revoked”\.",
    "suspended": r"The issuer set entry \d+ of its status list to “suspended”\.",
}
MIME = {
    "json": "application/json", "1ob": "application/octet-stream", "png": "image/png", "svg": "image/svg+xml",
    "jwt": "application/jwt", "txt": "application/jwt",
}  # fmt: skip
HEADLINES = {0: "verified", 1: "NOT VERIFIED", 2: "NOT FULLY CHECKED", 3: "NOT READ"}
MACHINE = re.compile(
    r"\w(?:Error|Exception)\b|\bnot read:|/@context|/credentialSubject|assertionMethod|This was not checked|"
    r"This is no award|validUntil|validFrom|issuanceDate|\bstatus \d{3}\b"
)
REVOCATION_LIST = "1edtech-ob30-credential-status-revoked.json"


class Web:
    """The web of a sample, in memory; it remembers what was read, for the command."""

    def __init__(self, fetch: MappedFetch) -> None:
        self.fetch = fetch
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


def web_of(name: str, data: bytes) -> MappedFetch:
    if name.startswith("1edtech-ob20-"):
        text = read_picture(data).assertion if name.endswith(".png") else data.decode()
        content = json.loads(text) if text and text.lstrip().startswith("{") else text
        return test_published_ob2.web_for(content, test_published_ob2.name_of(name))
    web = test_published_samples.web_for(data)
    if name == REVOCATION_LIST:
        # Its list is at an address of theirs, and in no repository: this is what it said.
        badge = json.loads(data)
        named = {"id": badge["id"], "revoked": True}
        listed = {
            "id": badge["credentialStatus"]["id"],
            "issuer": badge["issuer"]["id"],
            "revokedCredential": [named],
        }
        web[listed["id"]] = json.dumps(listed).encode()
    return MappedFetch(web)


@pytest.fixture
def doors(
    client: Client,
    site: object,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Doors:
    return Doors(client, monkeypatch, tmp_path, capsys)


class Doors:
    def __init__(
        self, client: Client, patch: pytest.MonkeyPatch, folder: Path, printed: pytest.CaptureFixture[str]
    ) -> None:
        self.client, self.patch, self.folder, self.printed = client, patch, folder, printed

    def say_the_same(self, expected: str, name: str, data: bytes, fetch: MappedFetch) -> None:
        web = Web(fetch)
        self.patch.setattr(verifying, "WebFetch", lambda: MappedFetch(web))
        self.patch.setattr(timezone, "now", lambda: AT)
        judged = plaudit.verify(data, fetch=MappedFetch(web), at=AT)
        report = json.loads(json.dumps(judged.as_dict()))
        state = verifying.state_of(report)
        assert str(state) == expected, report

        # The page
        answer = self.client.post("/verify/", {"file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 302
        page = html.unescape(self.client.get(answer["Location"]).content.decode())
        kept = Result.objects.latest("pk")
        assert kept.report == report
        assert results.page(kept).state == expected
        assert f"{verdict_words.heading(state, report)}</h2>" in page
        assert f'class="verdict {results.TONE[state]}"' in page

        assert ("Revoked by its issuer" in page) <= (expected in {"revoked", "invalid"}), (
            "nobody is slandered"
        )

        assert not re.search(r"\bbit \d+ is", page), "a number of a bit is no sentence"
        if expected in SAID_OF_ENTRY and '"statusListIndex": "4711"' in json.dumps(report["credential"]):
            assert re.search(SAID_OF_ENTRY[expected], page)

        visible = re.sub(r'<p class="mono".*?</p>', "", page.split("<main")[1].split("</main")[0])
        assert not MACHINE.search(visible), "what is for engineers stands among the details alone"

        # The API
        sent = MIME[name.rpartition(".")[2]]
        told = self.client.post("/api/v1/verify", data=data, content_type=sent).json()
        assert told.pop("look_alike") == ""
        assert told.pop("state") == expected
        assert told == report

        # The command
        (self.folder / name).write_bytes(data)
        arguments = [
            "verify",
            str(self.folder / name),
            "--offline",
            f"--at={AT.isoformat()}",
            *web.maps(self.folder),
        ]
        assert main([*arguments, "--json"]) == judged.exit_code
        assert json.loads(self.printed.readouterr().out) == report
        assert main(arguments) == judged.exit_code
        assert self.printed.readouterr().out.startswith(HEADLINES[judged.exit_code])


def published() -> dict[str, str]:
    """Each file of INDEX.json, and what is told of it."""
    if not (SAMPLES / "INDEX.json").exists():
        return {}
    told = {name: state for state, names in PUBLISHED.items() for name in names}
    names = {Path(entry["file"]).name for entry in json.loads((SAMPLES / "INDEX.json").read_text())}
    assert told.keys() <= names, told.keys() - names
    return {name: told.get(name, "invalid") for name in sorted(names)}


OUR_OWN_OF = {name: state for state, names in OUR_OWN.items() for name in names}


@pytest.mark.parametrize(("name", "state"), published().items() or [("", "")])
def test_of_each_published_sample(name: str, state: str, doors: Doors) -> None:
    if not name:
        pytest.skip(ABSENT)
    data = sample(name)
    doors.say_the_same(state, name, data, web_of(name, data))


@pytest.mark.parametrize(("name", "state"), OUR_OWN_OF.items())
def test_of_our_own_of_the_other_kinds(name: str, state: str, doors: Doors) -> None:
    case, data, web = test_vectors.load(test_vectors.VECTORS / name)
    doors.say_the_same(state, case["badge"], data, MappedFetch(web))


@pytest.mark.parametrize("state", ["genuine", "invalid"])
def test_of_open_badges_1(state: str, doors: Doors) -> None:
    given = ASSERTION_1 if state == "genuine" else ASSERTION_1 | {"issuedOn": "tomorrow"}
    web = {url: given if one is ASSERTION_1 else one for url, one in web_1().items()}
    served = {url: json.dumps(one).encode() for url, one in web.items()}
    doors.say_the_same(state, "badge.json", json.dumps(given).encode(), MappedFetch(served))


def test_what_is_told_of_the_samples_is_of_every_kind() -> None:
    assert {*PUBLISHED, *OUR_OWN} == {str(state) for state in verifying.State} - {"authentic", "nothing"}
