"""An issuer's badge site under a name of its own: who may have which, and whether it leads here (J34, DECISIONS 29)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit import FetchError, WebFetch
from plaudit.fetch import Fetch
from plaudit_site.audit.models import record
from plaudit_site.issuers import own_identifiers
from plaudit_site.issuers.domain_names import LIMITS, DomainRefused, domain_form, reason_of
from plaudit_site.issuers.models import Domain, FormerHost, Issuer

MARK = "/.well-known/plaudit-host"
GIVEN_UP_AFTER = timedelta(days=1)
"""A host that has not led here for so long no longer stands in links; it is still answered when it does again."""
_ANSWERED = Q(state__in=[Domain.State.PROVEN, Domain.State.FAILING])


class HostTaken(Exception):
    """Another issuer has it."""


def issuer_at(host: str) -> Issuer | None:
    """The issuer whose host this is, as long as its domain is proven: asked at each request, so nothing lingers.

    A host that it had before is answered as long as it leads here, unless its domain was lost (ADR 0069).
    """
    stands = Issuer.objects.filter(domain__state__in=[Domain.State.PROVEN, Domain.State.FAILING])
    found = stands.filter(domain__host=host).first()
    if found is not None:
        return found
    former = Issuer.objects.filter(former_hosts__host=host).exclude(domain__state=Domain.State.LOST)
    return former.order_by("pk").first()


def is_within(host: str, name: str) -> bool:
    """The domain itself, or a name below it."""
    return host == name or host.endswith(f".{name}")


def host_form(typed: str, domain: Domain) -> str:
    """The domain itself or a name below it. Raises DomainRefused."""
    typed = typed.strip().lower()
    host = domain.name if typed == domain.name else domain_form(typed)
    if not is_within(host, domain.name):
        raise DomainRefused(
            _("It must be %(name)s or end with it, like badges.%(name)s.") % {"name": domain.name}
        )
    return host


def choose(domain: Domain, host: str, *, by: str) -> None:
    """From now on asked for under this name; links lead there once it was seen to lead here. Raises HostTaken."""
    try:
        with transaction.atomic():
            changed = (
                Domain.objects.filter(pk=domain.pk)
                .exclude(host=host)
                .update(host=host, host_seen_at=None, host_problem="", due_at=timezone.now())
            )
            if changed:
                remember(domain)
                Issuer.objects.filter(pk=domain.issuer_id).update(host="")
                own_identifiers.host_changed(domain.issuer_id)
                record("host chosen", actor=by, subject=f"issuer:{domain.issuer.public_id}")
    except IntegrityError as error:
        raise HostTaken from error


def leave(domain: Domain, *, by: str) -> None:
    """Back to the site's own address, at once."""
    with transaction.atomic():
        Domain.objects.filter(pk=domain.pk).update(host=None, host_seen_at=None, host_problem="")
        remember(domain)
        Issuer.objects.filter(pk=domain.issuer_id).update(host="")
        own_identifiers.host_changed(domain.issuer_id)
        record("host given up", actor=by, subject=f"issuer:{domain.issuer.public_id}")


def remember(domain: Domain) -> None:
    """Where its pages were until now; of a host that was never in use nobody has a link."""
    host = Issuer.objects.values_list("host", flat=True).get(pk=domain.issuer_id)
    if host:
        FormerHost.objects.get_or_create(issuer_id=domain.issuer_id, host=host)


def look(host: str, identifier: str, *, fetch: Fetch | None = None) -> str:
    """Whether the host leads to this site and this issuer: "" or why not, in words."""
    try:
        answer = (fetch or WebFetch(LIMITS))(f"https://{host}{MARK}", "text/plain")
    except FetchError as error:
        return _("%(host)s: %(reason)s.") % {"host": host, "reason": reason_of(error)}
    if answer.url != f"https://{host}{MARK}" or answer.body.decode("utf-8", "replace").strip() != identifier:
        return _("%(host)s answers, but another web site does.") % {"host": host}
    return ""


def note(domain: Domain, problem: str, now: datetime) -> None:
    """Links lead to the host from the first time on that it was seen, and no longer after a day without it.

    Called in the transaction that notes the proof, with the domain as it is then.
    """
    _note(domain, problem, now)
    own_identifiers.host_changed(domain.issuer_id)


def _note(domain: Domain, problem: str, now: datetime) -> None:
    if not domain.host or not Domain.objects.filter(_ANSWERED, pk=domain.pk, host=domain.host).exists():
        Issuer.objects.filter(pk=domain.issuer_id).exclude(host="").update(host="")
        return
    if not problem:
        Domain.objects.filter(pk=domain.pk, host=domain.host).update(host_seen_at=now, host_problem="")
        Issuer.objects.filter(pk=domain.issuer_id).exclude(host=domain.host).update(host=domain.host)
        return
    Domain.objects.filter(pk=domain.pk, host=domain.host).update(host_problem=problem[:300])
    if domain.host_seen_at is None or now - domain.host_seen_at >= GIVEN_UP_AFTER:
        Issuer.objects.filter(pk=domain.issuer_id).exclude(host="").update(host="")
    else:
        soon = now + timedelta(hours=1)
        Domain.objects.filter(pk=domain.pk, due_at__gt=soon).update(due_at=soon)


def address(issuer: Issuer) -> str:
    """Of its badge site, without the last slash: a host of its own, or this site's."""
    scheme = "https" if settings.SECURE else "http"
    return f"{scheme}://{issuer.host}" if issuer.host else settings.BASE_URL
