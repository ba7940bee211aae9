"""The words for each check of a report, and for what others signed inside a badge: endorsements, a record's badges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from plaudit import clr
from plaudit.report import (
    A_PAGE,
    A_PART,
    NOT_BELIEVED,
    NOT_OPEN,
    NOT_READ,
    NOTHING_THERE,
    SUSPENDED,
    TAKEN_AWAY,
    TOO_LARGE,
)
from plaudit_site.backpack import contents, verifying
from plaudit_site.backpack.verifying import State
from plaudit_site.public.lines import Line, not_believed, only_its_issuer
from plaudit_site.showing.words import day_text


def title(check: Mapping[str, Any]) -> str:
    if is_too_large(check):
        return _("It is too large to be checked here")
    if is_suspension(check):
        return _suspended()
    if is_not_believed(check):
        return not_believed()
    if day := as_of(check):
        return _("Not revoked, as of %(day)s") % {"day": day}
    if said := _at_its_address().get(check.get("code", "")):
        return said
    words = _titles().get((check["id"], check["outcome"]))
    return words or _("This could not be checked")


def how(check: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """What was compared with what, and what it means; "" where there is no more to say than the title does."""
    if is_of_2(report) and check["id"] != "dates":
        return ""  # those answer by other means (plaudit.checks.hosted)
    if is_not_believed(check):
        return only_its_issuer()
    return _hows().get((check["id"], check["outcome"]), "") if not check.get("code") else ""


def _hows() -> dict[tuple[str, str], str]:
    dates = _("The dates in the file are compared with the clock of this server.")
    return {
        ("parse", "passed"): _("The file holds one badge, and says nothing twice."),
        ("terms", "passed"): _("Words without a meaning would not be covered by the signature."),
        ("terms", "failed"): _(
            "No signature covers words without a meaning: anybody could have put them in."
        ),
        ("terms", "unknown"): _("It may be good. A program that knows these words can say more."),
        ("model", "passed"): _("Nothing that such a badge needs is missing."),
        ("model", "failed"): _("Something that the standard asks for is missing, or is not as it should be."),
        ("proof", "passed"): _("Changing one letter of it would break the signature."),
        ("proof", "failed"): _("What it says is not what was signed, or nobody signed it."),
        ("proof", "unknown"): _("Whether it was changed after it was signed is not known."),
        ("key", "passed"): _("The key stands in the document that the issuer publishes at its address."),
        ("key", "failed"): _("The key is not one of the issuer’s, or the issuer has given it up."),
        ("key", "unknown"): _("The address where the issuer publishes its keys did not answer as it should."),
        ("dates", "passed"): dates,
        ("dates", "failed"): dates,
        ("status", "unknown"): _("The issuer’s list could not be read, or does not say."),
        ("status", "absent"): _("So the issuer has no way to take it back that others would learn of."),
        ("recipient", "absent"): _("Whoever has its file can show it. Ask the person who does."),
        ("inner", "absent"): _("Some badges carry the words of others. This one does not."),
    }


def is_of_2(report: Mapping[str, Any]) -> bool:
    return str(report["standard"]).startswith(("Open Badges 1", "Open Badges 2"))


def is_no_award(report: Mapping[str, Any]) -> bool:
    """A badge class, a profile, or another document of an older version: there is no day on which it was awarded."""
    return is_of_2(report) and any(
        check["id"] == "dates" and check["outcome"] == "absent" for check in report["checks"]
    )


def as_of(check: Mapping[str, Any]) -> str:
    """The day that an answer is true of, where the list is its issuer's last one; "" where it is of now."""
    day = check.get("as_of") or ""  # a report that is kept from before may lack it
    return day_text(date.fromisoformat(day)) if day else ""


def not_in_it(check: Mapping[str, Any]) -> str:
    return (
        _("This list is the issuer’s last one. What was revoked later is not in it.") if as_of(check) else ""
    )


def last_list(state: State, report: Mapping[str, Any]) -> str:
    """What has to be known beside a good verdict that rests on a list which nobody keeps any more."""
    day = next((day for check in report["checks"] if (day := as_of(check))), "")
    if not day or state not in {State.AUTHENTIC, State.GENUINE, State.EXPIRED, State.EARLY}:
        return ""
    return _(
        "Whether it was revoked is known as of %(day)s, the day of its issuer’s last list. What was revoked later "
        "is not in it."
    ) % {"day": day}


def _at_its_address() -> dict[str, str]:
    """What was found where the given address leads, when that was no badge."""
    return {
        NOTHING_THERE: _("There is nothing at this address"),
        TAKEN_AWAY: _("What was at this address has been removed"),
        NOT_OPEN: _("This address is not open to everybody"),
        NOT_READ: _("This address could not be read"),
        A_PAGE: _("This is a page without a badge"),
        A_PART: _("This link shows only a part of a badge"),
    }


def is_too_large(check: Mapping[str, Any]) -> bool:
    """Nobody looked into it, so it is not said to be no badge."""
    return check.get("code") == TOO_LARGE  # a report that is kept from before may lack it


