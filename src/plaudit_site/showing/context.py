"""What every template may use."""

from datetime import datetime

from django.conf import settings

# In the environ of a request that public/freezing.py made: the moment that its copy is of.
FROZEN = "plaudit.frozen_at"


def site(request: object) -> dict[str, object]:
    path = getattr(request, "path", "")
    frozen_at = getattr(request, "META", {}).get(FROZEN)
    return {
        "site_name": settings.SITE_NAME,
        "base_url": settings.BASE_URL,
        "demo": settings.DEMO,
        "takes_issuers": settings.ISSUERS_MODE != "closed",
        "frozen_at": frozen_at if isinstance(frozen_at, datetime) else None,
        "request_id": getattr(request, "request_id", ""),
        "in_badges": path == "/badges" or path.startswith("/badges/"),
        "in_issuers": path.startswith(("/issuers", "/manage")),
        "in_verify": path.startswith("/verify"),
    }
