"""What the result page of “Verify a badge” says, in plain words, of a report on any badge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.awards import sharing
from plaudit_site.backpack import contents, keeping, looking_alike, verifying, words
from plaudit_site.backpack.contents import Shown
from plaudit_site.backpack.models import Result
from plaudit_site.backpack.verifying import State
from plaudit_site.issuers.models import Issuer
from plaudit_site.public import address_words, check_words, lines, own_pages
from plaudit_site.public.lines import Line
from plaudit_site.public.own_pages import Kind
from plaudit_site.showing.words import day_text

TONE = {
    State.AUTHENTIC: "ok",
    State.GENUINE: "warn",
    State.EXPIRED: "warn",
    State.EARLY: "warn",
    State.UNKNOWN: "grey",
    State.SUSPENDED: "bad",
    State.REVOKED: "bad",
    State.INVALID: "bad",
    State.NOTHING: "grey",
}
SHOWING = frozenset(
    {
        State.AUTHENTIC,
        State.GENUINE,
        State.EXPIRED,
        State.EARLY,
        State.SUSPENDED,
        State.REVOKED,
        State.UNKNOWN,
    }
)


@dataclass(frozen=True)
class Badge:
    """One badge of a result: its verdict, its checks, and what was signed of it."""

    state: str
    tone: str
    heading: str
    reason: str
    lines: list[Line]
    inside: list[Line]
    is_record: bool
    shown: Shown | None
    criteria: str
    awarded: str
    until: str
    standard: str
    signer: str
    certificate: str
    is_vouched: bool
    controls: str
    look_alike: str
    picture: str = ""
    """The picture that its issuer signed, as a data: address."""
    picture_note: str = ""
    """Why the picture that was given is not shown."""
    name: str = ""
    """Of its file, in an archive."""


@dataclass(frozen=True)
class Page:
    state: str
    heading: str
    badges: tuple[Badge, ...]
    next_step: str
    again: str = ""
    """The address that can be checked once more."""
    link: str = ""
    link_words: str = ""
    is_archive: bool = False
    counts: tuple[Count, ...] = ()

    @property
    def is_about_badges(self) -> bool:
        """Whether anything was opened at all."""
        return self.is_archive or any(one.standard for one in self.badges)


class Count(NamedTuple):
    """So many badges of an archive are in one state."""

    state: str
    tone: str
    number: int
    words: str


def page(result: Result) -> Page:
    report = result.report
    if keeping.ARCHIVE in report:
        return _of_archive(report[keeping.ARCHIVE])
    reports = [report] if report["beside"] is None else [report | {"beside": None}, report["beside"]]
    drawn = result.pictures or [""] * len(reports)  # a result that is kept from before has none
    found = [badge(one, picture) for one, picture in zip(reports, drawn, strict=True)]
    badges = tuple(replace(one, picture_note=_picture_note(one, result.looks_like)) for one in found)
    state = verifying.state_of(report)
    worst = next(one for one in badges if one.state == str(state))
    told = address_words.told(result)
    if told is None:
        return Page(str(state), worst.heading, badges, _next_step(state, result), again=result.address)
    only = replace(worst, heading=told.heading, reason=told.reason)
    again = "" if own_pages.kind_of(result.address) is Kind.MAIL else result.address
    return Page(str(state), told.heading, (only,), told.next_step, again, told.link, told.link_words)


def _of_archive(files: Sequence[Mapping[str, Any]]) -> Page:
    """Every badge with its own verdict; a picture that holds two counts as the worse one, as everywhere."""
    badges = []
    for one in files:
        report = one["report"]
        if report is None:
            badges.append(_unread(one["name"], words.reason(one["reason"])))
        else:
            parts = [report] if report["beside"] is None else [report | {"beside": None}, report["beside"]]
            badges += [replace(badge(part), name=one["name"]) for part in parts]
    # What somebody has to look at comes first, and what is no badge at all comes last.
    order = [state for state in reversed(State) if state is not State.NOTHING] + [State.NOTHING]
    badges.sort(key=lambda one: order.index(State(one.state)))
    found = Counter(one.state for one in badges)
    counts = [
        Count(str(state), TONE[state], found[state], _in_short(state)) for state in order if found[state]
    ]
    heading = ngettext("%(number)d file in this archive", "%(number)d files in this archive", len(files)) % {
        "number": len(files)
    }
    worst = counts[0].state if counts else str(State.NOTHING)
    return Page(worst, heading, tuple(badges), "", is_archive=True, counts=tuple(counts))


def _unread(name: str, reason: str) -> Badge:
    state = State.UNKNOWN
    nothing: dict[str, Any] = dict.fromkeys(("criteria", "awarded", "until", "standard", "signer"), "")
    return Badge(
        state=str(state), tone=TONE[state], heading=_("This file was not checked"), reason=reason, lines=[], inside=[],
        is_record=False, shown=None, certificate="", is_vouched=False, controls="", look_alike="", name=name, **nothing,
    )  # fmt: skip


def _in_short(state: State) -> str:
    return {
        State.AUTHENTIC: _("authentic"),
        State.GENUINE: _("genuine, issuer not known here"),
        State.EXPIRED: _("out of date"),
        State.EARLY: _("not valid yet"),
        State.SUSPENDED: _("suspended"),
        State.REVOKED: _("revoked"),
        State.INVALID: _("not to be trusted"),
        State.UNKNOWN: _("could not be checked"),
        State.NOTHING: _("no badge"),
    }[state]


def badge(report: Mapping[str, Any], picture: str = "") -> Badge:
    """What is said of one badge. `picture` is the one that its issuer signed, a PNG in base64; "" for none."""
    state = verifying.state_of(report)
    shown = contents.shown(report) if state in SHOWING else None
    alike = looking_alike.look_alike(report) if shown else ""
    return Badge(
        state=str(state),
        tone=TONE[state],
        heading=_heading(state, report)
        if state is not State.GENUINE or not alike
        else _heading_of_look_alike(),
        reason=" ".join(filter(None, (_reason(state, report, shown), check_words.last_list(state, report)))),
        lines=[_line(check, report) for check in _asked(state, report)],
        inside=check_words.inside(report) if shown else [],
        is_record=check_words.is_record(report),
        shown=shown,
        criteria=criteria_html(shown.criteria) if shown and shown.criteria else "",
        awarded=_day(shown.awarded) if shown else "",
        until=_day(shown.until) if shown else "",
        standard=report["standard"],
        signer=_signer(report) if shown else "",
        certificate=sharing.certificate_url(shown.award) if shown and shown.award else "",
        is_vouched=shown is not None and verifying.vouched_issuer(report) is not None,
        controls=_controls(report) if shown else "",
        look_alike=_warning(alike, report) if alike else "",
        picture=f"data:image/png;base64,{picture}" if picture and shown else "",
    )


def _asked(state: State, report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The checks that say something. Where nothing could be opened only the first one does."""
    checks: list[Mapping[str, Any]] = report["checks"]
    if state is State.NOTHING:
        return []
    return checks if report["container"] else checks[:1]


