"""Where somebody arrives who has signed in and asked for no page.

Higher rooms hang in `landings` what they know of: an address, or "" where it is none of theirs.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from plaudit_site.accounts.models import User

landings: list[Callable[[User], str]] = []


def landing(user: User) -> str:
    found = (find(user) for find in landings)
    return next((address for address in found if address), str(settings.LOGIN_REDIRECT_URL))
