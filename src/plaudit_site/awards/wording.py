"""How an issuer words the mails that go out in its name to those whom it awards, and how each would look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plaudit_site.accounts.models import User
from plaudit_site.achievements import saying
from plaudit_site.audit.models import record
from plaudit_site.awards import mails
from plaudit_site.awards.sharing import how_to_claim_url
from plaudit_site.issuers.models import Issuer
from plaudit_site.mail import own_wording

# What each is called, and when it goes out.
KINDS: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    "invitation": (gettext_lazy("Invitation"), gettext_lazy("When you award a badge.")),
    "reminder": (
        gettext_lazy("Reminder"),
        gettext_lazy("On the third and on the tenth day, to who has not accepted it."),
    ),
    "auto_accepted": (
        gettext_lazy("To who trusts you"),
        gettext_lazy(
            "Instead of the invitation, to people whose badges from you are accepted by themselves."
        ),
    ),
    "expiry": (
        gettext_lazy("Before a badge ends"),
        gettext_lazy("30 and 7 days before, to who holds a badge that ends."),
    ),
    "revoked": (gettext_lazy("Revoked"), gettext_lazy("When you revoke a badge that was accepted.")),
    "suspended": (gettext_lazy("Suspended"), gettext_lazy("When you suspend a badge that was accepted.")),
    "reinstated": (gettext_lazy("Holds again"), gettext_lazy("When you reinstate a badge.")),
}


def word(issuer: Issuer, kind: str, language: str, *, subject: str, text: str, by: User) -> None:
    """The issuer's own words of one kind of mail; none: ours again. Raises own_wording.WordsRefused."""
    assert kind in KINDS
    assert not language or language in saying.CODES
    with transaction.atomic():
        own_wording.save(mails.scope_of(issuer), kind, subject=subject, text=text, language=language)
        record(
            "mails worded",
            actor=by.public_id,
            subject=f"issuer:{issuer.public_id}",
            mail=kind,
            language=language,
        )


def preview(issuer: Issuer, kind: str, language: str, wording: tuple[str, str]) -> tuple[str, str]:
    """Subject and text of such a mail as somebody invented would get it in these words."""
    latest = (
        issuer.achievements.filter(current__isnull=False).select_related("current").order_by("-pk").first()
    )
    version = latest.current if latest else None
    title = saying.said(version, language).title if version else _("Your badge")
    base, now = settings.BASE_URL, timezone.now()
    context: dict[str, Any] = {
        "issuer_name": issuer.name,
        "badge_title": title,
        "recipient_name": _("Amara Okafor"),
        "awarded_on": now,
        "ends_on": now + timedelta(days=30),
        "reason": _("The reason that you give."),
        "address": "amara@example.org",
        "claim_url": f"{base}/claim/…",
        "see_it_url": f"{base}/claim/…/see" if kind in {"invitation", "reminder"} else f"{base}/c/…",
        "undo_url": f"{base}/account/trusted",
        "how_to_claim_url": how_to_claim_url(issuer),
        "unsubscribe_issuer_url": f"{base}/u/…",
        "unsubscribe_all_url": f"{base}/u/…",
    }
    subject, text, _html = mails.in_words(kind, language or "en", wording, context)
    return subject, text
