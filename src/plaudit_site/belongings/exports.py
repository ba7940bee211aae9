"""An archive of everything somebody has here (SECURITY E9): asked for, found, forgotten. A worker fills it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import AuditEvent, record
from plaudit_site.awards.models import Award, Collection, TrustedIssuer
from plaudit_site.awards.sweeping import AFTER_SECONDS
from plaudit_site.backpack.models import Imported
from plaudit_site.belongings import collecting, profiles
from plaudit_site.belongings.models import Export, Profile, ProfileName

FOLDER: Final = "exports"
KEPT: Final = timedelta(days=1)
GIVEN_UP: Final = timedelta(days=1)


def ask(user: User) -> Export:
    """The archive that is being made or was made today; a new one where there is none."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        last = current(user)
        if last is not None and last.state != Export.State.FAILED:
            return last
        now = timezone.now()
        record("export asked for", actor=user.public_id, subject=f"user:{user.public_id}")
        return Export.objects.create(user=user, due_at=now, ends_at=now + GIVEN_UP, whole=count(user))


def current(user: User) -> Export | None:
    return Export.objects.filter(user=user, ends_at__gt=timezone.now()).order_by("-pk").first()


def drop(export: Export) -> None:
    """Row and file, also while it is being made: the worker then finds that it has lost it."""
    file = export.file
    export.delete()
    drop_file(file)


def drop_file(name: str) -> None:
    if name:
        default_storage.delete(name)


def forget_some() -> int:
    """Archives whose day is over, and those that a killed worker had stored before it could note them."""
    over = list(Export.objects.filter(ends_at__lte=timezone.now()).order_by("pk")[:50])
    for export in over:
        drop(export)
    stray = list(strays())
    for name in stray:
        default_storage.delete(name)
    return len(over) + len(stray)


def strays() -> Iterator[str]:
    """Archives in the storage that nobody is named by, and that are no longer under way."""
    try:
        names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        return
    named = set(Export.objects.filter(file__in=names).values_list("file", flat=True))
    limit = timezone.now() - timedelta(seconds=AFTER_SECONDS)
    for name in names:
        if name not in named and default_storage.get_modified_time(name) < limit:
            yield name


def awards_of(user: User) -> list[Award]:
    """What they accepted, hidden ones too."""
    return list(
        Award.objects.with_badge()
        .filter(earner=user, state=Award.State.ACCEPTED)
        .order_by("-awarded_at", "-pk")
    )


def imports_of(user: User) -> list[Imported]:
    return list(Imported.objects.filter(owner=user, removed_at__isnull=True).order_by("-awarded_at", "-pk"))


def count(user: User) -> int:
    awards = Award.objects.filter(earner=user, state=Award.State.ACCEPTED).count()
    return awards + Imported.objects.filter(owner=user, removed_at__isnull=True).count()


def account_of(user: User) -> dict[str, Any]:
    """What is known here about the person besides the badges, as data."""
    return {
        "account": {
            "id": user.public_id,
            "name": user.name,
            "language": user.language,
            "since": user.date_joined.isoformat(),
            "last sign-in": user.last_login.isoformat() if user.last_login else None,
            "has a password": user.has_usable_password(),
            "former accounts": list(user.former_accounts.values_list("public_id", flat=True)),
        },
        "addresses": [
            {"address": row.email, "proven": row.verified, "primary": row.primary}
            for row in EmailAddress.objects.filter(user=user).order_by("pk")
        ],
        "passkeys": [
            {"name": str(one), "made": one.created_at.isoformat()}
            for one in Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
        ],
        "agreed to": [
            {"what": one.kind, "version": one.number, "at": one.at.isoformat()}
            for one in user.agreements.order_by("pk")
        ],
        "trusted issuers": [
            {"issuer": one.issuer.name, "since": one.since.isoformat(), "visibility": one.visibility}
            for one in TrustedIssuer.objects.filter(user=user).select_related("issuer")
        ],
        "teams": [
            {"issuer": one.issuer.name, "role": one.role} for one in user.memberships.select_related("issuer")
        ],
        "collections": [
            {
                "name": one.name,
                "text": one.text,
                "visibility": one.visibility,
                "badges": [entry.public_id for entry in collecting.entries(one)],
            }
            for one in Collection.objects.filter(owner=user)
        ],
        "profile": _profile(user),
        "awards": [_award(award) for award in _all_awards(user)],
        "history": [
            {"at": event.at.isoformat(), "what": event.kind}
            for event in AuditEvent.objects.filter(actor=user.public_id).order_by("pk")[:10_000]
        ],
    }


def _profile(user: User) -> dict[str, Any] | None:
    profile = Profile.objects.filter(user=user).first()
    if profile is None:
        return None
    names = ProfileName.objects.filter(user=user).order_by("pk").values_list("name", flat=True)
    return {
        "on": profile.is_on,
        "name": profiles.name_of(user),
        "all names": list(names),
        "line": profile.line,
        "links": profile.links,
        "search engines": profile.may_be_found,
    }


def _all_awards(user: User) -> list[Award]:
    """Also what waits for one of their addresses, was declined or removed."""
    proven = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    mine = Award.objects.filter(earner=user) | Award.objects.filter(address__in=list(proven), earner=None)
    return list(mine.select_related("issuer", "version").order_by("pk"))


def _award(award: Award) -> dict[str, Any]:
    return {
        "id": award.public_id,
        "badge": award.version.title,
        "issuer": award.issuer.name,
        "state": award.state,
        "sent to": award.address,
        "name": award.name,
        "awarded": award.awarded_at.isoformat(),
        "opened": award.opened_at.isoformat() if award.opened_at else None,
        "accepted": award.accepted_at.isoformat() if award.accepted_at else None,
        "visibility": award.visibility,
        "hidden": award.hidden,
        "note": award.note,
        "result": award.result,
    }