def _picture_note(one: Badge, looks_like: str) -> str:
    """A27: a badge can be baked into any picture, so the one that was given says nothing (DECISIONS 18)."""
    if one.picture or one.shown is None or looks_like not in {"png", "svg"}:
        return ""
    return _(
        "The picture of this file is not shown: it was not found to be signed, and a badge can be put into any picture."
    )


def _controls(report: Mapping[str, Any]) -> str:
    """“Controls example.org, checked on …”, of an issuer of this site that was seen to."""
    issuer = verifying.vouched_issuer(report)
    domain = lines.domain_of(issuer) if issuer is not None else None
    if domain is None or not domain.is_proven:
        return ""
    return _("%(controls)s, checked on %(day)s") % {
        "controls": lines.controls(domain),
        "day": day_text(domain.found_at),
    }


def _heading(state: State, report: Mapping[str, Any]) -> str:
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


def _heading_of_look_alike() -> str:
    return _("This badge is genuine, but not from the issuer it looks like")


def _warning(alike: str, report: Mapping[str, Any]) -> str:
    """A16: whoever reads the name alone takes one issuer for the other."""
    return _(
        "Be careful: the name of this issuer looks like “%(name)s”, whom %(site)s knows. It is somebody else: this "
        "badge was not signed by that issuer, but with a key published at %(host)s."
    ) % {"name": alike, "site": settings.SITE_NAME, "host": _signer(report)}


