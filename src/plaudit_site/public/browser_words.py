"""The words of the page that checks a badge in the visitor's own browser, as data for its scripts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from plaudit_site.public import lines


def words() -> dict[str, Any]:
    return {
        "wait": _("Checking …"),
        "empty": _("Give the address or the text of a badge, or choose its file."),
        "checked": _("Checked {at}, by this browser’s clock"),
        "list": _("The checks, one by one"),
        "nothing": _("Nothing of what the file says is shown: it is not known to be its issuer’s."),
        "noBadge": _("It is signed, but it is no badge that this page knows how to show."),
        "outcomes": {
            "passed": _("passed"),
            "failed": _("failed"),
            "unknown": _("could not be checked"),
            "absent": _("nothing to check"),
            "saved": _("as it was saved"),
        },
        "verdicts": _verdicts(),
        "unread": {
            "failed": {
                "title": _("No badge could be read from this"),
                "text": _("Choose the picture or file that you were given, or paste its address."),
            },
            "unknown": {
                "title": _("This could not be read here"),
                "text": _("“Verify a badge” on this site may know more; or the address does not answer."),
            },
            "part": {
                "title": _("This link shows only a part of a badge"),
                "text": _(
                    "Its holder leaves something out there, so there is no file behind it that your browser could"
                    " check. Open it at its issuer’s site: the badge is checked there each time, and the page says"
                    " whether it holds now. To check it yourself, ask the holder for the whole badge."
                ),
                "link": _("See how the badge stands"),
            },
            "noPart": {
                "title": _("There is nothing at this address"),
                "text": _(
                    "An address like this shows a part of a badge for some time, at its issuer’s site alone. This one"
                    " has ended, its holder switched it off, it was not copied whole, or this is a copy of that site."
                    " Ask the holder for the badge’s file."
                ),
            },
        },
        "checks": _checks(),
        "facts": {
            "issuer": _("Issuer, by its own word"),
            "identifier": _("Issuer’s identifier"),
            "begins": _("Valid from"),
            "ends": _("Valid until"),
        },
        "saved": {
            "title": _("A saved check of a badge"),
            "lead": _(
                "This file carries the badge and what was read about it, and compares them anew each time it is"
                " opened. It asks nobody, and it is no proof: whoever gave it to you could have changed it."
            ),
            "anew": _("Check the badge anew"),
            "read": _("What was read, and when"),
            "file": "badge-check-{name}",
        },
    }


def _verdicts() -> dict[str, dict[str, str]]:
    return {
        "passed": {
            "title": _("Every check passed"),
            "text": _(
                "Your browser compared it with what its issuer publishes now. No word of this site counted."
            ),
        },
        "frozen": {
            "title": _("Every check passed, as of {day}"),
            "text": _(
                "Your browser compared it with what its issuer published last: its list of revoked badges is the final "
                "one, of {day}. What was revoked later is not in it. No word of this site counted."
            ),
        },
        "failed": {
            "title": _("This badge can’t be trusted"),
            "text": _("It is not what its issuer signed, or its issuer no longer stands behind the key."),
        },
        "revocation": {
            "title": _("This badge was revoked"),
            "text": _("The signature is the issuer’s, and so is the list that takes the badge back."),
        },
        "suspension": {
            "title": _("This badge is suspended"),
            "text": _("The issuer says that it does not hold at present."),
        },
        "expired": {"title": _("This badge is out of date"), "text": _("It was genuine until its last day.")},
        "early": {"title": _("This badge does not hold yet"), "text": _("Its first day lies ahead.")},
        "unknown": {
            "title": _("Not everything could be checked"),
            "text": _("Nothing was found wrong. What is open stands below."),
        },
        "unbelieved": {
            "title": _("Not everything could be checked"),
            "text": f"{lines.not_believed()}.",
        },
        "saved": {
            "title": _("Nothing contradicts what was saved"),
            "text": _(
                "Saved {day}. Whether the issuer still publishes this key, and whether it took the badge back since,"
                " cannot be found out from a file."
            ),
        },
    }


def _checks() -> dict[str, dict[str, dict[str, str]]]:
    known = {
        "parse": (
            _("One badge was read"),
            _("No single badge could be read"),
            _("The file is of a kind not read here"),
            _("The file holds one badge, and says nothing twice."),
        ),
        "terms": (
            _("Every word has a fixed meaning"),
            _("Words that no signature can cover"),
            _("A vocabulary that is not known here"),
            _("Words without a meaning would not be covered by the signature."),
        ),
        "model": (
            _("A complete Open Badge"),
            _("Not a sound Open Badge"),
            _("Whether it is complete could not be judged"),
            _("Nothing that such a badge needs is missing."),
        ),
        "proof": (
            _("Unchanged since it was signed"),
            _("Changed after it was signed"),
            _("The signature could not be checked"),
            _("Your browser’s own cryptography found that the signature fits every word."),
        ),
        "key": (
            _("Signed by the issuer it names"),
            _("Not signed by the issuer it names"),
            _("The issuer’s keys could not be read"),
            _("The key stands in the document that the issuer publishes at its address."),
        ),
        "dates": (
            _("In date"),
            _("Out of date"),
            _("Its dates could not be judged"),
            _("Compared with the clock of this device."),
        ),
        "status": (
            _("Not revoked"),
            _("Revoked by the issuer"),
            _("Revocation could not be checked"),
            _(
                "The issuer’s signed list was read just now, and entry {entry}, which is this badge’s, is not set."
            ),
        ),
        "inner": (
            _("What others signed inside it is genuine"),
            _("What others signed inside it is not genuine"),
            _("Others signed parts of it, which is not checked here"),
            "",
        ),
    }
    found = {
        name: {
            "passed": {"title": good, "how": how},
            "failed": {"title": bad, "how": ""},
            "unknown": {"title": unknown, "how": ""},
        }
        for name, (good, bad, unknown, how) in known.items()
    }
    found["status"]["absent"] = {"title": _("It names no list on which it could be revoked"), "how": ""}
    found["status"]["revocation"] = {
        "title": _("Revoked by the issuer"),
        "how": _("The issuer set entry {entry} of its status list to “revoked”."),
    }
    found["status"]["suspension"] = {
        "title": _("Suspended by the issuer"),
        "how": _("The issuer set entry {entry} of its status list to “suspended”."),
    }
    found["status"]["frozen"] = {
        "title": _("Not revoked, as of {day}"),
        "how": _(
            "The issuer’s signed list is its last one, of {day}, and entry {entry}, which is this badge’s, is not set. "
            "What was revoked later is not in it."
        ),
    }
    found["status"]["unbelieved"] = {
        "title": _("Revocation could not be checked"),
        "how": f"{lines.not_believed()}. {lines.only_its_issuer()}",
    }
    found["inner"]["absent"] = {"title": _("Nobody else signed anything inside it"), "how": ""}
    found["key"]["saved"] = {
        "title": _("Signed with the key that was saved with it"),
        "how": _("Whether the issuer publishes that key could be seen only when the file was saved."),
    }
    found["status"]["saved"] = {
        "title": _("Not revoked in the list that was saved with it"),
        "how": _("A list tells about its own day. What came later is not in it."),
    }
    return found
