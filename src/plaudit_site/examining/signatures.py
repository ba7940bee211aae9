"""Stored bytes: the same as they were signed, by a key of their issuer, and saying what their row says (I2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

import plaudit
from plaudit.report import Outcome
from plaudit_site.achievements.models import Version
from plaudit_site.awards import credentials
from plaudit_site.awards.models import Award, Credential, StatusList
from plaudit_site.awards.sharing import permanent_address
from plaudit_site.awards.statuslists import issuer_of, list_url
from plaudit_site.issuers import keys, own_identifiers
from plaudit_site.issuers.models import Issuer

ASKED = ("parse", "terms", "model", "proof", "key")
MEND = "put this row back from a backup that is sound; until then its page says that it cannot be verified"


class Documents:
    """The key documents that signatures are held against, read once; nothing else is fetched."""

    def __init__(self) -> None:
        self._by_url: dict[str, bytes | None] = {}
        self.fetch = plaudit.MappedFetch(
            self._read, localhost=None if settings.SECURE else settings.SITE_HOST
        )

    def _read(self, url: str) -> bytes | None:
        if url not in self._by_url:
            self._by_url[url] = self._document(url)
        return self._by_url[url]

    def _document(self, url: str) -> bytes | None:
        if own := own_identifiers.at(url):
            return json.dumps(keys.whole_document(own.issuer, own.identifier)).encode()
        before, _, after = url.removeprefix(settings.BASE_URL).partition("/did.json")
        issuer = Issuer.objects.filter(public_id=before.removeprefix("/issuers/")).first()
        if after or issuer is None or url != f"{settings.BASE_URL}/issuers/{issuer.public_id}/did.json":
            return None
        return json.dumps(keys.whole_document(issuer)).encode()


class Signatures:
    """Judges stored credentials; what many have in common is read once."""

    def __init__(self) -> None:
        self.documents = Documents()
        self._pictures: dict[int, str] = {}
        self._lists: dict[int, str] = {}
        self._issuers: dict[int, str] = {}

    def problems(self, award: Award, credential: Credential, *, verify: bool) -> Iterator[str]:
        """What is wrong with the bytes of one credential."""
        content = bytes(credential.content)
        is_stored = hashlib.sha256(content).hexdigest() == credential.sha256
        if not is_stored:
            yield "its bytes are not those that were stored: their SHA-256 is another one"
        try:
            said = json.loads(content)
        except ValueError:
            yield "its bytes are no JSON any more"
            return
        words = said if isinstance(said, dict) else {}
        yield from self._contradictions(award, credential, words)
        issuer = words.get("issuer")
        named = issuer.get("id") if isinstance(issuer, dict) else issuer
        if is_stored and named != self._issuer(credential.status_list_id):
            yield "it names another issuer than its status list"
        if verify:
            yield from self._unverified(content, credential)

    def _unverified(self, content: bytes, credential: Credential) -> Iterator[str]:
        report = plaudit.verify(content, fetch=self.documents.fetch, at=credential.signed_at)
        for check in report.checks:
            if check.id in ASKED and check.outcome is not Outcome.PASSED:
                yield f"its check “{check.title}” is {check.outcome}: {check.detail or check.sentence}"

    def _contradictions(self, award: Award, credential: Credential, said: Mapping[str, Any]) -> Iterator[str]:
        """Where the signed words and the row do not agree."""
        if said.get("id") != permanent_address(award.public_id):
            yield "it names another award"
        status = said.get("credentialStatus")
        listed = [
            (one.get("statusListCredential"), one.get("statusListIndex"))
            for one in (status if isinstance(status, list) else [status])
            if isinstance(one, dict)
        ]
        stored = [(self._list(credential.status_list_id), str(credential.status_index))]
        if credential.suspension_list_id is not None:
            stored.append((self._list(credential.suspension_list_id), str(credential.suspension_index)))
        if listed != stored:
            yield "its place in the status list is another one than its row says"

    def has_other_picture(self, award: Award, credential: Credential) -> bool:
        """Whether the badge's picture is another one than was signed. Not asked of bytes that cannot be read."""
        try:
            digests = [one["digestSRI"] for one in json.loads(bytes(credential.content))["relatedResource"]]
        except (ValueError, KeyError, TypeError):
            return False
        return digests != [self._picture(award.version_id)]

    def _list(self, pk: int) -> str:
        if pk not in self._lists:
            self._lists[pk] = list_url(StatusList.objects.only("public_id").get(pk=pk))
        return self._lists[pk]

    def _issuer(self, pk: int) -> str:
        """The identifier that a list and its credentials name."""
        if pk not in self._issuers:
            lists = StatusList.objects.select_related("issuer").only("signed_as", "issuer__identifier")
            self._issuers[pk] = issuer_of(lists.get(pk=pk))
        return self._issuers[pk]

    def _picture(self, version_id: int) -> str:
        if version_id not in self._pictures:
            picture = Version.objects.values_list("picture_png", flat=True).get(pk=version_id)
            self._pictures[version_id] = credentials.digest_sri(bytes(picture))
        return self._pictures[version_id]
