"""The mailbox shows everybody's mail to everybody: it must never stand on a site with real people."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def only_in_a_demo(app_configs: Sequence[AppConfig] | None, **_more: Any) -> list[CheckMessage]:
    """Refuses the app where this is no demo, or one that others can reach by name."""
    del app_configs
    found: list[CheckMessage] = []
    if not settings.DEMO:
        found.append(
            Error(
                "plaudit_site.demo is installed, but PLAUDIT_DEMO is not set.",
                hint="Its mailbox page shows every mail to everybody. Take it out of INSTALLED_APPS.",
                id="plaudit.demo.E001",
            )
        )
    host = urlsplit(settings.BASE_URL).hostname or ""
    if host != "localhost" and not host.endswith(".localhost"):
        found.append(
            Error(
                f"PLAUDIT_DEMO is set, but BASE_URL is {settings.BASE_URL}, not an address of this machine alone.",
                hint="The demo's mailbox shows every mail to everybody. Unset PLAUDIT_DEMO on a real site.",
                id="plaudit.demo.E002",
            )
        )
    return found
