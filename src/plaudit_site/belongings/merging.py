"""Two accounts of one person become one, and nothing is lost (J17).

The one that is signed in stays. That the other is the same person's is shown by a code mailed to one of its proven
addresses now; an account that asks for more than a code at its own door (a passkey, an operator's rights) is merged
only when it allowed that itself, signed in (docs/adr/0034).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.addresses import masked
from plaudit_site.accounts.models import Agreement, CodeProof, FormerAccount, MailedCode, MailedLink, User
from plaudit_site.audit.models import record
from plaudit_site.awards.models import Award, Collection, TrustedIssuer
from plaudit_site.backpack import owning
from plaudit_site.belongings import profiles
from plaudit_site.issuers.models import Membership, Role

PURPOSE = "merge accounts"
CONSENT = "merge consent"
CONSENT_LIVES = timedelta(hours=1)
# Belong to the account that goes, and to nobody after it.
_LEFT_BEHIND = (MailedCode, EmailAddress)
_RANK = {Role.VIEWER: 0, Role.AWARDER: 1, Role.EDITOR: 2, Role.OWNER: 3}


class MergeRefused(Exception):
    """There is no other account, it is this one, or it was shut."""


class BetterProtected(Exception):
    """A code alone does not open that account either: it has to allow the merge itself."""


@dataclass(frozen=True)
class Preview:
    """What the other account brings, for the person who has just proven one of its addresses."""

    badges: int
    addresses: tuple[str, ...]
    trusted: int
    collections: int
    passkeys: int
    teams: tuple[str, ...]
    has_password: bool
    profile: str
    """The address of its public profile, where that is on."""
    profile_leads_here: bool
    """And whether this account's is on too, so that one of the two has to lead to the other."""


def other_account(user: User, address: str) -> User:
    """The other account that has proven `address`. Raises MergeRefused, BetterProtected."""
    other = proving.owner_of(address)
    if other is None or other.pk == user.pk or not other.is_active:
        raise MergeRefused
    if is_better_protected(other) and not _allowed(other, user):
        raise BetterProtected
    return other


def is_better_protected(user: User) -> bool:
    return user.is_staff or user.is_superuser or _passkeys(user) > 0


def preview(user: User, other: User) -> Preview:
    return Preview(
        badges=Award.objects.filter(earner=other, state=Award.State.ACCEPTED).count(),
        addresses=tuple(masked(address) for address in _proven(other)),
        trusted=TrustedIssuer.objects.filter(user=other).count(),
        collections=Collection.objects.filter(owner=other).count(),
        passkeys=_passkeys(other),
        teams=tuple(Membership.objects.filter(user=other).values_list("issuer__name", flat=True)),
        has_password=other.has_usable_password(),
        profile=profiles.url_of(profiles.name_of(other)) if profiles.is_on(other) else "",
        profile_leads_here=profiles.is_on(user),
    )


def allow(user: User, address: str) -> None:
    """`user`, better protected itself, agrees to be merged into the account that has proven `address`."""
    other = proving.owner_of(address)
    if other is None or other.pk == user.pk:
        raise MergeRefused
    with transaction.atomic():
        codes.make_link(CONSENT, _pair(user, other), user.email, lives=CONSENT_LIVES)
        record("merge allowed", actor=user.public_id, subject=f"user:{user.public_id}", into=other.public_id)


def begin(user: User, address: str) -> MailedCode:
    """Mail a code to `address`, saying into whose account. Raises MergeRefused, BetterProtected, TooManyCodes."""
    other = other_account(user, address)
    return codes.send_code(
        PURPOSE, address, user=user, about=other.public_id, words={"into": masked(user.email)}
    )


def finish(user: User, handle: str, digits: str) -> None:
    """The code came back: everything of the other account is `user`'s from now on.

    Raises codes.CodeRefused, MergeRefused, BetterProtected.
    """
    # Not inside a transaction: a wrong try is counted even though it ends in an exception.
    code = codes.check_code(handle, digits, purpose=PURPOSE, user=user)
    other = other_account(user, code.address)
    if other.public_id != code.about:
        raise MergeRefused  # the address has changed hands since
    _merge(user, other, code.address)


def _merge(user: User, other: User, address: str) -> None:
    with transaction.atomic():
        kept, gone = _both(user, other)
        told = {kept.email, gone.email}
        _use_consent(gone, kept)
        moved = _move_addresses(kept, gone)
        _merge_welcome(kept, gone)
        _merge_trust(kept, gone)
        _merge_teams(kept, gone)
        _merge_person(kept, gone)
        _drop_twins(kept, gone)
        owning.hand_over(gone, kept)
        profiles.hand_over(gone, kept)
        _move_rest(kept, gone)
        FormerAccount.objects.create(user=kept, former_pk=gone.pk, public_id=gone.public_id)
        gone.delete()  # and with it every session: they name an account that is not there
        for one in moved:
            proving.follow_up(kept, one)
        for one in set(_proven(kept)) - set(moved):
            proving.follow_up(kept, one)  # the trust that came along
        proving.prove(kept, address, how=proving.BY_CODE)
        for one in told:
            what = _("Two accounts became one. Everything is in the account of %(address)s now.")
            proving.tell(one, what % {"address": kept.email}, _("Your accounts were merged"))
        record("accounts merged", actor=kept.public_id, subject=f"user:{kept.public_id}", gone=gone.public_id)
    user.refresh_from_db()


