"""The verdict on a badge that somebody gave to be checked, in plain words: what it is, why, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from plaudit_site.backpack import contents
from plaudit_site.backpack.contents import Shown
from plaudit_site.backpack.models import Result
from plaudit_site.backpack.verifying import State
from plaudit_site.issuers.models import Issuer
from plaudit_site.public import certificates, check_words
from plaudit_site.showing.words import day_text


def heading(state: State, report: Mapping[str, Any], shown: Shown | None = None) -> str:
    if state is State.REVOKED and shown and shown.award:
        return certificates.taken_back(shown.award)[0]
    if check_words.is_record(report) and state in {State.AUTHENTIC, State.GENUINE}:
        return _heading_of_record(state)
    if state is State.GENUINE and _is_suspended_here(report):
        return _("This badge is genuine, but its issuer is suspended")
    return {
        State.AUTHENTIC: _("This badge is authentic"),
        State.GENUINE: _("This badge is genuine, but we do not know its issuer"),
        State.EXPIRED: _("This badge was genuine and is now out of date"),
        State.EARLY: _("This badge is not valid yet"),
        State.SUSPENDED: _("This badge is suspended"),
        State.REVOKED: _("This badge was revoked"),
        State.INVALID: _("This badge can’t be trusted"),
        State.UNKNOWN: _("We could not check everything"),
        State.NOTHING: _("There is no badge in this"),
    }[state]


def _heading_of_record(state: State) -> str:
    if state is State.AUTHENTIC:
        return _("These badges belong together")
    return _("This record is genuine, but we do not know who signed it")


def heading_of_look_alike() -> str:
    return _("This badge is genuine, but not from the issuer it looks like")


def warning(alike: str, report: Mapping[str, Any]) -> str:
    """A16: whoever reads the name alone takes one issuer for the other."""
    return _(
        "Be careful: the name of this issuer looks like “%(name)s”, whom %(site)s knows. It is somebody else: this "
        "badge was not signed by that issuer, but with a key published at %(host)s."
    ) % {"name": alike, "site": settings.SITE_NAME, "host": signer(report)}


def reason(state: State, report: Mapping[str, Any], shown: Shown | None) -> str:
    if state is State.AUTHENTIC and check_words.is_record(report):
        return _(
            "%(site)s signed that these badges are those of one account, whose holder put them together. What each "
            "badge says is the word of its own issuer alone: each is named below."
        ) % {"site": settings.SITE_NAME}
    if state is State.AUTHENTIC:
        return _("Every check passed, and %(site)s vouches for the issuer.") % {"site": settings.SITE_NAME}
    name = shown.issuer if shown else ""
    if state is State.GENUINE and _is_suspended_here(report):
        return _(
            "Nothing was changed since “%(name)s” signed it. The people who run %(site)s have suspended this issuer, "
            "and do not vouch for it: ask them why."
        ) % {"name": name, "site": settings.SITE_NAME}
    if state is State.GENUINE and signer(report).startswith("did:"):
        return _(
            "Nothing was changed since “%(name)s” signed it, as the issuer calls itself. Whether it is who it says, "
            "only you can judge: it is known by its key alone, and no web address stands behind that."
        ) % {"name": name}
    if state is State.GENUINE and name.startswith(("did:", "https:", "http:")):
        return _(
            "Nothing was changed since its issuer signed it, who gives no name. Who that is, only you can judge: its "
            "key is published at %(host)s."
        ) % {"host": signer(report)}
    if state is State.GENUINE:
        return _(
            "Nothing was changed since “%(name)s” signed it, as the issuer calls itself. Whether it is who it says, "
            "only you can judge: its key is published at %(host)s."
        ) % {"name": name, "host": signer(report)}
    if state is State.EXPIRED:
        return _("It was valid until %(day)s.") % {"day": day(shown.until) if shown else ""}
    if state is State.EARLY:
        return _("It begins on %(day)s.") % {"day": day(_begin(report))}
    if state is State.SUSPENDED and shown and shown.award:
        return certificates.held(shown.award)
    if state is State.SUSPENDED:
        return _("Its issuer says that it does not hold at present, and may reinstate it.")
    if state is State.REVOKED and shown and shown.award:
        return certificates.taken_back(shown.award)[1]
    if state is State.REVOKED:
        return _("Its issuer has taken it back.")
    if state is State.INVALID and _is_ambiguous(report):
        return _(
            "It holds more than one badge, and nobody can say which one is meant, so none of them is shown here."
        )
    if state is State.INVALID and _is_unsigned(report):
        return _("Nobody has signed it, so nothing of what it says is shown here.")
    if state is State.INVALID:
        return _("It does not hold what its issuer signed, so nothing of what it says is shown here.")
    if state is State.UNKNOWN and (number := number_presented(report)) > 1:
        return _("This is a presentation of %(number)d badges, and one is checked at a time.") % {
            "number": number
        }
    if state is State.UNKNOWN:
        return _what_is_open(report)
    return _("Neither the file nor its text holds what an issuer signed.")


def _begin(report: Mapping[str, Any]) -> str:
    """When it begins to hold, which may be long after the day on which it was awarded."""
    credential = report["credential"] or {}
    return next(
        (str(credential[one]) for one in ("validFrom", "issuanceDate", "issuedOn") if credential.get(one)), ""
    )


def _what_is_open(report: Mapping[str, Any]) -> str:
    """Of what could not be found out the cause, and not what follows from it."""
    if check_words.is_no_award(report):
        return _("It says what a badge or an issuer is, and awards nothing to anybody.")
    cause = _cause(report)
    if cause is None:
        return ""
    if cause["id"] in {"key", "proof"} and cause["outcome"] == "unknown" and report["credential"] is None:
        if check_words.is_of_2(report):
            return _(
                "A badge of this kind is what stands at its issuer’s address, and that could not be read. So nothing "
                "of what it says is shown here."
            )
        return _(
            "The key of its issuer could not be read, and without it nobody can say whether the badge is genuine. So "
            "nothing of what it says is shown here."
        )
    return f"{check_words.title(cause)}."


_CAUSES = ("parse", "terms", "model", "key", "proof", "status", "inner", "dates", "recipient")


def _cause(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = [check for check in report["checks"] if check["outcome"] in {"unknown", "failed"}]
    found.sort(key=lambda check: (check["outcome"] != "unknown", _CAUSES.index(check["id"])))
    return next(iter(found), None)


def _is_unsigned(report: Mapping[str, Any]) -> bool:
    """Without any signature; an older badge stands at an address instead."""
    outcomes = {check["id"]: check["outcome"] for check in report["checks"]}
    return outcomes["key"] == "absent" and not check_words.is_of_2(report)


def is_renewed(shown: Shown | None) -> bool:
    """Whether it is one of this site's that was revoked because a later one took its place."""
    revocation = getattr(shown.award, "revocation", None) if shown and shown.award else None
    return revocation is not None and revocation.renewed_by_id is not None