def is_suspension(check: Mapping[str, Any]) -> bool:
    """Taken back for a while is another thing than taken back for good."""
    return check.get("code") == SUSPENDED


def is_not_believed(check: Mapping[str, Any]) -> bool:
    """Its list is not one that counts: nobody took it back, and nobody can say that it still holds."""
    return check.get("code") == NOT_BELIEVED


def outcome(check: Mapping[str, Any]) -> str:
    """As a line shows it: the library calls the badge not verified, and a person is told what is known of it."""
    return "unknown" if is_not_believed(check) else str(check["outcome"])


def _suspended() -> str:
    return _("Suspended by its issuer")


def _titles() -> dict[tuple[str, str], str]:
    return {
        ("parse", "passed"): _("It can be read"),
        ("parse", "failed"): _("It could not be read"),
        ("parse", "unknown"): _("The address could not be read, or holds something else than a badge"),
        ("terms", "passed"): _("Every word in it has a fixed meaning"),
        ("terms", "failed"): _("Some words in it have no meaning"),
        ("terms", "unknown"): _("It uses words that are not known here"),
        ("model", "passed"): _("It has everything that an Open Badge needs"),
        ("model", "failed"): _("It is not a sound Open Badge"),
        ("model", "unknown"): _("It is no kind of badge that is known here"),
        ("proof", "passed"): _("Unchanged since it was signed"),
        ("proof", "failed"): _("Changed after it was signed, or never signed"),
        ("proof", "unknown"): _("The signature could not be checked"),
        ("key", "passed"): _("Signed with a key that its issuer publishes"),
        ("key", "failed"): _("Not signed by the issuer it names"),
        ("key", "unknown"): _("The issuer’s keys could not be read"),
        ("key", "absent"): _("Without a signature, nobody can say who issued it"),
        ("dates", "passed"): _("In date"),
        ("dates", "failed"): _("Out of date"),
        ("dates", "unknown"): _("Its dates could not be checked"),
        ("dates", "absent"): _("It awards nothing to anybody, so there is no date"),
        ("status", "passed"): _("Not revoked"),
        ("status", "failed"): _("Revoked by its issuer"),
        ("status", "unknown"): _("Whether it was revoked could not be checked"),
        ("status", "absent"): _("Its issuer keeps no list of revoked badges"),
        ("recipient", "absent"): _("Whose badge it is was not asked"),
        ("recipient", "unknown"): _("Whose badge it is could not be checked"),
        ("inner", "passed"): _("What others signed inside it is genuine too"),
        ("inner", "failed"): _("Something inside it that others signed is not genuine"),
        ("inner", "unknown"): _("Something inside it that others signed could not be checked"),
        ("inner", "absent"): _("Nobody else has signed anything inside it"),
    }


# What others signed inside it: endorsements, and the badges of a learner's record


def is_record(report: Mapping[str, Any]) -> bool:
    return clr.is_clr(report["credential"] or {})


def inside(report: Mapping[str, Any]) -> list[Line]:
    """A line for each. A report of another version that is still kept names none of them."""
    return [
        Line(str(number), outcome(one), _title_inside(number, one), "", "", _detail_inside(one))
        for number, one in enumerate(report["inner"], start=1)
    ]


def _title_inside(number: int, one: Mapping[str, Any]) -> str:
    name = one.get("name") or _("Number %(number)d, whose name is not shown") % {"number": number}
    if one["outcome"] == "passed":
        return _("%(name)s: genuine, %(signed)s") % {"name": name, "signed": _signed_by(one["issuer"])}
    said = _titles().get((one.get("check", ""), one["outcome"]))
    if is_suspension(one):
        said = _suspended()
    if is_not_believed(one):
        said = not_believed()
    if not said:
        said = _("Not genuine") if one["outcome"] == "failed" else _("It could not be checked")
    return f"{name}: {said}"


def _signed_by(identifier: str) -> str:
    """Whose word it is: a green mark beside a name alone would be taken for this site's."""
    ours = contents.issuer_here({"issuer": identifier})
    if ours is None:
        return _("signed with the key of %(host)s") % {"host": host_of(identifier)}
    if verifying.is_vouched_for(ours):
        return _("signed by %(name)s") % {"name": ours.name}
    return _("signed by an issuer that calls itself “%(name)s”") % {"name": ours.name}


def host_of(identifier: str) -> str:
    """The host that publishes the issuer's key, or the key itself where the issuer is nothing else."""
    if identifier.startswith("did:web:"):
        return unquote(identifier.removeprefix("did:web:").partition(":")[0])
    if identifier.startswith("did:"):
        return identifier[:60]
    return urlsplit(identifier).hostname or identifier[:60]


def _detail_inside(one: Mapping[str, Any]) -> str:
    signed_by = f"{one['issuer']}; " if one["issuer"] and one["outcome"] != "passed" else ""
    return f"{signed_by}{one['detail']}, {one['path']}"
