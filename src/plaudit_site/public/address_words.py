"""What is said of an address at which no badge was read: what is there instead, and what to ask for."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit.report import A_PAGE, A_PART, A_PICTURE, NOT_OPEN, NOT_READ, NOTHING_THERE, TAKEN_AWAY
from plaudit_site.backpack.models import Result
from plaudit_site.public import own_pages
from plaudit_site.public.own_pages import Kind


class Told(NamedTuple):
    heading: str
    reason: str
    next_step: str
    link: str = ""
    """A page of this site that says more, with the words that lead there."""
    link_words: str = ""


def told(result: Result) -> Told | None:
    """None where something was read, or where no address was given."""
    first = next(iter(result.report.get("checks", ())), None)
    if first is None or not result.address:
        return None
    code = first.get("code")  # a report that is kept from before may lack it
    kind = own_pages.kind_of(result.address)
    if code == A_PART:
        return _of_part(result.address, kind)
    if code == A_PAGE and kind is not None:
        return _of_own_page(result.address, kind)
    if code == NOTHING_THERE and kind is not None:
        return _of_nothing_here(kind)
    if code == TAKEN_AWAY and kind is not None:
        return _removed_here()
    return _of_stranger(str(code), urlsplit(result.address))


def _of_part(address: str, kind: Kind | None) -> Told:
    ask = _(
        "If you have to check it yourself, ask the holder for the whole badge: the link to it, or its file. Only the "
        "holder can give it to you."
    )
    heading = _("This link shows only a part of a badge")
    if kind is not Kind.PART:
        return Told(
            heading,
            _(
                "Its holder leaves something out there, so there is no file behind it that could be checked here. The "
                "page itself says how the badge stands, by the word of %(host)s alone."
            )
            % {"host": urlsplit(address).hostname},
            ask,
        )
    return Told(
        heading,
        _(
            "Its holder leaves something out there, so there is no file behind it that could be checked here. %(site)s "
            "checks the badge each time that page is opened, and the page says whether it holds now."
        )
        % {"site": settings.SITE_NAME},
        ask,
        address,
        _("See how the badge stands"),
    )


def _of_nothing_here(kind: Kind) -> Told:
    site = {"site": settings.SITE_NAME}
    heading = _("There is nothing at this address")
    if kind is Kind.PART:
        reason = _(
            "An address like this shows a part of a badge for some time. This one has ended, its holder switched it "
            "off, or it was not copied whole."
        )
        return Told(heading, reason, _("Ask the holder for a new link, or for the file of the badge."))
    if kind is Kind.RESULT:
        reason = _("The result of a check can be seen for a day, and is forgotten then.")
        return Told(heading, reason, _("Check the badge itself: give its file, or the address of its page."))
    if kind in {Kind.CERTIFICATE, Kind.SHOWN}:
        reason = (
            _(
                "%(site)s shows no badge there: its holder keeps it private, or the address was not copied whole."
            )
            % site
        )
        ask = _(
            "Ask the holder to show it to everybody with the link, or for its file, which you can give here."
        )
        return Told(heading, reason, ask)
    reason = _("%(site)s shows nothing there: it is private, or the address was not copied whole.") % site
    return Told(heading, reason, _ask_for_link())


def _removed_here() -> Told:
    return Told(
        _("The holder has removed this badge"),
        _("%(site)s does not show it any more, and what it was is not said here.")
        % {"site": settings.SITE_NAME},
        _("If the holder still has the file of the badge, give that here: it can be checked as before."),
    )


def _of_own_page(address: str, kind: Kind) -> Told:
    site = {"site": settings.SITE_NAME}
    open_it = (own_pages.address_of(address), _("Open the page"))
    one_of_them = _("Open it, choose the badge that you mean, and paste the address of its page here.")
    if kind is Kind.PROFILE:
        return Told(
            _("This is the page of a person"),
            _("Somebody shows their badges there, and each has a page of its own."),
            one_of_them,
            *open_it,
        )
    if kind is Kind.COLLECTION:
        return Told(
            _("This is a collection of badges"),
            _("Each badge in it has a page of its own."),
            one_of_them,
            *open_it,
        )
    if kind is Kind.ISSUER:
        return Told(
            _("This is the badge site of an issuer"),
            _("It says which badges there are, and not who has earned one."),
            _ask_for_link(),
            *open_it,
        )
    if kind is Kind.BADGE:
        return Told(
            _("This page says what a badge requires"),
            _("Everybody who earned it has a page of their own, and that can be checked."),
            _ask_for_link(),
            *open_it,
        )
    if kind is Kind.SHOWN:
        return Told(
            _("The file of this badge is not for everybody"),
            _(
                "It tells an address of its holder. Its page says how %(site)s found it when it was last checked."
            )
            % site,
            _("If you have to check it yourself, ask the holder for the file."),
            *open_it,
        )
    if kind is Kind.RESULT:
        return Told(
            _("This is the result of a check"),
            _("It says what was true when the badge was checked."),
            _("To know how it is now, give the badge itself: its file, or the address of its page."),
            *open_it,
        )
    if kind is Kind.OWN:
        return Told(
            _("This page is for whoever is signed in"),
            _("Nobody else sees what is on it, and so it cannot be checked here."),
            _("If the badge is yours, press “Manage” beside it and copy the link there. Otherwise ask the holder."),
        )  # fmt: skip
    if kind is Kind.MAIL:
        return Told(
            _("This link comes out of a mail"),
            _("It is meant for whoever got that mail, and for nobody else. It was not kept here."),
            _("If the badge is yours, accept it first: then it has a page whose address you can give."),
        )
    return Told(_("This is a page of %(site)s") % site, _("There is no badge on it."), _ask_for_link())


def _of_stranger(code: str, address: SplitResult) -> Told | None:
    host = {"host": address.hostname or address.netloc}
    file = _("Ask the holder for the file of the badge, and give that here.")
    if code == A_PAGE:
        return Told(
            _("This is a page without a badge"),
            _("%(host)s shows a page for people to read there, and it names no file of a badge.") % host,
            _(
                "Look on that page for a way to share or download the badge, and give that address or file here. "
                "Otherwise ask the holder for the file."
            ),
        )
    if code == A_PICTURE:
        return Told(
            _("This is a picture without a badge"),
            _("%(host)s shows a picture there, and no badge is in it: it may be a preview of one, or a code.")
            % host,
            _(
                "A code leads to the badge: scan it, and give the address that it holds. Otherwise ask the holder for "
                "the link to the badge, or for its file."
            ),
        )
    if code == NOTHING_THERE:
        return Told(
            _("There is nothing at this address"),
            _("%(host)s answers that it has nothing there. Perhaps the address was not copied whole.") % host,
            _("Compare it with the one that you were given. If it is the same, ask the holder for the file."),
        )  # fmt: skip
    if code == TAKEN_AWAY:
        return Told(
            _("What was at this address has been removed"),
            _("%(host)s says that it is gone for good.") % host,
            file,
        )
    if code == NOT_OPEN:
        return Told(
            _("This address is not open to everybody"),
            _("%(host)s shows what is there only to those whom it lets in.") % host,
            _("Ask the holder to show the badge to everybody with the link, or for its file."),
        )
    if code != NOT_READ:
        return None
    if address.scheme == "http":
        return Told(
            _("This address could not be read"),
            _("It begins with http, and on the way anybody could change what comes from there.")
            + " "
            + _("Only addresses that begin with https are read."),
            _("Try the same address with https at its beginning. Otherwise ask the holder for the file of the badge."),
        )  # fmt: skip
    return Told(
        _("This address could not be read"),
        _("%(host)s did not answer, or not as it should.") % host,
        _(
            "Look whether it is written right, or try again later. If it stays so, ask the holder for the file."
        ),
    )


def _ask_for_link() -> str:
    return _("Ask the holder for the link to the badge, or for its file.")
