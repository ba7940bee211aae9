"""Mails of this room, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from plaudit_site.issuers.models import Issuer, Role
from plaudit_site.mail import renderers
from plaudit_site.mail.renderers import Rendered
from plaudit_site.mail.wording import words


def issuer_invite(subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    issuer = Issuer.objects.get(public_id=subject_id)
    known = dict(Role.choices).get(context["role"], context["role"])
    subject, text, html = words(
        "issuer_invite",
        language,
        {
            "issuer_name": issuer.name,
            "member_role": known,
            "invited_by": context["by"],
            "claim_url": context["url"],
            "address": context["address"],
        },
    )
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def register_all() -> None:
    renderers.register("issuer_invite", issuer_invite)
