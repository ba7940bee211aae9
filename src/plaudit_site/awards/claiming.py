"""From invitation to Earned: open, accept, decline, trust, accept by trust. Each is one function in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.models import MailedLink, User
from plaudit_site.audit.models import record
from plaudit_site.awards import expiring, invitations, reminding, renewing
from plaudit_site.awards.models import Award, AwardQuerySet, TrustedIssuer, Visibility
from plaudit_site.awards.telling import queue_about
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue_many

UNDO_LIVES = timedelta(days=14)
UNDO_PURPOSE = "undo claim"


class Opening(StrEnum):
    """What an invitation's link opens, for the one who opened it."""

    NOTHING = "nothing"
    NEW_ACCOUNT = "new_account"
    MINE = "signed_in"
    MINE_ALREADY = "done"
    DECLINED = "declined"
    ADD_ADDRESS = "other_account"
    SIGN_IN = "sign_in_needed"


@dataclass(frozen=True)
class Invitation:
    opening: Opening
    award: Award | None = None


class CodeNeeded(Exception):
    """A badge that matters a lot: a code mailed to its address has to come back first (J12)."""


class NotYours(Exception):
    """The award is not (or no longer) this person's to do that with."""


def open_invitation(token: str, visitor: User | AnonymousUser) -> Invitation:
    """What this link is for this visitor. Changes nothing (J7); the four kinds of dead link look alike."""
    award = invitations.find(token)
    nothing = Invitation(Opening.NOTHING)
    if award is None or not claimable(award):
        if award is not None and isinstance(visitor, User) and award.earner_id == visitor.pk:
            return Invitation(Opening.MINE_ALREADY, award)
        return nothing
    owner = proving.owner_of(award.address)
    declined = award.state == Award.State.DECLINED
    if isinstance(visitor, User):
        if owner is None:
            return Invitation(Opening.ADD_ADDRESS, award)
        if owner.pk != visitor.pk:
            return nothing
        return Invitation(Opening.DECLINED if declined else Opening.MINE, award)
    if owner is not None:
        return Invitation(Opening.SIGN_IN, award)
    return Invitation(Opening.DECLINED if declined else Opening.NEW_ACCOUNT, award)


def note_opened(token: str) -> bool:
    """Somebody looks at the claim page (J46): the page says so itself, once it was in view for a while or was touched.

    So a scanner that fetches the links of a mail opens nothing (J7), and there is no hidden picture. Only the first
    time is noted. False when there was nothing to note.
    """
    award = invitations.find(token)
    if award is None or not claimable(award):
        return False
    with transaction.atomic():
        here = Award.objects.filter(pk=award.pk, invitation_number=award.invitation_number)
        changed = here.filter(opened_at__isnull=True).update(opened_at=timezone.now())
        if changed:
            record("claim page opened", actor="mailbox", subject=f"award:{award.public_id}")
    return changed == 1


def claimable(award: Award) -> bool:
    return (
        award.state in {Award.State.WAITING, Award.State.DECLINED}
        and award.credential_id is not None
        and not is_revoked(award)
    )


def is_revoked(award: Award) -> bool:
    return getattr(award, "revocation", None) is not None


def accept_with_new_account(
    award: Award, *, visibility: str, trust_issuer: bool, language: str = "en", how: str = "invitation"
) -> User:
    """The press of a stranger who holds the link: account, proven address and acceptance in one transaction (J12).

    `how` the address is proven: by the invitation's link, or by a code that came back. Raises CodeNeeded when the
    link is not enough, NotYours when the award was taken meanwhile, proving.AddressTaken when the address has an
    account by now.
    """
    with transaction.atomic():
        user = proving.new_account(award.address, name=award.name, language=language)
        proving.prove(user, award.address, how=how)
        accept(award, user, visibility=visibility, trust_issuer=trust_issuer)
        secret = codes.make_link(UNDO_PURPOSE, award.public_id, award.address, lives=UNDO_LIVES)
        queue_about(award, "claimed_notice", Lane.NOTICES, context={"undo": secret})
    return user


def accept(award: Award, earner: User, *, visibility: str, trust_issuer: bool) -> int:
    """`earner`, who has proven the awarded address, accepts. Returns how many other badges the trust brought in.

    Raises NotYours when the address is not theirs or the award is not waiting, CodeNeeded when holding a link or
    a session is not enough for this badge.
    """
    if needs_code(award, earner):
        raise CodeNeeded
    with transaction.atomic():
        # The account first, as erasing and merging take it: in another order the two would wait for each other.
        if User.objects.select_for_update(no_key=True).filter(pk=earner.pk).first() is None:
            raise NotYours
        if not _accept_one(award, earner, visibility=visibility, by_trust=False):
            raise NotYours
        return trust(earner, award.issuer, visibility=visibility) if trust_issuer else 0