def _is_suspended_here(report: Mapping[str, Any]) -> bool:
    issuer = contents.issuer_here(report["credential"] or {})
    return issuer is not None and issuer.standing == Issuer.Standing.SUSPENDED


def _is_ambiguous(report: Mapping[str, Any]) -> bool:
    """Two badges of one version in one file (DECISIONS 17): opened, and yet not read."""
    return any(check["id"] == "parse" and check["outcome"] == "failed" for check in report["checks"])


def number_presented(report: Mapping[str, Any]) -> int:
    """How many badges were given together in one presentation; 0 when it was none."""
    number: int = report.get("presented", 0)  # a report that is kept from before may lack it
    return number


def next_step(state: State, result: Result) -> str:
    """What to do now, where the answer alone leaves somebody standing."""
    if state is State.NOTHING:
        if result.looks_like in {"jpeg", "gif", "webp"}:
            return _(
                "This is only a picture. Screenshots and pictures sent by chat lose the proof inside. Ask for the link "
                "to the badge, or for the file that its holder downloaded."
            )
        if result.looks_like == "png":
            return _(
                "There is no proof inside this picture: it may be a screenshot, or a copy that a program saved anew. "
                "Ask for the link to the badge, or for the file that its holder downloaded."
            )
        if result.looks_like == "pdf":
            return _(
                "No single badge is attached to this PDF. Open the code or the address that is printed on it, and "
                "paste that address here."
            )
        if result.looks_like == "name":
            return _(
                "This is only the name of a badge, and nothing can be read at a name. Paste the address of its page, "
                "or choose the file that its holder was given."
            )
        return _("Choose the picture or file that the holder was given, or paste the address of the badge.")
    if state is State.UNKNOWN and number_presented(result.report) > 1:
        return _("Give its badges one by one, each in a file of its own or as text.")
    if state is State.UNKNOWN and any(check_words.is_too_large(one) for one in result.report["checks"]):
        return _("Up to 5 MB are looked into, most of it a picture. Ask the issuer for a smaller file.")
    if state is State.UNKNOWN:
        return _when_open(result.report)
    if state is State.INVALID and _is_unsigned(result.report):
        return _("Choose the picture or file that the holder was given, or paste the address of the badge.")
    if state is State.INVALID:
        return _("Ask the holder for the link to the badge. If that says the same, ask the issuer.")
    return ""


def _when_open(report: Mapping[str, Any]) -> str:
    cause = _cause(report)
    if check_words.is_no_award(report):
        return _("Give the badge that somebody was awarded: its file, or the address of its page.")
    if cause is not None and cause["id"] in {"terms", "model"}:
        return _("It may be good all the same: ask the issuer, or try another checker of Open Badges.")
    if cause is not None and cause["id"] == "inner":
        return _("Look below which part it is, and ask whoever signed that.")
    return _("Try again later. If it stays so, ask the issuer.")


def signer(report: Mapping[str, Any]) -> str:
    credential = report["credential"] or {}
    badge = credential.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, Mapping) else credential.get("issuer")
    return check_words.host_of(str(issuer.get("id") if isinstance(issuer, Mapping) else issuer))


def day(text: str) -> str:
    try:
        return day_text(datetime.fromisoformat(text)) if text else ""
    except ValueError:
        return text[:40]
