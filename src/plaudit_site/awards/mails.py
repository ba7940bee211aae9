"""Mails about awards, rendered when they are sent: what has changed meanwhile is told as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from plaudit_site.achievements.models import Version
from plaudit_site.awards import claiming, expiring, invitations
from plaudit_site.awards import lapsing as awards_lapsing
from plaudit_site.awards.models import Award, Suspension
from plaudit_site.awards.sharing import certificate_url, how_to_claim_url, picture_url
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import own_wording, renderers
from plaudit_site.mail.queueing import refusals, refuses
from plaudit_site.mail.renderers import NotNow, Pointless, Rendered, Unwanted, Wanted
from plaudit_site.mail.wording import filled, words
from plaudit_site.showing.words import as_date

NOT_WANTED = "this address wants no mail from this issuer"
_OF_AN_AWARD = (
    "public_id", "issuer_id", "version_id", "address", "name", "awarded_at", "note", "language", "state",
    "invitation_number",
)  # fmt: skip
_OF_AN_ISSUER = ("public_id", "slug", "name", "email", "standing")


def _award(public_id: str) -> Award:
    award = Award.objects.with_badge().filter(public_id=public_id).first()
    if award is None:
        raise Pointless("the award is gone")
    return award


def _awards(public_ids: Iterable[str]) -> dict[str, Award]:
    """Many, with what an invitation needs and no more: three statements, however many they are."""
    awards = list(
        Award.objects.filter(public_id__in=public_ids)
        .select_related("revocation")
        .only(*_OF_AN_AWARD, "revocation__id")
    )
    versions = Version.objects.select_related("achievement").only("title", "number", "achievement__public_id")
    badges = versions.in_bulk({award.version_id for award in awards})
    issuers = Issuer.objects.only(*_OF_AN_ISSUER).in_bulk({award.issuer_id for award in awards})
    for award in awards:
        award.version, award.issuer = badges[award.version_id], issuers[award.issuer_id]
    return {award.public_id: award for award in awards}


def common(award: Award) -> dict[str, Any]:
    return {
        "issuer_name": award.issuer.name,
        "issuer_email": award.issuer.email,
        "badge_title": award.title,
        "badge_picture_url": picture_url(award.version),
        "recipient_name": award.name,
        "awarded_on": as_date(award.awarded_at),
        "note": award.note,
        "address": award.address,
        "how_to_claim_url": how_to_claim_url(award.issuer),
    }


def sender(award: Award) -> str:
    return _via(award.issuer.name, settings.SITE_NAME, award.language)


@lru_cache(maxsize=500)
def _via(issuer: str, site: str, language: str) -> str:
    with translation.override(language):
        return _("%(issuer)s via %(site)s") % {"issuer": issuer, "site": site}


def _unsubscribe_url(award: Award, scope: str) -> str:
    return f"{settings.BASE_URL}/u/{invitations.unsubscribe_token(award, scope)}"


def _list_headers(award: Award, one: str) -> dict[str, str]:
    host = settings.SITE_HOST.split(":")[0]
    return {
        "List-ID": f"<{award.issuer.public_id}.{host}>",
        "List-Unsubscribe": f"<{one}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _check_issuer(issuer: Issuer) -> None:
    """Nothing leaves in the name of an issuer that is suspended. What waits does when it is approved (resuming.py)."""
    if issuer.standing == Issuer.Standing.SUSPENDED:
        raise NotNow("the issuer is suspended")


def _check_waiting(award: Award, number: int | None = None) -> None:
    """Raises Pointless when nobody is to be invited any more, or another invitation has taken the place of this one."""
    if award.state != Award.State.WAITING or claiming.is_revoked(award):
        raise Pointless(f"the award is {award.state}")
    if number not in {None, award.invitation_number}:
        raise Pointless("it was corrected since: there is another mail about it")
    _check_issuer(award.issuer)


def _number(one: Wanted) -> int | None:
    """Of the invitation that a mail is about: “invitation:2”, “reminder:2:10”, or as it was sent again."""
    told = one.once_key.split(":")[1:2] or [one.context.get("number", "")]
    return int(told[0]) if str(told[0]).isdecimal() else None


def _invitation_like(kind: str, public_id: str, language: str) -> Rendered:
    award = _award(public_id)
    _check_waiting(award)
    scope = scope_of(award.issuer)
    if refuses(award.address, scope):
        raise Unwanted(NOT_WANTED)
    wording = own_wording.of(scope, kind, language)
    return _invited(kind, award, language, wording, _links(award))


def shown_before(award: Award) -> Rendered:
    """The invitation to an award that is not made yet, as it will be sent; its links lead nowhere."""
    claim_url, unsubscribe_url = f"{settings.BASE_URL}/claim/…", f"{settings.BASE_URL}/u/…"
    links = {
        "claim_url": claim_url,
        "see_it_url": f"{claim_url}/see",
        "unsubscribe_issuer_url": unsubscribe_url,
        "unsubscribe_all_url": unsubscribe_url,
    }
    wording = own_wording.of(scope_of(award.issuer), "invitation", award.language)
    return _invited("invitation", award, award.language, wording, links)


def _invitations_like(kind: str, wanted: Sequence[Wanted]) -> list[Rendered | Pointless | NotNow]:
    """What `_invitation_like` says, of many at once, each about the invitation that its row was queued for."""
    awards = _awards({one.subject_id for one in wanted})
    refused = refusals({award.address for award in awards.values()})
    wordings: dict[tuple[str, str], tuple[str, str]] = {}

    def one_of(one: Wanted) -> Rendered | Pointless | NotNow:
        award = awards.get(one.subject_id)
        if award is None:
            return Pointless("the award is gone")
        try:
            _check_waiting(award, _number(one))
        except (Pointless, NotNow) as reason:
            return reason
        scope = scope_of(award.issuer)
        if refused & {(award.address, scope), (award.address, "all")}:
            return Unwanted(NOT_WANTED)
        spoken = (scope, one.language)
        if spoken not in wordings:
            wordings[spoken] = own_wording.of(scope, kind, one.language)
        return _invited(kind, award, one.language, wordings[spoken], _links(award))

    return [one_of(one) for one in wanted]


def _links(award: Award) -> dict[str, str]:
    claim_url = invitations.claim_url(award)
    return {
        "claim_url": claim_url,
        "see_it_url": f"{claim_url}/see",
        "unsubscribe_issuer_url": _unsubscribe_url(award, "issuer"),
        "unsubscribe_all_url": _unsubscribe_url(award, "all"),
    }


def _invited(
    kind: str, award: Award, language: str, wording: tuple[str, str], links: Mapping[str, str]
) -> Rendered:
    own = {"recipient_name": award.name, "address": award.address, **links}

    def worded(name: str) -> tuple[str, str]:
        values = {"name": name, "badge": award.title, "issuer": award.issuer.name}
        return own_wording.filled(wording, values)

    def context(own: Mapping[str, str]) -> dict[str, Any]:
        text = worded(own["recipient_name"])[1] if wording[1] else ""
        return {**common(award), **own, "own_text": text, "own_paragraphs": own_wording.paragraphs(text)}

    subject, text, html = filled(kind, language, context, own)
    return Rendered(
        worded(award.name)[0] or subject,
        text,
        html,
        award.address,
        sender_name=sender(award),
        reply_to=award.issuer.email,
        headers=_list_headers(award, links["unsubscribe_issuer_url"]),
    )


def scope_of(issuer: Issuer) -> str:
    return f"issuer:{issuer.public_id}"


def in_words(
    kind: str, language: str, wording: tuple[str, str], context: Mapping[str, Any]
) -> tuple[str, str, str]:
    """Subject, text and HTML in the issuer's own words, or in ours where it has none."""
    values = {
        "name": context["recipient_name"],
        "badge": context["badge_title"],
        "issuer": context["issuer_name"],
    }
    own_subject, own_text = own_wording.filled(wording, values)
    own = {"own_text": own_text, "own_paragraphs": own_wording.paragraphs(own_text)}
    subject, text, html = words(kind, language, {**context, **own})
    return own_subject or subject, text, html


