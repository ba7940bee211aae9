"""The signed lists say what the rows say (I6), and are signed by a key of their issuer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils import timezone

import plaudit
from plaudit import status
from plaudit.errors import PlauditError
from plaudit.report import Outcome
from plaudit_site.awards.models import Credential, StatusEntry, StatusList
from plaudit_site.examining.findings import Finding, Scope, in_chunks
from plaudit_site.examining.signatures import Documents

PATIENCE = timedelta(minutes=1)
"""A worker signs a changed list within seconds."""
MOST_NAMED = 10
_WORKER = "start a worker: it signs the list anew by itself"
_ANEW = "raise the list’s generation in the console: a worker then signs it anew from its rows"


def look(scope: Scope, only: Sequence[int] | None) -> Iterator[Finding]:
    """Every status list, bit by bit."""
    documents = Documents()
    for lists in in_chunks(StatusList.objects.all(), only):
        for status_list in lists:
            yield from _problems(status_list, documents)
        scope.counted("status lists", len(lists))


def _problems(status_list: StatusList, documents: Documents) -> Iterator[Finding]:
    entries = dict(StatusEntry.objects.filter(status_list=status_list).values_list("index", "at"))
    if beyond := [index for index in entries if index >= StatusList.SIZE]:
        yield _of(status_list, f"rows name bits that it has not: {_named(beyond)}", _ANEW)
    reserved = status_list.reserved
    if (used := Credential.objects.filter(status_list=status_list).count()) > reserved:
        text = f"{used} credentials stand in it, but only {reserved} places were handed out"
        yield _of(
            status_list, text, "set its counter of places to the size of a list, so that a new one is begun"
        )
    if not status_list.content:
        if entries and min(entries.values()) < timezone.now() - PATIENCE:
            yield _of(status_list, "it was never signed, though something in it was taken back", _WORKER)
        return
    yield from _unsigned(status_list, documents)
    try:
        subject = json.loads(bytes(status_list.content))["credentialSubject"]
        bits = status.StatusBits.decode(subject["encodedList"])
    except (ValueError, KeyError, TypeError, PlauditError) as error:
        yield _of(status_list, f"the signed list cannot be read ({type(error).__name__})", _ANEW)
        return
    said = set(_set(bits))
    old = timezone.now() - PATIENCE
    if missing := sorted(index for index, at in entries.items() if index not in said and at < old):
        yield _of(status_list, f"taken back, but not set in the signed list: {_named(missing)}", _WORKER)
    if stray := sorted(said.difference(entries)):
        text = f"set in the signed list, but no row says so: {_named(stray)}"
        yield _of(
            status_list, text, "put the rows back from a backup, or by the journal: start the site once more"
        )


def _unsigned(status_list: StatusList, documents: Documents) -> Iterator[Finding]:
    at = status_list.signed_at or timezone.now()
    report = plaudit.verify(bytes(status_list.content), fetch=documents.fetch, at=at)
    for check in report.checks:
        if check.id in {"parse", "terms", "proof", "key"} and check.outcome is not Outcome.PASSED:
            text = f"the check “{check.title}” of the signed list is {check.outcome}: {check.detail}"
            yield _of(status_list, text, _ANEW)


def _set(bits: status.StatusBits) -> Iterator[int]:
    """Positions of the bits that are set."""
    for place, byte in enumerate(bits.data):
        if byte:
            yield from (index for index in range(place * 8, place * 8 + 8) if bits.get(index))


def _named(indices: Sequence[int]) -> str:
    more = f" and {len(indices) - MOST_NAMED} more" if len(indices) > MOST_NAMED else ""
    return ", ".join(str(index) for index in indices[:MOST_NAMED]) + more


def _of(status_list: StatusList, problem: str, mend: str) -> Finding:
    return Finding("I6", status_list.pk, f"status list {status_list.public_id}", problem, mend)
