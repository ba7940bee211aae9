"""A proven address and what follows. Every way of proving one ends here.

The invitation's link, a mailed code, an added address and a merge all call `prove`;
higher rooms hang what must follow into `after_address_proved`, inside the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from plaudit_site.accounts import agreeing
from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.accounts.models import CodeProof, User
from plaudit_site.audit.models import record
from plaudit_site.ids import new_id
from plaudit_site.mail import suppressing
from plaudit_site.mail.models import Lane
from plaudit_site.mail.queueing import queue

AfterProved = Callable[[User, str], None]
after_address_proved: list[AfterProved] = []
BY_CODE = "code"


class AddressTaken(Exception):
    """The address is proven for another account; only a merge moves it."""


def owner_of(address: str) -> User | None:
    """The account that has proven `address`, if any. Unproven rows never count."""
    try:
        form = address_form(address)
    except AddressRefused:
        return None
    row = EmailAddress.objects.filter(email=form, verified=True).select_related("user").first()
    return row.user if row else None


def prove(user: User, address: str, *, how: str) -> EmailAddress:
    """`address` is `user`'s: verified, the primary one if it is the first, and all that follows from it.

    Somebody else's unproven claim on the address dies here, with the sessions, the password and the
    half-made account that may hang on it (an account made in advance must not win a mailbox).
    Raises AddressTaken when another account has proven it.
    """
    form = address_form(address)
    with transaction.atomic():
        for other in EmailAddress.objects.select_for_update().filter(email=form).exclude(user=user):
            if other.verified:
                raise AddressTaken
            _drop_unproven(other)
        row, _was_made = EmailAddress.objects.get_or_create(
            email=form, user=user, defaults={"verified": False, "primary": False}
        )
        was_proven = row.verified
        primary = EmailAddress.objects.filter(user=user, verified=True, primary=True).first()
        if not was_proven:
            row.verified = True
            try:
                with transaction.atomic():
                    row.save(update_fields=["verified"])
            except IntegrityError as error:  # another account was quicker
                raise AddressTaken from error
            if not EmailAddress.objects.filter(user=user, verified=True, primary=True).exists():
                make_primary(user, form)
            if primary is not None and how == "code":
                tell(primary.email, _("%(address)s was added to your account.") % {"address": form})
            record("address proved", actor=user.public_id, subject=f"user:{user.public_id}", how=how)
        suppressing.prove(form)  # what came back before has just been received
        if how == BY_CODE:
            CodeProof.objects.get_or_create(user=user, address=form)
        follow_up(user, form)
    return row


def proven_by_code(user: User, address: str) -> bool:
    """Whether a code mailed to `address` came back from this account, which proven it still is."""
    owner = owner_of(address)
    is_owner = owner is not None and owner.pk == user.pk
    return is_owner and CodeProof.objects.filter(user=user, address=address_form(address)).exists()


def follow_up(user: User, address: str) -> None:
    """What follows from a proven address, once more: the account has changed around it (a merge)."""
    for follow in after_address_proved:
        follow(user, address)


def tell(address: str, what: str, subject: str = "") -> None:
    """A change of the ways into an account is told where its owner reads it, in case it was not the owner (B3)."""
    queue(
        "account_text",
        new_id(),
        lane=Lane.NOTICES,
        context={
            "notice_subject": subject or _("Your account: an address changed"),
            "notice_text": f"{what}\n\n{_('If it was not you, sign in and change it back, or write to us.')}",
            "address": address,
        },
    )


def _drop_unproven(row: EmailAddress) -> None:
    holder = row.user
    row.delete()
    _release(holder)


def _release(holder: User) -> None:
    """An account whose claim on an address fell: on to another proven one, or, with none, it falls too."""
    left = EmailAddress.objects.filter(user=holder, verified=True).order_by("-primary", "pk").first()
    if left is None:
        holder.delete()
    else:
        make_primary(holder, left.email)


def make_primary(user: User, address: str) -> None:
    """`address`, proven by `user`, becomes the one that account mail goes to."""
    form = address_form(address)
    with transaction.atomic():
        EmailAddress.objects.filter(user=user, primary=True).exclude(email=form).update(primary=False)
        changed = EmailAddress.objects.filter(user=user, email=form, verified=True).update(primary=True)
        if changed != 1:
            raise AddressTaken
        user.email = form
        user.save(update_fields=["email"])


def new_account(address: str, *, name: str = "", language: str = "en") -> User:
    """An account for exactly `address`, which is proven by the caller's `prove` in the same transaction."""
    form = address_form(address)
    for holder in User.objects.filter(email=form):
        if owner_of(form) is not None:
            raise AddressTaken
        EmailAddress.objects.filter(user=holder, email=form).delete()
        _release(holder)
    user = User(email=form, name=name, language=language)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:  # another press was quicker
        raise AddressTaken from error
    agreeing.agree(user)
    record("account made", actor=user.public_id, subject=f"user:{user.public_id}")
    return user
