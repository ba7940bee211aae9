"""Mails about awards, rendered when they are sent: what has changed meanwhile is told as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plaudit_site.accounts.models import User
from plaudit_site.audit.models import record
from plaudit_site.awards import claiming, invitations
from plaudit_site.awards.models import Award
from plaudit_site.awards.sharing import certificate_url, how_to_claim_url, picture_url
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import own_wording, renderers
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
    scope = scope_of(award.issuer)
    if refuses(award.address, scope):
        raise Pointless("this address wants no mail from this issuer")
    own = ("", "")
    if kind == "invitation":
        values = {"name": award.name, "badge": award.version.title, "issuer": award.issuer.name}
        own = own_wording.filled(own_wording.of(scope, kind), values)
    subject, text, html = words(
        kind,
        language,
        {
            **common(award),
            "own_text": own[1],
            "own_paragraphs": [part for part in own[1].split("\n\n") if part.strip()],
            "claim_url": invitations.claim_url(award),
            "see_it_url": f"{invitations.claim_url(award)}/see",
            "unsubscribe_issuer_url": f"{settings.BASE_URL}/u/{invitations.unsubscribe_token(award, 'issuer')}",
            "unsubscribe_all_url": f"{settings.BASE_URL}/u/{invitations.unsubscribe_token(award, 'all')}",
        },
    )
    return Rendered(
        own[0] or subject,
        text,
        html,
        award.address,
        sender_name=sender(award),
        reply_to=award.issuer.email,
        headers=_list_headers(award),
    )


def scope_of(issuer: Issuer) -> str:
    return f"issuer:{issuer.public_id}"


def word(issuer: Issuer, *, subject: str, text: str, by: User) -> None:
    """The issuer's own words of its invitations. Raises own_wording.WordsRefused."""
    with transaction.atomic():
        own_wording.save(scope_of(issuer), "invitation", subject=subject, text=text)
        record("invitations worded", actor=by.public_id, subject=f"issuer:{issuer.public_id}")


def preview(issuer: Issuer, own_subject: str, own_text: str) -> tuple[str, str]:
    """Subject and text of an invitation as somebody invented would get it in these words."""
    latest = (
        issuer.achievements.filter(current__isnull=False).select_related("current").order_by("-pk").first()
    )
    title = latest.current.title if latest and latest.current else _("Your badge")
    name, base = _("Amara Okafor"), settings.BASE_URL
    values = {"name": name, "badge": title, "issuer": issuer.name}
    filled_subject, filled_text = own_wording.filled((own_subject, own_text), values)
    context = {
        "issuer_name": issuer.name,
        "badge_title": title,
        "recipient_name": name,
        "awarded_on": timezone.now(),
        "address": "amara@example.org",
        "own_text": filled_text,
        "claim_url": f"{base}/claim/…",
        "see_it_url": f"{base}/claim/…/see",
        "how_to_claim_url": how_to_claim_url(issuer),
        "unsubscribe_issuer_url": f"{base}/u/…",
        "unsubscribe_all_url": f"{base}/u/…",
    }
    subject, text, _html = words("invitation", get_language() or "en", context)
    return filled_subject or subject, text


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
