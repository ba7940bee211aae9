"""Subject, text and HTML of a mail, from `templates/mail/<kind>/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation


def words(kind: str, language: str, context: Mapping[str, Any]) -> tuple[str, str, str]:
    """All three parts in `language`; the subject is one line."""
    with translation.override(language):
        full = {
            "site_name": settings.SITE_NAME,
            "base_url": settings.BASE_URL,
            "help_addresses_url": f"{settings.BASE_URL}/help/addresses",
            **context,
        }
        subject = " ".join(render_to_string(f"mail/{kind}/subject.txt", full).split())
        text = render_to_string(f"mail/{kind}/body.txt", full)
        html = render_to_string(f"mail/{kind}/body.html", full | {"subject": subject})
    return subject, text, html