def needs_code(award: Award, earner: User) -> bool:
    """The badge asks for a mailed code, and none mailed to its address ever came back from this account."""
    return award.version.achievement.claim_needs_code and not proving.proven_by_code(earner, award.address)


def _accept_one(award: Award, earner: User, *, visibility: str, by_trust: bool) -> bool:
    owner = proving.owner_of(award.address)
    if owner is None or owner.pk != earner.pk or needs_code(award, earner):
        return False
    states = [Award.State.WAITING] if by_trust else [Award.State.WAITING, Award.State.DECLINED]
    now = timezone.now()
    with transaction.atomic():
        # The row first: the filter below joins, and a join that waited for a lock would still see the row of before.
        Award.objects.select_for_update().filter(pk=award.pk).first()
        changed = Award.objects.filter(
            pk=award.pk,
            address=award.address,
            state__in=states,
            credential__isnull=False,
            revocation__isnull=True,
        ).update(
            state=Award.State.ACCEPTED,
            earner=earner,
            accepted_at=now,
            accepted_by_trust=by_trust,
            declined_at=None,
            visibility=visibility,
            shared_at=now if visibility != Visibility.ONLY_ME else None,
        )
        if changed != 1:
            return False
        record(
            "accepted",
            actor="trust" if by_trust else earner.public_id,
            subject=f"award:{award.public_id}",
            earner=earner.public_id,
            visibility=str(visibility),
        )
        award.refresh_from_db()
        renewing.take_place(award)
        expiring.queue_notices([award])
    return True


def decline(award: Award, *, actor: str) -> bool:
    """“No, thank you”; can be undone (J20)."""
    with transaction.atomic():
        changed = Award.objects.filter(pk=award.pk, state=Award.State.WAITING).update(
            state=Award.State.DECLINED, declined_at=timezone.now()
        )
        if changed:
            record("declined", actor=actor, subject=f"award:{award.public_id}")
    return changed == 1


def undo_decline(award: Award, *, actor: str) -> bool:
    with transaction.atomic():
        changed = Award.objects.filter(pk=award.pk, state=Award.State.DECLINED).update(
            state=Award.State.WAITING, declined_at=None
        )
        if changed:
            record("decline undone", actor=actor, subject=f"award:{award.public_id}")
    return changed == 1


# Trust


def trusts(user: User, issuer: Issuer) -> bool:
    return TrustedIssuer.objects.filter(user=user, issuer=issuer, paused_at__isnull=True).exists()


def trust(user: User, issuer: Issuer, *, visibility: str) -> int:
    """From now on this issuer's badges arrive by themselves; those waiting arrive now. Returns their number (J21)."""
    with transaction.atomic():
        TrustedIssuer.objects.update_or_create(
            user=user, issuer=issuer, defaults={"visibility": visibility, "paused_at": None}
        )
        record("issuer trusted", actor=user.public_id, subject=f"issuer:{issuer.public_id}")
        arrived = 0
        for award in waiting_for(user).filter(issuer=issuer):
            arrived += _accept_one(award, user, visibility=visibility, by_trust=True)
    return arrived


def distrust(user: User, issuer: Issuer) -> None:
    """Later badges ask again; what was accepted stays (J23)."""
    with transaction.atomic():
        gone, _which = TrustedIssuer.objects.filter(user=user, issuer=issuer).delete()
        if gone:
            record("trust withdrawn", actor=user.public_id, subject=f"issuer:{issuer.public_id}")


def set_trust_visibility(user: User, issuer: Issuer, visibility: str) -> None:
    TrustedIssuer.objects.filter(user=user, issuer=issuer).update(visibility=visibility)


def auto_accept(award: Award) -> bool:
    """Accept for an account that has proven the address and trusts the issuer; False when there is none."""
    owner = proving.owner_of(award.address)
    if owner is None:
        return False
    trusted = TrustedIssuer.objects.filter(user=owner, issuer=award.issuer, paused_at__isnull=True).first()
    if trusted is None:
        return False
    return _accept_one(award, owner, visibility=trusted.visibility, by_trust=True)


def queue_auto_accepted(award: Award) -> None:
    _queue_once("auto_accepted", award)


def queue_invitation(award: Award) -> None:
    """“You’ve been given credit”: once for each number of the invitation."""
    _queue_once("invitation", award)


def _queue_once(kind: str, award: Award) -> None:
    queued = queue_about(award, kind, Lane.INVITATIONS, once_key=f"{kind}:{award.invitation_number}")
    if queued is not None:
        reminding.count_queued(award)


