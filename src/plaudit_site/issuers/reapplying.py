"""What an issuer did about keys and people, and must not come undone when a backup is put back."""

from __future__ import annotations

from plaudit_site.audit import journal
from plaudit_site.audit.journal import Line
from plaudit_site.audit.models import record
from plaudit_site.issuers import founding, keys, own_identifiers
from plaudit_site.issuers.models import Issuer, Membership, SigningKey


def rotated(line: Line) -> bool:
    """The lost keys are known again, so that what they signed verifies; new ones take their place."""
    issuer = _issuer(line)
    if issuer is None or not _known_again(issuer, line):
        return False
    keys.rotate(issuer, by=line.actor)
    return True


def compromised(line: Line) -> bool:
    """What it signed stays void."""
    issuer = _issuer(line)
    if issuer is None:
        return False
    changed = _known_again(issuer, line)
    kind, _, number = str(line.details.get("key", "")).removeprefix("key-").rpartition("-")
    for key in SigningKey.objects.filter(issuer=issuer, kind=kind, number=number, compromised_at=None):
        keys.mark_compromised(key, by=line.actor)
        changed = True
    return changed


def own_identifier(line: Line) -> bool:
    """Badges were signed under it since: it is answered again, and used again where the host still leads here."""
    issuer, host = _issuer(line), str(line.details.get("host", ""))
    if issuer is None or not host or own_identifiers.of_host(host, issuer.public_id) is not None:
        return False
    identifier = own_identifiers.remember(issuer, host)
    if issuer.host == host:
        Issuer.objects.filter(pk=issuer.pk).update(signs_as=identifier)
    record(line.kind, actor=line.actor, subject=line.subject, **line.details)
    return True


def own_identifier_ended(line: Line) -> bool:
    """What was ended after the backup stays ended."""
    issuer = _issuer(line)
    return issuer is not None and own_identifiers.end(issuer, by=line.actor)


def suspended(line: Line) -> bool:
    issuer = _issuer(line)
    return issuer is not None and founding.suspend(issuer, by=line.actor)


def approved(line: Line) -> bool:
    issuer = _issuer(line)
    return issuer is not None and founding.approve(issuer, by=line.actor)


def member_removed(line: Line) -> bool:
    person = str(line.details.get("user", ""))
    gone, _which = Membership.objects.filter(issuer__public_id=line.about, user__public_id=person).delete()
    if gone:
        record(line.kind, actor=line.actor, subject=line.subject, **line.details)
    return gone > 0


def _issuer(line: Line) -> Issuer | None:
    return Issuer.objects.filter(public_id=line.about).first()


def _known_again(issuer: Issuer, line: Line) -> bool:
    return sum(keys.know_again(issuer, *key) for key in line.details.get("made", [])) > 0


def register_all() -> None:
    journal.keep("keys rotated", rotated)
    journal.keep("key compromised", compromised)
    journal.keep("own identifier", own_identifier)
    journal.keep("own identifier ended", own_identifier_ended)
    journal.keep("issuer suspended", suspended)
    journal.keep("issuer approved", approved)
    journal.keep("member removed", member_removed)
