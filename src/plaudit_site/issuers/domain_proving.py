"""Whether an issuer controls the web address it names: its DNS or its web server names the issuer (J43, DECISIONS 5).

What must stand there is the issuer's identifier, which is public: whoever can write it there controls the address, and
any visitor can look for themselves. A worker looks again every day. What is not found is looked for again; after seven
days it counts as lost, and the issuer is told.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit import FetchError, WebFetch
from plaudit.fetch import Fetch
from plaudit_site import leases
from plaudit_site.audit.models import record
from plaudit_site.issuers import name_servers, own_hosts, own_identifiers
from plaudit_site.issuers.domain_names import LABEL, LIMITS, reason_of
from plaudit_site.issuers.models import Domain, FormerHost, Issuer, Role
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

PREFIX = "plaudit-issuer="
FILE = "/.well-known/plaudit-issuers.txt"
LOST_AFTER = timedelta(days=7)
AGAIN = timedelta(days=1)
SOON = timedelta(minutes=15)  # on the first day, and when it was there yesterday
GIVE_UP = timedelta(days=30)  # looking for what was never there
MOST_AT_ONCE = 2  # of one process: slow name servers hold up nobody else
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class Busy(Exception):
    """As many are being looked for as one process does at once."""


@dataclass(frozen=True)
class Finding:
    """Where the identifier stood; "" for nowhere, and then why."""

    how: str
    problem: str = ""


def record_name(name: str) -> str:
    return f"{LABEL}.{name}"


def record_text(issuer: Issuer) -> str:
    return f"{PREFIX}{issuer.identifier}"


def file_url(name: str) -> str:
    return f"https://{name}{FILE}"


def claim(issuer: Issuer, name: str, *, by: str) -> Domain:
    """The issuer says that `name` (as of domain_form) is its own. Another name than before begins anew."""
    now = timezone.now()
    with transaction.atomic():
        domain, made = Domain.objects.get_or_create(issuer=issuer, defaults={"name": name, "due_at": now})
        if not made and domain.name == name:
            return domain
        if not made:
            _let_go(domain)
            Domain.objects.filter(pk=domain.pk).delete()
            Issuer.objects.filter(pk=issuer.pk).update(host="")
            own_identifiers.host_changed(issuer.pk)
            domain = Domain.objects.create(issuer=issuer, name=name, due_at=now)
        record("domain named", actor=by, subject=f"issuer:{issuer.public_id}")
    return domain


def give_up(issuer: Issuer, *, by: str) -> bool:
    """The issuer takes its word back; the pages say nothing of the address any more."""
    with transaction.atomic():
        for domain in Domain.objects.filter(issuer=issuer):
            _let_go(domain)
        gone, _rows = Domain.objects.filter(issuer=issuer).delete()
        Issuer.objects.filter(pk=issuer.pk).update(host="")
        own_identifiers.host_changed(issuer.pk)
        if gone:
            record("domain given up", actor=by, subject=f"issuer:{issuer.public_id}")
    return bool(gone)


def _let_go(domain: Domain) -> None:
    """Links at its hosts go on leading to the badges; those of a domain that was lost were closed, and stay so."""
    if domain.state == Domain.State.LOST:
        FormerHost.objects.filter(issuer_id=domain.issuer_id).delete()
    else:
        own_hosts.remember(domain)


def look(
    name: str, identifier: str, *, texts: name_servers.Texts | None = None, fetch: Fetch | None = None
) -> Finding:
    """Asks the DNS, then the web server. Nothing that either answers raises anything. Raises Busy."""
    with _place():
        by_dns = _in_dns(name, identifier, texts or name_servers.texts)
        if by_dns.how:
            return by_dns
        by_file = _in_file(name, identifier, fetch or WebFetch(LIMITS))
        return by_file if by_file.how else Finding("", f"{by_dns.problem} {by_file.problem}")


@contextmanager
def _place() -> Iterator[None]:
    """One of the few that ask strangers' servers at once. Raises Busy."""
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()


def _in_dns(name: str, identifier: str, texts: name_servers.Texts) -> Finding:
    try:
        found = [text.strip() for text in texts(record_name(name))]
    except name_servers.NoAnswer:
        return Finding("", _("The name servers of %(name)s did not answer.") % {"name": name})
    if f"{PREFIX}{identifier}" in found:
        return Finding(Domain.How.DNS)
    if any(text.startswith(PREFIX) for text in found):
        return Finding("", _("The DNS record is there, but names another issuer."))
    return Finding("", _("There is no DNS record of ours at %(name)s.") % {"name": record_name(name)})


