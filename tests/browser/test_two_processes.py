"""What one process was told, the others show at once: two web servers, each with pages it keeps (DECISIONS 30)."""

from __future__ import annotations

import http.client
import json
import time
from urllib.parse import urlsplit

import pytest

from tests.browser.harness import LiveSite

pytestmark = pytest.mark.browser
ASKS = (
    40  # each over a connection of its own: both web servers are among those that answer, but for one in 2^39
)

SHOWN = """
import json
from plaudit_site.awards.models import Award
shown = Award.objects.filter(state="accepted", visibility="link", revocation=None, expires_at=None,
    issuer__slug="northfold").select_related("issuer", "credential__status_list").first()
print(json.dumps({"id": shown.public_id, "list": shown.credential.status_list.public_id}))
"""
REVOKE = """
from plaudit_site.awards import revoking
from plaudit_site.awards.models import Award
from plaudit_site.issuers.models import Membership
award = Award.objects.get(public_id="{id}")
owner = Membership.objects.filter(issuer=award.issuer, role="owner").first().user
revoking.revoke(award, reason="Copied the answers", by=owner)
"""
HIDE = """
from plaudit_site.awards.models import Award
Award.objects.filter(public_id="{id}").update(visibility="only_me")
"""


def ask(site: LiveSite, path: str, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


@pytest.mark.journey("J38")
def test_what_a_third_process_changed_shows_in_both_at_once(own_site: LiveSite) -> None:
    shown = json.loads(own_site.manage("shell", "-v", "0", "-c", SHOWN))
    page, file, status_list = (
        f"/i/northfold/c/{shown['id']}",
        f"/c/{shown['id']}.json",
        f"/status/{shown['list']}",
    )
    for _ask in range(ASKS):
        assert "This badge is authentic" in ask(own_site, page)[1]
        assert ask(own_site, file)[0] == 200
    before = ask(own_site, status_list)[2]["ETag"]

    own_site.manage("shell", "-v", "0", "-c", REVOKE.format(id=shown["id"]))
    revoked_at = time.monotonic()
    for path in (page, f"/embed/{shown['id']}"):
        for _ask in range(ASKS):
            html = ask(own_site, path)[1]
            assert "This badge was revoked" in html
            assert "authentic" not in html.lower()
    while ask(own_site, status_list, **{"If-None-Match": before})[0] == 304:
        assert time.monotonic() - revoked_at < 5, "the worker never signed the list"
        time.sleep(0.1)
    assert all(ask(own_site, status_list)[2]["ETag"] != before for _ask in range(ASKS))

    own_site.manage("shell", "-v", "0", "-c", HIDE.format(id=shown["id"]))
    for path in (page, file):
        assert {ask(own_site, path)[0] for _ask in range(ASKS)} == {404}
