"""Mails about accounts, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from plaudit_site.mail import renderers
from plaudit_site.mail.renderers import Pointless, Rendered
from plaudit_site.mail.wording import words


def code(_subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    if not context:
        raise Pointless("the code was sent before")
    subject, text, html = words("code", language, context)
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def account_text(_subject_id: str, language: str, context: Mapping[str, Any]) -> Rendered:
    """A notice of the account library, rendered when it was queued."""
    if not context:
        raise Pointless("the notice was sent before")
    subject, text, html = words("notice", language, context)
    return Rendered(subject, text, html, context["address"], sender_name=settings.SITE_NAME)


def register_all() -> None:
    renderers.register("code", code)
    renderers.register("account_text", account_text)