def _in_file(name: str, identifier: str, fetch: Fetch) -> Finding:
    url = file_url(name)
    try:
        answer = fetch(url, "text/plain")
    except FetchError as error:
        return Finding("", _("The file: %(reason)s.") % {"reason": reason_of(error)})
    # Wherever else it may redirect to, only the address itself speaks for the address.
    if not answer.url.startswith((f"https://{name}/", f"https://www.{name}/")):
        return Finding("", _("The file’s address leads to another web site."))
    lines = answer.body.decode("utf-8", "replace").splitlines()[:1000]
    if identifier in {line.strip().removeprefix(PREFIX) for line in lines}:
        return Finding(Domain.How.FILE)
    return Finding("", _("The file is there, but does not name this issuer."))


def note(domain: Domain, finding: Finding, now: datetime, host_problem: str = "") -> bool:
    """Writes down what was found, if this very attempt still holds the row. One short transaction."""
    changes = _found(domain, finding, now) if finding.how else _not_found(domain, finding, now)
    with transaction.atomic():
        if not leases.finish(domain, checked_at=now, **changes):
            return False
        _tell(domain, str(changes.get("state", domain.state)), now)
        own_hosts.note(domain, host_problem, now)
    return True


def _found(domain: Domain, finding: Finding, now: datetime) -> dict[str, object]:
    stood = domain.state in {Domain.State.PROVEN, Domain.State.FAILING}
    return {
        "state": Domain.State.PROVEN,
        "how": finding.how,
        "proven_at": domain.proven_at if stood else now,
        "found_at": now,
        "failing_since": None,
        "problem": "",
        "due_at": now + AGAIN,
    }


def _not_found(domain: Domain, finding: Finding, now: datetime) -> dict[str, object]:
    changes: dict[str, object] = {"problem": finding.problem[:300], "due_at": now + AGAIN}
    if domain.state == Domain.State.WAITING:
        age = now - domain.asked_at
        changes["due_at"] = now + SOON if age < AGAIN else now + AGAIN if age < GIVE_UP else None
    elif domain.state == Domain.State.PROVEN:
        changes |= {"state": Domain.State.FAILING, "failing_since": now, "due_at": now + SOON}
    elif domain.state == Domain.State.FAILING and domain.failing_since:
        if now - domain.failing_since >= LOST_AFTER:
            changes["state"] = Domain.State.LOST
        elif now - domain.failing_since < AGAIN:
            changes["due_at"] = now + timedelta(hours=1)
    return changes


def _tell(domain: Domain, state: str, now: datetime) -> None:
    """The history and the owners hear of a change; a mail for each, and only of what they may want to mend."""
    if state == domain.state:
        return
    subject = f"issuer:{domain.issuer.public_id}"
    record(f"domain {state}", actor="worker", subject=subject)
    if state not in {Domain.State.FAILING, Domain.State.LOST}:
        return
    owners = domain.issuer.memberships.filter(role=Role.OWNER).select_related("user")
    for address in sorted({domain.issuer.email, *(one.user.email for one in owners)} - {""}):
        queue(
            "domain_failing" if state == Domain.State.FAILING else "domain_lost",
            domain.issuer.public_id,
            lane=Lane.NOTICES,
            context={"address": address, "name": domain.name, "since": now.isoformat()},
        )


def check_some(worker: str) -> int:
    """Looks for those that are due, some at a time: the network is asked outside of any transaction."""
    now = timezone.now()
    held = leases.claim(Domain.objects.all(), worker=worker, now=now, most=5, seconds=120)
    for domain in held:
        check_held(domain)
    return len(held)


def check_held(domain: Domain) -> bool:
    problem = ""
    try:
        finding = look(domain.name, domain.issuer.identifier)
        if domain.host:
            with _place():
                problem = own_hosts.look(domain.host, domain.issuer.identifier)
    except Busy:
        leases.finish(domain, due_at=timezone.now() + timedelta(seconds=30))
        return False
    return note(domain, finding, timezone.now(), problem)


def check_now(domain: Domain, *, visitor: str) -> bool:
    """For somebody who waits: takes the row, whenever it is due. False when somebody else is at it."""
    now = timezone.now()
    Domain.objects.filter(pk=domain.pk).update(due_at=now)
    held = leases.claim(Domain.objects.filter(pk=domain.pk), worker=visitor, now=now, most=1, seconds=60)
    if not held:
        return False
    return check_held(held[0])