def _told(kind: str, award: Award, language: str, own: Mapping[str, Any]) -> tuple[str, str, str]:
    wording = own_wording.of(scope_of(award.issuer), kind, language)
    return in_words(kind, language, wording, {**common(award), **own})


def invitation(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    return _invitation_like("invitation", public_id, language)


def reminder(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    return _invitation_like("reminder", public_id, language)


def auto_accepted(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    award = _award(public_id)
    if award.state != Award.State.ACCEPTED or claiming.is_revoked(award):
        raise Pointless(f"the award is {award.state}")
    _check_issuer(award.issuer)
    subject, text, html = _told(
        "auto_accepted",
        award,
        language,
        {
            "see_it_url": certificate_url(award)
            if award.visibility != "only_me"
            else f"{settings.BASE_URL}/badges/{award.public_id}/manage",
            "undo_url": f"{settings.BASE_URL}/account/trusted",
        },
    )
    return Rendered(
        subject,
        text,
        html,
        award.address,
        sender_name=sender(award),
        reply_to=award.issuer.email,
        headers=_list_headers(award, _unsubscribe_url(award, "issuer")),
    )


def claimed_notice(public_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    award = _award(public_id)
    if not context:
        raise Pointless("the notice was sent before")
    subject, text, html = words(
        "claimed_notice",
        language,
        {**common(award), "undo_url": f"{settings.BASE_URL}/account/undo/{context['undo']}"},
    )
    return Rendered(subject, text, html, award.address, sender_name=settings.SITE_NAME)


def revoked(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    award = _award(public_id)
    own = {"reason": award.revocation.reason, "see_it_url": certificate_url(award)}
    subject, text, html = _told("revoked", award, language, own)
    return Rendered(
        subject, text, html, award.address, sender_name=sender(award), reply_to=award.issuer.email
    )


def _of_suspension(kind: str, public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    """That it does not hold at present, or does again; nothing when that is over before the mail leaves."""
    award = _award(public_id)
    suspension = Suspension.objects.filter(award=award).first()
    if (suspension is not None) != (kind == "suspended") or claiming.is_revoked(award):
        raise Pointless("it is otherwise by now")
    own = {"reason": suspension.reason if suspension else "", "see_it_url": certificate_url(award)}
    subject, text, html = _told(kind, award, language, own)
    return Rendered(
        subject, text, html, award.address, sender_name=sender(award), reply_to=award.issuer.email
    )


def expiry(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    """“Your badge ends soon”: to those who hold it, while that is still so."""
    award = _award(public_id)
    if award.state != Award.State.ACCEPTED or claiming.is_revoked(award):
        raise Pointless(f"the award is {award.state}")
    if award.expires_at is None or award.expires_at <= timezone.now():
        raise Pointless("the badge has ended")
    if not expiring.are_sent(award.issuer):
        raise Pointless("the issuer sends no such mails")
    if refuses(award.address, scope_of(award.issuer)):
        raise Unwanted(NOT_WANTED)
    _check_issuer(award.issuer)
    leave = _unsubscribe_url(award, "issuer")
    own = {
        "ends_on": as_date(award.expires_at),
        "see_it_url": f"{settings.BASE_URL}/badges/{award.public_id}/manage",
        "unsubscribe_issuer_url": leave,
    }
    subject, text, html = _told("expiry", award, language, own)
    return Rendered(
        subject,
        text,
        html,
        award.address,
        sender_name=sender(award),
        reply_to=award.issuer.email,
        headers=_list_headers(award, leave),
    )


def _expiries(wanted: Sequence[Wanted]) -> list[Rendered | Pointless | NotNow]:
    """Each by itself; one that was held up until the next is due leaves it to that one."""
    first, last = expiring.DAYS

    def one_of(one: Wanted) -> Rendered | Pointless | NotNow:
        try:
            ends = _award(one.subject_id).expires_at
            is_first = one.once_key == f"expiry:{first}"
            if is_first and ends is not None and ends - timedelta(days=last) <= timezone.now():
                return Pointless("the next such mail is due as well")
            return expiry(one.subject_id, one.language, one.context)
        except (Pointless, NotNow) as reason:
            return reason

    return [one_of(one) for one in wanted]


def lapsing(public_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    """“Badges that nobody claimed will be erased”: to the issuer, while there are any."""
    issuer = Issuer.objects.get(public_id=public_id)
    waits = awards_lapsing.what_waits(issuer)
    if not waits:
        raise Pointless("nothing waits any more")
    own = {
        "issuer_name": issuer.name,
        "number": context["number"],
        "erased_on": date.fromisoformat(context["on"]),
        "console_url": f"{settings.BASE_URL}/manage/{issuer.slug}/awards?state={waits}",
        "address": context["address"],
    }
    subject, text, html = words("lapsing", language, own)
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def register_all() -> None:
    renderers.register("invitation", invitation, partial(_invitations_like, "invitation"))
    renderers.register("reminder", reminder, partial(_invitations_like, "reminder"))
    renderers.register("expiry", expiry, _expiries)
    notices: dict[str, renderers.Renderer] = {
        "auto_accepted": auto_accepted,
        "claimed_notice": claimed_notice,
        "lapsing": lapsing,
        "revoked": revoked,
        "suspended": partial(_of_suspension, "suspended"),
        "reinstated": partial(_of_suspension, "reinstated"),
    }
    for kind, renderer in notices.items():
        renderers.register(kind, renderer)
