"""What pages of people who are signed in may have to ask them."""

from __future__ import annotations

from typing import cast

from django.utils.functional import SimpleLazyObject

from plaudit_site.accounts import agreeing
from plaudit_site.accounts.models import User


def policies(request: object) -> dict[str, object]:
    """Versions of terms and privacy page that wait for this reader's word; looked up only where a page asks."""

    def owed() -> list[agreeing.InForce]:
        user = getattr(request, "user", None)
        return agreeing.owed(cast(User, user)) if user is not None and user.is_authenticated else []

    return {"owed_policies": SimpleLazyObject(owed)}
