"""Whom a command acts for, and its questions; what cannot be found is one line and exit code 1."""

from __future__ import annotations

import sys
from pathlib import Path

from django.db import connection

from plaudit_site.accounts.addresses import AddressRefused, address_form
from plaudit_site.accounts.models import User
from plaudit_site.accounts.proving import owner_of
from plaudit_site.issuers.access import may
from plaudit_site.issuers.models import Issuer, Role


class NotFound(Exception):
    """What was named is not there; the text says so."""


def issuer_of(slug: str) -> Issuer:
    """By its slug. Raises NotFound, with those that there are."""
    if Issuer._meta.db_table not in connection.introspection.table_names():
        raise NotFound(
            "this database holds no site: are DATABASE_URL and PLAUDIT_DATA_DIR those that the site is started with?"
        )
    found = Issuer.objects.filter(slug=slug).first()
    if found is None:
        there = ", ".join(
            Issuer.objects.filter(is_site=False).order_by("slug").values_list("slug", flat=True)[:20]
        )
        raise NotFound(f"there is no issuer {slug!r}; there are: {there or 'none'}")
    return found


def person_of(issuer: Issuer, address: str, verb: str) -> User:
    """Who answers for it in the history: the person of that address, else the issuer's first owner."""
    if not address:
        owner = (
            issuer.memberships.filter(role=Role.OWNER, user__is_active=True).order_by("since", "pk").first()
        )
        if owner is None:
            raise NotFound(f"{issuer.slug} has no owner; name somebody with --as ADDRESS")
        return owner.user
    try:
        user = owner_of(address_form(address))
    except AddressRefused as error:
        raise NotFound(f"--as {address}: {error}") from None
    if user is None or not may(user, verb, issuer):
        raise NotFound(f"--as {address}: nobody of {issuer.slug} with this address may do that")
    return user


def agrees(question: str, *, input_is_taken: bool) -> bool:
    """Asks; anything but yes is no, and so is the end of the input. `input_is_taken`: by the file, so ask elsewhere."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if not input_is_taken:
        return _is_yes(sys.stdin.readline())
    try:
        with Path("/dev/tty").open() as terminal:
            return _is_yes(terminal.readline())
    except OSError:
        return False


def _is_yes(answer: str) -> bool:
    return answer.strip().lower() in {"y", "yes"}
