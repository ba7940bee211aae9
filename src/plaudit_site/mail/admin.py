"""The operator's pages: addresses that nobody mails, and every mail's row."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from plaudit_site.mail import reasons
from plaudit_site.mail.models import Message, Suppression
from plaudit_site.mail.queueing import address_hash


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Addresses are stored hashed: a whole address finds its row, and nothing lists them."""

    list_display = ("domain", "code", "why", "at")
    list_filter = ("code",)
    search_fields = ("domain",)
    search_help_text = _("A whole address, or a domain")
    actions = ("take_off",)
    fields = ("domain", "code", "why", "at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        if "@" in search_term:
            return queryset.filter(address_hash=address_hash(search_term)), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("why"))
    def why(self, row: Suppression) -> str:
        return reasons.words(row.code)

    @admin.action(description=_("Take off: these may be mailed again"))
    def take_off(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        queryset.delete()


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("kind", "state", "domain", "code", "error", "attempts", "created_at", "due_at", "sent_at")
    list_filter = ("state", "lane", "kind")
    search_fields = ("domain", "message_id", "subject_id")
    fields = (*list_display, "message_id", "subject_id", "possibly_twice")
    readonly_fields = fields
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
