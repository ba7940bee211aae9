"""Asking people to join an issuer, by a mailed link."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from plaudit_site.accounts import codes
from plaudit_site.accounts.addresses import address_form
from plaudit_site.accounts.models import MailedLink, User
from plaudit_site.accounts.proving import owner_of
from plaudit_site.audit.models import record
from plaudit_site.issuers.access import set_role
from plaudit_site.issuers.models import Issuer, Role
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

PURPOSE = "issuer member"
LIVES = timedelta(days=14)


def invite(issuer: Issuer, address: str, role: str, *, by: User) -> None:
    """Mail a link that makes its reader a member in `role`. Raises AddressRefused."""
    form = address_form(address)
    with transaction.atomic():
        secret = codes.make_link(PURPOSE, f"{issuer.public_id}:{Role(role)}", form, lives=LIVES)
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
    public_id, _sep, role = link.about.partition(":")
    issuer = Issuer.objects.filter(public_id=public_id).first()
    return (issuer, role) if issuer and role in Role.values else None


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
