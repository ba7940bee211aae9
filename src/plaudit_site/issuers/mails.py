"""Mails of this room, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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


def issuer_approved(subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    issuer = Issuer.objects.get(public_id=subject_id)
    subject, text, html = words(
        "issuer_approved",
        language,
        {
            "issuer_name": issuer.name,
            "console_url": f"{settings.BASE_URL}/manage/{issuer.slug}/badges",
            "address": context["address"],
        },
    )
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def domain_failing(subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    return _about_domain("domain_failing", subject_id, language, context)


def domain_lost(subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    return _about_domain("domain_lost", subject_id, language, context)


def own_identifier_ended(subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    return _about_domain("own_identifier_ended", subject_id, language, context)


def _about_domain(kind: str, subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    issuer = Issuer.objects.get(public_id=subject_id)
    subject, text, html = words(
        kind,
        language,
        {
            "issuer_name": issuer.name,
            "domain": context["name"],
            "since": datetime.fromisoformat(context["since"]),
            "console_url": f"{settings.BASE_URL}/manage/{issuer.slug}/domain",
            "address": context["address"],
        },
    )
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def register_all() -> None:
    renderers.register("issuer_invite", issuer_invite)
    renderers.register("issuer_approved", issuer_approved)
    renderers.register("domain_failing", domain_failing)
    renderers.register("domain_lost", domain_lost)
    renderers.register("own_identifier_ended", own_identifier_ended)
