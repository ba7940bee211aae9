"""Who may do what for an issuer."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.issuers.models import Issuer, Membership, Role

# What each role may, as the verbs that views and jobs ask for.
MAY: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset({"see", "award", "edit", "own"}),
    Role.EDITOR: frozenset({"see", "award", "edit"}),
    Role.AWARDER: frozenset({"see", "award"}),
    Role.VIEWER: frozenset({"see"}),
}


class LastOwner(Exception):
    """An issuer is never left without an owner."""


def role_of(user: User | AnonymousUser, issuer: Issuer) -> str:
    if not isinstance(user, User) or not user.is_active:
        return ""
    membership = Membership.objects.filter(user=user, issuer=issuer).first()
    return membership.role if membership else ""


def may(user: User | AnonymousUser, verb: str, issuer: Issuer) -> bool:
    """Whether `user` may `verb` ("see", "award", "edit", "own") for `issuer`, as of now."""
    return verb in MAY.get(role_of(user, issuer), frozenset())


def set_role(issuer: Issuer, user: User, role: str, *, by: str) -> Membership:
    with transaction.atomic():
        if role != Role.OWNER:
            _keep_an_owner(issuer, user)
        membership, _made = Membership.objects.update_or_create(
            issuer=issuer, user=user, defaults={"role": role}
        )
        record(
            "role set",
            actor=by,
            subject=f"issuer:{issuer.public_id}",
            user=user.public_id,
            role=str(role),
        )
    return membership


def remove(issuer: Issuer, user: User, *, by: str) -> None:
    with transaction.atomic():
        _keep_an_owner(issuer, user)
        Membership.objects.filter(issuer=issuer, user=user).delete()
        record("member removed", actor=by, subject=f"issuer:{issuer.public_id}", user=user.public_id)


def _keep_an_owner(issuer: Issuer, leaving: User) -> None:
    owners = Membership.objects.select_for_update().filter(issuer=issuer, role=Role.OWNER)
    others = [m for m in owners if m.user_id != leaving.pk]
    if not others and any(m.user_id == leaving.pk for m in owners):
        raise LastOwner
