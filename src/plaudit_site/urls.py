"""Every address of the site. The rooms list their own; nothing is named here twice."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, register_converter

from plaudit_site import health
from plaudit_site.ids import IdConverter

register_converter(IdConverter, "id")

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("operator/", admin.site.urls),
    path("", include("plaudit_site.accounts.urls")),
    path("", include("plaudit_site.awards.urls")),
    path("", include("plaudit_site.belongings.urls")),
    path("", include("plaudit_site.issuers.urls")),
    path("", include("plaudit_site.achievements.urls")),
    path("", include("plaudit_site.public.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("", include("plaudit_site.demo.urls")))

handler400 = "plaudit_site.error_views.bad_request"
handler403 = "plaudit_site.error_views.forbidden"
handler404 = "plaudit_site.error_views.not_found"
handler500 = "plaudit_site.error_views.server_error"
