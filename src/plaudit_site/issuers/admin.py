"""The operator's console: who may award, and what was reported."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from plaudit_site.issuers import founding
from plaudit_site.issuers.models import Issuer


@admin.register(Issuer)
class IssuerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "standing", "look_alike_of", "url", "email", "made_at")
    list_filter = ("standing",)
    search_fields = ("name", "slug", "public_id")
    actions = ("approve", "suspend")
    fields = (
        "name",
        "standing",
        "look_alike_of",
        "url",
        "email",
        "description",
        "identifier",
        "slug",
        "made_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Issuer | None = None) -> bool:
        return False

    @admin.action(description=_("Approve: they may award to anybody"))
    def approve(self, request: HttpRequest, queryset: QuerySet[Issuer]) -> None:
        by = str(getattr(request.user, "public_id", "operator"))
        done = [issuer.name for issuer in queryset if founding.approve(issuer, by=by)]
        self._say(request, done, _("Approved, and their owners are told by mail: %(names)s"))

    @admin.action(description=_("Suspend: no further awards"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[Issuer]) -> None:
        by = str(getattr(request.user, "public_id", "operator"))
        done = [issuer.name for issuer in queryset if founding.suspend(issuer, by=by)]
        self._say(request, done, _("Suspended: %(names)s"))

    def _say(self, request: HttpRequest, done: list[str], words: object) -> None:
        if done:
            self.message_user(request, str(words) % {"names": ", ".join(done)}, messages.SUCCESS)
        else:
            self.message_user(request, _("Nothing changed: it was so before."), messages.INFO)
