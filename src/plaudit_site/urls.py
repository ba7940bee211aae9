"""Every address of the site. The rooms list their own; nothing is named here twice."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from plaudit_site import health
from plaudit_site.ids import register_paths
from plaudit_site.mail import event_views

register_paths()

urlpatterns = [
    # In the order of how often they are asked for: each is looked at until one fits.
    path("", include("plaudit_site.public.urls")),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("hooks/mail", event_views.events, name="mail_events"),
    path("operator/", admin.site.urls),
    path("", include("plaudit_site.accounts.urls")),
    path("", include("plaudit_site.awards.urls")),
    path("", include("plaudit_site.backpack.urls")),
    path("", include("plaudit_site.belongings.urls")),
    path("", include("plaudit_site.issuers.urls")),
    path("", include("plaudit_site.achievements.urls")),
    path("", include("plaudit_site.api.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("", include("plaudit_site.demo.urls")))

handler400 = "plaudit_site.error_views.bad_request"
handler403 = "plaudit_site.error_views.forbidden"
handler404 = "plaudit_site.error_views.not_found"
handler500 = "plaudit_site.error_views.server_error"
