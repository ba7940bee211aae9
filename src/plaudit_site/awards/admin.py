"""Reports of abuse, for the operator."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plaudit_site.awards.models import AbuseReport


@admin.register(AbuseReport)
class AbuseReportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("award", "text", "at", "settled_at")
    list_filter = ("settled_at",)
    actions = ("settle",)
    fields = ("award", "text", "at", "settled_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description=_("Settled"))
    def settle(self, request: HttpRequest, queryset: QuerySet[AbuseReport]) -> None:
        queryset.update(settled_at=timezone.now())