def _both(user: User, other: User) -> tuple[User, User]:
    """Both rows, held until the end; in one order, so that two merges wait for each other and do not lock up."""
    rows = User.objects.select_for_update().filter(pk__in=[user.pk, other.pk], is_active=True).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) != 2:
        raise MergeRefused  # another merge was quicker
    return found[user.pk], found[other.pk]


def _move_addresses(kept: User, gone: User) -> list[str]:
    """Proven ones alone; what the other account had only named is nobody's."""
    moved = _proven(gone)
    EmailAddress.objects.filter(user=kept, email__in=moved).delete()  # named here before, proven there
    EmailAddress.objects.filter(user=gone, verified=True).update(user=kept, primary=False)
    EmailAddress.objects.filter(user=gone).delete()
    return moved


def _merge_welcome(kept: User, gone: User) -> None:
    """The older one stays on Earned; the other is still there, on Hidden, and every link to it works (J26)."""
    keys = [f"welcome:{kept.public_id}", f"welcome:{gone.public_id}"]
    if not Award.objects.filter(once_key=keys[0]).exists():
        Award.objects.filter(once_key=keys[1]).update(once_key=keys[0])
    mine = models.Q(once_key__in=keys) | models.Q(earner__in=[kept, gone])
    welcomes = Award.objects.filter(mine, is_welcome=True).order_by("awarded_at", "pk")
    later = [award.pk for award in welcomes[1:]]
    Award.objects.filter(pk__in=later).update(hidden=True)


def _merge_trust(kept: User, gone: User) -> None:
    """Trust in an issuer stays; where both had it, as the account that stays had it."""
    for trust in TrustedIssuer.objects.filter(user=gone):
        twin = TrustedIssuer.objects.filter(user=kept, issuer=trust.issuer_id).first()
        if twin is None:
            TrustedIssuer.objects.filter(pk=trust.pk).update(user=kept)
            continue
        paused = twin.paused_at if trust.paused_at is not None else None
        TrustedIssuer.objects.filter(pk=twin.pk).update(since=min(twin.since, trust.since), paused_at=paused)
        trust.delete()


def _merge_teams(kept: User, gone: User) -> None:
    """The person may all that either account might."""
    for membership in Membership.objects.filter(user=gone):
        twin = Membership.objects.filter(user=kept, issuer=membership.issuer_id).first()
        if twin is None:
            Membership.objects.filter(pk=membership.pk).update(user=kept)
            continue
        best = max(membership.role, twin.role, key=lambda role: _RANK[Role(role)])
        Membership.objects.filter(pk=twin.pk).update(role=best)
        membership.delete()


def _merge_person(kept: User, gone: User) -> None:
    """An operator's rights come along only from an account that allowed it (BetterProtected)."""
    kept.name = kept.name or gone.name
    kept.is_staff, kept.is_superuser = kept.is_staff or gone.is_staff, kept.is_superuser or gone.is_superuser
    kept.date_joined = min(kept.date_joined, gone.date_joined)
    kept.save(update_fields=["name", "is_staff", "is_superuser", "date_joined"])
    kept.groups.add(*gone.groups.all())
    kept.user_permissions.add(*gone.user_permissions.all())


def _drop_twins(kept: User, gone: User) -> None:
    """What an account can have only once, and the one that stays has: the other's goes with it."""
    had = CodeProof.objects.filter(user=kept).values("address")
    CodeProof.objects.filter(user=gone, address__in=list(had.values_list("address", flat=True))).delete()
    # Of two agreements to one version the earlier counts: it was agreed to then.
    for one in Agreement.objects.filter(user=kept):
        twin = Agreement.objects.filter(user=gone, kind=one.kind, number=one.number)
        first = min([one.at, *twin.values_list("at", flat=True)])
        twin.delete()
        Agreement.objects.filter(pk=one.pk).update(at=first)
    single = Authenticator.Type.RECOVERY_CODES
    if Authenticator.objects.filter(user=kept, type=single).exists():
        Authenticator.objects.filter(user=gone, type=single).delete()


def _move_rest(kept: User, gone: User) -> None:
    """Every other row that points at the account, in rooms that this one does not know too."""
    for model, field in rows_of_people():
        if model not in _LEFT_BEHIND:
            model._base_manager.filter(**{field: gone}).update(**{field: kept})


def rows_of_people() -> Iterator[tuple[type[models.Model], str]]:
    """Every model with a pointer at an account, and its name; groups and permissions apart."""
    for relation in User._meta.get_fields(include_hidden=True):
        is_pointed_at = relation.auto_created and not relation.concrete
        related: Any = relation.related_model
        if is_pointed_at and (relation.one_to_many or relation.one_to_one) and not related._meta.auto_created:
            field: Any = relation
            yield related, field.field.name


def _pair(gone: User, kept: User) -> str:
    return f"{gone.public_id}:{kept.public_id}"


def _consents(gone: User, kept: User) -> models.QuerySet[MailedLink]:
    return MailedLink.objects.filter(
        purpose=CONSENT, about=_pair(gone, kept), used_at__isnull=True, expires_at__gt=timezone.now()
    )


def _allowed(gone: User, kept: User) -> bool:
    return _consents(gone, kept).exists()


def _use_consent(gone: User, kept: User) -> None:
    """Asked once more inside the transaction: a passkey may have been added a moment ago."""
    used = _consents(gone, kept).update(used_at=timezone.now())
    if is_better_protected(gone) and not used:
        raise BetterProtected


def _passkeys(user: User) -> int:
    mine = Authenticator.objects.filter(user=user)
    return int(mine.exclude(type=Authenticator.Type.RECOVERY_CODES).count())


def _proven(user: User) -> list[str]:
    rows = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return list(rows.values_list("email", flat=True))
