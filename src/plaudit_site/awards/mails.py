"""Mails about awards, rendered when they are sent: what has changed meanwhile is told as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from plaudit_site.awards import claiming, invitations
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import certificate_url, how_to_claim_url, picture_url
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import renderers
from plaudit_site.mail.queueing import refuses
from plaudit_site.mail.renderers import Pointless, Rendered
from plaudit_site.mail.wording import words


def _award(public_id: str) -> Award:
    award = Award.objects.with_badge().filter(public_id=public_id).first()
    if award is None:
        raise Pointless("the award is gone")
    return award


def common(award: Award) -> dict[str, Any]:
    return {
        "issuer_name": award.issuer.name,
        "issuer_email": award.issuer.email,
        "badge_title": award.version.title,
        "badge_picture_url": picture_url(award.version),
        "recipient_name": award.name,
        "awarded_on": award.awarded_at,
        "note": award.note,
        "address": award.address,
        "how_to_claim_url": how_to_claim_url(award.issuer),
    }


def sender(award: Award) -> str:
    with translation.override(award.language):
        return _("%(issuer)s via %(site)s") % {"issuer": award.issuer.name, "site": settings.SITE_NAME}


def _list_headers(award: Award) -> dict[str, str]:
    one = f"{settings.BASE_URL}/u/{invitations.unsubscribe_token(award, 'issuer')}"
    host = settings.SITE_HOST.split(":")[0]
    return {
        "List-ID": f"<{award.issuer.public_id}.{host}>",
        "List-Unsubscribe": f"<{one}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _invitation_like(kind: str, public_id: str, language: str) -> Rendered:
    award = _award(public_id)
    if award.state != Award.State.WAITING or claiming.is_revoked(award):
        raise Pointless(f"the award is {award.state}")
    if award.issuer.standing == Issuer.Standing.SUSPENDED:
        raise Pointless("the issuer is suspended")
    scope = f"issuer:{award.issuer.public_id}"
    if refuses(award.address, scope):
        raise Pointless("this address wants no mail from this issuer")
    subject, text, html = words(
        kind,
        language,
        {
            **common(award),
            "claim_url": invitations.claim_url(award),
            "see_it_url": f"{invitations.claim_url(award)}/see",
            "unsubscribe_issuer_url": f"{settings.BASE_URL}/u/{invitations.unsubscribe_token(award, 'issuer')}",
            "unsubscribe_all_url": f"{settings.BASE_URL}/u/{invitations.unsubscribe_token(award, 'all')}",
        },
    )
    return Rendered(
        subject,
        text,
        html,
        award.address,
        sender_name=sender(award),
        reply_to=award.issuer.email,
        headers=_list_headers(award),
    )


def invitation(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    return _invitation_like("invitation", public_id, language)


def reminder(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    return _invitation_like("reminder", public_id, language)


def auto_accepted(public_id: str, language: str, _context: Mapping[str, Any]) -> Rendered:
    award = _award(public_id)
    if award.state != Award.State.ACCEPTED or claiming.is_revoked(award):
        raise Pointless(f"the award is {award.state}")
    subject, text, html = words(
        "auto_accepted",
        language,
        {
            **common(award),
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
        headers=_list_headers(award),
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
    subject, text, html = words(
        "revoked",
        language,
        {**common(award), "reason": award.revocation.reason, "see_it_url": certificate_url(award)},
    )
    return Rendered(
        subject, text, html, award.address, sender_name=sender(award), reply_to=award.issuer.email
    )


def register_all() -> None:
    for kind, renderer in {
        "invitation": invitation,
        "reminder": reminder,
        "auto_accepted": auto_accepted,
        "claimed_notice": claimed_notice,
        "revoked": revoked,
    }.items():
        renderers.register(kind, renderer)
