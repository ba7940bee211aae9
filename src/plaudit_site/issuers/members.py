"""Asking people to join an issuer, by a mailed link."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts import codes
from plaudit_site.accounts.addresses import address_form
from plaudit_site.accounts.models import MailedLink, User
from plaudit_site.accounts.proving import owner_of
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.issuers.access import may, set_role
from plaudit_site.issuers.models import Issuer, Membership, Role
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

PURPOSE = "issuer member"
LIVES = timedelta(days=14)
MOST_A_DAY = 30


class TooManyInvitations(Exception):
    """Invitations go to anybody, with words that the inviter chose: not without end."""


def invite(issuer: Issuer, address: str, role: str, *, by: User) -> None:
    """Mail a link that makes its reader a member in `role`. Raises AddressRefused, TooManyInvitations."""
    form = address_form(address)
    with transaction.atomic():
        if _invited_today(by) >= MOST_A_DAY:
            raise TooManyInvitations
        about = f"{issuer.public_id}:{Role(role)}:{by.public_id}"
        secret = codes.make_link(PURPOSE, about, form, lives=LIVES)
        queue(
            "issuer_invite",
            issuer.public_id,
            lane=Lane.NOTICES,
            context={
                "url": f"{settings.BASE_URL}/issuers/join/{secret}",
                "address": form,
                "role": str(role),
                "by": by.name or by.email,
            },
        )
        record("member invited", actor=by.public_id, subject=f"issuer:{issuer.public_id}", role=str(role))


def read_invitation(link: MailedLink) -> tuple[Issuer, str] | None:
    """Issuer and role, as long as the one who invited may still do so: an owner who left leaves no way back in."""
    public_id, role, inviter = (*link.about.split(":"), "", "")[:3]
    issuer = Issuer.objects.filter(public_id=public_id).first()
    by = User.objects.filter(public_id=inviter).first()
    if issuer is None or by is None or role not in Role.values or not may(by, "own", issuer):
        return None
    return issuer, role


def _invited_today(by: User) -> int:
    """For all issuers that `by` owns: whoever makes ten issuers may not mail ten times as many strangers."""
    owned = Membership.objects.filter(user=by, role=Role.OWNER).values_list("issuer__public_id", flat=True)
    return AuditEvent.objects.filter(
        subject__in=[f"issuer:{public_id}" for public_id in owned],
        kind="member invited",
        at__gt=timezone.now() - timedelta(days=1),
    ).count()


def accept(link: MailedLink, user: User) -> Issuer | None:
    """`user`, who has proven the invited address, becomes a member. None when it is not theirs or used up."""
    found = read_invitation(link)
    owner = owner_of(link.address)
    if found is None or owner is None or owner.pk != user.pk:
        return None
    issuer, role = found
    with transaction.atomic():
        if not codes.use_link(link):
            return None
        set_role(issuer, user, role, by=user.public_id)
    return issuer
