"""One form per e-mail address, so that the same mailbox is the same row (DECISIONS 8)."""

from __future__ import annotations

from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from plaudit import recipient
from plaudit.errors import PlauditError

_validate = EmailValidator()
_is_user = _validate.user_regex.match
MOST_TO_LOOK_AT = 320


@lru_cache(maxsize=1000)
def _is_domain(domain: str) -> bool:
    """As the validator says of a whole address: a list has many addresses in few domains."""
    try:
        _validate(f"a@{domain}")
    except ValidationError:
        return False
    return True


class AddressRefused(ValueError):
    """Not an address we can send mail to; the text says why, for the person who typed it."""


def address_form(address: str) -> str:
    """Trimmed, ASCII lower case, domain in its ASCII form. Raises AddressRefused.

    Letters beyond ASCII before the @ are refused: few servers take them, and case folding of
    such letters has handed accounts to strangers (CVE-2019-19844).
    """
    local = address.strip().rpartition("@")[0]
    if not local.isascii():
        raise AddressRefused(_("Mail can’t be sent to an address with such letters before the @."))
    try:
        form = recipient.email_form(address)
        user, _at, domain = form.rpartition("@")
        if len(form) > MOST_TO_LOOK_AT or not _is_user(user) or not _is_domain(domain):
            _validate(form)
    except (ValidationError, ValueError, PlauditError) as error:
        raise AddressRefused(_("This is not a complete e-mail address, like name@example.org.")) from error
    if len(form) > 254:
        raise AddressRefused(_("This address is too long."))
    return form


def masked(address: str) -> str:
    """The address as others may see it: two letters, dots, the domain."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:2] if len(local) > 3 else local[:1]}•••@{domain}"
