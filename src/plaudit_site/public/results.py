"""What the result page of “Verify a badge” says, in plain words, of a report on any badge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plaudit_site.achievements.criteria import criteria_html
from plaudit_site.awards import sharing
from plaudit_site.backpack import contents, keeping, looking_alike, verifying, words
from plaudit_site.backpack.contents import Shown
from plaudit_site.backpack.models import Result
from plaudit_site.backpack.verifying import State
from plaudit_site.public import address_words, check_words, lines, own_pages, verdict_words
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

    @property
    def is_key_alone(self) -> bool:
        """Whether the issuer is nothing but a key, at no address."""
        return self.signer.startswith("did:")

    is_renewed: bool = False
    """Revoked, because a later one took its place."""
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
        """Whether anything of a badge is shown at all."""
        return self.is_archive or any(one.shown for one in self.badges)


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
        return Page(
            str(state), worst.heading, badges, verdict_words.next_step(state, result), again=result.address
        )
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
    is_renewed = state is State.REVOKED and verdict_words.is_renewed(shown)
    said = (verdict_words.reason(state, report, shown), check_words.last_list(state, report))
    return Badge(
        state=str(state),
        tone="warn" if is_renewed else TONE[state],
        heading=verdict_words.heading(state, report, shown)
        if state is not State.GENUINE or not alike
        else verdict_words.heading_of_look_alike(),
        reason=" ".join(filter(None, said)),
        lines=[_line(one, report, _failed_otherwise(state, is_renewed)) for one in _asked(state, report)],
        inside=check_words.inside(report) if shown else [],
        is_record=check_words.is_record(report),
        shown=shown,
        criteria=criteria_html(shown.criteria) if shown and shown.criteria else "",
        awarded=verdict_words.day(shown.awarded) if shown else "",
        until=verdict_words.day(shown.until) if shown else "",
        standard=report["standard"],
        signer=verdict_words.signer(report) if shown else "",
        certificate=sharing.certificate_url(shown.award) if shown and shown.award else "",
        is_vouched=shown is not None and verifying.vouched_issuer(report) is not None,
        controls=_controls(report) if shown else "",
        look_alike=verdict_words.warning(alike, report) if alike else "",
        picture=f"data:image/png;base64,{picture}" if picture and shown else "",
        is_renewed=is_renewed,
    )


def _asked(state: State, report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The checks that say something. Where nothing could be opened only the first one does.

    What nobody vouches for is asked nothing of what it says: no day of it is shown, and none is “in date”.
    """
    checks: list[Mapping[str, Any]] = report["checks"]
    if state is State.NOTHING:
        return []
    if state is State.INVALID or (
        state is State.UNKNOWN and report["credential"] is None and report["container"]
    ):
        return [check for check in checks if check["id"] in verifying.OF_THE_FILE]
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


# The checks, a line each


def _failed_otherwise(state: State, is_renewed: bool) -> dict[str, str]:
    """Titles of checks that failed in another way than most."""
    if state is State.EARLY:
        return {"dates": _("Not valid yet")}
    return {"status": _("Renewed by a later one")} if is_renewed else {}


def _line(check: Mapping[str, Any], report: Mapping[str, Any], otherwise: Mapping[str, str]) -> Line:
    detail = f"{check['id']}: {check['detail']}" if check["detail"] else ""
    title = check_words.title(check)
    if check["id"] == "recipient" and verdict_words.number_presented(report):
        title = _("Who shows it was not checked: the presentation around the badge was not judged")
    if check["outcome"] == "failed":
        title = otherwise.get(check["id"], title)
    how = check_words.how(check, report)
    if check["id"] == "dates" and how and check["outcome"] != "unknown":
        detail = ""  # the days stand above
    if check["id"] == "status" and not check_words.is_not_believed(check):
        held = check_words.is_suspension(check)
        of_entry = lines.said_of_entry(report["credential"] or {}, check["outcome"], is_held=held)
        detail = "" if of_entry else detail
        how = " ".join(filter(None, (of_entry or how, check_words.not_in_it(check))))
    return Line(check["id"], check_words.outcome(check), title, "", how, detail)
