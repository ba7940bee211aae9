"""@digitalcredentials/verifier-core accepts our badges and refuses the tampered set."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plaudit import issue
from plaudit.reading import format_date_time
from plaudit.status import StatusBits, status_list_credential
from tests.conformance.judges import ask_verifier_core
from tests.conformance.test_judges import TAMPERED
from tests.plaudit.samples import GUILD, ISSUER, ISSUER_DOCUMENT, LIST, credential, issuer_document

pytestmark = pytest.mark.conformance

# Its copy of the contexts does not know 3.0.3's newest words, which we do not issue. What it does not refuse, and why:
ACCEPTED_ALL_THE_SAME: dict[str, str] = {}


def test_it_accepts_our_badge_and_refuses_what_was_tampered_with(tmp_path: Path) -> None:
    now = datetime.now(UTC) - timedelta(minutes=10)
    dates = {"validFrom": format_date_time(now), "validUntil": format_date_time(now + timedelta(days=9))}
    good = tmp_path / "good.json"
    good.write_bytes(issue(credential(**dates), GUILD, now))
    bits = {LIST: StatusBits.of([1]), f"{LIST}-revoked": StatusBits.of([4711])}
    web = {ISSUER_DOCUMENT: tmp_path / "did.json"}
    web[ISSUER_DOCUMENT].write_text(json.dumps(issuer_document()))
    for number, (url, listed) in enumerate(bits.items()):
        web[url] = tmp_path / f"list-{number}.json"
        web[url].write_bytes(
            issue(status_list_credential(url, ISSUER, "revocation", listed, now), GUILD, now)
        )
    revoked = credential(**dates)
    revoked["credentialStatus"] |= {"statusListCredential": f"{LIST}-revoked"}
    files = [good, tmp_path / "revoked.json"]
    files[1].write_bytes(issue(revoked, GUILD, now))
    for name, change in TAMPERED.items():
        document = json.loads(good.read_bytes())
        change(document)
        files.append(tmp_path / f"{name.replace(' ', '-')}.json")
        files[-1].write_text(json.dumps(document))
    verdicts = {Path(verdict["file"]).stem: verdict for verdict in ask_verifier_core(files, web)}
    assert verdicts.pop("good")["verified"] is True, verdicts
    accepted = {name for name, verdict in verdicts.items() if verdict["verified"]}
    assert accepted == set(ACCEPTED_ALL_THE_SAME), verdicts
