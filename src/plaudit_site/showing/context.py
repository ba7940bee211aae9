"""What every template may use."""

from django.conf import settings


def site(request: object) -> dict[str, object]:
    path = getattr(request, "path", "")
    return {
        "site_name": settings.SITE_NAME,
        "base_url": settings.BASE_URL,
        "demo": settings.DEMO,
        "request_id": getattr(request, "request_id", ""),
        "in_badges": path == "/badges" or path.startswith("/badges/"),
        "in_issuers": path.startswith(("/issuers", "/manage")),
        "in_verify": path.startswith("/verify"),
    }