def invite_many(keys: list[int], public_ids: list[str], languages: list[str]) -> None:
    """The first invitation for each of these awards, which nobody was invited to yet."""
    queue_many(
        "invitation",
        public_ids,
        about=keys,
        lane=Lane.INVITATIONS,
        languages=languages,
        once_key="invitation:1",
    )


def of_trusting(addresses: Collection[str], issuer: Issuer) -> set[str]:
    """Which of these addresses are proven by somebody who trusts the issuer: awards to them are accepted at once."""
    trusting = TrustedIssuer.objects.filter(issuer=issuer, paused_at__isnull=True)
    if not trusting.exists():
        return set()
    proven = EmailAddress.objects.filter(email__in=addresses, verified=True, user__in=trusting.values("user"))
    return set(proven.values_list("email", flat=True))


def waiting_for(user: User) -> AwardQuerySet:
    """Awards to any proven address of `user` that wait for a press. Unproven addresses match nothing (J16)."""
    return waiting_at(proven_addresses(user))


def waiting_at(addresses: Collection[str]) -> AwardQuerySet:
    """The same of addresses that were just found to be proven."""
    return Award.objects.filter(
        address__in=addresses,
        state=Award.State.WAITING,
        credential__isnull=False,
        revocation__isnull=True,
    ).select_related("issuer", "version__achievement")


def invitation_for(user: User, public_id: str) -> Award | None:
    """The award with this id, when it waits for `user` or they declined it."""
    found = Award.objects.with_badge().filter(
        public_id=public_id,
        address__in=proven_addresses(user),
        state__in=[Award.State.WAITING, Award.State.DECLINED],
        credential__isnull=False,
        revocation__isnull=True,
    )
    return found.first()


def others_waiting(award: Award) -> AwardQuerySet:
    """Other awards of the same issuer to the same address that a tick would bring in too."""
    return Award.objects.filter(
        address=award.address,
        issuer=award.issuer,
        state=Award.State.WAITING,
        credential__isnull=False,
        revocation__isnull=True,
    ).exclude(pk=award.pk)


def proven_addresses(user: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def accept_waiting_of_trusted(user: User, address: str) -> None:
    """After an address was proven: badges of issuers this account already trusts arrive (J16, J21)."""
    trusted = {
        t.issuer_id: t.visibility for t in TrustedIssuer.objects.filter(user=user, paused_at__isnull=True)
    }
    for award in waiting_for(user).filter(address=address, issuer_id__in=trusted):
        _accept_one(award, user, visibility=trusted[award.issuer_id], by_trust=True)


def keep_welcome(award: Award) -> None:
    """The site's own badge is there when its owner first looks: accepted with its signing (J26)."""
    owner = proving.owner_of(award.address)
    if owner is not None:
        _accept_one(award, owner, visibility=Visibility.ONLY_ME, by_trust=True)


# The undo of a claim that was not the reader's (J12)


def undo_claim(link: MailedLink) -> bool:
    """The mailbox's owner did not press: the badge waits again, sessions end, the address is free."""
    award = Award.objects.filter(public_id=link.about).select_related("earner").first()
    if award is None:
        return False
    with transaction.atomic():
        if not codes.use_link(link):
            return False
        earner = award.earner
        Award.objects.filter(pk=award.pk).update(invitation_number=award.invitation_number + 1)
        # Also when the account has dropped the address meanwhile: what was claimed with it goes back all the same.
        if earner is not None and award.address == link.address:
            give_back(earner, link.address)
        award.refresh_from_db()
        if award.state == Award.State.WAITING:
            queue_invitation(award)
        record(
            "claim undone",
            actor="mailbox",
            subject=f"award:{award.public_id}",
            number=award.invitation_number,
        )
    return True


def give_back(earner: User, address: str) -> None:
    """Everything that came to this address waits for its true owner; the account loses address and sessions."""
    Award.objects.filter(earner=earner, address=address, is_welcome=False).update(
        state=Award.State.WAITING,
        earner=None,
        accepted_at=None,
        accepted_by_trust=False,
        visibility=Visibility.ONLY_ME,
        shared_at=None,
    )
    TrustedIssuer.objects.filter(user=earner).delete()
    EmailAddress.objects.filter(user=earner, email=address).delete()
    left = EmailAddress.objects.filter(user=earner, verified=True).first()
    if left is not None:
        proving.make_primary(earner, left.email)
    else:
        earner.email = f"freed-{earner.public_id}@invalid"
        earner.is_active = False
    earner.session_epoch += 1
    earner.set_unusable_password()
    earner.save()
