"""What became of each file, in plain words: what it is, and what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _


def reason(code: str) -> str:
    """Why a file did not come in."""
    return {
        "large": _(
            "It is larger than 5 MB. A badge is smaller: choose the picture or file that you were given."
        ),
        "many": _(
            "This and the files after it: 200 are looked at in one archive. Make a second one of the rest."
        ),
        "together": _(
            "The files of this archive are more than 40 MB together. Make a second one of the rest."
        ),
        "nested": _("An archive inside an archive. Unpack it, and give what is in it."),
        "locked": _("It is locked with a password. Make an archive without one."),
        "damaged": _("It cannot be unpacked: the archive is damaged there."),
        "picture": _(
            "This is only a picture. Screenshots and pictures sent by chat lose the proof inside. Choose the file that "
            "you downloaded from where you earned the badge, or paste its address."
        ),
        "bare": _(
            "There is no proof inside this picture: it may be a screenshot, or a copy that a program saved anew. "
            "Download the badge once more from where you earned it, or paste its address."
        ),
        "paper": _("This PDF carries no badge. Open the address that is printed on it, and paste that here."),
        "page": _(
            "At this address is a page without a badge. Give the address of the badge itself, or the file that you "
            "downloaded."
        ),
        "part": _(
            "This link shows only a part of a badge, and there is no file behind it. Give its file, or the address "
            "of its whole page."
        ),
        "missing": _("There is nothing at this address. Look whether it was copied whole."),
        "gone": _("What was at this address has been removed. If you have the file of the badge, give that."),
        "nothing": _("There is no badge in this. Choose the picture or file that you were given."),
        "invalid": _(
            "It was changed after it was signed, or was not signed by the issuer it names. Ask the issuer."
        ),
        "revoked": _("Its issuer has revoked it."),
        "suspended": _("Its issuer has suspended it. Give it again when it has been reinstated."),
        "unread": _(
            "Its issuer could not be asked just now, so nothing of it can be shown. Try again later."
        ),
        "ours": _(
            "It was awarded here: it is on Earned or Waiting as soon as the address it was sent to is one of yours."
        ),
        "time": _("Checking those before it took as long as one may wait. Give it by itself."),
        "busy": _(
            "Its issuer has to be asked, and others are asking at this moment. Give it again in a minute."
        ),
        "nobody": _("It does not name an e-mail address, so nobody can say whose it is."),
        "full": _("You keep 2,000 badges from elsewhere already. Remove some first."),
    }.get(code, "")


def already(code: str) -> str:
    """Where one has it, of what was awarded here."""
    return {
        "earned": _("It is on Earned already."),
        "hidden": _("It is yours already, on the tab Hidden."),
        "removed": _("You removed it. For 30 days you can take it back, on the tab Hidden."),
        "waiting": _("It waits for you here: accept it, and it is on Earned."),
        "declined": _("You declined it. On the tab Waiting you can undo that."),
    }.get(code, "")


def archive_refused() -> str:
    return _("This archive cannot be read. Make it anew as a plain ZIP, or choose the files one by one.")


def too_much() -> str:
    return _("That is too much at once: 20 MB for an archive, 5 MB for a badge.")


def nothing_given() -> str:
    return _("Choose a file, or paste an address or the text of a badge.")


def too_many() -> str:
    return _("You have had very many files checked today. Go on tomorrow.")