def _reason(state: State, report: Mapping[str, Any], shown: Shown | None) -> str:
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
    if state is State.GENUINE:
        return _(
            "Nothing was changed since “%(name)s” signed it, as the issuer calls itself. Whether it is who it says, "
            "only you can judge: its key is published at %(host)s."
        ) % {"name": name, "host": _signer(report)}
    if state is State.EXPIRED:
        return _("It was valid until %(day)s.") % {"day": _day(shown.until) if shown else ""}
    if state is State.EARLY:
        return _("It begins on %(day)s.") % {"day": _day(shown.awarded) if shown else ""}
    if state is State.SUSPENDED:
        return _("Its issuer says that it does not hold at present, and may reinstate it.")
    if state is State.REVOKED:
        return _("Its issuer has taken it back.")
    if state is State.INVALID and _is_ambiguous(report):
        return _(
            "It holds more than one badge, and nobody can say which one is meant, so none of them is shown here."
        )
    if state is State.INVALID:
        return _("It does not hold what its issuer signed, so nothing of what it says is shown here.")
    if state is State.UNKNOWN and (number := _number_presented(report)) > 1:
        return _("This is a presentation of %(number)d badges, and one is checked at a time.") % {
            "number": number
        }
    if state is State.UNKNOWN:
        open_ones = [check for check in report["checks"] if check["outcome"] in {"unknown", "failed"}]
        open_ones.sort(key=lambda check: check["outcome"] != "unknown")
        return check_words.title(open_ones[0]) if open_ones else ""
    return _("Neither the file nor its text holds what an issuer signed.")


def _is_suspended_here(report: Mapping[str, Any]) -> bool:
    issuer = contents.issuer_here(report["credential"] or {})
    return issuer is not None and issuer.standing == Issuer.Standing.SUSPENDED


def _is_ambiguous(report: Mapping[str, Any]) -> bool:
    """Two badges of one version in one file (DECISIONS 17): opened, and yet not read."""
    return any(check["id"] == "parse" and check["outcome"] == "failed" for check in report["checks"])


def _number_presented(report: Mapping[str, Any]) -> int:
    """How many badges were given together in one presentation; 0 when it was none."""
    number: int = report.get("presented", 0)  # a report that is kept from before may lack it
    return number


def _next_step(state: State, result: Result) -> str:
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
    if state is State.UNKNOWN and _number_presented(result.report) > 1:
        return _("Give its badges one by one, each in a file of its own or as text.")
    if state is State.UNKNOWN and any(check_words.is_too_large(one) for one in result.report["checks"]):
        return _("Up to 5 MB are looked into, most of it a picture. Ask the issuer for a smaller file.")
    if state is State.UNKNOWN:
        return _("Try again later. If it stays so, ask the issuer.")
    if state is State.INVALID:
        return _("Ask the holder for the link to the badge. If that says the same, ask the issuer.")
    return ""


# The checks, a line each


def _line(check: Mapping[str, Any], report: Mapping[str, Any]) -> Line:
    detail = f"{check['id']}: {check['detail']}" if check["detail"] else ""
    title = check_words.title(check)
    if check["id"] == "recipient" and _number_presented(report):
        title = _("Who shows it was not checked: the presentation around the badge was not judged")
    how = ""
    if check["id"] == "status" and not check_words.is_not_believed(check):
        held = check_words.is_suspension(check)
        how = lines.said_of_entry(report["credential"] or {}, check["outcome"], is_held=held)
        detail = "" if how else detail
        how = " ".join(filter(None, (how, check_words.not_in_it(check))))
    return Line(check["id"], check_words.outcome(check), title, "", how, detail)


def _signer(report: Mapping[str, Any]) -> str:
    credential = report["credential"] or {}
    badge = credential.get("badge")
    issuer = badge.get("issuer") if isinstance(badge, Mapping) else credential.get("issuer")
    return check_words.host_of(str(issuer.get("id") if isinstance(issuer, Mapping) else issuer))


def _day(text: str) -> str:
    try:
        return day_text(datetime.fromisoformat(text)) if text else ""
    except ValueError:
        return text[:40]
